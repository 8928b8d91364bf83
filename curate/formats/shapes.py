"""From a record to the responses it holds: one function for each shape of dump.

flat          {"problem": …, "response": …, "answer": …}
list          {"problem": …, "generations": [r1, r2], "correctness": [true, false]}
messages      {"messages": [{"role": "user", …}, {"role": "assistant", "reasoning_content": …}]}
sharegpt      {"conversations": [{"from": "user", "value": …}, {"from": "assistant", …}]}
s1            {"question": …, "thinking_trajectories": [t], "attempt": a, "solution": …}
verl          {"prompt": [{"role": "user", …}], "reward_model": {"ground_truth": …}, "output": …}
openai-batch  {"custom_id": …, "response": {"body": {"choices": [{"message": …}]}}}
vllm          {"prompt": …, "outputs": [{"text": …, "finish_reason": …}]}
lm-eval       {"doc": {…}, "target": …, "resps": [[r]], "arguments": …}

A worked solution stands for the response where nothing else does: `solution`, or an `answer` of
more than a line as in GSM8K (`{"question": …, "answer": "… #### 5"}`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from curate.formats.chat import is_turns, joined, response_in, speaker
from curate.formats.columns import (
    CONVERSATION,
    OPTIONS,
    PER_RESPONSE,
    PROBLEM,
    REASONING,
    REFERENCE,
    RESPONSE,
    RESPONSES,
    TURNS,
    WORKED,
    first,
    first_text,
    is_text,
    lowered,
)

Row = Mapping[str, Any]
Names = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Response:
    """One response of a record, with what belongs to it alone."""

    text: Any
    stop_reason: Any = None
    beside: Mapping[str, Any] = field(default_factory=dict)
    """Values of the lists that run beside the list of responses."""


@dataclass(frozen=True, slots=True)
class Responses:
    """The responses of a record, and what became of the columns they came from."""

    items: Sequence[Response]
    used: frozenset[str]
    """Columns that became responses, and are not stored again."""
    replaced: Mapping[str, Any] = field(default_factory=dict)
    """Columns that are stored without the response that was in them."""
    renamed: str | None = None
    """The column that is the response byte for byte."""


def conversation(row: Row, names: Names) -> Responses | None:
    """The last turn of `messages` or `conversations`, where it is the assistant's."""
    for lower in CONVERSATION:
        name = names.get(lower)
        if name is None or not is_turns(row[name]) or speaker(row[name][-1]) != "assistant":
            continue
        text, rest = response_in(row[name][-1])
        item = Response(text, rest.get("finish_reason"))
        return Responses([item], frozenset({name}), {name: [*row[name][:-1], rest]})
    return None


def openai_batch(row: Row, names: Names) -> Responses | None:
    """The choices in the body of an OpenAI batch output, or of one stored chat completion."""
    name = names.get("response") or names.get("completion")
    response = row[name] if name else None
    if name is None or not isinstance(response, dict):
        return None
    nested = isinstance(response.get("body"), dict)
    body = response["body"] if nested else response
    choices = body.get("choices")
    if not isinstance(choices, list) or not all(isinstance(choice, dict) for choice in choices):
        return None
    taken = [_object(choice) for choice in choices]
    kept = {**body, "choices": [rest for _, rest in taken]}
    items = [
        Response(text, choice.get("finish_reason"))
        for (text, _), choice in zip(taken, choices, strict=True)
    ]
    replaced = {name: {**response, "body": kept} if nested else kept}
    return Responses(items, frozenset({name}), replaced)


_TEXTS = ("text", "content", "generated_text", "response", "completion", "output")


def _object(item: Mapping[str, Any]) -> tuple[str | None, dict[str, Any]]:
    """The response in an object of an API's output, and the object without it."""
    if isinstance(item.get("message"), dict):
        text, rest = response_in(item["message"])
        return text, {**item, "message": rest}
    name = next((name for name in _TEXTS if name in item), None)
    thought = next((key for key in REASONING if is_text(item.get(key))), None)
    rest = {key: value for key, value in item.items() if key not in (name, thought)}
    return joined(item.get(thought or ""), item.get(name or "")), rest


def objects(row: Row, names: Names) -> Responses | None:
    """A list of objects with a text each, as vLLM's `outputs`."""
    for lower in (*RESPONSES, "choices"):
        name = names.get(lower)
        value = row[name] if name else None
        if name is None or not isinstance(value, list) or not value:
            continue
        if not is_turns(value) and all(_holds_response(item, lower) for item in value):
            return api_responses(row, name, value)
    return None


def api_responses(row: Row, name: str, value: list[dict[str, Any]]) -> Responses:
    """Objects of an API as responses, with what else each of them says beside it."""
    return Responses([_api_response(row, name, item) for item in value], frozenset({name}))


def _holds_response(item: Any, column: str) -> bool:
    """Whether it is an object with a response; the `choices` of a problem have texts as well."""
    if not isinstance(item, dict):
        return False
    return "message" in item or (column != "choices" and any(name in item for name in _TEXTS))


def _api_response(row: Row, name: str, item: Mapping[str, Any]) -> Response:
    text, rest = _object(item)
    stop = rest.get("finish_reason")
    if isinstance(stop, str | None):
        rest.pop("finish_reason", None)
    beside = {}
    for key, value in rest.items():
        column = f"output_{key}"
        beside[f"{name}_{column}" if column in row else column] = value
    return Response(text, stop, beside)


def lm_eval(row: Row, names: Names) -> Responses | None:
    """The responses of an lm-evaluation-harness sample."""
    if "resps" not in row or "doc" not in row:
        return None
    resps = row["resps"] if isinstance(row["resps"], list) else [row["resps"]]
    flat = [text for group in resps for text in (group if isinstance(group, list) else [group])]
    return Responses([Response(text) for text in flat], frozenset({"resps"}))


_TRAJECTORIES = (
    ("thinking_trajectories", "attempt"),
    ("deepseek_thinking_trajectory", "deepseek_attempt"),
    ("gemini_thinking_trajectory", "gemini_attempt"),
    ("thinking_trajectory", "attempt"),
)


def s1(row: Row, names: Names) -> Responses | None:
    """Thinking trajectories with the attempt that followed them."""
    for thinking, attempt in _TRAJECTORIES:
        if thinking in names and attempt in names:
            used = frozenset({names[thinking], names[attempt]})
            found, end = row[names[thinking]], row[names[attempt]]
            trajectories = found if isinstance(found, list) else [found]
            return Responses([Response(joined(text, end)) for text in trajectories], used)
    return None


def response_list(row: Row, names: Names) -> Responses | None:
    """A list of responses, or of conversations, with the lists that run beside it."""
    for lower in RESPONSES:
        name = names.get(lower)
        value = row[name] if name else None
        if name is None or not isinstance(value, list) or not value or is_turns(value):
            continue
        if not all(item is None or isinstance(item, str) or is_turns(item) for item in value):
            continue
        return listed(row, name, value)
    return None


def listed(row: Row, name: str, value: list[Any]) -> Responses:
    """The items of a list as responses."""
    beside = _aligned(row, name, len(value))
    items = []
    for place, item in enumerate(value):
        own = {key: row[key][place] for key in beside}
        if is_turns(item):
            text, rest = response_in(item[-1])
            items.append(Response(text, None, {**own, name: [*item[:-1], rest]}))
        else:
            items.append(Response(item, None, own))
    return Responses(items, frozenset({name, *beside}))


_OF_THE_RECORD = frozenset({*PROBLEM, *REFERENCE, *OPTIONS, *TURNS, *RESPONSES, "numbers", "nums"})


def _aligned(row: Row, name: str, length: int) -> list[str]:
    """Columns with one value for each response: as many as there are, and named like one.

    Another list of the same length (`tags`, `gold`) stays whole.
    """
    return [
        key
        for key, value in row.items()
        if isinstance(value, list)
        and len(value) == length
        and key != name
        and (lower := key.lower()) not in _OF_THE_RECORD
        and any(word in lower for word in PER_RESPONSE)
    ]


def flat(row: Row, names: Names) -> Responses | None:
    """One response in a column of its own, with its reasoning perhaps in another."""
    name = first_text(row, RESPONSE)
    reasoning = first_text(row, REASONING)
    if name is None:  # cut off while it was thinking
        name = first(names, RESPONSE) if reasoning else None
        if name is None or row[name] not in (None, ""):
            return None
    elif reasoning is None or "<think" in row[name] or "</think" in row[name]:
        return Responses([Response(row[name])], frozenset({name}), renamed=name)
    assert reasoning is not None
    text = joined(row[reasoning], row[name])
    return Responses([Response(text)], frozenset({name, reasoning}))


def worked(row: Row, names: Names) -> Responses | None:
    """A worked solution where no column is a response: `solution`, or GSM8K's `answer`."""
    if any(name in names for name in RESPONSE):
        return None
    for lower in WORKED:
        name = names.get(lower)
        if name is None or not is_text(row[name]):
            continue
        others = names.keys() & {*REFERENCE, "numbers"} - {lower, "label"}
        long = len(row[name]) > SHORT
        if (lower == "solution" and (others or long)) or (long and not others):
            return Responses([Response(row[name])], frozenset({name}), renamed=name)
    return None


SHORT = 40
"""An `answer` of up to so many characters is a reference, never a worked solution."""

Shape = Callable[[Row, Names], Responses | None]

SHAPES: Mapping[str, Sequence[Shape]] = {
    "flat": (flat, worked),
    "list": (response_list,),
    "generations": (response_list,),
    "messages": (conversation,),
    "sharegpt": (conversation,),
    "s1": (s1,),
    "verl": (response_list, flat),
    "openai-batch": (openai_batch,),
    "vllm": (objects,),
    "lm-eval": (lm_eval,),
}
RECOGNIZED: Sequence[Shape] = (
    lm_eval, openai_batch, s1, objects, response_list, flat, conversation, worked,
)  # fmt: skip


def responses_of(row: Row, shapes: Sequence[Shape]) -> Responses | None:
    """The responses of a record by the first shape that fits it."""
    names = lowered(row)
    for shape in shapes:
        found = shape(row, names)
        if found is not None:
            return found
    return None
