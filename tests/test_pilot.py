"""A study as the pilot of the next: its variances are those that were planted."""

from pathlib import Path

import pytest

from curate.analyze.pilot import pilot_of
from curate.analyze.study import read_study
from curate.train.lab.planted import Arm, Noise, Plan, Suite, flat
from curate.train.lab.planted_table import write_planted


@pytest.mark.parametrize("samples", [1, 4])
def test_the_variance_of_a_sample_does_not_shrink_with_the_window(
    tmp_path: Path, samples: int
) -> None:
    plan = Plan(
        arms=tuple(Arm(name=f"arm-{n}", changes={"ood": flat(6)}) for n in range(4)),
        suites=(Suite(name="chains", domain="ood", items=400, base=0.5),),
        steps=(10, 20, 40, 80, 160, 320),
        seeds=4,
        samples=samples,
        noise=Noise(seed_sd=0.01, arm_item_sd=0.1),
        contrasts=(("arm-1", "arm-0"),),
    )
    write_planted(plan, tmp_path / "study")
    found, where = pilot_of(read_study(tmp_path / "study"))
    # E[p (1 - p)] at accuracy 0.5 and an SD of 1 probit: 1/4 - the variance of p, which is 1/12.
    assert found.variances.sample == pytest.approx(1 / 4 - 1 / 12, abs=0.01)
    assert "ood" in where
