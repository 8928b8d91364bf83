"""What the signals of the `score` and `quality` groups mean, in a line each."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A column of numbers, or of yes and no."""

    group: str
    column: str
    title: str
    meaning: str


SIGNALS = tuple(
    Signal(group=group, column=column, title=title, meaning=meaning)
    for group, column, title, meaning in (
        ("quality", "quality", "quality", "all signals in one, without the effect of length"),
        ("quality", "quality_raw", "quality, raw", "all signals in one, length included"),
        ("score", "tokens", "tokens", "length of the response"),
        ("score", "thinking_share", "thinking share", "share of the characters in the thinking"),
        ("score", "steps", "steps", "paragraphs of the thinking"),
        ("score", "step_chars_mean", "step length", "characters of a step, on average"),
        ("score", "well_formed", "well formed", "one thinking block, closed, or none"),
        ("score", "answer_after_thinking", "answer after", "the answer follows the thinking"),
        ("score", "answers_agree", "answers agree", "the thinking ends in the final answer"),
        ("score", "answer_first", "answer first named", "how far into the thinking, as a share"),
        ("score", "tokens_after_answer", "tokens after answer", "written after it was named"),
        ("score", "arithmetic", "arithmetic", "share of the equations that hold"),
        ("score", "equations", "equations", "equations with numbers on both sides"),
        ("score", "equations_wrong", "wrong equations", "equations that do not hold"),
        ("score", "loop_share", "loops", "share of the characters inside loops"),
        ("score", "longest_repeat", "longest repeat", "characters of the longest repeated text"),
        ("score", "distinct_5grams", "distinct 5-grams", "share of runs of five words seen once"),
        ("score", "repeated_sentences", "repeated sentences", "share that came before"),
        ("score", "near_repeats", "near repeats", "share of paragraphs close to an earlier one"),
        (
            "score",
            "compression_ratio",
            "compression",
            "compressed size over size; low is repetitive",
        ),
        ("score", "script_mix", "script mix", "share of letters outside the main script"),
        ("score", "verification_rate", "verification", "“let me check”, per 1,000 tokens"),
        ("score", "backtracking_rate", "backtracking", "“wait, no”, per 1,000 tokens"),
        ("score", "subgoal_rate", "subgoals", "“first, then”, per 1,000 tokens"),
        ("score", "backward_rate", "backward chaining", "“to get this, we need”, per 1,000 tokens"),
        ("score", "hedging_rate", "hedging", "“maybe”, per 1,000 tokens"),
        ("score", "failed_steps", "failed steps", "share of the steps that were given up"),
        ("score", "branches", "branches", "other approaches that were begun"),
    )
)
