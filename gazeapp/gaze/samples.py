"""Gaze samples as a structure of arrays."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gazeapp.types import Bools as Bools
from gazeapp.types import Floats as Floats

Eyes = Literal["binocular", "left", "right", "cyclopean"]
"""Which eyes a source delivers. "cyclopean": one point that belongs to no single eye; it is kept in the left arrays."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GazeSamples:
    """N samples of one tracker in time order; arrays are read-only.

    Missing gaze is NaN and its validity False, together: no other value stands for "missing".
    """

    eyes: Eyes
    time_s: Floats
    """(N,) session clock: when the eye was imaged."""
    device_time_s: Floats
    """(N,) the device's own stamp, raw; NaN where the device has none."""
    receive_time_s: Floats
    """(N,) session clock: when the sample arrived in this program; NaN for files."""
    left_px: Floats
    """(N, 2) display pixels."""
    right_px: Floats
    """(N, 2) display pixels."""
    left_valid: Bools
    right_valid: Bools
    left_pupil_mm: Floats
    """(N,) pupil diameter, NaN where unknown."""
    right_pupil_mm: Floats
    left_origin_mm: Floats
    """(N, 3) eye position in the tracker's user coordinates, NaN where unknown."""
    right_origin_mm: Floats

    def __post_init__(self) -> None:
        n = len(self.time_s)
        for name in _COLUMNS:
            array = getattr(self, name)
            if len(array) != n:
                raise ValueError(f"{name} has {len(array)} rows, time_s has {n}")
            array.setflags(write=False)

    @classmethod
    def build(
        cls,
        time_s: ArrayLike,
        *,
        eyes: Eyes,
        left_px: ArrayLike | None = None,
        right_px: ArrayLike | None = None,
        left_valid: ArrayLike | None = None,
        right_valid: ArrayLike | None = None,
        left_pupil_mm: ArrayLike | None = None,
        right_pupil_mm: ArrayLike | None = None,
        left_origin_mm: ArrayLike | None = None,
        right_origin_mm: ArrayLike | None = None,
        device_time_s: ArrayLike | None = None,
        receive_time_s: ArrayLike | None = None,
    ) -> GazeSamples:
        """Make samples from what a source has; the rest is NaN. Gaze marked invalid becomes NaN, NaN becomes
        invalid.
        """
        time = _column(time_s)
        n = len(time)
        left, left_ok = _eye(left_px, left_valid, n)
        right, right_ok = _eye(right_px, right_valid, n)
        return cls(
            eyes=eyes,
            time_s=time,
            device_time_s=_column(device_time_s, n),
            receive_time_s=_column(receive_time_s, n),
            left_px=left,
            right_px=right,
            left_valid=left_ok,
            right_valid=right_ok,
            left_pupil_mm=_column(left_pupil_mm, n),
            right_pupil_mm=_column(right_pupil_mm, n),
            left_origin_mm=_columns(left_origin_mm, n, 3),
            right_origin_mm=_columns(right_origin_mm, n, 3),
        )

    @classmethod
    def empty(cls, eyes: Eyes = "binocular") -> GazeSamples:
        """No samples."""
        return cls.build(np.empty(0), eyes=eyes)

    @classmethod
    def concatenate(cls, chunks: Iterable[GazeSamples]) -> GazeSamples:
        """Join chunks in the order given; they must come from the same eyes."""
        given = list(chunks)
        parts = [chunk for chunk in given if len(chunk)]
        if not parts:
            return cls.empty(given[0].eyes if given else "binocular")
        if len(parts) == 1:
            return parts[0]
        if len({part.eyes for part in parts}) > 1:
            raise ValueError(f"cannot join samples of different eyes: {sorted({p.eyes for p in parts})}")
        return cls(
            eyes=parts[0].eyes,
            **{name: np.concatenate([getattr(p, name) for p in parts]) for name in _COLUMNS},
        )

    def __len__(self) -> int:
        return len(self.time_s)

    def __getitem__(self, index: slice | NDArray[np.bool_] | NDArray[np.intp], /) -> GazeSamples:
        columns = {name: getattr(self, name)[index] for name in _COLUMNS}
        if not isinstance(index, slice):
            return GazeSamples(eyes=self.eyes, **columns)
        # stretches of read-only columns of one length are that, too: a live step cuts several, and checks cost more
        part = object.__new__(GazeSamples)
        object.__setattr__(part, "eyes", self.eyes)
        for name, column in columns.items():
            object.__setattr__(part, name, column)
        return part

    def between(self, start_s: float, stop_s: float) -> GazeSamples:
        """Samples with start_s <= time_s < stop_s."""
        first, last = np.searchsorted(self.time_s, [start_s, stop_s], side="left")
        return self[slice(int(first), int(last))]

    def without(self, lost: Bools) -> GazeSamples:
        """The same samples, of which those marked True, (N,), have no gaze."""
        ok = ~lost
        return replace(
            self,
            left_px=np.where(ok[:, None], self.left_px, np.nan),
            right_px=np.where(ok[:, None], self.right_px, np.nan),
            left_valid=self.left_valid & ok,
            right_valid=self.right_valid & ok,
        )

    @property
    def gaze_px(self) -> Floats:
        """(N, 2) cyclopean gaze: the mean of the valid eyes, or the one that is valid, else NaN."""
        weight = np.stack([self.left_valid, self.right_valid]).astype(np.float64)
        both = np.stack(
            [
                np.where(self.left_valid[:, None], self.left_px, 0.0),
                np.where(self.right_valid[:, None], self.right_px, 0.0),
            ]
        )
        total = weight.sum(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean: Floats = both.sum(axis=0) / total[:, None]
        mean[total == 0] = np.nan
        return mean

    @property
    def valid(self) -> Bools:
        """(N,) at least one eye is valid."""
        either: Bools = self.left_valid | self.right_valid
        return either

    @property
    def has_gaze(self) -> bool:
        """Whether any eye is valid in any sample."""
        return bool(self.left_valid.any() or self.right_valid.any())

    @property
    def pupil_mm(self) -> Floats:
        """(N,) mean pupil diameter of the eyes that have one."""
        both = np.stack([self.left_pupil_mm, self.right_pupil_mm])
        known = np.isfinite(both)
        count = known.sum(axis=0)
        total = np.where(known, both, 0.0).sum(axis=0)
        mean: Floats = np.where(count > 0, total / np.maximum(count, 1), np.nan)
        return mean


class SampleSource(Protocol):
    """Gaze of a recording, in memory or not: times at once, the rest a slice at a time; `source[:]` is all of it."""

    @property
    def eyes(self) -> Eyes:
        """Which eyes it has."""

    @property
    def time_s(self) -> Floats:
        """(N,) session clock: when the eye was imaged."""

    @property
    def has_gaze(self) -> bool:
        """Whether any eye is valid in any sample."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: slice, /) -> GazeSamples: ...

    def between(self, start_s: float, stop_s: float) -> GazeSamples:
        """Samples with start_s <= time_s < stop_s."""


def in_chunks(samples: SampleSource, n_rows: int = 50_000) -> Iterator[GazeSamples]:
    """The samples in order, some at a time."""
    for first in range(0, len(samples), n_rows):
        yield samples[first : first + n_rows]


_COLUMNS = tuple(field.name for field in fields(GazeSamples) if field.name != "eyes")
# asked for once: a live step slices samples several times


_MISSING = np.full(4096, np.nan)
"""What sources do not have is this one array, which nobody may write to: a chunk costs no memory for it."""
_MISSING.setflags(write=False)


def _missing(*shape: int) -> Floats:
    size = math.prod(shape)
    return _MISSING[:size].reshape(shape) if size <= len(_MISSING) else np.broadcast_to(np.nan, shape)


def _column(values: ArrayLike | None, n: int | None = None) -> Floats:
    if values is None:
        return _missing(n or 0)
    return np.atleast_1d(np.array(values, dtype=np.float64))


def _columns(values: ArrayLike | None, n: int, width: int) -> Floats:
    if values is None:
        return _missing(n, width)
    return np.array(values, dtype=np.float64).reshape(-1, width)


def _eye(points: ArrayLike | None, valid: ArrayLike | None, n: int) -> tuple[Floats, Bools]:
    gaze = _columns(points, n, 2)
    if points is None:
        return gaze, np.zeros(n, dtype=bool)
    ok: Bools = np.isfinite(gaze[:, 0]) & np.isfinite(gaze[:, 1])
    if valid is not None:
        ok &= np.atleast_1d(np.asarray(valid)).astype(bool)
    gaze[~ok] = np.nan
    return gaze, ok
