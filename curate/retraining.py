"""Training a cell again on some of its rows, and what each run says of some queries."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from curate.journal import entries, journal
from curate.train.base import load_model
from curate.train.cells import Cell, key_of
from curate.train.checkpoints import published
from curate.train.rows import IGNORED, Rows, some_rows
from curate.train.schedule import Schedule, Seeds
from curate.train.sft import fit_rows
from curate.train.work import machine_of

if TYPE_CHECKING:
    import torch

BATCH_TOKENS = 8192
"""Tokens of one pass, padding counted; a longer row goes alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retraining:
    """Trains on some of the rows and scores queries; each run is made once and remembered."""

    cell: Cell
    rows: Rows
    schedule: Schedule
    """Of the cell's own run: as many steps, whatever is left out."""
    asked: "list[dict[str, torch.Tensor]]"
    folder: Path
    on_run: Callable[[], None]
    known: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.known.update(dict(entries(self.folder / "retrained.log")))

    def __call__(self, kept: NDArray[np.int64], seed: int) -> float:
        """Mean log-likelihood per token of the queries after training on the rows kept."""
        key = key_of([kept.tolist(), seed])
        if key not in self.known:
            self.known[key] = self.trained(kept, seed)
            with journal(self.folder / "retrained.log") as log:
                log.write([key, self.known[key]])
        self.on_run()
        return self.known[key]

    def trained(self, kept: NDArray[np.int64], seed: int) -> float:
        """One run, left nowhere."""
        import torch

        place = self.folder / "run"
        shutil.rmtree(place, ignore_errors=True)
        steps = self.schedule.total_steps(len(self.rows))
        fit_rows(
            some_rows(self.rows, kept),
            Path(self.cell.base_folder),
            replace(self.schedule, steps=steps, epochs=None, checkpoints=(steps,)),
            Seeds(order=seed, init=self.cell.init_seed or 0),
            place,
            machine=machine_of(self.cell),
        )
        model = load_model(published(place)[-1].folder, "fp32").eval()
        weights = dict(model.named_parameters())
        with torch.inference_mode():
            each = torch.cat([losses(model, batch, weights) for batch in self.asked])
        shutil.rmtree(place)
        return -float(each.mean())


def batches(
    rows: Rows, weights: NDArray[np.float64]
) -> tuple[NDArray[np.int64], list[dict[str, "torch.Tensor"]]]:
    """Rows of like length together, padded on the right; and their places, batch by batch."""
    import torch

    order = np.argsort(rows.lengths, kind="stable")
    groups: list[list[int]] = [[]]
    for at in map(int, order):
        if groups[-1] and (len(groups[-1]) + 1) * int(rows.lengths[at]) > BATCH_TOKENS:
            groups.append([])
        groups[-1].append(at)
    made = []
    for group in groups:
        longest = int(rows.lengths[group[-1]])
        tokens = np.zeros((len(group), longest), np.int64)
        labels = np.full((len(group), longest), IGNORED, np.int64)
        mask = np.zeros((len(group), longest), np.int64)
        for line, at in enumerate(group):
            own, wanted = rows.row(at)
            tokens[line, : len(own)], labels[line, : len(own)] = own, wanted
            mask[line, : len(own)] = 1
        made.append(
            {
                "input_ids": torch.tensor(tokens),
                "attention_mask": torch.tensor(mask),
                "labels": torch.tensor(labels),
                "weights": torch.tensor(weights[group], dtype=torch.float32),
            }
        )
    return order, made


def losses(model: Any, batch: dict[str, Any], weights: dict[str, Any]) -> Any:  # noqa: ANN401
    """Sum of -log p of the targets of each row, times its weight: (row,)."""
    import torch

    inputs = {"input_ids": batch["input_ids"], "attention_mask": batch["attention_mask"],
              "use_cache": False}  # fmt: skip
    logits = torch.func.functional_call(model, weights, (), inputs).logits[:, :-1].float()
    each = torch.nn.functional.cross_entropy(
        logits.transpose(1, 2), batch["labels"][:, 1:], ignore_index=IGNORED, reduction="none"
    )
    return each.sum(dim=1) * batch["weights"]
