"""Which column of a table is what: the contract's columns, and what others call them.

One row of the contract, shortened:

    arm=correct base=tiny-2 seed=1 step=40 suite=addition domain=id item=a17 cluster=a sample=0
    mode=free score=1.0 answered=true truncated=false n_tokens=61
"""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

import polars as pl

from curate.errors import InputError

COLUMNS: Mapping[str, pl.DataType] = {
    "arm": pl.String(),
    "base": pl.String(),
    "capability": pl.Float64(),
    "mix_seed": pl.Int64(),
    "order_seed": pl.Int64(),
    "init_seed": pl.Int64(),
    "seed": pl.Int64(),
    "step": pl.Int64(),
    "tokens": pl.Int64(),
    "examples": pl.Int64(),
    "suite": pl.String(),
    "domain": pl.String(),
    "range": pl.String(),
    "item": pl.String(),
    "cluster": pl.String(),
    "sample": pl.Int32(),
    "mode": pl.String(),
    "score": pl.Float64(),
    "answered": pl.Boolean(),
    "truncated": pl.Boolean(),
    "format_ok": pl.Boolean(),
    "used_thinking": pl.Boolean(),
    "n_tokens": pl.Int32(),
    "chance": pl.Float64(),
    "refused": pl.Boolean(),
    "should_refuse": pl.Boolean(),
    "attack": pl.Boolean(),
}
"""What the analysis reads of a results table; every other column is left unread."""

ALIASES: Mapping[str, Sequence[str]] = {
    "score": (
        "acc",
        "accuracy",
        "exact_match",
        "correct",
        "is_correct",
        "primary_score",
        "primary_metric",
        "acc_norm",
        "pass_at_1",
        "value",
        "metric_value",
    ),
    "step": ("checkpoint", "ckpt", "global_step", "training_step", "train_step", "revision"),
    "suite": ("benchmark", "task", "task_name", "eval", "eval_name", "test"),
    "item": ("doc_id", "item_id", "question_id", "problem_id", "example_id", "native_id", "id"),
    "arm": ("data", "mixture", "mix", "recipe", "dataset", "train_data", "training_data"),
    "base": ("base_model", "params", "model_size", "size", "model", "model_name"),
    "seed": ("run", "replicate", "training_seed", "train_seed"),
    "cluster": ("group", "passage_id", "template", "doc_group"),
    "sample": ("sample_id", "generation", "epoch", "repeat", "attempt", "sample_index"),
    "domain": ("category", "split_type"),
    "n_tokens": ("tokens_generated", "response_tokens", "output_tokens", "response_length"),
    "truncated": ("cut_off", "hit_limit"),
    "answered": ("parsed", "has_answer"),
}
"""Names that are taken for ours, the likeliest first."""


def columns_of(
    present: Sequence[str], mapped: Mapping[str, str], *, where: str
) -> Mapping[str, str]:
    """For each of our columns that the table has, what the table calls it.

    Raises:
        InputError: a mapped name is unknown on either side, or no column can be the score.
    """
    check_mapped(present, mapped, where)
    found = dict(mapped)
    taken = set(mapped.values())
    for name in COLUMNS:
        if name not in found and name in present and name not in taken:
            found[name] = name
            taken.add(name)
    for name, others in ALIASES.items():
        if name not in found:
            theirs = next((o for o in others if o in present and o not in taken), None)
            if theirs is not None:
                found[name] = theirs
                taken.add(theirs)
    if "score" not in found:
        raise InputError(
            f"`{where}` has no column of scores",
            why=f"its columns are {listed(present)}",
            fix="name it with `--map score=COLUMN`",
        )
    return found


def check_mapped(present: Iterable[str], mapped: Mapping[str, str], where: str) -> None:
    """Refuse a mapping from or to a name that is not there."""
    for ours, theirs in mapped.items():
        if ours not in COLUMNS:
            raise InputError(
                f"`{ours}` is no column of a results table",
                why=f"`--map {ours}={theirs}` gives it a value; {nearest(ours, COLUMNS)}",
                fix="write `--map OURS=THEIRS` with one of " + listed(COLUMNS),
            )
        if theirs not in present:
            raise InputError(
                f"`{where}` has no column `{theirs}`",
                why=f"`--map {ours}={theirs}` asks for it; its columns are {listed(present)}",
                fix="name a column that is there",
            )


def nearest(name: str, known: Iterable[str]) -> str:
    """`the nearest is x`, or that none is near."""
    found = get_close_matches(name, list(known), n=1)
    return f"the nearest is `{found[0]}`" if found else "none has a name like it"


def listed(names: Iterable[str], limit: int = 30) -> str:
    """Names behind each other, cut where they are many."""
    every = [str(name) for name in names]
    more = f" and {len(every) - limit} more" if len(every) > limit else ""
    return ", ".join(every[:limit]) + more


DOMAINS = ("id", "ood", "general", "safety")
UNSORTED = "unsorted"
"""The domain of a benchmark of which nobody said where it belongs."""
DOMAIN_ALIASES = {
    "in_domain": "id",
    "in-domain": "id",
    "indomain": "id",
    "out_of_domain": "ood",
    "out-of-domain": "ood",
    "capability": "general",
    "harm": "safety",
}
DOMAIN_WORDS = {
    "id": "in domain",
    "ood": "out of domain",
    "general": "general",
    "safety": "safety",
    UNSORTED: "unsorted",
}


def domain_words(domain: str) -> str:
    """A domain as a reader says it."""
    return DOMAIN_WORDS.get(domain, domain)
