"""Signatures and whole runs of `curate dedup` beside the tools that one would take instead.

    python benchmarks/dedup.py [--traces 3000] [--sample 60] [--repeats 3]
    python benchmarks/dedup.py --memory --traces 100000

Signatures: the same texts, in one process with one thread, CPU seconds, the best of some repeats.
datatrove's step runs whole (5-grams, 14 × 8, its own tokenizer, buckets written and sorted), rensa
and datasketch get word 5-grams made in Python, as their users make them. The texts are made of
paragraphs of real long traces where those are beside this checkout. Memory: a pool with so many
traces of 20 kB, one of ten of them a near-copy of another; all processes, shared pages once.
"""

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import orjson
from measure import cost_of
from workload import PARAGRAPHS, REAL, paragraph, real_paragraphs

TRACE_BYTES = 20_000
COPIES = 10
"""One of so many traces is a copy with some words replaced."""
REPLACED = 0.02
WORDS = 5
SLOTS = 112  # datatrove's 14 × 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--traces", type=int, default=3000)
    parser.add_argument("--sample", type=int, default=60, help="traces for the slow tools")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--memory", action="store_true", help="a whole run and its peak alone")
    chosen = parser.parse_args()
    if not chosen.memory:
        compare(chosen.traces, chosen.sample, chosen.repeats)
    whole_run(chosen.traces, chosen.workers)


# --- the texts ------------------------------------------------------------------------------------


def texts(count: int) -> Iterator[str]:
    """So many responses of about 20 kB; some are near-copies of the one before."""
    draw = np.random.default_rng(0)
    pieces = real_paragraphs() if REAL.exists() else [paragraph(draw) for _ in range(PARAGRAPHS)]
    enough = int(1.5 * TRACE_BYTES / (sum(map(len, pieces)) / len(pieces))) + 8
    last = ""
    for number in range(count):
        if number % COPIES == 1:
            last = replaced(last, draw)
        else:
            chosen = draw.integers(0, len(pieces), enough)
            last = "".join(pieces[place] for place in chosen)[:TRACE_BYTES]
        yield last


def replaced(text: str, draw: np.random.Generator) -> str:
    """The text with some of its words replaced."""
    words = text.split(" ")
    for place in np.flatnonzero(draw.random(len(words)) < REPLACED):
        words[place] = f"w{draw.integers(10**6)}"
    return " ".join(words)


# --- signatures -----------------------------------------------------------------------------------


def compare(traces: int, sample: int, repeats: int) -> None:
    """Print what signatures cost with each tool."""
    some = list(texts(traces))
    few = some[:sample]
    lines: list[tuple[str, list[str], Callable[[list[str]], object]]] = [
        ("curate", some, ours),
        ("datatrove", few, datatrove()),
        ("rensa, shingles in Python", few, rensa),
        ("datasketch, shingles in Python", few, datasketch),
    ]
    print(f"signatures of texts of {TRACE_BYTES:,} bytes, one core\n")
    print(f"{'':32} {'docs/s':>8} {'MB/s':>7} {'times datatrove':>16}")
    rates = {name: rate(function, given, repeats) for name, given, function in lines}
    for name, found in rates.items():
        ratio = found / rates["datatrove"]
        print(f"{name:32} {found:8,.0f} {found * TRACE_BYTES / 1e6:7.1f} {ratio:16.1f}")
    print()


def rate(function: Callable[[list[str]], object], given: list[str], repeats: int) -> float:
    """Texts per CPU second, in the best of the repeats."""
    best = float("inf")
    for _ in range(repeats + 1):
        start = time.process_time()
        function(given)
        best = min(best, time.process_time() - start)
    return len(given) / best


def ours(given: list[str]) -> object:
    from curate.dedup.minhash import word_signatures

    encoded = [text.encode() for text in given]
    starts = np.cumsum([0, *map(len, encoded)])
    return word_signatures(np.frombuffer(b"".join(encoded), np.uint8), starts, WORDS)


def datatrove() -> Callable[[list[str]], object]:
    from datatrove.data import Document
    from datatrove.pipeline.dedup import MinhashDedupSignature
    from datatrove.pipeline.dedup.minhash import MinhashConfig
    from datatrove.utils.logging import logger
    from xxhash import xxh64_intdigest

    logger.remove()

    def run(given: list[str]) -> None:
        config = MinhashConfig(n_grams=WORDS, num_buckets=14, hashes_per_bucket=8)
        with tempfile.TemporaryDirectory() as folder:
            step = MinhashDedupSignature(folder, config)
            # datatrove 0.10.1 gives xxhash text, which version 4 takes only encoded.
            step._hash_func = lambda text: xxh64_intdigest(text.encode())
            step.run(Document(text=text, id=str(place)) for place, text in enumerate(given))

    return run


def word_shingles(text: str) -> list[str]:
    """Word 5-grams as one makes them in Python."""
    words = text.lower().split()
    return [" ".join(words[place : place + WORDS]) for place in range(len(words) - WORDS + 1)]


def rensa(given: list[str]) -> object:
    from rensa import RMinHash

    found = []
    for text in given:
        signature = RMinHash(num_perm=SLOTS, seed=1)
        signature.update(word_shingles(text))
        found.append(signature.digest())
    return found


def datasketch(given: list[str]) -> object:
    from datasketch import MinHash

    found = []
    for text in given:
        signature = MinHash(num_perm=SLOTS)
        signature.update_batch([shingle.encode() for shingle in word_shingles(text)])
        found.append(signature.digest())
    return found


# --- whole runs -----------------------------------------------------------------------------------


def whole_run(traces: int, workers: int) -> None:
    """Print what `curate dedup` costs on a pool of so many traces, with and without `--verify`."""
    folder = Path(tempfile.mkdtemp())
    try:
        dump, pool = folder / "dump.jsonl", folder / "pool"
        size = write_dump(dump, traces)
        cost_of(["-m", "curate", "verify", str(dump), "-o", str(pool), "--json"])
        dump.unlink()
        print(f"`curate dedup`, {traces:,} traces, {size / 1e6:,.0f} MB, {workers} workers\n")
        print(f"{'':28} {'CPU s':>7} {'wall s':>7} {'docs/CPU s':>11} {'peak MiB, all':>14}")
        for name, options, groups in (
            ("first run", [], ()),
            ("again, signatures there", [], ("dedup",)),
            ("without true similarities", ["--no-verify"], ()),
        ):
            for group in groups:
                shutil.rmtree(pool / group)
            command = ["-m", "curate", "dedup", str(pool), "--workers", str(workers), *options]
            cost = cost_of([*command, "--json"], watched=True)
            found = orjson.loads(cost.output)
            print(
                f"{name:28} {cost.cpu_s:7.1f} {cost.wall_s:7.1f} {traces / cost.cpu_s:11,.0f} "
                f"{cost.tree_mib:14,.0f}   {sum(found['copies'].values()):,} copies",
                flush=True,
            )
    finally:
        shutil.rmtree(folder)


def write_dump(path: Path, traces: int) -> int:
    """Write the traces, each of a problem of its own; the size in bytes."""
    with path.open("wb") as file:
        for number, text in enumerate(texts(traces)):
            problem = f"Find the value of case {number}."
            record = {"problem": problem, "response": text, "reference": str(number)}
            file.write(orjson.dumps(record) + b"\n")
    return path.stat().st_size


if __name__ == "__main__":
    main()
