"""Reads functions with their arguments, roots, and operators with bounds."""

from fractions import Fraction

from curate.verify.math.cursor import Cursor, number_of
from curate.verify.math.grammar import (
    CONSTANT_COMMANDS,
    GREEK,
    INVERSES,
    SEPARATING_WORDS,
    TRIGONOMETRIC,
    WORD_FUNCTIONS,
)
from curate.verify.math.nodes import Call, Node, Num, Quantity, Seq, Sym, Text
from curate.verify.math.tokens import Token


class FunctionReader(Cursor):
    """The part of the reader that knows functions."""

    def root(self) -> Node:
        degree: Node = Num(Fraction(2))
        if self.next.text == "[" and self.next.kind == "op":
            self.take()
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
        if token.kind == "op" and token.text == "-":
            self.take()
            return Call("neg", (self.argument(),))
        self.deeper()
        node = self.atom()
        self.depth -= 1
        return node

    def function(self, name: str) -> Node:
        power: Node | None = None
        base: Node | None = None
        while self.next.text in ("^", "_") and self.next.kind == "op":
            if self.take().text == "^":
                power = self.exponent()
            else:
                base = self.argument()
        if name == "sqrt":
            return Call("root", (self.function_argument(), Num(Fraction(2))))
        if power == Call("neg", (Num(Fraction(1)),)) or power == Num(Fraction(-1)):
            name, power = INVERSES.get(name, name), None
        argument = self.function_argument()
        if name in TRIGONOMETRIC:
            argument = in_radians(argument)
        items = (
            argument.items
            if isinstance(argument, Seq) and argument.brackets in ("()", "{}", ",")
            else (argument,)
        )
        node: Node = Call(name, items if name in ("gcd", "lcm", "max", "min") else (argument,))
        if name == "log" and base is not None:
            node = Call("div", (Call("ln", (argument,)), Call("ln", (base,))))
        if name == "lg":
            node = Call("div", (Call("ln", (argument,)), Call("ln", (Num(Fraction(10)),))))
        return Call("pow", (node, power)) if power is not None else node

    def function_argument(self) -> Node:
        """A bracketed argument, or the juxtaposed factors up to the next sign or function."""
        if self.next.text in ("(", "[", "{", "\\{") and self.next.kind == "op":
            node = self.bracketed(self.take().text)
            return node.items[0] if isinstance(node, Seq) and len(node.items) == 1 else node
        if self.next.kind == "cmd" and self.next.text in ("lbrace", "lbrack", "lparen"):
            node = self.command_bracketed(self.take().text)
            return node.items[0] if isinstance(node, Seq) and len(node.items) == 1 else node
        self.deeper()
        factors = [self.signed_factor()]
        while self.juxtaposed():
            factors.append(self.postfix(self.atom()))
        node = factors[0] if len(factors) == 1 else Call("mul", tuple(factors))
        if (
            self.next.text == "/"
            and self.tokens[self.at + 1 : self.at + 2]
            and self.tokens[self.at + 1].kind == "num"
        ):
            self.take()
            node = Call("div", (node, self.postfix(self.atom())))
        self.depth -= 1
        return node

    def signed_factor(self) -> Node:
        if self.next.kind == "op" and self.next.text in "+-":
            negative = self.take().text == "-"
            inner = self.postfix(self.atom())
            return Call("neg", (inner,)) if negative else inner
        return self.postfix(self.atom())

    def juxtaposed(self) -> bool:
        token = self.next
        if token.kind == "num":
            return False
        if token.kind == "word":
            return (
                token.text not in WORD_FUNCTIONS
                and token.text.lower() not in SEPARATING_WORDS
                and len(token.text) <= 2
            )
        return token.kind == "cmd" and (
            token.text in GREEK or token.text in CONSTANT_COMMANDS or token.text in ("frac", "sqrt")
        )

    def big_operator(self, name: str) -> Node:
        """A sum, product, integral or limit, with its bounds, for the symbolic rung to decide."""
        below: Node = Text("")
        above: Node = Text("")
        while self.next.text in ("^", "_") and self.next.kind == "op":
            if self.take().text == "_":
                below = self.bound()
            else:
                above = self.exponent() if self.next.text not in ("{",) else self.bound()
        body = self.expression(30 if name in ("sum", "prod", "lim") else 0)
        return Call(name, (below, above, body))

    def bound(self) -> Node:
        if not self.accept("{"):
            return self.argument()
        if self.accept("}"):
            return Text("")
        node = self.listing(("}",))
        self.expect("}")
        return node


def in_radians(node: Node) -> Node:
    """The argument of a trigonometric function with its degrees turned into radians."""
    match node:
        case Call("deg", (inner,)) | Quantity(inner, "degrees" | "degree" | "deg"):
            return Call("div", (Call("mul", (inner, Sym("pi"))), Num(Fraction(180))))
        case Call(op, args) if op in ("add", "mul", "div", "neg"):
            return Call(op, tuple(in_radians(arg) for arg in args))
        case _:
            return node
