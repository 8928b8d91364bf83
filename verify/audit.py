"""Whether a reference can be right: faults that show without any answer.

>>> from curate.verify.audit import fault
>>> fault("E", "text", ["1", "2", "3", "4"])
('options', 'names none of its 4 options')
"""

import re
from collections.abc import Sequence

from curate.verify.choice import compare_choices, letter_of
from curate.verify.ladder import climb
from curate.verify.policy import Policy
from curate.verify.readings import readings
from curate.verify.reference import Reference, read_reference

SHORTEST = 2
"""Fewest options that make a choice."""
MOST_WORDS = 3
"""Words of the longest answer in words that another answer contradicts."""
_FORMULA = re.compile(r"\\[A-Za-z]+|[\^_]\{|\$.*\$")
_PROSE = re.compile(r"[A-Za-z]{3,}(?:\s+[A-Za-z]{2,}){3,}")


def fault(text: str, form: str, options: Sequence[str] | None) -> tuple[str, str] | None:
    """Kind and reason of what is wrong with a reference by itself, or None."""
    found = read_reference(text, form, options)
    if found.kind == "missing":
        return None
    if not found.usable:
        return "unreadable", "cannot be read"
    if found.kind == "text" and broken(found.text):
        return "unreadable", "looks like a formula and cannot be read"
    if options and len(options) >= SHORTEST and form == "text" and not among(found, options):
        return "options", f"names none of its {len(options)} options"
    return None


def broken(text: str) -> bool:
    """Whether a text that could not be read was meant as a formula: LaTeX that never closes."""
    if not _FORMULA.search(text) or _PROSE.search(text) or readings(text):
        return False
    plain = re.sub(r"\\[{}$]", "", text)
    return plain.count("{") != plain.count("}") or plain.count("$") % 2 == 1


def among(reference: Reference, options: Sequence[str]) -> bool:
    """Whether a reference is one of the options: by letter, by text or by value.

    A letter with a text must name the option that has the text.
    """
    letter, words = letter_of(reference.text)
    if letter is not None:
        place = ord(letter) - ord("A")
        if place < len(options):
            named = compare_choices(options[place], words, None).equal if words else True
            return bool(named) or _equal(words, options[place])
    return any(_same(reference.text, option) for option in options)


def _same(text: str, option: str) -> bool:
    return bool(compare_choices(text, option, None).equal) or _equal(text, option)


def _equal(text: str, option: str) -> bool:
    """Equal in value; what only computer algebra could tell counts as equal."""
    _, words = letter_of(option)
    return climb(text, Reference(kind="text", text=words or option), Policy()).equal is not False


def contradicts(left: Reference, right: Reference, policy: Policy) -> bool:
    """Whether two references of one problem cannot both be right.

    References with options are compared by what they choose, since options may be shuffled. A
    letter without options and a text of many words contradict nothing.
    """
    if left is right or (left.text == right.text and left.options == right.options):
        return False
    own, other = chosen(left), chosen(right)
    if not (comparable(own) and comparable(other)):
        return False
    if (own.kind == "choice") != (other.kind == "choice"):
        return False
    return (
        climb(own.text, other, policy).equal is False
        and climb(other.text, own, policy).equal is False
    )


def comparable(reference: Reference) -> bool:
    """Whether a difference from a reference is a difference of answers, not of wording."""
    if not reference.usable or reference.kind == "code":
        return False
    return reference.kind != "text" or len(reference.text.split()) <= MOST_WORDS


def chosen(reference: Reference) -> Reference:
    """A reference by letter as the text of its option; any other as it is."""
    letter, _ = letter_of(reference.text)
    options = reference.options or ()
    if letter is None or ord(letter) - ord("A") >= len(options):
        return reference
    option = options[ord(letter) - ord("A")]
    _, words = letter_of(option)
    return read_reference(words or option)
