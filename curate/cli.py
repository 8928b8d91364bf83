"""The `curate` command: reads the options, calls the library, prints what it returns.

Data goes to stdout, everything else to stderr. Exit codes: 0 done, 1 something the user can fix,
2 bad usage, 130 interrupted.
"""

import logging
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Literal

import typer

from curate import __version__
from curate.cli_ablate import ablate
from curate.cli_analyze import app as analyze_app
from curate.cli_decontaminate import decontaminate
from curate.cli_dedup import dedup
from curate.cli_filter import filter_
from curate.cli_lab import lab
from curate.cli_mix import lineage, mix
from curate.cli_options import Json
from curate.cli_output import coloured, print_data, tell
from curate.cli_report import report
from curate.cli_score import score
from curate.cli_verify import verify
from curate.errors import CurateError
from curate.settings import keep_pages

app = typer.Typer(
    name="curate",
    help="Turn raw chain-of-thought dumps into training data you can trust.",
    epilog="Start with `curate sample -o dump.jsonl` and `curate verify dump.jsonl -o pool`.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


PoolArgument = Annotated[str, typer.Argument(metavar="POOL", help="A pool made by `verify`.")]


def say_version(wanted: bool) -> None:
    """Prints the version and ends, when it is wanted."""
    if wanted:
        typer.echo(f"curate {__version__}")
        raise typer.Exit


@app.callback()
def options_before_the_command(
    verbose: Annotated[
        int, typer.Option("-v", "--verbose", count=True, help="Say more; -vv says everything.")
    ] = 0,
    _: Annotated[
        bool,
        typer.Option("--version", callback=say_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Turn raw chain-of-thought dumps into training data you can trust."""
    levels = (logging.WARNING, logging.INFO, logging.DEBUG)
    logging.basicConfig(level=levels[min(verbose, 2)], format="%(levelname)s %(name)s: %(message)s")


app.command()(verify)
app.command()(score)
app.command()(dedup)
app.command()(decontaminate)
app.command("filter")(filter_)
app.command()(report)


@app.command()
def show(
    pool: PoolArgument,
    trace_id: Annotated[
        str | None, typer.Argument(metavar="ID", help="The id of a trace, or how it begins.")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Leave nothing out.")] = False,
    as_json: Json = False,
) -> None:
    """Show one trace, or an example of every verdict, and why.

    Example: curate show pool 9f2c1a
    """
    from curate import show
    from curate.pool import Pool
    from curate.store import path_of

    opened = Pool.open(path_of(pool))
    if trace_id is None:
        found = show.examples(opened)
        print_data(found.to_dicts() if as_json else show.examples_text(found))
        tell(f"one of them whole: `curate show {pool} {found.item(0, 'id')[:8]}`")
        return
    trace = show.find_trace(opened, trace_id)
    write = show.full_trace_text if full else show.trace_text
    print_data(trace if as_json else write(trace, show.marks(coloured(sys.stdout))))


@app.command()
def export(
    pool: PoolArgument,
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="OUT", help="x.jsonl(.gz, .zst), x.parquet, a folder."
        ),
    ],
    where: Annotated[
        str, typer.Option(metavar="SQL", help="Condition on the columns of the pool.")
    ] = "true",
    columns: Annotated[
        str | None, typer.Option(metavar="A,B,…", help="Only these columns of the pool.")
    ] = None,
    selection: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only what `curate filter` kept under it.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write chosen traces as JSONL, Parquet or a `datasets` folder.

    Example: curate export pool --where "verdict = 'correct' and pass_rate < 1" -o train.jsonl
    """
    from dataclasses import asdict

    from curate.export import export
    from curate.pool import Pool
    from curate.selections import kept
    from curate.store import path_of

    opened = Pool.open(path_of(pool))
    wanted = [name.strip() for name in columns.split(",")] if columns else []
    among = kept(opened, selection) if selection else None
    written = export(opened, output, where=where, columns=wanted, among=among)
    tell(str(written))
    if as_json:
        print_data(asdict(written) | {"left_out": written.left_out})


@app.command()
def sample(
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DUMP", help="The JSONL file to write.")
    ],
    traces: Annotated[int, typer.Option(min=1, help="How many traces.")] = 1200,
    seed: Annotated[int, typer.Option(min=0, help="The same seed, the same dump.")] = 0,
    broken: Annotated[int, typer.Option(min=0, help="How many lines nobody can read.")] = 12,
    shape: Annotated[
        Literal["flat", "generations"], typer.Option(help="A row per trace, or per problem.")
    ] = "flat",
    as_json: Json = False,
) -> None:
    """Make up a dump whose every verdict is known beforehand.

    Example: curate sample -o dump.jsonl
    """
    from dataclasses import asdict

    from curate.sample.dump import Shape, write_sample

    written = write_sample(output, traces=traces, seed=seed, broken=broken, shape=Shape(shape))
    tell(str(written))
    if as_json:
        print_data(asdict(written))


app.command()(mix)
app.command()(lineage)
app.command()(lab)
app.add_typer(ablate, name="ablate")
app.add_typer(analyze_app, name="analyze")


def error_text(error: CurateError) -> str:
    """What, why and fix, a line each; the first word in red where colour helps."""
    word = "\x1b[1;31merror:\x1b[0m" if coloured(sys.stderr) else "error:"
    return f"{word} {error}"


def main() -> None:
    """Runs the command line and ends the process."""
    keep_pages()
    # A trace may hold characters that the terminal's encoding has not.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        app(prog_name="curate")
    except CurateError as error:
        tell(error_text(error))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(interrupted())
    except SystemExit as end:
        # Typer turns an interrupt into this code and says nothing.
        sys.exit(interrupted() if end.code == 130 else end.code)


def interrupted() -> int:
    """Says how to go on after an interrupt; the exit code."""
    tell("interrupted; run the same command again, it goes on where it stopped")
    return 130
