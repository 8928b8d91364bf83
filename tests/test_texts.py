"""Long responses are read by their two ends, and nothing is found otherwise than in the whole."""

from collections.abc import Iterator

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.texts import texts_of
from curate.verify import HEAD_BYTES, TAIL_BYTES, extract, extract_ends, read_reference
from curate.verify.thinking import TAGS
from tests.real_data import real_rows

FILLER = "Wait, let me check: \\boxed{3}? é≤ and so on.\n"
TEXTS = ["", "<think>", "</think>", "The answer is 5.", "\\boxed{7}", "box", "<answer>2</answer>"]
TEXTS += [tag for tags in TAGS for tag in tags]
TEXTS += ["<|begin_of_solution|>", "<Output>", "\n", "x" * 600, "𝔸" * 700, FILLER * 5]


def column(texts: list[str]) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(texts, pa.large_string())])


def ends_found(response: str, reference: str) -> bool:
    """Whether the ends sufficed; what they gave is what the whole gives."""
    (text,) = texts_of(column([response]))
    wanted = read_reference(reference)
    assert text.whole() == response
    assert text.length == len(response)
    ends = text.ends()
    if ends is None:
        return False
    found = extract_ends(*ends, text.length - sum(map(len, ends)), wanted)
    assert found is None or found == extract(response, wanted)
    return found is not None


@settings(max_examples=400, deadline=None)
@given(
    head=st.lists(st.sampled_from(TEXTS), max_size=4).map("".join),
    middle=st.integers(200, 500),
    tail=st.lists(st.sampled_from(TEXTS), max_size=8).map("".join),
    shift=st.integers(0, 60),
    reference=st.sampled_from(["5", "A", "\\frac{1}{2}", "yes"]),
)
def test_the_ends_of_a_response_tell_what_the_whole_tells(
    head: str, middle: int, tail: str, shift: int, reference: str
) -> None:
    ends_found(head + "y" * shift + FILLER * middle + tail, reference)


@pytest.mark.parametrize("cut", range(-12, 13))
def test_a_tag_on_the_edge_of_an_end_is_never_half_seen(cut: int) -> None:
    tail = "\\boxed{5}".rjust(TAIL_BYTES + cut - len("</think>"))
    response = "<think>" + "z" * (2 * HEAD_BYTES) + "</think>" + tail
    ends_found(response, "5")
    ends_found("q" * (HEAD_BYTES + cut) + "<think>" + "z" * 9000 + "</think>\\boxed{5}", "5")


def test_the_ends_suffice_for_most_long_responses() -> None:
    rows = [row for row in real_rows("longcot_math_skythought.jsonl.gz") if row["response"]]
    long = [row["response"] for row in rows if len(row["response"]) > HEAD_BYTES + TAIL_BYTES]
    closed = [text for text in long if "<|end_of_thought|>" in text[-TAIL_BYTES // 4 :]]
    assert sum(ends_found(text, "5") for text in closed) > 0.95 * len(closed) > 50
    assert not any(ends_found(text, "5") for text in long if "<|end_of_thought|>" not in text)


def slices(texts: list[str]) -> Iterator[pa.ChunkedArray]:
    whole = column(texts)
    yield whole
    yield column(["ab", *texts]).slice(1)
    yield pa.chunked_array([column([text]).chunk(0) for text in texts], pa.large_string())


@given(st.lists(st.text()))
def test_texts_of_a_column_are_its_texts(texts: list[str]) -> None:
    for sliced in slices(texts):
        found = list(texts_of(sliced))
        assert [text.whole() for text in found] == texts
        assert [text.length for text in found] == [len(text) for text in texts]
