"""What counts as the same answer where a reader may choose. Recorded with every pool."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The tolerances, with the defaults that most people expect.

    A comparison names every tolerance that it used in its method; a policy refuses by that name.
    """

    countdown_use_all: bool = True
    """Countdown answers use every number exactly once; False: at most once."""
    rounded: bool = True
    """A reference that is itself a rounded decimal accepts what rounds to its digits."""
    units_optional: bool = True
    """A unit may be missing from one side; one that contradicts the reference never passes."""
    percent_optional: bool = True
    """A bare 28 is taken for 28 %; either way 28 % is 0.28."""

    def refuses(self, method: str) -> str | None:
        """Why a comparison by this method does not count, or None where it does."""
        if not self.rounded and ROUNDED in method:
            return "equal only after rounding"
        if not self.units_optional and UNIT_DROPPED in method:
            return "a unit is missing"
        if not self.percent_optional and PERCENT_DROPPED in method:
            return "the percent sign is missing"
        return None


ROUNDED = "rounded to the reference's"
UNIT_DROPPED = "unit on one side only:"
PERCENT_DROPPED = "percent sign on one side only"
