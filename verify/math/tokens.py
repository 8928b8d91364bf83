"""Splits a tidied mathematical text into tokens.

Token kinds: `num`, `cmd` (a LaTeX command without its backslash), `word` (a run of letters),
`text` (the words of `\\text{…}`), `op` (anything else, one character or a two-character operator).
"""

import re
from dataclasses import dataclass

MAX_TOKENS = 4000
MAX_DIGITS = 2000
"""Longest run of digits that is read as a number; Python itself refuses past 4,300."""


class Unreadable(Exception):
    """The text is no mathematics that we read; the message says why."""


@dataclass(frozen=True, slots=True)
class Token:
    """One token; `glued` tells whether no space stood before it."""

    kind: str
    text: str
    glued: bool


_TOKEN = re.compile(
    r"""
      (?P<text>\\(?:text|textrm|textbf|textit|textnormal|textsf|texttt|mbox|hbox)\s*\{(?P<words>[^{}]*)\})
    | (?P<num>(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d++(?![\d.]*[A-Za-z]))?)
    | (?P<cmd>\\[A-Za-z]+)
    | (?P<word>[A-Za-z]+)
    | (?P<op>\\[{}|%$&\#_]|\\\\|<=|>=|!=|==|:=|\*\*|->|=>|[^\s\\])
    | (?P<space>\s+)
    """,
    re.VERBOSE,
)


_OTHER_BASE = re.compile(r"(?<![\w.])0[xXbBoO][0-9A-Fa-f]")


def tokenize(text: str) -> list[Token]:
    """Tokens of a text, in order. Linear in its length."""
    tokens: list[Token] = []
    position, glued = 0, True
    if _OTHER_BASE.search(text):
        raise Unreadable("a number in another base")
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise Unreadable(f"a stray backslash at {position}")
        position = found.end()
        if found.lastgroup == "space":
            glued = False
            continue
        tokens.append(_token(found, glued))
        glued = True
        if len(tokens) > MAX_TOKENS:
            raise Unreadable(f"longer than {MAX_TOKENS} tokens")
    return tokens


def _token(found: re.Match[str], glued: bool) -> Token:
    kind = "text" if found.group("text") else str(found.lastgroup)
    if kind == "text":
        return Token("text", found.group("words"), glued)
    if kind == "num" and len(found.group()) > MAX_DIGITS:
        raise Unreadable(f"a number of more than {MAX_DIGITS} digits")
    return Token(kind, found.group().lstrip("\\") if kind == "cmd" else found.group(), glued)
