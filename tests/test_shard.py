"""Several processes share one job: the same bytes as one run, whoever dies on the way."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from curate.errors import InputError, PoolError
from curate.pool import Pool
from curate.shard import Shard
from tests.command import curate, folder
from tests.pools import tree, write_dump

__all__ = ["folder"]

FILES = 5


@pytest.fixture
def dumps(folder: Path) -> list[str]:
    """Names of several files in the folder."""
    names = [f"dump-{number}.jsonl" for number in range(FILES)]
    for number, name in enumerate(names):
        write_dump(folder / name, problems=6 + number, seed=number)
    return names


def started(folder: Path, dumps: list[str], shard: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "curate", "verify", *dumps, "-o", "pool", "--shard", shard]
    return subprocess.Popen(
        command,
        cwd=folder,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def whole(folder: Path, dumps: list[str]) -> dict[str, bytes]:
    code, _, err = curate(folder, "verify", *dumps, "-o", "whole")
    assert code == 0, err
    return tree(folder / "whole")


def test_every_piece_has_one_owner() -> None:
    pieces = list(range(23))
    shares = [Shard(number=number, count=5).of(pieces) for number in range(1, 6)]
    assert sorted(piece for share in shares for piece in share) == pieces
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "1/0", "a/b", "-1/2", "1/2/3", "１/2"])
def test_what_is_no_shard(text: str) -> None:
    with pytest.raises(InputError, match="no shard"):
        Shard.parse(text)


def test_shards_at_the_same_time_and_a_last_run_give_the_bytes_of_one_run(
    folder: Path, dumps: list[str]
) -> None:
    running = [started(folder, dumps, f"{number}/3") for number in (1, 2, 3)]
    for process in running:
        said = process.communicate(timeout=120)[1]
        assert process.returncode == 0, said.decode()
    pool = Pool(folder / "pool")
    assert len(pool.part_names("verify")) == len(pool.part_names()) == FILES
    before = {path: path.stat().st_mtime_ns for path in pool.path.glob("*/*.parquet")}
    code, _, err = curate(folder, "verify", *dumps, "-o", "pool")
    assert code == 0, err
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert tree(pool.path) == whole(folder, dumps)


def test_a_killed_shard_goes_on_where_it_stopped(folder: Path, dumps: list[str]) -> None:
    good = whole(folder, dumps)
    for after_s in (0.3, 0.6, 0.9, 1.2):
        shutil.rmtree(folder / "pool", ignore_errors=True)
        doomed = started(folder, dumps, "1/2")
        time.sleep(after_s)
        if doomed.poll() is None:
            os.killpg(doomed.pid, signal.SIGKILL)
        doomed.communicate()
        for shard in ("2/2", "1/2"):
            code, _, err = curate(folder, "verify", *dumps, "-o", "pool", "--shard", shard)
            assert code == 0, err
        assert curate(folder, "verify", *dumps, "-o", "pool")[0] == 0
        assert tree(folder / "pool") == good


def test_a_pool_is_verified_again_in_shards(folder: Path, dumps: list[str]) -> None:
    good = whole(folder, dumps)
    for part in (folder / "whole" / "verify").glob("*.parquet"):
        part.unlink()
    for shard in ("1/2", "2/2"):
        assert curate(folder, "verify", "whole", "--shard", shard)[0] == 0
    assert curate(folder, "verify", "whole")[0] == 0
    assert tree(folder / "whole") == good


def test_a_shard_and_a_whole_run_keep_each_other_out(folder: Path, dumps: list[str]) -> None:
    pool = Pool.create(folder / "pool")
    with pool.lock(), pytest.raises(PoolError, match="in use"), Pool(pool.path).share():
        pass
    with (
        pool.share(),
        Pool(pool.path).share(),
        pytest.raises(PoolError, match="in use"),
        Pool(pool.path).lock(),
    ):
        pass
    code, _, err = curate(folder, "verify", *dumps, "-o", "pool", "--shard", "3/2")
    assert (code, "no shard" in err) == (1, True)
