"""A study's changes beside the paper's: the same benchmark, or the mean over the same domain."""

from collections.abc import Mapping, Sequence

from curate.analyze import ren2026
from curate.analyze.records import Effect
from curate.analyze.results import Beside
from curate.analyze.scopes import Scopes
from curate.errors import InputError

TABLES = ("Table 2", "Further arms at step 640")
"""Where the paper's arms stand at the last checkpoint."""


def beside(
    found: Scopes, effects: Sequence[Effect], mapped: Mapping[str, str]
) -> tuple[Beside, ...]:
    """Every arm that has a counterpart in the paper, over the base.

    Raises:
        InputError: `mapped` names an arm that is not there, or no arm of the paper.
    """
    names = arm_names(list(found.design.arms), mapped)
    if not names:
        found.leave_out(
            "the paper beside the study",
            "no arm is called like one of the paper's (Math-CoT, Math-NoCoT, NuminaMath, "
            "Countdown-CoT)",
            "say which is which: `--map-arm OURS=Math-CoT`",
        )
    rows = [e for e in effects if e.reference is None and e.arm in names]
    return tuple(row for one in rows for row in counterparts(one, names[one.arm]))


def arm_names(arms: Sequence[str], mapped: Mapping[str, str]) -> dict[str, str]:
    """Our arm to the paper's."""
    theirs = {one.arm for one in ren2026.deltas()}
    for ours, paper in mapped.items():
        if ours not in arms or paper not in theirs:
            raise InputError(
                f"`--map-arm {ours}={paper}` names what is not there",
                why=f"the study has {', '.join(arms)}; the paper has {', '.join(sorted(theirs))}",
                fix="write `--map-arm OURS=THEIRS`",
            )
    known = {arm: name for arm in arms if (name := ren2026.arm_named(arm)) is not None}
    return known | dict(mapped)


def counterparts(one: Effect, paper_arm: str) -> list[Beside]:
    """The paper's changes for one effect, on every base that the paper trained."""
    if one.kind == "suite":
        benchmark = ren2026.benchmark_named(one.scope)
        same = [d for d in paper_changes(paper_arm) if d.benchmark == benchmark]
        return [row(one, d.base, paper_arm, d.benchmark, d.change, d.suspect) for d in same]
    if one.scope not in ("id", "ood"):
        return []
    rows = []
    for base in dict.fromkeys(d.base for d in paper_changes(paper_arm)):
        mine = [d for d in paper_changes(paper_arm) if d.base == base and d.domain == one.scope]
        words = "mean of " + ", ".join(d.benchmark for d in mine)
        doubt = next((d.suspect for d in mine if d.suspect), None)
        rows.append(row(one, base, paper_arm, words, ren2026.mean([d.change for d in mine]), doubt))
    return rows


def paper_changes(arm: str) -> list[ren2026.Delta]:
    """Changes in points of percent at the last checkpoint, each base and benchmark once."""
    return [
        d for d in ren2026.deltas() if d.arm == arm and d.table in TABLES and d.unit == "percent"
    ]


def row(one: Effect, base: str, arm: str, scope: str, change: float, suspect: str | None) -> Beside:
    """One line."""
    low, high = one.difference.low, one.difference.high
    settled = one.seeds_known and low is not None and high is not None and (low > 0 or high < 0)
    return Beside(
        base=one.base,
        scope=one.scope,
        arm=one.arm,
        ours=one.difference,
        paper_base=base,
        paper_arm=arm,
        paper_scope=scope,
        paper=change / 100,
        same_sign=(one.difference.value > 0) == (change > 0) if settled else None,
        suspect=suspect,
    )
