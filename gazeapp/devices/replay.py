"""Gaze that was recorded before, played as a live tracker: at its own speed, or as fast as possible."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gazeapp.devices.simulated.clocked_tracker import PacedTracker
from gazeapp.devices.tracker import Capability, TrackerInfo, TrackerNotice
from gazeapp.devices.watchdog import RECORDED_GAP_S
from gazeapp.errors import UnreadableTable
from gazeapp.gaze.clock import Clock
from gazeapp.gaze.display import Display
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store.sample_table import read_samples


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """Samples ready to be played."""

    samples: GazeSamples
    display: Display
    name: str
    rate_hz: float


class RecordedSource:
    """Plays samples with their original spacing, the first one at the start of delivery.

    Args:
        samples: In time order.
        speed: 2 plays twice as fast by the session clock; infinity delivers all at the first request.
    """

    def __init__(self, samples: GazeSamples, speed: float = 1.0) -> None:
        if not speed > 0:
            raise ValueError(f"speed must be above 0, got {speed}")
        self._samples = samples
        self._speed = speed
        self._played = 0
        self._due_s = np.empty(0)
        self._shift_s = 0.0

    @property
    def next_s(self) -> float:
        """When the next sample is due; infinity after the last."""
        if self._played >= len(self._samples):
            return math.inf
        return float(self._due_s[self._played]) if len(self._due_s) else -math.inf

    def begin(self, start_s: float) -> None:
        """Play on from where it stopped, beginning now."""
        time_s = self._samples.time_s
        if self._played < len(time_s):
            first_s = float(time_s[self._played])
            self._shift_s = start_s - first_s
            self._due_s = start_s + (time_s - first_s) / self._speed

    def take(self, until_s: float, received_s: float) -> tuple[GazeSamples, tuple[TrackerNotice, ...]]:
        """The samples that are due; stamps keep the recording's spacing whatever the speed."""
        first = self._played
        stop = max(first, int(np.searchsorted(self._due_s, until_s + 1e-9, side="right")))
        if stop == first:
            return GazeSamples.empty(self._samples.eyes), ()
        self._played = stop
        part = self._samples[slice(first, stop)]
        device = part.device_time_s
        samples = GazeSamples.build(
            part.time_s + self._shift_s,
            eyes=part.eyes,
            left_px=part.left_px,
            right_px=part.right_px,
            left_valid=part.left_valid,
            right_valid=part.right_valid,
            left_pupil_mm=part.left_pupil_mm,
            right_pupil_mm=part.right_pupil_mm,
            left_origin_mm=part.left_origin_mm,
            right_origin_mm=part.right_origin_mm,
            device_time_s=np.where(np.isfinite(device), device, part.time_s),
            receive_time_s=np.full(len(part), received_s),
        )
        return samples, tuple(self._gaps(first, stop))

    def _gaps(self, first: int, stop: int) -> list[TrackerNotice]:
        time_s = self._samples.time_s[max(0, first - 1) : stop]
        where = np.nonzero(np.diff(time_s) > RECORDED_GAP_S)[0]
        return [
            TrackerNotice(
                time_s=float(time_s[i + 1]) + self._shift_s,
                kind="gap",
                message=f"the recording has no samples for {time_s[i + 1] - time_s[i]:.2f} s",
                gap_s=float(time_s[i + 1] - time_s[i]),
            )
            for i in where
        ]


def read_recording(path: Path, display: Display | None = None) -> Recording:
    """Read a sample file or a session to play it.

    Raises:
        UnreadableTable: Nothing to play, or columns that are not understood.
        StoreError: A session that cannot be read.
    """
    table = read_samples(path, display)
    if len(table.samples) < 2:
        raise UnreadableTable(f"{path}: holds {len(table.samples)} samples, nothing to replay")
    return Recording(
        samples=table.samples[:],
        display=table.display,
        name=path.name,
        rate_hz=_rate_hz(table.samples[:]),
    )


def open_replay(
    recording: Recording,
    clock: Clock,
    *,
    speed: float = 1.0,
    latency_s: float = 0.0,
) -> PacedTracker:
    """A recording as a tracker; `PacedTracker.is_exhausted` tells when it has ended."""
    info = TrackerInfo(
        backend="replay",
        name=f"Replay of {recording.name}",
        serial=recording.name,
        rate_hz=recording.rate_hz,
        rates_hz=(recording.rate_hz,),
        eyes=recording.samples.eyes,
        capabilities=frozenset({Capability.STEPPED}),
    )
    return PacedTracker(info, RecordedSource(recording.samples, speed), clock, latency_s=latency_s)


def _rate_hz(samples: GazeSamples) -> float:
    """Mean rate outside gaps: stamps are rounded, so that a single step (834 µs at 1200 Hz) gives a wrong one."""
    steps_s = np.diff(samples.time_s)
    usual_s = steps_s[steps_s < 1.5 * np.median(steps_s)]
    return round(1.0 / float(usual_s.mean()), 1) if usual_s.sum() > 0 else math.nan
