"""The example of docs/statistics.md runs and says what its comments promise."""

import re
import subprocess
import sys
from pathlib import Path

DOC = (Path(__file__).parents[1] / "docs" / "statistics.md").read_text("utf-8")


def test_the_example_runs(tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", DOC, flags=re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert "primary" in done.stdout
    assert "dip and recovery · full recovery" in done.stdout
