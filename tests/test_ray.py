"""A real Ray cluster of two nodes on this machine: the same bytes, whoever is killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest

from curate.errors import InputError, PoolError
from curate.ray_engine import RayEngine
from curate.worker import Failure
from tests import test_engine as tasks
from tests.pools import tree, write_dump

utils = pytest.importorskip("ray.cluster_utils", reason="Ray is not installed")

ROOT = Path(__file__).resolve().parents[1]
NODE = {"num_cpus": 1, "object_store_memory": 80 * 2**20}
SPARE_BYTES = 2 * 2**30
"""Memory that tasks may take before Ray ends one."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    memory = psutil.virtual_memory()
    threshold = (memory.total - memory.available + SPARE_BYTES) / memory.total
    if threshold >= 0.95:
        pytest.skip("too little memory is free for a cluster")
    settings = {"memory_usage_threshold": threshold, "memory_monitor_refresh_ms": 100}
    head = NODE | {"include_dashboard": False, "_system_config": settings}
    cluster = utils.Cluster(initialize_head=True, head_node_args=head)
    cluster.add_node(**NODE)
    cluster.wait_for_nodes()
    yield cluster
    cluster.shutdown()


@pytest.fixture
def engine(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[RayEngine]:
    monkeypatch.setenv("RAY_ADDRESS", cluster.address)
    with RayEngine() as engine:
        yield engine


@pytest.fixture(scope="module")
def dumps(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("dumps")
    paths = [
        write_dump(folder / f"{number}.jsonl", problems=40, seed=number) for number in range(12)
    ]
    return [str(path) for path in paths]


@pytest.fixture(scope="module")
def local(dumps: list[str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The pool that this machine makes alone."""
    pool = tmp_path_factory.mktemp("local") / "pool"
    done = driver(pool, dumps, "local")
    assert done.communicate(timeout=120)[1] is not None
    assert done.returncode == 0
    return tree(pool)


def driver(
    pool: Path, dumps: list[str], engine: str, address: str = ""
) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "curate", "verify", *dumps, "-o", str(pool)]
    return subprocess.Popen(
        [*command, "--engine", engine],
        cwd=ROOT,
        env=os.environ | ({"RAY_ADDRESS": address} if address else {}),
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def finished(process: "subprocess.Popen[bytes]") -> None:
    said = process.communicate(timeout=180)[1]
    assert process.returncode == 0, said.decode()


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(1200):
        if condition():
            return
        time.sleep(0.05)
    raise TimeoutError


def eat_real_memory_on_three(number: int) -> int:
    if number == 3:
        held = [bytearray(os.urandom(1024)) * 2**16 for _ in range(96)]  # 6 GiB, page by page
        time.sleep(30)
        return len(held)
    return number


def test_every_task_has_its_result(engine: RayEngine) -> None:
    assert dict(engine.map(tasks.square, range(30))) == {n: n * n for n in range(30)}
    assert {threads for _, threads in engine.map(tasks.threads, range(4))} == {"1"}


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        (tasks.hang_on_three, "timeout"),
        (tasks.die_on_three, "crash"),
        (tasks.eat_memory_on_three, "memory"),
        (eat_real_memory_on_three, "memory"),
    ],
)
def test_only_the_task_that_fails_is_lost(
    function: Callable[[int], int], kind: str, engine: RayEngine
) -> None:
    limit_s = 4.0 if kind == "timeout" else 60.0
    results = dict(engine.map(function, range(6), timeout_s=limit_s))
    failure = results.pop(3)
    assert isinstance(failure, Failure)
    assert failure.kind == kind
    assert results == {n: n for n in range(6) if n != 3}


def test_an_exception_is_raised_again_with_its_attributes(engine: RayEngine) -> None:
    with pytest.raises(InputError, match="three came") as caught:
        list(engine.map(tasks.raise_on_three, range(8)))
    assert caught.value.fix == "leave it out"


def test_a_pool_that_the_cluster_does_not_see_is_an_error(engine: RayEngine) -> None:
    engine.need_shared(ROOT)
    with pytest.raises(PoolError, match="is not there on the machine"):
        engine.need_shared(Path("/nowhere/pool"))


def test_a_cluster_makes_the_bytes_of_one_machine(
    cluster: Any, dumps: list[str], local: dict[str, bytes], tmp_path: Path
) -> None:
    finished(driver(tmp_path / "pool", dumps, "ray", cluster.address))
    assert tree(tmp_path / "pool") == local


def test_a_node_that_dies_in_the_middle_loses_nothing(
    cluster: Any, dumps: list[str], local: dict[str, bytes], tmp_path: Path
) -> None:
    pool = tmp_path / "pool"
    process = driver(pool, dumps, "ray", cluster.address)
    wait_for(lambda: len(list(pool.glob("traces/*.parquet"))) >= 2)
    node = next(iter(cluster.worker_nodes))
    cluster.remove_node(node, allow_graceful=False)
    try:
        finished(process)
    finally:
        cluster.add_node(**NODE)
        cluster.wait_for_nodes()
    assert tree(pool) == local


def test_a_killed_driver_goes_on_where_it_stopped(
    cluster: Any, dumps: list[str], local: dict[str, bytes], tmp_path: Path
) -> None:
    pool = tmp_path / "pool"
    process = driver(pool, dumps, "ray", cluster.address)
    wait_for(lambda: len(list(pool.glob("extract/*.parquet"))) >= 2)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    time.sleep(1)  # the cluster ends what the dead driver began
    # A part's quarantine is written before its traces, and again where these are missing.
    whole = {path.name for path in pool.glob("traces/*.parquet")}
    kept = {
        path: path.stat().st_mtime_ns for path in pool.glob("*/*.parquet") if path.name in whole
    }
    assert kept
    finished(driver(pool, dumps, "ray", cluster.address))
    assert tree(pool) == local
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
