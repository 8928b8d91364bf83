"""Quality and grade: one way in each signal, no way in the length, and the same in any order."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.quality.combine import SIGNALS, WEIGHTED, Signal, contributions, points
from curate.quality.grade import GRADES, NOTHING, Words, grade, graded
from curate.quality.length import LEVEL, Trend, adjustment, fit_trend, log_tokens, spearman
from tests.score_frames import BOOLEAN, CUT_OFF, SCHEMA, random_rows

WORDS: list[Words] = [(signal.name, *signal.words) for signal in WEIGHTED]


def qualities(rows: pl.DataFrame, trend: Trend = LEVEL) -> pl.DataFrame:
    """The columns of the group by the default combination."""
    return graded(rows, contributions(), WORDS, trend)


def trend_of(rows: pl.DataFrame) -> Trend:
    keys = rows.drop_nulls("tokens").select(log_tokens().alias("x"), points().alias("y"))
    return fit_trend(keys["x"].to_numpy(), keys["y"].to_numpy())


def better(signal: Signal) -> list[object]:
    """Values of a signal, from the worst to the best."""
    if signal.name == "cut_off":
        return ["no answer", "mid-sentence", None]
    if signal.name in BOOLEAN:
        return [False, True]
    return [signal.bad + (signal.good - signal.bad) * step / 8 for step in range(-2, 11)]


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda signal: signal.name)
def test_quality_never_falls_as_a_signal_gets_better(signal: Signal) -> None:
    values = better(signal)
    for seed in range(5):
        row = random_rows(1, seed=seed, missing=0.3)
        column = pl.Series(signal.name, values, dtype=SCHEMA[signal.name])
        rows = pl.concat([row] * len(values)).with_columns(column)
        found = qualities(rows)["quality_raw"]
        assert found.is_sorted()
        assert (found[-1] > found[0]) == (signal.weight > 0)


@pytest.mark.parametrize("signal", WEIGHTED, ids=lambda signal: signal.name)
def test_a_missing_signal_lies_between_the_worst_and_the_best(signal: Signal) -> None:
    if signal.name == "cut_off":
        pytest.skip("null is not unknown there: it says that a trace is complete")
    values = [better(signal)[0], None, better(signal)[-1]]
    column = pl.Series(signal.name, values, dtype=SCHEMA[signal.name])
    rows = pl.concat([random_rows(1)] * 3).with_columns(column)
    worst, missing, best = qualities(rows)["quality_raw"]
    assert worst < missing < best
    without = [each for each in WEIGHTED if each is not signal]
    left_out = graded(
        rows[1], contributions(without), [w for w in WORDS if w[0] != signal.name], LEVEL
    )
    assert missing == pytest.approx(left_out["quality_raw"][0])


def test_a_trace_of_which_nothing_is_known_is_in_the_middle() -> None:
    rows = pl.DataFrame({"tokens": [10]} | {s.name: [None] for s in SIGNALS}, schema=SCHEMA)
    rows = rows.with_columns(cut_off=pl.lit("mid-sentence"))
    known = contributions([signal for signal in WEIGHTED if signal.name != "cut_off"])
    found = graded(rows, known, [words for words in WORDS if words[0] != "cut_off"], LEVEL)
    assert found.row(0, named=True) == {
        "quality": 0.5,
        "quality_raw": 0.5,
        "grade": "C",
        "quality_why": NOTHING,
    }


def test_a_trace_that_was_not_scored_has_no_quality() -> None:
    rows = pl.DataFrame({name: [None] for name in SCHEMA}, schema=SCHEMA)
    assert qualities(rows, trend_of(random_rows(500))).row(0) == (None, None, None, None)


def test_no_rows_have_no_quality() -> None:
    found = qualities(pl.DataFrame(schema=SCHEMA))
    assert found.height == 0
    assert found.columns == ["quality", "quality_raw", "grade", "quality_why"]
    assert trend_of(pl.DataFrame(schema=SCHEMA)) == LEVEL


@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_shuffling_the_rows_changes_nothing(seed: int, random: object) -> None:
    rows = random_rows(200, seed=seed)
    shuffled = rows.with_row_index("place").sample(fraction=1, shuffle=True, seed=seed)
    assert trend_of(rows) == trend_of(shuffled)
    found = qualities(shuffled, trend_of(shuffled)).with_columns(shuffled["place"])
    assert found.sort("place").drop("place").equals(qualities(rows, trend_of(rows)))


def test_no_wrong_value_leaves_the_range() -> None:
    wild = random_rows(50).with_columns(
        loop_share=pl.lit(float("nan")), arithmetic=pl.lit(float("inf")), script_mix=pl.lit(-5.0)
    )
    found = qualities(wild, trend_of(random_rows(500)))
    assert found["quality"].is_between(0, 1).all()
    assert found["quality_raw"].is_finite().all()


@pytest.mark.parametrize(("quality", "expected"), [
    (1.0, "A"), (0.8, "A"), (0.79, "B"), (0.6, "B"), (0.59, "C"), (0.4, "C"), (0.39, "D"),
    (0.2, "D"), (0.19, "E"), (0.0, "E"), (None, None),
])  # fmt: skip
def test_the_cut_points_of_the_grades(quality: float | None, expected: str | None) -> None:
    column = pl.Series("quality", [quality], dtype=pl.Float64)
    assert pl.select(grade(pl.lit(column)).alias("grade"))["grade"].to_list() == [expected]
    assert [name for name, _ in GRADES] == list("ABCDE")


def test_the_reasons_are_the_largest_contributions_in_words() -> None:
    row = {"tokens": 100, "cut_off": "no answer", "loop_share": 0.5}
    rows = pl.DataFrame([row], schema=SCHEMA)
    assert qualities(rows)["quality_why"].to_list() == ["loops -2.7, cut off -1.8"]


# --- length ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("slope", [-0.5, 0.0, 0.3])
@pytest.mark.parametrize("seed", range(4))
def test_the_adjusted_quality_does_not_go_with_the_length(slope: float, seed: int) -> None:
    rows = random_rows(3000, seed=seed)
    # Long traces loop more, by a bent line, so that no straight trend would do.
    bent = slope * (log_tokens() - 8).clip(-1, 0.5)
    loops = (pl.col("loop_share") * 0.4 + bent).clip(0, 1)
    rows = rows.with_columns(loop_share=loops)
    found = qualities(rows, trend_of(rows))
    raw = spearman(rows["tokens"], found["quality_raw"])
    adjusted = spearman(rows["tokens"], found["quality"])
    assert raw is not None
    assert adjusted is not None
    assert abs(adjusted) < 0.05
    if slope:
        assert abs(raw) > 0.1


def test_a_pool_that_is_too_small_for_a_trend_is_not_adjusted() -> None:
    rows = random_rows(59)
    assert trend_of(rows) == LEVEL
    found = qualities(rows, trend_of(rows))
    assert found["quality"].equals(found["quality_raw"])


def test_traces_of_one_length_are_not_adjusted() -> None:
    rows = random_rows(300).with_columns(tokens=pl.lit(500, dtype=pl.Int64))
    found = qualities(rows, trend_of(rows))
    assert found["quality"].equals(found["quality_raw"])


def test_equal_lengths_share_a_bin() -> None:
    lengths = pl.Series([1.0] * 100 + [2.0] * 100).to_numpy()
    scores = pl.Series([float(place % 10) for place in range(100)] * 2).to_numpy()
    assert fit_trend(lengths, scores) == Trend(knots=(1.0, 2.0), shifts=(0.0, 0.0))
    later = scores + 2.0 * (lengths > 1)
    assert fit_trend(lengths, later) == Trend(knots=(1.0, 2.0), shifts=(1.0, -1.0))


def test_the_few_bad_traces_of_a_length_do_not_move_the_many() -> None:
    # Of the short traces one in ten is bad, of the long ones four in ten; the rest are alike.
    lengths = pl.Series([1.0] * 100 + [2.0] * 100).to_numpy()
    scores = pl.Series([0.0 if k < 10 or 100 <= k < 140 else 3.0 for k in range(200)]).to_numpy()
    assert fit_trend(lengths, scores).shifts == (0.0, 0.0)


def test_the_trend_is_straight_between_its_knots_and_level_beyond() -> None:
    trend = Trend(knots=(2.0, 3.0, 5.0), shifts=(1.0, 0.0, 2.0))
    places = {0.0: 1.0, 2.0: 1.0, 2.5: 0.5, 3.0: 0.0, 4.0: 1.0, 5.0: 2.0, 9.0: 2.0}
    frame = pl.DataFrame({"tokens": [pl.Series([x]).exp()[0] - 1 for x in places]})
    found = frame.select(adjustment(trend).alias("by"))["by"]
    assert found.to_list() == pytest.approx([*places.values()])


def test_one_extreme_trace_hardly_moves_the_trend() -> None:
    rows = random_rows(600, missing=0.0)
    worst = {s.name: s.bad for s in SIGNALS if SCHEMA[s.name] == pl.Float64()}
    extreme = rows[:1].with_columns(
        tokens=pl.lit(10**9, dtype=pl.Int64),
        cut_off=pl.lit("no answer"),
        **{name: pl.lit(value) for name, value in worst.items()},
    )
    before, after = trend_of(rows), trend_of(pl.concat([rows, extreme]))
    moved = [abs(a - b) for a, b in zip(before.shifts, after.shifts, strict=True)]
    assert max(moved) < 0.1


def test_rank_correlation_of_what_does_not_vary_is_unknown() -> None:
    assert spearman([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]) is None
    assert spearman([1.0], [1.0]) is None
    assert spearman([1.0, 2.0, 3.0], [1.0, 4.0, 9.0]) == pytest.approx(1.0)
    gap = pl.Series([1.0, 2.0, None, 3.0])
    assert spearman(gap, [9.0, 4.0, 7.0, 1.0]) == pytest.approx(-1.0)


def test_the_table_in_the_docs_is_the_one_in_the_code() -> None:
    from pathlib import Path

    text = (Path(__file__).parents[1] / "docs" / "quality.md").read_text("utf-8")
    for signal in SIGNALS:
        row = (
            f"| {signal.name} | {signal.bad:g} | {signal.good:g} | {signal.neutral:g} "
            f"| {signal.weight:g} |"
        )
        assert row in text
    for name, least in GRADES:
        assert f"| {name} | {least:g} |" in text
    assert CUT_OFF[0] is None
