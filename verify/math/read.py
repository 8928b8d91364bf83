"""Reads a tidied mathematical text into a tree.

A Pratt parser over the tokens of `tokens.py`: a table of binding powers (`grammar.py`), no
backtracking, so the time is linear in the length. What it cannot read it refuses
(`Unreadable`); it never takes a readable prefix for the whole, since a prefix is another answer.
"""

from fractions import Fraction

from curate.verify.math.cursor import END
from curate.verify.math.grammar import (
    IMPLICIT_POWER,
    INFIX,
    NO_FACTORS,
    PREFIX_POWER,
    RELATIONS,
    WRAPPERS,
)
from curate.verify.math.nodes import Call, Node, Num, Rel, Seq, depth_exceeds
from curate.verify.math.read_atoms import AtomReader
from curate.verify.math.read_brackets import bare
from curate.verify.math.read_postfix import PostfixReader
from curate.verify.math.read_units import UnitReader
from curate.verify.math.tokens import Unreadable, tokenize

MAX_DEPTH = 200
"""Deepest tree that is compared; `1:1:1:…` grows one without any bracket."""


def read(text: str) -> Node:
    """The tree of a tidied text.

    Raises:
        Unreadable: the text, as a whole, is no mathematics that we read.
    """
    tokens = tokenize(text)
    node = Reader(tokens).everything()
    if len(tokens) > MAX_DEPTH and depth_exceeds(node, MAX_DEPTH):
        raise Unreadable(f"a tree deeper than {MAX_DEPTH}")
    return node


_OR = frozenset({"or", "ou", "oder"})


class Reader(UnitReader, PostfixReader, AtomReader):
    """The whole reader: lists, relations and expressions stand on its parts."""

    def everything(self) -> Node:
        """The tree of all the tokens."""
        node = self.listing(closers=())
        if self.next is not END:
            raise Unreadable(f"cannot read on at `{self.next.text}`")
        return node

    def listing(self, closers: tuple[str, ...]) -> Node:
        """Items split by `;`, then by commas and the words and, or: `p=5,q=2;p=7,q=2`."""
        self.either = False
        groups = [self.comma_list(closers)]
        while self.accept(";", "\\\\"):
            if self.next is END or self.next.text in closers:
                break
            groups.append(self.comma_list(closers))
        if len(groups) == 1:
            alternatives = self.either and len(groups[0]) > 1
            return Seq(",", tuple(groups[0]), either=True) if alternatives else bare(groups[0])
        if any(len(group) > 1 for group in groups):
            return Seq(",", tuple(_tuple_of(group) for group in groups))
        return Seq(",", tuple(item for group in groups for item in group))

    def comma_list(self, closers: tuple[str, ...]) -> list[Node]:
        """Items split by commas and the words and, or."""
        items = [self.relation()]
        either = False
        while (found := self.separator()) is not None:
            either |= found in _OR
            if self.next is END or (self.next.text in closers and self.next.text != "["):
                break
            items.append(self.relation())
        self.either = either
        return items

    def separator(self) -> str | None:
        """Takes `,`, `and`, `, and`, `\\text{ or }`; the word or comma, or None."""
        found = "," if self.accept(",") else None
        if not self.joining_word():
            return found
        word = self.take().text.strip(" ,~").lower()
        self.accept(",")
        return word

    def relation(self) -> Node:
        """A chain of sides with their relations, or a single expression."""
        sides = [self.expression(0)]
        ops: list[str] = []
        while (op := self.relation_operator()) is not None:
            ops.append(op)
            sides.append(self.expression(0))
        if "approx" in ops:  # `x = 1/3 ≈ 0.33`: what follows is a rounding of what stands before
            cut = ops.index("approx")
            ops, sides = ops[:cut], sides[: cut + 1]
        return Rel(tuple(ops), tuple(sides)) if ops else sides[0]

    def relation_operator(self) -> str | None:
        """The relation at hand, `< =` and `\\not =` included; None where there is none."""
        token = self.next
        if token.kind not in ("op", "cmd"):
            return None
        if token.text == "not":
            self.take()
            inner = self.relation_operator()
            return {"=": "!=", "in": "notin"}.get(inner or "", f"not {inner}")
        if token.text not in RELATIONS:
            return None
        self.take()
        if token.text in "<>" and self.next.glued and self.accept("="):
            return f"{token.text}="
        return RELATIONS[token.text]

    def expression(self, power: int) -> Node:
        """Everything that binds tighter than `power`, from here on."""
        self.deeper()
        left = self.prefix()
        while True:
            token = self.next
            infix = INFIX.get(token.text) if token.kind in ("op", "cmd") else None
            if token.kind == "word" and token.text in ("choose", "mod"):
                infix = INFIX[token.text]
            if infix is not None:
                if infix[1] <= power or (token.text == ":" and self.such_that):
                    break
                left = self.infix(left, *infix)
            elif power < IMPLICIT_POWER and self.starts_factor(left):
                left = self.implicit(left)
            else:
                break
        self.depth -= 1
        return left

    def infix(self, left: Node, op: str, power: int) -> Node:
        """A left side with its operator and right side; products and sums stay flat."""
        token = self.take()
        if token.text == "pmod":
            return self.modulus(left)
        if op in ("add", "sub"):
            return self.sum(left, op, power)
        right = self.expression(power)
        if op == "mul" and isinstance(left, Call) and left.op == "mul":
            return Call("mul", (*left.args, right))
        return Call(op, (left, right))

    def modulus(self, left: Node) -> Node:
        """The argument of `a \\pmod{n}`."""
        return Call("mod", (left, self.argument()))

    def sum(self, left: Node, op: str, power: int) -> Node:
        """A run of plus and minus as one flat node, so that long sums nest no deeper."""
        terms = list(left.args) if isinstance(left, Call) and left.op == "add" else [left]
        while True:
            right = self.expression(power)
            terms.append(right if op == "add" else Call("neg", (right,)))
            token = self.next
            if token.kind != "op" or token.text not in "+-":
                return Call("add", tuple(terms))
            op = "add" if self.take().text == "+" else "sub"

    def implicit(self, left: Node) -> Node:
        """Juxtaposition: a product, a mixed number, a unit or a multiplier word."""
        if isinstance(left, Num) and left.places is None and left.value.denominator == 1:
            mixed = self.mixed(left)
            if mixed is not None:
                return self.postfix(mixed)
        if self.next.kind in ("text", "word") or self.next.text in WRAPPERS:
            unit = self.unit(left)
            if unit is not None:
                return unit
        right = self.expression(IMPLICIT_POWER)
        if isinstance(left, Call) and left.op == "mul":
            return Call("mul", (*left.args, right))
        return Call("mul", (left, right))

    def starts_factor(self, left: Node) -> bool:
        """Whether the next token begins another factor of a product."""
        token = self.next
        match token.kind:
            case "num":
                return not isinstance(left, Num) or self.mixed_ahead()
            case "word" | "text":
                return not self.joining_word()
            case "cmd" if token.text in ("vert", "mid"):
                return self.bars == 0
            case "cmd":
                return token.text not in NO_FACTORS
            case "op" if token.text in ("|", "\\|"):
                return self.bars == 0
            case "op":
                return token.text in ("(", "[", "{", "\\{", "\\$") and not (
                    token.text == "[" and (self.french or self.square_closes())
                )
            case _:
                return False

    def prefix(self) -> Node:
        """An atom with the signs before and after it: `--x^2`, `\\pm 3`."""
        negative = False
        while self.next.kind == "op" and self.next.text in "+-":
            negative ^= self.take().text == "-"
        if self.next.kind == "cmd" and self.next.text in ("pm", "mp"):
            op = self.take().text
            node: Node = Call(op, (Num(Fraction(0)), self.expression(PREFIX_POWER)))
        else:
            node = self.postfix(self.atom())
        if negative and isinstance(node, Num) and node.value.denominator == 1:
            node = self.postfix(self.mixed(node) or node)  # -1\\frac{1}{2} is -(1 + 1/2)
        return Call("neg", (node,)) if negative else node


def _tuple_of(items: list[Node]) -> Node:
    return items[0] if len(items) == 1 else Seq("()", tuple(items))
