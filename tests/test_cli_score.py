"""`curate score` as a user types it."""

import json
from pathlib import Path

from tests.command import curate
from tests.command import folder as folder
from tests.pools import write_dump


def verified(folder: Path) -> None:
    """A pool in the folder."""
    write_dump(folder / "dump.jsonl", problems=4)
    assert curate(folder, "verify", "dump.jsonl", "-o", "pool")[0] == 0


def test_it_prints_medians_by_verdict_and_an_account(folder: Path) -> None:
    verified(folder)
    code, out, err = curate(folder, "score", "pool")
    assert code == 0
    head, *rows = out.splitlines()
    assert head.split()[:2] == ["traces", "tokens"]
    assert {row.split()[-1] for row in rows} <= {"correct", "incorrect", "unparsed"}
    assert sum(int(row.split()[0]) for row in rows) == 16
    assert "16 traces: 16 scored, 0 failed" in err


def test_the_same_for_machines(folder: Path) -> None:
    verified(folder)
    code, out, _ = curate(folder, "score", "pool", "--json", "--workers", "1")
    found = json.loads(out)
    assert (code, found["traces"], found["scored"], found["failed"]) == (0, 16, 16, {})
    assert sum(row["traces"] for row in found["medians"]) == 16


def test_the_columns_can_be_asked_for(folder: Path) -> None:
    verified(folder)
    assert curate(folder, "score", "pool")[0] == 0
    code, _, err = curate(
        folder, "export", "pool", "--where", "cut_off is null and loop_share < 0.2", "-o", "x.jsonl"
    )
    assert code == 0, err
    row = json.loads((folder / "x.jsonl").read_text().splitlines()[0])
    assert row["loops"] == []
    assert row["tokens"] > 0


def test_what_is_no_pool_is_told(folder: Path) -> None:
    code, out, err = curate(folder, "score", "pool")
    assert (code, out) == (1, "")
    assert err == (
        "error: `pool` is not a pool\n"
        "  why: there is no such folder\n"
        "  fix: make one with `curate verify INPUT -o pool`\n"
    )


def test_what_is_no_tokenizer_is_told(folder: Path) -> None:
    verified(folder)
    code, _, err = curate(folder, "score", "pool", "--tokenizer", "nothing")
    assert code == 1
    assert err.startswith("error: `nothing` is no tokenizer\n  why: `nothing` cannot be read")
    (folder / "tokenizer.json").write_text("{}")
    code, _, err = curate(folder, "score", "pool", "--tokenizer", ".")
    assert code == 1
    assert "is no tokenizer" in err
