"""What a user names: files, globs, folders, `datasets` folders on disk, names on the Hub."""

import glob
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from curate.errors import InputError
from curate.formats.shapes import SHAPES
from curate.formats.streams import DamagedStream, compression_of, open_stream

FORMATS = {
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json", ".parquet": "parquet", ".pq": "parquet",
    ".arrow": "arrow", ".feather": "arrow", ".ipc": "arrow", ".csv": "csv", ".tsv": "tsv",
}  # fmt: skip
_TABLES = ("parquet", "arrow")
_NAMES = tuple(dict.fromkeys(FORMATS.values()))
COMPRESSIONS = {".gz": "gz", ".zst": "zst", ".zstd": "zst"}
_HUB = re.compile(r"[\w.-]+/[\w.-]+(?:@[\w.-]+)?(?::[\w.-]+)?(?:#\d+)?")


@dataclass(frozen=True, slots=True)
class File:
    """One file to read."""

    name: str
    path: str
    format: str
    compression: str | None


def find_files(inputs: Sequence[str], forced: str | None) -> list[File]:
    """The files of all inputs, each once, in the order named and sorted within a folder.

    Raises:
        InputError: an input is not there or holds nothing to read.
    """
    if forced is not None and forced not in (*_NAMES, *SHAPES):
        raise InputError(
            f"`{forced}` is no format that curate knows",
            why=f"files are {', '.join(_NAMES)}; shapes are {', '.join(SHAPES)}",
            fix="name one of these, or leave `--format` out",
        )
    found: dict[str, File] = {}
    for name in inputs:
        files = list(_files_of(name, forced))
        if not files:
            raise InputError(
                f"`{name}` holds nothing to read",
                why=f"no file in it ends in {', '.join(FORMATS)}, compressed or not",
                fix="name the files themselves, with `--format` for their format",
            )
        for file in files:
            found.setdefault(str(Path(file.path).resolve()), file)
    return list(found.values())


def _files_of(name: str, forced: str | None) -> Iterator[File]:
    path = Path(name)
    if path.is_file():
        yield _file(path, forced)
    elif path.is_dir():
        yield from _folder(path, forced)
    elif glob.has_magic(name):
        for match in sorted(glob.glob(name, recursive=True)):  # noqa: PTH207  `**` and absolute names alike
            yield from _files_of(match, forced)
    elif _HUB.fullmatch(name) and not kind_of(path)[0] and not path.parent.is_dir():
        from curate.formats.hub import hub_files

        yield from hub_files(name)
    else:
        raise InputError(
            f"`{name}` is not there",
            why="it is no file, folder or glob here, and no name on the Hub either",
            fix="check the spelling; a Hub name looks like `organization/dataset`",
        )


def _folder(path: Path, forced: str | None) -> Iterator[File]:
    """The readable files below a folder; of a `datasets` folder, the shards of its state."""
    if (path / "state.json").is_file():
        shards = json.loads((path / "state.json").read_text(encoding="utf-8"))["_data_files"]
        for shard in shards:
            file = path / shard["filename"]
            yield File(file.as_posix(), str(file), "arrow", None)
        return
    for below in sorted(path.iterdir()):
        if below.name.startswith("."):
            continue
        if below.is_dir():
            if below.resolve() not in path.resolve().parents:  # a link that leads back up
                yield from _folder(below, forced)
        elif below.name not in ("dataset_info.json", "dataset_dict.json") and kind_of(below)[0]:
            yield _file(below, forced)


def kind_of(path: Path) -> tuple[str | None, str | None]:
    """Format and compression by the endings of a name."""
    suffixes = [suffix.lower() for suffix in path.suffixes[-2:]]
    compression = COMPRESSIONS.get(suffixes[-1]) if suffixes else None
    if compression:
        suffixes.pop()
    return (FORMATS.get(suffixes[-1]) if suffixes else None), compression


def _file(path: Path, forced: str | None) -> File:
    kind, named = kind_of(path)
    try:
        compression = compression_of(path) or named
        if forced in FORMATS.values():
            kind = forced
        kind = kind or _sniffed(path, compression)
    except OSError as failure:
        raise unreadable(path, failure) from failure
    if kind is None or (compression and kind in _TABLES):
        raise InputError(
            f"`{path.as_posix()}` has no format that curate knows",
            why=f"{kind} inside {compression} is not read"
            if kind
            else f"it does not end in {', '.join(FORMATS)}, and its first bytes tell nothing",
            fix="decompress it" if kind else f"pass `--format` with {', '.join(_NAMES)}",
        )
    return File(path.as_posix(), str(path), kind, compression)


def unreadable(path: Path, failure: OSError) -> InputError:
    """What to tell of a file that the system does not let us read."""
    return InputError(
        f"`{path.as_posix()}` cannot be read",
        why=failure.strerror or str(failure),
        fix="check its permissions, or leave it out",
    )


def _sniffed(path: Path, compression: str | None) -> str | None:
    """Format by the first bytes."""
    with open_stream(str(path), compression) as stream:
        try:
            head = stream.peek(16)
        except DamagedStream:
            return None
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith((b"ARROW1", b"\xff\xff\xff\xff")):
        return "arrow"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return {b"{": "jsonl", b"[": "json"}.get(text[:1])
