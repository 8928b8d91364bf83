"""What becomes of each trace: it stays, or it is the copy of one that does.

Whatever the levels find, a trace that goes names one that stays, and of every cluster one stays:

    a problem that is a copy gives its traces up to the problem that stays for it
    of responses that belong together the first one stays, in the order of: those whose problem
      stays, quality where it is known, id, place in the pool
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from curate.dedup.clusters import survivors
from curate.dedup.keys import TraceKeys
from curate.dedup.words import Flags, Places

Codes = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """For each trace, by its row in the pool."""

    STAYS: ClassVar[int] = 0
    PROBLEM: ClassVar[int] = 1
    TRACE: ClassVar[int] = 2
    ROLLOUT: ClassVar[int] = 3

    why: Codes
    """One of the four above."""
    copy_of: Places
    """The row of the trace that stays for it; its own where it stays itself."""
    problem_copy_of: Places
    """For each problem the one that stays for it."""

    @property
    def leads_responses(self) -> Flags:
        """Which traces stay for a copy of their response."""
        found = np.zeros(len(self.why), np.bool_)
        found[self.copy_of[self.why >= Outcome.TRACE]] = True
        return found

    @property
    def leads_problems(self) -> Flags:
        """Which problems stay for a copy."""
        found = np.zeros(len(self.problem_copy_of), np.bool_)
        found[self.problem_copy_of[self.problem_copy_of != np.arange(len(found))]] = True
        return found


def outcome(keys: TraceKeys, responses: Places, problems: Places) -> Outcome:
    """What becomes of the traces, from the component of each response and of each problem."""
    rows = np.arange(len(keys.problem))
    order = np.lexsort([rows, keys.ids[:, 1], keys.ids[:, 0], -keys.quality])
    problem_stays_for = survivors(problems, by_best_trace(keys.problem, order, len(problems)))
    gone = problem_stays_for[keys.problem] != keys.problem
    order = order[np.argsort(gone[order], kind="stable")]
    first = survivors(responses, order)
    by_response = (first != rows) & ~gone[first]
    by_problem = gone & ~by_response
    same_problem = keys.problem[first] == keys.problem
    why = np.zeros(len(rows), np.int8)
    why[by_problem] = Outcome.PROBLEM
    why[by_response] = np.where(same_problem, Outcome.ROLLOUT, Outcome.TRACE)[by_response]
    # The best trace of the problem that stays; where that is a copy itself, what it is a copy of.
    best = np.empty(len(problems), np.int64)
    best[keys.problem[order[::-1]]] = order[::-1]
    copy_of = np.where(by_problem, first[best[problem_stays_for[keys.problem]]], rows)
    copy_of[by_response] = first[by_response]
    return Outcome(why=why, copy_of=copy_of, problem_copy_of=problem_stays_for)


def by_best_trace(problem: Places, order: Places, count: int) -> Places:
    """The problems in the order of the best trace of each."""
    _, places = np.unique(problem[order], return_index=True)
    assert len(places) == count
    return problem[order][np.sort(places)]
