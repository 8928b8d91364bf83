"""Compares two trees of any shape: numbers, units, lists, tuples, sets, matrices, relations.

The reference decides what is asked for. The method names every tolerance that was used.
"""

from curate.verify.math.families import compare_families, family
from curate.verify.math.labels import by_name, spread_chain, values_of
from curate.verify.math.match import Match, all_of, different
from curate.verify.math.matrices import compare_matrices, evaluated
from curate.verify.math.nodes import (
    Call,
    Matrix,
    Node,
    Num,
    Rel,
    Seq,
    Sym,
    Text,
)
from curate.verify.math.quantities import compare_quantities, is_quantity
from curate.verify.math.relations import compare_relations, value_named
from curate.verify.math.residues import residue_list
from curate.verify.math.scalars import compare_scalars
from curate.verify.math.set_shapes import as_interval, as_sets, collection, needs_sets, union_parts
from curate.verify.math.special import compare_special
from curate.verify.math.trees import same_tree, with_signs

MAX_ITEMS = 500
"""Longest list that is matched item by item in any order."""


def compare(answer: Node, reference: Node) -> Match:
    """Whether two trees are equal as answers."""
    if same_tree(answer, reference):
        return Match(True, "identical")
    if isinstance(answer, Num) and isinstance(reference, Num):
        return compare_scalars(answer, reference)
    given, wanted = family(answer), family(reference)
    if given and wanted and (given.declared or wanted.declared):
        return compare_families(given, wanted)
    if isinstance(answer, Seq) or isinstance(reference, Seq):
        answer, reference = spread_chain(answer), spread_chain(reference)
    answer, reference = _unwrapped(answer), _unwrapped(reference)
    if isinstance(answer, Rel) or isinstance(reference, Rel):
        found = _with_relation(answer, reference)
        if found is not None:
            return found
    special = compare_special(answer, reference, compare)
    if special is not None:
        return special
    if is_quantity(answer) or is_quantity(reference):
        return compare_quantities(answer, reference, compare)
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
        case Call("transpose", (Seq("()" | "[]", items),)) if items:
            return Matrix(tuple((item,) for item in items))
        case Rel(("equiv",), (Sym(), Call("mod", _) as residue)):
            return residue
        case Seq(",", (*_, Call("mod", (_, modulus)))):
            return residue_list(node, modulus)
        case _:
            return node


def _with_relation(answer: Node, reference: Node) -> Match | None:
    """Findings where a side is a relation; None when the sides are compared as values."""
    if isinstance(answer, Rel) and isinstance(reference, Rel):
        return compare_relations(answer, reference, compare)
    for relation, other, swapped in ((answer, reference, False), (reference, answer, True)):
        if not isinstance(relation, Rel):
            continue
        assigned = value_named(relation)
        if assigned is not None:
            pair = (other, assigned) if swapped else (assigned, other)
            return compare(*pair).via("assignment")
        found = as_sets(answer, reference)
        if found is None and isinstance(other, Seq) and (shape := as_interval(relation)):
            found = compare(other, shape) if swapped else compare(shape, other)
        return found or different("relation", "a relation against something that is none")
    return None


# -- shapes ---------------------------------------------------------------------------------------


def _shapes(answer: Node, reference: Node) -> Match:
    match answer, reference:
        case (Text(a), Text(r)):
            same = a.strip().lower() == r.strip().lower()
            return Match(same, "text", "" if same else "different words")
        case (Text(), _) | (_, Text()):
            return different("text", "words against a formula")
    if evaluated(answer) is not None or evaluated(reference) is not None:
        return compare_matrices(answer, reference, compare)
    if collection(answer) or collection(reference):
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


# -- collections ----------------------------------------------------------------------------------


def _collections(answer: Node, reference: Node) -> Match:
    if any(needs_sets(node) for node in (answer, reference)):
        found = as_sets(answer, reference)
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
        case (Seq(",", items, True), _) if _said_twice(items):
            return all_of([compare(item, reference) for item in items], "said twice")
        case (_, Seq(",", items, True)) if _said_twice(items):
            return all_of([compare(answer, item) for item in items], "said twice")
        case (Seq(), _):
            return different("list", "several values against one")
        case _:
            return different("list", "one value against several")


def _said_twice(items: tuple[Node, ...]) -> bool:
    """Whether `1/2 or 0.5` only writes one value in two ways."""
    plain = not any(collection(item) or isinstance(item, Rel) for item in items)
    return plain and len(items) == 2 and not same_tree(*items) and bool(compare(*items).equal)


def _unions(answer: Node, reference: Node) -> Match:
    """Unions whose ends are formulas, compared part by part in any order."""
    a, r = union_parts(answer), union_parts(reference)
    if len(a) == len(r) == 1:
        if isinstance(a[0], Seq) and isinstance(r[0], Seq):
            return _sequences(a[0], r[0])
        return Match(same_tree(a[0], r[0]), "set", "sets that are written differently")
    return _multiset(a, r).via("union")


def _sequences(answer: Seq, reference: Seq) -> Match:
    labelled = by_name(answer), by_name(reference)
    if labelled[0] and labelled[1] and labelled[0].keys() == labelled[1].keys():
        names = sorted(labelled[0])
        return all_of([compare(labelled[0][n], labelled[1][n]) for n in names], "by name")
    for named, bare_side in ((labelled[0], reference), (labelled[1], answer)):
        if len(named) > 1 and bare_side.brackets == "()" and set(named) <= set("xyz"):
            point = Seq("()", tuple(named[name] for name in sorted(named)))
            pair = (point, reference) if bare_side is reference else (answer, point)
            return _ordered(*pair).via("by name")
    a, r = values_of(answer), values_of(reference)
    bare = {answer.brackets, reference.brackets}
    if bare <= {",", "{}"}:
        return _multiset(_spread(a.items), _spread(r.items), as_set=bare == {"{}"})
    if len(a.items) == len(r.items) == 2 and "," not in bare and "{}" not in bare:
        if answer.brackets != reference.brackets:
            return different("interval", f"{answer.brackets} against {reference.brackets}")
    elif "{}" in bare and bare != {"{}"} and "," not in bare:
        return different("tuple", "a set against an ordered tuple")
    return _ordered(a, r)


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
