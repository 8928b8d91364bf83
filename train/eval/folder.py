"""What a model folder holds, as a hash: its weights, its tokenizer and their settings."""

from collections.abc import Iterable
from pathlib import Path

import xxhash

from curate.errors import InputError
from curate.train.eval.suite import Suite

CHUNK_BYTES = 2**22
STATE = frozenset({"trainer_state.json", "training_args.bin", "optimizer.pt", "scheduler.pt",
                   "manifest.json"})  # fmt: skip
"""Of the training, and no matter to what the model says."""
ENDINGS = frozenset({".safetensors", ".bin", ".json", ".jinja", ".txt", ".model"})


def folder_hash(folder: Path) -> str:
    """A hash of the names and contents of the files that make the model, 32 hex digits.

    Raises:
        InputError: there is no such folder.
    """
    if not folder.is_dir():
        raise InputError(
            f"`{folder}` is no folder of a model",
            why="there is no such folder",
            fix="give a folder with weights and a tokenizer, as `save_pretrained` writes it",
        )
    return files_hash(
        path
        for path in folder.iterdir()
        if path.is_file() and path.suffix in ENDINGS and path.name not in STATE
    )


def tasks_hash(suite: Suite) -> str | None:
    """A hash of the task files of a suite of lm-eval; None of any other, whose items are known."""
    if suite.lmeval is None or suite.path is None:
        return None
    return files_hash(path for path in Path(suite.path).rglob("*") if path.is_file())


def files_hash(paths: Iterable[Path]) -> str:
    """A hash of the names and contents of files, 32 hex digits."""
    digest = xxhash.xxh3_128()
    for path in sorted(paths):
        digest.update(f"{path.name}\0{path.stat().st_size}\0".encode())
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                digest.update(chunk)
    return str(digest.hexdigest())
