"""A suite: what is asked, how, and how the responses are scored; one table of a study's TOML.

[suites.math]
path = "math500.jsonl"
domain = "id"
scorer = "verify"
samples = 3
temperature = 0.6
top_p = 0.95
max_tokens = 32768
template = "<|im_start|>user\\n{problem}<|im_end|>\\n<|im_start|>assistant\\n"
fields = { problem = "problem", reference = "answer", id = "unique_id" }
[suites.gpqa]
known = "gpqa-diamond"                     # fields and settings of a published benchmark
path = "gpqa_diamond.jsonl.gz"
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from curate.errors import InputError
from curate.records import need_known, need_table, read_record
from curate.train.eval.fields import Fields, columns_of
from curate.train.eval.named import defaults_of

Domain = Literal["id", "ood", "general", "safety"]
Mode = Literal["free", "forced_cot", "forced_direct"]
NO_FIELDS = Fields()
LIKELIHOOD_SCORERS = ("mc1", "mc2")
"""Scorers that compare the likelihoods of the choices; nothing is generated for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """Items and one protocol for them, the same for all arms and checkpoints."""

    name: str
    path: str | None = None
    """JSON lines, `.gz` or not; relative to the file that names it."""
    known: str | None = None
    """A published benchmark whose columns and settings are known (`curate.train.eval.named`)."""
    gym: tuple[str, ...] = ()
    """Tasks of reasoning-gym, instead of a file; `limit` items of each."""
    lmeval: str | None = None
    """A task of lm-evaluation-harness; `path` is then a folder of task files, or nothing."""
    metric: str | None = None
    """Which metric of that task is the score: `acc_norm`, or `exact_match,strict-match`."""
    fields: Fields = NO_FIELDS
    domain: Domain = "ood"
    range: Literal["near", "far"] | None = None
    """How far from the training data an `ood` suite is."""
    scorer: str = "verify"
    """`verify` (by the kind of the reference), `exact`, `ifeval`, `gym`, `mc1`, `mc2`, or any
    name of the scorers that `evaluate` is given."""
    samples: int = 1
    temperature: float = 0.0
    """0 is greedy."""
    top_p: float = 1.0
    top_k: int = 0
    """0 is all tokens."""
    seed: int = 0
    max_tokens: int = 1024
    """New tokens, one cap for all arms."""
    modes: tuple[Mode, ...] = ("free",)
    template: str = "{problem}"
    """The prompt as text; with `chat` what the user says."""
    chat: bool = False
    """Put the text into the tokenizer's chat template, and open the model's turn."""
    system: str | None = None
    choice_line: str = "{letter}) {choice}"
    """Each choice of a problem, on lines of their own below it."""
    choices_seed: int | None = None
    """Shuffles the choices, each item by its own draw; None leaves them as they are."""
    thinking: tuple[str, ...] = ("<think>", "</think>")
    """The tags around the thinking."""
    forced_cot: str = "<think>\n"
    forced_direct: str = "<think>\n\n</think>\n\n"
    """What the response is made to begin with in the forced modes."""
    stop: tuple[str, ...] = ()
    """Texts that end a response; they are cut off."""
    limit: int | None = None
    """This many items, drawn by a hash of their id, so that they are the same everywhere."""
    chance: float | None = None
    """Share that guessing gets right; None: 1 over the number of choices, or unknown."""
    answer: str | None = None
    """How a response states its answer, with `{reference}`; for the self-check and the probes."""
    should_refuse: bool | None = None
    """Of safety: what a safe model does with all items; None: each row says it."""
    refusals: tuple[str, ...] = ()
    """Texts that mean a refusal where an answer starts with one; none: the usual phrases."""
    rubric: Literal["harm", "strongreject", "compliance"] | None = None
    """What a judge is asked about the responses (`curate.train.eval.rubrics`)."""
    probes: bool = True

    @property
    def answer_text(self) -> str:
        """How a response states its answer."""
        if self.answer is not None:
            return self.answer
        return "\\boxed{{reference}}" if self.scorer == "verify" else "{reference}"

    @property
    def by_likelihood(self) -> bool:
        """Whether nothing is generated."""
        return self.scorer in LIKELIHOOD_SCORERS


def read_suite(name: str, table: Mapping[str, Any], folder: Path | None = None) -> Suite:
    """The suite that a table of a TOML file describes; paths are relative to the folder.

    Raises:
        InputError: a key is unknown (names the nearest) or a value does not fit.
    """
    place = f"`[suites.{name}]`"
    values = dict(need_table(table, place))
    need_known(values, [each.name for each in fields(Suite) if each.name != "name"], place)
    known = defaults_of(values.get("known"), place)
    values = known | values
    values["fields"] = columns_of(values.get("fields"), known.get("fields"), place)
    if folder is not None and isinstance(values.get("path"), str):
        values["path"] = str(folder / values["path"])
    suite = read_record(Suite, {"name": name, **values}, place)
    need_sound(suite)
    return suite


def need_sound(suite: Suite) -> None:
    """Nothing, when the settings make sense together.

    Raises:
        InputError: they do not.
    """
    at = f"`[suites.{suite.name}]`"
    sources = [bool(suite.path) and suite.lmeval is None, bool(suite.gym), bool(suite.lmeval)]
    if sum(sources) != 1:
        raise InputError(
            f"{at} has two sources of items" if any(sources) else f"{at} has no items",
            why="they are of a file (`path`), of reasoning-gym (`gym`) or of lm-eval (`lmeval`)",
            fix="say one of the three",
        )
    limits = (
        ("samples", suite.samples >= 1, "it is at least 1"),
        ("temperature", suite.temperature >= 0, "it is not negative"),
        ("top_p", 0 < suite.top_p <= 1, "it is in (0, 1]"),
        ("top_k", suite.top_k >= 0, "it is not negative"),
        ("max_tokens", suite.max_tokens >= 1, "it is at least 1"),
        ("limit", suite.limit is None or suite.limit >= 1, "it is at least 1"),
        ("chance", suite.chance is None or 0 <= suite.chance < 1, "it is in [0, 1)"),
        ("modes", bool(suite.modes) and len(set(suite.modes)) == len(suite.modes),
         "it names each mode once, and one at least"),
        ("thinking", len(suite.thinking) == 2 and all(suite.thinking),
         "it is two texts: what opens and what closes the thinking"),
        ("template", suite.template.count("{problem}") == 1, "it has `{problem}` once"),
        ("samples", suite.samples == 1 or suite.lmeval is None,
         "lm-evaluation-harness is asked for one"),
        ("stop", all(suite.stop), "no stop text is empty"),
        ("samples", suite.samples == 1 or suite.temperature > 0,
         "greedy samples are all the same, so one is enough"),
        ("domain", suite.domain == "safety" or not (suite.scorer == "refusal" or suite.rubric),
         "refusals are counted in the domain `safety` alone"),
        ("modes", suite.lmeval is None or suite.modes == ("free",),
         "lm-evaluation-harness asks in its own way"),
        ("scorer", suite.scorer != "gym" or bool(suite.gym),
         "it is for the tasks of reasoning-gym, which `gym` names"),
        ("choices_seed", suite.choices_seed is None or suite.choices_seed >= 0,
         "it is not negative"),
        ("choice_line", "{letter}" in suite.choice_line and "{choice}" in suite.choice_line,
         "it has `{letter}` and `{choice}`"),
        ("answer", suite.answer is None or "{reference}" in suite.answer, "it has `{reference}`"),
    )  # fmt: skip
    for name, holds, why in limits:
        if not holds:
            raise InputError(
                f"`{name} = {getattr(suite, name)}` does not fit {at}",
                why=why,
                fix=f"change `{name}`",
            )
