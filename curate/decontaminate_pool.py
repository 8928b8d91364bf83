"""Which traces of a pool hold items of benchmarks: the `contamination` group, and its account."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from curate.account import need_a_trace
from curate.account_text import aligned, count
from curate.contamination import RULES, Index, build_index
from curate.contamination.items import Benchmarks
from curate.contamination.part import (
    CONTAMINATION,
    PARTS,
    READS,
    contamination_part,
    contamination_stage,
    items_json,
    items_name,
)
from curate.engine import Engine
from curate.groups import make_group
from curate.io import remove, write_bytes
from curate.pool import TRACES, WORK, Pool
from curate.progress import Progress
from curate.show import one_line
from curate.store import is_local
from curate.writers import writer_for

ITEMS_SHOWN = 20
SPAN_CHARS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ContaminationAccount:
    """What was found; every trace is contaminated or clean."""

    items: int
    repeated: int
    """Rows whose item another row has already."""
    unread: int
    """Rows without a problem."""
    unsought: tuple[str, ...]
    """Items of one or two tokens, which no text can be told to hold."""
    traces: int
    contaminated: int
    by: Mapping[tuple[str, str], int]
    """(Rule, part of the trace) of the best hit → traces."""
    pairs: int
    """Pairs of an item and a part of a trace."""

    @property
    def clean(self) -> int:
        """Traces without a hit."""
        return self.traces - self.contaminated

    def __str__(self) -> str:
        return "\n".join([self.sought_text(), self.found_text(), *self.table()])

    def sought_text(self) -> str:
        """What was looked for."""
        short = f"too short to be sought ({', '.join(self.unsought[:3])})"
        left_out = [
            f"{number:,} {what}"
            for number, what in (
                (self.repeated, "that repeat another"),
                (self.unread, "rows without a problem"),
                (len(self.unsought), short),
            )
            if number
        ]
        words = f"; left out: {', '.join(left_out)}" if left_out else ""
        return f"{count(self.items, 'item')} sought{words}"

    def found_text(self) -> str:
        """How many traces hold one."""
        return (
            f"{count(self.traces, 'trace')}: {self.contaminated:,} contaminated, "
            f"{self.clean:,} clean; {count(self.pairs, 'pair')} of item and part"
        )

    def table(self) -> list[str]:
        """Traces by the rule and the part of their best hit."""
        rules = [str(rule) for rule in RULES if any((str(rule), part) in self.by for part in PARTS)]
        if not rules:
            return []
        rows = [[*(f"{self.by.get((rule, part), 0):,}" for part in PARTS), rule] for rule in rules]
        return aligned([[*PARTS, "rule"], *rows], numbers=len(PARTS))

    def plain(self) -> dict[str, Any]:
        """For machines."""
        return {
            "items": self.items,
            "repeated": self.repeated,
            "unread": self.unread,
            "unsought": list(self.unsought),
            "traces": self.traces,
            "contaminated": self.contaminated,
            "clean": self.clean,
            "pairs": self.pairs,
            "by": [
                {"rule": rule, "part": part, "traces": number}
                for (rule, part), number in sorted(self.by.items())
            ],
        }


def decontaminate_pool(
    pool: Pool,
    benchmarks: Benchmarks,
    engine: Engine,
    progress: Progress,
    model: str | None = None,
) -> ContaminationAccount:
    """Bring the `contamination` group up to date with the traces and the items.

    Raises:
        InputError: the pool holds no trace, or the sentence model cannot be loaded.
        PoolError: the pool is in use, or was not verified to the end.
    """
    with pool.lock():
        need_a_trace(pool)
        index = build_index(benchmarks.items)
        if model is not None:
            from curate.contamination.embed import model_of

            model_of(model)
        stage = contamination_stage(index.digest, model)
        file = pool.path / WORK / items_name(index.digest)
        write_bytes(file, items_json(index.items))
        try:
            make_group(
                pool, stage, READS, contamination_part, engine, progress, "looking for items"
            )
        finally:
            remove(file)
            if is_local(file) and not any(file.parent.iterdir()):
                file.parent.rmdir()
        return account_of(pool, benchmarks, index)


def account_of(pool: Pool, benchmarks: Benchmarks, index: Index) -> ContaminationAccount:
    """The account of a pool whose group is there."""
    best = ["contamination_rule", "contamination_part"]
    found = (
        pool.scan([CONTAMINATION], [*best, "contamination_hits"])
        .group_by(best)
        .agg(traces=pl.len(), pairs=pl.col("contamination_hits").list.len().sum())
        .sort(best)
        .collect()
    )
    hit = found.drop_nulls(best)
    return ContaminationAccount(
        items=len(index.items) - len(index.unsought),
        repeated=len(benchmarks.items) - len(index.items),
        unread=benchmarks.unread,
        unsought=tuple(index.unsought),
        traces=int(found["traces"].sum()),
        contaminated=int(hit["traces"].sum()),
        by={(rule, part): traces for rule, part, traces in hit.select(*best, "traces").iter_rows()},
        pairs=int(hit["pairs"].sum()),
    )


# --- the evidence ---------------------------------------------------------------------------------


def pairs(pool: Pool) -> Iterator[pl.DataFrame]:
    """Every item in every part of every trace, with the spans in both, part by part of the pool."""
    own = ["id", "source", "row", "rollout"]
    for name in pool.part_names():
        frame = pool.read_part(name, [CONTAMINATION, TRACES], [*own, "contamination_hits"])
        yield (
            frame.filter(pl.col("contamination_hits").list.len() > 0)
            .explode("contamination_hits")
            .unnest("contamination_hits")
        )


def write_pairs(pool: Pool, out: Path) -> None:
    """Writes every pair to a file of its own."""
    writer_for(out)(out, pairs(pool), frozenset())


def most_hit(pool: Pool) -> pl.DataFrame:
    """Items by the traces that hold them, with the surest hit of each as the example."""
    order = pl.Enum([str(rule) for rule in RULES])
    found = pl.concat(list(pairs(pool)))
    return (
        found.sort(
            pl.col("rule").cast(order), "score", descending=[False, True], maintain_order=True
        )
        .group_by("item", maintain_order=True)
        .agg(
            traces=pl.struct("source", "row", "rollout").n_unique(),
            rule=pl.col("rule").first(),
            part=pl.col("part").first(),
            trace=pl.col("id").first(),
            start=pl.col("start").first(),
            end=pl.col("end").first(),
            span=pl.col("span").first(),
        )
        .sort("traces", "item", descending=[True, False])
    )


def most_hit_text(found: pl.DataFrame) -> str:
    """The items most hit, a line each, the matched words last."""
    head = ["traces", "rule", "part", "such as", "item", "what is there of it"]
    rows = [
        [
            f"{row['traces']:,}",
            row["rule"],
            row["part"],
            row["trace"][:8],
            one_line(row["item"]),
            shortened(one_line(row["span"])),
        ]
        for row in found.head(ITEMS_SHOWN).iter_rows(named=True)
    ]
    lines = aligned([head, *rows], numbers=1)
    more = found.height - ITEMS_SHOWN
    return "\n".join([*lines, *([f"and {count(more, 'other item')}"] if more > 0 else [])])


def shortened(text: str) -> str:
    """The start of a text."""
    return text if len(text) <= SPAN_CHARS else f"{text[: SPAN_CHARS - 1]}…"
