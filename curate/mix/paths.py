"""Which ways lead from a grade to the outcome: those a design blocks, and those it leaves open."""

from curate.mix.balance import changes_length, own_problems
from curate.mix.design import Design
from curate.mix.recipe import Recipe


def paths(design: Design, recipe: Recipe) -> dict[str, list[str]]:
    """Which ways from a grade to the outcome are blocked, and which are open."""
    blocked = ["the problems: topic, source and difficulty are the same in every arm"]
    opened = []
    if any(own_problems(arm) for arm in design.arms):
        blocked = ["the problems, except for the arms with problems of their own"]
        opened.append("the problems of the arms with problems of their own")
    if recipe.estimand == "tokens":
        blocked.append("the amount of training: the same tokens in every arm of a size")
    else:
        opened.append("the amount of training: the arms have the same rows, not the same tokens")
    if recipe.caliper is not None:
        blocked.append(f"the length, within {recipe.caliper:g} in log tokens on every problem")
    else:
        opened.append("the length: a grade may work through it (the total effect is estimated)")
    longer = [arm.name for arm in design.arms if changes_length(arm)]
    if longer:
        opened.append(f"the length, which {', '.join(longer)} change on purpose")
    blocked += [f"{name}, equal on every problem" for name in recipe.match.exact]
    blocked += [f"{name}, equally often in every stratum" for name in recipe.match.identical]
    if "pass_rate" in (*recipe.match.strata, *recipe.match.covariates):
        opened.append(
            "noise that grade and difficulty share, where the pass rate comes from the traces "
            "that are graded and not from another model"
        )
    blocked += [f"the mean of {name}" for name in recipe.match.covariates]
    return {"blocked": blocked, "open": opened}
