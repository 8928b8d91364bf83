r"""What a reasoning model would write: thinking that doubts and backtracks, then an answer.

<think>
Okay, let me work this out. … So maybe \boxed{12}. Wait, that cannot be right. …
</think>

… **Final answer:** \boxed{13}
"""

from numpy.random import Generator

from curate.sample.task import Task, draw

OPENINGS = (
    "Okay, let me work this out.",
    "Let me read the question again before I start.",
    "Alright. First I want to know what is being asked.",
    "Hmm, this looks familiar, but let me do it step by step.",
)
DOUBTS = (
    "Wait, that cannot be right.",
    "Hmm, let me check that again.",
    "Actually, hold on.",
    "No, I think I made a slip there.",
)
REFLECTIONS = (
    "Let me see whether that makes sense.",
    "I could also try it the other way around and compare.",
    "The size of the result looks plausible.",
    "Let me go through it once more, slowly.",
    "Is there a condition in the question that I have not used? I do not think so.",
    "A quick estimate in my head gives something close to that.",
    "I should be careful with the signs here.",
    "Let me write it down again so that I do not lose anything.",
    "Suppose I had made a mistake: where would it be? Probably in the first step.",
    "Alternatively I could start from the end and go back.",
)
NO_BOX_KINDS = ("integer", "fraction", "choice")
"""Kinds whose answers may also stand in a sentence without a box."""


def pick(rng: Generator, texts: tuple[str, ...]) -> str:
    """One of the texts."""
    return texts[draw(rng, 0, len(texts) - 1)]


def write_thinking(rng: Generator, task: Task, *, slip_rate: float = 0.3) -> str:
    """Thinking of roughly 300 to 6,000 characters, with wrong boxes on the way at this rate."""
    parts = [pick(rng, OPENINGS)]
    for _ in range(1 + int(rng.geometric(0.25))):
        parts += task.steps if rng.random() < 0.5 else (pick(rng, task.steps),)
        parts += [pick(rng, REFLECTIONS) for _ in range(draw(rng, 1, 6))]
        if rng.random() < slip_rate:
            slip = task.wrong[draw(rng, 0, len(task.wrong) - 1)][0]
            parts += [f"So maybe \\boxed{{{slip}}}.", pick(rng, DOUBTS)]
        if rng.random() < 0.5:
            parts[-1] += "\n\n"
    return " ".join(parts).replace("\n\n ", "\n\n").strip()


def write_ending(rng: Generator, kind: str, answer: str) -> str:
    """The last sentence, with the answer where models put it."""
    style = draw(rng, 0, 9)
    if kind == "countdown" and style < 5:
        return f"<answer>{answer}</answer>"
    if kind in NO_BOX_KINDS and style == 0:
        return f"The final answer is {answer}"
    if style < 6:
        return f"**Final answer:** \\boxed{{{answer}}}"
    return f"So the answer is $\\boxed{{{answer}}}$."


def finished(rng: Generator, kind: str, task: Task, answer: str) -> str:
    """A response that comes to an end with `answer`."""
    worked = " ".join(task.steps) if rng.random() < 0.7 else "Here is the result."
    thinking = write_thinking(rng, task)
    return f"<think>\n{thinking}\n</think>\n\n{worked}\n\n{write_ending(rng, kind, answer)}"


def cut_off(rng: Generator, task: Task) -> str:
    """A response that ran into the token limit while it was still thinking.

    It holds no box: whether one in unfinished thinking is an answer, nobody planted.
    """
    thinking = write_thinking(rng, task, slip_rate=0)
    return f"<think>\n{thinking[: draw(rng, len(thinking) // 2, len(thinking))]}"


def silent(rng: Generator, task: Task) -> str:
    """A response that ends right after its thinking, without an answer."""
    return f"<think>\n{write_thinking(rng, task)}\n</think>\n"
