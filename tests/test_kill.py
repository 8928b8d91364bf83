"""kill -9 at any instant: the same command again, and the pool is as if nothing had happened."""

import gzip
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.kill_driver import before_each_write
from tests.pools import build, tree, write_dump
from tests.real_data import real_file

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def dumps(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A plain dump and a compressed one."""
    folder = tmp_path_factory.mktemp("dumps")
    packed = folder / "b.jsonl.gz"
    packed.write_bytes(gzip.compress(write_dump(folder / "b", seed=1).read_bytes(), mtime=0))
    return [write_dump(folder / "a.jsonl", problems=20), packed]


@pytest.fixture(scope="module")
def unbroken(dumps: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pool of a run that nobody killed."""
    return build(tmp_path_factory.mktemp("unbroken") / "pool", *dumps).path


def driver(pool: Path, workers: int, death: int, dumps: list[Path]) -> list[str]:
    numbers = [str(workers), str(death)]
    return [sys.executable, "-m", "tests.kill_driver", str(pool), *numbers, *map(str, dumps)]


def run_and_kill(command: list[str], after_s: float) -> bool:
    """Start a command, kill its whole process group after a while; whether it was still running."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        start_new_session=True,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        process.wait(after_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True
    return False


def duration(command: list[str]) -> float:
    start = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return time.monotonic() - start


class PowerCut(BaseException):
    """The end of a process, as far as its files can tell."""


@pytest.mark.slow
def test_a_run_that_ends_at_any_write_point_is_finished_by_the_next(tmp_path: Path) -> None:
    dumps = [write_dump(tmp_path / "a.jsonl", problems=2), tmp_path / "b.jsonl.gz"]
    plain = write_dump(tmp_path / "b", problems=2, seed=1, broken=False).read_bytes()
    dumps[1].write_bytes(gzip.compress(plain))
    unbroken = build(tmp_path / "unbroken", *dumps).path
    # From the cut on every write fails, so that no clean-up reaches the disk either.
    cuts = 0
    for death in range(1, 10_000):

        def cut(number: int, death: int = death) -> None:
            if number >= death:
                raise PowerCut

        pool = tmp_path / f"pool{death}"
        stop = before_each_write(cut)
        try:
            build(pool, *dumps)
            break
        except PowerCut:
            cuts += 1
        finally:
            stop()
        build(pool, *dumps)
        assert tree(pool) == tree(unbroken), f"write point {death}"
    assert cuts > 50


@pytest.mark.parametrize("death", [1, 9, 40, 77])
def test_a_run_killed_at_a_write_point_is_finished_by_the_next(
    death: int, dumps: list[Path], unbroken: Path, tmp_path: Path
) -> None:
    killed = subprocess.run(driver(tmp_path / "pool", 1, death, dumps), cwd=ROOT)
    assert killed.returncode == -signal.SIGKILL
    build(tmp_path / "pool", *dumps)
    assert tree(tmp_path / "pool") == tree(unbroken)


def test_a_run_killed_at_random_instants_is_finished_by_the_next(
    dumps: list[Path], unbroken: Path, tmp_path: Path
) -> None:
    whole_s = duration(driver(tmp_path / "timed", 2, 0, dumps))
    draw = random.Random(7)
    for number in range(8):
        pool = tmp_path / f"pool{number}"
        run_and_kill(driver(pool, 2, 0, dumps), draw.uniform(0.3, 1) * whole_s)
        build(pool, *dumps)
        assert tree(pool) == tree(unbroken), number


def test_a_run_killed_again_and_again_comes_to_its_end(
    dumps: list[Path], unbroken: Path, tmp_path: Path
) -> None:
    whole_s = duration(driver(tmp_path / "timed", 2, 0, dumps))
    pool = tmp_path / "pool"
    for share in (0.5, 0.6, 0.7, 0.8):
        run_and_kill(driver(pool, 2, 0, dumps), share * whole_s)
    build(pool, *dumps)
    assert tree(pool) == tree(unbroken)


REAL = (
    "countdown_game24_tot.jsonl.gz",
    "longcot_math_and_misc.jsonl.gz",
    "longcot_misguided_attention.jsonl.gz",
)


@pytest.mark.slow
def test_a_run_on_real_data_killed_at_fifty_random_instants_is_finished_by_the_next(
    tmp_path: Path,
) -> None:
    files = [str(real_file(name)) for name in REAL]

    def command(pool: str) -> list[str]:
        output = ["-o", str(tmp_path / pool), "--workers", "2"]
        return [sys.executable, "-m", "curate", "verify", *files, *output]

    whole_s = duration(command("unbroken"))
    unbroken = tree(tmp_path / "unbroken")
    draw = random.Random(11)
    killed = 0
    while killed < 50:
        # The second run goes on where the first was killed, so it has less to do.
        for share in (draw.uniform(0.1, 0.95), draw.uniform(0.1, 0.5)):
            killed += run_and_kill(command("broken"), share * whole_s)
        duration(command("broken"))
        assert tree(tmp_path / "broken") == unbroken, killed
        shutil.rmtree(tmp_path / "broken")
