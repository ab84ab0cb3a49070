from __future__ import annotations

import os

import cv2
import numpy as np
import pytest

from gazeapp.camera.cascades import CascadeFinder, has_cascades
from gazeapp.camera.eye_crops import EyeCrops
from gazeapp.camera.source import open_camera
from gazeapp.devices.discovery import TrackerContext, open_tracker
from gazeapp.devices.tracker import Reconnectable
from gazeapp.devices.webcam import tracker as webcam
from gazeapp.devices.webcam.estimators import pupil_estimator, pupil_offset, screen_estimator
from gazeapp.devices.webcam.tracker import WebcamTracker
from gazeapp.errors import BackendUnavailable, ConnectionLost, UnavailableReason, UnreadableImage, Unsupported
from gazeapp.gaze.clock import ManualClock, MonotonicClock
from gazeapp.gaze.display import Display
from tests.contracts.tracker_contract import Collector, TrackerContract
from tests.devices.problem_log import ProblemLog

pytestmark = pytest.mark.slow

DISPLAY = Display(width_px=1920, height_px=1080, width_mm=531, height_mm=299, distance_mm=650)
LEFT, RIGHT = (150, 60, 60, 60), (50, 60, 60, 60)


def draw_face(iris_x=0.0, iris_y=0.0):
    """A flat face with two eyes whose irises are shifted by a share of the eye's half width."""
    frame = np.full((200, 260, 3), 190, np.uint8)
    for left, top, width, height in (LEFT, RIGHT):
        centre = (left + width // 2, top + height // 2)
        cv2.ellipse(frame, centre, (26, 14), 0, 0, 360, (245, 245, 245), -1)
        iris = (round(centre[0] + iris_x * width / 2), round(centre[1] + iris_y * height / 2))
        cv2.circle(frame, iris, 8, (40, 30, 20), -1)
    return frame


def find_drawn_eyes(frame):
    return EyeCrops(frame_rgb=frame, left_px=(180.0, 90.0), right_px=(80.0, 90.0))


class DrawnFinder:
    """The same as something with a name."""

    name = "hand"

    def __call__(self, frame):
        return find_drawn_eyes(frame)


class DrawnCamera:
    """Frames as fast as they are asked for; some of them missing."""

    rate_hz = 30.0

    def __init__(self, missing=()):
        self._n = 0
        self._missing = missing
        self.is_open = True

    def read(self):
        self._n += 1
        return None if self._n in self._missing else draw_face()

    def close(self):
        self.is_open = False


class TestWebcam(TrackerContract):
    @pytest.fixture
    def tracker(self):
        tracker = WebcamTracker(DrawnCamera(), find_drawn_eyes, pupil_estimator(DISPLAY), MonotonicClock())
        yield tracker
        tracker.close()


class TestVideo(TrackerContract):
    @pytest.fixture
    def tracker(self):
        file = DrawnCamera()
        tracker = WebcamTracker(file, find_drawn_eyes, pupil_estimator(DISPLAY), MonotonicClock(), file=file)
        yield tracker
        tracker.close()


def test_every_frame_of_a_video_has_its_own_time_however_fast_it_is_played():
    file, clock, collector = DrawnCamera(missing=(61,)), ManualClock(5.0), Collector(1)
    tracker = WebcamTracker(file, find_drawn_eyes, pupil_estimator(DISPLAY), clock, file=file)
    tracker.start_stepped(collector.take, collector.problems.append)
    for now_s in (5.5, 5.6, 9.0):
        tracker.advance(now_s)
    assert collector.samples.time_s == pytest.approx(5.0 + np.arange(60) / 30)
    assert [problem.kind for problem in collector.problems] == ["lost"]
    tracker.close()


def test_the_time_of_a_camera_cannot_be_driven():
    tracker = WebcamTracker(DrawnCamera(), find_drawn_eyes, pupil_estimator(DISPLAY), ManualClock())
    with pytest.raises(Unsupported):
        tracker.start_stepped(print, print)
    tracker.close()


def test_an_iris_in_the_middle_looks_at_the_middle_and_others_beside_it():
    estimate = pupil_estimator(DISPLAY)
    middle = estimate(find_drawn_eyes(draw_face()))
    assert middle == pytest.approx((960, 540), abs=60)
    # the camera faces the person: an iris further right in the frame looks further left on the screen
    assert estimate(find_drawn_eyes(draw_face(iris_x=0.2)))[0] < middle[0] - 200
    assert estimate(find_drawn_eyes(draw_face(iris_x=-0.2)))[0] > middle[0] + 200
    assert estimate(find_drawn_eyes(draw_face(iris_y=0.12)))[1] > middle[1] + 50


@pytest.mark.parametrize("shift", [-0.2, 0.0, 0.2], ids=str)
def test_the_iris_is_found_to_a_twentieth_of_the_box(shift):
    left, top, width, height = LEFT
    gray = cv2.cvtColor(draw_face(iris_x=shift), cv2.COLOR_RGB2GRAY)
    x, _ = pupil_offset(gray[top : top + height, left : left + width])
    assert x == pytest.approx(shift, abs=0.1)


def test_without_a_face_gaze_is_missing_not_made_up():
    tracker = WebcamTracker(DrawnCamera(), lambda _: None, pupil_estimator(DISPLAY), MonotonicClock())
    collector = Collector(5)
    tracker.start(collector.take, lambda _: None)
    collector.wait()
    tracker.close()
    assert not collector.samples.left_valid.any()


def test_a_camera_that_falls_silent_is_lost_and_restored():
    camera = DrawnCamera(missing=range(5, 20))
    tracker = WebcamTracker(camera, find_drawn_eyes, pupil_estimator(DISPLAY), MonotonicClock())
    problems = ProblemLog()
    tracker.start(lambda _: None, problems.take)
    problems.wait_for("restored")
    tracker.close()
    assert problems.kinds == ["lost", "restored"]
    assert not camera.is_open


def test_an_unplugged_camera_is_opened_again_on_request():
    cameras = [DrawnCamera(missing=range(5, 10**6)), None, DrawnCamera()]

    def reopen():
        camera = cameras.pop(0)
        if camera is None:
            raise BackendUnavailable("camera 0 cannot be opened: connect a webcam")
        return camera

    first = cameras.pop(0)
    tracker = WebcamTracker(first, find_drawn_eyes, pupil_estimator(DISPLAY), MonotonicClock(), reopen=reopen)
    assert isinstance(tracker, Reconnectable)
    problems, collector = ProblemLog(), Collector(8)
    tracker.start(collector.take, problems.take)
    problems.wait_for("lost")
    assert not tracker.is_connected
    with pytest.raises(ConnectionLost, match="connect a webcam"):
        tracker.reconnect()
    tracker.reconnect()
    assert tracker.is_connected
    collector.wait()
    tracker.close()
    assert problems.kinds == ["lost", "restored"]
    assert not first.is_open


def test_no_camera_or_no_cascades_is_a_reason_not_a_crash(monkeypatch):
    monkeypatch.setattr(webcam, "_cameras", list)
    row = webcam.availability()
    assert not row.ok
    assert row.reason in (UnavailableReason.NO_DEVICE, UnavailableReason.LIBRARY_MISSING)
    assert row.hint
    with pytest.raises(BackendUnavailable):
        open_tracker("webcam", clock=MonotonicClock(), display=DISPLAY, options={"camera": "99"})


def test_centimetres_from_the_camera_become_pixels_of_the_screen():
    crops = find_drawn_eyes(draw_face())
    at = screen_estimator(lambda _: (5.31, 15.95), (0.0, -10.0))(DISPLAY)(crops)
    assert at == pytest.approx((1152, 540))
    beside = screen_estimator(lambda _: (0.0, 1.0), (-265.5, -10.0))(DISPLAY)(crops)
    assert beside == pytest.approx((0, 0))


def test_an_estimator_from_outside_takes_the_place_of_the_irises(monkeypatch):
    monkeypatch.setattr(webcam, "open_camera", lambda _: DrawnCamera())
    monkeypatch.setattr(webcam, "make_finder", lambda _: DrawnFinder())
    tracker = open_tracker(
        "webcam",
        clock=MonotonicClock(),
        display=DISPLAY,
        options={"camera_x_mm": "0", "camera_y_mm": "0"},
        context=TrackerContext(point_cm=lambda _: (0.0, 14.95)),
    )
    collector = Collector(3)
    tracker.start(collector.take, lambda _: None)
    collector.wait()
    tracker.close()
    assert collector.samples.left_px[0] == pytest.approx((960, 540))
    assert tracker.info.model == "eyes by hand, gaze by a trained network"


def test_a_film_that_is_over_is_not_begun_again(monkeypatch, tmp_path):
    film = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(film), cv2.VideoWriter_fourcc(*"MJPG"), 30.0, (260, 200))
    for _ in range(6):
        writer.write(draw_face())
    writer.release()
    monkeypatch.setattr(webcam, "make_finder", lambda _: DrawnFinder())
    monkeypatch.setattr(webcam, "RECONNECT_S", 0.2)
    tracker = open_tracker("webcam", clock=MonotonicClock(), display=DISPLAY, options={"camera": str(film)})
    problems, collector = ProblemLog(), Collector(1)
    tracker.start(collector.take, problems.take)
    problems.wait_for("lost")
    n = len(collector.samples)
    with pytest.raises(ConnectionLost, match="it is over"):
        tracker.reconnect()
    tracker.close()
    assert len(collector.samples) == n
    assert tracker.info.model == "eyes by hand, gaze by the irises"
    assert str(tmp_path) not in repr((tracker.info, problems.all))


@pytest.mark.skipif(not has_cascades(), reason="this OpenCV has no Haar cascades")
def test_cascades_find_a_real_face_with_both_eyes():
    data = pytest.importorskip("skimage.data", reason="scikit-image is not installed")
    crops = CascadeFinder()(data.astronaut())
    assert crops is not None
    assert crops.left_px[0] > crops.right_px[0]


@pytest.mark.parametrize(
    "which",
    ["²", "9" * 50, "n" * 5000, "~nobody-of-this-name/face.mp4", "a\0b", "."],
    ids=["raised", "longer than a number", "longer than a path", "a home that nobody has", "zero byte", "a folder"],
)
def test_what_is_no_number_of_a_camera_is_a_file_that_is_not_there(which, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnreadableImage):
        open_camera(which)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are of Unix")
def test_a_pipe_in_the_place_of_a_video_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "face.mp4")
    with pytest.raises(UnreadableImage, match="no such video"):
        open_camera(str(tmp_path / "face.mp4"))
