"""What does not fit in the file of a study: numbers that cannot be, values that contradict."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from curate.train.study import Study


def contradictions(study: "Study") -> list[tuple[str, str, str]]:
    """What does not fit: what, why, fix of each."""
    seeds, analysis = study.seeds, study.analysis
    found = []
    if not seeds.order or len(set(seeds.order)) < len(seeds.order):
        why = "each order is one run of every arm, and two of one order are the same run"
        found.append((f"`order` is {list(seeds.order)}", why, "write different whole numbers"))
    if len(seeds.init) not in (1, len(seeds.order)):
        why = f"it has one for all runs, or one for each of the {len(seeds.order)} of `order`"
        found.append((f"`init` has {len(seeds.init)} numbers", why, "write as many, or none"))
    if len(seeds.order) > 1 and len(seeds.init) == 1 and not study.schedule.shuffle:
        why = "without `shuffle` nothing depends on `order`, and all runs would be the same run"
        fix = 'set `shuffle = true`, or `order = [0]` and several draws: `design = ["a", "b"]`'
        found.append((f"`shuffle = false` with {len(seeds.order)} orders", why, fix))
    if any(len(pair) != 2 for pair in analysis.contrasts):
        why = "a contrast is an arm and the arm that it is compared with"
        found.append(("`contrasts` are no pairs", why, 'write `[["dose-100", "dose-0"]]`'))
    for name in ("margin", "safety_margin", "alpha", "power", "detect"):
        value = getattr(analysis, name)
        if value is not None and not 0 < value < 1:
            fix = f"write 3 percent as `{name} = 0.03`"
            found.append((f"`{name}` is {value}", "it is a share between 0 and 1", fix))
    if any(len(set(pair)) < len(pair) for pair in analysis.contrasts):
        why = "an arm does not differ from itself"
        found.append(("a contrast names one arm twice", why, "name the arm to compare it with"))
    if analysis.power <= analysis.alpha:
        why = "a test that does nothing has a power of `alpha`"
        found.append((f"`power` is {analysis.power}", why, "write 80 percent as `power = 0.8`"))
    domains = {suite.domain for suite in study.suites}
    if unknown := [name for name in analysis.domains if name not in domains]:
        why = f"the suites are of {', '.join(sorted(domains)) or 'no domain'}"
        found.append((f"`domains` names `{unknown[0]}`", why, "name the domain of a suite"))
    skipped = set(study.evaluate.skip) - {suite.name for suite in study.suites}
    if skipped:
        why = "no suite is called so"
        found.append((f"`skip` names `{min(skipped)}`", why, "correct the name of the suite"))
    return found + too_small(study)


def too_small(study: "Study") -> list[tuple[str, str, str]]:
    """Numbers below what can be."""
    least: list[tuple[object, str, int]] = [
        (study.launch, name, 1) for name in ("workers", "processes", "threads")
    ]
    least += [(study.evaluate, name, 1) for name in ("batch_size", "score_threads")]
    least += [(study.analysis, "window", 1), (study.pilot, "seed_items", 1)]
    least += [(study.pilot, name, 0) for name in ("item_sd", "seed_sd", "arm_item_sd")]
    values = [(name, getattr(table, name), lowest) for table, name, lowest in least]
    values += [("base_samples", study.base_samples, 1)]
    values += [("order", number, 0) for number in study.seeds.order]
    values += [("init", number, 0) for number in study.seeds.init]
    found = [
        (f"`{name}` is {value}", f"it is at least {lowest}", "raise it")
        for name, value, lowest in values
        if value < lowest
    ]
    return found + [
        (f"`{name}` is {getattr(study.launch, name)}", "it is above 0", "raise it")
        for name in ("utilization", "gpu_flops")
        if getattr(study.launch, name) <= 0
    ]
