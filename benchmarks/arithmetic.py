"""What the check of arithmetic finds in real traces, beside what people marked, and how fast it is.

    python benchmarks/arithmetic.py [FOLDER] [--sample N --seed S]

FOLDER holds the real data (`../shared/data` where it is not named). With `--sample` it prints
that many of the equations it calls wrong in traces with correct answers, at most one from a trace,
to be read by a person: precision cannot be computed, it has to be read.
"""

import argparse
import gzip
import json
import random
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from curate.quality.arithmetic import Truth, check_arithmetic, equations

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data"
MATH = (
    "sol_gsm8k_gpt3",
    "sol_math500_aime24_longcot_example",
    "longcot_math_skythought",
    "longcot_math_and_misc",
    "human_bigbench_mistake",
)
LONG = (
    "longcot_math_skythought",
    "longcot_math_and_misc",
    "longcot_misguided_attention",
    "longcot_reasoning_gym_long_outputs",
    "longcot_lineage",
)


def rows(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def wilson(hits: int, total: int) -> str:
    """The share in percent, with its 95 % Wilson interval."""
    if not total:
        return "-"
    z, share = 1.96, hits / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z * ((share * (1 - share) + z * z / (4 * total)) / total) ** 0.5 / (1 + z * z / total)
    return f"{100 * share:.2f} % [{100 * (middle - half):.2f}, {100 * (middle + half):.2f}]"


def counts(folder: Path) -> None:
    print("file, label: traces, checked, right, wrong, wrong of checked, traces with a wrong one")
    for name in MATH:
        tally: dict[Any, list[int]] = defaultdict(lambda: [0] * 4)
        for row in rows(folder, name):
            found = check_arithmetic(row["response"])
            for n, more in enumerate((1, found.checked, found.wrong, found.wrong > 0)):
                tally[row["label"]][n] += more
        for label, (traces, checked, wrong, hit) in tally.items():
            print(
                f"{name}, {label}: {traces:,}, {checked:,}, {checked - wrong:,}, {wrong:,}, "
                f"{wilson(wrong, checked)}, {wilson(hit, traces)}"
            )


def within_problem_auc(folder: Path, name: str) -> None:
    """How well `wrong > 0` tells wrong solutions from right ones of the same problem."""
    groups: dict[str, dict[bool, list[bool]]] = defaultdict(lambda: {True: [], False: []})
    for row in rows(folder, name):
        if row["label"] is not None:
            found = check_arithmetic(row["response"]).wrong > 0
            groups[row["problem"]][row["label"]].append(found)
    wins = pairs = 0.0
    for group in groups.values():
        for bad in group[False]:
            for good in group[True]:
                wins += 1.0 if bad > good else 0.5 if bad == good else 0.0
                pairs += 1
    print(f"{name}: AUC of wrong > 0 within a problem {wins / pairs:.4f} over {pairs:,.0f} pairs")


def against_people(folder: Path) -> None:
    """Whether the first wrong equation stands in the step that people marked as the first wrong."""
    marked = found = same = earlier = clean = alarms = 0
    for row in rows(folder, "human_bigbench_mistake"):
        if not row["source"].endswith("multistep_arithmetic"):
            continue
        first = check_arithmetic(row["response"]).first_wrong_start
        if row["human_first_error_step"] is None:
            clean += 1
            alarms += first is not None
            continue
        marked += 1
        if first is not None:
            step = row["response"].count("\nStep ", 0, first)
            found += 1
            same += step == row["human_first_error_step"]
            earlier += step < row["human_first_error_step"]
    print(f"BIG-Bench Mistake, arithmetic: an error found in {wilson(found, marked)} of {marked}")
    print(f"  in the step that people marked: {wilson(same, found)}; in an earlier one: {earlier}")
    print(f"  an error found where people marked none: {alarms} of {clean}")


def speed(folder: Path) -> None:
    total_bytes = total_s = 0.0
    for name in LONG:
        texts = [row["response"] for row in rows(folder, name)]
        size = sum(len(text.encode()) for text in texts)
        start = time.process_time()
        for text in texts:
            check_arithmetic(text)
        spent = time.process_time() - start
        density = 1_000 * sum(text.count("=") for text in texts) / size
        print(f"{name}: {density:.2f} `=` a kilobyte, {size / spent / 1e6:.1f} MB a CPU second")
        total_bytes, total_s = total_bytes + size, total_s + spent
    print(f"all of these: {total_bytes / total_s / 1e6:.1f} MB a CPU second")


def sample(folder: Path, size: int, seed: int) -> None:
    found = []
    for name in MATH:
        for number, row in enumerate(rows(folder, name)):
            if row["label"]:
                text = row["response"]
                wrong = [e for e in equations(text) if e.verdict is Truth.WRONG]
                if wrong:
                    found.append((name, number, text, wrong[0]))
    for name, number, text, e in random.Random(seed).sample(found, min(size, len(found))):
        before, after = text[max(0, e.start - 80) : e.start], text[e.end : e.end + 60]
        print(f"{name} {number}: {before}【{text[e.start : e.end]}】{after}".replace("\n", "⏎"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER)
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if not options.folder.is_dir():
        raise SystemExit(f"there is no folder {options.folder}: name the one with the real data")
    if options.sample:
        return sample(options.folder, options.sample, options.seed)
    counts(options.folder)
    within_problem_auc(options.folder, "sol_gsm8k_gpt3")
    within_problem_auc(options.folder, "sol_math500_aime24_longcot_example")
    against_people(options.folder)
    speed(options.folder)
    return None


if __name__ == "__main__":
    main()
