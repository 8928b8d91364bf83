"""`curate dedup` as a user runs it: what it prints, and where."""

import json
from pathlib import Path

import pytest

from tests.command import curate, folder
from tests.test_dedup_pool import edited, row, story

__all__ = ["folder"]

CURVE = (
    "a pair is looked at with the chance 0.28 at 0.5, 0.63 at 0.6, 0.93 at 0.7, 1.00 at 0.8, "
    "1.00 at 0.9, 1.00 at 1: 21 bands of 6 slots, midpoint 0.56\n"
)


@pytest.fixture
def pool(folder: Path) -> Path:
    """A pool of four traces, of which two are copies of one another."""
    problem = "Let $x$ be what the pirate has of 12 coins. Find $x$."
    rows = [
        row(problem, story(1), "7"),
        row(problem, edited(story(1), 1), "7"),
        row(problem, story(2), "7"),
        row("What is 2 + 3?", story(3), "5"),
    ]
    (folder / "dump.jsonl").write_text("".join(json.dumps(found) + "\n" for found in rows))
    code, _, err = curate(folder, "verify", "dump.jsonl", "-o", "pool", "--workers", "1")
    assert code == 0, err
    return folder


def test_the_account_and_the_largest_clusters(pool: Path) -> None:
    code, out, err = curate(pool, "dedup", "pool", "--workers", "1")
    assert code == 0
    head, line = out.splitlines()
    assert head.split() == ["copies", "least", "similar", "level", "stays", "problem"]
    count, similarity, level, stays, example = line.split(maxsplit=4)
    assert (count, similarity, level) == ("1", "0.97", "rollout")
    assert len(stays) == 8
    assert example == "Let $x$ be what the pirate has of 12 coins. Fin…"
    assert err == (
        "4 traces: 3 stay, 1 is a copy: 1 by rollout\n"
        "1 cluster: 1 by rollout; 0 copies are chained: below 0.8 to what stays\n"
        f"{CURVE}"
        "those that stay: `curate export pool --where is_survivor -o unique.jsonl`\n"
    )
    done, _, told = curate(pool, "export", "pool", "--where", "is_survivor", "-o", "unique.jsonl")
    assert (done, told) == (
        0,
        "4 traces: exported 3, left out 1\nwrote `unique.jsonl`\n",
    )


def test_the_account_as_json(pool: Path) -> None:
    code, out, _ = curate(pool, "dedup", "pool", "--json", "--level", "problem", "--no-verify")
    assert code == 0
    found = json.loads(out)
    assert (found["traces"], found["kept"], found["largest"]) == (4, 4, [])
    assert found["settings"]["levels"] == ["problem"]
    assert found["settings"]["verify"] is False
    assert found["curve"]["0.8"] == 0.9983


def test_a_check_writes_no_column_and_shows_recall(pool: Path) -> None:
    code, out, err = curate(pool, "dedup", "pool", "--check", "--workers", "1")
    assert (code, err) == (0, CURVE)
    first, second = out.rstrip("\n").split("\n\n")
    assert first.split("\n")[0].split()[:4] == ["planted", "similarity", "promised", "detected"]
    assert len(first.split("\n")) == 1 + 8
    assert second.split("\n")[0].split()[:2] == ["pairs", "detected"]
    assert not (pool / "pool" / "dedup").exists()
    code, out, _ = curate(pool, "dedup", "pool", "--check", "--json")
    assert code == 0
    assert json.loads(out)["planted"][0]["text"] == "response"


def test_what_is_no_pool_is_said_in_three_lines(folder: Path) -> None:
    assert curate(folder, "dedup", "nothing") == (
        1,
        "",
        "error: `nothing` is not a pool\n"
        "  why: there is no such folder\n"
        "  fix: make one with `curate verify INPUT -o nothing`\n",
    )


def test_a_threshold_outside_its_range_is_bad_usage(folder: Path) -> None:
    assert curate(folder, "dedup", "pool", "--threshold", "1.5")[0] == 2
