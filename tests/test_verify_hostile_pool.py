"""Hostile rows among honest ones: the limit holds, and the neighbours notice nothing."""

import json
import time
from pathlib import Path

import polars as pl

from curate.verify import verify
from curate.verify_dumps import verify_dumps
from tests.hostile import rows

CORPUS = tuple(rows())
ALGEBRA = [
    (r"\int_0^{1} \frac{\sin(x^{5}+e^{x})}{\sqrt[7]{1+\ln(2+x^{3})}} dx", "5"),
    (r"\sum_{n=1}^{\infty} \frac{\sin(n^2)}{n^3+\ln n}", r"\frac{\pi}{7}"),
    (r"\int_0^\infty e^{-x^4} \cos(x^3) dx", r"\frac{\pi}{3}"),
    (r"\lim_{x \to 0} \frac{\sin(\tan x) - \tan(\sin x)}{x^7}", "3"),
]


def test_the_limit_holds_to_within_half_a_second() -> None:
    verify(r"\boxed{\int_0^1 x dx}", "2")  # the child is there
    slow = []
    pairs = [(f"\\boxed{{{answer}}}", reference) for answer, reference in ALGEBRA]
    hostile = [(row.response, row.reference) for row in CORPUS if len(row.response) < 100_000]
    for response, reference in [*pairs, *hostile]:
        start = time.monotonic()
        found = verify(response, reference, time_limit_s=1.0)  # type: ignore[arg-type]
        if time.monotonic() - start >= 1.5:
            slow.append((response[:80], found))
    assert not slow


def honest(number: int) -> dict[str, str]:
    answer = number if number % 3 else number + 1
    return {
        "problem": f"What is {number}?",
        "reference": str(number),
        "response": f"<think>hm</think> The answer is \\boxed{{{answer}}}.",
    }


def verdicts(folder: Path, lines: list[dict[str, object]]) -> tuple[pl.DataFrame, float]:
    folder.mkdir()
    dump = folder / "dump.jsonl"
    dump.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    start = time.monotonic()
    pool = verify_dumps([str(dump)], folder / "pool", workers=2, time_limit_s=2.0)
    spent = time.monotonic() - start
    return pool.scan(["traces", "extract", "verify"]).drop("source", "row").collect(), spent


def test_hostile_rows_neither_spoil_nor_slow_their_neighbours(tmp_path: Path) -> None:
    plain: list[dict[str, object]] = [{**honest(number)} for number in range(300)]
    texts = [row for row in CORPUS if isinstance(row.reference, str)]
    hostile = [
        {"problem": f"hostile {number}", "reference": row.reference, "response": row.response}
        for number, row in enumerate(texts)
        if row.response and "\ud800" not in ascii(row.response)
    ]
    step = max(1, len(hostile) // len(plain))
    mixed: list[dict[str, object]] = []
    for number, line in enumerate(plain):
        mixed += [line, *hostile[number * step : (number + 1) * step]]
    alone, _ = verdicts(tmp_path / "alone", plain)
    among, spent = verdicts(tmp_path / "among", mixed)
    kept = among.filter(pl.col("problem").str.starts_with("What is"))
    assert kept.equals(alone)
    assert spent < 60
