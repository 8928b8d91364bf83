"""What responses do, counted: turning back that changes a value, and turning back that does not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.response_signals import SCHEMA, response_signals

CHANGED = {
    "7*8 = 54. Wait, 7*8 = 56.": (1, 1),
    "Wait. Let me check. 7*8 = 56. Wait, 7*8 = 56. Yes.": (2, 0),
    "The answer is 5. Hmm, wait. So the answer is 6.": (1, 1),
    "<think>x = 3, no wait x = 3</think>The answer is 3.": (1, 0),
    "x = 3. x = 4.": (0, 0),
    "12 + 7 = 18. Hold on, that's wrong. 12 + 7 = 19. Wait. 12 + 7 = 19.": (3, 1),
    "so then the sum = 10. Wait, the sum = 1,000": (1, 1),
    "a = 1,000. Wait, a = 1000": (1, 0),
    r"\boxed{5}. Wait, \boxed{7}.": (1, 1),
    "": (0, 0),
}


@pytest.mark.parametrize("text", CHANGED)
def test_only_a_value_that_is_stated_anew_and_differs_counts_as_changed(text: str) -> None:
    found = response_signals([text])
    assert (found["backtracks"][0], found["changed"][0]) == CHANGED[text]


@given(st.lists(st.text(max_size=200), max_size=5))
@settings(max_examples=25)
def test_every_text_has_a_row_without_nulls(texts: list[str]) -> None:
    found = response_signals(texts)
    assert found.height == len(texts)
    assert found.schema == SCHEMA
    assert all(value is not None and value >= 0 for row in found.iter_rows() for value in row)
    assert (found["changed"] <= found["backtracks"]).all()


def test_surrogates_long_lines_and_nul_bytes_are_text() -> None:
    hostile = ["\ud800 = 5", "\x00" * 1000, "a=" * 20_000, "1" * 100_000 + "=1", "wait " * 20_000]
    found = response_signals(hostile)
    assert found.height == len(hostile)
    assert found["tokens"].is_not_null().all()
