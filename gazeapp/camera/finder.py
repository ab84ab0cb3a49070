"""The best finder of eyes that is installed."""

from __future__ import annotations

from gazeapp.camera.cascades import CascadeFinder
from gazeapp.camera.eye_crops import FindEyes
from gazeapp.camera.face_network import FaceNetworkFinder, has_face_network
from gazeapp.errors import SettingsError

FINDERS = ("auto", "cascades", "network")


def make_finder(name: str = "auto") -> FindEyes:
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
