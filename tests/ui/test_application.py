"""The whole application offscreen: what remains when a session is disturbed."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog

from gazeapp.devices.tracker import TrackerNotice
from gazeapp.errors import SettingsError
from gazeapp.experiment.plan import CalibrationPlan, StimuliPlan, TrialsPlan, default_plan
from gazeapp.experiment.settings import Settings, load_settings
from gazeapp.experiment.state import SessionStep, State
from gazeapp.networks.universal_models import UniversalChoice
from gazeapp.store.events import Note
from gazeapp.store.reader import SessionReader
from gazeapp.store.session_state import SessionState
from gazeapp.store.study import Study
from gazeapp.ui.app import require_windows
from gazeapp.ui.application import ApplicationController, ApplicationOptions, observer_choice
from gazeapp.ui.exception_hook import FailureHook
from gazeapp.ui.help_window import HelpWindow, help_text
from gazeapp.ui.models.setup_model import Scan, Subject
from gazeapp.ui.notice_words import notice_words
from gazeapp.ui.places import PLACES
from gazeapp.ui.screens import list_screens
from gazeapp.ui.session_builder import RecordingOptions

pytestmark = pytest.mark.slow


@pytest.fixture
def plan(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    for n in range(3):
        cv2.imwrite(str(folder / f"{n}.png"), np.full((60, 80, 3), 60 + 40 * n, np.uint8))
    return replace(
        default_plan(name="short"),
        stimuli=StimuliPlan(folders=(str(folder),)),
        phases=("enrol",),
        trials=TrialsPlan(duration_s=0.6, fixation_cross_s=0.2, fixation_gate=False, blank_s=0.1),
        calibration=CalibrationPlan(points=3, validation_points=1),
    )


@pytest.fixture
def application(qtbot, dark, plan, tmp_path, monkeypatch):
    monkeypatch.setattr("gazeapp.ui.application.scan", Scan)
    made = ApplicationController(
        dark,
        ApplicationOptions(
            study=tmp_path / "study",
            plan=plan,
            settings=Settings(),
            recording=RecordingOptions(use_gl=False),
            tracker=observer_choice("ada"),
        ),
    )
    qtbot.addWidget(made.window)
    made.window.show()
    qtbot.waitUntil(lambda: not made.study.is_loading)
    yield made
    made.close()


def begin(qtbot, application) -> None:
    """Everything up to the first image."""
    setup = application.setup
    with Study.open_or_create(setup.study_dir) as study:
        study.add_participant("P-017")
        study.record_consent("P-017")
    setup.show_screens(list_screens())
    setup.prepare(Subject(pseudonym="P-017"))
    application.window.open_page("screens")
    application.start_session()
    qtbot.waitUntil(lambda: application.session.is_attached, timeout=60_000)
    assert application.window.current == "enrol"
    application.session.command(lambda c, now_s: c.start_trials(now_s))


def session_path(application):
    with Study.open(application.setup.study_dir) as study:
        [session] = study.sessions()
    return session.path


def test_a_lost_tracker_pauses_and_everything_so_far_is_on_disk(qtbot, application):
    begin(qtbot, application)
    session = application.session
    qtbot.waitUntil(lambda: session.status.n_done >= 1, timeout=20_000)
    problem = TrackerNotice(time_s=session.now_s, kind="lost", message="cable pulled")
    session.command(lambda c, now_s: c.report_problem(problem, now_s))
    assert session.status.state is State.PAUSED
    assert "cable pulled" in application.window.link.banner.text
    application.close()
    with SessionReader(session_path(application)) as stored:
        assert len(stored.trials()) >= 1
        assert stored.n_samples > 100


def test_a_display_that_goes_away_pauses_and_the_window_comes_back_with_it(qtbot, application):
    begin(qtbot, application)
    qtbot.waitUntil(lambda: application.session.status.step is SessionStep.STIMULUS, timeout=20_000)
    application.stage.window.screen_lost.emit("PARTICIPANT")
    assert application.session.status.state is State.PAUSED
    assert "PARTICIPANT is gone" in notice_words(application.session.status)
    assert not application.stage.window.is_open
    application.session.command(lambda c, now_s: c.resume(now_s))
    qtbot.waitUntil(lambda: application.stage.window.is_open)
    assert application.session.status.state is State.RUNNING


def test_nothing_is_shown_to_nobody(qtbot, application):
    begin(qtbot, application)
    qtbot.waitUntil(lambda: application.session.status.step is SessionStep.STIMULUS, timeout=20_000)
    application.stage.window.screen_lost.emit("PARTICIPANT")
    there = application.setup.participant_screen
    application.setup.participant_screen = replace(there, name="UNPLUGGED")
    application.session.command(lambda c, now_s: c.resume(now_s))
    qtbot.waitUntil(lambda: application.session.status.state is State.PAUSED)
    assert "UNPLUGGED is gone" in notice_words(application.session.status)
    application.setup.participant_screen = there
    application.session.command(lambda c, now_s: c.resume(now_s))
    qtbot.waitUntil(lambda: application.stage.window.is_open)


def test_escape_on_the_participants_window_pauses_and_the_image_is_shown_again(qtbot, application):
    begin(qtbot, application)
    qtbot.waitUntil(lambda: application.session.status.step is SessionStep.STIMULUS, timeout=20_000)
    QTest.keyClick(application.stage.window.surface, Qt.Key.Key_Escape)
    assert application.session.status.state is State.PAUSED
    application.session.command(lambda c, now_s: c.resume(now_s))
    qtbot.waitUntil(lambda: application.session.is_saved, timeout=30_000)
    with SessionReader(session_path(application)) as stored:
        kinds = [type(event).__name__ for event in stored.events()]
        assert kinds.count("StimulusShown") == kinds.count("StimulusHidden")
        assert len({trial.frame.stimulus_id for trial in stored.trials()}) == 3
        notes = [event.text for event in stored.events() if isinstance(event, Note)]
        assert sum("visible" in note and "longest interval" in note for note in notes) == kinds.count("StimulusHidden")


def test_keys_on_the_participants_own_screen_are_not_the_experimenters(qtbot, application):
    begin(qtbot, application)
    window, session, surface = application.window, application.session, application.stage.window.surface
    session.command(lambda c, now_s: c.pause(now_s))
    qtbot.wait(250)  # past the rest after a change
    before = session.status
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Space, Qt.Key.Key_E, Qt.Key.Key_C, Qt.Key.Key_K, Qt.Key.Key_F1):
        QTest.keyClick(surface, key)
    assert session.status == before
    assert QApplication.activeModalWidget() is None
    QTest.keyClick(surface, Qt.Key.Key_1, Qt.KeyboardModifier.AltModifier)
    assert window.current == "tracker"
    QTest.keyClick(surface, Qt.Key.Key_Q, Qt.KeyboardModifier.AltModifier)
    assert window.current == "quality"


def test_keys_of_the_session_do_nothing_to_people(window):
    """On one screen the keys of the participant's window are the experimenter's, while they lead a session."""
    window.open_page("people")
    assert not window.press("N")
    assert QApplication.activeModalWidget() is None
    assert window.press("Alt+2")
    assert window.current == "screens"


def test_another_program_taking_the_keyboard_pauses(qtbot, application):
    begin(qtbot, application)
    application._application_state_changed(Qt.ApplicationState.ApplicationActive)
    application._application_state_changed(Qt.ApplicationState.ApplicationInactive)
    assert application.session.status.state is State.PAUSED
    application._application_state_changed(Qt.ApplicationState.ApplicationActive)
    application.session.command(lambda c, now_s: c.resume(now_s))
    assert application.session.status.state is State.RUNNING


def test_closing_the_participants_window_pauses(qtbot, application):
    begin(qtbot, application)
    application.stage.window.closed.emit()
    assert application.session.status.state is State.PAUSED


def test_a_session_that_cannot_be_built_says_why_and_keeps_the_choices(qtbot, application, plan):
    application.setup.plan = replace(plan, stimuli=StimuliPlan(folders=("/nowhere",)))
    application.setup.show_screens(list_screens())
    application.window.open_page("screens")
    with Study.open_or_create(application.setup.study_dir) as study:
        study.add_participant("P-017")
        study.record_consent("P-017")
    application.setup.prepare(Subject(pseudonym="P-017"))
    application.start_session()
    qtbot.waitUntil(lambda: bool(application.setup.session_problem), timeout=20_000)
    assert "/nowhere" in application.window.pages["screens"].banner.text
    assert application.setup.pseudonym == "P-017"


def test_without_consent_no_session_is_made(qtbot, application):
    with Study.open_or_create(application.setup.study_dir) as study:
        study.add_participant("P-017")
    application.setup.show_screens(list_screens())
    application.setup.prepare(Subject(pseudonym="P-017"))
    application.start_session()
    qtbot.waitUntil(lambda: bool(application.setup.session_problem), timeout=20_000)
    assert "consent" in application.setup.session_problem
    with Study.open(application.setup.study_dir) as study:
        assert study.sessions() == []


@pytest.mark.parametrize("is_demonstration", [False, True], ids=["led", "demonstration"])
def test_on_one_screen_whatever_is_asked_for_comes_before_the_images(qtbot, application, monkeypatch, is_demonstration):
    monkeypatch.setattr("gazeapp.ui.session_builder.NETWORKS_WAIT_S", 0.0)  # maps are not what this is about
    setup, session, window = application.setup, application.session, application.window
    application.is_demonstration = is_demonstration
    with Study.open_or_create(setup.study_dir) as study:
        study.add_participant("P-017")
        study.record_consent("P-017")
    setup.prepare(Subject(pseudonym="P-017"))
    window.open_page("screens")
    setup.choose_screen(list_screens()[0].key)
    assert setup.is_single_screen
    application.start_session()
    qtbot.waitUntil(lambda: session.is_attached or bool(setup.session_problem), timeout=60_000)
    assert setup.session_problem == ""

    def look() -> None:
        if session.status.state is State.PAUSED:
            session.command(lambda c, now_s: c.resume(now_s))
        elif not is_demonstration:
            session.command(lambda c, now_s: c.start_trials(now_s))
        qtbot.waitUntil(
            lambda: application.stage.window.is_open and not application.stage.window.is_waiting, timeout=20_000
        )
        qtbot.wait(250)

    def is_held() -> bool:
        return session.status.state is State.PAUSED and not application.stage.window.is_open

    look()
    QTest.keyClick(application.stage.window.surface, Qt.Key.Key_Escape)
    qtbot.wait(100)  # an operator would have gone on by now
    assert is_held()
    look()
    QTest.keyClick(application.stage.window.surface, Qt.Key.Key_Q, Qt.KeyboardModifier.AltModifier)
    assert is_held()
    assert window.current == "quality"
    look()
    QTest.keyClick(application.stage.window.surface, Qt.Key.Key_F1)
    qtbot.wait(50)
    assert is_held()
    assert application._help.isVisible()
    application._help.close()


def test_a_person_chosen_in_one_study_is_nobody_in_another(qtbot, application, tmp_path):
    for folder in (application.setup.study_dir, tmp_path / "other"):
        with Study.open_or_create(folder) as study:
            study.add_participant("P-017")
            study.record_consent("P-017")
    application.study.reload()
    qtbot.waitUntil(lambda: application.study.row("P-017") is not None)
    application.setup.show_screens(list_screens())
    application.begin("P-017")
    assert application.window.top.person == "P-017"
    application.study.open(tmp_path / "other")
    qtbot.waitUntil(lambda: not application.study.is_loading)
    assert application.setup.subject is None
    assert application.window.top.person == ""
    application.window.open_page("screens")
    application.start_session()
    assert application.window.current == "people"
    with Study.open(tmp_path / "other") as study:
        assert study.sessions() == []


def test_an_import_begun_in_one_study_is_not_made_in_another(qtbot, application, tmp_path, monkeypatch):
    (tmp_path / "gaze.csv").write_text("time_s,x_px,y_px\n0,1,1\n0.01,2,2\n")
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_args, **_more: ([str(tmp_path / "gaze.csv")], ""))
    with Study.open_or_create(tmp_path / "other"):
        pass
    people = application.window.people
    people.ask_import()
    assert people.importing.isVisible()
    qtbot.waitUntil(lambda: not people.imports.is_looking)
    application.study.open(tmp_path / "other")
    assert people.importing is None
    people.imports.is_running = True
    application.menu.fill()
    assert not application.menu.actions()[0].isEnabled(), "what is written is written first"
    people.imports.is_running = False


def test_the_next_session_is_again_of_somebody_who_is_chosen_for_it(qtbot, application):
    begin(qtbot, application)
    assert application.setup.subject is None
    assert application.window.top.person == "P-017"
    application.session.end("enough")
    qtbot.waitUntil(lambda: application.session.is_saved, timeout=30_000)
    application.window.open_page("screens")
    application.start_session()
    assert application.window.current == "people"
    with Study.open(application.setup.study_dir) as study:
        assert len(study.sessions()) == 1


def test_a_session_that_was_being_prepared_ends_with_the_window(qtbot, application, monkeypatch):
    monkeypatch.setattr("gazeapp.ui.session_builder.NETWORKS_WAIT_S", 0.0)
    with Study.open_or_create(application.setup.study_dir) as study:
        study.add_participant("P-017")
        study.record_consent("P-017")
    application.setup.show_screens(list_screens())
    application.setup.prepare(Subject(pseudonym="P-017"))
    application.start_session()
    qtbot.waitUntil(lambda: application.builder.built is not None or application.session.is_attached, timeout=60_000)
    application.close()
    with Study.open(application.setup.study_dir) as study:
        assert [record.state for record in study.session_records()] == [SessionState.INTERRUPTED]


def test_who_was_renamed_is_chosen_no_more(qtbot, application):
    application.study.add("P-001", {})
    qtbot.waitUntil(lambda: application.study.row("P-001") is not None)
    application.begin("P-001")
    application.study.rename("P-001", "P-002")
    qtbot.waitUntil(lambda: application.study.row("P-002") is not None)
    assert application.setup.subject is None
    assert application.window.top.person == ""


def test_the_participant_never_sees_an_overlay_during_enrolment(qtbot, application):
    begin(qtbot, application)
    qtbot.waitUntil(lambda: application.session.status.step is SessionStep.STIMULUS, timeout=20_000)
    assert application.stage.window.scene.overlay_rgba is None
    assert application.stage.window.surface.screen() is QGuiApplication.screens()[-1]


def test_choices_are_remembered(application):
    application.setup.show_screens(list_screens())
    application.setup.set_geometry(500, 280, 700)
    application.close()
    remembered = load_settings().settings
    assert remembered.study == str(application.setup.study_dir)
    assert remembered.participant_screen.startswith("PARTICIPANT|1920x1080")
    assert remembered.screen("PARTICIPANT", 1920, 1080).distance_mm == 700


@pytest.fixture
def reopened(qtbot, dark, tmp_path, monkeypatch):
    """The windows opened again with what was remembered."""
    monkeypatch.setattr("gazeapp.ui.application.scan", Scan)
    opened = []

    def reopen(**asked) -> ApplicationController:
        opened.append(
            ApplicationController(
                dark,
                ApplicationOptions(
                    study=tmp_path / "study",
                    settings=load_settings().settings,
                    recording=RecordingOptions(use_gl=False),
                    **asked,
                ),
            )
        )
        qtbot.addWidget(opened[-1].window)
        return opened[-1]

    yield reopen
    for made in opened:
        made.close()


def test_the_universal_model_is_remembered(reopened, tmp_path):
    file = tmp_path / "mine.onnx"
    file.touch()
    choice = UniversalChoice(model="onnx", weights=file, options={"output": "log"})
    first = reopened()
    first.setup.universal.in_use = choice
    first.close()
    assert reopened().setup.universal.in_use == choice
    asked = UniversalChoice(model="signature")
    once = reopened(universal=asked)
    assert once.setup.universal.in_use == asked
    once.close()
    assert reopened().setup.universal.in_use == choice, "what was asked for once is not remembered"


def test_a_universal_model_that_is_gone_is_told_in_the_line_at_the_bottom(reopened, tmp_path):
    file = tmp_path / "mine.onnx"
    file.touch()
    first = reopened()
    first.setup.universal.in_use = UniversalChoice(model="onnx", weights=file)
    first.close()
    file.unlink()
    second = reopened()
    assert second.setup.universal.in_use == UniversalChoice()
    assert str(file) in second.window.status.notice


def test_the_plan_is_remembered_and_one_that_is_gone_is_told(reopened, tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text('[plan]\nname = "mine"\nphases = ["calibrate"]\n', encoding="utf-8")
    first = reopened()
    first.setup.load_plan(file)
    first.close()
    second = reopened()
    assert second.setup.plan.phases == ("calibrate",)
    assert second.window.status.notice == ""
    second.close()
    file.unlink()
    third = reopened()
    assert third.setup.plan == default_plan()
    assert str(file) in third.window.status.notice
    assert third.setup.plan_problem == ""


def test_settings_that_were_reset_are_told_in_the_line_at_the_bottom(reopened):
    assert reopened(notice="The settings were reset.").window.status.notice == "The settings were reset."


def test_help_is_there_without_a_network_and_opens_at_the_page_for_the_place(qtbot, dark):
    window = HelpWindow()
    qtbot.addWidget(window)
    for place in PLACES:
        window.open_at(place)
        assert window.list.currentItem().text().lower() == place
        assert window.text.toPlainText().lower().startswith(place)
    assert help_text("privacy", "xx_YY") == help_text("privacy", "en_GB")


def test_one_dialog_at_a_time_however_often_something_fails(qtbot):
    shown = []
    hook = FailureHook(None, ask=shown.append)
    for _ in range(5):
        try:
            raise ZeroDivisionError("a timer failed")
        except ZeroDivisionError as error:
            hook(type(error), error, error.__traceback__)
    assert hook.n_failures == 5
    assert len(shown) == 1
    shown[0].finished.emit(0)
    hook(SettingsError, SettingsError("Choose another folder.", key="x"), None)
    assert shown[1].text() == "Choose another folder."
    for box in shown:
        box.deleteLater()


def test_a_machine_without_a_display_is_told_what_to_do(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    with pytest.raises(SettingsError, match="--headless"):
        require_windows()
