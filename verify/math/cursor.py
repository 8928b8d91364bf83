"""The reader's place among the tokens, and what every part of the reader may call."""

from abc import ABC, abstractmethod
from fractions import Fraction

from curate.verify.math.grammar import SEPARATING_WORDS
from curate.verify.math.nodes import Node, Num
from curate.verify.math.tokens import Token, Unreadable

MAX_NESTING = 60
"""Deepest nesting of brackets and arguments; real answers stay under 10."""
MAX_EXPONENT = 2_000
"""Largest exponent of ten in a number such as `1e400`."""

END = Token("end", "", False)


_BRACES = frozenset("{}")
_AFTER_SQUARE = frozenset({",", ";", ")", "}", "\\}", "cup", "cap", "setminus", "backslash"})
_FONTS = frozenset({"mathrm", "mathbf", "mathit", "mathsf", "rm", "bf"})


class Cursor(ABC):
    """Moves over the tokens; the parts of the reader stand on it."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self.depth = 0
        self.bars = 0  # how many absolute-value bars are open
        self.such_that = False  # directly inside braces, where : begins a condition
        self.either = False  # whether the word or stood in the list read last
        self.french = False  # inside ]a, b[, where [ closes

    @abstractmethod
    def expression(self, power: int) -> Node:
        """Everything that binds tighter than `power`."""

    @abstractmethod
    def listing(self, closers: tuple[str, ...]) -> Node:
        """Items up to one of the closing tokens."""

    @abstractmethod
    def comma_list(self, closers: tuple[str, ...]) -> list[Node]:
        """Items split by commas."""

    @abstractmethod
    def atom(self) -> Node:
        """One number, symbol, function or bracketed part."""

    @abstractmethod
    def postfix(self, node: Node) -> Node:
        """A node with its powers, subscripts and signs."""

    @abstractmethod
    def exponent(self) -> Node:
        """What stands after `^`."""

    @abstractmethod
    def prefix(self) -> Node:
        """An atom with its signs before and after."""

    @property
    def next(self) -> Token:
        """The token at hand; `END` after the last."""
        return self.tokens[self.at] if self.at < len(self.tokens) else END

    def take(self) -> Token:
        """The token at hand, moving past it."""
        token = self.next
        self.at += 1
        return token

    def expect(self, text: str) -> None:
        """Moves past a token that must be there."""
        if self.next.text != text:
            raise Unreadable(f"expected {text} and found {self.next.text or 'the end'}")
        self.at += 1

    def accept(self, *texts: str) -> bool:
        """Moves past one of these signs or commands, if it is there."""
        if self.next.kind in ("op", "cmd") and self.next.text in texts:
            self.at += 1
            return True
        return False

    def ahead(self, count: int) -> list[str]:
        """Texts of the next tokens."""
        return [token.text for token in self.tokens[self.at : self.at + count]]

    def kind_after(self) -> str:
        """Kind of the token after the one at hand."""
        following = self.tokens[self.at + 1 : self.at + 2]
        return following[0].kind if following else "end"

    def joining_word(self) -> bool:
        """Whether the token at hand is a word that joins the items of a list."""
        token = self.next
        if token.kind == "word":
            return len(token.text) > 1 and token.text.lower() in SEPARATING_WORDS
        return token.kind == "text" and token.text.strip(" ,~").lower() in SEPARATING_WORDS

    def square_closes(self) -> bool:
        """Whether the `[` at hand ends `[a, b[`: nothing follows that could stand inside."""
        following = self.ahead(2)[1:]
        return not following or following[0] in _AFTER_SQUARE

    def argument_text(self) -> str:
        """The text of a braced or single-token argument, without braces and fonts within."""
        if not self.accept("{"):
            sign = "-" if self.accept("-") else ""
            return sign + self.take().text
        parts: list[str] = []
        depth = 0
        while self.next is not END and (depth or self.next.text != "}"):
            token = self.take()
            depth += (token.text == "{") - (token.text == "}")
            if token.text not in _BRACES and not (token.kind == "cmd" and token.text in _FONTS):
                parts.append(token.text)
        self.expect("}")
        return "".join(parts)

    def deeper(self) -> None:
        """Counts one more level of nesting; whoever calls it takes it back."""
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise Unreadable(f"nested deeper than {MAX_NESTING}")


def number_of(text: str) -> Num:
    """The number that a numeral stands for, with its decimal places."""
    if not any(character.isdigit() for character in text):
        raise Unreadable(f"`{text}` is no number")
    mantissa, _, exponent = text.replace("E", "e").partition("e")
    power = int(exponent or 0)
    if abs(power) > MAX_EXPONENT:
        raise Unreadable(f"an exponent of ten past {MAX_EXPONENT}")
    point = mantissa.find(".")
    places = len(mantissa) - point - 1 if point >= 0 else None
    value = Fraction(mantissa) * Fraction(10) ** power
    return Num(value, max(0, places - power) if places is not None else None)
