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
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from curate.formats.columns import REASONING, RESPONSE, RESPONSES, WORKED, first, lowered

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Response:
    """One response of a record, with what belongs to it alone."""

    text: Any
    stop_reason: str | None = None
    beside: Mapping[str, Any] = field(default_factory=dict)
    """Values of the lists that run beside the list of responses."""


@dataclass(frozen=True, slots=True)
class Responses:
    """The responses of a record, and what became of the columns they came from."""

    shape: str
    items: tuple[Response, ...]
    used: frozenset[str]
    """Columns that became responses, and are not stored again."""
    replaced: Mapping[str, Any] = field(default_factory=dict)
    """Columns that are stored without the response that was in them."""
    renamed: str | None = None
    """The column that is the response byte for byte."""


def joined(reasoning: Any, content: Any) -> str | None:
    """Reasoning and content of two fields as one response, in the tags that models use."""
    if not isinstance(reasoning, str) or not reasoning.strip():
        return content if isinstance(content, str) else None
    return f"<think>\n{reasoning}\n</think>\n\n{content if isinstance(content, str) else ''}"


def text_of(content: Any) -> Any:
    """The text of a message's content, which may be a list of typed parts."""
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        return "".join(part for part in parts if isinstance(part, str))
    return content


def is_turns(value: Any) -> bool:
    """Whether a value is a conversation: a list of objects with a role or a speaker."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(turn, dict) and ({"role", "from"} & turn.keys()) for turn in value)
    )


def speaker(turn: Mapping[str, Any]) -> str:
    """`user`, `assistant` or `system`, whatever a format calls them."""
    name = str(turn.get("role") or turn.get("from") or "").lower()
    return {"human": "user", "gpt": "assistant", "model": "assistant", "bot": "assistant"}.get(
        name, name
    )


def said(turn: Mapping[str, Any]) -> Any:
    """What a turn says."""
    return text_of(turn.get("content") if "content" in turn else turn.get("value"))


# -- the shapes -----------------------------------------------------------------------------------


def conversation(row: Row, names: Mapping[str, str]) -> Responses | None:
    """The last assistant turn of `messages` or `conversations`."""
    for lower in ("messages", "conversations", "conversation"):
        name = names.get(lower)
        turns = row.get(name) if name else None
        if name is None or not is_turns(turns):
            continue
        assert isinstance(turns, list)
        last = turns[-1]
        if speaker(last) != "assistant":
            continue
        reasoning = next((last[key] for key in REASONING if isinstance(last.get(key), str)), None)
        kept = {k: v for k, v in last.items() if k not in (*REASONING, "content", "value")}
        shape = "messages" if "role" in last else "sharegpt"
        item = Response(joined(reasoning, said(last)), last.get("finish_reason"))
        return Responses(shape, (item,), frozenset({name}), {name: [*turns[:-1], kept]})
    return None


def openai_batch(row: Row, names: Mapping[str, str]) -> Responses | None:
    """The choices in the body of an OpenAI batch output, or of one stored chat completion."""
    name = names.get("response") or names.get("completion")
    body = row.get(name) if name else None
    if not isinstance(body, dict):
        return None
    body = body.get("body", body)
    choices = body.get("choices") if isinstance(body, dict) else None
    if name is None or not isinstance(choices, list):
        return None
    items = tuple(_choice(choice) for choice in choices if isinstance(choice, dict))
    kept = {key: value for key, value in body.items() if key != "choices"}
    return Responses("openai-batch", items, frozenset({name}), {name: kept})


def _choice(choice: Mapping[str, Any]) -> Response:
    message = choice.get("message")
    message = message if isinstance(message, dict) else {}
    reasoning = next((message[key] for key in REASONING if isinstance(message.get(key), str)), None)
    content = text_of(message.get("content", choice.get("text")))
    return Response(joined(reasoning, content), choice.get("finish_reason"))


def vllm(row: Row, names: Mapping[str, str]) -> Responses | None:
    """The objects of `outputs`, each with its text."""
    name = first(names, ("outputs", "output", "choices"))
    outputs = row.get(name) if name else None
    if name is None or not isinstance(outputs, list) or not outputs:
        return None
    if not all(
        isinstance(output, dict) and ("text" in output or "message" in output) for output in outputs
    ):
        return None
    items = tuple(
        Response(
            joined(output.get("reasoning_content"), output["text"])
            if "text" in output
            else _choice(output).text,
            output.get("finish_reason"),
            {
                f"output_{key}": value
                for key, value in output.items()
                if key not in ("text", "message", "finish_reason", "reasoning_content")
            },
        )
        for output in outputs
    )
    return Responses("vllm", items, frozenset({name}))


def lm_eval(row: Row, names: Mapping[str, str]) -> Responses | None:
    """The responses of an lm-evaluation-harness sample."""
    if "resps" not in row or "doc" not in row:
        return None
    resps = row["resps"]
    flat = (
        [text for group in resps for text in (group if isinstance(group, list) else [group])]
        if isinstance(resps, list)
        else [resps]
    )
    return Responses("lm-eval", tuple(Response(text) for text in flat), frozenset({"resps"}))


def s1(row: Row, names: Mapping[str, str]) -> Responses | None:
    """Thinking trajectories with the attempt that followed them."""
    for thinking, attempt in (
        ("thinking_trajectories", "attempt"),
        ("deepseek_thinking_trajectory", "deepseek_attempt"),
        ("gemini_thinking_trajectory", "gemini_attempt"),
        ("thinking_trajectory", "attempt"),
    ):
        if thinking in names and attempt in names:
            trajectories, end = row[names[thinking]], row[names[attempt]]
            if not isinstance(trajectories, list):
                trajectories = [trajectories]
            items = tuple(Response(joined(text, end)) for text in trajectories)
            return Responses("s1", items, frozenset({names[thinking], names[attempt]}))
    return None


def response_list(row: Row, names: Mapping[str, str]) -> Responses | None:
    """A list of responses, with the lists of the same length beside it."""
    for lower in RESPONSES:
        name = names.get(lower)
        value = row.get(name) if name else None
        if name is None or not isinstance(value, list) or is_turns(value):
            continue
        if not all(isinstance(text, str) or text is None for text in value):
            continue
        beside = _aligned(row, name, len(value))
        items = tuple(
            Response(text, None, {key: row[key][place] for key in beside})
            for place, text in enumerate(value)
        )
        return Responses("list", items, frozenset({name, *beside}))
    return None


_PER_RESPONSE = (
    "correct", "score", "reward", "finish", "stop", "logprob", "length", "token", "verif", "judge",
    "grade", "label", "seed", "temperature", "generation", "response", "completion", "reasoning",
    "complete", "entropy",
)  # fmt: skip


def _aligned(row: Row, name: str, length: int) -> list[str]:
    """Columns with one value for each response; a single value must also be named like one."""
    return [
        key
        for key, value in row.items()
        if key != name
        and isinstance(value, list)
        and len(value) == length
        and key.lower() not in ("options", "choices", "messages", "conversations", "prompt")
        and (length > 1 or any(word in key.lower() for word in _PER_RESPONSE))
    ]


def flat(row: Row, names: Mapping[str, str]) -> Responses | None:
    """One response in a column of its own, with its reasoning perhaps in another."""
    name = first(names, (n for n in RESPONSE if _is_text(row.get(names.get(n, "")))))
    if name is None:
        return None
    reasoning = first(names, (n for n in REASONING if _is_text(row.get(names.get(n, "")))))
    if reasoning is None or "<think" in row[name] or "</think" in row[name]:
        return Responses("flat", (Response(row[name]),), frozenset({name}), renamed=name)
    text = joined(row[reasoning], row[name])
    return Responses("flat", (Response(text),), frozenset({name, reasoning}))


def worked(row: Row, names: Mapping[str, str]) -> Responses | None:
    """A worked solution where no column is a response: `solution`, or GSM8K's `answer`."""
    if any(name in names for name in RESPONSE):
        return None
    for lower in WORKED:
        name = names.get(lower)
        alone = lower == "solution" or not any(
            n in names for n in ("solution", "gold", "reference")
        )
        if name is not None and alone and _is_text(row[name]) and len(row[name]) > 40:
            return Responses("flat", (Response(row[name]),), frozenset({name}), renamed=name)
    return None


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


Shape = Callable[[Row, Mapping[str, str]], Responses | None]

SHAPES: Mapping[str, Sequence[Shape]] = {
    "flat": (flat, worked),
    "list": (response_list,),
    "generations": (response_list,),
    "messages": (conversation,),
    "sharegpt": (conversation,),
    "s1": (s1,),
    "verl": (response_list, flat),
    "openai-batch": (openai_batch,),
    "vllm": (vllm,),
    "lm-eval": (lm_eval,),
}
RECOGNIZED: Sequence[Shape] = (
    lm_eval,
    openai_batch,
    s1,
    vllm,
    response_list,
    flat,
    conversation,
    worked,
)


def responses_of(row: Row, shapes: Sequence[Shape]) -> Responses | None:
    """The responses of a record by the first shape that fits it."""
    names = lowered(row)
    return next((found for shape in shapes if (found := shape(row, names)) is not None), None)
