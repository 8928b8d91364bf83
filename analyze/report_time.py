"""The parts of the report about time: trajectories, what to do next, and lengths of responses."""

from collections.abc import Sequence

from curate.analyze.blocks import Block, Bullets, Part, Words, grid
from curate.analyze.figures import length_pictures, trajectory_pictures
from curate.analyze.names import domain_words
from curate.analyze.records import Look, Trajectory
from curate.analyze.results import Analysis
from curate.analyze.words import count, interval, name, points, subject


def trajectories_part(found: Analysis) -> Part | None:
    """Trajectories with verdicts, troughs, and what stopping early would have said."""
    pictures = trajectory_pictures(found)
    if not pictures:
        return None
    mine = [t for t in found.trajectories if t.kind == "domain"]
    dips = [t for t in mine if t.depth is not None]
    blocks: list[Block] = list(pictures)
    several = len(found.facts.bases) > 1
    if dips:
        blocks.append(
            grid(
                ("<dip", "trough, steps", "may lie in", "depth", "recovery", "net over the base"),
                [
                    (subject(t.arm, t.scope, t.base, several=several), steps(t.trough_steps),
                     steps(t.trough_interval), interval(t.depth), interval(t.recovery),
                     interval(t.net))
                    for t in dips
                ],
            )
        )  # fmt: skip
        blocks.append(
            Words(
                text="Intervals are two-sided and simultaneous over all windows; the verdict rests "
                "on a one-sided step-down test of the same windows, so an interval may touch 0.",
                quiet=True,
            )
        )
    blocks += looks_blocks(mine) + moving_blocks(mine)
    alone = [t for t in mine if t.holds is False]
    if alone:
        blocks.append(
            Words(
                text=f"Each verdict is tested for itself. With all {len(mine)} trajectories tested "
                "together (Holm), these are not sure: "
                + "; ".join(
                    f"{subject(t.arm, t.scope, t.base, several=several)}: {t.verdict}"
                    for t in alone
                )
                + "."
            )
        )
    unsure = [t for t in mine if t.verdict == "undetermined"]
    if unsure:
        blocks.append(
            Words(
                text=f"{count(len(unsure), 'trajectory')} undetermined: nothing is sure, which is "
                "not the same as no dip. " + first_of([t.why for t in unsure]),
                quiet=True,
            )
        )
    return Part(name="trajectories", title="On the way: dip and recovery", blocks=tuple(blocks))


def looks_blocks(mine: Sequence[Trajectory]) -> list[Block]:
    """What the means did where nothing can be tested."""
    rows = [
        (subject(t.arm, t.scope, t.base, several=True), f"{t.look.trough_step:,}",
         points(t.look.depth), back_words(t.look), points(t.look.net))
        for t in mine
        if t.look is not None and (t.verdict == "not testable" or not t.seeds_known)
    ]  # fmt: skip
    if not rows:
        return []
    return [
        Words(text="By the eye, which is no test: a dip of these runs is no dip of the data."),
        grid(("<trajectory", "lowest at step", "depth", "above the base again at", "net"), rows),
    ]


def back_words(look: Look) -> str:
    """When the score is above the base again."""
    if look.depth >= 0:
        return "no dip"
    return "never" if look.back_step is None else f"{look.back_step:,}"


def first_of(lines: Sequence[str]) -> str:
    """The first line as a sentence, as an example."""
    told = next((line for line in lines if line), "")
    return f"For example: {told}." if told else ""


def steps(found: tuple[int, int] | None) -> str:
    """`20–40`."""
    if found is None:
        return "–"
    first, last = found
    return f"{first:,}" if first == last else f"{first:,}–{last:,}"


ADVICE = {
    "extend training": "still rise at the end: train longer",
    "stop": "have settled within the margin: longer training is not called for",
    "pick an earlier window": "were better in an earlier window: use that one",
}


def moving_blocks(mine: Sequence[Trajectory]) -> list[Block]:
    """Which arms still move, and what an early stop would have concluded."""
    blocks: list[Block] = []
    advised = [t for t in mine if t.moving in ADVICE]
    if advised:
        counts = {advice: sum(t.moving == advice for t in mine) for advice in ADVICE}
        lines = [f"{counts[advice]} {words}." for advice, words in ADVICE.items() if counts[advice]]
        blocks += [
            Words(text="At the end of training, of the scores:"),
            Bullets(items=tuple(lines)),
        ]
        blocks.append(
            grid(
                ("<trajectory", "<what to do", "window to use, steps"),
                [(subject(t.arm, t.scope, t.base, several=True), t.moving or "", steps(t.use))
                 for t in advised],
                folded="Which ones",
            )
        )  # fmt: skip
    wrong = [(t, one) for t in mine for one in t.early if one.wrong]
    every = [one for t in mine for one in t.early]
    if every:
        blocks.append(
            Words(
                text=f"Of {len(every):,} early stops (every checkpoint of every trajectory, each "
                f"judged alone), {len(wrong):,} would have concluded the opposite of what the end "
                "shows."
            )
        )
    if wrong:
        blocks.append(
            grid(
                ("<trajectory", "stop at step", "<one would have said", "change there",
                 "less the end"),
                [(subject(t.arm, t.scope, t.base, several=True), f"{one.step:,}", one.conclusion,
                  interval(one.change), interval(one.error)) for t, one in wrong],
                folded=f"{count(len(wrong), 'misleading stop')}",
            )
        )  # fmt: skip
    return blocks


def lengths_part(found: Analysis) -> Part | None:
    """Lengths of responses and their phases."""
    if not found.lengths:
        return None
    table = grid(
        ("<arm", "<domain", "<base", "<phases", "<verdict"),
        [
            (name(one.arm), domain_words(one.scope), name(one.base),
             ", ".join(f"{kind} {steps((a, b))}" for a, b, kind in one.phases) or "–",
             one.verdict)
            for one in found.lengths
        ],
        folded=f"Phases of {count(len(found.lengths), 'trajectory')} of length",
    )  # fmt: skip
    return Part(
        name="lengths", title="Length of responses", blocks=(*length_pictures(found), table)
    )
