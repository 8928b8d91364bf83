"""`curate report`: its options, and what it prints."""

from pathlib import Path
from typing import Annotated

import typer

from curate.cli_options import Json
from curate.cli_output import print_data, tell


def report(
    pool: Annotated[str, typer.Argument(metavar="POOL", help="A pool made by `verify`.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="HTML", help="The file to write.")
    ] = Path("report.html"),
    as_json: Json = False,
) -> None:
    """Write a page about a pool: what is in it, what was left out and why, with traces to read.

    One HTML file that needs no network. What was not computed yet is named with its command.

    Example: curate report pool -o report.html
    """
    from dataclasses import asdict

    from curate.pool import Pool
    from curate.report.page import write_report
    from curate.store import path_of

    written = write_report(Pool.open(path_of(pool)), output)
    tell(str(written))
    if as_json:
        print_data(asdict(written))
