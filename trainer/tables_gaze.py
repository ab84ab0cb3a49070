"""Table of a personalised gaze estimator: error in centimetres, before and after, by number of sessions."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]  # Any: JSON values
Table = list[list[str]]

_WORDS = {
    "before": "before",
    "map": "map loss",
    "map_outliers": "map loss, outliers dropped",
    "squared": "squared",
    "squared_outliers": "squared, outliers dropped",
    "points": "calibration points alone",
    "map_points": "map loss and points, outliers dropped",
}


def gaze(document: Json) -> Table:
    """Mean and standard deviation over people, cm; in brackets the change in per cent, and for how many it is better."""
    summary = {(entry["model"], entry["m"]): entry for entry in document["summary"]}
    sessions = sorted({m for _, m in summary if m})
    table = [["personalised by", *(f"{m} session{'s' if m > 1 else ''}" for m in sessions)]]
    for model in dict.fromkeys(model for model, _ in summary):
        cells = []
        for m in sessions:
            entry = summary.get((model, m)) or summary.get((model, 0))
            if entry is None:
                cells.append("")
                continue
            text = f"{entry['mean']:.2f} ± {entry['sd']:.2f}"
            if "vs" in entry:
                n_people = document["meta"]["n_people"]
                text += f" ({entry['vs']['share']:+.0%}, {entry['vs']['n_better']}/{n_people})"
            cells.append(text)
        table.append([_WORDS.get(model, model), *cells])
    return table
