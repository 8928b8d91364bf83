"""The ladder of comparison: the cheapest rung that can tell decides, and is named."""

import re
from functools import lru_cache

from curate.verdict import Verdict
from curate.verify.choice import compare_choices, letter_of, letters_of
from curate.verify.countdown import check_countdown
from curate.verify.decision import Decision, Extraction
from curate.verify.math.compare import compare
from curate.verify.math.match import Match, different
from curate.verify.math.nodes import Node, Num, Seq
from curate.verify.policy import Policy
from curate.verify.readings import MAX_CHARACTERS, readings, stripped
from curate.verify.reference import Reference
from curate.verify.words import listed_words, plain_words, time_of_day

_AND = re.compile(r"\band\b|&")
_ISO_DATE = re.compile(r"(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)")
_SPACES = re.compile(r"(?<![A-Za-z0-9.,]) | (?![A-Za-z0-9.,])")


_NO_NUMBER = re.compile(r"[\\^=+*/<>{\[(]|[A-Za-z]\d")
"""A text with such characters is hardly a plain number in another spelling."""
_REMEMBERED = 1000
"""Longest answer whose canonical form is kept in memory, in characters."""


def canonical(answer: str) -> str:
    """A spelling that answers share when they differ in cosmetics only; groups majority votes."""
    if len(answer) > MAX_CHARACTERS:
        return " ".join(answer.split())
    return _canonical_short(answer) if len(answer) <= _REMEMBERED else _canonical(answer)


def _canonical(answer: str) -> str:
    text = _SPACES.sub("", stripped(answer))
    found = readings(text) if len(text) < 40 and not _NO_NUMBER.search(text) else ()
    if found and isinstance(found[0], Num):
        return str(found[0].value)
    return text


_canonical_short = lru_cache(maxsize=65_536)(_canonical)


IDENTICAL = "identical"
"""The method of the first rung, and of most decisions."""


def is_identical(answer: str, reference: Reference) -> bool:
    """Whether the two differ in cosmetics at most, which decides under any policy."""
    if reference.kind in ("countdown", "code") or not reference.usable:
        return False
    spelling = canonical(answer)
    return bool(spelling) and spelling == canonical(reference.text)


def settle(extraction: Extraction, reference: Reference) -> Decision | None:
    """The verdict where there is nothing to compare; None where there is."""
    if not reference.usable:
        reason = "no reference" if reference.kind == "missing" else "the reference cannot be used"
        return Decision(verdict=Verdict.UNVERIFIABLE, method="none", reason=reason)
    if extraction.answer is None:
        reason = _NO_ANSWER.get(extraction.rule, "no final answer in the response")
        return Decision(verdict=Verdict.UNPARSED, method="none", reason=reason)
    return None


_NO_ANSWER = {
    "unclosed thinking": "the response stops inside its thinking",
    "empty box": "the last box is empty",
    "empty answer tag": "the answer tag is empty",
}


def climb(answer: str, reference: Reference, policy: Policy) -> Match:
    """What the rungs below the symbolic one find, tolerances that the policy refuses left out."""
    found = _found(answer, reference, policy)
    refusal = policy.refuses(found.method) if found.equal else None
    return found if refusal is None else different(found.method, refusal)


def _found(answer: str, reference: Reference, policy: Policy) -> Match:
    if reference.kind == "countdown":
        return check_countdown(
            answer, reference.numbers, reference.target, use_all=policy.countdown_use_all
        )
    if is_identical(answer, reference):
        return Match(True, IDENTICAL)
    if len(answer) > MAX_CHARACTERS:
        return different("text", f"the answer is longer than {MAX_CHARACTERS} characters")
    if reference.parts:
        return _parts(answer, reference, policy)
    if reference.kind == "choice":
        return _choice(answer, reference)
    if reference.kind == "choices":
        return _choices(answer, reference)
    given = time_of_day(stripped(answer))
    wanted = time_of_day(stripped(reference.text)) if given is not None else None
    if given is not None and wanted is not None:  # else `3:15` is a ratio
        return _times(given, wanted)
    if _ISO_DATE.search(answer) or _ISO_DATE.search(reference.text):  # no subtraction
        return _words(answer, reference.text)
    return _mathematics(answer, reference)


def _choice(answer: str, reference: Reference) -> Match:
    found = compare_choices(answer, reference.text, reference.options)
    letter, text = letter_of(answer)
    if found.equal or letter is not None or not text:
        return found
    options = reference.options or ()
    wanted, _ = letter_of(reference.text)
    index = ord(wanted) - ord("A") if wanted else -1
    if 0 <= index < len(options):  # the answer may be the option's value, written otherwise
        by_value = _mathematics(
            answer, Reference(kind="text", text=_without_letter(options[index]))
        )
        if by_value.equal:
            return by_value.via("choice text")
    return found


def _without_letter(option: str) -> str:
    letter, text = letter_of(option)
    return text if letter is not None and text else option


def _choices(answer: str, reference: Reference) -> Match:
    wanted, given = letters_of(reference.text), letters_of(answer)
    if given is None:
        letter, _ = letter_of(answer)
        given = frozenset(letter) if letter else None
    if given is None:
        return _mathematics(answer, reference)
    same = given == wanted
    return Match(same, "choice letters", "" if same else "other letters")


def _times(given: tuple[int, str], wanted: tuple[int, str]) -> Match:
    if given == wanted:
        return Match(True, "time")
    if given[0] % 43_200 == wanted[0] % 43_200 and bool(given[1]) != bool(wanted[1]):
        bare = given if not given[1] else wanted
        if not 3_600 <= bare[0] < 46_800 and given[0] != wanted[0]:  # 21:30 is no 9:30 a.m.
            return different("time", "another half of the day")
        return Match(True, "time, `a.m.` or `p.m.` on one side only")
    return different("time", "another time")


_PARTS = re.compile(r"\n+|;|,(?![^(\[{)\]}]*[)\]}])|\band\b")
_MAX_PARTS = 200
"""Each comma looks ahead for a bracket, so that without a bound the time were quadratic."""


def _parts(answer: str, reference: Reference, policy: Policy) -> Match:
    """A reference of several parts: the answer must list them all, in any order."""
    whole = _mathematics(answer, reference)
    if whole.equal:
        return whole
    pieces = [piece for piece in _PARTS.split(answer, maxsplit=_MAX_PARTS) if piece.strip()]
    if len(pieces) != len(reference.parts):
        return different("parts", f"{len(pieces)} parts against {len(reference.parts)}")
    left = list(pieces)
    for part in reference.parts:
        match = next((p for p in left if climb(p, part, policy).equal), None)
        if match is None:
            return different("parts", f"`{part.text[:40]}` is missing")
        left.remove(match)
    return Match(True, "parts")


def _mathematics(answer: str, reference: Reference) -> Match:
    """Compares every reading of the answer with every reading of the reference."""
    answers, references = readings(answer), readings(reference.text)
    if not answers or not references:
        return _words(answer, reference.text)
    first: Match | None = None
    for number, wanted in enumerate(references):
        for place, given in enumerate(answers):
            if number and place and not (_number(given) or _number(wanted)):
                continue
            if number and _is_list(wanted, bare=True) and _is_list(given, bare=False):
                continue  # `12,345` is a number first, and (12, 345) none
            found = compare(given, wanted)
            if found.equal:
                return found if not (number or place) else found.via("another reading")
            first = first or found
            if found.equal is None and first.equal is False:
                first = found
    return first or different("text", "unreadable")


def _is_list(node: Node, *, bare: bool) -> bool:
    return isinstance(node, Seq) and (node.brackets == ",") == bare


def _number(node: Node) -> bool:
    return not isinstance(node, Seq)


_BRACES = ("\\{", "\\}")


def _braced(text: str) -> bool:
    text = stripped(text[:MAX_CHARACTERS])
    return text.startswith(_BRACES[0]) and text.endswith(_BRACES[1])


def _inside(text: str) -> str:
    return stripped(text[:MAX_CHARACTERS])[2:-2]


_TRUTHS = {"yes": True, "true": True, "no": False, "false": False}


def _words(answer: str, reference: str) -> Match:
    """Texts, one of which at least is no mathematics that we read."""
    given, wanted = plain_words(answer[:MAX_CHARACTERS]), plain_words(reference)
    if given == wanted and given:
        return Match(True, "text")
    if _braced(answer) and _braced(reference):
        several = listed_words(_inside(answer)), listed_words(_inside(reference))
        if several[0] and several[0] == several[1]:
            return Match(True, "set of words")
    # Commas alone may stand in an order that was asked for (`sort these words`).
    several = listed_words(answer[:MAX_CHARACTERS]), listed_words(reference)
    if _AND.search(answer + " " + reference) and several[0] and several[0] == several[1]:
        return Match(True, "text, in any order")
    if given in _TRUTHS and _TRUTHS[given] == _TRUTHS.get(wanted):
        return Match(True, "text, yes for true")
    yes_or_no = wanted in ("yes", "no", "true", "false", "valid", "invalid")
    if yes_or_no and given.split(" ")[0].rstrip(".:;!") == wanted:
        return Match(True, "text, first word")
    return different("text", "compared as text, since one side is no readable formula")
