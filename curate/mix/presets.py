"""The paper's designs by name: recipes that come with the package."""

from importlib import resources

from curate.errors import InputError
from curate.mix.recipe import Recipe, parse_recipe

NAMES = (
    "math-cot", "math-nocot", "human-solutions", "countdown-cot", "repeat-vs-cover", "dose-response"
)  # fmt: skip


def preset_text(name: str) -> str:
    """The recipe of a preset as it stands in its file."""
    return (resources.files("curate.mix") / "presets" / f"{name}.toml").read_text("utf-8")


def preset(name: str) -> Recipe:
    """The recipe of that name.

    Raises:
        InputError: there is none.
    """
    if name not in NAMES:
        raise InputError(
            f"no preset `{name}`",
            why=f"the presets are {', '.join(NAMES)}",
            fix="take one of these, or name a file that ends in `.toml`",
        )
    return parse_recipe(preset_text(name), f"the preset `{name}`")
