"""What the stages of a detector hand on to each other: rows of a stream as named columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Column = NDArray[Any]  # Any: columns of different types travel together

ColumnName = Literal[
    "time_s",
    "x_px",
    "y_px",
    "measured",
    "drift",
    "starts",
    "speed_deg_s",
    "near_loss",
    "noise_deg_s",
    "known",
    "fast",
    "peak",
    "member",
    "valid",
    "azimuth_deg",
    "elevation_deg",
    "sums_before",
    "sums_after",
]
"""What a column may be called; the stage that adds it says what it holds."""


class Rows:
    """N rows in time order, as named columns of shape (N,) or (K, N); nothing changes them.

    Every detector's rows begin as `time_s`, strictly increasing, `x_px` and `y_px`, NaN where gaze is missing, and
    `measured`: seen by the tracker rather than filled in.
    """

    __slots__ = ("_columns", "_n")

    def __init__(self, columns: Mapping[ColumnName, Column]) -> None:
        self._columns = columns
        self._n = columns["time_s"].shape[-1] if columns else 0

    def __len__(self) -> int:
        return self._n

    def __getitem__(self, name: ColumnName) -> Column:
        return self._columns[name]

    def part(self, rows: slice) -> Rows:
        """Just these rows."""
        return Rows({name: _cut(column, rows) for name, column in self._columns.items()})

    def joined(self, later: Rows) -> Rows:
        """These rows, then later ones with the same columns."""
        if not len(later):
            return self
        if not self._n:
            return later
        return Rows({name: np.concatenate([column, later[name]], axis=-1) for name, column in self._columns.items()})

    def with_columns(self, more: Mapping[ColumnName, Column]) -> Rows:
        """The same rows with further columns."""
        return Rows({**self._columns, **more})

    def without(self, *names: ColumnName) -> Rows:
        """The same rows without columns that no later stage reads."""
        return Rows({name: column for name, column in self._columns.items() if name not in names})


def _cut(column: Column, rows: slice) -> Column:
    return column[rows] if column.ndim == 1 else column[:, rows]


NO_ROWS = Rows({})
