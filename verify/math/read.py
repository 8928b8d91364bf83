"""Reads a tidied mathematical text into a tree.

A Pratt parser over the tokens of `tokens.py`: a table of binding powers (`grammar.py`), no
backtracking, so the time is linear in the length. What it cannot read it refuses
(`Unreadable`); it never takes a readable prefix for the whole, since a prefix is another answer.
"""

from fractions import Fraction

from curate.verify.math.grammar import (
    CONSTANT_COMMANDS,
    CONSTANT_WORDS,
    FUNCTIONS,
    GREEK,
    IMPLICIT_POWER,
    INFIX,
    INVERSES,
    MARKS,
    MATRIX_ENVIRONMENTS,
    NOT_UNITS,
    OPENERS,
    PREFIX_POWER,
    PROSE,
    RELATIONS,
    SEPARATING_WORDS,
    TRIGONOMETRIC,
    WORD_FUNCTIONS,
    WRAPPERS,
)
from curate.verify.math.nodes import Call, Matrix, Node, Num, Quantity, Rel, Seq, Sym, Text, walk
from curate.verify.math.tokens import Token, Unreadable, tokenize
from curate.verify.math.units import MULTIPLIERS, PERCENT_WORDS, UNITS, read_unit

MAX_NESTING = 60
"""Deepest nesting of brackets and arguments; real answers stay under 10."""

END = Token("end", "", False)


def read(text: str) -> Node:
    """The tree of a tidied text.

    Raises:
        Unreadable: the text, as a whole, is no mathematics that we read.
    """
    return _Reader(tokenize(text)).everything()


class _Reader:
    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self.depth = 0
        self.bars = 0  # how many absolute-value bars are open
        self.french = False  # inside ]a, b[, where [ closes

    # -- moving ---------------------------------------------------------------------------------

    @property
    def next(self) -> Token:
        return self.tokens[self.at] if self.at < len(self.tokens) else END

    def take(self) -> Token:
        token = self.next
        self.at += 1
        return token

    def expect(self, text: str) -> None:
        if self.next.text != text:
            raise Unreadable(f"expected {text} and found {self.next.text or 'the end'}")
        self.at += 1

    def accept(self, *texts: str) -> bool:
        if self.next.kind in ("op", "cmd") and self.next.text in texts:
            self.at += 1
            return True
        return False

    # -- lists ----------------------------------------------------------------------------------

    def everything(self) -> Node:
        node = self.listing(closers=())
        if self.next is not END:
            raise Unreadable(f"cannot read on at `{self.next.text}`")
        return node

    def listing(self, closers: tuple[str, ...]) -> Node:
        """Items split by `;`, then by commas and the words and, or: `p=5,q=2;p=7,q=2`."""
        groups = [self.comma_list(closers)]
        while self.accept(";", "\\\\"):
            if self.next is END or self.next.text in closers:
                break
            groups.append(self.comma_list(closers))
        if len(groups) == 1:
            return _bare(groups[0])
        if any(len(group) > 1 for group in groups):
            return Seq(",", tuple(_tuple_of(group) for group in groups))
        return Seq(",", tuple(item for group in groups for item in group))

    def comma_list(self, closers: tuple[str, ...]) -> list[Node]:
        items = [self.relation()]
        while self.separator():
            if self.next is END or (self.next.text in closers and self.next.text != "["):
                break
            items.append(self.relation())
        return items

    def separator(self) -> bool:
        """Takes `,`, `and`, `, and`, `\\text{ or }`; tells whether there was one."""
        found = self.accept(",")
        token = self.next
        if token.kind in ("word", "text") and token.text.strip(" ,~").lower() in SEPARATING_WORDS:
            if token.kind == "word" and len(token.text) == 1:
                return found
            self.at += 1
            found = True
            self.accept(",")
        return found

    # -- relations ------------------------------------------------------------------------------

    def relation(self) -> Node:
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
        token = self.next
        if token.kind in ("op", "cmd") and token.text in RELATIONS:
            if token.text in ("=", "<", ">") and self.tokens[self.at + 1 : self.at + 2]:
                follower = self.tokens[self.at + 1]
                if token.text in "<>" and follower.text == "=" and follower.glued:
                    self.at += 1
                    token = Token("op", token.text + "=", token.glued)
            self.at += 1
            return RELATIONS[token.text]
        if token.kind == "cmd" and token.text == "not":
            self.at += 1
            inner = self.relation_operator()
            return {"=": "!=", "in": "notin"}.get(inner or "", f"not {inner}")
        return None

    # -- expressions ----------------------------------------------------------------------------

    def expression(self, power: int) -> Node:
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise Unreadable(f"nested deeper than {MAX_NESTING}")
        left = self.prefix()
        while True:
            token = self.next
            infix = INFIX.get(token.text) if token.kind in ("op", "cmd", "word") else None
            if token.kind == "word" and token.text not in ("choose", "mod"):
                infix = None
            if infix is not None:
                if infix[1] <= power:
                    break
                left = self.infix(left, *infix)
            elif power < IMPLICIT_POWER and self.starts_factor(left):
                left = self.implicit(left)
            else:
                break
        self.depth -= 1
        return left

    def infix(self, left: Node, op: str, power: int) -> Node:
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
        self.expect("{")
        right = self.expression(0)
        self.expect("}")
        return Call("mod", (left, right))

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
        token = self.next
        if isinstance(left, Num) and left.places is None and left.value.denominator == 1:
            mixed = self.mixed(left)
            if mixed is not None:
                return mixed
        if token.kind in ("text", "word") or (token.kind == "cmd" and token.text in WRAPPERS):
            unit = self.unit(left)
            if unit is not None:
                return unit
        if token.kind == "text" and self.separator_ahead():
            raise Unreadable("a word inside an expression")
        right = self.expression(IMPLICIT_POWER)
        if isinstance(left, Call) and left.op == "mul":
            return Call("mul", (*left.args, right))
        return Call("mul", (left, right))

    def separator_ahead(self) -> bool:
        return self.next.text.strip(" ,~").lower() in SEPARATING_WORDS

    def mixed_ahead(self) -> bool:
        """Whether `1/2` follows, as in `3 1/2`; two bare numbers side by side are no product."""
        ahead = self.tokens[self.at : self.at + 3]
        return len(ahead) == 3 and ahead[1].text == "/" and ahead[2].kind == "num"

    def mixed(self, integer: Num) -> Node | None:
        """`1\\frac{1}{2}` and `1 1/2`: an integer directly followed by a proper fraction."""
        start = self.at
        if self.next.kind == "cmd" and self.next.text == "frac":
            fraction = self.prefix()
        elif self.next.kind == "num" and [t.text for t in self.tokens[start + 1 : start + 2]] == [
            "/"
        ]:
            above = self.take().text
            self.take()
            below = self.take()
            if below.kind != "num" or not (above + below.text).isdigit():
                self.at = start
                return None
            fraction = Call("div", (_number(above), _number(below.text)))
        else:
            return None
        match fraction:
            case Call("div", (Num(above_value, None), Num(below_value, None))) if (
                0 < above_value < below_value and integer.value >= 0
                and above_value.denominator == below_value.denominator == 1
            ):  # fmt: skip
                return Call("mixed", (integer, fraction))
        self.at = start
        return None

    def unit(self, value: Node) -> Node | None:
        """A unit after a value: `\\text{ cm}^2`, `square feet`, `percent`, `million`."""
        start = self.at
        words = self.unit_words()
        if not words:
            self.at = start
            return None
        first = words.split()[0] if words.split() else ""
        if first in MULTIPLIERS:
            return self.multiplied(value, words)
        if words in PERCENT_WORDS:
            return Call("percent", (value,))
        known = read_unit(words)
        numeric = not any(isinstance(part, Sym) and len(part.name) == 1 for part in walk(value))
        if known is None and (
            not numeric
            or (
                self.next.kind not in ("end",)
                and self.next.text not in (",", ";", "\\\\", ")", "]", "}", "\\}")
            )
        ):
            self.at = start
            return None
        if known is None and (self.tokens[start].glued and self.tokens[start].kind == "word"):
            self.at = start
            return None
        if known is None and (len(words.split()) > 4 or NOT_UNITS & set(words.split())):
            self.at = start
            return None
        return Quantity(value, words) if words.strip(" .~") else value

    def multiplied(self, value: Node, words: str) -> Node:
        first, _, rest = words.partition(" ")
        product = Call("mul", (value, Num(Fraction(MULTIPLIERS[first]))))
        return Quantity(product, rest) if rest.strip() else product

    def unit_words(self) -> str:
        """Words that may be a unit, lower case, with their powers and strokes."""
        words: list[str] = []
        while True:
            token = self.next
            if token.kind == "text":
                if token.text.strip(" ,~").lower() in SEPARATING_WORDS:
                    break
                words.append(self.take().text.replace("~", " "))
            elif token.kind == "cmd" and token.text in (
                "mathrm",
                "rm",
                "mathit",
                "operatorname",
                "mathsf",
            ):
                inner = self.wrapped_words()
                if inner is None:
                    break
                words.append(inner)
            elif token.kind == "word" and self.is_unit_word(token, words):
                words.append(self.take().text)
            elif (
                token.text == "/"
                and words
                and self.tokens[self.at + 1 : self.at + 2]
                and self.tokens[self.at + 1].kind in ("word", "text", "cmd")
            ):
                self.take()
                words.append("/")
            elif token.text == "^" and words:
                self.take()
                exponent = self.argument_text()
                words[-1] += f"^{exponent}"
            elif (token.kind == "op" and token.text == "." and words) or (
                token.text == "cdot"
                and words
                and self.tokens[self.at + 1 : self.at + 2]
                and self.tokens[self.at + 1].kind in ("text",)
            ):
                self.take()
            else:
                break
        return " ".join(" ".join(words).split()).lower()

    def is_unit_word(self, token: Token, before: list[str]) -> bool:
        lower = token.text.lower()
        if (
            lower in SEPARATING_WORDS
            or token.text in WORD_FUNCTIONS
            or token.text in CONSTANT_WORDS
        ):
            return False
        if len(token.text) == 1:  # `5 m` may be a product: `readings.py` has both readings
            return bool(before)
        return len(token.text) > 2 or lower in UNITS or lower in PERCENT_WORDS or not token.glued

    def wrapped_words(self) -> str | None:
        """The words inside `\\mathrm{…}` when they are a unit of two letters or more, else None."""
        start = self.at
        self.take()
        if not self.accept("{"):
            self.at = start
            return None
        words = []
        while self.next.kind in ("word", "num") or self.next.text in (
            "/",
            "^",
            "~",
            "\\%",
            "%",
            ".",
        ):
            words.append(self.take().text)
        text = "".join(words)
        if not self.accept("}") or (read_unit(text) is None and text not in PERCENT_WORDS):
            self.at = start
            return None
        return text

    def argument_text(self) -> str:
        """The text of a braced or single-token argument; for exponents of units."""
        if not self.accept("{"):
            sign = "-" if self.accept("-") else ""
            return sign + self.take().text
        parts = []
        while self.next is not END and self.next.text != "}":
            parts.append(self.take().text)
        self.expect("}")
        return "".join(parts)

    def starts_factor(self, left: Node) -> bool:
        """Whether the next token begins another factor of a product."""
        token = self.next
        if token.kind in ("num", "word", "text"):
            if (
                token.kind == "word"
                and token.text.lower() in SEPARATING_WORDS
                and len(token.text) > 1
            ):
                return False
            if token.kind == "text" and self.separator_ahead():
                return False
            return not (token.kind == "num" and isinstance(left, Num) and not self.mixed_ahead())
        if token.kind == "cmd":
            closing = (
                set(OPENERS.values())
                | set(RELATIONS)
                | {"end", "not", "mid", "vert", "rvert", "rVert"}
            )
            if token.text in ("vert", "mid"):
                return self.bars == 0
            return token.text not in closing and token.text not in INFIX
        if token.text in ("|", "\\|"):
            return self.bars == 0
        if token.text == "[" and self.french:
            return False
        return token.text in ("(", "[", "{", "\\{", "\\$")

    # -- prefix forms ---------------------------------------------------------------------------

    def prefix(self) -> Node:
        signs = 0
        while self.next.kind == "op" and self.next.text in "+-":
            signs += self.take().text == "-"
        if self.accept("pm"):
            node: Node = Call("pm", (Num(Fraction(0)), self.expression(PREFIX_POWER)))
        elif self.accept("mp"):
            node = Call("mp", (Num(Fraction(0)), self.expression(PREFIX_POWER)))
        elif signs:
            node = self.postfix(self.atom())
        else:
            return self.postfix(self.atom())
        return Call("neg", (node,)) if signs % 2 else node

    def postfix(self, node: Node) -> Node:
        start = self.at
        while True:
            token = self.next
            if self.at - start > 4 * MAX_NESTING:
                raise Unreadable("too many signs after one number")
            if token.text in ("^", "**") and token.kind == "op":
                self.take()
                node = self.powered(node)
            elif token.text == "_" and token.kind == "op":
                self.take()
                node = self.subscripted(node)
            elif token.text == "!" and token.kind == "op":
                self.take()
                doubled = self.next.text == "!" and self.next.glued
                if doubled:
                    self.take()
                node = Call("factorial2" if doubled else "factorial", (node,))
            elif token.text in ("%", "\\%"):
                self.take()
                node = Call("percent", (node,))
            elif token.text == "'" and isinstance(node, Sym):
                self.take()
                node = Sym(node.name + "'")
            elif token.text in ("degree", "degrees") and token.kind == "cmd":
                self.take()
                node = Call("deg", (node,))
            elif (token.kind == "op" and token.text in "€£¥₹") or token.text == "\\$":
                if (
                    token.text == "\\$"
                    and self.tokens[self.at + 1 : self.at + 2]
                    and self.tokens[self.at + 1].kind == "num"
                ):
                    return node
                self.take()
                node = Quantity(node, token.text)
            else:
                return node

    def powered(self, base: Node) -> Node:
        if self.next.text in ("circ", "degree") or (
            self.next.text == "{"
            and [t.text for t in self.tokens[self.at + 1 : self.at + 3]]
            in (["circ", "}"], ["degree", "}"])
        ):
            self.at += 3 if self.next.text == "{" else 1
            if self.next.kind == "word" and self.next.text in ("C", "F") and self.next.glued:
                return Quantity(base, f"°{self.take().text.lower()}")
            return Call("deg", (base,))
        if self.next.text in ("prime",):
            self.take()
            return Sym(base.name + "'") if isinstance(base, Sym) else base
        if (side := self.side()) is not None:
            return Call(side, (base,))
        exponent = self.exponent()
        if isinstance(base, Sym) and self.next.text == "_" and base.name not in ("e", "i", "pi"):
            self.take()
            base = self.subscripted(base)
        if exponent == Sym("T") or exponent == Sym("top"):
            return Call("transpose", (base,))
        return Call("pow", (base, exponent))

    def side(self) -> str | None:
        """The `+` or `-` of a one-sided limit's `3^+` and `3^{+}`."""
        ahead = [token.text for token in self.tokens[self.at : self.at + 3]]
        for sign, name in (("+", "from above"), ("-", "from below")):
            if ahead[:2] == [sign, "}"]:
                self.at += 1
                return name
            if ahead == ["{", sign, "}"]:
                self.at += 3
                return name
        return None

    def exponent(self) -> Node:
        if self.next.kind == "op" and self.next.text in "+-":
            negative = self.take().text == "-"
            node = self.exponent()
            return Call("neg", (node,)) if negative else node
        node = self.atom()
        while self.next.text in ("^", "!") and self.next.kind == "op":
            token = self.take()
            node = (
                Call("pow", (node, self.exponent()))
                if token.text == "^"
                else Call("factorial", (node,))
            )
        return node

    def subscripted(self, node: Node) -> Node:
        index = self.argument_text() if self.next.text == "{" else self.take().text
        if isinstance(node, Sym):
            return Sym(f"{node.name}_{index.strip()}")
        if isinstance(node, Num) and node.places is None and index.strip().isdigit():
            return Call("base", (node, _number(index.strip())))
        if isinstance(node, Call) and node.op == "mul" and isinstance(node.args[-1], Sym):
            last = Sym(f"{node.args[-1].name}_{index.strip()}")
            return Call("mul", (*node.args[:-1], last))
        if isinstance(node, Seq | Matrix):
            return (
                node if isinstance(node, Matrix) else Call("base", (node, _number_or_symbol(index)))
            )
        raise Unreadable("a subscript on something that has none")

    def atom(self) -> Node:
        token = self.take()
        if token.kind == "num":
            return _number(token.text)
        if token.kind == "word":
            return self.word(token)
        if token.kind == "text":
            return self.text_atom(token.text)
        if token.kind == "cmd":
            return self.command(token.text)
        if token.text in ("(", "[", "]", "{", "\\{"):
            return self.bracketed(token.text)
        if token.text in ("|", "\\|"):
            return self.bars_around(token.text)
        if token.text in ("\\$", "€", "£", "¥", "₹"):
            sign = -1 if self.accept("-") else 1
            value = self.expression(PREFIX_POWER)
            return Quantity(value if sign > 0 else Call("neg", (value,)), token.text)
        raise Unreadable(f"nothing can start with `{token.text or 'the end'}`")

    def text_atom(self, words: str) -> Node:
        stripped = words.strip()
        if not stripped:
            return self.postfix(self.atom()) if self.next is not END else Text("")
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise Unreadable(f"nested deeper than {MAX_NESTING}")
        if len(stripped) == 1 or any(character.isdigit() for character in stripped):
            node = read(stripped)
        elif self.next is END and self.at == 1:
            node = Text(stripped)
        else:
            raise Unreadable(f"words inside a formula: {stripped[:40]}")
        self.depth -= 1
        return node

    def word(self, token: Token) -> Node:
        text = token.text
        if text in CONSTANT_WORDS:
            return Sym(CONSTANT_WORDS[text])
        if text in WORD_FUNCTIONS:
            return self.function(FUNCTIONS.get(text, text))
        if text.lower() in ("usd", "eur", "gbp") and self.next.kind == "num":
            return Quantity(self.expression(PREFIX_POWER), text.lower())
        if len(text) > 1:
            return self.letters(text)
        if text in "fghFGHWPQR" and self.next.text == "(" and self.next.glued:
            self.take()
            inner = self.listing((")",))
            self.expect(")")
            return Call(f"fn:{text}", (inner,))
        return Sym(text)

    def letters(self, text: str) -> Node:
        """A run of letters as a product of its letters; the last takes what follows."""
        if text in GREEK:
            return self.greek(text)
        if len(text) > (6 if text.isupper() else 3) or (
            text in PROSE or (text.istitle() and text.lower() in PROSE)
        ):
            raise Unreadable(f"the word {text[:40]} inside a formula")
        factors: list[Node] = [Sym(letter) for letter in text]
        return Call("mul", tuple(factors))

    def command(self, name: str) -> Node:
        if name in CONSTANT_COMMANDS:
            return Sym(CONSTANT_COMMANDS[name])
        if name == "frac" or name == "binom" or name in ("dbinom", "tbinom"):
            op = "div" if name == "frac" else "binom"
            return Call(op, (self.argument(), self.argument()))
        if name == "sqrt":
            return self.root()
        if name in ("Gamma", "gamma") and self.next.text not in ("(",):
            return Sym(name)
        if name in FUNCTIONS:
            return self.function(FUNCTIONS[name])
        if name in GREEK:
            return self.greek(name)
        if name in WRAPPERS:
            return self.wrapped(name)
        if name in (
            "lfloor",
            "lceil",
            "lvert",
            "lVert",
            "ulcorner",
            "llcorner",
            "lbrace",
            "lbrack",
            "langle",
            "lparen",
        ):
            return self.command_bracketed(name)
        if name in ("vert", "mid", "Vert"):
            return self.bars_around(name)
        if name == "begin":
            return self.environment()
        if name in ("sum", "prod", "int", "lim", "iint", "oint"):
            return self.big_operator(name)
        if name in ("ldots", "dots", "cdots", "dotsc", "dotsb"):
            return Sym("dots")
        if name in ("neg", "lnot"):
            return Call("not", (self.expression(PREFIX_POWER),))
        if len(name) > 12 or name in ("end", "right", "left", "item"):
            raise Unreadable(f"the command \\{name}")
        return Sym(name)

    def greek(self, name: str) -> Node:
        names = {
            "varepsilon": "epsilon",
            "vartheta": "theta",
            "varphi": "phi",
            "varnothing": "emptyset",
        }
        if names.get(name, name) == "emptyset":
            return Seq("{}", ())
        return Sym(names.get(name, name))

    def root(self) -> Node:
        degree: Node = Num(Fraction(2))
        if self.next.text == "[" and self.next.kind == "op":
            self.take()
            degree = self.expression(0)
            self.expect("]")
        if self.next.kind == "num":
            return Call("root", (_number(self.take().text), degree))
        return Call("root", (self.argument(), degree))

    def argument(self) -> Node:
        """One TeX argument: a braced group, or a single digit, letter or command."""
        token = self.next
        if token.kind == "num" and len(token.text) > 1:
            head, tail = token.text[0], token.text[1:]
            self.tokens[self.at] = Token("num" if tail[0].isdigit() else "op", tail, True)
            return _number(head)
        if token.kind == "word" and len(token.text) > 1:
            self.tokens[self.at] = Token("word", token.text[1:], True)
            return Sym(token.text[0])
        if token.kind == "op" and token.text == "-":
            self.take()
            return Call("neg", (self.argument(),))
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise Unreadable(f"nested deeper than {MAX_NESTING}")
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
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise Unreadable(f"nested deeper than {MAX_NESTING}")
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

    # -- brackets -------------------------------------------------------------------------------

    def bracketed(self, opener: str) -> Node:
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise Unreadable(f"nested deeper than {MAX_NESTING}")
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
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise Unreadable(f"nested deeper than {MAX_NESTING}")
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
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise Unreadable(f"nested deeper than {MAX_NESTING}")
        self.bars += 1
        inner = self.expression(0)
        if self.next.text not in (bar, "rvert", "rVert", "|", "vert"):
            raise Unreadable("an absolute value is not closed")
        self.take()
        self.bars -= 1
        self.depth -= 1
        return Call("abs", (inner,))

    def wrapped(self, name: str) -> Node:
        """`\\mathrm{e}`, `\\boxed{5}`, `\\vec{v}`: the inside, marked where the mark matters."""
        if name in ("color", "textcolor") and self.next.text == "{":
            self.argument_text()
        if self.next.text != "{":
            return self.argument() if name in WRAPPERS else Sym(name)
        start = self.at
        inside = self.argument_text()
        letters = inside.strip(" ~")
        if (
            name in ("operatorname", "mathrm", "operatornamewithlimits", "mathop")
            and letters in FUNCTIONS
        ):
            return self.function(FUNCTIONS[letters])
        if name == "mathbb" or (len(letters) == 1 and letters.isalpha() and name not in MARKS):
            return Sym({"R": "Reals"}.get(letters, letters) if name == "mathbb" else letters)
        if (
            letters.isalpha()
            and len(letters) > 1
            and name not in ("boxed", "fbox", "variable", "bm", "boldsymbol")
        ):
            constants = CONSTANT_WORDS.get(letters)
            if constants or len(letters) <= 3:
                return (
                    Sym(constants or letters)
                    if constants
                    else Call("mul", tuple(Sym(x) for x in letters))
                )
            return Text(letters)
        self.at = start
        node = self.atom()
        return Sym(f"{name}({node.name})") if name in MARKS and isinstance(node, Sym) else node

    def environment(self) -> Node:
        name = self.environment_name()
        if name not in MATRIX_ENVIRONMENTS:
            raise Unreadable(f"the environment {name[:20]}")
        if name in ("array", "subarray") and self.next.text == "{":
            self.argument_text()
        bars, self.bars = self.bars, 0
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise Unreadable(f"nested deeper than {MAX_NESTING}")
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
                rows[-1].append(_bare(self.comma_list(("&", "\\\\", "end"))))
        return [row for row in rows if row]

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


# -- small builders -------------------------------------------------------------------------------


def _number(text: str) -> Num:
    mantissa, _, exponent = text.replace("E", "e").partition("e")
    power = int(exponent or 0)
    if abs(power) > 2000:
        raise Unreadable("an exponent of ten past 2,000")
    point = mantissa.find(".")
    places = len(mantissa) - point - 1 if point >= 0 else None
    value = Fraction(mantissa) * Fraction(10) ** power
    return Num(value, max(0, places - power) if places is not None else None)


def _number_or_symbol(text: str) -> Node:
    return _number(text) if text.isdigit() else Sym(text)


def _bare(items: list[Node]) -> Node:
    return items[0] if len(items) == 1 else Seq(",", tuple(items))


def _tuple_of(items: list[Node]) -> Node:
    return items[0] if len(items) == 1 else Seq("()", tuple(items))


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
        return _bare([cell for row in rows for cell in row])
    if len({len(row) for row in rows}) != 1:
        raise Unreadable("rows of different lengths")
    matrix = Matrix(tuple(tuple(row) for row in rows))
    return Call("det", (matrix,)) if name == "vmatrix" else matrix


def in_radians(node: Node) -> Node:
    """The argument of a trigonometric function with its degrees turned into radians."""
    match node:
        case Call("deg", (inner,)) | Quantity(inner, "degrees" | "degree" | "deg"):
            return Call("div", (Call("mul", (inner, Sym("pi"))), Num(Fraction(180))))
        case Call(op, args) if op in ("add", "mul", "div", "neg"):
            return Call(op, tuple(in_radians(arg) for arg in args))
        case _:
            return node
