"""Matrices in every rendering, and the little algebra that answers leave undone."""

from collections.abc import Callable

from curate.verify.math.match import Match, all_of, different
from curate.verify.math.nodes import Call, Matrix, Node, Seq, walk, whole

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
    """A matrix, or a sum, difference, product or multiple of matrices worked out cell by cell."""
    match node:
        case Matrix():
            return node
        case Call("add", args):
            return _sum([evaluated(arg) for arg in args])
        case Call("neg", (inner,)):
            return _scaled(evaluated(inner), whole(-1))
        case Call("div", (inner, divisor)):
            return _scaled(evaluated(inner), Call("div", (whole(1), divisor)))
        case Call("mul", args):
            return _product(args)
        case Seq("[]" | "()" | "{}", (inner,)):
            return evaluated(inner)
        case _:
            return None


def _sum(parts: list[Matrix | None]) -> Matrix | None:
    grids = [part.rows for part in parts if part is not None]
    if len(grids) != len(parts) or len({size(part) for part in parts}) != 1:
        return None
    return Matrix(
        tuple(
            tuple(Call("add", column) for column in zip(*rows, strict=True))
            for rows in zip(*grids, strict=True)
        )
    )


def _product(factors: tuple[Node, ...]) -> Matrix | None:
    """The product of all factors, those that are no matrices as multiples."""
    found: Matrix | None = None
    multiples: list[Node] = []
    for factor in factors:
        matrix = evaluated(factor)
        if matrix is None:
            multiples.append(factor)
            continue
        found = matrix if found is None else _times(found, matrix)
        if found is None:
            return None
    return _scaled(found, Call("mul", tuple(multiples))) if multiples else found


def _times(a: Matrix, b: Matrix) -> Matrix | None:
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


def _scaled(matrix: Matrix | None, factor: Node) -> Matrix | None:
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
