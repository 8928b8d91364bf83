"""Where the cells of a study run: here, in processes of this machine, on a Ray cluster, on Slurm.

Each takes the folders of cells and says how they ended, as they end.
"""

import os
import queue
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from curate.errors import CurateError, InputError, PoolError
from curate.io import write_bytes
from curate.train import ledger
from curate.train.cells import Cell, read_cell
from curate.train.eval.scoring import Scorer
from curate.train.guard import Outcome, Running, guarded, held, reason_of, record
from curate.train.launch import environment, gpus_here, gpus_of_cell
from curate.train.specs import LaunchSpec
from curate.train.work import work

SCRIPT = "slurm.sh"


def run_here(folders: Sequence[Path], scorers: Mapping[str, Scorer]) -> Iterator[Outcome]:
    """One after the other in this process: no start-up, and no shelter from what kills one."""
    import torch

    for folder in folders:
        cell = read_cell(folder)
        need_one_process(cell)
        torch.set_num_threads(cell.launch["threads"])
        with held(folder):
            ledger.add(folder.parents[1], "started", cell.key)
            outcome = attempted(folder, cell.key, scorers)
            record(folder.parents[1], cell, outcome, folder)
        yield outcome


def need_one_process(cell: Cell) -> None:
    """Refuse a cell that several processes are to train, before any is begun.

    Raises:
        InputError: it wants more than one.
    """
    if cell.launch["processes"] > 1:
        raise InputError(
            f"{cell.title} is to be trained by {cell.launch['processes']} processes",
            why="in this process there is one",
            fix="take `--engine local`, or `processes = 1` in `[launch]`",
        )


def attempted(folder: Path, key: str, scorers: Mapping[str, Scorer]) -> Outcome:
    """How one cell ends in this process."""
    try:
        work(folder, scorers)
    except CurateError as error:
        return Outcome(key=key, reason=reason_of(error), message=error.what)
    except MemoryError:
        return Outcome(key=key, reason="memory", message="no memory was left")
    return Outcome(key=key)


def run_local(folders: Sequence[Path], launch: LaunchSpec, *, module: str) -> Iterator[Outcome]:
    """In processes of this machine, so many cells at once, each with GPUs of its own."""
    slots: queue.SimpleQueue[dict[str, str]] = queue.SimpleQueue()
    for slot in slots_of(launch):
        slots.put(slot)
    running = Running()

    def one(folder: Path) -> Outcome:
        slot = slots.get()
        try:
            return guarded(
                folder,
                module=module,
                environment=environment(launch.threads) | slot,
                running=running,
            )
        except PoolError as error:  # a task of Slurm, perhaps: not ours to end or to judge
            return Outcome(key=folder.name, reason="busy", message=error.why)
        finally:
            slots.put(slot)

    with ThreadPoolExecutor(launch.workers) as pool:
        waiting = [pool.submit(one, folder) for folder in folders]
        try:
            for done in as_completed(waiting):
                yield done.result()
        finally:
            running.stop()
            pool.shutdown(cancel_futures=True)


def slots_of(launch: LaunchSpec) -> list[dict[str, str]]:
    """For each cell at once, which GPUs it sees; nothing where it is given none."""
    each = gpus_of_cell(launch.gpus, launch.processes, launch.device)
    if not each:
        return [{} for _ in range(launch.workers)]
    here = gpus_here()
    groups = [here[first : first + each] for first in range(0, len(here) - each + 1, each)]
    if len(groups) < launch.workers:
        raise too_few(len(here), each, launch.workers)
    return [{"CUDA_VISIBLE_DEVICES": ",".join(group)} for group in groups[: launch.workers]]


def too_few(here: int, each: int, workers: int) -> InputError:
    """The error of a machine with too few GPUs."""
    return InputError(
        f"{workers} cells at once with {each} GPUs each need {workers * each} GPUs",
        why=f"{here} are here",
        fix="lower `workers` or `gpus` in `[launch]`, or take `--engine slurm` or `ray`",
    )


def run_ray(folders: Sequence[Path], launch: LaunchSpec, *, module: str) -> Iterator[Outcome]:
    """As tasks of a Ray cluster, each with GPUs of its own; the study lies on a shared disk."""
    from curate.ray_engine import RayEngine, imported_ray

    ray = imported_ray()
    gpus = launch.gpus if launch.gpus is not None else (launch.processes if launch.on_gpu else 0)
    with RayEngine(workers=launch.workers if not os.environ.get("RAY_ADDRESS") else None) as engine:
        engine.need_shared(folders[0])
        call = ray.remote(max_retries=0, num_cpus=launch.threads, num_gpus=gpus)(ray_cell)
        running = {
            call.remote(str(folder.resolve()), module, environment(launch.threads)): folder
            for folder in folders
        }
        while running:
            (done, *_), _ = ray.wait(list(running), num_returns=1)
            folder = running.pop(done)
            try:
                yield Outcome(**ray.get(done))
            except ray.exceptions.RayError as error:
                yield lost(folder, type(error).__name__)


def ray_cell(folder: str, module: str, settings: Mapping[str, str]) -> dict[str, str | None]:
    """On a machine of the cluster: run a cell, and say how it ended."""
    outcome = guarded(Path(folder), module=module, environment=settings)
    return {"key": outcome.key, "reason": outcome.reason, "message": outcome.message}


def lost(folder: Path, error: str) -> Outcome:
    """A cell whose machine or guard is gone: it is killed, and the next run goes on with it."""
    cell = read_cell(folder)
    outcome = Outcome(key=cell.key, reason="killed", message=f"its guard is gone: {error}")
    record(folder.parents[1], cell, outcome, folder)
    return outcome


def write_slurm(folders: Sequence[Path], study: Path, launch: LaunchSpec, name: str) -> Path:
    """Write an array script with a task for each cell; its path."""
    gpus = launch.gpus if launch.gpus is not None else (launch.processes if launch.on_gpu else 0)
    cpus = launch.threads * launch.processes
    head = [
        f"--job-name={''.join(c if c.isalnum() or c in '-_' else '-' for c in name)}",
        f"--array=0-{len(folders) - 1}%{launch.workers}",
        "--nodes=1",
        "--ntasks=1",
        f"--cpus-per-task={cpus}",
        *([f"--gpus={gpus}"] if gpus else []),
        f'--output="{study.resolve()}/slurm-%A-%a.txt"',
        *launch.slurm,
    ]
    lines = [
        "#!/bin/bash",
        *(f"#SBATCH {line}" for line in head),
        f"cells=({' '.join(folder.name for folder in folders)})",
        f"exec {shlex.quote(sys.executable)} -P -m curate ablate cell "
        f'{shlex.quote(str(study.resolve()))} "${{cells[$SLURM_ARRAY_TASK_ID]}}"',
    ]
    write_bytes(study / SCRIPT, ("\n".join(lines) + "\n").encode())
    (study / SCRIPT).chmod(0o755)
    return study / SCRIPT
