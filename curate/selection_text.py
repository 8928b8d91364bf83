"""How a selection reads: a table of its rules, an account that adds up, and for machines.

    dropped  failing  alone  reason
        610      610    598  verdict = 'correct'
         12       24     12  unknown: pass_rate < 1

    1,200 traces: kept 578, dropped 622

`failing` counts every trace that a rule is not true of; `dropped` those that pass all rules before;
`alone` those that pass all others.
"""

from collections.abc import Sequence
from dataclasses import asdict

from curate.account_text import aligned, count
from curate.pool import Pool
from curate.selections import Selection, changed_groups


def reasons_table(found: Selection) -> str:
    """The reasons with their counts, a line each, then the rules that every trace passed."""
    failed = {reason.reason for reason in found.reasons}
    rows = [
        [f"{one.dropped:,}", f"{one.failing:,}", f"{one.alone:,}", one.reason]
        for one in found.reasons
    ]
    rows += [
        ["0", "0", "0", rule.name] for rule in found.rules if not failed & {rule.name, rule.unknown}
    ]
    return "\n".join(aligned([["dropped", "failing", "alone", "reason"], *rows], numbers=3))


def account_text(pool: Pool, found: Selection) -> str:
    """What came in, what is kept, what is dropped, and what never became a trace."""
    quarantined = pool.scan_quarantine().select("source", "row").unique().collect().height
    lines = [
        f"{count(found.traces, 'trace')}: kept {found.kept:,}, dropped {found.dropped:,}",
        f"{count(quarantined, 'record')} in quarantine {'is' if quarantined == 1 else 'are'} no "
        "trace and not counted",
    ]
    if changed := changed_groups(pool, found):
        groups = ", ".join(f"`{group}`" for group in changed)
        lines.append(
            f"stale: {groups} changed since; run `curate filter {pool.path} --again {found.name}`"
        )
    return "\n".join(lines)


def list_text(pool: Pool, found: Sequence[Selection]) -> str:
    """The selections in a table, or a line that there are none."""
    if not found:
        return "no selections"
    rows = [
        [
            f"{one.kept:,}",
            f"{one.dropped:,}",
            one.name,
            state(pool, one),
            " AND ".join(rule.name for rule in one.rules),
        ]
        for one in found
    ]
    return "\n".join(aligned([["kept", "dropped", "name", "state", "rules"], *rows], numbers=2))


def state(pool: Pool, found: Selection) -> str:
    """`fresh`, or which groups changed since."""
    changed = changed_groups(pool, found)
    return f"stale: {', '.join(changed)} changed" if changed else "fresh"


def selection_json(pool: Pool, found: Selection) -> dict[str, object]:
    """The selection for machines."""
    return {
        "pool": str(pool.path),
        "name": found.name,
        "traces": found.traces,
        "kept": found.kept,
        "dropped": found.dropped,
        "reasons": [asdict(reason) for reason in found.reasons],
        "rules": [asdict(rule) for rule in found.rules],
        "reads": dict(found.reads),
        "stale": changed_groups(pool, found),
        "file": str(pool.path / "selections" / found.file),
    }
