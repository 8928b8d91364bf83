"""What the verifier returns: the final answer it found and the verdict it came to."""

from dataclasses import dataclass

from curate.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A verdict with the rung that came to it and the reason."""

    verdict: Verdict
    method: str
    """The rung of the ladder, with every tolerance that was used."""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """The final answer of a response, with its place; no answer is `None`."""

    answer: str | None
    start: int | None = None
    """First character of the answer in the response, counted from 0."""
    end: int | None = None
    """One past its last character."""
    rule: str = "none"
    """What marked the answer: `box`, `answer tag`, `####`, `phrase`, `choice`, `whole`, …"""
    thinking: str = "none"
    """`closed`, `unclosed` (cut off while thinking) or `none`."""
    thinking_start: int | None = None
    thinking_end: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The whole finding on one response; the columns of the `verify` group, for one row."""

    verdict: Verdict
    answer: str | None
    answer_start: int | None
    answer_end: int | None
    reference_kind: str
    method: str
    """Extraction rule and rung of comparison, as `box/exact`."""
    reason: str
