"""RESULTS: scores as long-form rows, with intervals and paired tests, in one small JSON file.

Beside it lies `scores.npz` with every single score: merged results resample its images too. It may be deleted; merging
then resamples observers alone.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from gazeapp.errors import UnreadableTable
from trainer.results_statistics import PAPER_METRICS, Values, compare, interval, observer_means

SCHEMA = 1
PLAIN = "plain"
_FILE, _ARRAYS = "results.json", "scores.npz"
_OURS = ("personal_best", "personal_paper")
_BASELINES = (
    "personal_paper",
    "unconditioned",
    "personal_mean_user",
    "ridge",
    "spatial_prior",
    "multicnn",
    "multicnn_support",
    "multitask",
    "personal_single",
)
"""What our rows are tested against besides the universal map and their wrong-user control."""

Json = dict[str, Any]  # Any: JSON values
Key = tuple[str, str, int, str]
"""Model, usm, m, maps."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScoreTable:
    """Scores of models on observers and images, of one evaluation or of several merged ones."""

    observers: tuple[str, ...]
    images: tuple[str, ...]
    values: dict[Key, dict[str, Values]]
    """Metric to (observers, images), NaN where there is none."""

    def of(self, key: Key) -> dict[str, Values]:
        """All metrics of a row; those whose own map is the plain one come from there."""
        model, usm, m, maps = key
        plain = self.values.get((model, usm, m, PLAIN), {})
        return plain | self.values[key] if maps != PLAIN else self.values[key]


def renamed(table: ScoreTable, name: str) -> ScoreTable:
    """The same scores with ours under another name, so that two trainings of it stand in one table.

    Args:
        table: With rows of ours.
        name: Instead of `personal_best`; its controls become NAME_wrong_user and NAME_mean_user.
    """
    names = {
        "personal_best": name,
        "personal_wrong_user": f"{name}_wrong_user",
        "personal_mean_user": f"{name}_mean_user",
    }
    values = {(names.get(key[0], key[0]), *key[1:]): found for key, found in table.values.items()}
    return replace(table, values=values)


def build_results(
    table: ScoreTable,
    *,
    protocol: str,
    dataset: str,
    meta: Mapping[str, Any],  # Any: JSON values
    seed: int = 0,
) -> Json:
    """The document of contract's RESULTS/results.json.

    Every model is compared with the universal map (`vs`) and with its own wrong-user control (`vs_wrong_user`), ours
    with each baseline too (`vs_ridge` and so on): see `results_statistics.compare`. Intervals resample observers and
    images. Rows of metric-specific maps (`maps`) hold the metrics for which these differ from the plain ones.
    """
    rows, summary = [], []
    for key, values in table.values.items():
        model, usm, m, maps = key
        for metric, scores in values.items():
            means = observer_means(scores)
            for name, mean, own in zip(table.observers, means, scores, strict=True):
                if math.isfinite(mean):
                    rows.append(
                        {
                            "model": model,
                            "usm": usm,
                            "m": m,
                            "maps": maps,
                            "observer": name,
                            "metric": metric,
                            "value": round(float(mean), 5),
                            "n_images": int(np.isfinite(own).sum()),
                        }
                    )
        complete = table.of(key)
        compared = {
            name: compare(complete, table.of(other), other[0]) for name, other in _references(table, key).items()
        }
        for metric, scores in complete.items():
            entry: Json = {
                "model": model,
                "usm": usm,
                "m": m,
                "maps": maps,
                "metric": metric,
                "mean": _round(float(np.nanmean(observer_means(scores)))),
                "ci95": [_round(x) for x in interval(scores, seed)],
            }
            entry |= {name: found[metric] for name, found in compared.items() if metric in found}
            summary.append(entry)
    return {
        "schema": SCHEMA,
        "protocol": protocol,
        "dataset": dataset,
        "rows": rows,
        "summary": summary,
        "meta": {**meta, "holm_over": list(PAPER_METRICS)},
    }


def wrong_name(model: str) -> str:
    """Name of a model's wrong-user control."""
    return "personal_wrong_user" if model == "personal_best" else f"{model}_wrong_user"


def _references(table: ScoreTable, key: Key) -> dict[str, Key]:
    model, usm, m, maps = key
    names = {"vs": "usm", "vs_wrong_user": wrong_name(model)}
    if model in _OURS:
        names |= {f"vs_{name}": name for name in _BASELINES}
    found = {}
    for name, other in names.items():
        # a row that needs no pairs stands for every m
        for candidate in ((other, usm, m, maps), (other, usm, 0, maps)):
            if candidate in table.values and other != model:
                found[name] = candidate
                break
    return found


def write_results(document: Json, folder: Path, table: ScoreTable | None = None) -> Path:
    """Write RESULTS/results.json, one entry a line, and every score beside it where given."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / _FILE
    parts = []
    for name, value in document.items():
        if name in ("rows", "summary"):
            lines = ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in value)
            parts.append(f'"{name}": [\n{lines}\n]' if value else f'"{name}": []')
        else:
            parts.append(f'"{name}": {json.dumps(value, indent=1)}')
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")
    if table is not None:
        arrays: dict[str, Any] = {  # Any: arrays of text and numbers
            f"{metric}|{'|'.join(map(str, key))}": scores.astype(np.float32)
            for key, values in table.values.items()
            for metric, scores in values.items()
        }
        np.savez_compressed(
            folder / _ARRAYS, observers=np.array(table.observers), images=np.array(table.images), **arrays
        )
    return path


def read_results(path: Path) -> Json:
    """Read RESULTS (the folder or its file); UnreadableTable says what is wrong."""
    file = path / _FILE if path.is_dir() else path
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnreadableTable(f"{file}: not a readable results file ({error})") from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise UnreadableTable(f"{file}: not a results file of schema {SCHEMA}")
    return document


def read_scores(path: Path) -> ScoreTable:
    """Every score of RESULTS; where they were deleted, every observer's mean stands for one image."""
    document = read_results(path)
    folder = path if path.is_dir() else path.parent
    if (folder / _ARRAYS).is_file():
        return _read_arrays(folder / _ARRAYS)
    return table_of_rows(document)


def table_of_rows(document: Json) -> ScoreTable:
    """Per-observer means as a table with one column per data set."""
    rows = document["rows"]
    observers = tuple(dict.fromkeys(row["observer"] for row in rows))
    place = {name: i for i, name in enumerate(observers)}
    column = (f"{document['dataset']}: mean",)
    values: dict[Key, dict[str, Values]] = {}
    for row in rows:
        key = (row["model"], row["usm"], row["m"], row.get("maps", PLAIN))
        slot = values.setdefault(key, {}).setdefault(row["metric"], np.full((len(observers), 1), np.nan))
        slot[place[row["observer"]], 0] = np.nan if row["value"] is None else row["value"]
    return ScoreTable(observers=observers, images=column, values=values)


def _read_arrays(path: Path) -> ScoreTable:
    values: dict[Key, dict[str, Values]] = {}
    try:
        with np.load(path, allow_pickle=False) as file:
            observers, images = (tuple(file[name].tolist()) for name in ("observers", "images"))
            for name in file.files:
                if "|" in name:
                    metric, model, usm, m, maps = name.split("|")
                    values.setdefault((model, usm, int(m), maps), {})[metric] = file[name].astype(np.float64)
    except (OSError, ValueError, KeyError) as error:
        raise UnreadableTable(f"{path}: damaged ({error}); delete it, the means in {_FILE} remain") from error
    return ScoreTable(observers=observers, images=images, values=values)


def as_table(
    scores: Sequence[Any],  # Any: `evaluate.Scores`, not imported because it brings torch
    *,
    observers: Sequence[str],
    images: Sequence[str],
) -> ScoreTable:
    """Scores of one evaluation, of named observers and images."""
    return ScoreTable(
        observers=tuple(observers),
        images=tuple(images),
        values={(s.model, s.usm, s.m, s.maps): dict(s.values) for s in scores},
    )


def _round(value: float) -> float | None:
    return round(value, 6) if math.isfinite(value) else None
