"""`curate analyze power`: its options, and what it prints."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from curate.cli_options import Json
from curate.cli_output import print_data, tell
from curate.errors import InputError

if TYPE_CHECKING:
    from curate.analyze.power import Power
    from curate.detectable import Variances


def power(
    pilot: Annotated[
        Path | None,
        typer.Argument(metavar="PILOT", help="A study whose variances are taken; else options."),
    ] = None,
    effect: Annotated[float, typer.Option(help="The difference to find, in points.")] = 3.0,
    domain: Annotated[
        str | None, typer.Option(help="The domain of the pilot; its first out-of-domain one else.")
    ] = None,
    seed_sd: Annotated[
        float | None, typer.Option(help="SD between runs in points, in place of the pilot's.")
    ] = None,
    accuracy: Annotated[
        float | None, typer.Option(help="Mean score in percent, without a pilot.")
    ] = None,
    items: Annotated[str, typer.Option(metavar="N,…", help="Numbers of items.")] = "100,300,1000",
    seeds: Annotated[str, typer.Option(metavar="N,…", help="Numbers of seeds.")] = "2,3,5,10",
    samples: Annotated[str, typer.Option(metavar="N,…", help="Samples of each item.")] = "1,4",
    arms: Annotated[int, typer.Option(min=2, help="Arms whose runs are pooled.")] = 2,
    alpha: Annotated[float, typer.Option(help="Two-sided level.")] = 0.05,
    as_json: Json = False,
) -> None:
    """The smallest difference that a design finds: seeds, items and samples for the next study.

    From the variances of a pilot study, or from what you say of them; before any GPU hour is spent.

    Example: curate analyze power --accuracy 50 --seed-sd 1.7 --effect 4

    Example: curate analyze power study --domain ood --effect 3
    """
    from dataclasses import asdict

    from curate.analyze import power as tables

    parts = variances(pilot, domain, seed_sd, accuracy)
    made = tables.power(
        parts,
        effect / 100,
        items=numbers(items, "--items"),
        seeds=numbers(seeds, "--seeds"),
        samples=numbers(samples, "--samples"),
        arms=arms,
        alpha=alpha,
    )
    print_data(asdict(made) | {"variances": asdict(parts)} if as_json else power_text(made))


def numbers(text: str, option: str) -> list[int]:
    """`100,300` as numbers.

    Raises:
        InputError: something else.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts or not all(part.isdigit() and int(part) > 0 for part in parts):
        raise InputError(
            f"`{option} {text}` is no list of numbers",
            why="it must hold whole numbers from 1 on, with commas between",
            fix=f"write such as `{option} 100,300`",
        )
    return [int(part) for part in parts]


def variances(
    pilot: Path | None, domain: str | None, seed_sd: float | None, accuracy: float | None
) -> "Variances":
    """Of a pilot, or of right-or-wrong items at some accuracy."""
    from dataclasses import replace

    from curate.binary_variances import binary_variances

    if pilot is not None:
        found = of_pilot(pilot, domain)
        return found if seed_sd is None else replace(found, seed=(seed_sd / 100) ** 2)
    if accuracy is None or seed_sd is None:
        raise InputError(
            "nothing is known of the noise",
            why="there is no pilot study, and `--accuracy` or `--seed-sd` is missing",
            fix="name a pilot, or give both; published runs of reasoning models differ by 1 to 3 "
            "points on large suites",
        )
    return binary_variances(accuracy / 100, seed_sd=seed_sd / 100)


def of_pilot(path: Path, domain: str | None) -> "Variances":
    """Variance components of the first base of a study; the notes go to stderr."""
    from curate.analyze.pilot import pilot_of
    from curate.analyze.study import read_study

    found, where = pilot_of(read_study(path), domain)
    tell(
        f"pilot: {where}; SD between runs {100 * found.variances.seed**0.5:.2f} points on "
        f"{found.run_df} degrees of freedom, {found.clusters:,} clusters of items"
    )
    for note in found.notes:
        tell(f"note: {note}")
    return found.variances


def power_text(made: "Power") -> str:
    """The answer and the table."""
    head = ("items", "seeds", "samples", "finds, points", "were the variances known", "runs")
    rows: list[tuple[Any, ...]] = [
        (
            f"{row.size.items:,}",
            f"{row.size.seeds}",
            f"{row.size.samples}",
            shown(row.detectable),
            shown(row.detectable_normal),
            f"{row.runs}",
        )
        for row in made.rows
    ]
    widths = [max(len(str(row[n])) for row in (head, *rows)) for n in range(len(head))]
    lines = [
        "  ".join(str(cell).rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in (head, *rows)
    ]
    return "\n".join([made.words, "", *lines])


def shown(value: float) -> str:
    """A difference in points; one seed leaves no test."""
    return "no test" if value == float("inf") else f"{100 * value:.1f}"
