"""Several evaluations as one: folds of the observers, parts of the images, data sets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gazeapp.errors import SettingsError
from trainer.results import Json, Key, ScoreTable, build_results, read_results, read_scores
from trainer.results_statistics import Values

_COMMON = ("sigma_deg", "resolution", "n_draws", "seed")


def merge_results(paths: Sequence[Path], *, seed: int = 0) -> tuple[Json, ScoreTable]:
    """One document of all: tests and intervals over all observers together.

    An observer or image of two data sets of one name counts once, and scores that occur twice (an observer whom two
    folds know) are averaged; observers of different data sets count as different people.

    Raises:
        SettingsError: Documents of different protocols, or of no scores.
    """
    documents = [read_results(path) for path in paths]
    protocols = {document["protocol"] for document in documents}
    if len(protocols) > 1 or not all(document["summary"] for document in documents):
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
