"""The best finder of eyes that is installed."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gazeapp.camera.cascades import CascadeFinder
from gazeapp.camera.eye_crops import EyeCrops
from gazeapp.camera.face_network import FaceNetworkFinder, has_face_network
from gazeapp.errors import SettingsError


class Finder(Protocol):
    """Finds the eyes of a frame; a session keeps which one it was."""

    @property
    def name(self) -> str:
        """One of `FINDERS`, but not "auto"."""
        ...

    def __call__(self, frame_rgb: NDArray[np.uint8], /) -> EyeCrops | None:
        """The eyes of the one face that is large."""
        ...


FINDERS = ("auto", "cascades", "network")


def make_finder(name: str = "auto") -> Finder:
    """Find eyes by the networks where their package is installed, else by OpenCV's own cascades.

    Args:
        name: One of `FINDERS`.

    Raises:
        SettingsError: An unknown name.
        BackendUnavailable: What was asked for, or anything at all, is not installed.
    """
    if name not in FINDERS:
        raise SettingsError(f"faces={name}: must be one of {', '.join(FINDERS)}", key="faces")
    if name == "network" or (name == "auto" and has_face_network()):
        return FaceNetworkFinder()
    return CascadeFinder()
