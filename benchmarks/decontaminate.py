"""Recall and false alarms of `curate decontaminate` beside the rules of other projects, and speed.

    python benchmarks/decontaminate.py ../shared/data

The folder holds `bench_aime24.jsonl.gz`, `bench_aime25`, `bench_gsm8k_test`, `bench_math500`,
`bench_mcq`, `bench_other_math`, `gold_latex` and `longcot_math_skythought`. The rules of others are
written here as their projects use them:

    8-gram, 13-gram   one run of so many words, split at white space, in lower case (open-r1, s1;
                      GPT-3)
    ratio ≥ 95        the Indel ratio of the two texts in lower case (open-thoughts)
    datatrove         runs of 12 words after its own normalization, only those with a word of the
                      answer in them (its default); `+ query` is with those of the problem as well

Seconds are CPU seconds of this process. `pip install datatrove` for its normalization and its
speed; without it, both are left out.
"""

import gzip
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xxhash

from curate.contamination import Item, build_index, scan
from curate.contamination.check import hits_in
from curate.contamination.edits import EDITS, edited
from curate.contamination.index import joined
from curate.contamination.items import read_benchmarks
from curate.contamination.rules import common

Rows = list[dict[str, Any]]
Rule = Callable[[Sequence[Item], Sequence[str]], list[set[int]]]
"""From items and texts to the items that each text holds."""
TRACE_CHARS = 15_000
ITEMS = 10_000


def rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


# --- the rules ------------------------------------------------------------------------------------


def ours(items: Sequence[Item], texts: Sequence[str]) -> list[set[int]]:
    index = build_index(items)
    places = {item.name: place for place, item in enumerate(items)}
    found: list[set[int]] = [set() for _ in texts]
    for hit in hits_in(texts, index):
        found[hit.text].add(places[index.items[hit.item].name])
    return found


def whole_words(text: str) -> list[str]:
    return text.lower().split()


def any_gram(size: int, words: Callable[[str], list[str]] = whole_words) -> Rule:
    def rule(items: Sequence[Item], texts: Sequence[str]) -> list[set[int]]:
        owners: dict[tuple[str, ...], set[int]] = {}
        for place, item in enumerate(items):
            for gram in runs(words(item.text), size):
                owners.setdefault(gram, set()).add(place)
        nobody: set[int] = set()
        return [
            set().union(*(owners.get(gram, nobody) for gram in runs(words(text), size)))
            for text in texts
        ]

    return rule


def runs(words: list[str], size: int) -> list[tuple[str, ...]]:
    return [tuple(words[at : at + size]) for at in range(len(words) - size + 1)]


def ratio_95(items: Sequence[Item], texts: Sequence[str]) -> list[set[int]]:
    lowered = [item.text.lower() for item in items]
    return [
        {place for place, item in enumerate(lowered) if alike(item, text.lower())} for text in texts
    ]


def alike(left: str, right: str) -> bool:
    """Whether 2 · LCS / (lengths) ≥ 0.95, as `rapidfuzz.fuzz.ratio` has it."""
    total = len(left) + len(right)
    if 2 * min(len(left), len(right)) < 0.95 * total:
        return False
    return 2 * common([*map(ord, left)], [*map(ord, right)]) >= 0.95 * total


def datatrove_words() -> Callable[[str], list[str]] | None:
    try:
        from datatrove.utils.text import TextNormConfig, simplify_text
    except ImportError:
        return None
    config = TextNormConfig()
    return lambda text: str(simplify_text(text, config)).split()


def datatrove_default(words: Callable[[str], list[str]], answers: dict[str, str]) -> Rule:
    size = 12

    def rule(items: Sequence[Item], texts: Sequence[str]) -> list[set[int]]:
        owners: dict[tuple[str, ...], set[int]] = {}
        for place, item in enumerate(items):
            query, label = words(item.text), words(answers.get(item.name, ""))
            both = [*query[-size + 1 :], *label[: size - 1]]
            for gram in [*runs(both, size), *runs(label, size)]:
                owners.setdefault(gram, set()).add(place)
        nobody: set[int] = set()
        return [
            set().union(*(owners.get(gram, nobody) for gram in runs(words(text), size)))
            for text in texts
        ]

    return rule


def rules(answers: dict[str, str]) -> dict[str, Rule]:
    found: dict[str, Rule] = {
        "curate": ours,
        "8-gram": any_gram(8),
        "13-gram": any_gram(13),
        "ratio ≥ 95": ratio_95,
    }
    words = datatrove_words()
    if words is not None:
        found["datatrove"] = datatrove_default(words, answers)
        found["datatrove + query"] = any_gram(12, words)
    return found


# --- recall and false alarms ----------------------------------------------------------------------


def print_recall(folder: Path, name: str) -> None:
    path = folder / f"bench_{name}.jsonl.gz"
    items = list(build_index(read_benchmarks([str(path)]).items).items)
    answers = {f"bench_{name}:{row['id']}": str(row["gold"]) for row in rows(path)}
    found = {}
    for label, rule in rules(answers).items():
        found[label] = [
            sum(
                place in hit
                for place, hit in enumerate(rule(items, edited([i.text for i in items], edit)))
            )
            for edit in EDITS.values()
        ]
    print(f"\n| {name}, of {len(items):,} | {' | '.join(found)} |")
    print(f"|---|{'---:|' * len(found)}")
    for place, edit in enumerate(EDITS):
        print(f"| {edit} | {' | '.join(f'{counts[place]:,}' for counts in found.values())} |")


def print_halves(folder: Path) -> None:
    sets = {
        "GSM8K test": ("gsm8k_test", ""),
        "MATH-500": ("math500", ""),
        "OlympiadBench (maths, en)": ("other_math", "olympiadbench"),
        "SVAMP": ("other_math", "svamp"),
        "MMLU-STEM": ("mcq", "mmlu"),
        "AQuA": ("mcq", "aqua"),
        "LSAT (a text, several questions)": ("mcq", "agieval-lsat"),
    }
    labels = list(rules({}))
    print(f"\n| half in half | items | {' | '.join(labels)} |\n|---|---:|{'---:|' * len(labels)}")
    for title, (name, prefix) in sets.items():
        path = folder / f"bench_{name}.jsonl.gz"
        answers = {f"bench_{name}:{row['id']}": str(row["gold"]) for row in rows(path)}
        all_items = read_benchmarks([str(path)]).items
        items = [item for item in all_items if item.name.startswith(f"bench_{name}:{prefix}")]
        items = list(build_index(items).items)
        draw = np.random.default_rng(0).permutation(len(items))
        half = [items[place] for place in draw[::2]]
        texts = [items[place].text for place in draw[1::2]]
        cells = [
            f"{100 * sum(map(bool, rule(half, texts))) / len(texts):.1f} %"
            for rule in rules(answers).values()
        ]
        print(f"| {title} | {len(texts):,} | {' | '.join(cells)} |")


def print_wordings(folder: Path) -> None:
    items = read_benchmarks([str(folder / "bench_aime25.jsonl.gz")]).items
    first = [item for item in items if "alt" not in item.name]
    second = [item.text for item in items if "alt" in item.name]
    for label, rule in rules({}).items():
        same = sum(place in hit for place, hit in enumerate(rule(first, second)))
        print(f"AIME25 in two wordings, {label}: {same} of {len(second)} found")


# --- speed ----------------------------------------------------------------------------------------


def print_speed(folder: Path) -> None:
    items = many_items(folder)
    data, cuts = joined(traces(folder))
    cuts = np.append(cuts, len(data))
    start = time.process_time()
    index = build_index(items)
    print(f"\nindex of {len(index.items):,} items: {time.process_time() - start:.2f} CPU s")
    speeds = []
    for _ in range(5):
        start = time.process_time()
        hits = scan(data, cuts, index, problems=False)
        speeds.append(len(data) / 1e6 / (time.process_time() - start))
    own = float(np.median(speeds))
    print(
        f"{len(cuts) - 1:,} traces of {len(data) / len(cuts) / 1000:.0f} kB, {len(hits):,} pairs: "
        f"{own:.1f} MB of text per CPU second (median of 5, {min(speeds):.1f} to {max(speeds):.1f})"
    )
    other = datatrove_speed(items, traces(folder)[:60])
    if other is not None:
        print(
            f"datatrove, its filter's loop: {other:.2f} MB per CPU second; {own / other:.0f} times"
        )


def many_items(folder: Path) -> list[Item]:
    files = [str(path) for path in sorted(folder.glob("bench_*.jsonl.gz"))]
    items = list(build_index(read_benchmarks(files).items).items)
    for row in rows(folder / "gold_latex.jsonl.gz"):
        if row.get("problem"):
            items.append(Item(name=str(row["id"]), text=row["problem"]))
    return list(build_index(items).items)[:ITEMS]


def traces(folder: Path) -> list[str]:
    """Real responses, several as one where they are short."""
    found, held = [], ""
    for row in rows(folder / "longcot_math_skythought.jsonl.gz"):
        held += row["response"]
        if len(held) >= TRACE_CHARS:
            found.append(held)
            held = ""
    return found


def datatrove_speed(items: Sequence[Item], texts: Sequence[str]) -> float | None:
    """MB of text per CPU second of what `NGramsDecontFilter.filter` does to each text.

    Its words are split at white space here, which costs nothing beside the tokenizer that it has.
    """
    words = datatrove_words()
    if words is None:
        return None
    from datatrove.utils.text import ngrams

    # What its `create_hash_func` returns, which hands xxhash a string: version 4 takes bytes only.
    def hashed(gram: str) -> int:
        return int(xxhash.xxh64_intdigest(gram.encode()))

    index = {
        hashed(" ".join(gram)): item.name for item in items for gram in ngrams(words(item.text), 12)
    }
    start = time.process_time()
    for text in texts:
        for gram in map(" ".join, list(ngrams(words(text), 12))):
            index.get(hashed(gram))
    return sum(len(text.encode()) for text in texts) / 1e6 / (time.process_time() - start)


def main() -> None:
    folder = Path(sys.argv[1])
    print_recall(folder, "aime24")
    print_recall(folder, "math500")
    print_halves(folder)
    print()
    print_wordings(folder)
    print_speed(folder)


if __name__ == "__main__":
    main()
