"""The verify stage: what it writes, that it repeats nothing, and that it survives its workers."""

import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.decisions import log_rows, read_log
from curate.engine import LocalEngine
from curate.errors import InputError, PoolError
from curate.journal import journal
from curate.pairs import PAIR_KEY, Chunk, Pair
from curate.pool import Pool
from curate.rollouts import problems
from curate.split import SplitTask
from curate.texts import Text
from curate.verdict import Verdict
from curate.verify import Policy, canonical, verify
from curate.verify_part import PartTask, extract_row
from curate.worker import Failure
from tests.pools import GROUPS, POLICY, build, tree, versions, write_dump

Task = TypeVar("Task")
Result = TypeVar("Result")


class FragileEngine(LocalEngine):
    """An engine in this process whose worker dies of certain tasks; keeps what it was given."""

    def __init__(self, deadly: Callable[[object], bool] = lambda _: False) -> None:
        super().__init__(1)
        self.deadly = deadly
        self.given: list[object] = []

    def map(
        self,
        function: Callable[[Task], Result],
        tasks: Iterable[Task],
        timeout_s: float | None = None,
    ) -> Iterator[tuple[int, Result | Failure]]:
        for index, task in enumerate(tasks):
            self.given.append(task)
            if self.deadly(task):
                yield index, Failure(kind="crash", message="it died")
            else:
                yield index, function(task)


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_dump(tmp_path_factory.mktemp("dump") / "a.jsonl")


def test_the_verdicts_are_those_of_the_library(dump: Path, tmp_path: Path) -> None:
    rows = build(tmp_path / "pool", dump).scan(["traces", "verify"]).collect()
    for row in rows.iter_rows(named=True):
        found = verify(row["response"], row["reference"])
        assert row["verdict"] == found.verdict
        assert (row["answer"], row["answer_start"], row["answer_end"]) == (
            found.answer,
            found.answer_start,
            found.answer_end,
        )
        assert (row["reference_kind"], row["method"], row["reason"]) == (
            found.reference_kind,
            found.method,
            found.reason,
        )
    assert set(rows["verdict"]) == {"correct", "incorrect", "unparsed"}


def test_one_worker_and_three_write_the_same_bytes(dump: Path, tmp_path: Path) -> None:
    build(tmp_path / "one", dump)
    with LocalEngine(3) as engine:
        build(tmp_path / "three", dump, engine=engine)
    assert tree(tmp_path / "one") == tree(tmp_path / "three")


def test_each_distinct_pair_that_is_not_identical_is_decided_once(
    dump: Path, tmp_path: Path
) -> None:
    engine = FragileEngine()
    pool = build(tmp_path / "pool", dump, engine=engine)
    decided = [pair for task in engine.given if isinstance(task, Chunk) for pair in task.pairs]
    rows = pool.scan(["extract", "traces"], ["answer", "reference", "identical"]).collect()
    open_pairs = rows.drop_nulls().filter(~pl.col("identical")).drop("identical").unique()
    assert 0 < open_pairs.height < rows.drop("identical").drop_nulls().unique().height
    assert Counter((pair.answer, pair.reference) for pair in decided) == Counter(
        open_pairs.iter_rows()
    )


def test_another_policy_changes_only_what_depends_on_it(dump: Path, tmp_path: Path) -> None:
    pool = build(tmp_path / "pool", dump)
    whole, before = tree(pool.path), versions(pool.path)
    build(pool.path, dump, policy=replace(POLICY, units_optional=False))
    after = versions(pool.path)
    assert {name.split("/")[0] for name in after if before[name] != after[name]} == {
        "verify",
        "pool.json",
    }
    build(pool.path, dump)
    assert tree(pool.path) == whole


def test_a_pair_that_ends_its_worker_is_an_error_and_the_others_are_decided(
    dump: Path, tmp_path: Path
) -> None:
    good = build(tmp_path / "good", dump).scan(["traces", "extract", "verify"]).collect()
    answer = good.drop_nulls("answer").filter(~pl.col("identical"))["answer"][0]

    def deadly(task: object) -> bool:
        return isinstance(task, Chunk) and any(pair.answer == answer for pair in task.pairs)

    pool = build(tmp_path / "pool", dump, engine=FragileEngine(deadly))
    rows = pool.scan(["traces", "extract", "verify"]).collect()
    hit = pl.col("answer").eq_missing(answer) & ~pl.col("identical")
    spoiled = rows.filter(hit)
    assert set(spoiled["verdict"]) == {"error"}
    assert set(spoiled["reason"]) == {"it died"}
    assert set(spoiled["method"].str.split("/").list.last()) == {"none"}
    assert rows.filter(~hit).equals(good.filter(~hit))


@pytest.mark.parametrize(
    ("kind", "error"), [(SplitTask, InputError), (PartTask, PoolError)], ids=["ingest", "verify"]
)
def test_a_part_that_ends_its_worker_twice_is_an_error_that_names_it(
    kind: type, error: type[Exception], dump: Path, tmp_path: Path
) -> None:
    with pytest.raises(error, match=r"(?s)a\.jsonl|part-0.*it died"):
        build(tmp_path / "pool", dump, engine=FragileEngine(lambda task: isinstance(task, kind)))


def test_a_part_that_ends_its_worker_once_is_made_at_the_second_try(
    dump: Path, tmp_path: Path
) -> None:
    seen: set[str] = set()

    def deadly_once(task: object) -> bool:
        first = str(task) not in seen and not isinstance(task, Chunk)
        seen.add(str(task))
        return first

    build(tmp_path / "good", dump)
    build(tmp_path / "pool", dump, engine=FragileEngine(deadly_once))
    assert tree(tmp_path / "pool") == tree(tmp_path / "good")


def test_a_response_that_our_code_does_not_survive_is_an_error_with_the_exception(
    dump: Path, tmp_path: Path
) -> None:
    # No UTF-8 at all, so that even a careful extractor fails.
    row = extract_row(Text(memoryview(b"\xff"), 1), "5", "text", None, None)
    assert row[0] is None
    assert str(row[3]).startswith("failed: ")


@pytest.mark.parametrize(
    ("stop_reason", "response", "truncated"),
    [
        ("length", "<think>a</think> 5", True),
        ("max_tokens", "5", True),
        ("stop", "<think>a", False),
        (None, "<think>a", True),
        (None, "<think>a</think> 5", False),
    ],
)
def test_a_response_is_truncated_where_the_dump_says_so_or_its_thinking_is_open(
    stop_reason: str | None, response: str, truncated: bool
) -> None:
    text = Text(memoryview(response.encode()), len(response))
    assert extract_row(text, "5", "text", None, stop_reason)[7] is truncated


def test_the_work_folder_is_gone_at_the_end(dump: Path, tmp_path: Path) -> None:
    pool = build(tmp_path / "pool", dump)
    assert sorted(path.name for path in pool.path.iterdir()) == sorted(
        [".lock", "pool.json", "quarantine", *GROUPS]
    )


def test_a_log_of_decisions_outlives_a_line_that_was_cut_and_one_that_was_edited(
    tmp_path: Path,
) -> None:
    log = tmp_path / "log"
    pairs = [Pair(str(number), "5", "text", ("a", "b")) for number in range(4)]
    decision = (str(Verdict.CORRECT), "exact", "\n")
    with journal(log) as file:
        for pair in pairs:
            file.write(log_rows([pair], [decision]))
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(
        lines[0] + lines[1][:-4] + b"\n" + lines[2].replace(b"exact", b"exalt") + lines[3]
    )
    assert read_log(log)[PAIR_KEY].to_list() == [pairs[0].key, pairs[3].key]


def test_pairs_with_other_options_or_forms_are_other_pairs() -> None:
    pairs = [
        Pair("5", "5", "text", None),
        Pair("5", "5", "list", None),
        Pair("5", "5", "text", ("a",)),
        Pair("5", "5", "text", ()),
        Pair("5", "5", "text", ("a", "")),
    ]
    assert len({pair.key for pair in pairs}) == 5


def test_a_script_without_a_guard_runs_once(tmp_path: Path) -> None:
    write_dump(tmp_path / "dump.jsonl", problems=2)
    script = tmp_path / "script.py"
    script.write_text(
        "from curate.verify_dumps import verify_dumps\n"
        "print('once')\n"
        "verify_dumps(['dump.jsonl'], __import__('pathlib').Path('pool'), workers=2)\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "once\n", "")


# --- rollouts -------------------------------------------------------------------------------------

TRACES = st.lists(
    st.tuples(
        st.sampled_from("pq"),
        st.sampled_from([str(verdict) for verdict in Verdict]),
        st.sampled_from([None, "5", "05", "6", "7.0", "7"]),
    ),
    min_size=1,
    max_size=20,
)


def plain(answer: str) -> str:
    return {"05": "5", "7.0": "7"}.get(answer, answer)


def commonest(values: list[str]) -> str | None:
    counts = Counter(values)
    return min(counts, key=lambda value: (-counts[value], value)) if counts else None


@given(TRACES)
def test_the_statistics_of_a_problem_are_what_counting_by_hand_gives(
    traces: list[tuple[str, str, str | None]],
) -> None:
    rows = [(p, v, a, None if a is None else plain(a)) for p, v, a in traces]
    schema = ["problem_id", "verdict", "answer", "canonical_answer"]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(schema, pl.String()), orient="row")
    for found in problems(frame).iter_rows(named=True):
        own = [row for row in rows if row[0] == found["problem_id"]]
        counted = [row for row in own if Verdict(row[1]).counts]
        correct = [row for row in own if row[1] == "correct"]
        majority = commonest([row[3] for row in own if row[3] is not None])
        spellings = [row[2] for row in own if row[2] is not None and row[3] == majority]
        assert found == {
            "problem_id": found["problem_id"],
            "rollouts": len(own),
            "pass_rate": len(correct) / len(counted) if counted else None,
            "majority": majority,
            "majority_answer": commonest(spellings),
        }
    assert problems(frame).height == len({row[0] for row in rows})


def test_traces_agree_with_the_majority_or_not_or_have_no_answer(
    dump: Path, tmp_path: Path
) -> None:
    rows = build(tmp_path / "pool", dump).scan(GROUPS).collect()
    for row in rows.iter_rows(named=True):
        if row["answer"] is None:
            assert row["majority_agrees"] is None
        else:
            own, majority = canonical(row["answer"]), canonical(row["majority_answer"])
            assert row["majority_agrees"] == (own == majority)
    assert rows["rollouts"].to_list() == [4] * 40


def test_a_pool_of_a_policy_remembers_it(dump: Path, tmp_path: Path) -> None:
    policy = Policy(rounded=False)
    pool = build(tmp_path / "pool", dump, policy=policy)
    assert Pool.open(pool.path).manifest["rules"]["policy"]["rounded"] is False
