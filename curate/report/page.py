"""The page: summary, contents, sections, and the sample of traces, in one file that needs no other.

Its content security policy lets run nothing but the one script of this package, known by its hash,
and lets nothing be fetched; text out of traces is escaped besides. The same pool gives the same
bytes.
"""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from string import Template

import polars as pl

from curate import __version__
from curate.account import Account, account, need_a_trace
from curate.groups import stages_of
from curate.io import write_bytes
from curate.pool import Pool
from curate.report.data import VERDICTS, Rows, quantile, read_rows
from curate.report.doubts import contamination_section, duplicates_section, suspects_section
from curate.report.left_out import left_out_section
from curate.report.markup import (
    Markup,
    code,
    escaped,
    foreign,
    joined,
    name_cell,
    number_cell,
    script_json,
    table,
    tag,
)
from curate.report.quality import quality_section, signals_section
from curate.report.samples import Picks, sample_json
from curate.report.section import Section
from curate.report.verdicts import (
    length_of,
    lengths_section,
    pass_rate_section,
    sources_section,
)
from curate.report.words import count, end_of, number, percent


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportAccount:
    """What was written."""

    out: str
    traces: int
    quarantined: int
    embedded: int
    """Traces that the page holds to be read."""
    size_bytes: int

    def __str__(self) -> str:
        return (
            f"{count(self.traces, 'trace')} counted, {self.embedded:,} of them to read in the "
            f"page; {count(self.quarantined, 'record')} in quarantine\n"
            f"wrote `{self.out}` ({self.size_bytes / 1e6:.1f} MB); open it in a browser"
        )


def write_report(pool: Pool, out: Path) -> ReportAccount:
    """Write the report on a verified pool, whole or not at all.

    Raises:
        InputError: the pool holds no trace.
        PoolError: it was not verified to the end, or its counts do not add up.
    """
    need_a_trace(pool)
    rows, found, picks = read_rows(pool), account(pool), Picks()
    sections = [make(rows, found, picks) for make in SECTIONS]
    sample = sample_json(rows, picks)
    embedded = sum("id" in item for item in sample["items"])
    sections += [reading_section(embedded, found), origin_section(rows, found)]
    page = page_html(pool, summary(rows, found), sections, script_json(sample))
    content = page.encode()
    write_bytes(out, content)
    return ReportAccount(
        out=str(out),
        traces=found.traces,
        quarantined=found.quarantined,
        embedded=embedded,
        size_bytes=len(content),
    )


SECTIONS: tuple[Callable[[Rows, Account, Picks], Section], ...] = (
    sources_section,
    lambda rows, _, picks: pass_rate_section(rows, picks),
    lambda rows, _, picks: lengths_section(rows, picks),
    lambda rows, _, picks: quality_section(rows, picks),
    lambda rows, _, picks: signals_section(rows, picks),
    left_out_section,
    lambda rows, _, picks: duplicates_section(rows, picks),
    lambda rows, _, picks: contamination_section(rows, picks),
    lambda rows, _, picks: suspects_section(rows, picks),
)
"""What the page shows, from top to bottom."""


# --- the summary ----------------------------------------------------------------------------------


def summary(rows: Rows, found: Account) -> Markup:
    """The pool in a few sentences."""
    problems = rows.base["problem"].n_unique()
    shares = ", ".join(
        f"{percent(found.verdicts[verdict] / found.traces)} {IN_WORDS.get(verdict, verdict)}"
        for verdict in VERDICTS
        if found.verdicts[verdict]
    )
    first = (
        f"{count(found.traces, 'trace')} of {count(problems, 'problem')} from "
        f"{count(len(found.sources), 'source')}: {shares}."
    )
    return joined([tag("p", first, class_="lead"), tag("p", " ".join(more(rows, found)))])


IN_WORDS = {
    "unparsed": "without an answer",
    "unverifiable": "without a usable reference",
    "error": "errors of ours",
}


def more(rows: Rows, found: Account) -> list[str]:
    """Further sentences, as far as the columns are there."""
    group, column, unit = length_of(rows)
    median = quantile(rows.beside(group, [column]), column, 0.5)
    told = [f"The median response has {number(median)} {unit}."]
    for group, column, words in SHARES:
        if column in rows.schema(group):
            frame = rows.beside(group, [column])
            size = frame.select(told_of(column).fill_null(value=False).sum()).item()
            told.append(f"{percent(size / found.traces)} {words}.")
    told.append(
        f"{found.quarantined:,} of {count(found.records, 'record')} gave no trace."
        if found.quarantined
        else f"Every one of {count(found.records, 'record')} gave a trace."
    )
    return told


SHARES = (
    ("score", "cut_off", "are cut off"),
    ("dedup", "is_survivor", "are copies of another"),
    ("contamination", "contaminated", "share text with a benchmark"),
)


def told_of(column: str) -> pl.Expr:
    """Whether a trace counts for one of `SHARES`."""
    one = pl.col(column)
    return {"cut_off": one.is_not_null(), "is_survivor": ~one}.get(column, one)


# --- the last sections ----------------------------------------------------------------------------


def reading_section(embedded: int, found: Account) -> Section:
    """The search over the traces that the page holds."""
    search = tag(
        "input",
        type="search",
        id="search",
        placeholder="id, problem or answer",
        aria_label="search the traces in this page",
        autocomplete="off",
    )
    note = (
        f"{embedded:,} of {count(found.traces, 'trace')} are in this page, chosen by their ids, "
        "which are hashes, so that every bar has examples. They are no sample to count with."
    )
    body = joined(
        [
            tag("p", note),
            tag("p", tag("label", "Search ", search), class_="search"),
            tag("p", "", id="found", role="status"),
            tag("ol", id="results"),
            tag("p", "Reading traces needs JavaScript.", class_="quiet no-script"),
        ]
    )
    return Section(name="traces", title="Traces to read", body=body)


def origin_section(rows: Rows, found: Account) -> Section:
    """What the report was made from, so that its numbers can be found again."""
    sources = {source["name"]: source for source in rows.pool.manifest["sources"]}
    lines = [
        [
            name_cell(foreign(end_of(source.source, 90))),
            number_cell(f"{source.records:,}"),
            number_cell(f"{source.traces:,}"),
            tag("td", code(str(sources[source.source]["read"]["content_hash"])[:16])),
        ]
        for source in found.sources
    ]
    manifest = rows.pool.manifest
    seals = {**manifest.get("groups", {}), **stages_of(rows.pool)}
    groups = [
        [name_cell(code(group)), tag("td", code(str(seals[group]["seal"])[:16]))]
        for group in rows.groups
        if group in seals
    ]
    return Section(
        name="origin",
        title="Where this comes from",
        body=joined(
            [
                tag("p", "Made by curate ", __version__, " from the pool ",
                    code(str(rows.pool.path)), ". The same pool gives the same report."),
                table(["source", "records", "traces", "content"], lines, "plain-table"),
                table(["columns", "seal"], groups, "plain-table narrow"),
            ]
        ),
    )  # fmt: skip


# --- putting it together --------------------------------------------------------------------------


def page_html(pool: Pool, head: Markup, sections: list[Section], data: Markup) -> str:
    """The whole file."""
    style, script = template("page.css"), template("page.js")
    contents = tag("ol", *(tag("li", tag("a", one.title, href=f"#{one.name}")) for one in sections))
    return Template(template("page.html")).substitute(
        policy=policy(style, script),
        title=escaped(f"{pool.path.name}: a report by curate"),
        heading=escaped(pool.path.name),
        summary=head,
        contents=contents,
        sections=joined(one.markup for one in sections),
        data=data,
        style=style,
        script=script,
    )


def template(name: str) -> str:
    """A file of this package."""
    return resources.files("curate.report").joinpath(name).read_text("utf-8")


def policy(style: str, script: str) -> str:
    """A content security policy: this style and this script, nothing else from anywhere."""
    return (
        f"default-src 'none'; style-src {source_hash(style)}; script-src {source_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )


def source_hash(text: str) -> str:
    """How a policy names the content of an element."""
    found = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{found}'"
