"""Stored results to tables: Markdown, CSV, LaTeX or JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

Json = dict[str, Any]  # Any: JSON values
_COLUMNS = ("cc", "sim", "auc", "auc_judd", "nss", "kld")


def format_table(documents: Sequence[Json], style: str) -> str:
    """One table per document.

    Args:
        documents: From `results.read_results`.
        style: md, csv, latex or json.
    """
    if style == "json":
        return json.dumps([table_rows(document) for document in documents], indent=1)
    blocks = []
    for document in documents:
        header, *rows = table_rows(document)
        if style == "csv":
            buffer = io.StringIO()
            csv.writer(buffer, lineterminator="\n").writerows([header, *rows])
            blocks.append(buffer.getvalue().rstrip("\n"))
        elif style == "latex":
            lines = [
                " & ".join(row).replace("_", r"\_").replace("%", r"\%") + r" \\"
                for row in [header, *rows]
            ]
            body = "\n".join([lines[0], r"\hline", *lines[1:]])
            blocks.append(f"\\begin{{tabular}}{{{'l' * len(header)}}}\n{body}\n\\end{{tabular}}")
        else:
            lines = ["| " + " | ".join(row) + " |" for row in [header, *rows]]
            rule = "|" + "---|" * len(header)
            blocks.append("\n".join([_caption(document), "", lines[0], rule, *lines[1:]]))
    return "\n\n".join(blocks)


def table_rows(document: Json) -> list[list[str]]:
    """Header and rows as text."""
    if document["protocol"] == "identification":
        header = ["model", "m", "precision@1", "95 % interval", "observers", "chance"]
        return [
            header,
            *(
                [
                    row["model"], str(row["m"]), f"{row['p_at_1']:.3f}", f"{row['ci95'][0]:.3f}–{row['ci95'][1]:.3f}",
                    str(row["n_observers"]), f"{row['chance']:.3f}",
                ]
                for row in document["rows"]
            ),
        ]  # fmt: skip
    table = [["model", "usm", "m", *_COLUMNS]]
    keys = list(dict.fromkeys((s["model"], s["usm"], s["m"]) for s in document["summary"]))
    for key in keys:
        entries = {
            s["metric"]: s for s in document["summary"] if (s["model"], s["usm"], s["m"]) == key
        }
        cells = [_cell(entries.get(metric)) for metric in _COLUMNS]
        table.append([key[0], key[1], str(key[2] or ""), *cells])
    return table


def _cell(entry: Json | None) -> str:
    if entry is None or entry["mean"] is None:
        return ""
    text = f"{entry['mean']:.3f}"
    versus = entry.get("vs")
    if versus is not None and versus["p_holm"] is not None:
        text += f" ({versus['delta']:+.3f}, {versus['n_better']}/{versus['n_observers']})"
    return text


def _caption(document: Json) -> str:
    meta = document["meta"]
    facts = ", ".join(
        f"{key} {value}" for key, value in meta.items() if not isinstance(value, dict | list)
    )
    return f"**{document['dataset']}, {document['protocol']}** ({facts})"
