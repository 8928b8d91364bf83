"""Where an equation ends: what stands to its left and right, and whether it belongs to it.

`ab + 3 = 7` must not be read as `3 = 7`, nor `2 = 5x` as `2 = 5`: an equation whose ends lean on
something we cannot read is not checkable.
"""

import re

from curate.quality.arithmetic_tokens import LETTERS, SCALES, SUFFIXES

BRACKETS = re.compile(r"\\?[()\[\]{}]")
LABEL = re.compile(r"\s*\(?[\w.]{1,4}\)\s")
BEGINS = " \t\n\r&$*\\~\u00a0"
ENDS = " \t\n\r&$*\\~\u00a0"
BULLET = re.compile(r"[-*+•·–]\s+(?=[\d(\\$])|\*+")
OPERATORS = frozenset("+-*/^×⋅·∙•∗÷−–⁄＋－＊／%!°")
HARMLESS_COMMANDS = frozenset(
    "implies Rightarrow Longrightarrow iff Leftrightarrow therefore to rightarrow longrightarrow "
    "quad qquad text because pmod  land lor wedge vee item tag end hline ne neq notag nonumber newline".split()
)
BLOCKING = frozenset(
    "plus minus times over divided multiplied sin cos tan cot sec csc log ln exp lim max min gcd "
    "lcm sqrt square cube squared cubed root base mod modulo choose factorial of".split()
)
"""Words after which a number is an operand of something else."""
TRAILING = re.compile(r"(?:\s|\\[,;:! ])*\\(?:text|mathrm|mbox|textrm)\s?\{[^{}]*\}(?:\^\{?\d\}?)?\s*$")
FUNCTIONS = frozenset("sin cos tan cot sec csc log ln exp sqrt pi lim arcsin arccos arctan".split())
REPEATING = (".\\overline", ".\\bar", ".\\dot", ".(", ".\\ldots")
OPENS_PROSE = frozenset("is so get gives have has be are was then thus hence and equals".split())
"""Words after which a minus sign belongs to the number."""
WORD_BEFORE = re.compile(r"(\\?)([^\W\d_]+)\Z")
WORD_AFTER = re.compile(r"[^\W\d_]+")


def left_edge(text: str, begin: int, end: int) -> int | None:
    """Where the leftmost side begins; None if something unread belongs to it."""
    opened = _unmatched_open(text, begin, end)
    if opened is None:
        return None
    start = opened
    while start < end and text[start] in BEGINS and text[start : start + 2] not in ("\\(", "\\["):
        if text[start] == "\\" and text[start + 1 : start + 2] not in ("\\", " ", ",", ";", "$", "!", ":"):
            break
        start += 2 if text[start] == "\\" and text[start + 1] in ",;!:" else 1
    while text.startswith(("\\(", "\\["), start) and start < end:
        start += 2
        while start < end and text[start] in " \t\n$&":
            start += 1
    if start >= end:
        return None
    if opened > begin:  # right behind an open bracket
        return start if text[start] not in "*/^" else None
    return _left_of(text, begin, start)


def _left_of(text: str, begin: int, start: int) -> int | None:
    first = text[start]
    line = begin == 0 or text[begin - 1] == "\n" or "\n" in text[begin:start]
    if line:
        if bullet := BULLET.match(text, start):
            return bullet.end()
        return None if first in OPERATORS and first not in "-−" else start
    before = text[begin - 1]
    if text.count("*", begin, start) % 2:
        return None  # a product with what stands before
    spaced = text[begin].isspace() or text[begin] in "$\\*"
    if before.isascii() and (before.isalnum() or before == "_") or before.isalpha():
        if not _prose_before(text, begin, spaced):
            return None
        if first in OPERATORS:
            return start if first in "-−" and _minus_is_a_sign(text, begin, start) else None
        return start
    if before in "_^}'′∑∏∫∂∆√|‖±∓":
        return None if before != "|" or first in OPERATORS else start
    if before == "." and text[begin - 2 : begin - 1] == "." or before == "…":
        return None
    return None if first in OPERATORS and first not in "-−" else start


def _minus_is_a_sign(text: str, begin: int, start: int) -> bool:
    word = WORD_BEFORE.search(text, max(0, begin - 20), begin)
    return bool(word and word[2] in OPENS_PROSE and not text[start + 1].isspace())


def _prose_before(text: str, begin: int, spaced: bool) -> bool:
    """Whether the letters before a number are a word of prose, not a variable or a function."""
    last = text[begin - 1]
    if not last.isascii():
        return "\u3000" <= last <= "\u9fff" or (spaced and not _greek(last))
    if not spaced or last.isdigit() or last == "_":
        return False
    word = WORD_BEFORE.search(text, max(0, begin - 24), begin)
    if word is None:
        return False
    if word[1]:
        return word[2] in HARMLESS_COMMANDS
    return len(word[2]) > 1 and word[2].lower() not in BLOCKING


def _greek(sign: str) -> bool:
    return "\u0370" <= sign <= "\u03ff" or "\u2100" <= sign <= "\u22ff"


def _unmatched_open(text: str, begin: int, end: int) -> int | None:
    """Behind the last bracket that opens and does not close; None if one closes that is not open."""
    depth = 0
    cut = begin
    found = list(BRACKETS.finditer(text, begin, end))
    for bracket in reversed(found):
        sign = bracket[0][-1]
        if bracket[0][0] == "\\" and sign in "()[]":
            if sign in "([" and depth == 0:
                return bracket.end()
            continue
        if sign in ")]}":
            depth += 1
        elif depth:
            depth -= 1
        else:
            return bracket.end()
    if depth:
        label = LABEL.match(text, begin, end)
        if depth == 1 and label and (begin == 0 or text[begin - 1] in "\n "):
            return label.end()
        return None
    return cut


def right_edge(text: str, begin: int, end: int) -> int | None:
    """Where the rightmost side ends; None if something unread belongs to it."""
    if trailing := TRAILING.search(text, max(begin, end - 80), end):
        end = trailing.start()
    cut = _balanced_end(text, begin, end)
    stop = cut
    while stop > begin and text[stop - 1] in ENDS:
        stop -= 1
    while stop > begin and text[stop - 1] in ",;:" and text[stop - 2 : stop - 1] == "\\":
        stop -= 2
        while stop > begin and text[stop - 1] in ENDS:
            stop -= 1
    if stop <= begin:
        return None
    if cut < end:  # a bracket that is not ours stands there
        return stop if _bracket_is_prose(text, stop, cut) else None
    return stop if _right_of(text, stop, end) else None


def _balanced_end(text: str, begin: int, end: int) -> int:
    stack: list[int] = []
    for bracket in BRACKETS.finditer(text, begin, end):
        sign = bracket[0][-1]
        if bracket[0][0] == "\\" and sign in "()[]":
            if sign in ")]" and not stack:
                return bracket.start()
            continue
        if sign in "([{":
            stack.append(bracket.start())
        elif stack:
            stack.pop()
        else:
            return bracket.start()
    return stack[0] if stack else end


def _bracket_is_prose(text: str, stop: int, cut: int) -> bool:
    sign = text[cut]
    if sign in ")]}\\":
        return True
    if stop == cut:  # right behind the number: a product
        return False
    word = WORD_AFTER.match(text, cut + 1)
    return bool(word and _is_prose(word[0])) and text[word.end() : word.end() + 1] not in tuple( "^_(\\")


def _is_prose(word: str) -> bool:
    return len(word) > 2 or (len(word) == 2 and word.islower())


def _right_of(text: str, stop: int, end: int) -> bool:
    """Whether the equation may end here, given what follows."""
    if text[stop - 1] in "+-−–×*÷/^(":
        return False
    if text.count("*", stop, end) % 2 and (text[end : end + 1].isalnum() or text[end - 1].isspace()):
        return False  # a product goes on
    after = text[end : end + 1]
    if not after:
        return True
    if after.isalpha():
        word = WORD_AFTER.match(text, end)
        assert word is not None
        if not after.isascii():
            return "\u3000" <= after <= "\u9fff" or (stop < end and not _greek(after))
        if stop == end:
            return word[0] in SUFFIXES and text[stop - 1].isdigit()
        if word[0] in FUNCTIONS:
            return False
        return _is_prose(word[0]) and not (word[0] in BLOCKING and _number_after(text, word.end()))
    if after == "\\":
        command = WORD_AFTER.match(text, end + 1)
        return command is None or command[0] in HARMLESS_COMMANDS
    if after in "_^…'′√∑±∓":
        return False
    return text[end : end + 2] not in ("..", ".…") and not text.startswith(REPEATING, end)


def _number_after(text: str, at: int) -> bool:
    return bool(text[at : at + 3].strip(" $(")[:1].isdecimal()) or text[at : at + 2].strip() == ""
