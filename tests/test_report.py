"""The report: its numbers are those of the pool, its texts are only text, its file stays small."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import product
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import InputError, PoolError
from curate.io import write_table
from curate.pool import Pool
from curate.report.data import binned, read_rows
from curate.report.evidence import Piece, Span, pieces
from curate.report.items import problem_spans, response_spans
from curate.report.markup import Markup, escaped, script_json, tag, visible
from curate.report.page import write_report
from curate.report.samples import OF_A_BAR, Picks, sample_json
from curate.report.scales import axis_values, log_edges, log_ticks
from curate.report.within import comparable, within
from curate.report.words import end_of, number
from curate.rules import rules_of
from curate.selections import save_selection
from curate.verify_dumps import verify_dumps
from tests.command import curate, folder
from tests.report_pool import full_pool, sample_pool

__all__ = ["folder"]

SECTIONS = [
    *("verdicts", "pass-rates", "lengths", "quality", "signals", "left-out", "duplicates"),
    *("contamination", "suspects", "traces", "origin"),
]


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Pool:
    """A pool with every group and a selection."""
    pool = full_pool(tmp_path_factory.mktemp("full"))
    save_selection(pool, "strict", rules_of(["verdict = 'correct'", "arithmetic > 0.5"], None))
    return pool


@pytest.fixture(scope="module")
def page(pool: Pool, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The report on it."""
    out = tmp_path_factory.mktemp("page") / "report.html"
    write_report(pool, out)
    return out.read_text("utf-8")


class Reader(HTMLParser):
    """What a page holds: tags with their attributes, and the marks of every section."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.marks: dict[str, list[str]] = {}
        self._section = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        if tag == "section":
            self._section = found["id"] or ""
        if found.get("class") == "mark":
            self.marks.setdefault(self._section, []).append(found["aria-label"] or "")


def counts(labels: list[str], pattern: str) -> int:
    """The sum of the first number in the labels that match."""
    found = (re.search(pattern, label) for label in labels)
    return sum(int(match[1].replace(",", "")) for match in found if match)


def data_of(page: str) -> dict[str, Any]:
    """The traces that a page holds."""
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page)
    found: dict[str, Any] = json.loads(text)
    return found


# --- the numbers ----------------------------------------------------------------------------------


def test_every_section_is_there_and_in_the_contents(page: str) -> None:
    reader = Reader(page)
    assert [found["id"] for name, found in reader.tags if name == "section"] == SECTIONS
    links = [found["href"] for name, found in reader.tags if name == "a"]
    assert links == ["#main", *(f"#{name}" for name in SECTIONS)]
    assert 'class="quiet">' not in page.replace("quiet no-script", "").replace(
        '<p class="quiet">No reference is suspect.', ""
    )


def test_the_marks_of_a_figure_add_up_to_the_pool(page: str, pool: Pool) -> None:
    marks = Reader(page).marks
    words = r"(correct|incorrect|no answer found|no usable reference)"
    assert counts(marks["verdicts"], rf": ([\d,]+) {words}$") == 400
    lengths = [label for label in marks["lengths"] if "tokens" in label]
    assert counts(lengths, rf": ([\d,]+) {words}$") == 400
    endings = [label for label in marks["lengths"] if "tokens" not in label]
    assert counts(endings, rf": ([\d,]+) {words}$") == 400
    grades = [label for label in marks["quality"] if label[1] == ":"]
    assert counts(grades, rf": ([\d,]+) {words}$") == 400
    cells = [label for label in marks["quality"] if "quality" in label]
    assert counts(cells, r"^([\d,]+) traces: ") == 400
    problems = pool.scan(["traces"], ["problem_id"]).collect()["problem_id"].n_unique()
    unjudged = re.search(r"(\d+) problems? cannot be judged", page)
    judged = counts(marks["pass-rates"], r"^([\d,]+) problem")
    assert judged + (int(unjudged[1]) if unjudged else 0) == problems
    strict = [label for label in marks["left-out"] if label.endswith(("trace", "traces"))]
    assert counts(strict, r": ([\d,]+) trace") == 400
    broken = [label for label in marks["left-out"] if label.endswith(("record", "records"))]
    assert counts(broken, r": ([\d,]+) record") == 24


def test_a_signal_counts_its_correct_and_its_incorrect_traces(page: str, pool: Pool) -> None:
    verdicts = pool.scan(["verify"], ["verdict"]).collect()["verdict"].to_list()
    marks = [one for one in Reader(page).marks["signals"] if one.startswith("failed steps")]
    for verdict in ("correct", "incorrect"):
        assert counts(marks, rf": ([\d,]+) {verdict}$") == verdicts.count(verdict)


def test_every_bar_has_traces_to_read_that_belong_to_it(page: str) -> None:
    data, reader = data_of(page), Reader(page)
    keys = [found["data-bar"] for name, found in reader.tags if found.get("data-bar")]
    assert len(keys) == len(set(keys)) > 100
    assert set(keys) <= data["bars"].keys()
    for _, found in reader.tags:
        key, label = found.get("data-bar"), found.get("aria-label") or ""
        if key and (match := re.fullmatch(r"\S+: ([\d,]+) (correct|incorrect)", label)):
            shown = data["bars"][key]
            assert len(shown) == min(int(match[1].replace(",", "")), OF_A_BAR), label
            assert {data["items"][one]["verdict"] for one in shown} == {match[2]}


def test_the_traces_in_the_page_carry_their_evidence(page: str) -> None:
    kinds = {
        kind
        for item in data_of(page)["items"]
        for part in [*item.get("problem", []), *item.get("response", [])]
        if isinstance(part, list)
        for kind in part[1].split()
    }
    assert kinds == {"answer", "loop", "wrong", "contamination"}


def test_the_same_pool_gives_the_same_bytes(pool: Pool, page: str, tmp_path: Path) -> None:
    found = write_report(Pool.open(pool.path), tmp_path / "again.html")
    assert (tmp_path / "again.html").read_text("utf-8") == page
    assert found.size_bytes == len(page.encode()) < 1_500_000
    assert (found.traces, found.quarantined) == (400, 24)


def test_what_is_not_computed_is_named_with_its_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pool = sample_pool(Path(), traces=24)
    write_report(pool, Path("report.html"))
    page = Path("report.html").read_text("utf-8")
    for command in (
        "curate score pool",
        "curate dedup pool",
        "curate decontaminate pool --against BENCHMARK",
        "curate filter pool --where &quot;verdict = &#x27;correct&#x27;&quot; --name NAME",
    ):
        assert f"Make it with <code>{command}</code>." in page


def test_a_stale_selection_is_said_to_be_stale(tmp_path: Path) -> None:
    pool = full_pool(tmp_path, traces=24)
    save_selection(pool, "old", rules_of(["arithmetic > 0.5"], None))
    manifest = pool.manifest
    manifest["stages"]["score"]["seal"] = "0" * 32
    pool.write_manifest(manifest)
    write_report(pool, tmp_path / "report.html")
    assert "It is stale: score changed since." in (tmp_path / "report.html").read_text("utf-8")


def test_a_column_of_nulls_alone_is_no_error(tmp_path: Path) -> None:
    pool = full_pool(tmp_path, traces=24)
    for group in ("score", "quality", "contamination", "dedup"):
        for name in pool.part_names():
            frame = pool.read_part(name, [group])
            nulls = frame.select(pl.lit(None, dtype).alias(n) for n, dtype in frame.schema.items())
            table = nulls.select(pl.all().repeat_by(frame.height).explode())
            arrow = table.to_arrow(compat_level=pl.CompatLevel.oldest())
            write_table(pool.part(group, name), arrow, key="nulls")
    write_report(pool, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "No trace is a duplicate of another." in page
    assert "No trace shares text with a benchmark." in page


def test_a_pool_without_traces_or_verdicts_is_an_error(tmp_path: Path) -> None:
    dump = tmp_path / "dump.jsonl"
    dump.write_text('{"problem": \n')
    with pytest.raises(InputError, match="not one trace"):
        verify_dumps([str(dump)], tmp_path / "empty", workers=1)
    with pytest.raises(InputError, match="not one trace"):
        write_report(Pool.open(tmp_path / "empty"), tmp_path / "x.html")
    pool = sample_pool(tmp_path, traces=24)
    (pool.path / "verify" / pool.part_names()[0]).unlink()
    with pytest.raises(PoolError, match="has no `verify`"):
        write_report(pool, tmp_path / "x.html")
    assert not (tmp_path / "x.html").exists()


def test_report_prints_an_account(folder: Path) -> None:
    curate(folder, "sample", "-o", "dump.jsonl", "--traces", "24", "--broken", "5")
    curate(folder, "verify", "dump.jsonl", "-o", "pool", "--workers", "1")
    code, out, err = curate(folder, "report", "pool", "--json")
    size = (folder / "report.html").stat().st_size
    assert (code, json.loads(out)) == (
        0,
        {"out": "report.html", "traces": 24, "quarantined": 5, "embedded": 24, "size_bytes": size},
    )
    assert err == (
        "24 traces counted, 24 of them to read in the page; 5 records in quarantine\n"
        "wrote `report.html` (0.1 MB); open it in a browser\n"
    )


# --- the sample -----------------------------------------------------------------------------------


def test_bars_are_served_in_rounds_and_fine_bars_take_what_is_there() -> None:
    picks = Picks()
    for places in ([1, 2, 3, 4], [5], [6, 7]):
        picks.bar(places)
    picks.fine_bar([9, 7])
    picks.fine_bar([10, 11])
    picks.fine_bar([12, 10])
    assert [*picks.wanted()] == [1, 5, 6, 2, 7, 3, 10]


def test_a_full_page_leaves_out_the_last_traces(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    picks = Picks()
    keys = [picks.bar([place]) for place in range(50)]
    whole = sample_json(read_rows(pool), picks)
    size = len(json.dumps(whole["items"][:20], ensure_ascii=False).encode())
    monkeypatch.setattr("curate.report.samples.TRACE_BYTES", size)
    some = sample_json(read_rows(pool), picks)
    assert 18 <= len(some["items"]) <= 20
    assert some["items"] == whole["items"][: len(some["items"])]
    assert [some["bars"][key] for key in keys[:2]] == [[0], [1]]
    assert some["bars"][keys[-1]] == []


def test_items_are_the_traces_at_their_places(pool: Pool) -> None:
    picks = Picks()
    key = picks.bar([0, 250, 399])
    ids = pool.scan(["traces"], ["id"]).collect()["id"]
    found = sample_json(read_rows(pool), picks)
    assert [found["items"][one]["id"] for one in found["bars"][key]] == [
        ids[place] for place in (0, 250, 399)
    ]


# --- a text with its evidence ---------------------------------------------------------------------


def spans() -> st.SearchStrategy[Span]:
    return st.builds(
        lambda start, length, kind: Span(start=start, end=start + length, kind=kind),
        st.integers(-5, 3000),
        st.integers(0, 900),
        st.sampled_from(["answer", "loop", "wrong"]),
    )


def length_of(part: Piece) -> int:
    if isinstance(part, int):
        return part
    return len(part if isinstance(part, str) else part[0])


@given(st.integers(0, 3000), st.lists(spans(), max_size=6))
def test_pieces_are_the_text_and_what_is_left_out(length: int, evidence: list[Span]) -> None:
    text = "".join(chr(ord("a") + place % 26) for place in range(length))
    found = pieces(text, evidence)
    at = 0
    for part in found:
        shown = "" if isinstance(part, int) else part if isinstance(part, str) else part[0]
        assert text[at : at + len(shown)] == shown
        if isinstance(part, list):
            kinds = {one.kind for one in evidence if one.start <= at < one.end <= length}
            assert set(part[1].split()) <= kinds
        at += length_of(part)
    assert at == length
    assert all(part >= 60 for part in found if isinstance(part, int))


@pytest.mark.parametrize("part", ["problem", "thinking", "answer"])
def test_a_shared_span_is_marked_in_the_text_that_it_is_of(part: str) -> None:
    trace = {"contamination_part": part, "contamination_start": 3, "contamination_end": 9}
    expected = [Span(start=3, end=9, kind="contamination")]
    in_problem = part == "problem"
    assert problem_spans(trace) == (expected if in_problem else [])
    assert response_spans(trace) == ([] if in_problem else expected)


def test_a_huge_text_becomes_a_few_pieces() -> None:
    text = "x" * 5_000_000
    found = pieces(text, [Span(start=10**6, end=2 * 10**6, kind="loop")])
    assert sum(length_of(part) for part in found if not isinstance(part, int)) < 3000
    assert [part[1] for part in found if isinstance(part, list)] == ["loop", "loop"]


# --- text is only text ----------------------------------------------------------------------------


@given(st.text())
def test_text_never_becomes_markup(text: str) -> None:
    found = tag("p", text, title=text)
    parser = Reader(found)
    assert [name for name, _ in parser.tags] == ["p"]
    assert parser.tags[0][1]["title"] == visible(text)
    assert "</" not in script_json([text])
    assert json.loads(script_json([text])) == [text]


def test_what_steers_or_hides_is_shown() -> None:
    assert visible("a\u202eb\x00c\x1bd\u200be\ufefff") == "a⟨U+202E⟩b␀c␛d⟨U+200B⟩e⟨U+FEFF⟩f"
    assert visible("a\tb\r\nc\rd\u2028e") == "a\tb\nc\nd⟨U+2028⟩e"
    assert visible("क्\u200dष 👩\u200d🔬") == "क्\u200dष 👩\u200d🔬"
    assert escaped(Markup("<b>")) == "<b>"


# --- numbers --------------------------------------------------------------------------------------


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from(["correct", "incorrect", "unparsed"]),
                  st.one_of(st.none(), st.integers(0, 3))),
        max_size=30,
    )
)  # fmt: skip
def test_the_share_within_problems_is_the_share_of_pairs(
    rows: list[tuple[int, str, int | None]],
) -> None:
    frame = pl.DataFrame(
        rows,
        schema={"problem": pl.Int64, "verdict": pl.String, "value": pl.Int64},
        orient="row",
    )
    found = within(comparable(frame), "value")
    wins = [
        0.5 if high == low else float(high > low)
        for (one, verdict, high), (other, against, low) in product(rows, rows)
        if one == other and (verdict, against) == ("correct", "incorrect")
        and high is not None and low is not None
    ]  # fmt: skip
    if found is None:
        return
    assert found.value == pytest.approx(sum(wins) / len(wins))
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_a_bin_holds_its_lower_edge_and_the_last_one_both() -> None:
    frame = pl.DataFrame({"x": [0.0, 1.0, 1.5, 2.0, 9.0, -1.0, None, float("nan")]})
    assert binned(frame, "x", [0, 1, 2])["bin"].to_list() == [0, 1, 1, 1, 1, 0]


@given(st.integers(0, 10**7))
def test_an_axis_begins_at_nothing_and_reaches_the_top(top: int) -> None:
    values = axis_values(top)
    assert values[0] == 0
    assert values[-1] >= top
    assert 2 <= len(values) <= 6


def labels() -> Iterator[str]:
    return (tick.text for tick in log_ticks(log_edges(90, 110_000, 30)))


def test_a_log_axis_is_labelled_at_one_two_five() -> None:
    assert [*labels()] == ["100", "200", "500", "1k", "2k", "5k", "10k", "20k", "50k", "100k"]


def test_a_long_path_is_cut_at_a_folder() -> None:
    assert end_of("a/b.jsonl") == "a/b.jsonl"
    assert end_of(f"/{'x' * 40}/data/dump.jsonl") == "…/data/dump.jsonl"
    assert end_of("x" * 60) == f"…{'x' * 47}"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "–"), (float("nan"), "–"), (0, "0"), (0.5, "0.500"), (0.093, "0.093"), (2.345, "2.35"),
     (12.34, "12.3"), (1234.5, "1,234"), (0.00012, "0.0001"), (-0.25, "-0.250")],
)  # fmt: skip
def test_a_number_has_the_digits_that_matter(value: float | None, shown: str) -> None:
    assert number(value) == shown
