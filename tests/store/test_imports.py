"""Gaze recorded by other programs becomes sessions."""

from __future__ import annotations

import contextlib
import gzip
import json

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gazeapp.__main__ import main
from gazeapp.errors import GazeAppError, SettingsError, UnreadableTable
from gazeapp.gaze.display import Display
from gazeapp.store.export.formats import ExportRequest, export
from gazeapp.store.imports.formats import FORMATS, read_recording
from gazeapp.store.imports.recording import ImportSettings, images_from_messages
from gazeapp.store.reader import SessionReader
from gazeapp.store.study import Study
from tests.store.example_study import make_study, picture

DISPLAY = Display(width_px=1024, height_px=768, width_mm=380, height_mm=300, distance_mm=670)
RATE_HZ = 500.0
LOOKS = ((300.0, 200.0), (700.0, 400.0), (512.0, 600.0), (150.0, 500.0))
"""Display pixels, half a second each; the image appears with the first and goes after the third."""


def scene() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Time in s, gaze of the left and of the right eye in display pixels; a short loss in the middle."""
    n = int(RATE_HZ * 0.5)
    time_s = 100 + np.arange(n * len(LOOKS)) / RATE_HZ
    place = np.repeat(np.array(LOOKS), n, axis=0)
    rng = np.random.default_rng(2)
    left, right = place + rng.normal(0, 0.5, place.shape), place + rng.normal(0, 0.5, place.shape)
    left[600:630] = right[600:630] = np.nan
    return time_s, left, right


@pytest.fixture
def images(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    cv2.imwrite(str(folder / "Scene.png"), picture(1))
    return folder


def write_eyelink(path, *, packed: bool = False) -> None:
    time_s, left, right = scene()
    lines = [
        "** CONVERTED FROM a.edf",
        "** EYELINK II CL v5.03",
        "MSG\t99000 DISPLAY_COORDS 0 0 1023 767",
        "START\t100000 \tLEFT\tRIGHT\tSAMPLES\tEVENTS",
        "SAMPLES\tGAZE\tLEFT\tRIGHT\tRATE\t 500.00\tTRACKING\tCR\tFILTER\t2",
        "MSG\t100000 !V IMGLOAD FILL images/scene.png",
    ]
    for t, (xl, yl), (xr, yr) in zip(time_s, left - 0.5, right - 0.5, strict=True):
        if round(t * 1000) == 101500:
            lines.append("MSG\t101500 TRIAL_RESULT 0")
        cells = [f"{v:.3f}" if np.isfinite(v) else "." for v in (xl, yl, 800, xr, yr, 810)]
        lines.append("\t".join([str(round(t * 1000)), *cells, "....."]))
        if round(t * 1000) == 100400:
            lines.append("EFIX L   100000\t100400\t401\t  300.0\t  200.0\t    800")
    lines.append("END\t102000 \tSAMPLES\tEVENTS\tRES\t  35.87\t  35.92")
    data = "\n".join(lines).encode()
    path.write_bytes(gzip.compress(data) if packed else data)


def write_tobii(path) -> None:
    time_s, left, right = scene()
    header = [
        "Recording timestamp [μs]",
        "Sensor",
        "Participant name",
        "Recording resolution width [px]",
        "Recording resolution height [px]",
        "Gaze point left X [DACS px]",
        "Gaze point left Y [DACS px]",
        "Gaze point right X [DACS px]",
        "Gaze point right Y [DACS px]",
        "Validity left",
        "Validity right",
        "Pupil diameter left [mm]",
        "Presented Stimulus name",
        "Presented Media position X [DACS px]",
        "Presented Media position Y [DACS px]",
        "Presented Media width [px]",
        "Presented Media height [px]",
    ]
    lines = ["\t".join(header), "\t".join(["99999000", "", "Anna", "1024", "768", *[""] * 12])]
    for t, (xl, yl), (xr, yr) in zip(time_s, left, right, strict=True):
        shown = ["Scene", "112", "84", "800", "600"] if t < 101.5 else [""] * 5
        cells = [f"{v:.3f}" if np.isfinite(v) else "" for v in (xl, yl, xr, yr)]
        ok = "Valid" if np.isfinite(xl) else "Invalid"
        lines.append(
            "\t".join(
                [
                    str(round(t * 1e6)),
                    "Eye Tracker",
                    "Anna",
                    "1024",
                    "768",
                    *cells,
                    ok,
                    ok,
                    "3.10",
                    *shown,
                ]
            )
        )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_pupil(path) -> None:
    time_s, left, _ = scene()
    lines = ["world_timestamp,world_index,gaze_timestamp,x_norm,y_norm,x_scaled,y_scaled,on_surf,confidence"]
    for t, (x, y) in zip(time_s, left, strict=True):
        known = np.isfinite(x)
        norm = (x / 1024, 1 - y / 768) if known else (0.5, 0.5)
        lines.append(f"{t},0,{t},{norm[0]},{norm[1]},0,0,True,{0.95 if known else 0.1}")
    path.write_text("\n".join(lines) + "\n")
    (path.parent / "annotations.csv").write_text(
        f"index,timestamp,label,duration\n0,{time_s[0]},image on: Scene.png,0\n1,101.5,image off,0\n"
    )


def write_iohub(path) -> None:
    h5py = pytest.importorskip("h5py")
    time_s, left, right = scene()
    kind = np.dtype(
        [
            ("session_id", "u2"),
            ("device_time", "f8"),
            ("time", "f8"),
            ("left_gaze_x", "f4"),
            ("left_gaze_y", "f4"),
            ("left_pupil_measure1", "f4"),
            ("right_gaze_x", "f4"),
            ("right_gaze_y", "f4"),
            ("status", "u1"),
        ]
    )
    table = np.zeros(len(time_s), dtype=kind)
    lost = ~np.isfinite(left[:, 0])
    table["session_id"], table["time"], table["device_time"], table["status"] = (
        1,
        time_s,
        time_s * 1e6,
        np.where(lost, 22, 0),
    )
    for side, gaze in (("left", left), ("right", right)):
        table[f"{side}_gaze_x"] = np.where(lost, -1, gaze[:, 0] - 512)
        table[f"{side}_gaze_y"] = np.where(lost, -1, 384 - gaze[:, 1])
    messages = np.array(
        [(1, time_s[0], b"picture onset Scene"), (1, 101.5, b"picture offset")],
        dtype=[("session_id", "u2"), ("time", "f8"), ("text", "S128")],
    )
    with h5py.File(path, "w") as file:
        file.create_dataset("data_collection/events/eyetracker/BinocularEyeSampleEvent", data=table)
        file.create_dataset("data_collection/events/experiment/MessageEvent", data=messages)


CASES = [
    pytest.param("eyelink-asc", "a.asc", write_eyelink, id="eyelink"),
    pytest.param("tobii-tsv", "a.tsv", write_tobii, id="tobii"),
    pytest.param("pupil", "gaze_positions_on_surface_Screen.csv", write_pupil, id="pupil"),
    pytest.param("iohub", "a.hdf5", write_iohub, id="iohub"),
]


@pytest.mark.parametrize(("form", "name", "write"), CASES)
def test_gaze_and_images_arrive_where_they_were(form, name, write, images, tmp_path, capsys):
    write(tmp_path / name)
    arguments = [
        "import",
        str(tmp_path / name),
        "--format",
        form,
        "--study",
        str(tmp_path / "study"),
        "--participant",
        "P1",
        "--stimuli",
        str(images),
        "--display",
        str(DISPLAY),
        "--consent",
        "gaze",
        "--json",
    ]
    assert main(arguments) == 0
    (made,) = json.loads(capsys.readouterr().out)["sessions"]
    assert made["n_samples"] == 1000
    assert made["rate_hz"] == pytest.approx(RATE_HZ)
    time_s, left, _ = scene()
    with Study.open(tmp_path / "study") as study:
        (session,) = study.sessions("P1")
    with session.reader() as reader:
        samples = reader.samples()
        assert reader.display == DISPLAY
        np.testing.assert_allclose(samples.time_s, time_s - 100, atol=1e-6)
        known = samples.left_valid
        np.testing.assert_array_equal(known, np.isfinite(left[:, 0]))
        np.testing.assert_allclose(samples.left_px[known], left[known], atol=2e-3)
        (trial,) = reader.trials()
        assert (trial.shown_s, trial.hidden_s) == pytest.approx((0.0, 1.5), abs=2.1e-3)
        assert len(trial.carried_over) == 1
        seen = trial.frame.to_display([[f.x_px, f.y_px] for f in trial.fixations])
        for place in LOOKS[1:3]:
            assert np.abs(seen - place).max(axis=1).min() < 1
        assert np.abs(seen - LOOKS[3]).max(axis=1).min() > 50
        assert reader.stimuli.load(trial.frame.stimulus_id).width_px == 320


def test_the_place_of_an_image_is_taken_from_the_recording(images, tmp_path, capsys):
    write_tobii(tmp_path / "a.tsv")
    assert (
        main(
            [
                "import",
                str(tmp_path / "a.tsv"),
                "--format",
                "tobii-tsv",
                "--study",
                str(tmp_path / "study"),
                "--participant",
                "P1",
                "--stimuli",
                str(images),
                "--consent",
                "gaze",
            ]
        )
        == 0
    )
    assert "1024,768" in capsys.readouterr().err
    with Study.open(tmp_path / "study") as study, study.sessions()[0].reader() as reader:
        frame = reader.trials()[0].frame
    assert (frame.left_px, frame.top_px, frame.width_px, frame.height_px) == (112, 84, 800, 600)


def test_our_own_xdf_comes_back(tmp_path):
    pytest.importorskip("pyxdf")
    study, session = make_study(tmp_path / "study")
    study.close()
    (path,) = export(ExportRequest(source=session.path, form="xdf", dest=tmp_path / "xdf"))
    recording = read_recording(path, "xdf", ImportSettings())
    with SessionReader(session.path) as reader:
        expected = reader.samples(corrected=True)
        display, trials = reader.display, reader.trials()
    assert recording.display == display
    assert not recording.display_assumed
    np.testing.assert_array_equal(recording.samples.time_s, expected.time_s)
    np.testing.assert_array_equal(recording.samples.left_px, expected.left_px)
    np.testing.assert_array_equal(recording.samples.right_valid, expected.right_valid)
    np.testing.assert_array_equal(recording.samples.left_pupil_mm, expected.left_pupil_mm)
    assert [image.name for image in recording.images] == [f"scene-{i}.png" for i in range(3)]
    assert [(i.shown_s, i.hidden_s) for i in recording.images] == [(t.shown_s, t.hidden_s) for t in trials]


def test_nothing_is_imported_without_consent(images, tmp_path, capsys):
    write_eyelink(tmp_path / "a.asc")
    assert (
        main(
            [
                "import",
                str(tmp_path / "a.asc"),
                "--format",
                "eyelink-asc",
                "--study",
                str(tmp_path / "study"),
                "--participant",
                "P1",
            ]
        )
        == 2
    )
    assert "--consent" in capsys.readouterr().err
    with Study.open(tmp_path / "study") as study:
        assert study.sessions() == []


def test_an_image_that_was_not_given_is_named(tmp_path, capsys):
    write_eyelink(tmp_path / "a.asc.gz", packed=True)
    assert (
        main(
            [
                "import",
                str(tmp_path / "a.asc.gz"),
                "--format",
                "eyelink-asc",
                "--study",
                str(tmp_path / "study"),
                "--participant",
                "P1",
                "--consent",
                "gaze",
                "--json",
            ]
        )
        == 0
    )
    captured = capsys.readouterr()
    assert json.loads(captured.out)["sessions"][0]["missing_images"] == ["images/scene.png"]
    assert "images/scene.png is not among the stimuli" in captured.err


def test_an_image_named_like_the_file_covers_all_of_it(images, tmp_path, capsys):
    write_eyelink(tmp_path / "scene.asc")
    assert (
        main(
            [
                "import",
                str(tmp_path / "scene.asc"),
                "--format",
                "eyelink-asc",
                "--study",
                str(tmp_path / "study"),
                "--participant",
                "P1",
                "--consent",
                "gaze",
                "--stimuli",
                str(images),
                "--onset",
                "NEVER (?P<image>.)",
                "--json",
            ]
        )
        == 0
    )
    (made,) = json.loads(capsys.readouterr().out)["sessions"]
    assert (made["n_trials"], made["missing_images"]) == (1, [])


def test_real_tobii_tables_are_imported(shared_data, tmp_path, capsys):
    files = sorted((shared_data / "recordings" / "i2mc" / "participant1").glob("*.tsv"))
    assert (
        main(
            [
                "import",
                *map(str, files),
                "--format",
                "tobii-tsv",
                "--study",
                str(tmp_path / "study"),
                "--participant",
                "P1",
                "--consent",
                "gaze",
                "--json",
            ]
        )
        == 0
    )
    sessions = json.loads(capsys.readouterr().out)["sessions"]
    assert [s["n_samples"] for s in sessions] == [len(path.read_text().splitlines()) - 1 for path in files]
    assert all(295 < s["rate_hz"] < 305 for s in sessions)


def test_two_samples_of_one_millisecond_are_told_apart(tmp_path):
    lines = [
        "MSG\t1 DISPLAY_COORDS 0 0 1023 767",
        "SAMPLES\tGAZE\tRIGHT\tRATE\t2000.00\tTRACKING\tCR",
    ]
    lines += [f"{5000 + i // 2}\t  528.2\t  374.1\t  887.0\t..." for i in range(10)]
    (tmp_path / "a.asc").write_text("\n".join(lines))
    recording = read_recording(tmp_path / "a.asc", "eyelink-asc", ImportSettings())
    np.testing.assert_allclose(np.diff(recording.samples.time_s), 0.0005, atol=1e-9)
    assert recording.samples.eyes == "right"
    np.testing.assert_allclose(recording.samples.right_px[0], [528.7, 374.6])


def test_a_screen_that_contradicts_the_recording_is_refused(tmp_path):
    write_eyelink(tmp_path / "a.asc")
    wrong = Display(width_px=1920, height_px=1080, width_mm=531, height_mm=299, distance_mm=650)
    with pytest.raises(UnreadableTable, match="1024 × 768"):
        read_recording(tmp_path / "a.asc", "eyelink-asc", ImportSettings(display=wrong))


def test_gaze_of_the_world_camera_carries_a_warning(tmp_path):
    (tmp_path / "gaze_positions.csv").write_text(
        "gaze_timestamp,world_index,confidence,norm_pos_x,norm_pos_y\n1.00,0,0.9,0.25,0.75\n1.01,0,0.2,0.25,0.75\n"
    )
    recording = read_recording(tmp_path / "gaze_positions.csv", "pupil", ImportSettings(display=DISPLAY))
    np.testing.assert_allclose(recording.samples.left_px[0], [256, 192])
    assert recording.samples.left_valid.tolist() == [True, False]
    assert any("world camera" in note for note in recording.notes)


def test_an_image_ends_with_the_next_one_and_with_the_recording():
    messages = [(1.0, "image on: a.png"), (2.0, "image on: b.png"), (3.0, "something else")]
    found = images_from_messages(messages, ImportSettings(), 4.0)
    assert [(i.name, i.shown_s, i.hidden_s) for i in found] == [
        ("a.png", 1.0, 2.0),
        ("b.png", 2.0, 4.0),
    ]
    with pytest.raises(SettingsError, match="group"):
        images_from_messages(messages, ImportSettings(onset_pattern="image on"), 4.0)
    with pytest.raises(SettingsError, match="regular expression"):
        images_from_messages(messages, ImportSettings(onset_pattern="("), 4.0)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    "content",
    [b"", b"hello\nworld\n", b"\x00\xff" * 500, b"a,b\n1,2\n"],
    ids=["empty", "text", "noise", "csv"],
)
def test_what_is_something_else_is_refused_in_one_line(form, content, tmp_path, capsys):
    path = tmp_path / "something"
    path.write_bytes(content)
    with pytest.raises(GazeAppError, match="something"):
        read_recording(path, form, ImportSettings())
    with pytest.raises(GazeAppError):
        read_recording(tmp_path / "missing", form, ImportSettings())
    assert (
        main(
            [
                "import",
                str(path),
                "--format",
                form,
                "--study",
                str(tmp_path / "study"),
                "--participant",
                "P1",
                "--consent",
                "gaze",
            ]
        )
        == 2
    )
    assert "Traceback" not in capsys.readouterr().err
    assert not (tmp_path / "study").exists()


def test_several_recordings_in_one_file_are_refused(tmp_path):
    write_tobii(tmp_path / "a.tsv")
    lines = (tmp_path / "a.tsv").read_text(encoding="utf-8").splitlines()
    (tmp_path / "a.tsv").write_text("\n".join([*lines, *lines[1:]]), encoding="utf-8")
    with pytest.raises(UnreadableTable, match=r"after sample 1000.*one by one"):
        read_recording(tmp_path / "a.tsv", "tobii-tsv", ImportSettings())


@pytest.mark.slow
@settings(max_examples=60)
@given(data=st.data(), case=st.sampled_from([case.values for case in CASES]))
def test_damaged_recordings_raise_only_typed_errors(data, case, tmp_path_factory):
    form, name, write = case
    folder = tmp_path_factory.mktemp("damaged")
    write(folder / name)
    content = bytearray((folder / name).read_bytes())
    holes = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=8)), max_size=8)
    for where, value in data.draw(holes):
        start = int(where * where * len(content))
        content[start : start + len(value)] = value
    (folder / name).write_bytes(content[: data.draw(st.integers(0, len(content)))])
    with contextlib.suppress(GazeAppError):
        read_recording(folder / name, form, ImportSettings())


def test_several_gaze_streams_need_a_choice(tmp_path):
    pytest.importorskip("pyxdf")
    study, session = make_study(tmp_path / "study")
    study.close()
    (path,) = export(ExportRequest(source=session.path, form="xdf", dest=tmp_path / "xdf"))
    with pytest.raises(SettingsError, match="gaze-corrected"):
        read_recording(path, "xdf", ImportSettings(options={"stream": "nothing"}))
    raw = read_recording(path, "xdf", ImportSettings(options={"stream": "gaze"}))
    with SessionReader(session.path) as reader:
        np.testing.assert_array_equal(raw.samples.left_px, reader.samples().left_px)
