"""`curate mix` and `curate lineage` as a user runs them."""

import json
from pathlib import Path

import polars as pl
import pytest

from curate.pool import Pool
from tests.command import curate, folder
from tests.mixtures import mix_pool, write_recipe

__all__ = ["folder", "mix_pool"]


@pytest.fixture
def recipe(folder: Path, mix_pool: Pool) -> str:
    """A recipe of three doses, in the folder."""
    return write_recipe(folder / "r.toml", mix_pool.path).name


def test_a_plan_says_rows_tokens_attrition_and_balance_and_writes_nothing(
    folder: Path, recipe: str
) -> None:
    before = sorted(folder.iterdir())
    code, out, err = curate(folder, "mix", recipe, "--plan")
    assert code == 0, err
    head, *arms = out.splitlines()
    assert head.split() == [
        "rows", "problems", "tokens", "thinking", "answer", "epochs", "steps", "arm", "grades",
    ]  # fmt: skip
    assert [line.split()[7] for line in arms] == ["dose-0", "dose-50", "dose-100"]
    first, *reasons = err.splitlines()
    whole, kept, left = (int(word.replace(",", "")) for word in first.split() if word[0].isdigit())
    assert whole == kept + left
    listed = reasons[: reasons.index("graders: one grader only: reliability unknown")]
    assert sum(int(line.split()[0]) for line in listed) == left
    assert "log tokens: |SMD|" in err
    assert err.endswith("the design holds\n")
    assert sorted(folder.iterdir()) == before


def test_arms_are_written_replayed_and_traced(folder: Path, recipe: str) -> None:
    code, _, err = curate(folder, "mix", recipe, "-o", "arms")
    assert code == 0, err
    assert err.endswith(
        "wrote dose-0, dose-50, dose-100 in `arms`; the proof is `arms/report.html`\n"
    )
    code, _, err = curate(folder, "mix", recipe, "-o", "arms")
    assert (code, err.splitlines()[-1]) == (
        0,
        "wrote nothing, all arms were there in `arms`; the proof is `arms/report.html`",
    )
    code, _, err = curate(folder, "mix", "--replay", "arms/manifest.json", "-o", "again")
    assert code == 0, err
    for path in (folder / "arms").rglob("*"):
        if path.is_file():
            assert (folder / "again" / path.relative_to(folder / "arms")).read_bytes() == (
                path.read_bytes()
            )
    code, out, err = curate(folder, "lineage", "arms/dose-50", "3", "--json")
    assert code == 0, err
    assert json.loads(out)["same"] is True
    code, out, err = curate(folder, "lineage", "arms/dose-50", "3")
    assert "byte for byte" in out


def test_json_holds_all_but_the_rows(folder: Path, recipe: str) -> None:
    code, out, err = curate(folder, "mix", recipe, "--plan", "--json")
    assert code == 0, err
    found = json.loads(out)
    assert found["balance"]["passed"] is True
    assert set(found["arms"]) == {"dose-0", "dose-50", "dose-100"}
    assert "data" not in found["arms"]["dose-0"]


def test_a_design_that_fails_is_refused_with_what_would_fix_it_or_forced(
    folder: Path, mix_pool: Pool
) -> None:
    write_recipe(folder / "r.toml", mix_pool.path)
    text = (folder / "r.toml").read_text()
    low = "[grades.low]\nof = 'high'\ndefect = 'no_thinking'\n[doses]"
    bad = text.partition("[grades.low]")[0] + low + text.partition("[doses]")[2]
    (folder / "bad.toml").write_text(bad)
    code, _, err = curate(folder, "mix", "bad.toml", "-o", "arms")
    assert code == 1
    last = err.splitlines()[-3:]
    assert last[0] == (
        "error: the arms are not alike enough to be compared, so nothing was written"
    )
    assert "|SMD|" in last[1]
    assert '`estimand = "rows"`' in last[2]
    assert not (folder / "arms").exists()
    code, _, err = curate(folder, "mix", "bad.toml", "-o", "arms", "--force")
    assert code == 0
    assert "THE DESIGN FAILS ITS BALANCE, and was forced" in err
    assert "failed its balance" in (folder / "arms" / "dose-100" / "README.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["mix"], "error: no recipe"),
        (["mix", "math-coat", "--plan"], "error: no preset `math-coat`"),
        (["mix", "none.toml", "--plan"], "error: no recipe `none.toml`"),
        (["mix", "r.toml"], "error: no place for the arms"),
        (["mix", "r.toml", "--plan", "--pool", "x=y"], "error: the recipe has no source `x`"),
        (["mix", "r.toml", "--plan", "--problems", "9999"], "problems can be matched"),
        (["mix", "--replay", "r.toml", "-o", "x"], "error: `r.toml` is no manifest"),
        (["lineage", "r.toml", "1"], "error: `r.toml` is no manifest"),
    ],
)
def test_errors_say_what_why_and_how_to_fix_it(
    folder: Path, recipe: str, arguments: list[str], message: str
) -> None:
    code, out, err = curate(folder, *arguments)
    assert (code, out) == (1, "")
    assert message in err
    assert [line.partition(":")[0] for line in err.splitlines()[1:]] == ["  why", "  fix"]


@pytest.mark.parametrize(
    ("name", "problems"),
    [("math-cot", 100), ("math-nocot", 100), ("repeat-vs-cover", 160), ("dose-response", None)],
)
def test_presets_run_on_a_sample(
    folder: Path, mix_pool: Pool, name: str, problems: int | None
) -> None:
    wanted = ["--problems", str(problems)] if problems else []
    code, out, err = curate(folder, "mix", name, "--pool", str(mix_pool.path), "--plan", *wanted)
    assert code == 0, err
    assert problems is None or f" {problems} " in out


def test_presets_of_two_pools_run_on_samples(folder: Path, mix_pool: Pool) -> None:
    pool = str(mix_pool.path)
    for name, other in (("human-solutions", "human"), ("countdown-cot", "countdown")):
        pools = ["--pool", pool, "--pool", f"{other}={pool}"]
        code, out, err = curate(folder, "mix", name, *pools, "--plan", "--problems", "60")
        assert code == 0, err
        assert len({line.split()[1] for line in out.splitlines()[1:]}) == 1


def test_solutions_by_people_are_matched_though_all_of_them_are_right(
    folder: Path, mix_pool: Pool
) -> None:
    traces = pl.read_parquet(
        f"{mix_pool.path}/traces/*.parquet", columns=["problem", "reference", "reference_form"]
    )
    texts = traces.filter(pl.col("reference_form") == "text").unique(
        "problem", keep="first", maintain_order=True
    )
    solved = pl.concat_str(pl.lit("It comes to \\boxed{"), "reference", pl.lit("}."))
    texts.select("problem", "reference", response=solved).write_ndjson(folder / "human.jsonl")
    assert curate(folder, "verify", "human.jsonl", "-o", "human")[0] == 0
    pools = ["--pool", str(mix_pool.path), "--pool", "human=human"]
    code, out, err = curate(
        folder, "mix", "human-solutions", *pools, "--plan", "--problems", "60", "--json"
    )
    assert code == 0, err
    [rate] = [one for one in json.loads(out)["balance"]["differences"]
              if one["covariate"] == "pass_rate" and one["left"] == "math-cot"
              and one["right"] == "numina-math"]  # fmt: skip
    assert rate["smd"] == 0
