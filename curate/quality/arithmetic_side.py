"""What was read on one side of an equation."""

from typing import NamedTuple

from curate.quality.arithmetic_numbers import Number


class Side(NamedTuple):
    """What one side of an equation says."""

    value: Number
    bare: bool
    """A number as such, with nothing to compute."""
    places: int
    """Digits after the point of a bare number."""
    decimals: bool
    """Some number on it has digits after its point, so it may be rounded."""
    units: frozenset[str]
    """The words behind its numbers."""
    sums: bool
    """Something is added or subtracted."""
    shown: bool = True
    """A number as such, or with a percent sign: `places` says how exact it is."""
    modulus: int | None = None
    """The number behind a last `mod`, which may be about the whole equation."""
