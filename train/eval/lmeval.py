"""Tasks of lm-evaluation-harness as suites: its per-sample records as rows of ours.

[suites.arc]
lmeval = "arc_challenge"          # a task that the harness knows, or one of the folder `path`
path = "tasks"                    # a folder of task files of your own, for which nothing is fetched
metric = "acc_norm"               # `metric` or `metric,filter`; the first of `METRICS` by default

The harness renders, generates and scores: modes, templates and verifiers of the suite are not
used, while `limit`, `max_tokens`, `temperature`, `chat` and `system` are handed on. What it does
not tell (stop reasons, truncation) is null.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from curate.errors import InputError, MissingExtra
from curate.train.eval.backend import Backend
from curate.train.eval.local import LocalModel
from curate.train.eval.suite import Suite

METRICS = ("exact_match", "acc", "prompt_level_strict_acc", "pass@1", "mc1", "mc2", "f1")
NO_ANSWER = "[invalid]"
"""What the harness's filters put where they find no answer."""


def lmeval_rows(suite: Suite, model: Backend, batch_size: int) -> list[dict[str, Any]]:
    """The rows of a task, one for each document.

    Raises:
        MissingExtra: lm-eval is not installed.
        InputError: the task is unknown, or the model is not of transformers.
    """
    if not isinstance(model, LocalModel):
        raise InputError(
            f"`[suites.{suite.name}]` runs in lm-evaluation-harness",
            why="that takes the model of transformers, and another backend is set",
            fix='say `backend = "transformers"`, or leave the suite out',
        )
    assert suite.lmeval is not None
    found = samples_of(suite, model, batch_size)
    return [row for task in sorted(found) for row in task_rows(suite, task, found[task], model)]


def samples_of(suite: Suite, model: LocalModel, batch_size: int) -> Mapping[str, Any]:
    """The harness's records, by task."""
    try:
        from lm_eval import simple_evaluate
        from lm_eval.models.huggingface import HFLM
        from lm_eval.tasks import TaskManager
    except ImportError as error:
        raise MissingExtra("lm_eval", extra="lmeval", needed_for="`lmeval`") from error
    own = suite.path is not None
    manager = TaskManager(include_path=suite.path, include_defaults=not own)
    if suite.lmeval not in manager.all_tasks:
        raise InputError(
            f"`{suite.lmeval}` is no task of lm-evaluation-harness",
            why=f"it is not among its {len(manager.all_tasks)} tasks"
            + (f" in `{suite.path}`" if own else ""),
            fix="name one of its tasks, or the folder of its file as `path`",
        )
    wrapped = HFLM(
        pretrained=model.model,
        tokenizer=model.tokenizer,
        batch_size=batch_size,
        device=str(model.model.device),
        think_end_token=suite.thinking[1],
    )
    sampled = {"do_sample": True, "temperature": suite.temperature, "top_p": suite.top_p}
    found = simple_evaluate(
        model=wrapped,
        tasks=[suite.lmeval],
        task_manager=manager,
        limit=suite.limit,
        bootstrap_iters=0,
        apply_chat_template=suite.chat,
        system_instruction=suite.system,
        torch_random_seed=suite.seed,
        gen_kwargs={
            "max_gen_toks": suite.max_tokens,
            **(sampled if suite.temperature else {"do_sample": False}),
        },
    )
    samples: Mapping[str, Any] = found["samples"]
    return samples


def task_rows(
    suite: Suite, task: str, records: Sequence[Mapping[str, Any]], model: LocalModel
) -> Iterator[dict[str, Any]]:
    """The rows of one task, by the one filter that the suite names, or the first."""
    metric, _, wanted = (suite.metric or "").partition(",")
    filters = list(dict.fromkeys(record["filter"] for record in records))
    if wanted and wanted not in filters:
        raise InputError(
            f"`metric = {suite.metric}` names no filter of `{task}`",
            why=f"its filters are {', '.join(filters)}",
            fix="name one of them behind the comma",
        )
    for record in sorted(records, key=lambda record: int(record["doc_id"])):
        if record["filter"] == (wanted or filters[0]):
            yield row_of(task, record, metric_of(task, record, metric), model)


def metric_of(task: str, record: Mapping[str, Any], wanted: str) -> str:
    """The metric that is the score.

    Raises:
        InputError: the task has no such metric.
    """
    names = list(record["metrics"])
    usual = [*(name for name in METRICS if name in names), *names]
    if wanted in names or not wanted:
        return wanted or usual[0]
    raise InputError(
        f"`{task}` has no metric `{wanted}`",
        why=f"it has {', '.join(names)}",
        fix="name one of these as `metric`",
    )


def row_of(task: str, record: Mapping[str, Any], metric: str, model: LocalModel) -> dict[str, Any]:
    """The row of one document."""
    value = record[metric]
    score = float(value) if isinstance(value, int | float) or hasattr(value, "item") else None
    if score is not None and not 0 <= score <= 1:
        score = None
    written = record["resps"][0][0]
    response = written if isinstance(written, str) else None
    answered = record["filtered_resps"][0] != NO_ANSWER if response is not None else True
    name = f"{task}/{record['doc_id']}"
    counts = {True: "correct", False: "incorrect"}
    return {
        "item": name,
        "cluster": name,
        "place": int(record["doc_id"]),
        "mode": "free",
        "sample": 0,
        "score": score,
        "verdict": "unverifiable" if score is None
        else counts[score == 1] if answered else "unparsed",
        "answered": answered,
        "stop_reason": "likelihood" if response is None else None,
        "n_tokens": 0 if response is None else len(model.tokens(response)),
        **({} if response is None else {"response": response}),
    }  # fmt: skip
