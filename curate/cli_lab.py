"""`curate lab`: the whole chain truly trained, in minutes, with nothing downloaded."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from curate.cli_options import Json
from curate.cli_output import print_data, tell

if TYPE_CHECKING:
    import polars as pl

    from curate.train.lab.make import Made


def lab(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="LAB", help="A new folder.")],
    preset: Annotated[
        str, typer.Option(help="demo, schedule, capability, forgetting, dose, full or smoke.")
    ] = "demo",
    seed: Annotated[int, typer.Option(min=0, help="Of the problems and their defects.")] = 0,
    seeds: Annotated[
        int | None, typer.Option(min=1, help="Training runs of every arm, other than the preset's.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Runs at once, a core each.")] = None,
    cache: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where pretrained bases are kept.")
    ] = None,
    make_only: Annotated[
        bool, typer.Option("--make-only", help="Bases, arms, suites and the study; no training.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Train tiny models on traces with known defects, and measure what each does.

    Example: curate lab --preset demo -o LAB
    """
    from curate.progress import Progress
    from curate.train.lab.make import make_lab, preset_of
    from curate.train.lab.summary import summary_text

    made = make_lab(
        preset_of(preset),
        output,
        seed=seed,
        seeds=seeds,
        cache=cache,
        workers=workers,
        progress=Progress(),
    )
    tell(made_text(made))
    if make_only:
        print_data([str(study) for study in made.studies] if as_json else listed(made))
        return
    found = [(study.stem.lower(), run_study(study, made.preset.workers)) for study in made.studies]
    if as_json:
        print_data({name: table.to_dicts() for name, table in found})
        return
    for name, table in found:
        print_data(f"{name}\n{summary_text(table)}")


def made_text(made: "Made") -> str:
    """What a lab holds, in a line."""
    preset = made.preset
    counts = ", ".join(
        f"{count} {what}{'s' if count != 1 else ''}"
        for count, what in (
            (len(preset.arms), "arm"), (len(preset.bases), "base"), (preset.seeds, "seed")
        )
    )  # fmt: skip
    new = f"; pretrained now: {', '.join(made.pretrained)}" if made.pretrained else ""
    return f"lab `{made.folder}`, {counts}: {preset.about}{new}"


def listed(made: "Made") -> str:
    """What can be run in a lab, a command on each line."""
    return "\n".join(
        f"curate ablate {study} -o {study.with_suffix('').as_posix().lower()}"
        for study in made.studies
    )


def run_study(path: Path, workers: int) -> "pl.DataFrame":
    """Run a study of a lab, or what is left of it, as `curate ablate run` does; its summary.

    Raises:
        Exit: runs failed.
    """
    from curate.cli_ablate import planned, say_end, say_report
    from curate.train.collect import collect
    from curate.train.lab.summary import summary
    from curate.train.run import go_on, prepare

    folder = path.with_name(path.stem.lower())
    prepare(planned(path, exploratory=True), folder)
    # One after the other in this process is spared the start of a process for each.
    report = go_on(folder, scorers={} if workers == 1 else None, on_end=say_end)
    collect(folder)
    say_report(folder, report)
    return summary(folder / "results.parquet")
