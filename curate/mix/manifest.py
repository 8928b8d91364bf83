"""Manifests on disk: of a design, and of each arm alone; either can be replayed."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from curate.errors import InputError
from curate.mix.plan import FORMAT

NAME = "manifest.json"


def manifest_text(manifest: Mapping[str, Any]) -> bytes:
    """The manifest as it is written: the same bytes for the same values."""
    return json.dumps(manifest, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def of_arm(manifest: Mapping[str, Any], arm: str) -> dict[str, Any]:
    """The manifest of one arm: that of the design, with this arm alone."""
    return {**manifest, "arms": {arm: manifest["arms"][arm]}}


def read_manifest(path: Path) -> dict[str, Any]:
    """What a manifest says.

    Raises:
        InputError: there is none, or it is another version's or was edited.
    """
    path = path / NAME if path.is_dir() else path
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(
            f"`{path}` is no manifest",
            why=str(error),
            fix=f"name a `{NAME}` that `curate mix` wrote, or its folder",
        ) from error
    whole = isinstance(found, dict) and {"recipe", "arms", "balance"} <= found.keys()
    if not whole or found.get("format") != FORMAT:
        raise InputError(
            f"`{path}` is no manifest of this version",
            why=f"this curate reads format {FORMAT}",
            fix="use the version that wrote it",
        )
    return dict(found)
