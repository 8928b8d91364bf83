"""Progress: a bar on a terminal, a line every ten seconds elsewhere, nothing for short work."""

import io

from curate.progress import LINE_EVERY_S, LinePhase, Progress, time_text


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_short_work_says_nothing_in_a_log() -> None:
    stream = io.StringIO()
    with Progress(stream).phase("reading", 100) as phase:
        phase.advance(100, rows=3)
    assert stream.getvalue() == ""


def test_a_log_gets_a_line_when_ten_seconds_have_passed() -> None:
    stream = io.StringIO()
    phase = LinePhase(stream, "reading", 2_000_000, "bytes")
    phase._last -= LINE_EVERY_S
    phase.advance(1_000_000, rows=5)
    phase.advance(1_000_000, rows=5)
    assert stream.getvalue().count("\n") == 1
    assert stream.getvalue().startswith("reading: 1.0 MB of 2.0 MB, ")


def test_a_line_has_the_rate_and_the_time_left() -> None:
    phase = LinePhase(io.StringIO(), "reading", 30_000_000, "bytes")
    phase.advance(10_000_000, rows=500)
    assert phase.line(10.0) == "reading: 10.0 MB of 30.0 MB, 1.0 MB/s, 50 rows/s, 0:20 left"
    phase = LinePhase(io.StringIO(), "comparing", 4, "parts")
    phase.advance(1)
    assert phase.line(2.0) == "comparing: 1 parts of 4 parts, 0 parts/s, 0:06 left"


def test_a_terminal_gets_a_bar_that_goes_away() -> None:
    stream = Terminal()
    with Progress(stream).phase("reading", 100) as phase:
        phase.advance(50, rows=2)
    assert "reading" in stream.getvalue()
    assert "\x1b[2K" in stream.getvalue()


def test_work_without_length_shows_no_bar() -> None:
    stream = Terminal()
    with Progress(stream).phase("reading", 0) as phase:
        phase.advance(0)
    assert stream.getvalue() == ""


def test_hours_are_shown_when_there_are_any() -> None:
    assert (time_text(59), time_text(61), time_text(3661)) == ("0:59", "1:01", "1:01:01")
