"""The panels of a study: one base, one domain or benchmark, one mode, made once each."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import ParamSpec, TypeVar

import numpy as np
import polars as pl

from curate.analyze.crossed import Runs, runs_of
from curate.analyze.panel import Flags, Panel, panel
from curate.analyze.results import Missing
from curate.analyze.runs import replicates
from curate.analyze.scores import score_moments
from curate.analyze.study import Design, Study
from curate.analyze.variance import Moments, moments
from curate.errors import InputError

Found = TypeVar("Found")
Given = ParamSpec("Given")
REASONING = ("id", "ood", "unsorted")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scope:
    """Where something is measured."""

    base: str
    kind: str
    """`domain` or `suite`."""
    name: str
    domain: str


@dataclass(slots=True, kw_only=True, eq=False)
class Scopes:
    """What every part of the analysis measures from; panels are kept, as many parts use them."""

    study: Study
    parts: dict[tuple[str, str, str], pl.DataFrame]
    """(base, domain, mode) to rows."""
    panels: dict[tuple[str, ...], Panel] = field(default_factory=dict)
    known: dict[tuple[str, ...], Moments] = field(default_factory=dict)
    missing: list[Missing] = field(default_factory=list)
    """What could not be computed so far."""

    @property
    def design(self) -> Design:
        """The design of the study."""
        return self.study.design

    @property
    def bases(self) -> tuple[str, ...]:
        """Bases with a trained arm, sorted."""
        return tuple(sorted({base for base, _, _ in self.parts}))

    @property
    def modes(self) -> tuple[str, ...]:
        """Modes that were asked in, `free` first."""
        found = {mode for _, _, mode in self.parts}
        return tuple(sorted(found, key=lambda mode: (mode != "free", mode)))

    def domains(self, base: str) -> Iterator[Scope]:
        """Domains in the order of the design."""
        for name in self.design.domains:
            if (base, name, "free") in self.parts:
                yield Scope(base=base, kind="domain", name=name, domain=name)

    def suites(self, base: str) -> Iterator[Scope]:
        """Benchmarks, domain by domain."""
        for scope in self.domains(base):
            frame = self.parts[base, scope.domain, "free"]
            for name in frame["suite"].unique().sort():
                yield Scope(base=base, kind="suite", name=name, domain=scope.domain)

    def panel(self, scope: Scope, *, mode: str = "free", measure: str = "score") -> Panel:
        """The panel of a scope with the arms that have a whole run, in the design's order."""
        key = (scope.base, scope.kind, scope.name, mode, measure)
        if key not in self.panels:
            frame = self.parts.get((scope.base, scope.domain, mode))
            if frame is None:
                raise InputError(
                    f"no row of `{scope.name}` on `{scope.base}` in mode `{mode}`",
                    why="this mode was not asked in",
                    fix="evaluate in it",
                )
            made = panel(
                frame,
                scope.name,
                base=scope.base,
                by=scope.kind,
                mode=mode,
                measure=measure,
                arms=tuple(self.design.arms),
            )
            self.panels[key] = self.whole_arms(made, scope)
        return self.panels[key]

    def whole_arms(self, made: Panel, scope: Scope) -> Panel:
        """The panel without arms of which no run has every checkpoint; they are named once."""
        absent: Flags = np.isnan(replicates(made)[0])
        there: Flags = ~np.all(absent, axis=3)
        whole: Flags = np.any(np.all(there, axis=2), axis=1)
        for place in np.flatnonzero(~whole):
            self.say_partial(made.arms[place], scope, has_rows=bool(there[place].any()))
        if not whole.any():
            raise InputError(
                f"no arm has a run with all checkpoints of `{scope.name}` on `{scope.base}`",
                why=f"its steps are {', '.join(map(str, made.steps))}",
                fix="evaluate the checkpoints that are missing",
            )
        keep = np.flatnonzero(whole)
        return replace(
            made,
            values=made.values[keep],
            arms=tuple(made.arms[place] for place in keep),
            mixes=made.mixes[keep],
        )

    def say_partial(self, arm: str, scope: Scope, *, has_rows: bool) -> None:
        """Remember that an arm cannot be used somewhere."""
        what = "no run has every checkpoint" if has_rows else "there is no row"
        self.leave_out(
            f"arm `{arm}` in `{scope.name}` on `{scope.base}`",
            what,
            "evaluate what is missing: `curate ablate run` goes on where it stopped",
        )

    def leave_out(self, section: str, why: str, fix: str) -> None:
        """Remember that something cannot be computed, once."""
        one = Missing(section=section, why=why, fix=fix)
        if one not in self.missing:
            self.missing.append(one)

    def moments(self, scope: Scope, *, mode: str = "free", measure: str = "score") -> Moments:
        """Means and covariances of a scope."""
        key = (scope.base, scope.kind, scope.name, mode, measure)
        if key not in self.known:
            found = self.panel(scope, mode=mode, measure=measure)
            make = moments if self.study.table.itemised else score_moments
            self.known[key] = make(found)
        return self.known[key]

    def runs(self, scope: Scope, arms: Sequence[str] | None = None, *, mode: str = "free") -> Runs:
        """Runs of a scope over the final window."""
        return runs_of(self.panel(scope, mode=mode), self.design.window, arms)

    def attempt(
        self, section: str, make: Callable[Given, Found], *args: Given.args, **kwargs: Given.kwargs
    ) -> Found | None:
        """What `make` returns, or None and its reason among what is missing."""
        try:
            return make(*args, **kwargs)
        except InputError as error:
            self.leave_out(section, f"{error.what}: {error.why}", error.fix)
            return None


def scopes(study: Study) -> Scopes:
    """The rows of a study parted by base, domain and mode; bases without a trained arm left out."""
    frame = study.table.frame
    trained = set(frame.filter(pl.col("arm").is_not_null())["base"].unique())
    parts = frame.partition_by("base", "domain", "mode", as_dict=True)
    keyed = {
        (str(base), str(domain), str(mode)): rows
        for (base, domain, mode), rows in parts.items()
        if base in trained and rows["arm"].is_not_null().any()
    }
    return Scopes(study=study, parts=dict(sorted(keyed.items())))
