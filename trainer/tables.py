"""Stored results to tables: Markdown, CSV, LaTeX or JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from trainer.tables_gaze import gaze
from trainer.tables_shapes import CURVE, SHAPES, identification, identification_curve, interest
from trainer.tables_universal import is_universal, speed, universal

Json = dict[str, Any]  # Any: JSON values


def format_table(documents: Sequence[Json], style: str, shape: str = "scores", m: int | None = None) -> str:
    """One table per document.

    Args:
        documents: From `results.read_results`.
        style: md, csv, latex or json.
        shape: One of `tables_shapes.SHAPES`, or "curve"; identification has only that and one of its own.
        m: Just this number of pairs, and rows that need none; None shows all.
    """
    tables = [table_rows(document, shape, m) for document in documents]
    if style == "json":
        return json.dumps(tables, indent=1)
    blocks = []
    for document, (header, *rows) in zip(documents, tables, strict=True):
        if style == "csv":
            buffer = io.StringIO()
            csv.writer(buffer, lineterminator="\n").writerows([header, *rows])
            blocks.append(buffer.getvalue().rstrip("\n"))
        elif style == "latex":
            lines = [" & ".join(row).replace("_", r"\_").replace("%", r"\%") + r" \\" for row in [header, *rows]]
            body = "\n".join([lines[0], r"\hline", *lines[1:]])
            blocks.append(f"\\begin{{tabular}}{{{'l' * len(header)}}}\n{body}\n\\end{{tabular}}")
        else:
            lines = ["| " + " | ".join(row) + " |" for row in [header, *rows]]
            rule = "|" + "---|" * len(header)
            blocks.append("\n".join([caption(document), "", lines[0], rule, *lines[1:]]))
    return "\n\n".join(blocks)


def table_rows(document: Json, shape: str = "scores", m: int | None = None) -> list[list[str]]:
    """Header and rows as text."""
    if document["protocol"] == "identification":
        return identification_curve(document) if shape == CURVE else identification(document)
    if document["protocol"] == "interest":
        return interest(document)
    if document["protocol"] == "gaze":
        return gaze(document)
    if document["protocol"] == "speed":
        return speed(document)
    if is_universal(document):
        return universal(document)
    if m is not None:
        kept = [entry for entry in document["summary"] if entry["m"] in (0, m)]
        document = {**document, "summary": kept}
    return SHAPES["scores" if shape == CURVE else shape](document)


def caption(document: Json) -> str:
    """What a table is of, in one line: data, protocol, sizes, blur, seed, weights."""
    meta = document["meta"]
    facts = [
        f"{key} {value:.10}" if key.endswith("sha256") else f"{key} {value}"
        for key, value in meta.items()
        if not isinstance(value, dict | list) and value != ""
    ]
    if weights := meta.get("checkpoints"):
        facts.append("weights " + " ".join(str(sha)[:8] for sha in weights))
    return f"**{document['dataset']}, {document['protocol']}** ({', '.join(facts)})"
