"""What the model is sent: the problem with its choices, in the template, and what is prefilled."""

from typing import Any

from curate.errors import InputError
from curate.train.eval.choices import LETTERS
from curate.train.eval.items import Item
from curate.train.eval.suite import Mode, Suite

_MARK = "\u2063curate\u2063"


def problem_text(suite: Suite, item: Item) -> str:
    """The problem as posed, with its choices below it."""
    if not item.choices or suite.by_likelihood:
        return item.problem
    lines = [
        suite.choice_line.replace("{letter}", letter).replace("{choice}", choice)
        for letter, choice in zip(LETTERS, item.choices, strict=False)
    ]
    return "\n".join([item.problem, "", *lines])


def prefill(suite: Suite, mode: Mode) -> str:
    """What the response is made to begin with."""
    return {"free": "", "forced_cot": suite.forced_cot, "forced_direct": suite.forced_direct}[mode]


def opens_thinking(suite: Suite, after: str) -> bool:
    """Whether the prompt itself opens the thinking, as some chat templates do."""
    return after.rstrip().endswith(suite.thinking[0])


def begun(suite: Suite, mode: Mode, after: str) -> str:
    """What stands in the prompt and is of the response all the same: the opening of the thinking.

    With what is prefilled in a forced mode, less an opening tag that the prompt has already.
    """
    own = prefill(suite, mode)
    if not opens_thinking(suite, after):
        return own
    return f"{suite.thinking[0]}\n{sent(suite, mode, after)}"


def sent(suite: Suite, mode: Mode, after: str) -> str:
    """What is put behind the prompt for a mode: the prefill, and no second opening tag."""
    own = prefill(suite, mode)
    return unopened(suite, own) if opens_thinking(suite, after) else own


def unopened(suite: Suite, text: str) -> str:
    """A text without the opening tag it begins with."""
    opening = suite.thinking[0]
    return text.removeprefix(opening).lstrip("\n") if text.startswith(opening) else text


def prompt_frame(suite: Suite, tokenizer: Any) -> tuple[str, str]:  # noqa: ANN401
    """What stands before and after the problem in every prompt of the suite.

    Raises:
        InputError: the tokenizer has no chat template, or one that puts a system prompt of its
            own before the problem.
    """
    text = suite.template.replace("{problem}", _MARK)
    if suite.chat:
        text = in_chat(suite, text, tokenizer)
    before, _, after = text.partition(_MARK)
    return before, after


def in_chat(suite: Suite, text: str, tokenizer: Any) -> str:  # noqa: ANN401
    """The text as what a user says, and the opening of the model's turn."""
    if not getattr(tokenizer, "chat_template", None):
        raise InputError(
            f"`[suites.{suite.name}]` wants a chat template",
            why="the tokenizer has none",
            fix="leave `chat` out, and write the prompt as `template`",
        )
    user = [{"role": "user", "content": text}]
    if suite.system is not None:
        return applied(tokenizer, [{"role": "system", "content": suite.system}, *user])
    found = applied(tokenizer, user)
    # Qwen2.5 puts a system prompt of its own where none is given, which training did not see
    bare = applied(tokenizer, [{"role": "user", "content": _MARK}])
    if "system" in bare.partition(_MARK)[0]:
        raise InputError(
            f"the chat template puts a system prompt into `[suites.{suite.name}]`",
            why=f"the prompt begins with `{found[:60]}`, though none was given",
            fix="say `system = …`, or leave `chat` out and write the prompt as `template`",
        )
    return found


def applied(tokenizer: Any, turns: list[dict[str, str]]) -> str:  # noqa: ANN401
    """The turns in the chat template."""
    return str(tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True))
