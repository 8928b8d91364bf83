"""What comparing two trees finds, and how findings of parts make the finding of the whole."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Match:
    """Whether two trees are equal, by which method, and why."""

    equal: bool | None
    """None: this rung cannot tell."""
    method: str
    reason: str = ""

    def via(self, step: str) -> "Match":
        """The same finding, with one more step named in its method."""
        return replace(self, method=f"{step}, {self.method}") if self.method else self


def different(method: str, reason: str) -> Match:
    """The two are not equal."""
    return Match(False, method, reason)


def all_of(matches: list[Match], method: str) -> Match:
    """Parts compared in order: equal when all are; the first that is not gives the reason."""
    for place, match in enumerate(matches, 1):
        if match.equal is not True:
            return Match(match.equal, method, f"part {place}: {match.reason or match.method}")
    inner = sorted({match.method for match in matches} - {"identical", "exact"})
    return Match(True, f"{method} ({'; '.join(inner)})" if inner else method)
