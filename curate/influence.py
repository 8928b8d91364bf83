"""Which traces of an arm pushed a model to right answers, and whether retraining says so, too.

For a finished cell of a study: TracIn over its checkpoints (`curate.analyze.attribution`), with
right responses of the study itself as queries; then the test that decides whether anything may be
shown: training again without the traces that are named, without as many at random, and on random
halves. Scores that fail are not written.

    STUDY/influence/KEY/retrained.log     what every retraining scored; done once, whatever happens
    STUDY/influence/KEY/removal.json      the verdict, and whose traces stand at the two ends
    STUDY/influence/KEY/influence.parquet id, grade, influence; only of confirmed scores
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import polars as pl
from numpy.typing import NDArray

from curate.analyze.attribution import Removal, tracin_on_mean, validate_by_removal
from curate.errors import InputError
from curate.io import remove, write_bytes, write_table
from curate.progress import Progress
from curate.queries import right_responses
from curate.retraining import Retraining, batches, losses
from curate.train.base import load_model, load_tokenizer
from curate.train.cells import Cell, key_of
from curate.train.checkpoints import published
from curate.train.quiet import quiet
from curate.train.rows import Rows, load_rows
from curate.train.run import cells_in
from curate.train.runlog import read_log
from curate.train.schedule import Schedule
from curate.train.templates import Rendering
from curate.train.work import suites_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Whose traces, and by what they are judged."""

    arm: str
    base: str | None = None
    """None: the only one."""
    seed: int = 0
    suites: tuple[str, ...] = ()
    """None named: all in-domain ones."""
    queries: int = 200
    """At most so many items with a right response."""
    share: float = 0.2
    """Of the traces, left out in a retraining."""
    seeds: int = 5
    """Retrainings without the ones named, and as many without random ones."""
    subsets: int = 24
    """Retrainings on random halves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Influence:
    """Scores of an arm's traces and what retraining made of them."""

    arm: str
    base: str
    seed: int
    suites: tuple[str, ...]
    queries: int
    ids: tuple[str, ...]
    scores: NDArray[np.float64]
    """(trace,): higher helped; the fall of the queries' mean loss, in nats per token, to first
    order."""
    grades: tuple[str, ...]
    """(trace,): as the arm has them; empty strings where it has none."""
    removal: Removal
    """Differences are in nats per token of the queries."""
    ends: dict[str, tuple[float, float, float]]
    """Grade to its share of all traces, of the most helpful ones, and of the most harmful ones."""
    folder: Path


def influence(study: Path, ask: Ask, progress: Progress | None = None) -> Influence:
    """Score the traces of a cell, retrain to see whether that holds, and write what does.

    Raises:
        InputError: there is no such finished cell, or too few right responses.
    """
    with quiet():
        return found_in(study, the_cell(study, ask), ask, progress or Progress())


def found_in(study: Path, cell: Cell, ask: Ask, progress: Progress) -> Influence:
    """The same, of one cell."""
    import torch

    torch.set_num_threads(int(cell.launch["threads"]))
    schedule, rendering = Schedule(**cell.schedule), Rendering(**cell.rendering)
    tokenizer, arm = load_tokenizer(Path(cell.base_folder)), Path(str(cell.arm_folder))
    rows = load_rows(
        arm,
        tokenizer,
        max_length=schedule.max_length,
        rendering=rendering,
        overlong="drop" if cell.overlong == "drop" else "refuse",
    )
    suites = ask.suites or tuple(s.name for s in suites_of(cell.suites) if s.domain == "id")
    queries = right_responses(study, cell, suites, ask.queries, tokenizer, rendering)
    folder = study / "influence" / key_of([cell.key, asdict(ask), queries.key()])
    folder.mkdir(parents=True, exist_ok=True)
    scores = scores_of(cell, cell.place(study), rows, queries, progress)
    with progress.phase("training again", 4 * ask.seeds + ask.subsets, "runs") as phase:
        again = Retraining(
            cell=cell,
            rows=rows,
            schedule=schedule,
            asked=batches(queries, weights=1 / queries.targets)[1],
            folder=folder,
            on_run=partial(phase.advance, 1),
        )
        removal = validate_by_removal(
            scores, again, share=ask.share, seeds=range(ask.seeds), subsets=ask.subsets
        )
    found = Influence(
        arm=ask.arm,
        base=cell.base,
        seed=ask.seed,
        suites=suites,
        queries=len(queries),
        ids=rows.ids,
        scores=scores,
        grades=grades_of(arm, rows.ids),
        removal=removal,
        ends={},
        folder=folder,
    )
    found = replace(found, ends=ends_of(found))
    write(found)
    return found


# --- what is asked about --------------------------------------------------------------------------


def the_cell(study: Path, ask: Ask) -> Cell:
    """The finished cell of an arm, base and seed.

    Raises:
        InputError: there is none, several bases are there, or it is not finished.
    """
    mine = [cell for cell in cells_in(study) if cell.kind == "cell" and cell.arm == ask.arm]
    bases = sorted({cell.base for cell in mine})
    if not mine:
        arms = sorted({str(cell.arm) for cell in cells_in(study) if cell.arm})
        raise InputError(
            f"there is no arm `{ask.arm}`", why=f"the arms are {', '.join(arms)}", fix="name one"
        )
    if ask.base is None and len(bases) > 1:
        raise InputError(
            f"`{ask.arm}` was trained on {len(bases)} bases",
            why=f"they are {', '.join(bases)}",
            fix="add `--base NAME`",
        )
    for cell in mine:
        if cell.seed == ask.seed and cell.base == (ask.base or bases[0]):
            if (cell.place(study) / "fit.json").is_file() and not cell.models:
                return cell
            raise InputError(
                f"{cell.title} was not trained to its end",
                why="its checkpoints are needed",
                fix=f"run `curate ablate resume {study}`",
            )
    raise InputError(
        f"`{ask.arm}` has no run of seed {ask.seed} on `{ask.base or bases[0]}`",
        why=f"seeds are {sorted({cell.seed or 0 for cell in mine})}, bases {', '.join(bases)}",
        fix="name one of these",
    )


# --- scores ---------------------------------------------------------------------------------------


def scores_of(
    cell: Cell, place: Path, rows: Rows, queries: Rows, progress: Progress
) -> NDArray[np.float64]:
    """TracIn of every trace, (trace,): each checkpoint stands for the steps until the next.

    Its weight is the sum of their learning rates, over the tokens of a step: what gradient descent
    would have taken of the loss. The optimizer is another one, which retraining has to forgive.
    """
    base = Path(cell.base_folder)
    model = load_model(base, "fp32", attention="eager")  # forward-mode derivatives need plain steps
    kept = [(0, base), *((each.step, each.folder) for each in published(place))]
    log = read_log(place / "train.jsonl")
    rates = [
        sum(line["lr"] for line in log if step < line["step"] <= until)
        for (step, _), (until, _) in pairwise(kept)
    ]
    per_step = log[-1]["tokens"] / len(log)
    order, traces = batches(rows, weights=rows.weights / per_step)
    _, asked = batches(queries, weights=1 / queries.targets)

    def states() -> Iterator[Any]:
        with progress.phase("gradients", len(rates), "checkpoints") as phase:
            for _, folder in kept[:-1]:
                yield load_model(folder, "fp32").state_dict()
                phase.advance(1)

    found = np.empty(len(rows))
    found[order] = tracin_on_mean(model, states(), rates, losses, traces, asked)
    return found


# --- what is kept ---------------------------------------------------------------------------------


def grades_of(arm: Path, ids: Sequence[str]) -> tuple[str, ...]:
    """The grade of every trace, where the arm says it."""
    files = sorted((arm / "data").glob("*.parquet"))
    if not files or "grade" not in pl.read_parquet_schema(files[0]):
        return ("",) * len(ids)
    table = pl.read_parquet(files, columns=["id", "grade"])
    known = dict(table.iter_rows())
    return tuple(str(known.get(one) or "") for one in ids)


def ends_of(found: Influence) -> dict[str, tuple[float, float, float]]:
    """Share of each grade among all, the most helpful and the most harmful traces."""
    order = np.argsort(found.scores, kind="stable")
    grades = np.array(found.grades)
    ends = order[-found.removal.removed :], order[: found.removal.removed]
    parts = (grades, grades[ends[0]], grades[ends[1]])
    return {
        str(grade): (float((parts[0] == grade).mean()), float((parts[1] == grade).mean()),
                     float((parts[2] == grade).mean()))
        for grade in sorted(set(found.grades))
    }  # fmt: skip


def write(found: Influence) -> None:
    """The verdict; the scores only if they were confirmed."""
    about = {
        "arm": found.arm, "base": found.base, "seed": found.seed, "suites": found.suites,
        "queries": found.queries, "traces": len(found.ids), "removal": asdict(found.removal),
        "ends": found.ends,
    }  # fmt: skip
    write_bytes(found.folder / "removal.json", orjson.dumps(about, option=orjson.OPT_INDENT_2))
    place = found.folder / "influence.parquet"
    remove(place)
    if found.removal.validated:
        table = pl.DataFrame({"id": found.ids, "grade": found.grades, "influence": found.scores})
        write_table(place, table.sort("influence", descending=True).to_arrow(), key="", about={})
