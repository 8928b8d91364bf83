"""Small studies with a planted truth, as folders that `curate analyze` reads."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import polars as pl

from curate.analyze.pipeline import analyze
from curate.analyze.results import Analysis
from curate.analyze.study import Study, read_study
from curate.train.lab.planted import Arm, Base, Noise, Plan, Suite, dip, dose_arms, drop, flat, rise
from curate.train.lab.planted_table import write_planted

STEPS = (10, 20, 40, 80, 160, 320)


def plan(*, seeds: int = 3, bases: int = 1) -> Plan:
    """Doses of a bad grade: dip and recovery without it, a lasting drop with it; safety suffers."""
    count = len(STEPS)
    doses = dose_arms(
        (0.0, 0.5, 1.0),
        high=dip(count, gain=0.16, depth=0.16),
        low=drop(count, depth=0.16),
        domain="ood",
    )
    arms = tuple(
        replace(
            arm,
            changes={
                **arm.changes,
                "id": rise(count, gain=0.2 * (1 - (arm.dose or 0))),
                "safety": rise(count, gain=-0.2),
            },
        )
        for arm in doses
    )
    return Plan(
        name="planted",
        arms=(*arms, Arm(name="idle", changes={"ood": flat(count)})),
        suites=(
            Suite(name="sums", domain="id", items=80),
            Suite(name="chains", domain="ood", items=120),
            Suite(name="harm", domain="safety", items=80, base=0.7, should_refuse=True),
            Suite(name="plain", domain="safety", items=80, base=0.8, should_refuse=False),
        ),
        bases=tuple(Base(name=f"base-{n}", shift=0.05 * n) for n in range(bases)),
        seeds=seeds,
        steps=STEPS,
        noise=Noise(seed_sd=0.01, arm_item_sd=0.1),
        contrasts=(("dose-100", "dose-0"),),
    )


def written(folder: Path, *, seeds: int = 3, bases: int = 1) -> Path:
    """The study on disk."""
    write_planted(plan(seeds=seeds, bases=bases), folder)
    return folder


def written_table(path: Path, rows: list[dict[str, object]]) -> Path:
    """Rows as a file of the kind that its name says."""
    frame = pl.DataFrame(rows, infer_schema_length=None)
    if path.suffix == ".csv":
        frame.write_csv(path)
    elif path.suffix == ".jsonl":
        frame.write_ndjson(path)
    else:
        frame.write_parquet(path)
    return path


@cache
def analysis(folder: Path) -> tuple[Study, Analysis]:
    """Read and analysed once for all tests of a session."""
    study = read_study(folder)
    return study, analyze(study)
