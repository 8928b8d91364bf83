"""`curate score POOL --fit LABELS`: labels for the traces of a pool, and the model fitted to them.

Labels are a column of the pool (`verdict`, or one of the dump), or a JSONL or Parquet file with
`id` and `label`. True are `true`, 1, "correct", "yes"; false are `false`, 0, "incorrect", "wrong",
"unparsed", "no"; everything else is no label.

    quality/fit.json   the model and what it is worth: AUC, reliability, coefficients
"""

import json
from pathlib import Path
from typing import Any

import polars as pl

from curate.account_text import aligned
from curate.errors import InputError
from curate.export import groups_of, known_column
from curate.io import write_bytes
from curate.pool import TRACES, Pool
from curate.quality.combine import READS
from curate.quality.fit import Coefficient, Fit, fit
from curate.store import make_folder

REPORT = "fit.json"
TRUE = ("true", "1", "1.0", "correct", "yes", "right")
FALSE = ("false", "0", "0.0", "incorrect", "unparsed", "no", "wrong")
SUFFIXES = (".jsonl", ".ndjson", ".parquet")


def fit_pool(pool: Pool, labels: str) -> Fit:
    """The model fitted to the labels, which is also written into the pool.

    Raises:
        InputError: there are no such labels, or too few.
        MissingExtra: scikit-learn is not installed.
        PoolError: the pool is in use, or was not scored to the end.
    """
    with pool.lock():
        found = fit(labelled_rows(pool, labels), labels)
        folder = pool.path / "quality"
        make_folder(folder)
        content = json.dumps(found.report | {"model": found.model}, indent=2, ensure_ascii=False)
        write_bytes(folder / REPORT, content.encode() + b"\n")
    return found


def fit_of(pool: Pool) -> dict[str, Any] | None:
    """What the last fit of a pool said, whether or not its quality is by it; None without a fit."""
    path = pool.path / "quality" / REPORT
    return json.loads(path.read_bytes()) if path.is_file() else None


def labelled_rows(pool: Pool, labels: str) -> pl.DataFrame:
    """`problem_id`, `label` and the signals of every trace."""
    if labels.endswith(SUFFIXES):
        columns = ["id", "problem_id", *READS]
        rows = pool.scan([TRACES, "score"], columns).collect()
        known = labels_of_file(Path(labels))
        return rows.join(known, on="id", how="left", maintain_order="left")
    groups = groups_of(pool)
    known_column(labels, pool.scan(groups).collect_schema())
    columns = list(dict.fromkeys(["problem_id", labels, *READS]))
    rows = pool.scan([*groups, "score"], columns).collect()
    return rows.with_columns(label=truth(pl.col(labels)))


def labels_of_file(path: Path) -> pl.DataFrame:
    """`id` and `label` of every line.

    Raises:
        InputError: there is no such file, it cannot be read, or it says two things of a trace.
    """
    read = pl.read_parquet if path.suffix == ".parquet" else pl.read_ndjson
    try:
        found = read(path).select(pl.col("id").cast(pl.String), label=truth(pl.col("label")))
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(
            f"`{path}` holds no labels",
            why=str(error).partition("\n")[0],
            fix="give JSONL or Parquet with the columns `id` and `label`, or a column of the pool",
        ) from error
    distinct = found.unique(maintain_order=True)
    if twice := distinct.filter(pl.col("id").is_duplicated())["id"].to_list():
        raise InputError(
            f"`{path}` says two things of the trace {twice[0]}",
            why="one line has one label and another line the other",
            fix="leave one of them",
        )
    return distinct


def truth(column: pl.Expr) -> pl.Expr:
    """True, false, or null where it is no label."""
    text = column.cast(pl.String).str.strip_chars().str.to_lowercase()
    return pl.when(text.is_in(TRUE)).then(True).when(text.is_in(FALSE)).then(False)


# --- in words -------------------------------------------------------------------------------------


def fit_text(found: Fit) -> str:
    """The fit as tables: what it is worth, the coefficients, the reliability."""
    within = found.auc_within_problem
    facts = [
        ["labelled traces", f"{found.traces:,} of {found.problems:,} problems"],
        ["true labels", f"{found.positive:.1%}"],
        ["AUC", number(found.auc)],
        [
            "AUC within problem",
            f"{number(within.value)} ({number(within.low)} to {number(within.high)}; "
            f"{within.pairs:,} pairs of {within.groups:,} problems)",
        ],
        ["Brier score", f"{found.brier:.3f} ({found.brier_of_the_mean:.3f} without signals)"],
    ]
    strongest = sorted(found.coefficients, key=lambda each: -abs(each.value))
    weights = [["signal", "points", "95 %", "known"], *map(coefficient_row, strongest)]
    bins = [
        [
            f"{each.low:.1f}–{each.high:.1f}",
            f"{each.traces:,}",
            number(each.predicted),
            number(each.observed),
        ]
        for each in found.reliability
    ]
    curve = [["chance", "traces", "predicted", "observed"], *bins]
    blocks = [aligned(facts, numbers=0), aligned(weights, numbers=0), aligned(curve, numbers=0)]
    return "\n\n".join("\n".join(lines) for lines in blocks)


def coefficient_row(each: Coefficient) -> list[str]:
    """A line of the table of coefficients."""
    return [
        each.name,
        f"{each.value:+.2f}",
        f"{each.low:+.2f} to {each.high:+.2f}",
        f"{each.known:.0%}",
    ]


def number(value: float | None) -> str:
    """Three digits, or a dash."""
    return "–" if value is None else f"{value:.3f}"
