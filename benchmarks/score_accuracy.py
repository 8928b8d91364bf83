"""How often the heuristics of `curate score` are right, on real rows and labels made by hand.

    python -m benchmarks.score_accuracy DATA [--tokenizer tokenizer.json ...]

DATA is a folder of `.jsonl.gz` files of traces. The labels lie in `tests/golden/score_*.jsonl`:
places and judgements, no text. docs/score.md says how they were made.
"""

import argparse
import gzip
import json
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.score import extracted
from curate.quality import graph
from curate.quality.markers import Markers, Sign, markers_at, places_of
from curate.quality.mentions import mentions
from curate.quality.parts import parts_of
from curate.quality.places import Places
from curate.quality.signals import signals_of
from curate.quality.words import words_of

GOLDEN = Path(__file__).parents[1] / "tests" / "golden"
LONG = (
    "longcot_math_skythought", "longcot_lineage", "longcot_misguided_attention",
    "longcot_math_and_misc", "longcot_reasoning_gym_long_outputs",
    "sol_math500_aime24_longcot_example",
)  # fmt: skip
NAMES = {
    "verification": Sign.VERIFICATION, "backtracking": Sign.BACKTRACKING,
    "subgoal": Sign.SUBGOAL, "backward": Sign.BACKWARD, "hedging": Sign.HEDGING,
}  # fmt: skip


def wilson(hits: int, of: int) -> str:
    """A share with its 95 % interval."""
    if not of:
        return "–"
    z, share = 1.96, hits / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z * sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return f"{share:.0%} ({middle - half:.0%} to {middle + half:.0%}; {hits} of {of})"


@cache
def rows(data: Path, name: str) -> list[dict[str, Any]]:
    """The rows of one file."""
    with gzip.open(data / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def labels(name: str) -> list[dict[str, Any]]:
    """The labels of one heuristic."""
    lines = (GOLDEN / f"score_{name}.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def response_of(data: Path, row_id: str) -> str:
    """The response with an id."""
    for name in LONG:
        for row in rows(data, name):
            if row["id"] == row_id:
                return str(row["response"])
    raise KeyError(row_id)


def signals(text: str) -> dict[str, Any]:
    """All signals of one text, as if the dump said nothing of its end."""
    return signals_of(extracted(text), next(places_of(pl.Series([text]))))


def marked(text: str) -> Markers:
    """The phrases of one text."""
    return markers_at(next(places_of(pl.Series([text]))), text.encode())


def table(pairs: Iterable[tuple[bool, bool]]) -> str:
    """Precision and recall of pairs of truth and finding."""
    both = list(pairs)
    hits = sum(truth and found for truth, found in both)
    return (
        f"precision {wilson(hits, sum(found for _, found in both))}, "
        f"recall {wilson(hits, sum(truth for truth, _ in both))}"
    )


def loops(data: Path) -> Iterator[str]:
    found = []
    for label in labels("loops"):
        row = next(r for r in rows(data, label["file"]) if r["id"] == label["id"])
        kinds = {one["kind"] for one in signals(row["response"])["loops"]}
        found.append((label["loops"], kinds))
    yield f"loops: {table((truth, bool(kinds)) for truth, kinds in found)}"
    yield f"loops but `numbers`: {table((t, bool(k - {'numbers'})) for t, k in found)}"


def truncation(data: Path) -> Iterator[str]:
    for name in ("longcot_lineage", "longcot_math_and_misc"):
        known = [row for row in rows(data, name) if row.get("finish_reason")]
        pairs = [
            (row["finish_reason"] == "length", signals(row["response"])["cut_off"] is not None)
            for row in known
        ]
        yield f"cut off, {name}: {table(pairs)}"


def behaviours(data: Path) -> Iterator[str]:
    given = labels("behaviours")
    for name, sign in NAMES.items():
        judged = [one for one in given if one["found"] == name]
        still = [
            one["is"]
            for one in judged
            if marked(response_of(data, one["id"])[one["start"] : one["end"]]).of(sign).any()
        ]
        yield f"{name}: precision {wilson(sum(still), len(still))}"
    none = [one for one in given if one["found"] is None]
    for name in NAMES:
        missed = sum(name in one["missed"] for one in none)
        yield f"{name}: in segments without any phrase {wilson(missed, len(none))}"


def branches(data: Path) -> Iterator[str]:
    pairs = []
    for label in labels("branches"):
        one = extracted(response_of(data, label["id"]))
        marks = marked(one.data.decode())
        parts = parts_of(one, marks, Places(one.data))
        words = words_of(one.data)
        stated = np.array(mentions(one.data, one.answer, *parts.reasoning), np.int64)
        steps = graph.step_starts(words, *parts.reasoning)
        ends = np.array([label["first"], label["last"]])
        used = graph.used_until(steps, ends, parts.reasoning[1], words, stated)
        dead = graph.dead_end(
            label["first"],
            label["last"],
            int(used[0]),
            is_rejected=bool(graph.rejections(steps, ends, marks)[0]),
            is_left=not graph.checks(steps, ends, marks)[0],
        )
        pairs.append((label["abandoned"], dead > 0))
    yield f"abandoned branches: {table(pairs)}"


def tokens(data: Path, tokenizers: list[Path]) -> Iterator[str]:
    from tokenizers import Tokenizer

    draw = np.random.default_rng(1)
    texts = []
    for name in (*LONG, "sol_gsm8k_gpt3", "sol_reasoning_gym_sample"):
        kept = [row["response"] for row in rows(data, name) if row["response"]]
        texts += [str(kept[place]) for place in draw.permutation(len(kept))[:100]]
    ours = np.array([signals(text)["tokens"] for text in texts])
    bytes_ = np.array([len(text.rstrip().encode()) for text in texts])
    for path in tokenizers:
        loaded = Tokenizer.from_file(str(path))
        loaded.no_truncation()
        stripped = [text.rstrip() for text in texts]
        real = [len(one.ids) for one in loaded.encode_batch(stripped, add_special_tokens=False)]
        for what, guess in (("estimate", ours), ("bytes / 4", bytes_ / 4)):
            error = guess / np.maximum(1, real) - 1
            yield (
                f"{path.stem}, {what}: median error {np.median(abs(error)):.1%}, "
                f"nine in ten under {np.quantile(abs(error), 0.9):.0%}, mean {error.mean():+.1%}, "
                f"all together {guess.sum() / sum(real) - 1:+.1%} (n = {len(texts)})"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--tokenizer", type=Path, action="append", default=[])
    wanted = parser.parse_args()
    parts: list[Callable[[Path], Iterator[str]]] = [loops, truncation, behaviours, branches]
    for part in parts:
        for line in part(wanted.data):
            print(line, flush=True)
    for line in tokens(wanted.data, wanted.tokenizer) if wanted.tokenizer else ():
        print(line)


if __name__ == "__main__":
    main()
