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
from gazeapp.store.untrusted.files import parse_json, read_text
from gazeapp.store.untrusted.limits import DOCUMENT_BYTES

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


def load_text(path: Path) -> str:
    """What a text file says; DatasetIncomplete if it cannot be read, is larger than any, or is not UTF-8."""
    try:
        return read_text(path, DOCUMENT_BYTES)
    except OSError as error:
        raise DatasetIncomplete(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise DatasetIncomplete(f"{path}: not a text file in UTF-8 ({error})") from error


def load_json(path: Path) -> Any:  # Any: JSON values
    """A JSON file's value; DatasetIncomplete if it cannot be read or is none."""
    try:
        return parse_json(load_text(path))
    except ValueError as error:
        raise DatasetIncomplete(f"{path}: not readable JSON ({error})") from error


def load_meta(folder: Path, schema: int, *, kind: str = "") -> dict[str, Any]:  # Any: JSON values
    """What meta.json of DATA says; DatasetIncomplete for a folder that is not complete, of another kind or schema."""
    try:
        meta = load_json(folder / "meta.json")
    except DatasetIncomplete as error:
        raise DatasetIncomplete(
            f"{folder}: not a complete DATA folder ({error.message}); make one with `python -m trainer prepare`"
        ) from error
    meta = meta if isinstance(meta, dict) else {}
    if kind and meta.get("kind") != kind:
        raise DatasetIncomplete(
            f"{folder}: holds no faces; train gaze needs DATA of `python -m trainer prepare gazecapture|mpiifacegaze` "
            "or `python -m trainer synthesise faces`"
        )
    found = meta.get("schema")
    if found != schema:
        raise DatasetIncomplete(f"{folder}: DATA schema {found!r}, this trainer reads {schema}; prepare it again")
    return dict(meta)


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
