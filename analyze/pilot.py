"""A study as the pilot of the next: the variances of one domain of its first base."""

import polars as pl

from curate.analyze.power import Pilot, pilot
from curate.analyze.scopes import scopes
from curate.analyze.study import Study
from curate.errors import InputError


def pilot_of(study: Study, domain: str | None = None) -> tuple[Pilot, str]:
    """Variance components over the final window, and where they were taken.

    Raises:
        InputError: there is no such domain, or too few runs.
    """
    if not study.table.itemised:
        raise InputError(
            "the pilot has no items",
            why="its rows are scores of whole benchmarks",
            fix="give `--accuracy` and `--seed-sd`, or a pilot evaluated item by item",
        )
    found = scopes(study)
    wanted = [domain] if domain is not None else ["ood", "id", "unsorted", "general", "safety"]
    every = [scope for base in found.bases for scope in found.domains(base)]
    scope = next((s for name in wanted for s in every if s.name == name), None)
    if scope is None:
        raise InputError(
            f"the pilot has no domain `{domain}`",
            why=f"its domains are {', '.join(study.design.domains)}",
            fix="name one of them",
        )
    rows = found.parts[scope.base, scope.domain, "free"].filter(pl.col("arm").is_not_null())
    samples = rows.group_by("arm", "seed", "step", "suite", "item").len()["len"].min()
    # A score is the mean over the checkpoints of the window, too.
    averaged = int(samples or 1) * min(found.design.window, rows["step"].n_unique())  # type: ignore[arg-type]
    made = pilot(found.runs(scope), samples=averaged)
    return made, f"`{scope.name}` on `{scope.base}`"
