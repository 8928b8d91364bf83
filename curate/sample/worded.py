"""Kinds whose answer is a letter, a name or an expression over given numbers."""

from numpy.random import Generator

from curate.sample.task import Task, draw, draw_distinct

NAMES = ("Amara", "Bruno", "Chen", "Dalia", "Emeka", "Farida", "Goran", "Hana")


def choice(rng: Generator) -> Task:
    """A question with four options."""
    n = draw(rng, 12, 40)
    values = [n * n, n * n + n, n * n - 1, 2 * n]
    order = [int(i) for i in rng.permutation(4)]
    options = tuple(str(values[i]) for i in order)
    letter, slip = "ABCD"[order.index(0)], "ABCD"[order.index(2)]
    listed = "\n".join(f"{name}. {text}" for name, text in zip("ABCD", options, strict=True))
    return Task(
        problem=f"What is ${n}^2$?\n{listed}",
        reference=letter,
        right=(
            (letter, "the same text"),
            (f"({letter})", "in parentheses"),
            (f"\\text{{{letter}}}", "inside \\text"),
        ),
        wrong=((slip, "another letter"), ("ABCD"[order.index(3)], "doubled instead")),
        steps=(f"${n} \\cdot {n} = {n * n}$, so it is {letter}.",),
        options=options,
    )


def name(rng: Generator) -> Task:
    """Who is the tallest of three."""
    tall, middle, small = (NAMES[i] for i in draw_distinct(rng, 0, len(NAMES) - 1, 3))
    return Task(
        problem=f"{tall} is taller than {middle}. {small} is smaller than {middle}. "
        "Who is the tallest?",
        reference=tall,
        right=(
            (tall, "the same text"),
            (f"\\text{{{tall}}}", "inside \\text"),
            (tall.lower(), "in lower case"),
        ),
        wrong=((middle, "the second"), (small, "the smallest")),
        steps=(f"From tall to small: {tall}, {middle}, {small}.",),
    )


def countdown(rng: Generator) -> Task:
    """Reach a target with four numbers, each used once: many expressions are right."""
    a, b, c, d = draw_distinct(rng, 2, 25, 4)
    target = (a + b) * c + d
    numbers = [int(n) for n in rng.permutation([a, b, c, d])]
    wasteful = f"({a} + {b}) * {c} + {d} + {a} - {a}"
    return Task(
        problem=f"Using the numbers {numbers}, each exactly once, and + - * /, make {target}.",
        reference={"numbers": numbers, "target": target},
        right=(
            (f"({a} + {b}) * {c} + {d}", "the planted expression"),
            (f"{c} * ({b} + {a}) + {d}", "turned around"),
            (f"({a} + {b}) \\times {c} + {d} = {target}", "with its value"),
        ),
        wrong=(
            (f"({a} + {b}) * {c} - {d}", "another value"),
            (wasteful, "a number used three times"),
        ),
        steps=(f"$({a} + {b}) \\cdot {c} = {(a + b) * c}$.", f"With {d} more it is {target}."),
    )
