"""Real problems in two wordings: what is found, and that nothing is taken for what it is not."""

from pathlib import Path

from curate.dedup.settings import DedupSettings, Level
from tests.real_data import real_rows
from tests.test_dedup_pool import deduped, made, row

AIME = "bench_aime25.jsonl.gz"


def test_most_problems_of_a_contest_in_two_wordings_are_found(tmp_path: Path) -> None:
    rows = list(real_rows(AIME))
    dump = [row(found["problem"], "Nothing.", str(found["gold"])) for found in rows]
    found = deduped(made(tmp_path, dump), DedupSettings(levels=frozenset([Level.PROBLEM])))
    copies = found.filter(~found["is_survivor"])
    stays = found.select("id", of_reference="reference")
    both = copies.join(stays, left_on="duplicate_of", right_on="id")
    # 30 problems, each twice, 18 of them in the very same words. The rest is reworded too much, or
    # the numbers of a figure stand in one of the two.
    assert found["problem_id"].n_unique() == 42
    assert 6 <= copies["problem_id"].n_unique() <= 12
    assert (both["reference"] == both["of_reference"]).all()
