"""Groups of rows as tensors: one forward pass each, with the weight of every target."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

from curate.train.layout import Step, groups_of, step_of
from curate.train.rows import Rows
from curate.train.schedule import Schedule, Seeds

if TYPE_CHECKING:
    from numpy.typing import NDArray

Batch = dict[str, Any]


class Steps(torch.utils.data.Dataset):  # type: ignore[misc] # torch is not looked into
    """The optimizer steps of a run as one device sees them: item n is the forward passes of step n.

    A step is made when it is asked for, so a resumed run skips the earlier ones at no cost.
    """

    def __init__(
        self, rows: Rows, schedule: Schedule, seeds: Seeds, *, pad_id: int, rank: int, world: int
    ) -> None:
        self.rows, self.schedule, self.seeds = rows, schedule, seeds
        self.rank, self.world = rank, world
        self.collate = DataCollatorForLanguageModeling(
            pad_token_id=pad_id, padding_free=schedule.batching == "packed"
        )

    def __len__(self) -> int:
        return self.schedule.total_steps(len(self.rows))

    def __getitem__(self, number: int) -> Batch:
        step = step_of(number, self.rows, self.schedule, self.seeds)
        lengths = self.rows.lengths[step.rows]
        groups = groups_of(lengths, self.schedule, world=self.world)[self.rank]
        return {
            "batches": [self.batch(step, group) for group in groups],
            "tokens": step.tokens,
            "examples": len(step.rows),
            "scale": step.scale,
        }

    def batch(self, step: Step, group: Sequence[int]) -> Batch:
        """The tensors of one forward pass, `weights` of the same shape as `labels`."""
        rows = [self.rows.row(int(step.rows[place])) for place in group]
        tensors: Batch = self.collate(
            [{"input_ids": tokens.astype(np.int64), "labels": labels} for tokens, labels in rows]
        )
        weights = [step.weights[place] for place in group]
        lengths = [len(tokens) for tokens, _ in rows]
        tensors["weights"] = spread(weights, tensors, lengths)
        if len(set(lengths)) == 1:  # nothing is padded: attention is causal and needs no mask
            tensors.pop("attention_mask", None)
        return tensors


def spread(weights: Sequence[float], tensors: Batch, lengths: Sequence[int]) -> torch.Tensor:
    """The weight of its row at every place of the labels."""
    each = torch.tensor(weights, dtype=torch.float32)
    if "attention_mask" in tensors:
        return each[:, None].expand(tensors["labels"].shape)  # (rows, longest)
    return each.repeat_interleave(torch.tensor(lengths))[None]  # (1, all tokens)


def only(items: Sequence[Batch]) -> Batch:
    """The one step of a batch of the data loader."""
    (item,) = items
    return item


def arrow_rows(rows: Rows) -> Any:  # noqa: ANN401
    """The rows as a `datasets.Dataset` of `input_ids` and `labels`, tokens not copied."""
    import pyarrow as pa
    from datasets import Dataset

    labels: NDArray[np.int32] = np.where(rows.trained, rows.tokens, -100).astype(np.int32)
    offsets = pa.py_buffer(rows.starts)
    columns = [
        pa.LargeListArray.from_buffers(
            pa.large_list(pa.int32()),
            len(rows),
            [None, offsets],
            children=[pa.Array.from_buffers(pa.int32(), len(values), [None, pa.py_buffer(values)])],
        )
        for values in (rows.tokens, labels)
    ]
    return Dataset(pa.table(columns, names=["input_ids", "labels"]))


def all_batches(item: Batch) -> Iterator[Batch]:
    """The forward passes of a step."""
    yield from item["batches"]
