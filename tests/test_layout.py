"""The tree keeps its shape: what is packaged, what links, and who may import whom."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
STAGES = ("verify", "train", "analyze")


def python_files(folder: str) -> Iterator[Path]:
    """The Python files of a folder at the top of the tree, not through the links."""
    links = [ROOT / "curate" / stage for stage in STAGES]
    for path in sorted((ROOT / folder).rglob("*.py")):
        if not any(path.is_relative_to(link) for link in links):
            yield path


def imported_modules(path: Path) -> set[str]:
    """Full names of everything a file imports, at its top or inside a function."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written in full"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def stages_imported(path: Path) -> set[str]:
    """The stages that a file imports from."""
    return {
        stage
        for stage in STAGES
        for name in imported_modules(path)
        if f"{name}.".startswith(f"curate.{stage}.")
    }


def test_every_folder_with_code_is_packaged() -> None:
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    mapped = setuptools["package-dir"]

    def folder_of(package: str) -> str:
        if package in mapped:
            return str(mapped[package])
        parent, _, last = package.rpartition(".")
        return f"{folder_of(parent)}/{last}"

    packaged = {folder_of(name) for name in setuptools["packages"]}
    found = {
        path.parent.relative_to(ROOT).as_posix()
        for folder in ("curate", *STAGES)
        for path in python_files(folder)
    }
    assert packaged == found


@pytest.mark.parametrize("stage", STAGES)
def test_the_link_shows_the_import_path(stage: str) -> None:
    link = ROOT / "curate" / stage
    if link.is_file():
        pytest.skip("this checkout has no symbolic links, and nothing but type checkers needs them")
    assert link.readlink() == Path("..") / stage


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_imports_no_other_stage(stage: str) -> None:
    for path in python_files(stage):
        assert stages_imported(path) <= {stage}, path


def test_only_the_command_line_knows_every_stage() -> None:
    knows_all = {
        path.relative_to(ROOT).as_posix()
        for path in python_files("curate")
        if stages_imported(path) >= set(STAGES)
    }
    assert knows_all <= {"curate/cli.py"}


def test_verify_is_a_pure_library_that_knows_no_files_and_no_pools() -> None:
    allowed = ("curate.verify.", "curate.verdict.", "curate.errors.", "curate.trace.")
    for path in python_files("verify"):
        ours = {name for name in imported_modules(path) if name.startswith("curate.")}
        assert all(f"{name}.".startswith(allowed) for name in ours), (path, ours)


def test_no_module_is_longer_than_300_lines() -> None:
    long = {
        path.relative_to(ROOT).as_posix(): lines
        for folder in ("curate", *STAGES)
        for path in python_files(folder)
        if (lines := len(path.read_text("utf-8").splitlines())) > 300
    }
    assert long == {}


def test_no_module_is_called_utils() -> None:
    named = [path for folder in ("curate", *STAGES) for path in python_files(folder)]
    assert not [path for path in named if path.stem in {"utils", "helpers", "common", "misc"}]
