"""Every published data set that can be prepared, by the name that `python -m trainer prepare` takes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gazeapp.errors import DatasetIncomplete
from trainer.data.gaze_frames import FrameSource
from trainer.data.readers.cat2000 import read_cat2000
from trainer.data.readers.eyecrowd import read_eyecrowd
from trainer.data.readers.gazecapture import read_gazecapture
from trainer.data.readers.individual_differences import read_individual_differences
from trainer.data.readers.mit1003 import read_mit1003
from trainer.data.readers.mpiifacegaze import read_mpiifacegaze
from trainer.data.readers.osie import read_osie
from trainer.data.readers.ps import read_ps
from trainer.data.readers.salicon import read_salicon
from trainer.data.readers.sessions import read_sessions
from trainer.data.source import DatasetSource

READERS: dict[str, Callable[[Path, Path | None], DatasetSource]] = {
    "osie": read_osie,
    "crowd": read_eyecrowd,
    "ps": read_ps,
    "id": read_individual_differences,
    "mit1003": read_mit1003,
    "cat2000": read_cat2000,
    "salicon": read_salicon,
    "sessions": read_sessions,
}
"""Images and who looked where."""
FACE_READERS: dict[str, Callable[[Path], FrameSource]] = {
    "gazecapture": read_gazecapture,
    "mpiifacegaze": read_mpiifacegaze,
}
"""Faces that look at known points, for the gaze estimator."""


def read_published(name: str, root: Path, stimuli: Path | None) -> DatasetSource:
    """Read a published data set.

    Args:
        name: One of `READERS`.
        root: Folder that holds the data set as its authors publish it.
        stimuli: Folder of images where the data set comes without them.

    Raises:
        DatasetIncomplete: Says which file or folder is missing.
    """
    return READERS[name](_folder(root), stimuli)


def read_faces(name: str, root: Path) -> FrameSource:
    """Read a published set of faces.

    Args:
        name: One of `FACE_READERS`.
        root: Folder that holds it as its authors publish it.

    Raises:
        DatasetIncomplete: Says which file or folder is missing, or what is wrong in it.
    """
    return FACE_READERS[name](_folder(root))


def _folder(root: Path) -> Path:
    if not root.is_dir():
        raise DatasetIncomplete(f"{root}: no such folder; --root takes the data set's folder")
    return root
