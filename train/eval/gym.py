"""Tasks of reasoning-gym as items, and which of its verifiers can be trusted.

An item is (task, seed, place): the library makes the same one from these again, and scores it. Only
a score of `FULL` counts: several tasks give a few hundredths to any text. The self-test asks of
every verifier that references score 1 and junk does not, without an exception; `check_suite` leaves
out the items of tasks that fail, each with the reason.
"""

import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from curate.errors import InputError, MissingExtra
from curate.train.eval.items import Item
from curate.train.eval.scoring import Score
from curate.train.eval.suite import Suite
from curate.verdict import Verdict

FULL = 0.99
SIZE = 100
"""Items of a task where the suite has no `limit`."""
JUNK = ("?", "I do not know.", "banana 7 [[", "-987654321")

DOMAINS: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        name: tuple(tasks.split())
        for name, tasks in {
            "arithmetic": "basic_arithmetic chain_sum decimal_arithmetic decimal_chain_sum "
            "products gcd lcm fraction_simplification prime_factorization power_function "
            "bitwise_arithmetic number_format count_bits dice leg_counting gsm_symbolic "
            "calendar_arithmetic time_intervals",
            "algebra": "simple_equations polynomial_equations polynomial_multiplication "
            "complex_arithmetic simple_integration intermediate_integration",
            "geometry": "simple_geometry advanced_geometry",
            "probability": "coin_flip",
            "search": "countdown puzzle24",
            "logic": "propositional_logic knights_knaves syllogism zebra_puzzles self_reference "
            "circuit_logic aiw",
            "algorithmic": "ab base_conversion binary_alternation binary_matrix caesar_cipher "
            "count_primes cryptarithm game_of_life game_of_life_halting graph_color "
            "group_anagrams isomorphic_strings jugs letter_counting letter_jumble "
            "manipulate_matrix number_filtering number_sorting palindrome_generation "
            "palindrome_partitioning pool_matrix ransom_note rotate_matrix rotten_oranges "
            "sentence_reordering spell_backward spiral_matrix string_insertion "
            "string_manipulation string_splitting string_synthesis word_ladder "
            "word_sequence_reversal word_sorting",
            "code": "bf codeio",
            "relational": "course_schedule family_relationships shortest_path largest_island "
            "path_star quantum_lock needle_haystack acre list_functions number_sequence",
            "games": "sudoku mini_sudoku futoshiki n_queens maze sokoban tower_of_hanoi rush_hour "
            "knight_swap kakurasu survo mahjong_puzzle tsumego boxnet emoji_mystery arc_1d "
            "arc_agi rearc rubiks_cube color_cube_rotation modulo_grid rectangle_count "
            "figlet_font",
        }.items()
    }
)
"""Kinds of tasks, each a name that `gym` takes; the first five are mathematics."""
MATHEMATICS = ("arithmetic", "algebra", "geometry", "probability", "search")
_TAGGED = re.compile(r"<answer>(.*?)</answer>", re.DOTALL)


def gym_items(suite: Suite) -> list[Item]:
    """The items of the tasks of a suite, so many of each as its limit says.

    Raises:
        MissingExtra: reasoning-gym is not installed.
        InputError: a task is unknown.
    """
    return [item for task in tasks_of(suite.gym) for item in task_items(task, suite)]


def tasks_of(names: Sequence[str]) -> list[str]:
    """The tasks that are named, by themselves or by their kind, each once."""
    known = registered()
    wanted = [task for name in names for task in DOMAINS.get(name, (name,))]
    for task in wanted:
        if task not in known:
            raise InputError(
                f"`{task}` is no task of reasoning-gym",
                why=f"the kinds are {', '.join(DOMAINS)}, and it has {len(known)} tasks",
                fix="name a kind, or a task of this version of the library",
            )
    return list(dict.fromkeys(wanted))


def task_items(task: str, suite: Suite) -> list[Item]:
    """The items of one task; all of one task are a cluster of their own each."""
    size = suite.limit or SIZE
    return [
        Item(
            id=f"{task}/{suite.seed}/{at}",
            cluster=f"{task}/{suite.seed}/{at}",
            problem=str(entry["question"]),
            reference=None if entry["answer"] is None else str(entry["answer"]),
            chance=suite.chance,
            record={"task": task, "seed": suite.seed, "at": at, "size": size},
        )
        for at, entry in enumerate(entries_of(task, suite.seed, size))
    ]


def entries_of(task: str, seed: int, size: int) -> list[Any]:
    """So many entries of a task."""
    return [entry_of(task, seed, size, at) for at in range(size)]


def library() -> Any:  # noqa: ANN401
    """The module of reasoning-gym.

    Raises:
        MissingExtra: it is not installed.
    """
    try:
        import reasoning_gym
    except ImportError as error:
        raise MissingExtra("reasoning-gym", extra="gym", needed_for="`gym`") from error
    return reasoning_gym


def registered() -> frozenset[str]:
    """The names of all tasks but the composite one, which is made of others."""
    return frozenset(library().factory.DATASETS) - {"composite"}


@lru_cache(maxsize=256)
def dataset(task: str, seed: int, size: int) -> Any:  # noqa: ANN401
    """So many items of a task; the first do not depend on how many."""
    with redirect_stdout(sys.stderr):
        return library().create_dataset(task, seed=seed, size=size)


@lru_cache(maxsize=4096)
def entry_of(task: str, seed: int, size: int, at: int) -> Any:  # noqa: ANN401
    """One item of a task; some take a third of a second to make."""
    with redirect_stdout(sys.stderr):  # some print dots while they work
        return dataset(task, seed, size)[at]


def score_gym(item: Item, answer: str) -> Score:
    """What the library's verifier says of the final answer."""
    final = final_answer(answer)
    if not final:
        return Score(verdict=Verdict.UNPARSED)
    where = item.record
    entry = entry_of(where["task"], where["seed"], where["size"], where["at"])
    try:
        score = dataset(where["task"], where["seed"], where["size"]).score_answer(final, entry)
    except Exception:  # noqa: BLE001  somebody else's verifier on untrusted text: not the model's fault
        return Score(verdict=Verdict.ERROR)
    right = score is not None and score >= FULL
    return Score(
        verdict=Verdict.CORRECT if right else Verdict.INCORRECT,
        marked=_TAGGED.search(answer) is not None or answer.strip() == final,
    )


def final_answer(answer: str) -> str:
    """The text in the last `<answer>` tag; without one the whole."""
    tagged = _TAGGED.findall(answer)
    return (tagged[-1] if tagged else answer).strip()


def fault_of(task: str, *, seed: int = 0, size: int = 10) -> str | None:
    """Why the verifier of a task cannot be trusted; None where it can."""
    made = dataset(task, seed, size)
    for at in range(size):
        entry = entry_of(task, seed, size, at)
        if entry["answer"] is None:
            return "it keeps no reference answer"
        found = tried(made, str(entry["answer"]), entry)
        if not isinstance(found, float) or found < FULL:
            return f"the reference of item {at} scores {found}"
        for junk in JUNK:
            found = tried(made, junk, entry)
            if isinstance(found, str) or (found >= FULL and junk != entry["answer"]):
                return f"`{junk}` scores {found} on item {at}"
    return None


def tried(made: Any, answer: str, entry: Any) -> float | str:  # noqa: ANN401
    """The score of an answer; the exception where there is one."""
    try:
        return float(made.score_answer(answer, entry))
    except Exception as error:  # noqa: BLE001  that it raises is what is asked
        return f"{type(error).__name__}: {str(error)[:80]}"


@lru_cache(maxsize=8)
def quarantined(names: tuple[str, ...], seed: int = 0, size: int = 10) -> dict[str, str]:
    """The tasks whose verifiers fail the self-test, each with the reason."""
    found = {task: fault_of(task, seed=seed, size=size) for task in tasks_of(names)}
    return {task: why for task, why in found.items() if why is not None}
