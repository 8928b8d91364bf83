"""From a record to its traces: problem, responses, reference, and the columns kept beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from curate.formats.chat import asked, is_turns, response_in, speaker
from curate.formats.columns import (
    PROBLEM,
    RESPONSE,
    RESPONSES,
    STOP_REASON,
    TURNS,
    at_path,
    first,
    first_text,
    is_text,
    lowered,
)
from curate.formats.model import ReadOptions
from curate.formats.references import forced_reference, options_of, reference_of
from curate.formats.shapes import (
    RECOGNIZED,
    SHAPES,
    Response,
    Responses,
    api_responses,
    listed,
    responses_of,
)
from curate.trace import Trace

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """One trace of a record, or the reason why it is none."""

    trace: Trace | None
    reason: str = ""
    beside: Mapping[str, Any] = field(default_factory=dict)
    """Values of this trace alone."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a record gives: its traces, and what becomes of its columns."""

    found: Sequence[Found]
    used: frozenset[str] = frozenset()
    """Columns that are not stored again; the others are stored as they are."""
    replaced: Mapping[str, Any] = field(default_factory=dict)
    """Columns that are stored without the response that was in them."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Our column → the dump's, for each that is stored under our name alone."""


def read_record(row: Row, options: ReadOptions) -> Reading:
    """The traces of one record; a response that cannot be used gives its reason instead."""
    responses = _responses(row, options)
    if responses is None:
        return _refused(_no_response(row))
    if not responses.items:
        return _refused("the list of responses is empty")
    problem, problem_column = _problem(row, options, responses.used)
    if not isinstance(problem, str) or not problem.strip():
        return _refused(_no_problem(row))
    if options.reference is None:
        reference, form, reference_column = reference_of(row, responses.used)
    else:
        reference, form, reference_column = forced_reference(row, options.reference)
    choices, options_column = options_of(row)
    stop_column = _stop_column(row, responses.used)
    columns = {
        "problem": problem_column,
        "response": responses.renamed,
        "reference": reference_column,
        "options": options_column,
        "stop_reason": stop_column,
    }
    renamed = {ours: name for ours, name in columns.items() if name is not None}
    used = responses.used.union(renamed.values())
    common = Trace(
        problem=problem,
        response="",
        reference=reference,
        reference_form=form,
        options=choices,
        stop_reason=row[stop_column] if stop_column else None,
    )
    found = _found(responses.items, common)
    return Reading(found, used, responses.replaced, renamed)


def _found(responses: Sequence[Response], common: Trace) -> list[Found]:
    """A trace for each response that can be used; the reason for each that cannot."""
    found = []
    for place, response in enumerate(responses):
        if not is_text(response.text):
            found.append(Found(None, _unusable(response.text, place, len(responses))))
            continue
        beside, stop = _beside(response)
        stop = stop or common.stop_reason
        trace = replace(common, response=response.text, rollout=place, stop_reason=stop)
        found.append(Found(trace, beside=beside))
    return found


# -- reasons --------------------------------------------------------------------------------------


def _refused(reason: str) -> Reading:
    return Reading([Found(None, reason)])


def _columns(row: Row) -> str:
    names = ", ".join(str(name)[:40] for name in list(row)[:12])
    return f"the columns are {names or 'none'}"


def _no_response(row: Row) -> str:
    name = first(lowered(row), (*RESPONSES, *RESPONSE))
    if name is None:
        return f"no response: {_columns(row)}"
    value = row[name]
    if value is None or value in ("", []):
        return f"the response in `{name}` is empty"
    return f"the response in `{name}` is a {type(value).__name__} that holds no text"


def _no_problem(row: Row) -> str:
    hint = "; join the prompts to the outputs, or pass `--problem COLUMN`"
    return f"no problem: {_columns(row)}{hint if 'custom_id' in row else ''}"


def _unusable(text: Any, place: int, count: int) -> str:
    what = "is missing" if text is None else "is empty"
    if text is not None and not isinstance(text, str):
        what = f"is a {type(text).__name__}, not a text"
    return f"the response {what}" if count == 1 else f"response {place} {what}"


# -- why generation ended -------------------------------------------------------------------------

_STOPS = frozenset({"stop", "length", "eos", "end_turn", "max_tokens", "max_length", "limit"})
"""What `stop` must be to tell why generation ended: it may also be a text to stop at."""


def _stop_column(row: Row, used: frozenset[str]) -> str | None:
    names = lowered(row)
    for lower in STOP_REASON:
        name = names.get(lower)
        if name is None or name in used or not isinstance(row[name], str | None):
            continue
        if lower != "stop" or row[name] in _STOPS:
            return name
    return None


def _beside(response: Response) -> tuple[Mapping[str, Any], str | None]:
    """The values beside one response of a list, its stop reason taken out."""
    stop = response.stop_reason
    beside = response.beside
    for name in beside:
        if stop is None and name.lower() in STOP_REASON:
            stop = beside[name]
            if isinstance(stop, str | None):
                beside = {key: value for key, value in beside.items() if key != name}
                break
    if isinstance(stop, dict):  # as SGLang says it
        stop = stop.get("type")
    return beside, stop if is_text(stop) else None


# -- responses and problem ------------------------------------------------------------------------


def _responses(row: Row, options: ReadOptions) -> Responses | None:
    if options.response is not None:
        return _forced(row, options.response)
    return responses_of(row, SHAPES.get(options.format or "", RECOGNIZED))


def _forced(row: Row, path: str) -> Responses | None:
    """The responses in a column that the user named: a text, a list of them, or a conversation."""
    value, name = at_path(row, path)
    if name is None:
        return None
    whole = row[name] is value
    if is_turns(value):
        said = (response_in(turn)[0] for turn in reversed(value) if speaker(turn) == "assistant")
        return Responses([Response(next(said, None))], frozenset())
    if isinstance(value, list) and whole:
        objects = bool(value) and all(isinstance(item, dict) for item in value)
        return api_responses(row, name, value) if objects else listed(row, name, value)
    if isinstance(value, list):
        return Responses([Response(text) for text in value], frozenset())
    used = frozenset({name} if whole else ())
    return Responses([Response(value)], used, renamed=name if whole else None)


def _problem(row: Row, options: ReadOptions, used: frozenset[str]) -> tuple[Any, str | None]:
    """The problem, and the column that is the problem byte for byte."""
    if options.problem is not None:
        value, name = at_path(row, options.problem)
        whole = name is not None and row[name] is value
        return (asked(value), None) if is_turns(value) else (value, name if whole else None)
    names = lowered(row)
    for lower in PROBLEM:
        name = names.get(lower)
        if name is None or name in used or not is_text(row[name]):
            continue
        extra = row.get(names.get("input", ""))
        if lower == "instruction" and is_text(extra):
            return f"{row[name]}\n\n{extra}", None
        return row[name], name
    return _asked(row, names) or _nested_problem(row, names), None


def problem_of(row: Row, column: str | None) -> Any:
    """The problem of a record that need not hold a response."""
    return _problem(row, ReadOptions(problem=column), frozenset())[0]


def _asked(row: Row, names: Mapping[str, str]) -> str | None:
    """The user's last turn in the first conversation of a record."""
    columns = (names[lower] for lower in TURNS if lower in names)
    return next((asked(row[name]) for name in columns if is_turns(row[name])), None)


def _nested_problem(row: Row, names: Mapping[str, str]) -> Any:
    """The problem of an lm-eval sample, of a request body, or of `metadata`."""
    for lower in ("doc", "body", "request", "metadata", "extra_info"):
        inner = row.get(names.get(lower, ""))
        if isinstance(inner, dict):
            name = first_text(inner, PROBLEM)
            problem = inner[name] if name else _asked(inner, lowered(inner))
            if problem:
                return problem
    return _argument(row.get("arguments"))


def _argument(arguments: Any) -> Any:
    """The prompt among an lm-eval sample's arguments: [[p, {}]] or {"gen_args_0": {"arg_0": p}}."""
    for step in ((0, "gen_args_0"), (0, "arg_0")):
        if isinstance(arguments, list) and arguments:
            arguments = arguments[0]
        elif isinstance(arguments, dict):
            arguments = arguments.get(step[1])
    return arguments
