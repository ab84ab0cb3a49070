"""Publishes gaze, fixations and markers on Lab Streaming Layer, described so that any program can read them."""

from __future__ import annotations

import dataclasses
import json
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from gazeapp import __version__
from gazeapp.devices.lsl.inlet import OPEN_WORDS, is_on_network, load_library, local_clock_s
from gazeapp.devices.tracker import TrackerInfo
from gazeapp.gaze.clock import Clock
from gazeapp.gaze.display import Display
from gazeapp.gaze.fixations import Fixation
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store.events import Event

if TYPE_CHECKING:
    import pylsl

_log = logging.getLogger(__name__)

_Described = tuple[str, str, str, str]
"""Label, type, unit, eye of one channel."""


class Outlets:
    """Three streams of one tracker: NAME (gaze), NAME_fixations and NAME_markers.

    Gaze channels per eye: x and y in pixels of the display (origin top left; NaN when missing), pupil diameter in mm.
    A fixation's stamp is its onset. Markers are JSON objects, one per event, with the event's own time as stamp.

    Args:
        name: Name of the gaze stream.
        info: The tracker whose gaze it is; its serial makes the source ids, so that readers find it again.
        clock: The session clock that samples carry.
        display: The participant's screen; its size is part of the description.
        on_network: Whether other machines are told. Where this process reads LSL streams from the network already, they
            are in any case.
    """

    def __init__(
        self, name: str, info: TrackerInfo, clock: Clock, display: Display, *, on_network: bool = False
    ) -> None:
        self._pylsl = load_library(this_machine_only=not on_network)
        if is_on_network():
            _log.warning("the streams of %s are on the network; %s", name, OPEN_WORDS)
        self._base_s = local_clock_s() - clock.now_s()
        self._eyes = info.eyes
        rate_hz = info.rate_hz if info.rate_hz > 0 else 0.0
        self._gaze = self._outlet(name, "Gaze", rate_hz, _gaze_channels(info), info, display, suffix="gaze")
        self._fixations = self._outlet(
            f"{name}_fixations",
            "Fixations",
            0.0,
            _FIXATION_CHANNELS,
            info,
            display,
            suffix="fixations",
        )
        self._markers = self._outlet(
            f"{name}_markers",
            "Markers",
            0.0,
            [("event", "Marker", "", "")],
            info,
            display,
            suffix="markers",
        )

    @property
    def has_readers(self) -> bool:
        """Whether anybody reads the gaze."""
        return bool(self._gaze.have_consumers())

    def push_samples(self, samples: GazeSamples) -> None:
        """Publish gaze with the samples' own times."""
        if not len(samples):
            return
        if self._eyes == "binocular":
            columns = [
                samples.left_px,
                samples.left_pupil_mm[:, None],
                samples.right_px,
                samples.right_pupil_mm[:, None],
            ]
        elif self._eyes == "right":
            columns = [samples.right_px, samples.right_pupil_mm[:, None]]
        else:
            columns = [samples.left_px, samples.left_pupil_mm[:, None]]
        stamps = samples.time_s + self._base_s
        self._gaze.push_chunk(np.hstack(columns), stamps.tolist())

    def push_fixations(self, fixations: Sequence[Fixation]) -> None:
        """Publish fixations in display pixels."""
        for fixation in fixations:
            row = [fixation.x_px, fixation.y_px, fixation.duration_s]
            self._fixations.push_sample(row, fixation.onset_s + self._base_s)

    def push_event(self, event: Event) -> None:
        """Publish what happened as a marker."""
        document = {"event": type(event).__name__, **dataclasses.asdict(event)}
        self._markers.push_sample([json.dumps(document)], event.time_s + self._base_s)

    def close(self) -> None:
        """Take the streams off the network; closing twice is allowed."""
        # liblsl ends an outlet with its last reference; there is no call for it
        for name in ("_gaze", "_fixations", "_markers"):
            self.__dict__.pop(name, None)

    def _outlet(
        self,
        name: str,
        kind: str,
        rate_hz: float,
        channels: Sequence[_Described],
        info: TrackerInfo,
        display: Display,
        *,
        suffix: str,
    ) -> pylsl.StreamOutlet:
        library = self._pylsl
        value_type = "string" if kind == "Markers" else "double64"
        source_id = f"gazeapp-{info.backend}-{info.serial}-{suffix}"
        stream: pylsl.StreamInfo = library.StreamInfo(name, kind, len(channels), rate_hz, value_type, source_id)
        _describe(stream, channels, info, display)
        outlet: pylsl.StreamOutlet = library.StreamOutlet(stream)
        return outlet


_FIXATION_CHANNELS: list[_Described] = [
    ("x_px", "FixationX", "pixels", "both"),
    ("y_px", "FixationY", "pixels", "both"),
    ("duration_s", "Duration", "seconds", "both"),
]


def _gaze_channels(info: TrackerInfo) -> list[_Described]:
    eyes = {"binocular": ("left", "right"), "cyclopean": ("both",)}.get(info.eyes, (info.eyes,))
    channels: list[_Described] = []
    for eye in eyes:
        prefix = "" if eye == "both" else f"{eye}_"
        channels += [
            (f"{prefix}x_px", "ScreenX", "pixels", eye),
            (f"{prefix}y_px", "ScreenY", "pixels", eye),
            (f"{prefix}pupil_mm", "Diameter", "mm", eye),
        ]
    return channels


def _describe(stream: pylsl.StreamInfo, channels: Sequence[_Described], info: TrackerInfo, display: Display) -> None:
    description = stream.desc()
    acquisition = description.append_child("acquisition")
    for key, value in (
        ("manufacturer", "gazeapp"),
        ("model", info.name),
        ("serial_number", info.serial),
        ("software_version", __version__),
    ):
        acquisition.append_child_value(key, value)
    screen = description.append_child("display")
    for key in ("width_px", "height_px", "width_mm", "height_mm", "distance_mm"):
        screen.append_child_value(key, f"{getattr(display, key):g}")
    screen.append_child_value("origin", "top-left")
    parent = description.append_child("channels")
    for label, kind, unit, eye in channels:
        node = parent.append_child("channel")
        for key, value in (("label", label), ("type", kind), ("unit", unit), ("eye", eye)):
            if value:
                node.append_child_value(key, value)
