"""The constants of what is said of a person, chosen on people no network saw, and what that is worth on others: the
people of all folds but one choose for those of the last, who had no say in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from gazeapp.errors import SettingsError
from gazeapp.networks.user_posterior import COEFFICIENT_WIDTH, HABIT_WIDTH
from gazeapp.types import Json
from trainer.analyses.evidence import TRIED_CAUTION

_Choose = Callable[[Sequence[Json], Sequence[Json]], tuple[float, float]]
"""(results that choose, results that are judged) to the constant and its worth."""
WIDTHS = {"coefficients": COEFFICIENT_WIDTH, "habits": HABIT_WIDTH}
"""Rows of coverage, and the factor of their variance in use."""


def constants(documents: Sequence[Json], sizes: Sequence[int] = ()) -> list[Json]:
    """Rows for each constant and fold: what the other folds choose, what it is worth here, and what all choose.

    `caution` minimises Cllr, `worth` is that; the widths make the variance of the residuals 1, `worth` is their
    variance then. Every data set and number of pairs weighs the same.

    Args:
        documents: Of `analyse evidence`; those under the same networks are one fold.
        sizes: Numbers of pairs that decide; all that the results have where empty.

    Raises:
        SettingsError: Fewer than two folds, or results that tell nothing of a constant.
    """
    if sizes:
        documents = [{**d, "rows": [row for row in d["rows"] if row["m"] in sizes]} for d in documents]
    folds: dict[str, list[Json]] = {}
    for document in documents:
        folds.setdefault(" ".join(document["meta"]["checkpoints"]), []).append(document)
    if len(folds) < 2:
        raise SettingsError(
            "analyse constants: --folds needs results under the networks of two folds or more", key="folds"
        )
    groups = list(folds.values())
    rows: list[Json] = []
    for name, choose in {"caution": _caution, **{name: _width_of(name) for name in WIDTHS}}.items():
        of_all, _ = choose(documents, documents)
        for k, fold in enumerate(groups):
            others = [document for j, group in enumerate(groups) if j != k for document in group]
            chosen, worth = choose(others, fold)
            values = {"others_choose": chosen, "worth": worth, "all_choose": of_all}
            rows += [
                {"model": name, "m": k, "metric": metric, "value": round(value, 4)} for metric, value in values.items()
            ]
    return rows


def _caution(choosing: Sequence[Json], judged: Sequence[Json]) -> tuple[float, float]:
    """The factor of the lowest Cllr, and its Cllr on others."""

    def cllr(documents: Sequence[Json]) -> dict[float, float]:
        found: dict[float, list[float]] = {}
        for row in _rows(documents, TRIED_CAUTION, "cllr"):
            found.setdefault(float(row["model"].split()[-1]), []).append(row["value"])
        return {factor: float(np.mean(values)) for factor, values in found.items()}

    known = cllr(choosing)
    best = min(known, key=lambda factor: known[factor])
    return best, cllr(judged)[best]


def _width_of(name: str) -> _Choose:
    """How a width is chosen: variances are in units of the one in use."""

    def choose(choosing: Sequence[Json], judged: Sequence[Json]) -> tuple[float, float]:
        factor, own = (
            float(np.mean([row["value"] for row in _rows(documents, name, "variance")]))
            for documents in (choosing, judged)
        )
        return WIDTHS[name] * factor, own / factor

    return choose


def _rows(documents: Sequence[Json], model: str, metric: str) -> list[Json]:
    found = [
        row
        for document in documents
        for row in document["rows"]
        if row["model"].split()[0] == model and row["metric"] == metric
    ]
    if not found:
        raise SettingsError(f"analyse constants: the results tell nothing of {model}; make them anew", key="folds")
    return found
