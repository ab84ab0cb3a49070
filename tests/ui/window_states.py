"""The windows in each of their states, for tests that look at all of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QTableView,
    QWidget,
)

from gazeapp.experiment.notice import Notice, NoticeKind
from gazeapp.experiment.state import Command, SessionStep, State
from gazeapp.networks.weights_folder import people_sha256
from gazeapp.store.embedding import UserEmbedding
from gazeapp.store.events import StimulusShown
from gazeapp.store.folder_lock import FolderLock
from gazeapp.store.study import Study
from gazeapp.ui.models.people import People
from gazeapp.ui.widgets.banner import Banner
from gazeapp.ui.widgets.basic import ElidedLabel, SteadyLabel
from tests.ui import fake_session as fake
from tests.ui.measured_targets import calibration, validation
from tests.ui.test_pages import LIVE_STATES

EMBEDDING = UserEmbedding(
    vector=tuple(np.random.default_rng(0).normal(0, 0.3, 36).tolist()),
    n_pairs=40,
    spread=0.05,
    model_name="personal",
    model_sha256=people_sha256(),
    sigma_deg=1.0,
)
"""Of the shipped weights, so that something is told of the person."""
CALIBRATING = {
    "state": State.CALIBRATING,
    "phase": "calibrate",
    "step": SessionStep.TARGET,
    "allowed": {Command.ACCEPT_POINT},
    "targets": (fake.point(0, 200, 200), fake.point(1, 900, 200, state="on screen")),
}
ATTEMPT, FAILED_ATTEMPT = calibration(), calibration(ok=False)
CALIBRATED = {
    "state": State.CALIBRATED,
    "attempts": (ATTEMPT,),
    "selected_attempt": ATTEMPT,
    "targets": ATTEMPT.points,
    "allowed": {Command.START_VALIDATION, Command.START_CALIBRATION},
}
FAILED = {"state": State.FAILED, "notice": Notice(NoticeKind.FAILED, "")}
STATES = {
    "people": ("people", {}),
    "export": ("export", {}),
    "design": ("design", {}),
    "analyse": ("analyse", {}),
    "tracker": ("tracker", {}),
    "screens": ("screens", {}),
    "calibrate": ("calibrate", {"state": State.CONNECTED, "allowed": {Command.START_CALIBRATION}}),
    "calibrating": ("calibrate", CALIBRATING),
    "calibrated": ("calibrate", CALIBRATED),
    "calibration failed": (
        "calibrate",
        {
            "state": State.CALIBRATED,
            "phase": "calibrate",
            "attempts": (FAILED_ATTEMPT,),
            "targets": FAILED_ATTEMPT.points,
            "allowed": {Command.START_CALIBRATION},
        },
    ),
    "lost": ("calibrate", {"state": State.PAUSED, "notice": Notice(NoticeKind.TRACKER_LOST, "")}),
    "validate": ("validate", CALIBRATED),
    "validating": ("validate", CALIBRATING | {"state": State.VALIDATING, "phase": "validate"}),
    "validated": ("validate", CALIBRATED | {"state": State.VALIDATED, "validation": validation("warn")}),
    "validation failed": ("validate", CALIBRATED | {"state": State.VALIDATED, "validation": validation("fail")}),
    **{f"enrol {name}": ("enrol", facts) for name, (facts, _state) in LIVE_STATES.items()},
    "overlay": ("overlay", LIVE_STATES["working"][0] | {"phase": "overlay"}),
    "results": ("results", LIVE_STATES["finished"][0]),
    "universal": ("universal", {}),
    "quality": ("quality", LIVE_STATES["working"][0]),
}
"""Name → page and facts of the session."""


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
    page, facts = STATES[name]
    vars(run.controller).update(vars(fake.FakeController()) | {"events": run.controller.events})
    session.people = People(has_plots=True)
    fake.put(run, facts)
    window.follow()  # once, before the page that is wanted
    window.open_page(page)
    if facts.get("exposure"):
        run.controller.events.tell(StimulusShown(time_s=188.0, trial=22, frame=fake.frame(), onset_kind="swap"))
        session.take_result(fake.result())
    window.refresh()
    window.pages[page].refresh()
    window.grab()
    for _ in range(3):  # a layout within a layout finds its room in the next round
        QApplication.processEvents()
    return page


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
        for name in ("empty_text", "enough_text"):
            found.append(str(getattr(widget, name, "")))
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
