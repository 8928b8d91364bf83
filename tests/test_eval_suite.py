"""Suites and items: what a study's file says, and what published files look like."""

import base64
import gzip
import json
import pickle
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.ablate_scorers import verify_scorers
from curate.errors import InputError
from curate.train.eval.choices import shuffled
from curate.train.eval.ifeval import followed
from curate.train.eval.items import Item, read_items
from curate.train.eval.prompts import prefill, problem_text, prompt_frame
from curate.train.eval.published import unpacked
from curate.train.eval.response import parts_of
from curate.train.eval.scoring import scorer_of
from curate.train.eval.suite import Suite, read_suite
from curate.verdict import Verdict
from tests.tiny_lm import character_tokenizer

TAGS = ("<think>", "</think>")


def written(path: Path, rows: list[Any]) -> Path:
    """The rows as a file of JSON lines."""
    text = "\n".join(json.dumps(row) for row in rows)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def suite_of(tmp_path: Path, rows: list[Any], **table: Any) -> Suite:
    """A suite of these rows."""
    written(tmp_path / "a.jsonl.gz", rows)
    return read_suite("s", {"path": "a.jsonl.gz", **table}, tmp_path)


def judged(suite: Suite, item: Item, answer: str) -> Verdict:
    """What the suite's scorer says of an answer."""
    return scorer_of(suite, verify_scorers())(item, answer).verdict


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"path": "x", "sample": 3}, "did you mean `samples`?"),
        ({"path": "x", "fields": {"probelm": "q"}}, "did you mean `problem`?"),
        ({"path": "x", "known": "math500"}, "did you mean `math-500`?"),
        ({"path": "x", "name": "y"}, "unknown key `name`"),
        ({"path": "x", "samples": 2}, "greedy samples are all the same"),
        ({"path": "x", "temperature": -0.1, "samples": 2}, "it is not negative"),
        ({"path": "x", "template": "no place"}, "`{problem}` once"),
        ({"path": "x", "modes": ["free", "free"]}, "each mode once"),
        ({"path": "x", "modes": ["fre"]}, '"forced_cot"'),
        ({"path": "x", "domain": "near"}, '"id" or "ood"'),
        ({"path": "x", "top_p": 0}, "(0, 1]"),
        ({"path": "x", "gym": ["gcd"]}, "say one of the three"),
        ({}, "has no items"),
    ],
)
def test_a_wrong_key_or_value_is_refused_in_words(table: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as refusal:
        read_suite("s", table)
    assert said in str(refusal.value)


def test_a_known_benchmark_has_its_settings_and_each_can_be_set_otherwise(tmp_path: Path) -> None:
    table = {
        "known": "gpqa-diamond",
        "path": "g.jsonl",
        "samples": 5,
        "fields": {"id": "Record ID"},
    }
    suite = read_suite("g", table, tmp_path)
    assert (suite.samples, suite.temperature, suite.choices_seed) == (5, 0.6, 0)
    assert (suite.fields.problem, suite.fields.id) == ("Question", "Record ID")
    assert suite.path == str(tmp_path / "g.jsonl")


def test_gpqa_choices_are_shuffled_by_a_fixed_seed(tmp_path: Path) -> None:
    rows = [
        {"Question": f"Q{n}", "Correct Answer": f"right {n}", "Record ID": f"r{n}",
         **{f"Incorrect Answer {k}": f"wrong {n} {k}" for k in (1, 2, 3)}}
        for n in range(40)
    ]  # fmt: skip
    suite = suite_of(tmp_path, rows, known="gpqa-diamond")
    items = read_items(suite)
    for n, item in enumerate(items):
        assert item.reference is not None
        assert item.choices["ABCD".index(item.reference)] == f"right {n}"
        assert item.chance == 0.25
        assert judged(suite, item, f"So \\boxed{{{item.reference}}}") == Verdict.CORRECT
    assert {item.reference for item in items} == set("ABCD")
    # the same in every process: no hash of Python's has a part in it
    assert "".join(item.reference or "" for item in items[:12]) == "".join(
        "ABCD"[shuffled(4, 0, f"r{n}").index(0)] for n in range(12)
    )
    assert [shuffled(4, 0, f"r{n}") for n in range(3)] == [[0, 1, 3, 2], [1, 0, 2, 3], [2, 3, 1, 0]]


def test_choices_are_read_in_all_published_shapes(tmp_path: Path) -> None:
    rows: list[Any] = [
        {"id": "a", "question": "Q", "options": ["w", "x", "y"], "answer": "B"},
        {"id": "b", "question": "Q", "choices": ["w", "x", "y"], "answer": 1},
        {"id": "c", "question": "Q", "choices": {"text": ["w", "x"], "label": ["1", "2"]},
         "answer": "2"},
        {"id": "d", "question": "Q", "options": {"A": "w", "B": "x"}, "answer": "x"},
        {"id": "e", "question": "Q", "options": ["w", "x"], "answer": "(b)"},
    ]  # fmt: skip
    suite = suite_of(tmp_path, rows, choices_seed=3)
    for item in read_items(suite):
        assert item.reference is not None
        assert item.choices[item.right[0]] == "x"
        text = problem_text(suite, item)
        assert text.startswith("Q\n\nA) ")
        assert f"{item.reference}) x" in text
    with pytest.raises(InputError, match="none of its choices"):
        read_items(suite_of(tmp_path, [{"question": "Q", "options": ["w"], "answer": "Z"}]))


def test_livecodebench_tests_are_unpacked_without_running_anything(tmp_path: Path) -> None:
    cases = [{"input": "1 2\n", "output": "3\n", "testtype": "stdin"}]
    hidden = [{"input": "[1, 2]\n2", "output": "5", "testtype": "functional"}]
    packed = base64.b64encode(zlib.compress(pickle.dumps(json.dumps(hidden)))).decode()
    rows = [
        {"question_id": "q1", "question_content": "Add.", "public_test_cases": json.dumps(cases),
         "private_test_cases": json.dumps(cases), "starter_code": "", "metadata": "{}"},
        {"question_id": "q2", "question_content": "Sum.", "public_test_cases": "[]",
         "private_test_cases": packed, "metadata": json.dumps({"func_name": "total"}),
         "starter_code": "class Solution:\n    def total(self, a, b):"},
    ]  # fmt: skip
    first, second = read_items(suite_of(tmp_path, rows, known="livecodebench"))
    assert json.loads(first.reference or "")["inputs"] == ["1 2\n", "1 2\n"]
    assert json.loads(second.reference or "") == {
        "inputs": [[[1, 2], 2]], "outputs": [5], "fn_name": "Solution().total",
    }  # fmt: skip
    assert second.problem.endswith("def total(self, a, b):\n```")
    hostile = base64.b64encode(zlib.compress(pickle.dumps(print))).decode()
    with pytest.raises(pickle.UnpicklingError, match="asks for"):
        unpacked(hostile)


@pytest.mark.parametrize("packed", ["x", "AAAA", "eJxzBAAAQgBC", "eJwDAAAAAAE=", '{"a": 1}'])
def test_tests_that_cannot_be_unpacked_are_refused(packed: str, tmp_path: Path) -> None:
    row = {"question_id": "q", "question_content": "Add.", "private_test_cases": packed}
    with pytest.raises(InputError, match=r"a.jsonl.gz:1, `private_test_cases` cannot be read"):
        read_items(suite_of(tmp_path, [row], known="livecodebench"))


def test_a_program_without_tests_is_unverifiable(tmp_path: Path) -> None:
    row = {"question_id": "q", "question_content": "Add.", "private_test_cases": ""}
    suite = suite_of(tmp_path, [row], known="livecodebench")
    (item,) = read_items(suite)
    assert judged(suite, item, "```python\nprint(3)\n```") == Verdict.UNVERIFIABLE


def test_truthfulqa_without_its_choices_is_refused(tmp_path: Path) -> None:
    empty: list[Any] = [{}, None, {"choices": [], "labels": []}]
    for targets in empty:
        row = {"question": "Q", "mc2_targets": targets}
        with pytest.raises(InputError, match="`mc2_targets`"):
            read_items(suite_of(tmp_path, [row], known="truthfulqa-mc2"))


def test_halueval_makes_two_items_of_a_row_and_truthfulqa_its_choices(tmp_path: Path) -> None:
    row = {"knowledge": "K", "question": "Q", "right_answer": "r", "hallucinated_answer": "h"}
    suite = suite_of(tmp_path, [row], known="halueval-qa")
    items = read_items(suite)
    assert [(item.reference, item.cluster) for item in items] == [
        ("No", "row-000001"), ("Yes", "row-000001"),
    ]  # fmt: skip
    assert judged(suite, items[0], "It is fine: \\boxed{No}") == Verdict.CORRECT
    assert judged(suite, items[1], "It is fine: \\boxed{No}") == Verdict.INCORRECT
    truth = {"question": "Q", "mc1_targets": {"choices": ["a", "b"], "labels": [0, 1]}}
    (item,) = read_items(suite_of(tmp_path, [truth], known="truthfulqa-mc1"))
    assert (item.choices, item.right, item.chance) == (("a", "b"), (1,), 0.5)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"problem": "a"}\n[1]\n', "a.jsonl:2"),
        (b'{"problem": "a"}\n{"problem"', "a.jsonl:2"),
        (b'{"text": "a"}', "no problem"),
        (b'{"id": "x", "problem": "a"}\n\n{"id": "x", "problem": "b"}', "called `x`"),
        (b"\n", "no items"),
        (b'{"problem": "\\ud800"}', "a.jsonl:1"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_with_its_line(
    content: bytes, said: str, tmp_path: Path
) -> None:
    (tmp_path / "a.jsonl").write_bytes(content)
    with pytest.raises(InputError) as refusal:
        read_items(read_suite("s", {"path": "a.jsonl"}, tmp_path))
    assert said in str(refusal.value)


def test_a_cut_archive_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    whole = gzip.compress(b'{"problem": "a"}\n' * 1000)
    (tmp_path / "a.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    for name in ("a.jsonl.gz", "none.jsonl"):
        with pytest.raises(InputError, match="cannot be read"):
            read_items(read_suite("s", {"path": name}, tmp_path))


@given(limit=st.integers(1, 30), seed=st.integers(0, 3))
@settings(max_examples=25, deadline=None)
def test_a_limit_draws_the_same_items_and_larger_limits_hold_smaller_ones(
    limit: int, seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("limit")
    rows = [{"id": f"i{n}", "problem": "p", "answer": str(n)} for n in range(30)]

    def drawn(count: int, order: int) -> list[str]:
        suite = suite_of(folder, rows[::order], limit=count, seed=seed)
        return [item.id for item in read_items(suite)]

    few, more = drawn(limit, 1), drawn(min(30, limit + 5), 1)
    assert len(few) == limit
    assert set(few) <= set(more)
    assert few == drawn(limit, -1)[::-1]


@given(st.text(alphabet="ab<>/think \n", max_size=60), st.text(alphabet="xy\n ", max_size=20))
def test_what_follows_the_last_closing_tag_is_the_answer(before: str, answer: str) -> None:
    parts = parts_of(f"{before}</think>{answer}", TAGS)
    assert parts.answer == answer
    assert "</think>" not in parts_of(f"<think>{answer}</think>", TAGS).thinking


@pytest.mark.parametrize(
    ("response", "thinking", "answer", "well_formed"),
    [
        ("5", "", "5", True),
        ("<think>\nso</think>\n\n5", "so", "\n\n5", True),
        ("so</think>5", "so", "5", True),
        ("<think>\n\n</think>\n\n5", "", "\n\n5", True),
        ("<think>so 5", "so 5", "", False),
        ("<think>a</think>b</think>5", "a</think>b", "5", False),
        ("<think>a<think>b</think>5", "a<think>b", "5", False),
        ("5</think>7<think>", "5", "7<think>", False),
    ],
)
def test_the_parts_of_a_response(
    response: str, thinking: str, answer: str, well_formed: bool
) -> None:
    assert parts_of(response, TAGS) == (thinking, answer, well_formed)


def test_prompts_are_the_template_and_modes_only_add_their_prefix(tmp_path: Path) -> None:
    suite = suite_of(
        tmp_path, [{"problem": "1+{problem}?", "answer": "2"}], template="U: {problem}\nA: "
    )
    (item,) = read_items(suite)
    before, after = prompt_frame(suite, None)
    assert before + problem_text(suite, item) + after == "U: 1+{problem}?\nA: "
    assert prefill(suite, "forced_cot") == "<think>\n"
    assert prefill(suite, "forced_direct") == "<think>\n\n</think>\n\n"
    assert prefill(suite, "free") == ""


def test_a_chat_template_is_applied_and_one_that_adds_a_system_prompt_refused(
    tmp_path: Path,
) -> None:
    tokenizer = character_tokenizer()
    rows = [{"problem": "p", "answer": "2"}]
    plain = suite_of(tmp_path, rows, chat=True)
    with pytest.raises(InputError, match="wants a chat template"):
        prompt_frame(plain, tokenizer)
    turn = "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}"
    tokenizer.chat_template = turn + "{% if add_generation_prompt %}[assistant]{% endif %}"
    assert prompt_frame(plain, tokenizer) == ("[user]", "[assistant]")
    told = suite_of(tmp_path, rows, chat=True, system="Be brief.")
    assert prompt_frame(told, tokenizer)[0] == "[system]Be brief.[user]"
    tokenizer.chat_template = "[system]You are Q." + turn
    with pytest.raises(InputError, match="puts a system prompt"):
        prompt_frame(plain, tokenizer)


@pytest.mark.parametrize(
    ("name", "kwargs", "good", "bad"),
    [
        ("punctuation:no_comma", {}, "one two", "one, two"),
        ("keywords:existence", {"keywords": ["cat", "c++"]}, "A Cat in C++", "a cat"),
        ("keywords:frequency", {"keyword": "a", "frequency": 2, "relation": "at least"},
         "a b a", "b a"),
        ("keywords:forbidden_words", {"forbidden_words": ["cat"]}, "category", "the Cat."),
        ("keywords:letter_frequency",
         {"letter": "q", "let_frequency": 2, "let_relation": "less than"}, "Q", "qQ"),
        ("length_constraints:number_words", {"num_words": 3, "relation": "at least"},
         "a b, c", "a b"),
        ("length_constraints:number_sentences", {"num_sentences": 3, "relation": "at least"},
         "One. Two! Three? Four.", "One"),
        ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, "a\n***\nb", "a\n\nb"),
        ("length_constraints:nth_paragraph_first_word",
         {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "so"}, "a\n\nSo, b", "So\n\na"),
        ("detectable_content:number_placeholders", {"num_placeholders": 2}, "[a] [b]", "[a] [b"),
        ("detectable_content:postscript", {"postscript_marker": "P.S."}, "x\nP. S. y", "PS y"),
        ("detectable_format:number_bullet_lists", {"num_bullets": 2}, "* a\n- b", "* a\n**b**"),
        ("detectable_format:constrained_response", {}, "My answer is no.", "no"),
        ("detectable_format:number_highlighted_sections", {"num_highlights": 2},
         "*a* and *b*", "*a* and **"),
        ("detectable_format:multiple_sections", {"section_spliter": "PART", "num_sections": 2},
         "PART 1 a PART 2", "PART a PART 2"),
        ("detectable_format:json_format", {}, "```json\n{\"a\": 1}\n```", "{a}"),
        ("detectable_format:title", {}, "x\n<<A b>>\n", "<<>>"),
        ("combination:two_responses", {}, "a\n******\nb", "a\n******\na"),
        ("combination:repeat_prompt", {"prompt_to_repeat": "Do it."}, "do it. Done", "Done"),
        ("startend:end_checker", {"end_phrase": "The End."}, 'x "the end."', "the end"),
        ("startend:quotation", {}, '"a"', '"a'),
        ("change_case:capital_word_frequency",
         {"capital_frequency": 2, "capital_relation": "at least"}, "THE CAT sat", "The CAT"),
        ("change_case:english_capital", {}, "ALL THIS", "All this"),
        ("change_case:english_lowercase", {}, "all this", "All this"),
    ],
)  # fmt: skip
def test_instructions_are_checked(name: str, kwargs: dict[str, Any], good: str, bad: str) -> None:
    assert followed(name, good, kwargs) is True
    assert followed(name, bad, kwargs) is False
    if kwargs:
        assert followed(name, good, {}) is None


@given(st.text(max_size=300))
@settings(max_examples=100, deadline=None)
def test_instructions_never_raise_and_unknown_ones_are_unknown(text: str) -> None:
    assert followed("language:response_language", text, {"language": "de"}) is None
    for name in ("detectable_format:title", "detectable_format:json_format",
                 "combination:two_responses", "startend:quotation"):  # fmt: skip
        assert followed(name, text, {}) in (True, False)


@pytest.mark.parametrize("piece", ["[", "*", "<<", "\n", "* \n", "P.S", "(((", '"', "******"])
def test_instructions_take_linear_time(piece: str) -> None:
    import time

    text = piece * (200_000 // len(piece))
    start = time.process_time()
    kwargs = {"num_placeholders": 1, "num_bullets": 1, "num_highlights": 1, "num_paragraphs": 1,
              "num_sentences": 1, "relation": "at least", "postscript_marker": "P.P.S",
              "section_spliter": "S", "num_sections": 1, "capital_frequency": 1,
              "capital_relation": "at least", "end_phrase": "x"}  # fmt: skip
    from curate.train.eval.ifeval import CHECKS

    for name in CHECKS:
        followed(name, text, kwargs)
    assert time.process_time() - start < 3
