"""Tiny models with random weights, made on the spot, for the tests of the optional signals."""

from pathlib import Path
from typing import Any

TEXTS = [
    "What is 2 + 3? Let me think. First, 2 + 3 = 5.",
    "So the answer is 5. Wait, let me check.\n\nYes, it is 5.",
    "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789 .,?!+-*/=()\\{}<>|",
]


def tokenizer(*, start: bool) -> Any:
    """A byte-level tokenizer of a few hundred tokens, with a start of text or without."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    marks = ["<s>", "</s>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=320, special_tokens=marks, initial_alphabet=alphabet, show_progress=False
    )
    made.train_from_iterator(TEXTS * 5, trainer)
    begin = {"bos_token": "<s>"} if start else {}
    return PreTrainedTokenizerFast(tokenizer_object=made, eos_token="</s>", **begin)


def save_causal_model(folder: Path, *, kind: str, start: bool, context: int) -> Path:
    """A GPT-2 or a Llama of two small layers, in a folder."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

    words = tokenizer(start=start)
    torch.manual_seed(0)
    size = len(words)
    model: Any = (
        GPT2LMHeadModel(
            GPT2Config(vocab_size=size, n_positions=context, n_embd=32, n_layer=2, n_head=2)
        )
        if kind == "gpt2"
        else LlamaForCausalLM(
            LlamaConfig(
                vocab_size=size,
                max_position_embeddings=context,
                hidden_size=32,
                intermediate_size=64,
                num_hidden_layers=2,
                num_attention_heads=2,
                num_key_value_heads=2,
                tie_word_embeddings=True,
            )
        )
    )
    # Weights of the size of those of a trained model: with smaller ones all tokens are alike.
    for weights in model.parameters():
        if weights.dim() > 1:
            torch.nn.init.normal_(weights, std=0.3)
    model.save_pretrained(folder)
    words.save_pretrained(folder)
    return folder


def save_sentence_model(folder: Path, *, window: int) -> Path:
    """A sentence-transformers model of a small BERT and a mean over its tokens, in a folder."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    made.normalizer = normalizers.Lowercase()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    made.train_from_iterator(
        TEXTS * 5,
        trainers.WordPieceTrainer(vocab_size=200, special_tokens=marks, show_progress=False),
    )
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    words = PreTrainedTokenizerFast(
        tokenizer_object=made,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
    )
    torch.manual_seed(0)
    bert = BertModel(
        BertConfig(
            vocab_size=len(words),
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=1,
            num_attention_heads=2,
            max_position_embeddings=window,
        )
    )
    base = folder / "base"
    bert.save_pretrained(base)
    words.save_pretrained(base)
    layer = Transformer(str(base), max_seq_length=window)
    model = SentenceTransformer(
        modules=[layer, Pooling(layer.get_embedding_dimension())], device="cpu"
    )
    model.save(str(folder / "model"))
    return folder / "model"
