"""A session's folder is a sample file too: its gaze, its screen, the targets of its validations."""

import json

import numpy as np
import pytest

from gazeapp.__main__ import main
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store.events import TargetHidden, TargetShown
from gazeapp.store.sample_table import read_samples
from gazeapp.store.writer import SessionWriter
from tests.gaze.gaze_scenes import DISPLAY


@pytest.fixture
def session(tmp_path):
    """Two validation targets of 1.5 s each; gaze arrives after .3 s and is .3 degrees off. A calibration target
    before."""
    path = tmp_path / "session.sqlite"
    places = [(960, 540), (400, 300), (1500, 800)]
    points = np.repeat(np.array(places, dtype=float), 375, axis=0) + np.array([0.3 * DISPLAY.px_per_deg, 0])
    points = np.concatenate([np.tile(points[0], (75, 1)), points])[: len(points)]
    time_s = np.arange(len(points)) / 250
    with SessionWriter(path) as writer:
        writer.set_meta(
            {
                "display": {name: getattr(DISPLAY, name) for name in DISPLAY.__slots__},
                "eyes": "binocular",
            }
        )
        writer.write_samples(GazeSamples.build(time_s, eyes="binocular", left_px=points, right_px=points))
        for number, (x_px, y_px) in enumerate(places):
            purpose = "calibrate" if number == 0 else "validate"
            writer.write_event(
                TargetShown(time_s=number * 1.5, target_id=number, x_px=x_px, y_px=y_px, purpose=purpose)
            )
            writer.write_event(TargetHidden(time_s=number * 1.5 + 1.5, target_id=number))
        writer.commit()
    return tmp_path


def test_targets_of_validations_are_read_once_the_eye_has_settled(session):
    table = read_samples(session)
    assert table.layout == "session"
    assert table.display == DISPLAY
    assert [(t.target_id, t.onset_s, t.duration_s) for t in table.targets] == [
        (1, pytest.approx(2.2), pytest.approx(0.8)),
        (2, pytest.approx(3.7), pytest.approx(0.8)),
    ]


def test_quality_and_fixations_of_a_session_need_no_options(session, capsys):
    assert main(["quality", str(session), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["verdict"] == "pass"
    assert document["summary"]["accuracy_deg"] == pytest.approx(0.3, abs=0.02)
    assert main(["fixations", str(session / "session.sqlite"), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["fixations"]) == 3


def test_a_session_without_validation_says_so(tmp_path, capsys):
    with SessionWriter(tmp_path / "session.sqlite") as writer:
        writer.set_meta(
            {
                "display": {name: getattr(DISPLAY, name) for name in DISPLAY.__slots__},
                "eyes": "left",
            }
        )
        writer.commit()
    assert main(["quality", str(tmp_path)]) == 2
    assert "the session holds no validation; give --targets FILE" in capsys.readouterr().err
