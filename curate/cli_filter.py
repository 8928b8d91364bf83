"""`curate filter`: its options, and what it prints."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from curate.cli_options import Json
from curate.cli_output import print_data, tell
from curate.errors import InputError

if TYPE_CHECKING:
    from curate.pool import Pool
    from curate.selections import Selection


def filter_(
    pool: Annotated[str, typer.Argument(metavar="POOL", help="A pool made by `verify`.")],
    where: Annotated[
        list[str] | None,
        typer.Option(metavar="SQL", help="A condition that kept traces meet; may be repeated."),
    ] = None,
    rules: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help='TOML with a named condition a line: name = "SQL".'),
    ] = None,
    name: Annotated[
        str, typer.Option(metavar="NAME", help="What the selection is called.")
    ] = "selected",
    again: Annotated[
        str | None, typer.Option(metavar="NAME", help="Make a selection again by its own rules.")
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="List the selections of the pool.")] = False,
    show: Annotated[
        str | None, typer.Option(metavar="NAME", help="Show a selection and its rules.")
    ] = None,
    delete: Annotated[
        str | None, typer.Option(metavar="NAME", help="Take a selection away.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Keep the traces that pass every rule, with the reason of each one that does not.

    The selection stays in the pool under its name, for `curate export --selection` and later steps.

    Example: curate filter pool --where "verdict = 'correct'" --where "not truncated" --name strict
    """
    from curate import selections
    from curate.pool import Pool
    from curate.rules import rules_of
    from curate.store import path_of

    need_one_of(where or rules, again, list_, show, delete)
    opened = Pool.open(path_of(pool))
    if list_:
        print_list(opened, as_json)
    elif show is not None:
        print_selection(opened, selections.find_selection(opened, show), as_json)
    elif delete is not None:
        found = selections.delete_selection(opened, delete)
        tell(f"deleted the selection `{found.name}`; its {found.traces:,} traces stay in the pool")
    else:
        asked = (
            selections.find_selection(opened, again).rules
            if again
            else rules_of(where or [], rules)
        )
        found = selections.save_selection(opened, again or name, asked)
        print_selection(opened, found, as_json)
        tell(f"it is the selection `{found.name}`; write it with `curate export {pool} "
             f"--selection {found.name} -o {found.name}.jsonl`")  # fmt: skip


def need_one_of(*wanted: object) -> None:
    """Nothing, when at most one thing is asked for.

    Raises:
        InputError: several are.
    """
    if sum(map(bool, wanted)) > 1:
        raise InputError(
            "more than one thing to do",
            why="rules, `--again`, `--list`, `--show` and `--delete` exclude each other",
            fix="run `curate filter` once for each",
        )


def print_list(pool: "Pool", as_json: bool) -> None:
    """Prints the selections of a pool."""
    from curate.selection_text import list_text, selection_json
    from curate.selections import selections_of

    found = selections_of(pool)
    print_data([selection_json(pool, one) for one in found] if as_json else list_text(pool, found))


def print_selection(pool: "Pool", found: "Selection", as_json: bool) -> None:
    """Prints one selection and its account."""
    from curate.selection_text import account_text, reasons_table, selection_json

    print_data(selection_json(pool, found) if as_json else reasons_table(found))
    tell(account_text(pool, found))
