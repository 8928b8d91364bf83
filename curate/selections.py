"""Named selections of a pool: which traces passed its rules, and why each other one did not.

    pool/selections/strict.json            the rules, what was read, the counts, and the file:
    pool/selections/strict.9f2c….parquet   id, kept, dropped_by: a row per trace, in their order

The JSON is written last and names its file, so a kill leaves the old selection or the new one. It
keeps the seals of the groups that the rules read: when one of them is made again, the selection is
stale and says so.
"""

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from curate.account import need_a_trace
from curate.errors import InputError, PoolError
from curate.export import groups_of, read_condition
from curate.filtering import Reason, dropped_by, passed, reasons
from curate.groups import STAGES
from curate.io import read_stamp, remove, write_bytes, write_table
from curate.pool import TRACES, Pool
from curate.rules import Rule
from curate.stage import digest
from curate.store import scan_parquet

FOLDER = "selections"
VERSION = 1
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """A selection as its JSON says."""

    name: str
    rules: tuple[Rule, ...]
    reads: Mapping[str, str]
    """Groups that the rules read, with their seals then; always the traces."""
    traces: int
    kept: int
    reasons: tuple[Reason, ...]
    file: str
    """Name of the Parquet file beside."""
    seal: str
    """Seal of that file."""
    version: int = VERSION

    @property
    def dropped(self) -> int:
        """Traces that are not kept; each has a reason."""
        return self.traces - self.kept


# --- making ---------------------------------------------------------------------------------------


def save_selection(pool: Pool, name: str, rules: Sequence[Rule]) -> Selection:
    """The selection by these rules, kept in the pool under a name, in place of an older one.

    Raises:
        InputError: the name or a rule does not fit, or the pool holds no trace.
        PoolError: the pool is in use, or was not verified to the end.
    """
    need_a_trace(pool)
    path = selection_path(pool, name)
    with pool.lock():
        passes = [passed(rule, pool) for rule in rules]
        reads = seals_now(pool, groups_read(pool, rules))
        ids = pool.scan([TRACES], ["id"]).collect()
        dropped = dropped_by(rules, passes)
        table = ids.with_columns(kept=dropped.is_null(), dropped_by=dropped)
        rows = table.to_arrow(compat_level=pl.CompatLevel.oldest())
        key = digest([VERSION, [asdict(rule) for rule in rules], reads])
        file = f"{name}.{key}.parquet"
        found = Selection(
            name=name,
            rules=tuple(rules),
            reads=reads,
            traces=table.height,
            kept=int(table["kept"].sum()),
            reasons=reasons(rules, passes),
            file=file,
            seal=write_table(path.with_name(file), rows, key=key).seal,
        )
        need_conservation(found)
        write_bytes(path, selection_json(found))
        remove_orphans(pool)
    return found


def need_conservation(found: Selection) -> None:
    """Nothing, when every trace is kept or has a reason."""
    dropped = sum(reason.dropped for reason in found.reasons)
    if found.kept + dropped != found.traces:
        raise RuntimeError(f"{found.traces} traces are not {found.kept} kept + {dropped} dropped")


def groups_read(pool: Pool, rules: Sequence[Rule]) -> list[str]:
    """The groups that the columns of these rules are in, and the traces."""
    groups = groups_of(pool)
    schema = pool.scan(groups).collect_schema()
    roots = {
        name for rule in rules for name in read_condition(rule.where, schema).meta.root_names()
    }
    found = {TRACES}
    for part in pool.part_names():
        taken: set[str] = set()
        for group, names in pool.column_names(part, groups).items():
            # A name that comes twice is the column of the first group that has it.
            if (set(names.values()) - taken) & roots:
                found.add(group)
            taken |= set(names.values())
    return [group for group in groups if group in found]


def seals_now(pool: Pool, groups: Sequence[str]) -> dict[str, str]:
    """The seals of these groups as `pool.json` has them; none for a group that is not there."""
    manifest = pool.manifest
    known = {**manifest.get("groups", {}), **manifest.get(STAGES, {})}
    return {group: known[group]["seal"] if group in known else "" for group in groups}


def selection_json(found: Selection) -> bytes:
    """The content of the JSON file."""
    content = asdict(found)
    sealed = content | {"digest": digest(content)}
    return json.dumps(sealed, indent=2, ensure_ascii=False).encode() + b"\n"


def remove_orphans(pool: Pool) -> None:
    """Take away the files that no selection names: of replaced ones, and of killed runs."""
    folder = pool.path / FOLDER
    named = {found.file for found in map(read_json, folder.glob("*.json")) if found}
    for path in sorted(folder.glob("*.parquet")):
        if path.name not in named:
            remove(path)


# --- reading --------------------------------------------------------------------------------------


def selections_of(pool: Pool) -> list[Selection]:
    """The selections of a pool, by name; damaged ones are left out."""
    folder = pool.path / FOLDER
    paths = sorted(folder.glob("*.json")) if folder.is_dir() else []
    return [found for found in map(read_json, paths) if found]


def read_json(path: Path) -> Selection | None:
    """The selection in a JSON file; None where it is missing, cut or edited."""
    try:
        content: dict[str, Any] = json.loads(path.read_bytes())
        if content.pop("digest") != digest(content) or content["version"] != VERSION:
            return None
    except (OSError, ValueError, AttributeError, KeyError, TypeError):
        return None
    return Selection(
        **content
        | {
            "rules": tuple(Rule(**rule) for rule in content["rules"]),
            "reasons": tuple(Reason(**reason) for reason in content["reasons"]),
        }
    )


def find_selection(pool: Pool, name: str) -> Selection:
    """The selection of that name, whether it is stale or not.

    Raises:
        InputError: there is none.
    """
    found = read_json(selection_path(pool, name))
    if found is None:
        names = ", ".join(f"`{one.name}`" for one in selections_of(pool))
        raise InputError(
            f"no selection `{name}` in `{pool.path}`",
            why=f"there are {names}" if names else "it holds none",
            fix=f"make it with `curate filter {pool.path} --where … --name {name}`",
        )
    return found


def changed_groups(pool: Pool, found: Selection) -> list[str]:
    """The groups that were made again since the selection read them."""
    now = seals_now(pool, list(found.reads))
    return [group for group, seal in found.reads.items() if now[group] != seal]


def need_fresh(pool: Pool, found: Selection) -> None:
    """Nothing, when a selection is of the pool as it is and its file is whole.

    Raises:
        PoolError: it is not; says how to make it again.
    """
    changed = changed_groups(pool, found)
    stamp = None if changed else read_stamp(rows_path(pool, found))
    if not changed and stamp is not None and stamp.seal == found.seal:
        return
    groups = ", ".join(f"`{group}`" for group in changed)
    raise PoolError(
        f"the selection `{found.name}` is {'stale' if changed else 'damaged'}",
        why=f"{groups} changed since it was made" if changed else "its file was cut or edited",
        fix=f"run `curate filter {shlex.quote(str(pool.path))} --again {found.name}`",
    )


def kept(pool: Pool, name: str) -> pl.Series:
    """For every trace, in the order of the pool, whether a selection keeps it.

    Raises:
        InputError: there is no such selection.
        PoolError: it is stale or damaged.
    """
    found = find_selection(pool, name)
    need_fresh(pool, found)
    return scan_parquet(rows_path(pool, found), ["kept"]).collect()["kept"]


def selection(pool: Pool, name: str, columns: Sequence[str] | None = None) -> pl.LazyFrame:
    """The traces that a selection keeps, in the order of the pool, with columns of all groups.

    Raises: as `kept`.
    """
    keep = kept(pool, name).alias("\0kept").to_frame().lazy()
    rows = pool.scan(groups_of(pool), columns)
    return pl.concat([rows, keep], how="horizontal").filter("\0kept").drop("\0kept")


def selection_rows(pool: Pool, name: str) -> pl.LazyFrame:
    """`id`, `kept` and `dropped_by` of every trace, in the order of the pool.

    Raises: as `kept`.
    """
    found = find_selection(pool, name)
    need_fresh(pool, found)
    return scan_parquet(rows_path(pool, found))


def delete_selection(pool: Pool, name: str) -> Selection:
    """Take a selection away; what it was.

    Raises:
        InputError: there is none.
    """
    with pool.lock():
        found = find_selection(pool, name)
        remove(selection_path(pool, name))
        remove_orphans(pool)
    return found


def selection_path(pool: Pool, name: str) -> Path:
    """The JSON file of a selection.

    Raises:
        InputError: it is no name for a file.
    """
    if not NAME.fullmatch(name):
        raise InputError(
            f"`{name}` is no name for a selection",
            why="it becomes the name of a file in the pool",
            fix="take up to 64 letters, digits, `-` and `_`",
        )
    return pool.path / FOLDER / f"{name}.json"


def rows_path(pool: Pool, found: Selection) -> Path:
    """The Parquet file of a selection."""
    return pool.path / FOLDER / found.file
