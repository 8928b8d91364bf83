"""Probes that generate nothing: what the model makes of the reference answer.

The answer, as a response states it and with the end token behind it, is read by the model right
after the forced-direct prefix and, for an item that has a trace, after that trace as the thinking.
The margin is its log-likelihood less that of the best wrong alternative: the other choices, or else
references of other items, a few drawn for each item by its id.
"""

from collections.abc import Sequence
from itertools import islice
from math import isfinite
from typing import Any

from curate.train.eval.backend import Backend, Continuation
from curate.train.eval.choices import LETTERS
from curate.train.eval.items import Item, reference_shown
from curate.train.eval.noise import key_of
from curate.train.eval.prompts import problem_text, prompt_frame, sent
from curate.train.eval.suite import Mode, Suite

Pair = tuple[list[int], list[int]]


def probe_rows(
    suite: Suite, items: Sequence[Item], places: Sequence[int], model: Backend, alternatives: int
) -> list[dict[str, Any]]:
    """A row for each item with a reference and each way of asking."""
    before, after = prompt_frame(suite, model.tokenizer)
    asked = []
    for place in places:
        item = items[place]
        if item.reference is None or item.form in ("code", "countdown"):
            continue
        answers = [reference_shown(item), *wrong_answers(items, place, alternatives)]
        prompt = before + problem_text(suite, item) + after
        asked += [
            (place, mode, pairs_of(model, context, [stated(suite, each) for each in answers]))
            for mode, context in contexts(suite, item, prompt, after)
        ]
    found = iter(model.likelihoods([pair for _, _, pairs in asked for pair in pairs]))
    return [
        {"place": place, "mode": mode, **probe(list(islice(found, len(pairs))))}
        for place, mode, pairs in asked
    ]


def contexts(suite: Suite, item: Item, prompt: str, after: str) -> list[tuple[str, str]]:
    """The ways of asking: direct, and with the item's trace as the thinking."""
    direct = [("forced_direct", prompt + sent(suite, "forced_direct", after))]
    if item.trace is None:
        return direct
    opened = sent(suite, "forced_cot", after)
    thought = f"{opened}{item.trace.strip()}\n{suite.thinking[1]}\n\n"
    return [*direct, ("given_trace", prompt + thought)]


def stated(suite: Suite, reference: str) -> str:
    """The answer part of a response with this answer."""
    return suite.answer_text.replace("{reference}", reference)


def pairs_of(
    model: Backend, context: str, answers: Sequence[str], *, end: bool = True
) -> list[Pair]:
    """Context and answer as tokens, parted where the tokens of the context alone end to agree."""
    alone, last = model.tokens(context), model.end if end else ()
    return [parted(alone, [*model.tokens(context + answer), *last]) for answer in answers]


def parted(alone: Sequence[int], whole: Sequence[int]) -> Pair:
    """The tokens of a whole text in two, after the last that a context shares with it."""
    same = next(
        (at for at, (a, b) in enumerate(zip(alone, whole, strict=False)) if a != b),
        min(len(alone), len(whole)),
    )
    return list(whole[:same]), list(whole[same:])


def wrong_answers(items: Sequence[Item], place: int, count: int) -> list[str]:
    """The other choices of an item; without choices, references of other items."""
    item = items[place]
    if item.choices:
        return [letter for letter in LETTERS[: len(item.choices)] if letter != item.reference]
    found: dict[str, None] = {}
    for draw in range(4 * count):
        at = key_of(0, item.id, draw) % len(items)
        other = items[at]
        if other.reference is None or other.form != item.form or len(found) == count:
            continue
        if other.reference != item.reference:
            found[reference_shown(other)] = None
    return list(found)


def probe(scores: Sequence[Continuation | None]) -> dict[str, Any]:
    """The columns from the reference's score, which comes first, and those of the wrong ones."""
    first, *others = scores
    wrong = [other.logp for other in others if other is not None]
    if first is None:
        return {}
    return {
        "logp_reference": known(first.logp),
        "n_reference_tokens": first.n_tokens,
        "margin": known(first.logp - max(wrong)) if wrong else None,
        "entropy": known(first.entropy),
    }


def known(value: float | None) -> float | None:
    """A number; None for what a model that has diverged says, the same after a kill."""
    return value if value is not None and isfinite(value) else None


def choice_rows(
    suite: Suite, items: Sequence[Item], places: Sequence[int], model: Backend
) -> list[dict[str, Any]]:
    """Scores by the likelihoods of the choices, as TruthfulQA has them.

    mc1: 1 where the likeliest choice is a right one. mc2: the share of the right choices in the
    summed likelihood of all.
    """
    before, after = prompt_frame(suite, model.tokenizer)
    prompts = {
        (place, mode): before + items[place].problem + after + sent(suite, mode, after)
        for place in places
        for mode in suite.modes
    }
    asked: list[tuple[int, Mode, list[Pair]]] = [
        (place, mode, pairs_of(model, prompt, items[place].choices, end=False))
        for (place, mode), prompt in prompts.items()
    ]
    found = iter(model.likelihoods([pair for _, _, pairs in asked for pair in pairs]))
    return [
        {"place": place, "mode": mode,
         **choice(suite, items[place], list(islice(found, len(pairs))))}
        for place, mode, pairs in asked
    ]  # fmt: skip


def choice(suite: Suite, item: Item, scores: Sequence[Continuation | None]) -> dict[str, Any]:
    """The columns about one set of choices."""
    import numpy as np

    logps = [each.logp for each in scores if each is not None and isfinite(each.logp)]
    columns = {"stop_reason": "likelihood", "n_tokens": 0, "chance": item.chance, "sample": 0}
    if not logps or len(logps) < len(scores) or not item.right:
        return {**columns, "score": None, "verdict": "unverifiable"}
    logp = np.array(logps)
    if suite.scorer == "mc1":
        score = float(int(logp.argmax()) in item.right)
    else:
        chances = np.exp(logp - logp.max())
        score = min(1.0, float(chances[list(item.right)].sum() / chances.sum()))
    return {
        **columns, "score": score, "verdict": "correct" if score >= 0.5 else "incorrect",
        "answered": True, "truncated": False, "format_ok": True, "used_thinking": False,
    }  # fmt: skip
