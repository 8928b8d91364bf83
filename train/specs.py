"""The tables of a study, each a frozen dataclass: what may be said, and what holds if it is not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from curate.train.templates import Family

EngineName = Literal["local", "here", "ray", "slurm"]
Sharding = Literal["ddp", "fsdp2", "zero3"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmsSpec:
    """Where the training sets are."""

    designs: tuple[str, ...] = ()
    """Folders that `curate mix` wrote; several are draws of one design, with the same arm names."""
    only: tuple[str, ...] = ()
    """Of the arms of the designs, only these."""
    paths: Mapping[str, str] = field(default_factory=dict)
    """Further arms by name: folders of Parquet or JSONL files with `prompt` and `completion`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseSpec:
    """A model that training starts from."""

    path: str
    """A local folder, or a name on the hub."""
    revision: str | None = None
    """Commit, tag or branch on the hub."""
    template: Family | None = None
    """The family of its chat template, where it is not that of `[rendering]`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedsSpec:
    """The replicates. The third seed, that of the draw of the mixture, is of the design."""

    order: tuple[int, ...] = (0, 1, 2)
    """Order of the rows (and dropout); each is a run of every arm on every base."""
    init: tuple[int, ...] = (0,)
    """Of weights that a base lacks; one for all, or one for each order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PilotSpec:
    """What is known of the variances before the study; defaults of `ablation.md` 4.2."""

    accuracy: float = 0.5
    """Expected mean score in (0, 1)."""
    item_sd: float = 1.6
    """Spread of the items' difficulty, in logits."""
    arm_item_sd: float = 0.35
    """Spread over items of an arm's effect, in logits."""
    seed_sd: float = 0.017
    """Between-run standard deviation of accuracy, as measured on `seed_items` items."""
    seed_items: int = 2000
    """How many items `seed_sd` was measured on, one sample each; their noise is taken off it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisSpec:
    """What is declared before a result is seen."""

    contrasts: tuple[tuple[str, ...], ...] = ()
    """Pairs (arm, reference arm): the primary family. By default each arm against the first."""
    domains: tuple[str, ...] = ()
    """Domains in which `detect` must be seen; all that have a suite when it is not said."""
    detect: float | None = None
    """The smallest difference of mean scores, in (0, 1), that the study must be able to see."""
    margin: float = 0.02
    """Differences inside ± this count as none (equivalence)."""
    safety_margin: float = 0.02
    alpha: float = 0.05
    """Error rate of the whole primary family, two-sided."""
    power: float = 0.8
    window: int = 2
    """How many last checkpoints the final score is the mean of."""
    exploratory: bool = False
    """True: goes ahead without the power to see `detect`, and every result is labelled so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchSpec:
    """Where the cells run."""

    engine: EngineName = "local"
    workers: int = 1
    """Cells at once."""
    processes: int = 1
    """Processes (GPUs) that train one cell together; above 1 by `accelerate launch`."""
    gpus: int | None = None
    """GPUs of a cell; by default one for each process where the machine has any."""
    sharding: Sharding = "fsdp2"
    """How several processes share one model."""
    threads: int = 1
    """CPU threads of each process."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    attention: str | None = None
    """Implementation of attention, as transformers names it."""
    save_every_steps: int | None = None
    """State to go on from, beside that of the checkpoints."""
    save_every_s: float | None = None
    full_determinism: bool = False
    """On a GPU: deterministic kernels, slower."""
    report_to: tuple[Literal["trackio", "wandb", "tensorboard"], ...] = ()
    """Trackers beside our own files; telemetry is off in any case."""
    slurm: tuple[str, ...] = ()
    """Lines for the head of the script, such as `--partition=gpu` and `--time=24:00:00`."""
    train_tokens_per_second: float | None = None
    """Measured speed of training of one cell, for the plan."""
    generate_tokens_per_second: float | None = None
    """Measured speed of generation of one cell, for the plan."""
    gpu_flops: float = 989e12
    """Dense bf16 peak of one GPU (NVIDIA H100 SXM data sheet), where no speed was measured."""
    utilization: float = 0.35
    """Share of that peak which training reaches."""

    @property
    def on_gpu(self) -> bool:
        """Whether the plan is for GPUs: several processes, GPUs asked for, or `cuda`."""
        return self.device != "cpu" and bool(
            self.gpus or self.processes > 1 or self.device == "cuda"
        )
