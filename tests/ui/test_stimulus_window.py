import math

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtTest import QTest

from gazeapp.experiment.participant_display import Blank, Cross, Message, SharpWindow, Stimulus, Target
from gazeapp.gaze.clock import ManualClock
from gazeapp.gaze.display import Display, place_stimulus
from gazeapp.ui.participant.blur import blurred, window_mask
from gazeapp.ui.participant.painter import ScenePainter, ink_on
from gazeapp.ui.participant.window import FrameLog, RasterSurface, StimulusWindow

pytestmark = pytest.mark.slow

GREY = "#808080"


@pytest.fixture
def clock():
    return ManualClock(10.0)


@pytest.fixture
def window(qtbot, clock):
    made = StimulusWindow(clock, use_gl=False)
    made.open_on(QGuiApplication.screens()[-1])
    qtbot.waitUntil(lambda: made.surface.isExposed())
    yield made
    made.close()


def stimulus(display: Display, width: int = 192, height: int = 108, trial: int = 0) -> Stimulus:
    rgb = np.random.default_rng(trial).integers(0, 255, (height, width, 3), dtype=np.uint8)
    return Stimulus(background=GREY, trial=trial, frame=place_stimulus(display, "x", width, height), image_rgb=rgb)


def test_an_onset_is_told_once_with_its_kind(qtbot, window):
    told = []
    window.show(Cross(background=GREY, x_px=100, y_px=100), lambda *what: told.append(what))
    qtbot.waitUntil(lambda: bool(told))
    window.surface.update()
    qtbot.wait(30)
    assert told == [(10.0, "raster")]


def test_a_scene_that_was_replaced_is_never_told(qtbot, window):
    told = []
    window.show(Blank(background=GREY), lambda *_: told.append("first"))
    window.show(Message(background=GREY, text="Hello"), lambda *_: told.append("second"))
    qtbot.waitUntil(lambda: bool(told))
    qtbot.wait(30)
    assert told == ["second"]


def test_it_covers_the_participants_screen_and_hides_the_cursor(window):
    screen = QGuiApplication.screens()[-1]
    assert window.surface.geometry() == screen.geometry()
    assert window.size_px == (1920, 1080)
    assert window.surface.cursor().shape() == Qt.CursorShape.BlankCursor
    assert isinstance(window.surface, RasterSurface)


def test_a_key_right_after_a_change_was_meant_for_the_scene_before(qtbot, clock, window):
    keys = []
    window.key_pressed.connect(keys.append)
    told = []
    window.show(Message(background=GREY, text="Press a key"), lambda *_: told.append(1))
    qtbot.waitUntil(lambda: bool(told))
    clock.advance(0.1)
    QTest.keyClick(window.surface, Qt.Key.Key_Space)
    assert keys == []
    clock.advance(0.1)
    QTest.keyClick(window.surface, Qt.Key.Key_Space)
    assert keys == ["Space"]


def test_escape_always_works(window):
    keys = []
    window.key_pressed.connect(keys.append)
    window.show(Blank(background=GREY), lambda *_: None)
    QTest.keyClick(window.surface, Qt.Key.Key_Escape)
    assert keys == ["Escape"]


def test_other_pages_can_always_be_opened(window):
    keys = []
    window.key_pressed.connect(keys.append)
    window.show(Blank(background=GREY), lambda *_: None)
    for key in (Qt.Key.Key_3, Qt.Key.Key_Q):
        QTest.keyClick(window.surface, key, Qt.KeyboardModifier.AltModifier)
    assert keys == ["Alt+3", "Alt+Q"]


def test_the_pointer_is_known_only_while_it_is_on_the_window(window):
    assert math.isnan(window.pointer_px[0])
    QTest.mouseMove(window.surface, QPointF(300, 200).toPoint())
    QGuiApplication.processEvents()
    assert window.pointer_px == (300, 200)


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 2.0])
def test_a_native_image_reaches_the_screen_pixel_by_pixel_at_every_scaling(qapp, ratio):
    display = Display(width_px=400, height_px=300, width_mm=100, height_mm=75, distance_mm=600)
    rgb = np.random.default_rng(1).integers(0, 255, (100, 150, 3), dtype=np.uint8)
    frame = place_stimulus(display, "x", 150, 100, scale="native")
    scene = Stimulus(background=GREY, trial=0, frame=frame, image_rgb=rgb)
    screen = QImage(400, 300, QImage.Format.Format_RGB32)
    screen.setDevicePixelRatio(ratio)
    painter = QPainter(screen)
    painter.scale(1 / ratio, 1 / ratio)
    ScenePainter().paint(painter, scene, (400, 300))
    painter.end()
    pixels = np.frombuffer(screen.constBits(), np.uint8).reshape(300, 400, 4)[..., 2::-1]
    left, top = round(frame.left_px), round(frame.top_px)
    assert np.array_equal(pixels[top : top + 100, left : left + 150], rgb)
    assert (pixels[0, 0] == 0x80).all()


@pytest.mark.parametrize("look", ["dot", "picture", "image"])
def test_a_target_shrinks_around_the_same_point(qapp, look, tmp_path):
    cv2.imwrite(str(tmp_path / "bear.png"), np.full((60, 80, 3), (40, 90, 200), np.uint8))

    def drawn(age_s: float) -> np.ndarray:
        scene = Target(
            background=GREY,
            target_id=1,
            x_px=200,
            y_px=150,
            purpose="calibrate",
            expected_s=1.0,
            look=look,
            image_file=str(tmp_path / "bear.png"),
        )
        image = QImage(400, 300, QImage.Format.Format_RGB32)
        painter = QPainter(image)
        ScenePainter().paint(painter, scene, (400, 300), age_s)
        painter.end()
        pixels = np.frombuffer(image.constBits(), np.uint8).reshape(300, 400, 4)[..., :3].astype(int)
        return np.abs(pixels - 0x80).sum(axis=2) > 20

    early, late = drawn(0.0), drawn(1.0)
    assert late.sum() < early.sum() / 1.5
    for mask in (early, late):
        y, x = np.nonzero(mask)
        assert abs((x.min() + x.max()) / 2 - 200) < 4
        assert abs((y.min() + y.max()) / 2 - 150) < 4


def test_a_target_whose_picture_cannot_be_read_is_a_dot(qapp, tmp_path):
    def drawn(look: str) -> bytes:
        scene = Target(
            background=GREY,
            target_id=1,
            x_px=200,
            y_px=150,
            purpose="calibrate",
            expected_s=1.0,
            look=look,
            image_file=str(tmp_path / "missing.png"),
        )
        image = QImage(400, 300, QImage.Format.Format_RGB32)
        painter = QPainter(image)
        ScenePainter().paint(painter, scene, (400, 300))
        painter.end()
        return bytes(image.constBits())

    assert drawn("image") == drawn("dot")


def test_ink_is_readable_on_any_background():
    assert ink_on("#808080").lightness() < 50
    assert ink_on("#000000").lightness() > 200
    assert ink_on("#ffffff").lightness() < 50


def test_intervals_across_a_rest_do_not_count_as_late_frames():
    log = FrameLog(period_s=1 / 60)
    for n in range(10):
        log.add(n / 60, follows=n > 0)
    log.add(5.0, follows=False)
    log.add(5.0 + 3 / 60, follows=True)
    timing = log.between(0, 10)
    assert (timing.n_frames, timing.n_late) == (12, 1)
    assert timing.longest_s == pytest.approx(3 / 60)


def test_frames_without_intervals_have_unknown_timing():
    assert math.isnan(FrameLog().between(0, 1).median_s)


def seen_with_the_mouse(pointer_px, radius_px=60.0, blur_px=12.0):
    """(what the participant sees, the sharp image), both (H, W) red, and the frame's left and top."""
    display = Display(width_px=400, height_px=300, width_mm=100, height_mm=75, distance_mm=600)
    scene = stimulus(display, 300, 300)
    frame = scene.frame
    window = SharpWindow(radius_px=radius_px, blur_px=blur_px)
    scene = Stimulus(background=GREY, trial=0, frame=frame, image_rgb=scene.image_rgb, window=window)
    image = QImage(400, 300, QImage.Format.Format_RGB32)
    with QPainter(image) as painter:
        scenes = ScenePainter()
        scenes.paint(painter, scene, (400, 300), 0.0, pointer_px)
        scenes.close()
    pixels = np.array(image.constBits(), dtype=np.uint8).reshape(300, 400, 4)[..., 2]
    left, top = round(frame.left_px), round(frame.top_px)
    return pixels[top : top + 300, left : left + 300].astype(int), scene.image_rgb[..., 0].astype(int)


def test_the_image_is_sharp_around_the_pointer_and_blurred_elsewhere(qapp):
    seen, sharp = seen_with_the_mouse((50 + 120.0, 150.0))
    y, x = np.mgrid[:300, :300]
    distance_px = np.hypot(x - 120, y - 150)
    assert np.abs(seen - sharp)[distance_px < 40].max() <= 1
    assert seen[distance_px > 80].std() < 0.1 * sharp.std()
    edge = np.abs(distance_px - 60) < 2
    assert 0.3 < np.corrcoef(seen[edge], sharp[edge])[0, 1] < 1
    assert 0.35 < seen[edge].std() / sharp[edge].std() < 0.65


@pytest.mark.parametrize("pointer_px", [(math.nan, math.nan), (-500.0, 20.0)])
def test_nothing_is_sharp_while_the_pointer_is_elsewhere(qapp, pointer_px):
    seen, sharp = seen_with_the_mouse(pointer_px)
    assert seen.std() < 0.1 * sharp.std()


def test_a_window_at_the_edge_of_the_image_is_cut_there(qapp):
    seen, sharp = seen_with_the_mouse((52.0, 298.0))
    assert np.abs(seen - sharp)[280:, :20].max() <= 1
    assert seen[:200, 100:].std() < 0.1 * sharp.std()


def test_who_watches_the_participant_sees_the_image_itself(qapp):
    seen, sharp = seen_with_the_mouse(None)
    assert np.abs(seen - sharp).max() == 0


@pytest.mark.parametrize("sigma_px", [0.6, 4.0, 25.0])
def test_the_blur_is_a_gaussian_one(sigma_px):
    from scipy.ndimage import gaussian_filter

    rgb = np.full((240, 320, 3), 40, np.uint8)
    rgb[90:150, 120:200] = 220
    small = blurred(rgb, sigma_px).astype(float)
    step = 240 // small.shape[0]
    exact = gaussian_filter(rgb[..., 0].astype(float), sigma_px, mode="nearest")
    blocks = exact[: small.shape[0] * step, : small.shape[1] * step]
    blocks = blocks.reshape(small.shape[0], step, -1, step).mean(axis=(1, 3))
    assert np.abs(small[:, : blocks.shape[1], 0] - blocks).max() < 4
    assert abs(small.mean() - rgb.mean()) < 0.6


def test_the_windows_edge_is_half_sharp_at_its_radius():
    mask = window_mask(50.0)
    middle = mask.height() // 2
    alpha = [mask.pixelColor(middle + x, middle).alpha() for x in (0, 36, 50, 64)]
    assert alpha[0] == alpha[1] == 255
    assert alpha[2] == pytest.approx(128, abs=2)
    assert alpha[3] == 0


def test_the_window_follows_the_mouse_with_the_next_frame(qtbot, window):
    display = Display(width_px=1920, height_px=1080, width_mm=531, height_mm=299, distance_mm=650)
    plain = stimulus(display)
    scene = Stimulus(
        background=GREY,
        trial=1,
        frame=plain.frame,
        image_rgb=plain.image_rgb,
        window=SharpWindow(radius_px=100, blur_px=20),
    )
    window.prepare(scene)
    told = []
    window.show(scene, lambda *_: told.append(1))
    qtbot.waitUntil(lambda: bool(told))
    drawn_at = []
    window._painter.paint = lambda *what: drawn_at.append(what[-1])
    for at in ((640, 360), (700, 380)):  # a move to where the mouse is already is none
        QTest.mouseMove(window.surface, QPointF(*at).toPoint())
    qtbot.waitUntil(lambda: (700.0, 380.0) in drawn_at)
    qtbot.wait(60)
    n = len(drawn_at)
    qtbot.wait(60)
    assert len(drawn_at) == n  # a mouse at rest costs nothing


def test_a_person_whose_mouse_is_the_gaze_sees_it_except_on_images(qtbot, window):
    window.shows_pointer = True
    display = Display(width_px=1920, height_px=1080, width_mm=531, height_mm=299, distance_mm=650)
    window.show(Cross(background=GREY, x_px=100, y_px=100), lambda *_: None)
    assert window.surface.cursor().shape() == Qt.CursorShape.ArrowCursor
    window.show(stimulus(display), lambda *_: None)
    assert window.surface.cursor().shape() == Qt.CursorShape.BlankCursor
