"""What would settle the effects that are not settled: how many seeds, or that seeds cannot."""

from curate.analyze.effects import contrast_weights, window_steps
from curate.analyze.estimates import detectable, estimates
from curate.analyze.records import Effect
from curate.analyze.results import Need
from curate.analyze.scopes import Scope, Scopes

MOST_SEEDS = 200


def needs(found: Scopes, effects: tuple[Effect, ...]) -> tuple[Need, ...]:
    """Unsettled primary effects, or those of whole domains where nothing was declared."""
    open_ = [
        one
        for one in effects
        if one.kind == "domain"
        and one.reference is not None
        and one.verdict in ("not settled", "one run")
    ]
    return tuple(need(found, one) for one in open_)


def need(found: Scopes, one: Effect) -> Need:
    """Seeds with which the estimated difference, or the margin if that is more, would be found."""
    design = found.design
    margin = design.safety_margin if one.scope == "safety" else design.margin
    wanted = max(abs(one.difference.value), margin)
    have = min(found_runs(found, one))
    enough = seeds_needed(found, one, wanted, have) if one.seeds_known else None
    return Need(
        base=one.base,
        scope=one.scope,
        arm=one.arm,
        reference=one.reference or "",
        seeds=have,
        seeds_needed=enough,
        to_find=wanted,
        words=need_words(one, wanted, have, enough),
    )


def need_words(one: Effect, wanted: float, have: int, enough: int | None) -> str:
    """What to do."""
    size = f"{100 * wanted:.1f} points"
    if not one.seeds_known:
        return "with one run nothing is known about seeds; three of each arm are a start"
    if enough is None:
        return f"more seeds alone do not find {size} here: add items, or samples"
    if enough <= have:
        return (
            f"{size} would have been found with 80 % chance before correction for the family; "
            "the truth may be smaller"
        )
    return f"{enough} seeds of each arm would find {size} with 80 % chance"


def found_runs(found: Scopes, one: Effect) -> list[int]:
    """Runs of the two arms."""
    known = found.moments(scope_of(one))
    return [int(known.runs[known.arms.index(arm)]) for arm in (one.arm, one.reference) if arm]


def scope_of(one: Effect) -> Scope:
    """Where an effect of a whole domain was measured."""
    return Scope(base=one.base, kind=one.kind, name=one.scope, domain=one.scope)


def seeds_needed(found: Scopes, one: Effect, wanted: float, have: int) -> int | None:
    """The fewest seeds whose minimum detectable difference is at most `wanted`.

    The items' part stays as it is (it shrinks a little with seeds, as decoding noise averages
    out, so this errs on the side of more seeds); the runs' part falls as 1 / seeds, and its
    degrees of freedom grow with them.
    """
    known = found.moments(scope_of(one))
    chosen = window_steps(known.steps, found.design.window, None)
    row = contrast_weights(known, (one.arm, one.reference), chosen)
    made = estimates(known, row[None])
    items, seeds = float(made.item_errors[0]) ** 2, float(made.seed_errors[0]) ** 2
    freedom = float(known.run_parts(row[None]).degrees[0])
    for number in range(max(have, 2), MOST_SEEDS + 1):
        runs = seeds * have / number
        df = freedom * (number - 1) / max(have - 1, 1)
        total = items + runs
        spread = items**2 / known.item_df + runs**2 / df
        degrees = max(1.0, total**2 / spread if spread > 0 else known.item_df)
        if detectable(total**0.5, degrees, found.design.alpha) <= wanted:
            return number
    return None
