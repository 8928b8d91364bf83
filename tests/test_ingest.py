"""Ingest: sources keep their numbers, only what is new is read, every record is accounted for."""

import gzip
import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.engine import LocalEngine
from curate.formats import ReadOptions, plan_sources, read_blocks
from curate.ingest import ingest
from curate.pool import Pool
from curate.progress import Progress
from curate.split import ConservationError, check_block
from tests.pools import GROUPS, build, tree, versions, write_dump


def read_only(path: Path, *inputs: Path, options: ReadOptions | None = None) -> Pool:
    """A pool with traces and nothing else."""
    pool = Pool.open(path) if Pool.is_pool(path) else Pool.create(path)
    names = [str(name) for name in inputs]
    ingest(names, pool, options or ReadOptions(part_bytes=4000), LocalEngine(1), Progress())
    return pool


def changed(before: dict[str, int], path: Path) -> set[str]:
    """Files that are new or were written again."""
    return {name for name, version in versions(path).items() if before.get(name) != version}


def test_a_new_source_redoes_nothing_else(tmp_path: Path) -> None:
    first = write_dump(tmp_path / "b.jsonl", seed=1)
    second = write_dump(tmp_path / "a.jsonl", seed=2)
    pool = build(tmp_path / "pool", first)
    before = versions(pool.path)
    build(pool.path, second, first)
    assert {Path(name).name[:10] for name in changed(before, pool.path)} == {
        "part-00001",
        "pool.json",
    }
    assert [source["name"] for source in pool.manifest["sources"]] == [str(first), str(second)]
    build(tmp_path / "at once", first, second)
    assert tree(pool.path) == tree(tmp_path / "at once")


def test_rollouts_are_written_again_only_where_their_problems_changed(tmp_path: Path) -> None:
    first = write_dump(tmp_path / "a.jsonl", seed=1)
    pool = build(tmp_path / "pool", first)
    row = json.loads(first.read_text().splitlines()[0])
    second = tmp_path / "b.jsonl"
    second.write_text(json.dumps(row | {"response": "\\boxed{0}"}) + "\n")
    before = versions(pool.path)
    build(pool.path, second)
    old = {name for name in changed(before, pool.path) if "part-00000" in name}
    assert old == {f"rollouts/{pool.part_names()[0]}"}
    assert pool.scan(["rollouts"]).collect()["rollouts"][0] == 5


def test_a_source_that_is_not_an_input_stays(tmp_path: Path) -> None:
    first, second = write_dump(tmp_path / "a.jsonl"), write_dump(tmp_path / "b.jsonl", seed=1)
    build(tmp_path / "pool", first, second)
    before = tree(tmp_path / "pool")
    first.unlink()
    build(tmp_path / "pool", second)
    assert tree(tmp_path / "pool") == before


def test_a_source_that_changed_is_read_again_and_leaves_nothing_behind(tmp_path: Path) -> None:
    dump = write_dump(tmp_path / "a.jsonl", problems=20)
    build(tmp_path / "pool", dump)
    write_dump(dump, problems=5, seed=3, broken=False)
    build(tmp_path / "pool", dump)
    build(tmp_path / "fresh", dump)
    assert tree(tmp_path / "pool") == tree(tmp_path / "fresh")
    assert not Pool(tmp_path / "pool").part_names("quarantine")


def test_a_source_read_with_other_options_is_read_again(tmp_path: Path) -> None:
    dump = write_dump(tmp_path / "a.jsonl")
    read_only(tmp_path / "pool", dump)
    read_only(tmp_path / "pool", dump, options=ReadOptions(part_bytes=2000))
    read_only(tmp_path / "fresh", dump, options=ReadOptions(part_bytes=2000))
    assert tree(tmp_path / "pool") == tree(tmp_path / "fresh")


def test_a_compressed_source_gives_the_same_traces_in_many_parts(tmp_path: Path) -> None:
    dump = write_dump(tmp_path / "a.jsonl")
    packed = tmp_path / "a.jsonl.gz"
    packed.write_bytes(gzip.compress(dump.read_bytes()))
    plain = read_only(tmp_path / "plain", dump).scan(["traces"]).collect()
    pool = read_only(tmp_path / "packed", packed)
    assert len(pool.part_names()) > 2
    assert pool.scan(["traces"]).drop("source").collect().equals(plain.drop("source"))


@pytest.mark.parametrize("lost", [0, 1, -1])
def test_a_lost_part_of_a_compressed_source_is_made_again(lost: int, tmp_path: Path) -> None:
    packed = tmp_path / "a.jsonl.gz"
    packed.write_bytes(gzip.compress(write_dump(tmp_path / "a.jsonl").read_bytes()))
    pool = read_only(tmp_path / "pool", packed)
    whole, before = tree(pool.path), versions(pool.path)
    name = pool.part_names()[lost]
    pool.part("traces", name).unlink()
    (pool.path / "pool.json").unlink()
    read_only(pool.path, packed)
    assert tree(pool.path) == whole
    assert changed(before, pool.path) <= {f"traces/{name}", f"quarantine/{name}", "pool.json"}


def test_an_empty_source_is_a_part_without_rows(tmp_path: Path) -> None:
    dump = tmp_path / "a.jsonl"
    dump.touch()
    pool = build(tmp_path / "pool", dump, write_dump(tmp_path / "b.jsonl"))
    assert pool.manifest["sources"][0]["rows"] == 0
    assert {pl.read_parquet(pool.part(group, pool.part_names()[0])).height for group in GROUPS} == {
        0
    }
    before = versions(pool.path)
    build(pool.path, dump)
    assert versions(pool.path) == before


# --- nothing is lost ------------------------------------------------------------------------------

TEXTS = st.text(max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
ROWS = st.fixed_dictionaries(
    {},
    optional={
        "problem": VALUES | TEXTS,
        "response": VALUES | TEXTS,
        "gold": VALUES,
        "id": VALUES,
        "other": VALUES,
    },
)
GOOD = st.fixed_dictionaries({"problem": TEXTS, "response": TEXTS, "gold": TEXTS})
LINES = st.one_of(
    st.binary(max_size=40),
    ROWS.map(lambda row: json.dumps(row).encode()),
    GOOD.map(lambda row: json.dumps(row, ensure_ascii=False).encode(errors="replace")),
    GOOD.map(lambda row: json.dumps(row).encode()[:-3]),
)


@given(lines=st.lists(LINES, max_size=12), part_bytes=st.integers(20, 400))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_rows_in_are_rows_accounted_for(
    lines: list[bytes], part_bytes: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("broken")
    dump = folder / "a.jsonl"
    content = b"\n".join(lines)
    dump.write_bytes(content)
    pool = build(folder / "pool", dump, part_bytes=part_bytes)
    (source,) = pool.manifest["sources"]
    traces = pool.scan(["traces"]).collect() if source["traces"] else pl.DataFrame({"row": []})
    quarantine = pool.scan_quarantine().collect()
    found = {*traces["row"].to_list(), *quarantine["row"].to_list()}
    assert len(found) == source["rows"]
    assert source["traces"] == traces.height
    assert source["quarantined"] == quarantine.height
    blank = sum(not line.strip() for line in content.split(b"\n"))
    assert source["rows"] >= len(content.split(b"\n")) - blank
    assert {pool.scan([group]).collect().height for group in GROUPS} == {traces.height}


def test_a_block_that_lost_a_record_is_a_bug_with_numbers(tmp_path: Path) -> None:
    dump = write_dump(tmp_path / "a.jsonl")
    (source,) = plan_sources([str(dump)], ReadOptions())
    (block,) = read_blocks(source, source.splits[0], ReadOptions())
    check_block("a", block)
    for wrong in (
        replace(block, traces=block.traces.slice(1)),
        replace(block, n_records=block.n_records + 1),
    ):
        with pytest.raises(ConservationError, match=f"{wrong.n_records} records were read"):
            check_block("a", wrong)
