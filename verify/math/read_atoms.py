"""Reads what can start a value: numbers, letters, words, commands and wrapped text."""

from curate.verify.math.cursor import END, Cursor, number_of
from curate.verify.math.grammar import (
    CONSTANT_COMMANDS,
    CONSTANT_WORDS,
    FUNCTIONS,
    GREEK,
    MARKS,
    OPENERS,
    PREFIX_POWER,
    PROSE,
    WORD_FUNCTIONS,
    WRAPPERS,
)
from curate.verify.math.nodes import Call, Node, Quantity, Seq, Sym, Text
from curate.verify.math.read_brackets import BracketReader
from curate.verify.math.read_functions import FunctionReader
from curate.verify.math.read_postfix import CURRENCIES
from curate.verify.math.tokens import Token, Unreadable, tokenize

LONGEST_COMMAND = 12
"""An unknown command is a symbol up to this length; longer ones are no mathematics."""
_CALLED = "fghFGHWPQR"
"""Letters that are functions directly before a bracket."""
_STARTS_ITEM = frozenset({",", ";", "and", "or", "\\\\"})
_MONEY = frozenset({"usd", "eur", "gbp", "inr", "rs", "jpy", "rmb"})
_DOTS = frozenset({"ldots", "dots", "cdots", "dotsc", "dotsb"})
_BIG = frozenset({"sum", "prod", "int", "lim", "iint", "oint"})
_RENAMED = {"varepsilon": "epsilon", "vartheta": "theta", "varphi": "phi", "varnothing": "emptyset"}
_FORMULAS = frozenset({"boxed", "fbox", "beginboxed", "variable", "bm", "boldsymbol"})
"""Wrappers whose inside is a formula even where it is all letters."""


class AtomReader(FunctionReader, BracketReader, Cursor):
    """The part of the reader that knows what a value can start with."""

    def atom(self) -> Node:
        """One number, symbol, function or bracketed part."""
        token = self.take()
        match token.kind:
            case "num":
                return number_of(token.text)
            case "word":
                return self.word(token)
            case "text":
                return self.words_in_text(token.text)
            case "cmd":
                return self.command(token.text)
        if token.text in ("(", "[", "]", "{", "\\{"):
            return self.bracketed(token.text)
        if token.text in ("|", "\\|"):
            return self.bars_around(token.text)
        if token.text in CURRENCIES:
            return Quantity(self.prefix(), token.text)
        raise Unreadable(f"nothing can start with `{token.text or 'the end'}`")

    def words_in_text(self, words: str) -> Node:
        """The inside of `\\text{…}`: a number, a letter, or words that stand alone."""
        inside = words.strip()
        if not inside:
            return self.postfix(self.atom()) if self.next is not END else Text("")
        if self.next.kind == "num" and inside.rstrip(".").lower() in _MONEY:
            return Quantity(self.expression(PREFIX_POWER), inside.rstrip(".").lower())
        if len(inside) == 1 or any(character.isdigit() for character in inside):
            return self.again(inside)
        if self.at == 1 and (self.next is END or self.next.text == "="):
            return Text(inside)
        raise Unreadable(f"words inside a formula: {inside[:40]}")

    def again(self, text: str) -> Node:
        """The tree of a text within the text; braces cannot nest in it, so neither can this."""
        inner = type(self)(tokenize(text))
        inner.depth = self.depth + 1
        node = inner.listing(())
        if inner.next is not END:
            raise Unreadable(f"cannot read on at `{inner.next.text}`")
        return node

    def word(self, token: Token) -> Node:
        """A run of letters: a constant, a function, a currency, or symbols."""
        text = token.text
        if text in CONSTANT_WORDS:
            return Sym(CONSTANT_WORDS[text])
        if text in WORD_FUNCTIONS:
            return self.function(FUNCTIONS.get(text, text))
        if text.lower() in _MONEY and self.next.kind == "num":
            return Quantity(self.expression(PREFIX_POWER), text.lower())
        if len(text) > 3 and self.at == 1 and self.next.text == "=" and not text.isupper():
            return self.greek(text) if text in GREEK else Text(text)
        if len(text) > 1:
            return self.letters(text)
        called = self.called(text) if text in _CALLED or self.defined() else None
        return Sym(text) if called is None else called

    def called(self, letter: str) -> Node | None:
        """`f(x)`, `f'(x)`, `f^{-1}(x)`, `f_1(x)`; None, and nothing taken, for a mere letter."""
        start = self.at
        marks = self.marks() if letter in "fghPu" else ""
        if self.next.text != "(" or not self.next.glued:
            self.at = start
            return None
        self.take()
        inner = self.listing((")",))
        self.expect(")")
        return Call(f"fn:{letter}{marks}", (inner,))

    def defined(self) -> bool:
        """Whether `(x, t) =` follows a letter that starts an item: `u(x, t)` is a function."""
        before = self.tokens[self.at - 2].text.strip() if self.at > 1 else ","
        following = self.ahead(8)
        if before not in _STARTS_ITEM or ")" not in following:
            return False
        close = following.index(")")
        names = following[1:close:2]
        return (
            following[0] == "("
            and following[close + 1 : close + 2] == ["="]
            and all(name.isalpha() and len(name) == 1 for name in names)
            and set(following[2:close:2]) <= {","}
        )

    def marks(self) -> str:
        """What makes another function of a function: primes, the inverse's -1, an index."""
        found = ""
        while True:
            ahead = self.ahead(5)
            if ahead[:1] == ["'"]:
                found, taken = found + "'", 1
            elif ahead == ["^", "{", "-", "1", "}"]:
                found, taken = found + "^-1", 5
            elif ahead[:4] == ["^", "{", "prime", "}"]:
                found, taken = found + "'", 4
            elif ahead[:2] == ["^", "prime"]:
                found, taken = found + "'", 2
            elif ahead[:1] == ["_"] and len(ahead) > 1 and ahead[1].isalnum():
                found, taken = f"{found}_{ahead[1]}", 2
            elif ahead[:2] == ["_", "{"] and ahead[3:4] == ["}"]:
                found, taken = f"{found}_{ahead[2]}", 4
            else:
                return found
            self.at += taken

    def letters(self, text: str) -> Node:
        """`xyz` as a product of its letters, `ABCD` too; prose is no product."""
        if text in GREEK:
            return self.greek(text)
        longest = 6 if text.isupper() else 3
        factor = self.at > 1 and self.tokens[self.at - 2].kind == "num"  # the `as` of v² = 2as
        prose = not factor and (text in PROSE or (text.istitle() and text.lower() in PROSE))
        if len(text) > longest or prose:
            raise Unreadable(f"the word {text[:40]} inside a formula")
        return Call("mul", tuple(Sym(letter) for letter in text))

    def command(self, name: str) -> Node:
        """What a LaTeX command starts."""
        if name in CONSTANT_COMMANDS:
            return Sym(CONSTANT_COMMANDS[name])
        if name in ("frac", "binom", "dbinom", "tbinom"):
            return Call("div" if name == "frac" else "binom", (self.argument(), self.argument()))
        if name == "sqrt":
            return self.root()
        if name in FUNCTIONS and not (name.lower() == "gamma" and self.next.text != "("):
            return self.function(FUNCTIONS[name])
        if name in GREEK:
            return self.greek(name)
        if name in WRAPPERS:
            return self.wrapped(name)
        if name in OPENERS:
            return self.command_bracketed(name)
        if name in ("vert", "mid", "Vert"):
            return self.bars_around(name)
        if name == "begin":
            return self.environment()
        if name in _BIG:
            return self.big_operator(name)
        if name in _DOTS:
            return Sym("dots")
        if name in ("neg", "lnot"):
            return Call("not", (self.expression(PREFIX_POWER),))
        if len(name) > LONGEST_COMMAND or name in ("end", "right", "left", "item"):
            raise Unreadable(f"the command \\{name}")
        return Sym(name)

    def greek(self, name: str) -> Node:
        """A Greek letter by its one name; the empty set as a set."""
        name = _RENAMED.get(name, name)
        return Seq("{}", ()) if name == "emptyset" else Sym(name)

    def wrapped(self, name: str) -> Node:
        """`\\mathrm{e}`, `\\boxed{5}`, `\\vec{v}`: the inside, marked where the mark matters."""
        if name in ("color", "textcolor") and self.next.text == "{":
            self.argument_text()
        if self.next.text != "{":
            inner = self.argument()
            return Sym("Reals") if name == "mathbb" and inner == Sym("R") else inner
        start = self.at
        letters = self.argument_text().strip(" ~")
        if letters in FUNCTIONS and name in ("operatorname", "mathrm", "mathop"):
            return self.function(FUNCTIONS[letters])
        if name == "mathbb":
            return Sym({"R": "Reals"}.get(letters, letters))
        if letters.isalpha() and name not in MARKS and name not in _FORMULAS:
            return self.upright(letters)
        self.at = start
        node = self.atom()
        return Sym(f"{name}({node.name})") if name in MARKS and isinstance(node, Sym) else node

    def upright(self, letters: str) -> Node:
        """Letters in `\\mathrm{…}` and its like: a symbol, a constant, a short product, words."""
        if len(letters) == 1 or letters in CONSTANT_WORDS:
            return Sym(CONSTANT_WORDS.get(letters, letters))
        if len(letters) <= 3:
            return Call("mul", tuple(Sym(letter) for letter in letters))
        return Text(letters)
