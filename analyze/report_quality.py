"""The parts of the report on what the data's quality did: doses, factors, strata."""

from collections.abc import Sequence

from curate.analyze.blocks import Block, Bullets, Part, Words, grid
from curate.analyze.figures import dose_picture
from curate.analyze.names import domain_words
from curate.analyze.records import Factor
from curate.analyze.results import Analysis
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
