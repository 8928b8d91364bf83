"""Kinds whose answer has structure: pairs, sets, intervals, expressions, equations, matrices."""

from numpy.random import Generator

from curate.sample.task import Task, draw, draw_distinct


def point(rng: Generator) -> Task:
    """Where two lines meet: an ordered pair."""
    x, y = draw_distinct(rng, 1, 9, 2)
    y = -y
    return Task(
        problem=f"Where do the lines $x + y = {x + y}$ and $x - y = {x - y}$ meet? "
        "Give the point $(x, y)$.",
        reference=f"({x}, {y})",
        right=(
            (f"({x}, {y})", "the same text"),
            (f"({x},{y})", "without the space"),
            (f"\\left({x}, {y}\\right)", "\\left and \\right"),
        ),
        wrong=((f"({y}, {x})", "the coordinates swapped"), (f"({x}, {-y})", "a sign lost")),
        steps=(f"Adding both gives $2x = {2 * x}$.", f"So $y = {x + y} - {x} = {y}$."),
    )


def roots(rng: Generator) -> Task:
    """The roots of a cubic: a set."""
    a, b, c = sorted(draw_distinct(rng, 1, 9, 3))
    return Task(
        problem=f"Find the set of roots of $(x - {a})(x - {b})(x - {c}) = 0$.",
        reference=f"\\{{{a}, {b}, {c}\\}}",
        right=(
            (f"\\{{{a}, {b}, {c}\\}}", "the same text"),
            (f"\\{{{c}, {a}, {b}\\}}", "in another order"),
            (f"\\left\\{{{a},{b},{c}\\right\\}}", "\\left and \\right"),
        ),
        wrong=(
            (f"\\{{{a}, {b}\\}}", "a root lost"),
            (f"\\{{{a}, {b}, {c + 1}\\}}", "one root off by one"),
        ),
        steps=(f"A product is zero when a factor is: $x = {a}$, $x = {b}$ or $x = {c}$.",),
    )


def interval(rng: Generator) -> Task:
    """The solutions of a pair of inequalities: half open."""
    low, width = draw(rng, -9, 5), draw(rng, 2, 9)
    high = low + width
    return Task(
        problem=f"Write the real numbers $x$ with ${low} \\le x$ and $x < {high}$ as an interval.",
        reference=f"[{low}, {high})",
        right=(
            (f"[{low}, {high})", "the same text"),
            (f"\\left[{low}, {high}\\right)", "\\left and \\right"),
            (f"x \\in [{low},{high})", "with x \\in"),
        ),
        wrong=((f"[{low}, {high}]", "the wrong end closed"), (f"({low}, {high})", "an end lost")),
        steps=(f"${low}$ belongs to it and ${high}$ does not.",),
    )


def expression(rng: Generator) -> Task:
    """A product to expand: a quadratic."""
    a, b, c = draw(rng, 2, 5), draw(rng, 1, 9), draw(rng, 1, 9)
    middle = a * c + b
    return Task(
        problem=f"Expand $({a}x + {b})(x + {c})$.",
        reference=f"{a}x^2 + {middle}x + {b * c}",
        right=(
            (f"{a}x^2 + {middle}x + {b * c}", "the same text"),
            (f"{b * c} + {middle}x + {a}x^{{2}}", "the terms turned around"),
            (f"({a}x + {b})(x + {c})", "still a product"),
        ),
        wrong=(
            (f"{a}x^2 + {middle}x - {b * c}", "a sign lost"),
            (f"{a}x^2 + {b * c}", "the middle term lost"),
        ),
        steps=(f"The middle term is ${a * c}x + {b}x = {middle}x$.", f"The last is ${b * c}$."),
    )


def equation(rng: Generator) -> Task:
    """A line through two points."""
    slope, start, x = draw(rng, 2, 6), draw(rng, 7, 12), draw(rng, 1, 5)
    y = slope * x + start
    return Task(
        problem=f"Find the equation of the line through $(0, {start})$ and $({x}, {y})$.",
        reference=f"y = {slope}x + {start}",
        right=(
            (f"y = {slope}x + {start}", "the same text"),
            (f"y={start}+{slope}x", "the terms turned around"),
            (f"{slope}x - y + {start} = 0", "everything on one side"),
        ),
        wrong=(
            (f"y = {start}x + {slope}", "slope and start swapped"),
            (f"y = {slope}x - {start}", "a sign lost"),
        ),
        steps=(f"The slope is $({y} - {start}) / {x} = {slope}$.", f"At 0 it starts at {start}."),
    )


def pmatrix(a: int, b: int, c: int, d: int) -> str:
    """The LaTeX of a 2 by 2 matrix in parentheses, row by row."""
    return f"\\begin{{pmatrix}} {a} & {b} \\\\ {c} & {d} \\end{{pmatrix}}"


def matrix(rng: Generator) -> Task:
    """A matrix times a number."""
    k, entries = draw(rng, 2, 5), draw_distinct(rng, 1, 9, 4)
    a, b, c, d = (k * entry for entry in entries)
    return Task(
        problem=f"What is ${k} {pmatrix(*entries)}$?",
        reference=pmatrix(a, b, c, d),
        right=(
            (pmatrix(a, b, c, d), "the same text"),
            (pmatrix(a, b, c, d).replace("pmatrix", "bmatrix"), "square brackets"),
        ),
        wrong=(
            (pmatrix(a, c, b, d), "transposed"),
            (pmatrix(a, b, c, d + 1), "one entry off by one"),
        ),
        steps=(f"Every entry times {k}: ${a}, {b}, {c}, {d}$.",),
    )


def radical(rng: Generator) -> Task:
    """A hypotenuse that is no whole number."""
    k, (a, b, rest) = draw(rng, 2, 9), ((1, 1, 2), (1, 2, 5), (2, 3, 13))[draw(rng, 0, 2)]
    return Task(
        problem=f"A right triangle has legs of {a * k} and {b * k}. How long is its third side?",
        reference=f"{k}\\sqrt{{{rest}}}",
        right=(
            (f"{k}\\sqrt{{{rest}}}", "the same text"),
            (f"\\sqrt{{{k * k * rest}}}", "all under the root"),
            (f"{k} \\cdot \\sqrt{{{rest}}}", "with \\cdot"),
        ),
        wrong=(
            (f"{k + 1}\\sqrt{{{rest}}}", "off by one"),
            (f"{(a + b) * k}", "added the legs"),
        ),
        steps=(f"${a * k}^2 + {b * k}^2 = {(a * a + b * b) * k * k}$.",),
    )
