"""`curate verify`: its options, and what it prints."""

from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from curate.cli_options import Engine, Json, Workers
from curate.cli_output import print_data, tell
from curate.errors import InputError

if TYPE_CHECKING:
    from curate.pool import Pool
    from curate.verify import Policy


def verify(
    inputs: Annotated[
        list[str],
        typer.Argument(metavar="INPUT...", help="Files, folders, globs, Hub names, or one pool."),
    ],
    output: Annotated[
        str | None, typer.Option("-o", "--output", metavar="POOL", help="Where the pool goes.")
    ] = None,
    workers: Workers = None,
    problem: Annotated[
        str | None, typer.Option(metavar="COL", help="Column of the problem.")
    ] = None,
    response: Annotated[
        str | None, typer.Option(metavar="COL", help="Column of the response or responses.")
    ] = None,
    reference: Annotated[
        str | None, typer.Option(metavar="COL", help="Column of the reference answer.")
    ] = None,
    format_: Annotated[
        str | None,
        typer.Option("--format", metavar="NAME", help="File format or shape of the rows."),
    ] = None,
    time_limit_s: Annotated[float, typer.Option(min=0.1, help="For one comparison.")] = 5.0,
    line_limit_mb: Annotated[int, typer.Option(min=1, help="Longer lines are quarantined.")] = 64,
    countdown_use_all: Annotated[
        bool, typer.Option(help="Whether Countdown answers must use every number.")
    ] = True,
    rounded: Annotated[
        bool, typer.Option(help="Whether what rounds to a decimal reference is equal to it.")
    ] = True,
    units_optional: Annotated[
        bool, typer.Option(help="Whether the unit of a quantity may be missing.")
    ] = True,
    percent_optional: Annotated[
        bool, typer.Option(help="Whether a bare 28 may stand for 28 %.")
    ] = True,
    engine: Engine = "local",
    shard: Annotated[
        str | None, typer.Option(metavar="I/N", help="Do one of N shares; run once more to finish.")
    ] = None,
    explain: Annotated[
        bool,
        typer.Option("--explain", help="Compare ANSWER with REFERENCE and show every step."),
    ] = False,
    judge: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL", help="Ask openai:MODEL@URL or hf:PATH where only words were compared."
        ),
    ] = None,
    audit_references: Annotated[
        bool,
        typer.Option("--audit-references", help="List the references that are perhaps wrong."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Verify dumps: every trace gets a verdict, in a pool.

    A pool as the input is verified again; only what is new or changed is done.

    Example: curate verify dumps/*.jsonl -o pool

    Example: curate verify --explain '7/2' '3.5'

    Example: curate verify pool --audit-references
    """
    from curate.account import account
    from curate.account_text import account_json, account_table, account_text
    from curate.formats import ReadOptions
    from curate.judge_pool import judge_pool
    from curate.judges import judge_of
    from curate.progress import Progress
    from curate.shard import Shard
    from curate.store import path_of
    from curate.verify import Policy
    from curate.verify_dumps import verify_dumps, verify_one_shard

    options = ReadOptions(
        problem=problem,
        response=response,
        reference=reference,
        format=format_,
        line_limit_bytes=line_limit_mb * 2**20,
    )
    policy = Policy(
        countdown_use_all=countdown_use_all,
        rounded=rounded,
        units_optional=units_optional,
        percent_optional=percent_optional,
    )
    if explain:
        print_explanation(inputs, policy, time_limit_s, as_json)
        return
    limits: Limits = {"workers": workers, "time_limit_s": time_limit_s}
    out = path_of(output) if output is not None else None
    if shard is not None:
        part = Shard.parse(shard)
        done = verify_one_shard(inputs, out, part, options=options, policy=policy, **limits)
        tell(f"shard {part}: {done} parts are verified; the same command without `--shard`")
        tell("finishes the pool when all shards have run")
        return
    pool = verify_dumps(inputs, out, options=options, policy=policy, engine=engine, **limits)
    if judge is not None:
        tell(str(judge_pool(pool, judge_of(judge), Progress())))
    if audit_references:
        print_audit(pool, as_json)
        return
    found = account(pool)
    print_data(account_json(found, str(pool.path)) if as_json else account_table(found))
    tell(account_text(found))
    tell(f"the pool is `{pool.path}`; look into it with `curate show {pool.path}`")


class Limits(TypedDict):
    """What a run may use."""

    workers: int | None
    time_limit_s: float


def print_audit(pool: "Pool", as_json: bool) -> None:
    """Prints the suspect references of a verified pool."""
    from curate.audit import audit, audit_text

    found = audit(pool)
    print_data(found.to_dicts() if as_json else audit_text(found))
    tell(f"{found.height:,} references are suspect; in the pool, column `reference_suspect`")


def print_explanation(sides: list[str], policy: "Policy", limit_s: float, as_json: bool) -> None:
    """Prints how one answer is compared with one reference."""
    from dataclasses import asdict

    from curate.verify.explain import explain, explanation_text

    if len(sides) != 2:
        raise InputError(
            f"`--explain` got {len(sides)} arguments",
            why="it compares one answer with one reference",
            fix="run `curate verify --explain ANSWER REFERENCE`, each in quotes",
        )
    steps, whole = explain(sides[0], sides[1], policy, limit_s)
    found = {"steps": [asdict(step) for step in steps], "verification": asdict(whole)}
    print_data(found if as_json else explanation_text(steps, whole))
