"""The signals of one trace: what they say of texts whose truth is plain, and what never changes."""

import time
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.quality.columns import DESCRIPTIONS, SCORE_SCHEMA
from curate.quality.markers import phrases, places_of
from curate.quality.parts import Response
from curate.quality.signals import signals_of
from curate.score_pool import stripped
from curate.verify import canonical, extract, read_reference

NO_REFERENCE = read_reference(None, "text", None)
PROSE = (
    "We are asked for the sum of the first ten odd numbers. Each odd number is one more than an "
    "even one, so the sum grows by two at every turn.\n\nThe first few sums are 1, 4, 9 and 16, "
    "which are the squares. That suggests the sum of ten of them is the square of ten.\n\n"
    "To see why, put the numbers in pairs from both ends: every pair has the sum 20, and there "
    "are five such pairs.\n\n"
)


def signals(text: str, stop_reason: str | None = None, white: str = "") -> dict[str, Any]:
    """The signals of a response with white space behind it."""
    found = extract(text, NO_REFERENCE)
    text += white
    response = Response(
        data=stripped(text.encode()),
        stop_reason=stop_reason,
        thinking=found.thinking,
        thinking_start=found.thinking_start,
        thinking_end=found.thinking_end,
        answer=found.answer,
        rule=found.rule,
        canonical_answer=None if found.answer is None else canonical(found.answer),
        answer_start=found.start,
        answer_end=found.end,
    )
    return signals_of(response, next(places_of(pl.Series([text]))))


def thought(thinking: str, answer: str = "The answer is \\boxed{100}.") -> dict[str, Any]:
    """The signals of a response with this thinking."""
    return signals(f"<think>\n{thinking}\n</think>\n\n{answer}")


def test_every_column_has_a_line_and_every_signal_is_a_column() -> None:
    found = thought(PROSE)
    assert list(DESCRIPTIONS) == list(SCORE_SCHEMA)
    assert set(found) == set(SCORE_SCHEMA)


def test_thinking_and_answer_are_measured_apart() -> None:
    found = thought(PROSE)
    assert found["chars_thinking"] == len(f"\n{PROSE}\n")
    assert found["chars_answer"] == len("\n\nThe answer is \\boxed{100}.")
    assert found["tokens"] > found["tokens_thinking"] > found["tokens_answer"] > 0
    assert 0.8 < found["thinking_share"] < 1
    assert found["steps"] == 3


def test_a_response_without_thinking_is_all_answer() -> None:
    found = signals("So it is 5.")
    assert (found["chars_thinking"], found["thinking_share"]) == (0, 0.0)
    assert found["answer_after_thinking"] is None
    assert found["answers_agree"] is None


def test_nothing_at_all_has_a_row() -> None:
    found = signals("")
    assert found["tokens"] == 0
    assert found["script"] is None
    assert found["loop_share"] == 0.0
    assert found["cut_off"] == "no answer"


@pytest.mark.parametrize(
    ("text", "stop_reason", "why"),
    [
        ("<think>so</think>The answer is \\boxed{5}.", None, None),
        ("<think>so</think>The answer is \\boxed{5}.", "length", "stop reason"),
        ("<think>so we have", None, "unclosed thinking"),
        ("<think>so we have</think>\n", None, "no answer"),
        ("We take the square of ten, and then we multiply it by the", None, "mid-sentence"),
        ("We take the square of ten, and then we multiply it by the", "stop", None),
        ("So we have \\[ x = 5", None, "mid-sentence"),
        ("The capital is\n\n**Paris**", None, None),
        ("所以我们需要计算这个值，然后", None, "mid-sentence"),
        ("所以答案是五。", None, None),
    ],
)
def test_a_response_that_was_cut_off_is_told(
    text: str, stop_reason: str | None, why: str | None
) -> None:
    assert signals(text, stop_reason)["cut_off"] == why


@pytest.mark.parametrize(
    ("text", "is_well_formed"),
    [
        ("<think>a</think>b", True),
        ("a</think>b", True),
        ("b", True),
        ("<think>a", False),
        ("<think>a<think>b</think>c", False),
        ("<think>a</think>b</think>c", False),
    ],
)
def test_one_thinking_block_or_none_is_well_formed(text: str, is_well_formed: bool) -> None:
    assert signals(text)["well_formed"] is is_well_formed


@pytest.mark.parametrize(
    ("loop", "kind"),
    [
        ("No, that is not it. ", "words"),
        ("pour A into B,\nfill A,\n", "lines"),
        ("Wait, that is wrong.\n\nLet me look again.\n\n", "paragraphs"),
        ("ab", "characters"),
        ("哦不对，", "characters"),
    ],
)
def test_a_loop_is_found_with_its_kind_and_its_span(loop: str, kind: str) -> None:
    start = f"<think>\n{PROSE}"
    found = signals(f"{start}{loop * 100}")
    assert [one["kind"] for one in found["loops"]] == [kind]
    [span] = found["loops"]
    assert abs(span["start"] - len(start)) <= 20
    assert span["end"] == len(f"{start}{loop * 100}".rstrip())
    assert found["longest_repeat"] >= 99 * len(loop.rstrip()) - 40


def test_lines_in_which_only_the_numbers_change_are_a_loop_of_numbers() -> None:
    lines = "".join(f"{n} is no divisor of {n * 7 + 1}, go on.\n" for n in range(2, 40))
    found = thought(PROSE + lines)
    assert [one["kind"] for one in found["loops"]] == ["numbers"]
    assert thought(PROSE + lines[:200])["loops"] == []


def test_rows_of_numbers_are_data() -> None:
    rows = "\n".join(" ".join(str((7 * i * j) % 10) for j in range(20)) for i in range(1, 30))
    assert thought(rows)["loop_share"] < 0.2


def test_paragraphs_that_are_said_again_with_other_numbers_are_near_repeats() -> None:
    again = PROSE.replace("ten", "ten").replace("20", "22")
    assert thought(PROSE)["near_repeats"] == 0.0
    assert thought(PROSE + again)["near_repeats"] > 0.4
    assert thought(PROSE + again)["repeated_sentences"] > 0.3


@pytest.mark.parametrize(
    ("text", "script", "spans"),
    [
        ("Plain words of one kind.", "Latin", []),
        ("So we have 所以 the angle is θ, that is all of it.", "Latin", ["所以"]),
        ("所以我们有 f(x) = \\frac{x}{y}，对吗？", "Han", []),
        ("所以我们有这个然后继续计算 and then we have the answer 对的，就是这样了吧", "Han",
         ["and then we have the answer"]),
        ("これは日本語の漢字です", "Japanese", []),
        ("So Привет мир is how they say it in that place.", "Latin", ["Привет мир"]),
        ("1 + 1 = 2", None, []),
    ],
)  # fmt: skip
def test_scripts_and_their_mixing(text: str, script: str | None, spans: list[str]) -> None:
    found = signals(text)
    assert found["script"] == script
    assert [text[one["start"] : one["end"]] for one in found["script_spans"]] == spans
    assert (found["script_mix"] or 0.0 > 0.0) == bool(spans) or found["script_mix"] > 0


@pytest.mark.parametrize(
    ("column", "sentence"),
    [
        ("verification_rate", "Let me check this with small numbers."),
        ("backtracking_rate", "Wait, I misread the problem."),
        ("subgoal_rate", "First, we need to find the radius."),
        ("backward_rate", "Working backwards from 24, I would want 3 times 8."),
        ("hedging_rate", "Perhaps it is even, but I am not sure."),
        ("verification_rate", "让我验证一下。"),
        ("backtracking_rate", "等等，不对。"),
    ],
)
def test_a_behaviour_shows_in_its_rate(column: str, sentence: str) -> None:
    assert thought(PROSE + sentence)[column] > 0
    assert thought(PROSE)["backtracking_rate"] == 0


def test_a_phrase_inside_a_longer_word_is_none() -> None:
    assert thought("The waiter awaits the likelyhood.")["backtracking_rate"] == 0
    assert thought("The waiter awaits the likelyhood.")["hedging_rate"] == 0


def test_phrases_are_told_apart_by_their_first_bytes() -> None:
    assert min(map(len, (phrase.encode() for phrase in phrases()))) >= 3


START = "The total is 4812.\n\n"
END = "Alternatively, take the product of all.\n\nIt is 9999 by 4812.\n\nDone."


def test_a_branch_that_is_rejected_has_failed_and_one_that_is_used_has_not() -> None:
    begin = f"{START}Another approach is to sum up{' all of it' * 20}.\n\nIt is 7315.\n\n"
    assert thought(f"{begin}That doesn't work.\n\n{END}")["branches"] == 2
    assert thought(f"{begin}That doesn't work.\n\n{END}")["failed_steps"] == 3 / 7
    assert thought(f"{begin}{END} It is 7315.")["failed_steps"] == 0
    assert thought(f"{begin}{END}")["failed_steps"] == 2 / 6
    assert thought(f"{begin}To double-check, {END}")["failed_steps"] == 0


def test_the_trunk_fails_in_its_last_step_alone() -> None:
    assert thought(f"{START}So it is 7315.\n\n{END}")["failed_steps"] == 0
    assert thought(f"{START}That doesn't work.\n\n{END}")["failed_steps"] == 1 / 5
    assert thought(PROSE)["failed_steps"] == 0


def test_where_the_answer_is_first_stated() -> None:
    early = thought("So the answer is 100.\n\n" + PROSE)
    late = thought(PROSE + "So the answer is 100.")
    assert early["answer_first"] < 0.2 < 0.8 < late["answer_first"]
    assert early["tokens_after_answer"] > late["tokens_after_answer"]
    assert thought(PROSE)["answer_first"] is None


def test_whether_thinking_and_answer_agree() -> None:
    assert thought(PROSE + "So the answer is \\boxed{100}.")["answers_agree"] is True
    assert thought(PROSE + "So the answer is \\boxed{99}.")["answers_agree"] is False
    assert thought(PROSE)["answers_agree"] is None


def test_arithmetic_is_counted_and_its_first_error_shown() -> None:
    found = thought("所以 12 * 7 = 84, and 84 + 9 = 95.")
    assert (found["equations"], found["equations_right"], found["equations_wrong"]) == (2, 1, 1)
    assert found["arithmetic"] == 0.5
    text = "<think>\n所以 12 * 7 = 84, and 84 + 9 = 95."
    assert text[found["wrong_start"] : found["wrong_end"]] == "84 + 9 = 95"
    assert thought("Nothing to count.")["arithmetic"] is None


# --- properties -----------------------------------------------------------------------------------

PIECES = st.sampled_from(
    ["<think>", "</think>", "Wait, ", "so x = 12. ", "\n\n", "所以", "🙂", "é", "Alternatively, ",
     "0 0 0 ", "let me check ", "\\boxed{5}", " ", "\n", "ab" * 40, "1, 2, 3", "\u3000", "\x00"]
)  # fmt: skip
TEXTS = st.lists(st.one_of(PIECES, st.text(max_size=12)), max_size=30).map("".join)
SHARES = (
    "thinking_share", "loop_share", "distinct_5grams", "repeated_sentences", "near_repeats",
    "compression_ratio", "script_mix", "failed_steps", "answer_first",
)  # fmt: skip


@given(TEXTS)
@settings(max_examples=300, deadline=None)
def test_shares_are_shares_and_spans_lie_in_the_text(text: str) -> None:
    found = signals(text)
    for name in SHARES:
        assert found[name] is None or 0 <= found[name] <= 1, name
    for span in [*found["loops"], *found["script_spans"]]:
        assert 0 <= span["start"] < span["end"] <= len(text)
    assert found["tokens"] >= 0


@given(TEXTS, st.sampled_from([" ", "\n", " \n\t", "\u3000\n", "\r\n" * 400]))
@settings(max_examples=200, deadline=None)
def test_white_space_at_the_end_changes_nothing(text: str, white: str) -> None:
    assert signals(text.rstrip(), white=white) == signals(text.rstrip())


LOOPS = st.sampled_from(
    [
        "No, that is not it. ",
        "fill A, pour A into B,\n",
        "and so on ",
        "xyz" * 20,
        "Wait.\n\nNo.\n\n",
    ]
)


@given(st.lists(st.one_of(LOOPS.map(lambda loop: loop * 30), TEXTS), max_size=4), LOOPS)
@settings(max_examples=200, deadline=None)
def test_a_loop_more_never_lowers_their_share(pieces: list[str], loop: str) -> None:
    text = "".join(pieces)
    before, after = signals(text), signals(f"{text}\n{loop * 40}")
    assert after["loop_share"] >= before["loop_share"]
    assert after["loops"]


@pytest.mark.parametrize(
    "piece",
    ["a", "ab", "\n", "\n\n", "(", "wait ", "a\n\n", "1 ", "=", "所", "é a", "$x$ ", "<think>",
     "\\boxed{", "a a b b ", "``` ", "hmm", "alternatively\n\n"],
)  # fmt: skip
def test_hostile_texts_take_linear_time(piece: str) -> None:
    def seconds(size: int) -> float:
        text = piece * (size // len(piece.encode()))
        times = []
        for _ in range(3):  # the least of several: the machine may do other work
            start = time.process_time()
            signals(text)
            times.append(time.process_time() - start)
        return min(times)

    seconds(10_000)
    assert seconds(2_000_000) < 12 * max(seconds(400_000), 0.05)
