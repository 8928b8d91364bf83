"""Makes tests/golden/statistics.json: small studies and what other software says of them.

Run by hand, with statsmodels installed: `python -m tests.statistics_reference`. The tests read the
file, as importing statsmodels takes longer than all of them.
"""

import json
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

PATH = Path(__file__).parent / "golden" / "statistics.json"


def clustered() -> dict[str, Any]:
    """Two arms, one run, items in clusters: the paired difference by cluster-robust OLS."""
    import statsmodels.api as sm

    random = np.random.default_rng(5)
    clusters = random.integers(0, 12, 60)
    arms = np.round(random.random((2, 60)) + random.normal(0, 1, (2, 12))[:, clusters], 4)
    fit = sm.OLS(arms[0] - arms[1], np.ones(60)).fit(
        cov_type="cluster", cov_kwds={"groups": clusters, "use_correction": True}
    )
    return {
        "arms": arms.tolist(),
        "clusters": clusters.tolist(),
        "estimate": float(fit.params[0]),
        "error": float(fit.bse[0]),
    }


def mixed() -> dict[str, Any]:
    """Two arms, four runs each, 25 items: the difference of arms by a linear mixed model."""
    import statsmodels.formula.api as smf

    random = np.random.default_rng(7)
    runs = random.normal(0, 0.3, (2, 4, 1))
    liking = random.normal(0, 0.4, (2, 1, 25))
    values = random.normal(0, 0.6, (2, 4, 25)) + runs + liking + random.normal(0, 1, 25)
    values[1] += 0.5
    values = np.round(values, 4)
    arm, run, item = (axis.ravel() for axis in np.indices(values.shape))
    frame = import_module("pandas").DataFrame  # as statsmodels wants its data
    data = frame({"score": values.ravel(), "arm": arm, "one": 1, "item": item})
    data = data.assign(run=10 * arm + run, liking=100 * arm + item)
    parts = {name: f"0 + C({name})" for name in ("item", "run", "liking")}
    fit = smf.mixedlm("score ~ arm", data, groups="one", vc_formula=parts).fit(method="lbfgs")
    assert fit.converged
    assert min(fit.vcomp) > 0.01, "moments and REML agree where no component is at 0"
    return {
        "values": values.tolist(),
        "estimate": float(fit.fe_params["arm"]),
        "error": float(fit.bse_fe["arm"]),
    }


def equivalence() -> dict[str, Any]:
    """Two arms on the same items: two one-sided paired t tests at ±0.1."""
    from statsmodels.stats.weightstats import ttost_paired

    random = np.random.default_rng(9)
    one = np.round(random.random(50), 4)
    two = np.round(one + random.normal(0.02, 0.2, 50), 4)
    p, above, below = ttost_paired(one, two, -0.1, 0.1)
    return {
        "one": one.tolist(),
        "two": two.tolist(),
        "p": float(p),
        "above": float(above[1]),
        "below": float(below[1]),
    }


def adjusted() -> list[dict[str, Any]]:
    """Lists of p values, with ties and extremes, adjusted two ways."""
    from statsmodels.stats.multitest import multipletests

    random = np.random.default_rng(3)
    lists = [random.random(n).round(3).tolist() for n in (1, 2, 5, 20)]
    lists += [[0.01, 0.01, 0.04, 0.04, 1.0], [0.0, 0.0, 0.5], [0.2] * 4, [1.0, 0.001]]
    return [
        {
            "p": p,
            "holm": multipletests(p, method="holm")[1].tolist(),
            "fdr_bh": multipletests(p, method="fdr_bh")[1].tolist(),
        }
        for p in lists
    ]


def main() -> None:
    found = {
        "statsmodels": version("statsmodels"),
        "clustered": clustered(),
        "mixed": mixed(),
        "equivalence": equivalence(),
        "adjusted": adjusted(),
    }
    PATH.write_text(json.dumps(found) + "\n", "utf-8")


if __name__ == "__main__":
    main()
