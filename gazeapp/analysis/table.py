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
from gazeapp.store.image_variables import COLUMN
from gazeapp.store.new_file import write_whole


def long_columns(rows: Sequence[AreaMeasures] | Sequence[AreaSummary]) -> dict[str, list[Any]]:
    """The columns of the long table: the measures in the order of their class, then the variables of the images.

    Args:
        rows: All of one kind; without any, the columns of `AreaMeasures`, all empty.

    Returns:
        Name → one value a row; numbers and text, NaN for a measure and None for a variable that is not known.
    """
    names = [field.name for field in dataclasses.fields(type(rows[0]) if rows else AreaMeasures)]
    names.remove("variables")
    variables = dict.fromkeys(name for row in rows for name in row.variables)
    columns: dict[str, list[Any]] = {name: [getattr(row, name) for row in rows] for name in names}  # Any: as said
    return columns | {COLUMN + name: [row.variables.get(name) for row in rows] for name in variables}


def write_table(
    rows: Sequence[AreaMeasures] | Sequence[AreaSummary], path: Path, *, extra: Mapping[str, str] | None = None
) -> None:
    """Write measures; a value that is not known is an empty cell.

    Args:
        rows: All of one kind; without any, the file has its header alone.
        path: The CSV file; one that is there is replaced.
        extra: Columns with the same text in every row.
    """
    columns = long_columns(rows) | {name: [text] * len(rows) for name, text in (extra or {}).items()}
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(inert_cell(name) for name in columns)
    writer.writerows([_cell(value) for value in row] for row in zip(*columns.values(), strict=True))
    write_whole(path, file.getvalue())


def _cell(value: Any) -> str:  # Any: text, number or None
    if value is None:
        return ""
    if isinstance(value, float):
        if math.isnan(value):
            return ""
        return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
    return inert_cell(value) if isinstance(value, str) else str(value)
