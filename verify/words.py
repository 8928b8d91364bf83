"""Answers in words: numbers spelled out, times of day, and plain text."""

import re

from curate.verify.tidy import tidy

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_SMALL = {word: number for number, word in enumerate(_ONES)} | {
    word: 10 * number for number, word in enumerate(_TENS, 2)
}
_LARGE = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_ORDINALS = {
    "half": 2, "halves": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6,
    "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10, "hundredth": 100,
}  # fmt: skip


def number_in_words(text: str) -> str | None:
    """`twenty-five` as `25`, `two thirds` as `\\frac{2}{3}`, `minus one` as `-1`; else None."""
    words = text.lower().replace("-", " ").replace(",", " ").split()
    words = [word for word in words if word != "and"]
    if not words or len(words) > 12:
        return None
    if words[0] in ("a", "an") and words[1:] != ["half"]:
        words = ["one", *words[1:]]
    if len(words) > 2 and words[-2:] == ["a", "half"]:
        whole = _integer(words[:-2])
        return rf"\frac{{{2 * whole + 1}}}{{2}}" if whole is not None else None
    if words[-1] in ("dozen", "dozens"):
        dozens = _integer(words[:-1]) if words[:-1] else 1
        return str(12 * dozens) if dozens is not None else None
    if words[0] in ("minus", "negative"):
        inner = number_in_words(" ".join(words[1:]))
        return f"-{inner}" if inner else None
    below = _ORDINALS.get(words[-1].rstrip("s") if words[-1] != "halves" else "half")
    if below is not None and len(words) > 1:
        above = 1 if words[:-1] in (["a"], ["an"]) else _integer(words[:-1])
        return rf"\frac{{{above}}}{{{below}}}" if above is not None else None
    found = _integer(words)
    return str(found) if found is not None else None


def _integer(words: list[str]) -> int | None:
    total = current = 0
    for word in words:
        if word in _SMALL:
            current += _SMALL[word]
        elif word == "hundred" and current:
            current *= 100
        elif word in _LARGE and current:
            total, current = total + current * _LARGE[word], 0
        else:
            return None
    return total + current


_TIME = re.compile(
    r"(\d{1,2})(?::(\d{2}))?(?::(\d{2}))?\s*(?:([ap])\s*\.?\s*m\.?|(o'?clock))?\s*",
    re.IGNORECASE,
)


_WRAPPED_TIME = re.compile(r"\\(?:text|mathrm|textrm|mbox|rm)\s*\{?([^{}]*)\}?")
_NAMED_TIME = re.compile(r"(?:12(?::00)?\s*)?(noon|midnight)", re.IGNORECASE)


def time_of_day(text: str) -> tuple[int, str] | None:
    """`4:30 p.m.` as seconds since midnight and `p`; the letter is empty when none is given."""
    plain = _WRAPPED_TIME.sub(r" \1", text).replace(" :", ":") if "\\" in text else text
    plain = plain.strip()
    if (named := _NAMED_TIME.fullmatch(plain)) is not None:
        return (43_200, "p") if named[1].lower() == "noon" else (0, "a")
    found = _TIME.fullmatch(plain)
    if found is None or not (found[2] or found[4] or found[5]) or int(found[1]) > 24:
        return None
    hour, minute, second = int(found[1]), int(found[2] or 0), int(found[3] or 0)
    half = (found[4] or "").lower()
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return hour * 3600 + minute * 60 + second, half


FORMULAS = {
    "all real numbers": r"\mathbb{R}", "all reals": r"\mathbb{R}", "real numbers": r"\mathbb{R}",
    "all real": r"\mathbb{R}", "empty set": r"\emptyset", "positive infinity": r"\infty",
    "none": r"\emptyset", "negative infinity": r"-\infty",
    "no solution": r"\emptyset", "no real solution": r"\emptyset",
}  # fmt: skip
"""Words that say what a formula says."""
_SYNONYMS = {
    "dne": "does not exist", "no solutions": "no solution", "no real solutions": "no real solution",
    "no solution exists": "no solution", "no solutions exist": "no solution",
    "has no solution": "no solution", "none exist": "none",
    "undefined": "does not exist", "not defined": "does not exist",
    "infinitely many solutions": "infinitely many", "infinite": "infinitely many",
    "infinite solutions": "infinitely many", "infinite number of solutions": "infinitely many",
    "not possible": "impossible", "first": "1st", "second": "2nd", "third": "3rd",
    "fourth": "4th", "fifth": "5th", "sixth": "6th", "seventh": "7th", "eighth": "8th",
    "ninth": "9th", "tenth": "10th",
}  # fmt: skip
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_DATES = (
    re.compile(r"(?P<m>[a-z]{3,9})\.? (?P<d>\d{1,2})(?:st|nd|rd|th)?(?: (?P<y>\d{4}))?"),
    re.compile(r"(?P<d>\d{1,2})(?:st|nd|rd|th)?(?: of)? (?P<m>[a-z]{3,9})\.?(?: (?P<y>\d{4}))?"),
)
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


def _date(words: str) -> str | None:
    """`may 5 2020`, `5 may 2020` and `2020-05-05` alike; None for anything else."""
    if iso := _ISO_DATE.fullmatch(words):
        return f"date {iso[1]}-{int(iso[2])}-{int(iso[3])}"
    for pattern in _DATES:
        found = pattern.fullmatch(words)
        if found and found["m"][:3] in _MONTHS:
            month = _MONTHS.index(found["m"][:3]) + 1
            return f"date {found['y'] or ''}-{month}-{int(found['d'])}"
    return None


_WRAPPED = re.compile(
    r"\\(?:text|textbf|textit|textrm|textsf|mathrm|mathbf|mathit|operatorname|mbox|emph)\s*\{([^{}]*)\}"
)
_MARKUP = re.compile(r"[\"`*\\]+|^'(?=.*'$)|(?<=[A-Za-z]{2})'$")
_LISTING = re.compile(r"\s*[,;]\s*")
_AROUND_EQUALS = re.compile(r"\s*=\s*")
_THERE_IS = re.compile(
    r"^(?:there (?:is|are|exists?)|(?:it|answer|statement|claim|series|function) is) "
)
_ARTICLES = re.compile(r"\b(?:the|an?)\s+(?!(?:and|or|is)\b)(?=\w)")
"""Before a word only: `Car A` and `the car` are two."""


_BRACED = re.compile(r"^\s*\{([^{},]*)\}\s*$")


def plain_words(text: str) -> str:
    """A text for comparing words: lower case, no markup, no commas, no articles."""
    text = tidy(text)
    for _ in range(3):
        text = _WRAPPED.sub(r"\1", text)
    text = _BRACED.sub(r"\1", text)
    text = _LISTING.sub(" ", _MARKUP.sub(" ", text.lower()))
    words = " ".join(_AROUND_EQUALS.sub("=", text).split()).strip(" .:")
    if words[-1:] == "!" and words[-2:-1].isalpha():
        words = words.rstrip("! ")
    if words[:1] == "(" and words[-1:] == ")" and words.count("(") == 1:
        words = words[1:-1]
    without = _THERE_IS.sub("", " ".join(_ARTICLES.sub(" ", words).split()))
    return _date(words) or _SYNONYMS.get(without, without) or words


_SEPARATORS = re.compile(r"\s*(?:,\s*(?:and\s)?|;|&|\band\b)\s*")


def listed_words(text: str) -> tuple[str, ...]:
    """`Alice and Bob` as (`alice`, `bob`), sorted; empty where nothing is listed."""
    text = tidy(text)
    for _ in range(3):
        text = _WRAPPED.sub(r"\1", text)
    parts = [plain_words(part) for part in _SEPARATORS.split(text.strip(" .$"))]
    return tuple(sorted(parts)) if len(parts) > 1 and all(parts) else ()
