"""Rows as tokens: what is trained, to the token, and that nothing is ever cut in silence."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import InputError
from curate.train.rows import IGNORED, Rows, load_rows
from curate.train.templates import Family, Rendering
from tests.tiny_training import tokenizer, write_arm

REPLY = "<think>\nFirst, 2 + 3 = 5.\n</think>\n\nSo it is 5."
PROMPT = "What is 2 + 3?\n\n"


def one(folder: Path, words: Any, *, rendering: Rendering | None = None, **row: Any) -> Rows:
    arm = write_arm(folder, [{"prompt": PROMPT, "completion": REPLY, "id": "a"} | row])
    return load_rows(arm, words, max_length=4096, rendering=rendering)


def texts(rows: Rows, words: Any) -> tuple[list[str], list[str]]:
    """The tokens that are only read and those that are trained, as text, in order."""
    tokens, labels = rows.row(0)
    read = [
        words.decode([each]) for each, label in zip(tokens, labels, strict=True) if label == IGNORED
    ]
    trained = [words.decode([each]) for each in labels if each != IGNORED]
    return read, trained


def template(name: str) -> str:
    """A chat template as its makers ship it (TRL has copies)."""
    import trl

    return (
        Path(trl.__file__).with_name("chat_templates").joinpath(f"{name}.jinja").read_text("utf-8")
    )


@pytest.mark.parametrize(
    ("family", "shipped", "end"),
    [
        ("qwen3", "qwen3", "<|im_end|>"),
        ("qwen2.5", "qwen2_5", "<|im_end|>"),
        ("llama3", "llama3", "<|eot_id|>"),
    ],
)
@pytest.mark.parametrize("ending", ["eos", "turn"])
def test_every_token_of_three_chat_families_is_masked_as_it_should_be(
    family: Family, shipped: str, end: str, ending: Any, tmp_path: Path
) -> None:
    words = tokenizer(bos="<|begin_of_text|>" if family == "llama3" else None)
    rendering = Rendering(template=family, end=ending)
    read, trained = texts(one(tmp_path, words, rendering=rendering), words)
    last = "<|endoftext|>" if ending == "eos" else end
    assert "".join(trained) == REPLY + last  # think block whole, and one token that ends
    assert trained[-1] == last
    assert "".join(read) == rendering.prompt(PROMPT)
    assert "".join(read).count("<|begin_of_text|>") == (family == "llama3")
    assert "system" not in "".join(read)


def test_our_prompts_are_those_of_the_shipped_templates_without_their_surprises() -> None:
    words = tokenizer(bos="<|begin_of_text|>")
    user = [{"role": "user", "content": "What is 2 + 3?"}]

    def shipped(name: str, messages: list[dict[str, str]]) -> str:
        return str(
            words.apply_chat_template(
                messages, chat_template=template(name), tokenize=False, add_generation_prompt=True
            )
        )

    asked = user[0]["content"]
    assert shipped("qwen3", user) == Rendering(template="qwen3").prompt(asked)
    assert shipped("llama3", user) == Rendering(template="llama3").prompt(asked)
    # the trap: Qwen2.5 puts in a system prompt that nobody asked for
    system = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."
    assert shipped("qwen2_5", user) == Rendering(template="qwen2.5", system=system).prompt(asked)
    assert system not in Rendering(template="qwen2.5").prompt(asked)


def test_a_chat_template_rewrites_think_blocks_and_ours_do_not(tmp_path: Path) -> None:
    """The trap: Qwen3's template moves or adds think blocks and ends with its own token."""
    words = tokenizer()
    for reply in (REPLY, "5", "<think>\n\n\n</think>\n\n\n5", "  <think>odd</think>5 </think>"):
        messages = [{"role": "user", "content": PROMPT}, {"role": "assistant", "content": reply}]
        rendered = words.apply_chat_template(
            messages, chat_template=template("qwen3_training"), tokenize=False
        )
        prompt = Rendering(template="qwen3").prompt(PROMPT)
        theirs = rendered[len(prompt) :] if rendered.startswith(prompt) else rendered
        assert theirs != reply + "<|endoftext|>"
        rows = one(tmp_path, words, rendering=Rendering(template="qwen3"), completion=reply)
        assert "".join(texts(rows, words)[1]) == reply + "<|endoftext|>"


def test_no_token_reaches_across_the_border_of_prompt_and_completion(tmp_path: Path) -> None:
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    vocab = {each: number for number, each in enumerate(["a", "b", "ab", "<e>"])}
    words = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(models.BPE(vocab=vocab, merges=[("a", "b")])), eos_token="<e>"
    )
    assert words("ab")["input_ids"] == [vocab["ab"]]
    tokens, labels = one(tmp_path, words, prompt="a", completion="b").row(0)
    assert tokens.tolist() == [vocab["a"], vocab["b"], vocab["<e>"]]
    assert labels.tolist() == [IGNORED, vocab["b"], vocab["<e>"]]


def test_an_end_that_is_there_is_not_put_twice_and_a_start_neither(tmp_path: Path) -> None:
    words = tokenizer(bos="<|begin_of_text|>")
    rows = one(tmp_path, words, prompt="<|begin_of_text|>Hi", completion=f"{REPLY}<|endoftext|>")
    read, trained = texts(rows, words)
    assert "".join(read) == "<|begin_of_text|>Hi"
    assert "".join(trained) == f"{REPLY}<|endoftext|>"


def test_rows_that_come_with_tokens_are_trained_as_they_are(tmp_path: Path) -> None:
    table = pl.DataFrame(
        {
            "prompt": ["never read"],
            "completion": ["never read"],
            "input_ids": [[5, 6, 7, 8]],
            "completion_mask": [[0, 0, 1, 1]],
            "weight": [2.5],
        }
    )
    (tmp_path / "data").mkdir()
    table.write_parquet(tmp_path / "data" / "train-00000-of-00001.parquet")
    rows = load_rows(tmp_path, tokenizer(), max_length=4)
    assert rows.row(0)[0].tolist() == [5, 6, 7, 8]
    assert rows.row(0)[1].tolist() == [IGNORED, IGNORED, 7, 8]
    assert (rows.ids, rows.weights.tolist(), rows.targets.tolist()) == (("0",), [2.5], [2])


def test_a_row_over_the_length_is_refused_by_name_or_counted_never_cut(tmp_path: Path) -> None:
    """The trap: TRL keeps the first 1024 tokens and says nothing."""
    words = tokenizer()
    long = "Wait. " * 600
    arm = write_arm(
        tmp_path,
        [
            {"prompt": PROMPT, "completion": REPLY, "id": "short"},
            {"prompt": PROMPT, "completion": long, "id": "long"},
        ],
    )
    with pytest.raises(InputError, match=r"cannot be trained whole") as caught:
        load_rows(arm, words, max_length=1024)
    assert "long (" in caught.value.why
    dropped = load_rows(arm, words, max_length=1024, overlong="drop")
    assert (dropped.ids, [each.id for each in dropped.refused]) == (("short",), ["long"])
    assert dropped.account()["refused"] == [
        {"id": "long", "reason": "too_long", "length": dropped.refused[0].length}
    ]
    whole = load_rows(arm, words, max_length=10_000)
    assert words.decode(whole.row(1)[0]) == f"{PROMPT}{long}<|endoftext|>"
    with pytest.raises(InputError, match="no row to train"):
        load_rows(arm, words, max_length=3, overlong="drop")


def test_a_row_with_nothing_to_train_is_refused(tmp_path: Path) -> None:
    """The trap: TRL leaves such rows out in silence, older ones train on a loss of 0 / 0."""
    with pytest.raises(InputError, match="no token to train") as caught:
        one(tmp_path, tokenizer(), rendering=Rendering(end="none"), completion="")
    assert "a (" in caught.value.why
    assert one(tmp_path, tokenizer(), completion="").targets.tolist() == [1]  # the end alone


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([], "has no rows"),
        ([{"question": "a", "answer": "b"}], "has no rows|no `prompt`"),
        ([{"prompt": "a", "completion": None}], "of text"),
        ([{"prompt": "a", "completion": "b"}, {"prompt": None, "completion": "b"}], "no prompt or"),
        ([{"prompt": [{"role": "user"}], "completion": "b"}], "of text"),
        ([{"prompt": "a", "completion": "b", "weight": -1}], "no weight"),
    ],
)
def test_an_arm_that_cannot_be_read_says_why(rows: list[Any], problem: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=problem):
        load_rows(write_arm(tmp_path, rows), tokenizer(), max_length=100)


def test_a_file_that_is_no_json_says_so(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text("no json\n", "utf-8")
    with pytest.raises(InputError, match="cannot be read"):
        load_rows(tmp_path, WORDS, max_length=100)


def test_a_tokenizer_without_an_end_is_refused(tmp_path: Path) -> None:
    words = tokenizer()
    words.eos_token = None
    with pytest.raises(InputError, match="has no `eos_token`"):
        one(tmp_path, words)
    with pytest.raises(InputError, match="no template"):
        Rendering(template="alpaca")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="has no turns"):
        Rendering(end="turn")


@given(
    st.lists(
        st.tuples(st.text(min_size=1, max_size=30), st.text(max_size=30)), min_size=1, max_size=6
    )
)
def test_any_text_comes_out_as_it_went_in(pairs: list[tuple[str, str]]) -> None:
    words = WORDS
    table = pl.DataFrame({"prompt": [a for a, _ in pairs], "completion": [b for _, b in pairs]})
    from curate.train.rows import checked, tokenised_pairs

    made = list(tokenised_pairs(table, words, Rendering()))
    rows = checked(
        [str(n) for n in range(len(pairs))],
        made,
        weights=None,
        max_length=10**6,
        overlong="refuse",
        name="x",
    )
    assert len(rows) == len(pairs)
    for number, (prompt, completion) in enumerate(pairs):
        tokens, labels = rows.row(number)
        assert (
            words.decode(tokens, clean_up_tokenization_spaces=False)
            == f"{prompt}{completion}<|endoftext|>"
        )
        assert words.decode(labels[labels != IGNORED]) == f"{completion}<|endoftext|>"
        assert rows.targets[number] == np.count_nonzero(labels[1:] != IGNORED)


WORDS = tokenizer()


def test_jsonl_and_parquet_folders_and_files_are_read_in_order(tmp_path: Path) -> None:
    for number, name in enumerate(("b.jsonl", "a.jsonl")):
        row = {"prompt": "p", "completion": str(number), "id": name}
        (tmp_path / name).write_text(json.dumps(row) + "\n", "utf-8")
    assert load_rows(tmp_path, WORDS, max_length=99).ids == ("a.jsonl", "b.jsonl")
    assert load_rows(tmp_path / "b.jsonl", WORDS, max_length=99).ids == ("b.jsonl",)
