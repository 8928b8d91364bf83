"""Pools under URLs: the same bytes as in a folder."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from curate import show
from curate.errors import InputError, PoolError
from curate.export import export
from curate.judge_pool import judge_pool
from curate.pool import Pool
from curate.progress import Progress
from curate.store import path_of
from curate.verify_dumps import verify_dumps
from tests.command import curate, folder
from tests.pools import tree, write_dump

__all__ = ["folder"]

upath = pytest.importorskip("upath", reason="universal_pathlib is not installed")


@pytest.fixture
def memory() -> Iterator[Any]:
    """A path in memory that nobody else has."""
    path = path_of(f"memory://pools/{uuid.uuid4().hex}")
    yield path
    if path.exists():
        path.fs.rm(path.path, recursive=True)  # type: ignore[attr-defined]


def objects(path: Any) -> dict[str, bytes]:
    """Every object below a URL, with what is in it, as `tree` gives it of a folder."""
    root = path.path.rstrip("/") + "/"
    return {name.removeprefix(root): path.fs.cat_file(name) for name in path.fs.find(path.path)}


def without_lock(files: dict[str, bytes]) -> dict[str, bytes]:
    return {name: content for name, content in files.items() if name != ".lock"}


def test_a_pool_in_memory_has_the_bytes_of_one_in_a_folder(memory: Any, tmp_path: Path) -> None:
    dumps = [str(write_dump(tmp_path / f"{n}.jsonl", seed=n)) for n in range(3)]
    verify_dumps(dumps, tmp_path / "pool", workers=1)
    verify_dumps(dumps, memory, workers=1)
    assert objects(memory) == without_lock(tree(tmp_path / "pool"))


def test_nothing_is_put_again_that_is_there(memory: Any, tmp_path: Path) -> None:
    dump = str(write_dump(tmp_path / "dump.jsonl"))
    verify_dumps([dump], memory, workers=1)
    created = {name: memory.fs.created(name) for name in memory.fs.find(memory.path)}
    verify_dumps([dump], memory, workers=1)
    verify_dumps([str(memory)], None, workers=1)
    assert {name: memory.fs.created(name) for name in memory.fs.find(memory.path)} == created


def test_a_damaged_object_is_made_again(memory: Any, tmp_path: Path) -> None:
    dump = str(write_dump(tmp_path / "dump.jsonl"))
    verify_dumps([dump], memory, workers=1)
    whole = objects(memory)
    for name, content in whole.items():
        memory.fs.pipe_file(f"{memory.path}/{name}", content[:-9] + b"x" + content[-8:])
        verify_dumps([dump], memory, workers=1)
        assert objects(memory) == whole


def test_what_is_shown_and_exported_is_the_same(memory: Any, tmp_path: Path) -> None:
    dump = str(write_dump(tmp_path / "dump.jsonl"))
    local = verify_dumps([dump], tmp_path / "pool", workers=1)
    far = verify_dumps([dump], memory, workers=1)
    assert show.examples(far).equals(show.examples(local))
    for pool, name in ((local, "local.jsonl"), (far, "far.jsonl")):
        export(pool, tmp_path / name, where="verdict = 'correct'")
    assert (tmp_path / "far.jsonl").read_bytes() == (tmp_path / "local.jsonl").read_bytes()
    assert far.scan_quarantine().collect().equals(local.scan_quarantine().collect())


class Agreeable:
    """A judge to whom everything is right."""

    name = "agreeable"

    def __init__(self) -> None:
        self.asked = 0

    def replies(self, prompts: Any) -> Iterator[str]:
        for _ in prompts:
            self.asked += 1
            yield "VERDICT: A"


def test_a_judge_asks_once_there_too(memory: Any, tmp_path: Path) -> None:
    rows = [
        {"problem": "Why?", "answer": "because so", "response": f"<answer>word {n}</answer>"}
        for n in range(600)
    ]
    (tmp_path / "dump.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    pool = verify_dumps([str(tmp_path / "dump.jsonl")], memory, workers=1)
    judge = Agreeable()
    assert judge_pool(pool, judge, Progress()).correct == 600
    assert judge_pool(Pool.open(memory), judge, Progress()).correct == 600
    assert judge.asked == 600


def test_memory_is_of_one_process(memory: Any, tmp_path: Path) -> None:
    dump = str(write_dump(tmp_path / "dump.jsonl"))
    with pytest.raises(InputError, match="cannot be shared"):
        verify_dumps([dump], memory, workers=2)


def test_a_file_url_is_a_folder(folder: Path) -> None:
    write_dump(folder / "dump.jsonl")
    url = (folder / "a pool").as_uri()
    assert "%20" in url
    code, _, err = curate(folder, "verify", "dump.jsonl", "-o", url)
    assert code == 0, err
    assert Pool.is_pool(folder / "a pool")
    assert curate(folder, "verify", url)[0] == 0
    assert curate(folder, "show", url)[0] == 0
    assert curate(folder, "export", url, "-o", "out.jsonl")[0] == 0
    assert curate(folder, "verify", "dump.jsonl", "-o", "plain")[0] == 0
    assert tree(folder / "a pool") == tree(folder / "plain")


def test_a_url_that_nobody_knows_says_what_to_do(folder: Path, memory: Any) -> None:
    write_dump(folder / "dump.jsonl")
    code, _, err = curate(folder, "verify", "dump.jsonl", "-o", "nothing://at/all")
    assert (code, "cannot be reached" in err) == (1, True)
    with pytest.raises(PoolError, match="not a pool"):
        Pool.open(memory)
