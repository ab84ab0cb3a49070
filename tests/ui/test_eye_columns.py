"""Whose figures a validation and a calibration show: of both eyes, of one, or of one gaze point that is no eye's."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from gazeapp.experiment.calibration_fit import CalibrationAdvice, CalibrationAttempt, CalibrationOutcome, PointResidual
from gazeapp.experiment.state import State
from gazeapp.experiment.validation import ValidationAdvice
from gazeapp.gaze.correction import Correction
from gazeapp.gaze.quality import TargetWindow, measure_quality
from gazeapp.gaze.samples import GazeSamples
from tests.ui import fake_session as fake

pytestmark = pytest.mark.slow


def points_of(eyes):
    """Five targets with gaze of such a source."""
    found = []
    for n in range(5):
        point = fake.point(n, 200 + 300 * n, 500)
        s = point.samples
        right = {"right_px": s.right_px} if eyes != "cyclopean" else {}
        gaze = {"left_px": s.left_px, **right} if eyes != "right" else right
        gaze = {"left_px": s.left_px} if eyes == "left" else gaze
        time_s = s.time_s + 2 * n
        found.append(replace(point, samples=GazeSamples.build(time_s, eyes=eyes, **gaze)))
    return tuple(found)


def validated(eyes):
    points = points_of(eyes)
    quality = measure_quality(
        GazeSamples.concatenate([p.samples for p in points]),
        [
            TargetWindow(
                target_id=p.target.target_id, onset_s=10 + 2 * n, duration_s=0.5, x_px=p.target.x_px, y_px=p.target.y_px
            )
            for n, p in enumerate(points)
        ],
        fake.DISPLAY,
    )
    return SimpleNamespace(
        verdict="pass", weak_place=None, advice=ValidationAdvice.GO_ON, points=points, quality=quality
    )


@pytest.mark.parametrize(
    ("eyes", "heads", "is_shown"),
    [
        ("binocular", ["left", "right"], [True, True]),
        ("left", ["left", "right"], [True, False]),
        ("right", ["left", "right"], [False, True]),
        ("cyclopean", ["gaze", ""], [True, False]),
    ],
)
def test_figures_of_a_validation_stand_under_the_eye_they_are_of(window, run, eyes, heads, is_shown):
    vars(run.controller).update(state=State.VALIDATED, phase="validate", validation=validated(eyes))
    window.open_page("validate")
    window.refresh()
    page = window.pages["validate"]
    page.refresh()
    window.grab()
    assert page.table.heads == ["", *heads, "limit"]
    assert page.points.heads == ["", *heads, "loss"]
    for table, name in ((page.table, "Accuracy, mean"), (page.points, page.points.names[0])):
        assert [any(c.isdigit() for c in text) for text in table.texts(name)[1:3]] == is_shown
    page.view.select(2)
    assert [any(c.isdigit() for c in text) for text in page.table.texts("Accuracy, mean")[1:3]] == is_shown


@pytest.mark.parametrize(("eyes", "heads"), [("binocular", ["left", "right"]), ("cyclopean", ["gaze", ""])])
def test_residuals_of_a_calibration_name_no_eye_where_there_is_none(window, run, eyes, heads):
    is_one = eyes == "cyclopean"
    residuals = tuple(PointResidual(target_id=n, left_deg=0.25, right_deg=np.nan if is_one else 0.5) for n in range(4))
    made = CalibrationAttempt(
        number=1,
        start_s=0,
        time_s=1,
        points=points_of(eyes),
        residuals=residuals,
        device_blob=b"",
        correction=Correction.identity(),
        outcome=CalibrationOutcome.FITTED,
        advice=CalibrationAdvice.VALIDATE,
    )
    vars(run.controller).update(state=State.CALIBRATED, phase="calibrate", attempts=(made,), selected_attempt=made)
    window.open_page("calibrate")
    window.refresh()
    page = window.pages["calibrate"]
    page.refresh()
    window.grab()
    assert page.points.heads == ["", *heads]
    first, *_, last = page.points.names
    second = "\u2007" if is_one else "0.50"
    assert page.points.texts(first)[1:] == ["0.25", second]
    words = page.points.texts(last)[1:]
    assert ("no gaze" in words[0]) == is_one
    assert ("no gaze" in words[1]) != is_one
