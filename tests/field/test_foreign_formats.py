"""One made-up recording, written as other programs would and read back: values, loss, pupils, images, messages."""

from __future__ import annotations

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from gazeapp.__main__ import main
from gazeapp.errors import SettingsError, UnreadableTable
from gazeapp.gaze.display import Display
from gazeapp.store.events import Note
from gazeapp.store.imports.formats import read_recording, recognise_format
from gazeapp.store.imports.recording import ImportSettings
from gazeapp.store.study import Study
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


def write_two_recordings(folder):
    lines = [
        ["s", recording, 1_700_000_000_000_000_000 + day * 10**12 + i * 5_000_000, "True", x + 0.0002 * (i % 3), 0.5]
        for day, (recording, x) in enumerate((("r1", 0.25), ("r2", 0.75)))
        for i in range(200)
    ]
    header = ["section id", "recording id", "timestamp [ns]", "gaze detected on surface"]
    header += [f"gaze position on surface {axis} [normalized]" for axis in "xy"]
    path = files.table(folder / "gaze.csv", header, lines, delimiter=",")
    start = 1_700_000_000_000_000_000
    (folder / "fixations.csv").write_text(
        "section id,recording id,fixation id,start timestamp [ns],end timestamp [ns],duration [ms],"
        "fixation detected on surface,fixation x [normalized],fixation y [normalized]\n"
        f"s,r1,1,{start},{start + 400_000_000},400,True,0.25,0.5\n"
        f"s,r1,2,{start + 500_000_000},{start + 600_000_000},100,False,,\n"
        f"s,r2,1,{start + 10**12},{start + 10**12 + 900_000_000},900,True,0.75,0.5\n"
    )
    (folder / "info.json").write_text('{"frame_name": "Just act natural", "android_device_name": "Jane\'s phone"}')
    return path


def test_a_table_of_several_recordings_is_a_question_and_each_can_be_chosen(tmp_path):
    path = write_two_recordings(tmp_path)
    with pytest.raises(SettingsError, match=r"holds 2 recordings .*recording id \(r1, r2\); choose one by --option"):
        read_recording(path, "auto", SETTINGS)
    with pytest.raises(SettingsError, match="'r3' fits 0 of them"):
        read_recording(path, "auto", replace(SETTINGS, options={"recording": "r3"}))
    second = read_recording(path, "auto", replace(SETTINGS, options={"recording": "r2"}))
    assert len(second.samples) == 200
    assert second.samples.left_px[0, 0] == pytest.approx(0.75 * files.WIDTH)
    pooled = files.table(
        tmp_path / "pooled.csv",
        ["participant", "session", "time_s", "x_px", "y_px"],
        [[p, s, i / 100, 100 * p, 100 * s] for p in (1, 2) for s in (1, 2) for i in range(50)],
        delimiter=",",
    )
    with pytest.raises(SettingsError, match=r"1 / 1, 1 / 2, 2 / 1, 2 / 2"):
        read_recording(pooled, "auto", SETTINGS)
    with pytest.raises(SettingsError, match="fits 3 of them"):
        read_recording(pooled, "auto", replace(SETTINGS, options={"recording": "1"}))
    one = read_recording(pooled, "auto", replace(SETTINGS, options={"recording": "2 / 1"}))
    assert one.samples.left_px[:, 0].tolist() == [200] * 50


def test_people_of_a_web_experiment_are_told_apart(tmp_path):
    trials = [
        {
            "subject_id": person,
            "time_elapsed": 3000,
            "rt": 2000,
            "webgazer_data": [{"x": x, "y": 300, "t": 33 * i} for i in range(60)],
        }
        for person, x in (("a", 100), ("b", 900))
    ]
    (tmp_path / "all.json").write_text(json.dumps(trials))
    with pytest.raises(SettingsError, match=r"2 recordings .*\(a, b\)"):
        read_recording(tmp_path / "all.json", "auto", SETTINGS)
    one = read_recording(tmp_path / "all.json", "auto", replace(SETTINGS, options={"recording": "b"}))
    assert one.samples.left_px[:, 0].tolist() == [900.0] * 60


def test_fixations_of_pupil_cloud_are_kept_and_compared_and_the_phone_is_nobody(tmp_path):
    path = write_two_recordings(tmp_path)
    recording = read_recording(path, "auto", replace(SETTINGS, options={"recording": "r1"}))
    assert [text for _, text in recording.messages] == [
        "fixation of Pupil Cloud: 400 ms at 0.2500 0.5000 of the surface"
    ]
    assert any("found 1 fixations on the surface (median 400 ms)" in note for note in recording.notes)
    assert any("ivt finds 1 (median 995 ms)" in note for note in recording.notes)
    assert recording.tracker == "Pupil Labs Neon"


def test_no_home_and_no_computer_of_a_path_enters_the_study(tmp_path, images, capsys):
    study = tmp_path / "study"
    lines = ["MSG 1000 !V IMGLOAD FILL C:\\Users\\Jane Doe\\lab\\scene.png", "MSG 1002 log \\\\JANES-PC\\data\\x.edf"]
    rows = "\n".join(f"{1000 + 2 * i}\t{400 + i % 3}.0\t300.0\t1000.0" for i in range(300))
    head = "START\t1000\tLEFT\tSAMPLES\nSAMPLES\tGAZE\tLEFT\tRATE\t500\n"
    source = tmp_path / "Jane_Doe.asc"
    source.write_text(head + "\n".join(lines) + "\n" + rows + "\nMSG 1590 TRIAL_RESULT 0\n")
    arguments = ["import", source, "--study", study, "--participant", "P001", "--consent", "gaze", "--stimuli", images]
    assert main([str(one) for one in (*arguments, "--display", files.DISPLAY)]) == 0
    capsys.readouterr()
    with Study.open(study) as opened, opened.sessions()[0].reader() as reader:
        notes = [event.text for event in reader.events() if isinstance(event, Note)]
        assert len(reader.trials()) == 1
    assert notes[:2] == ["!V IMGLOAD FILL C:\\Users\\~\\lab\\scene.png", "log \\\\~\\data\\x.edf"]
    for file in study.rglob("*"):
        if file.is_file():
            assert b"jane" not in file.read_bytes().lower(), file
