import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.account import Account, brief, tally
from curate.account_text import account_json, account_table, account_text
from curate.errors import PoolError
from curate.verdict import Verdict


def traces(*rows: tuple[str, int, str, bool, str]) -> pl.DataFrame:
    columns = ["source", "row", "response", "truncated", "verdict"]
    frame = pl.DataFrame(rows, schema=columns, orient="row")
    chars = pl.col("response").str.len_chars().cast(pl.Int64)
    return brief(frame.with_columns(response_chars=chars))


def quarantine(*rows: tuple[str, int, str]) -> pl.DataFrame:
    schema = {"source": pl.String, "row": pl.Int64, "reason": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def small_account() -> Account:
    first = traces(
        ("a.jsonl", 1, "12345", False, "correct"),
        ("a.jsonl", 1, "123", False, "incorrect"),
        ("a.jsonl", 3, "1", True, "unparsed"),
    )
    second = traces(("b/long name.jsonl", 1, "1234567", False, "error"))
    broken = quarantine(
        ("a.jsonl", 1, "the second response is null"),
        ("a.jsonl", 2, "not JSON"),
        ("a.jsonl", 4, "not JSON"),
    )
    return tally([first, second], broken, {"a.jsonl": 4, "b/long name.jsonl": 1, "empty.jsonl": 0})


def test_the_text_adds_up() -> None:
    assert account_text(small_account()) == (
        "4 traces: 1 correct, 1 incorrect, 1 unparsed, 1 error\n"
        "5 records read: 3 gave traces, 2 were quarantined; 1 gave traces but lost some responses\n"
        "      2  not JSON\n"
        "      1  the second response is null"
    )


def test_the_table_has_a_line_for_each_source() -> None:
    assert account_table(small_account()).split("\n") == [
        "traces  correct  incorrect  unparsed  error  pass rate  truncated  "
        "median chars  mean chars  source",
        "     3        1          1         1      0     33.3 %     33.3 %  "
        "           3           3  a.jsonl",
        "     1        0          0         0      1          –      0.0 %  "
        "           7           7  b/long name.jsonl",
        "     0        0          0         0      0          –          –  "
        "           –           –  empty.jsonl",
    ]


def test_what_machines_read_says_the_same() -> None:
    data = account_json(small_account(), "out/pool")
    assert data["pool"] == "out/pool"
    assert data["traces"] == 4
    assert data["quarantine_reasons"] == {"not JSON": 2, "the second response is null": 1}
    assert isinstance(data["sources"], list)
    assert data["sources"][0] == {
        "source": "a.jsonl",
        "records": 4,
        "traces": 3,
        "quarantined": 2,
        "impaired": 1,
        "verdicts": {"correct": 1, "incorrect": 1, "unparsed": 1, "unverifiable": 0, "error": 0},
        "pass_rate": pytest.approx(1 / 3),
        "truncated_fraction": pytest.approx(1 / 3),
        "response_chars_median": 3.0,
        "response_chars_mean": 3.0,
    }


def test_many_reasons_are_cut_short() -> None:
    broken = quarantine(*(("a", row, f"reason {row}") for row in range(8)))
    text = account_text(tally([], broken, {"a": 8}))
    assert text.split("\n")[2:] == [
        *(f"      1  reason {row}" for row in range(5)),
        "         and 3 other reasons",
    ]


@pytest.mark.parametrize("records", [1, 3])
def test_a_lost_record_or_one_too_many_is_an_error(records: int) -> None:
    with pytest.raises(PoolError, match="the counts of `a` do not add up"):
        tally([traces(("a", 1, "x", False, "correct"))], quarantine(("a", 2, "no")), {"a": records})


def test_a_verdict_that_is_none_is_an_error() -> None:
    with pytest.raises(PoolError, match="do not add up"):
        tally([traces(("a", 1, "x", False, "right"))], quarantine(), {"a": 1})


def test_traces_of_an_unknown_source_are_an_error() -> None:
    with pytest.raises(PoolError, match="do not add up"):
        tally([traces(("ghost", 1, "x", False, "correct"))], quarantine(), {"a": 0})


def test_crashes_do_not_count_against_the_model() -> None:
    found = tally(
        [traces(("a", 1, "x", False, "correct"), ("a", 2, "y", False, "error"))],
        quarantine(),
        {"a": 2},
    )
    assert found.sources[0].pass_rate == 1.0


record = st.tuples(
    st.lists(st.sampled_from([str(verdict) for verdict in Verdict]), max_size=3), st.booleans()
)


@given(st.lists(record, max_size=20))
def test_records_in_are_records_with_traces_and_records_quarantined(
    records: list[tuple[list[str], bool]],
) -> None:
    rows = [
        ("a", row, "text", False, verdict)
        for row, (verdicts, _) in enumerate(records)
        for verdict in verdicts
    ]
    bad = [
        ("a", row, "reason")
        for row, (verdicts, failed) in enumerate(records)
        if failed or not verdicts
    ]
    parts = [traces(*rows)] if rows else []
    found = tally(parts, quarantine(*bad), {"a": len(records)})
    assert found.records == len(records)
    assert found.traces == len(rows) == sum(found.verdicts.values())
    assert found.quarantined == sum(not verdicts for verdicts, _ in records)
    assert found.impaired == sum(bool(verdicts) and failed for verdicts, failed in records)
