"""`fit` from outside: what it leaves, how it fails, and TRL's traps that it does not fall into."""

import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from curate.errors import InputError
from curate.train.build import build
from curate.train.checkpoints import published, step_folder
from curate.train.failures import Diverged, OutOfMemory, WrongWorld
from curate.train.machine import Machine
from curate.train.quiet import quiet
from curate.train.rows import load_rows
from curate.train.runlog import Line, read_log
from curate.train.schedule import Schedule, Seeds
from curate.train.sft import fit
from curate.train.trackers import trackers
from tests.tiny_training import save_base, some_rows, tokenizer, write_arm
from tests.world_driver import run as run_in_world

ROOT = Path(__file__).resolve().parents[1]
CPU = Machine(device="cpu")
SCHEDULE = Schedule(learning_rate=1e-2, batch=4, micro_batch=2, steps=4, checkpoints=(0.5,))


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def arm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_arm(tmp_path_factory.mktemp("arm"), some_rows(11))


def weights(folder: Path, step: int) -> dict[str, torch.Tensor]:
    return dict(load_file(step_folder(folder, step) / "model.safetensors"))


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(one[name], other[name]) for name in one)


def test_a_run_leaves_its_log_and_its_weights_and_is_not_done_twice(
    base: Path, arm: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told: list[tuple[Line, int]] = []
    done = fit(
        arm, base, SCHEDULE, Seeds(), tmp_path, machine=CPU, on_step=lambda *a: told.append(a)
    )
    lines = read_log(tmp_path / "train.jsonl")
    assert [line["step"] for line in lines] == [1, 2, 3, 4]
    assert told == [(line, 4) for line in lines]
    assert (done.steps, done.examples, done.checkpoints) == (4, 16, (2, 4))
    rows = load_rows(arm, tokenizer(), max_length=4096)
    stream = [*range(11), *range(5)]
    assert [line["tokens"] for line in lines] == [
        int(rows.targets[stream[: 4 * step]].sum()) for step in (1, 2, 3, 4)
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "checkpoints",
        "fit.json",
        "rows.json",
        "train.jsonl",
    ]
    from transformers import AutoModelForCausalLM, AutoTokenizer

    AutoModelForCausalLM.from_pretrained(step_folder(tmp_path, 2))
    assert AutoTokenizer.from_pretrained(step_folder(tmp_path, 2)).eos_token == "<|endoftext|>"
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert fit(arm, base, SCHEDULE, Seeds(), tmp_path, machine=CPU) == done
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert capsys.readouterr().out == ""
    with pytest.raises(InputError, match="holds another run"):
        fit(arm, base, replace(SCHEDULE, steps=5), Seeds(), tmp_path, machine=CPU)


def test_a_checkpoint_that_was_lost_is_made_again(base: Path, arm: Path, tmp_path: Path) -> None:
    machine = replace(CPU, keep_state=True)
    done = fit(arm, base, SCHEDULE, Seeds(), tmp_path, machine=machine)
    weight = step_folder(tmp_path, 2) / "model.safetensors"
    good = weight.read_bytes()
    weight.unlink()  # not cut: the state has the same file under another name
    weight.write_bytes(good[:-1])

    def stop(line: Line, total: int) -> None:
        if line["step"] == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(arm, base, SCHEDULE, Seeds(), tmp_path, machine=machine, on_step=stop)
    assert weight.read_bytes() == good  # trained again, to the same bits
    assert not (tmp_path / "fit.json").exists()
    assert fit(arm, base, SCHEDULE, Seeds(), tmp_path, machine=machine).tokens == done.tokens


def test_a_run_that_blows_up_says_at_which_step(base: Path, arm: Path, tmp_path: Path) -> None:
    schedule = replace(SCHEDULE, learning_rate=1e38, clip=None, warmup=0.0)
    with pytest.raises(Diverged) as caught:
        fit(arm, base, schedule, Seeds(), tmp_path, machine=CPU)
    lines = read_log(tmp_path / "train.jsonl")
    assert caught.value.step == len(lines) + 1 > 1  # the step was not taken
    assert published(tmp_path) == [each for each in published(tmp_path) if each.step <= len(lines)]


def test_a_full_memory_is_told_from_a_bug(base: Path, arm: Path, tmp_path: Path) -> None:
    """On a GPU it comes at step 2, when optimizer state is first there; here it is asked for."""

    def hoard(line: Line, total: int) -> None:
        if line["step"] == 1:
            torch.empty(2**52, dtype=torch.uint8)

    def stumble(line: Line, total: int) -> None:
        raise RuntimeError("a bug")

    with pytest.raises(OutOfMemory, match="out of memory at step 2") as caught:
        fit(arm, base, SCHEDULE, Seeds(), tmp_path, machine=CPU, on_step=hoard)
    assert caught.value.step == 2
    with pytest.raises(RuntimeError, match="a bug"):
        fit(arm, base, SCHEDULE, Seeds(), tmp_path / "b", machine=CPU, on_step=stumble)


def test_fewer_processes_than_planned_are_refused(base: Path, arm: Path, tmp_path: Path) -> None:
    """The trap: `accelerate launch --cpu --num_processes 2` quietly starts one."""
    with pytest.raises(WrongWorld, match="runs in 1 process"):
        fit(arm, base, SCHEDULE, Seeds(), tmp_path, machine=replace(CPU, world=2))
    with pytest.raises(InputError, match="cannot be dealt to 3 devices"):
        fit(arm, base, SCHEDULE, Seeds(), tmp_path, machine=replace(CPU, world=3))


@pytest.mark.slow
def test_two_processes_train_what_one_does(base: Path, arm: Path, tmp_path: Path) -> None:
    """The trap: elsewhere the scale of the gradient, and so the clip, depends on their number."""
    command = [
        sys.executable,
        "-m",
        "tests.world_driver",
        str(arm),
        str(base),
        str(tmp_path / "two"),
    ]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    world = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    processes = [
        subprocess.Popen(
            [*command, "2"],
            cwd=ROOT,
            env=os.environ | world | {"RANK": rank, "LOCAL_RANK": rank, "OMP_NUM_THREADS": "1"},
            stderr=subprocess.DEVNULL,
        )
        for rank in ("0", "1")
    ]
    assert [process.wait() for process in processes] == [0, 0]
    alone = run_in_world(arm, base, tmp_path / "one", world=1)
    for one, two in zip(
        *(read_log(tmp_path / name / "train.jsonl") for name in ("one", "two")), strict=True
    ):
        assert one["loss"] == pytest.approx(two["loss"], rel=1e-5)
        assert one["grad_norm"] == pytest.approx(two["grad_norm"], rel=1e-4)
        assert (one["tokens"], one["examples"]) == (two["tokens"], two["examples"])
    theirs = weights(tmp_path / "two", alone.steps)
    for name, each in weights(tmp_path / "one", alone.steps).items():
        torch.testing.assert_close(each, theirs[name], rtol=1e-4, atol=2e-5)


def test_only_the_seed_that_is_used_changes_a_run(base: Path, arm: Path, tmp_path: Path) -> None:
    """The trap: TRL shuffles unless told not to, and one `seed` drives everything."""
    plain, shuffled = SCHEDULE, replace(SCHEDULE, shuffle=True)
    runs = {
        "plain": (plain, Seeds()),
        "order": (plain, Seeds(order=1)),
        "init": (shuffled, Seeds(init=1)),
        "shuffled": (shuffled, Seeds()),
        "reshuffled": (shuffled, Seeds(order=1)),
    }
    made = {}
    for name, (schedule, seeds) in runs.items():
        fit(arm, base, schedule, seeds, tmp_path / name, machine=CPU)
        made[name] = weights(tmp_path / name, 4)
    assert same(made["plain"], made["order"])
    assert same(made["shuffled"], made["init"])
    assert not same(made["plain"], made["shuffled"])
    assert not same(made["shuffled"], made["reshuffled"])


def test_a_row_longer_than_trls_default_arrives_whole_and_in_its_place(
    base: Path, arm: Path, tmp_path: Path
) -> None:
    """The traps: `max_length` is 1024 and the sampler is random, unless both are said."""
    long = [*some_rows(3), {"prompt": "p", "completion": "0123456789" * 150, "id": "long"}]
    rows = load_rows(write_arm(tmp_path / "arm", long), tokenizer(), max_length=4096)
    assert rows.lengths[3] > 1024
    with quiet():
        trainer = build(rows, base, SCHEDULE, Seeds(), tmp_path, machine=CPU)
    item = next(iter(trainer.get_train_dataloader()))
    assert item["tokens"] == rows.targets.sum()
    labels = [batch["labels"][n] for batch in item["batches"] for n in range(2)]
    for number, found in enumerate(labels):
        expected = torch.from_numpy(rows.row(number)[1])
        assert torch.equal(found[found != -100], expected[expected != -100])


def test_weights_in_bf16_lose_small_updates_that_master_weights_keep(
    base: Path, arm: Path, tmp_path: Path
) -> None:
    """The trap: the paper trains bf16 weights; a base loaded by name is trained in float32."""
    slow = replace(SCHEDULE, learning_rate=1e-5, warmup=0.0, decay="constant", checkpoints=(1,))
    moved = {}
    for precision in ("bf16", "bf16-mixed", "fp32"):
        schedule = replace(slow, precision=precision)
        fit(arm, base, schedule, Seeds(), tmp_path / precision, machine=CPU)
        first, last = weights(tmp_path / precision, 1), weights(tmp_path / precision, 4)
        kind = torch.bfloat16 if precision == "bf16" else torch.float32
        assert {each.dtype for each in last.values()} == {kind}
        changed = sum(int((last[name] != first[name]).sum()) for name in last)
        moved[precision] = changed / sum(each.numel() for each in last.values())
    assert moved["bf16"] < 0.3 < 0.9 < min(moved["bf16-mixed"], moved["fp32"]), moved


def test_weight_decay_reaches_the_norms_too(base: Path, arm: Path, tmp_path: Path) -> None:
    """The trap: TRL leaves norms and biases out; the paper's trainer hands over all parameters."""
    rows = load_rows(arm, tokenizer(), max_length=4096)
    with quiet():
        trainer = build(rows, base, SCHEDULE, Seeds(), tmp_path, machine=CPU)
    groups = trainer.create_optimizer().param_groups
    decayed = sum(len(group["params"]) for group in groups if group["weight_decay"] == 0.01)
    assert decayed == len(list(trainer.model.parameters()))


def test_nobody_is_told_and_a_missing_tracker_is_named(
    base: Path, arm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The trap: TRL sends a ping when a trainer is made."""
    import trl.trainer.base_trainer

    def ping(*_: Any, **__: Any) -> None:
        raise AssertionError("telemetry was sent")

    monkeypatch.setattr(trl.trainer.base_trainer, "send_telemetry", ping)
    monkeypatch.delenv("CI", raising=False)
    fit(arm, base, replace(SCHEDULE, steps=1), Seeds(), tmp_path, machine=CPU)
    machine = replace(CPU, report_to=("no_such_tracker",))
    with pytest.raises(InputError, match="`no_such_tracker`, which is not installed"):
        fit(arm, base, replace(SCHEDULE, steps=1), Seeds(), tmp_path / "b", machine=machine)


def test_a_tracker_writes_into_the_folder_of_the_run(
    base: Path, arm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By itself TensorBoard would write into the state for a resume, which is thrown away."""
    monkeypatch.delenv("TENSORBOARD_LOGGING_DIR", raising=False)
    monkeypatch.setenv("WANDB_PROJECT", "mine")
    machine = replace(CPU, report_to=("tensorboard",), project="sums")
    with trackers(("wandb",), tmp_path, "sums"):
        assert os.environ["WANDB_DIR"] == str(tmp_path)
        assert os.environ["WANDB_PROJECT"] == "mine"
    for name in ("one", "two"):
        fit(arm, base, replace(SCHEDULE, steps=2), Seeds(), tmp_path / name, machine=machine)
        (events,) = (tmp_path / name / "tensorboard").iterdir()
        assert b"train/loss" in events.read_bytes()
    assert "WANDB_DIR" not in os.environ
    assert "TENSORBOARD_LOGGING_DIR" not in os.environ


def test_a_base_that_is_none_and_a_gpu_that_is_not_there_are_refused(
    base: Path, arm: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="holds no model"):
        fit(arm, tmp_path, SCHEDULE, Seeds(), tmp_path / "b", machine=CPU)
    for name in ("config.json", "model.safetensors"):
        (tmp_path / "bare").mkdir(exist_ok=True)
        (tmp_path / "bare" / name).write_bytes((base / name).read_bytes())
    with pytest.raises(InputError, match="holds no tokenizer"):
        fit(arm, tmp_path / "bare", SCHEDULE, Seeds(), tmp_path / "b", machine=CPU)
    if not torch.accelerator.is_available():
        with pytest.raises(InputError, match="no GPU is to be seen"):
            fit(arm, base, SCHEDULE, Seeds(), tmp_path, machine=Machine(device="cuda"))
