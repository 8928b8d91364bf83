"""How fast the signals of `curate score` are: together, one by one, by length, beside others.

    python benchmarks/score.py                                        # made-up traces of 40 kB
    python benchmarks/score.py --rows x.jsonl.gz --longer 15000       # `response` of real rows

Rates are megabytes of text per CPU second of one core, the best of some runs. A filter of another
tool stops at the first rule that a text fails, so it is timed on the texts that it keeps as well.
"""

import argparse
import gzip
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

os.environ.setdefault("POLARS_MAX_THREADS", "1")

import numpy as np
import polars as pl

from benchmarks.measure import cost_of
from benchmarks.workload import Workload, paragraph, response, write_dump
from curate.quality import graph, markers, mentions, repeats, scripts, signals, size, words
from curate.quality.parts import Response, parts_of
from curate.quality.places import Places
from curate.response_signals import response_of

TOGETHER_BYTES = 2_000_000
"""So many bytes of texts are scanned at once, as in a pool, where it is 8 MiB."""
SIZES = (10_000, 40_000, 100_000, 1_000_000, 10_000_000)


def made_up(number: int) -> list[str]:
    """Responses of 20 to 60 kB."""
    draw = np.random.default_rng(0)
    paragraphs = [paragraph(draw) for _ in range(4_000)]
    return [response(str(row), paragraphs, draw) for row in range(number)]


def real(path: Path, longer: int, number: int) -> list[str]:
    """Long responses of a file of JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        texts = [json.loads(line)["response"] or "" for line in lines]
    return [text for text in texts if len(text) > longer][:number]


def cpu_s(run: Callable[[], object], times: int) -> float:
    """CPU seconds of the fastest of some runs."""
    found = []
    for _ in range(times):
        start = time.process_time()
        run()
        found.append(time.process_time() - start)
    return min(found)


def everything(responses: list[Response], column: pl.Series) -> None:
    """All signals of all texts."""
    for one, places in zip(responses, markers.places_of(column), strict=True):
        signals.signals_of(one, places)


def pieces(responses: list[Response], column: pl.Series) -> dict[str, Callable[[], object]]:
    """What the signals are made of, one by one, each on what the others gave."""
    datas = [one.data for one in responses]
    found = list(markers.places_of(column))
    marks = [markers.markers_at(place, data) for place, data in zip(found, datas, strict=True)]
    places = [Places(data) for data in datas]
    parts = [parts_of(*three) for three in zip(responses, marks, places, strict=True)]
    split = [words.words_of(data[: words.WINDOW_BYTES]) for data in datas]
    windows = [data[: words.WINDOW_BYTES] for data in datas]
    stated = [
        np.array(mentions.mentions(one.data, one.answer, *part.reasoning), np.int64)
        for one, part in zip(responses, parts, strict=True)
    ]
    both = list(zip(split, windows, strict=True))
    drawn = list(zip(split, [p.reasoning for p in parts], marks, stated, strict=True))
    return {
        "words and their hashes": lambda: [words.words_of(data) for data in windows],
        "repetition and loops": lambda: [repeats.repetition_of(*one) for one in both],
        "phrases (behaviours, tags)": lambda: [
            markers.markers_at(place, data)
            for place, data in zip(markers.places_of(column), datas, strict=True)
        ],
        "scripts": lambda: [scripts.letters_in(*one) for one in both],
        "token estimate": lambda: [
            size.estimated_tokens(*one, np.array([0, len(one[1])])) for one in both
        ],
        "compression": lambda: [signals.compression_ratio(data) for data in datas],
        "step graph": lambda: [graph.graph_of(*one) for one in drawn],
        "mentions of the answer": lambda: [
            mentions.mentions(one.data, one.answer, *part.reasoning)
            for one, part in zip(responses, parts, strict=True)
        ],
        "arithmetic": lambda: [signals.arithmetic_signals(data) for data in datas],
        "agreement of the answers": lambda: [
            mentions.agrees(one.data[slice(*part.reasoning)], one.canonical_answer)
            for one, part in zip(responses, parts, strict=True)
        ],
    }


def datatrove(texts: list[str], times: int) -> dict[str, tuple[float, int]]:
    """Megabytes per CPU second of datatrove's filters, and how many of these texts they keep."""
    from datatrove.data import Document
    from datatrove.pipeline.filters import GopherQualityFilter, GopherRepetitionFilter

    found = {}
    for rule in (GopherRepetitionFilter(), GopherQualityFilter()):
        documents = [Document(text=text, id="") for text in texts]
        kept = [one for one in documents if rule.filter(one) is True]

        def run(rule: object = rule, documents: list[Document] = documents) -> None:
            for document in documents:
                rule.filter(document)  # type: ignore[attr-defined]

        size_mb = sum(len(text.encode()) for text in texts) / 1e6
        found[type(rule).__name__] = (size_mb / cpu_s(run, times), len(kept))
    return found


def lengths(text: str, times: int) -> list[tuple[int, float]]:
    """Megabytes per CPU second of one text of each of several sizes."""
    found = []
    body = text * (max(SIZES) // len(text) + 1)
    # Every thousandth word is a number of its own, or all of it would be one long loop.
    fresh = " ".join(
        word if place % 5 else f"{word} {place * 7919 % 100_003}"
        for place, word in enumerate(body.split(" "))
    )
    for wanted in SIZES:
        whole = f"<think>\n{fresh[:wanted]}\n</think>\n\nThe answer is \\boxed{{5}}."
        copies = max(1, TOGETHER_BYTES // wanted)
        some = [response_of(whole)] * copies
        column = pl.Series([some[0].data.decode()] * copies)
        seconds = cpu_s(partial(everything, some, column), times)
        found.append((wanted, copies * wanted / 1e6 / seconds))
    return found


def whole_command(traces: int) -> tuple[float, float, float]:
    """Megabytes, CPU seconds beyond starting up, and peak MiB of `curate score` on a pool."""
    with tempfile.TemporaryDirectory() as folder:
        costs, sizes = [], []
        for number in (10, traces):
            dump, pool = Path(folder, f"{number}.jsonl"), Path(folder, f"pool{number}")
            sizes.append(write_dump(dump, Workload(traces=number)) / 1e6)
            cost_of(["-m", "curate", "verify", str(dump), "-o", str(pool)])
            command = ["-m", "curate", "score", str(pool), "--workers", "1"]
            costs.append(cost_of(command, threads=False))
        return sizes[1] - sizes[0], costs[1].cpu_s - costs[0].cpu_s, costs[1].peak_mib


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=Path)
    parser.add_argument("--longer", type=int, default=0)
    parser.add_argument("--texts", type=int, default=200)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--traces", type=int, default=3000, help="of the whole command; 0: not it")
    wanted = parser.parse_args()
    if wanted.traces:  # first, since a child begins with the peak of its parent
        megabytes, cpu, peak_mib = whole_command(wanted.traces)
        print(
            f"{megabytes / cpu:8.1f} MB/s  `curate score`, {megabytes:.0f} MB, {peak_mib:.0f} MiB"
        )
    texts = real(wanted.rows, wanted.longer, wanted.texts) if wanted.rows else made_up(wanted.texts)
    responses = [response_of(text) for text in texts]
    column = pl.Series([one.data.decode() for one in responses])
    size_mb = sum(len(one.data) for one in responses) / 1e6
    print(f"{len(texts)} texts, {size_mb:.1f} MB, {np.mean([not t.isascii() for t in texts]):.0%}"
          " beyond ASCII")  # fmt: skip
    seconds = cpu_s(lambda: everything(responses, column), wanted.times)
    print(f"{size_mb / seconds:8.1f} MB/s  all signals together")
    for name, run in pieces(responses, column).items():
        each = cpu_s(run, wanted.times)
        print(f"{size_mb / each:8.1f} MB/s  {name}")
        if name == "arithmetic":
            print(f"{size_mb / (seconds - each):8.1f} MB/s  all but arithmetic")
    try:
        for name, (rate, kept) in datatrove(texts[:40], 2).items():
            ratio = size_mb / seconds / rate
            print(f"{rate:8.2f} MB/s  datatrove {name}, keeps {kept} of 40 ({ratio:.0f} times)")
    except ImportError as error:
        print(f"datatrove is not installed ({error.name})")
    for length, rate in lengths(texts[0], wanted.times):
        print(f"{rate:8.1f} MB/s  one text of {length:,} bytes")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{peak:8.0f} MiB   peak of this process", file=sys.stdout)


if __name__ == "__main__":
    main()
