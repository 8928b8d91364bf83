r"""A look into a pool: one trace with the reason for its verdict, or an example of every kind.

trace 9f2c1a…, rollout 2 of row 17 of demo/dump.jsonl
…
response (2,431 characters)
  …
  **Final answer:** \boxed{⟦\dfrac{5}{6}⟧}

correct: …
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
import polars as pl

from curate.account import need_a_trace
from curate.account_text import aligned, percent
from curate.errors import InputError
from curate.export import groups_of, json_columns_of
from curate.pool import Pool
from curate.verdict import Verdict

HEAD_CHARS, AROUND_CHARS, TAIL_CHARS = 500, 200, 500
"""What is shown of a long response: its start, the text around the answer, its end."""
ID_CHARS = 8
WAYS_SHOWN = 4
CELL_CHARS = 24

EQUAL_BY = {
    "symbolic": "the same by computer algebra",
    "numeric": "the same value at every point that was tried",
    "exact": "the same number in exact arithmetic",
    "countdown": "it uses the numbers and reaches the target",
    "choice": "the same choice",
    "equation": "the same equation, up to a factor",
    "set": "the same values",
    "tuple": "the same, part by part",
    "matrix": "the same, entry by entry",
    "text": "the same words",
    "identical": "the same after normalization",
}
"""Why a correct answer is correct, by a word in the method that found it so."""

# Text from a trace must not steer the terminal: control and direction characters become visible.
CONTROLS = {code: 0x2400 + code for code in range(32) if chr(code) not in "\n\t"}
CONTROLS |= dict.fromkeys(range(0x7F, 0xA0), 0xFFFD)
CONTROLS |= dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)], 0xFFFD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What stands before and after an answer."""

    start: str
    end: str


PLAIN = Marks(start="⟦", end="⟧")
BOLD_UNDERLINED = Marks(start="\x1b[1;4m", end="\x1b[0m")


def marks(coloured: bool) -> Marks:
    """The marks for a terminal with colour, or for one without and for files."""
    return BOLD_UNDERLINED if coloured else PLAIN


def find_trace(pool: Pool, prefix: str) -> dict[str, Any]:
    """All columns of the one trace whose id begins with `prefix`.

    Raises:
        InputError: no trace does, or several different ones.
    """
    found = list(places(pool, prefix.lower()))
    ids = sorted({trace_id for _, _, trace_id in found})
    if not ids:
        raise InputError(
            f"no trace `{prefix}`",
            why=f"no id in `{pool.path}` begins with it",
            fix=f"take an id from `curate show {pool.path}`",
        )
    if len(ids) > 1:
        raise InputError(
            f"`{prefix}` is not one trace",
            why=f"{len(ids):,} ids begin with it: {', '.join(ids[:3])}{', …' * (len(ids) > 3)}",
            fix="give more of the id",
        )
    part, place, _ = found[0]
    trace = pool.read_part(part, groups_of(pool)).row(place, named=True)
    json_names = [name for name in json_columns_of(pool, part) if trace[name] is not None]
    return trace | {name: orjson.loads(trace[name]) for name in json_names}


def places(pool: Pool, prefix: str) -> Iterator[tuple[str, int, str]]:
    """(part, place in it, id) of every trace whose id begins with `prefix`."""
    for part in pool.part_names():
        ids = pool.read_part(part, ["traces"], ["id"]).with_row_index("place")
        for place, trace_id in ids.filter(pl.col("id").str.starts_with(prefix)).iter_rows():
            yield part, place, trace_id


def trace_text(trace: dict[str, Any], marks: Marks) -> str:
    """The trace for a reader, the middle of a long response left out."""
    spans = shown_spans(len(trace["response"]), trace["answer_start"], trace["answer_end"])
    return trace_sections(trace, marks, spans)


def full_trace_text(trace: dict[str, Any], marks: Marks) -> str:
    """The trace for a reader, with every character of the response."""
    return trace_sections(trace, marks, [(0, len(trace["response"]))])


def trace_sections(trace: dict[str, Any], marks: Marks, spans: list[tuple[int, int]]) -> str:
    """The trace for a reader, with these spans of its response."""
    shown = marked(
        safe(trace["response"]), spans, trace["answer_start"], trace["answer_end"], marks
    )
    origin = f"rollout {trace['rollout']} of row {trace['row']} of {safe(trace['source'])}"
    return "\n\n".join(
        [
            f"trace {trace['id']}, {origin}",
            section("problem", safe(trace["problem"])),
            section("reference", safe(trace["reference"] or "none")),
            section(f"response ({len(trace['response']):,} characters)", shown),
            verdict_text(trace),
        ]
    )


def shown_spans(length: int, start: int | None, end: int | None) -> list[tuple[int, int]]:
    """The parts of a response worth showing, apart and in order: start, answer, end."""
    wanted = [(0, HEAD_CHARS), (length - TAIL_CHARS, length)]
    if start is not None and end is not None:
        wanted.append((start - AROUND_CHARS, end + AROUND_CHARS))
    spans: list[tuple[int, int]] = []
    for low, high in sorted((max(0, low), min(length, high)) for low, high in wanted):
        # A gap shorter than the line that would tell of it is shown.
        if spans and low - spans[-1][1] < 80:
            spans[-1] = (spans[-1][0], max(spans[-1][1], high))
        else:
            spans.append((low, high))
    return spans


def marked(
    text: str, spans: list[tuple[int, int]], start: int | None, end: int | None, marks: Marks
) -> str:
    """The spans of the text, the answer marked, each gap replaced by a line with its length."""
    pieces, at = [], 0
    for low, high in spans:
        if low > at:
            pieces.append(f"\n\n… {low - at:,} characters left out, `--full` shows them …\n\n")
        if start is not None and end is not None and low <= start and end <= high:
            answer = f"{marks.start}{text[start:end]}{marks.end}"
            pieces.append(f"{text[low:start]}{answer}{text[end:high]}")
        else:
            pieces.append(text[low:high])
        at = high
    return "".join(pieces)


def verdict_text(trace: dict[str, Any]) -> str:
    """The verdict and all that it rests on."""
    answer = "none" if trace["answer"] is None else one_line(trace["answer"])
    majority = "none" if trace["majority_answer"] is None else one_line(trace["majority_answer"])
    suspect = trace["reference_suspect"]
    doubt = [] if suspect is None else [f"  suspect    the reference: {one_line(suspect)}"]
    if trace.get("judge_reply") is not None:
        opinion = trace["judge_verdict"] or "no clear verdict"
        doubt.append(f"  judge      {trace['judge_model']}: {opinion}")
    if trace.get("contaminated"):
        doubt.append(f"  benchmark  {contamination_text(trace)}")
    return "\n".join(
        [
            f"{trace['verdict']}: {why(trace)}",
            f"  answer     {answer}",
            f"  decided by {trace['method']}, the reference read as {trace['reference_kind']}",
            f"  rollouts   {trace['rollouts']} of this problem, pass rate "
            f"{percent(trace['pass_rate'])}, majority answer {majority}",
            *doubt,
        ]
    )


def contamination_text(trace: dict[str, Any]) -> str:
    """Which item of a benchmark is in the trace, and where."""
    part = trace["contamination_part"]
    where = "problem" if part == "problem" else f"response ({part})"
    return (
        f"{one_line(trace['contamination_item'])} by the rule `{trace['contamination_rule']}`, "
        f"score {trace['contamination_score']:.2f}, characters {trace['contamination_start']:,} "
        f"to {trace['contamination_end']:,} of the {where}: "
        f"{cell(trace['contamination_span'])}"
    )


def why(trace: dict[str, Any]) -> str:
    """The reason for the verdict, in words."""
    if trace["reason"] or trace["verdict"] != Verdict.CORRECT:
        return one_line(trace["reason"])
    return next((words for rung, words in EQUAL_BY.items() if rung in rung_of(trace)), "equal")


def rung_of(trace: dict[str, Any]) -> str:
    """The part of the method that tells how the answer was compared."""
    return str(trace["method"]).partition("/")[2]


def section(title: str, text: str) -> str:
    """A title and the text under it, indented."""
    lines = [f"  {line}".rstrip() for line in text.strip("\n").split("\n")]
    return "\n".join([title, *lines])


def safe(text: str) -> str:
    """The text with every character that steers a terminal made visible, of the same length."""
    return text.translate(CONTROLS)


def one_line(text: str) -> str:
    """The text without line breaks."""
    return safe(" ".join(text.split()))


def examples(pool: Pool) -> pl.DataFrame:
    """For every verdict the commonest ways to it: how many traces, and one of them."""
    need_a_trace(pool)
    columns = ["id", "reference", "verdict", "answer", "method", "reason"]
    rule, rung = (pl.col("method").str.splitn("/", 2).struct[place] for place in (0, 1))
    way = pl.when(rung == "none").then(rule).otherwise(rung)
    # An answer that is written unlike the reference says more; without one, any will do.
    telling = pl.col("answer").ne_missing(pl.col("reference"))
    found = (
        pool.scan(["traces", "verify"], columns)
        .group_by("verdict", way.alias("way"))
        .agg(
            pl.len().alias("traces"),
            pl.exclude("verdict").sort_by(~telling, maintain_order=True).first(),
        )
        .collect()
    )
    order = pl.Enum([str(verdict) for verdict in Verdict])
    return (
        found.with_columns(pl.col("verdict").cast(order))
        .sort("verdict", "traces", "way", descending=[False, True, False])
        .group_by("verdict", maintain_order=True)
        .head(WAYS_SHOWN)
        .with_columns(pl.col("verdict").cast(pl.String))
    )


def examples_text(found: pl.DataFrame) -> str:
    """The examples in a table, a line each, the reason last."""
    head = ["traces", "verdict", "such as", "answer", "reference", "why"]
    rows = [
        [
            f"{row['traces']:,}",
            row["verdict"],
            row["id"][:ID_CHARS],
            cell(row["answer"]),
            cell(row["reference"]),
            why(row),
        ]
        for row in found.iter_rows(named=True)
    ]
    return "\n".join(aligned([head, *rows], numbers=1))


def cell(text: str | None) -> str:
    """The text in one short line; a dash for none."""
    line = "–" if text is None else one_line(text)
    return line if len(line) <= CELL_CHARS else f"{line[: CELL_CHARS - 1]}…"
