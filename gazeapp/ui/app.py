"""Opens the windows: the application, a plan, or the demonstration. Imports Qt only after looking whether it is
there.
"""

from __future__ import annotations

import ctypes.util
import importlib.util
import logging
import os
import signal
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from gazeapp.errors import SettingsError
from gazeapp.experiment.plan import ExperimentPlan
from gazeapp.experiment.settings import LoadedSettings, load_settings
from gazeapp.locations import assets_dir
from gazeapp.networks.universal_models import UniversalChoice
from gazeapp.store.study_key import ask_with
from gazeapp.termination import end_as_by_keyboard
from gazeapp.ui.application import ApplicationController, ApplicationOptions, observer_choice
from gazeapp.ui.error_words import error_words
from gazeapp.ui.exception_hook import FailureHook
from gazeapp.ui.garbage import GarbageCollector
from gazeapp.ui.models.setup_model import Subject
from gazeapp.ui.models.tracker_choice import TrackerChoice
from gazeapp.ui.screens import list_screens
from gazeapp.ui.session_builder import RecordingOptions
from gazeapp.ui.stall import StallMeter, StallWatchdog
from gazeapp.ui.theme import Theme, ThemeChoice
from gazeapp.ui.translation import use_language

if TYPE_CHECKING:
    from gazeapp.runtime import RunOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class AppOptions:
    """What the command line may ask of the application."""

    study: Path | None = None
    plan: ExperimentPlan | None = None
    theme: str = ""
    """"system", "dark", "light"; empty takes the one of the last time."""
    weights: Path | None = None
    use_gl: bool | None = None
    """False for the raster path of the participant's window, None to use OpenGL where it works."""
    watch_stalls: bool = False


def run_app(options: AppOptions) -> int:
    """Open the application and return when it is closed."""
    require_windows()

    return open_app(options)


def run_plan(options: RunOptions) -> int:
    """Open the application for one plan and participant."""
    require_windows()

    return open_plan(options)


def run_demo(options: RunOptions) -> int:
    """Show the whole main job in windows, with a simulated observer and nobody at the keys."""
    require_windows()

    return open_demo(options)


def require_windows() -> None:
    """Say what is missing for windows, where Qt itself would abort the process.

    Raises:
        SettingsError: No Qt, no display, or no library that Qt's window system needs.
    """
    if importlib.util.find_spec("PySide6") is None:
        raise SettingsError(
            "the windows need PySide6: pip install 'gazeapp[app]'; every command works without them (--headless)",
            key="PySide6",
        )
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise SettingsError(
            "no display: neither DISPLAY nor WAYLAND_DISPLAY is set; run and demo have --headless, windows open in "
            "xvfb-run",
            key="DISPLAY",
        )
    if os.environ.get("DISPLAY") and not ctypes.util.find_library("xcb-cursor"):
        raise SettingsError(
            "Qt needs libxcb-cursor0 to open windows (on Debian: apt-get install libxcb-cursor0); gazeapp doctor lists "
            "the rest",
            key="libxcb-cursor0",
        )


_log = logging.getLogger(__name__)


def open_app(options: AppOptions) -> int:
    """Open the application and return when it is closed."""
    begin_s = time.monotonic()
    qt, settings = _start_qt()
    application = make_application(options, settings)
    return _serve(qt, application, options, begin_s)


def open_plan(options: RunOptions) -> int:
    """Open the application for one plan and participant."""
    from gazeapp.store.study import Study

    begin_s = time.monotonic()
    qt, settings = _start_qt()
    with Study.open_or_create(options.study) as study:
        study.add_participant(options.participant)
    app_options = AppOptions(study=options.study, plan=options.plan, weights=options.weights)
    given = dict(options.device_options)
    if options.device == "simulated":
        tracker = observer_choice(str(given.get("observer", "ada")))
    else:
        tracker = TrackerChoice(key=options.device, backend=options.device, name=options.device)
    tracker = replace(tracker, options=given)
    application = make_application(app_options, settings, options.participant, tracker, universal=options.universal)
    application.builder.options.publish = options.publish
    application.builder.options.algorithm = options.algorithm or application.builder.options.algorithm
    return _serve(qt, application, app_options, begin_s)


def open_demo(options: RunOptions) -> int:
    """Show the whole main job in windows, with a simulated observer and nobody at the keys."""
    begin_s = time.monotonic()
    qt, settings = _start_qt()
    app_options = AppOptions(study=options.study, plan=options.plan, weights=options.weights)
    application = make_application(app_options, settings, universal=options.universal)
    start_demonstration(application, options)
    return _serve(qt, application, app_options, begin_s)


def make_application(
    options: AppOptions,
    loaded: LoadedSettings,
    pseudonym: str = "",
    tracker: TrackerChoice | None = None,
    *,
    universal: UniversalChoice | None = None,
) -> ApplicationController:
    """The windows, not shown yet; participant, tracker and universal model may be chosen beforehand."""
    theme = Theme(ThemeChoice(options.theme or loaded.settings.theme))
    theme.apply()
    study = options.study or Path(loaded.settings.study or Path.home() / "gazeapp-study")
    return ApplicationController(
        theme,
        ApplicationOptions(
            study=study,
            plan=options.plan,
            pseudonym=pseudonym,
            tracker=tracker,
            settings=loaded.settings,
            recording=RecordingOptions(weights=options.weights, use_gl=options.use_gl),
            universal=universal,
            notice=error_words(loaded.message),
        ),
    )


def start_demonstration(application: ApplicationController, options: RunOptions) -> None:
    """Choose everything and begin; the commands are then given by the unattended operator."""
    from gazeapp.store.study import Study

    with Study.open_or_create(options.study) as study:
        study.add_participant(options.participant)
        study.note_nobody(options.participant, "simulated")
    setup = application.setup
    application.is_demonstration = True
    setup.prepare(Subject(pseudonym=options.participant))
    setup.choose_tracker(observer_choice(str(options.device_options.get("observer", "ada"))))
    application.builder.options.device_options = dict(options.device_options)
    setup.confirm_tracker()
    setup.show_screens(list_screens())
    setup.confirm_screens()
    application.window.open_page("screens")
    QTimer.singleShot(0, application, application.start_session)


def _start_qt() -> tuple[QApplication, LoadedSettings]:
    # Qt would hand round shapes to a pool of threads, piece by piece, and wait for them: on a busy computer the
    # participant's next frame waited with it (24 switches of threads and 4 of 6 ms for one picture of gaze)
    os.environ.setdefault("QT_NO_GUI_THREADPOOL", "1")
    existing = QApplication.instance()
    qt = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
    ask_with(None)  # a dialog asks when a study is opened
    qt.setApplicationName("gazeapp")
    qt.setDesktopFileName("gazeapp")
    qt.setWindowIcon(QIcon(str(assets_dir() / "icon.svg")))
    loaded = load_settings()
    use_language(qt, loaded.settings.language)
    return qt, loaded


def _serve(qt: QApplication, application: ApplicationController, options: AppOptions, begin_s: float) -> int:
    hook = FailureHook(application.window)
    hook.install()
    garbage = GarbageCollector()
    garbage.start()
    meter = StallMeter() if options.watch_stalls else None
    watchdog = StallWatchdog(meter) if meter is not None else None
    application.window.show()
    # Python handles Ctrl-C only while it runs: let it, a few times a second
    wake = QTimer()
    wake.timeout.connect(lambda: None)
    wake.start(200)
    previous = signal.signal(signal.SIGINT, lambda *_: application.quit())
    set_back = end_as_by_keyboard(application.quit)
    QTimer.singleShot(0, lambda: _log.info("ready after %.2f s", time.monotonic() - begin_s))
    setup = application.setup
    QTimer.singleShot(
        300, application, lambda: application.bridge.run(_preload, lambda _done: setup.universal.check(setup.plan))
    )
    try:
        qt.exec()
    finally:
        application.close()
        garbage.close()
        if watchdog is not None:
            watchdog.close()
        hook.remove()
        set_back()
        signal.signal(signal.SIGINT, previous)
    return 1 if hook.n_failures else 0


def _preload() -> None:
    """Load what a session needs while the person is still typing; nothing waits for it."""
    import gazeapp.runtime
    import gazeapp.saliency.metrics  # noqa: F401  the results need it
    from gazeapp.networks.torch_setup import preload_torch

    preload_torch()
