"""A stage: what makes one column group of a pool, and the keys that tell what is still to do."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

import xxhash


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One column group: its name, the version of the code and the config that make it."""

    name: str
    version: int
    """Goes up whenever the same inputs would give other columns."""
    config: Mapping[str, object]
    """Plain values that JSON can hold."""

    def key(self, inputs: Sequence[str]) -> str:
        """Hash of all that the output depends on; `inputs` are content hashes of what is read."""
        return digest([self.name, self.version, self.config, list(inputs)])


def digest(value: object) -> str:
    """32 hex digits for a plain value, the same everywhere."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True)
    return str(xxhash.xxh3_128_hexdigest(text.encode()))


@cache
def code_hash(package: str) -> str:
    """Hash of the Python files of a package, so that a change of its rules is seen."""
    return digest(sorted(python_files(resources.files(package))))


def python_files(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, str]]:
    """(Name, text) of the Python files in a folder and below."""
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from python_files(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".py"):
            yield f"{prefix}{entry.name}", entry.read_text("utf-8")
