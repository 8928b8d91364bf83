"""From a row of an arm back to the file and the row that it came from, and whether it holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from curate.errors import InputError
from curate.mix.manifest import read_manifest
from curate.mix.places import locate
from curate.mix.recipe import recipe_of
from curate.mix.render import rendering
from curate.mix.shards import canary_texts, texts_of
from curate.mix.write import rendered_rows
from curate.pool import Pool
from curate.store import path_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """Where a row came from."""

    arm: str
    row: int
    """From 0, as `datasets` counts."""
    id: str
    grade: str
    defects: list[str]
    pool: str
    """Empty for a canary, which is of no pool."""
    part: str
    """Name of the file of the pool."""
    place: int
    """Row of that file, from 0."""
    source: str
    source_row: int
    """From 1; for line formats the line number."""
    rollout: int
    same: bool
    """Whether prompt and completion come out of the pool again exactly as they stand in the arm."""

    def __str__(self) -> str:
        how = f", then {', '.join(self.defects)}" if self.defects else ""
        kept = "pool" if self.pool else "manifest"
        same = f"comes out of the {kept} again, byte for byte"
        same = same if self.same else f"DIFFERS from the {kept}"
        pool = f"  pool     {self.pool}, {self.part}, row {self.place:,}\n" if self.pool else ""
        return (
            f"row {self.row:,} of `{self.arm}`: grade {self.grade}{how}\n"
            f"  trace    {self.id}\n"
            f"{pool}"
            f"  dump     {self.source}, row {self.source_row:,}, rollout {self.rollout}\n"
            f"  text     {same}"
        )


def lineage(folder: Path, row: int) -> Lineage:
    """Where a row of an arm came from.

    Raises:
        InputError: the folder is no arm, has no such row, or its pool is gone.
    """
    manifest = read_manifest(folder)
    if len(manifest["arms"]) != 1 or not (folder / "data").is_dir():
        raise InputError(
            f"`{folder}` is not the folder of one arm",
            why=f"its manifest has the arms {', '.join(manifest['arms'])}",
            fix=f"name one, such as `{folder}/{next(iter(manifest['arms']))}`",
        )
    ((arm, entry),) = manifest["arms"].items()
    if not 0 <= row < entry["rows"]:
        raise InputError(
            f"`{folder}` has no row {row:,}",
            why=f"it has {entry['rows']:,} rows, counted from 0",
            fix="name one of them",
        )
    data = {name: [values[row]] for name, values in entry["data"].items()}
    alone: dict[str, Any] = {**manifest, "arms": {arm: {**entry, "data": data}}}
    return found_in_pools(alone, arm, row, written_row(folder, row))


def found_in_pools(
    manifest: Mapping[str, Any], arm: str, row: int, written: Mapping[str, Any]
) -> Lineage:
    """The lineage of the only row of a manifest."""
    recipe = recipe_of(manifest["recipe"], "the manifest")
    pools = {name: Pool.open(path_of(spec.pool)) for name, spec in recipe.sources.items()}
    places = locate(manifest, [arm], pools)
    texts = {**dict(texts_of(places)), **canary_texts(manifest)}
    entry = manifest["arms"][arm]
    again = rendered_rows(
        pl.DataFrame(entry["data"]), texts, places, manifest, arm, recipe, rendering(recipe.render)
    ).row(0, named=True)
    place = places.frame.filter(pl.col("id") == entry["data"]["id"][0]).row(0, named=True)
    pool = None if place["part"] < 0 else places.pools[place["pool"]]
    return Lineage(
        arm=arm,
        row=row,
        id=place["id"],
        grade=again["grade"],
        defects=[name for name, _ in entry["defects"].get(again["grade"], ())],
        pool="" if pool is None else str(pool.path),
        part="" if pool is None else pool.part_names()[place["part"]],
        place=place["place"],
        source=place["source"],
        source_row=place["row"],
        rollout=place["rollout"],
        same=all(again[name] == written[name] for name in ("id", "prompt", "completion")),
    )


def written_row(folder: Path, row: int) -> dict[str, Any]:
    """A row as it stands in the files of the arm."""
    for path in sorted((folder / "data").glob("*.parquet")):
        height = pl.scan_parquet(path).select(pl.len()).collect().item()
        if row < height:
            return pl.scan_parquet(path).slice(row, 1).collect().row(0, named=True)
        row -= height
    raise InputError(
        f"`{folder}` has lost a file",
        why="its rows are fewer than its manifest says",
        fix="run `curate mix --replay` with its manifest",
    )
