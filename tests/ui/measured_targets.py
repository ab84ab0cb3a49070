"""Calibrations and validations of invented gaze, with the figures that the program itself finds in it."""

from __future__ import annotations

from dataclasses import replace

from gazeapp.experiment.calibration_fit import CalibrationAttempt, fit_points
from gazeapp.experiment.calibration_procedure import PointResult
from gazeapp.experiment.targets import build_targets
from gazeapp.experiment.validation import ValidationReport, judge_points
from gazeapp.gaze.correction import Correction
from gazeapp.gaze.quality import QualityLimits
from tests.ui import fake_session as fake

OFF_DEG = {
    "pass": (0.2, 0.3, 0.2, 0.4, 0.3, 0.2, 0.4, 0.3, 0.2),
    "warn": (0.3, 0.5, 0.4, 0.7, 1.3),
    "fail": (1.2, 1.5, 0.9, 1.9, 2.4),
}
"""How far gaze lies from each target for a validation to end so."""
N_TARGETS = {"calibrate": 9, "validate": 5}
"""As the default plan has them."""


def looked_at(purpose: str, off_deg: tuple[float, ...], state: str = "accepted") -> tuple[PointResult, ...]:
    """As many targets as the default plan has, with gaze to the right of each."""
    targets = build_targets(N_TARGETS[purpose], fake.DISPLAY, purpose=purpose, seed=0)
    points = []
    for target, off in zip(targets, off_deg, strict=False):
        point = fake.point(target.target_id, target.x_px, target.y_px, off_deg=off, state=state, rate_hz=1200)
        later = replace(point.samples, time_s=point.samples.time_s + 2 * len(points))
        points.append(replace(point, target=target, samples=later))
    return tuple(points)


def calibration(*, ok: bool = True) -> CalibrationAttempt:
    """One that worked, or one at which no steady gaze came."""
    points = looked_at("calibrate", OFF_DEG["pass"], "accepted" if ok else "failed")
    return fit_points(points, "affine", fake.DISPLAY, number=1, start_s=10, now_s=30)


def validation(verdict: str) -> ValidationReport:
    """One that ends with a verdict."""
    points = looked_at("validate", OFF_DEG[verdict])
    report = judge_points(
        points, Correction.identity(), fake.DISPLAY, QualityLimits(), calibration=1, start_s=40, now_s=60
    )
    assert report.verdict == verdict
    return report
