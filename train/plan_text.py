"""The plan of a study as people read it."""

import shutil
from pathlib import Path

from curate.train.design import first_draw
from curate.train.plan import Plan, counted, power_rows


def plan_text(plan: Plan) -> str:
    """The plan: arms, cells, cost, and what can be seen."""
    parts = [head(plan), arms_table(plan), cost_text(plan), power_text(plan)]
    return "\n\n".join(part for part in parts if part)


def head(plan: Plan) -> str:
    """How many cells, and of what."""
    cells = sum(cell.kind == "cell" for cell in plan.cells)
    draws = 1 + max(arm.draw for arm in plan.arms)
    factors = [
        counted(len(first_draw(plan.arms)), "arm"),
        counted(len(plan.bases), "base"),
        counted(len(plan.study.seeds.order), "seed"),
        *([counted(draws, "draw")] if draws > 1 else []),
    ]
    label = "confirmatory" if plan.confirmatory else "exploratory"
    return f"{plan.study.name}: {' x '.join(factors)} = {counted(cells, 'cell')}, {label}"


def arms_table(plan: Plan) -> str:
    """One line for each arm."""
    schedule = plan.study.schedule
    rows = [["arm", "role", "rows", "tokens", "steps", "checkpoints"]]
    for arm in plan.arms:
        steps = schedule.total_steps(arm.rows)
        name = arm.name if not arm.draw else f"{arm.name} (draw {arm.draw})"
        kept = len(schedule.checkpoint_steps(steps))
        rows.append([name, arm.role, f"{arm.rows:,}", f"{arm.tokens:,}", f"{steps:,}", str(kept)])
    return table(rows, left=2)


def cost_text(plan: Plan) -> str:
    """Tokens, hours and disk."""
    cost = plan.cost
    lines = [
        f"training    {cost.steps:,} steps, {amount(cost.trained_tokens)} trained tokens of "
        f"{amount(cost.seen_tokens)} seen{operations(cost.train_operations)}, "
        f"{hours(plan, cost.train_hours)}",
        f"evaluation  {cost.checkpoints:,} checkpoints, {cost.responses:,} responses, at most "
        f"{amount(cost.generated_tokens)} tokens, {hours(plan, cost.generate_hours)}",
        f"disk        {size(cost.disk_bytes)}",
    ]
    return "\n".join(lines)


def power_text(plan: Plan) -> str:
    """The smallest differences that can be seen, by domain and number of seeds, in points."""
    found = power_rows(plan)
    if not found:
        return ""
    seeds = list(found[0]["by_seeds"])
    rows = [["domain", "items", "samples", *(counted(number, "seed") for number in seeds)]]
    for row in found:
        seen = [points(row["by_seeds"][number]) for number in seeds]
        rows.append([row["domain"], f"{row['items']:,}", str(row["samples"]), *seen])
    runs = plan.runs
    title = (
        f"smallest difference that is seen, in points ({100 * runs.power:g} % power, alpha "
        f"{runs.alpha:g} over {counted(runs.contrasts, 'test')}; planned: "
        f"{counted(runs.seeds, 'seed')})"
    )
    return f"{title}\n{table(rows, left=1)}"


def table(rows: list[list[str]], *, left: int) -> str:
    """Columns under each other, the first ones to the left."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if place < left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def points(value: float) -> str:
    """A difference in percentage points; a dash where none can be seen."""
    return "-" if value == float("inf") else f"{100 * value:.1f}"


def amount(count: int) -> str:
    """`61,885`, `1.2 M`, `7.8 G`."""
    for unit, one in (("T", 1e12), ("G", 1e9), ("M", 1e6)):
        if count >= one:
            return f"{count / one:.1f} {unit}"
    return f"{count:,}"


def operations(count: float | None) -> str:
    """Operations of the training, where the size of the model is known."""
    return "" if count is None else f", {count:.1e} operations"


def hours(plan: Plan, count: float | None) -> str:
    """Hours, or how to know them."""
    unit = "GPU hours" if plan.study.launch.on_gpu else "hours"
    if count is None:
        return "hours unknown (say `train_tokens_per_second` and `generate_tokens_per_second`)"
    return f"{count:,.1f} {unit}" if count >= 0.1 else f"{count:.1g} {unit}"


def size(count: int | None) -> str:
    """Bytes in the unit that fits."""
    if count is None:
        return "unknown: the bases are no safetensors files"
    for unit, one in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if count >= one:
            return f"{count / one:.1f} {unit}"
    return f"{count / 1e3:.0f} kB"


def room(plan: Plan, folder: Path) -> str | None:
    """A warning where the disk is too small; None where it is not."""
    there = next(path for path in (folder, *folder.resolve().parents) if path.exists())
    free = shutil.disk_usage(there).free
    wanted = plan.cost.disk_bytes
    if wanted is None or wanted <= free:
        return None
    return f"the checkpoints need {size(wanted)}, and {size(free)} are free"
