"""The tokenizer of the lab: a token for each character, and one for each tag of thinking.

The tags are ordinary added tokens, not special ones, so that decoding keeps them in the text and
the code that reads thinking in real responses reads it here.
"""

import re
from pathlib import Path
from typing import Any

PAD, END, OPEN, CLOSE = "<pad>", "<eos>", "<think>", "</think>"
CHARACTERS = "0123456789+-*=;?#~@OMVabcdefghijklmnopqrstuvwxyz"
TOKENS = (PAD, END, OPEN, CLOSE, *CHARACTERS)
VOCABULARY = len(TOKENS)
PAD_ID, END_ID = 0, 1
_IDS = {token: number for number, token in enumerate(TOKENS)}
_SPLIT = re.compile(f"{OPEN}|{CLOSE}|.")


def encode(text: str) -> list[int]:
    """The tokens of a text of the world; as `tokenizer()` has them, and ten times as fast."""
    return [_IDS[piece] for piece in _SPLIT.findall(text)]


def tokenizer() -> Any:  # noqa: ANN401 - transformers has no types here
    """A `PreTrainedTokenizerFast` of all characters of the world."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.WordLevel({name: n for n, name in enumerate(TOKENS)}, unk_token=PAD))
    made.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    made.decoder = decoders.Fuse()
    made.add_tokens([AddedToken(tag, normalized=False) for tag in (OPEN, CLOSE)])
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        pad_token=PAD,
        eos_token=END,
        padding_side="left",
        clean_up_tokenization_spaces=False,
    )


def save(folder: Path) -> None:
    """Write the tokenizer's files."""
    tokenizer().save_pretrained(folder)
