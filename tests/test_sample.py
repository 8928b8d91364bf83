import json
from collections import Counter
from fractions import Fraction
from pathlib import Path

import numpy
import pytest

from curate.sample.dump import Shape, plant, write_sample
from curate.sample.kinds import KINDS
from curate.verify import verify


def sample(path: Path, *, traces: int = 203, seed: int = 0, shape: Shape = Shape.FLAT) -> bytes:
    write_sample(path, traces=traces, seed=seed, broken=9, shape=shape)
    return path.read_bytes()


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    first, again = sample(tmp_path / "a.jsonl"), sample(tmp_path / "b.jsonl")
    assert first == again
    assert sample(tmp_path / "c.jsonl", seed=1) != first


def test_a_longer_sample_begins_with_the_shorter_one() -> None:
    assert list(plant(40, seed=3))[:20] == list(plant(20, seed=3))


@pytest.mark.parametrize("traces", [1, 4, 203])
def test_every_trace_and_every_broken_line_is_counted(tmp_path: Path, traces: int) -> None:
    path = tmp_path / "dump.jsonl"
    account = write_sample(path, traces=traces, seed=0, broken=9, shape=Shape.FLAT)
    read: Counter[str] = Counter()
    for line in path.read_bytes().splitlines():
        try:
            row = json.loads(line)
            read[row["planted_verdict"] if "response" in row else "broken"] += 1
        except (ValueError, TypeError):
            read["broken"] += 1
    assert read.pop("broken") == 9 == account.broken_lines
    assert read == account.verdicts
    assert sum(read.values()) == traces == account.traces


def test_both_shapes_hold_the_same_traces(tmp_path: Path) -> None:
    flat, lists = tmp_path / "flat.jsonl", tmp_path / "lists.jsonl"
    write_sample(flat, traces=50, seed=0, broken=0, shape=Shape.FLAT)
    write_sample(lists, traces=50, seed=0, broken=0, shape=Shape.GENERATIONS)
    one_by_one = [json.loads(line)["response"] for line in flat.read_bytes().splitlines()]
    in_lists = [
        text for line in lists.read_bytes().splitlines() for text in json.loads(line)["generations"]
    ]
    assert one_by_one == in_lists


@pytest.mark.parametrize("kind", KINDS)
def test_no_right_answer_of_a_kind_is_also_a_wrong_one(kind: str) -> None:
    for seed in range(200):
        task = KINDS[kind](numpy.random.default_rng(seed))
        right, wrong = dict(task.right), dict(task.wrong)
        assert not right.keys() & wrong.keys()
        assert len(right) == len(task.right)
        assert isinstance(task.reference, dict) or task.right[0][0] == task.reference


def test_a_countdown_answer_reaches_the_target_with_the_given_numbers() -> None:
    for seed in range(50):
        task = KINDS["countdown"](numpy.random.default_rng(seed))
        assert isinstance(task.reference, dict)
        plain = task.right[0][0]
        used = [
            int(word)
            for word in plain.replace("(", " ").replace(")", " ").split()
            if word.isdigit()
        ]
        assert sorted(used) == sorted(task.reference["numbers"])  # type: ignore[call-overload]
        (a, b, c, d) = used
        assert (a + b) * c + d == task.reference["target"]


def test_an_unreduced_fraction_has_the_value_of_the_reference() -> None:
    for seed in range(50):
        task = KINDS["fraction"](numpy.random.default_rng(seed))
        slash = next(answer for answer, why in task.right if why == "a slash for \\frac")
        value = Fraction(slash)
        assert task.reference == f"\\frac{{{value.numerator}}}{{{value.denominator}}}"


def test_every_verdict_but_error_is_planted() -> None:
    planted = {trace.planted_verdict for trace in plant(1200, seed=0)}
    assert planted == {"correct", "incorrect", "unparsed", "unverifiable"}


@pytest.mark.parametrize("seed", [0, 1])
def test_the_verifier_finds_the_planted_truth(seed: int) -> None:
    for trace in plant(1200, seed=seed):
        found = verify(trace.response, trace.reference, options=trace.options)
        assert found.verdict == trace.planted_verdict, (trace, found)
