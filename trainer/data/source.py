"""A data set as its reader delivers it: image files, observers, and a table of who looked where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gazeapp.errors import DatasetIncomplete
from gazeapp.store.untrusted.arrays import require_harmless_mat

FIXATION = np.dtype(
    [
        ("image", "i4"),
        ("observer", "i4"),
        ("viewing", "i2"),
        ("order", "i2"),
        ("x_px", "f4"),
        ("y_px", "f4"),
        ("duration_s", "f4"),
    ]
)
"""One row per fixation; image pixels, indices into the lists of `DatasetSource`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetSource:
    """One data set: images, observers, and who looked where."""

    name: str
    image_paths: tuple[Path, ...]
    observers: tuple[str, ...]
    image_size_wh: tuple[int, int] | None
    """(width, height) in which fixations are given; None: each image's own."""
    px_per_deg: float | tuple[float, ...]
    """Pixels of that size per degree of visual angle; one for each image where they differ."""
    fixations: NDArray[np.void]
    """(F,) of `FIXATION`, sorted by image, observer, viewing, order."""
    categories: tuple[str, ...] = ()
    """Category of each image, where the data set sorts its images into categories."""

    @property
    def median_px_per_deg(self) -> float:
        """Over the images."""
        return float(np.median(self.px_per_deg))


def fixation_table(rows: Sequence[Any]) -> NDArray[np.void]:  # Any: tuples in the order of FIXATION
    """Sorted rows of `FIXATION` from tuples in the order of its fields."""
    table = np.array(list(rows), dtype=FIXATION)
    return table[np.lexsort((table["order"], table["viewing"], table["observer"], table["image"]))]


def need(path: Path, what: str) -> Path:
    """The path, or DatasetIncomplete that says what should be there."""
    if not path.exists():
        raise DatasetIncomplete(f"{path} is missing: {what}", missing=(str(path),))
    return path


def load_mat(path: Path) -> dict[str, Any]:  # Any: MATLAB structs
    """A MATLAB file's variables; DatasetIncomplete if it cannot be read."""
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        require_harmless_mat(path)
        return dict(loadmat(path, simplify_cells=True))
    # scipy raises whatever it meets in a damaged file
    except (
        MatReadError,
        ValueError,
        OSError,
        NotImplementedError,
        TypeError,
        KeyError,
        IndexError,
        MemoryError,
    ) as error:
        raise DatasetIncomplete(f"{path}: not a readable MATLAB file ({error})") from error
