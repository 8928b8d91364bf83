"""Compares two trees of any shape: numbers, units, lists, tuples, sets, matrices, relations.

The reference decides what is asked for. The method names every tolerance that was used.
"""

from fractions import Fraction

from curate.verify.math.exact import TooLarge, exact
from curate.verify.math.match import Match, all_of, different
from curate.verify.math.nodes import (
    Call,
    Matrix,
    Node,
    Num,
    Quantity,
    Rel,
    Seq,
    Sym,
    Text,
    free_symbols,
    walk,
)
from curate.verify.math.real_sets import real_set, same_set
from curate.verify.math.relations import compare_relations, value_of_assignment
from curate.verify.math.scalars import compare_scalars, same_tree, with_signs
from curate.verify.math.units import PERCENT_WORDS, dimension, read_unit, worth

MAX_ITEMS = 500
"""Longest list that is matched item by item in any order."""


def compare(answer: Node, reference: Node) -> Match:
    """Whether two trees are equal as answers."""
    if same_tree(answer, reference):
        return Match(True, "identical")
    answer, reference = _unwrapped(answer), _unwrapped(reference)
    if _is_relation(answer) or _is_relation(reference):
        found = _with_relation(answer, reference)
        if found is not None:
            return found
    if _is_quantity(answer) or _is_quantity(reference):
        return _quantities(answer, reference)
    return _shapes(answer, reference)


def _unwrapped(node: Node) -> Node:
    """Without what carries no meaning: a list of one, `x ∈ S` for `S`, a chain's middle."""
    match node:
        case Seq("," | "{}", (single,)) if not isinstance(single, Seq):
            return _unwrapped(single)
        case Seq("[]" | "()" | "{}", (Matrix() as single,)):
            return single
        case Rel(("in",), (Sym() | Seq(), inside)):
            return _unwrapped(inside)
        case Rel(ops, sides) if len(ops) > 1 and set(ops) == {"="}:
            return Rel(("=",), (sides[0], sides[-1]))
        case Call("setof", (Sym(), Rel() as condition)):
            return condition
        case _:
            return node


def _is_relation(node: Node) -> bool:
    return isinstance(node, Rel)


def _with_relation(answer: Node, reference: Node) -> Match | None:
    """Findings where a side is a relation; None when the sides are compared as values."""
    if isinstance(answer, Rel) and isinstance(reference, Rel):
        return compare_relations(answer, reference, compare)
    for relation, other, swapped in ((answer, reference, False), (reference, answer, True)):
        if not isinstance(relation, Rel):
            continue
        assigned = value_of_assignment(relation)
        if assigned is not None:
            pair = (other, assigned) if swapped else (assigned, other)
            return compare(*pair).via("assignment")
        found = _as_sets(answer, reference)
        return found or different("relation", "a relation against something that is none")
    return None


# -- units ----------------------------------------------------------------------------------------


def _is_quantity(node: Node) -> bool:
    return isinstance(node, Quantity) or (isinstance(node, Call) and node.op == "percent")


def _quantities(answer: Node, reference: Node) -> Match:
    if _percent(answer) or _percent(reference):
        return _percents(answer, reference)
    (a, a_unit), (r, r_unit) = _split(answer), _split(reference)
    if a_unit is None or r_unit is None:
        unit = a_unit or r_unit or ""
        return compare(a, r).via(f"unit `{unit}` on one side only")
    known, wanted = read_unit(a_unit), read_unit(r_unit)
    if known is None or wanted is None:
        return _unknown_units(a, r, a_unit, r_unit)
    if not known or not wanted or (known == wanted):
        return compare(a, r)
    if dimension(known) != dimension(wanted):
        return different("units", f"`{a_unit}` contradicts `{r_unit}`")
    ratio = worth(known) / worth(wanted)
    if ratio == 1:
        return compare(a, r)
    return compare(Call("mul", (a, Num(ratio))), r).via(f"`{a_unit}` as `{r_unit}`")


def _unknown_units(a: Node, r: Node, a_unit: str, r_unit: str) -> Match:
    same = a_unit.rstrip("s.") == r_unit.rstrip("s.")
    return compare(a, r) if same else compare(a, r).via(f"`{a_unit}` for `{r_unit}`")


def _split(node: Node) -> tuple[Node, str | None]:
    if isinstance(node, Quantity):
        return node.value, node.unit
    if isinstance(node, Call) and node.op == "deg":
        return node.args[0], "degrees"
    return node, None


def _percent(node: Node) -> bool:
    return (isinstance(node, Call) and node.op == "percent") or (
        isinstance(node, Quantity) and node.unit in PERCENT_WORDS
    )


def _percents(answer: Node, reference: Node) -> Match:
    """28 % is 0.28; a bare 28 is taken for 28 %, a bare 0.5 is not taken for 0.5 %."""
    if _percent(answer) and _percent(reference):
        return compare(_bare(answer), _bare(reference))
    if isinstance(answer, Quantity) or isinstance(reference, Quantity):
        return different("units", "a percentage against a quantity")
    found = compare_scalars(answer, reference)
    if found.equal:
        return found.via("percent as a factor")
    a, r = _bare(answer), _bare(reference)
    try:
        size = exact(a)
    except TooLarge:
        return found
    if size is not None and abs(size) > 1:
        dropped = compare(a, r)
        if dropped.equal:
            return dropped.via("percent sign on one side only")
    return found


def _bare(node: Node) -> Node:
    if isinstance(node, Call) and node.op == "percent":
        return node.args[0]
    return node.value if isinstance(node, Quantity) else node


# -- shapes ---------------------------------------------------------------------------------------


def _shapes(answer: Node, reference: Node) -> Match:
    match answer, reference:
        case (Text(a), Text(r)):
            same = a.strip().lower() == r.strip().lower()
            return Match(same, "text", "" if same else "different words")
        case (Text(), _) | (_, Text()):
            return different("text", "words against a formula")
    answer_matrix, reference_matrix = _matrix(answer), _matrix(reference)
    if any(isinstance(part, Matrix) for part in (*walk(answer), *walk(reference))):
        found = _matrices(answer, reference, answer_matrix, reference_matrix)
        if found is not None:
            return found
    if _collection(answer) or _collection(reference):
        return _collections(answer, reference)
    return _signed(answer, reference)


def _signed(answer: Node, reference: Node) -> Match:
    """Formulas, with ± read as two values."""
    answers, references = with_signs(answer), with_signs(reference)
    if len(answers) == len(references) == 1:
        return compare_scalars(answer, reference)
    if len(answers) != len(references):
        answers, references = _distinct(answers), _distinct(references)
    return _multiset(tuple(answers), tuple(references)).via("±")


def _distinct(nodes: list[Node]) -> list[Node]:
    kept: list[Node] = []
    for node in nodes:
        if not any(compare_scalars(node, other).equal for other in kept):
            kept.append(node)
    return kept


def _matrix(node: Node) -> Matrix | None:
    """A matrix in any rendering: an environment, or a list of lists of equal lengths."""
    match node:
        case Matrix():
            return node
        case Seq("()" | "[]" | "," | "{}", items) if len(items) > 1 and all(
            isinstance(item, Seq) and item.brackets in ("()", "[]") for item in items
        ):
            rows = tuple(item.items for item in items if isinstance(item, Seq))
            return Matrix(rows) if len({len(row) for row in rows}) == 1 else None
        case _:
            return None


def _matrices(answer: Node, reference: Node, a: Matrix | None, r: Matrix | None) -> Match | None:
    """Two matrices, or a vector against a tuple; None where neither side is written as one."""
    if not isinstance(answer, Matrix) and not isinstance(reference, Matrix):
        worked = _evaluated(answer), _evaluated(reference)
        if worked[0] is None or worked[1] is None:
            return None
        return _matrices(worked[0], worked[1], worked[0], worked[1])
    if a is not None and r is not None:
        if len(a.rows) != len(r.rows) or len(a.rows[0]) != len(r.rows[0]):
            return different("matrix", f"{_size(a)} against {_size(r)}")
        cells = zip(_cells(a), _cells(r), strict=True)
        return all_of([compare(x, y) for x, y in cells], "matrix")
    matrix, other = (a, reference) if a is not None else (r, answer)
    if matrix is not None and 1 in (len(matrix.rows), len(matrix.rows[0])):
        vector = Seq("()", tuple(_cells(matrix)))
        if isinstance(other, Seq) and other.brackets in ("()", "[]"):
            same = Seq("()", other.items)
            pair = (vector, same) if a is not None else (same, vector)
            return _ordered(*pair).via("vector")
    if matrix is not None and len(_cells(matrix)) == 1:
        pair2 = (_cells(matrix)[0], other) if a is not None else (other, _cells(matrix)[0])
        return compare(*pair2)
    value = _evaluated(other)
    if value is not None and matrix is not None:
        return _matrices(value, matrix, value, matrix)
    return different("matrix", "a matrix against something that is none")


def _evaluated(node: Node) -> Matrix | None:
    """A sum, difference or multiple of matrices, worked out cell by cell."""
    match node:
        case Matrix():
            return node
        case Call("add", args):
            parts = [_evaluated(arg) for arg in args]
            if any(part is None for part in parts) or len({_size(p) for p in parts if p}) != 1:
                return None
            grids = [part.rows for part in parts if part is not None]
            return Matrix(
                tuple(
                    tuple(Call("add", tuple(cells)) for cells in zip(*rows, strict=True))
                    for rows in zip(*grids, strict=True)
                )
            )
        case Call("neg", (inner,)):
            return _scaled(inner, Num(Fraction(-1)))
        case Seq("[]" | "()" | "{}", (inner,)):
            return _evaluated(inner)
        case Call("mul", (first, *rest)) if rest:
            return _product(first, Call("mul", tuple(rest)) if len(rest) > 1 else rest[0])
        case Call("div", (inner, divisor)):
            return _scaled(inner, Call("div", (Num(Fraction(1)), divisor)))
        case _:
            return None


def _product(left: Node, right: Node) -> Matrix | None:
    a, b = _evaluated(left), _evaluated(right)
    if a is None or b is None:
        return _scaled(right, left) if a is None else _scaled(left, right)
    if len(a.rows[0]) != len(b.rows) or len(a.rows) * len(b.rows[0]) * len(b.rows) > MAX_ITEMS:
        return None
    columns = list(zip(*b.rows, strict=True))
    return Matrix(
        tuple(
            tuple(
                Call("add", tuple(Call("mul", pair) for pair in zip(row, column, strict=True)))
                for column in columns
            )
            for row in a.rows
        )
    )


def _scaled(node: Node, factor: Node) -> Matrix | None:
    matrix = _evaluated(node)
    if matrix is None:
        return None
    return Matrix(tuple(tuple(Call("mul", (factor, cell)) for cell in row) for row in matrix.rows))


def _cells(matrix: Matrix) -> list[Node]:
    return [cell for row in matrix.rows for cell in row]


def _size(matrix: Matrix | None) -> str:
    return f"{len(matrix.rows)}x{len(matrix.rows[0])}" if matrix else "no matrix"


# -- collections ----------------------------------------------------------------------------------


def _collection(node: Node) -> bool:
    return isinstance(node, Seq) or (
        isinstance(node, Call) and node.op in ("union", "intersection", "setminus", "setof")
    )


def _collections(answer: Node, reference: Node) -> Match:
    if any(_needs_sets(node) for node in (answer, reference)):
        found = _as_sets(answer, reference)
        if found is not None:
            return found
        return _unions(answer, reference)
    match answer, reference:
        case (Seq() as a, Seq() as r):
            return _sequences(a, r)
        case (Seq("[]" | "()" | "{}", (single,)), _):
            return compare(single, reference)
        case (_, Seq("[]" | "()" | "{}", (single,))):
            return compare(answer, single)
        case (_, Seq(("," | "{}"), items)) if len(with_signs(answer)) > 1:
            return _multiset(tuple(with_signs(answer)), items).via("±")
        case (Seq(("," | "{}"), items), _) if len(with_signs(reference)) > 1:
            return _multiset(items, tuple(with_signs(reference))).via("±")
        case (Seq(), _):
            return different("list", "several values against one")
        case _:
            return different("list", "one value against several")


def _needs_sets(node: Node) -> bool:
    return (
        isinstance(node, Call) and node.op in ("union", "intersection", "setminus", "setof")
    ) or (
        isinstance(node, Seq)
        and (
            node.brackets in ("(]", "[)")
            or (
                node.brackets == ","
                and bool(node.items)
                and all(_inequality(x) for x in node.items)
            )
            or (
                node.brackets in (",", "()", "[]")
                and any(x == Sym("inf") or x == Call("neg", (Sym("inf"),)) for x in node.items)
            )
        )
    )


def _inequality(node: Node) -> bool:
    return isinstance(node, Rel) and bool(set(node.ops) & {"<", "<=", ">", ">=", "!=", "in"})


def _as_sets(answer: Node, reference: Node) -> Match | None:
    """Compares as sets of real numbers, where both sides are such sets."""
    left, right = real_set(_joined(answer)), real_set(_joined(reference))
    if left is None or right is None:
        return None
    if same_set(left, right):
        return Match(True, "set of reals")
    return different("set of reals", "the sets differ")


def _joined(node: Node) -> Node:
    """A bare list of intervals is their union: `(1, 2) or (3, 4)`."""
    if (
        isinstance(node, Seq)
        and node.brackets == ","
        and node.items
        and all(_collection(item) for item in node.items)
    ):
        union: Node = node.items[0]
        for item in node.items[1:]:
            union = Call("union", (union, item))
        return union
    return node


def _unions(answer: Node, reference: Node) -> Match:
    """Unions whose ends are formulas, compared part by part in any order."""
    a, r = _union_parts(answer), _union_parts(reference)
    if len(a) == len(r) == 1:
        if isinstance(a[0], Seq) and isinstance(r[0], Seq):
            return _sequences(a[0], r[0])
        return Match(same_tree(a[0], r[0]), "set", "sets that are written differently")
    return _multiset(a, r).via("union")


def _union_parts(node: Node) -> tuple[Node, ...]:
    if isinstance(node, Call) and node.op == "union":
        return _union_parts(node.args[0]) + _union_parts(node.args[1])
    return (node,)


def _sequences(answer: Seq, reference: Seq) -> Match:
    labelled = _by_name(answer), _by_name(reference)
    if labelled[0] and labelled[1] and labelled[0].keys() == labelled[1].keys():
        names = sorted(labelled[0])
        return all_of([compare(labelled[0][n], labelled[1][n]) for n in names], "by name")
    a, r = _values(answer), _values(reference)
    bare = {answer.brackets, reference.brackets}
    if bare <= {",", "{}"}:
        return _multiset(_spread(a.items), _spread(r.items), as_set=bare == {"{}"})
    if len(a.items) == len(r.items) == 2 and "," not in bare and "{}" not in bare:
        if answer.brackets != reference.brackets:
            return different("interval", f"{answer.brackets} against {reference.brackets}")
    elif "{}" in bare and bare != {"{}"} and "," not in bare:
        return different("tuple", "a set against an ordered tuple")
    return _ordered(a, r)


def _by_name(node: Seq) -> dict[str, Node]:
    """`x = 5, p = 3` by its names, which must differ; empty for anything else."""
    named: dict[str, Node] = {}
    for item in node.items:
        value = value_of_assignment(item) if isinstance(item, Rel) else None
        name = item.sides[0] if isinstance(item, Rel) else None
        if value is None or not isinstance(name, Sym) or name.name in named:
            return {}
        named[name.name] = value
    return named


def _values(node: Seq) -> Seq:
    """Labelled items by their values: `x = 5, p = 3` is `5, 3`."""
    values = [value_of_assignment(item) if isinstance(item, Rel) else item for item in node.items]
    if any(value is None for value in values):
        return node
    spread: list[Node] = []
    for value in values:
        if value is not None:
            spread.append(value)
    return Seq(node.brackets, tuple(spread))


def _spread(items: tuple[Node, ...]) -> tuple[Node, ...]:
    """Items with ± as two items each and nested bare lists laid out."""
    found: list[Node] = []
    for item in items:
        if isinstance(item, Seq) and item.brackets == ",":
            found.extend(_spread(item.items))
        else:
            found.extend(with_signs(item))
    return tuple(found)


def _ordered(answer: Seq, reference: Seq) -> Match:
    if len(answer.items) != len(reference.items):
        return different("tuple", f"{len(answer.items)} values against {len(reference.items)}")
    pairs = zip(answer.items, reference.items, strict=True)
    return all_of([compare(a, r) for a, r in pairs], "tuple")


def _multiset(
    answers: tuple[Node, ...], references: tuple[Node, ...], *, as_set: bool = False
) -> Match:
    """Every reference value met by one answer value, in any order."""
    if as_set:
        answers, references = tuple(_unlike(answers)), tuple(_unlike(references))
    name = "set" if as_set else "list"
    if len(answers) != len(references):
        return different(name, f"{len(answers)} values against {len(references)}")
    if len(answers) > MAX_ITEMS:
        return all_of([compare(a, r) for a, r in zip(answers, references, strict=True)], name)
    left = list(answers)
    methods: list[Match] = []
    undecided = False
    for reference in references:
        for place, answer in enumerate(left):
            found = compare(answer, reference)
            undecided |= found.equal is None
            if found.equal:
                methods.append(found)
                del left[place]
                break
        else:
            return Match(None if undecided else False, name, "a value of the reference is missing")
    return all_of(methods, name)


def _unlike(nodes: tuple[Node, ...]) -> list[Node]:
    kept: list[Node] = []
    for node in nodes[:MAX_ITEMS]:
        if not any(compare(node, other).equal for other in kept):
            kept.append(node)
    return kept


def is_numeric(node: Node) -> bool:
    """Whether a tree stands for one number, without variables, words or brackets."""
    return not free_symbols(node) and not any(
        isinstance(part, Seq | Matrix | Rel | Text) for part in walk(node)
    )
