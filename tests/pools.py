"""Pools made from small made-up dumps, and what is in them, for the tests of the pool."""

import json
import random
from pathlib import Path

from curate.engine import LocalEngine
from curate.formats import ReadOptions
from curate.ingest import ingest
from curate.pool import Pool
from curate.progress import Progress
from curate.verify import Policy
from curate.verify_pool import verify_pool

GROUPS = ("traces", "extract", "verify", "rollouts")
PART_BYTES = 4000
POLICY = Policy()


def write_dump(path: Path, *, problems: int = 10, seed: int = 0, broken: bool = True) -> Path:
    """A dump of four responses a problem, some wrong, some without an answer, one line broken."""
    draw = random.Random(seed)
    lines = []
    for number in range(problems):
        first, second = draw.randrange(100), draw.randrange(100)
        for _ in range(4):
            found = first + second + draw.choice((0, 0, 0, 1))
            end = draw.choice((f"\\boxed{{{found}}}", f"The answer is {found}.", None))
            thinking = f"<think>\n{'Well. ' * draw.randrange(40)}"
            lines.append(
                json.dumps(
                    {
                        "problem": f"What is {first} + {second}?",
                        "gold": str(first + second),
                        "response": f"{thinking}\n</think>\n\n{end}" if end else thinking,
                        "number": number,
                    }
                )
            )
    if broken:
        lines.insert(7, '{"problem": "What')
    path.write_text("\n".join(lines) + "\n")
    return path


def build(
    path: Path,
    *inputs: Path,
    engine: LocalEngine | None = None,
    policy: Policy = POLICY,
    part_bytes: int = PART_BYTES,
) -> Pool:
    """The verified pool of the inputs, brought up to date."""
    engine = engine or LocalEngine(1)
    pool = Pool.open(path) if Pool.is_pool(path) else Pool.create(path)
    names = [str(name) for name in inputs]
    ingest(names, pool, ReadOptions(part_bytes=part_bytes), engine, Progress())
    verify_pool(pool, policy, engine, Progress(), 5.0)
    return pool


def tree(path: Path) -> dict[str, bytes]:
    """Every file below a folder, with what is in it."""
    return {
        file.relative_to(path).as_posix(): file.read_bytes()
        for file in sorted(path.rglob("*"))
        if file.is_file()
    }


def versions(path: Path) -> dict[str, int]:
    """Every file below a folder, with a number that changes when it is written again."""
    return {
        file.relative_to(path).as_posix(): file.stat().st_ino
        for file in sorted(path.rglob("*"))
        if file.is_file()
    }
