"""The models that training starts from: where they are, what they are, how large they are."""

import hashlib
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from curate.errors import InputError, MissingExtra
from curate.train.arms import sum_of
from curate.train.specs import BaseSpec

SAFETENSORS_HEADER_BYTES = 100 * 2**20
"""The format's own limit of the header (safetensors, `MAX_HEADER_SIZE`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """A model on this machine."""

    name: str
    folder: Path
    digest: str
    """Commit on the hub, or SHA-256 of the names and bytes of its files."""
    parameters: int | None
    """How many; None where its weights are in a format that does not say."""


def bases_of(specs: Mapping[str, BaseSpec], folder: Path) -> list[Base]:
    """The bases of a study.

    Raises:
        InputError: one is not there.
    """
    return [base_at(name, spec, folder) for name, spec in specs.items()]


def base_at(name: str, spec: BaseSpec, folder: Path) -> Base:
    """The base that a table describes, fetched from the hub where no such folder is here."""
    place = folder / spec.path
    if place.is_dir():
        need_model(name, place)
        digest = folder_digest(place)
    else:
        place = from_hub(name, spec)
        digest = place.name
    return Base(name=name, folder=place.resolve(), digest=digest, parameters=parameter_count(place))


def need_model(name: str, place: Path) -> None:
    """Nothing, when a folder holds a model.

    Raises:
        InputError: it has no `config.json`.
    """
    if not (place / "config.json").is_file():
        raise InputError(
            f"the base `{name}` is no model: `{place}`",
            why="there is no `config.json` in it",
            fix="name a folder that `save_pretrained` wrote, with its tokenizer",
        )


def folder_digest(place: Path) -> str:
    """SHA-256 of the names and bytes of the files of a model."""
    sums = {
        path.relative_to(place).as_posix(): sum_of(path)
        for path in sorted(place.rglob("*"))
        if path.is_file() and not path.name.startswith(".") and path.name != "README.md"
    }
    return hashlib.sha256(json.dumps(sums).encode()).hexdigest()


def from_hub(name: str, spec: BaseSpec) -> Path:
    """The folder of a model of the hub; its last part is the commit.

    Raises:
        InputError: it cannot be had.
    """
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError
    except ImportError as error:
        raise MissingExtra(
            "huggingface_hub", extra="train", needed_for="a base of the hub"
        ) from error
    try:
        return Path(snapshot_download(spec.path, revision=spec.revision))
    except (HfHubHTTPError, HFValidationError, OSError) as error:
        raise InputError(
            f"the base `{name}` is neither a folder nor a model that can be had: `{spec.path}`",
            why=" ".join(str(error).split())[:200],
            fix="correct its path in `[bases]`, relative to the file of the study",
        ) from error


def parameter_count(place: Path) -> int | None:
    """Parameters of a model, read from the heads of its safetensors files."""
    files = sorted(place.glob("*.safetensors"))
    return sum(map(parameters_in, files)) if files else None


def parameters_in(path: Path) -> int:
    """Numbers in the tensors of one safetensors file (an 8-byte length, then JSON)."""
    with path.open("rb") as file:
        start = file.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else SAFETENSORS_HEADER_BYTES + 1
        if length > SAFETENSORS_HEADER_BYTES:
            raise broken(path, "its head is cut or too long")
        try:
            header: dict[str, Any] = json.loads(file.read(length))
        except ValueError as error:
            raise broken(path, str(error)) from error
    return sum(prod(tensor["shape"]) for key, tensor in header.items() if key != "__metadata__")


def broken(path: Path, why: str) -> InputError:
    """The error of a file of weights that cannot be read."""
    return InputError(f"`{path}` is no safetensors file", why=why, fix="fetch the model again")
