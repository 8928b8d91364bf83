"""Where the final answer of a response is, by which rule, and what is no answer."""

import pytest

from curate.verify import Verdict, extract, read_reference, verify

NUMBER = read_reference("5")
CHOICE = read_reference("B")
WORDS = read_reference("Dan")


@pytest.mark.parametrize(
    ("response", "answer", "rule"),
    [
        ("so \\boxed{5}", "5", "box"),
        ("first \\boxed{3}, wait, no. So \\boxed{7}", "7", "box"),
        ("\\boxed{1}, \\boxed{2} and \\boxed{3}", "\\boxed{1}, \\boxed{2} and \\boxed{3}", "box"),
        ("\\boxed{5}, that is \\boxed{5}", "5", "box"),
        ("$\\boxed{5}$\n\n$\\boxed{5}$", "5", "box"),
        ("\\fbox{5}", "5", "box"),
        ("\\boxed{\\frac{1}{2}} and then \\boxed{3", "\\frac{1}{2}", "box"),
        ("<answer> 5 </answer>", "5", "answer tag"),
        ("<ANSWER>5</ANSWER", "5", "answer tag"),
        ("<answer>\\boxed{5}</answer>", "5", "answer tag"),
        ("\\boxed{4} but <answer>5</answer>", "5", "answer tag"),
        ("2 + 3 = 5\n#### 5", "5", "####"),
        ("#### Step 1\nadd them\n\nThe answer is 5.", "5", "phrase"),
        ("The final answer is $5$. I hope it is correct.", "$5$", "phrase"),
        ("**Final Answer:** 5", "5", "phrase"),
        ("### Final Answer\n\n5", "5", "phrase"),
        ("A: 5", "5", "phrase"),
        ("So the answer is $2$, $3$ and $5$.", "$2$, $3$ and $5$", "phrase"),
        ("The answer is wrong. The answer is 5 because it is.", "5", "phrase"),
        ("答案是5。", "5", "phrase"),
        ("The answer is 16 because each side is 4.", "16", "phrase"),
        ("so he has **5** apples left.", "5", "last bold"),
        ("we get \\(2+3\\) hence \\(x=5\\).", "x=5", "last formula"),
        ("he has 2 and she has 5 apples", "5", "last number"),
        ("Therefore, x = 17.", "x = 17.", "last line"),
        ("5", "5", "whole"),
    ],
)
def test_the_rule_that_finds_an_answer_is_named(response: str, answer: str, rule: str) -> None:
    found = extract(response, NUMBER)
    assert (found.answer, found.rule) == (answer, rule)
    assert response[found.start : found.end] == answer


@pytest.mark.parametrize(
    ("response", "letter"),
    [
        ("The correct answer is (B).", "B"),
        ("The answer: B, it does not make sense for it to be A or C", "B"),
        ("It's not A because it makes no sense, therefore I think it's B", "B"),
        ("B. it can't be A or C", "B"),
        ("I think it is **B**.", "B"),
        ("I choose (A).", "A"),
        ("Therefore, option A is the correct answer.", "A"),
        ("A is correct. C is wrong.", "A"),
        ("\\boxed{\\text{(B)}}", "\\text{(B)}"),
    ],
)
def test_choice_letters_are_found(response: str, letter: str) -> None:
    assert extract(response, CHOICE).answer == letter


def test_words_are_found_after_their_phrase() -> None:
    assert extract("Eve is before Ana.\n\nAnswer: Dan", WORDS).answer == "Dan"


@pytest.mark.parametrize(
    ("response", "state"),
    [
        ("<think>so \\boxed{4}</think>It is \\boxed{5}", "closed"),
        ("so \\boxed{4}</think>It is \\boxed{5}", "closed"),
        (
            "<|begin_of_thought|>\\boxed{4}<|end_of_thought|>\n<|begin_of_solution|>\\boxed{5}",
            "closed",
        ),
        ("<Thought>\\boxed{4}</Thought><Output>\\boxed{5}</Output>", "closed"),
        ("◁think▷\\boxed{4}◁/think▷\\boxed{5}", "closed"),
        ("It is \\boxed{5}", "none"),
    ],
)  # fmt: skip
def test_the_answer_stands_after_the_thinking(response: str, state: str) -> None:
    found = extract(response, NUMBER)
    assert (found.answer, found.thinking) == ("5", state)


def test_a_box_inside_unfinished_thinking_is_no_answer() -> None:
    found = extract("<think>maybe \\boxed{5}? wait, let me check." + " hm" * 200, NUMBER)
    assert found.answer is None
    assert found.thinking == "unclosed"
    assert verify("<think>maybe \\boxed{5}?" + " hm" * 200, "5").verdict is Verdict.UNPARSED


def test_an_answer_in_the_thinking_alone_is_none() -> None:
    assert verify("<think>so it is \\boxed{5}</think>", "5").verdict is Verdict.UNPARSED


def test_nothing_earlier_is_graded_in_place_of_an_unreadable_answer() -> None:
    found = verify("We know \\boxed{5}. Then $5$. So finally \\boxed{see above}", "5")
    assert found.verdict is Verdict.INCORRECT
    assert found.answer == "see above"
    assert "text" in found.method


def test_the_trailing_dot_of_a_box_is_no_reason_to_look_elsewhere() -> None:
    assert verify("first \\boxed{3}, then \\boxed{86.}", "86").verdict is Verdict.CORRECT
