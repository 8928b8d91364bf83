"""`curate score`: its options, and what it prints."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from curate.cli_options import Engine, Json, Workers
from curate.cli_output import print_data, tell

if TYPE_CHECKING:
    import polars as pl


def score(
    pool: Annotated[str, typer.Argument(metavar="POOL", help="A pool made by `verify`.")],
    tokenizer: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="Count tokens by this tokenizer.json or model folder."),
    ] = None,
    fit: Annotated[
        str | None,
        typer.Option(
            metavar="LABELS", help="Fit the quality to a column, or a file of `id` and `label`."
        ),
    ] = None,
    embed: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="Embed the responses by sentence-transformers, too."),
    ] = None,
    lm: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="Read the responses by a causal language model, too."),
    ] = None,
    workers: Workers = None,
    engine: Engine = "local",
    as_json: Json = False,
) -> None:
    """Score every trace: size, completeness, loops, languages, behaviours, dead ends; its quality.

    The signals and what they come to, `quality` and `grade`, stand beside the traces in columns of
    their own; only what is new or changed is done. No model is used unless you name one.

    Example: curate score pool

    Example: curate score pool --fit verdict
    """
    from dataclasses import asdict

    from curate.account import need_a_trace
    from curate.engines import opened_engine
    from curate.fit_pool import fit_pool, fit_text
    from curate.pool import Pool
    from curate.progress import Progress
    from curate.quality.size import Tokenizer
    from curate.quality_pool import quality_pool
    from curate.score_pool import medians, score_pool
    from curate.signals_pool import measure_pool
    from curate.store import path_of

    opened = Pool.open(path_of(pool))
    need_a_trace(opened)
    chosen = None if tokenizer is None else Tokenizer.at(tokenizer)
    with opened_engine(engine, workers, opened) as running:
        account = score_pool(opened, running, Progress(), chosen)
        fitted = None if fit is None else fit_pool(opened, fit)
        model = None if fitted is None else fitted.model
        quality = quality_pool(opened, running, Progress(), model)
    measured = measure_pool(opened, embed, lm, Progress())
    found = medians(opened)
    if as_json:
        print_data(
            {
                **asdict(account),
                "medians": found.to_dicts(),
                "quality": asdict(quality),
                "fit": None if fitted is None else fitted.report,
                "measured": [asdict(one) for one in measured],
            }
        )
    else:
        tables = [medians_text(found), *([] if fitted is None else [fit_text(fitted)])]
        print_data("\n\n".join(tables))
    for said in (account, quality, *measured):
        tell(str(said))
    tell(f'look into them with `curate export {pool} --where "loop_share > 0.2" -o loops.jsonl`')


def medians_text(found: "pl.DataFrame") -> str:
    """The medians as a table of text."""
    from curate.account_text import aligned

    def cell(value: object) -> str:
        if value is None:
            return "–"
        return f"{value:.3g}" if isinstance(value, float) and value < 1000 else f"{value:,.0f}"

    names = [name for name in found.columns if name != "verdict"]
    rows = [[*(name.replace("_", " ") for name in names), "verdict"]]
    rows += [[*map(cell, row[1:]), str(row[0])] for row in found.select("verdict", *names).rows()]
    return "\n".join(aligned(rows, len(names)))
