"""Our verifiers as scorers of an evaluation: what `curate.train` may not import is handed to it."""

from curate.train.eval.items import Item
from curate.train.eval.scoring import Score, Scorer
from curate.verify import Policy, canonical, read_reference, verify_read

GUESSED = frozenset({"last bold", "last formula", "last number", "last line"})
"""Rules that pick an answer out of running text, since nothing marks it."""


def verify_scorers(policy: Policy | None = None) -> dict[str, Scorer]:
    """Scorers by name: `verify` compares by the kind of the reference, programs included."""
    chosen = policy or Policy()

    def verify(item: Item, answer: str) -> Score:
        return score_answer(item, answer, chosen)

    return {"verify": verify}


def score_answer(item: Item, answer: str, policy: Policy) -> Score:
    """The verdict on an answer part; programs run in the sandbox, or are unverifiable without."""
    reference = read_reference(item.reference, item.form, item.choices or None)
    found = verify_read(answer, reference, policy)
    rule, _, _ = found.method.partition("/")
    return Score(
        verdict=found.verdict,
        reason=found.reason,
        answer=canonical(found.answer) if found.answer and reference.kind != "code" else None,
        marked=rule not in GUESSED,
    )
