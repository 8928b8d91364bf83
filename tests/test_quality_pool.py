"""The `quality` group of a pool: made once, made again only when it must be, by labels too."""

import json
from pathlib import Path

import polars as pl
import pytest

from curate.engine import LocalEngine
from curate.errors import InputError, PoolError
from curate.export import groups_of
from curate.fit_pool import fit_of, fit_pool, fit_text, labelled_rows
from curate.groups import stages_of
from curate.pool import Pool
from curate.progress import Progress
from curate.quality_pool import QualityAccount, quality_pool
from tests.pools import build, tree, versions, write_dump
from tests.score_frames import write_labels, write_scores

COLUMNS = ["quality", "quality_raw", "grade", "quality_why"]


def weigh(pool: Pool, workers: int = 1, **options: dict[str, object] | None) -> QualityAccount:
    with LocalEngine(workers) as engine:
        return quality_pool(pool, engine, Progress(), **options)


@pytest.fixture
def pool(tmp_path: Path) -> Pool:
    made = build(tmp_path / "pool", write_dump(tmp_path / "dump.jsonl", problems=30))
    write_scores(made)
    return made


def test_every_trace_has_a_quality_and_the_account_adds_up(pool: Pool) -> None:
    account = weigh(pool)
    found = pool.scan(["traces", "quality"], ["id", *COLUMNS]).collect()
    assert found.height == account.traces == 120
    assert sum(account.grades.values()) + account.unscored == account.traces
    assert account.combination == "default"
    assert "120 traces: A " in str(account)
    assert "quality" in groups_of(pool)
    for name, stamp in pool.stamps("traces").items():
        assert pool.stamps("quality")[name].rows == stamp.rows


def test_a_second_run_writes_nothing(pool: Pool) -> None:
    weigh(pool)
    before = versions(pool.path)
    weigh(pool)
    assert versions(pool.path) == before


def test_two_workers_write_the_same_bytes(pool: Pool, tmp_path: Path) -> None:
    weigh(pool)
    other = build(tmp_path / "other" / "pool", tmp_path / "dump.jsonl")
    write_scores(other)
    weigh(other, workers=2)
    assert tree(pool.path / "quality") == tree(other.path / "quality")


def test_other_signals_change_the_trend_and_so_every_part(pool: Pool) -> None:
    weigh(pool)
    before = stages_of(pool)["quality"]["config"]["trend"]
    write_scores(pool, seed=7)
    assert "quality" not in stages_of(pool)
    weigh(pool)
    assert stages_of(pool)["quality"]["config"]["trend"] != before


def test_a_pool_without_signals_is_an_error(tmp_path: Path) -> None:
    made = build(tmp_path / "pool", write_dump(tmp_path / "dump.jsonl"))
    with pytest.raises(PoolError, match="has no"):
        weigh(made)


# --- fitted ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("labels", ["verdict", "number_is_even"])
def test_a_fit_to_a_column_makes_the_quality(tmp_path: Path, labels: str) -> None:
    dump = write_dump(tmp_path / "dump.jsonl", problems=30, broken=False)
    rows = [json.loads(line) for line in dump.read_text().splitlines()]
    lines = [json.dumps(row | {"number_is_even": row["number"] % 2}) for row in rows]
    dump.write_text("\n".join(lines))
    pool = build(tmp_path / "pool", dump)
    write_scores(pool)
    found = fit_pool(pool, labels)
    assert found.traces == 120
    account = weigh(pool, model=found.model)
    assert account.combination == "fitted"
    assert stages_of(pool)["quality"]["config"]["model"] == found.model
    assert fit_of(pool) == json.loads(json.dumps(found.report | {"model": found.model}))
    text = fit_text(found)
    assert "AUC within problem" in text
    assert "loop_share" in text
    shown = pool.scan(["quality"], ["quality_raw"]).collect()["quality_raw"]
    assert shown.mean() == pytest.approx(found.positive, abs=0.05)


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_a_fit_to_a_file_of_labels(pool: Pool, tmp_path: Path, suffix: str) -> None:
    ids = pool.scan(["traces"], ["id"]).collect()["id"].to_list()
    file = tmp_path / f"labels{suffix}"
    labels = pl.DataFrame({"id": ids[:90], "label": ["yes", "no", "?"] * 30})
    _ = labels.write_ndjson(file) if suffix == ".jsonl" else labels.write_parquet(file)
    rows = labelled_rows(pool, str(file))
    assert rows.height == 120
    assert rows["label"].to_list()[:90] == [True, False, None] * 30
    assert rows["label"].null_count() == 60
    assert fit_pool(pool, str(file)).traces == 60


def test_labels_that_contradict_each_other_are_an_error(pool: Pool, tmp_path: Path) -> None:
    file = write_labels(tmp_path / "labels.jsonl", ["a", "b", "a"], [1, 0, 0])
    with pytest.raises(InputError, match="two things of the trace a"):
        fit_pool(pool, str(file))


@pytest.mark.parametrize("labels", ["no_such_column", "missing.jsonl", "other.jsonl"])
def test_labels_that_are_not_there_are_an_error(
    pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, labels: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("other.jsonl").write_text('{"id": "x", "verdict": 1}\n')
    with pytest.raises(InputError):
        fit_pool(pool, labels)


def test_the_default_comes_back_when_no_labels_are_given(pool: Pool) -> None:
    weigh(pool)
    before = tree(pool.path / "quality")
    weigh(pool, model=fit_pool(pool, "verdict").model)
    weigh(pool)
    after = tree(pool.path / "quality")
    assert {name: after[name] for name in before} == before
