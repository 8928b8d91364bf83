"""`curate filter`: rows in are rows kept and rows dropped, each with its reason."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.errors import InputError, PoolError
from curate.export import export
from curate.pool import Pool
from curate.rules import Rule, rules_of
from curate.selection_text import account_text, reasons_table
from curate.selections import (
    delete_selection,
    find_selection,
    kept,
    save_selection,
    selection,
    selection_rows,
    selections_of,
)
from tests.command import curate, folder
from tests.kill_driver import before_each_write
from tests.pools import build, tree, write_dump
from tests.small_pool import small_pool

__all__ = ["folder", "small_pool"]


def rules(*conditions: str) -> tuple[Rule, ...]:
    return rules_of(conditions, None)


@pytest.fixture
def pool(small_pool: Pool, tmp_path: Path) -> Pool:
    """A copy of the small pool that a test may write into."""
    return Pool(shutil.copytree(small_pool.path, tmp_path / "pool"))


NUMBERS = ("pass_rate", "response_chars", "row", "score", "answer_start", "rollouts")
TEXTS = ("verdict", "answer", "reference", "rule")


def comparison() -> st.SearchStrategy[str]:
    operator = st.sampled_from(["<", "<=", "=", "<>", ">=", ">"])
    number = st.builds(
        lambda name, sign, value: f"{name} {sign} {value}",
        st.sampled_from(NUMBERS),
        operator,
        st.sampled_from(["0", "1", "0.5", "40", "avg(pass_rate)", "max(row)", "NULL + 1", "row"]),
    )
    text = st.builds(
        lambda name, sign, value: f"{name} {sign} '{value}'",
        st.sampled_from(TEXTS),
        operator,
        st.sampled_from(["correct", "5", "", "unparsed"]),
    )
    null = st.builds("{} IS {}NULL".format, st.sampled_from(TEXTS), st.sampled_from(["", "NOT "]))
    return st.one_of(number, text, null, st.sampled_from(["true", "false", "truncated"]))


def condition() -> st.SearchStrategy[str]:
    return st.recursive(
        comparison(),
        lambda inner: st.one_of(
            st.builds("({} AND {})".format, inner, inner),
            st.builds("({} OR {})".format, inner, inner),
            st.builds("(NOT {})".format, inner),
        ),
        max_leaves=4,
    )


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(condition(), min_size=1, max_size=3, unique=True))
def test_rows_in_are_rows_kept_and_rows_dropped(pool: Pool, conditions: list[str]) -> None:
    found = save_selection(pool, "any", rules(*conditions))
    rows = selection_rows(pool, "any").collect()
    ids = pool.scan(["traces"], ["id"]).collect()["id"]
    assert rows["id"].to_list() == ids.to_list()
    assert found.traces == rows.height == found.kept + sum(one.dropped for one in found.reasons)
    assert rows["kept"].to_list() == rows["dropped_by"].is_null().to_list()
    counts = dict(rows["dropped_by"].drop_nulls().value_counts().iter_rows())
    assert counts == {one.reason: one.dropped for one in found.reasons if one.dropped}
    out = pool.path.parent / "all.parquet"
    whole = export(pool, out, where=" AND ".join(f"({one})" for one in conditions))
    assert whole.exported == found.kept
    assert all(one.alone <= one.dropped <= one.failing for one in found.reasons)


def test_unknown_is_not_true_and_a_reason_of_its_own(pool: Pool) -> None:
    found = save_selection(pool, "known", rules("pass_rate >= 0.5", "answer = '5'"))
    rows = selection_rows(pool, "known").collect()["dropped_by"].to_list()
    assert rows == [
        "answer = '5'",
        "answer = '5'",
        "unknown: pass_rate >= 0.5",
        "pass_rate >= 0.5",
    ]
    assert (found.kept, found.dropped) == (0, 4)
    assert reasons_table(found) == (
        "dropped  failing  alone  reason\n"
        "      1        1      0  pass_rate >= 0.5\n"
        "      1        1      1  unknown: pass_rate >= 0.5\n"
        "      2        2      2  answer = '5'\n"
        "      0        1      0  unknown: answer = '5'"
    )


def test_an_aggregate_is_one_over_the_whole_pool_whatever_was_dropped_before(pool: Pool) -> None:
    found = save_selection(pool, "late", rules("row > 2", "row >= avg(row)"))
    # The average of 1 to 4 is 2.5, that of the rows 3 and 4 would be 3.5.
    assert found.kept == 2
    assert save_selection(pool, "count", rules("count(*) = 4")).kept == 4


def test_the_first_rule_that_fails_is_the_reason(pool: Pool) -> None:
    found = save_selection(pool, "first", rules("row > 3", "verdict = 'correct'"))
    assert [(one.reason, one.dropped, one.failing, one.alone) for one in found.reasons] == [
        ("row > 3", 3, 3, 1),
        ("verdict = 'correct'", 1, 3, 1),
    ]


def test_a_selection_is_what_later_steps_read(pool: Pool, tmp_path: Path) -> None:
    save_selection(pool, "answered", rules("answer IS NOT NULL"))
    assert kept(pool, "answered").to_list() == [True, True, True, False]
    rows = selection(pool, "answered", ["original_id", "verdict"]).collect()
    assert rows["original_id"].to_list() == ["first", "second", "third"]
    assert rows.columns == ["original_id", "verdict"]
    out = tmp_path / "x.jsonl"
    among = kept(pool, "answered")
    found = export(pool, out, where="verdict = 'incorrect'", columns=["row"], among=among)
    assert (found.traces, found.exported, found.left_out) == (4, 1, 3)
    assert out.read_text() == '{"row":2}\n'


def test_the_same_rules_are_the_same_bytes(pool: Pool) -> None:
    save_selection(pool, "one", rules("row > 2"))
    before = tree(pool.path)
    save_selection(pool, "one", rules("row > 2"))
    assert tree(pool.path) == before
    save_selection(pool, "one", rules("row > 3"))
    names = [name for name in tree(pool.path) if name.startswith("selections/")]
    assert len(names) == 2, "the rows of the older selection are gone"


def test_a_rule_of_every_group_makes_a_selection_stale_when_the_group_changes(
    tmp_path: Path,
) -> None:
    dump = write_dump(tmp_path / "a.jsonl", problems=3)
    pool = build(tmp_path / "pool", dump)
    save_selection(pool, "length", rules("length(response) > 30"))
    save_selection(pool, "right", rules("verdict = 'correct'"))
    assert [find_selection(pool, name).reads.keys() for name in ("length", "right")] == [
        {"traces"},
        {"traces", "verify"},
    ]
    pool = build(tmp_path / "pool", dump, write_dump(tmp_path / "b.jsonl", problems=1, seed=2))
    with pytest.raises(PoolError) as raised:
        kept(pool, "right")
    assert str(raised.value) == (
        "the selection `right` is stale\n"
        "  why: `traces`, `verify` changed since it was made\n"
        f"  fix: run `curate filter {pool.path} --again right`"
    )
    again = save_selection(pool, "right", find_selection(pool, "right").rules)
    assert again.traces == 16
    assert kept(pool, "right").len() == 16


def test_a_damaged_selection_is_told_from_a_good_one(pool: Pool) -> None:
    found = save_selection(pool, "cut", rules("row > 2"))
    path = pool.path / "selections" / found.file
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(PoolError, match="the selection `cut` is damaged"):
        kept(pool, "cut")
    path.with_name("cut.json").write_text("{}")
    with pytest.raises(InputError, match="no selection `cut`"):
        kept(pool, "cut")


def test_deleting_takes_both_files(pool: Pool) -> None:
    before = tree(pool.path)
    save_selection(pool, "brief", rules("row > 2"))
    assert [one.name for one in selections_of(pool)] == ["brief"]
    delete_selection(pool, "brief")
    assert tree(pool.path) == before


class PowerCut(BaseException):
    """The end of a process, as far as its files can tell."""


def cut_at(death: int) -> Callable[[int], None]:
    def cut(number: int) -> None:
        if number >= death:
            raise PowerCut

    return cut


def test_a_run_that_ends_at_any_write_leaves_the_old_selection_or_the_new_one(pool: Pool) -> None:
    cuts = 0
    for death in range(1, 100):
        shutil.rmtree(pool.path / "selections", ignore_errors=True)
        save_selection(pool, "it", rules("row > 2"))
        stop = before_each_write(cut_at(death))
        try:
            save_selection(pool, "it", rules("row > 3"))
            break
        except PowerCut:
            cuts += 1
        finally:
            stop()
        assert kept(pool, "it").sum() in (1, 2), death
        save_selection(pool, "it", rules("row > 3"))
        assert len([*(pool.path / "selections").iterdir()]) == 2, "nothing of the killed run stays"
    assert cuts > 5


@pytest.mark.parametrize(
    ("conditions", "what", "why"),
    [
        ([], "no rule to filter by", "every trace would be kept"),
        (["row > 1", "row  >  1"], "two rules are called `row > 1`", "the name of a rule"),
        (["verdct = 'a'"], "the pool has no column `verdct`", "did you mean `verdict`?"),
        (["row"], "`row` is neither true nor false of a trace", "it is of the type Int64"),
        (["row >"], "`row >` is not a condition on the columns", "unable to parse"),
        (["CAST(verdict AS INT) > 1"], "the condition cannot be asked", "use TRY_CAST for CAST"),
    ],
)
def test_a_rule_that_does_not_fit_is_an_error_of_three_lines(
    pool: Pool, conditions: list[str], what: str, why: str
) -> None:
    with pytest.raises(InputError) as raised:
        save_selection(pool, "bad", rules(*conditions))
    text = str(raised.value)
    assert text.startswith(what)
    assert why in text
    assert len(text.split("\n")) == 3
    assert not (pool.path / "selections").exists()


@pytest.mark.parametrize("name", ["", "../up", "a b", "a/b", "x" * 65, "-x"])
def test_a_name_that_is_no_file_name_is_an_error(pool: Pool, name: str) -> None:
    with pytest.raises(InputError, match="is no name for a selection"):
        save_selection(pool, name, rules("row > 1"))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("right = ", "it is no TOML"),
        ("[a]\nb = 'c'", "`a` is no text"),
        ("right = 1", "`right` is no text"),
    ],
)
def test_a_file_that_holds_no_rules_is_an_error(tmp_path: Path, content: str, why: str) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(content)
    with pytest.raises(InputError, match="holds no rules") as raised:
        rules_of([], path)
    assert why in raised.value.why


def test_an_account_says_what_is_in_quarantine_and_what_is_stale(pool: Pool) -> None:
    found = save_selection(pool, "it", rules("row > 2"))
    assert account_text(pool, found) == (
        "4 traces: kept 2, dropped 2\n1 record in quarantine is no trace and not counted"
    )


# --- on the command line --------------------------------------------------------------------------


def test_filter_prints_the_reasons_and_an_account_that_adds_up(pool: Pool, folder: Path) -> None:
    (folder / "rules.toml").write_text(
        "right = \"verdict = 'correct'\"\n\"not sure\" = 'pass_rate < 1'\n"
    )
    assert curate(folder, "filter", "pool", "--rules", "rules.toml", "--name", "strict") == (
        0,
        "dropped  failing  alone  reason\n"
        "      3        3      2  right\n"
        "      0        1      0  unknown: not sure\n",
        "4 traces: kept 1, dropped 3\n"
        "1 record in quarantine is no trace and not counted\n"
        "it is the selection `strict`; write it with `curate export pool --selection strict "
        "-o strict.jsonl`\n",
    )
    assert curate(folder, "export", "pool", "--selection", "strict", "-o", "strict.jsonl") == (
        0,
        "",
        "4 traces: exported 1, left out 3\nwrote `strict.jsonl`\n",
    )
    assert curate(folder, "filter", "pool", "--list") == (
        0,
        "kept  dropped  name    state  rules\n   1        3  strict  fresh  right AND not sure\n",
        "",
    )
    code, out, err = curate(folder, "filter", "pool", "--show", "strict", "--json")
    shown = json.loads(out)
    assert code == 0
    assert (shown["kept"], shown["dropped"], shown["stale"]) == (1, 3, [])
    assert pl.read_parquet(folder / shown["file"])["kept"].sum() == 1
    assert (
        err == "4 traces: kept 1, dropped 3\n1 record in quarantine is no trace and not counted\n"
    )
    assert curate(folder, "filter", "pool", "--delete", "strict") == (
        0,
        "",
        "deleted the selection `strict`; its 4 traces stay in the pool\n",
    )
    assert curate(folder, "filter", "pool", "--list") == (0, "no selections\n", "")
    assert curate(folder, "export", "pool", "--selection", "strict", "-o", "x.jsonl") == (
        1,
        "",
        "error: no selection `strict` in `pool`\n"
        "  why: it holds none\n"
        "  fix: make it with `curate filter pool --where … --name strict`\n",
    )


def test_filter_does_one_thing_at_a_time(pool: Pool, folder: Path) -> None:
    assert curate(folder, "filter", "pool", "--list", "--where", "true") == (
        1,
        "",
        "error: more than one thing to do\n"
        "  why: rules, `--again`, `--list`, `--show` and `--delete` exclude each other\n"
        "  fix: run `curate filter` once for each\n",
    )
