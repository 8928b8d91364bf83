"""A small exact reader of arithmetic: recursive descent with bounded work.

It computes while it reads, so that no tree is built. What it does not know it does not guess:
then the whole side is not read.
"""

import re
from fractions import Fraction
from math import comb, factorial, gcd, lcm

from curate.quality.arithmetic_numbers import (
    Number,
    Unreadable,
    add,
    divide,
    ends,
    limited,
    multiply,
    negative,
    number_of,
    pi,
    power,
    root,
    whole,
)
from curate.quality.arithmetic_side import Side
from curate.quality.arithmetic_tokens import FRACTIONS, NUMBER
from curate.quality.arithmetic_units import UnitReader

MAX_DEPTH = 24
NUMERIC = re.compile(rf"\\(?:text|mathbf|textbf|mathrm)\s*\{{\s*({NUMBER})\s*\}}")
MAX_FACTORIAL = 500
MAX_BINOMIAL = 10**9

CLOSES = {"(": ")", "[": "]", "⌊": "⌋", "⌈": "⌉"}
OPENS = frozenset(["(", "[", "⌊", "⌈", r"\sqrt", r"\binom", "π"])
"""Signs that may follow a number as its factor; not a fraction, which may make it mixed."""


class Reader(UnitReader):
    """Reads tokens by recursive descent, and computes while it reads."""

    __slots__ = ("decimals", "depth", "modulus", "places", "sums", "work")

    def __init__(self, tokens: list[str]) -> None:
        super().__init__(tokens)
        self.depth = 0
        self.work = 0
        self.places = 0
        self.decimals = False
        self.sums = False
        self.modulus: int | None = None

    def side(self) -> Side:
        """The whole side; it must be one expression and nothing else."""
        value = self.modular()
        if self.tokens[self.at]:
            raise Unreadable("more than an expression")
        percent = self.work == 1 and self.tokens[self.at - 1] == "%"
        return Side(
            value,
            not self.work,
            self.places + 2 * percent,
            self.decimals,
            frozenset(self.units),
            self.sums,
            not self.work or percent,
            self.modulus,
        )

    def modular(self) -> Number:
        """A sum, perhaps modulo a number."""
        value = self.sum()
        while self.tokens[self.at] == "mod":
            self.at += 1
            self.work += 1
            modulus = whole(self.product())
            if modulus < 1:
                raise Unreadable("no modulus")
            self.modulus = modulus
            value = whole(value) % modulus
        return value

    def sum(self) -> Number:
        """Terms with `+` and `-` between them."""
        value = self.product()
        while (sign := self.tokens[self.at]) in ("+", "-"):
            self.at += 1
            self.work += 1
            self.sums = True
            term = self.product()
            value = add(value, term if sign == "+" else negative(term))
        return value

    def product(self) -> Number:
        """Factors, with their signs or side by side."""
        value = self.signed()
        while sign := self.tokens[self.at]:
            if sign == "*":
                self.at += 1
                value = multiply(value, self.signed())
            elif sign == "/":
                self.at += 1
                value = divide(value, self.signed())
            elif sign == "//":
                self.at += 1
                value = _floor(divide(value, self.signed()))
            elif sign == "%" and self._operand_follows(self.at + 1):
                self.at += 1
                modulus = whole(self.signed())
                if modulus < 1:
                    raise Unreadable("no modulus")
                value = whole(value) % modulus
            elif sign == "of":
                self.at += 1
                value = multiply(value, self.signed())
            elif sign in OPENS or self._factor_follows(sign):
                value = multiply(value, self.postfixed())
            else:
                return value
            self.work += 1
        return value

    def _factor_follows(self, sign: str) -> bool:
        """Whether it reads `4!3!`: a number right behind a factorial can only be a factor."""
        return sign[:1].isdecimal() and self.tokens[self.at - 1] == "!"

    def _operand_follows(self, at: int) -> bool:
        token = self.tokens[at]
        return token[:1].isdecimal() or token == "("

    def signed(self) -> Number:
        """A factor with its signs."""
        if (sign := self.tokens[self.at]) not in ("+", "-"):
            return self.postfixed()
        self.at += 1
        self._deeper()
        value = self.signed()
        self.depth -= 1
        return negative(value) if sign == "-" else value

    def _deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Unreadable("nested too deep")

    def postfixed(self) -> Number:
        """A number with what stands behind it: powers, `!`, `%`, units."""
        value = self.atom()
        while sign := self.tokens[self.at]:
            if sign == "^":
                self.at += 1
                self._deeper()
                value = power(value, self.exponent())
                self.depth -= 1
            elif sign == "!":
                self.at += 1
                if not 0 <= (n := whole(value)) <= MAX_FACTORIAL or self.tokens[self.at] == "!":
                    raise Unreadable("not a factorial we take")
                value = factorial(n)
            elif sign == "%" and not self._operand_follows(self.at + 1):
                self.at += 1
                value = divide(value, 100)
            else:
                if sign[:1].isalpha() or sign[:2] in (r"\t", r"\m") or sign == "/":
                    self._units()
                return value
            self.work += 1
        return value

    def exponent(self) -> Number:
        """An exponent; a tower of them is not read."""
        if self.tokens[self.at] == "-":
            self.at += 1
            return negative(self.exponent())
        if self.tokens[self.at] == "+":
            self.at += 1
        value = self.atom()
        if self.tokens[self.at] == "^":
            raise Unreadable("a tower of powers")
        return value

    def atom(self) -> Number:
        """A number, a group, or a command with its arguments."""
        token = self.tokens[self.at]
        self.at += 1
        first = token[:1]
        if first.isdecimal() or (first == "." and len(token) > 1):
            return self._number(token)
        if token in CLOSES:
            return self._group(token)
        if token == r"\frac":
            self.work += 1
            return divide(self._argument(), self._argument())
        if token == r"\sqrt":
            return self._root()
        if token == r"\binom":
            self.work += 1
            return _choose(self._argument(), self._argument())
        if token == "π":
            self.work += 1
            return pi()
        if token in FRACTIONS:
            self.work += 1
            return Fraction(*FRACTIONS[token])
        if token.startswith(("gcd", "lcm", r"\gcd", r"\lcm")) and token.endswith(")"):
            return self._divisors(token)
        if token[:1] == "\\" and (shown := NUMERIC.fullmatch(token)):
            return self._number(shown[1])
        raise Unreadable("not a number")

    def _number(self, token: str) -> Number:
        if not token or not token[-1].isdecimal() or (token[0] == "0" and token[1:2].isdecimal()):
            raise Unreadable("not a plain number")
        _, point, after = token.partition(".")
        self.places = len(after)
        self.decimals = self.decimals or bool(point)
        following = self.tokens[self.at]
        if following[:1].isdecimal() or following == r"\frac" or following in FRACTIONS:
            raise Unreadable("two numbers side by side")
        return number_of(token)

    def _group(self, token: str) -> Number:
        self._deeper()
        value = self.modular()
        if token == "(" and self.tokens[self.at] == "choose":
            self.at += 1
            self.work += 1
            value = _choose(value, self.sum())
        if self.tokens[self.at] != CLOSES[token]:
            raise Unreadable("brackets do not match")
        self.at += 1
        self.depth -= 1
        if token in "⌊⌈":
            self.work += 1
            value = _floor(value) if token == "⌊" else negative(_floor(negative(value)))
        following = self.tokens[self.at]
        if following[:1].isdecimal():
            raise Unreadable("a number right behind a bracket")
        return value

    def _argument(self) -> Number:
        """An argument of a LaTeX command: a group, or one digit without braces."""
        token = self.tokens[self.at]
        if token == "(":
            self.at += 1
            return self._group(token)
        if token.isdecimal():
            if len(token) == 2:
                self.tokens[self.at : self.at + 1] = [token[0], token[1]]
            elif len(token) > 2:
                raise Unreadable("digits without braces")
            self.at += 1
            return int(self.tokens[self.at - 1])
        raise Unreadable("an argument is missing")

    def _root(self) -> Number:
        self.work += 1
        degree = 2
        if self.tokens[self.at] == "[" and self._degree_follows():
            degree = int(self.tokens[self.at + 1])
            self.at += 3
        token = self.tokens[self.at]
        if token in ("(", "["):
            self.at += 1
            return root(self._group(token), degree)
        self.at += 1
        if token[:1].isdecimal():
            return root(self._number(token), degree)
        raise Unreadable("an argument is missing")

    def _degree_follows(self) -> bool:
        """Whether it reads `[3]{…}`: a bracketed whole number with a group behind it."""
        number, close, group = self.tokens[self.at + 1 : self.at + 4]
        return number.isdecimal() and len(number) < 3 and close == "]" and group == "("

    def _divisors(self, token: str) -> Number:
        self.work += 1
        name, _, inside = token.partition("(")
        a, b = (int(n) for n in inside.rstrip(")").split(","))
        return gcd(a, b) if name.endswith("gcd") else lcm(a, b)


def _floor(value: Number) -> int:
    low, high = (end.numerator // end.denominator for end in ends(value))
    if low != high:
        raise Unreadable("a floor we cannot tell")
    return low


def _choose(n: Number, k: Number) -> Number:
    n, k = whole(n), whole(k)
    if not (0 <= n <= MAX_BINOMIAL and k >= 0 and (n <= MAX_FACTORIAL or min(k, n - k) <= 20)):
        raise Unreadable("not a binomial we take")
    return limited(comb(n, k))
