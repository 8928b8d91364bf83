"""The examples of docs/attribution.md run, in order, as one program."""

import re
from pathlib import Path

DOC = Path(__file__).resolve().parents[1] / "docs" / "attribution.md"


def test_the_examples_run_in_order() -> None:
    blocks = re.findall(r"```python\n(.*?)```", DOC.read_text("utf-8"), flags=re.DOTALL)
    assert len(blocks) == 3
    exec(compile("\n".join(blocks), str(DOC), "exec"), {})
