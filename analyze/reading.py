"""What the command line says of a foreign table, as a `Reading`."""

from collections.abc import Sequence

from curate.analyze.names import DOMAINS, UNSORTED, listed
from curate.analyze.table import Reading
from curate.errors import InputError


def reading(
    mapped: Sequence[str], domains: Sequence[str], *, percent: bool, base_arm: str | None
) -> Reading:
    """From texts `OURS=THEIRS` and `SUITE=DOMAIN`.

    Raises:
        InputError: a text without `=`, or an unknown domain.
    """
    placed = dict(equation(text) for text in domains)
    for suite, domain in placed.items():
        if domain not in (*DOMAINS, UNSORTED):
            raise InputError(
                f"`{domain}` is no domain",
                why=f"`--domain {suite}={domain}` names it",
                fix=f"name one of {listed(DOMAINS)}",
            )
    return Reading(
        mapped=dict(equation(text) for text in mapped),
        domains=placed,
        base_arm=base_arm,
        scale=100.0 if percent else 1.0,
    )


def equation(text: str) -> tuple[str, str]:
    """`a=b` taken apart at the first `=`."""
    left, mark, right = text.partition("=")
    if not (left and mark and right):
        raise InputError(
            f"`{text}` is no pair", why="there is no `=` with a name on both sides",
            fix="write `LEFT=RIGHT`",
        )  # fmt: skip
    return left.strip(), right.strip()
