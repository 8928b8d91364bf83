# ruff: noqa: T201  a command that prints what it finds
"""A fuzzer over the extractor, the parser and the ladder: `python -m tests.fuzz --minutes 10`.

Texts are mutated golden pairs, hostile pieces and a small grammar of LaTeX. Each find is printed as
one JSON line; a find that is fixed becomes a row of `tests/golden/fuzz_finds.jsonl`.
"""

import argparse
import json
import random
import time
from pathlib import Path

from curate.verify import Verdict, verify
from curate.verify.extract import answer_in_reference
from curate.verify.readings import readings
from tests.hostile import PIECES, STRANGE

GOLDEN = Path(__file__).parent / "golden" / "pairs.jsonl"
CPU_LIMIT_S = 0.5
MAX_LENGTH = 400
"""Characters of a fuzzed text; long ones are the corpus's business."""


SHAPES = (
    *(
        "L+R",
        "L-R",
        "L R",
        "L/R",
        "L^{R}",
        r"\frac{L}{R}",
        r"\sqrt{L}",
        r"\sqrt[R]{L}",
        "(L)",
        "L!",
    ),
    *(r"\sin L", r"\ln(L)", "L,R", "(L,R)", "[L,R)", r"\{L,R\}", "L=R", "L<R", "L:R", "|L|"),
    *(r"\binom{L}{R}", r"L\%", r"\log_{L}R", r"L\cdot R", r"L\pm R", r"L \cup R"),
)


def seeds() -> list[str]:
    """The texts that are mutated."""
    records = [json.loads(line) for line in GOLDEN.read_text(encoding="utf-8").splitlines()]
    return [str(record[side]) for record in records for side in ("reference", "answer")]


def grown(random_: random.Random, depth: int = 4) -> str:
    """A formula from a small grammar."""
    if depth == 0 or random_.random() < 0.2:
        return random_.choice(["1", "2", "37", "0.5", "x", "n", r"\pi", "e", "i", "-3", "10"])
    left, right = grown(random_, depth - 1), grown(random_, depth - 1)
    shape = random_.choice(SHAPES)
    return shape.replace("L", "\0").replace("R", right).replace("\0", left)[:MAX_LENGTH]


def mutated(random_: random.Random, text: str, others: list[str]) -> str:
    """A text with one to four random changes."""
    for _ in range(random_.randint(1, 4)):
        at, end = sorted(random_.randint(0, len(text)) for _ in range(2))
        piece = (
            random_.choice((*PIECES, *STRANGE))
            if random_.random() < 0.7
            else random_.choice(others)
        )
        kept = random_.choice(("", text[at:end], piece, text[at:end] * 3))
        text = (text[:at] + kept + text[end if random_.random() < 0.5 else at :])[:MAX_LENGTH]
    return text


def complaint(text: str, other: str) -> str | None:
    """What is wrong with the verdicts on a text, or None."""
    started = time.process_time()
    try:
        found = verify(text, other)
        verify(other, text)
    except Exception as failure:  # noqa: BLE001  what must not happen is what is looked for
        return f"raised {type(failure).__name__}: {failure}"
    spent = time.process_time() - started
    if spent > CPU_LIMIT_S:
        return f"took {spent:.2f} s"
    if found.verdict is Verdict.ERROR and not found.method.endswith("symbolic"):
        return f"error: {found.reason}"
    if verify(text, other) != found:
        return "another verdict the second time"
    return _of_a_box(text, other)


def _of_a_box(text: str, other: str) -> str | None:
    if (
        "box" in text
        or text[-1:] == "\\"
        or text.count("{") != text.count("}")
        or not readings(text)
        or answer_in_reference(text) != text
    ):
        return None
    alone = verify(rf"\boxed{{{text}}}", other)
    noisy = verify(rf"We try 12, then $x=3$. So \boxed{{{text}}}.", other)
    if alone.answer == noisy.answer and alone.verdict != noisy.verdict:
        return f"noise moves {alone.verdict} to {noisy.verdict}"
    itself = verify(rf"\boxed{{{text}}}", text)
    if itself.answer == text and itself.verdict is Verdict.INCORRECT:
        return f"not equal to itself: {itself.reason}"
    if text.isdigit() and text.isascii():
        changed = text[:-1] + ("1" if text[-1] != "1" else "2")
        if verify(rf"\boxed{{{changed}}}", text).verdict is Verdict.CORRECT:
            return "equal with another digit"
    return None


def main() -> None:
    """Fuzzes for the minutes asked, and prints the finds and how many texts were tried."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    random_, texts = random.Random(asked.seed), seeds()
    end, tried, finds = time.monotonic() + 60 * asked.minutes, 0, 0
    while time.monotonic() < end:
        base = random_.choice(texts) if random_.random() < 0.7 else grown(random_)
        text = mutated(random_, base, texts) if random_.random() < 0.8 else grown(random_)
        other = base if random_.random() < 0.5 else random_.choice(texts)
        tried += 1
        if (found := complaint(text, other)) is not None:
            finds += 1
            print(json.dumps({"text": text, "other": other, "find": found}), flush=True)
    print(json.dumps({"tried": tried, "finds": finds}))


if __name__ == "__main__":
    main()
