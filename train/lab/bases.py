"""Bases in the user's cache: made once for each recipe, whole or not there.

    ~/.cache/curate/lab/
      9f2c…/                 a model folder with its tokenizer, and `base.json`, its recipe
      9f2c….work/            what a run under way, or a killed one, keeps to go on from

The name is a hash of the recipe, of the code that makes the world and trains on it, and of the
versions of what it runs on: an edited world is another base.
"""

import json
import os
import shutil
from collections.abc import Callable
from importlib import resources
from importlib.metadata import version
from pathlib import Path

import xxhash

from curate.errors import MissingExtra
from curate.io import flush, write_bytes
from curate.lock import alone
from curate.train.lab import tokenizer
from curate.train.lab.pretrain import BaseRecipe, pretrain
from curate.train.quiet import quiet

MAKERS = ("world.py", "traces.py", "tokenizer.py", "pretrain.py")
"""The modules that a base depends on."""
PACKAGES = ("torch", "transformers", "tokenizers", "numpy")
NAME = "base.json"


def cache_folder() -> Path:
    """Where bases are kept: below `XDG_CACHE_HOME`, or `~/.cache`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "curate" / "lab"


def base_key(recipe: BaseRecipe) -> str:
    """The name of a base in the cache, 32 hexadecimal digits."""
    digest = xxhash.xxh3_128()
    for module in MAKERS:
        digest.update(resources.files("curate.train.lab").joinpath(module).read_bytes())
    about = {"recipe": recipe.plain(), "versions": versions()}
    digest.update(json.dumps(about, sort_keys=True).encode())
    return str(digest.hexdigest())


def versions() -> dict[str, str]:
    """The versions of what a base is made with.

    Raises:
        MissingExtra: one of them is not installed.
    """
    from importlib.metadata import PackageNotFoundError

    try:
        return {package: version(package) for package in PACKAGES}
    except PackageNotFoundError as error:
        raise MissingExtra(str(error.name), extra="train", needed_for="the lab") from error


def need_base(
    recipe: BaseRecipe, cache: Path, on_step: Callable[[int, float], None] | None = None
) -> Path:
    """The folder of a base, pretrained now if the cache does not have it.

    Raises:
        PoolError: another run is pretraining the same base.
        MissingExtra: a package is not installed.
    """
    folder = cache / base_key(recipe)
    if folder.is_dir():
        return folder
    work = folder.with_name(f"{folder.name}.work")
    work.mkdir(parents=True, exist_ok=True)
    with alone(work):
        if not folder.is_dir():
            save(recipe, pretrain(recipe, work, on_step), work / "model")
            (work / "model").replace(folder)
            flush(cache)
            for path in work.glob("state.pt"):
                path.unlink()
    shutil.rmtree(work, ignore_errors=True)
    return folder


def save(recipe: BaseRecipe, model: object, folder: Path) -> None:
    """Write model, tokenizer and recipe; a folder that a killed run left is made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    with quiet():
        model.save_pretrained(folder)  # type: ignore[attr-defined]
        tokenizer.save(folder)
    about = {"recipe": recipe.plain(), "versions": versions()}
    write_bytes(folder / NAME, json.dumps(about, indent=2).encode())
    for path in folder.iterdir():
        flush(path)
