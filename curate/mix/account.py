"""What a design came to, in words: arms, who left, the balance; the lines of `curate mix`."""

from collections.abc import Mapping
from typing import Any

from curate.account_text import aligned
from curate.mix.notes import notes_text


def table(manifest: Mapping[str, Any]) -> str:
    """The arms, a line each, then what is confounded."""
    head = ["rows", "problems", "tokens", "thinking", "answer", "epochs", "steps", "arm", "grades"]
    rows = [head, *(arm_cells(name, entry) for name, entry in manifest["arms"].items())]
    return "\n".join([*aligned(rows, numbers=7), *manifest["aliases"]])


def arm_cells(name: str, entry: Mapping[str, Any]) -> list[str]:
    """One arm as cells of the table."""
    training = entry["training"]
    return [
        f"{entry['rows']:,}",
        f"{entry['problems']:,}",
        f"{entry['tokens']:,}",
        f"{entry['tokens_thinking']:,}",
        f"{entry['tokens_answer']:,}",
        f"{training['epochs']:g}",
        "–" if training["steps"] is None else f"{training['steps']:,.0f}",
        name,
        ", ".join(f"{100 * share:.4g} % {grade}" for grade, share in entry["grades"].items()),
    ]


def attrition_lines(manifest: Mapping[str, Any]) -> list[str]:
    """Problems in = problems kept + problems that left, each with its reason."""
    entries = manifest["balance"]["attrition"]
    total = sum(entry["problems"] for entry in entries)
    kept = sum(entry["problems"] for entry in entries if entry["reason"] is None)
    by_reason: dict[str, int] = {}
    for entry in entries:
        if entry["reason"] is not None:
            by_reason[entry["reason"]] = by_reason.get(entry["reason"], 0) + entry["problems"]
    lines = [f"{total:,} problems with candidates: {kept:,} in every arm, {total - kept:,} left"]
    ordered = sorted(by_reason.items(), key=lambda item: (-item[1], item[0]))
    return [*lines, *(f"{count:>7,}  {reason}" for reason, count in ordered)]


def balance_lines(manifest: Mapping[str, Any]) -> list[str]:
    """The worst of every covariate before and after, the token gap, and the verdict."""
    balance = manifest["balance"]
    lines = []
    for name in dict.fromkeys(one["covariate"] for one in balance["differences"]):
        mine = [one for one in balance["differences"] if one["covariate"] == name]
        lines.append(covariate_line(name, mine))
    gaps = [one["token_gap"] for one in balance["pairs"] if one["token_gap"] is not None]
    if gaps:
        lines.append(f"  trained tokens: at most {100 * max(gaps):.3f} % apart")
    solver = balance["solver"]
    lines.append(
        f"  the matching costs at most {100 * solver['gap']:.2f} % more than the least possible"
    )
    verdict = "the design holds"
    if not balance["passed"]:
        verdict = "THE DESIGN FAILS ITS BALANCE" + (", and was forced" * balance["forced"])
    return ["largest differences of any two arms:", *lines, verdict,
            *(f"  {line}" for line in balance["failures"])]  # fmt: skip


def covariate_line(name: str, mine: list[Mapping[str, Any]]) -> str:
    """One covariate: its largest |SMD| and KS before and after."""
    before = [abs(one["smd_before"]) for one in mine if one["smd_before"] is not None]
    smd, ks = max(abs(one["smd"]) for one in mine), max(one["ks"] for one in mine)
    was = f"{shown(max(before))} → " if before else ""
    note = "" if any(one["gated"] for one in mine) else "   (not asked to agree)"
    return f"  {name}: |SMD| {was}{shown(smd)}, KS {ks:.3f}{note}"


def shown(number: float) -> str:
    """A difference in three digits; what has no spread is called so."""
    return "without spread" if abs(number) >= 1e6 else f"{number:.3f}"


def account_text(manifest: Mapping[str, Any]) -> str:
    """Who left, what else must be known, and how alike the arms are."""
    return "\n".join([*attrition_lines(manifest), *notes_text(manifest), *balance_lines(manifest)])


def account_json(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest without the rows, for machines."""
    arms = {
        name: {key: value for key, value in entry.items() if key != "data"}
        for name, entry in manifest["arms"].items()
    }
    return {**manifest, "arms": arms}
