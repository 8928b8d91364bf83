"""The words behind a number: a unit, which leaves it as it is, or a word that changes it."""

from curate.quality.arithmetic_numbers import Unreadable
from curate.quality.arithmetic_tokens import SCALES

END = ("",) * 8
"""Behind the last token, so that a look ahead needs no test of its own."""


class UnitReader:
    """Reads the units in a list of tokens, and keeps which there were."""

    __slots__ = ("at", "tokens", "units")

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = [*tokens, *END]
        self.at = 0
        self.units: set[str] = set()

    def _units(self) -> None:
        """Take words behind a number, such as `km`, `pieces per pack` and `\\text{ cm}`."""
        for _ in range(5):
            token = self.tokens[self.at]
            if token.startswith(("\\text", "\\mathrm", "\\mbox")):
                self._text_unit(token[token.find("{") + 1 : -1])
            elif len(token) > 1 and token.isalpha():
                if token == "of" and self._fraction_before():
                    return
                if token in SCALES or not token.islower():
                    if token in ("mod", "choose"):
                        return
                    raise Unreadable("a word that may change the number")
                self.units.add(token.rstrip("s"))
            elif token == "/" and self._word_at(self.at + 1):
                pass
            else:
                return
            self.at += 1
            self._unit_power()

    def _unit_power(self) -> None:
        r"""Take the exponent of a unit, as of `\text{cm}^2` and `s^{-1}`."""
        following = self.tokens[self.at : self.at + 5]
        if following[:1] == ["^"]:
            for shape in (["^", "2"], ["^", "3"], ["^", "(", "2", ")"], ["^", "(", "3", ")"]):
                if following[: len(shape)] == shape:
                    self.at += len(shape)
                    return
            if following[1:3] == ["(", "-"] and following[4] == ")":
                self.at += 5
                return
            raise Unreadable("a power of a unit")

    def _text_unit(self, inside: str) -> None:
        words = inside.replace("/", " ").split()
        if any(word in SCALES or word[0].isdecimal() for word in words):
            raise Unreadable("a word that may change the number")
        self.units |= {word.rstrip("s") for word in words}

    def _word_at(self, at: int) -> bool:
        token = self.tokens[at]
        return len(token) > 1 and token.isalpha() and token not in SCALES

    def _fraction_before(self) -> bool:
        before = self.tokens[max(0, self.at - 2) : self.at]
        return before[-1] in ("%", ")") or before[0] == "/"
