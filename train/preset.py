"""The presets of studies: tables of a study file that come with the package."""

import tomllib
from importlib import resources
from typing import Any

from curate.errors import InputError

PRESETS = ("ren2026", "small")


def preset_text(name: str) -> str:
    """A preset as it stands in its file."""
    return (resources.files("curate.train") / "presets" / f"{name}.toml").read_text("utf-8")


def preset_tables(name: object) -> dict[str, Any]:
    """The tables of a preset; none where no preset is named.

    Raises:
        InputError: there is no preset of that name.
    """
    if name is None:
        return {}
    if name not in PRESETS:
        raise InputError(
            f"no preset `{name}`", why=f"the presets are {', '.join(PRESETS)}", fix="take one"
        )
    return tomllib.loads(preset_text(str(name)))
