"""What a reader of a design must know beside its balance: graders, evaluation, controls, training.

Lines of words, the same in the account, in the card of every arm and in the report.
"""

from collections.abc import Mapping
from typing import Any

from curate.mix.graders import ONE_ONLY


def notes(manifest: Mapping[str, Any]) -> dict[str, list[str]]:
    """Title → lines; each title has one at least."""
    return {
        "graders": [*grader_lines(manifest["graders"])] or [ONE_ONLY],
        "evaluation": list(manifest["evaluation"]["said"]),
        "controls": control_lines(manifest),
        "training": training_lines(manifest["training"]),
    }


def notes_text(manifest: Mapping[str, Any]) -> list[str]:
    """All lines, each with its title."""
    return [f"{title}: {line}" for title, lines in notes(manifest).items() for line in lines]


def grader_lines(graders: Mapping[str, Any]) -> list[str]:
    """How far each second grader agrees, and what it would put elsewhere in the arms."""
    lines = []
    for name, one in graders.items():
        if not one["placed"]:
            lines.append(
                f"`{name}` gives none of the {one['traces']:,} graded traces a single grade"
            )
            continue
        kappa = "" if one["kappa"] is None else f", kappa {one['kappa']:.3f}"
        unknown = one["traces"] - one["placed"]
        rest = f"; it gives {unknown:,} others no grade" if unknown else ""
        lines.append(
            f"`{name}` agrees on {percent(one['agreement'])} of {one['placed']:,} traces"
            f"{kappa}{rest}; of the arms it would put elsewhere {spread(one['arms'])}"
        )
    return lines


def spread(arms: Mapping[str, Mapping[str, Any]]) -> str:
    """The smallest and the largest share of an arm that is put elsewhere."""
    shares = {n: one["elsewhere"] for n, one in arms.items() if one["elsewhere"] is not None}
    if not shares:
        return "nothing, as they hold no such grade"
    low, high = min(shares.values()), max(shares.values())
    if low == high:
        return percent(low)
    worst = max(shares, key=shares.__getitem__)
    return f"{percent(low)} to {percent(high)} (`{worst}`)"


def percent(share: float) -> str:
    """`91.2 %`."""
    return f"{100 * share:.1f} %"


def control_lines(manifest: Mapping[str, Any]) -> list[str]:
    """What each control is for, and the canaries."""
    lines = [f"`{name}`: {one['expected']}" for name, one in manifest["controls"].items()]
    canaries = manifest["canaries"]
    if canaries:
        copies = ", ".join(f"`{name}`" for name in canaries["copies"])
        lines.append(f"{len(canaries['items']):,} canaries of `{canaries['suite']}` in {copies}")
    return lines


def training_lines(training: Mapping[str, Any]) -> list[str]:
    """Seeds, and what stays the same."""
    seeds = ", ".join(str(seed) for seed in training["seeds"]["training"]) or "none"
    few = "; fewer than 3 cannot tell the noise of a run" if training["few"] else ""
    packing = training["packing"]
    unsafe = "" if packing["safe"] else ", so rows are not to be packed"
    return [
        f"seeds {seeds}, each with every arm{few}",
        f"the same in all runs: {', '.join(training['same'])}; packs drift by at most "
        f"{packing['drift_tokens']:,} tokens ({packing['drift_traces']:.1f} traces){unsafe}",
    ]
