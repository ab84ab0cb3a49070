"""EyeCrowd (Jiang et al. 2014)."""

from __future__ import annotations

from pathlib import Path

from trainer.data.readers.subject_structs import read_subject_structs
from trainer.data.source import DatasetSource


def read_eyecrowd(root: Path, stimuli: Path | None) -> DatasetSource:
    """EyeCrowd (Jiang et al. 2014) scaled to 640x480 px, where one degree is 19 px."""
    return read_subject_structs("crowd", root, stimuli, (640, 480), 19.0)
