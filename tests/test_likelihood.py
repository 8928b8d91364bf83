"""Perplexity, IFD and the rank-surprisal ratio of tiny models, against a plain reading."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import InputError
from curate.quality.causal import CausalModel
from curate.quality.likelihood import (
    BETWEEN,
    TokenScores,
    first_of_steps,
    likelihood,
    likelihoods,
    windows,
)
from tests.tiny_models import save_causal_model

PROBLEM = "What is 2 + 3?"
RESPONSE = (
    "<think>\nLet me think. First, 2 + 3 = 5.\n</think>\n\nSo the answer is 5. Wait, <s> yes."
)


@pytest.fixture(scope="module", params=[("gpt2", True), ("llama", True), ("llama", False)])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> CausalModel:
    kind, start = request.param
    folder = tmp_path_factory.mktemp("model")
    return CausalModel(str(save_causal_model(folder, kind=kind, start=start, context=96)))


def plain_scores(model: CausalModel, tokens: list[int], new: int) -> TokenScores:
    """Surprisals and ranks of the last tokens, each from a forward pass of its own."""
    import torch

    surprisals, ranks = [], []
    for place in range(len(tokens) - new, len(tokens)):
        with torch.inference_mode():
            logits = model._model(torch.tensor([tokens[:place]])).logits[0, -1].double()
        chances = torch.softmax(logits, 0)
        surprisals.append(-float(torch.log(chances[tokens[place]])))
        order = torch.argsort(logits, descending=True).tolist()
        ranks.append(min(100, 1 + order.index(tokens[place])))
    return TokenScores(surprisals=np.array(surprisals), ranks=np.array(ranks, float))


def test_the_columns_are_those_of_a_plain_reading(model: CausalModel) -> None:
    head = [] if model.start is None else [model.start]
    tokens, starts = model.tokens(RESPONSE)
    problem = model.tokens(PROBLEM + BETWEEN)[0]
    assert len(head) + len(problem) + len(tokens) <= model.context
    count = len(tokens) - (not head)
    given_problem = plain_scores(model, [*head, *problem, *tokens], count)
    alone = plain_scores(model, [*head, *tokens], count)
    first = first_of_steps(RESPONSE, starts)[len(tokens) - count :]
    [found] = likelihoods(model, [(PROBLEM, RESPONSE)])
    s, r, rest = given_problem.surprisals, given_problem.ranks, ~first
    assert found.perplexity == pytest.approx(np.exp(s.mean()), rel=1e-4)
    assert found.perplexity_debiased == pytest.approx(np.exp(s[rest].mean()), rel=1e-4)
    assert found.ifd == pytest.approx(s.mean() / alone.surprisals.mean(), rel=1e-4)
    assert found.ifd_debiased == pytest.approx(
        s[rest].mean() / alone.surprisals[rest].mean(), rel=1e-4
    )
    assert found.rank_surprisal == pytest.approx(r.sum() / s.sum(), rel=1e-4)
    assert found.rank_surprisal_debiased == pytest.approx(r[rest].sum() / s[rest].sum(), rel=1e-4)
    assert found.likelihood_tokens == count
    assert found.likelihood_steps == first.sum()


def test_a_batch_gives_what_each_trace_gives_alone(model: CausalModel) -> None:
    traces = [(PROBLEM, RESPONSE), ("2", "So 5."), (PROBLEM * 9, RESPONSE * 4), ("", "5 = 5")]
    together = likelihoods(model, traces)
    for trace, found in zip(traces, together, strict=True):
        [alone] = likelihoods(model, [trace])
        assert found.likelihood_tokens == alone.likelihood_tokens
        assert found.perplexity == pytest.approx(alone.perplexity, rel=1e-4)
        assert found.rank_surprisal == pytest.approx(alone.rank_surprisal, rel=1e-4)


def test_a_long_response_is_read_to_its_end(model: CausalModel) -> None:
    long = RESPONSE * 12
    tokens, _ = model.tokens(long)
    assert len(tokens) > 3 * model.context
    before, after = likelihoods(model, [(PROBLEM, long), (PROBLEM, long + " zzzz QQQQ")])
    assert before.likelihood_tokens == len(tokens) - (model.start is None)
    assert after.perplexity != before.perplexity
    assert after.likelihood_tokens > before.likelihood_tokens


def test_white_space_without_end_is_looked_through_once() -> None:
    for text in ("\n" * 200_000, "a" + "\n " * 100_000 + "b", ". " * 100_000, "?" * 200_000):
        assert len(first_of_steps(text, range(len(text)))) == len(text)


def test_an_empty_response_has_no_likelihood(model: CausalModel) -> None:
    [found] = likelihoods(model, [(PROBLEM, "")])
    assert found.likelihood_tokens == 0
    assert found.perplexity is found.ifd is found.rank_surprisal is None


def test_marks_in_a_text_are_only_text(model: CausalModel) -> None:
    special = set(model._tokenizer.all_special_ids)
    assert not special & set(model.tokens("a <s> b </s>")[0])


def test_no_model_is_an_error_that_can_be_fixed(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no model that can be loaded"):
        CausalModel(str(tmp_path / "nowhere"))


# --- windows --------------------------------------------------------------------------------------


@given(st.integers(0, 40), st.integers(0, 200), st.integers(4, 30))
def test_every_token_is_new_in_one_window_and_has_half_a_context_before_it(
    head_size: int, size: int, context: int
) -> None:
    head = [-1 - place for place in range(head_size)]
    tokens = list(range(size))
    found = windows(head, tokens, context)
    new = [token for window in found for token in window.tokens[len(window.tokens) - window.new :]]
    assert new == (tokens if head else tokens[1:])
    whole = [*head, *tokens]
    for window in found:
        assert 0 < window.new < max(2, len(window.tokens)) or window.new == 0 == len(new)
        assert len(window.tokens) <= context
        fixed = 0 if head_size > context // 2 or len(whole) <= context else head_size
        assert list(window.tokens[:fixed]) == head[:fixed]
        text = window.tokens[fixed:]
        last = whole.index(text[-1])
        assert list(text) == whole[last + 1 - len(text) : last + 1]
        old = len(text) - window.new
        assert old >= (context - fixed) // 2 - 1 or len(text) == last + 1 - fixed


# --- debiasing ------------------------------------------------------------------------------------


def steps_of(text: str) -> list[str]:
    """The text cut before every token (here: a word with what is before it) that begins a step."""
    import re

    spans = [found.span() for found in re.finditer(r"\s*\S+", text)]
    first = first_of_steps(text, [start for start, _ in spans])
    assert len(first) == len(spans)
    return [text[a:b].strip() for (a, b), is_first in zip(spans, first, strict=True) if is_first]


@pytest.mark.parametrize(("text", "expected"), [
    ("One step. Two more! Three? Four", ["One", "Two", "Three?", "Four"]),
    ("One\nTwo\n\n  Three four", ["One", "Two", "Three"]),
    ("It is 3.5 and e.g. this", ["It", "this"]),
    ("", []),
    ("   padded", ["padded"]),
])  # fmt: skip
def test_a_step_begins_after_a_sentence_or_a_line(text: str, expected: list[str]) -> None:
    found = steps_of(text)
    assert [word.rstrip("?") for word in found] == [word.rstrip("?") for word in expected]


def scores_of(surprisals: Sequence[float], ranks: Sequence[float]) -> TokenScores:
    return TokenScores(surprisals=np.array(surprisals), ranks=np.array(ranks))


def test_without_first_tokens_step_length_no_longer_matters() -> None:
    # A step: a first token of 4 nats, then tokens of 1 nat. Long steps hide their first tokens.
    def of_steps(length: int, steps: int) -> Any:
        surprisals = [4.0, *[1.0] * (length - 1)] * steps
        ranks = [50.0, *[2.0] * (length - 1)] * steps
        first = np.arange(length * steps) % length == 0
        scores = scores_of(surprisals, ranks)
        return likelihood(scores, scores_of([2 * each for each in surprisals], ranks), first)

    short, long = of_steps(4, 10), of_steps(40, 1)
    assert short.perplexity == pytest.approx(np.exp((4 + 3) / 4))
    assert long.perplexity == pytest.approx(np.exp((4 + 39) / 40))
    assert short.perplexity_debiased == pytest.approx(np.e)
    assert long.perplexity_debiased == pytest.approx(np.e)
    assert short.ifd == short.ifd_debiased == pytest.approx(0.5)
    assert short.rank_surprisal == pytest.approx((50 + 6) / 7)
    assert short.rank_surprisal_debiased == pytest.approx(2.0)
    assert (short.likelihood_tokens, short.likelihood_steps) == (40, 10)


def test_a_response_of_first_tokens_only_has_no_debiased_value() -> None:
    scores = scores_of([1.0, 2.0], [1.0, 1.0])
    found = likelihood(scores, scores, np.array([True, True]))
    assert found.perplexity is not None
    assert found.perplexity_debiased is found.ifd_debiased is found.rank_surprisal_debiased is None


def test_a_token_that_is_certain_divides_by_nothing() -> None:
    scores = scores_of([0.0], [1.0])
    found = likelihood(scores, scores, np.array([False]))
    assert found.perplexity == 1.0
    assert found.ifd is found.rank_surprisal is None
