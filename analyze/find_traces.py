"""Single traces, as far as retraining confirmed what gradients said of them."""

from collections.abc import Mapping
from typing import Any

from curate.analyze.records import Value
from curate.analyze.results import Traces
from curate.analyze.scopes import Scopes
from curate.errors import InputError


def traces(found: Scopes) -> tuple[Traces, ...]:
    """Every time that somebody asked `curate analyze influence`, unconfirmed ones too."""
    return tuple(
        one
        for about in found.study.influences
        if (one := found.attempt("influence of traces", told, about)) is not None
    )


def told(about: Mapping[str, Any]) -> Traces:
    """One of them.

    Raises:
        InputError: the file holds something else.
    """
    try:
        removal = about["removal"]
        confirmed = bool(removal["validated"])
        return Traces(
            base=about["base"],
            arm=about["arm"],
            seed=about["seed"],
            suites=tuple(about["suites"]),
            traces=about["traces"],
            confirmed=confirmed,
            top=value(removal["top"]),
            bottom=value(removal["bottom"]),
            rank=Value(value=removal["lds"], low=removal["lds_low"], high=removal["lds_high"]),
            ends={name: tuple(parts) for name, parts in about["ends"].items()} if confirmed else {},
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(
            "a `removal.json` cannot be read",
            why=f"it lacks {error}",
            fix="ask `curate analyze influence` again",
        ) from None


def value(one: Mapping[str, Any]) -> Value:
    """A difference with its interval."""
    return Value(value=one["value"], low=one["low"], high=one["high"])
