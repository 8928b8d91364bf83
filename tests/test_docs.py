"""The README tells the truth: its commands run, its Python runs, its pool is laid out so."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import curate, folder
from tests.test_cli import COMMANDS

__all__ = ["folder"]

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    """The fenced blocks of the README in this language."""
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def commands(text: str) -> list[list[str]]:
    """The `$ curate …` lines of a console block, split into words."""
    return [shlex.split(line[2:]) for line in text.splitlines() if line.startswith("$ ")]


def test_the_examples_of_the_readme_run_in_order(folder: Path) -> None:
    for name, *arguments in (words for block in blocks("console") for words in commands(block)):
        assert name == "curate"
        code, _, err = curate(folder, *arguments)
        assert code == 0, err
    assert (folder / "train.jsonl").stat().st_size > 0
    parts = {path.name for path in (folder / "pool").iterdir()}
    described = re.findall(
        r"^      (\S+?)/? {2,}", README.partition("    pool/\n")[2], re.MULTILINE
    )
    assert set(described) - {"judge", "contamination"} <= parts
    for name in ("train", "verify", "analyze"):
        (folder / f"{name}.py").unlink()
    for number, code_block in enumerate(blocks("python")):
        (folder / f"example{number}.py").write_text(code_block)
        done = subprocess.run([sys.executable, f"example{number}.py"], cwd=folder)
        assert done.returncode == 0, code_block


def test_the_demo_of_the_readme_is_what_comes_out(folder: Path) -> None:
    (shown,) = blocks("demo")
    real = ""
    for line in (line for line in shown.splitlines() if line.startswith("$ ")):
        code, out, err = curate(folder, *shlex.split(line)[2:])
        assert code == 0
        said = re.sub(r"^.* of .*, .*/s, .* left\n", "", err, flags=re.MULTILINE)  # progress
        real += f"{line}\n{out}{said}"
    assert real == shown


@pytest.mark.parametrize("word", sorted(set(re.findall(r"`(?:curate \w+ )?(--[a-z-]+)", README))))
def test_every_option_in_the_readme_exists(folder: Path, word: str) -> None:
    helps = [curate(folder, name, "--help")[1] for name in COMMANDS]
    assert any(re.search(rf"{word}\b", text) for text in helps)


def test_every_make_target_in_the_docs_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    contributing = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    named = set(re.findall(r"(?:`|    )make (\w+)", README + contributing))
    assert named <= targets
    assert {"demo", "test"} <= named


def test_no_link_in_the_docs_is_dead() -> None:
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        for link in re.findall(r"\]\((?!http)([^)#]+)\)", (ROOT / name).read_text("utf-8")):
            assert (ROOT / link).exists(), f"{name} links to {link}"
