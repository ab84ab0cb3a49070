"""One made-up recording, written as other programs would and read back: values, loss, pupils, images, messages."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from gazeapp.__main__ import main
from gazeapp.errors import UnreadableTable
from gazeapp.gaze.display import Display
from gazeapp.store.imports.formats import read_recording, recognise_format
from gazeapp.store.imports.recording import ImportSettings
from tests.field import foreign_files as files

SETTINGS = ImportSettings(display=Display.parse(files.DISPLAY))


def written(*, form, write, eyes="binocular", images=True, pupils=True, name="", atol=1e-2):
    return pytest.param(form, write, eyes, images, pupils, atol, id=name or write.__name__.removeprefix("write_"))


FORMATS = [
    written(form="neon", write=files.write_neon, eyes="cyclopean", pupils=False),
    written(form="smi", write=files.write_smi),
    written(form="smi", write=files.write_smi_begaze3),
    written(form="gazepoint", write=files.write_gazepoint),
    written(form="tobii-tsv", write=files.write_titta_tsv, images=False),
    written(form="titta", write=files.write_titta_hdf5),
    written(form="titta", write=files.write_titta_table),
    written(form="tobii-tsv", write=files.write_sdk_dictionary, images=False),
    written(form="tobii-tsv", write=files.write_studio1),
    written(form="tobii-tsv", write=files.write_studio2),
    written(form="tobii-tsv", write=files.write_prolab),
    written(
        form="tobii-tsv", write=lambda f: files.write_prolab(f, averaged=True), eyes="cyclopean", name="prolab-avg"
    ),
    written(form="tobii-tsv", write=lambda f: files.write_prolab(f, decimal=",", unit="ms"), name="prolab-comma"),
    written(form="tobii-tsv", write=lambda f: files.write_prolab(f, with_sensor=False), name="prolab-nosensor"),
    written(form="pygaze", write=files.write_pygaze_eyetribe, pupils=False),
    written(form="pygaze", write=files.write_pygaze_tobii),
    written(form="bids", write=files.write_bids),
    written(form="bids", write=lambda f: files.write_bids(f, seconds=1e-3), name="bids-ms"),
    written(form="csv", write=files.write_own, images=False),
    written(form="parquet", write=files.write_parquet, images=False, pupils=False),
]


@pytest.fixture
def images(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    cv2.imwrite(str(folder / "scene.png"), np.full((90, 160, 3), 120, np.uint8))
    return folder


@pytest.mark.parametrize(("form", "write", "eyes", "images_told", "pupils", "atol"), FORMATS)
def test_what_was_recorded_is_what_is_read(form, write, eyes, images_told, pupils, atol, tmp_path):
    path = write(tmp_path)
    assert recognise_format(path) == form
    for asked in (form, "auto"):
        recording = read_recording(path, asked, SETTINGS)
    samples = recording.samples
    time_s, left, right = files.truth()
    np.testing.assert_allclose(samples.time_s - samples.time_s[0], time_s, atol=1.1e-3 if len(time_s) else 0)
    assert recording.rate_hz == pytest.approx(files.RATE_HZ, rel=2e-3)
    assert samples.eyes == eyes
    if eyes == "binocular":
        np.testing.assert_allclose(samples.left_px, left, atol=atol)
        np.testing.assert_allclose(samples.right_px, right, atol=atol)
    else:
        np.testing.assert_allclose(samples.left_px, (left + right) / 2, atol=atol)
    assert np.isfinite(samples.left_pupil_mm).any() == pupils
    if pupils:
        assert np.nanmedian(samples.left_pupil_mm) == pytest.approx(files.PUPIL_MM)
    if images_told:
        (image,) = recording.images
        assert image.name.startswith("scene")
        begin_s = image.shown_s - samples.time_s[0]
        assert (begin_s, image.hidden_s - samples.time_s[0]) == pytest.approx((0, files.SHOWN_S), abs=6e-3)
    assert recording.display.size_px.tolist() == [files.WIDTH, files.HEIGHT]


def test_webcam_gaze_of_jspsych_is_put_together(tmp_path, images):
    path = files.write_webgazer(tmp_path)
    recording = read_recording(path, "auto", ImportSettings())
    time_s, left, right = files.truth()
    seen = np.isfinite(left[:, 0])
    np.testing.assert_allclose(recording.samples.left_px, ((left + right) / 2)[seen], atol=1e-6)
    np.testing.assert_allclose(np.diff(recording.samples.time_s), np.diff(time_s[seen]), atol=5e-3)
    assert (recording.display.width_px, recording.display.height_px) == (files.WIDTH, files.HEIGHT)
    assert [image.name for image in recording.images] == ["img/scene.png"]
    assert any("browser" in note for note in recording.notes)


def test_a_bare_list_of_predictions_is_gaze(tmp_path):
    (tmp_path / "w.json").write_text(json.dumps([{"x": 100.0 + i, "y": 300.0 + i, "t": 33 * i} for i in range(60)]))
    recording = read_recording(tmp_path / "w.json", "auto", SETTINGS)
    assert recording.form == "webgazer"
    assert recording.samples.left_px[3].tolist() == [103.0, 303.0]


def test_gaze_of_the_scene_camera_is_refused_and_said_how(tmp_path):
    lines = [["s", "r", 10**18 + i * 5_000_000, 800.0, 200.0, "True"] for i in range(50)]
    header = ["section id", "recording id", "timestamp [ns]", "gaze x [px]", "gaze y [px]", "worn"]
    path = files.table(tmp_path / "gaze.csv", header, lines, delimiter=",")
    for form in ("auto", "neon"):
        with pytest.raises(UnreadableTable, match=r"scene camera.*marker mapper.*coordinates=screen"):
            read_recording(path, form, SETTINGS)
    fixations = files.table(
        tmp_path / "fixations.csv",
        ["recording id", "fixation id", "start timestamp [ns]", "fixation x [px]"],
        [["r", 1, 5, 9]],
        delimiter=",",
    )
    with pytest.raises(UnreadableTable, match="not samples"):
        read_recording(fixations, "auto", SETTINGS)


def test_gaze_relative_to_the_media_is_refused(tmp_path):
    header = ["Recording timestamp [ms]", "Gaze point X [MCS norm]", "Gaze point Y [MCS norm]"]
    path = files.table(tmp_path / "a.tsv", header, [[i * 4, 0.5, 0.4] for i in range(50)])
    with pytest.raises(UnreadableTable, match="picture or media"):
        read_recording(path, "auto", SETTINGS)


def test_columns_of_any_table_can_be_named_by_hand(tmp_path, capsys):
    header = ["clock", "horizontal (u)", "whatever", "q"]
    lines = [[i * 4, f"{0.25 + i / 10000:.4f}", "a", 0.5] for i in range(100)]
    path = files.table(tmp_path / "odd.csv", header, lines, delimiter=";")
    with pytest.raises(UnreadableTable, match=r"not understood.*columns=time:NAME"):
        read_recording(path, "auto", SETTINGS)
    options = {"columns": "time:clock,x:horizontal (u),y:q", "time_unit": "ms"}
    recording = read_recording(path, "table", ImportSettings(display=SETTINGS.display, options=options))
    np.testing.assert_allclose(recording.samples.left_px[0], [400, 450])
    by_number = {"columns": "time:0,left_x:1,left_y:3", "time_unit": "ms"}
    assert (
        read_recording(path, "table", ImportSettings(display=SETTINGS.display, options=by_number)).samples.eyes
        == "left"
    )
    arguments = [
        "fixations",
        str(path),
        "--display",
        files.DISPLAY,
        "--option",
        "columns=time:clock,x:horizontal (u),y:q",
    ]
    assert main([*arguments, "--json"]) == 0  # the steps tell milliseconds
    assert "taken as ms" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"colums": "x:0"}, "did you mean columns"),
        ({"columns": "x:nothing,y:q"}, "nothing"),
        ({"columns": "z:0"}, "ROLE:COLUMN"),
        ({"unit": "furlong"}, "one of pixels"),
        ({"origin": "middle"}, "top-left"),
        ({"time_unit": "h"}, "one of s, ms"),
    ],
)
def test_a_wrong_option_is_answered_with_what_there_is(options, message, tmp_path, capsys):
    path = files.write_own(tmp_path)
    pairs = [part for key, value in options.items() for part in ("--option", f"{key}={value}")]
    code = main(["import", str(path), "--study", str(tmp_path / "s"), "--participant", "P", "--consent", *pairs])
    assert code == 2
    assert message in capsys.readouterr().err
