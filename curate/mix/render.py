"""How a trace becomes a prompt and a completion, and the template that says so.

Plain: two texts with `{problem}` and `{response}` in them. Chat: the chat template of a tokenizer
makes the prompt; the completion is the response and whatever the template puts after a turn, so
that a template that strips the thinking of earlier turns does not touch it.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from curate.errors import InputError
from curate.mix.specs import RenderSpec
from curate.mix.tokens import tokenizer_of

MARK = "\u2063curate\u2063"
"""Stands for a response that the template cannot know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """How traces are rendered."""

    prompt: Callable[[str], str]
    completion: Callable[[str], str]
    tokenizer: Any
    """None where there is none."""
    template: dict[str, str | None]
    """What a reader needs to do the same: texts, the chat template and its hash."""


def rendering(spec: RenderSpec) -> Rendering:
    """The rendering that a recipe asks for.

    Raises:
        InputError: a template lacks its place, or the tokenizer has no chat template.
    """
    tokenizer = tokenizer_of(spec.tokenizer) if spec.tokenizer else None
    if spec.chat:
        return chat(spec, tokenizer)
    for text, place in ((spec.prompt, "{problem}"), (spec.completion, "{response}")):
        if text.count(place) != 1:
            raise InputError(
                f"the template `{text}` does not have `{place}` once",
                why="that is where the text of the trace goes",
                fix=f"write `{place}` in it once",
            )
    end = str(tokenizer.eos_token or "") if tokenizer is not None else ""
    return Rendering(
        prompt=lambda problem: spec.prompt.replace("{problem}", problem),
        completion=lambda response: spec.completion.replace("{response}", response) + end,
        tokenizer=tokenizer,
        template={"prompt": spec.prompt, "completion": spec.completion + end, "chat": None},
    )


def chat(spec: RenderSpec, tokenizer: Any) -> Rendering:  # noqa: ANN401
    """The rendering by the chat template of a tokenizer."""
    template = getattr(tokenizer, "chat_template", None)
    if not template:
        raise InputError(
            "there is no chat template",
            why=f"`{spec.tokenizer}` has none" if spec.tokenizer else "no tokenizer is named",
            fix="name a tokenizer with one in `[render]`, or leave `chat` out",
        )

    def turns(problem: str) -> list[dict[str, str]]:
        system = [{"role": "system", "content": spec.system}] if spec.system else []
        return [*system, {"role": "user", "content": problem}]

    def prompt(problem: str) -> str:
        return str(
            tokenizer.apply_chat_template(
                turns(problem), tokenize=False, add_generation_prompt=True
            )
        )

    said = [*turns("?"), {"role": "assistant", "content": MARK}]
    after = str(tokenizer.apply_chat_template(said, tokenize=False)).rpartition(MARK)[2]
    return Rendering(
        prompt=prompt,
        completion=lambda response: response + after,
        tokenizer=tokenizer,
        template={
            "prompt": "chat template, with the generation prompt",
            "completion": "{response}" + after,
            "chat": template,
            "chat_sha256": hashlib.sha256(template.encode()).hexdigest(),
        },
    )
