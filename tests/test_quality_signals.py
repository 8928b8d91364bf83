"""From the text to the quality: what a loop, a cut and white space do to it."""

import json
from pathlib import Path

import polars as pl
import pytest

from curate.engine import LocalEngine
from curate.pool import Pool
from curate.progress import Progress
from curate.quality_pool import quality_pool
from curate.score_pool import score_pool
from tests.pools import build

STEPS = (
    "The problem gives two numbers, {a} and {b}, and wants them added.",
    "Counting on from the larger one: after {b} steps we stand at {a} + {b} = {c}.",
    "To be sure, go back from there; {c} - {b} = {a}, as it should be.",
    "Nothing else was asked, and no unit is needed, so that is all.",
)
LOOP = "Wait, I should check this once more before I go on with it. "


def response(a: int, b: int, *, loop: str = "", end: str = "") -> str:
    """A thinking of a few steps, each unlike the others, and an answer."""
    steps = "\n\n".join(STEPS).format(a=a, b=b, c=a + b) + "\n\n"
    return f"<think>\n{steps}{loop}</think>\n\nThe answer is \\boxed{{{a + b}}}.{end}"


def qualities(folder: Path, responses: list[str]) -> pl.DataFrame:
    """The quality of each response, by its place."""
    dump = folder / "dump.jsonl"
    rows = [
        {"problem": f"What is {k} + 5?", "gold": str(k + 5), "response": text, "place": k}
        for k, text in enumerate(responses)
    ]
    dump.write_text("".join(json.dumps(row) + "\n" for row in rows))
    pool = build(folder / "pool", dump, part_bytes=2**20)
    return scored(pool)


def scored(pool: Pool) -> pl.DataFrame:
    with LocalEngine(1) as engine:
        score_pool(pool, engine, Progress())
        quality_pool(pool, engine, Progress())
    return pool.scan(["traces", "score", "quality"]).sort("place").collect()


def test_adding_a_loop_lowers_the_quality(tmp_path: Path) -> None:
    loops = ["", LOOP * 6, LOOP * 12, LOOP * 40]
    found = qualities(tmp_path, [response(3, 5, loop=loop) for loop in loops])
    raw = found["quality_raw"].to_list()
    assert raw == sorted(set(raw), reverse=True)
    assert found["quality"].to_list() == raw
    assert "loops -" in found["quality_why"][3]


def test_a_loop_lowers_the_quality_in_a_pool_with_a_trend_too(tmp_path: Path) -> None:
    plain = [response(k, k + 9, end=STEPS[k % 4] * (k % 5)) for k in range(100)]
    found = qualities(tmp_path, [*plain, response(3, 5), response(3, 5, loop=LOOP * 20)])
    assert found["quality"][101] < found["quality"][100]


@pytest.mark.parametrize("space", [" ", "\n\n\n", " \t\n" * 50, "\u2003"])
def test_white_space_at_the_end_does_not_matter(tmp_path: Path, space: str) -> None:
    found = qualities(tmp_path, [response(3, 5), response(3, 5, end=space)])
    assert found["quality"][0] == found["quality"][1]
    assert found["quality_why"][0] == found["quality_why"][1]


def test_a_trace_that_is_cut_off_is_worse(tmp_path: Path) -> None:
    whole = response(3, 5)
    found = qualities(tmp_path, [whole, whole[: len(whole) // 2]])
    assert found["quality"][1] < found["quality"][0] - 0.2
    assert "cut off" in found["quality_why"][1]


def test_a_wrong_sum_lowers_the_quality(tmp_path: Path) -> None:
    whole = response(3, 5).replace("Nothing else", "So 3 + 5 = 8. Nothing else")
    found = qualities(tmp_path, [whole, whole.replace("So 3 + 5 = 8", "So 3 + 5 = 9")])
    assert found["equations_wrong"].to_list() == [0, 1]
    assert found["quality"][1] < found["quality"][0]


def test_the_order_of_a_dump_does_not_matter(tmp_path: Path) -> None:
    texts = [response(k, k % 7, loop=LOOP * (k % 4)) for k in range(80)]
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = qualities(tmp_path / "a", texts)
    second = qualities(tmp_path / "b", texts[::-1])
    columns = ["response", "quality", "quality_raw", "grade", "quality_why"]
    assert first.select(columns).sort("response").equals(second.select(columns).sort("response"))
