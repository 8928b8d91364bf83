"""Reads what makes a value a quantity: units, percent, multipliers, and mixed numbers."""

from fractions import Fraction

from curate.verify.math.cursor import Cursor, number_of
from curate.verify.math.grammar import CONSTANT_WORDS, NOT_UNITS, SEPARATING_WORDS, WORD_FUNCTIONS
from curate.verify.math.nodes import Call, Node, Num, Quantity, Sym, walk
from curate.verify.math.tokens import Token
from curate.verify.math.units import MULTIPLIERS, PERCENT_WORDS, UNITS, read_unit

MAX_UNKNOWN_WORDS = 4
"""`5 red playing cards` may be a quantity; a longer tail is a sentence."""
_UPRIGHT = frozenset({"mathrm", "rm", "mathit", "operatorname", "mathsf"})
_AFTER_UNIT = frozenset({"", ",", ";", "\\\\", ")", "]", "}", "\\}"})


class UnitReader(Cursor):
    """The part of the reader that knows units."""

    def mixed_ahead(self) -> bool:
        """Whether `1/2` follows, as in `3 1/2`; two bare numbers side by side are no product."""
        ahead = self.tokens[self.at : self.at + 3]
        return len(ahead) == 3 and ahead[1].text == "/" and ahead[2].kind == "num"

    def mixed(self, integer: Num) -> Node | None:
        """`1\\frac{1}{2}` and `1 1/2`: an integer directly followed by a proper fraction."""
        start = self.at
        fraction = self.plain_fraction()
        match fraction:
            case Call("div", (Num(above, None), Num(below, None))) if (
                0 < above < below
                and above.denominator == below.denominator == 1
                and self.next.text != "^"
            ):
                return Call("mixed", (integer, fraction))
        self.at = start
        return None

    def plain_fraction(self) -> Node | None:
        """`\\frac{1}{2}` or `1/2`, if one follows."""
        if self.next.text == "frac":
            return self.atom()
        if self.next.kind != "num" or not self.mixed_ahead():
            return None
        above, _, below = self.take(), self.take(), self.take()
        return Call("div", (number_of(above.text), number_of(below.text)))

    def unit(self, value: Node) -> Node | None:
        """A value with its unit: `\\text{ cm}^2`, `square feet`, `percent`, `million`, `students`.

        None, and nothing taken, where no unit follows.
        """
        start = self.at
        words = self.unit_words()
        first, _, rest = words.partition(" ")
        if first in MULTIPLIERS:
            amount, unit = (
                (value.value, value.unit) if isinstance(value, Quantity) else (value, rest)
            )
            product = Call("mul", (amount, Num(Fraction(MULTIPLIERS[first]))))
            return Quantity(product, unit) if unit else product
        if isinstance(value, Quantity) and first == "per":
            return Quantity(value.value, f"{value.unit} {words}")
        if words in PERCENT_WORDS:
            return Call("percent", (value,))
        if words and (read_unit(words) is not None or self.counts(value, words, start)):
            return Quantity(value, words)
        self.at = start
        return None

    def counts(self, value: Node, words: str, start: int) -> bool:
        """Whether unknown words may be what a plain number counts: `18 students`."""
        several = [word.strip("().,:?!") for word in words.split()]
        glued = self.tokens[start].kind == "word" and self.tokens[start].glued
        return (
            not glued
            and self.next.text in _AFTER_UNIT
            and len(several) <= MAX_UNKNOWN_WORDS
            and not NOT_UNITS & set(several)
            and not any(word[:1].isdigit() for word in several)
            and not any(isinstance(part, Sym) and len(part.name) == 1 for part in walk(value))
        )

    def unit_words(self) -> str:
        """Words that may be a unit, lower case, with their powers and strokes."""
        words: list[str] = []
        while (word := self.unit_word(words)) is not None:
            words.append(word)
        return " ".join(" ".join(words).replace(" ^", "^").split()).lower()

    def unit_word(self, before: list[str]) -> str | None:
        """The next word, stroke or power of a unit; an empty one for a dot; None at its end."""
        token = self.next
        if token.kind == "text" and not self.joining_word():
            return self.take().text.replace("~", " ")
        if token.kind == "cmd" and token.text in _UPRIGHT:
            return self.upright_unit()
        if token.kind == "word" and self.is_unit_word(token, before):
            return self.take().text
        if not before:
            return None
        if token.text == "/" and self.kind_after() in ("word", "text", "cmd"):
            return self.take().text
        if token.text == "^":
            self.take()
            return f"^{self.argument_text()}"
        if token.text == "." or (token.text == "cdot" and self.kind_after() == "text"):
            self.take()
            return ""
        return None

    def is_unit_word(self, token: Token, before: list[str]) -> bool:
        """Whether a plain word may belong to a unit."""
        lower = token.text.lower()
        if lower in SEPARATING_WORDS or token.text in WORD_FUNCTIONS | CONSTANT_WORDS.keys():
            return False
        if len(token.text) == 1:  # `5 m` may be a product: `readings.py` has both readings
            return bool(before)
        return len(token.text) > 2 or lower in UNITS or lower in PERCENT_WORDS or not token.glued

    def upright_unit(self) -> str | None:
        """The inside of `\\mathrm{…}` where it is a unit; None, and nothing taken, else."""
        start = self.at
        self.take()
        text = self.argument_text().strip() if self.next.text == "{" else ""
        if text and (read_unit(text) is not None or text in PERCENT_WORDS):
            return text
        self.at = start
        return None
