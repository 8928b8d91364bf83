"""What happens after every step: the line of the log, and a checkpoint where one is due."""

import shutil
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from transformers import TrainerCallback

from curate.io import write_bytes
from curate.train.checkpoints import Checkpoint, forget_others, publish, seal, step_folder
from curate.train.machine import Machine
from curate.train.runlog import Line, RunLog
from curate.train.schedule import Schedule
from curate.train.sft import Fitted

if TYPE_CHECKING:
    from curate.train.trainer import RecipeTrainer


class Keeper(TrainerCallback):  # type: ignore[misc] # transformers is not typed
    """Keeps the log and the checkpoints of a run."""

    def __init__(
        self,
        folder: Path,
        trainer: "RecipeTrainer",
        schedule: Schedule,
        *,
        machine: Machine,
        key: str,
        start: Checkpoint | None,
        on_step: Callable[[Line, int], None] | None,
    ) -> None:
        self.folder, self.trainer, self.machine, self.key = folder, trainer, machine, key
        self.total = trainer.args.max_steps
        self.grid = schedule.checkpoint_steps(self.total)
        self.on_step = on_step
        self.main = trainer.accelerator.is_main_process
        self.log = RunLog(folder / "train.jsonl", log_before(start)) if self.main else None
        self.paused = self.saved = time.monotonic()
        trainer.save = self.save
        trainer.add_callback(self)

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """The clock starts."""
        self.paused = time.monotonic()

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        """Write the line; say whether a checkpoint is due."""
        step = state.global_step
        if self.log is not None:
            now = time.monotonic()
            line = self.log.add(step, self.trainer.last, now - self.paused)
            self.paused = now
            if self.on_step is not None:
                self.on_step(line, self.total)
        control.should_save = step in self.grid or self.state_due(step)
        return control

    def state_due(self, step: int) -> bool:
        """Is it time to keep the state, checkpoint or not? All processes say the same."""
        machine = self.machine
        if machine.save_every_steps and step % machine.save_every_steps == 0:
            return True
        if machine.save_every_s is None:
            return False
        from accelerate.utils import broadcast_object_list

        due = [time.monotonic() - self.saved >= machine.save_every_s]
        return bool(broadcast_object_list(due)[0])

    def save(self, trainer: "RecipeTrainer") -> None:
        """Write the state, the weights where the grid has the step, and then the manifest."""
        step = trainer.state.global_step
        state = self.folder / "resume" / f"checkpoint-{step}"
        if self.main:
            shutil.rmtree(state, ignore_errors=True)
        trainer.accelerator.wait_for_everyone()
        trainer.write_state()
        trainer.accelerator.wait_for_everyone()
        if self.log is not None and self.log.last is not None:
            (state / "training_args.bin").unlink(missing_ok=True)  # holds paths of this machine
            line = self.log.last
            about = {"key": self.key, "tokens": line["tokens"], "examples": line["examples"]}
            if step in self.grid:
                publish(state, step_folder(self.folder, step), step, about)
            shutil.copyfile(self.log.path, state / "train.jsonl")
            seal(state, step, about)
            forget_others(self.folder, state)
        trainer.accelerator.wait_for_everyone()
        self.paused = self.saved = time.monotonic()

    def finish(self) -> Fitted:
        """Say that the run is finished, once all is on disk."""
        lines = [*map(orjson.loads, (self.folder / "train.jsonl").read_bytes().splitlines())]
        last = lines[-1]
        done = Fitted(
            steps=last["step"],
            tokens=last["tokens"],
            examples=last["examples"],
            seconds=last["seconds"],
            checkpoints=self.grid,
        )
        if self.main:
            content = orjson.dumps(asdict(done) | {"key": self.key}, option=orjson.OPT_INDENT_2)
            write_bytes(self.folder / "fit.json", content)
            if not self.machine.keep_state:
                shutil.rmtree(self.folder / "resume", ignore_errors=True)
        self.trainer.accelerator.wait_for_everyone()
        return done


def log_before(start: Checkpoint | None) -> bytes:
    """The log as it was when the state was saved."""
    return (start.folder / "train.jsonl").read_bytes() if start else b""
