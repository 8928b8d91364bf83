"""`curate dedup` on small pools: who stays, what is said of the rest, and that nothing is lost."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.dedup.account import account_of
from curate.dedup.bands import Pairs
from curate.dedup.clusters import components, survivors, verified
from curate.dedup.keys import TraceKeys
from curate.dedup.outcome import Outcome, outcome
from curate.dedup.settings import DedupSettings, Level
from curate.dedup_pool import dedup_pool
from curate.engine import LocalEngine
from curate.export import export
from curate.groups import record_stage
from curate.io import write_table
from curate.pool import Pool
from curate.progress import Progress
from curate.stage import Stage
from tests.kill_driver import before_each_write
from tests.pools import build, tree, versions

ROOT = Path(__file__).resolve().parents[1]
WORDS = [f"{first}{second}" for first in "bcdfghjklm" for second in ("an", "ore", "ite", "ush")]


def story(seed: int, length: int = 300) -> str:
    """A response of so many made-up words, another one for every seed."""
    draw = random.Random(seed)
    return " ".join(draw.choice(WORDS) for _ in range(length))


def edited(text: str, places: int) -> str:
    """The text with so many of its words replaced, spread evenly."""
    words = text.split(" ")
    for place in range(places):
        words[(2 * place + 1) * len(words) // (2 * places)] = f"new{place}"
    return " ".join(words)


def row(problem: str, response: str, gold: str | None = None) -> dict[str, str | None]:
    return {"problem": problem, "response": response, "gold": gold}


def dump(path: Path, rows: list[dict[str, str | None]]) -> Path:
    path.write_text("".join(json.dumps(found) + "\n" for found in rows))
    return path


def deduped(
    pool: Pool, chosen: DedupSettings | None = None, engine: LocalEngine | None = None
) -> pl.DataFrame:
    """The traces with what became of them, in the order of the dump."""
    dedup_pool(pool, chosen or DedupSettings(), engine or LocalEngine(1), Progress())
    return pool.scan(["traces", "dedup"]).collect()


def made(folder: Path, rows: list[dict[str, str | None]]) -> Pool:
    return build(folder / "pool", dump(folder / "dump.jsonl", rows))


LONG = "Let $x$ be the number of coins in the chest of the pirate, of which 12 are gold. Find $x$"
GOLDEN = [
    # (problem, response, reference, level of the copy, the row it is a copy of, evidence)
    ("Add 1 and 2.", story(1), "3", None, None, None),
    ("Add 1 and 2.", story(1).upper() + "\n", "3", "rollout", 0, "identical response"),
    ("Add 1 and 2.", edited(story(1), 3), "3", "rollout", 0, "Jaccard 0.9"),
    ("Add 1 and 2.", story(2), "3", None, None, None),
    ("Add 1 and 3.", edited(story(2), 3), "4", "trace", 3, "Jaccard 0.9"),
    ("Add 1 and 3.", "It is 4", "4", None, None, None),
    ("Add 2 and 2.", "It is 4", "4", None, None, None),
    ("Add 2 and 2.", "it is  4", "4", "rollout", 6, "identical response"),
    (LONG, story(3), "7", None, None, None),
    (LONG.replace("$x$", "\\( x \\)") + ".", story(4), "7", "problem", 8, "identical problem"),
    (LONG.replace("Find", "Now find"), story(5), None, "problem", 8, "of character 5-grams"),
    (LONG.replace("12", "13"), story(6), "7", None, None, None),
    (LONG.replace("gold", "good"), story(7), "8", None, None, None),
    ("?", story(8), None, None, None, None),
    ("求解方程的值", "".join(story(9, 80).split()), None, None, None, None),
]


def by_quality(pool: Pool, grades: dict[str, float]) -> None:
    """Grade the traces that have these responses, and all others 0.5."""
    stage = Stage(name="quality", version=1, config={})
    for name in pool.part_names():
        texts = pool.read_part(name, ["traces"], ["response"])["response"]
        column = pl.DataFrame({"quality": [grades.get(text, 0.5) for text in texts]})
        table = column.to_arrow(compat_level=pl.CompatLevel.oldest())
        write_table(pool.part("quality", name), table, key="grades")
    record_stage(pool, stage, ["traces"])


def first_of_each_cluster() -> dict[str, float]:
    """Grades that let the first row of every cluster stay."""
    stay = {place for *_, place, _ in GOLDEN if place is not None}
    return {GOLDEN[place][1]: 0.9 for place in stay}


def test_what_is_a_copy_of_what(tmp_path: Path) -> None:
    pool = made(tmp_path, [row(*found[:3]) for found in GOLDEN])
    by_quality(pool, first_of_each_cluster())
    found = deduped(pool)
    for place, (_, _, _, level, of, evidence) in enumerate(GOLDEN):
        got = found.row(place, named=True)
        assert got["duplicate_level"] == level, got
        assert got["is_survivor"] == (level is None)
        if of is not None:
            assert got["duplicate_of"] == found["id"][of]
            assert evidence in got["duplicate_evidence"]
            assert 0.8 <= got["similarity"] <= 1
            stays = found.row(of, named=True)["duplicate_cluster"]
            assert got["duplicate_cluster"] in (stays, found["problem_id"][of])
        else:
            assert (got["duplicate_of"], got["similarity"]) == (None, None)
    account = account_of(pool)
    assert account.copies == {"problem": 2, "trace": 1, "rollout": 3}
    assert account.clusters == {"problem": 1, "trace": 1, "rollout": 2}
    assert (account.traces, account.kept, account.chained) == (15, 9, 0)


def test_without_grades_the_smallest_id_stays(tmp_path: Path) -> None:
    rows = [row("Why?", edited(story(1), edits)) for edits in range(4)]
    found = deduped(made(tmp_path, rows))
    assert found.filter("is_survivor")["id"].to_list() == [min(found["id"])]
    assert set(found["duplicate_of"].drop_nulls()) == {min(found["id"])}


@pytest.mark.parametrize("level", Level)
def test_a_level_alone_finds_its_own(tmp_path: Path, level: Level) -> None:
    pool = made(tmp_path, [row(*found[:3]) for found in GOLDEN])
    by_quality(pool, first_of_each_cluster())
    found = deduped(pool, DedupSettings(levels=frozenset([level])))
    copies = dict(found["duplicate_level"].drop_nulls().value_counts().iter_rows())
    # Responses that are long enough are compared everywhere, in their own problem too.
    wanted: dict[Level, dict[str, int]] = {
        Level.PROBLEM: {"problem": 2},
        Level.TRACE: {"trace": 1, "rollout": 2},
        Level.ROLLOUT: {"rollout": 3},
    }
    assert copies == wanted[level]


def test_a_chain_is_told_from_a_copy(tmp_path: Path) -> None:
    whole = story(1, 400)
    steps = [whole]
    for step in range(6):
        words = steps[-1].split(" ")
        words[step * 60 + 5 : step * 60 + 25] = story(100 + step, 20).split(" ")
        steps.append(" ".join(words))
    found = deduped(made(tmp_path, [row("Why?", text) for text in steps]))
    copies = found.filter(~pl.col("is_survivor"))
    assert copies.height == 6
    below = copies.filter(pl.col("similarity") < 0.8)["duplicate_evidence"]
    assert 0 < len(below) < 6
    assert below.str.contains("linked through others, Jaccard").all()
    assert account_of(Pool(tmp_path / "pool")).chained == len(below)


def test_without_verifying_the_evidence_is_an_estimate(tmp_path: Path) -> None:
    rows = [row("Why?", story(1)), row("Why?", edited(story(1), 1))]
    found = deduped(made(tmp_path, rows), DedupSettings(verify=False))
    (told,) = found["duplicate_evidence"].drop_nulls()
    assert told.startswith("response: Jaccard about 0.9")


def test_a_threshold_is_kept(tmp_path: Path) -> None:
    rows = [row("Why?", story(1)), row("Why?", edited(story(1), 20))]  # Jaccard 0.5
    pool = made(tmp_path, rows)
    assert deduped(pool)["is_survivor"].to_list() == [True, True]
    assert sorted(deduped(pool, DedupSettings(threshold=0.45))["is_survivor"]) == [False, True]
    assert sorted(deduped(pool)["is_survivor"]) == [True, True]


def test_more_rollouts_than_are_compared_with_each_other(tmp_path: Path) -> None:
    rows = [row("Why?", edited(story(seed), seed % 3)) for seed in range(150)]
    rows += [row("Why?", edited(story(seed), 4)) for seed in range(0, 150, 10)]
    found = deduped(made(tmp_path, rows), DedupSettings(levels=frozenset([Level.ROLLOUT])))
    assert int((~found["is_survivor"]).sum()) == 15


def test_export_and_show_know_the_columns(tmp_path: Path) -> None:
    pool = made(tmp_path, [row(*found[:3]) for found in GOLDEN])
    deduped(pool)
    written = export(pool, tmp_path / "unique.jsonl", where="is_survivor")
    assert written.exported == 9


# --- what holds whatever is found -----------------------------------------------------------------


@st.composite
def findings(draw: st.DrawFn) -> tuple[TraceKeys, Pairs, Pairs]:
    """Traces of some problems, with any pairs of them linked."""
    count = draw(st.integers(1, 14))
    raw = draw(st.lists(st.integers(0, 5), min_size=count, max_size=count))
    problem = np.unique(raw, return_inverse=True)[1]
    problems = int(problem.max()) + 1
    rows, owns = st.integers(0, count - 1), st.integers(0, problems - 1)
    linked = draw(st.lists(st.tuples(rows, rows), max_size=12))
    same = draw(st.lists(st.tuples(owns, owns), max_size=4))
    ids = draw(st.lists(st.integers(0, 9), min_size=count, max_size=count))
    grades = draw(st.lists(st.sampled_from([-1.0, 0.2, 0.9]), min_size=count, max_size=count))
    keys = TraceKeys(
        names=["part-00000-00000.parquet"],
        firsts=np.array([0, count]),
        ids=np.stack([np.array(ids, np.uint64)] * 2, axis=1),
        problem=problem,
        identity=np.zeros(count, np.uint64),
        shingles=np.zeros(count, np.int64),
        signatures=np.zeros((count, 128), np.uint32),
        quality=np.array(grades),
    )
    responses = components(count, np.array(linked, np.int64).reshape(-1, 2))
    return keys, responses, components(problems, np.array(same, np.int64).reshape(-1, 2))


@given(findings())
def test_a_copy_names_one_that_stays_and_every_cluster_keeps_one(
    found: tuple[TraceKeys, Any, Any],
) -> None:
    keys, responses, problems = found
    got = outcome(keys, responses, problems)
    stays = got.why == Outcome.STAYS
    rows = np.arange(len(stays))
    assert stays[got.copy_of].all()
    assert (got.copy_of[stays] == rows[stays]).all()
    assert (got.copy_of[~stays] != rows[~stays]).all()
    for problem_cluster in np.unique(problems):
        members = problems[keys.problem] == problem_cluster
        # One of the cluster stays, or all of it is a copy of responses to other problems.
        assert stays[members].any() or stays[got.copy_of[members]].all()
    for cluster in np.unique(responses):
        assert stays[responses == cluster].sum() <= 1
    by_problem = got.why == Outcome.PROBLEM
    assert (
        problems[keys.problem[by_problem]] == problems[keys.problem[got.copy_of[by_problem]]]
    ).all() or (got.why[by_problem] == Outcome.PROBLEM).all()
    alone = (problems[keys.problem] == keys.problem) & (
        np.bincount(problems, minlength=len(problems))[problems[keys.problem]] == 1
    )
    single = np.bincount(responses, minlength=len(rows))[responses] == 1
    assert stays[alone & single].all()


@given(st.integers(1, 30), st.lists(st.tuples(st.integers(0, 29), st.integers(0, 29)), max_size=40))
def test_components_are_what_links_reach(count: int, links: list[tuple[int, int]]) -> None:
    links = [(a % count, b % count) for a, b in links]
    label = components(count, np.array(links, np.int64).reshape(-1, 2))
    reached = [{row} for row in range(count)]
    for _ in range(count):
        for a, b in links:
            both = reached[a] | reached[b]
            for row in both:
                reached[row] = both
    assert label.tolist() == [min(some) for some in reached]
    one = verified(count, np.empty((0, 2), np.int64), np.array(links).reshape(-1, 2), always, 0.5)
    assert (components(count, one) == label).all()
    assert len(one) == count - len(set(label.tolist()))
    order = np.argsort(-np.arange(count))
    assert survivors(label, order).tolist() == [max(some) for some in reached]


def always(left: int, right: int) -> float:
    return 1.0


# --- the same bytes, whatever happens -------------------------------------------------------------


def many(folder: Path) -> list[Path]:
    """Two dumps of several parts each with copies of all kinds, also across parts and dumps."""
    draw = random.Random(0)
    rows = []
    for number in range(60):
        when = draw.choice(("when", "while"))
        problem = f"{LONG}, {when} the sea is calm and number {number % 10} sings its long song"
        text = edited(story(draw.randrange(25), 120), draw.randrange(4))
        rows.append(row(problem, text, draw.choice([None, "7"])))
    return [dump(folder / "a.jsonl", rows[:40]), dump(folder / "b.jsonl", rows[40:])]


def copy_of(pool: Pool, path: Path) -> Pool:
    shutil.copytree(pool.path, path)
    return Pool(path)


@pytest.fixture(scope="module")
def verified_pool(tmp_path_factory: pytest.TempPathFactory) -> Pool:
    folder = tmp_path_factory.mktemp("many")
    return build(folder / "pool", *many(folder))


@pytest.fixture(scope="module")
def unbroken(verified_pool: Pool, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    pool = copy_of(verified_pool, tmp_path_factory.mktemp("unbroken") / "pool")
    found = deduped(pool)
    assert set(found["duplicate_level"].drop_nulls()) == {"problem", "trace", "rollout"}
    assert len(pool.part_names()) > 4
    return tree(pool.path)


def test_three_workers_write_the_same_bytes(
    verified_pool: Pool, unbroken: dict[str, bytes], tmp_path: Path
) -> None:
    pool = copy_of(verified_pool, tmp_path / "pool")
    with LocalEngine(3) as engine:
        deduped(pool, engine=engine)
    assert tree(pool.path) == unbroken


def test_a_second_run_writes_nothing(verified_pool: Pool, tmp_path: Path) -> None:
    pool = copy_of(verified_pool, tmp_path / "pool")
    deduped(pool)
    before = versions(pool.path)
    deduped(Pool(pool.path))
    assert versions(pool.path) == before


class PowerCut(BaseException):
    """The end of a process, as far as its files can tell."""


def test_a_run_cut_at_any_write_point_is_finished_by_the_next(
    verified_pool: Pool, unbroken: dict[str, bytes], tmp_path: Path
) -> None:
    cuts = 0
    for death in range(1, 10_000, 7):
        pool = copy_of(verified_pool, tmp_path / f"pool{death}")

        def cut(number: int, death: int = death) -> None:
            if number >= death:
                raise PowerCut

        stop = before_each_write(cut)
        try:
            deduped(pool)
            break
        except PowerCut:
            cuts += 1
        finally:
            stop()
        deduped(Pool(pool.path))
        assert tree(pool.path) == unbroken, f"write point {death}"
        shutil.rmtree(pool.path)
    assert cuts > 10


def test_a_killed_command_goes_on(
    verified_pool: Pool, unbroken: dict[str, bytes], tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "curate", "dedup"]
    draw = random.Random(3)
    for number in range(4):
        pool = copy_of(verified_pool, tmp_path / f"pool{number}")
        process = subprocess.Popen(
            [*command, str(pool.path), "--workers", "2"],
            cwd=ROOT,
            start_new_session=True,
            stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        try:
            process.wait(draw.uniform(0.5, 3.0))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        deduped(Pool(pool.path))
        assert tree(pool.path) == unbroken, number


def test_a_new_dump_is_signed_alone(tmp_path: Path) -> None:
    first, second = many(tmp_path)
    pool = build(tmp_path / "pool", first)
    deduped(pool)
    before = versions(pool.path / "minhash")
    both = build(tmp_path / "pool", first, second)
    assert "dedup" not in both.manifest["stages"]
    deduped(both)
    after = versions(both.path / "minhash")
    assert len(after) > len(before)
    assert {name: after[name] for name in before} == before
    whole = build(tmp_path / "whole", first, second)
    deduped(whole)
    assert tree(both.path / "dedup") == tree(whole.path / "dedup")


# --- texts that are made to hurt ------------------------------------------------------------------


def test_hostile_texts_are_only_texts(tmp_path: Path) -> None:
    texts = [
        "", " ", "\x00", "\x00" * 100_000, "a" * 20_000_000, "a" * 2_000_000 + "b", "数" * 300_000,
        "\u200b" * 1000, "\U0010ffff" * 1000, "é" * 100_000, "\\boxed{" * 100_000, "{" * 200_000,
        "word " * 400_000, "𝑥 " * 1000, "\u0300" * 10_000, "]]>\x1b[31m' OR 1=1 --",
    ]  # fmt: skip
    rows = [row(text[:1_000_000], text) for text in texts]
    rows += [row("Why?", text) for text in texts]
    found = deduped(made(tmp_path, rows))
    assert found.height + Pool(tmp_path / "pool").scan_quarantine().collect().height >= len(rows)
    stays = set(found.filter("is_survivor")["id"])
    assert set(found["duplicate_of"].drop_nulls()) <= stays
    assert not (tmp_path / "pool" / ".work").exists()


def test_an_empty_pool(tmp_path: Path) -> None:
    path = dump(tmp_path / "dump.jsonl", [])
    path.write_text("{\n")
    assert deduped(build(tmp_path / "pool", path)).height == 0
