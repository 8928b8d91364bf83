"""What is compared by rules of its own: residue classes, piecewise values, ratios of many parts."""

from collections.abc import Callable

from curate.verify.math.cases import compare_cases
from curate.verify.math.match import Match, different
from curate.verify.math.nodes import Call, Node
from curate.verify.math.ratios import compare_ratios, ratio_parts
from curate.verify.math.residues import compare_residues


def compare_special(
    answer: Node, reference: Node, compare: Callable[[Node, Node], Match]
) -> Match | None:
    """Findings about such values; None where neither side is one."""
    match answer, reference:
        case Call("mod", (a, m)), Call("mod", (r, n)):
            return compare_residues((a, m), (r, n))
        case (Call("cases", _), Call("cases", _)):
            return compare_cases(answer, reference, compare)
        case (Call("cases", _), _) | (_, Call("cases", _)):
            return different("cases", "a piecewise value against something that is none")
    ratios = ratio_parts(answer), ratio_parts(reference)
    return compare_ratios(*ratios, compare) if max(map(len, ratios)) > 2 else None
