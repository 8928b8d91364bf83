"""A design from real rollouts: eleven models on the same problems, correct and incorrect."""

from dataclasses import replace
from pathlib import Path

import pytest

from curate.errors import InputError
from curate.mix.plan import plan
from curate.mix.proof import need_proof
from curate.mix.recipe import recipe_of
from curate.mix.specs import MatchSpec
from curate.mix.write import write_design
from curate.verify_dumps import verify_dumps
from tests.real_data import real_file

RECIPE = {
    "name": "real",
    "grades": {
        "correct": {"where": 'verdict == "correct"'},
        "incorrect": {"where": 'verdict == "incorrect"'},
    },
    "doses": {"high": "correct", "low": "incorrect"},
    "controls": {"again": ["correct"], "shuffled": ["correct", "incorrect"]},
}


@pytest.mark.slow
def test_eight_arms_of_real_rollouts_pass_and_without_a_caliper_they_are_refused(
    tmp_path: Path,
) -> None:
    dump = real_file("sol_math500_aime24_longcot_example.jsonl.gz")
    pool = verify_dumps([str(dump)], tmp_path / "pool", workers=1)
    recipe = recipe_of({**RECIPE, "sources": {"main": {"pool": str(pool.path)}}}, "the test")
    good = plan(recipe)
    need_proof(good.proof, forced=False)
    assert len(good.manifest["arms"]) == 8
    assert good.matched.problems.size > 100
    tokens = [arm["tokens"] for arm in good.manifest["arms"].values()]
    assert max(tokens) - min(tokens) <= tokens[0] / good.matched.problems.size
    before = [abs(d.smd_before or 0) for d in good.proof.differences if d.covariate == "log tokens"]
    after = [abs(d.smd) for d in good.proof.differences if d.covariate == "log tokens"]
    assert max(before) > 0.4
    assert max(after) < 0.05
    write_design(good.manifest, tmp_path / "arms")
    bad = plan(replace(recipe, match=MatchSpec(caliper="none")))
    with pytest.raises(InputError, match="log tokens"):
        need_proof(bad.proof, forced=False)
