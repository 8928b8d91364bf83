"""Reads functions with their arguments, roots, and operators with bounds."""

from curate.verify.math.cursor import number_of
from curate.verify.math.grammar import (
    CONSTANT_COMMANDS,
    GREEK,
    INVERSES,
    TRIGONOMETRIC,
    WORD_FUNCTIONS,
)
from curate.verify.math.nodes import Call, Node, Quantity, Seq, Sym, Text, whole
from curate.verify.math.read_brackets import BracketReader
from curate.verify.math.tokens import Token

_DIFFERENTIALS = frozenset(f"d{letter}" for letter in "xyztuvwrs")


class FunctionReader(BracketReader):
    """The part of the reader that knows functions."""

    def root(self) -> Node:
        """The argument of `\\sqrt`; `\\sqrt12` is taken for the root of twelve."""
        degree: Node = whole(2)
        if self.accept("["):
            degree = self.expression(0)
            self.expect("]")
        if self.next.kind == "num":
            return Call("root", (number_of(self.take().text), degree))
        return Call("root", (self.argument(), degree))

    def argument(self) -> Node:
        """One TeX argument: a braced group, or a single digit, letter or command."""
        token = self.next
        if token.kind == "num" and len(token.text) > 1:
            head, tail = token.text[0], token.text[1:]
            self.tokens[self.at] = Token("num" if tail[0].isdigit() else "op", tail, True)
            return number_of(head)
        if token.kind == "word" and len(token.text) > 1:
            self.tokens[self.at] = Token("word", token.text[1:], True)
            return Sym(token.text[0])
        self.deeper()
        node = Call("neg", (self.argument(),)) if self.accept("-") else self.atom()
        self.depth -= 1
        return node

    def function(self, name: str) -> Node:
        """A function with its power, base and argument: `\\sin^2 x`, `\\log_2 8`, `f^{-1}`."""
        power: Node | None = None
        base: Node | None = None
        while self.next.kind == "op" and self.next.text in ("^", "_"):
            if self.take().text == "^":
                power = self.exponent()
            else:
                base = self.argument()
        if power == Call("neg", (whole(1),)):
            name, power = INVERSES.get(name, name), None
        node = applied(name, self.function_argument(), base)
        return node if power is None else Call("pow", (node, power))

    def function_argument(self) -> Node:
        """A bracketed argument, or the juxtaposed factors up to the next sign or function."""
        if self.next.kind == "op" and self.next.text in ("(", "[", "{", "\\{"):
            return _single(self.bracketed(self.take().text))
        if self.next.text in ("lbrace", "lbrack", "lparen"):
            return _single(self.command_bracketed(self.take().text))
        self.deeper()
        factors = [self.signed_factor()]
        while self.juxtaposed():
            factors.append(self.postfix(self.atom()))
        node = factors[0] if len(factors) == 1 else Call("mul", tuple(factors))
        if self.next.text == "/" and self.kind_after() == "num":  # \\cos \\pi/7
            self.take()
            node = Call("div", (node, self.postfix(self.atom())))
        self.depth -= 1
        return node

    def signed_factor(self) -> Node:
        """The first factor of an argument without brackets, with its sign."""
        negative = self.accept("-")
        inner = self.postfix(self.atom())
        return Call("neg", (inner,)) if negative else inner

    def juxtaposed(self) -> bool:
        """Whether the argument goes on: `\\sin 2x` but not `\\sin x \\cos y`."""
        token = self.next
        if token.kind == "word":
            if self.bars == 0 and self.differential():
                return False
            short = len(token.text) <= 2 and token.text not in WORD_FUNCTIONS
            return short and not self.joining_word()
        return token.kind == "cmd" and (
            token.text in GREEK or token.text in CONSTANT_COMMANDS or token.text in ("frac", "sqrt")
        )

    def differential(self) -> bool:
        """Whether the `dx` or `d\\theta` of an integral is at hand."""
        word, *rest = self.ahead(2)
        return word in _DIFFERENTIALS or (word == "d" and bool(rest) and rest[0] in GREEK)

    def big_operator(self, name: str) -> Node:
        """A sum, product, integral or limit, with its bounds, for the symbolic rung to decide."""
        below: Node = Text("")
        above: Node = Text("")
        while self.next.text in ("^", "_") and self.next.kind == "op":
            if self.take().text == "_":
                below = self.bound()
            else:
                above = self.bound()
        body = self.expression(30 if name in ("sum", "prod", "lim") else 0)
        return Call(name, (below, above, body))

    def bound(self) -> Node:
        """A bound of an operator: `_{k=1}`, `^n`, or an empty `_{ }`."""
        if not self.accept("{"):
            return self.argument()
        if self.accept("}"):
            return Text("")
        node = self.listing(("}",))
        self.expect("}")
        return node


def applied(name: str, argument: Node, base: Node | None) -> Node:
    """A function of its argument; roots and logarithms by what they mean."""
    if name == "sqrt":
        return Call("root", (argument, whole(2)))
    if name == "lg":
        base = whole(10)
    if name in ("log", "lg") and base is not None:
        return Call("div", (Call("ln", (argument,)), Call("ln", (base,))))
    if name in TRIGONOMETRIC:
        argument = in_radians(argument)
    if name in ("gcd", "lcm", "max", "min") and isinstance(argument, Seq):
        return Call(name, argument.items)
    return Call(name, (argument,))


def _single(node: Node) -> Node:
    return node.items[0] if isinstance(node, Seq) and len(node.items) == 1 else node


def in_radians(node: Node) -> Node:
    """The argument of a trigonometric function with its degrees turned into radians."""
    match node:
        case Call("deg", (inner,)) | Quantity(inner, "degrees" | "degree" | "deg"):
            return Call("div", (Call("mul", (inner, Sym("pi"))), whole(180)))
        case Call(op, args) if op in ("add", "mul", "div", "neg"):
            return Call(op, tuple(in_radians(arg) for arg in args))
        case _:
            return node
