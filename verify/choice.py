"""Multiple choice: answers by letter, by text, or by both."""

import re
from collections.abc import Sequence

from curate.verify.math.match import Match, different
from curate.verify.tidy import tidy
from curate.verify.words import plain_words

_WRAPPER = re.compile(
    r"\\(?:text|textbf|textit|textrm|textsf|mathrm|mathbf|mathsf|boxed|operatorname|bf|rm)\s*\{([^{}]*)\}"
)
_BRACED = re.compile(r"\s*\{([^{},]*)\}\s*")
_LETTER = re.compile(r"[(\[{]?\s*([A-Za-z])\s*[)\]}]?\s*[.:,]?")
_LETTER_AND_TEXT = re.compile(
    r"(?:[(\[]\s*([A-Z])\s*[)\]]|([A-Z])\s*(?:[.)]|[:\-](?=\s))|([A-Z])(?=\s+[A-Z]))\s*(\S.*)",
    re.DOTALL,
)
_PREFIX = re.compile(
    r"^(?:the\s+)?(?:correct\s+)?(?:option|choice|answer)\s*(?:is\s*)?[:=]?\s*", re.IGNORECASE
)
HEDGE = re.compile(r"(?:,?\s*(?:or|and)|,|/|&)\s*\(?[A-J]\)?(?![A-Za-z])", re.IGNORECASE)
"""What follows the letter of an answer that names more than one: `(A) or (B)`."""
_LETTERS = re.compile(r"\(?[A-J]\)?(?:\s*(?:,|;|and|&|\s)\s*\(?[A-J]\)?)+", re.IGNORECASE)
_ASCENDING = re.compile(r"A?B?C?D?E?F?G?H?")


def unwrapped(text: str) -> str:
    """The text without markup around letters: `\\textbf{(C)}` is `(C)`."""
    text = tidy(text)
    for _ in range(4):
        text = _WRAPPER.sub(r"\1", text)
    if (braced := _BRACED.fullmatch(text)) is not None:
        text = braced[1]
    return _PREFIX.sub("", text.strip(" \t\n.*`$"))


def letter_of(text: str) -> tuple[str | None, str]:
    """The choice letter, in upper case, and the text beside it: `(D) Alina`, `D`, `Alina`."""
    text = unwrapped(text)
    if found := _LETTER.fullmatch(text):
        return found[1].upper(), ""
    found = _LETTER_AND_TEXT.fullmatch(text)
    if found and not HEDGE.match(found[4]):
        return (found[1] or found[2] or found[3]), found[4]
    return None, text


def letters_of(text: str) -> frozenset[str] | None:
    """Several choice letters: `A, C`, `A and C`, `ACD`; None when the text is nothing such."""
    text = unwrapped(text)
    if _LETTERS.fullmatch(text):
        return frozenset(re.findall(r"[A-J]", re.sub(r"(?i)and", " ", text).upper()))
    compact = text.strip("()")
    if len(compact) > 1 and _ASCENDING.fullmatch(compact):
        return frozenset(compact)
    return None


def is_choice(reference: str, options: Sequence[str] | None) -> bool:
    """Whether a reference asks for a choice.

    It does when it names one of the options, or is a letter A to J alone or before a text.
    """
    letter, _ = letter_of(reference)
    if options:
        return letter is not None or _place(reference, options) is not None
    text = unwrapped(reference)
    bare = bool(re.fullmatch(r"[(\[]?[A-J][)\]]?\.?", text))
    labelled = r"(?:\([A-J]\)\s*|[A-J][.):]\s+|[A-J]\s+(?=[A-Z][a-z]))\S.*"
    return bare or bool(re.fullmatch(labelled, text, re.DOTALL))


def compare_choices(answer: str, reference: str, options: Sequence[str] | None) -> Match:
    """Whether an answer names the choice that the reference names."""
    wanted_letter, wanted_text = _resolved(reference, options)
    letter, text = _resolved(answer, options)
    if letter is not None and wanted_letter is not None:
        if letter != wanted_letter:
            return different("choice", f"{letter} is not {wanted_letter}")
        if text and wanted_text and not options and not _same_words(text, wanted_text):
            return different("choice", f"the letter is {letter}, the text another")
        return Match(True, "choice letter")
    if text and wanted_text and _same_words(text, wanted_text):
        return Match(True, "choice text")
    if letter is None and not text:
        return different("choice", "no choice named")
    return different("choice", f"`{(letter or text)[:40]}` is not the choice of the reference")


def _resolved(text: str, options: Sequence[str] | None) -> tuple[str | None, str]:
    """Letter and text, each found from the other where the options are known."""
    letter, words = letter_of(text)
    if not options:
        return letter, words
    place = _place(text, options)
    if letter is not None and ord(letter) - ord("A") < len(options):
        return letter, words or _option_text(options[ord(letter) - ord("A")])
    if place is not None:
        return chr(ord("A") + place), _option_text(options[place])
    return None, words


def _place(text: str, options: Sequence[str]) -> int | None:
    """Index of the one option that has this text."""
    wanted = plain_words(text)
    places = [
        index
        for index, option in enumerate(options)
        if wanted and wanted in (plain_words(option), plain_words(_option_text(option)))
    ]
    return places[0] if len(places) == 1 else None


def _option_text(option: str) -> str:
    """An option without its own letter: `(A)11` is `11`."""
    found = re.match(r"\s*[(\[]?([A-Z])\s*[)\].:]\s*(?=\S)", option)
    return option[found.end() :] if found else option


def _same_words(left: str, right: str) -> bool:
    return plain_words(left) == plain_words(right)
