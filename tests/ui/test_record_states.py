"""What the pages of Record say in each state of one session: no contradiction, no jump, always a way on."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from gazeapp.experiment.notice import Notice, NoticeKind
from gazeapp.experiment.state import Command, State
from gazeapp.saliency import colors
from gazeapp.ui.screens import list_screens
from gazeapp.ui.widgets.quality_plot import clock_axis
from tests.ui import fake_session as fake
from tests.ui.window_states import STATES, put_state


@pytest.fixture(autouse=True)
def _same_screen():
    """A story looks at the screen that was chosen; other tests have their own."""
    before = fake.DISPLAY
    yield
    fake.look_at(before)


@pytest.fixture
def put(window, run, session, bridge):
    return lambda name: window.pages[put_state(window, run, session, bridge, name)]


def keys(window) -> str:
    return window.status._keys.text()


@pytest.mark.slow
def test_the_maps_stand_still_whatever_there_is_to_say(window, put):
    places = {}
    for name in ("ready", "working", "gate", "break", "paused", "finished", "failed"):
        page = put(f"enrol {name}")
        places[name] = (page.board.geometry().getRect(), page.board.panes["gaze"].geometry().getRect())
        assert page.banner.text, "every state has its sentence"
    assert len(set(places.values())) == 1, places


def test_each_phase_counts_its_own_images(window, put):
    put("calibrate")
    assert [(window.steps.step(key).state, window.steps.step(key).figure) for key in ("enrol", "overlay")] == [
        ("locked", ""),
        ("locked", ""),
    ]
    page = put("enrol working")
    assert window.steps.step("enrol").figure == "22 / 30"
    assert "image 23 of 30" in page.banner.text
    put("overlay")
    assert [(window.steps.step(key).state, window.steps.step(key).figure) for key in ("enrol", "overlay")] == [
        ("done", "30 / 30"),
        ("working", "6 / 10"),
    ]
    assert "Ready: 30 images." in put("enrol ready").banner.text


def test_earlier_steps_stay_ticked_while_images_are_viewed(window, put):
    put("enrol working")
    assert {window.steps.step(key).state for key in ("tracker", "screens", "calibrate", "validate")} == {"done"}
    put("calibration failed")
    assert window.steps.step("calibrate").state == "failed"


@pytest.mark.parametrize("name", ["lost", "enrol away"])
def test_a_lost_tracker_offers_what_works_and_nothing_else(window, put, name):
    page = put(name)
    assert "Space" not in page.banner.text or not page.banner.isVisible()
    assert keys(window).count("Ctrl+R Reconnect") == 1
    assert "Resume" not in keys(window)
    assert window.status._dot._tone == "bad", "nothing flows"


def test_a_pause_without_focus_does_not_say_that_space_resumes(window, run, put):
    page = put("enrol paused")
    assert "Space resumes" in page.banner.text
    run.controller.notice, run.controller.allowed = Notice(NoticeKind.FOCUS_LOST), {Command.ABORT}
    page.refresh()
    assert "click it, then resume" in page.banner.text
    assert "Space" not in page.banner.text
    assert page.pause.property("role") == ""


@pytest.mark.parametrize("name", ["calibrating", "validating"])
def test_a_calibration_is_paused_by_a_button_with_its_key(window, run, put, name):
    put(name)
    assert "Space Pause" in keys(window)
    QTest.keyClick(window, Qt.Key.Key_Space)
    assert run.controller.given == ["pause"]


@pytest.mark.parametrize("name", ["tracker", "screens", "universal"])
def test_pages_without_a_pause_button_say_that_escape_pauses(window, run, put, name):
    put(name)
    assert "Esc pauses" in keys(window)
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert run.controller.given == ["pause"]


def test_a_failed_calibration_leads_on(window, run, put):
    page = put("calibration failed")
    assert "calibrate again" in page.banner.text
    shown = [button.words for button in page.buttons if not button.isHidden()]
    assert shown == ["Start calibration"]
    assert page.go.isEnabled()
    assert page.form.isEnabled()


def test_a_failed_session_says_how_to_go_on(window, put):
    page = put("enrol failed")
    assert "continue the session from People (Ctrl+1)" in page.banner.text
    assert window.top.recording.accessibleName() == "Failed · storing …"
    assert window.steps.step("enrol").state == "warn"


def test_the_recording_is_told_in_short_where_there_is_no_room(window, put):
    put("validated")
    window.resize(1366, 768)
    window.grab()
    assert window.top.recording.isVisible()
    assert window.top.recording._text.text() in ("Recording 01:05", "01:05")
    window.resize(1920, 1080)
    window.grab()
    assert window.top.recording._text.text() == "Recording 01:05"


@pytest.mark.slow
def test_one_primary_action_in_every_state(window, put):
    for name, (page, _stands) in STATES.items():
        if page in ("people", "export", "design", "analyse"):
            continue
        shown = [b for b in put(name).buttons if not b.isHidden() and b.property("role") == "primary"]
        assert len(shown) <= 1, (name, [b.words for b in shown])


def test_the_screens_page_speaks_of_one_screen_where_there_is_one(window, setup):
    setup.show_screens(list_screens()[:1])
    page = window.pages["screens"]
    window._current = "screens"
    page.show()
    page.refresh()
    assert page.go.words == "Use this screen"
    assert page.identify_button.isHidden()
    setup.show_screens(list_screens())
    page.refresh()
    assert page.go.words == "Use these screens"


def test_a_model_that_is_in_use_is_loaded_not_tried(window, setup):
    page = window.pages["universal"]
    setup.universal.is_trying = True
    page.refresh()
    assert page.banner.text.startswith("Loading the shipped network")


def test_a_legend_has_the_colours_that_the_maps_mix_into_the_image():
    reach = np.linspace(-1.0, 1.0, 255)[None]
    painted = colors.difference_rgba(reach, vmax=1.0)[0, :, :3].astype(int)
    told = colors.legend_rgba("difference", 255, 1)[0]
    assert np.abs(told[:, :3].astype(int) - painted).max() <= 3
    assert (told[:, 3] == 255).all()
    assert told[127, :3].min() > 240, "white where there is no difference"
    painted = colors.overlay_rgba(np.linspace(0, 1, 256)[None])[0, :, :3]
    np.testing.assert_array_equal(colors.legend_rgba("density", 256, 1)[0, :, :3], painted)


def test_times_of_a_plot_are_told_as_everywhere_else(qapp):
    pyqtgraph = pytest.importorskip("pyqtgraph")
    axis = clock_axis(pyqtgraph)
    assert axis.tickSpacing(0, 192, 700) == [(30, 0.0)]
    assert axis.tickStrings([0, 90, 180], 1, 30) == ["00:00", "01:30", "03:00"]


@pytest.mark.slow
def test_the_plot_shows_the_whole_session_from_the_first_look(qtbot, window, run, session, put):
    put("quality")
    page = window.pages["quality"]
    qtbot.waitUntil(lambda: page.plot is not None, timeout=30_000)
    (low, high), _ = page.plot._plots["loss"].viewRange()
    assert low < 3
    assert 185 < high < 200
    page.plot._plots["offset"].setXRange(50, 60)
    run.controller.state = State.FINISHED  # nothing follows any more
    page.whole.click()
    (low, high), _ = page.plot._plots["loss"].viewRange()
    assert low < 3
    assert high > 185
