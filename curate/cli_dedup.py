"""`curate dedup`: its options, and what it prints."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from curate.cli_options import Engine, Json, Workers
from curate.cli_output import print_data, tell

if TYPE_CHECKING:
    from curate.dedup.settings import DedupSettings
    from curate.pool import Pool


def dedup(
    pool: Annotated[str, typer.Argument(metavar="POOL", help="A pool made by `verify`.")],
    level: Annotated[
        Literal["problem", "trace", "rollout"] | None,
        typer.Option(
            help="Compare problems, responses, or only the responses to the same problem.",
            show_default="all three",
        ),
    ] = None,
    threshold: Annotated[
        float,
        typer.Option(min=0.3, max=1.0, help="Jaccard's similarity from which on texts are copies."),
    ] = 0.8,
    words: Annotated[int, typer.Option(min=1, max=50, help="Words in a shingle of responses.")] = 5,
    characters: Annotated[
        int, typer.Option(min=1, max=50, help="Characters in a shingle of problems.")
    ] = 5,
    verify: Annotated[
        bool, typer.Option(help="Whether the true similarity of candidates is taken.")
    ] = True,
    meaning: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="Compare problems by meaning too: a sentence encoder."),
    ] = None,
    cosine: Annotated[
        float, typer.Option(min=0.5, max=1.0, help="From which on problems mean the same.")
    ] = 0.95,
    check: Annotated[
        bool,
        typer.Option("--check", help="Plant copies of the pool's texts and count what is found."),
    ] = False,
    workers: Workers = None,
    engine: Engine = "local",
    as_json: Json = False,
) -> None:
    """Find copies: problems, traces and rollouts that are the same, nearly or in meaning.

    Nothing is deleted: the pool says of every trace whether it stays and what it is a copy of.

    Example: curate dedup pool && curate export pool --where is_survivor -o unique.jsonl
    """
    from curate.dedup.settings import DedupSettings, Level
    from curate.dedup.signatures import Shingling
    from curate.dedup_pool import dedup_pool, sign_pool
    from curate.engines import opened_engine
    from curate.pool import Pool
    from curate.progress import Progress
    from curate.store import path_of

    settings = DedupSettings(
        levels=frozenset([Level(level)]) if level else frozenset(Level),
        threshold=threshold,
        shingling=Shingling(words=words, characters=characters),
        verify=verify,
        meaning=meaning,
        cosine=cosine,
    )
    opened = Pool.open(path_of(pool))
    with opened_engine(engine, workers, opened) as engine_:
        if check:
            with opened.lock():
                sign_pool(opened, settings, engine_, Progress())
            print_check(opened, settings, as_json)
            return
        dedup_pool(opened, settings, engine_, Progress())
    print_account(opened, settings, as_json)


def print_check(pool: "Pool", settings: "DedupSettings", as_json: bool) -> None:
    """Prints what was found of what was planted."""
    from dataclasses import asdict

    from curate.dedup.account import curve_text
    from curate.dedup.check import check
    from curate.dedup.check_text import check_text

    found = check(pool, settings)
    print_data(asdict(found) if as_json else check_text(found))
    tell(curve_text(settings))


def print_account(pool: "Pool", settings: "DedupSettings", as_json: bool) -> None:
    """Prints the account of the pool, and its largest clusters."""
    from dataclasses import asdict

    from curate.dedup.account import account_of, account_text, clusters_text, curve

    found = account_of(pool)
    if as_json:
        print_data(asdict(found) | {"settings": settings.config, "curve": curve(settings)})
    elif found.largest:
        print_data(clusters_text(found))
    tell(account_text(found, settings))
    tell(f"those that stay: `curate export {pool.path} --where is_survivor -o unique.jsonl`")
