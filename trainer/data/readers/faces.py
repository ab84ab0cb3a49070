"""Pictures of faces that look at known points, as the sets of them have them in common."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gazeapp.store.stimuli import decode_image
from trainer.data.gaze_frames import MAP_CELLS, Entry, FrameSource

_NO_MAPS = np.zeros((0, MAP_CELLS, MAP_CELLS), dtype=bool)


def frames_of(name: str, people: list[str], entries: list[Entry], paths: list[Path]) -> FrameSource:
    """Frames with known points, read from their paths when they are asked for."""
    return FrameSource(
        name=name,
        people=tuple(people),
        entries=entries,
        read=lambda k: decode_image(paths[k]).rgb,
        salient=_NO_MAPS,
    )
