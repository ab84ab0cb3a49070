"""The contents of the participant's screen, as values, and the one interface of whatever shows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from gazeapp.gaze.clock import Clock
from gazeapp.gaze.display import StimulusFrame
from gazeapp.store.events import OnsetKind

OnShown = Callable[[float, OnsetKind], None]
"""Called with the session time at which a scene became visible, and how that time was taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blank:
    """Nothing but the background."""

    background: str
    """`#rrggbb`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cross:
    """A fixation cross at a point of the display."""

    background: str
    x_px: float
    y_px: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A calibration, validation or drift target."""

    background: str
    target_id: int
    x_px: float
    y_px: float
    purpose: str
    """"calibrate", "validate", "drift"."""
    expected_s: float
    """How long it will probably stay; the screen may animate the target (shrink, turn) over this time."""
    look: str = "dot"
    """"dot" for the plain target, "picture" for a small moving picture that holds a child's gaze, "image" for one's
    own."""
    image_file: str = ""
    """Picture that is shown when `look` is "image"."""
    size_px: float = 68.0
    """Diameter when it appears; it shrinks to a quarter."""
    color: str = ""
    """`#rrggbb`; empty for black or white, whichever stands out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharpWindow:
    """Around the pointer an image is sharp, elsewhere blurred; display pixels."""

    radius_px: float
    """Where it is half sharp; the edge is soft."""
    blur_px: float
    """Standard deviation of the blur."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stimulus:
    """An image at its place; `overlay_rgba` only where the plan lets the participant see the overlay."""

    background: str
    trial: int
    frame: StimulusFrame
    image_rgb: NDArray[np.uint8] = field(repr=False)
    """(H, W, 3)."""
    overlay_rgba: NDArray[np.uint8] | None = field(default=None, repr=False)
    """(H, W, 4) drawn over the image."""
    window: SharpWindow | None = None
    """Where the pointer decides what is sharp."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A sentence in large type; lines are split by newlines."""

    background: str
    text: str
    image_file: str = ""
    """A picture above the words."""


Scene = Blank | Cross | Target | Stimulus | Message
"""Everything a participant's screen can show; one at a time, and nothing else."""


class ParticipantDisplay(Protocol):
    """The participant's screen. Used from the controller's thread alone."""

    @property
    def scene(self) -> Scene | None:
        """What was asked for last."""
        ...

    def show(self, scene: Scene, on_shown: OnShown) -> None:
        """Replace what is on the screen.

        Args:
            scene: What to show.
            on_shown: Called exactly once, on the controller's thread, when the scene is visible: at once or from a
                later turn of the event loop. A scene replaced before it became visible is never reported.
        """
        ...

    def prepare(self, scene: Scene) -> None:
        """A hint that this scene comes next, so that decoding and uploading it costs nothing at its onset."""
        ...


@runtime_checkable
class FrameTimed(Protocol):
    """A screen that knows when its frames reached the screen; what it says is stored with every trial."""

    def frame_timing(self, start_s: float, stop_s: float) -> Mapping[str, float]:
        """Frame statistics of an exposure: counts, intervals in seconds, late frames; JSON values."""
        ...


class HeadlessScreen:
    """No screen at all: every scene is visible at once, and its onset is marked `virtual`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.scene: Scene | None = None

    def show(self, scene: Scene, on_shown: OnShown) -> None:
        """Take the scene as visible now."""
        self.scene = scene
        on_shown(self._clock.now_s(), "virtual")

    def prepare(self, scene: Scene) -> None:
        """Nothing needs preparing."""
