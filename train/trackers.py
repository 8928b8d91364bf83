"""Trackers: what is shown elsewhere, beside our own files and never instead of them."""

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from curate.errors import InputError


def missing_trackers(names: Sequence[str]) -> None:
    """Refuse a tracker that is not installed, before anything is trained."""
    from importlib.util import find_spec

    for name in names:
        if find_spec(name) is None:
            raise InputError(
                f"`report_to` names `{name}`, which is not installed",
                why="what it would show is in `train.jsonl` all the same",
                fix=f"run `pip install {name}`, or leave it out",
            )


@contextlib.contextmanager
def trackers(names: Sequence[str], folder: Path, project: str) -> Iterator[None]:
    """Trackers write into the folder of the run while the block lasts, if nothing else is said.

    A run that was killed goes on as the same run of W&B; of TensorBoard in one more file.
    """
    folder = folder.resolve()
    wanted = {
        "TENSORBOARD_LOGGING_DIR": str(folder / "tensorboard"),
        "WANDB_DIR": str(folder),
        "WANDB_PROJECT": project,
        "WANDB_RUN_ID": folder.name,
        "WANDB_RESUME": "allow",
    }
    added = {name: value for name, value in wanted.items() if names and name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)
