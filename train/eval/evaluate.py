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
from typing import Any, Literal, Self

import curate
from curate.io import read_stamp, remove, write_table
from curate.journal import entries, journal
from curate.progress import Progress
from curate.train.eval.backend import Backend, Sampling
from curate.train.eval.folder import folder_hash, tasks_hash
from curate.train.eval.items import Item, read_items
from curate.train.eval.jobs import Job, jobs_of
from curate.train.eval.noise import key_of
from curate.train.eval.probes import choice_rows, probe_rows
from curate.train.eval.prompts import prefill
from curate.train.eval.rows import PROBES, RESPONSES, RESULTS, table_of
from curate.train.eval.scoring import Scorer, scored, scorer_of
from curate.train.eval.suite import Suite

VERSION = 1
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


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalFolder:
    """Where the tables of one checkpoint go."""

    results: Path
    probes: Path
    responses: Path

    @classmethod
    def at(cls, folder: Path, step: int) -> Self:
        """`results/step-000040.parquet` and its like in a folder."""
        name = f"step-{step:06}.parquet"
        return cls(
            results=folder / "results" / name,
            probes=folder / "probes" / name,
            responses=folder / "responses" / name,
        )

    @property
    def journal(self) -> Path:
        """The finished batches, while there are others."""
        return self.results.with_name(f".{self.results.stem}.journal")


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
    used = {
        suite.name: scorer_of(suite, scorers)
        for suite in suites
        if not suite.by_likelihood and suite.lmeval is None
    }
    items = [kept(read_items(suite), settings.skip.get(suite.name, ())) for suite in suites]
    key = key_for(model_folder, suites, items, settings)
    if is_done(out, key):
        return
    ready = load(model_folder, settings) if model is None else model
    jobs = jobs_of(suites, items, ready, settings.batch_size, probes=settings.probes)
    out.results.parent.mkdir(parents=True, exist_ok=True)
    done = finished(out.journal, key)
    total = len(jobs) - len(done)
    with (
        journal(out.journal) as log,
        (progress or Progress()).phase("evaluating", total, "batches") as phase,
    ):
        if not done and not out.journal.stat().st_size:
            log.write({"key": key})
        for number, job in enumerate(jobs):
            if number not in done:
                suite = suites[job.suite]
                done[number] = run_job(
                    job, suite, items[job.suite], ready, settings, used.get(suite.name)
                )
                log.write({"job": number, "rows": done[number]})
                phase.advance(1)
    write(out, key, suites, items, [(job, done[number]) for number, job in enumerate(jobs)])


def kept(items: Sequence[Item], skip: Sequence[str]) -> list[Item]:
    """The items that are not left out."""
    left_out = set(skip)
    return [item for item in items if item.id not in left_out]


def key_for(
    folder: Path, suites: Sequence[Suite], items: Sequence[Sequence[Item]], settings: EvalSettings
) -> str:
    """A hash of all that the tables depend on: version, model, suites, items and settings."""
    own = asdict(settings)
    own.pop("score_threads")
    told = {
        "curate": curate.__version__,
        "version": VERSION,
        "model": folder_hash(folder),
        "suites": [asdict(suite) | {"path": tasks_hash(suite)} for suite in suites],
        "items": [[asdict(item) for item in each] for each in items],
        "settings": own,
    }
    text = json.dumps(told, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def is_done(out: EvalFolder, key: str) -> bool:
    """Whether all three tables are whole and were made from this."""
    stamps = [read_stamp(path) for path in (out.responses, out.probes, out.results)]
    return all(stamp is not None and stamp.key == key for stamp in stamps)


def load(folder: Path, settings: EvalSettings) -> Backend:
    """The model of a folder, by the backend of the settings."""
    if settings.backend == "vllm":
        from curate.train.eval.vllm import load_vllm

        return load_vllm(folder, precision=settings.precision)
    from curate.train.eval.local import load_model

    return load_model(folder, device=settings.device, precision=settings.precision)


def finished(path: Path, key: str) -> dict[int, list[dict[str, Any]]]:
    """The rows of the batches in a journal of this key; one of another key is taken away."""
    first, *lines = [*entries(path)] or [None]
    if first is None or first.get("key") != key:
        remove(path)
        return {}
    return {line["job"]: line["rows"] for line in lines}


def run_job(
    job: Job, suite: Suite, items: Sequence[Item], model: Backend, settings: EvalSettings,
    scorer: Scorer | None,
) -> list[dict[str, Any]]:  # fmt: skip
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
) -> list[dict[str, Any]]:
    """The responses of one batch with their scores."""
    sampling = Sampling(
        temperature=suite.temperature, top_p=suite.top_p, top_k=suite.top_k,
        max_tokens=suite.max_tokens, stop=suite.stop,
    )  # fmt: skip
    keys = [key_of(suite.seed, items[ask.place].id, ask.mode, ask.sample) for ask in job.asks]
    made = model.generate([list(ask.prompt) for ask in job.asks], keys, sampling)

    def row(at: int) -> dict[str, Any]:
        ask = job.asks[at]
        response = prefill(suite, ask.mode) + made[at].text
        columns = scored(suite, items[ask.place], response, made[at], scorer)
        return {"place": ask.place, "mode": ask.mode, "sample": ask.sample,
                "response": response, **columns}  # fmt: skip

    if threads == 1:
        return [row(at) for at in range(len(made))]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(row, range(len(made))))


def write(
    out: EvalFolder, key: str, suites: Sequence[Suite], items: Sequence[Sequence[Item]],
    found: Sequence[tuple[Job, list[dict[str, Any]]]],
) -> None:  # fmt: skip
    """Write the three tables, the results last, and take the journal away."""
    tables: dict[str, list[dict[str, Any]]] = {"results": [], "probes": []}
    for number, suite in enumerate(suites):
        modes = [*suite.modes, "forced_direct", "given_trace"]
        for kind in tables:
            rows = [
                row for job, rows in found
                if job.suite == number and (job.kind == "probe") == (kind == "probes")
                for row in rows
            ]  # fmt: skip
            rows.sort(key=lambda row: (modes.index(row["mode"]), row["place"], row.get("sample")))
            tables[kind] += [named(suite, items[number], row["place"]) | row for row in rows]
    about = {"suites": [suite.name for suite in suites]}
    responses = [row for row in tables["results"] if "response" in row]
    write_table(out.responses, table_of(responses, RESPONSES), key=key, about=about)
    write_table(out.probes, table_of(tables["probes"], PROBES), key=key, about=about)
    write_table(out.results, table_of(tables["results"], RESULTS), key=key, about=about)
    remove(out.journal)


def named(suite: Suite, items: Sequence[Item], place: int) -> dict[str, Any]:
    """The columns that say what a row is about; rows of lm-eval name their items themselves."""
    own = {"suite": suite.name, "domain": suite.domain, "range": suite.range}
    if suite.lmeval is not None:
        return own
    return {**own, "item": items[place].id, "cluster": items[place].cluster}
