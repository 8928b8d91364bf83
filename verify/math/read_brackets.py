"""Reads what stands between brackets, bars and the ends of an environment."""

from curate.verify.math.cursor import END, Cursor
from curate.verify.math.grammar import (
    MATRIX_ENVIRONMENTS,
    OPENERS,
)
from curate.verify.math.nodes import Call, Matrix, Node, Rel, Seq
from curate.verify.math.tokens import Unreadable


class BracketReader(Cursor):
    """The part of the reader that knows brackets."""

    def bracketed(self, opener: str) -> Node:
        self.deeper()
        # Inside braces a bar is the "such that" of a set, never a new absolute value.
        bars, self.bars = self.bars, int(opener == "\\{")
        french, self.french = self.french, opener == "]"
        closers = {
            "(": (")", "]"),
            "[": ("]", ")", "["),
            "]": ("[", "]"),
            "{": ("}",),
            "\\{": ("\\}",),
        }[opener]
        empty = self.next.kind == "op" and self.next.text in closers
        if empty and self.next.text != "[" and opener != "]":
            closer = self.take().text
            node: Node = Seq(_brackets(opener, closer), ())
        else:
            inner = self.listing(closers)
            if opener == "\\{" and (self.next.text in ("|", "mid", ":", "vert")):
                inner = self.set_builder(inner)
            if opener == "{" and self.next.kind == "cmd" and self.next.text in ("choose", "over"):
                op = "binom" if self.take().text == "choose" else "div"
                inner = Call(op, (inner, self.expression(0)))
            if self.next.kind != "op" or self.next.text not in closers:
                raise Unreadable(f"a `{opener}` is not closed")
            node = _enclosed(opener, self.take().text, inner)
        self.bars, self.french = bars, french
        self.depth -= 1
        return node

    def set_builder(self, item: Node) -> Node:
        self.take()
        condition = self.listing(("\\}",))
        if isinstance(item, Rel) and item.ops == ("in",):
            item = item.sides[0]
        return Call("setof", (item, condition))

    def command_bracketed(self, name: str) -> Node:
        self.deeper()
        bars, self.bars = self.bars, 0
        inner = self.listing((OPENERS[name],))
        self.expect(OPENERS[name])
        self.bars = bars
        self.depth -= 1
        op = {"lfloor": "floor", "lceil": "ceil", "lvert": "abs", "lVert": "abs",
              "ulcorner": "ceil", "llcorner": "floor"}.get(name)  # fmt: skip
        if op is not None:
            return Call(op, (inner,))
        shape = {
            "lbrace": ("\\{", "\\}"),
            "lbrack": ("[", "]"),
            "langle": ("(", ")"),
            "lparen": ("(", ")"),
        }[name]
        return _enclosed(*shape, inner)

    def bars_around(self, bar: str) -> Node:
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
        name = self.environment_name()
        if name not in MATRIX_ENVIRONMENTS:
            raise Unreadable(f"the environment {name[:20]}")
        if name in ("array", "subarray") and self.next.text == "{":
            self.argument_text()
        bars, self.bars = self.bars, 0
        self.deeper()
        rows = self.rows()
        self.depth -= 1
        self.bars = bars
        if self.environment_name() != name:
            raise Unreadable(f"the environment {name} is not closed")
        return _environment(name, rows)

    def environment_name(self) -> str:
        self.expect("{")
        parts = []
        while self.next.kind in ("word",) or self.next.text == "*":
            parts.append(self.take().text)
        self.expect("}")
        return "".join(parts)

    def rows(self) -> list[list[Node]]:
        rows: list[list[Node]] = [[]]
        while not self.accept("end"):
            if self.accept("\\\\"):
                rows.append([])
            elif self.accept("hline", "&"):
                continue
            elif self.next is END:
                raise Unreadable("an environment is not closed")
            else:
                rows[-1].append(bare(self.comma_list(("&", "\\\\", "end"))))
        return [row for row in rows if row]


def _brackets(opener: str, closer: str) -> str:
    if opener in ("{", "\\{"):
        return "{}"
    left = "(" if opener in "(]" else "["
    right = ")" if closer in ")[" and opener != "]" else "]"
    if opener == "]":  # French: ]a, b[ is open on both sides
        right = ")" if closer == "[" else "]"
    return left + right


def _enclosed(opener: str, closer: str, inner: Node) -> Node:
    items = inner.items if isinstance(inner, Seq) and inner.brackets == "," else None
    if items is None:
        if opener in ("(", "{"):
            return inner
        return (
            Seq(_brackets(opener, closer), (inner,))
            if not isinstance(inner, Call) or inner.op != "setof"
            else inner
        )
    return Seq("," if opener == "{" else _brackets(opener, closer), items)


def _environment(name: str, rows: list[list[Node]]) -> Node:
    if not rows:
        raise Unreadable("an empty environment")
    if (
        name in ("cases", "dcases", "array")
        and all(len(row) == 1 for row in rows)
        and any(isinstance(row[0], Rel) for row in rows)
    ):
        return Seq(",", tuple(row[0] for row in rows))
    if name.rstrip("*") in (
        "aligned",
        "align",
        "gathered",
        "split",
        "gather",
        "equation",
        "eqnarray",
    ):
        return bare([cell for row in rows for cell in row])
    if len({len(row) for row in rows}) != 1:
        raise Unreadable("rows of different lengths")
    matrix = Matrix(tuple(tuple(row) for row in rows))
    return Call("det", (matrix,)) if name == "vmatrix" else matrix


def bare(items: list[Node]) -> Node:
    return items[0] if len(items) == 1 else Seq(",", tuple(items))
