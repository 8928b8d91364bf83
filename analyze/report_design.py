"""The parts of the report that say what was compared, every number, and how it was computed."""

from collections.abc import Mapping
from typing import Any

from curate import __version__
from curate.analyze.blocks import Block, Bullets, Part, Words, grid
from curate.analyze.names import domain_words
from curate.analyze.results import Analysis, Facts
from curate.analyze.words import chance, count, interval, name, percent, points

MOST_NUMBERS = 2000


def design_part(found: Analysis) -> Part:
    """Arms, bases, benchmarks, balance and the account of rows."""
    facts = found.facts
    blocks: list[Block] = [
        arms_grid(facts),
        grid(
            ("<base model", "score before training, %"),
            [(name(base), percent(score)) for base, score in facts.bases],
        ),
        grid(
            ("<benchmark", "<domain", "items" if facts.itemised else "scores"),
            [
                (name(suite), domain_words(domain), f"{items:,}")
                for suite, domain, items in facts.suites
            ],
        ),
        balance_words(facts.balance),
        Bullets(items=(account(facts), *(f"{note[0].upper()}{note[1:]}." for note in facts.notes))),
    ]
    return Part(name="design", title="What was compared", blocks=tuple(blocks))


def arms_grid(facts: Facts) -> Block:
    """The arms with what they hold."""
    return grid(
        ("<arm", "<role", "dose", "<holds", "rows", "tokens", "runs"),
        [
            (
                name(arm),
                about["role"] or "–",
                "–" if about["dose"] is None else f"{100 * about['dose']:g} %",
                held(about),
                number(about["rows"]),
                number(about["tokens"]),
                f"{facts.seeds.get(arm, 0)}",
            )
            for arm, about in facts.arms.items()
        ],
    )


def held(about: Mapping[str, Any]) -> str:
    """Grades, levels or shares of an arm."""
    shares = {**about["grades"], **about["shares"]}
    parts = [f"{key} {100 * share:.3g} %" for key, share in shares.items() if share]
    parts += [f"{factor}: {level}" for factor, level in about["levels"].items()]
    return ", ".join(parts) or "–"


def number(value: int | None) -> str:
    """A count, or a dash."""
    return "–" if value is None else f"{value:,}"


def balance_words(balance: Mapping[str, Any] | None) -> Block:
    """Whether the arms were shown to be alike in what must not differ."""
    if balance is None:
        return Words(
            text="No proof of balance came with the arms: that they differ in nothing but what "
            "is compared is taken on trust. `curate mix` writes such a proof."
        )
    gated = [abs(d["smd"]) for d in balance.get("differences", ()) if d.get("gated")]
    worst = (
        f"; the largest standardized difference of what must agree is {max(gated):.3f}"
        if gated
        else ""
    )
    if balance.get("passed"):
        return Words(text=f"The arms passed their balance{worst}.")
    failures = "; ".join(map(str, balance.get("failures", ())))
    return Words(
        text=f"The arms failed their balance{worst}. A difference between them may come from: "
        f"{failures}."
    )


def account(facts: Facts) -> str:
    """Rows in, used and left out."""
    left = facts.rows_in - facts.rows_used
    line = f"{facts.rows_in:,} rows read, {facts.rows_used:,} used, {left:,} left out"
    if facts.left_out:
        line += ": " + "; ".join(f"{n:,} {reason}" for reason, n in facts.left_out.items())
    return f"{line}."


def numbers_part(found: Analysis) -> Part | None:
    """Every effect with its label."""
    rows = found.effects[:MOST_NUMBERS]
    if not rows:
        return None
    table = grid(
        ("<label", "<base", "<where", "<arm", "<reference", "difference", "p", "corrected",
         "in SD of items", "MDE", "<verdict"),
        [
            (
                e.family,
                name(e.base),
                domain_words(e.scope) if e.kind == "domain" else name(e.scope),
                name(e.arm),
                "the base" if e.reference is None else name(e.reference),
                interval(e.difference),
                chance(e.p),
                chance(e.p_adjusted),
                "–" if e.standardized is None else f"{e.standardized:+.2f}".replace("-", "−"),
                "–" if e.mde is None else points(e.mde).lstrip("+"),
                e.verdict,
            )
            for e in rows
        ],
        folded=f"{count(len(found.effects), 'effect')}, differences in points",
    )  # fmt: skip
    cut: tuple[Block, ...] = ()
    if len(found.effects) > MOST_NUMBERS:
        cut = (Words(text=f"The first {MOST_NUMBERS:,}; `--json` has them all.", quiet=True),)
    return Part(
        name="numbers",
        title="Every number",
        blocks=(
            table,
            *cut,
            Words(
                text="Corrected: Holm among the primary, Benjamini–Hochberg among the exploratory. "
                "MDE: the smallest true difference that would be found with 80 % chance.",
                quiet=True,
            ),
        ),
    )


def method_part(found: Analysis) -> Part:
    """How it was computed."""
    facts = found.facts
    lines = (
        f"Effects: mean score of the last {count(facts.window, 'checkpoint')}, the same items in "
        "both arms, items by cluster, benchmarks of a domain alike. The error has two parts: "
        "items (with decoding), and runs, whose covariance is pooled over arms and checkpoints; "
        "Satterthwaite's degrees of freedom.",
        "Families: declared contrasts × domains × bases are primary (Holm, level "
        f"{facts.alpha:g}); all else is exploratory (Benjamini–Hochberg).",
        f"No difference: two one-sided tests within ± {100 * facts.margin:g} points. Safety not "
        f"harmed: one-sided, not below −{100 * facts.safety_margin:g} points.",
        "Dip and recovery: one joint max-T test of all windows against the base and the last "
        "window, by draws of items and runs; a verdict needs the same window to lie under both.",
        "One run of each arm: intervals hold for these very runs, and no verdict is given.",
        "Bands and joint regions are simultaneous; the bars of the forest are not.",
    )
    return Part(
        name="method",
        title="How it was computed",
        blocks=(
            Bullets(items=lines),
            Words(
                text=f"Made by curate {__version__}. The same table gives the same report, byte "
                "for byte. Method and references: `docs/analyze.md`.",
                quiet=True,
            ),
        ),
    )
