"""The child process of `symbolic.py`: reads pairs of trees, answers with what sympy finds."""

import pickle
import sys
from fractions import Fraction
from typing import Any

from curate.verify.math.match import Match, different
from curate.verify.math.nodes import Call, Node, Num, Quantity, Rel, Seq, Sym

Expression = Any
"""A sympy expression (sympy has no types that help here)."""


class NoForm(Exception):
    """The tree has no counterpart in sympy."""


def main() -> None:
    """Answers pairs until the pipe closes."""
    limit_memory(int(sys.argv[1]))
    out, source = sys.stdout.buffer, sys.stdin.buffer
    pickle.dump("ready", out)
    out.flush()
    while True:
        try:
            answer, reference = pickle.load(source)
        except EOFError:
            return
        pickle.dump(_safely(answer, reference), out)
        out.flush()


def limit_memory(size: int) -> None:
    """Caps the address space, and dies with the parent (Linux)."""
    import ctypes
    import resource
    import signal

    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _safely(answer: Node, reference: Node) -> Match:
    try:
        return compare(answer, reference)
    except NoForm as failure:
        return different("symbolic", f"cannot be decided: {failure}")
    except MemoryError:
        return Match(None, "symbolic", "out of memory")
    except Exception as failure:  # noqa: BLE001  the boundary to sympy, which raises anything
        return Match(None, "symbolic", f"{type(failure).__name__}: {str(failure)[:100]}")


def compare(answer: Node, reference: Node) -> Match:
    """Whether the difference of two formulas simplifies to zero, or has the value zero."""
    import sympy

    left, right = form(answer).doit(), form(reference).doit()
    gap = left - right
    if gap == 0 or sympy.simplify(gap) == 0:
        return Match(True, "symbolic")
    if gap.equals(0):
        return Match(True, "symbolic")
    return different("symbolic", "the difference is not zero")


def form(node: Node) -> Expression:
    """The sympy expression of a tree."""
    import sympy

    match node:
        case Num(value, _):
            return sympy.Rational(value.numerator, value.denominator)
        case Sym("pi"):
            return sympy.pi
        case Sym("e"):
            return sympy.E
        case Sym("i"):
            return sympy.I
        case Sym("inf"):
            return sympy.oo
        case Sym(name):
            return sympy.Symbol(name)
        case Quantity(value, _) | Seq("[]" | "()" | "{}", (value,)):
            return form(value)
        case Call("sum" | "prod" | "int" | "lim", _):
            return _bounded(node)
        case Call("div", (Call("mul", _) | Sym() as above, Call("mul", _) as below)) if (
            _differential(above) is not None and _differential(below) is not None
        ):
            raise NoForm("a derivative without its function")
        case Call(op, args):
            return _operation(op, [form(arg) for arg in args])
        case _:
            raise NoForm(f"a {type(node).__name__.lower()}")


def _operation(op: str, args: list[Expression]) -> Expression:
    import sympy

    simple = {
        "add": sympy.Add, "mixed": sympy.Add, "mul": sympy.Mul, "pow": sympy.Pow,
        "neg": lambda a: -a, "div": lambda a, b: a / b, "deg": lambda a: a,
        "percent": lambda a: a / 100,
        "root": lambda a, n: a ** (1 / n), "ratio": lambda a, b: a / b,
        "factorial": sympy.factorial, "binom": sympy.binomial, "abs": sympy.Abs,
        "floor": sympy.floor, "ceil": sympy.ceiling, "mod": sympy.Mod, "max": sympy.Max,
        "min": sympy.Min, "gcd": sympy.gcd, "lcm": sympy.lcm, "ln": sympy.log, "log": sympy.log,
        "exp": sympy.exp, "gamma": sympy.gamma, "arg": sympy.arg, "Re": sympy.re, "Im": sympy.im,
        "sgn": sympy.sign, "sign": sympy.sign, "factorial2": sympy.factorial2,
    }  # fmt: skip
    if op in ("gcd", "lcm") and len(args) != 2:
        args = [args[0], args[-1]] if len(args) < 3 else args[:2]
    if op in simple:
        return simple[op](*args)
    if op.startswith("fn:"):
        return sympy.Function(op[3:])(*args)
    name = op.replace("arc", "a")
    if op in _TRANSCENDENTAL:
        return getattr(sympy, name)(*args)
    raise NoForm(op)


_TRANSCENDENTAL = frozenset(
    "sin cos tan cot sec csc arcsin arccos arctan arccot arcsec arccsc sinh cosh tanh coth sech "
    "csch arcsinh arccosh arctanh".split()
)


def _bounded(node: Call) -> Expression:
    import sympy

    below, above, body = node.args
    if node.op in ("sum", "prod"):
        if not (isinstance(below, Rel) and isinstance(below.sides[0], Sym)):
            raise NoForm("a sum without an index")
        bounds = (sympy.Symbol(below.sides[0].name), form(below.sides[1]), form(above))
        return (sympy.Sum if node.op == "sum" else sympy.Product)(form(body), bounds)
    if node.op == "lim":
        return _limit(below, body)
    integrand, variable = integral_parts(body)
    symbol = sympy.Symbol(variable)
    if isinstance(below, (Num, Sym, Call)) and isinstance(above, (Num, Sym, Call)):
        return sympy.Integral(form(integrand), (symbol, form(below), form(above)))
    return sympy.Integral(form(integrand), symbol)


def _limit(below: Node, body: Node) -> Expression:
    import sympy

    if not (
        isinstance(below, Rel) and below.ops[0] in ("to", "=>") and isinstance(below.sides[0], Sym)
    ):
        raise NoForm("a limit without a variable")
    end, side = below.sides[1], "+-"
    if isinstance(end, Call) and end.op in ("from above", "from below"):
        side = "+" if end.op == "from above" else "-"
        end = end.args[0]
    return sympy.Limit(form(body), sympy.Symbol(below.sides[0].name), form(end), side)


def _differential(node: Node) -> str | None:
    """The `x` of a product that ends in `dx`."""
    match node:
        case Call("mul", (*_, Sym("d"), Sym(name))):
            return name
        case Call("mul", (*_, Call("mul", (Sym("d"), Sym(name))))):
            return name
        case _:
            return None


def integral_parts(body: Node) -> tuple[Node, str]:
    """Integrand and variable of `x^2 dx`, `x^2 + 1 dx` and `\\frac{3 d\\theta}{\\theta}`."""
    match body:
        case Call("div", (above, below)):
            integrand, name = integral_parts(above)
            return Call("div", (integrand, below)), name
        case Call("add", (*terms, last)) if _differential(last) is not None:
            integrand, name = integral_parts(last)
            return Call("add", (*terms, integrand)), name
        case Call("mul", args):
            variable = _differential(body)
            if variable is not None:
                keep = args[:-1] if isinstance(args[-1], Call) else args[:-2]
                return (Call("mul", keep) if keep else Num(Fraction(1))), variable
    raise NoForm("an integral without its variable")


if __name__ == "__main__":
    main()
