"""Files and settings that are nearly right: read as they are meant, or refused in words."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from curate.errors import InputError
from curate.train.eval.backend import Generation
from curate.train.eval.ifeval import sentences
from curate.train.eval.items import Item, read_items, reference_shown
from curate.train.eval.prompts import begun, sent
from curate.train.eval.refusal import refuses
from curate.train.eval.rubrics import RUBRICS
from curate.train.eval.scoring import exact, scored
from curate.train.eval.suite import Suite, read_suite
from curate.train.study import parse_study

BARE = '[arms]\na = "a"\n[bases]\nb = "b"\n'


def suite_of(folder: Path, rows: list[dict[str, Any]], **more: Any) -> Suite:
    """A suite of some rows."""
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return read_suite("s", {"path": "rows.jsonl", **more}, folder)


def items_of(folder: Path, rows: list[dict[str, Any]], **more: Any) -> list[Item]:
    """Their items."""
    return read_items(suite_of(folder, rows, **more))


# --- choices, references, prompts -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "letter"), [(2, "C"), ("2", "B"), ("C", "C"), ("24", "C"), (0, "A")]
)
def test_a_number_is_the_place_of_a_choice_and_a_text_is_its_text(
    tmp_path: Path, answer: object, letter: str
) -> None:
    """MMLU has `answer: 2`, and choices such as the text "2"."""
    row = {"question": "order of S_4", "choices": ["8", "2", "24", "120"], "answer": answer}
    (item,) = items_of(tmp_path, [row])
    assert item.reference == letter


def test_references_are_shown_as_answers(tmp_path: Path) -> None:
    solved: dict[str, Any] = {"problem": "a", "answer": "48/2 = 24.\n#### 72"}
    rows = [solved, {"problem": "b", "answer": ["1", "2"]}]
    assert [reference_shown(item) for item in items_of(tmp_path, rows)] == ["72", "1, 2"]


def test_mc2_is_guessed_by_the_share_of_right_choices(tmp_path: Path) -> None:
    targets = {"choices": list("abcdef"), "labels": [1, 1, 1, 0, 0, 0]}
    row = {"question": "q", "mc1_targets": targets, "mc2_targets": targets}
    for known, chance in (("truthfulqa-mc1", 1 / 6), ("truthfulqa-mc2", 0.5)):
        (item,) = items_of(tmp_path, [row], known=known)
        assert item.chance == pytest.approx(chance)
        (own,) = items_of(tmp_path, [row], known=known, chance=0.25)
        assert own.chance == 0.25


@pytest.mark.parametrize(
    ("row", "more", "what"),
    [
        ({"prompt": [{"role": "user", "content": "2+2?"}], "answer": "4"}, {}, "a list for its"),
        ({"problem": "p", "answer": "4"}, {"fields": {"cluster": "pasage"}}, "column `pasage`"),
        ({"problem": "p", "answer": "r", "bad": "w"}, {"fields": {"wrong": ["bad", "bda"]}},
         "no wrong choice in `bda`"),
        ({"problem": "p", "answer": "A", "choices": ["x"] * 27}, {}, "has 27 choices"),
        ({"question": "q", "right_answer": "r"}, {"known": "halueval-qa"},
         "no `hallucinated_answer`"),
        ({"prompt": "p", "label": "maybe", "type": "x"}, {"known": "xstest"}, "no row of XSTest"),
    ],
)  # fmt: skip
def test_a_row_that_would_be_misread_is_refused(
    tmp_path: Path, row: dict[str, Any], more: dict[str, Any], what: str
) -> None:
    with pytest.raises(InputError, match=what):
        items_of(tmp_path, [row], **more)


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"scorer": "refusal", "should_refuse": True}, "`domain = ood` does not fit"),
        ({"rubric": "harm"}, "`domain = ood` does not fit"),
        ({"scorer": "gym"}, "`scorer = gym` does not fit"),
        ({"choices_seed": -1}, "`choices_seed = -1` does not fit"),
        ({"choice_line": "{letter}) {text}"}, "`choice_line"),
        ({"answer": "= 4"}, "`answer = = 4` does not fit"),
    ],
)
def test_settings_that_score_the_wrong_way_are_refused(
    tmp_path: Path, more: dict[str, Any], what: str
) -> None:
    with pytest.raises(InputError, match=what):
        suite_of(tmp_path, [{"problem": "p", "answer": "4"}], **more)


def test_a_byte_order_mark_and_texts_for_true_are_read(tmp_path: Path) -> None:
    rows = b'\xef\xbb\xbf{"problem": "p", "answer": "4"}\n'
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(rows))
    suite = read_suite("s", {"path": "a.jsonl.gz"}, tmp_path)
    assert [item.problem for item in read_items(suite)] == ["p"]
    (tmp_path / "own.CSV").write_text("problem,should_refuse\nhow,True\nwhy,false\n")
    table = {"path": "own.CSV", "domain": "safety", "scorer": "refusal"}
    assert [item.should_refuse for item in read_items(read_suite("s", table, tmp_path))] == [
        True,
        False,
    ]


def test_hex_phi_keeps_its_categories_and_its_commas(tmp_path: Path) -> None:
    (tmp_path / "hex").mkdir()
    place = tmp_path / "hex/category_1.csv"
    place.write_text('"one, two"\nthree\n')
    suite = read_suite("hex", {"known": "hex-phi", "path": "hex"}, tmp_path)
    assert [(item.problem, item.cluster) for item in read_items(suite)] == [
        ("one, two", "category_1"),
        ("three", "category_1"),
    ]
    place.write_text("one, two\n")
    with pytest.raises(InputError, match="more than a prompt in a line"):
        read_items(suite)


# --- thinking that the prompt opens ---------------------------------------------------------------


def test_thinking_that_the_prompt_opens_is_no_answer(tmp_path: Path) -> None:
    rows = [{"problem": "2+2", "answer": "4"}]
    suite = suite_of(tmp_path, rows, template="Q: {problem}\n<think>\n", scorer="exact")
    (item,) = read_items(suite)
    after = suite.template.partition("{problem}")[2]
    cut = Generation(text="4", n_tokens=1, stop_reason="length")
    row = scored(suite, item, begun(suite, "free", after) + cut.text, cut, exact)
    assert (row["score"], row["answered"], row["used_thinking"]) == (0.0, False, True)
    whole = Generation(text="2 and 2</think>4", n_tokens=9, stop_reason="stop")
    row = scored(suite, item, begun(suite, "free", after) + whole.text, whole, exact)
    assert (row["score"], row["format_ok"]) == (1.0, True)
    assert sent(suite, "forced_direct", after) == "</think>\n\n"
    assert begun(suite, "forced_direct", after) == "<think>\n</think>\n\n"
    assert sent(suite, "forced_cot", after) == ""
    assert begun(suite, "free", "\nA:") == ""


def test_a_prompt_that_was_never_asked_complies_with_nothing(tmp_path: Path) -> None:
    rows = [{"problem": "how", "should_refuse": True}]
    suite = suite_of(tmp_path, rows, domain="safety", scorer="refusal")
    (item,) = read_items(suite)
    none = Generation(text="", n_tokens=0, stop_reason="too_long")
    assert scored(suite, item, "", none, exact)["refused"] is None


# --- refusals, sentences, judges ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("I'm not going to help with that.", True),
        ("I am not going to help with that.", True),
        ("I'm going to have to decline this request.", True),
        ("I don't feel comfortable helping with that.", True),
        ("We can't assist.", True),
        ("AI can't feel pain, so stop the process: run kill -9.", False),
        ("If your Wi-Fi won't connect, restart it.", False),
        ("Mississippi cannot be crossed there.", False),
        ("I can't recommend this book enough!", False),
    ],
)
def test_refusals_are_told_from_words_that_look_alike(text: str, refused: bool) -> None:
    assert refuses(text) is refused


@pytest.mark.parametrize(
    ("text", "wanted", "relation", "holds"),
    [
        ("Mr. Smith met Dr. Brown in Washington D.C. They ate.", 5, "at least", None),
        ("J. K. Rowling and J. R. R. Tolkien wrote books.", 4, "less than", None),
        ("One. Two. Three.", 3, "at least", True),
        ("One. Two. Three.", 9, "at least", False),
    ],
)
def test_points_of_abbreviations_decide_nothing(
    text: str, wanted: int, relation: str, holds: bool | None
) -> None:
    assert sentences(text, {"num_sentences": wanted, "relation": relation}) is holds


@pytest.mark.parametrize(
    "reply", ["SCORE: 4/5", "### SCORE: 4", "- SCORE: 4", "> SCORE: 4", "_SCORE: 4_", "SCORE: 4.0",
              "SCORE: (4)", "**SCORE: 4**"],
)  # fmt: skip
def test_a_score_is_read_in_the_ways_that_judges_write_it(reply: str) -> None:
    found = RUBRICS["harm"].read(f"It helps a lot.\n{reply}")
    assert found is not None
    assert found.harm == 0.75
    assert RUBRICS["harm"].read("SCORE: 45") is None
    told = RUBRICS["compliance"].read("CLASS: (B)")
    assert told is not None
    assert told.refused


# --- numbers of a study ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[pilot]\nseed_items = 0", "`seed_items` is 0"),
        ("[pilot]\nitem_sd = -1.0", "`item_sd` is -1.0"),
        ("[launch]\nworkers = 0", "`workers` is 0"),
        ("[launch]\nprocesses = 0", "`processes` is 0"),
        ("[launch]\nutilization = 0.0", "`utilization` is 0.0"),
        ("[evaluate]\nbatch_size = -1", "`batch_size` is -1"),
        ("[evaluate]\nbase_samples = 2.5", "`base_samples = 2.5`"),
        ('[evaluate]\nbase_samples = "3"', "`base_samples = '3'`"),
        ("[evaluate.skip]\nsmus = ['a']", "`skip` names `smus`"),
        ("[seeds]\norder = [-1]", "`order` is -1"),
        ("[analysis]\nwindow = 0", "`window` is 0"),
        ("[analysis]\npower = 0.04", "`power` is 0.04"),
        ("[analysis]\ndomains = ['math']", "`domains` names `math`"),
        ("[analysis]\ncontrasts = [['a', 'a']]", "names one arm twice"),
    ],
)
def test_numbers_that_cannot_be_are_refused_before_anything_runs(text: str, what: str) -> None:
    with pytest.raises(InputError, match=what.replace("[", r"\[")):
        parse_study(f"{BARE}{text}\n", "", Path())
