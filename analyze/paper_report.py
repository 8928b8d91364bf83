"""The paper's own tables, analysed as far as one seed allows: what they do, and no test."""

from functools import cache, partial

from curate.analyze import ren2026
from curate.analyze.blocks import Block, Part, Picture, Report, Words, grid
from curate.analyze.names import domain_words
from curate.analyze.plots import style_of
from curate.analyze.plots_time import Track, lines
from curate.analyze.words import name, points

CLAIM = (
    "On the published tables, the 4B base trained on long traces falls from 70.8 to 62.9 on "
    "MATH500 at step 20 and is above its base again at step 40; whether that is more than noise "
    "cannot be tested, as each condition was trained once."
)


def paper_report() -> Report:
    """Dips, orderings, and the cells in doubt."""
    cells = ren2026.cells()
    return Report(
        title="Ren et al. 2026, the published tables",
        claim=CLAIM,
        stamp="one run of each condition: nothing here is shown",
        also=(f"The paper has {ren2026.NO_TEST}.",),
        tiles=(
            (f"{len(cells):,}", "published numbers"),
            (f"{sum(c.suspect is not None for c in cells)}", "in doubt"),
            (f"{len({c.base for c in cells})}", "base models"),
            ("1", "run of each"),
        ),
        parts=(dips_part(), orderings_part(), doubts_part()),
    )


def dips_part() -> Part:
    """Trajectories and their troughs."""
    rows = [
        (
            name(d.base), name(d.arm), d.benchmark, f"{d.start:.1f}",
            f"{d.trough:.1f} at {d.trough_step}", points(d.depth / 100),
            "no dip" if not d.dips else "never" if d.back_step is None else f"{d.back_step}",
            points(d.net / 100), "(?)" if d.suspect else "",
        )
        for d in ren2026.dips()
    ]  # fmt: skip
    blocks: list[Block] = [
        picture(),
        grid(("<base", "<arm", "<benchmark", "start", "lowest, at step", "depth",
              "above the base again at", "net", "doubt"), rows),
        Words(
            text="Depth: the lowest checkpoint less the untrained base, in points. These are the "
            "sizes of what was printed; " + ren2026.NO_TEST + ".",
            quiet=True,
        ),
    ]  # fmt: skip
    return Part(name="dips", title="Dips in the published trajectories", blocks=tuple(blocks))


def picture() -> Picture:
    """The published trajectories of the two small bases."""
    alt = "Published scores along training on two small bases"
    arms = ("Math-CoT, 4B", "Math-CoT, 1.7B", "Math-NoCoT, 4B", "Math-NoCoT, 1.7B")
    shown = ("MATH500", "LiveCodeBench v2", "MMLU-Pro", "IFEval")
    tracks = [
        Track(
            row=f"{d.arm}, {d.base.split('-')[1]}",
            column=d.benchmark,
            steps=tuple(step for step, _ in path),
            means=tuple(value for _, value in path),
            low=None,
            high=None,
            start=None,
            label="",
        )
        for d in ren2026.dips()
        if d.benchmark in shown and (path := trajectory(d))
    ]
    drawn = partial(lines, tracks, style_of(arms), name="paper", label=alt, unit="score in percent")
    return Picture(
        name="paper",
        draw=cache(drawn),
        alt=alt,
        caption="Published scores of single runs, the untrained base at the left. No bands: there "
        "is nothing to make them of.",
    )


def trajectory(dip: ren2026.Dip) -> list[tuple[int, float]]:
    """Steps and values of a published trajectory, each step once."""
    found = {
        cell.step: cell.value
        for cell in ren2026.cells()
        if (cell.base, cell.arm, cell.benchmark) == (dip.base, dip.arm, dip.benchmark)
    }
    return sorted(found.items())


def orderings_part() -> Part:
    """Arms per base and domain, best first."""
    rows = [
        (
            name(one.base),
            domain_words(one.domain),
            ", ".join(f"{arm} {points(change / 100)}{' (?)' if arm in one.suspect else ''}"
                      for arm, change in one.arms),
        )
        for one in ren2026.orderings()
    ]  # fmt: skip
    return Part(
        name="orderings",
        title="Order of the data sets",
        blocks=(
            grid(("<base", "<domain", "<mean change over the base in points, best first"), rows),
            Words(text=f"An order without intervals: {ren2026.NO_TEST}.", quiet=True),
        ),
    )


def doubts_part() -> Part:
    """Cells that may be wrong."""
    rows = [
        (c.table, name(c.base), c.arm or "base", f"{c.step}", c.benchmark, f"{c.value:g}",
         c.suspect or "")
        for c in ren2026.cells()
        if c.suspect
    ]  # fmt: skip
    return Part(
        name="doubts",
        title="Cells in doubt",
        blocks=(grid(("<table", "<base", "<arm", "step", "<benchmark", "value", "<why"), rows),),
    )
