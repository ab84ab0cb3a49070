"""Gaze is corrected by the images with a click, recorded or while a session runs, and taken back by another."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from gazeapp.experiment.state import Command
from gazeapp.gaze.fixations import Fixation
from gazeapp.store.reader import SessionReader
from gazeapp.store.records import CalibrationRow, CorrectionRow
from gazeapp.ui.dialogs.recalibration import RecalibrationDialog
from gazeapp.ui.models.recalibration_model import RecordedRecalibration, _look
from tests.store.shifted_session import make_shifted_study
from tests.ui import fake_session as fake

pytestmark = pytest.mark.slow


@pytest.fixture
def page(qtbot, window, setup):
    make_shifted_study(setup.study_dir)
    setup.study.open(setup.study_dir)
    qtbot.waitUntil(lambda: not setup.study.is_loading)
    window.open_page("analyse")
    qtbot.waitUntil(lambda: window.analyse.model.view is not None)
    return window.analyse


def places(folder):
    with SessionReader(folder) as session:
        return np.array([(f.x_px, f.y_px) for trial in session.trials() for f in trial.fixations])


def test_a_recorded_session_is_corrected_and_the_correction_taken_back(qtbot, page):
    section = page.recalibration
    section.look.click()
    dialog = section.dialog
    qtbot.waitUntil(lambda: section.model.proposal is not None, timeout=20_000)
    assert "Gaze has probably shifted" in dialog.finding.text()
    assert [scene.name for scene in dialog.board.scenes] == ["Before", "After"] * 2
    assert not dialog.go.isHidden()
    assert dialog.back.isHidden()
    folder = section.model.folder
    before, view = places(folder), page.model.view
    dialog.go.click()
    assert not dialog.go.isVisible(), "it is written in the background, once"
    qtbot.waitUntil(lambda: section.model.can_undo)
    assert np.abs((places(folder) - before).mean(axis=0) - np.array([-20.0, 10.0])).max() < 4
    qtbot.waitUntil(lambda: page.model.view is not view)
    assert "applied" in dialog.finding.text()
    dialog.back.click()
    qtbot.waitUntil(lambda: section.model.can_apply)
    assert np.array_equal(places(folder), before)
    assert not dialog.go.isHidden()


def test_what_went_wrong_is_told(qtbot, page):
    model = page.recalibration.model
    model.look(model.folder or page._session_folder())
    qtbot.waitUntil(lambda: model.proposal is not None, timeout=20_000)
    page.recalibration.model._take(model.folder, ValueError("the file is gone"))
    assert "the file is gone" in model.problem


@pytest.mark.parametrize(
    "session",
    [
        {"cross_only": True},
        {"map_of": np.ones_like},
        {"n_images": 1},
        {"n_images": 0},
    ],
    ids=["cross only", "even maps", "one image", "no image"],
)
def test_where_nothing_can_be_told_nothing_is_offered(qtbot, dark, bridge, tmp_path, session):
    folder = make_shifted_study(tmp_path / "study", **session)
    model = RecordedRecalibration(bridge)
    model.look(folder)
    qtbot.waitUntil(lambda: not model.is_looking, timeout=60_000)
    dialog = RecalibrationDialog(None, dark, model, "")
    qtbot.addWidget(dialog)
    assert "No correction can be told from this" in dialog.finding.text()
    assert dialog.go.isHidden()
    assert dialog.back.isHidden()
    model.apply()
    with SessionReader(folder) as reader:
        assert reader.late_correction() is None


def test_maps_that_are_no_numbers_are_made_anew(tmp_path):
    folder = make_shifted_study(tmp_path / "study", map_of=lambda m: np.full_like(m, np.nan))
    assert np.isfinite(_look(folder).found.alignment.shift_deg).all()


def test_while_a_session_runs_it_is_offered_after_enough_images(qtbot, session, run, window):
    run.controller.allowed = {Command.CORRECT_BY_IMAGES}
    rng = np.random.default_rng(1)
    for number in range(12):
        run.trials.append(shifted_trial(number, rng, session))
        session._take_trials(run)
    live = session.recalibration
    qtbot.waitUntil(lambda: live.proposal is not None and not live.is_looking, timeout=20_000)
    live._look(0)
    qtbot.waitUntil(lambda: not live.is_looking, timeout=20_000)
    assert live.proposal.found.alignment.shift_deg[0] < -0.5
    assert live.can_apply
    live.apply()
    assert run.controller.given == ["correct_by_images"]


def test_another_correction_begins_anew(session, run):
    session.recalibration.proposal = object()
    run.controller.in_force = in_force("drift", 9.0)
    session._tell_state()
    assert session.recalibration.proposal is None


def test_what_a_calibration_knew_is_part_of_the_live_estimate(qtbot, session, run):
    rng = np.random.default_rng(1)
    run.trials += [shifted_trial(number, rng, session) for number in range(5)]

    def told():
        session._take_trials(run)
        session.recalibration._look(0)
        qtbot.waitUntil(lambda: session.recalibration.proposal is not None, timeout=20_000)
        return session.recalibration.proposal.found

    unknown = told()
    run.controller.selected_attempt = calibration(residual_deg=0.3)
    run.controller.in_force = in_force("calibration", 0.0)
    session._tell_state()
    known = told()
    assert known.from_images.shift_deg == pytest.approx(unknown.alignment.shift_deg)
    assert abs(known.alignment.shift_deg[0]) < abs(unknown.alignment.shift_deg[0])
    assert known.alignment.probability_better < unknown.alignment.probability_better


def in_force(source, from_time_s):
    """A correction as it is stored."""
    return CorrectionRow(time_s=from_time_s, from_time_s=from_time_s, source=source, correction=None, calibration=1)


def calibration(residual_deg):
    """A calibration that is stored with nine targets."""
    row = CalibrationRow(
        number=1,
        time_s=0.0,
        start_s=0.0,
        status="ok",
        points=tuple({"target_id": k, "x_px": 0.0, "y_px": 0.0, "n_samples": 60} for k in range(9)),
        correction={},
        residual_left_deg=residual_deg,
        residual_right_deg=residual_deg,
    )
    return SimpleNamespace(to_row=lambda: row)


def shifted_trial(number, rng, session):
    """A finished trial with gaze 1.5 degrees to the right, and the answer of the networks for it."""
    frame = replace(fake.frame(), stimulus_id=f"{number:064}")
    spots = rng.uniform(0.15, 0.85, (4, 2))
    px_per_deg = fake.DISPLAY.px_per_deg / frame.scale
    points = spots[rng.integers(0, 4, 9)] * [800, 600] + rng.normal(0, 6, (9, 2)) + [1.5 * px_per_deg, 0]
    session.maps._results[number] = replace(
        fake.result(number), stimulus_id=frame.stimulus_id, universal=fake.bump(spots.tolist(), sigma=20)
    )
    return replace(
        fake.trial(number),
        frame=frame,
        fixations=tuple(
            Fixation(onset_s=0.1 + 0.3 * n, duration_s=0.2, x_px=float(x), y_px=float(y))
            for n, (x, y) in enumerate(points)
        ),
    )
