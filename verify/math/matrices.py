"""Matrices in every rendering, and the little algebra that answers leave undone."""

from collections.abc import Callable
from fractions import Fraction

from curate.verify.math.match import Match, all_of, different
from curate.verify.math.nodes import Call, Matrix, Node, Num, Seq, walk

Compare = Callable[[Node, Node], Match]

MAX_STEPS = 500
"""Most multiplications for one product of matrices."""


def as_matrix(node: Node) -> Matrix | None:
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


def evaluated(node: Node) -> Matrix | None:
    """A sum, difference or multiple of matrices, worked out cell by cell."""
    match node:
        case Matrix():
            return node
        case Call("add", args):
            parts = [evaluated(arg) for arg in args]
            if any(part is None for part in parts) or len({size(p) for p in parts if p}) != 1:
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
            return evaluated(inner)
        case Call("mul", (first, *rest)) if rest:
            return _product(first, Call("mul", tuple(rest)) if len(rest) > 1 else rest[0])
        case Call("div", (inner, divisor)):
            return _scaled(inner, Call("div", (Num(Fraction(1)), divisor)))
        case _:
            return None


def _product(left: Node, right: Node) -> Matrix | None:
    a, b = evaluated(left), evaluated(right)
    if a is None or b is None:
        return _scaled(right, left) if a is None else _scaled(left, right)
    if len(a.rows[0]) != len(b.rows) or len(a.rows) * len(b.rows[0]) * len(b.rows) > MAX_STEPS:
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
    matrix = evaluated(node)
    if matrix is None:
        return None
    return Matrix(tuple(tuple(Call("mul", (factor, cell)) for cell in row) for row in matrix.rows))


def cells(matrix: Matrix) -> list[Node]:
    """The cells row by row."""
    return [cell for row in matrix.rows for cell in row]


def size(matrix: Matrix | None) -> str:
    """`2x3`, for reasons."""
    return f"{len(matrix.rows)}x{len(matrix.rows[0])}" if matrix else "no matrix"


def compare_matrices(answer: Node, reference: Node, compare: Compare) -> Match:
    """Whether two trees, one of which at least holds a matrix, are equal as matrices.

    A vector, written as a matrix of one row or column, meets a tuple of its values.
    """
    a, r = evaluated(answer) or as_matrix(answer), evaluated(reference) or as_matrix(reference)
    if a is not None and r is not None:
        if (len(a.rows), len(a.rows[0])) != (len(r.rows), len(r.rows[0])):
            return different("matrix", f"{size(a)} against {size(r)}")
        pairs = zip(cells(a), cells(r), strict=True)
        return all_of([compare(x, y) for x, y in pairs], "matrix")
    left, right = _vector(a, answer), _vector(r, reference)
    if left is None or right is None:
        return different("matrix", "a matrix against something that is none")
    return compare(left, right).via("vector")


def _vector(matrix: Matrix | None, node: Node) -> Node | None:
    """A matrix of one row or column, or a tuple, as a tuple; a single cell as itself."""
    if matrix is not None:
        if 1 not in (len(matrix.rows), len(matrix.rows[0])):
            return None
        items = tuple(cells(matrix))
        return items[0] if len(items) == 1 else Seq("()", items)
    if isinstance(node, Seq):
        return Seq("()", node.items) if node.brackets in ("()", "[]") else None
    return None if any(isinstance(part, Matrix) for part in walk(node)) else node
