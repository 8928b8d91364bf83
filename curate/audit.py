"""The suspect references of a pool, strongest claims first."""

import polars as pl

from curate.account_text import aligned, percent
from curate.pool import TRACES, Pool
from curate.rollouts import passes
from curate.show import ID_CHARS, cell, one_line
from curate.suspects import KEY, suspects, with_keys
from curate.verify import Policy

KINDS = ("unreadable", "options", "conflict", "outvoted")
"""In the order of the table: what needs no model to be believed comes first."""
COLUMNS = ["problem_id", "problem", "reference", "kind", "reference_suspect", "traces", "pass_rate"]


def audit(pool: Pool) -> pl.DataFrame:
    """A row per problem with a suspect reference: `COLUMNS`; `traces` have that reference.

    Raises:
        PoolError: the pool was not verified to the end.
    """
    policy = Policy(**pool.manifest["rules"]["policy"])
    found = pl.concat([suspects(keys, policy) for keys in passes(pool)])
    columns = ["problem_id", "problem", "reference", "reference_form", "options", "pass_rate"]
    parts = []
    for name in pool.part_names():
        own = with_keys(pool.read_part(name, [TRACES, "rollouts"], columns))
        parts.append(own.join(found.lazy(), on=KEY).collect())
    place = pl.col("kind").replace_strict(list(KINDS), list(range(len(KINDS))))
    return (
        pl.concat(parts)
        .group_by([*KEY, "problem_id"], maintain_order=True)
        .agg(pl.all().first(), traces=pl.len())
        .sort(place, "p", maintain_order=True)
        .select(COLUMNS)
    )


def audit_text(found: pl.DataFrame) -> str:
    """The suspects as a table, or a line that there are none."""
    if found.is_empty():
        return "no reference is suspect"
    head = ["traces", "pass rate", "problem", "reference", "why"]
    rows = [
        [
            f"{row['traces']:,}",
            percent(row["pass_rate"]),
            f"{row['problem_id'][:ID_CHARS]} {cell(row['problem'])}",
            cell(row["reference"]),
            one_line(row["reference_suspect"]),
        ]
        for row in found.iter_rows(named=True)
    ]
    return "\n".join(aligned([head, *rows], numbers=2))
