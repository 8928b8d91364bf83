"""The work of one checkpoint in batches that depend on nothing but suites, items and tokenizer.

So a killed evaluation makes the very batches that are left, and its tables are the same bytes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from curate.train.eval.backend import Backend
from curate.train.eval.items import Item
from curate.train.eval.prompts import prefill, problem_text, prompt_frame
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
    suite: int
    """Place of the suite."""
    asks: tuple[Ask, ...] = ()
    places: tuple[int, ...] = ()
    """Places of the items, where no responses are wanted."""


def jobs_of(
    suites: Sequence[Suite], items: Sequence[Sequence[Item]], model: Backend, size: int,
    *, probes: bool,
) -> list[Job]:  # fmt: skip
    """All batches of a checkpoint, generation first."""
    made = [
        Job(kind="generate", suite=number, asks=tuple(batch))
        for number, suite in enumerate(suites)
        if not suite.by_likelihood and suite.lmeval is None
        for batch in chunks(asks_of(suite, items[number], model), size)
    ]
    for number, suite in enumerate(suites):
        places = range(len(items[number]))
        if suite.lmeval is not None:
            made.append(Job(kind="lmeval", suite=number))
        elif suite.by_likelihood:
            made += [Job(kind="choose", suite=number, places=tuple(part)) for part in
                     chunks(places, size)]  # fmt: skip
        elif probes and suite.probes:
            made += [Job(kind="probe", suite=number, places=tuple(part)) for part in
                     chunks(places, size)]  # fmt: skip
    return made


def asks_of(suite: Suite, items: Sequence[Item], model: Backend) -> list[Ask]:
    """The responses wanted, longest prompt first: a batch that does not fit is known at once."""
    before, after = prompt_frame(suite, model.tokenizer)
    asks = []
    for place, item in enumerate(items):
        text = before + problem_text(suite, item) + after
        for mode in suite.modes:
            prompt = tuple(model.tokens(text + prefill(suite, mode)))
            asks += [
                Ask(place=place, mode=mode, sample=sample, prompt=prompt)
                for sample in range(suite.samples)
            ]
    return sorted(asks, key=lambda ask: -len(ask.prompt))


def chunks(things: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """The things, so many at a time."""
    for first in range(0, len(things), size):
        yield things[first : first + size]
