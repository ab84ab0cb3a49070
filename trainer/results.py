"""RESULTS: scores as long-form rows, with intervals and paired tests, in one small JSON file."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gazeapp.errors import UnreadableTable
from trainer.evaluate import METRICS, Scores

SCHEMA = 1
_N_BOOTSTRAP = 1000
_REFERENCE = "usm"

Json = dict[str, Any]  # Any: JSON values


def build_results(
    scores: Sequence[Scores],
    *,
    protocol: str,
    dataset: str,
    observers: Sequence[str],
    meta: Mapping[str, Any],  # Any: JSON values
    seed: int = 0,
) -> Json:
    """The document of contract's RESULTS/results.json.

    Every model is compared with the universal map, and a personal network also with its own wrong-user control: a
    paired Wilcoxon test over observers, Holm-corrected over the metrics. Intervals resample observers and images.
    """
    rows, summary = [], []
    reference = {s.usm: s for s in scores if s.model == _REFERENCE}
    by_key = {(s.model, s.usm, s.m): s for s in scores}
    for s in scores:
        for metric in METRICS:
            for observer, values in zip(observers, s.values[metric], strict=True):
                rows.append(
                    {
                        "model": s.model, "usm": s.usm, "m": s.m, "observer": observer, "metric": metric,
                        "value": _round(float(np.nanmean(values))), "n_images": int(np.isfinite(values).sum()),
                    }
                )  # fmt: skip
        against = {"vs": reference.get(s.usm)}
        wrong = by_key.get((_wrong_name(s.model), s.usm, s.m))
        if wrong is not None and wrong is not s:
            against["vs_wrong_user"] = wrong
        compared = {
            key: compare(s, other)
            for key, other in against.items()
            if other is not None and other is not s
        }
        for metric in METRICS:
            entry: Json = {
                "model": s.model, "usm": s.usm, "m": s.m, "metric": metric,
                "mean": _round(float(np.nanmean(np.nanmean(s.values[metric], axis=1)))),
                "ci95": [_round(x) for x in interval(s.values[metric], seed)],
            }  # fmt: skip
            for key, result in compared.items():
                entry[key] = result[metric]
            summary.append(entry)
    return {
        "schema": SCHEMA,
        "protocol": protocol,
        "dataset": dataset,
        "rows": rows,
        "summary": summary,
        "meta": dict(meta),
    }


def compare(model: Scores, other: Scores) -> dict[str, Json]:
    """Per metric: mean difference over observers, share of observers who gain, and Holm-corrected p."""
    from scipy.stats import wilcoxon

    deltas = {
        metric: np.nanmean(model.values[metric], axis=1) - np.nanmean(other.values[metric], axis=1)
        for metric in METRICS
    }
    raw = [
        float(wilcoxon(delta).pvalue) if np.any(delta != 0) and len(delta) > 1 else 1.0
        for delta in deltas.values()
    ]
    corrected = holm(raw)
    found = {}
    for (metric, delta), p in zip(deltas.items(), corrected, strict=True):
        better = delta < 0 if metric == "kld" else delta > 0
        found[metric] = {
            "model": other.model,
            "delta": _round(float(delta.mean())),
            "n_better": int(better.sum()),
            "n_observers": len(delta),
            "p_holm": _round(p),
        }
    return found


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down correction.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p_values)
    corrected, largest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(order.tolist()):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        corrected[index] = largest
    return corrected


def interval(values: NDArray[np.float64], seed: int) -> tuple[float, float]:
    """95 % bootstrap interval of the mean, resampling observers and images of an (observers, images) array."""
    rng = np.random.default_rng(seed)
    # how often each observer and each image is drawn; products with them replace a thousand copies of the array
    observers, images = (
        rng.multinomial(size, np.full(size, 1 / size), _N_BOOTSTRAP).astype(float)
        for size in values.shape
    )
    known = np.isfinite(values)
    total = ((observers @ np.where(known, values, 0.0)) * images).sum(axis=1)
    means = total / ((observers @ known) * images).sum(axis=1).clip(1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def write_results(document: Json, folder: Path) -> Path:
    """Write RESULTS/results.json."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "results.json"
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return path


def read_results(path: Path) -> Json:
    """Read RESULTS (the folder or its file); UnreadableTable says what is wrong."""
    file = path / "results.json" if path.is_dir() else path
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnreadableTable(f"{file}: not a readable results file ({error})") from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise UnreadableTable(f"{file}: not a results file of schema {SCHEMA}")
    return document


def _wrong_name(model: str) -> str:
    return "personal_wrong_user" if model == "personal_best" else f"{model}_wrong_user"


def _round(value: float) -> float | None:
    return round(value, 6) if math.isfinite(value) else None
