"""Measures as a long table in CSV: one row an observation, as pandas and R read it."""

from __future__ import annotations

import csv
import dataclasses
import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gazeapp.analysis.area_measures import AreaMeasures, AreaSummary
from gazeapp.store.export.inert_cell import inert_cell
from gazeapp.store.new_file import write_whole


def write_table(
    rows: Sequence[AreaMeasures] | Sequence[AreaSummary], path: Path, *, extra: Mapping[str, str] | None = None
) -> None:
    """Write measures; a value that is not known is an empty cell.

    Args:
        rows: All of one kind; without any, the file has its header alone.
        path: The CSV file; one that is there is replaced.
        extra: Columns with the same text in every row.
    """
    kind = type(rows[0]) if rows else AreaMeasures
    names = [field.name for field in dataclasses.fields(kind)]
    more = dict(extra or {})
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*names, *more])
    for row in rows:
        writer.writerow([*(_cell(getattr(row, name)) for name in names), *(inert_cell(text) for text in more.values())])
    write_whole(path, file.getvalue())


def _cell(value: Any) -> str:  # Any: text or number
    if isinstance(value, float):
        if math.isnan(value):
            return ""
        return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
    return inert_cell(value) if isinstance(value, str) else str(value)
