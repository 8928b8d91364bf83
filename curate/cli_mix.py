"""`curate mix` and `curate lineage`: their options, and what they print."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from curate.cli_options import Json
from curate.cli_output import print_data, tell
from curate.errors import InputError

if TYPE_CHECKING:
    from curate.mix.recipe import Recipe


def mix(
    recipe: Annotated[
        str | None,
        typer.Argument(
            metavar="RECIPE",
            help="A TOML file, or a preset: math-cot, math-nocot, human-solutions, countdown-cot, "
            "repeat-vs-cover, dose-response.",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="ARMS", help="Where the arms go.")
    ] = None,
    plan_only: Annotated[
        bool, typer.Option("--plan", help="Show rows, tokens, attrition, balance; write nothing.")
    ] = False,
    replay: Annotated[
        Path | None,
        typer.Option(metavar="MANIFEST", help="Write what a manifest says, the same bytes again."),
    ] = None,
    pool: Annotated[
        list[str] | None,
        typer.Option(metavar="[NAME=]PATH", help="The pool of a source, in place of the recipe's."),
    ] = None,
    problems: Annotated[
        int | None, typer.Option(min=1, help="How many, in place of the recipe's number.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write what fails its balance, and stamp it.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make training sets that differ in one thing: matched arms with their proof.

    Example: curate mix dose-response --pool pool --plan

    Example: curate mix recipe.toml -o arms
    """
    from curate.mix.manifest import read_manifest
    from curate.mix.plan import plan
    from curate.mix.proof import need_proof
    from curate.progress import Progress

    if replay is not None:
        manifest = {name: part for name, part in read_manifest(replay).items() if name != "files"}
        write_and_tell(manifest, output, as_json)
        return
    made = plan(resolved(recipe, pool or [], problems), forced=force, progress=Progress())
    if plan_only:
        show(made.manifest, as_json)
        return
    if not made.proof.passed and not force:
        show(made.manifest, as_json)
    need_proof(made.proof, forced=force)
    write_and_tell(made.manifest, output, as_json)


def write_and_tell(manifest: Mapping[str, Any], output: Path | None, as_json: bool) -> None:
    """Write the arms of a manifest, and say what they are."""
    from curate.mix.write import REPORT, write_design

    if output is None:
        raise InputError(
            "no place for the arms", why="`-o` is missing", fix="add `-o ARMS`, or `--plan`"
        )
    written = write_design(manifest, output)
    show(manifest, as_json)
    names = ", ".join(written) if written else "nothing, all arms were there"
    tell(f"wrote {names} in `{output}`; the proof is `{output / REPORT}`")


def show(manifest: Mapping[str, Any], as_json: bool) -> None:
    """Print the arms on stdout, and who left and the balance on stderr."""
    from curate.mix.account import account_json, account_text, table

    print_data(account_json(manifest) if as_json else table(manifest))
    tell(account_text(manifest))


def resolved(name: str | None, pools: list[str], problems: int | None) -> "Recipe":
    """The recipe with what the command line says in place of what stands in it."""
    from dataclasses import replace

    from curate.mix.presets import NAMES, preset
    from curate.mix.recipe import read_recipe

    if name is None:
        raise InputError(
            "no recipe",
            why="the command makes arms from a recipe or replays a manifest",
            fix=f"name a TOML file, a preset ({', '.join(NAMES)}), or `--replay MANIFEST`",
        )
    found = read_recipe(Path(name)) if name.endswith(".toml") else preset(name)
    sources = dict(found.sources)
    for text in pools:
        left, separator, right = text.rpartition("=")
        key = left if separator else next(iter(sources), "main")
        if key not in sources:
            raise InputError(
                f"the recipe has no source `{key}`",
                why=f"its sources are {', '.join(sources)}",
                fix="write `--pool NAME=PATH` with one of these",
            )
        sources[key] = replace(sources[key], pool=right)
    wanted = problems if problems is not None else found.problems
    return replace(found, sources=sources, problems=wanted)


def lineage(
    folder: Annotated[Path, typer.Argument(metavar="ARM", help="The folder of one arm.")],
    row: Annotated[int, typer.Argument(metavar="ROW", help="The number of a row, from 0.")],
    as_json: Json = False,
) -> None:
    """Lead from a training row back to the file and the row that it came from.

    Example: curate lineage arms/dose-25 17
    """
    from dataclasses import asdict

    from curate.mix.lineage import lineage

    found = lineage(folder, row)
    print_data(asdict(found) if as_json else str(found))
