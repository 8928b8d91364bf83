"""Logs of Inspect as our tables, read without Inspect.

A log is a ZIP of JSON (`.eval`: `header.json` and `samples/{id}_epoch_{n}.json`, deflated or in
zstandard) or one JSON file with all of it (`.json`). Of every sample we take:

    {"id": 7, "epoch": 1, "scores": {"match": {"value": "C", "answer": "5"}}, "metadata": {…},
     "output": {"choices": [{"message": {"content": "…"}, "stop_reason": "stop"}],
                "usage": {"output_tokens": 812}}, "error": null}

A value `C` is 1, `P` a half, `I` and `N` (no answer) 0; a number in [0, 1] is itself. A sample that
ended in an error has no score. Samples that were written in chunks (a folder for each, for very
long ones) are refused.
"""

import io
import json
import math
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import zstandard

from curate.errors import InputError
from curate.train.eval.rows import RESPONSES, RESULTS, table_of

ZSTANDARD = 93
"""Number of the compression in a ZIP, which Python learns in 3.14."""
VALUES: Mapping[str, float] = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}
STOPS: Mapping[str, str] = {"max_tokens": "length", "model_length": "context"}


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectLog:
    """One log as tables."""

    task: str
    model: str
    status: str
    """`success`, `error`, `cancelled` or `started`."""
    results: pa.Table
    responses: pa.Table


def read_inspect(
    path: Path,
    *,
    domain: str,
    suite: str | None = None,
    range: str | None = None,
    scorer: str | None = None,
    cluster: str | None = None,
) -> InspectLog:
    """The log at a path. `suite` is the task's name unless it is given.

    `scorer` names one of several scorers, `cluster` a field of the samples' metadata.

    Raises:
        InputError: it is no log of Inspect, or has several scorers and none is named.
    """
    header, samples = header_and_samples(path)
    about = header.get("eval") or {}
    task = str(about.get("task", path.stem))
    own = {"suite": suite or task, "domain": domain, "range": range}
    rows = [own | row_of(sample, scorer, cluster, str(path)) for sample in samples]
    rows.sort(key=lambda row: row["sample"])  # samples keep the order of the log
    return InspectLog(
        task=task,
        model=str(about.get("model", "")),
        status=str(header.get("status", "")),
        results=table_of(rows, RESULTS),
        responses=table_of(rows, RESPONSES),
    )


def header_and_samples(path: Path) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
    """The header of a log and its samples.

    Raises:
        InputError: it is none.
    """
    try:
        if zipfile.is_zipfile(path):
            entries = dict(zip_entries(path))
            header = entries.pop("header.json", None) or entries.get("_journal/start.json")
            return need_log(header, path), samples_in(entries, path)
        content = json.loads(path.read_text("utf-8"))
        return need_log(content, path), list(content.get("samples") or [])
    except (OSError, ValueError, zipfile.BadZipFile, zstandard.ZstdError) as error:
        raise InputError(
            f"`{path}` is no log of Inspect", why=str(error), fix="name a `.eval` or `.json` log"
        ) from error


def need_log(header: object, path: Path) -> Mapping[str, Any]:
    """The header, when it is one of a log.

    Raises:
        InputError: it is not.
    """
    if isinstance(header, Mapping) and isinstance(header.get("eval"), Mapping):
        return header
    raise InputError(
        f"`{path}` is no log of Inspect",
        why="it does not say which evaluation it is of (`eval`)",
        fix="name a `.eval` or `.json` log",
    )


CHUNK = re.compile(r"^samples/.*_epoch_\d+/")
"""An entry of a sample in chunks; ids may hold a slash, as `HumanEval/0`."""


def samples_in(entries: Mapping[str, Any], path: Path) -> list[Mapping[str, Any]]:
    """The samples of a ZIP, in its order.

    Raises:
        InputError: some are in chunks.
    """
    chunked = [name for name in entries if CHUNK.search(name)]
    if chunked:
        raise InputError(
            f"`{path}` has samples in chunks",
            why=f"there is `{chunked[0]}`, a form for very long samples that is not read here",
            fix="convert it by `inspect log convert --to json`",
        )
    return [value for name, value in entries.items() if name.startswith("samples/")]


def zip_entries(path: Path) -> Iterator[tuple[str, Any]]:
    """The JSON of the entries of a ZIP that we read; of a name that comes twice the last counts."""
    with zipfile.ZipFile(path) as archive, path.open("rb") as file:
        wanted = ("header.json", "_journal/start.json", "samples/")
        for info in archive.infolist():
            if info.filename.startswith(wanted) and info.filename.endswith(".json"):
                yield info.filename, json.loads(entry_bytes(archive, file, info))


def entry_bytes(archive: zipfile.ZipFile, file: Any, info: zipfile.ZipInfo) -> bytes:  # noqa: ANN401
    """The content of an entry, in zstandard as well."""
    if info.compress_type != ZSTANDARD:
        return archive.read(info)
    file.seek(info.header_offset + 26)
    lengths = file.read(4)  # of the name and of the extra field, which stand before the content
    skip = int.from_bytes(lengths[:2], "little") + int.from_bytes(lengths[2:], "little")
    file.seek(info.header_offset + 30 + skip)
    packed = io.BytesIO(file.read(info.compress_size))
    with zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True) as reader:
        return reader.read(info.file_size)


def row_of(
    sample: Mapping[str, Any], scorer: str | None, cluster: str | None, place: str
) -> dict[str, Any]:
    """The row of one sample."""
    if sample.get("id") is None:
        raise InputError(
            f"a sample at {place} has no id",
            why="results are paired by the item's id",
            fix="give every sample of the task an `id`",
        )
    output = sample.get("output") or {}
    first = (output.get("choices") or [{}])[0]
    response, thought = response_of((first.get("message") or {}).get("content"))
    given = score_of(sample, scorer, place)
    score = None if sample.get("error") else value_of(given.get("value"))
    known = (sample.get("metadata") or {}).get(cluster) if cluster else None
    stop = first.get("stop_reason")
    parsed = given.get("value") != "N"
    verdict = ("correct" if score == 1 else "incorrect") if parsed else "unparsed"
    return {
        "item": str(sample["id"]),
        "cluster": str(sample["id"] if known is None else known),
        "sample": int(sample.get("epoch", 1)) - 1,
        "mode": "free",
        "score": score,
        "verdict": "error" if sample.get("error") else "unverifiable" if score is None else verdict,
        "answered": None if score is None else parsed,
        "truncated": None if stop is None else stop in STOPS,
        "used_thinking": thought,
        "stop_reason": STOPS.get(stop, stop) if stop else None,
        "n_tokens": (output.get("usage") or {}).get("output_tokens"),
        "response": response,
    }


def score_of(sample: Mapping[str, Any], scorer: str | None, place: str) -> Mapping[str, Any]:
    """The score of a sample by one scorer; empty where it was not scored.

    Raises:
        InputError: the scorer is not among those of the log, or none of several is named.
    """
    scores = sample.get("scores") or {}
    if not scores:
        return {}
    if scorer in scores or (scorer is None and len(scores) == 1):
        found: Mapping[str, Any] = scores[scorer] if scorer else next(iter(scores.values()))
        return found
    raise InputError(
        f"`{place}` has no scorer `{scorer}`" if scorer else f"`{place}` has several scorers",
        why=f"its scorers are {', '.join(scores)}",
        fix="name one of them as `scorer`",
    )


def value_of(value: object) -> float | None:
    """A value of Inspect as a score in [0, 1]; None where it is no such thing."""
    if isinstance(value, str):
        return VALUES.get(value)
    if isinstance(value, bool | int | float) and math.isfinite(value) and 0 <= value <= 1:
        return float(value)
    return None


def response_of(content: object) -> tuple[str | None, bool | None]:
    """The text of a message, with its reasoning in tags, and whether it has any."""
    if isinstance(content, str):
        return content, "<think>" in content
    if not isinstance(content, list):
        return None, None
    parts = [part for part in content if isinstance(part, Mapping)]
    text = "".join(
        f"<think>{part.get('reasoning') or part.get('summary') or ''}</think>"
        if part.get("type") == "reasoning"
        else str(part.get("text", ""))
        for part in parts
    )
    return text, any(part.get("type") == "reasoning" for part in parts)
