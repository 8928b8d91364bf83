"""A small verified pool, made once for all tests that look into one."""

from pathlib import Path

import orjson
import pytest

from curate.pool import Pool
from curate.verify_dumps import verify_dumps

ROWS: list[dict[str, object]] = [
    {
        "id": "first",
        "problem": "What is 1/4 + 1/4?",
        "gold": "\\frac{1}{2}",
        "response": "<think>\nMaybe \\boxed{3}? No.\n</think>\n\nIt is \\boxed{\\dfrac{1}{2}}.",
        "tags": ["sum", {"level": 1}],
        "score": 1,
    },
    {
        "id": "second",
        "problem": "What is 1/4 + 1/4?",
        "gold": "\\frac{1}{2}",
        "response": "<think>\nEasy.\n</think>\n\nIt is \\boxed{\\frac{1}{3}}.",
        "tags": [],
        "score": 0,
    },
    {
        "id": "third",
        "problem": "What is 2 + 3?",
        "gold": None,
        "response": "<think>\nEasy.\n</think>\n\nIt is \\boxed{5}.",
        "tags": None,
        "score": None,
    },
    {
        "id": "fourth",
        "problem": "What is 2 + 4?",
        "gold": "6",
        "response": "<think>\nLet me think about it for",
        "tags": ["sum"],
        "score": 0,
    },
]


@pytest.fixture(scope="session")
def small_pool(tmp_path_factory: pytest.TempPathFactory) -> Pool:
    """The verified pool of `ROWS` and one broken line."""
    folder = tmp_path_factory.mktemp("small")
    dump = folder / "dump.jsonl"
    dump.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in ROWS) + b'{"problem": \n')
    return verify_dumps([str(dump)], folder / "pool", workers=1)


def only_part(pool: Pool) -> Path:
    """The one file of traces."""
    (name,) = pool.part_names()
    return pool.path / "traces" / name
