"""Compares residue classes: `8 mod 5` is `3 mod 5`, and `3 mod 7` is another class."""

from curate.verify.math.match import Match, different
from curate.verify.math.nodes import Call, Node, Rel, Seq
from curate.verify.math.scalars import compare_scalars


def compare_residues(answer: tuple[Node, Node], reference: tuple[Node, Node]) -> Match:
    """`8 mod 5` and `3 mod 5` are one residue class; another modulus is another class."""
    same_modulus = compare_scalars(answer[1], reference[1])
    if not same_modulus.equal:
        return (
            different("residue", "another modulus") if same_modulus.equal is False else same_modulus
        )
    return compare_scalars(Call("mod", answer), Call("mod", reference)).via("residue")


def residue_list(listed: Seq, modulus: Node) -> Node:
    """`n \\equiv 1, 4 \\pmod 5`: a modulus behind the last residue is that of all of them."""
    items: list[Node] = []
    for item in listed.items:
        if isinstance(item, Rel) and item.ops == ("equiv",):
            item = item.sides[1]
        if isinstance(item, Rel | Seq):
            return listed
        known = isinstance(item, Call) and item.op == "mod"
        items.append(item if known else Call("mod", (item, modulus)))
    return Seq(",", tuple(items))
