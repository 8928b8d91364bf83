"""Edits that are made to problems on their way into training data, to plant and to look for."""

import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np

Draw = np.random.Generator
Edit = Callable[[str, Draw], str]

PROMPTS = (
    "Solve the following math problem step by step. The last line of your response should be of "
    "the form Answer: $ANSWER.\n\n",
    "You are a helpful assistant. Please reason step by step, and put your final answer within "
    "\\boxed{}.\n\nQuestion: ",
    "Below is an instruction that describes a task. Write a response that completes it.\n\n"
    "### Instruction:\n",
)
OPERATOR = re.compile(r"\s*(<=|>=|[-+=<>])\s*")
FORMULA = re.compile(r"\$\$?[^$]+\$\$?|\\\[.*?\\\]|\\\(.*?\\\)", re.DOTALL)
PROSE = re.compile(r"[a-z]{3,}")
COMMAND = re.compile(r"\\[A-Za-z]+\*?|\\(?:text|mathrm|mathbf|operatorname|begin|end)\s*\{[^}]*\}")
NUMBER = re.compile(r"\d+")
OUT = {
    r"\bkm\b": "kilometers", r"\bcm\b": "centimeters", r"\bmm\b": "millimeters",
    r"\bkg\b": "kilograms",
    r"\bft\b": "feet", r"\blbs?\b": "pounds", r"\bhrs?\b": "hours", r"\bmph\b": "miles per hour",
    r"\\?%": " percent", r"\s*\^\s*\{?\\circ\}?|°": " degrees", r"\bmin\b": "minutes",
    r"\bkilometers\b": "km", r"\bkilometer\b": "km", r"\bcentimeters?\b": "cm", r"\bmeters\b": "m",
    r"\bminutes\b": "min", r"\bhours?\b": "hr", r"\bpounds?\b": "lb", r"\bfeet\b": "ft",
}  # fmt: skip
"""Units, written out or abbreviated, whichever they are not."""
ASKS = "find compute determine evaluate calculate what how express simplify".split()
ASKED = re.compile(rf"\b(?:{'|'.join(ASKS)})\b", re.IGNORECASE)
REWORDED = {
    r"^find\b": "Work out", r"^compute\b": "Work out", r"^determine\b": "Work out",
    r"^evaluate\b": "Work out", r"^calculate\b": "Work out", r"^simplify\b": "Make simpler:",
    r"^express\b": "Write",
    r"^what is\b": "Work out", r"^what are\b": "Work out",
    r"^how many\b": "State the exact count of the", r"^how much\b": "State the exact amount of",
    r"\bthe number of\b": "how many there are of the", r"\bthe value of\b": "what one gets for",
    r"\bcan be (?:written|expressed) (?:as|in)(?: the form)?\b": "equals",
    r"\bwhere\b": "in which", r"\brelatively prime\b": "coprime",
    r"\bpositive integers\b": "natural numbers",
}  # fmt: skip


def verbatim(text: str, draw: Draw) -> str:
    """The text itself."""
    return text


def prompt_prefix(text: str, draw: Draw) -> str:
    """The text behind the words of a prompt."""
    return PROMPTS[draw.integers(len(PROMPTS))] + text


def without_dollars(text: str, draw: Draw) -> str:
    """The text without the marks of formulas."""
    return re.sub(r"\$+|\\[\[\]()]", "", text)


def operator_spacing(text: str, draw: Draw) -> str:
    """The text with spaces around every operator, or with none."""
    return OPERATOR.sub([r" \1 ", r"\1"][draw.integers(2)], text)


def renamed_variables(text: str, draw: Draw) -> str:
    """The text with the letters of its formulas renamed one to one, each within its case."""
    old = "abcdefghijklmnopqrstuvwxyz"
    new = "".join(draw.permutation(list(old)))
    table = str.maketrans(old + old.upper(), new + new.upper())

    def renamed(formula: re.Match[str]) -> str:
        if PROSE.search(COMMAND.sub("", formula[0])):  # between two prices in dollars
            return formula[0]
        pieces, last = [], 0
        for command in COMMAND.finditer(formula[0]):
            pieces += [formula[0][last : command.start()].translate(table), command[0]]
            last = command.end()
        return "".join([*pieces, formula[0][last:].translate(table)])

    return FORMULA.sub(renamed, text)


def changed_numbers(text: str, draw: Draw) -> str:
    """The text with other numbers of as many digits."""

    def changed(number: re.Match[str]) -> str:
        size = len(number[0])
        if size > 15:
            return number[0][::-1]
        low = 10 ** (size - 1)
        return str(low + (int(number[0]) - low + int(draw.integers(1, 9 * low))) % (9 * low))

    return NUMBER.sub(changed, text)


def option_letters(text: str, draw: Draw) -> str:
    """The text with five answers to choose from."""
    values = draw.choice(900, 5, replace=False) + 100
    choices = zip("ABCDE", values.tolist(), strict=True)
    return text + "\n" + "\n".join(f"({letter}) {value}" for letter, value in choices)


def units_written_out(text: str, draw: Draw) -> str:
    """The text with its units written out, or abbreviated where they were."""
    pattern = re.compile("|".join(f"({unit})" for unit in OUT))
    names = list(OUT.values())
    return pattern.sub(lambda found: names[(found.lastindex or 1) - 1], text)


def reworded_question(text: str, draw: Draw) -> str:
    """The text with the sentence that asks in other words."""
    sentences = re.split(r"(?<=[.?!:])\s+", text)
    for place in reversed(range(len(sentences))):
        sentence = sentences[place]
        if ASKED.search(sentence):
            for old, new in REWORDED.items():
                sentence = re.sub(old, new, sentence, flags=re.IGNORECASE)
            sentences[place] = f"Your task: {sentence[:1].lower()}{sentence[1:]}"
            break
    return " ".join(sentences)


EDITS: Mapping[str, Edit] = {
    "verbatim": verbatim,
    "prompt prefix": prompt_prefix,
    "without $": without_dollars,
    "operator spacing": operator_spacing,
    "renamed variables": renamed_variables,
    "changed numbers": changed_numbers,
    "option letters": option_letters,
    "units written out": units_written_out,
    "reworded question": reworded_question,
}
KEEP_NUMBERS = tuple(name for name in EDITS if name != "changed numbers")


def edited(texts: Sequence[str], edit: Edit, seed: int = 0) -> list[str]:
    """The texts after an edit; each draws from its own place and the seed."""
    return [edit(text, np.random.default_rng([seed, place])) for place, text in enumerate(texts)]
