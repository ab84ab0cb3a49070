"""OSIE (Xu et al. 2014)."""

from __future__ import annotations

from pathlib import Path

from trainer.data.readers.subject_structs import read_subject_structs
from trainer.data.source import DatasetSource


def read_osie(root: Path, stimuli: Path | None) -> DatasetSource:
    """OSIE (Xu et al. 2014): 800x600 px, one degree is 24 px."""
    return read_subject_structs("osie", root, stimuli, (800, 600), 24.0)
