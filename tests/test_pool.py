"""The pool: aligned groups, damage that is noticed and mended, one run at a time, reading."""

import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from curate.engine import LocalEngine
from curate.errors import PoolError
from curate.frames import common_type, concatenated
from curate.io import read_stamp, write_table
from curate.pool import Pool
from curate.progress import Progress
from curate.verify_pool import verify_pool
from tests.pools import GROUPS, POLICY, build, tree, versions, write_dump


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Pool:
    """A verified pool of two dumps, `a.jsonl` and `b.jsonl` beside it."""
    folder = tmp_path_factory.mktemp("whole")
    dumps = [write_dump(folder / f"{name}.jsonl", seed=seed) for seed, name in enumerate("ab")]
    return build(folder / "pool", *dumps)


@pytest.fixture
def copy(whole: Pool, tmp_path: Path) -> Path:
    """A copy of the pool to be damaged."""
    shutil.copytree(whole.path, tmp_path / "pool")
    return tmp_path / "pool"


def inputs(whole: Pool) -> list[Path]:
    return [whole.path.parent / "a.jsonl", whole.path.parent / "b.jsonl"]


# --- what it is -----------------------------------------------------------------------------------


def test_every_group_has_the_same_parts_of_the_same_height(whole: Pool) -> None:
    assert len(whole.part_names()) > 3
    heights = [
        [pl.read_parquet(whole.part(group, name)).height for name in whole.part_names()]
        for group in GROUPS
    ]
    assert all(found == heights[0] for found in heights)
    assert all(whole.part_names(group) == whole.part_names() for group in GROUPS)


def test_the_order_of_the_rows_is_the_order_of_the_input(whole: Pool) -> None:
    rows = whole.scan(["traces"], ["source", "row"]).collect()
    assert rows.equals(rows.sort("source", "row"))
    assert rows.height == 80


def test_the_manifest_counts_what_was_read(whole: Pool) -> None:
    for source in whole.manifest["sources"]:
        assert (source["rows"], source["traces"], source["quarantined"]) == (41, 40, 1)
    assert whole.scan_quarantine().collect()["row"].to_list() == [8, 8]


def test_nothing_in_the_manifest_depends_on_when_or_how_it_was_made(
    whole: Pool, tmp_path: Path
) -> None:
    with LocalEngine(2) as engine:
        build(tmp_path / "pool", *inputs(whole), engine=engine)
    assert tree(tmp_path / "pool") == tree(whole.path)


def test_a_run_with_nothing_to_do_writes_nothing(whole: Pool, copy: Path) -> None:
    before = versions(copy)
    build(copy, *inputs(whole))
    assert versions(copy) == before


# --- damage ---------------------------------------------------------------------------------------


def delete(path: Path) -> None:
    path.unlink()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def cut_one_byte(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def lengthen(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"PAR1")


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[random.Random(str(path.name)).randrange(len(content))] ^= 1
    path.write_bytes(content)


def write_again(path: Path) -> None:
    if path.suffix == ".parquet":
        pl.read_parquet(path).head(1).write_parquet(path)
    else:
        path.write_text("[]")


DAMAGES = (delete, cut, cut_one_byte, empty, lengthen, flip, write_again)


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("group", [*GROUPS, "quarantine", "pool.json"])
@pytest.mark.parametrize("again", ["dumps", "pool"])
def test_a_damaged_file_is_mended(
    damage: Callable[[Path], None], group: str, again: str, whole: Pool, copy: Path
) -> None:
    path = copy / group
    damage(path if path.is_file() else min(path.iterdir()))
    if again == "dumps":
        build(copy, *inputs(whole))
    else:
        verify_pool(Pool.open(copy), POLICY, LocalEngine(1), Progress(), 5.0)
    assert tree(copy) == tree(whole.path)


@pytest.mark.parametrize("seed", range(5))
def test_many_damages_at_once_are_mended(seed: int, whole: Pool, copy: Path) -> None:
    draw = random.Random(seed)
    for path in sorted(copy.rglob("part-*")):
        if draw.random() < 0.4:
            draw.choice(DAMAGES)(path)
    build(copy, *inputs(whole))
    assert tree(copy) == tree(whole.path)


def test_a_pool_of_which_only_half_the_traces_are_left_is_made_again(
    whole: Pool, copy: Path
) -> None:
    (copy / "pool.json").unlink()
    for name in Pool(copy).part_names()[::2]:
        (copy / "traces" / name).unlink()
    for group in ("extract", "verify", "rollouts", "quarantine"):
        shutil.rmtree(copy / group)
    build(copy, *inputs(whole))
    assert tree(copy) == tree(whole.path)


def test_a_part_that_took_the_place_of_another_is_noticed(whole: Pool, copy: Path) -> None:
    for group in GROUPS:
        first, second, *_ = sorted((copy / group).iterdir())
        shutil.copyfile(first, second)
    build(copy, *inputs(whole))
    assert tree(copy) == tree(whole.path)


def test_a_stray_part_that_no_source_has_is_taken_away(whole: Pool, copy: Path) -> None:
    for group in GROUPS:
        first = min((copy / group).iterdir())
        shutil.copyfile(first, first.with_name("part-00001-00999.parquet"))
    build(copy, *inputs(whole))
    assert tree(copy) == tree(whole.path)


@pytest.mark.parametrize("change", ["gone", "changed"])
def test_traces_that_cannot_be_made_again_are_an_error_of_three_lines(
    change: str, tmp_path: Path
) -> None:
    dump = write_dump(tmp_path / "a.jsonl")
    pool = build(tmp_path / "pool", dump)
    cut(pool.part("traces", pool.part_names()[0]))
    dump.unlink()
    if change == "changed":
        write_dump(dump, seed=5)
    with pytest.raises(PoolError) as caught:
        verify_pool(Pool.open(pool.path), POLICY, LocalEngine(1), Progress(), 5.0)
    lines = str(caught.value).splitlines()
    assert len(lines) == 3
    assert lines[0] == f"traces of `{dump}` are damaged and cannot be made again"


def test_damaged_traces_of_an_unknown_source_are_an_error_of_three_lines(tmp_path: Path) -> None:
    dump = write_dump(tmp_path / "a.jsonl", problems=2)
    pool = build(tmp_path / "pool", dump, part_bytes=10**6)
    flip(pool.part("traces", pool.part_names()[0]))
    delete(pool.path / "pool.json")
    with pytest.raises(PoolError, match="nothing is left that says which source"):
        verify_pool(Pool.open(pool.path), POLICY, LocalEngine(1), Progress(), 5.0)
    build(pool.path, dump, part_bytes=10**6)


def test_every_single_bit_of_a_file_is_under_its_seal(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    stamp = write_table(path, pa.table({"x": [1, 2, 3]}), key="k" * 32, about={"a": 1})
    assert read_stamp(path) == stamp
    content = path.read_bytes()
    for place in range(len(content)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :])
        assert read_stamp(path) is None, place
    for length in range(len(content)):
        path.write_bytes(content[:length])
        assert read_stamp(path) is None, length


def test_a_table_is_written_in_row_groups_of_bounded_size(tmp_path: Path) -> None:
    table = pa.table({"text": ["x" * 2**20] * 40, "small": list(range(40))})
    write_table(tmp_path / "x.parquet", table, key="k")
    file = pa.parquet.ParquetFile(tmp_path / "x.parquet")
    assert file.num_row_groups >= 5
    assert file.read().equals(table)
    assert not file.metadata.row_group(0).column(0).is_stats_set
    file.close()


# --- one run at a time ----------------------------------------------------------------------------


def test_a_second_run_is_refused(copy: Path) -> None:
    first, second = Pool.open(copy), Pool.open(copy)
    with first.lock(), first.lock(), pytest.raises(PoolError, match="is in use"), second.lock():
        pass
    with second.lock():
        pass


def test_the_lock_of_a_dead_run_is_free(copy: Path) -> None:
    code = f"""
import os, signal
from pathlib import Path
from curate.pool import Pool
with Pool.open(Path({str(copy)!r})).lock():
    Path({str(copy / "extract")!r}, ".part.1.tmp").touch()
    os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", code]).returncode == -9
    with Pool.open(copy).lock():
        assert not list(copy.rglob("*.tmp"))
    assert (copy / ".lock").read_bytes() == b""


# --- opening and reading --------------------------------------------------------------------------


def test_a_folder_that_is_no_pool_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    assert not Pool.is_pool(tmp_path)
    with pytest.raises(PoolError, match="is not a pool"):
        Pool.open(tmp_path)
    with pytest.raises(PoolError, match="cannot become a pool"):
        Pool.create(tmp_path)
    with pytest.raises(PoolError, match="cannot become a pool"):
        Pool.create(tmp_path / "notes.txt")
    with pytest.raises(PoolError, match="is not a pool"):
        Pool.open(tmp_path / "missing")


def test_a_pool_of_another_version_is_refused(copy: Path) -> None:
    pool = Pool.open(copy)
    pool.write_manifest(pool.manifest | {"schema": 99})
    with pytest.raises(PoolError, match="another version"):
        Pool.open(copy)


def test_every_single_bit_of_the_manifest_is_under_its_seal(copy: Path) -> None:
    path = copy / "pool.json"
    content, meant = path.read_bytes(), Pool.open(copy).manifest
    for place in range(0, len(content), 7):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert Pool(copy).old_manifest() in ({}, meant), place


def test_a_damaged_manifest_is_an_error_for_readers(copy: Path) -> None:
    cut(copy / "pool.json")
    with pytest.raises(PoolError, match="damaged"):
        _ = Pool.open(copy).manifest


def test_a_missing_group_is_an_error_for_readers(copy: Path) -> None:
    shutil.rmtree(copy / "verify")
    pool = Pool.open(copy)
    with pytest.raises(PoolError, match="not verified to the end"):
        pool.read_part(pool.part_names()[0], ["traces", "verify"])


def test_groups_are_joined_side_by_side_and_a_name_comes_once(whole: Pool) -> None:
    part = whole.read_part(whole.part_names()[0], GROUPS, ["verdict", "answer", "id"])
    assert part.columns == ["verdict", "answer", "id"]
    everything = whole.read_part(whole.part_names()[0], GROUPS)
    assert everything.columns.count("answer") == 1
    scanned = whole.scan(GROUPS).collect()
    parts = [whole.read_part(name, GROUPS) for name in whole.part_names()]
    assert scanned.equals(pl.concat(parts))


def test_parts_with_other_columns_and_types_are_brought_together() -> None:
    first = pl.LazyFrame({"a": [1], "b": ["x"], "c": [None], "d": [[1, 2]]})
    second = pl.LazyFrame({"a": ["y"], "c": [2.5], "d": ["z"], "e": [True]})
    found = concatenated([first, second]).collect()
    assert found.to_dict(as_series=False) == {
        "a": ["1", "y"],
        "b": ["x", None],
        "c": [None, 2.5],
        "d": ["[1,2]", "z"],
        "e": [None, True],
    }
    assert common_type(pl.Int64(), pl.Null()) == pl.Int64()
