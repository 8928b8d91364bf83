"""Reads what follows a value: units, percent, multiplier words, and the fraction of a mixed number."""

from fractions import Fraction

from curate.verify.math.cursor import Cursor, number_of
from curate.verify.math.grammar import (
    CONSTANT_WORDS,
    NOT_UNITS,
    SEPARATING_WORDS,
    WORD_FUNCTIONS,
)
from curate.verify.math.nodes import Call, Node, Num, Quantity, Sym, walk
from curate.verify.math.tokens import Token
from curate.verify.math.units import MULTIPLIERS, PERCENT_WORDS, UNITS, read_unit


class UnitReader(Cursor):
    """The part of the reader that knows units."""

    def mixed_ahead(self) -> bool:
        """Whether `1/2` follows, as in `3 1/2`; two bare numbers side by side are no product."""
        ahead = self.tokens[self.at : self.at + 3]
        return len(ahead) == 3 and ahead[1].text == "/" and ahead[2].kind == "num"

    def mixed(self, integer: Num) -> Node | None:
        """`1\\frac{1}{2}` and `1 1/2`: an integer directly followed by a proper fraction."""
        start = self.at
        if self.next.kind == "cmd" and self.next.text == "frac":
            fraction = self.prefix()
        elif self.next.kind == "num" and [t.text for t in self.tokens[start + 1 : start + 2]] == [
            "/"
        ]:
            above = self.take().text
            self.take()
            below = self.take()
            if below.kind != "num" or not (above + below.text).isdigit():
                self.at = start
                return None
            fraction = Call("div", (number_of(above), number_of(below.text)))
        else:
            return None
        match fraction:
            case Call("div", (Num(above_value, None), Num(below_value, None))) if (
                0 < above_value < below_value and integer.value >= 0
                and above_value.denominator == below_value.denominator == 1
            ):  # fmt: skip
                return Call("mixed", (integer, fraction))
        self.at = start
        return None

    def unit(self, value: Node) -> Node | None:
        """A unit after a value: `\\text{ cm}^2`, `square feet`, `percent`, `million`."""
        start = self.at
        words = self.unit_words()
        if not words:
            self.at = start
            return None
        first = words.split()[0] if words.split() else ""
        if first in MULTIPLIERS:
            return self.multiplied(value, words)
        if words in PERCENT_WORDS:
            return Call("percent", (value,))
        known = read_unit(words)
        numeric = not any(isinstance(part, Sym) and len(part.name) == 1 for part in walk(value))
        if known is None and (
            not numeric
            or (
                self.next.kind not in ("end",)
                and self.next.text not in (",", ";", "\\\\", ")", "]", "}", "\\}")
            )
        ):
            self.at = start
            return None
        if known is None and (self.tokens[start].glued and self.tokens[start].kind == "word"):
            self.at = start
            return None
        if known is None and (len(words.split()) > 4 or NOT_UNITS & set(words.split())):
            self.at = start
            return None
        return Quantity(value, words) if words.strip(" .~") else value

    def multiplied(self, value: Node, words: str) -> Node:
        first, _, rest = words.partition(" ")
        product = Call("mul", (value, Num(Fraction(MULTIPLIERS[first]))))
        return Quantity(product, rest) if rest.strip() else product

    def unit_words(self) -> str:
        """Words that may be a unit, lower case, with their powers and strokes."""
        words: list[str] = []
        while True:
            token = self.next
            if token.kind == "text":
                if token.text.strip(" ,~").lower() in SEPARATING_WORDS:
                    break
                words.append(self.take().text.replace("~", " "))
            elif token.kind == "cmd" and token.text in (
                "mathrm",
                "rm",
                "mathit",
                "operatorname",
                "mathsf",
            ):
                inner = self.wrapped_words()
                if inner is None:
                    break
                words.append(inner)
            elif token.kind == "word" and self.is_unit_word(token, words):
                words.append(self.take().text)
            elif (
                token.text == "/"
                and words
                and self.tokens[self.at + 1 : self.at + 2]
                and self.tokens[self.at + 1].kind in ("word", "text", "cmd")
            ):
                self.take()
                words.append("/")
            elif token.text == "^" and words:
                self.take()
                exponent = self.argument_text()
                words[-1] += f"^{exponent}"
            elif (token.kind == "op" and token.text == "." and words) or (
                token.text == "cdot"
                and words
                and self.tokens[self.at + 1 : self.at + 2]
                and self.tokens[self.at + 1].kind in ("text",)
            ):
                self.take()
            else:
                break
        return " ".join(" ".join(words).split()).lower()

    def is_unit_word(self, token: Token, before: list[str]) -> bool:
        lower = token.text.lower()
        if (
            lower in SEPARATING_WORDS
            or token.text in WORD_FUNCTIONS
            or token.text in CONSTANT_WORDS
        ):
            return False
        if len(token.text) == 1:  # `5 m` may be a product: `readings.py` has both readings
            return bool(before)
        return len(token.text) > 2 or lower in UNITS or lower in PERCENT_WORDS or not token.glued

    def wrapped_words(self) -> str | None:
        """The words inside `\\mathrm{…}` when they are a unit of two letters or more, else None."""
        start = self.at
        self.take()
        if not self.accept("{"):
            self.at = start
            return None
        words = []
        while self.next.kind in ("word", "num") or self.next.text in (
            "/",
            "^",
            "~",
            "\\%",
            "%",
            ".",
        ):
            words.append(self.take().text)
        text = "".join(words)
        if not self.accept("}") or (read_unit(text) is None and text not in PERCENT_WORDS):
            self.at = start
            return None
        return text
