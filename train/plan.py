"""The plan of a study: what would run, what it costs, and what it can see.

Made before anything is trained. A study that cannot see the effect which it asks for is refused,
unless it is declared exploratory; then its results are labelled so.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from curate.errors import InputError
from curate.train.arms import Arm, arms_of
from curate.train.bases import Base, bases_of
from curate.train.cells import Cell, cells_of
from curate.train.cost import Cost, cost_of
from curate.train.design import contrasts_of, design_of, first_draw
from curate.train.detectable import Planned, Runs, by_domain, detectable, seeds_needed
from curate.train.eval.evaluate import kept
from curate.train.eval.items import read_items
from curate.train.eval.quarantine import with_tasks_left_out
from curate.train.study import Study

SEEDS_SHOWN = (1, 3, 5, 10)
STEP_GAP = 0.01
"""Arms whose numbers of steps differ by more than this share are not trained alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A study with everything that follows from it."""

    study: Study
    arms: tuple[Arm, ...]
    bases: tuple[Base, ...]
    cells: tuple[Cell, ...]
    cost: Cost
    suites: tuple[Planned, ...]
    runs: Runs
    detectable: Mapping[str, float]
    """Domain → the smallest difference that the study can see, in (0, infinity]."""
    notes: tuple[str, ...]
    """What a reader should know, and what does not stop the study."""

    @property
    def blind(self) -> list[str]:
        """Domains in which the study cannot see what it must."""
        detect = self.study.analysis.detect
        if detect is None:
            return []
        wanted = self.study.analysis.domains or tuple(self.detectable)
        return [name for name in wanted if self.detectable.get(name, float("inf")) > detect]

    @property
    def confirmatory(self) -> bool:
        """Whether an effect was declared that the study can see."""
        analysis = self.study.analysis
        return analysis.detect is not None and not self.blind and not analysis.exploratory

    def design(self) -> dict[str, Any]:
        """What `design.json` holds."""
        return design_of(self.study, self.arms, confirmatory=self.confirmatory)


def plan_of(study: Study) -> Plan:
    """The plan of a study; reads arms, bases and items, trains nothing.

    Raises:
        InputError: something that the study names is not there or does not fit.
    """
    arms = arms_of(study.arms, study.folder)
    if not arms:
        raise InputError(
            "the study has no arm", why="`[arms]` names none", fix='add `design = "ARMS"`'
        )
    bases = bases_of(study.bases, study.folder)
    settings, left_out = with_tasks_left_out(study.suites, study.evaluate)
    study = replace(study, evaluate=settings)
    suites = planned_suites(study)
    contrasts = contrasts_of(study, arms)
    seen_in = by_domain(suite for suite in suites if suite.items)
    runs = Runs(
        seeds=len(study.seeds.order) * fewest_draws(arms, contrasts),
        arms=len(first_draw(arms)),
        contrasts=max(1, len(contrasts) * max(1, len(by_domain(suites))) * len(bases)),
        alpha=study.analysis.alpha,
        power=study.analysis.power,
    )
    items = {suite.suite: suite.items for suite in suites}
    seen = {domain: detectable(each, runs, study.pilot) for domain, each in seen_in.items()}
    return Plan(
        study=study,
        arms=tuple(arms),
        bases=tuple(bases),
        cells=tuple(cells_of(study, arms, bases)),
        cost=cost_of(study, arms, bases, items),
        suites=tuple(suites),
        runs=runs,
        detectable=seen,
        notes=(*notes_of(study, arms), *unknown_items(suites), *left_out),
    )


def fewest_draws(arms: Sequence[Arm], contrasts: Sequence[tuple[str, str]]) -> int:
    """Draws of the arm that has the fewest, of those that are compared."""
    draws = Counter(arm.name for arm in arms)
    compared = {name for pair in contrasts for name in pair} or set(draws)
    return min(draws[name] for name in compared)


def unknown_items(suites: Sequence[Planned]) -> list[str]:
    """Which suites say only when they run how many items they have."""
    names = [f"`{suite.suite}`" for suite in suites if not suite.items]
    if not names:
        return []
    return [f"how many items {', '.join(names)} has is known when it runs: not in what can be seen"]


def planned_suites(study: Study) -> list[Planned]:
    """Items, clusters and samples of every suite."""
    found = []
    for suite in study.suites:
        items = kept(read_items(suite), study.evaluate.skip.get(suite.name, ()))
        found.append(
            Planned(
                suite=suite.name,
                domain=suite.domain,
                items=len(items),
                clusters=len({item.cluster for item in items}),
                samples=suite.samples,
            )
        )
    return found


def notes_of(study: Study, arms: Sequence[Arm]) -> list[str]:
    """What a reader should know of the arms."""
    found = [
        f"the files of the arm `{arm.name}` are not those of its manifest: "
        "the proof of balance does not hold for it"
        for arm in arms
        if arm.edited
    ]
    if any(arm.estimated for arm in arms):
        found.append("tokens of some arms are estimated, 4 characters to a token")
    steps = {arm.name: study.schedule.total_steps(arm.rows) for arm in arms}
    least, most = min(steps, key=lambda name: steps[name]), max(steps, key=lambda name: steps[name])
    if steps[most] > steps[least] * (1 + STEP_GAP):
        found.append(
            f"arms are trained for different numbers of steps: `{least}` {steps[least]:,}, "
            f"`{most}` {steps[most]:,}; `steps` in `[schedule]` would make them the same"
        )
    long = sorted({arm.name for arm in arms if arm.longest > study.schedule.max_length})
    if long:
        found.append(
            f"rows of {', '.join(f'`{name}`' for name in long)} may be longer than "
            f"`max_length` ({study.schedule.max_length:,}); they are never cut"
        )
    if not study.suites:
        found.append("no suite: models are trained, and nothing is measured")
    return found


def need_sight(plan: Plan) -> None:
    """Nothing, when the study can see the effect it asks for, or is exploratory.

    Raises:
        InputError: it cannot; says how many seeds would do.
    """
    if not plan.blind or plan.study.analysis.exploratory:
        return
    detect = plan.study.analysis.detect or 0.0
    name = max(plan.blind, key=lambda name: plan.detectable.get(name, float("inf")))
    raise InputError(
        f"the study cannot see a difference of {100 * detect:g} points in `{name}`",
        why=sight(plan, name),
        fix=f"{remedy(plan, name, detect)}, or go on with `--exploratory`",
    )


def sight(plan: Plan, domain: str) -> str:
    """What the study sees of a domain, in words."""
    smallest = plan.detectable.get(domain)
    if smallest is None:
        return "no suite is of that domain, or it is not known how many items it has"
    if smallest == float("inf"):
        return "one seed does not show how much seeds differ, so no difference can be told from it"
    return (
        f"with {counted(plan.runs.seeds, 'seed')} and its items and samples it sees "
        f"{100 * smallest:.1f} points ({100 * plan.runs.power:g} % power, "
        f"alpha {plan.runs.alpha:g} over {counted(plan.runs.contrasts, 'test')})"
    )


def remedy(plan: Plan, domain: str, detect: float) -> str:
    """What would let the study see the effect."""
    suites = by_domain(suite for suite in plan.suites if suite.items).get(domain, [])
    if not suites:
        return "add a suite of that domain"
    seeds = seeds_needed(suites, plan.runs, plan.study.pilot, detect)
    if seeds is not None:
        return f"take {counted(seeds, 'seed')}"
    return "add items or samples: no number of seeds is enough"


def counted(number: int, thing: str) -> str:
    """`1 arm`, `2 arms`."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def power_rows(plan: Plan) -> list[dict[str, Any]]:
    """For each domain: what it can see, as planned and with other numbers of seeds."""
    rows = []
    for domain, suites in by_domain(suite for suite in plan.suites if suite.items).items():
        numbers = sorted({*SEEDS_SHOWN, plan.runs.seeds})
        rows.append(
            {
                "domain": domain,
                "items": sum(suite.items for suite in suites),
                "samples": min(suite.samples for suite in suites),
                "detectable": plan.detectable[domain],
                "by_seeds": {
                    seeds: detectable(suites, replace(plan.runs, seeds=seeds), plan.study.pilot)
                    for seeds in numbers
                },
            }
        )
    return rows


def plan_json(plan: Plan) -> dict[str, Any]:
    """The plan in plain values; what is infinite is null."""
    power = [
        row
        | {
            "detectable": finite(row["detectable"]),
            "by_seeds": {str(seeds): finite(value) for seeds, value in row["by_seeds"].items()},
        }
        for row in power_rows(plan)
    ]
    return {
        "name": plan.study.name,
        "primary": "confirmatory" if plan.confirmatory else "exploratory",
        "detect": plan.study.analysis.detect,
        "cannot_see": plan.blind,
        "power": power,
        "cost": asdict(plan.cost),
        "notes": list(plan.notes),
        "design": plan.design() | {"balance": None},
        "cells": [
            {"key": cell.key, "kind": cell.kind, "arm": cell.arm, "base": cell.base,
             "seed": cell.seed, "steps": cell.steps}
            for cell in plan.cells
        ],
    }  # fmt: skip


def finite(value: float) -> float | None:
    """The value, or None where it is infinite."""
    return None if value == float("inf") else value
