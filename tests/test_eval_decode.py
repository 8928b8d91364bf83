"""Generation and likelihoods: the tokens of transformers, whatever the batch."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.train.eval.backend import Sampling
from curate.train.eval.cache import roomy_cache
from curate.train.eval.local import LocalModel, batches
from curate.train.eval.noise import gumbel, key_of
from curate.train.eval.sampling import kept, next_tokens
from tests.tiny_lm import character_tokenizer, tiny_model

torch: Any = pytest.importorskip("torch")
PROMPTS = ["What is 2+3?", "hi", "The answer to 17*4 (think!) is", "a", "x" * 40, "Copy: abc"]


@pytest.fixture(scope="module")
def model() -> LocalModel:
    torch.set_num_threads(1)
    return LocalModel(tiny_model(context=128), character_tokenizer())


def generated(model: LocalModel, prompt: str, count: int) -> list[int]:
    """What `generate` of transformers makes of one prompt, greedy, without the end token."""
    ids = torch.tensor([model.tokens(prompt)])
    mask = torch.ones_like(ids)
    out = model.model.generate(
        input_ids=ids, attention_mask=mask, max_new_tokens=count, do_sample=False, pad_token_id=0
    )
    tokens = [int(token) for token in out[0][ids.shape[1] :]]
    return tokens[: tokens.index(0)] if 0 in tokens else tokens


def test_greedy_tokens_are_those_of_generate_in_any_batch(model: LocalModel) -> None:
    prompts = [model.tokens(text) for text in PROMPTS]
    sampling = Sampling(max_tokens=40)
    whole = model.generate(prompts, [0] * len(prompts), sampling)
    for text, prompt, made in zip(PROMPTS, prompts, whole, strict=True):
        wanted = generated(model, text, 40)
        assert model.tokens(made.text) == wanted
        assert made.n_tokens == len(wanted)
        assert made.stop_reason == ("length" if len(wanted) == 40 else "stop")
        assert model.generate([prompt], [0], sampling) == [made]


def others() -> dict[str, Any]:
    """Models that keep more than keys and values, or look positions up in a table."""
    import transformers as of

    size = len(character_tokenizer())
    small = {"vocab_size": size, "eos_token_id": 0, "bos_token_id": 0, "pad_token_id": 1}
    plain = {**small, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 4,
             "num_attention_heads": 2, "num_key_value_heads": 2}  # fmt: skip
    layers = ["conv", "full_attention", "conv", "full_attention"]
    config = of.GPT2Config(**small, n_positions=64, n_embd=32, n_layer=2, n_head=2)
    hybrid = of.Lfm2Config(**plain, layer_types=layers, max_position_embeddings=128)
    return {"learned": of.GPT2LMHeadModel(config), "hybrid": of.Lfm2ForCausalLM(hybrid)}


@pytest.mark.parametrize("name", ["learned", "hybrid"])
def test_rows_that_leave_the_batch_or_meet_the_context_change_no_other(name: str) -> None:
    torch.manual_seed(0)
    other = LocalModel(others()[name], character_tokenizer())
    prompts = [other.tokens(text) for text in ("x" * 60, "y" * 10, "a", "z+1=", "hi", "w" * 30)]
    keys = list(range(len(prompts)))
    sampling = Sampling(temperature=1.0, max_tokens=30)
    together = other.generate(prompts, keys, sampling)
    alone = [other.generate([p], [k], sampling)[0] for p, k in zip(prompts, keys, strict=True)]
    assert together == alone
    assert len({each.n_tokens for each in together}) > 1


def test_a_stop_text_of_long_characters_is_found(model: LocalModel) -> None:
    stop = "最终答案到此结束谢谢大家"
    ids = list(range(len(stop.encode())))
    found = LocalModel(model.model, ByteTokenizer(stop))
    assert found._stopper((stop,))(ids)


class ByteTokenizer:
    """A token for each byte of one text."""

    eos_token_id = None

    def __init__(self, text: str) -> None:
        self.content = text.encode()

    def decode(self, tokens: list[int], **_: object) -> str:
        return bytes(self.content[token] for token in tokens).decode(errors="ignore")


def test_a_sample_depends_on_its_key_and_not_on_its_batch(model: LocalModel) -> None:
    prompts = [model.tokens(text) for text in PROMPTS]
    keys = [key_of(7, text) for text in PROMPTS]
    sampling = Sampling(temperature=0.8, top_p=0.95, top_k=30, max_tokens=30)
    whole = model.generate(prompts, keys, sampling)
    assert whole == [model.generate([p], [k], sampling)[0] for p, k in zip(prompts, keys)]  # noqa: B905
    backwards = model.generate(prompts[::-1], keys[::-1], sampling)
    assert whole == backwards[::-1]
    others = model.generate(prompts, [key + 1 for key in keys], sampling)
    assert [each.text for each in others] != [each.text for each in whole]


def test_a_stop_text_ends_a_response_and_is_cut_off(model: LocalModel) -> None:
    prompt = model.tokens(PROMPTS[0])
    full = model.generate([prompt], [0], Sampling(max_tokens=40))[0].text
    stop = full[5:7]
    made = model.generate([prompt], [0], Sampling(max_tokens=40, stop=(stop, "never")))[0]
    assert made.text == full[: full.index(stop)]
    assert made.stop_reason == "stop_text"


def test_the_context_cuts_a_response_and_a_prompt_that_does_not_fit_is_not_asked(
    model: LocalModel,
) -> None:
    long, longer = model.tokens("y" * 120), model.tokens("y" * 128)
    made = model.generate([long, longer, []], [1, 2, 3], Sampling(temperature=5, max_tokens=100))
    assert made[0].n_tokens <= 8
    assert made[0].stop_reason in ("context", "stop")
    assert [each.stop_reason for each in made[1:]] == ["too_long", "too_long"]


@given(st.integers(-(2**63), 2**63 - 1), st.integers(0, 40_000), st.integers(1, 300))
@settings(max_examples=60, deadline=None)
def test_noise_is_finite_and_the_same_for_fewer_tokens(key: int, place: int, count: int) -> None:
    noise = gumbel(torch.tensor([key, 5]), place, count)
    assert torch.isfinite(noise).all()
    assert torch.equal(noise[:, : count // 2], gumbel(torch.tensor([key, 5]), place, count // 2))
    assert torch.equal(noise[:1], gumbel(torch.tensor([key]), place, count))


def test_noise_is_gumbel_and_draws_are_from_the_softmax() -> None:
    keys = torch.tensor([key_of(0, number) for number in range(20_000)])
    noise = gumbel(keys, 3, 4).double().numpy()
    assert noise.mean() == pytest.approx(0.5772, abs=0.01)
    assert noise.var() == pytest.approx(math.pi**2 / 6, abs=0.03)
    assert abs(np.corrcoef(noise.T)[0, 1:]).max() < 0.03
    assert abs(np.corrcoef(noise[:, 0], gumbel(keys, 4, 4).numpy()[:, 0])[0, 1]) < 0.03
    logits = torch.tensor([[2.0, 0.0, 1.0, -1.0]]).expand(len(keys), 4)
    drawn = next_tokens(logits, keys, 0, Sampling(temperature=0.7)).numpy()
    shares = np.bincount(drawn, minlength=4) / len(keys)
    assert shares == pytest.approx((logits[0] / 0.7).softmax(-1).numpy(), abs=0.012)


@given(
    st.lists(st.floats(-20, 20, width=32), min_size=2, max_size=30),
    st.integers(0, 31),
    st.floats(0.01, 1.0),
)
@settings(max_examples=150, deadline=None)
def test_top_k_and_top_p_keep_what_transformers_keeps(
    logits: list[float], top_k: int, top_p: float
) -> None:
    from transformers import TopKLogitsWarper, TopPLogitsWarper

    scores = torch.tensor([logits])
    ours = kept(scores, Sampling(temperature=1, top_k=top_k, top_p=top_p))
    theirs = scores
    if top_k:
        theirs = TopKLogitsWarper(top_k=top_k)(None, theirs)
    if top_p < 1:
        theirs = TopPLogitsWarper(top_p=top_p)(None, theirs)
    left = torch.isfinite(ours)[0]
    assert left.any()
    # Both take the smallest set that reaches top-p; ties and sums at the edge may part them.
    different = (left != torch.isfinite(theirs)[0]).nonzero()[:, 0]
    chances = scores.softmax(-1)[0]
    if len(different) and not 0 < top_k < len(logits):
        order = chances.sort(descending=True).values
        edge = (order.cumsum(0) - top_p).abs().min() < 1e-5
        tied = any((chances == chances[at]).sum() > 1 for at in different)
        assert edge or tied


def naive(model: LocalModel, context: list[int], rest: list[int]) -> tuple[float, float]:
    """Log-likelihood and mean entropy by one plain pass."""
    with torch.no_grad():
        logits = model.model(torch.tensor([[*context, *rest]]), use_cache=False).logits[0].double()
    logp = logits.log_softmax(-1)
    rows = range(len(context) - 1, len(context) + len(rest) - 1)
    total = sum(float(logp[at, token]) for at, token in zip(rows, rest, strict=True))
    entropy = np.mean([-float((logp[at].exp() * logp[at]).sum()) for at in rows])
    return total, float(entropy)


def test_likelihoods_in_a_batch_are_those_of_a_plain_pass(model: LocalModel) -> None:
    texts = [*PROMPTS, "one more", "z" * 90]
    pairs = [(model.tokens(a), model.tokens(b[:25])) for a in texts for b in texts]
    pairs += [(model.tokens("q" * 100), model.tokens("w" * 29)), ([], [1]), ([1], [])]
    found = model.likelihoods(pairs)
    assert found[-3:] == [None, None, None]
    for pair, one in zip(pairs[:-3], found, strict=False):
        assert one is not None
        logp, entropy = naive(model, *pair)
        assert one.logp == pytest.approx(logp, abs=2e-4)
        assert one.entropy == pytest.approx(entropy, abs=1e-5)
        assert one.n_tokens == len(pair[1])


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(1, 50)), max_size=40), st.integers(1, 9))
@settings(max_examples=50, deadline=None)
def test_batches_of_likelihoods_hold_every_pair_once(
    sizes: list[tuple[int, int]], vocabulary: int
) -> None:
    pairs = [([0] * a, [0] * b) for a, b in sizes]
    made = batches(range(len(pairs)), pairs, vocabulary * 10**5)
    assert sorted(at for batch in made for at in batch) == list(range(len(pairs)))


def test_long_contexts_are_read_a_few_at_a_time() -> None:
    pairs = [([0] * 8000, [0] * 6)] * 40 + [([0] * 100_000, [0] * 6)]
    made = batches(range(len(pairs)), pairs, 151_936)
    assert max(len(batch) for batch in made) == 2**16 // 8006
    assert made[-1] == [40]


def test_text_behind_a_prompt_keeps_its_first_space() -> None:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = {"<unk>": 0, "▁so": 1, "▁five": 2, "</s>": 3}
    made = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.decoder = decoders.Metaspace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=made, eos_token="</s>")
    backend = LocalModel(tiny_model(), tokenizer)
    assert tokenizer.decode([2]) == "five"
    assert backend.continued([1], [2]) == " five"


def test_the_cache_with_room_holds_what_that_of_transformers_holds(model: LocalModel) -> None:
    from transformers.cache_utils import DynamicCache

    config = model.model.config
    ours, theirs = roomy_cache(config), DynamicCache(config=config)
    torch.manual_seed(0)
    count = 5
    for step in range(200):
        if step in (30, 31, 120):
            keep = torch.tensor([0, *range(2, count)])
            count -= 1
            ours.batch_select_indices(keep)
            theirs.batch_select_indices(keep)
        new = torch.randn(2, count, 2, 7 if step == 0 else 1, 16)
        for layer in range(config.num_hidden_layers):
            mine = ours.update(new[0], new[1], layer)
            wanted = theirs.update(new[0], new[1], layer)
            assert all(map(torch.equal, mine, wanted))
        assert ours.get_seq_length() == theirs.get_seq_length()


def test_layers_of_other_kinds_are_left_as_they_are() -> None:
    from transformers import MistralConfig, MistralForCausalLM

    words = character_tokenizer()
    torch.manual_seed(0)
    config = MistralConfig(
        vocab_size=len(words), hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=2, sliding_window=8, bos_token_id=None,
        eos_token_id=0, pad_token_id=0, max_position_embeddings=128,
    )  # fmt: skip
    backend = LocalModel(MistralForCausalLM(config), words)
    for text, made in zip(
        PROMPTS[:3],
        backend.generate(
            [backend.tokens(text) for text in PROMPTS[:3]], [0] * 3, Sampling(max_tokens=30)
        ),
        strict=True,
    ):
        assert backend.tokens(made.text) == generated(backend, text, 30)
