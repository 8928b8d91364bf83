"""The ledger of a study: a line of JSON for everything that happened to a cell, only added to.

{"event":"started","cell":"3f…","at":"2026-11-25T04:00:00Z","step":0,"attempt":1}

Several processes may add to one ledger, each line under a lock of the file. A line that a kill cut
short is passed over, and never swallows the next.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

NAME = "ledger.jsonl"
Event = Literal["planned", "started", "trained", "evaluated", "done", "failed", "retired"]
EVENTS: tuple[Event, ...] = (
    "planned", "started", "trained", "evaluated", "done", "failed", "retired"
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the ledger says of one cell."""

    state: Event = "planned"
    """Its last event."""
    attempts: int = 0
    """How often it was started."""
    failures: int = 0
    reason: str | None = None
    """Why it failed last: memory, nan, killed or error, and the words."""
    note: Mapping[str, Any] | None = None
    """The last event, whole."""


def add(study: Path, event: Event, cell: str, **more: object) -> None:
    """Write one event, and wait until it is on the disk."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    entry = {"event": event, "cell": cell, "at": at, **more}
    line = json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    with (study / NAME).open("a+b") as file:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX)
        if not ends_whole(file.fileno()):
            line = b"\n" + line
        os.write(file.fileno(), line)
        os.fsync(file.fileno())


def ends_whole(descriptor: int) -> bool:
    """Whether the last line of a file is whole; of an empty file it is."""
    size = os.fstat(descriptor).st_size
    return size == 0 or os.pread(descriptor, 1, size - 1) == b"\n"


def events(study: Path) -> Iterator[dict[str, Any]]:
    """Every event that was written whole, in order; none where there is no ledger."""
    path = study / NAME
    for line in path.read_bytes().split(b"\n") if path.is_file() else ():
        try:
            found = json.loads(line)
        except ValueError:  # also bytes that are no text
            continue
        if isinstance(found, dict) and found.get("event") in EVENTS and "cell" in found:
            yield found


def standings(study: Path) -> dict[str, Standing]:
    """What the ledger says of every cell that it names."""
    found: dict[str, Standing] = {}
    for event in events(study):
        found[event["cell"]] = after(found.get(event["cell"], Standing()), event)
    return found


def after(before: Standing, event: Mapping[str, Any]) -> Standing:
    """What is known once one more event is read."""
    state: Event = event["event"]
    return Standing(
        state=state,
        attempts=before.attempts + (state == "started"),
        failures=before.failures + (state == "failed"),
        reason=event.get("reason") if state == "failed" else before.reason,
        note=event,
    )
