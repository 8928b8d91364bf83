"""From a record to its traces: problem, responses, reference, and the columns kept beside them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from curate.formats.columns import (
    OPTIONS,
    PROBLEM,
    REFERENCE,
    STOP_REASON,
    at_path,
    column,
    first,
    lowered,
)
from curate.formats.model import ReadOptions
from curate.formats.shapes import (
    RECOGNIZED,
    SHAPES,
    Response,
    Responses,
    is_turns,
    responses_of,
    said,
    speaker,
)
from curate.trace import ReferenceForm, Trace

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """One trace of a record and its other columns, or the reason why it is none."""

    trace: Trace | None
    others: Mapping[str, Any]
    reason: str = ""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Our column → the dump's, for each that is stored under our name alone."""


def traces_of(row: Row, options: ReadOptions) -> Iterator[Found]:
    """The traces of one record; a response that cannot be used gives its reason instead."""
    responses = _responses(row, options)
    if responses is None:
        yield Found(None, {}, _missing("response", row))
        return
    if not responses.items:
        yield Found(None, {}, "the list of responses is empty")
        return
    problem, problem_column = _problem(row, options, responses)
    if not isinstance(problem, str) or not problem.strip():
        yield Found(None, {}, _missing("problem", row))
        return
    reference, form, reference_column = _reference(row, options, responses)
    choices, options_column = _options(row)
    names = lowered(row)
    stop_column = first(names, (n for n in STOP_REASON if names.get(n) not in responses.used))
    used = {problem_column, reference_column, options_column, *responses.used}
    if stop_column is not None and isinstance(row[stop_column], str | None):
        used.add(stop_column)
    others = {name: value for name, value in row.items() if name not in used}
    others.update(responses.replaced)
    columns = (problem_column, responses.renamed, reference_column, options_column)
    renamed = {
        ours: name
        for ours, name in zip(("problem", "response", "reference", "options"), columns, strict=True)
        if name is not None
    }
    if stop_column in used and stop_column is not None:
        renamed["stop_reason"] = stop_column
    for place, response in enumerate(responses.items):
        if not isinstance(response.text, str) or not response.text:
            yield Found(None, {}, _unusable(response, place, len(responses.items)))
            continue
        beside, stop = _beside(response)
        trace = Trace(
            problem=problem,
            response=response.text,
            reference=reference,
            reference_form=form,
            options=choices,
            stop_reason=stop or (_stop(row[stop_column]) if stop_column else None),
            rollout=place,
        )
        yield Found(trace, {**others, **beside} if beside else others, renamed=renamed)


def _missing(what: str, row: Row) -> str:
    names = ", ".join(str(name) for name in list(row)[:12])
    hint = "; join the prompts to the outputs" if "custom_id" in row else ""
    return f"no {what}: the columns are {names or 'none'}{hint}"


def _unusable(response: Response, place: int, count: int) -> str:
    what = "is missing" if response.text is None else "is empty"
    if response.text is not None and not isinstance(response.text, str):
        what = f"is a {type(response.text).__name__}, not a text"
    return f"the response {what}" if count == 1 else f"response {place} {what}"


def _beside(response: Response) -> tuple[dict[str, Any], str | None]:
    """The values beside one response of a list, its stop reason taken out."""
    beside = dict(response.beside)
    stop = _stop(response.stop_reason)
    for name in list(beside):
        if stop is None and name.lower() in STOP_REASON:
            stop = _stop(beside.pop(name))
    return beside, stop


def _stop(value: Any) -> str | None:
    if isinstance(value, dict):
        value = value.get("type")
    return value if isinstance(value, str) and value else None


# -- responses ------------------------------------------------------------------------------------


def _responses(row: Row, options: ReadOptions) -> Responses | None:
    if options.response is not None:
        return _forced(row, options.response)
    return responses_of(row, SHAPES.get(options.format or "", RECOGNIZED))


def _forced(row: Row, path: str) -> Responses | None:
    """The response in a column that the user named: a text, or a list of texts."""
    value, name = at_path(row, column(row, path) or path)
    if name is None:
        return None
    if isinstance(value, list) and not is_turns(value):
        items = tuple(Response(text) for text in value)
        return Responses("list", items, frozenset({name}))
    if is_turns(value):
        value = next((said(turn) for turn in reversed(value) if speaker(turn) == "assistant"), None)
    whole = name.lower() == path.lower() and row[name] is value
    used = frozenset({name} if whole else ())
    return Responses("flat", (Response(value),), used, renamed=name if whole else None)


# -- problem --------------------------------------------------------------------------------------

_TURNS = ("prompt", "message", "messages", "conversations", "conversation", "prompt_messages")


def _problem(row: Row, options: ReadOptions, responses: Responses) -> tuple[Any, str | None]:
    """The problem, and the column that is the problem byte for byte."""
    if options.problem is not None:
        value, name = at_path(row, column(row, options.problem) or options.problem)
        value = _last_user(value) if is_turns(value) else value
        return value, name if name is not None and row.get(name) is value else None
    names = lowered(row)
    for lower in PROBLEM:
        name = names.get(lower)
        if (
            name is None
            or name in responses.used
            or not isinstance(row[name], str)
            or not row[name]
        ):
            continue
        if lower == "instruction" and isinstance(row.get(names.get("input", "")), str):
            extra = row[names["input"]]
            return (f"{row[name]}\n\n{extra}", None) if extra else (row[name], name)
        return row[name], name
    for lower in _TURNS:
        name = names.get(lower)
        if name is not None and is_turns(row[name]):
            return _last_user(row[name]), None
    return _nested_problem(row, names), None


def _last_user(turns: Sequence[Mapping[str, Any]]) -> Any:
    return next((said(turn) for turn in reversed(turns) if speaker(turn) == "user"), None)


def _nested_problem(row: Row, names: Mapping[str, str]) -> Any:
    """The problem of an lm-eval sample's `doc`, of a request body, or of `metadata`."""
    for lower in ("doc", "body", "request", "metadata", "extra_info"):
        inner = row.get(names.get(lower, ""))
        if not isinstance(inner, dict):
            continue
        below = lowered(inner)
        name = first(below, (n for n in PROBLEM if isinstance(inner.get(below.get(n, "")), str)))
        if name is not None:
            return inner[name]
        turns = next((inner[t] for t in _TURNS if is_turns(inner.get(t))), None)
        if turns is not None:
            return _last_user(turns)
    return None


# -- reference ------------------------------------------------------------------------------------


def _reference(
    row: Row, options: ReadOptions, responses: Responses
) -> tuple[str | None, ReferenceForm, str | None]:
    """The reference as text, its form, and the column that it takes the place of."""
    if options.reference is not None:
        value, name = at_path(row, column(row, options.reference) or options.reference)
        whole = name is not None and name.lower() == options.reference.lower()
        return *as_reference(value), name if whole else None
    countdown = _countdown(row)
    if countdown is not None:
        return countdown, ReferenceForm.COUNTDOWN, None
    names = lowered(row)
    for lower in REFERENCE:
        name = names.get(lower)
        if name is None or name in responses.used or _is_none(row[name]):
            continue
        if lower in ("label", "target") and isinstance(row[name], bool):
            continue
        text, form = as_reference(row[name])
        exact = isinstance(row[name], str)
        return text, form, name if exact else None
    text, form = _nested_reference(row, names)
    empty = first(names, (n for n in REFERENCE if n in names and row[names[n]] is None))
    return text, form, empty if text is None and empty not in responses.used else None


def _is_none(value: Any) -> bool:
    return value is None or (isinstance(value, str | list | dict) and not value)


def _nested_reference(row: Row, names: Mapping[str, str]) -> tuple[str | None, ReferenceForm]:
    """Verl's `reward_model.ground_truth`, or the reference in an lm-eval `doc` or `metadata`."""
    for lower in ("reward_model", "doc", "metadata", "extra_info"):
        inner = row.get(names.get(lower, ""))
        if isinstance(inner, dict):
            below = lowered(inner)
            name = first(below, (n for n in REFERENCE if not _is_none(inner.get(below.get(n, "")))))
            if name is not None:
                return as_reference(inner[name])
    return None, ReferenceForm.TEXT


def _countdown(row: Row) -> str | None:
    """Numbers and target at the top of the record, as Countdown dumps have them."""
    names = lowered(row)
    numbers = row.get(names.get("numbers") or names.get("nums") or "")
    target = row.get(names.get("target", ""))
    return _countdown_text(numbers, target)


def _countdown_text(numbers: Any, target: Any) -> str | None:
    if not isinstance(numbers, list) or not numbers:
        return None
    try:
        whole = [int(number) for number in numbers]
        return json.dumps({"numbers": whole, "target": int(target)})
    except (TypeError, ValueError):
        return None


def as_reference(value: Any) -> tuple[str | None, ReferenceForm]:
    """A value as the text of a reference, and how that text is read."""
    if isinstance(value, dict):
        numbers = value.get("numbers", value.get("nums"))
        countdown = _countdown_text(numbers, value.get("target"))
        if countdown is not None:
            return countdown, ReferenceForm.COUNTDOWN
        inner = next((value[k] for k in ("ground_truth", "answer", "value") if k in value), None)
        return as_reference(inner) if inner is not None else (_json(value), ReferenceForm.TEXT)
    if isinstance(value, list):
        if len(value) == 1:
            return as_reference(value[0])
        if value and all(isinstance(item, str | int | float) for item in value):
            return _json(
                [item if isinstance(item, str) else str(item) for item in value]
            ), ReferenceForm.LIST
        return _json(value) if value else None, ReferenceForm.TEXT
    return (None if value is None else str(value)), ReferenceForm.TEXT


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _options(row: Row) -> tuple[tuple[str, ...] | None, str | None]:
    """The choices of a multiple-choice problem, from a list, a mapping or parallel lists."""
    names = lowered(row)
    name = first(names, OPTIONS)
    value = row.get(name) if name else None
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return tuple(value), name
    if isinstance(value, dict) and isinstance(value.get("text"), list):
        return tuple(str(text) for text in value["text"]), None
    if isinstance(value, dict) and value and all(len(str(key)) == 1 for key in value):
        return tuple(str(value[key]) for key in sorted(value)), None
    return None, None
