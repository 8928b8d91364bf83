"""Reads what stands between brackets, bars and the ends of an environment."""

from curate.verify.math.cursor import END, Cursor
from curate.verify.math.grammar import (
    MATRIX_ENVIRONMENTS,
    OPENERS,
)
from curate.verify.math.nodes import Call, Matrix, Node, Rel, Seq, Text
from curate.verify.math.tokens import Token, Unreadable

_CLOSERS = {
    "(": (")", "]"),
    "[": ("]", ")", "["),
    "]": ("[", "]"),
    "{": ("}",),
    "\\{": ("\\}",),
}
"""What may close a bracket; `[0, 1[` and `]0, 1[` are the French half-open and open intervals."""
_OPERATIONS = {
    "lfloor": "floor", "lceil": "ceil", "lvert": "abs", "lVert": "abs", "ulcorner": "ceil",
    "llcorner": "floor",
}  # fmt: skip
_SHAPES = {
    "lbrace": ("\\{", "\\}"),
    "lbrack": ("[", "]"),
    "langle": ("(", ")"),
    "lparen": ("(", ")"),
}
_CASES = frozenset({"cases", "dcases", "rcases"})
_CONDITION_WORDS = frozenset({"if", "for", "when", "where", "is", "are", "otherwise", "else"})
_LINES = frozenset({"aligned", "align", "gathered", "split", "gather", "equation", "eqnarray"})


class BracketReader(Cursor):
    """The part of the reader that knows brackets."""

    def bracketed(self, opener: str) -> Node:
        """What stands between an opening bracket, already taken, and the one that closes it."""
        self.deeper()
        # Inside braces a bar is the "such that" of a set, never a new absolute value.
        bars, self.bars = self.bars, int(opener == "\\{")
        french, self.french = self.french, opener == "]"
        such_that, self.such_that = self.such_that, opener == "\\{"
        closers = _CLOSERS[opener]
        if self.next.text in closers and self.next.text != "[" and opener != "]":
            node: Node = Seq(_brackets(opener, self.take().text), ())
        else:
            inner = self.inside(opener, closers)
            if self.next.kind != "op" or self.next.text not in closers:
                raise Unreadable(f"a `{opener}` is not closed")
            node = _enclosed(opener, self.take().text, inner)
        self.bars, self.french, self.such_that = bars, french, such_that
        self.depth -= 1
        return node

    def inside(self, opener: str, closers: tuple[str, ...]) -> Node:
        """The items in brackets, or a set-builder form."""
        inner = self.listing(closers)
        if opener == "\\{" and self.next.text in ("|", "mid", ":", "vert"):
            return self.set_builder(inner)
        return inner

    def set_builder(self, item: Node) -> Node:
        """`x \\in R | x > 0`, from the bar on."""
        self.take()
        self.such_that = False
        condition = self.listing(("\\}",))
        if isinstance(item, Rel) and item.ops == ("in",):
            item = item.sides[0]
        return Call("setof", (item, condition))

    def command_bracketed(self, name: str) -> Node:
        """What stands between `\\lfloor` and `\\rfloor`, and the like."""
        self.deeper()
        bars, self.bars = self.bars, 0
        inner = self.listing((OPENERS[name],))
        self.expect(OPENERS[name])
        self.bars = bars
        self.depth -= 1
        if name in _OPERATIONS:
            return Call(_OPERATIONS[name], (inner,))
        return _enclosed(*_SHAPES[name], inner)

    def bars_around(self, bar: str) -> Node:
        """An absolute value or norm, from its first bar on."""
        self.deeper()
        self.bars += 1
        inner = self.expression(0)
        if self.next.text not in (bar, "rvert", "rVert", "|", "vert"):
            raise Unreadable("an absolute value is not closed")
        self.take()
        self.bars -= 1
        self.depth -= 1
        return Call("abs", (inner,))

    def environment(self) -> Node:
        """What stands between `\\begin{…}` and `\\end{…}`: a matrix, cases, aligned lines."""
        name = self.environment_name()
        if name not in MATRIX_ENVIRONMENTS:
            raise Unreadable(f"the environment {name[:20]}")
        if name in ("array", "subarray") and self.next.text == "{":
            self.argument_text()
        bars, self.bars = self.bars, 0
        self.deeper()
        rows = self.rows(conditions=name in _CASES)
        self.depth -= 1
        self.bars = bars
        if self.environment_name() != name:
            raise Unreadable(f"the environment {name} is not closed")
        return _environment(name, rows)

    def environment_name(self) -> str:
        """The name in braces after `\\begin` or `\\end`."""
        self.expect("{")
        parts = []
        while self.next.kind == "word" or self.next.text == "*":
            parts.append(self.take().text)
        self.expect("}")
        return "".join(parts)

    def rows(self, *, conditions: bool) -> list[list[Node]]:
        """Rows of cells up to `\\end`, which is taken; conditions may stand in a second column."""
        rows: list[list[Node]] = [[]]
        while not self.accept("end"):
            if self.accept("\\\\"):
                rows.append([])
            elif self.accept("hline"):
                continue
            elif self.accept("&"):
                if conditions and rows[-1]:
                    rows[-1].append(self.condition())
            elif self.next is END:
                raise Unreadable("an environment is not closed")
            else:
                rows[-1].append(bare(self.comma_list(("&", "\\\\", "end"))))
        return [row for row in rows if row]

    def condition(self) -> Node:
        """When a line of `cases` holds: a relation, or words such as `n even` and `otherwise`."""
        start, depth = self.at, 0
        while self.next is not END and (depth or self.next.text not in ("\\\\", "end", "&")):
            depth += (self.next.text == "{") - (self.next.text == "}")
            self.take()
        cell = [token for token in self.tokens[start : self.at] if not _joins_condition(token)]
        while cell and cell[-1].text in (",", ".", ";"):
            cell.pop()
        if any(token.kind == "text" for token in cell) or not cell:
            words = " ".join(token.text for token in cell).lower().replace(",", " ").split()
            kept = " ".join(word for word in words if word not in _CONDITION_WORDS)
            return Text(kept.strip(" .") or "otherwise")
        inner = type(self)(cell)
        inner.depth = self.depth + 1
        node = inner.listing(())
        if inner.next is not END:
            raise Unreadable(f"cannot read on at `{inner.next.text}`")
        return node


def _joins_condition(token: Token) -> bool:
    """Whether a token only leads to a condition or ends it: `\\text{if }`, a comma, a stop."""
    words = token.text.strip(" ,~.").lower()
    led = token.kind in ("text", "word") and len(words) > 1 and words in _CONDITION_WORDS
    return led or (token.kind == "text" and not words)


def _brackets(opener: str, closer: str) -> str:
    """The brackets as `Seq` has them: an outward square bracket leaves its end out."""
    if opener in ("{", "\\{"):
        return "{}"
    return ("(" if opener in "(]" else "[") + (")" if closer in ")[" else "]")


def _enclosed(opener: str, closer: str, inner: Node) -> Node:
    """Items with their brackets; parentheses and TeX braces around one value only group it."""
    if isinstance(inner, Seq) and inner.brackets == ",":
        return Seq("," if opener == "{" else _brackets(opener, closer), inner.items)
    if opener in ("(", "{") or (isinstance(inner, Call) and inner.op == "setof"):
        return inner
    return Seq(_brackets(opener, closer), (inner,))


def _environment(name: str, rows: list[list[Node]]) -> Node:
    """The rows of an environment as a matrix, or as a list where they are lines or cases."""
    if not rows:
        raise Unreadable("an empty environment")
    if name in _CASES and all(len(row) == 2 for row in rows):
        return Call("cases", tuple(Seq("()", tuple(row)) for row in rows))
    column = all(len(row) == 1 for row in rows) and any(isinstance(row[0], Rel) for row in rows)
    if column and name in ("cases", "dcases", "array"):
        return Seq(",", tuple(row[0] for row in rows))
    if name.rstrip("*") in _LINES:
        return bare([cell for row in rows for cell in row])
    if len({len(row) for row in rows}) != 1:
        raise Unreadable("rows of different lengths")
    matrix = Matrix(tuple(tuple(row) for row in rows))
    return Call("det", (matrix,)) if name == "vmatrix" else matrix


def bare(items: list[Node]) -> Node:
    """A single item as itself, several as a bare list."""
    return items[0] if len(items) == 1 else Seq(",", tuple(items))
