"""Lists whose items carry names: `x = 5, p = 3`."""

from curate.verify.math.nodes import Node, Rel, Seq, Sym
from curate.verify.math.relations import value_of_assignment


def by_name(node: Seq) -> dict[str, Node]:
    """`x = 5, p = 3` by its names, which must differ; empty for anything else."""
    named: dict[str, Node] = {}
    for item in node.items:
        value = value_of_assignment(item) if isinstance(item, Rel) else None
        name = item.sides[0] if isinstance(item, Rel) else None
        if value is None or not isinstance(name, Sym) or name.name in named:
            return {}
        named[name.name] = value
    return named


def values_of(node: Seq) -> Seq:
    """Labelled items by their values: `x = 5, p = 3` is `5, 3`."""
    values = [value_of_assignment(item) if isinstance(item, Rel) else item for item in node.items]
    if any(value is None for value in values):
        return node
    spread: list[Node] = []
    for value in values:
        if value is not None:
            spread.append(value)
    return Seq(node.brackets, tuple(spread))


def spread_chain(node: Node) -> Node:
    """`b = c = 2` as `b = 2, c = 2`; anything else as it is."""
    match node:
        case Rel(ops, (*names, last)) if (
            len(names) > 1 and set(ops) == {"="} and all(isinstance(name, Sym) for name in names)
        ):
            return Seq(",", tuple(Rel(("=",), (name, last)) for name in names))
        case _:
            return node
