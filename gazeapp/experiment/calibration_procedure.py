"""Collects gaze at targets, one after another: show, let the eye land, collect, accept; redo or drop single points.

The same procedure serves calibration, validation and drift checks. It is pure: the owner shows what `current` says,
tells when it became visible, hands over samples, and asks `tick` what happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from gazeapp.experiment.targets import TargetPoint
from gazeapp.gaze.display import Display
from gazeapp.gaze.samples import Eyes, GazeSamples

_RAYLEIGH_90 = 2.146  # 90th percentile of a Rayleigh distribution of scale 1


class PointState(Enum):
    """Where one target stands."""

    WAITING = "waiting"
    ON_SCREEN = "on screen"
    ACCEPTED = "accepted"
    FAILED = "failed"
    """Too little steady gaze came within the time limit; it can be collected again or left out."""
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcedureSettings:
    """When gaze at a target counts."""

    settle_s: float = 0.7
    """From appearance to the first sample that may count: the eye needs about 0.2 s to start and 0.05 s to land, and a
    first saccade often falls short; vendors advise 0.7 s."""
    collect_s: float = 0.7
    """Length of the steady stretch that is wanted."""
    timeout_s: float = 4.0
    """After that the best stretch is judged by the looser limit, or the point fails."""
    min_valid: float = 0.9
    """Share of valid samples in the stretch: a blink is waited out."""
    loose_valid: float = 0.6
    """The limit after the timeout."""
    max_spread_deg: float = 0.8
    """Largest robust spread of the stretch, see `robust_spread_deg`."""
    loose_spread_deg: float = 2.0
    """The limit after the timeout, for noisy trackers such as webcams."""
    pacing: str = "auto"
    """"auto", or "key": the point is taken when the experimenter or participant presses a key."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PointResult:
    """What is known about one target."""

    target: TargetPoint
    state: PointState
    shown_s: float
    """NaN until it was on screen."""
    samples: GazeSamples
    """The stretch that was accepted, uncorrected; empty until then."""
    spread_deg: float
    """Robust spread of the stretch; NaN while there is none."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Stretch:
    samples: GazeSamples
    valid: float
    spread_deg: float


class TargetProcedure:
    """Leads through the targets in their order of appearance, then through those to be collected again."""

    def __init__(self, targets: Sequence[TargetPoint], display: Display, settings: ProcedureSettings) -> None:
        if not targets:
            raise ValueError("a procedure needs at least one target")
        self._display = display
        self._settings = settings
        self._results = {
            target.target_id: PointResult(
                target=target,
                state=PointState.WAITING,
                shown_s=np.nan,
                samples=GazeSamples.empty(),
                spread_deg=np.nan,
            )
            for target in targets
        }
        self._queue = [target.target_id for target in targets]
        self._shown_s = np.nan
        self._eyes: Eyes = "binocular"
        self._gaze = GazeSamples.empty()
        self._best: _Stretch | None = None
        self._accept = False

    @property
    def results(self) -> tuple[PointResult, ...]:
        """Every target, in its first order of appearance."""
        return tuple(self._results.values())

    @property
    def current(self) -> TargetPoint | None:
        """The target that should be on screen; None when all are done."""
        return self._results[self._queue[0]].target if self._queue else None

    @property
    def is_finished(self) -> bool:
        """Whether no target waits."""
        return not self._queue

    @property
    def accepted(self) -> tuple[PointResult, ...]:
        """The targets with accepted gaze."""
        return tuple(r for r in self.results if r.state is PointState.ACCEPTED)

    def progress(self, now_s: float) -> float:
        """How far the current target is, 0 to 1: landing and collecting together."""
        if not np.isfinite(self._shown_s):
            return 0.0
        whole_s = self._settings.settle_s + self._settings.collect_s
        return float(np.clip((now_s - self._shown_s) / whole_s, 0.0, 1.0))

    def target_shown(self, at_s: float) -> None:
        """The current target became visible; gaze counts from `settle_s` later."""
        assert self._queue, "no target waits"
        self._shown_s = at_s
        self._gaze = GazeSamples.empty(self._eyes)
        self._best = None
        self._accept = False
        self._set(self._queue[0], state=PointState.ON_SCREEN, shown_s=at_s)

    def push(self, samples: GazeSamples) -> None:
        """New uncorrected gaze."""
        if len(samples) and samples.eyes != self._eyes:
            self._learn_eyes(samples.eyes)
        if not np.isfinite(self._shown_s) or not len(samples):
            return
        usable = samples.between(self._shown_s + self._settings.settle_s, np.inf)
        if len(usable):
            self._gaze = GazeSamples.concatenate([self._gaze, usable])

    def _learn_eyes(self, eyes: Eyes) -> None:
        """A target without gaze is still one of these eyes: what it lacks must not be told of others."""
        self._eyes = eyes
        for target_id, result in self._results.items():
            if not len(result.samples):
                self._set(target_id, samples=GazeSamples.empty(eyes))

    def accept(self) -> None:
        """Take the current target's gaze as soon as there is a stretch of it, steady or not."""
        self._accept = True

    def tick(self, now_s: float) -> PointResult | None:
        """Let time pass; returns the target that was just accepted or failed."""
        if not self._queue or not np.isfinite(self._shown_s):
            return None
        settings = self._settings
        stretch = self._latest_stretch()
        if stretch is not None and (self._best is None or _is_better(stretch, self._best)):
            self._best = stretch
        timed_out = now_s - self._shown_s > settings.settle_s + settings.timeout_s
        by_key = settings.pacing == "key"
        if self._accept and self._best is not None:
            return self._done(self._best)
        if not by_key and _is_good(self._best, settings.min_valid, settings.max_spread_deg):
            return self._done(self._best)
        if timed_out and (not by_key or self._accept):
            good = _is_good(self._best, settings.loose_valid, settings.loose_spread_deg)
            return self._done(self._best if good else None)
        return None

    def settled(self, now_s: float) -> bool:
        """Whether the eye had time to land on the current target."""
        return now_s - self._shown_s >= self._settings.settle_s

    def take_from_device(self, ok: bool) -> PointResult:
        """The tracker collected the current target itself."""
        assert self._queue, "no target waits"
        return self._finish(PointState.ACCEPTED if ok else PointState.FAILED, GazeSamples.empty(self._eyes), np.nan)

    def restart_current(self) -> None:
        """Forget the gaze at the current target: it will be shown again (after a pause)."""
        self._shown_s = np.nan
        if self._queue:
            self._set(self._queue[0], state=PointState.WAITING)

    def redo(self, target_ids: Iterable[int]) -> None:
        """Collect these targets again; what they had is forgotten."""
        for target_id in target_ids:
            self._require(target_id)
            if self._queue and self._queue[0] == target_id:
                self.restart_current()
                continue
            if target_id in self._queue:
                continue
            self._set(target_id, state=PointState.WAITING, samples=GazeSamples.empty(self._eyes), spread_deg=np.nan)
            self._queue.append(target_id)

    def drop(self, target_ids: Iterable[int]) -> None:
        """Go on without these targets."""
        for target_id in target_ids:
            self._require(target_id)
            if self._queue and self._queue[0] == target_id:
                self._shown_s = np.nan
            if target_id in self._queue:
                self._queue.remove(target_id)
            self._set(target_id, state=PointState.DROPPED, samples=GazeSamples.empty(self._eyes), spread_deg=np.nan)

    def _require(self, target_id: int) -> None:
        if target_id not in self._results:
            raise ValueError(f"there is no target {target_id}; there are {sorted(self._results)}")

    def _set(self, target_id: int, **changes: object) -> None:
        self._results[target_id] = replace(self._results[target_id], **changes)  # type: ignore[arg-type]  # fields of PointResult

    def _latest_stretch(self) -> _Stretch | None:
        if not len(self._gaze):
            return None
        end_s = float(self._gaze.time_s[-1])
        begin_s = end_s - self._settings.collect_s
        # half a sample of tolerance: a stretch of n samples spans n - 1 intervals
        if self._gaze.time_s[0] > begin_s + 0.02:
            return None
        samples = self._gaze.between(begin_s, np.inf)
        spread_deg, valid = robust_spread_deg(samples, self._display)
        return _Stretch(samples=samples, valid=valid, spread_deg=spread_deg)

    def _done(self, stretch: _Stretch | None) -> PointResult:
        if stretch is None:
            return self._finish(PointState.FAILED, GazeSamples.empty(self._eyes), np.nan)
        return self._finish(PointState.ACCEPTED, stretch.samples, stretch.spread_deg)

    def _finish(self, state: PointState, samples: GazeSamples, spread_deg: float) -> PointResult:
        target_id = self._queue.pop(0)
        self._set(target_id, state=state, samples=samples, spread_deg=spread_deg)
        self._shown_s = np.nan
        self._gaze = GazeSamples.empty(self._eyes)
        self._best = None
        self._accept = False
        return self._results[target_id]


def _is_good(stretch: _Stretch | None, min_valid: float, max_spread_deg: float) -> bool:
    return stretch is not None and stretch.valid >= min_valid and stretch.spread_deg <= max_spread_deg


def _is_better(a: _Stretch, b: _Stretch) -> bool:
    """Fewer gaps first, in steps of a tenth; then the steadier one. An unknown spread is the worst."""
    spread_a = a.spread_deg if np.isfinite(a.spread_deg) else np.inf
    spread_b = b.spread_deg if np.isfinite(b.spread_deg) else np.inf
    return (-round(a.valid, 1), spread_a) < (-round(b.valid, 1), spread_b)


def robust_spread_deg(samples: GazeSamples, display: Display) -> tuple[float, float]:
    """Robust spread of valid gaze in degrees (NaN with fewer than 3 samples), and the valid share.

    Convention: the 90th percentile of the distance from the median, divided by what it is for a round Gaussian of
    spread 1. A tenth of stray samples is forgiven; a stretch that a saccade divides is not, which a median would
    accept.
    """
    valid = samples.valid
    share = float(valid.mean()) if len(samples) else 0.0
    points = samples.gaze_px[valid]
    if len(points) < 3:
        return float("nan"), share
    angles = display.px_to_deg(points)
    distance = np.hypot(*(angles - np.median(angles, axis=0)).T)
    return float(np.percentile(distance, 90) / _RAYLEIGH_90), share
