"""Where equations stand in a text: a relation with something numeric on both sides.

One compiled pattern finds a relation; from there one pattern runs to the right through everything
that arithmetic is written with, and another, over the reversed text, runs to the left. Windows are
bounded, so the work is linear in the text whatever it says.
"""

import re
from collections.abc import Iterator

from curate.quality.arithmetic_tokens import SUFFIXES

WINDOW_LEFT = 240
WINDOW_RIGHT = 480

_OPS = r"+*/^×⋅·∙•∗÷−–⁄＋－＊／-"
_SIGNS = r"\d \t()\[\]{}!%$°&£€¥￥～（）０-９％！½¼¾⅓⅔√π⌊⌋⌈⌉⁰¹²³⁴-⁹\u00a0\u2009\u202f" + _OPS
_COMMANDS = (
    "d?frac|tfrac|cfrac|sqrt|times|cdot|ast|div|left|right|[bB]igg?[lrm]?|b?mod|[dt]?binom|"
    "boxed|displaystyle|circ|degree|pi|[lr]floor|[lr]ceil|choose|gcd|lcm"
)
_UNIT = r"\\(?:text|mathrm|mbox|textbf|mathbf)\s?\{[^{}\n]{0,40}\}"
_SUFFIX = "|".join(SUFFIXES)
_XIFFUS = "|".join(suffix[::-1] for suffix in SUFFIXES)
_RELATIONS = (
    r"==|<=|>=|[=＝≈≃≅≡≤≥⩽⩾≠]|(?<![<\-=])<(?![<\-])|(?<![>\-=])>(?!>)|[＜＞]"
    r"|\\(?:approx|equiv|leq?|geq?|leqslant|geqslant|lt|gt|neq?|cong|simeq|le|ge)(?![A-Za-z])"
)
RELATION = re.compile(rf"<<[^<>\n]{{0,80}}>>|(?:{_RELATIONS})&?")

RUN = re.compile(
    rf"(?:[{_SIGNS}]++|\.(?=\d)|,(?:\\[!,])?(?=\d{{3}}(?!\d))|\{{,\}}"
    rf"|\\(?:{_COMMANDS})(?![A-Za-z])|\\[,;:! %$()\[\]]"
    rf"|{_UNIT}"
    rf"|<<[^<>\n]{{0,80}}>>"
    rf"|(?:\s|\\\\|&){{0,8}}(?:{_RELATIONS})"
    rf"|(?<=[\d)%] )[xX](?= [\d$(])|(?<=\d)[xX](?=\d)"
    rf"|(?<=[\d)] )(?:mod|choose)(?= [\d(])|sqrt(?=[({{ \d])|\\?(?:gcd|lcm)\(\d+,\s?\d+\)"
    rf"|(?<=[%\d)}}] )of(?= \$?\d)"
    rf"|(?<=\d)(?:{_SUFFIX})(?![A-Za-z])"
    rf"|(?<=[\d)}}%$°] )(?:[a-z]{{2,14}}[ /]){{0,3}}[a-z]{{2,14}}"
    rf"(?= ?(?:[)+*/×÷=≈−-]|\\times|\\cdot|\\approx))"
    rf")*+"
)

_REVERSED_COMMANDS = (
    "carfd?|carft|carfc|trqs|semit|todc|tsa|vid|tfel|thgir|[lrm]?g?gi[bB]|domb?|monib[dt]?|"
    "dexob|elytsyalpsid|cric|eerged|ip|roolf[lr]|liec[lr]|esoohc|dcg|mcl"
)
BACKWARD = re.compile(
    rf"(?:\s|\\\\|&){{0,8}}(?:[{_SIGNS}]++|(?<=\d)\.|(?<=\d\d\d)(?<!\d\d\d\d)(?:[!,]\\)?,(?=\d)|\}},\{{"
    rf"|(?:{_REVERSED_COMMANDS})\\(?!\\)|[,;:! %$()\[\]]\\(?!\\)"
    rf"|\}}[^{{}}\n]{{0,40}}\{{\s?(?:txet|mrhtam|xobm|fbtxet|fbhtam)\\"
    rf"|(?<=[\d$(] )[xX](?= [\d)%])|(?<=\d)[xX](?=\d)"
    rf"|(?<=[\d(] )(?:dom|esoohc)(?= [\d)])|(?<=[({{ \d])trqs|\)\d+\s?,\d+\((?:dcg|mcl)\\?"
    rf"|(?<=[\d$] )fo(?= [\d)%}}])"
    rf"|(?:{_XIFFUS})(?=\d)"
    rf"|(?:(?<=[)+*/×÷=≈−-])|(?<=[)+*/×÷=≈−-] )|(?<=semit\\)|(?<=todc\\))"
    rf"(?:[a-z]{{2,14}}[ /]){{0,3}}[a-z]{{2,14}}(?= [\d)}}%$°])"
    rf")*+"
)
"""The same from right to left; `.` and `,` belong to a number only between digits."""

_RIGHT = r"(?=\s?[-−+(\[{\d$*<√⌊～.½¼¾⅓⅔（０-９－&£€¥]|\s?\\(?:[dtc]?frac|sqrt|[dt]?binom|[$,;:! (\[]|left|boxed|text|mathrm|mathbf|big|Big|[lr]?floor|lceil|gcd|lcm))"
_UNIT_LEFT = "|".join(rf"(?<=[\d%] [a-z]{{{n}}} =)" for n in range(2, 13))
EQUALS = re.compile(
    r"=(?:(?<=[\d)}\]!%$°²³π\n&]=)|(?<=[\d)}\]!%$°²³π\n&\s] =)|(?<=[\s*]\s=)|(?<=\^\\circ =)|(?<=\^\\circ=)|(?<=\d[ckm][mg] =)|(?<=\d[ckm][mg]=)"
    rf"|{_UNIT_LEFT}){_RIGHT}"
)
OTHERS = {
    "＝": re.compile("＝"),
    "≈": re.compile("≈"),
    "≡": re.compile("≡"),
    "≤": re.compile("≤"),
    "≥": re.compile("≥"),
    "<": re.compile(r"<(?:(?<=[\d)}$!%]<)|(?<=[\d)}$!%] <))(?==| ?[-−+(\d$\\√])"),
    ">": re.compile(r">(?:(?<=[\d)}$!%]>)|(?<=[\d)}$!%] >))(?==| ?[-−+(\d$\\√])"),
    "\\": re.compile(r"\\(?:approx|equiv|leq?|geq?|leqslant|geqslant|lt|gt|cong|simeq)(?=[ \d\\(\[{$-])"),
}


def anchors(text: str) -> list[int]:
    """Where relations stand that may join two numbers, from left to right."""
    found = [match.start() for match in EQUALS.finditer(text)]
    for sign, pattern in OTHERS.items():
        if sign in text:
            found += [match.start() for match in pattern.finditer(text)]
    found.sort()
    return found


Chain = tuple[list[tuple[int, int]], list[str], bool]
"""Spans of the sides, the relations between them, and whether the last side was cut."""


def chains(text: str) -> Iterator[Chain]:
    """All chains of a text, from left to right; they do not overlap."""
    floor = 0
    for anchor in anchors(text):
        if anchor < floor:
            continue
        sides, relations, cut = chain = _chain(text, anchor, floor)
        yield chain
        begin, end = sides[-1]
        floor = max(anchor + 1, begin if cut else end)


def _chain(text: str, anchor: int, floor: int) -> Chain:
    begin = max(floor, anchor - WINDOW_LEFT)
    window = text[begin : anchor + 1][::-1]
    left = BACKWARD.match(window, 1)
    start = anchor + 1 - (left.end() if left else 1)
    limit = min(len(text), anchor + WINDOW_RIGHT)
    run = RUN.match(text, anchor, limit)
    end = max(run.end() if run else 0, anchor + 1)
    sides, relations, at = [], [], start
    for relation in RELATION.finditer(text, anchor, end):
        sign = relation[0]
        if sign[:2] != "<<":
            sides.append((at, relation.start()))
            relations.append(sign)
            at = relation.end()
    sides.append((at, max(at, end)))
    return sides, relations, end == limit < len(text)
