"""Countdown answers: an expression of the given numbers that makes the target.

    reference {"numbers": [44, 19, 35], "target": 98}      answer `(44 + 19) + 35 = 98`

A grammar of our own: integers, + - × ÷ and parentheses in ASCII, Unicode and LaTeX, and one
`= value` at the end. Everything else is refused, powers and factorials included. Values are exact.
"""

import re
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

from curate.verify.math.match import Match, different
from curate.verify.tidy import tidy

MAX_TOKENS = 400
MAX_DEPTH = 60

_SPELLINGS = (
    (re.compile(r"\\(?:times|cdot|ast)(?![A-Za-z])|[xX](?=\s*[\d(])"), "*"),
    (re.compile(r"\\div(?![A-Za-z])"), "/"),
    (re.compile(r"\\(?:text|mathrm|textbf|boxed)\s*\{([^{}]*)\}"), r"\1"),
)
_TOKEN = re.compile(r"\s*(\d{1,30}|[-+*/(){}\[\]=]|\\frac)\s*")


class Refused(Exception):
    """The text is no Countdown expression; the message says why."""


def check_countdown(
    answer: str, numbers: Sequence[int], target: int | Fraction, *, use_all: bool = True
) -> Match:
    """Whether an expression of the numbers has the value of the target.

    Every number is used exactly once, or at most once without `use_all`.
    """
    try:
        value, used = evaluate(answer)
    except Refused as refusal:
        return different("countdown", str(refusal))
    spare = Counter(numbers)
    spare.subtract(used)
    over = sorted(number for number, left in spare.items() if left < 0)
    if over:
        return different("countdown", f"{over[0]} is not among the numbers left")
    unused = sorted(number for number, left in spare.items() if left > 0)
    if use_all and unused:
        return different("countdown", f"{unused[0]} is not used")
    if value != target:
        return different("countdown", f"the expression is {value}, not {target}")
    return Match(True, "countdown")


def evaluate(text: str) -> tuple[Fraction, list[int]]:
    """The exact value of an expression and the integers written in it, in order.

    Raises:
        Refused: the text is no such expression.
    """
    tokens = _tokens(text)
    parser = _Parser(tokens)
    value = parser.sum()
    if parser.next == "=":
        parser.at += 1
        stated = _Parser(tokens[parser.at :])
        if stated.sum() != value or stated.at != len(stated.tokens):
            raise Refused("the value after `=` is not that of the expression")
        parser.at = len(tokens)
    if parser.at != len(tokens):
        raise Refused(f"cannot read on at `{parser.next}`")
    return value, parser.used


def _tokens(text: str) -> list[str]:
    if len(text) > 10 * MAX_TOKENS:
        raise Refused("too long for a Countdown expression")
    text = tidy(text).strip(" .,")
    for pattern, replacement in _SPELLINGS:
        text = pattern.sub(replacement, text)
    tokens, position = [], 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise Refused(f"`{text[position : position + 20].strip()}` has no place in it")
        tokens.append(found[1])
        position = found.end()
    if not tokens or len(tokens) > MAX_TOKENS:
        raise Refused("empty" if not tokens else "too long for a Countdown expression")
    return tokens


class _Parser:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.at = 0
        self.depth = 0
        self.used: list[int] = []

    @property
    def next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        token = self.next
        self.at += 1
        return token

    def sum(self) -> Fraction:
        value = self.term()
        while self.next in ("+", "-"):
            value = value + self.term() if self.take() == "+" else value - self.term()
        return value

    def term(self) -> Fraction:
        value = self.factor()
        while True:
            if self.next == "*":
                self.take()
                value *= self.factor()
            elif self.next == "/":
                self.take()
                value = _quotient(value, self.factor())
            elif self.next in ("(", "[", "\\frac"):  # (8 - 5)(10 - 2): a product without a sign
                value *= self.factor()
            else:
                return value

    def factor(self) -> Fraction:
        token = self.take()
        if token.isdigit():
            self.used.append(int(token))
            return Fraction(int(token))
        if token == "\\frac":
            return _quotient(self.enclosed(self.take()), self.enclosed(self.take()))
        if token == "-" and self.next != "-":
            return -self.factor()
        return self.enclosed(token)

    def enclosed(self, opener: str) -> Fraction:
        closer = {"(": ")", "[": "]", "{": "}"}.get(opener)
        if closer is None:
            raise Refused(f"`{opener or 'the end'}` where a number should be")
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Refused(f"nested deeper than {MAX_DEPTH}")
        value = self.sum()
        self.depth -= 1
        if self.take() != closer:
            raise Refused(f"a `{opener}` is not closed")
        return value


def _quotient(above: Fraction, below: Fraction) -> Fraction:
    if below == 0:
        raise Refused("a division by zero")
    return above / below
