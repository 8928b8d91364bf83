"""Reads what follows a value: powers, subscripts, factorials, percent, degrees, currency."""

from curate.verify.math.cursor import MAX_NESTING, Cursor, number_of
from curate.verify.math.nodes import Call, Matrix, Node, Num, Quantity, Seq, Sym
from curate.verify.math.tokens import Unreadable

MAX_SIGNS = 4 * MAX_NESTING
"""Most tokens after one value: `5!!!…` nests as deep as brackets do."""
_BASES = {
    "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8",
    "nine": "9", "ten": "10",
}  # fmt: skip
CURRENCIES = ("\\$", "€", "£", "¥", "₹")


class PostfixReader(Cursor):
    """The part of the reader that knows what follows a value."""

    def postfix(self, node: Node) -> Node:
        """A node with all that follows it directly."""
        start = self.at
        while (found := self.one_postfix(node)) is not None:
            node = found
            if self.at - start > MAX_SIGNS:
                raise Unreadable("too many signs after one value")
        return node

    def one_postfix(self, node: Node) -> Node | None:
        """The node with the next sign, or None where none follows."""
        token = self.next
        if token.kind == "cmd" and token.text in ("degree", "degrees"):
            self.take()
            return Call("deg", (node,))
        if token.kind != "op":
            return None
        match token.text:
            case "^" | "**":
                self.take()
                return self.powered(node)
            case "_":
                self.take()
                return self.subscripted(node)
            case "!":
                self.take()
                doubled = self.next.glued and self.accept("!")
                return Call("factorial2" if doubled else "factorial", (node,))
            case "%" | "\\%":
                self.take()
                return Call("percent", (node,))
            case "'" if isinstance(node, Sym):
                self.take()
                return Sym(node.name + "'")
            case sign if sign in CURRENCIES and self.kind_after() != "num":
                self.take()
                return Quantity(node, sign)
            case _:
                return None

    def powered(self, base: Node) -> Node:
        """A base with what stands after `^`: degrees, a prime, a side, or a power."""
        if self.degrees():
            scale = self.scale()
            return Call("deg", (base,)) if scale is None else Quantity(base, f"°{scale}")
        if self.accept("prime"):
            return Sym(base.name + "'") if isinstance(base, Sym) else base
        side = self.half_line() if base == Sym("Reals") else self.side()
        if side is not None:
            return Call(side, (base,))
        exponent = self.exponent()
        if isinstance(base, Sym) and base.name not in ("e", "i", "pi") and self.accept("_"):
            base = self.subscripted(base)
        transposed = exponent in (Sym("T"), Sym("top"))
        return Call("transpose", (base,)) if transposed else Call("pow", (base, exponent))

    def scale(self) -> str | None:
        """The scale of `25^\\circ C`, `25^\\circ\\text{C}`, `25^\\circ\\mathrm{C}`."""
        ahead = self.ahead(5)
        plain = ahead[:1] and ahead[0].strip(" ~").lower() in ("c", "f", "celsius", "fahrenheit")
        if plain and (len(ahead) == 1 or self.next.glued):
            return self.take().text.strip(" ~").lower()[0]
        if ahead[:2] == ["mathrm", "{"] and ahead[3:4] == ["}"] and ahead[2] in ("C", "F"):
            self.at += 4
            return ahead[2].lower()
        return None

    def degrees(self) -> bool:
        """Moves past the `\\circ` of `90^\\circ` and `90^{\\circ}`."""
        if self.accept("circ", "degree"):
            return True
        if self.ahead(3) in (["{", "circ", "}"], ["{", "degree", "}"]):
            self.at += 3
            return True
        return False

    def half_line(self) -> str | None:
        """The sign of `\\mathbb{R}^+`, braced or not."""
        if self.next.text in ("+", "-") and self.kind_after() != "num":
            return "from above" if self.take().text == "+" else "from below"
        return self.side()

    def side(self) -> str | None:
        """The `+` or `-` of a one-sided limit's `3^+` and `3^{+}`."""
        ahead = self.ahead(3)
        for sign, name in (("+", "from above"), ("-", "from below")):
            if ahead[:2] == [sign, "}"]:
                self.at += 1
                return name
            if ahead == ["{", sign, "}"]:
                self.at += 3
                return name
        return None

    def exponent(self) -> Node:
        """What stands after `^`, with its own signs and powers: `x^-2`, `2^3^4`."""
        if self.next.kind == "op" and self.next.text in "+-":
            negative = self.take().text == "-"
            self.deeper()
            inner = self.exponent()
            self.depth -= 1
            return Call("neg", (inner,)) if negative else inner
        node = self.atom()
        while self.next.kind == "op" and self.next.text in ("^", "!"):
            if self.take().text == "!":
                node = Call("factorial", (node,))
                continue
            self.deeper()
            node = Call("pow", (node, self.exponent()))
            self.depth -= 1
        return node

    def subscripted(self, node: Node) -> Node:
        """`x_1` as a symbol of its own; digits with a subscript as a number in that base."""
        index = self.argument_text().strip()
        index = index[1:-1] if index[:1] == "(" and index[-1:] == ")" else index
        index = _BASES.get(index, index) if isinstance(node, Num) else index
        if isinstance(node, Sym):
            return Sym(f"{node.name}_{index}")
        if isinstance(node, Num) and index.isdigit():
            return Call("base", (node, number_of(index)))
        if isinstance(node, Call) and node.op == "mul" and isinstance(node.args[-1], Sym):
            return Call("mul", (*node.args[:-1], Sym(f"{node.args[-1].name}_{index}")))
        if isinstance(node, Matrix):
            return node
        if isinstance(node, Seq):
            return Call("base", (node, number_of(index) if index.isdigit() else Sym(index)))
        raise Unreadable("a subscript on something that has none")
