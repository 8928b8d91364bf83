"""What is done to the text of a trace, so that one thing about it is worse, or only longer.

Pure functions of the text, an amount and a seed; each is linear in the length of the text. A step
is a paragraph of the thinking, or of the whole response where no thinking is marked. Two defects
are no change of a text but another real trace, and are drawn by the matching: `wrong_answer`, an
incorrect trace of the same problem, and `length_only`, a longer one of the same grade.
"""

import random
import re
from collections.abc import Callable, Mapping

from curate.verify.boxes import last_box
from curate.verify.thinking import find_thinking

Defect = Callable[[str, float | None, int], str]
"""(text, amount or None for the default, seed) → text"""

TRUNCATED_AT = 0.5
"""Share of the thinking that is left."""
VERBOSE_FACTOR = 1.5
"""Characters of the thinking afterwards, in times of those before."""
WRONG_BY = 1
"""What is added to every result."""
LENGTH_CHANGING = ("no_thinking", "answer_only", "truncated", "keyword_stripped", "verbose")


def body(text: str) -> tuple[int, int]:
    """Where the steps of a response begin and end: its thinking, or all of it."""
    found = find_thinking(text)
    if found.start is None or found.end is None:
        return 0, len(text)
    return found.start, found.end


def no_thinking(text: str, amount: float | None, seed: int) -> str:
    """What follows the thinking: the summary and the answer (the paper's Math-NoCoT)."""
    return text[find_thinking(text).answer_start :].strip()


def answer_only(text: str, amount: float | None, seed: int) -> str:
    """The final box alone, or the last line where there is none."""
    start = find_thinking(text).answer_start
    box = last_box(text, start, len(text))
    if box is not None:
        return text[box[1].start : box[1].end]
    lines = text[start:].strip().rsplit("\n", 1)
    return lines[-1].strip()


def truncated(text: str, amount: float | None, seed: int) -> str:
    """The response up to a share of its thinking, cut at a space; what follows is gone."""
    start, end = body(text)
    place = start + int((end - start) * (TRUNCATED_AT if amount is None else amount))
    space = text.rfind(" ", start + (place - start) // 2, place)
    return text[: space if space > start else place]


def shuffled_steps(text: str, amount: float | None, seed: int) -> str:
    """The same steps in another order; first and last white space stay where they are."""
    start, end = body(text)
    inner = text[start:end]
    left, right = len(inner) - len(inner.lstrip()), len(inner.rstrip())
    mark = "\n\n" if "\n\n" in inner[left:right] else "\n"
    steps = inner[left:right].split(mark)
    shuffled = steps.copy()
    random.Random(seed).shuffle(shuffled)
    if shuffled == steps:
        shuffled = [*steps[1:], *steps[:1]]
    middle = mark.join(shuffled)
    return text[: start + left] + middle + inner[max(left, right) :] + text[end:]


EQUATION = re.compile(
    r"(?<![\d.])(\d{1,12}\s{0,3}(?:[+*/×·÷−-]|\\times|\\cdot|\\div)\s{0,3}"
    r"\d{1,12}\s{0,3}=\s{0,3})(\d{1,12})(?!\d|\.\d)"
)


def systematic_error(text: str, amount: float | None, seed: int) -> str:
    """Every result of a sum, difference, product or quotient in the thinking off by the same."""
    start, end = body(text)
    add = int(WRONG_BY if amount is None else amount)

    def wrong(found: re.Match[str]) -> str:
        return f"{found[1]}{int(found[2]) + add}"

    return text[:start] + EQUATION.sub(wrong, text[start:end]) + text[end:]


KEYWORD = re.compile(
    r"\b(?:wait|hmm+|alternatively|however|actually|but"
    r"|let me (?:double[- ])?check(?: (?:that|this))?|let me verify(?: (?:that|this))?"
    r"|let me try again|hold on|on second thought|oh no)\b"
    r"[,.!?…]{0,3}[ ]?",
    re.IGNORECASE,
)


def keyword_stripped(text: str, amount: float | None, seed: int) -> str:
    """The thinking without the words that announce doubt, checking and turning back."""
    start, end = body(text)
    return text[:start] + KEYWORD.sub("", text[start:end]) + text[end:]


FILLERS = (
    "Let me restate what we have so far before going on, so that everything stays in view.",
    "At this point it is worth pausing to look at the expression again as it stands.",
    "This is the same situation as in the line above, only written out once more.",
    "We keep in mind what the problem asks for, and continue from here in the same way.",
    "Nothing new has been used in this step, and nothing that was said before has changed.",
    "So the position is as it was, and the next line follows from the one before it.",
)


def verbose(text: str, amount: float | None, seed: int) -> str:
    """The same steps with sentences that say nothing between them, up to a factor in length."""
    start, end = body(text)
    steps = text[start:end].splitlines(keepends=True)
    wanted = (end - start) * ((VERBOSE_FACTOR if amount is None else amount) - 1)
    draw, out, added = random.Random(seed), [], 0.0
    for place, step in enumerate(steps, start=1):
        out.append(step)
        while step.endswith("\n") and added < wanted * place / len(steps):
            out.append(f"{draw.choice(FILLERS)}\n")
            added += len(out[-1])
    return text[:start] + "".join(out) + text[end:]


DEFECTS: Mapping[str, Defect] = {
    "no_thinking": no_thinking,
    "answer_only": answer_only,
    "truncated": truncated,
    "shuffled_steps": shuffled_steps,
    "systematic_error": systematic_error,
    "keyword_stripped": keyword_stripped,
    "verbose": verbose,
}


def spoil(
    text: str, defects: tuple[tuple[str, float | None], ...], seed: int, trace_id: str
) -> str:
    """The text with the defects one after the other, the same for the same seed and trace."""
    for place, (name, amount) in enumerate(defects):
        text = DEFECTS[name](text, amount, int(trace_id[:15], 16) * 1009 + seed * 7 + place)
    return text
