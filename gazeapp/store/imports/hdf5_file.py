"""HDF5 files of others, read so that they cannot reach other files or ask for more memory than they are worth."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gazeapp.errors import UnreadableTable
from gazeapp.store.export.tables import missing_library
from gazeapp.store.untrusted.files import open_plain
from gazeapp.store.untrusted.limits import TEXT_BYTES

MAX_BYTES = 1 << 30
"""Of what is read of a file at once: four hours of the binocular gaze of ioHub at 1000 Hz."""
_MOST_FACTOR = 500
"""A table of gaze does not shrink further by compression; a file that says so asks for memory it does not hold."""


@contextmanager
def open_hdf5(path: Path, form: str) -> Iterator[Any]:  # Any: h5py has no types
    """An HDF5 file, for reading.

    Raises:
        UnreadableTable: It is none, or damaged.
        BackendUnavailable: h5py is not installed.
    """
    try:
        import h5py
    except ImportError as error:
        raise missing_library("h5py", form) from error
    try:
        with open_plain(path), h5py.File(path, "r") as file:
            yield file
    except (OSError, KeyError, RuntimeError) as error:
        raise UnreadableTable(f"{path}: not a readable HDF5 file ({error})") from error


def own_dataset(file: Any, name: str, path: Path) -> Any:  # Any: h5py has no types
    """A data set whose content lies in this very file; None where there is none of the name.

    Args:
        file: An open `h5py.File`.
        name: Groups and the data set, separated by slashes.
        path: For the message.

    Raises:
        UnreadableTable: The name leads through a link, the content lies in another file (external or virtual data set),
            or says that it is larger than any table of gaze.
    """
    import h5py

    place = file
    for step in name.split("/"):
        if not isinstance(place, h5py.Group):
            return None
        link = place.get(step, getlink=True)
        if link is None:
            return None
        if not isinstance(link, h5py.HardLink):
            raise UnreadableTable(f"{path}: {name} leads to another place or file by a link ({step}); export it anew")
        place = place[step]
    if not isinstance(place, h5py.Dataset):
        raise UnreadableTable(f"{path}: {name} is not a table")
    if place.external or place.is_virtual:
        raise UnreadableTable(f"{path}: the content of {name} lies in another file; export it into one")
    if place.nbytes > TEXT_BYTES:
        most = f"{TEXT_BYTES / 1e9:.3g} GB"
        raise UnreadableTable(
            f"{path}: {name} says that it holds {place.nbytes / 1e9:.3g} GB; at most {most} are read",
            found=place.nbytes,
        )
    return place


def read_dataset(path: Path, dataset: Any, fields: Callable[[str], bool] | None = None) -> NDArray[Any]:  # Any: h5py
    """All of a data set, unless it claims to be far larger than what is stored, or than memory is given.

    Args:
        path: For the message.
        dataset: As `own_dataset` gave it.
        fields: Which of the fields of a table of named fields are wanted; all by default.
    """
    dtype = dataset.dtype
    names = [name for name in dtype.names or () if fields is None or fields(name)]
    width = sum(dtype[name].itemsize for name in names) if names else dtype.itemsize
    require_room(path, dataset.name, int(np.prod(dataset.shape or 0, dtype=np.float64)) * width)
    n_bytes, stored = int(dataset.nbytes), int(dataset.id.get_storage_size())
    if n_bytes > max(stored, 1 << 12) * _MOST_FACTOR:
        raise UnreadableTable(
            f"{path}: {dataset.name} claims {n_bytes / 1e9:.2g} GB, of which {stored / 1e6:.2g} MB are stored; "
            f"it is not read"
        )
    return np.asarray(dataset.fields(names)[()] if fields is not None and names else dataset[...])


def require_room(path: Path, name: str, n_bytes: int) -> None:
    """UnreadableTable where reading would take more memory than it is given; before any is taken."""
    if n_bytes > MAX_BYTES:
        raise UnreadableTable(
            f"{path}: the gaze in {name} takes {n_bytes / 1e9:.2g} GB; at most {MAX_BYTES / 1e9:.2g} GB are read at "
            "once: export it in parts",
            found=n_bytes,
        )


def is_hdf5(path: Path) -> bool:
    """Whether a file begins as HDF5 files do."""
    try:
        with open_plain(path) as file:
            return file.read(8) == b"\x89HDF\r\n\x1a\n"
    except OSError:
        return False
