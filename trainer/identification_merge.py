"""Several folds of an identification as one table."""

from __future__ import annotations

from collections.abc import Sequence

from trainer.results import SCHEMA, Json


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
