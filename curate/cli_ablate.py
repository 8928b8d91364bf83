"""`curate ablate`: its commands, their options, and what they print."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from curate.cli_check import check
from curate.cli_judge import judge
from curate.cli_options import Json
from curate.cli_output import print_data, tell
from curate.errors import InputError

if TYPE_CHECKING:
    from curate.train.cells import Cell
    from curate.train.guard import Outcome
    from curate.train.plan import Plan
    from curate.train.run import Report
    from curate.train.specs import LaunchSpec


class Commands(TyperGroup):
    """The commands, and `run` where the first word is none of them: `curate ablate STUDY.toml`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401  it moved
        """The words, with `run` before a study that is named alone."""
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            args = ["run", *args]
        return super().parse_args(ctx, args)


ablate = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

StudyFile = Annotated[Path, typer.Argument(metavar="STUDY.toml", help="The file of the study.")]
StudyFolder = Annotated[Path, typer.Argument(metavar="STUDY", help="The folder of the study.")]
Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="STUDY", help="Where it goes; by default its name."),
]
Exploratory = Annotated[
    bool,
    typer.Option("--exploratory", help="Go ahead without the power it asks for, and label it so."),
]
Engine = Annotated[
    Literal["local", "here", "ray", "slurm"] | None,
    typer.Option(
        help="Where the cells run, in place of what the file says; `here`: in this process, one "
        "after the other."
    ),
]
Workers = Annotated[int | None, typer.Option(min=1, help="Cells at once.")]
RetryFailed = Annotated[
    bool, typer.Option("--retry-failed", help="Run cells again that failed, not only killed ones.")
]


@ablate.callback()
def about() -> None:
    """Train every arm on every base for every seed, and evaluate every checkpoint.

    `curate ablate STUDY.toml` alone plans and runs; killed, the same command goes on.

    Example: curate ablate STUDY.toml -o study
    """


@ablate.command()
def plan(study: StudyFile, exploratory: Exploratory = False, as_json: Json = False) -> None:
    """Say what would run, what it costs, and the smallest effect it can see; run nothing.

    Example: curate ablate plan STUDY.toml
    """
    from curate.train.plan import need_sight, plan_json
    from curate.train.plan_text import plan_text

    made = planned(study, exploratory)
    print_data(plan_json(made) if as_json else plan_text(made))
    for note in made.notes:
        tell(f"note: {note}")
    need_sight(made)


@ablate.command()
def run(
    study: StudyFile,
    output: Output = None,
    engine: Engine = None,
    workers: Workers = None,
    exploratory: Exploratory = False,
    retry_failed: RetryFailed = False,
    as_json: Json = False,
) -> None:
    """Plan a study, run what is not done, and write its tables.

    Example: curate ablate run STUDY.toml -o study --workers 2
    """
    from curate.train.plan_text import plan_text, room
    from curate.train.run import launch_of, prepare

    made = planned(study, exploratory)
    folder = output or Path(made.study.name)
    tell(plan_text(made))
    for note in (*made.notes, room(made, folder)):
        if note:
            tell(f"note: {note}")
    prepare(made, folder)
    go(folder, chosen(launch_of(folder), engine, workers), retry_failed, as_json)


@ablate.command()
def resume(
    study: StudyFolder,
    engine: Engine = None,
    workers: Workers = None,
    retry_failed: RetryFailed = False,
    as_json: Json = False,
) -> None:
    """Go on with a study as it was planned, without its file.

    Example: curate ablate resume study --retry-failed
    """
    from curate.train.run import launch_of

    go(study, chosen(launch_of(study), engine, workers), retry_failed, as_json)


@ablate.command()
def status(study: StudyFolder, as_json: Json = False) -> None:
    """Show every cell: what it is at, its last loss, its speed, the time left.

    Example: curate ablate status study
    """
    from curate.train.status import status, status_json, status_text

    rows = status(study)
    print_data(status_json(rows) if as_json else status_text(rows))


@ablate.command("eval")
def evaluate(
    models: Annotated[
        list[Path],
        typer.Argument(metavar="MODEL…", help="Folders such as `run/step40`, or of such folders."),
    ],
    suites: Annotated[
        Path, typer.Option(metavar="STUDY.toml", help="The file with `[suites.NAME]` tables.")
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="STUDY", help="Where the results go.")
    ],
    base: Annotated[
        Path | None, typer.Option(metavar="MODEL", help="The untrained model, step 0 of all.")
    ] = None,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Evaluate models that exist, such as public `step<N>` folders; train nothing.

    Example: curate ablate eval run/step10 run/step640 --base base --suites STUDY.toml -o study
    """
    from curate.train.existing import cells_for, design_for
    from curate.train.run import launch_of, write_study
    from curate.train.study import read_protocol

    protocol = read_protocol(suites)
    cells = cells_for(protocol, models, base)
    write_study(output, protocol, cells, design_for(protocol, cells))
    go(output, chosen(launch_of(output), None, workers), False, as_json)


@ablate.command()
def collect(study: StudyFolder, as_json: Json = False) -> None:
    """Write the tables of a study from the cells that are done.

    Example: curate ablate collect study
    """
    collected(study, as_json)


ablate.command()(judge)
ablate.command()(check)


@ablate.command(hidden=True)
def cell(
    study: StudyFolder,
    key: Annotated[str, typer.Argument(metavar="KEY", help="Of the cell.")],
) -> None:
    """Run one cell of a study; what a task of the Slurm script does.

    Example: curate ablate cell study 0123456789abcdef
    """
    from curate.train.guard import guarded
    from curate.train.launch import environment
    from curate.train.run import MODULE, cells_in, launch_of

    found = next((each for each in cells_in(study) if each.key == key), None)
    if found is None:
        raise InputError(
            f"the study has no cell `{key}`",
            why="its cells are others",
            fix=f"see `curate ablate status {study}`",
        )
    place = found.place(study).resolve()
    outcome = guarded(place, module=MODULE, environment=environment(launch_of(study).threads))
    say_end(found, outcome, 1, 1)
    if outcome.reason:
        raise typer.Exit(1)


def planned(path: Path, exploratory: bool) -> "Plan":
    """The plan of the study in a file."""
    from dataclasses import replace

    from curate.train.plan import plan_of
    from curate.train.study import read_study

    study = read_study(path)
    if exploratory:
        study = replace(study, analysis=replace(study.analysis, exploratory=True))
    return plan_of(study)


def chosen(launch: "LaunchSpec", engine: str | None, workers: int | None) -> "LaunchSpec":
    """`[launch]` with what the command line says in its place."""
    from dataclasses import replace

    said: dict[str, Any] = {"engine": engine, "workers": workers}
    return replace(launch, **{name: value for name, value in said.items() if value is not None})


def go(folder: Path, launch: "LaunchSpec", retry_failed: bool, as_json: bool) -> None:
    """Run what is left of a study, and write its tables; exit code 1 where cells failed."""
    from curate.train.run import go_on

    scorers = None
    if launch.engine == "here":
        from curate.ablate_scorers import verify_scorers

        scorers = verify_scorers()
    report = go_on(
        folder, launch=launch, scorers=scorers, retry_failed=retry_failed, on_end=say_end
    )
    if report.script is not None:
        tell(f"wrote `{report.script}`: `sbatch {report.script}`, then `curate ablate collect`")
        return
    collected(folder, as_json)
    say_report(folder, report)


def collected(folder: Path, as_json: bool) -> None:
    """Write the tables of a study, and say what is in them."""
    from dataclasses import asdict

    from curate.train.collect import collect

    found = collect(folder)
    rows = ", ".join(f"{count:,} {name}" for name, count in found.rows.items())
    tell(f"{found.cells} cells in the tables of `{folder}`: {rows} rows")
    if as_json:
        print_data(asdict(found))


def say_end(cell: "Cell", outcome: "Outcome", number: int, total: int) -> None:
    """Say how one cell ended."""
    how = f"failed ({outcome.reason}): {outcome.message}" if outcome.reason else "done"
    tell(f"{number} of {total}  {cell.title}: {how}")


def say_report(folder: Path, report: "Report") -> None:
    """Say how the run ended.

    Raises:
        Exit: cells failed.
    """
    if not report.failed and not report.left:
        tell(f"all {report.done} cells are done" if report.done > 1 else "the cell is done")
        return
    tell(
        f"{report.done} cells are done, {report.failed} failed, {report.left} are left; "
        f"see `curate ablate status {folder}`"
    )
    raise typer.Exit(1)
