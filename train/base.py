"""A base: a folder with a model and its tokenizer, as `save_pretrained` writes it."""

from pathlib import Path
from typing import Any

from curate.errors import InputError
from curate.train.checkpoints import digest
from curate.train.schedule import Precision

TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt")


def load_tokenizer(base: Path) -> Any:  # noqa: ANN401 - transformers is not imported for a type
    """The tokenizer of a base.

    Raises:
        InputError: the folder has no model, or no tokenizer.
    """
    from transformers import AutoTokenizer

    base_files(base)
    # without these transformers makes an empty tokenizer out of config.json, and no fuss
    if not any((base / name).is_file() for name in TOKENIZER_FILES):
        raise InputError(
            f"`{base}` holds no tokenizer",
            why=f"there is none of {', '.join(TOKENIZER_FILES)}",
            fix="save the tokenizer into the folder of the model",
        )
    return AutoTokenizer.from_pretrained(base)


def load_model(base: Path, precision: Precision, *, attention: str | None = None) -> Any:  # noqa: ANN401
    """The model of a base: weights in bf16 for `bf16`, and in float32 for anything else."""
    import torch
    from transformers import AutoModelForCausalLM

    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    return AutoModelForCausalLM.from_pretrained(base, dtype=dtype, attn_implementation=attention)


def base_key(base: Path) -> dict[str, str]:
    """Hash of every file of a base that decides what is trained."""
    return {path.name: digest(path) for path in base_files(base)}


def base_files(base: Path) -> list[Path]:
    """Configuration and weights; the tokenizer shows in the tokens of the rows."""
    patterns = ("config.json", "*.safetensors", "*.bin")
    found = sorted(path for pattern in patterns for path in base.glob(pattern))
    if len(found) < 2 or not (base / "config.json").is_file():
        raise InputError(
            f"`{base}` holds no model",
            why="there must be a `config.json` and weights in it",
            fix="name a folder that `save_pretrained` made, or download the model into one",
        )
    return found
