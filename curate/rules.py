"""Rules that a trace must pass to be kept: SQL conditions on the columns of a pool, in an order.

A file of rules is TOML; what stands before `=` becomes the reason of the traces that fail:

    right = "verdict = 'correct'"
    "not too long" = "response_chars < 60000"
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from curate.errors import InputError

UNKNOWN = "unknown: "
"""How the reason of a trace begins of which a rule is neither true nor false."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A condition that is true of every trace that is kept."""

    name: str
    where: str
    """As after WHERE in SQL."""

    @property
    def unknown(self) -> str:
        """The reason where the condition is neither true nor false."""
        return f"{UNKNOWN}{self.name}"


def rules_of(conditions: Sequence[str], file: Path | None) -> tuple[Rule, ...]:
    """The rules of a file, in its order, then conditions named by their own text.

    Raises:
        InputError: there are none, one comes twice, or the file is not what it should be.
    """
    found = [*(read_rules(file) if file else ())]
    found += [Rule(name=" ".join(where.split()), where=where) for where in conditions]
    if not found:
        raise InputError(
            "no rule to filter by",
            why="without a rule every trace would be kept",
            fix="give `--where \"verdict = 'correct'\"`, or `--rules FILE`",
        )
    names = [name for rule in found for name in (rule.name, rule.unknown)]
    for name in names:
        if names.count(name) > 1:
            raise InputError(
                f"two rules are called `{name}`",
                why="the name of a rule is the reason of what it drops",
                fix="leave one away, or name them in a file given with `--rules`",
            )
    return tuple(found)


def read_rules(path: Path) -> list[Rule]:
    """The rules of a TOML file, in its order.

    Raises:
        InputError: it cannot be read, or holds something else.
    """
    try:
        with path.open("rb") as file:
            content = tomllib.load(file)
    except OSError as error:
        raise InputError(
            f"cannot read the rules in `{path}`",
            why=error.strerror or str(error),
            fix="check the path",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise rules_error(path, f"it is no TOML: {error}") from error
    for name, where in content.items():
        if not isinstance(where, str):
            raise rules_error(path, f"`{name}` is no text")
    return [Rule(name=name, where=where) for name, where in content.items()]


def rules_error(path: Path, why: str) -> InputError:
    """The error of a file that holds no rules."""
    return InputError(
        f"`{path}` holds no rules",
        why=why,
        fix="write a line for each rule, such as `right = \"verdict = 'correct'\"`",
    )
