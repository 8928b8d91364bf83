"""Datasets by their name on the Hub, through the `datasets` package."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from curate.errors import InputError, MissingExtra

if TYPE_CHECKING:
    from curate.formats.files import File


def hub_files(name: str) -> Iterator["File"]:
    """The Arrow files that `datasets` made of `organization/dataset[@config][:split]`.

    A local folder that `load_dataset` reads works as well.

    Raises:
        MissingExtra: `datasets` is not installed.
        InputError: the Hub does not have it, or cannot be reached.
    """
    from curate.formats.files import File

    try:
        from datasets import load_dataset
    except ImportError as failure:
        raise MissingExtra(
            "datasets", extra="datasets", needed_for="reading from the Hub"
        ) from failure
    rest, _, split = name.partition(":")
    path, _, config = rest.partition("@")
    try:
        loaded = load_dataset(path, config or None)
    except (OSError, ValueError) as failure:
        raise InputError(
            f"`{name}` cannot be loaded",
            why=" ".join(str(failure).split())[:200],
            fix="check the name and the network, or download it and name the folder",
        ) from failure
    wanted = [split] if split else sorted(loaded)
    for part in wanted:
        if part not in loaded:
            raise InputError(
                f"`{path}` has no split `{part}`",
                why=f"its splits are {', '.join(sorted(loaded))}",
                fix=f"name one of them: `{path}:{sorted(loaded)[0]}`",
            )
        for number, cached in enumerate(loaded[part].cache_files):
            file = Path(cached["filename"])
            yield File(f"{rest}/{part}/{number:05d}", str(file), "arrow", None)
