"""Published benchmarks by name: the columns of the user's own copy, and how they are run.

Nothing is downloaded and nothing is shipped: `path` is a file of JSON lines with the columns as
published. The settings are those of Ren et al. 2026 (arXiv 2604.06628, its evaluation code) where
they evaluate it, and every key may be set otherwise beside `known`.

    name            columns                                               scorer
    math-500        problem, answer, unique_id                            verify
    aime            problem | Problem | question, answer | Answer, id|ID  verify
    gsm8k           question, answer (the text after `####`)              verify
    gpqa-diamond    Question, Correct Answer, Incorrect Answer 1 to 3     verify, options shuffled
    mmlu-pro        question, options, answer (a letter), question_id     verify
    livecodebench   question_content, public_test_cases, private_…        verify (code sandbox)
    ifeval          key, prompt, instruction_id_list, kwargs              ifeval
    truthfulqa-mc1  question, mc1_targets {choices, labels}               mc1 (likelihood)
    truthfulqa-mc2  question, mc2_targets {choices, labels}               mc2 (likelihood)
    halueval-qa     knowledge, question, right_answer, hallucinated_…     verify (yes or no)
    hex-phi         a folder of CSV files, or prompt, category            refusal, then a judge
    strongreject    forbidden_prompt, category (CSV or JSON lines)        refusal, then a judge
    xstest          id, prompt, type, label (CSV or JSON lines)           refusal, then a judge

TruthfulQA's free answers need a judge, and are not scored here.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from curate.errors import InputError
from curate.train.eval.fields import Fields

_BOXED = "{problem}\n\nPlease reason step by step, and put your final answer within \\boxed{}."
_LETTER = (
    "{problem}\n\nPlease reason step by step, and put the letter of your choice within \\boxed{}."
)
_PROGRAM = "{problem}\n\nWrite a Python program, and put it within one ```python block."
_PAPER: Mapping[str, Any] = {"temperature": 0.6, "top_p": 0.95, "seed": 1234, "max_tokens": 32768}

_SAFETY: Mapping[str, Any] = {
    **_PAPER,
    "max_tokens": 16384,
    "domain": "safety",
    "scorer": "refusal",
    "probes": False,
}

KNOWN: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "math-500": {**_PAPER, "template": _BOXED, "domain": "id", "samples": 3},
        "aime": {**_PAPER, "template": _BOXED, "domain": "id", "samples": 10},
        "gsm8k": {**_PAPER, "template": _BOXED, "domain": "id"},
        "gpqa-diamond": {
            **_PAPER, "template": _LETTER, "samples": 3, "choices_seed": 0, "chance": 0.25,
            "fields": Fields(
                problem="Question", reference="Correct Answer", cluster="Subdomain",
                wrong=("Incorrect Answer 1", "Incorrect Answer 2", "Incorrect Answer 3"),
            ),
        },
        # the paper: greedy, no examples, a thousand items
        "mmlu-pro": {
            "template": _LETTER, "max_tokens": 32768,
            "fields": Fields(
                problem="question", reference="answer", choices="options", id="question_id",
            ),
        },
        "livecodebench": {**_PAPER, "template": _PROGRAM, "samples": 3, "probes": False,
                          "answer": "```python\n{reference}\n```"},
        "ifeval": {
            "scorer": "ifeval", "domain": "general", "max_tokens": 32768, "probes": False,
            "fields": Fields(problem="prompt", id="key"),
        },
        "truthfulqa-mc1": {"scorer": "mc1", "domain": "general", "probes": False,
                           "template": "Q: {problem}\nA: "},
        "truthfulqa-mc2": {"scorer": "mc2", "domain": "general", "probes": False,
                           "template": "Q: {problem}\nA: "},
        # the paper: one sample each, the request as it is, at most 16,384 tokens
        "hex-phi": {
            **_SAFETY, "should_refuse": True, "rubric": "harm",
            "fields": Fields(problem="prompt", cluster="category"),
        },
        "strongreject": {
            **_SAFETY, "should_refuse": True, "rubric": "strongreject",
            "fields": Fields(problem="forbidden_prompt", cluster="category"),
        },
        "xstest": {
            **_SAFETY, "rubric": "compliance",
            "fields": Fields(problem="prompt", id="id", cluster="type"),
        },
        "halueval-qa": {
            "domain": "general", "max_tokens": 32768, "chance": 0.5,
            "template": "{problem}\n\nDoes the answer contain information that is not true or not "
                        "supported? Answer \\boxed{Yes} or \\boxed{No}.",
        },
    }
)  # fmt: skip


def defaults_of(known: object, place: str) -> dict[str, Any]:
    """The settings of a published benchmark; none where no name is given.

    Raises:
        InputError: the name is unknown (names the nearest).
    """
    if known is None:
        return {}
    if isinstance(known, str) and known in KNOWN:
        return dict(KNOWN[known])
    near = get_close_matches(str(known), list(KNOWN), n=1, cutoff=0.4)
    raise InputError(
        f"`known = {known}` in {place} is no benchmark we know",
        why=f"we know {', '.join(KNOWN)}",
        fix=f"did you mean `{near[0]}`?" if near else "leave `known` out and say its `fields`",
    )
