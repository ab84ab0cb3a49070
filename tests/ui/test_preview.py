"""The look at a tracker before the session."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from gazeapp.devices.lsl import stream_choice
from gazeapp.devices.lsl.channels import recognise_layout
from gazeapp.devices.lsl.inlet import Channel, StreamDescription
from gazeapp.devices.tobii.tracker import TobiiTracker
from gazeapp.devices.tracker import TrackerNotice
from gazeapp.errors import Unsupported
from gazeapp.gaze.samples import GazeSamples
from gazeapp.ui.models.preview_model import PreviewModel
from gazeapp.ui.models.tracker_choice import TrackerChoice
from gazeapp.ui.widgets.track_status import head_eyes
from tests.devices.test_tobii import DISPLAY, child, here
from tests.ui import fake_session as fake

pytestmark = pytest.mark.slow

STREAM = StreamDescription(
    name="Pupil",
    kind="Gaze",
    source_id="pupil-1",
    uid="u",
    hostname="",
    rate_hz=120.0,
    is_numeric=True,
    manufacturer="Pupil Labs",
    model="",
    serial="",
    display_px=None,
    channels=tuple(
        Channel(label=name, kind="", unit="normalized", eye="both")
        for name in ("confidence", "norm_pos_x", "norm_pos_y")
    ),
)
CHOICE = TrackerChoice(key="lsl/Pupil", backend="lsl", name="Pupil", options={"stream": "pupil-1"})


class FakeStream:
    """A tracker that delivers when the test says so."""

    def __init__(self, options) -> None:
        self.stream = STREAM
        self.layout = recognise_layout(STREAM, **{k: v for k, v in options.items() if k != "stream"})
        self.unit = self.layout.unit
        self.info = SimpleNamespace(name="Pupil")
        self.is_closed = False

    def start(self, sink, on_problem) -> None:
        self.sink, self.on_problem = sink, on_problem

    def look_at(self, x_px: float, y_px: float, n: int = 60) -> None:
        gaze = np.full((n, 2), (x_px, y_px), dtype=float)
        gaze[:6] = np.nan
        origin = np.full((n, 3), (-30.0, 180.0, 640.0))
        self.sink(
            GazeSamples.build(
                np.arange(n) / 120,
                eyes="binocular",
                left_px=gaze,
                right_px=gaze,
                left_origin_mm=origin,
                right_origin_mm=origin + np.array([60.0, 0.0, 0.0]),
            )
        )

    def stop(self) -> None: ...

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def opened():
    return []


@pytest.fixture
def preview(bridge, opened, monkeypatch, tmp_path):
    monkeypatch.setattr(stream_choice, "_path", lambda: tmp_path / "sources.json")

    def open_tracker(choice, _display, _clock):
        said = {k: v for k, v in choice.options.items() if k != "stream"}
        stream_choice.remember(STREAM.source_id, said)  # as the LSL backend does
        opened.append(FakeStream({**stream_choice.recall(STREAM.source_id), **said}))
        return opened[-1]

    made = PreviewModel(bridge, open_tracker)
    yield made
    made.stop()


@pytest.fixture
def watching(qtbot, preview):
    preview.show(CHOICE, fake.DISPLAY)
    assert preview.is_opening
    qtbot.waitUntil(lambda: preview.is_open)
    return preview


def test_gaze_rate_loss_and_eyes_are_seen_before_the_session(watching, opened):
    opened[0].look_at(300, 200)
    look = watching.look()
    assert tuple(look.trail_px[-1]) == (300, 200)
    assert look.rate_hz == pytest.approx(120)
    assert look.loss == pytest.approx(0.1)
    assert look.head.distance_mm == pytest.approx(640)
    left, right = head_eyes(look.head)
    assert left.x_norm < right.x_norm


def test_what_is_said_of_a_source_is_remembered_and_can_be_taken_back(qtbot, watching, opened):
    assert watching.explained.layout.origin == "bottom-left"
    watching.read_as({"origin": "top-left", "unit": "", "columns": ""})
    qtbot.waitUntil(lambda: len(opened) == 2 and watching.is_open)
    assert opened[0].is_closed
    assert watching.explained.layout.origin == "top-left"
    assert watching.remembered == {"origin": "top-left"}
    watching.read_as({})
    qtbot.waitUntil(lambda: len(opened) == 3 and watching.is_open)
    assert watching.explained.layout.origin == "bottom-left"
    assert watching.remembered == {}


def test_columns_that_cannot_be_are_told_and_not_kept(qtbot, watching, opened):
    watching.read_as({"columns": "left_x:7"})
    qtbot.waitUntil(lambda: watching.is_open)
    assert "left_x:7" in watching.problem
    assert watching.remembered == {}
    assert watching.explained.layout.found_by == "label"


def test_nothing_is_opened_again_for_what_is_known_already(watching, opened):
    watching.read_as({"unit": "", "origin": "", "columns": ""})
    watching.show(CHOICE, fake.DISPLAY)
    assert len(opened) == 1


def test_the_tracker_is_free_once_nobody_looks(watching, opened):
    watching.show(None, fake.DISPLAY)
    watching.wait_closed(5)
    assert opened[0].is_closed
    assert not watching.is_open


def test_a_tracker_that_opens_too_late_is_closed(qtbot, preview, opened):
    preview.show(CHOICE, fake.DISPLAY)
    preview.show(None, fake.DISPLAY)
    qtbot.waitUntil(lambda: bool(opened) and opened[0].is_closed)
    assert not preview.is_open


def test_contradictions_of_values_and_description_are_told(qtbot, watching, opened):
    opened[0].on_problem(TrackerNotice(time_s=0.0, kind="units", message="its values look normalised"))
    qtbot.waitUntil(lambda: watching.notes == ("its values look normalised",))


def test_a_mouse_needs_no_look(preview, opened):
    preview.show(TrackerChoice(key="mouse", backend="simulated", name="Mouse"), fake.DISPLAY)
    assert not preview.is_opening
    assert opened == []


def test_a_webcam_is_looked_through_with_the_estimator_of_its_options(qtbot, bridge, opened, monkeypatch):
    asked = []

    def open_tracker(backend, *, options, context, **_):
        asked.append((backend, dict(options), context.point_cm))
        opened.append(FakeStream({}))
        return opened[-1]

    monkeypatch.setattr("gazeapp.runtime.open_tracker.load_point_estimator", lambda path: path.name)
    monkeypatch.setattr("gazeapp.runtime.open_tracker.open_tracker", open_tracker)
    made = PreviewModel(bridge)
    options = {"weights": "runs/gaze", "camera_y_mm": "-5"}
    made.show(TrackerChoice(key="webcam", backend="webcam", name="Webcam", options=options), fake.DISPLAY)
    qtbot.waitUntil(lambda: made.is_open)
    assert asked == [("webcam", {"camera_y_mm": "-5"}, "gaze")]
    made.stop()


def test_weights_that_are_no_estimator_are_told_before_the_session(qtbot, bridge, tmp_path):
    made = PreviewModel(bridge)
    options = {"weights": str(tmp_path / "none")}
    made.show(TrackerChoice(key="webcam", backend="webcam", name="Webcam", options=options), fake.DISPLAY)
    qtbot.waitUntil(lambda: bool(made.problem), timeout=20_000)
    assert str(tmp_path / "none") in made.problem
    made.stop()


def test_the_tracker_page_shows_dot_and_mapping_and_takes_corrections(
    qtbot, window, setup, preview, opened, monkeypatch
):
    monkeypatch.setattr(setup.preview, "_open", preview._open)
    window.open_page("tracker")
    page = window.pages["tracker"]
    setup.choose_tracker(CHOICE)
    qtbot.waitUntil(lambda: setup.preview.is_open)
    opened[0].look_at(960, 540)
    qtbot.waitUntil(lambda: page.dot.dot_px == (960, 540))
    form = page.layout_form
    assert form.origin.currentText() == "automatic: bottom left"
    assert "norm_pos_x" in form.found.text()
    window.resize(1366, 768)
    qtbot.wait(20)
    assert page.minimumSizeHint().height() <= page.height(), "nothing lies on anything else"
    assert form.height() >= form.minimumSizeHint().height()
    form.origin.setCurrentIndex(form.origin.findData("top-left"))
    qtbot.waitUntil(lambda: len(opened) == 2 and setup.preview.is_open)
    assert setup.preview.remembered == {"origin": "top-left"}
    assert page.layout_form.automatic.isVisible()
    window.open_page("screens")
    setup.preview.wait_closed(5)
    assert opened[1].is_closed


def test_a_tracker_that_cannot_be_opened_says_why_and_can_be_chosen_all_the_same(qtbot, window, setup):
    window.open_page("tracker")
    setup.choose_tracker(CHOICE)
    qtbot.waitUntil(lambda: bool(setup.preview.problem))
    page = window.pages["tracker"]
    assert "does not answer" in page._notes.text()
    assert page.go.isEnabled()


def test_an_error_of_the_dialect_is_one_of_ours():
    with pytest.raises(Unsupported):
        recognise_layout(STREAM, columns="left_x:7")


@pytest.mark.parametrize("backend", [here, child], ids=["here", "child"])
def test_the_eyes_before_a_tobii_tracker_are_seen_where_its_own_guide_puts_them(qtbot, bridge, backend):
    made = PreviewModel(bridge, lambda _choice, display, clock: TobiiTracker(backend, "tet-tcp://fake", clock, display))
    choice = TrackerChoice(key="tobii/Fake", backend="tobii", name="Fake")
    try:
        made.show(choice, DISPLAY)

        def sees_it_all():
            look = made.look()
            if look.head is None or not look.rate_hz > 0:
                return False
            return np.isfinite([*look.head.left_guide, look.head.distance_mm]).all()

        qtbot.waitUntil(sees_it_all, timeout=15000)
        look = made.look()
        assert look.head.left_guide == (0.4, 0.5, 0.6)
        assert not np.isfinite(look.head.right_guide).any(), "its guide does not see this eye"
        left, _ = head_eyes(look.head)
        assert (left.x_norm, left.y_norm) == (0.6, 0.5), "as in a mirror"
        assert look.head.distance_mm == pytest.approx(640)
        assert look.rate_hz == pytest.approx(600, rel=0.05)
        assert not made.problem
    finally:
        made.stop()
        made.wait_closed(10)


def test_a_stream_that_is_not_understood_can_be_named_by_hand(qtbot, bridge, monkeypatch, tmp_path):
    monkeypatch.setattr(stream_choice, "_path", lambda: tmp_path / "sources.json")
    odd = dataclasses.replace(
        STREAM, channels=tuple(Channel(label=name) for name in ("horizontal", "vertical_thing", "q"))
    )
    opened = []

    def open_tracker(choice, _display, _clock):
        said = {k: v for k, v in choice.options.items() if k != "stream"}
        stream_choice.remember(odd.source_id, said)
        try:
            layout = recognise_layout(odd, **{**stream_choice.recall(odd.source_id), **said})
        except Unsupported as error:
            raise Unsupported(error.message, stream=odd) from error
        tracker = FakeStream({})
        tracker.stream, tracker.layout = odd, layout
        opened.append(tracker)
        return tracker

    preview = PreviewModel(bridge, open_tracker)
    preview.show(CHOICE, fake.DISPLAY)
    qtbot.waitUntil(lambda: bool(preview.problem))
    assert "horizontal" in preview.problem
    assert preview.stream is odd
    preview.read_as({"columns": "x:0,y:2", "unit": "pixels"})
    qtbot.waitUntil(lambda: preview.is_open)
    assert opened[0].layout.columns == {"left_x": 0, "left_y": 2}
    assert preview.remembered == {"columns": "x:0,y:2", "unit": "pixels"}
    preview.stop()
