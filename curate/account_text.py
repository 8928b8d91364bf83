"""How an account reads: in a few lines, in a table by source, and for machines.

    1,200 traces: 590 correct, 517 incorrect, 69 unparsed, 24 unverifiable
    1,212 records read: 1,200 gave traces, 12 were quarantined
          6  broken JSON

The table has the same numbers for each source.
"""

from collections.abc import Mapping
from itertools import islice

from curate.account import Account, SourceAccount
from curate.verdict import Verdict

REASONS_SHOWN = 5


def count(number: int, noun: str) -> str:
    """`1 trace`, `2 traces`, `1,200 traces`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def verdict_words(verdicts: Mapping[str, int]) -> str:
    """`9 correct, 3 incorrect, 1 error`: what is there, in the order of the verdicts."""
    words = [
        count(number, verdict) if verdict == Verdict.ERROR else f"{number:,} {verdict}"
        for verdict, number in verdicts.items()
        if number
    ]
    return ", ".join(words)


def account_text(account: Account) -> str:
    """The account in a few lines; see the top of this file."""
    given = account.records - account.quarantined
    lines = [
        f"{count(account.traces, 'trace')}: {verdict_words(account.verdicts)}",
        f"{count(account.records, 'record')} read: {given:,} gave traces, "
        f"{account.quarantined:,} {'was' if account.quarantined == 1 else 'were'} quarantined",
    ]
    if account.impaired:
        lines[-1] += f"; {account.impaired:,} gave traces but lost some responses"
    lines += [
        f"{number:>7,}  {reason}"
        for reason, number in islice(account.reasons.items(), REASONS_SHOWN)
    ]
    if len(account.reasons) > REASONS_SHOWN:
        lines.append(f"         and {count(len(account.reasons) - REASONS_SHOWN, 'other reason')}")
    return "\n".join(lines)


def account_table(account: Account) -> str:
    """The sources in a table, one line each, aligned, the name last because it may be long."""
    shown = [verdict for verdict, number in account.verdicts.items() if number]
    head = ["traces", *shown, "pass rate", "truncated", "median chars", "mean chars", "source"]
    rows = [head, *(source_cells(source, shown) for source in account.sources)]
    return "\n".join(aligned(rows, numbers=len(head) - 1))


def source_cells(source: SourceAccount, shown: list[str]) -> list[str]:
    """One source as cells of the table."""
    return [
        f"{source.traces:,}",
        *(f"{source.verdicts[verdict]:,}" for verdict in shown),
        percent(source.pass_rate),
        percent(source.truncated_fraction),
        whole(source.response_chars_median),
        whole(source.response_chars_mean),
        source.source,
    ]


def percent(fraction: float | None) -> str:
    """`61.3 %`, or a dash for the unknown."""
    return "–" if fraction is None else f"{100 * fraction:.1f} %"


def whole(number: float | None) -> str:
    """`12,345`, or a dash for the unknown."""
    return "–" if number is None else f"{number:,.0f}"


def aligned(rows: list[list[str]], numbers: int) -> list[str]:
    """The rows as lines, with the first columns, which are numbers, flush right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            f"{cell:{'>' if place < numbers else '<'}{width}}"
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def account_json(account: Account, pool: str) -> dict[str, object]:
    """The account for machines; fractions are in [0, 1], lengths in characters."""
    return {
        "pool": pool,
        "records": account.records,
        "traces": account.traces,
        "quarantined": account.quarantined,
        "impaired": account.impaired,
        "verdicts": account.verdicts,
        "quarantine_reasons": account.reasons,
        "sources": [
            {
                "source": source.source,
                "records": source.records,
                "traces": source.traces,
                "quarantined": source.quarantined,
                "impaired": source.impaired,
                "verdicts": source.verdicts,
                "pass_rate": source.pass_rate,
                "truncated_fraction": source.truncated_fraction,
                "response_chars_median": source.response_chars_median,
                "response_chars_mean": source.response_chars_mean,
            }
            for source in account.sources
        ],
    }
