"""The self-check of a suite before anything is trained: right scores 1, junk scores 0.

Items that fail are named with the reason; given to `EvalSettings.skip`, they are left out at every
checkpoint of every arm alike.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from curate.train.eval.choices import LETTERS
from curate.train.eval.items import Item, read_items, reference_shown
from curate.train.eval.probes import stated
from curate.train.eval.response import parts_of
from curate.train.eval.scoring import Score, Scorer, scorer_of
from curate.train.eval.suite import Suite

JUNK = ("", "I do not know.", "\\boxed{junk-7f3a}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteCheck:
    """What the self-check of a suite found."""

    suite: str
    items: int
    quarantined: Mapping[str, str]
    """Items that cannot be scored as they should, each with the reason."""
    unchecked: int
    """Items of which no right response is known, so that only junk was tried."""

    @property
    def skip(self) -> tuple[str, ...]:
        """The items to leave out, as `EvalSettings.skip` has them."""
        return tuple(sorted(self.quarantined))


def check_suite(suite: Suite, scorers: Mapping[str, Scorer], *, threads: int = 1) -> SuiteCheck:
    """Try the right response and junk on every item.

    Raises:
        InputError: the suite cannot be read, or has an unknown scorer.
        MissingExtra: a package that it needs is not installed.
    """
    if suite.lmeval is not None:  # its own harness reads and scores its items
        return SuiteCheck(suite=suite.name, items=0, quarantined={}, unchecked=0)
    items = read_items(suite)
    scorer = None if suite.by_likelihood else scorer_of(suite, scorers)
    unfit = tasks_unfit(suite)

    def fault(item: Item) -> str | None:
        if (why := unfit.get(str(item.record.get("task")))) is not None:
            return f"the verifier of the task fails its self-test: {why}"
        return fault_of_choices(item) if scorer is None else fault_of(suite, item, scorer)

    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(fault, items))
    return SuiteCheck(
        suite=suite.name,
        items=len(items),
        quarantined={
            item.id: why for item, why in zip(items, found, strict=True) if why is not None
        },
        unchecked=sum(scorer is not None and right_response(suite, item) is None for item in items),
    )


def tasks_unfit(suite: Suite) -> Mapping[str, str]:
    """The tasks of reasoning-gym whose verifiers fail, where the suite has any."""
    if not suite.gym:
        return {}
    from curate.train.eval.gym import quarantined

    return quarantined(suite.gym)


def fault_of(suite: Suite, item: Item, scorer: Scorer) -> str | None:
    """Why an item cannot be scored as it should; None where it can."""
    if suite.scorer == "ifeval":
        from curate.train.eval.ifeval import unknown_kinds

        unknown = unknown_kinds(item)
        return f"no check for {', '.join(unknown)}" if unknown else None
    if suite.scorer == "refusal":
        from curate.train.eval.safety import fault_of_refusal

        return fault_of_refusal(suite, item, scorer)
    if item.reference is None:
        return "it has no reference"
    right = right_response(suite, item)
    if right is not None:
        found = scorer(item, parts_of(right, suite.thinking).answer)
        if found.value != 1:
            return f"the reference scores {shown(found)}"
    for junk in junk_for(suite, item):
        found = scorer(item, junk)
        if found.value != 0:
            return f"`{junk}` scores {shown(found)}"
    return None


def shown(found: Score) -> str:
    """A score in words: `0.0 (incorrect: 6 is not 5)`."""
    return f"{found.value} ({found.verdict}{': ' if found.reason else ''}{found.reason})"


def fault_of_choices(item: Item) -> str | None:
    """Why the likelihoods of an item's choices say nothing; None where they do."""
    if 0 < len(item.right) < len(item.choices):
        return None
    return "it has no right choice" if not item.right else "all its choices are right"


def right_response(suite: Suite, item: Item) -> str | None:
    """A response that must score 1; None where none is known."""
    if item.solution is not None:
        return item.solution
    if item.form in ("code", "countdown") or item.reference is None or suite.scorer == "ifeval":
        return None
    return stated(suite, reference_shown(item))


def junk_for(suite: Suite, item: Item) -> Sequence[str]:
    """Answer parts that must score 0: nothing, junk, and every wrong choice."""
    wrong = [letter for letter in LETTERS[: len(item.choices)] if letter != item.reference]
    junk = ("", "```python\npass\n```") if item.form == "code" else JUNK
    return [*junk, *(stated(suite, letter) for letter in wrong)]
