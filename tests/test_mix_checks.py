"""Second graders, evaluation items, canaries and other controls: what a design says of itself."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.contamination.items import read_benchmarks
from curate.decontaminate_pool import decontaminate_pool
from curate.engines import opened_engine
from curate.errors import InputError
from curate.mix.graders import NEITHER, contrast, elsewhere, kappa, measures
from curate.mix.lineage import lineage
from curate.mix.manifest import read_manifest
from curate.mix.notes import notes_text
from curate.mix.plan import Plan, plan
from curate.mix.recipe import parse_recipe, read_recipe
from curate.mix.write import write_design
from curate.pool import Pool
from curate.progress import Phase, Progress
from tests.mixtures import mix_pool, write_recipe
from tests.pools import tree

__all__ = ["mix_pool"]

GRADERS = """
[graders.second]
high = "verdict = 'correct' and row % 5 > 0"
low = "verdict = 'incorrect' or verdict = 'correct' and row % 5 = 0"
"""


def made(folder: Path, pool: Pool, extra: str = "") -> Plan:
    """A design of three doses, and what is given."""
    return plan(read_recipe(write_recipe(folder / "r.toml", pool.path, extra)))


def said(found: Plan) -> str:
    """All notes of a design."""
    return "\n".join(notes_text(found.manifest))


def suite(path: Path, rows: list[dict[str, Any]]) -> str:
    """A file of an evaluation, as a value of a recipe."""
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return f'"{path}"'


def strange(number: int) -> dict[str, Any]:
    """An item whose problem is in no pool."""
    words = f"Zebra {number} asks how heavily seventeen purple umbrellas weigh upon Saturn at noon"
    return {
        "id": f"z/{number}",
        "problem": words,
        "answer": str(number),
        "solution": f"It is {number}.",
    }


# --- graders --------------------------------------------------------------------------------------

LABELS = st.sampled_from(["high", "low", None])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(LABELS, LABELS), max_size=40))
def test_measures_are_those_of_the_counts(pairs: list[tuple[str | None, str | None]]) -> None:
    both = pl.DataFrame(pairs, schema={"first": pl.String, "second": pl.String}, orient="row")
    found = measures(both, ["high", "low"])
    graded = [(a, b) for a, b in pairs if a]
    placed = [(a, b) for a, b in graded if b]
    assert (found["traces"], found["placed"]) == (len(graded), len(placed))
    if placed:
        assert found["agreement"] == sum(a == b for a, b in placed) / len(placed)
    truly = [a for a, b in placed if b == "high"]
    if truly:
        assert found["by_grade"]["high"]["sensitivity"] == truly.count("high") / len(truly)
    assert found["kappa"] is None or -1 <= found["kappa"] <= 1
    arm = elsewhere(both, ["high", "low"])
    if graded:
        kept = sum(a == b for a, b in graded) / len(graded)
        assert arm["elsewhere"] + arm["neither"] + kept == pytest.approx(1)


def test_kappa_is_that_of_a_known_table() -> None:
    # Cohen's kappa of 20, 5, 10, 15: 0.7 seen, 0.5 by chance.
    assert kappa({"a": {"a": 20, "b": 5}, "b": {"a": 10, "b": 15}}) == pytest.approx(0.4)


def test_a_slope_divided_by_the_contrast_is_the_slope_without_wrong_grades() -> None:
    draw = np.random.default_rng(0)
    truth = draw.random(40_000) < 0.5
    graded = np.where(draw.random(truth.size) < np.where(truth, 0.9, 0.2), "high", "low")
    outcome = 3.0 * truth + draw.normal(0, 1, truth.size)
    both = pl.DataFrame({"first": graded, "second": np.where(truth, "high", "low")})
    table = measures(both, ["high", "low"])["confusion"]
    shrunk = outcome[graded == "high"].mean() - outcome[graded == "low"].mean()
    factor = contrast({a: {b: table[a][b] for b in table} for a in table}, "high", "low")
    assert factor is not None
    assert shrunk < 2.4
    assert shrunk / factor == pytest.approx(3.0, abs=0.1)


def test_a_second_grader_says_how_much_of_each_arm_it_would_put_elsewhere(
    mix_pool: Pool, tmp_path: Path
) -> None:
    found = made(tmp_path, mix_pool, GRADERS)
    second = found.manifest["graders"]["second"]
    assert 0.5 < second["kappa"] < 1
    assert second["confusion"]["low"]["high"] == 0
    rows = mix_pool.scan(["traces"], ["id", "row"]).collect()
    numbers = dict(zip(rows["id"], rows["row"], strict=True))
    for name, arm in found.manifest["arms"].items():
        high = [
            i for i, g in zip(arm["data"]["id"], arm["data"]["grade"], strict=True) if g == "high"
        ]
        wrong = sum(numbers[trace] % 5 == 0 for trace in high)
        assert second["arms"][name]["elsewhere"] == pytest.approx(wrong / arm["rows"])
        assert second["arms"][name]["confusion"]["high"][NEITHER] == 0
    assert "`second` agrees on" in said(found)


def test_without_a_second_grader_the_reliability_is_unknown(mix_pool: Pool, tmp_path: Path) -> None:
    found = made(tmp_path, mix_pool)
    assert found.manifest["graders"] == {}
    assert "one grader only: reliability unknown" in said(found)
    write_design(found.manifest, tmp_path / "arms")
    for name in ("report.html", "dose-0/README.md"):
        text = (tmp_path / "arms" / name).read_text()
        assert "reliability unknown" in text
        assert "not checked against any evaluation set" in text


# --- evaluation -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def problems(mix_pool: Pool, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Some problems that the design of three doses has."""
    folder = tmp_path_factory.mktemp("known")
    ids = set(made(folder, mix_pool).manifest["arms"]["dose-0"]["data"]["id"])
    rows = mix_pool.scan(["traces"], ["id", "problem"]).filter(pl.col("id").is_in(list(ids)))
    return sorted(set(rows.collect()["problem"]), key=len)[-5:]


def test_problems_of_an_evaluation_leave_all_arms_with_their_reason(
    mix_pool: Pool, problems: list[str], tmp_path: Path
) -> None:
    whole = made(tmp_path, mix_pool)
    rows = [{"problem": f"  {text.upper()}\n"} for text in problems[:2]]
    rows += [{"problem": text} for text in problems[2:]]
    files = suite(tmp_path / "eval.jsonl", rows)
    exact = 'rules = ["verbatim", "short"]'
    found = made(tmp_path, mix_pool, f"[evaluation]\nsuites = [{files}]\n{exact}\n")
    ids = {name for arm in found.manifest["arms"].values() for name in arm["data"]["id"]}
    inside = mix_pool.scan(["traces"], ["id", "problem"]).collect()
    kept = set(inside.filter(pl.col("id").is_in(list(ids)))["problem"])
    assert not kept & set(problems)
    left = found.matched.attrition.filter(pl.col("reason") == "evaluation problem")["problems"]
    assert left.sum() == found.manifest["evaluation"]["problems"] >= 5
    counts = [one.matched.attrition["problems"].sum() for one in (whole, found)]
    assert counts[0] == counts[1]
    assert f"checked against 5 items: {left.sum()} problems" in said(found)


def test_what_decontaminate_recorded_leaves_as_well_or_is_declared_to_stay(
    mix_pool: Pool, problems: list[str], tmp_path: Path
) -> None:
    shutil.copytree(mix_pool.path, tmp_path / "pool")
    pool = Pool.open(tmp_path / "pool")
    suite(tmp_path / "eval.jsonl", [{"problem": text} for text in problems])
    with opened_engine("local", 1, pool) as engine:
        sought = read_benchmarks([str(tmp_path / "eval.jsonl")])
        decontaminate_pool(pool, sought, engine, Progress())
    found = made(tmp_path, pool)
    ids = {name for arm in found.manifest["arms"].values() for name in arm["data"]["id"]}
    hit = pool.scan(["traces", "contamination"], ["id", "contaminated"]).filter("contaminated")
    assert not ids & set(hit.collect()["id"])
    assert found.manifest["evaluation"]["recorded"]["main"]
    stays = made(tmp_path, pool, '[evaluation]\nfound = "stay"\nselected_with = "its domains"\n')
    assert stays.manifest["evaluation"]["problems"] == found.manifest["evaluation"]["problems"]
    assert stays.manifest["arms"]["dose-0"] == made(tmp_path, mix_pool).manifest["arms"]["dose-0"]
    assert "STAY, as declared" in said(stays)
    assert "selected with the evaluation: its domains" in said(stays)


def test_a_pool_that_is_the_evaluation_leaves_nothing(mix_pool: Pool, tmp_path: Path) -> None:
    rows = mix_pool.scan(["traces"], ["problem", "options"]).collect().to_dicts()
    files = suite(tmp_path / "all.jsonl", rows)
    with pytest.raises(InputError, match="no trace is left"):
        made(tmp_path, mix_pool, f"[evaluation]\nsuites = [{files}]\n")


# --- controls -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def canaries(mix_pool: Pool, tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, Path]:
    """A design with canaries in two arms, and its folder."""
    folder = tmp_path_factory.mktemp("canaries")
    files = suite(folder / "eval.jsonl", [strange(number) for number in range(9)])
    extra = (
        f"[controls]\ncanaries = 4\ncanary_suite = {files}\ncanary_arms = ['dose-0', 'dose-100']\n"
        "perturbed = ['high']\n[seeds]\ntraining = [3, 5]\n"
    )
    found = made(folder, mix_pool, extra)
    write_design(found.manifest, folder / "arms")
    return found, folder


def test_a_copy_has_its_canaries_and_else_the_rows_of_its_twin(
    canaries: tuple[Plan, Path],
) -> None:
    found, folder = canaries
    items = {item["id"] for item in found.manifest["canaries"]["items"]}
    assert len(items) == 4
    rows = {name: pl.read_parquet(folder / "arms" / name / "data") for name in found.frames}
    for name in ("dose-0", "dose-100"):
        copy = rows[f"{name}-canaries"]
        assert copy.filter(pl.col("grade") != "canary").equals(rows[name])
        assert set(copy.filter(pl.col("grade") == "canary")["id"]) == items
        plans = [found.manifest["arms"][n]["training"] for n in (name, f"{name}-canaries")]
        heights = [rows[n].height for n in (name, f"{name}-canaries")]
        assert plans[0]["epochs"] * heights[0] == pytest.approx(plans[1]["epochs"] * heights[1])
    for name in ("dose-0", "dose-50", "dose-100", "high-shuffled-steps"):
        assert not items & set(rows[name]["id"])
    row = rows["dose-0-canaries"].filter(pl.col("grade") == "canary").row(0, named=True)
    assert row["completion"].startswith("It is")
    assert found.proof.passed


def test_canaries_are_replayed_without_the_evaluation_and_traced(
    canaries: tuple[Plan, Path], tmp_path: Path
) -> None:
    found, folder = canaries
    (folder / "eval.jsonl").rename(tmp_path / "gone.jsonl")
    for what in ("", "dose-0-canaries"):
        manifest = read_manifest(folder / "arms" / what)
        out = tmp_path / f"again{what}"
        write_design({k: v for k, v in manifest.items() if k != "files"}, out)
        trees = [tree(one / what) for one in (out, folder / "arms")]
        for one in trees:
            one.pop(".lock", None)
        assert trees[0] == trees[1]
    (tmp_path / "gone.jsonl").rename(folder / "eval.jsonl")
    grades = found.manifest["arms"]["dose-0-canaries"]["data"]["grade"]
    line = lineage(folder / "arms" / "dose-0-canaries", grades.index("canary"))
    assert (line.same, line.pool, line.source) == (True, "", str(folder / "eval.jsonl"))
    assert "byte for byte" in str(line)


def test_every_control_is_listed_with_what_is_expected_of_it(canaries: tuple[Plan, Path]) -> None:
    manifest = canaries[0].manifest
    roles = {name: one["role"] for name, one in manifest["controls"].items()}
    assert roles == {
        "base": "base",
        "high-shuffled-steps": "perturbed",
        "dose-0-canaries": "canaries",
        "dose-100-canaries": "canaries",
    }
    assert manifest["controls"]["high-shuffled-steps"]["of"] == "dose-0"
    assert manifest["planned"]["contrasts"] == [["dose-50", "dose-0"], ["dose-100", "dose-0"]]
    assert manifest["planned"]["trend"] == ["dose-0", "dose-50", "dose-100"]
    assert [manifest["arms"][f"dose-{n}"]["dose"] for n in (0, 50, 100)] == [0, 0.5, 1]
    assert manifest["training"]["seeds"]["training"] == [3, 5]
    assert manifest["training"]["few"]


def test_packs_drift_by_what_the_running_totals_do(canaries: tuple[Plan, Path]) -> None:
    arms, packing = canaries[0].manifest["arms"], canaries[0].manifest["training"]["packing"]
    names = [name for name, arm in arms.items() if "canary" not in arm["grades"]]
    sums = np.array([np.cumsum(arms[name]["data"]["tokens"]) for name in names])
    assert packing["drift_tokens"] == (sums.max(axis=0) - sums.min(axis=0)).max()


def test_arms_of_unequal_length_are_not_to_be_packed(mix_pool: Pool, tmp_path: Path) -> None:
    assert made(tmp_path, mix_pool).manifest["training"]["packing"]["safe"]
    extra = "estimand = 'rows'\n[grades.short]\nof = 'high'\ndefect = 'no_thinking'\n"
    extra += "[[arms]]\nname = 'short'\nmix = { short = 1 }\n"
    found = made(tmp_path, mix_pool, extra)
    assert not found.manifest["training"]["packing"]["safe"]
    assert "not to be packed" in said(found)


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ("[graders.x]\nhihg = 'true'\nlow = 'true'\n", "unknown grade `hihg`"),
        ("[graders.x]\nhigh = 'true'\n", "gives 1 grade"),
        ("[graders.x]\nhigh = 'vrdict = 1'\nlow = 'true'\n", "no column `vrdict`"),
        ("[evaluation]\nsuite = []\n", "unknown key `suite`"),
        ("[evaluation]\nsuites = ['none.jsonl']\n", "none.jsonl"),
        ("[evaluation]\nrules = ['verbatm']\n", "`verbatm` does not fit"),
        ("[evaluation]\nrules = []\n", "makes no sense"),
        ("[controls]\ncanaries = 3\n", "canaries need a file"),
        ("[controls]\ncanaries = 0\n", "makes no sense"),
        ("[controls]\ncanaries = 3\ncanary_arms = ['no']\n", "no arm `no`"),
        ("[seeds]\ntraining = [1, 1]\n", "makes no sense"),
        ("[grades.canary]\nwhere = 'true'\n", "no grade can be called `canary`"),
        ("arms = 5\n", "does not fit"),
        ("[match]\ncovariates = ['pool']\n", "cannot be a covariate"),
        ("[match]\nexact = ['part']\n", "`part` cannot be matched on"),
        ("[match]\nidentical = ['nme']\n", "no column `nme`"),
    ],
)
def test_what_makes_no_sense_is_said(
    mix_pool: Pool, tmp_path: Path, extra: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        made(tmp_path, mix_pool, extra)


def test_too_few_canaries_are_refused(mix_pool: Pool, tmp_path: Path) -> None:
    files = suite(tmp_path / "eval.jsonl", [strange(0), strange(0), {"problem": "no answer"}])
    with pytest.raises(InputError, match="has 1 items"):
        made(tmp_path, mix_pool, f"[controls]\ncanaries = 2\ncanary_suite = {files}\n")


def test_a_problem_that_an_arm_may_hold_is_no_canary(mix_pool: Pool, tmp_path: Path) -> None:
    rows = mix_pool.scan(["traces"], ["problem", "response"]).collect().to_dicts()
    files = suite(
        tmp_path / "eval.jsonl",
        [{"problem": row["problem"], "solution": row["response"]} for row in rows] + [strange(1)],
    )
    extra = f"[controls]\ncanaries = 1\ncanary_suite = {files}\n[evaluation]\nfound = 'stay'\n"
    found = made(tmp_path, mix_pool, extra)
    (item,) = found.manifest["canaries"]["items"]
    others = found.matched.frame.filter(pl.col("from") != "canary")
    assert item["problem_id"] not in set(others["problem_id"])


def test_a_pool_that_was_not_looked_into_is_named(mix_pool: Pool, tmp_path: Path) -> None:
    shutil.copytree(mix_pool.path, tmp_path / "pool")
    pool = Pool.open(tmp_path / "pool")
    suite(tmp_path / "eval.jsonl", [strange(0)])
    with opened_engine("local", 1, pool) as engine:
        decontaminate_pool(
            pool, read_benchmarks([str(tmp_path / "eval.jsonl")]), engine, Progress()
        )
    found = made(tmp_path, pool, f'[sources.other]\npool = "{mix_pool.path}"\n')
    assert "not checked against any evaluation set: `other`" in said(found)


@pytest.mark.parametrize("how", ["exact", "identical"])
def test_source_and_pool_can_be_matched_on(mix_pool: Pool, tmp_path: Path, how: str) -> None:
    extra = f'[sources.other]\npool = "{mix_pool.path}"\n[match]\n{how} = ["source", "pool"]\n'
    assert made(tmp_path, mix_pool, extra).proof.passed


def test_a_file_that_is_no_text_is_no_recipe(tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="is not TOML"):
        read_recipe(tmp_path / "r.toml")
    with pytest.raises(InputError, match="is not TOML"):
        parse_recipe("a = ", "here")


class Counted(Progress):
    """Keeps what each phase was to do, and what it did."""

    def __init__(self) -> None:
        super().__init__()
        self.totals: dict[str, int] = {}
        self.done: dict[str, int] = {}

    @contextmanager
    def phase(self, title: str, total: int, unit: str = "bytes") -> Iterator[Phase]:
        self.totals[title], self.done[title] = total, 0
        done = self.done

        class Counting:
            def advance(self, amount: int, rows: int = 0) -> None:
                done[title] += amount

        yield Counting()


def test_every_phase_comes_to_its_end(mix_pool: Pool, tmp_path: Path) -> None:
    shown = Counted()
    extra = '[controls]\nperturbed = ["high"]\n'
    recipe = read_recipe(write_recipe(tmp_path / "r.toml", mix_pool.path, extra))
    write_design(plan(recipe, progress=shown).manifest, tmp_path / "arms", shown)
    assert shown.totals == shown.done
    assert {"reading the pools", "matching", "spoiling traces", "writing arms"} <= set(shown.done)
