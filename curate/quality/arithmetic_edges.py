"""Where an equation begins and ends, and whether what stands beside it belongs to it.

`ab + 3 = 7` must not be read as `3 = 7`, nor `2 = 5x` as `2 = 5`: an equation that leans on
something we cannot read is not checkable.
"""

import re

from curate.quality.arithmetic_tokens import SUFFIXES

PLAIN = re.compile(r"[\d \t.,+/^×÷−-]*\Z")
"""A side without brackets and markup, as most are."""
BRACKETS = re.compile(r"\\?[()\[\]{}]")
OPENING_MARKUP = re.compile(r"(?:[\s$*&~\u00a0]|\\[,;:! ()\[\]\\])*")
LABEL = re.compile(r"\s*\(?[A-Za-z\d.]{0,4}\)\s")
LABEL_BEGINS = re.compile(r"(?:^|\n)[ \t]*\(?\w{0,3}\Z")
ENVIRONMENT = re.compile(r"[^{}]{0,16}?\\begin\{\w{1,10}\*?\}")
BULLET = re.compile(r"[-*+•·–]\s+(?=[-−]?[\d(\\$])")
TRAILING = re.compile(
    r"(?:\s|\\[,;:! ])*\\(?:text|mathrm|mbox|textrm)\s?\{[^{}]*\}(?:\^\{?\d\}?)?\s*$"
)
ASIDE = re.compile(
    r"(?:\s|\\[,;:! ])*\\(?:text|mathrm|mbox|textrm)\s?\{[^{}]*"
    r"\b(?:and|or|with|remainder|if|for|so)\b"
)
EDGE = " \t\n\r&$*~\u00a0"
SPACE = " \t\n\r&$~\u00a0"
WORD = re.compile(r"[^\W\d_]+")
WORD_BEFORE = re.compile(r"(\\?)([^\W\d_]+)\Z")
RELATION_SIGNS = frozenset("=≈≃≅≡<>≤≥≠＝＜＞")
RELATION_COMMANDS = tuple(rf"\{name}" for name in "approx equiv le ge lt gt ne cong sim".split())
MINUS = frozenset("-−－")
OPERATORS = frozenset("+*/^×⋅·∙•∗÷–⁄＋＊／%!°") | MINUS
LEANING = frozenset("_^}'′∑∏∫∂∆√‖±∓…")
"""Signs to the left that make the number a part of something."""
REPEATING = (
    "..",
    "…",
    ".…",
    r".\overline",
    r".\bar",
    r".\dot",
    ".(",
    r".\ldots",
    r"\ldots",
    r"\dots",
)
"""Decimals that go on."""
CLOSING = frozenset(")]\\ ,;:!$\n")
HARMLESS = frozenset(
    "implies Rightarrow Longrightarrow iff Leftrightarrow therefore to rightarrow longrightarrow "
    "quad qquad text because land lor wedge vee item end hline notag nonumber newline pmod".split()
)
"""LaTeX commands beside an equation that are not part of it."""
BLOCKING = frozenset(
    "plus minus times over divided multiplied sin cos tan cot sec csc log ln exp lim max min gcd "
    "lcm sqrt square cube squared cubed root base mod modulo choose factorial".split()
)
"""Words before a number that make it an operand of something else."""
FUNCTIONS = frozenset("sin cos tan cot sec csc log ln exp sqrt pi lim arcsin arccos arctan".split())
SIGN_WORDS = frozenset("is so get gives have has be are was then thus hence and equals".split())
"""Words after which a minus sign belongs to the number."""


def left_edge(text: str, begin: int, end: int) -> int | None:
    """Where the left side begins; None if something unread belongs to it."""
    opened = begin if PLAIN.match(text, begin, end) else _behind_open_bracket(text, begin, end)
    if opened is None:
        return None
    markup = OPENING_MARKUP.match(text, opened, end)
    start = markup.end() if markup else opened
    if start >= end:
        return None
    if opened > begin:
        return start if text[start] not in "*/^" else None
    first = text[start]
    if begin == 0 or text[begin - 1] == "\n" or "\n" in text[begin:start]:
        if bullet := BULLET.match(text, start, end):
            return bullet.end()
        return None if first in OPERATORS and first not in MINUS else start
    if text.count("*", begin, start) % 2:
        return None  # a product with what stands before
    return start if _begins_here(text, begin, start) else None


def _begins_here(text: str, begin: int, start: int) -> bool:
    """Whether the sign before lets an equation begin here."""
    before, first = text[begin - 1], text[start]
    if before.isalpha():
        spaced = begin < start
        if not (_prose_before(text, begin) if spaced else "\u3000" <= before <= "\u9fff"):
            return False
        return first not in OPERATORS or (first in MINUS and _is_signed(text, begin, start))
    if before.isalnum() or before in LEANING:
        return False
    if before == "." and text.endswith("..", 0, begin):
        return False
    return first not in OPERATORS or (first in MINUS and before not in "|)]")


def _is_signed(text: str, begin: int, start: int) -> bool:
    word = WORD_BEFORE.search(text, max(0, begin - 20), begin)
    return bool(word and word[2] in SIGN_WORDS and not text[start + 1].isspace())


def _prose_before(text: str, begin: int) -> bool:
    """Whether the letters before are a word of prose, not a variable or a function."""
    word = WORD_BEFORE.search(text, max(0, begin - 16), begin)
    if word is None:
        return False
    if word[1]:
        return word[2] in HARMLESS
    if not word[2].isascii():
        return not ("\u0370" <= word[2] <= "\u03ff")
    before = text[word.start() - 1 : word.start()]
    return len(word[2]) > 1 and word[2].lower() not in BLOCKING and before not in ("_", "^")


def _behind_open_bracket(text: str, begin: int, end: int) -> int | None:
    """Behind the last bracket that does not close; None if one closes that is not open."""
    depth = 0
    for bracket in reversed(list(BRACKETS.finditer(text, begin, end))):
        sign = bracket[0][-1]
        if bracket[0][0] == "\\" and sign in "()[]":
            if sign in "([" and depth == 0:
                return bracket.end()
        elif sign in ")]}":
            depth += 1
        elif depth:
            depth -= 1
        else:
            return bracket.end()
    if not depth:
        return begin
    if depth == 1 and (opened := ENVIRONMENT.match(text, max(0, begin - 16), end)):
        return opened.end()
    label = LABEL.match(text, begin, end)
    if depth == 1 and label and LABEL_BEGINS.search(text, max(0, begin - 8), begin):
        return label.end()
    return None


def right_edge(text: str, begin: int, end: int) -> int | None:
    """Where the right side ends; None if something unread belongs to it."""
    after = text[end : end + 1]
    if after in RELATION_SIGNS or (after == "\\" and text.startswith(RELATION_COMMANDS, end)):
        return end - 1 if text.startswith(" !=", end - 2) else end
    if PLAIN.match(text, begin, end):
        stop = end
        while stop > begin and text[stop - 1] in " \t":
            stop -= 1
        return stop if stop > begin and _ends_here(text, stop, end) else None
    if aside := ASIDE.search(text, begin, end) or TRAILING.search(text, max(begin, end - 80), end):
        end = aside.start()
    cut = _before_open_bracket(text, begin, end)
    stop = cut
    while (stop > begin and text[stop - 1] in EDGE) or text[stop - 2 : stop] in (
        "\\,",
        "\\;",
        "\\!",
    ):
        stop -= 1 if text[stop - 1] in EDGE else 2
    if stop <= begin:
        return None
    if cut < end:
        return stop if _is_aside(text, stop, cut) else None
    return stop if _ends_here(text, stop, end) else None


def _before_open_bracket(text: str, begin: int, end: int) -> int:
    """Where the first bracket stands that has no partner in the side; its end if all have."""
    stack: list[int] = []
    for bracket in BRACKETS.finditer(text, begin, end):
        sign = bracket[0][-1]
        if bracket[0][0] == "\\" and sign in "()[]":
            if sign in ")]" and not stack:
                return bracket.start()
        elif sign in "([{":
            stack.append(bracket.start())
        elif stack:
            stack.pop()
        else:
            return bracket.start()
    return stack[0] if stack else end


def _is_aside(text: str, stop: int, cut: int) -> bool:
    """Whether a bracket without a partner ends the equation: `7) …`, `7 (since …`."""
    if text[cut] in ")]}\\":
        return True
    word = WORD.match(text, cut + 1)
    if stop == cut or word is None:
        return False
    return is_prose(word[0]) and text[word.end() : word.end() + 1] not in ("^", "_", "(", "\\")


def is_prose(word: str) -> bool:
    """Whether letters are more likely a word than a product of variables."""
    return len(word) > 2 or (len(word) == 2 and word.islower())


def _ends_here(text: str, stop: int, end: int) -> bool:
    """Whether the equation may end here, given what follows."""
    if text[stop - 1] in OPERATORS and text[stop - 1] not in "%!°":
        return False
    after = text[end : end + 1]
    if text.count("*", stop, end) % 2 and (after.isalnum() or text[end - 1].isspace()):
        return False  # a product goes on
    if after.isalpha():
        return _word_may_follow(text, stop, end)
    if after == "\\":
        command = WORD.match(text, end + 1)
        if command is None and text[end + 1 : end + 2] not in CLOSING:
            return False
        return (command is None or command[0] in HARMLESS) and not text.startswith(REPEATING, end)
    return after not in LEANING and not text.startswith(REPEATING, end) if after else True


def _word_may_follow(text: str, stop: int, end: int) -> bool:
    word = WORD.match(text, end)
    assert word is not None
    first = text[end]
    if not first.isascii():
        return "\u3000" <= first <= "\u9fff" or (stop < end and not "\u0370" <= first <= "\u03ff")
    if stop == end:
        return word[0] in SUFFIXES and text[stop - 1].isdigit()
    if word[0] in FUNCTIONS or not is_prose(word[0]):
        return False
    return word[0] not in BLOCKING or not _number_follows(text, word.end())


def _number_follows(text: str, at: int) -> bool:
    return text[at : at + 3].strip(" $(")[:1].isdecimal()


def stripped(text: str, begin: int, end: int) -> tuple[int, int] | None:
    """The span without the spaces and signs of markup at its ends; None if nothing is left."""
    while begin < end and text[begin] in SPACE:
        begin += 1
    while end > begin and (text[end - 1] in SPACE or text[end - 2 : end] == "\\\\"):
        end -= 1 if text[end - 1] in SPACE else 2
    return (begin, end) if begin < end else None
