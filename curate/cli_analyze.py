"""`curate analyze`: its options, and what it prints."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from curate.cli_influence import influence
from curate.cli_options import Json
from curate.cli_output import print_data, tell
from curate.cli_power import power
from curate.errors import InputError

if TYPE_CHECKING:
    from curate.analyze.blocks import Report
    from curate.analyze.results import Analysis
    from curate.analyze.study import Study


STUDY = "STUDY"
"""The command that the user need not type; a folder may have any other name."""


class StudyFirst(TyperGroup):
    """`curate analyze x` is about the study `x`, unless `x` is one of the other commands."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401
        """Put the command in front that the user need not type."""
        others = self.commands.keys() - {STUDY}
        if not args or args[0] not in others:
            args = [STUDY, *(args or ["--help"])]
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401
        """The command, without its name where nobody typed it."""
        name, command, rest = super().resolve_command(ctx, args)
        return ("" if name == STUDY else name), command, rest


app = typer.Typer(
    cls=StudyFirst,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Say what the data did: effects, dip and recovery, attribution, as a report.",
)

Output = Annotated[
    Path | None, typer.Option("-o", "--output", metavar="HTML", help="The page to write.")
]
Markdown = Annotated[
    Path | None,
    typer.Option("--markdown", metavar="MD", help="Markdown, its pictures in a folder beside."),
]


@app.command(
    STUDY,
    epilog="Also: `curate analyze power`, what a design can find; `curate analyze influence`, "
    "which traces helped; `curate analyze ren2026`, the paper's own tables. "
    "A study that is called like a command: `curate analyze ./power`.",
)
def study(
    path: Annotated[
        Path,
        typer.Argument(metavar="STUDY", help="A study folder, or a table (Parquet, CSV, JSONL)."),
    ],
    output: Output = None,
    markdown: Markdown = None,
    against: Annotated[
        str | None, typer.Option(metavar="ren2026", help="The paper's numbers beside yours.")
    ] = None,
    map_: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="OURS=THEIRS", help="A column, such as score=acc."),
    ] = None,
    domain: Annotated[
        list[str] | None,
        typer.Option(metavar="SUITE=DOMAIN", help="id, ood, general or safety."),
    ] = None,
    map_arm: Annotated[
        list[str] | None,
        typer.Option(metavar="OURS=THEIRS", help="Which arm of the paper one of yours is."),
    ] = None,
    contrast: Annotated[
        list[str] | None,
        typer.Option(metavar="ARM:REFERENCE", help="Compare these (makes it exploratory)."),
    ] = None,
    percent: Annotated[bool, typer.Option("--percent", help="Scores are percentages.")] = False,
    base_arm: Annotated[
        str | None, typer.Option(metavar="NAME", help="What the untrained base is called.")
    ] = None,
    left_out: Annotated[
        Path | None,
        typer.Option(metavar="JSONL", help="Where rows go that cannot be used, with reasons."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Say what the data did, with the uncertainty it deserves, as a report.

    Effects, dip and recovery, attribution, reasoning against safety; what cannot be said, and why.
    Rows in are rows used and rows left out, each with its reason.

    Example: curate analyze study -o report.html

    Example: curate analyze scores.csv --map score=acc --map step=checkpoint --domain chess=ood
    """
    from curate.analyze.reading import reading
    from curate.analyze.study import read_study, with_contrasts

    how = reading(map_ or [], domain or [], percent=percent, base_arm=base_arm)
    made = with_contrasts(read_study(path, how), pairs(contrast or [], ":"))
    tell(made.table.account())
    if left_out is not None:
        write_left_out(made, left_out)
    found = analyzed(made, against, dict(pairs(map_arm or [], "=")))
    show(found, output, markdown, as_json)


def analyzed(made: "Study", against: str | None, arms: dict[str, str]) -> "Analysis":
    """The analysis, with the paper beside it where asked for."""
    from curate.analyze.pipeline import analyze

    if against not in (None, "ren2026"):
        raise InputError(
            f"there are no published numbers `{against}`",
            why="the reference tables are `ren2026`",
            fix="write `--against ren2026`",
        )
    return analyze(
        made,
        responses=measured(made),
        beside_paper=against is not None,
        paper_arms=arms,
    )


def measured(made: "Study") -> Any:  # noqa: ANN401
    """What the responses of the study do, if it kept them."""
    from curate.responses_measured import measured_responses

    if made.responses is None:
        return None
    far = "ood" in made.design.domains
    domains = ("ood",) if far else ("id", "unsorted")
    return measured_responses(made.responses, window=made.design.window, domains=domains)


def pairs(texts: Sequence[str], mark: str) -> list[tuple[str, str]]:
    """`a=b` and the like, taken apart at the last mark.

    Raises:
        InputError: one has no mark.
    """
    parts = [text.rpartition(mark) for text in texts]
    for text, (left, _, right) in zip(texts, parts, strict=True):
        if not left or not right:
            raise InputError(
                f"`{text}` is no pair", why=f"there is no `{mark}` with a name on both sides",
                fix=f"write `LEFT{mark}RIGHT`",
            )  # fmt: skip
    return [(left, right) for left, _, right in parts]


def write_left_out(made: "Study", path: Path) -> None:
    """Write the rows that are not used."""
    from curate.io import write_bytes

    rows = made.table.rows_left_out
    write_bytes(path, rows.write_ndjson().encode())
    tell(f"wrote {rows.height:,} rows that are left out to `{path}`, each with a `reason`")


def show(found: "Analysis", output: Path | None, markdown: Path | None, as_json: bool) -> None:
    """Write the page and the Markdown that were asked for; print the rest."""
    from curate.analyze.report import report
    from curate.analyze.results import as_json as in_json
    from curate.analyze.text import terminal_text

    if output is not None or markdown is not None:
        write(report(found), output, markdown)
    if as_json:
        print_data(in_json(found))
    elif output is None and markdown is None:
        print_data(terminal_text(report(found)))
    else:
        print_data(found.claim.replace("`", ""))


def write(made: "Report", output: Path | None, markdown: Path | None) -> None:
    """The files."""
    from curate.analyze.markdown import write_markdown
    from curate.analyze.page import page
    from curate.io import write_bytes

    if output is not None:
        content = page(made).encode()
        write_bytes(output, content)
        tell(f"wrote `{output}` ({len(content) / 1e6:.1f} MB); open it in a browser")
    if markdown is not None:
        write_markdown(made, markdown)
        tell(f"wrote `{markdown}` and its pictures")


@app.command("ren2026")
def ren2026(output: Output = None, markdown: Markdown = None, as_json: Json = False) -> None:
    """The paper's published tables: dips, orderings and cells in doubt, without any test.

    Example: curate analyze ren2026
    """
    from dataclasses import asdict

    from curate.analyze import ren2026 as paper
    from curate.analyze.paper_report import paper_report
    from curate.analyze.text import terminal_text

    if output is not None or markdown is not None:
        write(paper_report(), output, markdown)
    if as_json:
        print_data(
            {
                "note": paper.NO_TEST,
                "cells": [asdict(one) for one in paper.cells()],
                "dips": [asdict(one) for one in paper.dips()],
                "orderings": [asdict(one) for one in paper.orderings()],
            }
        )
    else:
        made = paper_report()
        print_data(terminal_text(made, tuple(part.name for part in made.parts)))


app.command("power")(power)
app.command("influence")(influence)
