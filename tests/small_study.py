"""A small study, made on the spot: two arms, a tiny random base, a suite of sums."""

import json
import random
from pathlib import Path

from tests.tiny_lm import save_tiny_model

STUDY = """\
name = "sums"
[arms]
right = "arms/right"
wrong = "arms/wrong"
[bases]
tiny = "base"
[seeds]
order = [0, 1]
[schedule]
learning_rate = 1e-3
batch = 4
micro_batch = 4
steps = 6
precision = "fp32"
max_length = 200
checkpoints = [2, 4, 1.0]
[suites.sums]
path = "sums.jsonl"
domain = "id"
scorer = "exact"
samples = 2
temperature = 1.0
max_tokens = 6
[evaluate]
batch_size = 8
[launch]
device = "cpu"
"""


def write_arm(folder: Path, seed: int, *, off: int) -> None:
    """Sixteen sums whose answers are off by so much."""
    draw = random.Random(seed)
    folder.mkdir(parents=True)
    with (folder / "rows.jsonl").open("w") as file:
        for _ in range(16):
            left, right = draw.randrange(10), draw.randrange(10)
            row = {"prompt": f"{left}+{right}=", "completion": f"{left + right + off}"}
            file.write(json.dumps(row) + "\n")


def write_suite(path: Path, items: int = 6) -> None:
    """Sums to be answered."""
    with path.open("w") as file:
        for number in range(items):
            row = {"id": f"s{number}", "problem": f"{number}+1=", "reference": f"{number + 1}"}
            file.write(json.dumps(row) + "\n")


def small_study(folder: Path, text: str = STUDY) -> Path:
    """The file of the study, with everything beside it that it names."""
    write_arm(folder / "arms/right", 0, off=0)
    write_arm(folder / "arms/wrong", 0, off=1)
    write_suite(folder / "sums.jsonl")
    save_tiny_model(folder / "base")
    (folder / "STUDY.toml").write_text(text)
    return folder / "STUDY.toml"
