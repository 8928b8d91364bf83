"""Judges: language models that are asked whether an answer is the reference answer.

    openai:MODEL@http://host:8000/v1    any endpoint that speaks `chat/completions`
    hf:PATH_OR_NAME                     a model on this machine, through transformers

An endpoint's key is read from `OPENAI_API_KEY` and written nowhere.
"""

import http.client
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

from curate.errors import InputError

MAX_TOKENS = 1024
TRIES = 5
REQUESTS_AT_ONCE = 8
BATCH = 16
TIMEOUT_S = 120.0
LONGEST_WAIT_S = 60.0


class Judge(Protocol):
    """Answers prompts."""

    @property
    def name(self) -> str:
        """As the user gave it; recorded in the pool."""
        ...

    def replies(self, prompts: Sequence[str]) -> Iterator[str | None]:
        """A reply to each prompt, in order; None where there is none after all tries."""
        ...


def judge_of(name: str) -> Judge:
    """The judge of that name.

    Raises:
        InputError: there is none.
    """
    kind, _, rest = name.partition(":")
    model, at, url = rest.rpartition("@")
    if kind == "openai" and at and model and url.startswith(("http://", "https://")):
        return Endpoint(name=name, model=model, url=url.rstrip("/"))
    if kind == "hf" and rest:
        return LocalModel(name)
    raise InputError(
        f"`--judge {name}` is no judge",
        why="it is neither an endpoint nor a model",
        fix="say `openai:MODEL@http://HOST/v1` or `hf:PATH_OR_NAME`",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A server that speaks `chat/completions`."""

    name: str
    model: str
    url: str

    def replies(self, prompts: Sequence[str]) -> Iterator[str | None]:
        """A reply to each prompt, in order; None where the server gave none after all tries."""
        with ThreadPoolExecutor(REQUESTS_AT_ONCE) as threads:
            yield from threads.map(self._reply, prompts)

    def _reply(self, prompt: str) -> str | None:
        for number in range(TRIES):
            try:
                return self._post(prompt)
            except urllib.error.HTTPError as error:
                if error.code in (401, 403, 404):
                    raise InputError(
                        f"the judge at {self.url} refused: {error.code} {error.reason}",
                        why="the key, the address or the model is wrong",
                        fix="set `OPENAI_API_KEY`, and check `--judge openai:MODEL@URL`",
                    ) from error
                if error.code < 500 and error.code not in (408, 409, 429):
                    return None
                wait_s = waiting_time(error.headers.get("Retry-After"), number)
            except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
                wait_s = waiting_time(None, number)
            if number + 1 < TRIES:
                time.sleep(wait_s)
        return None

    def _post(self, prompt: str) -> str:
        body = {
            "model": self.model,
            "messages": [{"role": "user", "content": prompt}],
            "temperature": 0,
            "max_tokens": MAX_TOKENS,
        }
        headers = {"Content-Type": "application/json"}
        if key := os.environ.get("OPENAI_API_KEY"):
            headers["Authorization"] = f"Bearer {key}"
        request = urllib.request.Request(
            f"{self.url}/chat/completions", data=json.dumps(body).encode(), headers=headers
        )
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
            found = json.load(response)
        content = found["choices"][0]["message"]["content"]
        if not isinstance(content, str):
            raise TypeError("the reply holds no text")
        return content


def waiting_time(asked: str | None, number: int) -> float:
    """Seconds before the next try: what the server asks for, or twice as long each time."""
    try:
        wait_s = float(asked) if asked is not None else 0.5 * 2**number
    except ValueError:  # a date
        wait_s = 0.5 * 2**number
    return min(max(wait_s, 0.0), LONGEST_WAIT_S)


class LocalModel:
    """A model of transformers on this machine, on the GPU where there is one."""

    def __init__(self, name: str, max_tokens: int = MAX_TOKENS) -> None:
        self.name = name
        self._max_tokens = max_tokens
        path = name.partition(":")[2]
        try:
            from transformers import AutoModelForCausalLM, AutoTokenizer
        except ImportError as error:
            raise InputError(
                "transformers is not installed",
                why=f"`--judge {name}` needs it: {error}",
                fix="pip install 'curate-traces[train]'",
            ) from error
        try:
            self._tokenizer: Any = AutoTokenizer.from_pretrained(path, padding_side="left")
            self._model: Any = AutoModelForCausalLM.from_pretrained(path, dtype="auto")
        except (OSError, ValueError) as error:
            raise InputError(
                f"`{path}` is no model that can be loaded",
                why=str(error).splitlines()[0],
                fix="give a folder made by `save_pretrained`, or a name on the Hub",
            ) from error
        import torch

        self._model.to("cuda" if torch.cuda.is_available() else "cpu").eval()
        if self._tokenizer.pad_token is None:
            self._tokenizer.pad_token = self._tokenizer.eos_token

    def replies(self, prompts: Sequence[str]) -> Iterator[str | None]:
        """A reply to each prompt, in order, greedy and in batches."""
        for first in range(0, len(prompts), BATCH):
            yield from self._batch(prompts[first : first + BATCH])

    def _batch(self, prompts: Sequence[str]) -> list[str]:
        import torch

        texts = [self._framed(prompt) for prompt in prompts]
        batch: Any = self._tokenizer(texts, return_tensors="pt", padding=True)
        batch = batch.to(self._model.device)
        with torch.inference_mode():
            found = self._model.generate(
                **batch,
                do_sample=False,
                max_new_tokens=self._max_tokens,
                pad_token_id=self._tokenizer.pad_token_id,
            )
        fresh = found[:, batch["input_ids"].shape[1] :]
        return list(self._tokenizer.batch_decode(fresh, skip_special_tokens=True))

    def _framed(self, prompt: str) -> str:
        """The prompt as the model's chat template has it, where it has one."""
        if not self._tokenizer.chat_template:
            return prompt
        messages = [{"role": "user", "content": prompt}]
        framed = self._tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=True
        )
        return str(framed)
