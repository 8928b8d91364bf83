"""Where the real data lies, for the tests that measure with it."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data"


def real_file(name: str) -> Path:
    """Path of one real data file; skips the test where the data is not there."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"the real data file {name} is not beside this checkout (../shared/data)")
    return path


def real_rows(name: str) -> Iterator[dict[str, Any]]:
    """Rows of one real data file, JSON lines, gzipped or not."""
    path = real_file(name)
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
