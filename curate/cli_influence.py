"""`curate analyze influence`: its options, and what it prints."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from curate.cli_options import Json
from curate.cli_output import print_data, tell

if TYPE_CHECKING:
    from curate.analyze.interval import Estimate
    from curate.influence import Influence


def influence(
    study: Annotated[Path, typer.Argument(metavar="STUDY", help="A study with its checkpoints.")],
    arm: Annotated[str, typer.Option(metavar="NAME", help="Whose traces.")],
    base: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of which run; the only base else.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of which run.")] = 0,
    suite: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Right responses to it; else to the in-domain ones."),
    ] = None,
    queries: Annotated[int, typer.Option(min=8, help="Right responses at most.")] = 200,
    share: Annotated[float, typer.Option(help="Of the traces, left out when retraining.")] = 0.2,
    seeds: Annotated[int, typer.Option(min=2, help="Retrainings; four times as many runs.")] = 5,
    subsets: Annotated[int, typer.Option(min=8, help="Retrainings on random halves.")] = 24,
    as_json: Json = False,
) -> None:
    """Which traces pushed a model to right answers, by gradients that retraining confirms.

    TracIn over the checkpoints of one run, for right responses of the study. Then the run is made
    again without the traces that helped most, without those that harmed most, without as many at
    random, and on random halves. Killed, the same command goes on.

    A score that is confirmed is a hypothesis about single traces. What a grade of data does is told
    by arms that differ in it, which `curate analyze STUDY` compares.

    Example: curate analyze influence study --arm dose-50
    """
    from curate.influence import Ask
    from curate.influence import influence as found_by
    from curate.progress import Progress

    ask = Ask(arm=arm, base=base, seed=seed, suites=tuple(suite or ()), queries=queries,
              share=share, seeds=seeds, subsets=subsets)  # fmt: skip
    found = found_by(study, ask, Progress())
    if as_json:
        import orjson

        print_data(orjson.loads((found.folder / "removal.json").read_bytes()))
    else:
        show(found)
    if found.removal.validated:
        tell(f"wrote `{found.folder / 'influence.parquet'}`")


def show(found: "Influence") -> None:
    """Print what retraining made of the scores; the grades at both ends if it confirmed them."""
    removal = found.removal
    print_data(
        f"{len(found.ids):,} traces of `{found.arm}` on `{found.base}`, seed {found.seed}, for "
        f"{found.queries:,} right responses to {', '.join(found.suites)}"
    )
    count = f"the {removal.removed:,} traces"
    print_data(
        f"without {count} that helped most, beside as many at random: {nats(removal.top)}\n"
        f"without {count} that harmed most: {nats(removal.bottom)}\n"
        f"rank correlation over random halves: {removal.lds:+.2f} "
        f"({removal.lds_low:+.2f} to {removal.lds_high:+.2f})\n{removal.words}"
    )
    if removal.validated and len(found.ends) > 1:
        for grade, (whole, top, bottom) in found.ends.items():
            print_data(
                f"`{grade}`: {100 * whole:.0f} % of all, {100 * top:.0f} % of the most helpful, "
                f"{100 * bottom:.0f} % of the most harmful"
            )


def nats(one: "Estimate") -> str:
    """A difference of log-likelihoods with its interval."""
    return f"{one.value:+.3f} ({one.low:+.3f} to {one.high:+.3f}) nats per token"
