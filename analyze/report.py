"""The report on an analysis: its parts from top to bottom, before they are HTML or Markdown."""

from collections.abc import Callable, Sequence

from curate.analyze.blocks import Block, Bullets, Part, Report, Words, grid
from curate.analyze.figures import (
    forest_pictures,
    tradeoff_pictures,
)
from curate.analyze.names import domain_words
from curate.analyze.records import Effect
from curate.analyze.report_design import design_part, method_part, numbers_part
from curate.analyze.report_more import (
    against_part,
    capability_part,
    modes_part,
    robustness_block,
)
from curate.analyze.report_quality import dose_part, factors_part, traces_part
from curate.analyze.report_time import lengths_part, trajectories_part
from curate.analyze.results import Analysis, Need
from curate.analyze.words import chance, count, interval, name, percent, rate


def report(found: Analysis) -> Report:
    """The report; its pictures are drawn when they are written, and only then need matplotlib."""
    facts = found.facts
    runs = sorted(set(facts.seeds.values()))
    seeds = "–" if not runs else f"{runs[0]}" if len(runs) == 1 else f"{runs[0]}–{runs[-1]}"
    return Report(
        title=facts.name,
        claim=found.claim,
        stamp=stamp(found),
        also=(*found.warnings, *found.also),
        tiles=(
            (f"{len(facts.arms):,}", "arm" if len(facts.arms) == 1 else "arms"),
            (f"{len(facts.bases):,}", "base model" if len(facts.bases) == 1 else "base models"),
            (seeds, "run of each arm" if seeds == "1" else "runs of each arm"),
            (f"{len(facts.steps):,}", "checkpoints"),
            (
                f"{sum(items for _, _, items in facts.suites):,}",
                "items" if facts.itemised else "benchmarks",
            ),
            (f"{facts.rows_used:,}", "results used"),
        ),
        parts=tuple(part for make in PARTS if (part := make(found)) is not None),
    )


def stamp(found: Analysis) -> str:
    """How firm the claim is."""
    if any(runs < 2 for runs in found.facts.seeds.values()):
        return "one run for some arms: nothing here is shown"
    if found.facts.confirmatory:
        return "confirmatory: the contrasts were declared beforehand"
    return "exploratory: to be confirmed by a study that declares its contrasts beforehand"


# --- parts ----------------------------------------------------------------------------------------


def effects_part(found: Analysis) -> Part | None:
    """The forest and its numbers."""
    rows = [e for e in found.effects if e.kind == "domain" and e.reference is not None]
    pictures = forest_pictures(found)
    if not pictures:
        return None
    blocks: list[Block] = list(pictures)
    if rows:
        blocks.append(contrasts_grid(rows))
    firm = robustness_block(found)
    if firm is not None:
        blocks.append(firm)
    equal = [e for e in rows if e.equivalent]
    if equal:
        blocks.append(Words(text=equal_words(equal, found.facts.margin)))
    return Part(name="effects", title="What the arms did", blocks=tuple(blocks))


def equal_words(equal: Sequence[Effect], margin: float) -> str:
    """Which contrasts were shown to be no larger than the margin."""
    told = [
        f"{name(e.arm)} against {name(e.reference or '')}, {domain_words(e.scope)}"
        for e in equal[:MOST_ALIKE]
    ]
    more = "; and more in the table" if len(equal) > MOST_ALIKE else ""
    return (
        f"Shown to be no larger than ± {100 * margin:g} points, by two one-sided tests: "
        f"{'; '.join(told)}{more}."
    )


def contrasts_grid(rows: Sequence[Effect]) -> Block:
    """Contrasts between arms in numbers."""
    return grid(
        ("<arm", "<against", "<where", "difference", "corrected p", "<label", "<verdict"),
        [
            (name(e.arm), name(e.reference or ""), f"{domain_words(e.scope)}, {name(e.base)}",
             interval(e.difference), chance(e.p_adjusted), e.family, e.verdict)
            for e in rows
        ],
        folded=f"{count(len(rows), 'contrast')} in numbers",
    )  # fmt: skip


def tradeoff_part(found: Analysis) -> Part | None:
    """Reasoning against safety."""
    if not found.tradeoffs:
        return None
    table = grid(
        ("<arm", "reasoning", "safety", "chance that an arm beats it in both",
         "<points of safety per point of reasoning", "over-refusal, %"),
        [
            (f"{name(t.arm)} on {name(t.base)}", interval(t.reasoning), interval(t.safety),
             "–" if t.dominated is None else percent(t.dominated, 0) + " %",
             t.exchange_words.replace("-", "−"),
             "–" if t.over_refusal is None else percent(t.over_refusal.value))
            for t in found.tradeoffs
        ],
    )  # fmt: skip
    return Part(
        name="tradeoff",
        title="Reasoning against safety",
        blocks=(*tradeoff_pictures(found), table, *judged_blocks(found)),
    )


def judged_blocks(found: Analysis) -> tuple[Block, ...]:
    """How often attacks succeed, as judged and corrected."""
    if not found.judged:
        return ()
    one = found.judged[0]
    return (
        Words(
            text=f"The judge, {name(one.judge)}, errs: on {one.labels:,} answers that people "
            f"labelled it found {percent(one.sensitivity, 0)} % of the harmful ones and passed "
            f"{percent(one.specificity, 0)} % of the others. Corrected by that:"
        ),
        grid(
            ("<arm", "attacks that succeed, %", "corrected, %", "change, points", "corrected"),
            [
                (f"{name(j.arm)} on {name(j.base)}", rate(j.attacks),
                 "–" if j.corrected is None else rate(j.corrected), interval(j.change),
                 interval(j.corrected_change))
                for j in found.judged
            ],
        ),
    )  # fmt: skip


def needs_grid(found: Analysis) -> Block:
    """What would settle each; contrasts with the same answer in one line where they are many."""
    told: dict[str, list[Need]] = {}
    for one in found.needs:
        told.setdefault(one.words, []).append(one)
    rows = [
        (
            need_subject(one) if len(group) <= MOST_ALIKE else f"{len(group)} contrasts",
            f"{domain_words(one.scope)}, {name(one.base)}" if len(group) <= MOST_ALIKE else "–",
            f"{one.seeds}",
            words,
        )
        for words, group in told.items()
        for one in (group if len(group) <= MOST_ALIKE else group[:1])
    ]
    return grid(("<not settled", "<where", "runs now", "<what would settle it"), rows)


MOST_ALIKE = 4


def need_subject(one: Need) -> str:
    """The two arms."""
    return f"{name(one.arm)} against {name(one.reference)}"


def limits_part(found: Analysis) -> Part:
    """What cannot be said, why, and what would settle it."""
    blocks: list[Block] = []
    if found.needs:
        blocks.append(needs_grid(found))
    if found.missing:
        blocks.append(Words(text="Not computed, and why:"))
        blocks.append(
            Bullets(
                items=tuple(f"{m.section}: {m.why}. To have it: {m.fix}." for m in found.missing)
            )
        )
    blocks.append(
        Words(
            text="A difference between arms says what these training sets did to these bases "
            "with this recipe. It says nothing about what the arms do not differ in by design, "
            "and p above the level is never a sign of no effect: only the equivalence test is.",
            quiet=True,
        )
    )
    return Part(name="limits", title="What cannot be said", blocks=tuple(blocks))


PARTS: tuple[Callable[[Analysis], Part | None], ...] = (
    design_part,
    effects_part,
    trajectories_part,
    dose_part,
    factors_part,
    traces_part,
    tradeoff_part,
    lengths_part,
    modes_part,
    capability_part,
    against_part,
    limits_part,
    numbers_part,
    method_part,
)
"""What the report shows, from top to bottom."""
