"""The work of one suite in batches that depend on nothing but suite, items and tokenizer.

So a killed evaluation makes the very batches that are left, and its tables are the same bytes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from curate.train.eval.backend import Backend
from curate.train.eval.items import Item
from curate.train.eval.prompts import problem_text, prompt_frame, sent
from curate.train.eval.suite import Mode, Suite


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One response that is wanted."""

    place: int
    """Of the item in its suite."""
    mode: Mode
    sample: int
    prompt: tuple[int, ...]
    """Its tokens, those of what is prefilled included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One batch."""

    kind: Literal["generate", "choose", "probe", "lmeval"]
    asks: tuple[Ask, ...] = ()
    places: tuple[int, ...] = ()
    """Places of the items, where no responses are wanted."""


def jobs_of(
    suite: Suite, items: Sequence[Item], model: Backend, size: int, *, probes: bool
) -> list[Job]:
    """All batches of a suite, generation first."""
    parts = [tuple(part) for part in chunks(range(len(items)), size)]
    if suite.lmeval is not None:
        return [Job(kind="lmeval")]
    if suite.by_likelihood:
        return [Job(kind="choose", places=part) for part in parts]
    asked = [
        Job(kind="generate", asks=tuple(batch))
        for batch in chunks(asks_of(suite, items, model), size)
    ]
    looked = [Job(kind="probe", places=part) for part in parts if probes and suite.probes]
    return [*asked, *looked]


def asks_of(suite: Suite, items: Sequence[Item], model: Backend) -> list[Ask]:
    """The responses wanted, longest prompt first: a batch that does not fit is known at once."""
    before, after = prompt_frame(suite, model.tokenizer)
    asks = []
    for place, item in enumerate(items):
        text = before + problem_text(suite, item) + after
        for mode in suite.modes:
            prompt = tuple(model.tokens(text + sent(suite, mode, after)))
            asks += [
                Ask(place=place, mode=mode, sample=sample, prompt=prompt)
                for sample in range(suite.samples)
            ]
    return sorted(asks, key=lambda ask: -len(ask.prompt))


def chunks(things: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """The things, so many at a time."""
    for first in range(0, len(things), size):
        yield things[first : first + size]
