"""Agreement with labels that others gave, `curate.verify` beside Math-Verify 0.9.0.

    python benchmarks/accuracy.py PAIRS.jsonl [--json]

Each line holds `reference`, `answer`, `equal`, and perhaps `source`; without a file, the pairs are
our own (`tests/golden/pairs.jsonl`). The table has a line for each source and for each kind of
reference, then the milliseconds of one comparison. Every label counts as it stands, those that
mathematics contradicts too.
"""

import argparse
import json
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

OWN = Path(__file__).parents[1] / "tests" / "golden" / "pairs.jsonl"
Check = Callable[[str, str], bool]


@dataclass(slots=True)
class Score:
    """How often a checker and the labels agree."""

    pairs: int = 0
    accepted: int = 0
    """Pairs labelled different that it takes for equal."""
    rejected: int = 0
    """Pairs labelled equal that it takes for different."""
    times_ms: list[float] = field(default_factory=list)

    def add(self, verdict: bool, label: bool, ms: float) -> None:
        """Count one pair."""
        self.pairs += 1
        self.accepted += verdict and not label
        self.rejected += label and not verdict
        self.times_ms.append(ms)

    @property
    def agreement(self) -> float:
        """Share of the pairs on which both agree."""
        return 1 - (self.accepted + self.rejected) / self.pairs

    def figures(self) -> Mapping[str, float]:
        """Counts and latency percentiles."""
        spread = np.percentile(self.times_ms, [50, 99, 99.9, 100])
        names = ("p50_ms", "p99_ms", "p99.9_ms", "max_ms")
        return {
            "pairs": self.pairs,
            "agreement": self.agreement,
            "wrongly_accepted": self.accepted,
            "wrongly_rejected": self.rejected,
            **dict(zip(names, map(float, spread), strict=True)),
        }


def curate() -> Check:
    """The answer as a whole response."""
    from curate.verify import Verdict, verify

    return lambda answer, reference: verify(answer, reference).verdict is Verdict.CORRECT


def math_verify() -> Check:
    """`parse` both and `verify`; a side without delimiters is put between dollars, as it wants."""
    from math_verify import parse, verify

    logging.disable(logging.CRITICAL)

    def parsed(text: str) -> list[object]:
        marked = any(mark in text for mark in ("$", "\\boxed", "\\(", "\\["))
        return list(parse(text if marked else f"${text}$") or parse(text))

    return lambda answer, reference: bool(verify(parsed(reference), parsed(answer)))


def timed(check: Check, answer: str, reference: str) -> tuple[bool, float]:
    """The verdict and its milliseconds."""
    start = time.perf_counter()
    verdict = check(answer, reference)
    return verdict, 1000 * (time.perf_counter() - start)


def scores(rows: list[dict[str, Any]]) -> dict[str, dict[str, tuple[Score, Score]]]:
    """By source and by kind of reference: ours, Math-Verify's."""
    from curate.verify import reference_of

    checks = (curate(), math_verify())
    for check in checks:
        check("\\boxed{x+1}", "x+2")  # all modules loaded
    found: dict[str, dict[str, tuple[Score, Score]]] = {
        name: defaultdict(lambda: (Score(), Score())) for name in ("all", "source", "kind")
    }
    for row in rows:
        answer, reference = str(row["answer"]), str(row["reference"])
        keys = {
            "all": "all",
            "source": str(row.get("source", "own")).split("/")[0],
            "kind": reference_of(reference).kind,
        }
        for place, check in enumerate(checks):
            verdict, ms = timed(check, answer, reference)
            for group, key in keys.items():
                found[group][key][place].add(verdict, bool(row["equal"]), ms)
    return found


def table(found: Mapping[str, Mapping[str, tuple[Score, Score]]]) -> str:
    """The scores as text."""
    lines = [
        f"{'':<30} {'pairs':>6}  {'curate':>8} {'accepted':>9} {'rejected':>9}  "
        f"{'Math-Verify':>12} {'accepted':>9} {'rejected':>9}"
    ]
    for group, groups in found.items():
        lines += ["", f"by {group}"] if group != "all" else []
        for name, (own, peer) in sorted(groups.items(), key=lambda item: -item[1][0].pairs):
            lines.append(
                f"{name[:30]:<30} {own.pairs:>6}  {own.agreement:>8.1%} {own.accepted:>9} "
                f"{own.rejected:>9}  {peer.agreement:>12.1%} {peer.accepted:>9} {peer.rejected:>9}"
            )
    lines += ["", f"{'ms a pair':<14} {'p50':>8} {'p99':>8} {'p99.9':>8} {'max':>8}"]
    for name, score in zip(("curate", "Math-Verify"), found["all"]["all"], strict=True):
        ms = score.figures()
        spread = " ".join(f"{ms[f'{p}_ms']:>8.2f}" for p in ("p50", "p99", "p99.9", "max"))
        lines.append(f"{name:<14} {spread}")
    return "\n".join(lines)


def main() -> None:
    """Score the pairs of one file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pairs", type=Path, nargs="?", default=OWN)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    rows = [json.loads(line) for line in chosen.pairs.read_text("utf-8").splitlines()]
    found = scores(rows)
    plain = {
        group: {name: [score.figures() for score in pair] for name, pair in groups.items()}
        for group, groups in found.items()
    }
    print(json.dumps(plain, indent=2) if chosen.json else table(found))


if __name__ == "__main__":
    main()
