"""Items of benchmarks in texts: what each rule finds, where, and what none of them finds."""

import json
from pathlib import Path
from string import ascii_lowercase

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.contamination import Hit, Index, Item, Rule, build_index, scan
from curate.contamination.check import check_items, check_text
from curate.contamination.index import joined
from curate.contamination.items import item_text
from curate.contamination.rules import common
from curate.contamination.scan import OVERLAP, PIECE
from curate.contamination.tokens import tokenize

GOLDEN = Path(__file__).parent / "golden" / "contamination.jsonl"
ROWS = [json.loads(line) for line in GOLDEN.read_text("utf-8").splitlines()]
ITEM = (
    "A farmer in the valley keeps $n$ goats and $m$ sheep with $n + 2m = 1500$ and $n > 3m$. "
    "Find the largest number of sheep that he can keep."
)


def index_of(*texts: str) -> Index:
    return build_index([Item(name=f"i{place}", text=text) for place, text in enumerate(texts)])


def hits(index: Index, *texts: str, problems: bool = False) -> list[Hit]:
    data, cuts = joined(texts)
    return scan(data, np.append(cuts, len(data)), index, problems=problems)


def quoted(text: str, hit: Hit) -> str:
    return text.encode()[hit.start : hit.stop].decode()


def tokens_in(text: str) -> list[str]:
    data, cuts = joined([text])
    found = tokenize(data, cuts)
    spans = zip(found.starts.tolist(), found.stops.tolist(), strict=True)
    return [data[start:stop].tobytes().decode() for start, stop in spans]


# --- golden rows ----------------------------------------------------------------------------------


@pytest.mark.parametrize("row", ROWS, ids=[row["why"] for row in ROWS])
def test_an_edited_item_is_found_by_the_rule_that_says_what_was_edited(row: dict[str, str]) -> None:
    text = item_text({"problem": row["item"]}, None)
    assert text is not None
    found = hits(index_of(text), row["text"], problems=True)
    assert [str(hit.rule) for hit in found] == ([row["rule"]] if row["rule"] else [])


def test_the_spans_are_the_item_in_both_texts() -> None:
    text = f"So: {ITEM} Hm, that is é hard."
    (hit,) = hits(index_of(ITEM), text)
    assert quoted(text, hit) == ITEM.removesuffix(".")
    assert ITEM[hit.item_start : hit.item_stop] == ITEM.removesuffix(".")


def test_a_part_of_an_item_has_a_span_of_its_own() -> None:
    text = f"We are told: {ITEM.partition(' that he')[0].lower()} that live in this valley."
    (hit,) = hits(index_of(ITEM), text)
    assert hit.rule in (Rule.NGRAMS, Rule.SIMILAR)
    assert quoted(text, hit).startswith("a farmer in the valley")
    assert ITEM[hit.item_start :].startswith("A farmer in the valley")


def test_every_item_of_a_text_is_found_and_the_surest_comes_first() -> None:
    other = (
        "Two ships leave the same harbour for the same island, one at noon and the other an hour "
        "later, and the second is faster by half. When are they side by side?"
    )
    changed = other.replace("noon", "dawn")
    found = hits(index_of(other, ITEM), f"{changed}\n\n{ITEM}")
    assert [(hit.item, hit.rule) for hit in found] == [(1, "verbatim"), (0, "ngrams")]


def test_an_item_across_two_texts_is_in_neither() -> None:
    cut = len(ITEM) // 2
    assert hits(index_of(ITEM), ITEM[: cut - 30], ITEM[cut:]) == []
    assert not [hit for hit in hits(index_of(ITEM), ITEM[:cut], ITEM[cut:]) if hit.score == 1]


def test_an_item_that_repeats_another_is_sought_once() -> None:
    assert len(index_of(ITEM, ITEM.replace("$", ""), "What is $2 + 3$?").items) == 2


def test_options_belong_to_a_problem_that_is_nothing_without_them() -> None:
    bare = {"question": "Which is true?", "choices": ["Ice is hot", "Fire is cold"]}
    assert item_text(bare, None) == "Which is true?\nA. Ice is hot\nB. Fire is cold"
    assert item_text({"question": ITEM, "choices": ["1", "2"]}, None) == ITEM
    assert item_text({"question": " "}, None) is None


def test_nothing_in_nothing() -> None:
    assert hits(index_of(ITEM), "", "", problems=True) == []
    assert hits(index_of(), ITEM, problems=True) == []
    assert hits(index_of("?", "..."), ITEM, "", problems=True) == []


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (r"$\dfrac{1}{2}$ and 1/2", ["1", "2", "and", "1", "2"]),
        ("1,500 and 1{,}500 and (1,50)", ["1,500", "and", "1{,}500", "and", "1", "50"]),
        ("a $9$-kilometer-long x - y", ["a", "9", "long", "x", "-", "y"]),
        (r"5\text{ km} or 5 kilometers", ["5", "or", "5"]),
        ("‘don’t’ 求值", ["don", "t", "求", "值"]),
        ("2×3 = x² ≤ 9", ["2", "3", "=", "x", "²", "≤", "9"]),
        ("1,000,000", ["1,000,000"]),
        (",000", ["000"]),
    ],
)
def test_what_counts_in_a_text(text: str, wanted: list[str]) -> None:
    assert tokens_in(text) == wanted


# --- properties -----------------------------------------------------------------------------------

WORDS = st.text(ascii_lowercase, min_size=2, max_size=9)
SENTENCE = st.lists(WORDS, min_size=12, max_size=60, unique=True)
LETTERS = st.lists(st.sampled_from("bcdefghjklmnopqrstuvwxyz"), min_size=3, max_size=3, unique=True)
FILLER = st.text(st.sampled_from("QXJZ, .\n0é求-"), max_size=200)


def formula(letters: list[str]) -> str:
    first, second, third = letters
    return f"${first}^2 + 41{second} < {third}_{{{first}}}$"


@settings(deadline=None)
@given(SENTENCE, LETTERS, FILLER, FILLER, st.integers(0, 3))
def test_an_item_pasted_anywhere_is_found_with_its_span(
    words: list[str], letters: list[str], before: str, after: str, far: int
) -> None:
    item = f"{' '.join(words[:6])} {formula(letters)} {' '.join(words[6:])}"
    text = f"{'lorem ipsum ' * (far * 12_000)}{before}\n{item}\n{after}"
    (hit,) = hits(index_of(item), text)
    assert hit.rule == Rule.VERBATIM
    found = quoted(text, hit)
    assert tokens_in(found) == tokens_in(item)
    assert found in item


@settings(deadline=None)
@given(SENTENCE, LETTERS, LETTERS)
def test_a_bijective_renaming_is_found_as_one(
    words: list[str], letters: list[str], others: list[str]
) -> None:
    item = f"{' '.join(words[:6])} {formula(letters)} {' '.join(words[6:])}"
    text = f"{' '.join(words[:6])} {formula(others)} {' '.join(words[6:])}"
    (hit,) = hits(index_of(item), f"Well: {text}")
    assert hit.rule == (Rule.VERBATIM if letters == others else Rule.VARIABLES)


@settings(deadline=None)
@given(SENTENCE, SENTENCE)
def test_disjoint_texts_are_not_flagged(first: list[str], second: list[str]) -> None:
    second = [word for word in second if word not in first]
    assert hits(index_of(" ".join(first)), " ".join(second), problems=True) == []


@given(st.text(max_size=300), st.text(max_size=300))
def test_no_text_is_too_strange(first: str, second: str) -> None:
    clean = [text.encode("utf-8", "replace").decode() for text in (first, second)]
    for problems in (True, False):
        for hit in hits(index_of(*clean), *clean, ITEM, problems=problems):
            assert 0 <= hit.start < hit.stop


@given(st.lists(st.integers(0, 4), max_size=12), st.lists(st.integers(0, 4), max_size=12))
def test_the_longest_common_subsequence_is_that_of_the_table(
    left: list[int], right: list[int]
) -> None:
    table = np.zeros((len(left) + 1, len(right) + 1), int)
    for i, one in enumerate(left):
        for j, other in enumerate(right):
            best = table[i, j] + 1 if one == other else max(table[i, j + 1], table[i + 1, j])
            table[i + 1, j + 1] = best
    assert common(left, right) == table[-1, -1]


# --- long texts -----------------------------------------------------------------------------------


@pytest.mark.parametrize("place", range(PIECE - OVERLAP - 400, PIECE + 400, 400 * 25))
def test_an_item_at_the_border_of_two_pieces_is_found(place: int) -> None:
    text = f"{'filler ' * (place // 7)}{ITEM}{' filler' * 20_000}"
    (hit,) = hits(index_of(ITEM), text)
    assert (hit.rule, quoted(text, hit)) == ("verbatim", ITEM.removesuffix("."))


HOSTILE = {
    "item": f"{ITEM} ",
    "stem": "find the largest number of sheep that ",
    "letters": "abcdefgh",
    "digit": "1",
    "thousands": ",000",
    "chinese": "求解方程的所有实数根",
    "shouted": "FIND THE VALUE OF ",
    "control": "\0",
    "operators": "+-",
    "backslash": "\\",
    "accent": "é",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_only_text(name: str) -> None:
    unit = HOSTILE[name]
    found = hits(index_of(ITEM), unit * (3_000_000 // len(unit.encode())))
    assert [str(hit.rule) for hit in found] == (["verbatim"] if name == "item" else [])


def test_the_check_counts_what_is_found_of_planted_edits() -> None:
    found = check_items([Item(name="farmer", text=ITEM), Item(name="short", text="Find $2+3$.")])
    assert {name: one.found for name, one in found.recalls.items()} == {
        "verbatim": 2,
        "prompt prefix": 2,
        "without $": 2,
        "operator spacing": 2,
        "renamed variables": 2,
        "changed numbers": 1,
        "option letters": 2,
        "units written out": 2,
        "reworded question": 1,
    }
    assert (found.half, found.alarms) == (1, 0)
    assert "0 of 1 items hold one of the other half (0.0 %): none" in check_text(found)
