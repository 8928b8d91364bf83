"""Kinds whose answer is one number: plain, in parts, with a unit."""

from fractions import Fraction

from numpy.random import Generator

from curate.sample.task import Task, draw, draw_distinct, latex


def integer(rng: Generator) -> Task:
    """A count of four or more digits, so that the thousands can be grouped."""
    boxes, each, sold = draw(rng, 40, 99), draw(rng, 60, 99), draw(rng, 11, 999)
    total, left = boxes * each, boxes * each - sold
    return Task(
        problem=f"A farm packs {boxes} boxes of {each} eggs and sells {sold} eggs at the gate. "
        "How many eggs are left?",
        reference=str(left),
        right=(
            (f"{left}", "the same text"),
            (f"{left:,}", "thousands grouped by a comma"),
            (f"{left:,}".replace(",", "{,}"), "thousands grouped by {,}"),
            (f"x = {left}", "with the name of the unknown"),
            (f"{left}.", "with a full stop"),
        ),
        wrong=((f"{left + 1}", "off by one"), (f"{total}", "forgot the eggs sold")),
        steps=(
            f"There are ${boxes} \\cdot {each} = {total}$ eggs in all.",
            f"Taking away the {sold} eggs that were sold gives ${total} - {sold} = {left}$.",
        ),
    )


def fraction(rng: Generator) -> Task:
    """A sum of two fractions, not a whole number."""
    a, b = draw_distinct(rng, 2, 9, 2)
    c, d = draw(rng, 1, a - 1), draw(rng, 1, b - 1)
    total = Fraction(c, a) + Fraction(d, b)
    if total.denominator == 1:
        return fraction(rng)
    n, m = total.numerator, total.denominator
    return Task(
        problem=f"What is $\\frac{{{c}}}{{{a}}} + \\frac{{{d}}}{{{b}}}$?",
        reference=latex(total),
        right=(
            (latex(total), "the same text"),
            (latex(total, "dfrac"), "\\dfrac for \\frac"),
            (f"{n}/{m}", "a slash for \\frac"),
            (f"\\frac{{{2 * n}}}{{{2 * m}}}", "not reduced"),
        ),
        wrong=(
            (latex(1 / total), "upside down"),
            (f"\\frac{{{c + d}}}{{{a + b}}}", "added tops and bottoms"),
        ),
        steps=(
            f"The common denominator is ${a} \\cdot {b} = {a * b}$.",
            f"The tops are ${c * b} + {d * a} = {c * b + d * a}$.",
            f"Reduced, that is ${latex(total)}$.",
        ),
    )


def decimal(rng: Generator) -> Task:
    """A product with two decimals."""
    price, count = draw(rng, 105, 989) | 1, draw(rng, 3, 9)
    value = Fraction(price * count, 100)
    text = f"{float(value):.2f}"
    return Task(
        problem=f"A rod is {price / 100:.2f} m long. How many metres are {count} such rods?",
        reference=text,
        right=((text, "the same text"), (latex(value), "a fraction"), (f"{text}0", "a zero more")),
        wrong=(
            (f"{float(value * 10):.1f}", "the point one place to the right"),
            (f"{float(value) + 0.1:.2f}", "a carry too many"),
        ),
        steps=(f"${price / 100:.2f} \\cdot {count} = {text}$.",),
    )


def percent(rng: Generator) -> Task:
    """A share in percent."""
    share, whole = draw(rng, 11, 89), draw(rng, 2, 9) * 100
    part = share * whole // 100
    return Task(
        problem=f"Of {whole} seeds, {part} sprout. What percentage sprouts?",
        reference=f"{share}\\%",
        right=((f"{share}\\%", "the same text"), (f"{share}%", "a bare percent sign")),
        wrong=(
            (f"{100 - share if share != 50 else 49}\\%", "the share that does not"),
            (f"{share + 1}\\%", "off by one"),
        ),
        steps=(f"$\\frac{{{part}}}{{{whole}}} = {share / 100:.2f}$, which is {share} in 100.",),
    )


def currency(rng: Generator) -> Task:
    """An amount of money."""
    count, cents = draw(rng, 3, 9), draw(rng, 12, 96) * 5
    total = count * cents / 100
    return Task(
        problem=f"A ticket costs \\${cents / 100:.2f}. What do {count} tickets cost?",
        reference=f"\\${total:.2f}",
        right=(
            (f"\\${total:.2f}", "the same text"),
            (f"\\text{{\\${total:.2f}}}", "inside \\text"),
            (f"{total:.2f}", "without the sign"),
        ),
        wrong=(
            (f"\\${total + 1:.2f}", "a dollar too many"),
            (f"\\${total / 10:.3f}", "ten times less"),
        ),
        steps=(f"${count} \\cdot {cents / 100:.2f} = {total:.2f}$.",),
    )


def unit(rng: Generator) -> Task:
    """A length with its unit."""
    wide, high = draw_distinct(rng, 3, 40, 2)
    around = 2 * (wide + high)
    return Task(
        problem=f"What is the perimeter of a rectangle of {wide} cm by {high} cm?",
        reference=f"{around} \\text{{ cm}}",
        right=(
            (f"{around} \\text{{ cm}}", "the same text"),
            (f"{around}\\,\\mathrm{{cm}}", "\\mathrm and a thin space"),
            (f"{around} cm", "plain text"),
            (f"{around}", "without the unit"),
        ),
        wrong=(
            (f"{wide * high} \\text{{ cm}}", "the area"),
            (f"{around // 2} \\text{{ cm}}", "half of the way around"),
        ),
        steps=(f"Half of the way around is ${wide} + {high} = {around // 2}$.",),
    )
