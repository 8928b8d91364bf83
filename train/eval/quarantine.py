"""Tasks of reasoning-gym whose verifiers fail their self-test, left out of every evaluation.

Other suites are checked when somebody asks (`curate ablate check`): programs take long to run.
"""

from collections.abc import Sequence
from dataclasses import replace

from curate.errors import InputError
from curate.train.eval.evaluate import EvalSettings
from curate.train.eval.items import read_items
from curate.train.eval.suite import Suite


def with_tasks_left_out(
    suites: Sequence[Suite], settings: EvalSettings
) -> tuple[EvalSettings, list[str]]:
    """The settings that skip the items of unfit tasks as well, and what to say of them.

    Raises:
        MissingExtra: reasoning-gym is not installed.
        InputError: no task of a suite is left.
    """
    skip, told = dict(settings.skip), []
    for suite in suites:
        if not suite.gym:
            continue
        from curate.train.eval.gym import quarantined

        unfit = quarantined(suite.gym)
        items = read_items(suite)
        out = [item.id for item in items if item.record["task"] in unfit]
        if len(out) == len(items):
            raise InputError(
                f"no task of `[suites.{suite.name}]` can be scored",
                why="; ".join(f"`{task}`: {why}" for task, why in unfit.items()),
                fix="name other tasks in `gym`",
            )
        if out:
            skip[suite.name] = tuple(sorted({*skip.get(suite.name, ()), *out}))
            told += [f"`{task}` of `{suite.name}` is left out: its verifier fails its self-test: "
                     f"{why}" for task, why in unfit.items()]  # fmt: skip
    return replace(settings, skip=skip), told
