"""The five outcomes of verifying a trace."""

from enum import StrEnum


class Verdict(StrEnum):
    """The five outcomes. Only the first three are evidence about the model."""

    CORRECT = "correct"
    INCORRECT = "incorrect"
    UNPARSED = "unparsed"
    """No final answer was found in the response; counts as incorrect."""
    UNVERIFIABLE = "unverifiable"
    """The reference answer is missing or cannot be used; never counted."""
    ERROR = "error"
    """The verifier crashed or ran out of time: our fault; never counted."""

    @property
    def counts(self) -> bool:
        """Whether the outcome says something about the model, so that a pass rate counts it."""
        return self in (Verdict.CORRECT, Verdict.INCORRECT, Verdict.UNPARSED)
