"""The program as a library: arrays in, arrays out. These names are stable; nothing is loaded before it is used.

    import gazeapp.api as ga

    fixations = ga.detect(time_s, x, y, display=(1920, 1080, 531, 299, 650))
    density = ga.saliency_map(fixations, (1920, 1080), sigma_px=41)
    person = ga.enrol((image, fixations) for image, fixations in viewed)
    maps = ga.predict(new_image, person)

Every refusal is a `gazeapp.errors.GazeAppError` that says what is wrong and what to do; a wrong argument is an
`ArgumentError` (a ValueError, too) with the argument's name.

Conventions: points are (x, y) pixels from the top left, a pixel's centre is at +0.5; maps are (H, W), `map[y, x]`;
times are seconds; missing gaze is NaN.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gazeapp.analysis.area import Area as Area
    from gazeapp.analysis.area import ImageAreas as ImageAreas
    from gazeapp.api import plot as plot
    from gazeapp.api.gaze import detect as detect
    from gazeapp.api.gaze import quality as quality
    from gazeapp.api.maps import areas as areas
    from gazeapp.api.maps import metrics as metrics
    from gazeapp.api.maps import saliency_map as saliency_map
    from gazeapp.api.people import Maps as Maps
    from gazeapp.api.people import Pair as Pair
    from gazeapp.api.people import enrol as enrol
    from gazeapp.api.people import load_universal as load_universal
    from gazeapp.api.people import predict as predict
    from gazeapp.api.people import read_embedding as read_embedding
    from gazeapp.api.people import recalibrate as recalibrate
    from gazeapp.api.people import universal as universal
    from gazeapp.api.people import write_embedding as write_embedding
    from gazeapp.api.recordings import Session as Session
    from gazeapp.api.recordings import Study as Study
    from gazeapp.api.recordings import read_image as read_image
    from gazeapp.api.recordings import read_samples as read_samples
    from gazeapp.errors import ArgumentError as ArgumentError
    from gazeapp.gaze.display import Display as Display
    from gazeapp.store.embedding import UserEmbedding as UserEmbedding

_HOME = {
    "Area": "gazeapp.analysis.area",
    "ArgumentError": "gazeapp.errors",
    "Display": "gazeapp.gaze.display",
    "ImageAreas": "gazeapp.analysis.area",
    "Maps": "gazeapp.api.people",
    "Pair": "gazeapp.api.people",
    "Session": "gazeapp.api.recordings",
    "Study": "gazeapp.api.recordings",
    "UserEmbedding": "gazeapp.store.embedding",
    "areas": "gazeapp.api.maps",
    "detect": "gazeapp.api.gaze",
    "enrol": "gazeapp.api.people",
    "load_universal": "gazeapp.api.people",
    "metrics": "gazeapp.api.maps",
    "plot": "gazeapp.api",
    "predict": "gazeapp.api.people",
    "quality": "gazeapp.api.gaze",
    "read_embedding": "gazeapp.api.people",
    "read_image": "gazeapp.api.recordings",
    "read_samples": "gazeapp.api.recordings",
    "recalibrate": "gazeapp.api.people",
    "saliency_map": "gazeapp.api.maps",
    "universal": "gazeapp.api.people",
    "write_embedding": "gazeapp.api.people",
}
__all__ = list(_HOME)


def __getattr__(name: str) -> Any:  # Any: functions and classes
    if name == "plot":
        return importlib.import_module("gazeapp.api.plot")
    if name not in _HOME:
        raise AttributeError(f"gazeapp.api has no {name!r}; it has {', '.join(_HOME)}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(_HOME)
