"""The session made in windows and the one made without: same seed, same observer, same result."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from gazeapp.experiment.plan import CalibrationPlan, StimuliPlan, TrialsPlan, default_plan
from gazeapp.gaze.clock import ManualClock
from gazeapp.gaze.display import Display
from gazeapp.runtime import RunOptions, build_run
from gazeapp.store.reader import SessionReader
from gazeapp.store.study import Study
from gazeapp.ui.participant.window import StimulusWindow

pytestmark = pytest.mark.slow

DISPLAY = Display(width_px=1920, height_px=1080, width_mm=508, height_mm=286, distance_mm=650)


@pytest.fixture
def options(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    rng = np.random.default_rng(1)
    for n in range(3):
        picture = np.full((120, 160, 3), 120, np.uint8)
        for _ in range(5):
            place = tuple(int(v) for v in rng.integers(15, 105, 2))
            cv2.circle(picture, place, int(rng.integers(5, 15)), rng.integers(0, 255, 3).tolist(), -1)
        cv2.imwrite(str(folder / f"{n}.png"), picture)
    plan = replace(
        default_plan(name="same", seed=7),
        stimuli=StimuliPlan(folders=(str(folder),), n_enrol=2),
        trials=TrialsPlan(duration_s=1.0, fixation_cross_s=0.3, blank_s=0.2),
        calibration=CalibrationPlan(points=5, validation_points=3),
    )
    return RunOptions(
        plan=plan,
        study=tmp_path / "study",
        participant="SIM-ada",
        display=DISPLAY,
        device_options={"observer": "ada", "rate_hz": "300"},
    )


def record(options: RunOptions, name: str, stage, clock, progress=None):
    """Run in virtual time and read back what is on disk."""
    options = replace(options, study=options.study / name)
    with Study.open_or_create(options.study) as study:
        study.add_participant(options.participant)
        study.note_nobody(options.participant, "simulated")
    run = build_run(options, screen=stage, clock=clock, virtual=True)
    summary = run.run_virtual(progress)
    with SessionReader(summary.session.path) as session:
        return list(session.trials()), list(session.predictions(final_only=True)), session.samples(), summary


def test_windows_change_nothing_about_fixations_maps_and_embedding(qapp, options):
    clock = ManualClock()
    without = record(options, "without", None, None)
    window = StimulusWindow(clock, use_gl=False)
    window.open_on(QGuiApplication.screens()[-1])
    QApplication.processEvents()

    def paint(*_progress) -> None:
        """Let the window paint, and so tell its onsets, before virtual time goes on."""
        while window.is_waiting:
            QApplication.processEvents()

    within = record(options, "within", window, clock, paint)
    window.close()
    (trials_a, maps_a, samples_a, summary_a), (trials_b, maps_b, samples_b, summary_b) = without, within
    assert {t.onset_kind for t in trials_a} == {"virtual"}
    assert {t.onset_kind for t in trials_b} == {"raster"}
    assert len(trials_a) == len(trials_b) == 3
    assert sum(len(t.fixations) for t in trials_a) >= 5
    for a, b in zip(trials_a, trials_b, strict=True):
        assert (a.frame, a.shown_s, a.hidden_s) == (b.frame, b.shown_s, b.hidden_s)
        assert a.fixations == b.fixations
    assert np.array_equal(samples_a.left_px, samples_b.left_px, equal_nan=True)
    for a, b in zip(maps_a, maps_b, strict=True):
        assert np.array_equal(a.universal, b.universal)
        assert (a.personal is None) == (b.personal is None)
        if a.personal is not None:
            assert np.array_equal(a.personal, b.personal)
    assert summary_a.embedding == summary_b.embedding
    assert summary_a.embedding is not None
