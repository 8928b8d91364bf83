"""TRL's SFTTrainer with the recipe taken at its word.

Imports torch, transformers and trl at its top, since it derives from one of their classes: import
it inside a function.

What is changed in TRL 1.16, and why:

- an item of the data loader is a whole optimizer step, laid out by `curate.train.layout`, so what a
  step trains depends neither on devices nor on batching;
- the loss is the weighted sum of `curate.train.schedule`; each target's log-probability still comes
  from TRL's fused head, but for small models on a CPU, where plain logits are faster;
- weight decay reaches every parameter, as in the paper's trainer;
- a gradient that is no finite number ends the run before it is used;
- the load-balancing loss that TRL adds for mixtures of experts is not added;
- checkpoints are ours: whole or not there;
- no model card, no telemetry, no progress bar.
"""

import contextlib
import math
from collections.abc import Callable
from typing import Any

import torch
from accelerate.utils import DistributedType
from torch.utils.data import DataLoader, SequentialSampler
from trl import SFTTrainer
from trl.trainer.utils import add_fused_lm_head

from curate.train.batches import Batch, Steps, only
from curate.train.failures import Diverged


class RecipeTrainer(SFTTrainer):  # type: ignore[misc] # trl is not typed
    """Trains steps of weighted rows."""

    loss_is_scaled_for_ga = True
    """The weights are those of the whole step, so nothing is divided by the number of passes."""
    whole_logits = 2**26
    """Up to so many logits (256 MiB) a CPU computes all at once: a fifth faster than in tiles."""

    def __init__(self, *, steps: Steps, **given: Any) -> None:  # noqa: ANN401
        super().__init__(**given)
        self.steps = steps
        self.save: Callable[[RecipeTrainer], None] | None = None
        """What keeps a checkpoint when one is due."""
        self.last: dict[str, Any] = {}
        """Of the step under way: loss, lr, grad_norm, tokens, examples."""
        # entropy and accuracy would be computed for every token and are not asked for
        add_fused_lm_head(self.model, outputs=("log_probs",))

    def get_train_dataloader(self) -> Any:  # noqa: ANN401
        """The steps in their order; accelerate must not deal them to devices again."""
        return DataLoader(
            self.steps,
            batch_size=1,
            sampler=SequentialSampler(self.steps),
            collate_fn=only,
            pin_memory=False,
        )

    def get_decay_parameter_names(self, model: Any) -> list[str]:  # noqa: ANN401
        """All of them."""
        return [name for name, _ in model.named_parameters()]

    def floating_point_ops(self, inputs: Any) -> int:  # noqa: ANN401
        """Not counted."""
        return 0

    def training_step(self, model: Any, inputs: Batch, num_items_in_batch: Any = None) -> Any:  # noqa: ANN401
        """Forward and backward of every pass of a step; its loss as it is minimised."""
        batches = inputs["batches"]
        total = torch.zeros((), device=self.args.device)
        for number, batch in enumerate(batches):
            with self.synchronised(model, last=number == len(batches) - 1):
                total += super().training_step(model, batch, None)
        self.last = {
            "loss": self.over_devices(total) / inputs["scale"] if inputs["scale"] else 0.0,
            "tokens": inputs["tokens"],
            "examples": inputs["examples"],
        }
        return total

    def over_devices(self, total: torch.Tensor) -> float:
        """The mean over the devices: each has its share of the sum, times their number."""
        return float(self.accelerator.gather(total[None]).mean())

    def synchronised(self, model: Any, *, last: bool) -> Any:  # noqa: ANN401
        """Gradients cross devices with the last pass of a step only."""
        self.accelerator.gradient_state._set_sync_gradients(last)
        each = self.accelerator.gradient_state.plugin_kwargs.get("sync_each_batch", False)
        if last or each or self.accelerator.distributed_type == DistributedType.DEEPSPEED:
            return contextlib.nullcontext()
        return self.accelerator.no_sync(model)

    def compute_loss(
        self,
        model: Any,  # noqa: ANN401
        inputs: Batch,
        return_outputs: bool = False,
        num_items_in_batch: Any = None,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        """The weighted sum of -log p over the targets, times the devices it is averaged over."""
        inputs["use_cache"] = False  # with a cache, packed rows see each other
        weights = inputs.pop("weights")
        whole = self.args.device.type == "cpu" and self.logits_of(inputs) <= self.whole_logits
        losses = logits_losses if whole else head_losses
        return (losses(model, inputs) * weights[:, 1:]).sum() * self.accelerator.num_processes

    def logits_of(self, inputs: Batch) -> int:
        """Numbers in the logits of a pass."""
        return int(inputs["input_ids"].numel() * self.model.config.get_text_config().vocab_size)

    def _get_grad_norm(self, model: Any, grad_norm: Any = None) -> Any:  # noqa: ANN401
        found = super()._get_grad_norm(model, grad_norm=grad_norm)
        norm, loss = None if found is None else float(found), self.last["loss"]  # DeepSpeed: None
        if not (math.isfinite(loss) and math.isfinite(norm or 0.0)):
            raise Diverged(self.state.global_step + 1, loss=loss, grad_norm=norm)
        self.last |= {"grad_norm": norm, "lr": float(self._get_learning_rate())}
        return found

    def _save_checkpoint(self, model: Any, trial: Any) -> None:  # noqa: ANN401
        if self.save is not None:
            self.save(self)

    def write_state(self) -> None:
        """Everything a resume needs, as transformers writes it, into `output_dir/checkpoint-N`."""
        super()._save_checkpoint(self.model_wrapped, None)

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """What a tracker is shown is what `train.jsonl` has."""
        super().log(
            logs | {name: each for name, each in self.last.items() if each is not None}, start_time
        )

    def _send_telemetry(self) -> None:
        """None, whatever the environment says."""

    def create_model_card(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """None."""


def head_losses(model: Any, inputs: Batch) -> torch.Tensor:  # noqa: ANN401
    """-log p of every target and 0 elsewhere, (rows, longest - 1), without the logits in memory."""
    return -model(**inputs, fused_lm_head=True).log_probs.float()


def logits_losses(model: Any, inputs: Batch) -> torch.Tensor:  # noqa: ANN401
    """The same by way of the logits."""
    labels = inputs["labels"][:, 1:]
    logits = model(**{name: each for name, each in inputs.items() if name != "labels"}).logits
    losses = torch.nn.functional.cross_entropy(
        logits[:, :-1].flatten(0, 1).float(), labels.flatten(), reduction="none"
    )
    return losses.view(labels.shape)
