"""The course of gaze quality over a session: loss, precision and rate each second, checks and troubles as they
came.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, Signal

from gazeapp.runtime.snapshot import Snapshot
from gazeapp.store.events import Event, TrackerEvent
from gazeapp.ui.models.live_session import LiveSession
from gazeapp.ui.models.session_model import SessionModel

PERIOD_S = 1.0
WINDOW_S = 0.1
"""Precision is the median over windows this long: most of them hold no saccade."""
TROUBLES = (
    "lost",
    "restored",
    "gap",
    "reconnected",
    "reconnect-failed",
    "calibration-lost",
    "clock-jump",
    "overflow",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One second."""

    time_s: float
    loss: float
    """Share of invalid samples, 0 to 1."""
    rms_s2s_deg: float
    """NaN without gaze."""
    rate_hz: float


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityCheck:
    """A validation or a drift check."""

    time_s: float
    kind: str
    """ "validation" or "drift"."""
    offset_deg: float
    """Mean accuracy, or the largest offset of the eyes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What the tracker reported."""

    time_s: float
    kind: str
    message: str


class QualityHistory(QObject):
    """Listens to the session model; begins anew with each session."""

    changed = Signal()

    def __init__(self, model: SessionModel) -> None:
        super().__init__()
        self._model = model
        self._begin(None)
        model.live_changed.connect(self._listen)
        model.state_changed.connect(self._look_for_checks)
        model.event_told.connect(self._hear)

    def _begin(self, run: LiveSession | None) -> None:
        self._run = run
        self.moments: list[Moment] = []
        self.checks: list[QualityCheck] = []
        self.troubles: list[Trouble] = []
        self._seen: list[object] = []

    def series(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Session time in seconds, lost share in percent, precision in degrees; (N,) each."""
        table = np.array([(m.time_s, 100 * m.loss, m.rms_s2s_deg) for m in self.moments])
        table = table.reshape(-1, 3)
        return table[:, 0], table[:, 1], table[:, 2]

    def mean_loss(self) -> float:
        """Over the session, 0 to 1; NaN before the first second."""
        return float(np.mean([m.loss for m in self.moments])) if self.moments else math.nan

    def precision_deg(self) -> float:
        """Median over the session; NaN before the first gaze."""
        known = [m.rms_s2s_deg for m in self.moments if math.isfinite(m.rms_s2s_deg)]
        return float(np.median(known)) if known else math.nan

    def latest(self, kind: str) -> QualityCheck | None:
        """The latest validation or drift check."""
        return next((c for c in reversed(self.checks) if c.kind == kind), None)

    def _listen(self) -> None:
        snapshot, run = self._model.snapshot, self._model.run
        if snapshot is None or run is None:
            return
        last_s = self.moments[-1].time_s if self.moments else -math.inf
        if snapshot.time_s - last_s < PERIOD_S:
            return
        self.moments.append(
            Moment(
                time_s=snapshot.time_s,
                loss=snapshot.health.data_loss,
                rate_hz=snapshot.health.rate_hz,
                rms_s2s_deg=precision_deg(snapshot, run.display.px_per_deg),
            )
        )
        self.changed.emit()

    def _look_for_checks(self) -> None:
        if self._model.run is not self._run and self._model.run is not None:
            self._begin(self._model.run)
        validation, drift = self._model.status.validation, self._model.status.drift
        if validation is not None and not any(validation is seen for seen in self._seen):
            self._seen.append(validation)
            accuracy = validation.quality.summary.get("accuracy_deg")
            self._add(
                QualityCheck(
                    time_s=getattr(validation, "time_s", self._model.now_s),
                    kind="validation",
                    offset_deg=math.nan if accuracy is None else accuracy,
                )
            )
        # a drift check that was corrected since is the same one
        if drift is not None and drift.time_s not in self._seen:
            self._seen.append(drift.time_s)
            self._add(QualityCheck(time_s=drift.time_s, kind="drift", offset_deg=drift.offset_deg))

    def _add(self, check: QualityCheck) -> None:
        self.checks.append(check)
        self.changed.emit()

    def _hear(self, event: Event) -> None:
        if isinstance(event, TrackerEvent) and event.kind in TROUBLES:
            self.troubles.append(Trouble(time_s=event.time_s, kind=event.kind, message=event.message))
            self.changed.emit()


def precision_deg(snapshot: Snapshot, px_per_deg: float) -> float:
    """Sample-to-sample noise of the last second, degrees; NaN without gaze.

    Convention: RMS of the steps within each tenth of a second, and the median of those; steps across missing samples
    do not count. Nobody need look at a target for it, so it can be followed while images are shown.
    """
    first = int(np.searchsorted(snapshot.trace_time_s, snapshot.time_s - PERIOD_S))
    time_s, gaze_px = snapshot.trace_time_s[first:], snapshot.trace_px[first:]
    if len(time_s) < 3:
        return math.nan
    squared = np.square(np.diff(gaze_px, axis=0)).sum(axis=1)
    known = np.isfinite(squared)
    window = ((time_s[1:] - time_s[0]) / WINDOW_S).astype(int)[known]
    if not len(window):
        return math.nan
    counts = np.bincount(window)
    means = np.bincount(window, weights=squared[known])[counts > 0] / counts[counts > 0]
    return float(np.median(np.sqrt(means)) / px_per_deg)
