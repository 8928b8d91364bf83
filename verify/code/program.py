"""The program in a response: the last fenced block, or the whole of a response that is code.

A block of another language or one that shows output is passed over. Where no block defines the
function that is asked for, the last Python block is taken.
"""

import re

from curate.verify.decision import Extraction

_FENCE = re.compile(r"^[ \t]{0,3}(`{3,}|~{3,})[ \t]*([\w+#.-]*)[^\n]*\n", re.MULTILINE)
_PYTHON = frozenset({"", "python", "python3", "py", "py3"})
_STARTS = re.compile(
    r"(?:def|class|import|from|if|for|while|try|with|async|print|return)\b"
    r"|@|#|[A-Za-z_][\w., ]*=|\"\"\"|'''"
)
_STOPS = ("\nclass ", "\ndef ", "\n#", "\nif ", "\nprint(")
"""Where a completion of a human-eval prompt ends (openai/human-eval, README)."""
MAX_CHARACTERS = 200_000


def find_program(text: str, start: int, name: str, prompt: str) -> Extraction:
    """The program in `text[start:]` that should define `name`, with its place."""
    blocks = fenced(text, start)
    if blocks:
        wanted = [place for place in blocks if name and defines(text[slice(*place)], name)]
        begin, end = (wanted or blocks)[-1]
        return _found(text, begin, end, "code block")
    first = text[start:].lstrip("\n\r")
    continues = bool(prompt) and first[:1] in (" ", "\t")
    if continues or _STARTS.match(first):
        return _found(text, start, len(text), "whole code")
    return Extraction(answer=None, rule="none")


def _found(text: str, begin: int, end: int, rule: str) -> Extraction:
    program = text[begin:end]
    if not program.strip() or len(program) > MAX_CHARACTERS:
        return Extraction(answer=None, rule=f"empty {rule}" if not program.strip() else "none")
    return Extraction(answer=program, start=begin, end=end, rule=rule)


def fenced(text: str, start: int) -> list[tuple[int, int]]:
    """The inside of the Python blocks after `start`, in order."""
    places = []
    place = start
    while (opening := _FENCE.search(text, place)) is not None:
        closing = re.compile(rf"^[ \t]{{0,3}}{re.escape(opening[1])}", re.MULTILINE)
        end = closing.search(text, opening.end())
        if end is None:  # stopped at the fence, as many servers are told to
            if opening[2].lower() in _PYTHON and text[opening.end() :].strip():
                places.append((opening.end(), len(text)))
            break
        if opening[2].lower() in _PYTHON:
            places.append((opening.end(), end.start()))
        place = end.end()
    return places


def defines(program: str, name: str) -> bool:
    """Whether a program defines the function, or the class of a `Solution().method`."""
    last = name.rpartition(".")[2]
    return (
        re.search(rf"^[ \t]*(?:async )?(?:def|class) {re.escape(last)}\b", program, re.MULTILINE)
        is not None
    )


def whole_program(program: str, name: str, prompt: str) -> str:
    """The program to run: a completion is put behind its prompt and cut where its function ends."""
    if not prompt or not name or defines(program, name):
        return program
    ends = [place for stop in _STOPS if (place := program.find(stop)) > 0]
    return prompt + program[: min(ends, default=len(program))]
