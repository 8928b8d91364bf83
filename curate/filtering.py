"""Which traces pass all rules, and for every other one the first rule that it fails.

Every rule is asked of the whole pool, so `response_chars < avg(response_chars)` means what it
says whatever stands before it. Unknown is not true: a trace of which a rule is null is dropped for
`unknown: RULE`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from curate.export import asked, groups_of, read_condition
from curate.pool import Pool
from curate.rules import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """How many traces fail a rule in one way, or know nothing of it."""

    reason: str
    dropped: int
    """Traces that pass all rules before."""
    failing: int
    """All traces, whatever the other rules say."""
    alone: int
    """Traces that pass all other rules, and would be kept without this one."""


def passed(rule: Rule, pool: Pool) -> pl.Series:
    """For every trace, in the order of the pool, whether a rule is true; null where unknown.

    Raises:
        InputError: the condition does not fit the pool, or fails on its values.
    """
    schema = pool.scan(groups_of(pool)).collect_schema()
    return asked(read_condition(rule.where, schema), pool)


def dropped_by(rules: Sequence[Rule], passes: Sequence[pl.Series]) -> pl.Series:
    """For every trace the reason why it is dropped; null for those that are kept."""
    frame = pl.DataFrame([one.alias(str(place)) for place, one in enumerate(passes)])
    reason = pl.lit(None, dtype=pl.String)
    for place, rule in reversed([*enumerate(rules)]):
        one = pl.col(str(place))
        reason = (
            pl.when(one.is_null())
            .then(pl.lit(rule.unknown))
            .when(~one)
            .then(pl.lit(rule.name))
            .otherwise(reason)
        )
    return frame.select(reason.alias("dropped_by"))["dropped_by"]


def reasons(rules: Sequence[Rule], passes: Sequence[pl.Series]) -> tuple[Reason, ...]:
    """The reasons in the order of the rules; a way to fail that no trace took is left out."""
    first = dict(dropped_by(rules, passes).value_counts().iter_rows())
    failures = [~one.fill_null(value=False) for one in passes]
    count = sum((failure.cast(pl.UInt32) for failure in failures), start=pl.Series([0]))
    found = []
    for rule, one, failure in zip(rules, passes, failures, strict=True):
        for name, fails in (
            (rule.name, failure & one.is_not_null()),
            (rule.unknown, one.is_null()),
        ):
            if fails.any():
                found.append(
                    Reason(
                        reason=name,
                        dropped=first.get(name, 0),
                        failing=int(fails.sum()),
                        alone=int((fails & (count == 1)).sum()),
                    )
                )
    return tuple(found)
