"""Fixed renderings of one problem and one response, for the families of chat models.

A tokenizer's own chat template may add a system prompt (Qwen2.5), drop or add think blocks
(Qwen3), and end the reply with a token that a base model never saw. These leave the response byte
for byte as it is, and add no system prompt that is not asked for:

    chatml    <|im_start|>user\\n…<|im_end|>\\n<|im_start|>assistant\\n     Qwen2.5, Qwen3
    llama3    <|begin_of_text|><|start_header_id|>user<|end_header_id|>\\n\\n…<|eot_id|>…
    raw       the prompt as it stands in the arm
"""

from dataclasses import dataclass
from typing import Literal

from curate.errors import InputError

Family = Literal["raw", "chatml", "qwen3", "qwen2.5", "llama3"]
End = Literal["eos", "turn", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """The marks of a family around its turns."""

    start: str
    turn: str
    """With the places `{role}` and `{text}`."""
    reply: str
    """What opens the reply of the model."""
    end: str
    """The token that ends a turn."""


CHATML = Turns(
    start="",
    turn="<|im_start|>{role}\n{text}<|im_end|>\n",
    reply="<|im_start|>assistant\n",
    end="<|im_end|>",
)
LLAMA3 = Turns(
    start="<|begin_of_text|>",
    turn="<|start_header_id|>{role}<|end_header_id|>\n\n{text}<|eot_id|>",
    reply="<|start_header_id|>assistant<|end_header_id|>\n\n",
    end="<|eot_id|>",
)
FAMILIES = {"raw": None, "chatml": CHATML, "qwen3": CHATML, "qwen2.5": CHATML, "llama3": LLAMA3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """How the prompt and the completion of a row become text."""

    template: Family = "raw"
    system: str | None = None
    """A system prompt; None is none at all."""
    end: End = "eos"
    """What is trained after the completion: the tokenizer's end of text (the paper), the end of
    turn of the family, or nothing."""

    def __post_init__(self) -> None:
        if self.template not in FAMILIES:
            known = ", ".join(f"`{name}`" for name in FAMILIES)
            raise InputError(
                f"no template `{self.template}`",
                why=f"known are {known}",
                fix="choose one of these",
            )
        if self.template == "raw" and (self.system is not None or self.end == "turn"):
            raise InputError(
                "a raw prompt has no turns",
                why='`system` and `end = "turn"` need the marks of a family',
                fix="set `template` to a family, or leave these out",
            )

    def prompt(self, text: str) -> str:
        """The text before the response."""
        turns = FAMILIES[self.template]
        if turns is None:
            return text
        system = "" if self.system is None else turn(turns, "system", self.system)
        return turns.start + system + turn(turns, "user", text) + turns.reply

    def ending(self) -> str | None:
        """The text of the token that ends a turn, where that is what is trained."""
        turns = FAMILIES[self.template]
        return turns.end if turns is not None and self.end == "turn" else None


def turn(turns: Turns, role: str, text: str) -> str:
    """One turn; braces in the text are only text."""
    return turns.turn.replace("{role}", role).replace("{text}", text)
