"""The signs of written arithmetic: what each spelling stands for."""

import re
import string

LOOKALIKES = str.maketrans(
    {
        **{chr(ord(sign) + 0xFEE0): sign for sign in "0123456789+-*/=()[]{}<>.,%!^$"},
        **dict.fromkeys("−–‐‑﹣", "-"),
        **dict.fromkeys("×⋅·∙•∗✕✖⨯", "*"),
        **dict.fromkeys("÷⁄∕", "/"),
        **dict.fromkeys("≤⩽≦", "≤"),
        **dict.fromkeys("≥⩾≧", "≥"),
        **dict.fromkeys("≈≃≅≒", "≈"),
        **dict.fromkeys("\u00a0\u2009\u202f\u2002\u2003\u3000\t\n\r&", " "),
        **dict.fromkeys("£€¥￥", "$"),
        "½": " ½",
        "¼": " ¼",
        "¾": " ¾",
        "⅓": " ⅓",
        "⅔": " ⅔",
    }
)
"""Signs that mean the same."""
RAISED = re.compile("[⁻⁰¹²³⁴-⁹]+")
LOWERED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")

FRACTIONS = {"½": (1, 2), "¼": (1, 4), "¾": (3, 4), "⅓": (1, 3), "⅔": (2, 3)}

NUMBER = r"\d{1,3}(?:(?:,|\{,\}|\\,|\\!,|,\\!)\d{3})+(?![\d])(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+"
TOKEN = re.compile(
    rf"({NUMBER}"
    r"|\^(?:\\circ|°|\{\s?(?:\\circ|°)\s?\})"
    r"|\*\*|//|[-+*/^!%(){}\[\]]"
    r"|\\(?:text|textrm|mathrm|mbox|textbf|mathbf|operatorname)\s*\{[^{}]*\}"
    r"|\\?(?:gcd|lcm)\(\d+,\s?\d+\)"
    r"|\\[A-Za-z]+|\\.|[A-Za-z]+|<<[^<>]*>>|\S)"
)

SAME = {
    r"\dfrac": r"\frac",
    r"\tfrac": r"\frac",
    r"\cfrac": r"\frac",
    r"\dbinom": r"\binom",
    r"\tbinom": r"\binom",
    r"\times": "*",
    r"\cdot": "*",
    r"\ast": "*",
    r"\div": "/",
    r"\bmod": "mod",
    r"\mod": "mod",
    r"\%": "%",
    r"\$": "$",
    r"\pi": "π",
    r"\lfloor": "⌊",
    r"\rfloor": "⌋",
    r"\lceil": "⌈",
    r"\rceil": "⌉",
    r"\choose": "choose",
    r"\lbrack": "[",
    r"\rbrack": "]",
    "{": "(",
    "}": ")",
    "sqrt": r"\sqrt",
    "√": r"\sqrt",
    "**": "^",
    "x": "*",
    "X": "*",
}
"""Braces group as parentheses do: what LaTeX makes of them is only their look."""

NOTHING = {
    *(rf"\{size}{side}" for size in ("big", "Big", "bigg", "Bigg") for side in ("", "l", "r", "m")),
    *(r"\left", r"\right", r"\displaystyle", r"\quad", r"\qquad", r"\boxed", r"\limits"),
    *(rf"\{sign}" for sign in ",;:! ()[]\\"),
    *("$", "°", "~", "&", r"\circ", r"\degree"),
    *("^\\circ", "^{\\circ}", "^°", "^ \\circ", "^{\\circ }", "^{ \\circ}"),
}
"""Signs that change nothing about a value: sizes, spaces, delimiters, currencies, degrees."""

SCALES = frozenset(
    "hundred hundreds thousand thousands million millions billion billions trillion dozen dozens "
    "half halves third thirds quarter quarters fourths fifths sixths tenths twice double triple "
    "pair pairs percent k percents score and or plus minus times divided multiplied over more less "
    "than if then is are was to from remainder mod modulo choose with by equals versus vs but not "
    "sin cos tan cot sec csc log ln exp lim max min gcd lcm sqrt squared cubed root "
    "factorial where when since because for so that the which base through points".split()
)
"""Words after a number that are no unit, or one that changes the number."""

SUFFIXES = (
    "km",
    "cm",
    "mm",
    "kg",
    "mg",
    "lbs",
    "lb",
    "oz",
    "ft",
    "mi",
    "hrs",
    "hr",
    "mins",
    "min",
    "secs",
    "sec",
    "mph",
    "mL",
    "ml",
    "kWh",
)
"""Units that are written right behind a number."""

LETTERS = frozenset(string.ascii_letters)


def plain(written: str) -> str:
    """The same in the signs that are read: raised digits as powers, look-alikes as one."""
    if written.isascii():
        return written
    raised = RAISED.sub(lambda found: f"^({found[0].translate(LOWERED)})", written)
    return raised.translate(LOOKALIKES)


def tokens_of(written: str) -> list[str]:
    """The signs of one side of an equation, in one spelling each."""
    found: list[str] = TOKEN.findall(written)
    return [SAME.get(token, token) for token in found if token not in NOTHING]
