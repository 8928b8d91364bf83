"""docs/evaluate.md tells the truth: its suites are suites, its Python runs."""

import json
import re
from pathlib import Path

import pytest

from tests.tiny_lm import save_tiny_model

pytest.importorskip("torch")
TEXT = (Path(__file__).resolve().parents[1] / "docs" / "evaluate.md").read_text("utf-8")


def block(language: str) -> str:
    """The one fenced block in this language."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", TEXT, flags=re.DOTALL)
    return str(found)


def test_the_example_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    save_tiny_model(tmp_path / "model")
    sums = [{"name": f"s{n}", "question": f"{n}+1=", "answer": str(n + 1)} for n in range(6)]
    facts = [{"question": f"Is it {n}?", "options": ["yes", "no"], "answer": "A"} for n in range(9)]
    Path("sums.jsonl").write_text("\n".join(map(json.dumps, sums)))
    Path("facts.jsonl").write_text("\n".join(map(json.dumps, facts)))
    Path("study.toml").write_text(block("toml"))
    exec(compile(block("python"), "docs/evaluate.md", "exec"), {})
    lines = [line.split()[:3] for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        ["sums", "free", "24"], ["sums", "forced_cot", "24"], ["sums", "forced_direct", "24"],
        ["facts", "free", "5"],
    ]  # fmt: skip


def test_every_key_and_benchmark_is_described() -> None:
    from dataclasses import fields

    from curate.train.eval.fields import Fields
    from curate.train.eval.named import KNOWN
    from curate.train.eval.suite import Suite

    names = {each.name for cls in (Suite, Fields) for each in fields(cls)} - {"name"}
    assert {name for name in names | set(KNOWN) if f"`{name}`" not in TEXT} == set()
