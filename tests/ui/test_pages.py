import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from gazeapp.devices.tracker import Availability
from gazeapp.errors import DiskFull, InvalidTransition, UnavailableReason
from gazeapp.experiment.calibration_fit import CalibrationAdvice, CalibrationAttempt, CalibrationOutcome, PointResidual
from gazeapp.experiment.notice import Notice, NoticeKind
from gazeapp.experiment.state import Command, SessionStep, State
from gazeapp.experiment.tracker_connection import Connection, Reconnection, ReconnectOutcome
from gazeapp.experiment.validation import ValidationAdvice
from gazeapp.gaze.correction import Correction
from gazeapp.gaze.quality import TargetWindow, measure_quality
from gazeapp.gaze.samples import GazeSamples
from gazeapp.runtime.enrolment import EnrolmentProgress, EnrolmentStep
from gazeapp.runtime.one_person import Identity
from gazeapp.runtime.snapshot import HeadPosition
from gazeapp.store.events import StimulusShown
from gazeapp.store.study import Study
from gazeapp.ui.models.people import People
from gazeapp.ui.models.setup_model import MOUSE, Scan
from gazeapp.ui.models.tracker_choice import TrackerChoice
from gazeapp.ui.pages.page import PageState
from gazeapp.ui.places import PLACES, SIDE_PAGES
from gazeapp.ui.screens import ScreenInfo, choose_participant_screen, list_screens
from gazeapp.ui.widgets.basic import KeyButton
from tests.ui import fake_session as fake

pytestmark = pytest.mark.slow

NO_TOBII = Availability(backend="tobii", ok=False, reason=UnavailableReason.WRONG_PYTHON, hint="install Python 3.10")


def attempt(ok: bool = True, number: int = 1) -> CalibrationAttempt:
    points = tuple(fake.point(n, 200 + 300 * n, 500) for n in range(5))
    residuals = tuple(PointResidual(target_id=n, left_deg=0.2 + n / 4, right_deg=0.3) for n in range(4))
    return CalibrationAttempt(
        number=number,
        start_s=0,
        time_s=1,
        points=points,
        residuals=residuals,
        device_blob=b"",
        correction=Correction.identity() if ok else None,
        outcome=CalibrationOutcome.FITTED if ok else CalibrationOutcome.NO_FIT,
        advice=CalibrationAdvice.VALIDATE if ok else CalibrationAdvice.CHECK_EYES,
        reason="" if ok else "no correction explains the gaze",
    )


def report(verdict: str):
    eye = {
        "accuracy_deg": 0.55,
        "accuracy_max_deg": 1.28,
        "rms_s2s_deg": 0.08,
        "std_deg": 0.11,
        "bcea_deg2": 0.04,
        "data_loss": 0.004,
        "effective_hz": 1198.0,
    }
    summary = {**eye, "left": eye, "right": {**eye, "accuracy_max_deg": None}}
    points = attempt().points
    measured = measure_quality(
        GazeSamples.concatenate([point.samples for point in points[:1]]),
        [
            TargetWindow(
                target_id=p.target.target_id, onset_s=10, duration_s=0.5, x_px=p.target.x_px, y_px=p.target.y_px
            )
            for p in points[:1]
        ],
        fake.DISPLAY,
    )
    return SimpleNamespace(
        time_s=20.0,
        verdict=verdict,
        weak_place=None,
        advice=ValidationAdvice.GO_ON,
        points=points,
        quality=SimpleNamespace(targets=measured.targets, summary=summary, verdict=verdict),
    )


def progress(
    n: int, is_enough: bool = False, identity: Identity = Identity.ONE, one_person: float = math.inf
) -> EnrolmentProgress:
    steps = tuple(
        EnrolmentStep(
            trial=k,
            n_pairs=k,
            n_fixations=9,
            spread=0.9 / k if k > 1 else math.nan,
            halves=0.9 if k > 3 else math.nan,
            moved=0.02,
            certainty=math.sqrt(k / (k + 10)) if k > 1 else math.nan,
            one_person=one_person,
        )
        for k in range(1, n + 1)
    )
    return EnrolmentProgress(
        history=steps,
        embedding=fake.embedding(n) if n else None,
        is_enough=is_enough,
        identity=identity,
        images_left=None if n < 3 else 0 if is_enough else 9,
    )


def look(window, page: str) -> str:
    """Open a page, paint it, and return what its banner says."""
    window.open_page(page)
    window.refresh()
    window.pages[page].refresh()
    window.grab()
    return window.pages[page].banner.text


# Tracker


@pytest.fixture
def find():
    return lambda: Scan((NO_TOBII,), (fake.SPECTRUM,))


def test_a_missing_sdk_is_a_row_with_a_reason(qtbot, window, setup):
    window.open_page("tracker")
    assert window.pages["tracker"].state is PageState.LOADING
    qtbot.waitUntil(lambda: not setup.is_scanning)
    look(window, "tracker")
    page = window.pages["tracker"]
    qtbot.waitUntil(lambda: not setup.is_scanning)
    assert page.missing.choices[0].detail == "install Python 3.10"
    assert page.missing.choices[0].figure == "needs another Python"
    assert not page.missing.choices[0].is_enabled
    assert [c.name for c in page.list.choices] == ["Tobii Pro Spectrum", "Simulated observer", "Mouse as gaze"]


def test_the_mouse_is_chosen_with_keys_alone(qtbot, window, setup):
    window.open_page("tracker")
    qtbot.waitUntil(lambda: not setup.is_scanning)
    page = window.pages["tracker"]
    for _ in range(3):
        QTest.keyClick(page.list, Qt.Key.Key_Down)
    assert setup.tracker.key == MOUSE
    assert page.state is PageState.DONE
    QTest.keyClick(window, Qt.Key.Key_Return)
    assert window.current == "screens"


def test_a_search_that_fails_keeps_what_was_found(qtbot, window, setup):
    window.open_page("tracker")
    qtbot.waitUntil(lambda: not setup.is_scanning)

    def broken():
        raise OSError("no network")

    setup._find = broken
    QTest.keyClick(window, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: bool(setup.scan_problem))
    assert "no network" in look(window, "tracker") or window.pages["tracker"].state is PageState.LOADING
    assert setup.scan.trackers == (fake.SPECTRUM,)


# Screens


@pytest.mark.parametrize(("page", "words"), [("tracker", "with this tracker"), ("screens", "on these screens")])
def test_tracker_and_screens_belong_to_the_session_that_runs(window, setup, run, page, words):
    setup.choose_tracker(TrackerChoice(key="mouse", backend="simulated", name="Mouse"))
    setup.show_screens(list_screens())
    fake.put(run, {"state": State.RUNNING})
    assert words in look(window, page)
    assert "P-017" in look(window, page)
    shown = window.pages[page]
    assert not shown.go.isEnabled()
    assert not (shown.list if page == "tracker" else shown.map).isEnabled()
    assert not setup.is_scanning, "a tracker that records is left alone"
    fake.put(run, {"state": State.FINISHED})
    assert words not in look(window, page)
    assert shown.go.isEnabled()


def test_the_other_screen_is_the_participants(window, setup):
    assert "screen 2" in look(window, "screens")
    assert setup.participant_screen.name == "PARTICIPANT"
    assert (setup.display.width_px, setup.display.height_px) == (1920, 1080)
    assert not setup.is_single_screen


def test_screen_and_distance_are_chosen_with_keys(qtbot, window, setup):
    look(window, "screens")
    page = window.pages["screens"]
    QTest.keyClick(page.map, Qt.Key.Key_Left)
    assert setup.participant_screen.name == "EXPERIMENTER"
    assert setup.is_single_screen
    assert "share" in page.banner.text
    before = setup.display.px_per_deg
    page.distance_mm.setValue(1300)
    assert setup.display.px_per_deg == pytest.approx(2 * before, rel=1e-3)  # the field shows tenths of a millimetre
    with qtbot.waitSignal(window.setup_finished):
        QTest.keyClick(window, Qt.Key.Key_Return)


def test_identifying_shows_a_number_on_each_screen_and_takes_them_off(qtbot, window):
    look(window, "screens")
    page = window.pages["screens"]
    QTest.keyClick(window, Qt.Key.Key_I)
    assert [sign.text() for sign in page._signs] == ["1", "2"]
    assert {sign.screen().name() for sign in page._signs} == {"EXPERIMENTER", "PARTICIPANT"}
    page.left()
    assert page._signs == []


def test_a_screen_that_is_gone_is_told(qapp):
    screens = list_screens()
    chosen, note = choose_participant_screen(screens, "LAB|2560x1440|0,0")
    assert chosen.name == "PARTICIPANT"
    assert "LAB is not connected" in note
    changed, note = choose_participant_screen(screens, "PARTICIPANT|1280x720|0,0")
    assert changed.name == "PARTICIPANT"
    assert "it was 1280×720" in note
    same, note = choose_participant_screen(screens, screens[0].key)
    assert (same.name, note) == ("EXPERIMENTER", "")


def test_a_single_screen_serves_both(qapp):
    only: list[ScreenInfo] = list_screens()[:1]
    assert choose_participant_screen(only)[0] is only[0]


# Calibration and validation


@pytest.mark.parametrize(
    ("what", "state", "words"),
    [
        ({"state": State.CONNECTED, "allowed": {Command.START_CALIBRATION}}, PageState.EMPTY, "Ready"),
        (
            {
                "state": State.CALIBRATING,
                "phase": "calibrate",
                "step": SessionStep.TARGET,
                "allowed": {Command.ACCEPT_POINT},
                "targets": (fake.point(0, 200, 200), fake.point(1, 900, 200, state="on screen")),
            },
            PageState.WORKING,
            "Point 2 of 2",
        ),
        (
            {
                "state": State.PAUSED,
                "notice": Notice(NoticeKind.TRACKER_LOST, "no answer"),
                "allowed": {Command.RESUME},
            },
            PageState.EMPTY,
            "lost",
        ),
        ({"state": State.CALIBRATED, "attempts": (attempt(False),)}, PageState.FAILED, "no correction"),
        (
            {"state": State.FAILED, "notice": Notice(NoticeKind.FAILED, "The disk is full.")},
            PageState.FAILED,
            "disk is full",
        ),
    ],
    ids=["empty", "working", "paused", "failed attempt", "failed session"],
)
def test_the_calibration_page_in_each_state(window, run, what, state, words):
    fake.put(run, what)
    assert words in look(window, "calibrate")
    assert window.pages["calibrate"].state is state


def test_a_calibration_that_worked_can_be_used_and_its_points_redone(qtbot, window, run):
    made = attempt()
    vars(run.controller).update(
        state=State.CALIBRATED,
        phase="calibrate",
        attempts=(attempt(False, 2), made),
        selected_attempt=made,
        targets=made.points,
        allowed={Command.REDO_POINTS, Command.DROP_POINTS, Command.START_CALIBRATION},
    )
    assert "5 of 5" in look(window, "calibrate")
    page = window.pages["calibrate"]
    assert page.state is PageState.DONE
    assert not page.redo.isEnabled()
    page.view.select(2)
    assert page.redo.text() == "Redo point 3  R"
    QTest.keyClick(window, Qt.Key.Key_R)
    QTest.keyClick(window, Qt.Key.Key_D)
    QTest.keyClick(window, Qt.Key.Key_C)
    assert run.controller.given == ["redo_points", "drop_points", "start_calibration"]
    QTest.keyClick(window, Qt.Key.Key_Return)
    assert window.current == "validate"


def test_a_residual_is_that_of_a_fit_which_did_not_see_the_point(window, run):
    made = attempt()
    vars(run.controller).update(
        state=State.CALIBRATED,
        phase="calibrate",
        attempts=(made,),
        selected_attempt=made,
        targets=made.points,
        allowed={Command.REDO_POINTS},
    )
    look(window, "calibrate")
    page = window.pages["calibrate"]
    assert page.points.texts("4 centre") == ["4 centre", "0.95", "0.30"]
    assert page.points.texts("5 right")[2] == "no gaze"
    assert page.view.marks[3].error_deg == pytest.approx((0.95 + 0.3) / 2)


@pytest.mark.parametrize("is_running", [False, True])
def test_points_look_pace_and_fit_are_chosen_on_the_calibration_page(window, setup, session, is_running):
    run = fake.FakeRun()
    if is_running:
        run.controller.allowed = {Command.START_CALIBRATION}
        session.attach(run, "P-017")
    look(window, "calibrate")
    form = window.pages["calibrate"].form
    for box, words in (
        (form.points, "13"),
        (form.target, "sun, for children"),
        (form.pacing, "by key ⏎"),
        (form.model, "2nd order"),
        (form.validation_points, "9"),
        (form.target_size_deg, "3°"),
        (form.target_color, "red"),
        (form.eye, "the better one"),
    ):
        box.setCurrentText(words)
    chosen = setup.plan.calibration
    assert (chosen.points, chosen.validation_points, chosen.target) == (13, 9, "picture")
    assert (chosen.pacing, chosen.model) == ("key", "second_order")
    assert (chosen.target_size_deg, chosen.target_color, chosen.eye) == (3.0, "#d62728", "better")
    assert run.controller.given == ["set_up_calibration"] * (8 if is_running else 0)
    assert form.points.currentText() == "13"


def test_the_weakest_point_is_the_one_that_is_offered(window, run):
    made = attempt()
    points = (*made.points[:3], fake.point(3, 1100, 500, off_deg=1.9), fake.point(4, 1400, 500, off_deg=1.2))
    weak = replace(made, points=points, residuals=())
    vars(run.controller).update(
        state=State.CALIBRATED,
        phase="calibrate",
        attempts=(weak,),
        selected_attempt=weak,
        allowed={Command.REDO_POINTS, Command.DROP_POINTS},
    )
    look(window, "calibrate")
    page = window.pages["calibrate"]
    assert (page.redo.words, page.drop.words) == ("Redo point 4", "Skip point 4")
    assert page.redo.isEnabled()


def test_what_the_session_refuses_is_not_shown_as_chosen(window, setup, run):
    def refuse(*_args):
        raise InvalidTransition("not now", state="calibrating", command="start calibration")

    run.controller.set_up_calibration = refuse
    run.controller.allowed = {Command.START_CALIBRATION}
    look(window, "calibrate")
    form = window.pages["calibrate"].form
    form.points.setCurrentText("13")
    assert form.points.currentText() == "9"
    assert setup.plan.calibration.points == 9


@pytest.mark.parametrize("page", ["calibrate", "validate"])
def test_a_calibration_that_was_kept_can_be_chosen_again(window, run, page):
    made = attempt(number=2)
    vars(run.controller).update(
        state=State.CALIBRATED,
        attempts=(attempt(), made),
        selected_attempt=made,
        allowed={Command.SELECT_CALIBRATION},
    )
    look(window, page)
    window.pages[page].attempts.choose("1")
    assert run.controller.given == ["select_calibration"]


def test_eyes_are_shown_where_they_are_and_how_far(qtbot, window, run, bridge, session):
    look(window, "calibrate")
    head = HeadPosition(left_mm=(-40, 180, 640), right_mm=(20, 190, 640), distance_mm=640)
    bridge.post_snapshot(replace(fake.snapshot(), head=head))
    eyes = window.pages["calibrate"].eyes
    qtbot.waitUntil(lambda: eyes._distance_mm == 640)
    left, right = eyes._eyes
    assert left.x_norm < 0.5 < right.x_norm
    assert left.y_norm > right.y_norm  # a head that leans to its left


@pytest.mark.parametrize(
    ("verdict", "state", "tone"),
    [
        ("pass", PageState.DONE, "ok"),
        ("warn", PageState.DONE, "warn"),
        ("fail", PageState.FAILED, "bad"),
    ],
)
def test_the_validation_page_says_its_finding_first(window, run, verdict, state, tone):
    vars(run.controller).update(
        state=State.VALIDATED,
        phase="validate",
        validation=report(verdict),
        validations=(report("fail"), report(verdict)),
        attempts=(attempt(),),
        allowed={Command.START_VALIDATION, Command.START_CALIBRATION},
    )
    word = {"pass": "Good", "warn": "Usable with care", "fail": "Not good enough"}[verdict]
    assert look(window, "validate").startswith(f"{word}: gaze is 0.55° off on average")
    page = window.pages["validate"]
    assert (page.state, page.banner.tone) == (state, tone)
    assert page.table.texts("Worst point") == ["Worst point", "1.28°", "–", "1.0°"]
    assert page.table.texts("Precision, STD") == ["Precision, STD", "0.11°", "0.11°", "–"]
    assert page.points.texts("1 left")[0] == "1 left"
    assert [name.split(" ·")[0] for name in page.history.names] == ["2", "1"], "the newest first"
    said = [page.history.texts(name)[3] for name in page.history.names]
    assert said == [{"pass": "good", "warn": "usable", "fail": "poor"}[verdict], "poor"]


def test_a_failed_validation_moves_no_key_and_enter_does_not_accept_it(qtbot, window, run, session):
    places = {}
    page = window.pages["validate"]
    for verdict in ("warn", "fail"):
        vars(run.controller).update(
            state=State.VALIDATED,
            phase="validate",
            validation=report(verdict),
            attempts=(attempt(),),
            allowed={Command.START_CALIBRATION, Command.START_VALIDATION},
        )
        look(window, "validate")
        shown = [button for button in page.buttons if not button.isHidden()]
        places[verdict] = [(button.words, button.key) for button in shown][:2]
    assert places["warn"] == places["fail"] == [("Calibrate again", "C"), ("Validate again", "V")]
    assert [b.words for b in shown if b.property("role") == "primary"] == ["Calibrate again"]
    QTest.keyClick(window, Qt.Key.Key_Return)
    assert run.controller.given == []
    QTest.keyClick(window, Qt.Key.Key_C)
    assert run.controller.given == ["start_calibration"]
    assert window.current == "validate"
    assert page.accept.isVisible()
    QTest.keyClick(window, Qt.Key.Key_U)
    assert window.current != "validate"


def test_a_chosen_point_shows_all_its_figures(window, run):
    vars(run.controller).update(state=State.VALIDATED, phase="validate", validation=report("warn"))
    look(window, "validate")
    page = window.pages["validate"]
    everywhere = page.table.texts("Accuracy, mean")
    page.view.select(0)
    assert "point 1 left" in page._quality.heading.text()
    assert page.table.texts("Accuracy, mean") != everywhere
    assert page.table.texts("Effective rate, Hz")[1] == "120"
    page.view.select(None)
    assert page.table.texts("Accuracy, mean") == everywhere


@pytest.mark.parametrize(
    ("what", "state"),
    [
        ({"state": State.CALIBRATED, "allowed": {Command.START_VALIDATION}}, PageState.EMPTY),
        (
            {"state": State.VALIDATING, "targets": (fake.point(0, 200, 200), fake.point(1, 500, 500, state="failed"))},
            PageState.WORKING,
        ),
        ({"state": State.PAUSED}, PageState.EMPTY),
        ({"state": State.FAILED, "message": "x"}, PageState.FAILED),
    ],
    ids=["empty", "working", "paused", "failed"],
)
def test_the_validation_page_in_each_other_state(window, run, what, state):
    fake.put(run, what)
    look(window, "validate")
    assert window.pages["validate"].state is state


# A lost tracker


LOST = {
    "state": State.PAUSED,
    "connection": Connection.LOST,
    "notice": Notice(NoticeKind.TRACKER_LOST, "cable pulled"),
}


def reconnection(outcome: ReconnectOutcome, detail: str = "") -> Reconnection:
    return Reconnection(time_s=200.0, outcome=outcome, away_s=12.0, detail=detail)


@pytest.mark.parametrize("page", ["people", "calibrate", "enrol"])
def test_a_lost_tracker_is_told_on_every_page_with_the_offer_to_reconnect(qtbot, window, run, page):
    assert not window.link.isVisible()
    vars(run.controller).update(LOST, allowed={Command.RECONNECT, Command.ABORT})
    window._session._tell_state()
    look(window, page)
    assert "cable pulled" in window.link.banner.text
    assert "on disk" in window.link.banner.text
    qtbot.waitUntil(window.link.findChildren(KeyButton)[-1].isVisible)
    QTest.keyClick(window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    assert run.controller.given == ["reconnect"]
    run.controller.connection = Connection.RECONNECTING
    run.controller.allowed = set()
    window._session._tell_state()
    assert "Connecting" in window.link.banner.text
    assert not any(b.isVisible() for b in window.link.findChildren(KeyButton))


def test_what_came_of_reconnecting_is_told_until_the_session_goes_on(window, run):
    vars(run.controller).update(LOST, allowed={Command.RECONNECT})
    tell = window._session._tell_state
    tell()
    run.controller.reconnection = reconnection(ReconnectOutcome.FAILED, "no answer")
    run.controller.notice = Notice(NoticeKind.RECONNECT_FAILED, "no answer")
    tell()
    assert "no answer" in window.link.banner.text
    assert window.link.findChildren(KeyButton)[-1].words == "Try again"
    vars(run.controller).update(
        connection=Connection.CONNECTED,
        reconnection=reconnection(ReconnectOutcome.RESTORED),
        notice=Notice(NoticeKind.RECONNECTED),
        allowed={Command.RESUME},
    )
    tell()
    assert "connected again" in window.link.banner.text
    assert "away for 12 s" in window.link.banner.text
    assert window.link.banner.tone == "ok"
    run.controller.state = State.RUNNING
    tell()
    assert not window.link.isVisible()


def test_a_tracker_that_forgot_its_calibration_is_calibrated_again(window, run):
    bare = reconnection(ReconnectOutcome.UNCALIBRATED, "never calibrated")
    vars(run.controller).update(LOST, allowed={Command.RECONNECT})
    window._session._tell_state()
    vars(run.controller).update(connection=Connection.CONNECTED, reconnection=bare, allowed={Command.RECALIBRATE})
    window._session._tell_state()
    window.link.findChildren(KeyButton)[-1].click()
    assert run.controller.given == ["recalibrate"]


def test_a_tracker_that_cannot_be_connected_is_waited_for(window, run):
    vars(run.controller).update(LOST, allowed=set())
    window._session._tell_state()
    assert "as soon as it delivers" in window.link.banner.text


# Live


LIVE_STATES = {
    "ready": ({"state": State.VALIDATED, "allowed": {Command.START_TRIALS}}, PageState.EMPTY),
    "working": (
        {
            "state": State.RUNNING,
            "phase": "enrol",
            "step": SessionStep.STIMULUS,
            "left_s": 1.8,
            "exposure": 22,
            "allowed": {Command.PAUSE, Command.RECALIBRATE},
            "progress": progress(22),
        },
        PageState.WORKING,
    ),
    "gate": ({"state": State.RUNNING, "step": SessionStep.GATE, "progress": progress(2)}, PageState.WORKING),
    "break": (
        {"state": State.RUNNING, "step": SessionStep.BREAK, "left_s": 12.0, "allowed": {Command.CONTINUE}},
        PageState.EMPTY,
    ),
    "paused": (
        {"state": State.PAUSED, "notice": Notice(NoticeKind.TRACKER_LOST, "no answer"), "allowed": {Command.RESUME}},
        PageState.EMPTY,
    ),
    "finished": ({"state": State.FINISHED, "n_done": 40, "progress": progress(30, True)}, PageState.DONE),
    "failed": ({"state": State.FAILED, "notice": Notice(NoticeKind.FAILED, "The disk is full.")}, PageState.FAILED),
}


@pytest.mark.parametrize("name", LIVE_STATES)
@pytest.mark.parametrize("page", ["enrol", "overlay"])
def test_the_live_page_in_each_state(window, run, session, bridge, page, name):
    what, state = LIVE_STATES[name]
    fake.put(run, what)
    look(window, page)
    assert window.pages[page].state is state


def show_image(run, session) -> None:
    run.controller.events.tell(StimulusShown(time_s=188.0, trial=22, frame=fake.frame(), onset_kind="swap"))


def test_maps_gaze_and_scores_appear_while_the_image_is_on_screen(qtbot, window, run, session, bridge):
    fake.put(run, LIVE_STATES["working"][0])
    look(window, "enrol")
    show_image(run, session)
    bridge.post_snapshot(fake.snapshot())
    qtbot.waitUntil(lambda: session.snapshot is not None)
    session.take_result(fake.result())
    qtbot.waitUntil(lambda: session.maps.live_scores[1] is not None)
    board = window.pages["enrol"].board
    qtbot.waitUntil(lambda: board.panes["personal"]._figures.text().startswith("CC 0."))
    assert board._layers.personal is not None
    qtbot.waitUntil(lambda: "7 fixations" in board.panes["gaze"]._caption._whole)
    assert window.pages["enrol"].trace.currentIndex() == 0, "loading the library of plots would delay the images"
    session.take_people(People(has_plots=True))
    assert all(window.pages[page].trace.count() == 2 for page in ("enrol", "overlay")), "made before the first image"
    bridge.post_snapshot(fake.snapshot())
    qtbot.waitUntil(lambda: window.pages["enrol"].trace.currentIndex() == 1)
    assert window.status._parts["saved"].text() == "saved 0.2 s ago"
    assert window.steps.step("enrol").figure == "0 / 30"


def test_a_result_of_another_image_is_not_shown(qtbot, window, run, session, bridge):
    fake.put(run, LIVE_STATES["working"][0])
    show_image(run, session)
    session.take_result(fake.result(trial=21))
    qtbot.wait(20)
    assert session.maps.shown.personal is None


def test_space_pauses_and_resumes_and_the_end_is_offered_only_then(window, run):
    fake.put(run, LIVE_STATES["working"][0])
    look(window, "enrol")
    page = window.pages["enrol"]
    assert page.end.isHidden()
    QTest.keyClick(window, Qt.Key.Key_Space)
    vars(run.controller).update(LIVE_STATES["paused"][0])
    look(window, "enrol")
    assert not page.end.isHidden()
    QTest.keyClick(window, Qt.Key.Key_Space)
    asked = []
    window.end_wanted.connect(lambda: asked.append("end"))
    QTest.keyClick(window, Qt.Key.Key_E)
    assert run.controller.given == ["pause", "resume"], "an end is asked about first"
    assert asked == ["end"]


def test_quality_is_no_trap(window, run):
    fake.put(run, LIVE_STATES["working"][0])
    look(window, "quality")
    page = window.pages["quality"]
    QTest.keyClick(window, Qt.Key.Key_Space)
    vars(run.controller).update(LIVE_STATES["paused"][0])
    look(window, "quality")
    QTest.keyClick(window, Qt.Key.Key_Space)
    assert run.controller.given == ["pause", "resume"]
    asked = []
    window.end_wanted.connect(lambda: asked.append("end"))
    assert not page.end.isHidden()
    QTest.keyClick(window, Qt.Key.Key_E)
    assert asked == ["end"]


@pytest.mark.parametrize("page", ["calibrate", "validate"])
def test_space_resumes_a_paused_calibration_and_validation(window, run, page):
    run.controller.state, run.controller.allowed = State.PAUSED, {Command.RESUME}
    assert "Space resumes" in look(window, page)
    QTest.keyClick(window, Qt.Key.Key_Space)
    assert run.controller.given == ["resume"]


def test_drift_is_checked_and_corrected_with_keys(window, run):
    fake.put(run, LIVE_STATES["working"][0])
    run.controller.allowed = {Command.PAUSE, Command.CHECK_DRIFT, Command.CORRECT_DRIFT}
    look(window, "enrol")
    QTest.keyClick(window, Qt.Key.Key_K)
    QTest.keyClick(window, Qt.Key.Key_G)
    assert run.controller.given == ["check_drift", "correct_drift"]


def test_escape_pauses_from_the_participants_window_too(window, run):
    fake.put(run, LIVE_STATES["working"][0])
    look(window, "enrol")
    assert window.press("Escape")
    assert run.controller.given == ["pause"]
    assert not window.press("Z")


def test_digits_choose_how_maps_are_compared(window, run):
    look(window, "overlay")
    board = window.pages["overlay"].board
    for key, mode in ((Qt.Key.Key_3, "flicker"), (Qt.Key.Key_4, "contour"), (Qt.Key.Key_1, "side by side")):
        QTest.keyClick(window, key)
        assert board.mode == mode


def test_a_refused_command_is_told_and_changes_nothing(qtbot, window, run, session):
    def refuse(*_args, **_options):
        raise InvalidTransition("not now", state="running", command="pause")

    vars(run.controller).update(LIVE_STATES["working"][0], pause=refuse)
    look(window, "enrol")
    with qtbot.waitSignal(session.refused) as told:
        QTest.keyClick(window, Qt.Key.Key_Space)
    assert told.args == ["not now"]


def test_a_full_disk_ends_the_session_and_says_so(qtbot, window, run, session):
    with qtbot.waitSignal(session.refused):
        run.fail_with = DiskFull("session.sqlite: no space left on this disk")
    assert run.controller.state is State.FAILED
    assert "no space left" in look(window, "enrol")


# Results and export


def finish_trials(qtbot, run, session, bridge, n: int = 10) -> None:
    for k in range(n):
        session.take_result(fake.result(trial=k, number=k, final=True))
        run.trials.append(fake.trial(k))
    qtbot.waitUntil(lambda: len(session.maps.trials) == n and all(t.personal for t in session.maps.trials))


def test_results_say_on_how_many_images_the_personal_map_was_better(qtbot, window, run, session, bridge):
    run.controller.state = State.FINISHED
    assert "Nothing was recorded" in look(window, "results")
    finish_trials(qtbot, run, session, bridge)
    text = look(window, "results")
    page = window.pages["results"]
    assert "on 10 of 10 images. The embedding was not learnt from them." in text
    assert page.state is PageState.DONE
    assert page.scores.texts("CC")[1] != "–"
    window.open_page("export")
    window.open_page("results")
    QTest.keyClick(window, Qt.Key.Key_P)
    assert page.board.panes["gaze"]._figures.text() == "image 9 of 10"
    QTest.keyClick(window, Qt.Key.Key_Return)
    assert window.current == "export"


def test_an_interrupted_image_is_not_among_the_results(qtbot, window, run, session, bridge):
    finish_trials(qtbot, run, session, bridge, n=3)
    run.trials += [replace(fake.trial(4), timing={"interrupted": True}, fixations=()), fake.trial(5)]
    qtbot.waitUntil(lambda: session.maps.trials[-1].trial == 5)
    look(window, "results")
    page = window.pages["results"]
    assert page.facts.texts("Images viewed")[1] == "4 / 40"
    assert page.board.panes["gaze"]._figures.text() == "image 4 of 4"


def test_a_resumed_session_counts_all_its_images_and_says_how_many_are_shown(qtbot, window, run, session, bridge):
    run.controller.n_done, run.controller.n_trials = 4, 8
    session.attach(run, "P-017")
    finish_trials(qtbot, run, session, bridge, n=4)
    look(window, "results")
    facts = window.pages["results"].facts
    assert facts.texts("Images viewed")[1] == "8 / 8"
    assert facts.texts("Images since it was resumed")[1] == "4"
    run.controller.n_done = 0
    session.attach(run, "P-017")
    window.pages["results"].refresh()
    assert facts.texts("Images viewed")[1] == "0 / 8"
    assert not facts._rows["Images since it was resumed"][0].isVisible()


def test_a_trial_that_is_over_keeps_small_maps_and_no_picture(qtbot, window, run, session, bridge):
    finish_trials(qtbot, run, session, bridge, n=3)
    session.take_result(fake.result(trial=1, number=9))  # an answer that comes too late to matter
    for trial in session.maps.trials:
        kept = [
            trial.maps.image_rgb,
            trial.maps.universal,
            trial.maps.personal,
            trial.maps.discrepancy,
        ]
        assert sum(values.nbytes for values in kept if values is not None) < 700_000
        assert all(values.base is None for values in kept if values is not None)
    assert not session.maps._results
    painted = session.maps.maps_of(session.maps.trials[0])
    assert painted.image_rgb is run.image
    np.testing.assert_array_equal(painted.discrepancy, painted.personal - painted.universal)


def test_networks_that_cannot_be_loaded_are_told_with_what_to_do(qtbot, window, run, session):
    run.controller.state = State.FINISHED
    look(window, "results")
    with qtbot.waitSignal(session.refused):
        run.inference.failures = ("embedding.safetensors: damaged",)
    run.trials.append(fake.trial(0))
    qtbot.waitUntil(lambda: len(session.maps.trials) == 1)
    assert "damaged" in look(window, "results")
    assert window.pages["results"].state is PageState.FAILED


def test_few_images_are_called_too_few(qtbot, window, run, session, bridge):
    run.controller.state = State.FINISHED
    look(window, "results")
    finish_trials(qtbot, run, session, bridge, n=3)
    assert "too few" in look(window, "results")


def test_there_is_nothing_to_export_without_a_session(qtbot, window, setup):
    assert "no session" in look(window, "export")
    assert not window.pages["export"].go.isEnabled()


def test_what_can_tell_people_apart_is_exported_only_when_it_is_ticked(window, monkeypatch, tmp_path):
    page, asked = window.pages["export"], []
    monkeypatch.setattr(page._model, "start", asked.append)
    page.dest.setText(str(tmp_path / "out"))
    page._start()
    page.eye_images.setChecked(True)
    page._start()
    assert [(r.include_embeddings, r.include_eye_images) for r in asked] == [
        (False, False),
        (False, True),
    ]


def test_a_destination_that_holds_files_is_asked_about(qtbot, window, setup, tmp_path):
    with Study.create(tmp_path / "study") as study:
        study.add_participant("P-001")
        study.record_consent("P-001")
        study.new_session("P-001", "plan")
    setup.study.reload()
    qtbot.waitUntil(lambda: bool(setup.study.rows))
    look(window, "export")
    page = window.pages["export"]
    dest = tmp_path / "export"
    dest.mkdir()
    (dest / "mine.txt").write_text("keep")
    page.dest.setText(str(dest))
    QTest.keyClick(window, Qt.Key.Key_Return)
    assert page.state is PageState.WORKING
    qtbot.waitUntil(lambda: page.dialog is not None)
    assert "holds files already" in page.dialog.windowTitle()
    page.dialog.reject()
    assert sorted(path.name for path in dest.iterdir()) == ["mine.txt"], "nothing without an answer"
    page.list.choose("xdf")  # another format, the same folder
    page.go.click()
    qtbot.waitUntil(lambda: page.dialog is not None)
    page.dialog.buttons["Export into export-2"].click()
    qtbot.waitUntil(lambda: page.state is PageState.DONE)
    assert any((tmp_path / "export-2").rglob("*.xdf"))
    page.dest.setText(str(dest))
    page.go.click()
    qtbot.waitUntil(lambda: page.dialog is not None)
    page.dialog.buttons["Replace files of the same name"].click()
    qtbot.waitUntil(lambda: page.state is PageState.DONE)
    assert (dest / "mine.txt").read_text() == "keep"
    assert any(dest.rglob("*.xdf"))


# The frame


def test_alt_and_a_number_open_every_page(window):
    way = [key for key in PLACES["record"] if key not in SIDE_PAGES]
    for n, key in enumerate(way, start=1):
        QTest.keyClick(window, Qt.Key(Qt.Key.Key_0 + n), Qt.KeyboardModifier.AltModifier)
        assert window.current == key
    for n, place in enumerate(PLACES, start=1):
        QTest.keyClick(window, Qt.Key(Qt.Key.Key_0 + n), Qt.KeyboardModifier.ControlModifier)
        assert window.place == place
    for n in (1, 3, 1):  # also with the keyboard on the participant's window
        assert window.press(f"Alt+{n}")
        assert window.current == way[n - 1]


def test_keys_are_shown_for_the_page_that_is_open(window):
    look(window, "screens")
    assert window.status._keys.text() == "I Identify screens · ⏎ Use these screens · F1 help"


@pytest.mark.parametrize(
    "page", ["people", "design", "analyse", "tracker", "screens", "calibrate", "validate", "enrol", "results", "export"]
)
def test_tab_reaches_every_control_of_a_page(qtbot, window, run, page):
    window.open_page(page)
    window.activateWindow()
    reached = set()
    for _ in range(60):
        focused = QApplication.focusWidget()
        if focused in reached:
            break
        reached.add(focused)
        QTest.keyClick(focused or window, Qt.Key.Key_Tab)
    wanted = {b for b in window.pages[page].buttons if b.isEnabled() and b.isVisible()}
    assert wanted <= reached


def test_both_colour_schemes_can_be_changed_while_running(window, run, bridge, dark):
    fake.put(run, LIVE_STATES["working"][0])
    look(window, "enrol")
    before = window.grab().toImage()
    QTest.keyClick(window, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    after = window.grab().toImage()
    assert before.pixelColor(300, 60) != after.pixelColor(300, 60)


def test_closing_the_window_is_told_once(qtbot, window, run, session):
    with qtbot.waitSignal(window.close_wanted):
        assert not window.close(), "a session that runs is ended only by somebody who was asked"
    assert not run.is_closed
    window.closes_unasked = True
    with qtbot.waitSignal(window.closing):
        window.close()
    session.detach()
    assert run.is_closed


def test_phases_the_plan_leaves_out_are_passed_over(window, setup):
    setup.plan = replace(setup.plan, phases=("enrol",))
    window.open_page("screens")
    window.open_next()
    assert window.current == "enrol"


def test_the_maps_keep_their_size_from_image_to_image(window, run, session):
    run.controller.state = State.RUNNING
    window.open_page("enrol")
    page = window.pages["enrol"]
    sizes = set()
    for step in (SessionStep.CROSS, SessionStep.GATE, SessionStep.STIMULUS, SessionStep.BLANK):
        run.controller.step = step
        page.refresh()
        window.grab()
        sizes.add(page.board.size().toTuple())
        assert page.state is PageState.WORKING
    assert len(sizes) == 1


@pytest.mark.parametrize(
    ("identity", "words", "said"),
    [
        (Identity.ONE, "About 9 more images", "yes"),
        (Identity.OPEN, "About 9 more images", "not sure yet"),
        (Identity.TWO, "the gaze of two people", "no"),
        (Identity.OTHER, "another person's than that of the earlier sessions", "no"),
    ],
)
def test_whose_gaze_it_is_is_said_and_two_people_are_never_green(window, run, identity, words, said):
    run.progress = progress(12, identity=identity, one_person=3.0)
    look(window, "enrol")
    page = window.pages["enrol"]
    assert words in page.embedding._stable.text()
    assert page.embedding.trust.texts("Gaze of one person")[1] == said
    is_green = page.embedding.trust._rows["Split-half agreement"][1][1].property("tone") == "ok"
    assert is_green == (identity is Identity.ONE)
