"""vLLM as a backend: the same requests, answered by its own engine and its own sampling.

Needs the extra `vllm` and a GPU. Each request carries a seed made from the response's key, so vLLM
draws the same noise for it whatever else is in flight; results are its own, and are not those of
the transformers backend token by token. Use one backend for all checkpoints of a study.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from curate.errors import MissingExtra
from curate.train.eval.backend import Continuation, Generation, Sampling
from curate.train.eval.local import DTYPES


class VllmModel:
    """An engine of vLLM with its tokenizer."""

    def __init__(self, engine: Any, library: Any) -> None:  # noqa: ANN401
        """Take an engine (`vllm.LLM`) and the library that it is of."""
        self._engine, self._library = engine, library
        self.tokenizer = engine.get_tokenizer()
        self.context = int(engine.model_config.max_model_len)
        end = self.tokenizer.eos_token_id
        self.end: tuple[int, ...] = () if end is None else (end,)

    def tokens(self, text: str) -> list[int]:
        """The tokens of a text, none added."""
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def generate(
        self, prompts: Sequence[list[int]], keys: Sequence[int], sampling: Sampling
    ) -> list[Generation]:
        """A response for each prompt; those too long for the model are answered so."""
        fit = [at for at, prompt in enumerate(prompts) if 0 < len(prompt) < self.context]
        made = [Generation(text="", n_tokens=0, stop_reason="too_long") for _ in prompts]
        params = [self._params(len(prompts[at]), keys[at], sampling) for at in fit]
        asked = [{"prompt_token_ids": prompts[at]} for at in fit]
        for at, param, out in zip(
            fit, params, self._engine.generate(asked, params, use_tqdm=False), strict=True
        ):
            made[at] = self._generation(out.outputs[0], param, sampling)
        return made

    def _params(self, length: int, key: int, sampling: Sampling) -> Any:  # noqa: ANN401
        return self._library.SamplingParams(
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            top_k=sampling.top_k,  # 0 is all tokens there, too
            max_tokens=min(sampling.max_tokens, self.context - length),
            stop=list(sampling.stop) or None,
            seed=key % 2**63,
            skip_special_tokens=False,
            spaces_between_special_tokens=False,
        )

    def _generation(self, out: Any, params: Any, sampling: Sampling) -> Generation:  # noqa: ANN401
        ids = list(out.token_ids)
        if out.finish_reason == "length":
            reason = "length" if params.max_tokens == sampling.max_tokens else "context"
        else:
            reason = "stop_text" if isinstance(out.stop_reason, str) else "stop"
        if reason == "stop":  # the end token is among the ids, and its text in the text
            last = self.tokenizer.decode(ids[-1:], skip_special_tokens=False)
            return Generation(
                text=out.text.removesuffix(last), n_tokens=len(ids) - 1, stop_reason=reason
            )
        return Generation(text=out.text, n_tokens=len(ids), stop_reason=reason)

    def likelihoods(
        self, pairs: Sequence[tuple[list[int], list[int]]]
    ) -> list[Continuation | None]:
        """Log-likelihoods by `prompt_logprobs`; vLLM tells no entropies."""
        found: list[Continuation | None] = [None] * len(pairs)
        fit = [at for at, (a, b) in enumerate(pairs) if a and b and len(a) + len(b) < self.context]
        params = self._library.SamplingParams(temperature=0, max_tokens=1, prompt_logprobs=0)
        asked = [{"prompt_token_ids": [*pairs[at][0], *pairs[at][1]]} for at in fit]
        outs = self._engine.generate(asked, params, use_tqdm=False)
        for at, out in zip(fit, outs, strict=True):
            count = len(pairs[at][1])
            ids, own = out.prompt_token_ids[-count:], out.prompt_logprobs[-count:]
            logp = sum(place[token].logprob for token, place in zip(ids, own, strict=True))
            found[at] = Continuation(logp=float(logp), n_tokens=count, entropy=None)
        return found


def load_vllm(folder: Path, *, precision: str = "auto", **options: Any) -> VllmModel:  # noqa: ANN401
    """An engine for the model in a folder; `options` are those of `vllm.LLM`.

    Raises:
        MissingExtra: vLLM is not installed.
    """
    try:
        import vllm
    except ImportError as error:
        raise MissingExtra("vllm", extra="vllm", needed_for='`backend = "vllm"`') from error
    return VllmModel(vllm.LLM(model=str(folder), dtype=DTYPES[precision], **options), vllm)
