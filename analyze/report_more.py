"""The parts of the report that only some studies have."""

from collections.abc import Sequence

from curate.analyze import ren2026
from curate.analyze.blocks import Block, Bullets, Part, Words, grid
from curate.analyze.names import domain_words
from curate.analyze.records import Value
from curate.analyze.results import Analysis, Beside
from curate.analyze.words import chance, interval, name, percent, points, rate


def modes_part(found: Analysis) -> Part | None:
    """Format or competence."""
    if not found.modes:
        return None
    table = grid(
        ("<low point", "steps", "change", "from format", "from competence", "left over",
         "cut off, %", "no answer, %", "<a dip of"),
        [
            (f"{name(m.arm)} {domain_words(m.scope)}, {name(m.base)}", span(m.steps),
             points(m.change.value), part_words(m.adoption), part_words(m.competence),
             part_words(m.residual), from_to(m.truncated), from_to(m.unparsed), m.cause or "–")
            for m in found.modes
        ],
        folded=f"{len(found.modes)} low points",
    )  # fmt: skip
    forced = any(m.adoption is not None for m in found.modes)
    split = (
        " Format: the part of a change that comes from answering in the other mode at the base's "
        "competence; competence: from being better or worse within a mode; both from responses "
        "forced into each mode."
        if forced
        else " Responses were not forced into modes, so format and competence cannot be told apart."
    )
    told = [cause_words(found, cause) for cause in CAUSES]
    return Part(
        name="modes",
        title="Format or competence",
        blocks=(
            Words(
                text="A score can fall because responses change their form (thinking at length, "
                "cut off at the limit, answers that nobody can parse) before anything is lost."
                + split
            ),
            Bullets(items=tuple(line for line in told if line)),
            table,
        ),
    )


CAUSES = {
    "competence": "remain among responses whose answer could be read: something was lost",
    "truncation": "vanish among responses that were finished: they are the limit on tokens",
    "format": "vanish among responses whose answer could be read: they are format",
    "undetermined": "may be either",
}


def cause_words(found: Analysis, cause: str) -> str:
    """How many dips have a cause."""
    mine = [m for m in found.modes if m.cause == cause]
    if not mine:
        return ""
    return f"{len(mine)} of the dips that were shown {CAUSES[cause]}."


def span(steps: tuple[int, int]) -> str:
    """`20–40`."""
    return f"{steps[0]:,}" if steps[0] == steps[1] else f"{steps[0]:,}–{steps[1]:,}"


def part_words(found: Value | None) -> str:
    """A part of a change."""
    return "–" if found is None else points(found.value)


def from_to(found: tuple[float | None, float] | None) -> str:
    """`0.0 → 12.5`."""
    return "–" if found is None else f"{percent(found[0])} → {percent(found[1])}"


def capability_part(found: Analysis) -> Part | None:
    """Bases beside each other, behaviour, and whether small predicts large."""
    blocks: list[Block] = []
    if found.capability:
        blocks.append(
            grid(
                ("<arm", "<against", "<domain", "<on each base (its score before training)",
                 "p that bases differ", "corrected", "<verdict"),
                [
                    (name(c.arm), name(c.reference), domain_words(c.scope),
                     "; ".join(f"{name(b)} ({percent(at, 0)} %) {interval(v)}"
                               for b, at, v in c.bases),
                     chance(c.p_heterogeneity), chance(c.p_adjusted), c.verdict)
                    for c in found.capability
                ],
            )
        )  # fmt: skip
        why = list(dict.fromkeys(c.why for c in found.capability if c.why))
        blocks.append(Bullets(items=tuple(why)))
    if found.behaviour:
        blocks += behaviour_blocks(found)
    if found.predictions:
        blocks.append(
            grid(
                ("<small or early", "<by its", "<large or late", "<domain",
                 "pairs of arms in the same order, %", "pairs"),
                [(name(p.source), p.metric, name(p.target), domain_words(p.scope), rate(p.accuracy),
                  f"{p.pairs}") for p in found.predictions],
                folded="Do small bases and early checkpoints order the arms as the scores of large "
                "and late ones do?",
            )
        )  # fmt: skip
    if not blocks:
        return None
    return Part(name="capability", title="Weak and strong bases", blocks=tuple(blocks))


def behaviour_blocks(found: Analysis) -> list[Block]:
    """What responses do, beside the base's."""
    rows = [
        (
            f"{name(one.arm)} on {name(one.base)}",
            interval(one.score),
            f"× {one.growth:.2f}",
            *(change(one.rates.get(rate)) for rate in RATES),
            one.verdict,
        )
        for one in found.behaviour
    ]
    heads = ("<arm", "score", "length", *RATES.values(), "<verdict")
    why = dict.fromkeys(f"{one.verdict}: {one.why}." for one in found.behaviour)
    return [
        Words(
            text="Procedure or verbosity: what responses out of domain do, over the base. A star: "
            "the interval of the change leaves out 0."
        ),
        grid(heads, rows),
        Bullets(items=tuple(f"{line[0].upper()}{line[1:]}" for line in why)),
    ]


RATES = {
    "backtracking_rate": "turns back / 1k tokens",
    "changed_rate": "… and changes a value",
    "verification_rate": "checks / 1k tokens",
}


def change(found: Value | None) -> str:
    """A change of a rate; a star where its interval leaves out 0."""
    if found is None:
        return "–"
    sure = found.low is not None and found.high is not None and (found.low > 0 or found.high < 0)
    return f"{found.value:+.2f}".replace("-", "−") + ("\u00a0*" if sure else "")


def robustness_block(found: Analysis) -> Block | None:
    """What something unmeasured would have to explain."""
    if not found.robustness:
        return None
    return grid(
        ("<contrast", "<where", "to bring the effect to 0, %", "to make it doubtful, %"),
        [
            (f"{name(r.arm)} against {name(r.reference)}",
             f"{domain_words(r.scope)}, {name(r.base)}", percent(r.robustness, 0),
             percent(r.robustness_interval, 0))
            for r in found.robustness
        ],
        folded="If the arms differed in something unmeasured: how much of both the choice of arm "
        "and the score it would have to explain",
    )  # fmt: skip


def against_part(found: Analysis) -> Part | None:
    """The paper beside the study."""
    if not found.beside:
        return None
    doubts = [b for b in found.beside if b.suspect]
    whole = [b for b in found.beside if b.paper_scope.startswith("mean of")]
    single = [b for b in found.beside if b not in whole]
    blocks: list[Block] = [
        Words(
            text="Changes over the base, beside those that Ren et al. 2026 (arXiv 2604.06628) "
            "printed. The paper has " + ren2026.NO_TEST + "."
        )
    ]
    if whole:
        blocks.append(beside_grid(whole, None))
    if single:
        blocks.append(beside_grid(single, f"{len(single)} comparisons on the same benchmark"))
    if doubts:
        reasons = dict.fromkeys(f"{b.paper_scope}, {b.paper_base}: {b.suspect}" for b in doubts)
        blocks.append(Words(text="(?) in doubt: " + "; ".join(reasons) + ".", quiet=True))
    return Part(name="paper", title="The paper beside it", blocks=tuple(blocks))


def beside_grid(rows: Sequence[Beside], folded: str | None) -> Block:
    """Ours, and the paper's on all its bases in one line."""
    groups: dict[tuple[str, str, str, str], list[Beside]] = {}
    for one in rows:
        groups.setdefault((one.base, one.scope, one.arm, one.paper_scope), []).append(one)
    return grid(
        ("<arm", "<where", "here", "<there", "<same direction"),
        [
            (
                f"{name(arm)} on {name(base)}",
                domain_words(scope) if folded is None else name(scope),
                interval(mine[0].ours),
                f"{mine[0].paper_arm}: " + ", ".join(printed(one) for one in mine),
                direction([one.same_sign for one in mine]),
            )
            for (base, scope, arm, _), mine in groups.items()
        ],
        folded=folded,
    )


def printed(one: Beside) -> str:
    """What the paper has on one base."""
    short = one.paper_base.removesuffix("-Base")
    return f"{points(one.paper)} on {short}" + (" (?)" if one.suspect else "")


def direction(same: Sequence[bool | None]) -> str:
    """Whether the signs agree on the paper's bases."""
    if same[0] is None:
        return "not settled here"
    return (
        "yes" if all(same) else f"on {sum(map(bool, same))} of {len(same)}" if any(same) else "no"
    )
