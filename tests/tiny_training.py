"""A tiny base model and tiny arms for the tests of training: nothing is downloaded."""

import json
import os
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")

MARKS = (
    "<|endoftext|>",
    "<|pad|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|begin_of_text|>",
    "<|eot_id|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<think>",
    "</think>",
)
TEXTS = (
    "What is 2 + 3?\n\n<think>\nFirst, 2 + 3 = 5. Wait, let me check.\n</think>\n\nSo it is 5.",
    "user assistant system You are a helpful assistant.\n\n",
)


def tokenizer(*, bos: str | None = None, eos: str = "<|endoftext|>", merges: int = 40) -> Any:
    """A byte-level tokenizer with the marks of three chat families and a few merged pieces."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    made.decoder = decoders.ByteLevel()
    made.train_from_iterator(
        TEXTS * 5,
        trainers.BpeTrainer(
            vocab_size=256 + len(MARKS) + merges,
            special_tokens=list(MARKS),
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    if bos:
        made.post_processor = processors.TemplateProcessing(
            single=f"{bos} $A", special_tokens=[(bos, made.token_to_id(bos))]
        )
    begin = {"bos_token": bos} if bos else {}
    return PreTrainedTokenizerFast(
        tokenizer_object=made, eos_token=eos, pad_token="<|pad|>", **begin
    )


def save_base(folder: Path, *, kind: str = "qwen3", seed: int = 0, spread: float = 0.2) -> Path:
    """A model of two small layers and its tokenizer, in a folder."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    words = tokenizer()
    config = AutoConfig.for_model(
        kind,
        vocab_size=len(words),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        intermediate_size=64,
        tie_word_embeddings=True,
        max_position_embeddings=4096,
        eos_token_id=words.eos_token_id,
        pad_token_id=words.pad_token_id,
        bos_token_id=None,
    )
    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_config(config)
    for weights in model.parameters():
        if weights.dim() > 1:
            torch.nn.init.normal_(weights, std=spread)
    model.save_pretrained(folder)
    words.save_pretrained(folder)
    return folder


def some_rows(count: int, *, seed: int = 0, most: int = 10) -> list[dict[str, Any]]:
    """Rows of very different lengths."""
    draw = random.Random(seed)
    return [
        {
            "prompt": f"What is {draw.randrange(100)} + {draw.randrange(100)}?\n\n",
            "completion": f"<think>\n{'Wait. ' * draw.randrange(1, most)}\n</think>\n\n{number}",
            "id": f"row-{number}",
        }
        for number in range(count)
    ]


def write_arm(folder: Path, rows: Sequence[dict[str, Any]]) -> Path:
    """A folder with the rows as JSON lines."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "rows.jsonl").write_text(lines, "utf-8")
    return folder
