"""All signals of one trace, computed from its text alone in one pass over its windows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import zstandard

from curate.quality.arithmetic import check_arithmetic
from curate.quality.completeness import cut_off, is_well_formed
from curate.quality.graph import NO_GRAPH, Graph, graph_of
from curate.quality.markers import Markers, Sign, markers_at
from curate.quality.mentions import agrees, mentions
from curate.quality.parts import Parts, Response, parts_of
from curate.quality.places import Places
from curate.quality.repeats import Repetition, all_loops, repetition_of, shown
from curate.quality.scripts import letters_in, no_letters, scripts_of
from curate.quality.size import Loaded, counted_tokens, estimated_tokens
from curate.quality.words import Numbers, windows, words_of

COMPRESSED_BYTES = 2**20
"""So much of the start of a response is compressed."""


def signals_of(
    response: Response, phrase_places: Numbers, tokenizer: Loaded | None = None
) -> dict[str, Any]:
    """Every model-free signal by column, as `curate.quality.columns` says; places in characters.

    `phrase_places` are those of `curate.quality.markers.places_of`; `tokenizer` is a loaded one.
    """
    data = response.data
    places = Places(data)
    markers = markers_at(phrase_places[phrase_places < len(data)], data)
    parts = parts_of(response, markers, places)
    stated = mentions(data, response.answer, *parts.reasoning)
    cuts = sorted({0, *parts.thinking, parts.answer, *parts.reasoning, *stated[:1], parts.end})
    scan = scanned(data, cuts, parts, markers, stated)
    counts = scan.tokens if tokenizer is None else counted(tokenizer, data, cuts)
    tokens = dict(zip(cuts[:-1], counts, strict=True))
    return {
        **size_signals(places, parts, tokens, scan.graph.steps),
        **completeness_signals(response, parts, markers),
        **repetition_signals(places, parts, scan.repetitions),
        "compression_ratio": compression_ratio(data),
        **script_signals(places, scan.letters),
        **behaviour_signals(parts, markers, tokens),
        **structure_signals(response, parts, scan.graph, stated, tokens),
        **arithmetic_signals(data),
    }


@dataclass(frozen=True, slots=True)
class Scan:
    """What one pass over the windows of a text gave."""

    repetitions: list[Repetition]
    tokens: list[float]
    """Estimated, between neighbouring cuts."""
    letters: Numbers
    graph: Graph


def scanned(
    data: bytes, cuts: Sequence[int], parts: Parts, markers: Markers, stated: Sequence[int]
) -> Scan:
    """One pass over a text."""
    tokens = np.zeros(max(0, len(cuts) - 1))
    letters = no_letters()
    repetitions, graph = [], NO_GRAPH
    for offset, window in windows(data):
        words = words_of(window, offset)
        inside = np.clip(cuts, offset, offset + len(window)) - offset
        tokens += estimated_tokens(words, window, inside)
        letters += letters_in(words, window)
        repetitions.append(repetition_of(words, window))
        start, end = np.clip(parts.reasoning, offset, offset + len(window)) - offset
        graph = graph.and_then(
            graph_of(words, (int(start), int(end)), markers.moved(-offset), moved(stated, -offset))
        )
    return Scan(repetitions, tokens.tolist(), letters, graph)


def moved(places: Sequence[int], by: int) -> Numbers:
    """Places counted from elsewhere."""
    return np.array(places, np.int64) + by


def counted(tokenizer: Loaded, data: bytes, cuts: Sequence[int]) -> list[float]:
    """Tokens between neighbouring cuts by a tokenizer."""
    return counted_tokens(tokenizer, [data[a:b] for a, b in pairwise(cuts)])


def between(tokens: Mapping[int, float], start: int, end: int) -> float:
    """Tokens between two cuts; `tokens` are those from each cut to the next."""
    return sum(count for place, count in tokens.items() if start <= place < end)


def size_signals(
    places: Places, parts: Parts, tokens: Mapping[int, float], steps: int
) -> dict[str, Any]:
    """Tokens and characters, thinking and answer apart; steps."""
    (first, last), answer, end = parts.thinking, parts.answer, parts.end
    start, stop = parts.reasoning
    at = places.characters([first, last, answer, start, stop, end])
    thinking, whole = at[last] - at[first], at[end]
    return {
        "tokens": round(between(tokens, 0, end)),
        "tokens_thinking": round(between(tokens, first, last)),
        "tokens_answer": round(between(tokens, answer, end)),
        "chars_thinking": thinking,
        "chars_answer": at[end] - at[answer],
        "thinking_share": thinking / whole if whole else None,
        "steps": steps,
        "step_chars_mean": (at[stop] - at[start]) / steps if steps else None,
    }


def completeness_signals(response: Response, parts: Parts, markers: Markers) -> dict[str, Any]:
    """Whether the response is whole and well formed."""
    has_thinking = response.thinking != "none"
    behind = response.answer is not None and (parts.final or 0) > parts.answer
    return {
        "cut_off": cut_off(
            response.data,
            stop_reason=response.stop_reason,
            thinking=response.thinking,
            answer_start=parts.answer,
            last_answer=parts.final if parts.is_marked else None,
        ),
        "well_formed": is_well_formed(markers),
        "answer_after_thinking": behind if has_thinking else None,
    }


def repetition_signals(places: Places, parts: Parts, found: Sequence[Repetition]) -> dict[str, Any]:
    """Loops and repeats."""
    loops = all_loops(found, parts.end)
    longest = max((one.longest for one in found), key=lambda one: one[1] - one[0], default=(0, 0))
    ends = [place for loop in loops for place in (loop.start, loop.end)]
    at = places.characters([*ends, *longest])
    grams, new = sum(one.grams for one in found), sum(one.new_grams for one in found)
    sentences = sum(one.sentences for one in found)
    size = sum(one.paragraph_bytes for one in found)
    return {
        "loop_share": sum(loop.end - loop.start for loop in loops) / max(1, parts.end),
        "loops": [
            {"start": at[loop.start], "end": at[loop.end], "kind": loop.kind}
            for loop in shown(loops)
        ],
        "longest_repeat": at[longest[1]] - at[longest[0]],
        "distinct_5grams": new / grams if grams else None,
        "repeated_sentences": ratio(sum(one.repeated_sentences for one in found), sentences),
        "near_repeats": ratio(sum(one.near_bytes for one in found), size),
    }


def ratio(part: int, whole: int) -> float | None:
    """A share; None of nothing."""
    return part / whole if whole else None


def compression_ratio(data: bytes) -> float | None:
    """Compressed bytes of raw ones by zstd, level 1, of the first MiB; in (0, 1]."""
    start = data[:COMPRESSED_BYTES]
    if not start:
        return None
    packed = compressor().compress(start)
    return min(1.0, len(packed) / len(start))


@cache
def compressor() -> zstandard.ZstdCompressor:
    """One compressor for all texts of a process."""
    return zstandard.ZstdCompressor(level=1, write_content_size=False)


def script_signals(places: Places, letters: Numbers) -> dict[str, Any]:
    """Scripts and their mixing."""
    found = scripts_of(letters, places.data)
    at = places.characters([place for span in found.spans for place in span[:2]])
    return {
        "script": found.script,
        "script_mix": found.mix,
        "script_spans": [
            {"start": at[start], "end": at[end], "script": script}
            for start, end, script in found.spans
        ],
    }


RATES = {
    "verification_rate": Sign.VERIFICATION,
    "backtracking_rate": Sign.BACKTRACKING,
    "subgoal_rate": Sign.SUBGOAL,
    "backward_rate": Sign.BACKWARD,
    "hedging_rate": Sign.HEDGING,
}


def behaviour_signals(
    parts: Parts, markers: Markers, tokens: Mapping[int, float]
) -> dict[str, Any]:
    """Phrases of each behaviour per 1,000 tokens of the reasoning."""
    size = between(tokens, *parts.reasoning)
    return {
        name: 1000 * markers.count(sign, *parts.reasoning) / size if size >= 1 else None
        for name, sign in RATES.items()
    }


def structure_signals(
    response: Response,
    parts: Parts,
    graph: Graph,
    stated: Sequence[int],
    tokens: Mapping[int, float],
) -> dict[str, Any]:
    """The step graph, and where the thinking states the answer."""
    start, end = parts.reasoning
    thinks = parts.thinking[0] < parts.thinking[1]
    first = stated[0] if stated and thinks else None
    return {
        "failed_steps": ratio(graph.failed, graph.steps),
        "branches": graph.branches if graph.steps else None,
        "answer_first": None if first is None else (first - start) / (end - start),
        "tokens_after_answer": None if first is None else round(between(tokens, first, end)),
        "answers_agree": (
            agrees(response.data[start:end], response.canonical_answer)
            if thinks and response.thinking == "closed"
            else None
        ),
    }


def arithmetic_signals(data: bytes) -> dict[str, Any]:
    """Equations that can be checked, and those that hold."""
    found = check_arithmetic(data.decode())
    return {
        "equations": found.checked,
        "equations_right": found.right,
        "equations_wrong": found.wrong,
        "arithmetic": ratio(found.right, found.checked),
        "wrong_start": found.first_wrong_start,
        "wrong_end": found.first_wrong_end,
    }
