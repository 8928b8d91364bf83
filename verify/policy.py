"""What counts as the same answer where mathematics leaves it open. Recorded with every verdict."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The tolerances, with the defaults that most people expect."""

    countdown_use_all: bool = True
    """Countdown answers use every number exactly once; False: at most once."""
    rounded: bool = True
    """A reference that is itself a rounded decimal accepts what rounds to its digits."""
    units_optional: bool = True
    """A unit may be missing from one side; one that contradicts the reference never passes."""
    percent_optional: bool = True
    """A bare 28 is taken for 28 %; either way 28 % is 0.28."""
