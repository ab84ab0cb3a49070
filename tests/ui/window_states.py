"""The windows in each of their states, for tests that look at all of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QGraphicsView,
    QLabel,
    QLineEdit,
    QTableView,
    QWidget,
)

from gazeapp.experiment.tracker_connection import Connection
from gazeapp.networks.weights_folder import people_sha256
from gazeapp.runtime.snapshot import HeadPosition
from gazeapp.saliency.prediction_score import PredictionScore
from gazeapp.store.embedding import UserEmbedding
from gazeapp.store.folder_lock import FolderLock
from gazeapp.store.study import Study
from gazeapp.ui.models.people import People
from gazeapp.ui.models.setup_model import Scan
from gazeapp.ui.models.tracker_choice import TrackerChoice
from gazeapp.ui.screens import list_screens
from gazeapp.ui.widgets.banner import Banner
from gazeapp.ui.widgets.basic import ElidedLabel, SteadyLabel
from tests.ui import fake_session as fake
from tests.ui.session_story import finished_trials, moments, story

EMBEDDING = UserEmbedding(
    vector=tuple(np.random.default_rng(0).normal(0, 0.3, 36).tolist()),
    n_pairs=40,
    spread=0.05,
    model_name="personal",
    model_sha256=people_sha256(),
    sigma_deg=1.0,
)
"""Of the shipped weights, so that something is told of the person."""
STATES = {
    "people": ("people", "working"),
    "export": ("export", "working"),
    "design": ("design", "working"),
    "analyse": ("analyse", "working"),
    "tracker": ("tracker", "working"),
    "screens": ("screens", "working"),
    "calibrate": ("calibrate", "connected"),
    "calibrating": ("calibrate", "calibrating"),
    "calibrated": ("calibrate", "calibrated"),
    "calibration failed": ("calibrate", "calibration failed"),
    "lost": ("calibrate", "lost"),
    "validate": ("validate", "calibrated"),
    "validating": ("validate", "validating"),
    "validated": ("validate", "validated"),
    "validation failed": ("validate", "validation failed"),
    **{
        f"enrol {name}": ("enrol", name)
        for name in ("ready", "working", "gate", "break", "paused", "away", "finished", "failed")
    },
    "overlay": ("overlay", "overlay"),
    "results": ("results", "finished"),
    "universal": ("universal", "working"),
    "quality": ("quality", "working"),
}
"""Name → page, and where the session stands."""


def fill_study(folder: Path) -> None:
    """P-002 was recorded, P-010 interrupted, P-003 is planned."""
    with Study.open_or_create(folder) as study:
        for name in ("P-002", "P-010", "P-003"):
            study.add_participant(name)
        study.describe_participant("P-002", variables={"age": 23.5, "group": "A"})
        for name, state, n_done in (("P-002", "complete", 40), ("P-010", "interrupted", 22)):
            study.record_consent(name)
            session = study.new_session(name, "plan", experimenter="AB")
            with study._db.transaction() as execute:
                execute(
                    "UPDATE sessions SET state = ?, n_done = ?, n_images = 40, accuracy_deg = 0.4 WHERE session_id = ?",
                    (state, n_done, session.session_id),
                )
        study.save_embedding("P-002", EMBEDDING)


def begin_recording(folder: Path, pseudonym: str) -> FolderLock:
    """Somebody is recorded in the study until the lock is released."""
    with Study.open(folder) as study:
        return FolderLock(study.new_session(pseudonym, "plan", experimenter="AB").path)


def put_state(window, run, session, bridge, name: str) -> str:
    """Bring the window into a state; returns the page."""
    page, stands = STATES[name]
    _choose_devices(window._setup)
    facts = dict(story()[stands])
    has_image, n_viewed, now_s = facts.pop("image"), facts["n_done"], facts["now_s"]
    run.display = fake.DISPLAY
    vars(run.controller).update(vars(fake.FakeController()) | {"events": run.controller.events})
    session.people = People(has_plots=True)
    fake.put(run, facts)
    session.maps.begin(run)
    session.maps.trials = finished_trials(n_viewed)
    session.onset_delays_s = [0.012] * n_viewed
    session._is_saving = session._is_saved = name == "results"
    is_image = has_image and not facts["state"].is_over
    shot = snapshot(now_s, facts, is_image=is_image)
    session.snapshot = snapshot(now_s, facts | {"connection": Connection.CONNECTED}, is_image=has_image)
    history = window.pages["quality"].history
    history._begin(run)
    history.moments = moments(now_s)
    window.follow()  # once, before the page that is wanted
    window.open_page(page)
    if has_image:
        session.maps.note_progress(run.progress)
        session.maps.show_image(fake.frame().stimulus_id)
        session.maps.take_result(fake.result(), None, None)
        session.maps.live_scores = (PredictionScore(cc=0.61, nss=1.9), PredictionScore(cc=0.68, nss=2.3))
        window.pages[page].refresh()
        session.maps_changed.emit()
        session.live_changed.emit()  # gaze on the latest image, which stays on the page
    session.snapshot = shot
    session.state_changed.emit()
    window.refresh()
    window.pages[page].refresh()
    session.maps_changed.emit()
    session.live_changed.emit()
    assert session.snapshot is shot
    window.grab()
    for _ in range(3):  # a layout within a layout finds its room in the next round
        QApplication.processEvents()
    return page


def _choose_devices(setup) -> None:
    """A tracker and a screen are chosen, as before every session."""
    if setup.tracker is None:
        setup.show_screens(list_screens())
        setup.scan = Scan(trackers=(fake.SPECTRUM,))
        setup.choose_tracker(TrackerChoice(key="lsl/Tobii Pro Spectrum", backend="lsl", name=fake.SPECTRUM.name))
        setup.confirm_tracker()
        setup.confirm_screens()
        fake.look_at(setup.display)


def snapshot(now_s: float, facts, *, is_image: bool):
    """Gaze of a person who is there; without a tracker it ends."""
    head = HeadPosition(left_mm=(-31, 182, 640), right_mm=(32, 184, 640), distance_mm=640)
    shot = replace(fake.snapshot(now_s - 0.1, trial=facts["n_done"] if is_image else None), head=head)
    if facts["connection"] is Connection.CONNECTED:
        return shot
    gone = shot.trace_time_s > now_s - 2
    nothing = [np.where(gone[:, None], np.nan, px) for px in (shot.trace_px, shot.trace_left_px, shot.trace_right_px)]
    return replace(
        shot,
        trace_px=nothing[0],
        trace_left_px=nothing[1],
        trace_right_px=nothing[2],
        looked_s=tuple(span for span in shot.looked_s if span[1] < now_s - 2),
        fixations=tuple(f for f in shot.fixations if f.end_s < now_s - 2),
        head=None,
        health=fake.health(rate_hz=0.0, data_loss=1.0, saved_ago_s=1.9),
    )


def texts_of(window: QWidget) -> list[str]:
    """Every text that is shown, painted or told to a screen reader."""
    found = []
    for widget in window.findChildren(QWidget):
        if not widget.isVisibleTo(window):
            continue
        found += [widget.toolTip(), widget.accessibleName(), widget.accessibleDescription()]
        if isinstance(widget, QLabel | QAbstractButton) and not isinstance(
            widget, ElidedLabel
        ):  # its tool tip is whole
            found.append(widget.text())
        if isinstance(widget, QLineEdit):
            found.append(widget.placeholderText())
        if isinstance(widget, QComboBox):
            found += [widget.itemText(n) for n in range(widget.count())]
        if isinstance(widget, QTableView) and (model := widget.model()) is not None:
            columns = range(model.columnCount())
            found += [str(model.headerData(c, Qt.Orientation.Horizontal) or "") for c in columns]
            found += [str(model.index(r, c).data() or "") for r in range(model.rowCount()) for c in columns]
        found.append(str(getattr(widget, "empty_text", "")))
        if isinstance(widget, QGraphicsView) and widget.scene() is not None:
            found += [item.toPlainText() for item in widget.scene().items() if hasattr(item, "toPlainText")]
        for name in ("words", "legend", "names"):
            words = getattr(widget, name, ())
            listed = words if isinstance(words, list | tuple | dict) else ()  # a widget of that name speaks for itself
            found += [words] if isinstance(words, str) else [str(word) for word in listed]
    return [text for text in found if text]


def clipped(window: QWidget) -> dict[str, str]:
    """Texts of buttons and labels that need more room than they have."""
    found = {}
    for widget in window.findChildren(QWidget):
        if not widget.isVisible() or isinstance(widget, ElidedLabel | SteadyLabel | Banner):
            continue
        if isinstance(widget, QAbstractButton | QComboBox) or (isinstance(widget, QLabel) and not widget.wordWrap()):
            needed = widget.minimumSizeHint().width()
            if isinstance(widget, QAbstractButton | QLabel) and widget.text() and needed > widget.width() + 1:
                found[widget.text()] = f"needs {needed} px, has {widget.width()}"
        elif isinstance(widget, QLabel) and widget.text():
            needed = widget.heightForWidth(widget.width())
            if needed > widget.height() + 2:
                found[widget.text()] = f"needs {needed} px of height, has {widget.height()}"
    return found
