"""Random actions of somebody who leads people of two studies: nothing under another name, no consent unasked, no
session lost.

    python -m tests.benchmarks.random_people --actions 2000 --seed 0

Mouse and keys go to whatever window is in front: rows, places, pages, every button and key, sessions continued, the
other study (in which one pseudonym is the same), closing and opening again, dialogs answered at random. After each
action: the header names whose session it is and the file says the same, in the study that is open; every consent on
record was ticked by hand for that person in that study; a session that runs ends by itself or because a question was
answered so, never otherwise; a person who was chosen in one study is nobody in the other.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu, QPushButton

from gazeapp.experiment.state import State

STUDIES = {"study": ("P-001", "P-002", "P-003"), "other": ("P-001", "Q-002")}
KEYS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ123/"
ENDS = ("Continue later", "End it here", "Continue later, and close")
UNTOUCHED = ("Recognise", "Identify", "Try", "Search again", "DE", "Use the file")
"""Buttons left alone: they load networks or search for devices, and say nothing about people."""


class Campaign:
    """One application, a generator of actions, and what it knows about them."""

    def __init__(self, folder: Path, theme, seed: int) -> None:
        self.random = random.Random(seed)
        self.folder = folder
        self.application = make(folder, theme)
        self.n = Counter()
        self.ticked: set[tuple[str, str, str]] = set()
        """(study, person, purpose) that were ticked and recorded by this hand."""
        self._made: dict[str, tuple[str, str]] = {}
        """Session → (study, person) in the header while it was made."""
        self._may_end: set[str] = set()
        """Sessions about whose end a question was answered."""
        self._running = ""
        self.faults: list[str] = []

    # What is done

    def act(self) -> None:
        """One action."""
        window = QApplication.activeModalWidget()
        do = self._in_dialog if window is not None else self._in_window
        name = do()
        self.n[name] += 1
        QTest.qWait(self.random.choice((0, 1, 1, 5, 20)))
        self._check(name)

    def _in_window(self) -> str:
        application, pick = self.application, self.random
        window = application.window
        kind = pick.choices(
            (
                *("key", "letter", "person", "place", "page", "escape", "close", "record", "stage", "lead", "wait"),
                *("button", "continue", "study", "search"),
            ),
            (8, 10, 8, 6, 6, 4, 1, 6, 4, 24, 6, 8, 4, 2, 2),
        )[0]
        if kind == "key":
            key = pick.choice((Qt.Key.Key_Return, Qt.Key.Key_Space, Qt.Key.Key_Tab, Qt.Key.Key_Down, Qt.Key.Key_Up))
            QTest.keyClick(window, key)
        elif kind == "letter":
            QTest.keyClick(window, pick.choice(KEYS).lower())
        elif kind == "person":
            window.open_page("people")
            window.people.view.choose(pick.choice(self.people))
        elif kind == "button":
            self._press_any_button()
        elif kind == "continue":
            window.open_page("people")
            waiting = [row.pseudonym for row in application.study.rows if row.open_session is not None]
            if waiting:
                window.people.view.choose(pick.choice(waiting))
                QTest.mouseClick(window.people.person.resume, Qt.MouseButton.LeftButton)
        elif kind == "study":
            self._open_other_study()
        elif kind == "search":
            window.open_page("people")
            QTest.keyClicks(window.people.search, pick.choice(("P", "2", "inter", "nobody")))
            QTest.keyClick(window.people.search, Qt.Key.Key_Return)
            window.people.search.clear()
        elif kind == "place":
            QTest.mouseClick(pick.choice(list(window.top._places.values())), Qt.MouseButton.LeftButton)
        elif kind == "page":
            window.open_page(pick.choice(list(window.pages)))
        elif kind == "escape":
            QTest.keyClick(window, Qt.Key.Key_Escape)
        elif kind == "close":
            if application.session.is_running:
                window.close()
        elif kind == "record":
            window.open_page("people")
            window.people.view.choose(pick.choice(self.people))
            QTest.mouseClick(window.people.person.record, Qt.MouseButton.LeftButton)
        elif kind == "lead":  # what leads on, so that there are sessions to be lost
            self._lead()
        elif kind == "stage":
            window.press(pick.choice(("Escape", "Space", "Return", "E", "K", "G", "C", "Alt+1", "Alt+3")))
        else:
            QTest.qWait(60)
        return kind

    @property
    def study(self) -> str:
        """Name of the study that is open."""
        return self.application.study.folder.name

    @property
    def people(self) -> list[str]:
        """Everybody in the study that is open, those too whom the campaign made."""
        return [row.pseudonym for row in self.application.study.rows] or list(STUDIES[self.study])

    def _press_any_button(self) -> None:
        window = self.application.window
        buttons = [b for b in window.findChildren(QPushButton) if b.isVisible() and b.isEnabled() and not b.menu()]
        buttons = [b for b in buttons if not b.text().startswith(UNTOUCHED)]
        if buttons:
            QTest.mouseClick(self.random.choice(buttons), Qt.MouseButton.LeftButton)

    def _open_other_study(self) -> None:
        """As the menu does it, which offers it only while nothing is recorded."""
        menu = self.application.menu
        menu.fill()
        other = next(str(self.folder / name) for name in STUDIES if name != self.study)
        [recent] = [m for m in menu.findChildren(QMenu) if any(a.text() == other for a in m.actions())][-1:] or [None]
        if recent is None or not recent.isEnabled():
            return
        next(action for action in recent.actions() if action.text() == other).trigger()
        if self.application.setup.subject is not None or self.application.window.top.person:
            self.faults.append("a person of one study is chosen in the other")
        self._wait_read()

    def _wait_read(self) -> None:
        end_s = time.monotonic() + 20
        while self.application.study.is_loading and time.monotonic() < end_s:
            QTest.qWait(10)

    def _lead(self) -> None:
        application = self.application
        window, session = application.window, application.session
        if application.setup.subject is not None and not session.is_attached:
            window.open_page("screens")
        elif session.is_running and window.place != "record":
            window.open_place("record")
        QTest.keyClick(window, Qt.Key.Key_Return)
        if application.setup.is_building:
            end_s = time.monotonic() + 5
            while application.setup.is_building and time.monotonic() < end_s:
                QTest.qWait(10)
        elif session.status.state in (State.CALIBRATED, State.PAUSED):
            window.open_page("enrol")
            QTest.keyClick(window, Qt.Key.Key_Return if session.status.state is State.CALIBRATED else Qt.Key.Key_Space)

    def _in_dialog(self) -> str:
        from gazeapp.ui.dialogs.consent import ConsentDialog
        from gazeapp.ui.dialogs.dialog import Question
        from gazeapp.ui.dialogs.person import NewPersonDialog

        dialog, pick = QApplication.activeModalWidget(), self.random
        if isinstance(dialog, ConsentDialog) and pick.random() < 0.8:
            for box in dialog.boxes.values():
                if pick.random() < 0.6:
                    QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.height() // 2))
            if pick.random() < 0.7:
                boxes = dialog.boxes.items()
                ticked = {(self.study, dialog.person, purpose) for purpose, box in boxes if box.isChecked()}
                if dialog.go.isEnabled():
                    self.ticked |= ticked
                dialog.go.click()
            return "consent"
        if isinstance(dialog, Question) and pick.random() < 0.8:
            words = pick.choice(list(dialog.buttons))
            if words.startswith(("Erase", "Note the withdrawal")):
                words = next(iter(dialog.buttons))  # the people of the campaign stay
            is_end = words in ENDS or (words.startswith("Continue") and words.endswith("later"))
            if is_end and self.application.session.run is not None:
                self._may_end.add(self.application.session.run.session_id)
            if words == "Continue later, and close":
                self._reopen_after(dialog.buttons[words])
            else:
                dialog.buttons[words].click()
            return "answer"
        if (
            isinstance(dialog, NewPersonDialog)
            and len(self.people) < 6
            and dialog.go.isEnabled()
            and pick.random() < 0.5
        ):
            dialog.go.click()
            return "new person"
        QTest.keyClick(dialog, pick.choice((Qt.Key.Key_Escape, Qt.Key.Key_Tab, Qt.Key.Key_Escape)))
        if pick.random() < 0.3 and QApplication.activeModalWidget() is dialog:
            dialog.reject()
        return "dialog key"

    def _reopen_after(self, button) -> None:
        """The window closes, and the program is opened again."""
        application = self.application
        button.click()
        end_s = time.monotonic() + 20
        while not application._is_closed and time.monotonic() < end_s:
            QTest.qWait(10)
        self._running = ""
        application.close()
        application.window.deleteLater()
        self.application = make(self.folder, application.theme)
        self.n["reopened"] += 1

    # What must hold

    def _check(self, after: str) -> None:
        application = self.application
        session, top = application.session, application.window.top
        run = session.run
        if run is not None:
            owner = run.session.pseudonym
            if top.person != owner or session.person != owner:
                self.faults.append(f"after {after}: header {top.person!r}, session of {owner!r}")
            where = run.session.path.parents[1].name
            if where != self.study:
                self.faults.append(f"after {after}: {self.study} is open, and the session is in {where}")
            self._made[run.session_id] = where, top.person
            # the participant's screen comes first, and the pages are told a moment later
            end_s = time.monotonic() + 2
            while top.is_recording != session.is_running and time.monotonic() < end_s:
                QTest.qWait(10)
            if top.is_recording != session.is_running:
                self.faults.append(f"after {after}: dot {top.is_recording}, running {session.is_running}")
        now = run.session_id if run is not None and session.is_running else ""
        has_ended = bool(self._running) and now != self._running and self._running not in self._may_end
        if has_ended and not self._ended_by_itself(self._running):
            self.faults.append(f"after {after}: session {self._running} ended without a question")
        self._running = now

    def _ended_by_itself(self, session_id: str) -> bool:
        run = self.application.session.run
        if run is None or run.session_id != session_id:
            return False
        status = run.controller.status
        return status.n_done >= status.n_trials

    def finish(self) -> dict:
        """End, and compare everything on disk with what was done."""
        from gazeapp.store.study import Study

        self.application.close()
        n_samples = n_sessions = n_resumed = 0
        found: dict[str, tuple[str, str]] = {}
        for name in STUDIES:
            with Study.open(self.folder / name) as study:
                for person in study.participants():
                    for consent in person.consents:
                        asked = (name, person.pseudonym, consent.purpose)
                        if asked not in self.ticked and consent.purpose != "simulated":
                            self.faults.append(f"consent that nobody ticked: {asked}")
                for record in study.session_records():
                    with study.session(record.session_id).reader() as reader:
                        n_samples += reader.n_samples
                        n_resumed += len(reader.parts()) > 1
                        if reader.pseudonym != record.pseudonym:
                            self.faults.append(f"{record.session_id}: {reader.pseudonym}, {record.pseudonym}")
                    if record.state.value == "running":
                        self.faults.append(f"{record.session_id} is still running")
                    found[record.session_id] = name, record.pseudonym
                    n_sessions += 1
        self.faults += [f"{k}: header {v}, disk {found.get(k)}" for k, v in self._made.items() if found.get(k) != v]
        counts = {"n_sessions": n_sessions, "n_resumed": n_resumed, "n_samples": n_samples}
        return {"n_actions": sum(self.n.values()), **counts, **self.n}


N_IMAGES = 4


def make(folder: Path, theme):
    """The application, opened on the campaign's study."""
    import cv2
    import numpy as np

    from gazeapp.experiment.plan import CalibrationPlan, StimuliPlan, TrialsPlan, default_plan
    from gazeapp.experiment.settings import Settings
    from gazeapp.store.study import Study
    from gazeapp.ui import application as module
    from gazeapp.ui.application import ApplicationController, ApplicationOptions, observer_choice
    from gazeapp.ui.models.setup_model import Scan
    from gazeapp.ui.screens import list_screens
    from gazeapp.ui.session_builder import RecordingOptions

    images = folder / "images"
    if not images.exists():
        images.mkdir()
        for n in range(N_IMAGES):
            cv2.imwrite(str(images / f"{n}.png"), np.full((60, 80, 3), 30 + n, np.uint8))
        for name, people in STUDIES.items():
            with Study.open_or_create(folder / name) as study:
                for person in people:
                    study.add_participant(person)
    plan = replace(
        default_plan(name="short"),
        phases=("calibrate", "enrol"),
        stimuli=StimuliPlan(folders=(str(images),)),
        trials=TrialsPlan(duration_s=0.3, fixation_cross_s=0.1, fixation_gate=False, blank_s=0.05),
        calibration=CalibrationPlan(points=3, validation_points=1),
    )
    module.scan = Scan
    module.save_settings = lambda *_args: None
    options = ApplicationOptions(
        study=folder / "study",
        plan=plan,
        settings=Settings(recent=(str(folder / "other"),)),
        recording=RecordingOptions(use_gl=False),
        tracker=observer_choice("ada"),
    )
    application = ApplicationController(theme, options)
    application.setup.show_screens(list_screens())
    application.setup.confirm_tracker()
    application.setup.confirm_screens()
    gaze = folder / "gaze.csv"
    if not gaze.exists():
        gaze.write_text(
            "time_s,x_px,y_px\n" + "".join(f"{n / 100},{600 + n % 50},{400 + n % 40}\n" for n in range(500))
        )
    for name, answer in (
        ("getOpenFileName", ("", "")),
        ("getOpenFileNames", ([str(gaze)], "")),
        ("getExistingDirectory", ""),
        ("getSaveFileName", ("", "")),
    ):
        setattr(QFileDialog, name, lambda *_args, answer=answer, **_kwargs: answer)
    QDesktopServices.openUrl = lambda *_args: True
    application.window.show()
    application.window.activateWindow()
    end_s = time.monotonic() + 20
    while application.study.is_loading and time.monotonic() < end_s:
        QTest.qWait(10)
    return application


def main() -> int:
    """Do it, print one line, and say by the exit code whether all went well."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--actions", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--out", type=Path)
    arguments = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as name:
        for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
            os.environ[variable] = str(Path(name) / "home")
        qt = QApplication.instance() or QApplication(sys.argv[:1])
        from gazeapp.ui.exception_hook import FailureHook
        from gazeapp.ui.theme import Theme, ThemeChoice

        theme = Theme(ThemeChoice.DARK)
        theme.apply()
        hook = FailureHook(None, ask=lambda box: box.done(0))
        hook.install()
        campaign = Campaign(Path(name), theme, arguments.seed)
        for _ in range(arguments.actions):
            campaign.act()
            if campaign.faults:
                break
        tally = campaign.finish() | {"n_failures": hook.n_failures, "faults": campaign.faults, "seed": arguments.seed}
        hook.remove()
        qt.processEvents()
    if arguments.out:
        arguments.out.write_text(json.dumps(tally, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(tally))
    return 1 if campaign.faults or hook.n_failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
