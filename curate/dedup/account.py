"""The account of duplicates: a trace stays or is a copy of one that does.

2,996 traces: 2,957 stay, 39 are copies: 12 by problem, 4 by trace, 23 by rollout
20 clusters: 2 by problem, 3 by trace, 15 by rollout; 1 copy is chained: below 0.8 to what stays
a pair is looked at with the chance 0.28 at 0.5, …: 21 bands of 6 slots, midpoint 0.56
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from curate.account_text import aligned, count
from curate.dedup.columns import CHAINED
from curate.dedup.settings import DedupSettings, Level
from curate.errors import PoolError
from curate.pool import TRACES, Pool
from curate.show import CELL_CHARS, ID_CHARS, one_line

CURVE = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
SHOWN = 10
EXAMPLE_CHARS = 2 * CELL_CHARS


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """One cluster, by what stays of it."""

    cluster: str
    level: str
    copies: int
    similarity: float
    """Of the least similar copy, in [0, 1]."""
    example: str
    """The problem, as it begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DedupAccount:
    """What was found."""

    traces: int
    kept: int
    copies: Mapping[str, int]
    """By level."""
    clusters: Mapping[str, int]
    """By level; one that holds copies across problems and among rollouts is of the level trace."""
    chained: int
    """Copies that are below the threshold to what stays for them, linked through others."""
    largest: tuple[Cluster, ...]


def account_of(pool: Pool) -> DedupAccount:
    """The account of a pool whose `dedup` group was made.

    Raises:
        PoolError: the counts do not add up.
    """
    names = ["duplicate_cluster", "is_survivor", "similarity", "duplicate_level"]
    columns = [*names, "duplicate_evidence"]
    rows = pool.scan(["dedup"], columns).collect()
    copies = rows.filter(~pl.col("is_survivor"))
    if copies["duplicate_level"].null_count() or copies["duplicate_cluster"].null_count():
        raise PoolError(
            "a trace neither stays nor is a copy of another",
            why="the `dedup` columns were made by something else",
            fix="delete the folder `dedup` of the pool and run `curate dedup` again",
        )
    clusters = copies.group_by("duplicate_cluster").agg(
        level=pl.when((pl.col("duplicate_level") == Level.ROLLOUT).all())
        .then(pl.lit(str(Level.ROLLOUT)))
        .otherwise(pl.col("duplicate_level").sort().last()),
        copies=pl.len(),
        similarity=pl.col("similarity").min(),
    )
    largest = clusters.sort(["copies", "duplicate_cluster"], descending=[True, False]).head(SHOWN)
    return DedupAccount(
        traces=rows.height,
        kept=int(rows["is_survivor"].sum()),
        copies=by_level(copies["duplicate_level"]),
        clusters=by_level(clusters["level"]),
        chained=int(copies["duplicate_evidence"].str.contains(CHAINED, literal=True).sum()),
        largest=tuple(with_examples(pool, largest)),
    )


def by_level(levels: pl.Series) -> dict[str, int]:
    """How often each level comes."""
    return {str(level): int((levels == level).sum()) for level in Level}


def with_examples(pool: Pool, clusters: pl.DataFrame) -> Iterator[Cluster]:
    """The clusters with the problems that stay."""
    known = problems_of(pool, set(clusters["duplicate_cluster"]))
    for name, level, copies, similarity in clusters.iter_rows():
        yield Cluster(
            cluster=name,
            level=level,
            copies=copies,
            similarity=similarity,
            example=known[name],
        )


def problems_of(pool: Pool, names: set[str]) -> dict[str, str]:
    """How the problems begin that have these ids, or whose traces have."""
    found: dict[str, str] = {}
    start = pl.col("problem").str.head(4 * EXAMPLE_CHARS)
    for part in pool.part_names() if names else ():
        rows = pool.read_part(part, [TRACES], ["id", "problem_id", "problem"])
        for key in ("id", "problem_id"):
            mine = rows.filter(pl.col(key).is_in(list(names))).select(key, start)
            found |= dict(mine.iter_rows())
    return found


# --- in words -------------------------------------------------------------------------------------


def account_text(account: DedupAccount, settings: DedupSettings) -> str:
    """The account in three lines; see the top of this file."""
    copies, clusters = sum(account.copies.values()), sum(account.clusters.values())
    are = "is a copy" if copies == 1 else "are copies"
    chained = "copy is" if account.chained == 1 else "copies are"
    return "\n".join(
        [
            f"{count(account.traces, 'trace')}: {account.kept:,} stay, "
            f"{copies:,} {are}{level_words(account.copies)}",
            f"{count(clusters, 'cluster')}{level_words(account.clusters)}; {account.chained:,} "
            f"{chained} chained: below {settings.threshold:g} to what stays",
            curve_text(settings),
        ]
    )


def level_words(counts: Mapping[str, int]) -> str:
    """`: 12 by problem, 4 by trace`, or nothing."""
    words = ", ".join(f"{number:,} by {level}" for level, number in counts.items() if number)
    return f": {words}" if words else ""


def curve(settings: DedupSettings) -> dict[str, float]:
    """The chance of a pair to be looked at, by its similarity."""
    return {f"{value:g}": round(settings.bands.detection(value), 4) for value in CURVE}


def curve_text(settings: DedupSettings) -> str:
    """The curve in one line."""
    bands = settings.bands
    chances = ", ".join(f"{chance:.2f} at {value}" for value, chance in curve(settings).items())
    return (
        f"a pair is looked at with the chance {chances}: {count(bands.bands, 'band')} of "
        f"{count(bands.rows, 'slot')}, midpoint {bands.midpoint:.2f}"
    )


def clusters_text(account: DedupAccount) -> str:
    """The largest clusters in a table, an example last."""
    head = ["copies", "least similar", "level", "stays", "problem"]
    rows = [
        [
            f"{cluster.copies:,}",
            f"{cluster.similarity:.2f}",
            cluster.level,
            cluster.cluster[:ID_CHARS],
            shortened(cluster.example),
        ]
        for cluster in account.largest
    ]
    return "\n".join(aligned([head, *rows], numbers=2))


def shortened(text: str) -> str:
    """The beginning of a text in one line."""
    line = one_line(text)
    return line if len(line) <= EXAMPLE_CHARS else f"{line[: EXAMPLE_CHARS - 1]}…"
