"""Schedules: steps, rates, checkpoints, and the layout of a step."""

import re
import tomllib
from dataclasses import asdict, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import InputError
from curate.train.layout import groups_of, step_of, step_rows, units_of
from curate.train.rows import Rows, joined
from curate.train.schedule import Batching, Schedule, Seeds, ren2026

ROOT = Path(__file__).resolve().parents[1]


def test_the_papers_recipe_is_the_papers() -> None:
    recipe = ren2026()
    assert recipe.total_steps(20_480) == 640
    assert recipe.checkpoint_steps(640) == (10, 20, 40, 80, 160, 320, 480, 640)
    assert recipe.warmup_steps(640) == 64
    assert recipe.checkpoint_steps(1280) == (20, 40, 80, 160, 320, 640, 960, 1280)
    assert recipe.checkpoint_steps(3) == (1, 2, 3)


def test_the_preset_file_and_the_function_say_the_same() -> None:
    written = tomllib.loads((ROOT / "train/presets/ren2026.toml").read_text("utf-8"))["schedule"]
    assert Schedule(**written) == ren2026()


@pytest.mark.parametrize("decay", ["cosine", "linear", "constant"])
@pytest.mark.parametrize("total", [1, 7, 40])
def test_rates_are_those_of_transformers(decay: Any, total: int) -> None:
    import torch
    from transformers import get_scheduler

    schedule = Schedule(decay=decay, warmup=0.2, learning_rate=1.0)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    name = "constant_with_warmup" if decay == "constant" else decay
    theirs = get_scheduler(name, optimizer, schedule.warmup_steps(total), total)
    for done in range(total):
        assert schedule.rate_factor(done, total) == pytest.approx(
            theirs.get_last_lr()[0], abs=1e-12
        )
        optimizer.step()
        theirs.step()


@given(st.integers(1, 3000), st.integers(1, 64), st.fractions(Fraction(1, 8), 12))
def test_every_row_is_trained_at_least_so_many_epochs_and_no_step_is_ragged(
    rows: int, batch: int, epochs: Fraction
) -> None:
    total = Schedule(batch=batch, epochs=float(epochs)).total_steps(rows)
    assert (total - 1) * batch < rows * epochs <= total * batch or total == 1


@given(
    st.integers(1, 40),
    st.integers(1, 16),
    st.integers(1, 12),
    st.one_of(st.none(), st.integers(0, 9)),
)
def test_steps_cut_one_stream_of_epochs(
    rows: int, batch: int, steps: int, seed: int | None
) -> None:
    stream = np.concatenate([step_rows(n, rows, batch, seed=seed) for n in range(steps)])
    for first in range(0, len(stream) - rows + 1, rows):
        epoch = stream[first : first + rows].tolist()
        assert sorted(epoch) == list(range(rows))
        assert seed is not None or epoch == list(range(rows))  # the same order every time


def test_an_order_depends_on_its_seed_and_its_epoch_alone() -> None:
    first = step_rows(0, 50, 50, seed=1)
    assert (first == step_rows(0, 50, 50, seed=1)).all()
    assert (first != step_rows(1, 50, 50, seed=1)).any()
    assert (first != step_rows(0, 50, 50, seed=2)).any()


def test_micro_batches_are_dealt_to_devices_as_pytorch_does() -> None:
    from torch.utils.data import DistributedSampler

    schedule = Schedule(batch=16, micro_batch=2, normalization="micro_batch", reference_world=4)
    units = units_of(schedule)
    for rank in range(4):
        sampler = DistributedSampler(range(16), num_replicas=4, rank=rank, shuffle=False)
        own = list(sampler)
        assert [units[own[n]] == units[own[n + 1]] for n in (0, 2)] == [True, True]
        assert len({int(units[place]) for place in own}) == 2


def rows_of(lengths: list[int], targets: list[int] | None = None) -> Rows:
    targets = targets or [length - 1 for length in lengths]
    pairs = [
        ([7] * length, [False] * (length - trained) + [True] * trained)
        for length, trained in zip(lengths, targets, strict=True)
    ]
    return joined([str(n) for n in range(len(lengths))], pairs, weights=[1.0] * len(lengths))


LENGTHS = st.lists(st.integers(2, 90), min_size=8, max_size=24)


@given(
    LENGTHS, st.sampled_from(["padded", "sorted", "packed"]), st.integers(1, 8), st.integers(8, 300)
)
def test_every_row_of_a_step_is_in_one_group_and_all_devices_have_as_many(
    lengths: list[int], batching: Batching, world: int, budget: int
) -> None:
    lengths = lengths[: len(lengths) // world * world]
    schedule = Schedule(batch=len(lengths), micro_batch=3, batching=batching, token_budget=budget)
    dealt = groups_of(np.array(lengths), schedule, world=world)
    assert sorted(place for device in dealt for group in device for place in group) == list(
        range(len(lengths))
    )
    assert len(dealt) == world
    assert len({len(device) for device in dealt}) == 1
    for group in (group for device in dealt for group in device):
        cost = {
            "padded": 0,
            "sorted": max(lengths[place] for place in group) * len(group),
            "packed": sum(lengths[place] for place in group),
        }[batching]
        assert cost <= budget or len(group) == 1


@given(LENGTHS)
def test_the_weights_of_a_step_are_a_mean_times_its_scale(lengths: list[int]) -> None:
    batch = len(lengths) // 8 * 8
    rows = rows_of(lengths)
    tokens = step_of(0, rows, Schedule(batch=batch, micro_batch=2), Seeds())
    assert tokens.scale == pytest.approx(1)
    assert tokens.tokens == sum(length - 1 for length in lengths[:batch])
    paper = Schedule(batch=batch, micro_batch=2, normalization="micro_batch", reference_world=4)
    assert step_of(0, rows, paper, Seeds()).scale == pytest.approx(batch / 2 / 4)


def test_the_papers_gradient_is_eight_means() -> None:
    """The trap: a clip at 1.0 there is a clip at 0.125 of a mean."""
    rows = rows_of([5 + n % 7 for n in range(256)])
    assert step_of(0, rows, ren2026(), Seeds()).scale == pytest.approx(8)


def test_a_micro_batch_counts_the_same_whatever_its_length() -> None:
    """The trap: TRL's mean is over tokens, the paper's over micro-batches."""
    rows = rows_of([101] * 2 + [11] * 2)
    tokens = step_of(0, rows, Schedule(batch=4, micro_batch=2), Seeds())
    paper = step_of(0, rows, Schedule(batch=4, micro_batch=2, normalization="micro_batch"), Seeds())
    assert (tokens.weights * rows.targets)[:2].sum() == pytest.approx(200 / 220)
    assert (paper.weights * rows.targets)[:2].sum() == pytest.approx(1.0)
    assert (paper.weights * rows.targets)[2:].sum() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"decay": "step"}, "`decay` is `step`"),
        ({"batch": 0}, "`batch` is 0"),
        ({"warmup": 1.0}, "`warmup` is 1.0"),
        ({"learning_rate": float("nan")}, "`learning_rate` is nan"),
        ({"epochs": 2, "steps": 3}, "both set"),
        ({"checkpoints": (0.5, 1.5)}, "`checkpoints` are"),
        ({"checkpoints": (0,)}, "`checkpoints` are"),
        ({"normalization": "micro_batch", "reference_world": 3}, "`batch` is 256"),
    ],
)
def test_what_cannot_be_is_refused(changed: dict[str, Any], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        Schedule(**changed)


@given(st.integers(1, 5000))
def test_checkpoints_ascend_and_end_with_the_last_step(total: int) -> None:
    steps = Schedule().checkpoint_steps(total)
    assert all(a < b for a, b in pairwise(steps))
    assert (steps[-1], steps[0] >= 1) == (total, True)
    assert Schedule(checkpoints=(1, 4, 9999)).checkpoint_steps(total)[-1] == total


def test_a_schedule_survives_json_lists() -> None:
    written = asdict(ren2026()) | {"checkpoints": list(ren2026().checkpoints)}
    assert Schedule(**written) == replace(ren2026())


def test_the_example_of_the_docs_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = re.findall(
        r"```python\n(.*?)```", (ROOT / "docs/train.md").read_text("utf-8"), re.DOTALL
    )
    exec(example, {})
    assert capsys.readouterr().out == (
        "640 (10, 20, 40, 80, 160, 320, 480, 640)\n16 (1, 2, 4, 8, 12, 16)\n"
    )


def test_every_test_that_the_docs_name_is_there() -> None:
    for name in re.findall(r"`(test_train_\w+\.py)`", (ROOT / "docs/train.md").read_text("utf-8")):
        assert (ROOT / "tests" / name).is_file(), name
