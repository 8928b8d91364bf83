"""`curate ablate check`: its options, and what it prints."""

import json
from pathlib import Path
from typing import Annotated

import typer

from curate.cli_options import Json
from curate.cli_output import print_data, tell

SHOWN = 5
"""Unfit items of a suite that are named with their reason."""


def check(
    study: Annotated[
        Path, typer.Argument(metavar="STUDY.toml", help="The file with `[suites.NAME]` tables.")
    ],
    threads: Annotated[int, typer.Option(min=1, help="Items tried at a time.")] = 1,
    as_json: Json = False,
) -> None:
    """Try the right answer and junk on every item, before anything is trained.

    An item that cannot be scored as it should is named with the reason; the lines at the end leave
    all of them out. Exit code 1 where there are any.

    Example: curate ablate check STUDY.toml
    """
    from dataclasses import asdict

    from curate.ablate_scorers import verify_scorers
    from curate.train.eval.check import check_suite
    from curate.train.study import read_protocol

    protocol = read_protocol(study)
    found = [check_suite(suite, verify_scorers(), threads=threads) for suite in protocol.suites]
    for one in found:
        tell(
            f"{one.suite}: {one.items:,} items, {len(one.quarantined):,} unfit, of "
            f"{one.unchecked:,} no right answer is known"
        )
        for item, why in list(one.quarantined.items())[:SHOWN]:
            tell(f"  {item}: {why}")
    unfit = [one for one in found if one.quarantined]
    if as_json:
        print_data([asdict(one) for one in found])
    elif unfit:
        lines = [f"{json.dumps(one.suite)} = {json.dumps(one.skip)}" for one in unfit]
        print_data("\n".join(["[evaluate.skip]", *lines]))
    if unfit:
        raise typer.Exit(1)
