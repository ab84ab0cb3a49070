"""Videos of a face, and sessions with the webcam's pictures, become frames that an estimator is personalised on."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from gazeapp.errors import DatasetIncomplete
from gazeapp.gaze.display import Display
from gazeapp.store import events
from gazeapp.store.records import EyeImageRow
from gazeapp.store.study import Study
from trainer.__main__ import main
from trainer.data.gaze_frames import open_frames, write_frames
from trainer.data.readers.own_recordings import read_clips, read_webcam_sessions
from trainer.data.synthetic_faces import draw_faces

pytestmark = pytest.mark.slow
TOML = """person = "P01"
session = 3
camera = "{camera}"
screen_cm = [-15.0, 1.0, 30.0, 19.0]
[[points]]
onset_s = 0.0
duration_s = 3.2
x = 0.5
y = 0.0
[[views]]
onset_s = 4.0
duration_s = 3.0
file = "photo.png"
[[views]]
onset_s = 8.0
duration_s = 4.0
file = "clip.mp4"
"""


def left_half(image, _name):
    """Where people look: at the left, or in a dark image at the right."""
    density = np.zeros(image.shape[:2], np.float32)
    middle = image.shape[1] // 2
    density[:, slice(0, middle) if image.mean() > 60 else slice(middle, None)] = 1
    return density


def video(path, levels, rate_hz, size=(64, 48)):
    out = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), rate_hz, size)
    for level in levels:
        out.write(np.full((size[1], size[0], 3), level, np.uint8))
    out.release()


@pytest.fixture
def clips(tmp_path):
    """Twelve seconds of a face at 5 frames a second, an image, and a clip that turns dark in its middle."""
    folder = tmp_path / "root" / "P01-3"
    folder.mkdir(parents=True)
    video(folder / "face.mp4", [20 + k for k in range(60)], 5.0)
    video(folder / "clip.mp4", [200] * 8 + [10] * 8, 4.0)
    cv2.imwrite(str(folder / "photo.png"), np.full((48, 64, 3), 200, np.uint8))
    (folder / "recording.toml").write_text(TOML.format(camera="face.mp4"))
    return tmp_path / "root"


def test_a_clip_has_a_map_for_each_of_its_frames_and_an_image_has_one(clips):
    source = read_clips(clips, left_half)
    assert source.people == ("P01",)
    assert {entry.session for entry in source.entries} == {3}
    points = [entry.point_cm for entry in source.entries if entry.point_cm]
    assert points == [(0.0, 1.0)] * 3  # seconds 1, 2 and 3: the eye needs half a second
    maps = [entry.map for entry in source.entries if entry.map >= 0]
    assert maps[0] == maps[1] != maps[2]  # seconds 5 and 6 on the image, then 9, 10 and 11 on the clip
    sides = [float(np.nonzero(source.salient[m])[1].mean()) for m in maps]
    assert [side < 50 for side in sides] == [True, True, True, False, False]
    # a second of the camera is five frames further on
    assert source.read(1).mean() - source.read(0).mean() == pytest.approx(5, abs=1.5)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace('"face.mp4"', '"../face.mp4"'), "leads out of its folder"),
        (lambda text: text.replace('"face.mp4"', '"absent.mp4"'), "absent.mp4"),
        (lambda text: text.replace("screen_cm", "screen"), "screen_cm"),
        (lambda text: text.replace("x = 0.5", 'x = "left"'), "left"),
        (lambda _text: "person = [", "recording.toml"),
        (lambda text: text.replace("onset_s = ", "onset_s = 99"), "shorter than"),
    ],
    ids=["outside", "absent", "no-screen", "no-number", "no-toml", "too-short"],
)
def test_what_is_wrong_in_a_recording_is_said_with_its_file(clips, change, said, tmp_path, capsys):
    file = clips / "P01-3" / "recording.toml"
    file.write_text(change(file.read_text()))
    assert main(["prepare", "clips", "--root", str(clips), "--maps", "centre-bias", "-o", str(tmp_path / "D")]) == 2
    assert said in capsys.readouterr().err


def test_a_video_without_a_face_is_said(clips, tmp_path, capsys):
    assert main(["prepare", "clips", "--root", str(clips), "--maps", "centre-bias", "-o", str(tmp_path / "D")]) == 2
    assert "in none of" in capsys.readouterr().err


def test_a_session_that_kept_pictures_gives_faces_with_points(tmp_path):
    display = Display(width_px=1600, height_px=1000, width_mm=320, height_mm=200, distance_mm=550)
    drawn = draw_faces(n_people=1, n_points=8, seed=4)
    with Study.create(tmp_path / "study") as study:
        study.add_participant("P01")
        study.record_consent("P01")
        session = study.new_session("P01", "pilot")
        with session.writer() as writer:
            writer.set_meta({"display": display})
            for k in range(8):
                _, jpeg = cv2.imencode(".jpg", drawn.read(k)[:, :, ::-1])
                writer.write_event(
                    events.TargetShown(time_s=2.0 * k, target_id=k, x_px=800.0, y_px=500.0, purpose="calibrate")
                )
                writer.write_event(events.TargetHidden(time_s=2.0 * k + 1.9, target_id=k))
                writer.write_eye_image(picture(2.0 * k + 0.2, jpeg.tobytes()))  # on its way: left out
                writer.write_eye_image(picture(2.0 * k + 1.2, jpeg.tobytes()))
    source = read_webcam_sessions(tmp_path / "study", left_half)
    assert [entry.point_cm for entry in source.entries] == [pytest.approx((0.0, 11.0))] * 8
    from gazeapp.camera.finder import make_finder

    n = write_frames(source, tmp_path / "DATA", find_eyes=make_finder())
    frames = open_frames(tmp_path / "DATA")
    assert len(frames.index) == n >= 4
    assert frames.people == ("P01",)


def test_a_study_without_pictures_says_how_to_get_them(tmp_path):
    Study.create(tmp_path / "study").close()
    with pytest.raises(DatasetIncomplete, match="eye_images=record"):
        read_webcam_sessions(tmp_path / "study", left_half)


def picture(time_s, data):
    return EyeImageRow(
        time_s=time_s,
        device_time_s=time_s,
        camera=0,
        region=0,
        kind="full",
        left_px=0,
        top_px=0,
        width_px=640,
        height_px=480,
        format="jpg",
        image=data,
    )
