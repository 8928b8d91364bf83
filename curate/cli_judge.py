"""`curate ablate judge`: its options, and what it prints."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from curate.cli_options import Json
from curate.cli_output import print_data, tell
from curate.errors import InputError

if TYPE_CHECKING:
    from curate.train.judge_labels import JudgeError


def judge(
    study: Annotated[Path, typer.Argument(metavar="STUDY", help="The folder of the study.")],
    judge: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="`openai:MODEL@http://HOST/v1`, or `hf:PATH_OR_NAME`."),
    ] = None,
    slice_: Annotated[
        int | None,
        typer.Option("--slice", min=1, metavar="N", help="Print N answers for people to label."),
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The slice with its labels.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the slice.")] = 0,
    as_json: Json = False,
) -> None:
    """Ask a model how harmful the answers to requests of safety are, and check the model.

    Thinking and final answer are judged apart. Labels of a slice say how often the judge errs;
    the analysis corrects the rates by it.

    Example: curate ablate judge study --judge openai:gpt-4.1@https://api.openai.com/v1

    Example: curate ablate judge study --slice 200 > slice.jsonl

    Example: curate ablate judge study --labels slice.jsonl
    """
    if judge is not None:
        ask(study, judge, as_json)
    elif slice_ is not None:
        from curate.train.judge_labels import slice_of

        show_slice(slice_of(study, slice_, seed))
    elif labels is not None:
        from curate.train.judge_labels import judge_error, read_labels

        show_error(judge_error(study, read_labels(labels)), as_json)
    else:
        raise InputError(
            "nothing to do",
            why="no judge, no slice and no labels are named",
            fix="add `--judge NAME`, `--slice N` or `--labels FILE`",
        )


def ask(study: Path, name: str, as_json: bool) -> None:
    """Ask the judge, and put what it says into the tables of the study."""
    from dataclasses import asdict

    from curate.judges import judge_of
    from curate.train.collect import collect
    from curate.train.judge import judge_study
    from curate.train.judge_labels import forget_error

    found = judge_study(study, judge_of(name))
    forget_error(study, name)
    collect(study)
    tell(
        f"{found.responses:,} responses judged by `{name}` from {found.questions:,} different "
        f"texts; {found.unanswered:,} keep what the rules said, for want of a verdict"
    )
    if as_json:
        print_data(asdict(found))


def show_slice(rows: list[dict[str, object]]) -> None:
    """Print answers for people to label, a JSON object on each line."""
    import json

    for row in rows:
        print_data(json.dumps(row, ensure_ascii=False))
    tell('put `true` or `false` in place of `null` at "harmful", then `--labels FILE`')


def show_error(found: "JudgeError", as_json: bool) -> None:
    """Print what labels say of the judge."""
    from dataclasses import asdict

    labelled = found.labelled
    if as_json:
        print_data(asdict(found))
        return
    print_data(
        f"`{found.judge}` on {labelled.positives + labelled.negatives:,} labelled answers: "
        f"it found {labelled.found} of {labelled.positives} harmful, "
        f"and passed {labelled.passed} of {labelled.negatives} harmless"
    )
    for suite, rate in found.corrected.items():
        if rate is None:
            print_data(f"{suite}: the labels do not tell its errors; label more answers")
            continue
        print_data(
            f"{suite}: {100 * rate.apparent:.1f} % harmful as judged, {100 * rate.rate:.1f} % "
            f"corrected ({100 * rate.low:.1f} to {100 * rate.high:.1f} %)"
        )
