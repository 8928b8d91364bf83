"""The parts of the report on what the data's quality did: doses, factors, strata."""

from collections.abc import Sequence

from curate.analyze.blocks import Block, Bullets, Part, Words, grid
from curate.analyze.figures import dose_picture
from curate.analyze.names import domain_words
from curate.analyze.records import Factor, Value
from curate.analyze.results import Analysis, Traces
from curate.analyze.words import chance, interval, name, percent, points, rate

METHODS = {
    "factorial": "Factors: main effects and two-way interactions",
    "swarm": "Strata: regression on their shares, worth over the mean worth",
    "shapley": "Strata: Shapley values",
}


def dose_part(found: Analysis) -> Part | None:
    """Dose and response."""
    picture = dose_picture(found)
    if picture is None:
        return None
    table = grid(
        ("<where", "slope, points", "p of a trend", "p not monotone", "noise floor", "<verdict"),
        [
            (f"{domain_words(d.scope)}, {name(d.base)}", interval(d.slope), chance(d.p_trend),
             chance(d.p_not_monotone), "–" if d.floor is None else points(d.floor), d.verdict)
            for d in found.doses
        ],
    )  # fmt: skip
    why = list(dict.fromkeys(f"{d.verdict}: {d.why}" for d in found.doses if d.why))
    return Part(
        name="dose",
        title="Dose and response",
        blocks=(
            picture,
            table,
            Bullets(items=tuple(f"{line[0].upper()}{line[1:]}." for line in why)),
            Words(
                text="Noise floor: the largest difference between arms that should not differ "
                "(drawn again, or with shuffled grades); an effect below it is none.",
                quiet=True,
            ),
            *grading_blocks(found),
        ),
    )


def grading_blocks(found: Analysis) -> tuple[Block, ...]:
    """Dose slopes without the errors of the grader, by each second grader."""
    rows = [
        (
            f"{domain_words(dose.scope)}, {name(dose.base)}",
            name(one.grader),
            percent(one.agreement),
            interval(dose.slope),
            interval(one.if_right),
            rate(one.real_if_right),
            interval(one.if_alike),
            rate(one.real_if_alike),
        )
        for dose in found.doses
        for one in dose.regraded
    ]
    if not rows:
        return ()
    return (
        Words(
            text="Wrong grades flatten a slope: a share of a difference in grades is real, and "
            "the slope over true doses is the slope divided by it. The share is known as far as a "
            "second grader is: if that one is always right, or if both err as often, either way "
            "and independently. Where they err together, the truth is steeper than either."
        ),
        grid(
            ("<where", "<second grader", "agree, %", "slope, points", "… if the second is right",
             "real, %", "… if both err alike", "real, %"),
            rows,
        ),
    )  # fmt: skip


def traces_part(found: Analysis) -> Part | None:
    """Single traces, where retraining confirmed what gradients say; else only that it did not."""
    if not found.traces:
        return None
    shown = [one for one in found.traces if one.confirmed]
    unsure = len(found.traces) - len(shown)
    blocks: list[Block] = [
        Words(
            text="Hypotheses about single traces, no effect of data. Gradients of one run along "
            "its checkpoints name the traces that made right responses likelier, and the run was "
            "made again without them; shown only where that confirmed them"
            + (f" ({unsure} of {len(found.traces)} were not)." if unsure else ".")
        )
    ]
    if shown:
        blocks += [confirmed_grid(shown), ends_grid(shown)]
    return Part(name="traces", title="Single traces", blocks=tuple(blocks))


def confirmed_grid(shown: Sequence[Traces]) -> Block:
    """What retraining did to right responses."""
    return grid(
        (
            "<run",
            "<right responses to",
            "nats a token without the most helpful",
            "without the most harmful",
            "rank correlation over halves",
        ),
        [
            (run(t), ", ".join(map(name, t.suites)), nats(t.top), nats(t.bottom), nats(t.rank))
            for t in shown
        ],
    )


def ends_grid(shown: Sequence[Traces]) -> Block:
    """The grades at both ends."""
    return grid(
        ("<run", "<grade", "of all, %", "of the most helpful, %", "of the most harmful, %"),
        [
            (run(t), name(grade), *(percent(share, 0) for share in parts))
            for t in shown
            for grade, parts in t.ends.items()
        ],
    )


def run(one: Traces) -> str:
    """Arm, base and seed."""
    return f"{name(one.arm)} on {name(one.base)}, seed {one.seed}"


def nats(found: Value) -> str:
    """`−0.31 [−0.40, −0.22]`."""
    text = f"{found.value:+.2f}\u00a0[{found.low:+.2f}, {found.high:+.2f}]"
    return text.replace("-", "−")


def factors_part(found: Analysis) -> Part | None:
    """Factorial effects, a swarm's regression, Shapley values."""
    if not found.factors:
        return None
    blocks: list[Block] = []
    for method, words in METHODS.items():
        mine = [one for one in found.factors if one.method == method]
        if mine:
            blocks += [Words(text=f"{words}."), factors_grid(mine)]
    return Part(name="factors", title="Which part of the data", blocks=tuple(blocks))


def factors_grid(mine: Sequence[Factor]) -> Block:
    """Effects of one method."""
    return grid(
        ("<effect", "<domain", "<base", "points", "p", "corrected", "<note"),
        [
            (
                one.name,
                domain_words(one.scope),
                name(one.base),
                interval(one.effect),
                chance(one.p),
                chance(one.p_adjusted),
                one.note or "–",
            )
            for one in mine
        ],
    )
