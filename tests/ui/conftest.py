"""Qt for the tests of the windows: offscreen, with two screens."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QLocale, QTranslator
from PySide6.QtWidgets import QApplication

from gazeapp.errors import TrackerNotFound
from gazeapp.ui.bridge import QtBridge
from gazeapp.ui.main_window import MainWindow
from gazeapp.ui.models.export_model import ExportModel
from gazeapp.ui.models.session_model import SessionModel
from gazeapp.ui.models.setup_model import Scan, SetupModel
from gazeapp.ui.theme import Theme, ThemeChoice
from gazeapp.ui.translation import use_language
from tests.ui.fake_session import FakeRun

SCREENS = [
    {"name": "EXPERIMENTER", "x": 0, "y": 0, "width": 1440, "height": 900},
    {"name": "PARTICIPANT", "x": 1440, "y": 0, "width": 1920, "height": 1080},
]


# before the application exists; windows on a real display would depend on its window manager
_folder = tempfile.mkdtemp(prefix="gazeapp-screens-")
_config = Path(_folder) / "two.json"
_config.write_text(
    json.dumps({"screens": [{"logicalDpi": 96, "logicalBaseDpi": 96, "dpr": 1} | screen for screen in SCREENS]})
)
QLocale.setDefault(QLocale.c())  # whatever the computer speaks
os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={_config}"


@pytest.fixture(autouse=True)
def _delete_widgets(qapp) -> Iterator[None]:
    """Widgets of one test are gone before the next: a new style sheet would restyle them all."""
    yield
    for widget in QApplication.topLevelWidgets():
        widget.close()
        widget.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture(params=["dark", "light"])
def theme(qapp, request) -> Theme:
    made = Theme(ThemeChoice(request.param))
    made.apply()
    return made


@pytest.fixture
def dark(qapp) -> Theme:
    made = Theme(ThemeChoice.DARK)
    made.apply()
    return made


@pytest.fixture
def bridge(qapp) -> Iterator[QtBridge]:
    made = QtBridge()
    yield made
    made.close()


@pytest.fixture
def find() -> Callable[[], Scan]:
    return Scan


@pytest.fixture
def setup(bridge, tmp_path, find) -> SetupModel:
    return SetupModel(bridge, find, tmp_path / "study", open_tracker=open_tracker)


def open_tracker(choice, _display, _clock):
    """A test that looks at a tracker brings one along."""
    raise TrackerNotFound(f"{choice.name} does not answer", found="")


@pytest.fixture
def session(bridge) -> Iterator[SessionModel]:
    made = SessionModel(bridge)
    yield made
    made.detach()


@pytest.fixture
def run(session) -> FakeRun:
    """A fake session that the model follows."""
    made = FakeRun()
    session.attach(made, "P-017")
    return made


@pytest.fixture
def window(qapp, qtbot, dark, setup, session, bridge) -> MainWindow:
    qapp.setStyleSheet("")  # styling every widget anew each time it finds its place takes half of the test's time
    made = MainWindow(dark, setup, session, ExportModel(bridge))
    dark.apply()
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)  # shortcuts belong to the active window
    return made


@pytest.fixture
def german(qapp) -> Iterator[None]:
    before, locale = set(qapp.findChildren(QTranslator)), QLocale()
    use_language(qapp, "de")
    yield
    for translator in set(qapp.findChildren(QTranslator)) - before:
        qapp.removeTranslator(translator)
    QLocale.setDefault(locale)
