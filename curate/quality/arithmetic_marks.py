"""The patterns that find written equations: relations, and what runs to both sides of them.

All quantifiers are possessive or bounded, so a pattern never goes back over what it has read.
Neighbours of `=` are tested inside the pattern that finds it, by looks of fixed width: of the nine
`=` in a kilobyte of a real long trace, six have a variable beside them and cost nothing more.
"""

import re

from curate.quality.arithmetic_tokens import SUFFIXES

_OPERATORS = r"+*/^×⋅·∙•∗÷−–⁄＋－＊／-"
_SIGNS = (
    r"\d \t()\[\]{}!%$°&£€¥￥～（）０-９．％！½¼¾⅓⅔√π⌊⌋⌈⌉⁻⁰¹²³⁴-⁹\u00a0\u2009\u202f" + _OPERATORS
)
_COMMANDS = (
    "d?frac|tfrac|cfrac|sqrt|times|cdot|ast|div|left|right|[bB]igg?[lrm]?|b?mod|[dt]?binom|boxed|"
    "displaystyle|circ|degree|pi|[lr]floor|[lr]ceil|choose|gcd|lcm"
)
_SDNAMMOC = (
    "carfd?|carft|carfc|trqs|semit|todc|tsa|vid|tfel|thgir|[lrm]?g?gi[bB]|domb?|monib[dt]?|dexob|"
    "elytsyalpsid|cric|eerged|ip|roolf[lr]|liec[lr]|esoohc|dcg|mcl"
)
_SUFFIX = "|".join(SUFFIXES)
_XIFFUS = "|".join(suffix[::-1] for suffix in SUFFIXES)
_WORDS = r"(?:[a-z]{2,14}[ /]){0,3}[a-z]{2,14}"

RIGHTWARD = re.compile(
    rf"(?:[{_SIGNS}]++|\.(?=\d)|,(?:\\[!,])?(?=\d{{3}}(?!\d))|，(?=\d{{3}}(?!\d))|(?<=\{{),(?=\}})"
    rf"|\\(?:{_COMMANDS})(?![A-Za-z])|\\[,;:! %$()\[\]\\]"
    rf"|\\(?:text|mathrm|mbox|textbf|mathbf)\s?\{{[^{{}}\n]{{0,40}}\}}"
    rf"|<<[^<>\n]{{0,80}}>>"
    rf"|(?<=[\d)%] )[xX](?= [\d$(])|(?<=\d)[xX](?=\d)"
    rf"|(?<=[\d)] )(?:mod|choose)(?= [\d(])|sqrt(?=[({{ \d])|\\?(?:gcd|lcm)\(\d+,\s?\d+\)"
    rf"|(?<=[%\d)}}] )of(?= \$?\d)"
    rf"|(?<=\d)(?:{_SUFFIX})(?![A-Za-z])"
    rf"|(?<=[\d)}}%$°] ){_WORDS}(?= ?(?:[)+*/×÷=≈−-]|\\times|\\cdot|\\approx))"
    rf")*+"
)
"""From the right side's first sign to where no arithmetic can go on, or another relation comes."""

LEFTWARD = re.compile(
    rf"(?:\s|\\\\|&){{0,8}}(?:[{_SIGNS}]++|(?<=\d)\.|(?<=\d\d\d)(?<!\d\d\d\d)(?:[!,]\\)?,(?=\d)"
    rf"|(?<=\}}),(?=\{{)"
    rf"|(?:{_SDNAMMOC})\\(?!\\)|[,;:! %$()\[\]]\\(?!\\)"
    rf"|(?<=\}})[^{{}}\n]{{1,40}}\{{\s?(?:txet|mrhtam|xobm|fbtxet|fbhtam)\\"
    rf"|(?<=[\d$(] )[xX](?= [\d)%])|(?<=\d)[xX](?=\d)"
    rf"|(?<=[\d(] )(?:dom|esoohc)(?= [\d)])|(?<=[({{ \d\[])trqs"
    rf"|,(?=\d+\((?:dcg|mcl))|(?:dcg|mcl)(?![A-Za-z])"
    rf"|(?<=[\d$] )fo(?= [\d)%}}])"
    rf"|(?:{_XIFFUS})(?=\d)"
    rf"|(?:(?<=[)+*/×÷=≈−-])|(?<=[)+*/×÷=≈−-] )|(?<=semit\\)|(?<=todc\\)){_WORDS}(?= [\d)}}%$°])"
    rf")*+"
)
"""The same from right to left, over reversed text."""

_BEFORE = "|".join(
    look.replace("@", space + "=")
    for space in ("", " ")
    for look in (
        r"(?<=[^A-Za-z_^]\d@)",
        r"(?<=[\d)}\]]\^\d@)",
        r"(?<=[^A-Za-z][)}\]]@)",
        r"(?<=[\d)}\]\\⁻⁰¹²³⁴-⁹][⁰¹²³⁴-⁹!%°$]@)",
        r"(?<=right[)\]]@)|(?<=[π½¼¾⅓⅔]@)|(?<=pi@)|(?<=pi[)}]@)|(?<=floor@)|(?<=ceil@)|(?<=\^\\circ@)",
        r"(?<=[\n&]@)",
        r"(?<=\d[ckm][mg]@)",
    )
)
_WORD_BEFORE = "|".join(rf"(?<=[\d%] [a-z]{{{n}}} =)" for n in range(2, 13))
_TEXT_BEFORE = "|".join(
    rf"(?<=\d{space}\\text\{{{inner}[a-z]{{{n}}}\}} =)"
    for n in range(1, 9)
    for space, inner in (("", " "), (" ", " "), (" ", ""))
)
_UNIT_BEFORE = rf"(?<=[a-z] =)(?:{_WORD_BEFORE})|(?<=[a-z]\}} =)(?:{_TEXT_BEFORE})"
_AFTER = (
    r"(?=\s?[-−+$]*\s?(?:[(\[{]\s?)*[-−+]?\s?(?:[\d.√π⌊½¼¾⅓⅔（０-９<£€¥*]|sqrt|gcd|lcm"
    r"|\\(?:[dtc]?frac\s*\{(?![A-Za-z])|sqrt|pi|[dt]?binom|[$,;:! (\[\\%]|left|boxed|text|mathrm|"
    r"mathbf|[bB]ig|lfloor|lceil|gcd|lcm)))"
    r"(?!\s?[-−$(\[]*\d+(?:\.\d+)?[A-Za-z](?![a-z\d]))"
)
EQUALS = re.compile(rf"=(?:{_BEFORE}|(?<=\s\s=)|(?<=\)\*\* =)|{_UNIT_BEFORE})(?!=){_AFTER}")

_NUMBER_BEFORE = r"(?:(?<=[\d)}}$!%°]{0})|(?<=[\d)}}$!%°] {0}))"
OTHERS = {
    "＝": re.compile("＝"),
    "≈": re.compile("[≈≃≅]"),
    "≡": re.compile("≡"),
    "≤": re.compile("[≤⩽≦]"),
    "≥": re.compile("[≥⩾≧]"),
    " is ": re.compile(
        r" is (?<=[\d)%] is )(?:indeed |exactly |actually )?(?=-?\$?\d)(?!\d+(?:\.\d+)?[A-Za-z])"
    ),
    " equals ": re.compile(r" equals (?<=[\d)%] equals )(?=-?\$?\d)"),
    "<": re.compile(rf"<{_NUMBER_BEFORE.format('<')}(?:=|(?= ?[-−+(\d$\\√]))(?![-<])"),
    ">": re.compile(rf">{_NUMBER_BEFORE.format('>')}(?:=|(?= ?[-−+(\d$\\√]))(?![>])"),
    "\\": re.compile(
        r"\\(?:approx|equiv|leq?|geq?|leqslant|geqslant|lt|gt|cong|simeq)(?=[ \d\\(\[{$-])"
    ),
}
"""Relations that are rarer: each is looked for only where its sign occurs at all."""

SIGNS = {
    **dict.fromkeys(("=", "＝"), "="),
    **dict.fromkeys(("≈", "≃", "≅", "\\approx", "\\simeq", "\\cong"), "≈"),
    **dict.fromkeys(("≡", "\\equiv"), "≡"),
    **dict.fromkeys(("<", "＜", "\\lt"), "<"),
    **dict.fromkeys((">", "＞", "\\gt"), ">"),
    **dict.fromkeys(("≤", "<=", "⩽", "≦", "\\le", "\\leq", "\\leqslant"), "≤"),
    **dict.fromkeys(("≥", ">=", "⩾", "≧", "\\ge", "\\geq", "\\geqslant"), "≥"),
}
"""Every spelling of a relation, with the one we name it by."""
