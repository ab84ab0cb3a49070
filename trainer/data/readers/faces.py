"""Boxes and pictures of faces that look at known points, as the sets of them have them in common."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from gazeapp.networks.gaze_predictor import Box
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


def square(middle: np.ndarray[Any, np.dtype[np.float64]], side: float) -> Box:
    """The box of that side around a point, (2,) pixels."""
    return box(middle[0] - side / 2, middle[1] - side / 2, side, side)


def box(left: float, top: float, width: float, height: float) -> Box:
    """The box in whole pixels."""
    return round(float(left)), round(float(top)), round(float(width)), round(float(height))
