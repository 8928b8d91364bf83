"""What a user names: files, globs, folders, `datasets` folders on disk, names on the Hub."""

import glob
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from curate.errors import InputError

FORMATS = {
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json", ".parquet": "parquet", ".pq": "parquet",
    ".arrow": "arrow", ".feather": "arrow", ".ipc": "arrow", ".csv": "csv", ".tsv": "tsv",
}  # fmt: skip
COMPRESSIONS = {".gz": "gz", ".zst": "zst", ".zstd": "zst"}
_HUB = re.compile(r"[\w.-]+/[\w.-]+(?:@[\w.-]+)?(?::[\w.-]+)?")


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
    elif _HUB.fullmatch(name):
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
    kind, compression = kind_of(path)
    if forced in FORMATS.values():
        kind = forced
    if kind is None:
        kind, compression = _sniffed(path)
    if kind is None:
        raise InputError(
            f"`{path.as_posix()}` has no format that curate knows",
            why=f"it does not end in {', '.join(FORMATS)}, and its first bytes tell nothing",
            fix="pass `--format jsonl` (or json, csv, parquet, arrow)",
        )
    return File(path.as_posix(), str(path), kind, compression)


def _sniffed(path: Path) -> tuple[str | None, str | None]:
    """Format and compression by the first bytes."""
    with path.open("rb") as file:
        head = file.read(16)
    if head.startswith(b"\x1f\x8b"):
        return "jsonl", "gz"
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        return "jsonl", "zst"
    if head.startswith(b"PAR1"):
        return "parquet", None
    if head.startswith((b"ARROW1", b"\xff\xff\xff\xff")):
        return "arrow", None
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    return {b"{": "jsonl", b"[": "json"}.get(text[:1]), None
