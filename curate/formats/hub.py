"""Datasets by their name on the Hub, through the `datasets` package."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.errors import InputError, MissingExtra

if TYPE_CHECKING:
    from curate.formats.files import File


def hub_files(name: str) -> Iterator["File"]:
    """The Arrow files that `datasets` made of `organization/dataset[@config][:split][#number]`.

    A local folder that `load_dataset` reads works as well. The name of each file, as an input,
    gives that file alone.

    Raises:
        MissingExtra: `datasets` is not installed.
        InputError: the Hub does not have it, or cannot be reached.
    """
    from curate.formats.files import File

    rest, _, number = name.partition("#")
    dataset, _, split = rest.partition(":")
    loaded = _loaded(dataset)
    if split and split not in loaded:
        raise InputError(
            f"`{dataset}` has no split `{split}`",
            why=f"its splits are {', '.join(sorted(loaded))}",
            fix=f"name one of them: `{dataset}:{min(loaded)}`",
        )
    for part in [split] if split else sorted(loaded):
        for place, cached in enumerate(loaded[part].cache_files):
            if number in ("", str(place)):
                file = str(Path(cached["filename"]))
                yield File(f"{dataset}:{part}#{place}", file, "arrow", None)


def _loaded(dataset: str) -> Any:
    """All splits of a dataset, in the cache of `datasets`."""
    try:
        from datasets import load_dataset
        from datasets.exceptions import DatasetsError
    except ImportError as failure:
        needed = "reading from the Hub"
        raise MissingExtra("datasets", extra="datasets", needed_for=needed) from failure
    path, _, config = dataset.partition("@")
    try:
        return load_dataset(path, config or None)
    except (OSError, ValueError, DatasetsError) as failure:
        raise InputError(
            f"`{dataset}` cannot be loaded",
            why=" ".join(str(failure).split())[:200],
            fix="check the name and the network, or download it and name the folder",
        ) from failure
