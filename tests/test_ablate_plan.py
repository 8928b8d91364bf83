"""The file of a study, its plan, and what it can see before anything is trained."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.analyze.find_grading import graded_pair
from curate.analyze.study import read_design
from curate.errors import InputError
from curate.mix.plan import plan as mix_plan
from curate.mix.presets import preset
from curate.mix.write import write_design
from curate.pool import Pool
from curate.train.arms import Arm, arms_of
from curate.train.bases import parameter_count
from curate.train.cells import rendered
from curate.train.design import contrasts_of, design_of
from curate.train.detectable import (
    Planned,
    Runs,
    detectable,
    normal_difference,
    seeds_needed,
    variances,
)
from curate.train.plan import fewest_draws, need_sight, plan_json, plan_of
from curate.train.plan_text import plan_text
from curate.train.preset import PRESETS, preset_tables
from curate.train.schedule import ren2026
from curate.train.specs import ArmsSpec, PilotSpec
from curate.train.study import Study, parse_study, read_study
from curate.train.templates import Rendering
from tests.mixtures import mix_pool
from tests.small_study import STUDY, small_study

__all__ = ["mix_pool"]

COLUMNS = ((1, 1), (1, 4), (3, 1), (3, 4), (5, 4), (5, 16))
"""(seeds, samples)"""
SIMULATED = {
    (0.017, 30): (30, 17, 19, 10, 8.6, 6.0),
    (0.017, 100): (18, 10, 9.8, 6.3, 5.3, 4.2),
    (0.017, 300): (11, 7.2, 6.2, 4.4, 3.6, 3.0),
    (0.017, 1000): (7.1, 6.1, 4.0, 3.5, 3.0, 2.7),
    (0.028, 1000): (11.5, 10.6, 7.0, 6.0, 4.9, 4.6),
}
"""(seed SD, items) -> smallest difference in points at 80 % power, simulated with known truth
(2.8 standard errors, accuracy 50 %, item SD 1.6 logits, arm x item SD 0.35 logits)."""


def suite(items: int, samples: int = 4, domain: str = "id") -> Planned:
    return Planned(suite=domain, domain=domain, items=items, clusters=items, samples=samples)


def test_the_smallest_difference_is_that_of_simulated_studies() -> None:
    gaps = []
    for (seed_sd, items), row in SIMULATED.items():
        for (seeds, samples), points in zip(COLUMNS, row, strict=True):
            found = normal_difference([suite(items, samples)], seeds, PilotSpec(seed_sd=seed_sd))
            gaps.append(abs(100 * found / points - 1))
    # a simulated standard error is itself uncertain by some percent
    assert sorted(gaps)[len(gaps) // 2] < 0.035
    assert sorted(gaps)[-3] < 0.06
    assert max(gaps) < 0.13


def test_quantiles_of_t_ask_for_more_than_normal_ones_and_become_them() -> None:
    suites, pilot = [suite(1000)], PilotSpec()
    few = detectable(suites, Runs(seeds=3), pilot) / normal_difference(suites, 3, pilot)
    many = detectable(suites, Runs(seeds=3, arms=400), pilot) / normal_difference(suites, 3, pilot)
    assert 1.1 < few < 1.3
    assert many == pytest.approx(1.0, abs=0.01)


def test_one_seed_sees_nothing_unless_seeds_do_not_differ() -> None:
    suites = [suite(1000)]
    assert detectable(suites, Runs(seeds=1), PilotSpec()) == float("inf")
    assert detectable(suites, Runs(seeds=1), PilotSpec(seed_sd=0)) < 0.03


@given(
    items=st.integers(2, 3000),
    samples=st.integers(1, 16),
    seeds=st.integers(2, 12),
    accuracy=st.floats(0.05, 0.95),
)
def test_more_of_anything_sees_no_less(
    items: int, samples: int, seeds: int, accuracy: float
) -> None:
    pilot, runs = PilotSpec(accuracy=accuracy), Runs(seeds=seeds, arms=4, contrasts=3)
    now = detectable([suite(items, samples)], runs, pilot)
    assert 0 < now < float("inf")
    for more in (
        detectable([suite(items, samples)], replace(runs, contrasts=2), pilot),
        detectable([suite(items, samples)], replace(runs, power=0.7), pilot),
    ):
        assert more <= now * (1 + 1e-9)
    # Of more items, samples or seeds only the variance is sure to be less: less noise of one kind
    # leaves more weight to the other, which may have fewer degrees of freedom.
    if items > runs.arms * (seeds + 1):
        seen = detectable([suite(items, samples)], replace(runs, seeds=seeds + 1), pilot)
        assert seen <= now * (1 + 1e-9)
    noise = sum(variances([suite(items, samples)], seeds, pilot))
    assert sum(variances([suite(items, samples)], seeds + 1, pilot)) <= noise * (1 + 1e-9)
    assert sum(variances([suite(items + 1, samples)], seeds, pilot)) <= noise * (1 + 1e-9)
    assert sum(variances([suite(items, samples + 1)], seeds, pilot)) <= noise * (1 + 1e-9)


def test_the_seeds_needed_are_the_fewest_that_see_it() -> None:
    suites, runs = [suite(1000)], Runs(seeds=3, arms=8)
    needed = seeds_needed(suites, runs, PilotSpec(), 0.03)
    assert needed is not None
    assert detectable(suites, replace(runs, seeds=needed), PilotSpec()) <= 0.03
    assert detectable(suites, replace(runs, seeds=needed - 1), PilotSpec()) > 0.03
    assert seeds_needed([suite(5, 1)], runs, PilotSpec(), 0.001) is None


def parse(text: str) -> Study:
    return parse_study(text, "the test", Path("/nowhere"))


BARE = '[arms]\na = "a"\n[bases]\nb = "b"\n'


@pytest.mark.parametrize(
    ("text", "what", "fix"),
    [
        ("[arm]\n", "unknown key `arm`", "did you mean `arms`?"),
        ("[seeds]\norders = [0]\n", "unknown key `orders`", "did you mean `order`?"),
        ("[schedule]\nlerning_rate = 1\n", "unknown key `lerning_rate`", "`learning_rate`"),
        ("[suites.x]\npath = 'p'\ntemprature = 1\n", "`temprature`", "`temperature`"),
        ("[evaluate]\nbatch = 3\n", "unknown key `batch`", "`batch_size`"),
        ("[launch]\nengine = 'kubernetes'\n", "`kubernetes` does not fit", "change"),
        ("[seeds]\norder = [1, 1]\n", "`order` is [1, 1]", "different"),
        ("[schedule]\nshuffle = false\n", "`shuffle = false` with 3 orders", "shuffle = true"),
        ("[analysis]\ndetect = 3\n", "`detect` is 3", "`detect = 0.03`"),
        ("[analysis]\ncontrasts = [['a']]\n", "`contrasts` are no pairs", "dose-100"),
        ("[schedule]\noverlong = 'cut'\n", "`overlong = cut`", '"drop"'),
        ("preset = 'ren2027'\n", "no preset `ren2027`", "take one"),
        ("[analysis\n", "is not TOML", "mend"),
    ],
)
def test_what_does_not_fit_is_said_with_what_would(text: str, what: str, fix: str) -> None:
    whole = text + BARE if text.startswith("preset") else BARE + text
    with pytest.raises(InputError) as caught:
        parse(whole)
    assert what in caught.value.what
    assert fix in caught.value.fix


def test_a_study_without_arms_or_bases_says_which() -> None:
    with pytest.raises(InputError, match=r"`\[bases\]` is missing"):
        parse('[arms]\na = "a"\n')


def test_the_first_step_as_a_checkpoint_is_not_the_whole_run() -> None:
    study = parse(BARE + "[schedule]\nsteps = 40\ncheckpoints = [1, 2, 0.5, 1.0]\n")
    assert study.schedule.checkpoint_steps(40) == (1, 2, 20, 40)


def test_the_preset_is_the_recipe_of_the_paper() -> None:
    study = parse('preset = "ren2026"\n' + BARE + "[suites.math500]\npath = 'm.jsonl'\n")
    assert study.schedule == ren2026()
    assert study.schedule.total_steps(20_480) == 640
    assert study.schedule.checkpoint_steps(640) == (10, 20, 40, 80, 160, 320, 480, 640)
    (math,) = study.suites
    assert (math.temperature, math.top_p, math.max_tokens, math.samples) == (0.6, 0.95, 32768, 3)
    shown = rendered(math, study.rendering).template
    assert shown.startswith("<|im_start|>user\n{problem}\n")
    assert shown.endswith("<|im_end|>\n<|im_start|>assistant\n")
    assert "system" not in shown
    assert study.launch.processes == study.schedule.reference_world == 8


def test_what_the_file_says_holds_over_the_preset() -> None:
    study = parse(BARE + "[schedule]\npreset = 'small'\nsteps = 7\nlearning_rate = 0.5\n")
    assert (study.schedule.steps, study.schedule.epochs) == (7, None)
    assert study.schedule.learning_rate == 0.5
    assert study.schedule.batch == preset_tables("small")["schedule"]["batch"]


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_makes_a_study(name: str) -> None:
    assert parse(f'preset = "{name}"\n{BARE}').schedule.learning_rate > 0


def test_a_prompt_is_rendered_once_and_as_in_training() -> None:
    rendering = Rendering(template="llama3")
    plain = parse(BARE + "[suites.x]\npath = 'x'\ntemplate = 'Q: {problem}'\n").suites[0]
    once = rendered(plain, rendering)
    assert once.template == rendering.prompt("Q: {problem}")
    assert rendered(once, rendering) == once
    assert rendered(plain, Rendering()) == plain


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_study(tmp_path_factory.mktemp("study"))


def test_the_plan_counts_cells_steps_and_tokens(small: Path) -> None:
    plan = plan_of(read_study(small))
    assert [cell.title for cell in plan.cells] == [
        "base tiny",
        "right on tiny, seed 0",
        "wrong on tiny, seed 0",
        "right on tiny, seed 1",
        "wrong on tiny, seed 1",
    ]
    assert len({cell.key for cell in plan.cells}) == 5
    assert plan.cost.steps == 4 * 6
    assert plan.cost.checkpoints == 4 * 3 + 1
    assert plan.cost.responses == 6 * 2 * (4 * 3 + 2)
    assert plan.cost.generated_tokens == plan.cost.responses * 6
    size = plan.bases[0].parameters
    assert size is not None
    assert plan.cost.train_operations == 6 * size * plan.cost.seen_tokens
    assert plan.cost.disk_bytes == 4 * 3 * size * 4 + size * 12
    assert "2 arms x 1 base x 2 seeds = 4 cells, exploratory" in plan_text(plan)
    assert json.loads(json.dumps(plan_json(plan)))["power"][0]["by_seeds"]["1"] is None


def test_the_parameters_are_those_of_the_model(small: Path) -> None:
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(small.parent / "base")
    assert parameter_count(small.parent / "base") == sum(
        each.numel() for each in model.parameters()
    )


def test_measured_speeds_make_hours(small: Path) -> None:
    study = read_study(small)
    fast = replace(study.launch, train_tokens_per_second=100.0, generate_tokens_per_second=50.0)
    cost = plan_of(replace(study, launch=fast)).cost
    assert cost.train_hours == pytest.approx(cost.seen_tokens / 100 / 3600)
    assert cost.generate_hours == pytest.approx(cost.generated_tokens / 50 / 3600)


def test_a_study_that_cannot_see_its_effect_is_refused_unless_exploratory(small: Path) -> None:
    text = STUDY + "[analysis]\ndetect = 0.03\n"
    plan = plan_of(parse_study(text, "the test", small.parent))
    with pytest.raises(InputError) as caught:
        need_sight(plan)
    assert caught.value.what == "the study cannot see a difference of 3 points in `id`"
    assert "`--exploratory`" in caught.value.fix
    open_eyed = plan_of(parse_study(text + "exploratory = true\n", "the test", small.parent))
    need_sight(open_eyed)
    assert open_eyed.design()["primary"] == "exploratory"


def test_a_study_that_sees_its_effect_is_confirmatory(small: Path) -> None:
    text = STUDY + "[analysis]\ndetect = 0.9\n"
    plan = plan_of(parse_study(text, "the test", small.parent))
    need_sight(plan)
    design = plan.design()
    assert (design["primary"], design["contrasts"]) == ("confirmatory", [["wrong", "right"]])
    assert design["domains"] == ["id"]


def test_what_can_be_seen_is_divided_by_every_test_of_the_analysis(small: Path) -> None:
    """Holm runs over contrasts × domains × bases, and each base is judged by its own runs."""
    two = STUDY.replace(
        'tiny = "base"', 'tiny = "base"\nchat = { path = "base", template = "chatml" }'
    )
    more = '[suites.other]\npath = "sums.jsonl"\nscorer = "exact"\n[evaluate]'
    plan = plan_of(parse_study(two.replace("[evaluate]", more), "", small.parent))
    assert (plan.runs.contrasts, plan.runs.bases, plan.runs.seeds) == (1 * 2 * 2, 1, 2)
    bases = [cell for cell in plan.cells if cell.kind == "base"]
    assert len({cell.key for cell in bases}) == 2  # one model, asked in two ways
    assert len({cell.key for cell in plan.cells}) == len(plan.cells)


def test_an_arm_of_fewer_draws_counts_for_what_is_seen() -> None:
    clean = Arm(name="clean", folder=Path(), digest="", rows=1, tokens=1, positions=1, longest=1,
                estimated=False)  # fmt: skip
    arms = [clean, replace(clean, name="x"), replace(clean, name="x", draw=1)]
    assert fewest_draws(arms, [("x", "clean")]) == 1
    assert fewest_draws(arms[1:], [("x", "x")]) == 2


def test_a_suite_whose_items_are_not_known_is_planned_all_the_same(small: Path) -> None:
    text = STUDY + '[suites.arc]\nlmeval = "arc_easy"\ndomain = "general"\n'
    plan = plan_of(parse_study(text, "", small.parent))
    assert list(plan.detectable) == ["id"]
    assert any("`arc` has is known when it runs" in note for note in plan.notes)
    assert "id" in plan_text(plan)


def test_a_contrast_of_no_arm_and_a_domain_of_no_suite_are_refused(small: Path) -> None:
    with pytest.raises(InputError, match="names the arm `left`"):
        plan_of(
            parse_study(STUDY + "[analysis]\ncontrasts = [['left', 'right']]\n", "", small.parent)
        )
    blind = STUDY + "[analysis]\ndetect = 0.9\ndomains = ['ood']\n"
    with pytest.raises(InputError, match="`ood`"):
        need_sight(plan_of(parse_study(blind, "", small.parent)))


def test_the_key_of_a_cell_changes_with_what_changes_its_model_and_nothing_else(
    small: Path,
) -> None:
    def keys(old: str = "", new: str = "") -> dict[str, str]:
        plan = plan_of(parse_study(STUDY.replace(old, new), "", small.parent))
        return {cell.title: cell.key for cell in plan.cells}

    same = keys()
    assert keys("samples = 2", "samples = 3") == same
    assert keys("batch_size = 8", "batch_size = 9") == same
    assert keys('device = "cpu"', 'device = "cpu"\nworkers = 2') == same
    other = keys("learning_rate = 1e-3", "learning_rate = 2e-3")
    assert other["base tiny"] == same["base tiny"]
    assert not {other[title] for title in other if title != "base tiny"} & set(same.values())


def test_the_design_says_how_far_second_graders_agree(mix_pool: Pool, tmp_path: Path) -> None:
    recipe = preset("dose-response")
    sources = {"main": replace(recipe.sources["main"], pool=str(mix_pool.path))}
    second = {"length": {"correct": "response_chars < 900", "incorrect": "response_chars >= 900"}}
    made = mix_plan(replace(recipe, sources=sources, graders=second), forced=True)
    write_design(made.manifest, tmp_path / "arms")
    study = parse_study(BARE.replace("[arms]", '[arms]\ndesign = "arms"'), "", tmp_path)
    found = design_of(study, arms_of(ArmsSpec(designs=("arms",)), tmp_path), confirmatory=True)
    whole = made.manifest["graders"]["length"]
    expected = {"agreement": whole["agreement"], "confusion": whole["confusion"]}
    assert found["graders"] == {"length": expected}
    assert sum(map(sum, (row.values() for row in whole["confusion"].values()))) == whole["traces"]
    (tmp_path / "design.json").write_text(json.dumps(found))
    read = read_design(tmp_path / "design.json")
    doses = [arm for arm in read.arms.values() if arm.dose is not None and arm.role == "dose"]
    assert graded_pair(doses) == ("correct", "incorrect")  # as the analysis needs them
    assert set(read.graders["length"]["confusion"]) == {"correct", "incorrect"}


def test_arms_of_a_mixture_keep_their_place_in_the_design(mix_pool: Pool, tmp_path: Path) -> None:
    recipe = preset("dose-response")
    sources = {"main": replace(recipe.sources["main"], pool=str(mix_pool.path))}
    made = mix_plan(replace(recipe, sources=sources), forced=True)
    write_design(made.manifest, tmp_path / "arms")
    spec = ArmsSpec(designs=("arms",), only=("dose-0", "dose-50"))
    clean, mixed = arms_of(spec, tmp_path)
    assert (clean.role, clean.dose) == ("dose", 0.0)
    assert mixed.dose == pytest.approx(0.5, abs=0.05)
    assert (clean.mix_seed, clean.edited, clean.estimated) == (0, False, False)
    whole = arms_of(ArmsSpec(designs=("arms",)), tmp_path)
    study = parse(BARE)
    assert contrasts_of(study, whole) == [(f"dose-{dose}", "dose-0") for dose in (25, 50, 75, 100)]
    assert mixed.tokens == made.manifest["arms"]["dose-50"]["tokens"]
    with pytest.raises(InputError, match="no arm `dose-51`"):
        arms_of(ArmsSpec(designs=("arms",), only=("dose-51",)), tmp_path)
    data = next((tmp_path / "arms/dose-0/data").glob("*.parquet"))
    (tmp_path / "arms/dose-0/data/more.parquet").write_bytes(data.read_bytes())
    data.write_bytes((tmp_path / "arms/dose-50/data" / data.name).read_bytes())
    assert arms_of(ArmsSpec(designs=("arms",), only=("dose-0",)), tmp_path)[0].edited
