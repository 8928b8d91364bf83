"""Matrices in every rendering, and the little algebra that answers leave undone."""

from fractions import Fraction

from curate.verify.math.nodes import Call, Matrix, Node, Num, Seq

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
