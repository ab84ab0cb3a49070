"""Data quality at known targets, as ETDQualitizer computes it, and a verdict with its reasons."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import Enum
from typing import Any, Literal

import numpy as np

from gazeapp.gaze.channels.timing import sampling_rate_hz
from gazeapp.gaze.display import Display
from gazeapp.gaze.samples import Floats, GazeSamples, SampleSource, in_chunks

BCEA_SHARE = 0.68  # of the samples that the bivariate contour ellipse holds

Verdict = Literal["pass", "warn", "fail"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetWindow:
    """A stretch of time during which a person was to look at one point."""

    target_id: int | str
    onset_s: float
    duration_s: float
    x_px: float
    """Display pixels."""
    y_px: float


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityLimits:
    """When data are good enough; editable in a plan."""

    pass_deg: float = 0.5
    """Mean accuracy up to which quality passes ..."""
    warn_deg: float = 1.0
    """... and up to which it is usable with a warning."""
    pass_max_deg: float = 1.0
    """The same for the worst target."""
    warn_max_deg: float = 1.5
    max_loss: float = 0.10
    """Share of lost samples up to which quality passes."""
    warn_loss: float = 0.20

    @classmethod
    def of(cls, given: Mapping[str, float]) -> QualityLimits:
        """Limits of which some are given; the other of a pair follows where its default would contradict.

        Raises:
            ValueError: Both of a pair are given, and what passes is above what is usable; the message names both.
        """
        limits = {**asdict(cls()), **given}
        for good, usable in _PAIRS:
            if limits[good] <= limits[usable]:
                continue
            if good in given and usable in given:
                raise ValueError(
                    f"{good} {given[good]:g} is above {usable} {given[usable]:g}: what passes must be usable; swap them"
                )
            follows, leads = (usable, good) if good in given else (good, usable)
            limits[follows] = limits[leads]
        return cls(**limits)


_PAIRS = (("pass_deg", "warn_deg"), ("pass_max_deg", "warn_max_deg"), ("max_loss", "warn_loss"))
"""The limit up to which quality passes, and that up to which it is usable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetQuality:
    """Quality of one eye at one target; NaN where there is too little gaze.

    Source:
        Niehorster et al. (2026), ETDQualitizer. RMS-S2S and STD join azimuth and elevation as there.
    """

    eye: str
    """"left", "right", or "cyclopean" for a source without eyes."""
    target_id: int | str
    x_px: float
    y_px: float
    accuracy_deg: float
    """Angle between the target and the mean gaze direction."""
    offset_azimuth_deg: float
    """Gaze right of the target is positive."""
    offset_elevation_deg: float
    """Gaze above the target is positive."""
    rms_s2s_deg: float
    """Root mean square of sample-to-sample distances, never across a missing sample."""
    std_deg: float
    bcea_deg2: float
    data_loss: float
    """Share of the samples that are invalid, 0 to 1."""
    data_loss_expected: float
    """Share of the samples that a steady rate would have given and that are missing or invalid."""
    effective_hz: float
    """Valid samples per second."""
    n_samples: int


class QualityIssue(Enum):
    """What keeps quality from passing."""

    EYES_SWAPPED = "eyes-swapped"
    """The left eye lies right of the right one."""
    NO_GAZE = "no-gaze"
    """None at any target, of any eye."""
    EYE_NEVER_SEEN = "eye-never-seen"
    NO_GAZE_AT_TARGET = "no-gaze-at-target"
    MEAN_ACCURACY = "mean-accuracy"
    TARGET_ACCURACY = "target-accuracy"
    """At the worst target."""
    DATA_LOSS = "data-loss"


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityReason:
    """One thing that keeps quality from passing, with its figures."""

    issue: QualityIssue
    eye: str = ""
    """As in `TargetQuality`; empty where it concerns all."""
    target_id: int | str = ""
    value: float = math.nan
    """Degrees, or a share for data loss; NaN where the issue has no figure."""
    limit: float = math.nan
    """The limit that `value` exceeds, in its unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityReport:
    """Quality at all targets, summarised and judged."""

    targets: tuple[TargetQuality, ...]
    summary: dict[str, Any]  # Any: JSON values
    """Means and extremes over all targets and eyes, and under each eye's name its own."""
    verdict: Verdict
    reasons: tuple[QualityReason, ...]
    """Why it is not better, most important first; empty when it passes."""
    limits: QualityLimits


def measure_quality(
    samples: SampleSource,
    targets: Sequence[TargetWindow],
    display: Display,
    limits: QualityLimits | None = None,
    *,
    rate_hz: float | None = None,
) -> QualityReport:
    """Accuracy, precision and loss of every eye at every target.

    Args:
        samples: Gaze, corrected or not, in display pixels.
        targets: When the person was to look where; windows of one target count together.
        display: Geometry.
        limits: For the verdict.
        rate_hz: Nominal rate for the expected number of samples; without it, the intervals tell.

    Raises:
        ValueError: No targets.
    """
    if not targets:
        raise ValueError("quality needs at least one target")
    limits = limits or QualityLimits()
    if rate_hz is None or not math.isfinite(rate_hz):
        rate_hz = sampling_rate_hz(samples.time_s)
    eyes = {"binocular": ("left", "right"), "left": ("left",), "right": ("right",), "cyclopean": ("cyclopean",)}
    windows: dict[int | str, list[TargetWindow]] = {}
    for window in targets:
        windows.setdefault(window.target_id, []).append(window)
    rows = []
    seen = {part: _inside(samples, part) for parts in windows.values() for part in parts}
    for eye in eyes[samples.eyes]:
        for parts in windows.values():
            pieces = [
                (inside.time_s, display.px_to_deg(inside.right_px if eye == "right" else inside.left_px))
                for inside in (seen[part] for part in parts)
                if len(inside)
            ]
            rows.append(_target_quality(eye, parts, pieces, display, rate_hz))
    summary = _summary(rows)
    verdict, reasons = _judge(rows, summary, limits)
    if _eyes_swapped(samples):
        verdict = "fail"
        reasons = (QualityReason(issue=QualityIssue.EYES_SWAPPED), *reasons)
    return QualityReport(targets=tuple(rows), summary=summary, verdict=verdict, reasons=reasons, limits=limits)


def _eyes_swapped(samples: SampleSource) -> bool:
    """Whether a tracker that knows where the eyes are has them on the wrong sides (its x grows to the person's
    right).
    """
    apart_mm = np.concatenate(
        [
            (part.right_origin_mm - part.left_origin_mm)[part.left_valid & part.right_valid, 0]
            for part in in_chunks(samples)
        ]
        or [np.empty(0)]
    )
    known = apart_mm[np.isfinite(apart_mm)]
    return len(known) > 0 and float(np.median(known)) < 0


def _inside(samples: SampleSource, window: TargetWindow) -> GazeSamples:
    """The samples of a window; times may go back, so it is looked for everywhere."""
    found = np.flatnonzero((samples.time_s >= window.onset_s) & (samples.time_s < window.onset_s + window.duration_s))
    if not len(found):
        return samples[0:0]
    first = int(found[0])
    return samples[first : int(found[-1]) + 1][found - first]


def _target_quality(
    eye: str,
    windows: list[TargetWindow],
    pieces: list[tuple[Floats, Floats]],
    display: Display,
    rate_hz: float,
) -> TargetQuality:
    target = windows[0]
    angles = np.concatenate([angles for _, angles in pieces]) if pieces else np.empty((0, 2))
    valid = np.isfinite(angles).all(axis=1)
    seen = angles[valid]
    n_valid = len(seen)
    duration_s = sum(_duration_s(time_s, rate_hz) for time_s, _ in pieces)
    expected = max(sum(window.duration_s for window in windows), duration_s) * rate_hz
    target_deg = display.px_to_deg([target.x_px, target.y_px])
    accuracy, azimuth, elevation = accuracy_deg(seen, target_deg) if n_valid else [math.nan] * 3
    steps = np.concatenate([np.diff(angles, axis=0) for _, angles in pieces]) if pieces else seen
    steps = steps[np.isfinite(steps).all(axis=1)]
    return TargetQuality(
        eye=eye,
        target_id=target.target_id,
        x_px=target.x_px,
        y_px=target.y_px,
        accuracy_deg=accuracy,
        offset_azimuth_deg=azimuth,
        offset_elevation_deg=elevation,
        rms_s2s_deg=float(np.sqrt(np.mean(np.sum(np.square(steps), axis=1)))) if len(steps) else math.nan,
        std_deg=float(np.hypot(*seen.std(axis=0))) if n_valid else math.nan,
        bcea_deg2=bcea_deg2(seen),
        data_loss=1 - n_valid / len(angles) if len(angles) else 1.0,
        data_loss_expected=min(max(1 - n_valid / expected, 0.0), 1.0) if expected > 0 else math.nan,
        effective_hz=n_valid / duration_s if duration_s > 0 else 0.0,
        n_samples=len(angles),
    )


def _duration_s(time_s: Floats, rate_hz: float) -> float:
    """From the first sample to the last and one interval more: each sample stands for an interval."""
    if len(time_s) < 2:
        return 1 / rate_hz if rate_hz > 0 else math.nan
    return float(time_s[-1] - time_s[0] + np.median(np.diff(time_s)))


def accuracy_deg(gaze_deg: Floats, target_deg: Floats) -> tuple[float, float, float]:
    """Angle between a target and the mean gaze direction, and its horizontal and vertical parts.

    Args:
        gaze_deg: (N, 2) valid Fick angles (azimuth, elevation).
        target_deg: (2,) Fick angles of the target.

    Returns:
        Angle, azimuth and elevation of gaze in a frame turned to the target, degrees.
    """
    azimuth, elevation = np.radians(gaze_deg).T
    x = float(np.mean(np.cos(elevation) * np.sin(azimuth)))
    y = float(np.mean(np.sin(elevation)))
    z = float(np.mean(np.cos(elevation) * np.cos(azimuth)))
    ta, te = np.radians(target_deg)
    ahead = math.sin(ta) * x + math.cos(ta) * z
    right = math.cos(ta) * x - math.sin(ta) * z
    up = math.cos(te) * y - math.sin(te) * ahead
    ahead = math.sin(te) * y + math.cos(te) * ahead
    return (
        math.degrees(math.atan2(math.hypot(right, up), ahead)),
        math.degrees(math.atan2(right, ahead)),
        math.degrees(math.atan2(up, math.hypot(right, ahead))),
    )


def bcea_deg2(gaze_deg: Floats) -> float:
    """Area of the bivariate contour ellipse that holds 68 % of the samples; NaN for fewer than two.

    Args:
        gaze_deg: (N, 2) valid Fick angles.
    """
    if len(gaze_deg) < 2:
        return math.nan
    covariance = np.cov(gaze_deg.T)  # ddof 1
    k = math.log(1 / (1 - BCEA_SHARE))
    # 2πk·σx·σy·√(1-ρ²) is 2πk times the root of the determinant; written so, gaze without spread gives 0
    return 2 * k * math.pi * math.sqrt(max(float(np.linalg.det(covariance)), 0.0))


def _summary(rows: Sequence[TargetQuality]) -> dict[str, Any]:  # Any: JSON values
    summary = _aggregate(rows)
    for eye in dict.fromkeys(row.eye for row in rows):
        summary[eye] = _aggregate([row for row in rows if row.eye == eye])
    return summary


def _aggregate(rows: Sequence[TargetQuality]) -> dict[str, Any]:  # Any: JSON values
    def mean(name: str) -> float | None:
        values = [v for row in rows if math.isfinite(v := getattr(row, name))]
        return sum(values) / len(values) if values else None

    accuracies = [row.accuracy_deg for row in rows if math.isfinite(row.accuracy_deg)]
    return {
        "accuracy_deg": mean("accuracy_deg"),
        "accuracy_max_deg": max(accuracies, default=None),
        "rms_s2s_deg": mean("rms_s2s_deg"),
        "std_deg": mean("std_deg"),
        "bcea_deg2": mean("bcea_deg2"),
        "data_loss": mean("data_loss"),
        "data_loss_expected": mean("data_loss_expected"),
        "effective_hz": mean("effective_hz"),
        "n_targets": len({row.target_id for row in rows}),
    }


def _judge(
    rows: Sequence[TargetQuality], summary: dict[str, Any], limits: QualityLimits
) -> tuple[Verdict, tuple[QualityReason, ...]]:
    verdicts: tuple[Verdict, ...] = ("pass", "warn", "fail")
    worst = 0
    reasons: list[QualityReason] = []
    eyes = list(dict.fromkeys(row.eye for row in rows))
    blind = [eye for eye in eyes if summary[eye]["accuracy_deg"] is None]
    if len(blind) == len(eyes):
        return "fail", (QualityReason(issue=QualityIssue.NO_GAZE),)
    for eye in blind:
        worst = max(worst, 1)
        reasons.append(QualityReason(issue=QualityIssue.EYE_NEVER_SEEN, eye=eye))
    for row in rows:
        if row.eye not in blind and not math.isfinite(row.accuracy_deg):
            worst = 2
            reasons.append(QualityReason(issue=QualityIssue.NO_GAZE_AT_TARGET, eye=row.eye, target_id=row.target_id))
    worst_row = max(rows, key=lambda row: row.accuracy_deg if math.isfinite(row.accuracy_deg) else -1)
    for reason, good, usable in (
        (
            QualityReason(issue=QualityIssue.MEAN_ACCURACY, value=summary["accuracy_deg"]),
            limits.pass_deg,
            limits.warn_deg,
        ),
        (
            QualityReason(
                issue=QualityIssue.TARGET_ACCURACY,
                eye=worst_row.eye,
                target_id=worst_row.target_id,
                value=worst_row.accuracy_deg,
            ),
            limits.pass_max_deg,
            limits.warn_max_deg,
        ),
        (
            QualityReason(issue=QualityIssue.DATA_LOSS, value=float(summary["data_loss"])),
            limits.max_loss,
            max(limits.warn_loss, limits.max_loss),
        ),
    ):
        level = 0 if reason.value <= good else 1 if reason.value <= usable else 2
        worst = max(worst, level)
        if level:
            reasons.append(replace(reason, limit=good if level == 1 else usable))
    return verdicts[worst], tuple(reasons)
