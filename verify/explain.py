"""What each rung of the ladder saw of one answer and one reference; `curate verify --explain`.

extraction  by `whole` | decimal
as written  7/2 | 3.5
spelling    7/2 | 7/2   → the same
reading     div(7, 2) | 7/2 (1 decimals)
exact value 7/2 | 7/2   → the same
comparison  identical   → equal
verdict     correct, by whole/identical
"""

from dataclasses import dataclass
from itertools import zip_longest

from curate.verify.api import DEFAULT, TIME_LIMIT_S, verify
from curate.verify.decision import Verification
from curate.verify.extract import extract
from curate.verify.ladder import canonical, climb
from curate.verify.math.exact import TooLarge, exact
from curate.verify.math.nodes import Call, Matrix, Node, Num, Quantity, Rel, Seq, Sym, Text
from curate.verify.policy import Policy
from curate.verify.readings import readings
from curate.verify.reference import Reference, read_reference

MAX_SHOWN = 200
"""Characters of a side that are shown; the rest is `…`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One rung: what it saw of the answer and of the reference, and what it found."""

    rung: str
    answer: str
    reference: str
    finding: str


def explain(
    response: str,
    reference: str,
    policy: Policy = DEFAULT,
    time_limit_s: float = TIME_LIMIT_S,
) -> tuple[list[Step], Verification]:
    """The steps from a response, or a bare answer, to its verdict, and the verdict itself.

    The verdict is that of `verify`; the steps show the rungs below it in their order.
    """
    wanted = read_reference(reference)
    whole = verify(response, reference, policy=policy, time_limit_s=time_limit_s)
    found = extract(response, wanted)
    steps = [
        Step(rung="extraction", answer=f"by `{found.rule}`", reference=wanted.kind, finding="")
    ]
    if found.answer is not None and wanted.usable:
        steps += _rungs(found.answer, wanted, policy)
    return steps, whole


def _rungs(answer: str, reference: Reference, policy: Policy) -> list[Step]:
    spelled = canonical(answer), canonical(reference.text)
    read = readings(answer), readings(reference.text)
    steps = [
        _step("as written", (answer, reference.text)),
        _step("spelling", spelled, _same(*spelled)),
    ]
    for given, wanted in zip_longest(*read):
        shown = tuple("nothing" if tree is None else written(tree) for tree in (given, wanted))
        steps.append(_step("reading", shown))
    if read[0] and read[1]:
        values = _value(read[0][0]), _value(read[1][0])
        finding = "no rational number" if None in values else _same(*values)
        steps.append(_step("exact value", tuple(value or "none" for value in values), finding))
    match = climb(answer, reference, policy)
    undecided = "cannot tell: computer algebra decides"
    finding = undecided if match.equal is None else "equal" if match.equal else "not equal"
    steps.append(_step("comparison", (match.method,), f"{finding}. {match.reason}".strip(" .")))
    return steps


def _step(rung: str, sides: tuple[str, ...], finding: str = "") -> Step:
    answer, reference = (*map(_cut, sides), "")[:2]
    return Step(rung=rung, answer=answer, reference=reference, finding=finding)


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MAX_SHOWN else line[:MAX_SHOWN] + "…"


def _same(answer: str | None, reference: str | None) -> str:
    return "the same" if answer == reference else "differ"


def _value(node: Node) -> str | None:
    if isinstance(node, Quantity):
        return None  # the number alone is not its value
    try:
        value = exact(node)
    except TooLarge:
        return None
    return None if value is None else str(value)


def written(node: Node) -> str:
    """A tree on one line: `add(mul(1/2, x), 3)`."""
    match node:
        case Num(value, places):
            return str(value) if places is None else f"{value} ({places} decimals)"
        case Sym(name):
            return name
        case Call(op, args):
            return f"{op}({', '.join(map(written, args))})"
        case Seq(brackets, items):
            inside = ", ".join(map(written, items))
            return f"list({inside})" if brackets == "," else f"{brackets[0]}{inside}{brackets[1]}"
        case Matrix(rows):
            return f"matrix({'; '.join(', '.join(map(written, row)) for row in rows)})"
        case Rel(ops, sides):
            rest = zip(ops, sides[1:], strict=True)
            return written(sides[0]) + "".join(f" {op} {written(side)}" for op, side in rest)
        case Quantity(value, unit):
            return f"{written(value)} in {unit}"
        case Text(words):
            return f"text({words!r})"


def explanation_text(steps: list[Step], whole: Verification) -> str:
    """The steps and the verdict as lines, the sides divided by `|`."""
    rows = []
    for step in steps:
        sides = f"{step.answer} | {step.reference}" if step.reference else step.answer
        rows.append((step.rung, sides, step.finding))
    rows.append(("verdict", f"{whole.verdict}, by {whole.method}", whole.reason))
    return "\n".join(f"{rung:12}{sides}{'   → ' * bool(end)}{end}" for rung, sides, end in rows)
