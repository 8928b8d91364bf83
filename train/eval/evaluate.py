"""Evaluation of one checkpoint: three Parquet files, made so that a kill costs one batch.

Finished batches go to a journal beside the results, each a checked line; the tables are written
whole at the end, each with the key of what it was made from, and the journal is taken away. Run
again, a checkpoint whose three files bear the key is passed over; another model, suite, item or
setting makes another key.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import curate
from curate.journal import entries, journal
from curate.progress import Progress
from curate.train.eval.backend import Backend, Sampling
from curate.train.eval.folder import folder_hash, tasks_hash
from curate.train.eval.items import Item, read_items
from curate.train.eval.jobs import Job, jobs_of
from curate.train.eval.noise import key_of
from curate.train.eval.probes import choice_rows, probe_rows
from curate.train.eval.prompts import begun, prompt_frame
from curate.train.eval.scoring import Scorer, scored, scorer_of
from curate.train.eval.suite import Suite
from curate.train.eval.tables import EvalFolder, Rows, is_done, reusable, tables_of, write

__all__ = ["EvalFolder", "EvalSettings", "evaluate"]

VERSION = 3
"""Of what the rows mean; another one makes all evaluations anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalSettings:
    """How the suites are run; the same for all checkpoints of a study."""

    backend: Literal["transformers", "vllm"] = "transformers"
    batch_size: int = 64
    """Responses at a time."""
    device: str = "auto"
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """`auto` is that of the saved weights."""
    probes: bool = True
    alternatives: int = 4
    """Wrong answers that a reference is compared with, where there are no choices."""
    score_threads: int = 1
    """Responses scored at a time; more than one is of use where programs are run."""
    skip: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Items of each suite that are left out, because `check_suite` found them unfit."""


def evaluate(
    model_folder: Path,
    suites: Sequence[Suite],
    settings: EvalSettings,
    out: EvalFolder,
    scorers: Mapping[str, Scorer],
    *,
    model: Backend | None = None,
    progress: Progress | None = None,
) -> None:
    """Evaluate a checkpoint on the suites, or what is left of it; nothing when all is there.

    `scorers` are those of `curate.ablate_scorers.verify_scorers`, or any others by name. `model` is
    what the folder holds, where it is loaded already.

    Raises:
        InputError: the folder, a suite or an item is not what it should be.
        MissingExtra: a package that is wanted is not installed.
    """
    used = [scorer_for(suite, scorers) for suite in suites]
    items = [kept(read_items(suite), settings.skip.get(suite.name, ())) for suite in suites]
    hashed = folder_hash(model_folder)
    keys = [
        key_for(hashed, suite, each, settings) for suite, each in zip(suites, items, strict=True)
    ]
    if is_done(out, keys):
        return
    found = {key: tables for key, tables in reusable(out).items() if key in keys}
    missing = [at for at, key in enumerate(keys) if key not in found]
    ready = load(model_folder, settings) if missing and model is None else model
    jobs = {
        (keys[at], number): (at, job)
        for at in missing
        for number, job in enumerate(jobs_of(
            suites[at], items[at], need(ready), settings.batch_size, probes=settings.probes
        ))
    }  # fmt: skip
    out.results.parent.mkdir(parents=True, exist_ok=True)
    done = {place: rows for place, rows in finished(out.journal).items() if place in jobs}
    with (
        journal(out.journal) as log,
        (progress or Progress()).phase("evaluating", len(jobs) - len(done), "batches") as phase,
    ):
        for place, (at, job) in jobs.items():
            if place not in done:
                done[place] = run_job(job, suites[at], items[at], need(ready), settings, used[at])
                log.write({"suite": place[0], "job": place[1], "rows": done[place]})
                phase.advance(1)
    for at in missing:
        pairs = [(job, done[place]) for place, (own, job) in jobs.items() if own == at]
        found[keys[at]] = tables_of(suites[at], items[at], pairs)
    write(out, suites, keys, [found[key] for key in keys])


def need(model: Backend | None) -> Backend:
    """The model, which is loaded where something is left to do."""
    assert model is not None
    return model


def scorer_for(suite: Suite, scorers: Mapping[str, Scorer]) -> Scorer | None:
    """The scorer of a suite; None where its responses are not ours to score."""
    own = not suite.by_likelihood and suite.lmeval is None
    return scorer_of(suite, scorers) if own else None


def kept(items: Sequence[Item], skip: Sequence[str]) -> list[Item]:
    """The items that are not left out."""
    left_out = set(skip)
    return [item for item in items if item.id not in left_out]


def key_for(model: str, suite: Suite, items: Sequence[Item], settings: EvalSettings) -> str:
    """A hash of all that the rows of a suite depend on: version, model, suite, items, settings."""
    told = {
        "curate": curate.__version__,
        "version": VERSION,
        "model": model,
        "suite": asdict(suite) | {"path": tasks_hash(suite)},
        "items": [asdict(item) for item in items],
        "settings": asdict(settings) | {"score_threads": None, "skip": None},
    }
    text = json.dumps(told, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def load(folder: Path, settings: EvalSettings) -> Backend:
    """The model of a folder, by the backend of the settings."""
    if settings.backend == "vllm":
        from curate.train.eval.vllm import load_vllm

        return load_vllm(folder, precision=settings.precision)
    from curate.train.eval.local import load_model

    return load_model(folder, device=settings.device, precision=settings.precision)


def finished(path: Path) -> dict[tuple[str, int], Rows]:
    """The rows of the batches in a journal, by the suite's key and the batch's number."""
    return {(line["suite"], line["job"]): line["rows"] for line in entries(path)}


def run_job(
    job: Job, suite: Suite, items: Sequence[Item], model: Backend, settings: EvalSettings,
    scorer: Scorer | None,
) -> Rows:  # fmt: skip
    """The rows of one batch."""
    if job.kind == "probe":
        return probe_rows(suite, items, job.places, model, settings.alternatives)
    if job.kind == "choose":
        return choice_rows(suite, items, job.places, model)
    if job.kind == "lmeval":
        from curate.train.eval.lmeval import lmeval_rows

        return lmeval_rows(suite, model, settings.batch_size)
    assert scorer is not None
    return generate_rows(job, suite, items, model, settings.score_threads, scorer)


def generate_rows(
    job: Job, suite: Suite, items: Sequence[Item], model: Backend, threads: int, scorer: Scorer
) -> Rows:
    """The responses of one batch with their scores."""
    sampling = Sampling(
        temperature=suite.temperature, top_p=suite.top_p, top_k=suite.top_k,
        max_tokens=suite.max_tokens, stop=suite.stop,
    )  # fmt: skip
    keys = [key_of(suite.seed, items[ask.place].id, ask.mode, ask.sample) for ask in job.asks]
    made = model.generate([list(ask.prompt) for ask in job.asks], keys, sampling)
    _, after = prompt_frame(suite, model.tokenizer)

    def row(at: int) -> dict[str, Any]:
        ask = job.asks[at]
        response = begun(suite, ask.mode, after) + made[at].text
        columns = scored(suite, items[ask.place], response, made[at], scorer)
        return {"place": ask.place, "mode": ask.mode, "sample": ask.sample,
                "response": response, **columns}  # fmt: skip

    if threads == 1:
        return [row(at) for at in range(len(made))]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(row, range(len(made))))
