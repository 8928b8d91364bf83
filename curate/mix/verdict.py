"""Whether a design holds, and what would make it hold."""

from collections.abc import Mapping, Sequence

import polars as pl

from curate.mix.balance import Difference, Pair, changes_length, own_problems, plain
from curate.mix.candidates import column_of
from curate.mix.design import Design
from curate.mix.match import Matched
from curate.mix.recipe import Recipe


def failures(
    found: Sequence[Difference], whole: Sequence[Pair], recipe: Recipe, uneven: Sequence[str]
) -> list[str]:
    """Why the design is to be refused, a line for each thing that differs; empty if it holds."""
    match, lines = recipe.match, list(uneven)
    worst: dict[str, Difference] = {}
    for one in found:
        known = worst.get(one.covariate)
        if one.gated and abs(one.smd) > max(match.max_smd, abs(known.smd) if known else 0.0):
            worst[one.covariate] = one
    for name, one in worst.items():
        lines.append(
            f"{name}: |SMD| {abs(one.smd):.2f} between `{one.left}` and `{one.right}`, "
            f"at most {match.max_smd:g} is allowed"
        )
    gaps = [one for one in whole if one.gated and (one.token_gap or 0) > match.max_token_gap]
    if gaps:
        widest = max(gaps, key=lambda pair: pair.token_gap or 0)
        lines.append(
            f"trained tokens: {100 * (widest.token_gap or 0):.2f} % apart between "
            f"`{widest.left}` and `{widest.right}`, "
            f"at most {100 * match.max_token_gap:g} % is allowed"
        )
    return lines


def uneven_values(
    frames: Mapping[str, pl.DataFrame], found: Matched, design: Design, recipe: Recipe
) -> list[str]:
    """The columns of `identical` whose values do not come equally often, in words."""
    lines = []
    whole = [a.name for a in design.arms if a.problems is None and not own_problems(a)]
    for name in recipe.match.identical:
        counts = [
            found.frame.select("stratum", value=pl.col(column_of(name)).cast(pl.String))[rows["at"]]
            .group_by("stratum", "value")
            .len()
            .sort("stratum", "value")
            for rows in (plain(frames)[arm] for arm in whole)
        ]
        other = next((n for n, one in enumerate(counts) if not one.equals(counts[0])), None)
        if other is not None:
            lines.append(
                f"{name}: its values come unequally often in `{whole[0]}` and `{whole[other]}`"
            )
    return lines


def remedy(lines: Sequence[str], recipe: Recipe, design: Design) -> str:
    """What would make the design hold."""
    text = " ".join(lines)
    shorter = [arm.name for arm in design.arms if changes_length(arm)]
    if ("tokens" in text) and shorter and recipe.estimand == "tokens":
        return f'`{shorter[0]}` changes the length on purpose: take `estimand = "rows"`'
    if "tokens" in text and recipe.caliper is None:
        return "add `caliper = 0.1` to `[match]`"
    if "tokens" in text:
        return (
            f"the grades differ in length on the same problems: take a caliper below "
            f'{recipe.caliper:g}, more traces for each problem, or `estimand = "rows"`'
        )
    if "equally often" in text:
        return "take the column out of `identical`, add traces, or coarsen `strata`"
    named = [line.partition(":")[0] for line in lines]
    if named and named[0] not in recipe.match.covariates:
        return f'add `covariates = ["{named[0]}"]` to `[match]`, so that it is matched'
    return "take fewer `problems`, so that there are more to choose among, or add traces"
