"""Tables of universal models: their scores against where all observers looked, and what a prediction costs."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]  # Any: JSON values
Table = list[list[str]]

_SCORES = ("cc", "sim", "kld", "nss", "auc", "auc_judd", "sauc", "ig")


def is_universal(document: Json) -> bool:
    """Whether a document came from scoring universal models alone."""
    return "ig_positive_share" in document["meta"]


def universal(document: Json) -> Table:
    """Mean of every metric over the images, and the share of images on which the model beats the baseline."""
    means: dict[str, dict[str, float]] = {}
    for entry in document["summary"]:
        means.setdefault(entry["model"], {})[entry["metric"]] = entry["mean"]
    share = document["meta"]["ig_positive_share"]
    return [
        ["model", *_SCORES, "ig > 0 on"],
        *([model, *(f"{of[metric]:.3f}" for metric in _SCORES), f"{share[model]:.0%}"] for model, of in means.items()),
    ]


def speed(document: Json) -> Table:
    """Milliseconds elapsed (of processor time in brackets) and memory: one row a model, sizes and threads across."""
    rows = document["rows"]
    cases = list(dict.fromkeys((row["size"], row["threads"]) for row in rows))
    found = {(row["model"], row["size"], row["threads"]): row for row in rows}
    header = [f"{size}, {n} thread{'s' if n > 1 else ''}" for size, n in cases]
    table = [["model", *header, "peak memory"]]
    for model in dict.fromkeys(row["model"] for row in rows):
        cells = []
        for size, n_threads in cases:
            row = found.get((model, size, n_threads))
            text = "" if row is None else f"{row['elapsed_ms']:.4g} ({row['processor_ms']:.4g})"
            cells.append(text)
        peak = max(row["peak_mb"] for row in rows if row["model"] == model)
        table.append([model, *cells, f"{peak} MB"])
    return table
