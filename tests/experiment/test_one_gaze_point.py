"""A source with one gaze point (mouse, webcam) is nobody's left eye, wherever eyes are named."""

from __future__ import annotations

import csv
import json
import re

import numpy as np
import pytest

from gazeapp.experiment.calibration_history import CalibrationHistory
from gazeapp.experiment.calibration_procedure import ProcedureSettings, TargetProcedure
from gazeapp.experiment.targets import build_targets
from gazeapp.gaze.display import Display
from gazeapp.gaze.quality import QualityLimits, TargetWindow, measure_quality
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store.export.report import render_report
from gazeapp.store.export.session_tables import session_tables
from gazeapp.store.export.xdf import export_xdf
from gazeapp.store.quality_text import describe_reason, quality_json
from gazeapp.store.reader import SessionReader
from gazeapp.store.sample_table import read_samples
from gazeapp.store.writer import SessionWriter

DISPLAY = Display(width_px=1920, height_px=1080, width_mm=531, height_mm=299, distance_mm=650)
TIMES_S = np.arange(300) / 100


def point(x_px=960.0, y_px=540.0):
    place = np.tile((x_px, y_px), (len(TIMES_S), 1))
    return GazeSamples.build(TIMES_S, eyes="cyclopean", left_px=place, left_pupil_mm=np.full(300, 3.0))


def window(x_px=960.0):
    return TargetWindow(target_id=1, onset_s=0.0, duration_s=3.0, x_px=x_px, y_px=540.0)


@pytest.mark.parametrize("samples", [point(), GazeSamples.empty("cyclopean")], ids=["seen", "unseen"])
def test_quality_names_no_eye(samples):
    report = measure_quality(samples, [window(), window(1700.0)], DISPLAY)
    said = json.dumps(quality_json(report))
    assert {row.eye for row in report.targets} == {"cyclopean"}
    assert not re.search("left|right", said.replace("offset_", ""))
    assert not re.search(r"\beyes?\b", " ".join(map(describe_reason, report.reasons)))


def judged(gaze):
    rows = []
    book = CalibrationHistory(QualityLimits(), DISPLAY, "affine", drift_warn_deg=1.0, on_row=rows.append)
    procedure = TargetProcedure(
        build_targets(3, DISPLAY, purpose="validate", seed=1), DISPLAY, ProcedureSettings(timeout_s=1.0)
    )
    now_s = 0.0
    while not procedure.is_finished:
        procedure.target_shown(now_s)
        while procedure.current is not None and procedure.tick(now_s) is None:
            time_s = now_s + np.arange(2) / 100
            procedure.push(GazeSamples.build(time_s, eyes="cyclopean", left_px=[gaze, gaze]))
            now_s += 0.02
    return book.judge(procedure.results, start_s=0.0, now_s=now_s)


@pytest.mark.parametrize("gaze", [(960.0, 540.0), (np.nan, np.nan)], ids=["seen", "unseen"])
def test_a_validation_names_no_eye_even_when_nothing_was_seen(gaze):
    report = judged(gaze)
    assert [row["eye"] for row in report.to_row().report["targets"]] == ["cyclopean"] * 3


@pytest.fixture
def session(tmp_path):
    with SessionWriter(tmp_path / "session.sqlite") as writer:
        writer.set_meta({"session_id": "one", "display": DISPLAY})
        writer.write_samples(point())
    return tmp_path


def test_the_exported_samples_are_read_back_as_one_point(session, tmp_path):
    with SessionReader(session) as reader:
        table = next(t for t in session_tables(reader) if t.name == "samples")
        names = [column.name for column in table.columns]
        rows = [row for chunk in table.chunks() for row in zip(*chunk, strict=True)]
    assert {"x_px", "y_px", "valid", "pupil_mm", "raw_x_px"} <= set(names)
    assert not [name for name in names if re.search("left|right", name)]
    path = tmp_path / "samples.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([names, *rows])
    samples = read_samples(path, DISPLAY).samples
    assert samples.eyes == "cyclopean"
    np.testing.assert_array_equal(samples.left_px, point().left_px)
    np.testing.assert_array_equal(samples.left_pupil_mm, point().left_pupil_mm)


def test_xdf_channels_belong_to_both_eyes(session, tmp_path):
    pyxdf = pytest.importorskip("pyxdf")
    with SessionReader(session) as reader:
        export_xdf(reader, tmp_path / "one.xdf")
    streams, _ = pyxdf.load_xdf(str(tmp_path / "one.xdf"))
    gaze = next(s for s in streams if s["info"]["name"] == ["gaze"])
    channels = gaze["info"]["desc"][0]["channels"][0]["channel"]
    assert [c["eye"][0] for c in channels] == ["both"] * 6
    assert gaze["time_series"].shape == (300, 6)


def test_the_report_has_no_column_for_an_eye(session):
    with SessionReader(session) as reader:
        html = render_report(reader)
    assert "left eye" not in html
    assert "right eye" not in html
