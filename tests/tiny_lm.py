"""A tiny Llama with a character tokenizer, made on the spot, for the tests of evaluation."""

from pathlib import Path
from typing import Any

CHARACTERS = "\n !?=+-*/().,:<>\\{}0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def character_tokenizer() -> Any:
    """One token for each character; `$` ends a text."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    marks = ["$", "_"]
    words = {each: number for number, each in enumerate([*marks, *CHARACTERS])}
    made = Tokenizer(models.WordLevel(words, unk_token="_"))
    made.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    made.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=made, eos_token="$", pad_token="$", unk_token="_"
    )


def tiny_model(seed: int = 0, *, hidden: int = 32, layers: int = 2, context: int = 512) -> Any:
    """A Llama with random weights, large enough that its tokens are not all alike."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    words = character_tokenizer()
    torch.manual_seed(seed)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(words),
            max_position_embeddings=context,
            hidden_size=hidden,
            intermediate_size=2 * hidden,
            num_hidden_layers=layers,
            num_attention_heads=2,
            num_key_value_heads=2,
            tie_word_embeddings=True,
            eos_token_id=words.eos_token_id,
            pad_token_id=words.pad_token_id,
            bos_token_id=None,
        )
    )
    for weights in model.parameters():
        if weights.dim() > 1:
            torch.nn.init.normal_(weights, std=0.3)
    return model.eval()


def save_tiny_model(folder: Path, seed: int = 0, **shape: Any) -> Path:
    """The model and its tokenizer in a folder."""
    tiny_model(seed, **shape).save_pretrained(folder)
    character_tokenizer().save_pretrained(folder)
    return folder
