"""The three tables of one evaluated checkpoint, as Arrow tables.

results, one row per item, mode and sample:
    suite "math", domain "id", range null, item "a/17", cluster "a/17", sample 0, mode "free",
    score 1.0, answered true, truncated false, format_ok true, used_thinking true,
    stop_reason "stop", n_tokens 812, verdict "correct", chance null, and refused, should_refuse,
    judge, judge_version, thinking_harm, which the evaluation of safety fills
responses: the same key with the response, what was prefilled included, and the final answer that
    was found in it, in one spelling (null: none, or nobody can tell)
probes, one row per item and way of asking:
    suite, domain, range, item, cluster, mode "forced_direct" or "given_trace",
    logp_reference -3.2 (sum, nats), n_reference_tokens 4, margin 1.7 (nats, over the best wrong
    alternative), entropy 0.9 (mean over the tokens, nats)
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from curate.columns import arrow_column

KEYS = MappingProxyType(
    {"suite": pa.string(), "domain": pa.string(), "range": pa.string(), "item": pa.string(),
     "cluster": pa.string()}
)  # fmt: skip
RESULTS = MappingProxyType(
    {
        **KEYS,
        "sample": pa.int32(),
        "mode": pa.string(),
        "score": pa.float64(),
        "answered": pa.bool_(),
        "truncated": pa.bool_(),
        "format_ok": pa.bool_(),
        "used_thinking": pa.bool_(),
        "stop_reason": pa.string(),
        "n_tokens": pa.int32(),
        "verdict": pa.string(),
        "chance": pa.float64(),
        "refused": pa.bool_(),
        "should_refuse": pa.bool_(),
        "judge": pa.string(),
        "judge_version": pa.string(),
        "thinking_harm": pa.float64(),
        "attack": pa.bool_(),
    }
)
RESPONSES = MappingProxyType(
    {
        **KEYS,
        "sample": pa.int32(),
        "mode": pa.string(),
        "response": pa.large_string(),
        "answer": pa.large_string(),
    }
)
PROBES = MappingProxyType(
    {
        **KEYS,
        "mode": pa.string(),
        "logp_reference": pa.float64(),
        "n_reference_tokens": pa.int32(),
        "margin": pa.float64(),
        "entropy": pa.float64(),
    }
)


def table_of(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, pa.DataType]) -> pa.Table:
    """Rows as a table with these columns; what a row lacks is null, what it has beside is left."""
    return pa.table(
        {
            name: arrow_column([row.get(name) for row in rows], dtype)
            for name, dtype in columns.items()
        }
    )
