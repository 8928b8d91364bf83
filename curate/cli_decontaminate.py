"""`curate decontaminate`: its options, and what it prints."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from curate.cli_options import Engine, Json, Workers
from curate.cli_output import print_data, tell
from curate.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from curate.contamination import Item


def decontaminate(
    inputs: Annotated[
        list[str] | None,
        typer.Argument(metavar="POOL [FILE]...", help="A verified pool; further files to seek."),
    ] = None,
    against: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE", help="Problems of a benchmark, or a name such as hub:math500."
        ),
    ] = None,
    problem: Annotated[
        str | None, typer.Option(metavar="COL", help="Column of the problem in these files.")
    ] = None,
    embed: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="Compare problems by this sentence model as well."),
    ] = None,
    hits: Annotated[
        Path | None,
        typer.Option(metavar="OUT", help="Write every pair of item and trace: x.jsonl, x.parquet."),
    ] = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="Plant edited items instead, and measure what is found."),
    ] = False,
    workers: Workers = None,
    engine: Engine = "local",
    as_json: Json = False,
) -> None:
    """Find the traces that hold problems of benchmarks; nothing is removed.

    Example: curate decontaminate pool --against math500.jsonl aime24.jsonl

    Example: curate decontaminate --check --against math500.jsonl
    """
    from curate.contamination.items import read_benchmarks
    from curate.store import path_of

    given = [*(inputs or [])]
    pool_name = None if check or not given else given.pop(0)
    files = [*(against or []), *given]
    need_files(files)
    benchmarks = read_benchmarks(files, problem)
    if check:
        print_check(benchmarks.items, as_json)
        return
    if pool_name is None:
        raise InputError(
            "no pool to look into",
            why="only files of benchmarks were named",
            fix="run `curate decontaminate POOL --against FILE`",
        )
    from curate.decontaminate_pool import (
        decontaminate_pool,
        most_hit,
        most_hit_text,
        pairs,
        write_pairs,
    )
    from curate.engines import opened_engine
    from curate.pool import Pool
    from curate.progress import Progress
    from curate.writers import writer_for

    if hits is not None:
        writer_for(hits)  # says now what it cannot write
    pool = Pool.open(path_of(pool_name))
    with opened_engine(engine, workers, pool) as workforce:
        account = decontaminate_pool(pool, benchmarks, workforce, Progress(), embed)
    if as_json:
        evidence = [row for frame in pairs(pool) for row in frame.to_dicts()]
        print_data({"pool": str(pool.path), **account.plain(), "hits": evidence})
    elif account.contaminated:
        print_data(most_hit_text(most_hit(pool)))
    tell(str(account))
    if hits is not None:
        write_pairs(pool, hits)
        tell(f"wrote {account.pairs:,} pairs to `{hits}`")
    if account.contaminated:
        tell(f'leave them out: `curate export {pool_name} --where "NOT contaminated" -o OUT`')


def need_files(files: list[str]) -> None:
    """Nothing, when there is a benchmark.

    Raises:
        InputError: there is none.
    """
    if not files:
        raise InputError(
            "no benchmark to look for",
            why="no file of problems was named",
            fix="add `--against FILE`, or `--against hub:math500`",
        )


def print_check(items: "Sequence[Item]", as_json: bool) -> None:
    """Prints what is found of edited items, and of items that are not there."""
    from curate.contamination.check import check_items, check_text

    found = check_items(items)
    print_data(found.plain() if as_json else check_text(found))
