"""Arrays and gaze that lie in a file without a name while a long recording is read: memory holds a part of them."""

from __future__ import annotations

import tempfile
import weakref
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from gazeapp.errors import StoreError
from gazeapp.gaze.samples import Eyes, Floats, GazeSamples, SampleSource

CHUNK_ROWS = 50_000
"""Samples that are read, shifted, written or detected at once."""
LONG_ROWS = 1_000_000
"""From this many samples on, a recording is kept in a file; below, it takes less memory than the programs do."""
_FOLDER = Path("/var/tmp")  # /tmp lies in memory on many systems, and this is here to save memory


@dataclass(frozen=True, slots=True)
class Kept:
    """Where an array lies in a spool."""

    start: int
    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]


class Spool:
    """A file that only this program can reach, and that is gone with the last who holds it."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._end = 0

    def keep(self, array: NDArray[np.generic]) -> Kept:
        """Write an array; StoreError where there is no room for it."""
        kept = Kept(self._end, array.shape, array.dtype)
        try:
            if self._file is None:
                place = _FOLDER if _FOLDER.is_dir() else None
                self._file = tempfile.TemporaryFile(dir=place)  # noqa: SIM115  # closed with the spool
                weakref.finalize(self, self._file.close)
            self._file.seek(kept.start)
            self._end += self._file.write(np.ascontiguousarray(array).data.cast("B") if array.size else b"")
        except OSError as error:
            folder = _FOLDER if _FOLDER.is_dir() else tempfile.gettempdir()
            raise StoreError(
                f"{folder}: no room for the samples of a long recording while it is read ({error.strerror or error}); "
                "free as much there as the file is large"
            ) from error
        return kept

    def load(self, kept: Kept) -> NDArray[np.generic]:
        """Read an array again."""
        n_bytes = kept.dtype.itemsize * int(np.prod(kept.shape, dtype=np.int64))
        if not n_bytes or self._file is None:
            return np.empty(kept.shape, kept.dtype)
        self._file.seek(kept.start)
        return np.frombuffer(self._file.read(n_bytes), kept.dtype).reshape(kept.shape)


class Rows:
    """A growing table of numbers, of which memory holds the newest chunk.

    Args:
        n_columns: Numbers in a row.
    """

    def __init__(self, n_columns: int) -> None:
        self._n_columns = n_columns
        self._newest = array("d")
        self._chunks: list[Kept] = []
        self._spool = Spool()

    def append(self, row: Sequence[float]) -> None:
        """Add a row."""
        self._newest.extend(row)
        if len(self._newest) == CHUNK_ROWS * self._n_columns:
            self._chunks.append(self._spool.keep(np.frombuffer(self._newest).reshape(-1, self._n_columns)))
            self._newest = array("d")

    def __len__(self) -> int:
        return len(self._chunks) * CHUNK_ROWS + len(self._newest) // self._n_columns

    def __getitem__(self, rows: slice) -> Floats:
        """(n, C) rows from one on up to another."""
        first, stop, step = rows.indices(len(self))
        if step != 1:
            raise ValueError("rows are read in their order")
        parts = [np.empty((0, self._n_columns))]
        for number in range(first // CHUNK_ROWS, -(-max(stop, first) // CHUNK_ROWS)):
            start = number * CHUNK_ROWS
            is_kept = number < len(self._chunks)
            chunk = cast(Floats, self._spool.load(self._chunks[number])) if is_kept else self._last()
            parts.append(chunk[max(first - start, 0) : stop - start])
        return np.concatenate(parts)

    def _last(self) -> Floats:
        return np.array(self._newest).reshape(-1, self._n_columns)

    def chunks(self) -> Iterator[Floats]:
        """Its rows in order, (n, C) at a time."""
        for kept in self._chunks:
            yield cast(Floats, self._spool.load(kept))
        if self._newest:
            yield self._last()

    def every(self, step: int) -> Floats:
        """(n, C) one row of `step`, from the first on."""
        firsts = range(0, max(len(self), 1), CHUNK_ROWS)
        return np.concatenate(
            [chunk[-first % step :: step] for first, chunk in zip(firsts, self.chunks(), strict=True)]
        )


_COLUMNS = tuple(field.name for field in fields(GazeSamples) if field.name not in ("eyes", "time_s"))


class LongSamples:
    """Gaze in a spool; its times are in memory, the rest is read a slice at a time.

    Args:
        eyes: Of all samples.
    """

    def __init__(self, eyes: Eyes) -> None:
        self.eyes: Eyes = eyes
        self.has_gaze = False
        """Whether any eye is valid in any sample."""
        self._spool = Spool()
        self._starts: list[int] = []
        self._chunks: list[dict[str, Kept]] = []
        self._times: list[Floats] = []
        self._n = 0

    def append(self, samples: GazeSamples) -> None:
        """Add what follows in time."""
        self.has_gaze |= bool(samples.valid.any())
        self._times.append(samples.time_s)
        self._starts.append(self._n)
        self._n += len(samples)
        chunk = {}
        for name in _COLUMNS:
            column = getattr(samples, name)
            if column.dtype == bool or not np.isnan(column).all():
                chunk[name] = self._spool.keep(column)
        self._chunks.append(chunk)

    def __len__(self) -> int:
        return self._n

    @property
    def time_s(self) -> Floats:
        """(N,) when the eye was imaged."""
        if len(self._times) != 1:
            self._times = [np.concatenate(self._times) if self._times else np.empty(0)]
        return self._times[0]

    def __getitem__(self, index: slice) -> GazeSamples:
        first, stop, step = index.indices(self._n)
        if step != 1:
            raise ValueError("samples are read in their order")
        parts = []
        for number in range(max(0, int(np.searchsorted(self._starts, first, side="right")) - 1), len(self._starts)):
            start = self._starts[number]
            if start >= stop:
                break
            chunk = {name: self._spool.load(kept) for name, kept in self._chunks[number].items()}
            n = len(chunk["left_valid"])
            part = slice(max(first - start, 0), min(stop - start, n))
            parts.append(
                GazeSamples.build(
                    self.time_s[start : start + n][part],
                    eyes=self.eyes,
                    **{name: column[part] for name, column in chunk.items()},
                )
            )
        return GazeSamples.concatenate(parts) if parts else GazeSamples.empty(self.eyes)

    def between(self, start_s: float, stop_s: float) -> GazeSamples:
        """Samples with start_s <= time_s < stop_s."""
        first, last = np.searchsorted(self.time_s, [start_s, stop_s], side="left")
        return self[int(first) : int(last)]


def collect(chunks: Iterator[GazeSamples], eyes: Eyes, n: int) -> SampleSource:
    """Join chunks of a recording of `n` samples: in memory, or in a file where that would be much."""
    if n < LONG_ROWS:
        return GazeSamples.concatenate([GazeSamples.empty(eyes), *chunks])
    samples = LongSamples(eyes)
    for chunk in chunks:
        samples.append(chunk)
    return samples
