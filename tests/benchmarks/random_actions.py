"""Thousands of random actions in the application's windows: keys, buttons and pages, in any order, in any state.

    python tests/benchmarks/random_actions.py --actions 5000 --seed 1

Runs offscreen with a simulated observer in a study of its own. Nothing may fail, no action may block the windows for
more than `--longest` seconds, and what was recorded must be readable afterwards. tests/ui/test_random_actions.py does a
few of them in the suite.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton

KEYS = "CVRDUPNBKGSWMILTAX123456789"
SPECIAL = (
    Qt.Key.Key_Return,
    Qt.Key.Key_Space,
    Qt.Key.Key_Escape,
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
    Qt.Key.Key_Tab,
)


@dataclass(slots=True)
class Tally:
    """What was done and what came of it."""

    n_actions: int = 0
    states: Counter[str] = field(default_factory=Counter)
    """State of the session at each action."""
    longest_s: float = 0.0
    """The longest that the windows took for one action."""
    longest_action: str = ""


def act(application, n_actions: int, seed: int, *, pause_ms: int = 5) -> Tally:
    """Do random actions; what fails reaches `sys.excepthook`."""
    rng = random.Random(seed)
    tally = Tally()
    for _ in range(n_actions):
        window, stage = application.window, application.stage.window
        kind = rng.choices(("key", "special", "alt", "button", "participant"), (5, 4, 2, 4, 1))[0]
        begin_s, name = time.perf_counter(), kind
        if kind == "button":
            buttons = [b for b in window.findChildren(QPushButton) if b.isVisible() and b.isEnabled()]
            if buttons:
                button = rng.choice(buttons)
                name = f"button {button.text()!r}"
                button.click()
        elif kind == "participant" and stage is not None and stage.is_open:
            QTest.keyClick(stage.surface, rng.choice(SPECIAL))
        elif kind == "alt":
            QTest.keyClick(window, rng.choice("123456789UQ"), Qt.KeyboardModifier.AltModifier)
        elif kind == "special":
            QTest.keyClick(QApplication.focusWidget() or window, rng.choice(SPECIAL))
        else:
            name = f"key {(key := rng.choice(KEYS))}"
            QTest.keyClick(QApplication.focusWidget() or window, key)
        took_s = time.perf_counter() - begin_s
        QTest.qWait(pause_ms)
        tally.n_actions += 1
        tally.states[application.session.status.state.value] += 1
        if took_s > tally.longest_s:
            tally.longest_s, tally.longest_action = took_s, name
    return tally


def without_dialogs(patch) -> None:
    """File dialogs are closed at once, folders are not opened: both would leave the program."""
    for name, answer in (
        ("getOpenFileName", ("", "")),
        ("getOpenFileNames", ([], "")),
        ("getExistingDirectory", ""),
        ("getSaveFileName", ("", "")),
    ):
        patch(QFileDialog, name, lambda *_args, answer=answer, **_kwargs: answer)
    patch(sys.modules["gazeapp.ui.pages.export"].QDesktopServices, "openUrl", lambda *_args: True)


def make(folder: Path, theme, n_images: int):
    """The application with a simulated observer and short trials, and a session that begins."""
    import cv2
    import numpy as np

    from gazeapp.experiment.plan import CalibrationPlan, StimuliPlan, TrialsPlan, default_plan
    from gazeapp.experiment.settings import Settings
    from gazeapp.store.study import Study
    from gazeapp.ui.application import ApplicationController, ApplicationOptions, observer_choice
    from gazeapp.ui.models.setup_model import Subject
    from gazeapp.ui.screens import list_screens
    from gazeapp.ui.session_builder import RecordingOptions

    images = folder / "images"
    images.mkdir()
    for n in range(n_images):
        cv2.imwrite(str(images / f"{n}.png"), np.full((60, 80, 3), 30 + n % 200, np.uint8))
    plan = replace(
        default_plan(name="short"),
        stimuli=StimuliPlan(folders=(str(images),)),
        trials=TrialsPlan(duration_s=0.3, fixation_cross_s=0.1, fixation_gate=False, blank_s=0.05),
        calibration=CalibrationPlan(points=3, validation_points=1),
    )
    with Study.open_or_create(folder / "study") as study:
        study.add_participant("P-017")
        study.record_consent("P-017")
    application = ApplicationController(
        theme,
        ApplicationOptions(
            study=folder / "study",
            plan=plan,
            settings=Settings(),
            recording=RecordingOptions(use_gl=False),
            tracker=observer_choice("ada"),
        ),
    )
    application.window.show()
    application.setup.show_screens(list_screens())
    application.setup.prepare(Subject(pseudonym="P-017"))
    application.window.open_page("screens")
    application.start_session()
    return application


def read_all(study_dir: Path) -> int:
    """Number of recorded samples; everything that was recorded is readable."""
    from gazeapp.store.reader import SessionReader
    from gazeapp.store.study import Study

    n_samples = 0
    if not (study_dir / "study.sqlite").exists():
        return 0
    with Study.open(study_dir) as study:
        for stored in study.sessions():
            with SessionReader(stored.path) as session:
                session.trials()
                n_samples += session.n_samples
    return n_samples


def main() -> int:
    """Do it, print one line, and say by the exit code whether all went well."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--actions", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--longest", type=float, default=2.0, help="seconds that one action may take (2)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
            os.environ[variable] = str(Path(name) / "home")
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        qt = QApplication.instance() or QApplication(sys.argv[:1])

        from gazeapp.ui.exception_hook import FailureHook
        from gazeapp.ui.theme import Theme, ThemeChoice

        theme = Theme(ThemeChoice.DARK)
        theme.apply()
        hook = FailureHook(None, ask=lambda box: box.done(0))
        hook.install()
        application = make(Path(name), theme, n_images=30)
        without_dialogs(setattr)
        tally = act(application, args.actions, args.seed)
        application.close()
        qt.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        hook.remove()
        n_samples = read_all(Path(name) / "study")
    print(
        f"{tally.n_actions} actions, {hook.n_failures} failures, {n_samples} samples readable, states "
        f"{dict(tally.states)}, longest {tally.longest_s:.2f} s ({tally.longest_action})"
    )
    return 0 if not hook.n_failures and tally.longest_s <= args.longest else 1


if __name__ == "__main__":
    sys.exit(main())
