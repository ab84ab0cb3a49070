"""HDF5 files of others, read so that they cannot reach other files or ask for more memory than they are worth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gazeapp.errors import UnreadableTable

MAX_BYTES = 1 << 30
"""Of one data set in memory: an hour of binocular ioHub samples at 1000 Hz takes 0.9 GB."""


def own_dataset(file: Any, name: str, path: Path) -> Any:  # Any: h5py has no types
    """A data set whose content lies in this very file; None where there is none of the name.

    Args:
        file: An open `h5py.File`.
        name: Groups and the data set, separated by slashes.
        path: For the message.

    Raises:
        UnreadableTable: The name leads through a link, the content lies in another file (external or virtual data set),
            or would take more than `MAX_BYTES`.
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
    if place.nbytes > MAX_BYTES:
        raise UnreadableTable(
            f"{path}: {name} says that it holds {place.nbytes / 1e9:.3g} GB; at most {MAX_BYTES / 1e9:.3g} GB are read",
            found=place.nbytes,
        )
    return place
