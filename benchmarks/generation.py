"""Generation of `curate ablate` beside `model.generate`, on a tiny model as the lab has them.

    OMP_NUM_THREADS=1 python -m benchmarks.generation

A Llama of 3 layers of width 64 with a character tokenizer (0.2 M parameters), 450 prompts of about
20 characters in batches of 64, 100 new tokens, CPU seconds of one thread. Twice: with responses
that all run to the cap, and with responses that end by themselves. Then the whole evaluation of a
checkpoint: loading, generation, scoring, probes and the three tables.
"""

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from curate.ablate_scorers import verify_scorers
from curate.train.eval.backend import Sampling
from curate.train.eval.evaluate import EvalFolder, EvalSettings, evaluate
from curate.train.eval.local import LocalModel
from curate.train.eval.noise import key_of
from curate.train.eval.suite import read_suite
from tests.tiny_lm import character_tokenizer

ROUNDS = 3
BATCH = 64
NEW_TOKENS = 100


def made(end: int | None) -> Any:  # noqa: ANN401
    """The model, with an end token that it draws now and then, or none."""
    torch.manual_seed(0)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(character_tokenizer()), hidden_size=64, intermediate_size=256,
            num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=4,
            max_position_embeddings=512, tie_word_embeddings=True,
            bos_token_id=None, eos_token_id=end, pad_token_id=0,
        )
    )  # fmt: skip
    for weights in model.parameters():
        if weights.dim() > 1:
            torch.nn.init.normal_(weights, std=0.3)
    return model.eval()


def prompts() -> list[str]:
    """150 sums in three modes."""
    ways = ("", "<think>\n", "<think>\n\n</think>\n\n")
    asked = [f"What is {37 * n % 1000}+{n}?{way}" for way in ways for n in range(150)]
    return sorted(asked, key=len, reverse=True)


def plain(model: Any, **sampling: Any) -> None:  # noqa: ANN401
    """The loop that one would write with transformers."""
    tokenizer = character_tokenizer()
    tokenizer.padding_side = "left"
    texts = prompts()
    for first in range(0, len(texts), BATCH):
        batch = tokenizer(texts[first : first + BATCH], return_tensors="pt", padding=True)
        out = model.generate(
            input_ids=batch.input_ids, attention_mask=batch.attention_mask,
            max_new_tokens=NEW_TOKENS, **sampling,
        )  # fmt: skip
        tokenizer.batch_decode(out[:, batch.input_ids.shape[1] :])


def ours(model: Any, end: int | None, sampling: Sampling) -> None:  # noqa: ANN401
    """The same by our backend."""
    backend = LocalModel(model, character_tokenizer())
    backend.ends = frozenset(() if end is None else (end,))
    tokens = [backend.tokens(text) for text in prompts()]
    keys = [key_of(0, number) for number in range(len(tokens))]
    for first in range(0, len(tokens), BATCH):
        backend.generate(tokens[first : first + BATCH], keys[first : first + BATCH], sampling)


def whole(model: Any) -> None:  # noqa: ANN401
    """A checkpoint evaluated, in a folder of its own."""
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        model.save_pretrained(folder / "model")
        character_tokenizer().save_pretrained(folder / "model")
        rows = [
            {"id": str(n), "problem": f"What is {37 * n % 1000}+{n}?", "answer": str(n)}
            for n in range(150)
        ]
        (folder / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
        table = {
            "path": "a.jsonl", "answer": "{reference}", "max_tokens": NEW_TOKENS,
            "modes": ["free", "forced_cot", "forced_direct"],
        }  # fmt: skip
        suite = read_suite("sums", table, folder)
        settings = EvalSettings(batch_size=BATCH, device="cpu")
        evaluate(folder / "model", [suite], settings, EvalFolder.at(folder, 0), verify_scorers())


def best(run: Callable[[], None]) -> float:
    """CPU seconds of the fastest of some rounds."""
    taken = []
    for _ in range(ROUNDS):
        start = time.process_time()
        run()
        taken.append(time.process_time() - start)
    return min(taken)


def main() -> None:
    torch.set_num_threads(1)
    sampled = Sampling(temperature=0.6, top_p=0.95, max_tokens=NEW_TOKENS)
    greedy = Sampling(max_tokens=NEW_TOKENS)
    print("| responses | drawn | `model.generate`, s | ours, s | ratio |")
    print("| --- | --- | --- | --- | --- |")
    for name, end in (("all run to the cap", None), ("most end by themselves", 5)):
        model = made(end)
        for drawn, sampling, options in (
            ("greedy", greedy, {"do_sample": False}),
            ("sampled", sampled, {"do_sample": True, "temperature": 0.6, "top_p": 0.95}),
        ):
            theirs = best(lambda: plain(model, **options))  # noqa: B023
            own = best(lambda: ours(model, end, sampling))  # noqa: B023
            print(f"| {name} | {drawn} | {theirs:.2f} | {own:.2f} | {own / theirs:.2f} |")
    print(f"\nwhole evaluation of a checkpoint: {best(lambda: whole(made(0))):.2f} s")


if __name__ == "__main__":
    main()
