"""A pool: a folder of traces with columns beside them, row for row.

    pool/
      pool.json                          sources and counts; derived from the parts, see `ingest`
      traces/part-00003-00017.parquet    source 3, block 17: the order of the names is input order
      extract/… verify/… rollouts/…      column groups with the same names and heights
      quarantine/part-….parquet          records that became no trace, only where there are any

Every part proves itself (`curate.io`): missing, cut and edited ones are told from good ones.
"""

import json
import os
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import polars as pl

from curate.errors import PoolError
from curate.frames import concatenated
from curate.io import Stamp, read_stamp, remove, remove_temporaries, write_bytes
from curate.lock import alone, together
from curate.names import names_beside
from curate.stage import digest
from curate.store import arrow_schema, is_local, make_folder, scan_parquet, version, visible
from curate.trace import TRACES as TRACES

SCHEMA_VERSION = 1
MANIFEST = "pool.json"
QUARANTINE = "quarantine"
WORK = ".work"
"""Folder for what a run needs only until it ends."""
PART = re.compile(r"part-(\d{5,})-(\d{5,})\.parquet")


def part_name(source: int, block: int) -> str:
    """File name of a part in every group: `part-00003-00017.parquet`."""
    return f"part-{source:05}-{block:05}.parquet"


def part_number(name: str) -> tuple[int, int]:
    """Source and block of a part, from its name."""
    found = PART.fullmatch(name)
    if found is None:
        raise ValueError(f"not the name of a part: {name}")
    return int(found[1]), int(found[2])


class Pool:
    """The folder of one pool."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamps: dict[Path, tuple[tuple[object, ...], Stamp | None]] = {}
        self._locks = 0

    @classmethod
    def is_pool(cls, path: Path) -> bool:
        """Whether a folder is a pool, perhaps a damaged one."""
        return (path / MANIFEST).is_file() or bool(cls(path).part_names())

    @classmethod
    def create(cls, path: Path) -> Self:
        """A new pool, in a new or empty folder.

        Raises:
            PoolError: there is something else already.
        """
        if path.exists() and not path.is_dir():
            raise PoolError(
                f"`{path}` cannot become a pool", why="it is a file", fix="give a new folder"
            )
        # In this order, since another process may be making the same pool at this moment.
        others = [entry.name for entry in visible(path)] if path.is_dir() else []
        if cls.is_pool(path):
            return cls.open(path)
        if others:
            raise PoolError(
                f"`{path}` cannot become a pool",
                why=f"it holds other things, such as `{others[0]}`",
                fix="give a new folder",
            )
        make_folder(path)
        pool = cls(path)
        # From its first moment it is a pool, so that a killed run can be gone on with.
        pool.write_manifest({"schema": SCHEMA_VERSION, "sources": []})
        return pool

    @classmethod
    def open(cls, path: Path) -> Self:
        """The pool in a folder.

        Raises:
            PoolError: it is none, or one of another version.
        """
        if not cls.is_pool(path):
            raise PoolError(
                f"`{path}` is not a pool",
                why=f"it has no `{MANIFEST}`" if path.is_dir() else "there is no such folder",
                fix=f"make one with `curate verify INPUT -o {path}`",
            )
        pool = cls(path)
        version = pool.old_manifest().get("schema", SCHEMA_VERSION)
        if version != SCHEMA_VERSION:
            raise PoolError(
                f"`{path}` is a pool of another version",
                why=f"its schema is {version}, and this curate writes {SCHEMA_VERSION}",
                fix="use the version that made it, or verify the dumps into a new pool",
            )
        return pool

    # --- what is in it ----------------------------------------------------------------------------

    @property
    def manifest(self) -> dict[str, Any]:
        """What `pool.json` says: the sources and the counts.

        Raises:
            PoolError: it is missing or damaged.
        """
        found = self.old_manifest()
        if not found:
            raise PoolError(
                f"`{self.path / MANIFEST}` is missing or damaged",
                why="a run was cut off, or the file was changed",
                fix=f"run `curate verify {self.path}`, which mends it",
            )
        return found

    def old_manifest(self) -> dict[str, Any]:
        """What `pool.json` says, or nothing when it is missing, cut or edited."""
        try:
            found = json.loads((self.path / MANIFEST).read_bytes())
            seal = found.pop("seal")
        except (OSError, ValueError, AttributeError, KeyError, TypeError):
            return {}
        return found if seal == digest(found) else {}

    def write_manifest(self, manifest: dict[str, Any]) -> None:
        """Make `pool.json` say this; an equal one is left alone."""
        sealed = manifest | {"seal": digest(manifest)}
        content = json.dumps(sealed, indent=2, ensure_ascii=False).encode() + b"\n"
        path = self.path / MANIFEST
        if not (path.is_file() and path.read_bytes() == content):
            write_bytes(path, content)

    def part_names(self, group: str = TRACES) -> list[str]:
        """Names of the parts of a group, in the order of the input."""
        folder = self.path / group
        names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
        return sorted((name for name in names if PART.fullmatch(name)), key=part_number)

    def part(self, group: str, name: str) -> Path:
        """Path of one part."""
        return self.path / group / name

    def groups(self) -> list[str]:
        """Names of the folders that may hold parts."""
        return sorted(path.name for path in visible(self.path) if path.is_dir())

    def stamps(self, group: str) -> dict[str, Stamp]:
        """What the whole and unedited parts of a group say of themselves; the others are left out.

        Every byte is read once and hashed; a file that did not change since is not read again.
        """
        names = self.part_names(group)
        paths = [self.part(group, name) for name in names]
        few = is_local(self.path) and all(path in self._stamps for path in paths)
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as threads:  # starts none without work
            found = (map if few else threads.map)(self._stamp, paths)
            return {name: stamp for name, stamp in zip(names, found, strict=True) if stamp}

    def _stamp(self, path: Path) -> Stamp | None:
        now = version(path)
        if self._stamps.get(path, (None, None))[0] != now:
            self._stamps[path] = (now, read_stamp(path))
        return self._stamps[path][1]

    def remove_part(self, name: str) -> None:
        """Take a part away from every group, the traces last."""
        for group in sorted(self.groups(), key=lambda group: group == TRACES):
            remove(self.part(group, name))

    # --- reading ----------------------------------------------------------------------------------

    def read_part(
        self, name: str, groups: Sequence[str], columns: Sequence[str] | None = None
    ) -> pl.DataFrame:
        """Columns of one part from several groups side by side; a name that comes twice, once.

        Raises: as `column_names`.
        """
        return self._scan_part(name, groups, columns).collect()

    def scan(self, groups: Sequence[str], columns: Sequence[str] | None = None) -> pl.LazyFrame:
        """All parts in order, with one schema.

        A column that a part lacks is null there; one with several types becomes a string.

        Raises:
            PoolError: a group lacks a part.
        """
        parts = [self._scan_part(name, groups, columns) for name in self.part_names()]
        return concatenated(parts)

    def scan_quarantine(self) -> pl.LazyFrame:
        """Records that became no trace: source, row, byte_offset, reason, excerpt."""
        names = self.part_names(QUARANTINE)
        if not names:
            return pl.LazyFrame(schema=QUARANTINE_SCHEMA)
        return concatenated([scan_parquet(self.part(QUARANTINE, name)) for name in names])

    def _scan_part(
        self, name: str, groups: Sequence[str], columns: Sequence[str] | None
    ) -> pl.LazyFrame:
        taken: set[str] = set()
        frames = []
        for group, names in self.column_names(name, groups).items():
            wanted = {
                column: shown
                for column, shown in names.items()
                if shown not in taken and (columns is None or shown in columns)
            }
            taken.update(names.values())
            if wanted:
                frames.append(scan_parquet(self.part(group, name), [*wanted]).rename(wanted))
        joined = pl.concat(frames, how="horizontal") if len(frames) > 1 else frames[0]
        return joined if columns is None else joined.select(c for c in columns if c in taken)

    def column_names(self, name: str, groups: Sequence[str]) -> dict[str, dict[str, str]]:
        """For each group of one part, its columns and what they are called beside the others.

        Raises:
            PoolError: a group has no such part.
        """
        columns = {}
        for group in groups:
            path = self.part(group, name)
            if not path.is_file():
                raise PoolError(
                    f"`{self.path}` has no `{group}` for `{name}`",
                    why="the pool was not verified to the end",
                    fix=f"run `curate verify {self.path}`",
                )
            columns[group] = arrow_schema(path).names
        return names_beside(columns)

    # --- one run at a time ------------------------------------------------------------------------

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other runs out until the block ends; may be nested. A dead run's lock is free.

        Raises:
            PoolError: another run is at work in the pool.
        """
        if self._locks:
            self._locks += 1
            try:
                yield
            finally:
                self._locks -= 1
            return
        with alone(self.path):
            self._locks = 1
            try:
                for name in (".", WORK, *self.groups()):
                    remove_temporaries(self.path / name)
                yield
            finally:
                self._locks = 0

    @contextmanager
    def share(self) -> Iterator[None]:
        """Work beside others that share, and keep whole runs out until the block ends.

        Raises:
            PoolError: a whole run is at work in the pool.
        """
        with together(self.path):
            yield


QUARANTINE_SCHEMA = {
    "source": pl.String(),
    "row": pl.Int64(),
    "byte_offset": pl.Int64(),
    "reason": pl.String(),
    "excerpt": pl.String(),
}
