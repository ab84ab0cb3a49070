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

from gazeapp.errors import SettingsError, UnreadableTable
from gazeapp.store.untrusted.arrays import load_arrays
from gazeapp.store.untrusted.files import parse_json, read_text
from gazeapp.store.untrusted.limits import DOCUMENT_BYTES
from gazeapp.types import Json as Json
from trainer.reports.statistics import PAPER_METRICS, Values, compare, interval, observer_means

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
        document = parse_json(read_text(file, DOCUMENT_BYTES))
    except (OSError, ValueError) as error:
        raise UnreadableTable(f"{file}: not a readable results file ({error})") from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise UnreadableTable(f"{file}: not a results file of schema {SCHEMA}")
    kinds = {"protocol": str, "dataset": str, "rows": list, "meta": dict}
    wrong = [key for key, kind in kinds.items() if not isinstance(document.get(key), kind)]
    if not wrong and not all(isinstance(row, dict) for row in document["rows"]):
        wrong = ["rows"]
    if wrong:
        raise UnreadableTable(f"{file}: damaged or written by another program: {', '.join(wrong)}")
    return document


def has_scores(document: Json) -> bool:
    """Whether the summary is of models and metrics: some measurements have a summary of their own shape."""
    summary = document["summary"]
    return isinstance(summary, list) and bool(summary) and all({"model", "metric", "mean"} <= set(e) for e in summary)


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
        file = load_arrays(path)
        observers, images = (tuple(file[name].tolist()) for name in ("observers", "images"))
        for name, array in file.items():
            if "|" in name:
                metric, model, usm, m, maps = name.split("|")
                values.setdefault((model, usm, int(m), maps), {})[metric] = array.astype(np.float64)
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


def merge_identification(documents: Sequence[Json]) -> Json:
    """Precision at 1 averaged over folds, which are galleries of their own: nobody is looked for in another fold's.

    Args:
        documents: Results of `analyse identification`, one for each fold.

    Returns:
        A document of the same kind. Its intervals are the lowest and the highest fold (`meta.interval` says so), and a
        model and m that some fold lacks are left out.
    """
    found: dict[tuple[str, int], list[Json]] = {}
    for document in documents:
        for row in document["rows"]:
            found.setdefault((row["model"], row["m"]), []).append(row)
    rows = []
    for (model, m), folds in found.items():
        if len(folds) != len(documents):
            continue
        counts = [row["n_observers"] for row in folds]
        hits = [row["p_at_1"] * row["n_observers"] for row in folds]
        values = [row["p_at_1"] for row in folds]
        rows.append(
            {
                "model": model,
                "m": m,
                "p_at_1": round(sum(hits) / sum(counts), 4),
                "ci95": [min(values), max(values)],
                "n_observers": sum(counts),
                "chance": round(sum(row["chance"] for row in folds) / len(folds), 4),
            }
        )
    sources = list(dict.fromkeys(document["dataset"] for document in documents))
    meta = {
        **documents[0]["meta"],
        "n_folds": len(documents),
        "interval": "lowest and highest fold",
        "n_observers": sum(document["meta"]["n_observers"] for document in documents),
        "checkpoints": [sha for document in documents for sha in document["meta"]["checkpoints"]],
    }
    return {
        "schema": SCHEMA,
        "protocol": "identification",
        "dataset": " + ".join(sources),
        "rows": rows,
        "summary": [],
        "meta": meta,
    }


_COMMON = ("sigma_deg", "resolution", "n_draws", "seed")


def merge_evidence(documents: Sequence[Json]) -> Json:
    """Means over folds, each with networks and `n_observers` of its own; a row that some fold lacks is left out."""
    found: dict[tuple[str, int, str], list[float]] = {}
    for document in documents:
        for row in document["rows"]:
            found.setdefault((row["model"], row["m"], row["metric"]), []).append(row["value"])
    rows = [
        {"model": model, "m": m, "metric": metric, "value": round(sum(values) / len(values), 4)}
        for (model, m, metric), values in found.items()
        if len(values) == len(documents)
    ]
    meta = merge_meta(documents)
    dataset = " + ".join(dict.fromkeys(document["dataset"] for document in documents))
    return {**documents[0], "dataset": dataset, "rows": rows, "meta": meta}


def merge_meta(documents: Sequence[Json]) -> Json:
    """Facts of several documents: what all share stands once, what differs and the people of each fold side by side."""
    metas = [document["meta"] for document in documents]
    meta: Json = {}
    for key in dict.fromkeys(key for own in metas for key in own):
        values = [own[key] for own in metas if key in own]
        is_shared = key != "n_observers" and all(value == values[0] for value in values)
        meta[key] = values[0] if is_shared else ", ".join(map(str, values))
    meta["n_merged"] = len(documents)
    meta["checkpoints"] = list(dict.fromkeys(sha256 for own in metas for sha256 in own["checkpoints"]))
    return meta


def merge_results(paths: Sequence[Path], *, seed: int = 0) -> tuple[Json, ScoreTable]:
    """One document of all: tests and intervals over all observers together.

    An observer or image of two data sets of one name counts once, and scores that occur twice (an observer whom two
    folds know) are averaged; observers of different data sets count as different people.

    Raises:
        SettingsError: Documents of different protocols, or of no scores.
    """
    documents = [read_results(path) for path in paths]
    protocols = {document["protocol"] for document in documents}
    if len(protocols) > 1 or not all(map(has_scores, documents)):
        raise SettingsError(
            f"table --merge: needs scores of one protocol, got {', '.join(sorted(protocols))}", key="merge"
        )
    sources = list(dict.fromkeys(document["dataset"] for document in documents))
    tables = [
        _named(read_scores(path), document["dataset"] if len(sources) > 1 else "")
        for path, document in zip(paths, documents, strict=True)
    ]
    merged = merge_tables(tables)
    document = build_results(
        merged, protocol=protocols.pop(), dataset=" + ".join(sources), meta=_meta(documents, merged), seed=seed
    )
    return document, merged


def merge_tables(tables: Sequence[ScoreTable]) -> ScoreTable:
    """Scores of all, side by side; the mean where several hold the same."""
    observers = tuple(dict.fromkeys(name for table in tables for name in table.observers))
    images = tuple(dict.fromkeys(name for table in tables for name in table.images))
    row = {name: i for i, name in enumerate(observers)}
    column = {name: i for i, name in enumerate(images)}
    shape = (len(observers), len(images))
    total: dict[Key, dict[str, Values]] = {}
    count: dict[Key, dict[str, Values]] = {}
    for table in tables:
        place = np.ix_([row[o] for o in table.observers], [column[i] for i in table.images])
        for key, metrics in table.values.items():
            for metric, values in metrics.items():
                known = np.isfinite(values)
                for sums, part in ((total, np.where(known, values, 0.0)), (count, known)):
                    slot = sums.setdefault(key, {}).setdefault(metric, np.zeros(shape))
                    slot[place] += part
    merged: dict[Key, dict[str, Values]] = {}
    for key, metrics in total.items():
        for metric, sums_of in metrics.items():
            n = count[key][metric]
            merged.setdefault(key, {})[metric] = np.where(n > 0, sums_of / n.clip(1), np.nan)
    return ScoreTable(observers=observers, images=images, values=merged)


def _named(table: ScoreTable, source: str) -> ScoreTable:
    if not source:
        return table
    prefix = f"{source}:"
    observers, images = (
        tuple(name if name.startswith(prefix) else prefix + name for name in names)
        for names in (table.observers, table.images)
    )
    return ScoreTable(observers=observers, images=images, values=table.values)


def _meta(documents: Sequence[Json], merged: ScoreTable) -> Json:
    metas = [document["meta"] for document in documents]
    found: Json = {"n_observers": len(merged.observers)}
    per_source: dict[str, int] = {}
    for document in documents:
        n = document["meta"].get("n_images", 0)
        per_source[document["dataset"]] = max(n, per_source.get(document["dataset"], 0))
    named = [name for name in merged.images if not name.endswith(": mean")]
    found["n_images"] = len(named) or sum(per_source.values())
    for name in _COMMON:
        values = list(dict.fromkeys(str(meta[name]) for meta in metas if name in meta))
        if len(values) == 1:
            found[name] = next(meta[name] for meta in metas if name in meta)
        elif values:
            found[name] = ", ".join(values)
    sigmas = list(dict.fromkeys(str(meta["sigma_px"]) for meta in metas if "sigma_px" in meta))
    found["sigma_px"] = ", ".join(sigmas)
    found["n_merged"] = sum(int(meta.get("n_merged", 1)) for meta in metas)
    found["checkpoints"] = list(dict.fromkeys(sha for meta in metas for sha in meta.get("checkpoints", [])))
    return found
