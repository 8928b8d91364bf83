import re
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import InputError
from curate.pool import Pool
from curate.show import (
    BOLD_UNDERLINED,
    PLAIN,
    examples,
    examples_text,
    find_trace,
    full_trace_text,
    marked,
    safe,
    shown_spans,
    trace_text,
)
from tests.small_pool import ROWS, small_pool

__all__ = ["small_pool"]


def trace(**changes: object) -> dict[str, Any]:
    """A row of a pool with a short response."""
    return {
        "id": "9f2c" * 8,
        "source": "dump.jsonl",
        "row": 17,
        "rollout": 2,
        "problem": "What is $1/4 + 1/4$?",
        "reference": "\\frac{1}{2}",
        "response": "It is \\boxed{1/2}.",
        "answer": "1/2",
        "answer_start": 13,
        "answer_end": 16,
        "verdict": "correct",
        "reason": "both are 1/2",
        "method": "box/exact",
        "reference_kind": "fraction",
        "rollouts": 4,
        "pass_rate": 0.5,
        "majority_answer": "1/2",
        "reference_suspect": None,
    } | changes


def test_a_trace_reads_from_the_problem_to_the_reason() -> None:
    assert trace_text(trace(), PLAIN) == (
        "trace 9f2c9f2c9f2c9f2c9f2c9f2c9f2c9f2c, rollout 2 of row 17 of dump.jsonl\n"
        "\n"
        "problem\n"
        "  What is $1/4 + 1/4$?\n"
        "\n"
        "reference\n"
        "  \\frac{1}{2}\n"
        "\n"
        "response (18 characters)\n"
        "  It is \\boxed{⟦1/2⟧}.\n"
        "\n"
        "correct: both are 1/2\n"
        "  answer     1/2\n"
        "  decided by box/exact, the reference read as fraction\n"
        "  rollouts   4 of this problem, pass rate 50.0 %, majority answer 1/2"
    )


def test_the_answer_is_bold_and_underlined_where_there_is_colour() -> None:
    assert "\\boxed{\x1b[1;4m1/2\x1b[0m}" in trace_text(trace(), BOLD_UNDERLINED)


def test_a_trace_without_answer_and_reference_says_so() -> None:
    shown = trace_text(
        trace(
            reference=None,
            answer=None,
            answer_start=None,
            answer_end=None,
            pass_rate=None,
            majority_answer=None,
        ),
        PLAIN,
    )
    assert "reference\n  none\n" in shown
    assert "  answer     none\n" in shown
    assert "pass rate –, majority answer none" in shown
    assert "⟦" not in shown


def test_the_middle_of_a_long_response_is_left_out_and_counted() -> None:
    response = f"start{'x' * 5000}42{'y' * 5000}end"
    row = trace(response=response, answer="42", answer_start=5005, answer_end=5007)
    shown = trace_text(row, PLAIN)
    assert "⟦42⟧" in shown
    assert shown.count("characters left out, `--full` shows them …") == 2
    assert f"{'x' * 5000}⟦42⟧{'y' * 5000}" in full_trace_text(row, PLAIN)


@given(st.text(min_size=0, max_size=4000), st.data())
def test_what_is_shown_and_what_is_left_out_is_the_whole(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    spans = shown_spans(len(text), start, end)
    shown = sum(high - low for low, high in spans)
    gaps = sum(low - high for (_, high), (low, _) in pairwise(spans))
    assert shown + gaps == len(text)
    assert all(low < high for low, high in spans) or not text
    assert f"⟦{text[start:end]}⟧" in marked(text, spans, start, end, PLAIN)


def test_text_cannot_steer_the_terminal() -> None:
    hostile = "a\x1b[2Jb\rc\x9bd\u202ee\tf\ng"
    assert safe(hostile) == "a␛[2Jb␍c\ufffdd\ufffde\tf\ng"
    assert "\x1b" not in trace_text(trace(response=hostile, problem=hostile), PLAIN)


def test_the_start_of_an_id_finds_its_trace(small_pool: Pool) -> None:
    ids = small_pool.scan(["traces"], ["id"]).collect()["id"].to_list()
    found = find_trace(small_pool, ids[1][:10].upper())
    assert found["response"] == ROWS[1]["response"]
    assert found["verdict"] == "incorrect"


def test_no_id_and_several_ids_are_errors(small_pool: Pool) -> None:
    with pytest.raises(InputError, match="no trace `zzz`"):
        find_trace(small_pool, "zzz")
    with pytest.raises(InputError, match="`` is not one trace"):
        find_trace(small_pool, "")


def test_there_is_an_example_of_every_verdict_in_order(small_pool: Pool) -> None:
    found = examples(small_pool)
    assert found["verdict"].to_list() == ["correct", "incorrect", "unparsed", "unverifiable"]
    assert found["traces"].to_list() == [1, 1, 1, 1]
    first = examples_text(found).split("\n")[1]
    assert re.split(r"  +", first.strip())[:2] == ["1", "correct"]
    assert re.split(r"  +", first.strip())[3:] == [
        "\\dfrac{1}{2}",
        "\\frac{1}{2}",
        "the same after normalization",
    ]
