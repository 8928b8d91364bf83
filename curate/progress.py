"""How far the work is: a bar on a terminal, else a line every ten seconds, always on stderr."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

LINE_EVERY_S = 10.0


class Phase(Protocol):
    """One piece of work under way."""

    def advance(self, amount: int, rows: int = 0) -> None:
        """So much of the total is done, with so many rows."""


class Progress:
    """Shows phases of work one after the other."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    @contextmanager
    def phase(self, title: str, total: int, unit: str = "bytes") -> Iterator[Phase]:
        """Show a piece of work of known length, in bytes or in things, until the block ends."""
        stream = self._stream or sys.stderr
        if total == 0 or not stream.isatty():
            yield LinePhase(stream, title, total, unit)
            return
        with bar(stream, unit) as shown:
            yield BarPhase(shown, shown.add_task(title, total=total, note=""))


def bar(stream: TextIO, unit: str) -> "Bar":
    """The bar of one phase, with its rate and the time left."""
    from rich import progress
    from rich.console import Console

    size = (progress.DownloadColumn(), progress.TransferSpeedColumn())
    count = (progress.MofNCompleteColumn(), progress.TextColumn(unit))
    return progress.Progress(
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        *(size if unit == "bytes" else count),
        progress.TextColumn("{task.fields[note]}"),
        progress.TimeRemainingColumn(),
        console=Console(file=stream),
        transient=True,
    )


class BarPhase:
    """A phase on a terminal."""

    def __init__(self, shown: "Bar", task: "TaskID") -> None:
        self._shown, self._task = shown, task
        self._start, self._rows = time.monotonic(), 0

    def advance(self, amount: int, rows: int = 0) -> None:
        """Move the bar."""
        self._rows += rows
        passed = time.monotonic() - self._start
        note = f"{self._rows / max(passed, 1e-9):,.0f} rows/s" if self._rows else ""
        self._shown.update(self._task, advance=amount, note=note)


class LinePhase:
    """A phase in a log."""

    def __init__(self, stream: TextIO, title: str, total: int, unit: str) -> None:
        self._stream, self._title, self._total, self._unit = stream, title, total, unit
        self._start = self._last = time.monotonic()
        self._done = self._rows = 0

    def advance(self, amount: int, rows: int = 0) -> None:
        """Write a line, if the last one is ten seconds old."""
        self._done += amount
        self._rows += rows
        now = time.monotonic()
        if now - self._last >= LINE_EVERY_S:
            self._last = now
            self._stream.write(f"{self.line(now - self._start)}\n")
            self._stream.flush()

    def line(self, passed_s: float) -> str:
        """The state after so many seconds: done, rate and time left."""
        rate = self._done / passed_s
        left_s = max(0, self._total - self._done) / max(rate, 1e-9)
        rows = f", {self._rows / passed_s:,.0f} rows/s" if self._rows else ""
        return (
            f"{self._title}: {amount_text(self._done, self._unit)} of "
            f"{amount_text(self._total, self._unit)}, {amount_text(rate, self._unit)}/s{rows}, "
            f"{time_text(left_s)} left"
        )


def amount_text(amount: float, unit: str) -> str:
    """Bytes as MB, other things as they are."""
    return f"{amount / 1e6:,.1f} MB" if unit == "bytes" else f"{amount:,.0f} {unit}"


def time_text(seconds: float) -> str:
    """`1:02:03`, or `2:03` under an hour."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
