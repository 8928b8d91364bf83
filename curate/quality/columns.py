"""The columns of the `score` group: what each is, its range and where it comes from.

One response is one row. Null means that a signal is unknown or does not apply; a response that our
code does not survive has nulls throughout, and the account counts it.
"""

import polars as pl

LOOP = pl.Struct({"start": pl.Int64(), "end": pl.Int64(), "kind": pl.String()})
SPAN = pl.Struct({"start": pl.Int64(), "end": pl.Int64(), "script": pl.String()})

SCORE_SCHEMA: dict[str, pl.DataType] = {
    "tokens": pl.Int64(),
    "tokens_thinking": pl.Int64(),
    "tokens_answer": pl.Int64(),
    "chars_thinking": pl.Int64(),
    "chars_answer": pl.Int64(),
    "thinking_share": pl.Float64(),
    "steps": pl.Int64(),
    "step_chars_mean": pl.Float64(),
    "cut_off": pl.String(),
    "well_formed": pl.Boolean(),
    "answer_after_thinking": pl.Boolean(),
    "loop_share": pl.Float64(),
    "loops": pl.List(LOOP),
    "longest_repeat": pl.Int64(),
    "distinct_5grams": pl.Float64(),
    "repeated_sentences": pl.Float64(),
    "near_repeats": pl.Float64(),
    "compression_ratio": pl.Float64(),
    "script": pl.String(),
    "script_mix": pl.Float64(),
    "script_spans": pl.List(SPAN),
    "verification_rate": pl.Float64(),
    "backtracking_rate": pl.Float64(),
    "subgoal_rate": pl.Float64(),
    "backward_rate": pl.Float64(),
    "hedging_rate": pl.Float64(),
    "failed_steps": pl.Float64(),
    "branches": pl.Int64(),
    "answer_first": pl.Float64(),
    "tokens_after_answer": pl.Int64(),
    "answers_agree": pl.Boolean(),
    "equations": pl.Int64(),
    "equations_right": pl.Int64(),
    "equations_wrong": pl.Int64(),
    "arithmetic": pl.Float64(),
    "wrong_start": pl.Int64(),
    "wrong_end": pl.Int64(),
}

DESCRIPTIONS = {
    "tokens": "tokens of the response, at least 0; by the tokenizer named, else estimated",
    "tokens_thinking": "tokens of the thinking, 0 without one",
    "tokens_answer": "tokens behind the thinking",
    "chars_thinking": "characters of the thinking, 0 without one",
    "chars_answer": "characters behind the thinking",
    "thinking_share": "characters of the thinking of all, in [0, 1]",
    "steps": "paragraphs of the reasoning; lines where paragraphs are longer than 4,000 bytes",
    "step_chars_mean": "characters of the reasoning per step",
    "cut_off": "why the response is not whole: `stop reason`, `unclosed thinking`, `no answer`, "
    "`mid-sentence`; null where it is whole",
    "well_formed": "whether there is one thinking block, closed, or none at all",
    "answer_after_thinking": "whether the final answer stands behind the thinking",
    "loop_share": "characters (bytes) inside loops of all, in [0, 1]",
    "loops": "the longest loops, at most 20, in characters of the response",
    "longest_repeat": "characters of the longest stretch that stands earlier as well, at least 0",
    "distinct_5grams": "different five words in a row of all, in (0, 1] (distinct-n)",
    "repeated_sentences": "sentences of five words and more that were said before, in [0, 1)",
    "near_repeats": "bytes of paragraphs of 20 words and more of whose five words in a row 70 % "
    "stand earlier, numbers aside, in [0, 1)",
    "compression_ratio": "compressed of raw bytes, zstd level 1 on the first MiB, in (0, 1]",
    "script": "the script of most letters: `Latin`, `Han`, `Japanese`, …",
    "script_mix": "share of the letters in other scripts, weighed by bytes, in [0, 1)",
    "script_spans": "where these stand, the first 20, in characters of the response",
    "verification_rate": "phrases of checking per 1,000 tokens of the reasoning, at least 0 "
    "(Gandhi et al. 2025, arXiv:2503.01307)",
    "backtracking_rate": "phrases of giving up or turning back per 1,000 tokens (same source)",
    "subgoal_rate": "phrases that set a subgoal per 1,000 tokens (same source)",
    "backward_rate": "phrases of working from the goal per 1,000 tokens (same source)",
    "hedging_rate": "phrases of doubt per 1,000 tokens",
    "failed_steps": "steps in abandoned branches of all, in [0, 1] (after Feng et al. 2025, "
    "arXiv:2509.19284; by rule, see `curate.quality.graph`)",
    "branches": "how often another approach was begun, at least 0",
    "answer_first": "place of the first statement of the final answer, as share of the thinking",
    "tokens_after_answer": "tokens of the thinking from there on (overthinking)",
    "answers_agree": "whether the answer that the thinking ends with is the final one",
    "equations": "equations between numbers that can be checked",
    "equations_right": "those that hold",
    "equations_wrong": "those that do not",
    "arithmetic": "equations that hold of those checked, in [0, 1]; null where there are none",
    "wrong_start": "where the first wrong equation begins, in characters of the response",
    "wrong_end": "where it ends",
}
"""One line for each column."""
