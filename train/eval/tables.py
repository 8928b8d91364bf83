"""The three tables of a checkpoint: written whole, and what of them can be taken over.

Each file names the suites that it holds with the keys of what their rows were made from. So a suite
that is added, taken out or changed costs only itself.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import polars as pl

from curate.io import Stamp, read_stamp, remove, write_table
from curate.train.eval.items import Item
from curate.train.eval.jobs import Job
from curate.train.eval.rows import PROBES, RESPONSES, RESULTS, table_of
from curate.train.eval.suite import Suite

Rows = list[dict[str, Any]]
Tables = Mapping[str, Rows]
"""The rows of one suite in `results`, `probes` and `responses`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalFolder:
    """Where the tables of one checkpoint go."""

    results: Path
    probes: Path
    responses: Path

    @classmethod
    def at(cls, folder: Path, step: int) -> Self:
        """`results/step-000040.parquet` and its like in a folder."""
        name = f"step-{step:06}.parquet"
        return cls(
            results=folder / "results" / name,
            probes=folder / "probes" / name,
            responses=folder / "responses" / name,
        )

    @property
    def journal(self) -> Path:
        """The finished batches, while there are others."""
        return self.results.with_name(f".{self.results.stem}.journal")

    @property
    def files(self) -> Mapping[str, Path]:
        """The tables by name, the results last: they are written last."""
        return {"responses": self.responses, "probes": self.probes, "results": self.results}


def key_of_all(keys: Sequence[str]) -> str:
    """The key of tables with these suites."""
    return hashlib.sha256("\n".join(keys).encode()).hexdigest()[:32]


def is_done(out: EvalFolder, keys: Sequence[str]) -> bool:
    """Whether all three tables are whole and hold these suites and no others."""
    stamps = [read_stamp(path) for path in out.files.values()]
    return all(stamp is not None and stamp.key == key_of_all(keys) for stamp in stamps)


def reusable(out: EvalFolder) -> dict[str, Tables]:
    """The rows of the suites that all three tables have, by their keys.

    A kill between two of the files leaves some with suites that the others lack.
    """
    first, *others = [suites_in(read_stamp(path)) for path in out.files.values()]
    shared = {
        suite: key for suite, key in first.items() if all(each.get(suite) == key for each in others)
    }
    frames = {name: pl.read_parquet(path) for name, path in out.files.items() if shared}
    return {
        key: {name: frame.filter(suite=suite).to_dicts() for name, frame in frames.items()}
        for suite, key in shared.items()
    }


def suites_in(stamp: Stamp | None) -> Mapping[str, str]:
    """The suites of a table with their keys."""
    suites = stamp.about.get("suites") if stamp is not None else None
    return suites if isinstance(suites, Mapping) else {}


def tables_of(suite: Suite, items: Sequence[Item], found: Sequence[tuple[Job, Rows]]) -> Tables:
    """The rows of a suite, in the order of its modes and items."""
    modes = [*suite.modes, "forced_direct", "given_trace"]

    def ordered(probes: bool) -> Rows:
        rows = [row for job, rows in found if (job.kind == "probe") == probes for row in rows]
        rows.sort(key=lambda row: (modes.index(row["mode"]), row["place"], row.get("sample", 0)))
        return [named(suite, items, row["place"]) | row for row in rows]

    results = ordered(probes=False)
    return {
        "results": results,
        "responses": [row for row in results if "response" in row],
        "probes": ordered(probes=True),
    }


def named(suite: Suite, items: Sequence[Item], place: int) -> dict[str, Any]:
    """The columns that say what a row is about; rows of lm-eval name their items themselves."""
    own = {"suite": suite.name, "domain": suite.domain, "range": suite.range}
    if suite.lmeval is not None:
        return own
    return {**own, "item": items[place].id, "cluster": items[place].cluster}


def write(
    out: EvalFolder, suites: Sequence[Suite], keys: Sequence[str], found: Sequence[Tables]
) -> None:
    """Write the three tables, the results last, and take the journal away."""
    columns = {"responses": RESPONSES, "probes": PROBES, "results": RESULTS}
    about = {"suites": {suite.name: key for suite, key in zip(suites, keys, strict=True)}}
    for name, path in out.files.items():
        table = table_of([row for tables in found for row in tables[name]], columns[name])
        write_table(path, table, key=key_of_all(keys), about=about)
    remove(out.journal)
