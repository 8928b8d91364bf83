"""Answers made to hang, crash, fool or exploit a grader: none may."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from curate.verify import Verdict, verify

SLOW_S = 2.0
"""A wall-clock bound far above what any of these takes; a hang would pass it by."""

WRONG = [
    ("1", "9^{9^{9}}"),
    ("1", "10^{10^{10^{10}}}"),
    ("1", "9**9**9**9"),
    ("2^{2^{2^{49}}}", "2^{2^{2^{48}}}"),
    ("1", r"\sqrt{10^{10^8}}"),
    ("1", "2^{-2^{40}}"),
    ("1", "1.0000001^{10^{12}}"),
    ("1", "10000000!"),
    ("1", "((5!)!)!"),
    ("1", "3!!!!!!!!"),
    ("1/2004!", "1/2005!"),
    ("1", r"\binom{10^9}{5\cdot10^8}"),
    ("7" * 100_000, "7" * 99_999 + "8"),
    ("5", "1" * 1_000_000),
    ("1", "0." + "3" * 200_000),
    ("1", "1e400"),
    ("1", "1e999999999"),
    ("1", r"\Gamma(10^{10})"),
    ("1", r"\sum_{k=1}^{10^9} k^k"),
    ("1", r"\prod_{k=1}^{10^7} k"),
    ("1", r"\sum_{i=1}^{300}" * 6 + "1"),
    ("1", r"\gcd(2^{100000}-1, 3^{100000}-1)"),
    ("1", r"\begin{pmatrix}1&1\\1&0\end{pmatrix}^{10^9}"),
    ("(x+y+z+w)^{40}", "(x+y+z+w)^{40}+1"),
    (r"\cos\frac{2\pi}{257}", r"\cos\frac{4\pi}{257}"),
    ("x^5-x-1=0", "x^7-x^3-2=0"),
    ("1", r"\frac{1}{1+" * 300 + "1" + "}" * 300),
    ("2", r"\sqrt{" * 500 + "2" + "}" * 500),
    ("1", "-" * 10_001 + "1"),
    ("1", "x^{" * 200 + "x" + "}" * 200),
    ("1", "1+" * 20_000 + "1"),
    ("1", "[[" * 300 + "1" + "]]" * 300),
    ("1", "}}}}1{{{{"),
    ("1", "(1"),
    ("1", "1)"),
    ("1", r"\left(1"),
    ("5", r"\boxed{5"),
    ("5", r"\boxed{" * 50_000),
    ("5", r"\boxed{5}\boxed{}"),
    ("5", r"\boxed{4} or \boxed{5}"),
    ("42", r"first \boxed{42}. " + "filler " * 60 + r"\boxed{43}"),
    ("7", r"\boxed{" + ",".join(map(str, range(1000))) + "}"),
    ("7", r"\boxed{7 \text{ or } 8}"),
    ("7", r"\boxed{8=7}"),
    ("5", "the answer is " * 20_000),
    ("5", "1234567890 " * 30_000),
    ("5", "$" + "1+" * 50_000 + "1$"),
    ("5", "1," * 20_000 + "1"),
    ("5", "(1+" * 3000),
    ("5", " " * 1_000_000),
    ("5", "answer: " + "1 " * 30_000),
    ("5", r"\boxed{" + "a" * 1_000_000 + "}"),
    ("5", "5\x00"),
    ("5", "5\ud800"),
    ("5", "\u202e5"),
    ("5", "5\ufe0f\u20e3"),
    ("2", "²"),
    ("1", "' OR 1=1 --"),
    ("1", "1;import os"),
    ("1", "eval(compile('1','','eval'))"),
    ("0", "0/0"),
    ("0", r"\frac{0}{0}"),
    ("1", "inf"),
    ("16", "0x10"),
    ("10", "0b1010"),
    ("10", "1_0"),
    ("e", "E"),
    ("5", "(" * 100_000),
    ("5", "|" * 100_000 + "5"),
    ("5", r"\frac" * 20_000),
    ("5", r"\text{" * 20_000),
    ("5", "<answer>" * 50_000),
    ("5", "####" * 50_000),
    ("5", "**" * 100_000),
    ("5", "$" * 100_001),
    ("5", r"\begin{matrix}" * 5000),
    ("5", r"\sin" * 3000),
    ("5", "2^" * 5000 + "2"),
    ("5", r"\sqrt-" * 3000 + "5"),
    ("5", "5%" * 1000),
    ("5", "5" + "!" * 1000),
    ("x", "x" + "'" * 5000),
    ("C", "A " * 20_000),
    ("5", " ".join(["answer is"] * 5000)),
    ("5", r"\left. " + " " * 9000 + ".."),
    ("5", "0." + "12" * 4000 + "..."),
]  # fmt: skip


@pytest.mark.parametrize(("reference", "response"), WRONG, ids=range(len(WRONG)))
def test_a_wrong_answer_is_neither_accepted_nor_slow(reference: str, response: str) -> None:
    started = time.monotonic()
    found = verify(response, reference)
    assert found.verdict in (Verdict.INCORRECT, Verdict.UNPARSED, Verdict.UNVERIFIABLE), found
    assert time.monotonic() - started < SLOW_S


SUM = "+".join(f"x_{{{i}}}" for i in range(200))
RIGHT = [
    ("10^{10^{10}}", "10^{10^{10}}"),
    ("7" * 5000, "7" * 5000),
    ("1", "(" * 200 + "1" + ")" * 200),
    ("5", r"\boxed{" * 20_000 + "5" + "}" * 20_000),
    ("5", r"\boxed{\boxed{\boxed{5}}}"),
    ("5", r"\boxed 5"),
    ("5", r"\boxed{\text{the answer is } 5}"),
    ("5", "a" * 10_000_000 + r"\boxed{5}"),
    ("5", "x=1, $y=2$ " * 100_000 + r"\boxed{5}"),
    ("5", r"\[" * 30_000 + r" \boxed{5}"),
    ("5", "</think>" * 50_000 + "5"),
    ("5", "\n" * 100_000 + "5"),
    ("5", "٥"),
    ("5", "５"),
    ("5", "5\u200b"),
    ("5", "𝟓"),
    ("-5", "－5"),
    (r"\sqrt{2}", "√2"),
    ("x^2", "x²"),
    (r"\frac12", "½"),
    (r"\pi", "π"),
    (r"\infty", "∞"),
    (r"x \le 5", "x≤5"),
    (SUM, "+".join(reversed(SUM.split("+")))),
    (r"\frac{\sin x+\sin 2x+\sin 3x}{\cos x+\cos 2x+\cos 3x}", r"\tan 2x"),
]  # fmt: skip


@pytest.mark.parametrize(("reference", "response"), RIGHT, ids=range(len(RIGHT)))
def test_a_right_answer_in_a_strange_form_is_accepted(reference: str, response: str) -> None:
    assert verify(response, reference).verdict is Verdict.CORRECT


PAYLOADS = [
    "__import__('os').system('touch MARKER')",
    "exec(\"open('MARKER','w')\")",
    "open('MARKER','w').write('x')+3\\pi",
    "(lambda: __import__('os').system('touch MARKER'))()",
    'sympify(\'__import__("os").system("touch MARKER")\')',
    "\\pi+__import__('os').system('touch MARKER')",
    "[__import__('os').system('touch MARKER'),1]",
    "\\int_0^1 __import__('os').system('touch MARKER') dx",
]


def test_no_text_is_ever_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for payload in PAYLOADS:
        for response in (payload, f"\\boxed{{{payload}}}", f"<answer>{payload}</answer>"):
            for reference in ("1", "\\frac{\\pi}{2}", "x+1", payload):
                verify(response, reference)
            verify(response, {"numbers": [1, 2], "target": 3})
    assert not list(tmp_path.iterdir())


def test_nothing_in_the_verifier_can_evaluate_text() -> None:
    folder = Path(__file__).resolve().parents[1] / "verify"
    # programs are run by what these hold, as text handed to a Python in the sandbox
    inside_the_sandbox = {"judge_child.py", "tested_child.py", "run.py"}
    for path in folder.rglob("*.py"):
        if path.parent.name == "code" and path.name in inside_the_sandbox:
            continue
        code = path.read_text(encoding="utf-8")
        for name in ("eval(", "exec(", "sympify(", "parse_expr(", "parse_latex(", "literal_eval("):
            assert name not in code, f"{path.name} calls {name}"


def test_algebra_that_does_not_end_is_an_error_and_not_a_wrong_answer() -> None:
    hard = r"\int_0^{1} \frac{\sin(x^{5}+e^{x})}{\sqrt[7]{1+\ln(2+x^{3})}} dx"
    found = verify(f"\\boxed{{{hard}}}", "5", time_limit_s=0.01)
    assert found.verdict is Verdict.ERROR
    assert "out of time" in found.reason
    assert verify(r"\boxed{\int_0^1 2x\,dx}", "1").verdict is Verdict.CORRECT  # a new child serves


def test_verify_is_safe_in_threads() -> None:
    from concurrent.futures import ThreadPoolExecutor

    pairs = [(rf"\boxed{{\sqrt{{{n}}}+x^{n}}}", rf"x^{n}+{n}^{{1/2}}") for n in range(2, 30)]
    with ThreadPoolExecutor(8) as pool:
        verdicts = list(pool.map(lambda pair: verify(*pair).verdict, pairs * 5))
    assert set(verdicts) == {Verdict.CORRECT}


def test_a_script_without_a_main_guard_can_call_the_library(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from curate.verify import verify\n"
        r"print(verify(r'\boxed{\int_0^1 2x\,dx}', '1').verdict)"
    )
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, cwd=tmp_path, timeout=60
    )
    assert done.stdout.strip() == "correct", done.stderr
