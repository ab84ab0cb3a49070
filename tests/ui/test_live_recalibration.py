"""In a session over a real stream: the images' correction is proposed, applied by a click, taken back by a click."""

from __future__ import annotations

import shutil
import threading
import uuid
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("pylsl", reason="pylsl is not installed", exc_type=ImportError)

import pylsl
from scipy.io import loadmat

from gazeapp.devices.lsl.inlet import check_library
from gazeapp.devices.simulated.recorded_observer import RecordedObserver
from gazeapp.experiment.plan import CalibrationPlan, StimuliPlan, TrialsPlan, default_plan
from gazeapp.experiment.recalibration import mean_accuracy_deg
from gazeapp.experiment.settings import Settings
from gazeapp.experiment.state import Command, State
from gazeapp.gaze.fixations import Fixation
from gazeapp.store.reader import SessionReader
from gazeapp.store.study import Study
from gazeapp.ui.application import ApplicationController, ApplicationOptions
from gazeapp.ui.models.setup_model import Scan, Subject
from gazeapp.ui.models.tracker_choice import TrackerChoice
from gazeapp.ui.screens import list_screens
from gazeapp.ui.session_builder import RecordingOptions
from trainer.data.dataset import read_names

pytestmark = [
    pytest.mark.slow,
    pytest.mark.shared_data,
    pytest.mark.skipif(not check_library().ok, reason=check_library().hint),
]
RATE_HZ = 100
OFF_DEG = np.array([2.5, -1.5])
N_IMAGES, OBSERVER = 12, 3


class Eyes:
    """A stream of gaze of a recorded observer before a tracker that is off; before it knows a session it sees none."""

    def __init__(self, name: str) -> None:
        info = pylsl.StreamInfo(name, "Gaze", 2, RATE_HZ, "double64", f"{name}-1")
        parent = info.desc().append_child("channels")
        for label, role in (("x", "ScreenX"), ("y", "ScreenY")):
            node = parent.append_child("channel")
            for key, value in (("label", label), ("type", role), ("unit", "pixels"), ("eye", "both")):
                node.append_child_value(key, value)
        self._outlet = pylsl.StreamOutlet(info)
        self._observer: RecordedObserver | None = None
        self._off_px, self._to_session_s = np.zeros(2), 0.0
        self._rng = np.random.default_rng(0)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._send, name="eyes")
        self._thread.start()

    def see(self, run, scanpaths) -> None:
        """Look at what a session shows."""
        observer = RecordedObserver(run.display, scanpaths)
        run.controller.events.add(observer.on_event)
        self._off_px = OFF_DEG * run.display.px_per_deg
        self._to_session_s = run.clock.now_s() - pylsl.local_clock()
        self._observer = observer

    def close(self) -> None:
        self._is_over.set()
        self._thread.join()

    def _send(self) -> None:
        sent_s = pylsl.local_clock()
        while not self._is_over.wait(0.005):
            time_s = np.arange(sent_s + 1 / RATE_HZ, pylsl.local_clock(), 1 / RATE_HZ)
            if not len(time_s):
                continue
            sent_s = time_s[-1]
            gaze = np.full((len(time_s), 2), np.nan)
            if self._observer is not None:
                noise = self._rng.normal(0, 2, gaze.shape)
                gaze = self._observer.gaze_px(time_s + self._to_session_s) + self._off_px + noise
            self._outlet.push_chunk(gaze.tolist(), time_s.tolist())


@pytest.fixture
def eyes():
    made = Eyes(f"eyes-{uuid.uuid4().hex[:8]}")
    yield made
    made.close()


@pytest.fixture
def viewing(shared_data, tmp_path):
    """Folder of images that the shipped network was not trained on, and one observer's fixations by name."""
    from tests.conftest import CHECKOUT

    names = read_names(CHECKOUT / "trainer" / "results" / "splits" / "held-out.txt")
    numbers = [int(name.partition(":")[2]) for name in names if name.startswith("osie:")][:N_IMAGES]
    rows = loadmat(shared_data / "osie/data/eye/fixations.mat", squeeze_me=True, struct_as_record=False)["fixations"]
    folder, paths = tmp_path / "images", {}
    folder.mkdir()
    for row in rows[numbers]:
        shutil.copy(shared_data / "osie/data/stimuli" / row.img, folder)
        eye = row.subjects[OBSERVER]
        columns = (np.atleast_1d(c).astype(float) for c in (eye.fix_x, eye.fix_y, eye.fix_duration))
        paths[row.img] = [
            Fixation(onset_s=0.0, duration_s=min(ms / 1000, 0.3), x_px=x, y_px=y)
            for x, y, ms in zip(*columns, strict=True)
        ]
    return folder, paths


@pytest.fixture
def application(qtbot, dark, tmp_path, monkeypatch, eyes, viewing):
    """Ready to record over the stream: three targets to validate by, then images."""
    monkeypatch.setattr("gazeapp.ui.application.scan", Scan)
    plan = replace(
        default_plan(name="shifted"),
        phases=("validate", "enrol"),
        stimuli=StimuliPlan(folders=(str(viewing[0]),)),
        trials=TrialsPlan(
            duration_s=1.4,
            fixation_cross_s=0.2,
            blank_s=0.1,
            fixation_gate=False,
            repeats=20,  # on a busy machine maps come late
        ),
        calibration=CalibrationPlan(validation_points=3),
    )
    name = eyes._outlet.get_info().name()
    tracker = TrackerChoice(key="lsl", backend="lsl", name=name, options={"stream": name})
    made = ApplicationController(
        dark,
        ApplicationOptions(
            study=tmp_path / "study",
            plan=plan,
            settings=Settings(),
            recording=RecordingOptions(use_gl=False),
            pseudonym="P-001",
            tracker=tracker,
        ),
    )
    with Study.open_or_create(tmp_path / "study") as study:
        study.add_participant("P-001")
        study.record_consent("P-001")
    qtbot.addWidget(made.window)
    made.window.show()
    yield made
    made.close()


def is_further(session, n_done):
    """Whether so many images are over; a pause, which a busy machine may make, is ended."""
    if session.status.state is State.PAUSED:
        session.command(lambda c, now_s: c.resume(now_s))
    return session.status.n_done >= n_done


def test_the_images_correction_of_a_running_session(qtbot, application, eyes, viewing):
    application.setup.prepare(Subject(pseudonym="P-001"))
    application.setup.show_screens(list_screens())
    application.window.open_page("screens")
    application.start_session()
    session = application.session
    qtbot.waitUntil(lambda: bool(session.is_attached or application.setup.session_problem), timeout=180_000)
    assert not application.setup.session_problem
    run = session.run
    eyes.see(run, {known.stimulus_id: viewing[1][known.name] for known in run.library.stimuli})
    qtbot.waitUntil(lambda: Command.START_VALIDATION in session.status.allowed, timeout=60_000)
    session.command(lambda c, now_s: c.start_validation(now_s))
    qtbot.waitUntil(lambda: session.status.state is State.VALIDATED, timeout=180_000)
    session.command(lambda c, now_s: c.start_trials(now_s, despite="off on purpose"))
    live, page = session.recalibration, application.window.pages["enrol"]
    application.window.open_page("enrol")
    qtbot.waitUntil(lambda: live.can_apply and page.images.isVisible(), timeout=200_000)
    assert session.status.state in (State.RUNNING, State.PAUSED), "proposed between images"
    found = live.proposal.found
    assert mean_accuracy_deg(found.before) == pytest.approx(np.hypot(*OFF_DEG), abs=0.3)
    assert mean_accuracy_deg(found.after) < 0.6 * mean_accuracy_deg(found.before)
    assert np.abs(found.alignment.shift_deg + OFF_DEG).max() < 0.8
    page.images.click()
    page.dialog.go.click()
    qtbot.waitUntil(lambda: not session.status.correction.is_identity, timeout=60_000)
    applied_s = session.now_s
    n_before = session.status.n_done
    qtbot.waitUntil(lambda: is_further(session, n_before + 2), timeout=120_000)
    page.dialog.back.click()
    qtbot.waitUntil(lambda: session.status.correction.is_identity, timeout=60_000)
    taken_back_s = session.now_s
    session.command(lambda c, now_s: c.pause(now_s))
    path = run.session.path
    application.close()
    with SessionReader(path) as reader:
        rows = [row for row in reader.corrections() if row.source == "saliency"]
        assert [row.correction is None for row in rows] == [False, True]
        assert rows[1].note == "taken back"
        names = {row.stimulus_id: row.name for row in reader.stimulus_rows()}
        corrected = [t for t in reader.trials() if applied_s < t.shown_s < t.hidden_s < taken_back_s]
        assert corrected
        for trial in corrected:
            wanted = np.array([(f.x_px, f.y_px) for f in viewing[1][names[trial.frame.stimulus_id]]])
            seen = np.array([(f.x_px, f.y_px) for f in trial.fixations])
            off_deg = np.linalg.norm(seen[:, None] - wanted, axis=2).min(axis=1) * trial.frame.scale
            assert np.median(off_deg) / reader.display.px_per_deg < 0.8
