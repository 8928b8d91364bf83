"""Other people's libraries, quiet: no telemetry and no progress bars."""

import contextlib
import os
from collections.abc import Iterator

from curate.errors import MissingExtra


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """No telemetry and no progress bars of transformers and TRL while the block lasts."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        from transformers.utils import logging
    except ImportError as error:
        raise MissingExtra("transformers", extra="train", needed_for="training") from error
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()
