"""The `score` group of a pool: row for row, the same bytes whatever happens, nothing lost."""

import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

import curate.score_pool
from curate.engine import LocalEngine
from curate.errors import PoolError
from curate.export import groups_of
from curate.groups import stages_of
from curate.pool import Pool
from curate.progress import Progress
from curate.quality.columns import SCORE_SCHEMA
from curate.quality.signals import signals_of
from curate.quality.size import Tokenizer
from curate.score_pool import medians, score_pool, stripped
from tests.pools import build, tree, versions, write_dump
from tests.test_kill import run_and_kill

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def verified(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A verified pool of some parts; copied before it is changed."""
    folder = tmp_path_factory.mktemp("verified")
    return build(folder / "pool", write_dump(folder / "a.jsonl", problems=20)).path


@pytest.fixture
def pool(verified: Path, tmp_path: Path) -> Pool:
    """A verified pool that may be changed."""
    shutil.copytree(verified, tmp_path / "pool")
    return Pool.open(tmp_path / "pool")


def score(pool: Pool, workers: int = 1) -> curate.score_pool.ScoreAccount:
    with LocalEngine(workers) as engine:
        return score_pool(pool, engine, Progress())


def test_every_trace_has_its_row_of_signals(pool: Pool) -> None:
    account = score(pool)
    rows = pool.scan(["traces", "score"]).collect()
    assert (account.traces, account.scored, account.failed) == (rows.height, rows.height, {})
    assert rows["tokens"].null_count() == 0
    assert {name: rows.schema[name] for name in SCORE_SCHEMA} == SCORE_SCHEMA
    assert "score" in groups_of(pool)


def test_only_what_is_new_is_scored(pool: Pool) -> None:
    score(pool)
    before = versions(pool.path)
    score(pool)
    assert versions(pool.path) == before
    part = pool.part("score", pool.part_names()[1])
    part.write_bytes(part.read_bytes()[:-1])
    score(pool)
    assert [name for name, number in versions(pool.path).items() if before[name] != number] == [
        f"score/{part.name}"
    ]


def test_a_new_policy_scores_nothing_again(pool: Pool) -> None:
    score(pool)
    before = pool.stamps("score")
    for name in pool.part_names():
        pool.part("verify", name).unlink()
    score(pool)
    assert {name: stamp.seal for name, stamp in pool.stamps("score").items()} == {
        name: stamp.seal for name, stamp in before.items()
    }


def test_any_number_of_workers_writes_the_same_bytes(pool: Pool, tmp_path: Path) -> None:
    shutil.copytree(pool.path, tmp_path / "other")
    score(pool)
    score(Pool.open(tmp_path / "other"), workers=3)
    assert tree(pool.path / "score") == tree(tmp_path / "other" / "score")


def test_the_order_of_the_rows_changes_no_signal(tmp_path: Path) -> None:
    dump = write_dump(tmp_path / "a.jsonl", broken=False)
    lines = dump.read_text().splitlines()
    random.Random(1).shuffle(lines)
    (tmp_path / "b.jsonl").write_text("\n".join(lines) + "\n")
    frames = []
    for name in ("a", "b"):
        pool = build(tmp_path / f"pool-{name}", tmp_path / f"{name}.jsonl")
        score(pool)
        columns = ["id", *SCORE_SCHEMA]
        frames.append(pool.scan(["traces", "score"], columns).collect().sort("id"))
    assert frames[0].equals(frames[1])


def test_a_row_that_our_code_does_not_survive_has_nulls_and_is_counted(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def fragile(*arguments: object) -> dict[str, object]:
        seen.append(arguments)
        if len(seen) == 3:
            raise ZeroDivisionError("of all things")
        return signals_of(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(curate.score_pool, "signals_of", fragile)
    account = score(pool)
    assert account.failed == {"ZeroDivisionError: of all things": 1}
    assert account.scored == account.traces - 1
    rows = pool.scan(["score"]).collect()
    assert rows["tokens"].null_count() == 1
    assert "1 failed: ZeroDivisionError: of all things" in str(account)


def test_a_group_that_lacks_a_part_is_not_read(pool: Pool) -> None:
    pool.part("extract", pool.part_names()[0]).unlink()
    with pytest.raises(PoolError, match="no whole `extract`"):
        score(pool)


def test_a_changed_pool_forgets_its_signals(pool: Pool, tmp_path: Path) -> None:
    score(pool)
    assert "score" in stages_of(pool)
    build(pool.path, write_dump(tmp_path / "a.jsonl", problems=3, seed=5))
    assert "score" not in groups_of(pool)


def test_medians_stand_by_verdict(pool: Pool) -> None:
    score(pool)
    found = medians(pool)
    assert found["verdict"].is_sorted()
    assert found["traces"].sum() == pool.scan(["traces"]).collect().height


@pytest.mark.parametrize(
    ("text", "kept"),
    [("a \n", "a"), ("a\u3000\x85", "a"), ("。", "。"), ("a\x1f", "a"), (" \u3000" * 5000, "")],
)
def test_white_space_of_any_alphabet_is_left_out_at_the_end(text: str, kept: str) -> None:
    assert stripped(text.encode()) == kept.encode()


def test_tokens_are_counted_by_a_tokenizer_that_is_named(pool: Pool, tmp_path: Path) -> None:
    file = write_tokenizer(tmp_path / "tokenizer.json")
    score(pool)
    estimated = pool.scan(["score"], ["tokens"]).collect()["tokens"]
    with LocalEngine(1) as engine:
        score_pool(pool, engine, Progress(), Tokenizer.at(file))
    counted = pool.scan(["traces", "score"], ["response", "tokens"]).collect()
    assert not counted["tokens"].equals(estimated)
    longest = counted.sort("tokens").row(-1, named=True)
    assert longest["tokens"] == len(longest["response"].replace(">", "> ").split())


def write_tokenizer(path: Path) -> Path:
    """A tokenizer whose tokens are words between spaces."""
    tokenizers = pytest.importorskip("tokenizers")
    model = tokenizers.models.WordLevel({"?": 0}, unk_token="?")
    made = tokenizers.Tokenizer(model)
    made.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    made.save(str(path))
    return path


@pytest.mark.slow
def test_a_run_that_is_killed_is_finished_by_the_next(verified: Path, tmp_path: Path) -> None:
    shutil.copytree(verified, tmp_path / "unbroken")
    command = [sys.executable, "-m", "curate", "score", str(tmp_path / "unbroken")]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    whole = tree(tmp_path / "unbroken")
    draw, killed = random.Random(7), 0
    for number in range(5):
        path = tmp_path / f"pool{number}"
        shutil.copytree(verified, path)
        command = [sys.executable, "-m", "curate", "score", str(path), "--workers", "2"]
        start = time.monotonic()
        killed += run_and_kill(command, draw.uniform(0.3, 2.0))
        assert time.monotonic() - start < 60
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert tree(path) == whole
    assert killed > 0


def test_a_long_hostile_row_leaves_the_others_alone(tmp_path: Path) -> None:
    dump = tmp_path / "a.jsonl"
    rows = ["The answer is 5.", "x" * 3_000_000, "wait " * 300_000, "\x00" * 1000, "所" * 500_000]
    frame = pl.DataFrame(
        {"problem": ["p"] * len(rows), "response": rows, "gold": ["5"] * len(rows)}
    )
    frame.write_ndjson(dump)
    pool = build(tmp_path / "pool", dump, part_bytes=64 * 2**20)
    assert score(pool).failed == {}
    shares = pool.scan(["score"], ["loop_share"]).collect()["loop_share"].to_list()
    assert [share > 0.9 for share in shares] == [
        False,
        True,
        True,
        False,
        True,
    ]  # control characters are white space
