"""Conversations, whatever a format calls the speaker and what is said.

[{"role": "user", "content": "What is 2+3?"},
 {"role": "assistant", "reasoning_content": "2 and 3 is 5", "content": "It is 5."}]
[{"from": "human", "value": "What is 2+3?"}, {"from": "gpt", "value": "It is 5."}]
"""

from collections.abc import Mapping, Sequence
from typing import Any

from curate.formats.columns import REASONING, is_text

_SPEAKERS = {"human": "user", "gpt": "assistant", "model": "assistant", "bot": "assistant"}
_TEXT_PARTS = (None, "text", "output_text", "input_text")


def is_turns(value: Any) -> bool:
    """Whether a value is a conversation: a list of objects with a role or a speaker."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(turn, dict) and ("role" in turn or "from" in turn) for turn in value)
    )


def speaker(turn: Mapping[str, Any]) -> str:
    """`user`, `assistant` or `system`, whatever a format calls them."""
    name = str(turn.get("role") or turn.get("from") or "").lower()
    return _SPEAKERS.get(name, name)


def asked(turns: Sequence[Mapping[str, Any]]) -> str | None:
    """What the user said last."""
    for turn in reversed(turns):
        if speaker(turn) == "user":
            text = text_of(turn.get("content") if "content" in turn else turn.get("value"))
            return text if isinstance(text, str) else None
    return None


def text_of(content: Any) -> Any:
    """The text of a message's content, which may be a list of typed parts."""
    if not isinstance(content, list):
        return content
    return "".join(
        part["text"]
        for part in content
        if isinstance(part, dict)
        and part.get("type") in _TEXT_PARTS
        and isinstance(part.get("text"), str)
    )


def joined(reasoning: Any, content: Any) -> str | None:
    """Reasoning and content of two fields as one response, in the tags that models use."""
    if not isinstance(reasoning, str) or not reasoning.strip():
        return content if isinstance(content, str) else None
    return f"<think>\n{reasoning}\n</think>\n\n{content if isinstance(content, str) else ''}"


def response_in(turn: Mapping[str, Any]) -> tuple[str | None, dict[str, Any]]:
    """The response in an assistant's turn, and the turn without it."""
    key = "content" if "content" in turn or "value" not in turn else "value"
    thought = next((name for name in REASONING if is_text(turn.get(name))), None)
    reasoning = turn[thought] if thought else _thoughts(turn.get(key))
    rest = {
        name: value
        for name, value in turn.items()
        if name != key and not (name in REASONING and value in (reasoning, None, ""))
    }
    if isinstance(turn.get(key), list) and (parts := _other_parts(turn[key])):
        rest[key] = parts
    return joined(reasoning, text_of(turn.get(key))), rest


def _thoughts(content: Any) -> str | None:
    """The thinking among the typed parts of a content, as Anthropic's API gives it."""
    if not isinstance(content, list):
        return None
    parts = [part.get("thinking") for part in content if isinstance(part, dict)]
    return "\n\n".join(part for part in parts if isinstance(part, str)) or None


def _other_parts(content: list[Any]) -> list[Any]:
    return [
        part
        for part in content
        if not isinstance(part, dict)
        or not (part.get("type") in _TEXT_PARTS or isinstance(part.get("thinking"), str))
    ]
