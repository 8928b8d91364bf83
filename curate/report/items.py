"""One trace as the page shows it: its texts with their evidence, and what is known of it."""

from collections.abc import Iterator, Mapping
from typing import Any

from curate.report.evidence import PROBLEM_CHARS, Span, pieces
from curate.report.markup import visible
from curate.report.words import end_of, line, number
from curate.show import why

TEXT_CHARS = 600
"""Of an answer, a reference or a reason."""
READ = frozenset(
    {
        *("id", "source", "row", "rollout", "problem", "response", "reference", "verdict"),
        *("answer", "answer_start", "answer_end", "method"),
        *("reason", "reference_kind", "rollouts", "pass_rate", "majority_answer"),
        *("reference_suspect", "judge_verdict", "tokens", "cut_off", "loops", "loop_share"),
        *("wrong_start", "wrong_end", "script_spans", "quality", "grade", "quality_why"),
        *("duplicate_cluster", "duplicate_of", "duplicate_level", "duplicate_evidence"),
        *("similarity", "contaminated", "contamination_item", "contamination_rule"),
        *("contamination_part", "contamination_score", "contamination_start"),
        *("contamination_end", "contamination_span"),
    }
)
"""Columns of a trace that the page shows something of."""


def item_of(trace: Mapping[str, Any]) -> dict[str, Any]:
    """What the page keeps of a trace."""
    return {
        "id": trace["id"],
        "title": f"{end_of(trace['source'])}, row {trace['row']}, rollout {trace['rollout']}",
        "verdict": trace["verdict"],
        "why": visible(line(why(dict(trace)), TEXT_CHARS)),
        "answer": text_of(trace["answer"]),
        "reference": text_of(trace["reference"]),
        "facts": [[name, visible(line(text, TEXT_CHARS))] for name, text in facts(trace)],
        "problem": pieces(trace["problem"], problem_spans(trace), head=PROBLEM_CHARS),
        "response": pieces(trace["response"], response_spans(trace)),
        "chars": len(trace["response"]),
    }


def text_of(value: str | None) -> str | None:
    """A short text of a trace as the page shows it."""
    return None if value is None else visible(line(value, TEXT_CHARS))


def facts(trace: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(name, value) of what is known of a trace, beside its texts."""
    if (rate := trace.get("pass_rate")) is not None:
        yield "rollouts", f"{trace['rollouts']} of this problem, pass rate {100 * rate:.0f} %"
    if trace.get("tokens") is not None:
        yield "length", f"{trace['tokens']:,} tokens"
    if trace.get("cut_off"):
        yield "cut off", trace["cut_off"]
    if trace.get("loop_share"):
        yield "in loops", f"{100 * trace['loop_share']:.0f} % of the characters"
    if trace.get("quality") is not None:
        yield "quality", f"{number(trace['quality'])}, grade {trace.get('grade') or '–'}"
    if trace.get("quality_why"):
        yield "because", trace["quality_why"]
    if trace.get("reference_suspect"):
        yield "suspect reference", trace["reference_suspect"]
    if trace.get("judge_verdict"):
        yield "judge", trace["judge_verdict"]
    if trace.get("duplicate_of"):
        similarity = number(trace.get("similarity"))
        level = trace.get("duplicate_level") or "trace"
        yield "duplicate", f"of {trace['duplicate_of']} ({level}, similarity {similarity})"
    if trace.get("duplicate_evidence"):
        yield "evidence", trace["duplicate_evidence"]
    if trace.get("contaminated"):
        yield "contamination", contamination_words(trace)
    if trace.get("contamination_span"):
        yield "benchmark text", trace["contamination_span"]


def contamination_words(trace: Mapping[str, Any]) -> str:
    """What a trace shares text with, and how that was found."""
    item, part, rule, score = (
        trace.get(f"contamination_{name}") for name in ("item", "part", "rule", "score")
    )
    return f"{item} in the {part}, by {rule}, score {number(score)}"


def problem_spans(trace: Mapping[str, Any]) -> list[Span]:
    """The evidence in the problem."""
    if trace.get("contamination_part") != "problem":
        return []
    return single(trace, "contamination")


def response_spans(trace: Mapping[str, Any]) -> list[Span]:
    """The evidence in the response, all in characters of the whole of it."""
    found = [*single(trace, "answer"), *single(trace, "wrong")]
    if trace.get("contamination_part") in ("thinking", "answer"):
        found += single(trace, "contamination")
    for name, kind in (("loops", "loop"), ("script_spans", "script")):
        found += [
            Span(start=span["start"], end=span["end"], kind=kind) for span in trace.get(name) or ()
        ]
    return found


def single(trace: Mapping[str, Any], kind: str) -> list[Span]:
    """The one span of a kind, where there is one."""
    start, end = trace.get(f"{kind}_start"), trace.get(f"{kind}_end")
    if start is None or end is None:
        return []
    return [Span(start=start, end=end, kind=kind)]
