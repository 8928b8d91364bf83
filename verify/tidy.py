"""Cosmetics: what looks different and means the same, taken out of a text before it is read.

`"$\\left(½,\\,１０{,}000\\right)$"` becomes `"(\\frac{1}{2}, 10,000)"`. Linear in the text.
"""

import re
import unicodedata

_INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u00ad]")

_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱ", "0123456789+-()ni")
_SUBSCRIPT = str.maketrans("₀₁₂₃₄₅₆₇₈₉₊₋₍₎ₙ", "0123456789+-()n")
_SUPERSCRIPTS = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱ]+")
_SUBSCRIPTS = re.compile("[₀₁₂₃₄₅₆₇₈₉₊₋₍₎ₙ]+")

_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta",
    "η": "eta", "θ": "theta", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi",
    "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "φ": "phi", "ϕ": "phi", "χ": "chi",
    "ψ": "psi", "ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda",
    "Π": "Pi", "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega", "∠": "angle",
}  # fmt: skip
_SIGNS = {
    "−": "-", "–": "-", "—": "-", "－": "-", "﹣": "-", "‐": "-", "‑": "-", "×": r"\times ",
    "✕": r"\times ", "·": r"\cdot ", "⋅": r"\cdot ", "∙": r"\cdot ", "•": r"\cdot ", "∗": "*",
    "÷": r"\div ", "∕": "/", "⁄": "/", "≤": r"\le ", "⩽": r"\le ", "≥": r"\ge ", "⩾": r"\ge ",
    "≠": r"\ne ", "≈": r"\approx ", "±": r"\pm ", "∓": r"\mp ", "∞": r"\infty ",
    "∪": r"\cup ", "∩": r"\cap ", "∈": r"\in ", "∉": r"\notin ", "∖": r"\setminus ",
    "∅": r"\emptyset ", "°": r"^\circ ", "º": r"^\circ ", "ℝ": r"\mathbb{R}",
    "ℤ": r"\mathbb{Z}", "ℕ": r"\mathbb{N}", "ℚ": r"\mathbb{Q}", "ℂ": r"\mathbb{C}",
    "→": r"\to ", "⌊": r"\lfloor ", "⌋": r"\rfloor ", "⌈": r"\lceil ", "⌉": r"\rceil ",
    "’": "'", "‘": "'", "′": "'", "“": '"', "”": '"', "，": ", ", "、": ", ", "。": ". ",
    "；": "; ", "：": ":", "（": "(", "）": ")", "【": "[", "】": "]", "…": r"\ldots ",
    "∣": "|", "│": "|", "￨": "|", "∥": r"\|", "⟨": r"\langle ", "⟩": r"\rangle ",
    "√": r"\sqrt ", "∛": r"\sqrt[3]", "∑": r"\sum ", "∏": r"\prod ", "∫": r"\int ",
    "∧": r"\land ", "∨": r"\lor ", "¬": r"\neg ", "∂": r"\partial ", "ℓ": "l", "𝑖": "i",
    "¢": r"\text{ cents}",
}  # fmt: skip
_TABLE = str.maketrans(_SIGNS | {letter: f"\\{name} " for letter, name in _GREEK.items()})
_ROOT_OF_NUMBER = re.compile(r"√\s*(\d+(?:\.\d+)?)")
_VULGAR = re.compile("[¼-¾⅐-⅞]")
_NOT_CIRCLED = re.compile("[^①-⑳]+")
"""Circled numbers name statements: `②③` is not 23."""


def plain(text: str) -> str:
    """The text in ASCII as far as it has ASCII equivalents; the rest is left in NFKC form."""
    if text.isascii():
        return text
    text = _INVISIBLE.sub("", text)
    text = _VULGAR.sub(_fraction, text)
    text = _SUPERSCRIPTS.sub(lambda m: f"^{{{m.group().translate(_SUPERSCRIPT)}}}", text)
    text = _SUBSCRIPTS.sub(lambda m: f"_{{{m.group().translate(_SUBSCRIPT)}}}", text)
    text = _ROOT_OF_NUMBER.sub(r"\\sqrt{\1}", text)
    text = text.translate(_TABLE)
    if text.isascii():
        return text
    text = _NOT_CIRCLED.sub(lambda m: unicodedata.normalize("NFKC", m[0]), text).translate(_TABLE)
    return "".join(_digit(character) for character in text)


def _fraction(found: re.Match[str]) -> str:
    above, _, below = unicodedata.normalize("NFKC", found.group()).partition("⁄")
    return rf"\frac{{{above}}}{{{below}}}"


def _digit(character: str) -> str:
    if character.isascii() or unicodedata.category(character) != "Nd":
        return character
    return str(unicodedata.decimal(character))


_SIZES = re.compile(
    r"\\(?:m?left|m?right)\s?\.(?!\d)|\\(?:m?left|m?right|middle|[bB]igg?[lrm]?)(?![A-Za-z])"
)
_STYLES = re.compile(
    r"\\(?:displaystyle|textstyle|scriptstyle|limits|nolimits|normalsize|large|Large|phantom\{[^{}]*\}|hfill|notag|nonumber)(?![A-Za-z])"
)
_NEGATIVE_SPACE = re.compile(r"(?<!\\)\\!")
_DOUBLED = re.compile(r"\\\\(?=[A-Za-z])")
_GLUED_BARS = re.compile(r"\\([lr]?[vV]ert)(?=[A-Za-z0-9])")
_SPACES = re.compile(
    r"(?<!\\)\\[,;:> ]|~|\\(?:text|mbox|mathrm)\s*\{\s*\}|\\q?quad|\\[hv]space\*?\s*\{[^{}]*\}"
    r"|\\(?:enspace|thinspace|medspace|thickspace|allowbreak|newline)(?![A-Za-z])"
)
_THOUSANDS_SPACE = re.compile(r"(?<=\d)(?:(?<!\\)\\[,;:> ]|~|\\thinspace)(?=\d{3}(?!\d))")
_BRACED_COMMAS = re.compile(r"(?<!\d)(\d+)((?:\s?\{\s*,\s*\}\d+)+)")
_COMMA_BEFORE_PERIOD = re.compile(r"(?<=\d)\{,\}(?=\d*\\(?:overline|bar|dot))")
_BRACED_SIGN = re.compile(r"\{(-)\}|(?<=\d)\{(:)\}")
"""Braces for the spacing of a sign."""
_THIN_COMMA = re.compile(r"(?<=\d),\\!\s*(?=\d{3})")
_CIRCLED = re.compile(r"\\(?:text)?circled\s*\{\s*(\d{1,2})\s*\}")
_BETWEEN_CIRCLED = re.compile(r"(?<=[①-⑳])[\s,;]*(?:and\s*)?(?=[①-⑳])")
_CARRIAGE = re.compile(r"\\cr(?![A-Za-z])")
_ALIGNED_EQUALS = re.compile(r"&\s*=\s*&?|=\s*&")
_DOLLAR = re.compile(r"\\(?:text|math)?dollar(?![A-Za-z])")
_LEFT_BRACE_ROWS = re.compile(
    r"\\left\s*\\\{\s*\\begin\s*\{(array|matrix|aligned)\}(?:\s*\{[lcr| ]*\})?"
    r"(.*?)\\end\s*\{\1\}\s*\\right\s*\.",
    re.DOTALL,
)
_DELIMITERS = re.compile(r"(?<!\\)\\[\[\]()]|(?<!\\)\$\$?")
_FRACTIONS = re.compile(r"\\[dtc]frac(?![A-Za-z])")
_ROW_SKIP = re.compile(r"\\\\\s*\[[^\[\]]*(?:pt|em|ex|mm|cm)\]")
_REPEATING = re.compile(
    r"(?<![\d.])(\d*)\.(\d*)\\(?:overline|bar|dot|widebar)\s*(?:\{\s*(\d+)\s*\}|(\d))"
)
_DOTTED_PERIOD = re.compile(
    r"(?<![\d.])(\d*)\.(\d*)\\dot\s*\{?\s*(\d)\s*\}?(\d*)\\dot\s*\{?\s*(\d)\s*\}?"
)
_MACRON = re.compile(r"(?<![\d.])(\d*)\.(\d*?)((?:\d[\u0304\u0305])+)")
_SPACE_RUN = re.compile(r"\s+")


def tidy(text: str) -> str:
    """A mathematical text without delimiters, sizes, styles and look-alike characters."""
    if not text.isascii():
        text = _MACRON.sub(
            _repeating_marked,
            unicodedata.normalize("NFD", text) if "\u0304" in text or "\u0305" in text else text,
        )
        text = plain(text)
    text = _repeat_dollar_free(text)
    if "," in text:
        text = _COMMA_BEFORE_PERIOD.sub(".", text)
        text = _THIN_COMMA.sub("", _BRACED_COMMAS.sub(_without_braced, text))
    if "{" in text:
        text = _BRACED_SIGN.sub(r"\1\2", text)
    if "\\" in text or "~" in text:
        text = _tidy_latex(text)
    if not text.isascii():
        text = _BETWEEN_CIRCLED.sub("", text)
    return _SPACE_RUN.sub(" ", text).strip()


def _without_braced(found: re.Match[str]) -> str:
    """`12{,}345` as 12345, `0{,}25` and `2{,}5` as 0.25 and 2.5: no list has such a comma."""
    groups = re.findall(r"\d+", found[2])
    thousands = found[1][0] != "0" and all(len(group) == 3 for group in groups)
    point = "." if len(groups) == 1 and not thousands else ""
    return found[1] + point + "".join(groups)


def _repeat_dollar_free(text: str) -> str:
    """Without `$` delimiters; a single `$` stays, as a currency sign."""
    if "$" not in text:
        return text
    unescaped = re.findall(r"(?<!\\)\$", text)
    if len(unescaped) == 1:
        return (
            re.sub(r"(?<!\\)\$", r"\\$", text)
            if re.search(r"(?<!\\)\$\s*[\d.]|[\d.]\s*(?<!\\)\$", text)
            else re.sub(r"(?<!\\)\$", " ", text)
        )
    return re.sub(r"(?<!\\)\$\$?", " ", text)


def _tidy_latex(text: str) -> str:
    if "circled" in text:
        text = _CIRCLED.sub(_circled, text)
    if "\\begin" in text and "\\right" in text:
        text = _LEFT_BRACE_ROWS.sub(r"\\begin{cases}\2\\end{cases}", text)
    if "\\cr" in text:
        text = _CARRIAGE.sub(r"\\\\", text)
    if "&" in text and "\\begin" in text:
        text = _ALIGNED_EQUALS.sub("=", text)
    if "dollar" in text:
        text = _DOLLAR.sub(r"\\$", text)
    text = _DELIMITERS.sub(" ", text)
    text = _ROW_SKIP.sub(r"\\\\", text)
    if "\\begin" not in text:
        text = _DOUBLED.sub(r"\\", text)  # escaped once too often
    text = _GLUED_BARS.sub(r"\\\1 ", text)
    text = _THOUSANDS_SPACE.sub("", text)
    text = _NEGATIVE_SPACE.sub("", text)
    text = _SIZES.sub("", text)
    text = _STYLES.sub("", text)
    text = _SPACES.sub(" ", text)
    text = _FRACTIONS.sub(r"\\frac", text)
    if "\\dot" in text:
        text = _DOTTED_PERIOD.sub(_dotted_period, text)
    return _REPEATING.sub(_repeating, text)


def _circled(found: re.Match[str]) -> str:
    number = int(found[1])
    return chr(ord("①") + number - 1) if 1 <= number <= 20 else found[0]


def _dotted_period(found: re.Match[str]) -> str:
    return repeating_fraction(found[1], found[2], found[3] + found[4] + found[5])


def _repeating(found: re.Match[str]) -> str:
    return repeating_fraction(found[1], found[2], found[3] or found[4])


def _repeating_marked(found: re.Match[str]) -> str:
    return repeating_fraction(found[1], found[2], re.sub("[\u0304\u0305]", "", found[3]))


def repeating_fraction(integer: str, lead: str, period: str) -> str:
    """`0.1(6)` as `\\frac{15}{90}`: integer part, digits before the period, the period."""
    if not period or len(lead) + len(period) > 100:
        return f"{integer}.{lead}{period}"
    below = (10 ** len(period) - 1) * 10 ** len(lead)
    above = int((integer or "0") + lead + period) - int((integer or "0") + lead)
    return rf"{{\frac{{{above}}}{{{below}}}}}"
