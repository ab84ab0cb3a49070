"""Tables that are cut, oddly written or contradict themselves: read right, or refused in one line."""

from __future__ import annotations

import dataclasses
import gzip
import json
import os

import cv2
import numpy as np
import pytest

from gazeapp.__main__ import main
from gazeapp.errors import GazeAppError, SettingsError, UnreadableTable
from gazeapp.experiment.plan import default_plan
from gazeapp.gaze.display import Display
from gazeapp.runtime import RunOptions, build_run
from gazeapp.store.delimited import read_delimited
from gazeapp.store.embedding import read_embedding
from gazeapp.store.imports.formats import read_recording
from gazeapp.store.imports.image_match import ImageFiles
from gazeapp.store.imports.recording import ImportSettings
from tests.field import foreign_files as files

SETTINGS = ImportSettings(display=Display.parse(files.DISPLAY))


def own(path, rows, header="time_ms,x_px,y_px", end="\n", encoding="utf-8"):
    path.write_bytes((end.join([header, *rows]) + end).encode(encoding))
    return path


def read(path, **options):
    return read_recording(path, "auto", ImportSettings(display=SETTINGS.display, options=options))


STEADY = [f"{t},{400 + t % 3}.25,{300 + t % 2}.5" for t in range(0, 400, 4)]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r\r\n", "\r"], ids=["LF", "CRLF", "CRCRLF", "CR"])
def test_a_table_is_read_in_every_encoding_and_with_every_end_of_line(encoding, end, tmp_path):
    rows = [f"{row},Bäume" for row in STEADY]
    path = own(tmp_path / "a.csv", rows, header="time_ms,x_px,y_px,name", end=end, encoding=encoding)
    samples = read(path).samples
    assert len(samples) == 100
    assert samples.left_px[1].tolist() == [401.25, 300.5]
    assert read_delimited(path).text("name")[0] == "Bäume"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r\r\n"], ids=["LF", "CRLF", "CRCRLF"])
def test_the_line_that_is_wrong_is_the_line_in_the_editor(end, tmp_path):
    rows = [*STEADY]
    rows[10] = "40,oops,3"
    with pytest.raises(UnreadableTable, match="line 12, column x_px: 'oops'"):
        read(own(tmp_path / "a.csv", rows, end=end))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sep=;\ntime_ms;x_px;y_px\n" + "".join(f"{t};400,25;300,5\n" for t in range(0, 400, 4)), 400.25),
        ("time_ms\tx_px\ty_px\n" + "".join(f"{t}\t1,400.25\t300.5\n" for t in range(0, 400, 4)), 1400.25),
        ("time_ms\tx_px\ty_px\n" + "".join(f"{t}\t1.400,25\t300,5\n" for t in range(0, 400, 4)), 1400.25),
        ("time_ms\tx_px\ty_px\n" + "".join(f"{t:,}\t400.25\t300.5\n" for t in range(0, 4000, 4)), 400.25),
        ("time_ms\tx_px\ty_px\n" + "".join(f"{t}\t400,250\t300,5\n" for t in range(0, 400, 4)), 400.25),
    ],
    ids=["sep", "thousands", "points as thousands", "thousands in times", "three decimals beside one"],
)
def test_commas_and_points_mean_what_the_whole_column_shows(text, expected, tmp_path):
    (tmp_path / "a.csv").write_text(text)
    recording = read(tmp_path / "a.csv")
    assert recording.samples.left_px[5, 0] == expected
    assert recording.rate_hz == 250


def test_a_comma_that_can_mean_two_things_is_asked_about(tmp_path):
    (tmp_path / "a.tsv").write_text("time_ms\tx_px\ty_px\n" + "".join(f"{t}\t1,250\t2,600\n" for t in range(0, 400, 4)))
    with pytest.raises(UnreadableTable, match=r"line 2, column x_px: '1,250' can be read in two ways.*decimal"):
        read(tmp_path / "a.tsv")
    assert read(tmp_path / "a.tsv", decimal=",", unit="pixels").samples.left_px[0, 0] == 1.25
    assert read(tmp_path / "a.tsv", decimal=".").samples.left_px[0, 0] == 1250


@pytest.mark.parametrize(
    ("header", "step", "words"),
    [
        ("time_us,x_px,y_px", 8, r"1\.25e\+05 Hz in us: they look like ms.*time_ms"),
        ("time_s,x_px,y_px", 10, r"0\.1 Hz in s: they look like ms.*time_ms"),
    ],
)
def test_a_rate_that_nothing_tracks_at_is_refused_with_the_unit_it_looks_like(header, step, words, tmp_path):
    rows = [f"{t},400.5,300.25" for t in range(0, 100 * step, step)]
    with pytest.raises(UnreadableTable, match=words):
        read(own(tmp_path / "a.csv", rows, header=header))
    assert read(own(tmp_path / "a.csv", rows, header=header), time_unit="ms").rate_hz == pytest.approx(1000 / step)


def test_a_stamp_of_another_unit_than_its_column_says_is_read_by_its_rate(tmp_path):
    path = files.write_prolab(tmp_path, unit="ms")
    path.write_text(path.read_text().replace("[ms]", "[μs]"))
    recording = read(path)
    assert recording.rate_hz == pytest.approx(250)
    assert any("look like ms" in note for note in recording.notes)


@pytest.mark.parametrize(
    ("values", "question"),
    [
        ([(-9.0, 4.0), (8.0, -3.0)], "degrees, centimetres"),
        ([(-0.4, 0.3), (0.4, -0.2)], "unit=norm"),
        ([(-400.0, 200.0), (390.0, -250.0)], "origin=centre-up"),
    ],
)
def test_gaze_that_can_be_read_in_two_ways_is_asked_about(values, question, tmp_path):
    rows = [f"{4 * i},{values[i // 60][0] + 0.01 * (i % 7):.3f},{values[i // 60][1]:.3f}" for i in range(120)]
    with pytest.raises(UnreadableTable, match=question):
        read(own(tmp_path / "a.csv", rows, header="timestamp,gaze_x,gaze_y"))


def test_a_unit_that_was_said_and_cannot_be_is_refused(tmp_path):
    rows = [f"{4 * i},{400 + i},{300 + i}" for i in range(120)]
    path = own(tmp_path / "a.csv", rows, header="timestamp,gaze_x,gaze_y")
    with pytest.raises(UnreadableTable, match="said to be in degrees"):
        read(path, unit="degrees")
    assert any("taken as pixels" in note for note in read(path).notes)


def test_gaze_beside_the_screen_that_was_said_is_told(tmp_path):
    rows = [f"{4 * i},{2500 + i},{1500 + i}" for i in range(120)]
    assert any("beside the screen" in note for note in read(own(tmp_path / "a.csv", rows)).notes)


@pytest.mark.parametrize("display", ["1920,1080,531,299,65", "1920,1080,53.1,29.9,650", "1920,1080,531,299,0.65"])
def test_a_screen_typed_in_centimetres_is_refused(display, tmp_path, capsys):
    path = own(tmp_path / "a.csv", STEADY)
    assert main(["fixations", str(path), "--display", display]) == 2
    assert "centimetres" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("display", "words"),
    [
        ("1920,1080,531,299,6500", "ten times too far"),
        ("1366,768,340,190,6000", "ten times too far"),
        ("531,299,1920,1080,650", "Say 1920,1080,531,299,650"),
        ("1920,1080,5310.5,2990,650", "pixels to a degree"),
        ("1920.5,1080,531,299,650", "whole numbers of pixels"),
        ("nan,1080,531,299,650", "whole numbers of pixels"),
        ("1920,1080,531,531,650", "1.8 times as long"),
    ],
)
def test_a_screen_that_cannot_be_is_refused_in_one_line(display, words, tmp_path, capsys):
    path = own(tmp_path / "a.csv", STEADY)
    assert main(["fixations", str(path), "--display", display]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    "display",
    [
        "1080,2340,68,148,350",  # a telephone
        "1024,768,600,450,1800",  # behind the bore of a scanner
        "3840,2160,1428,804,3000",  # a television across a room
        "1280,800,3000,1875,4000",  # a beamer
        "1280,1024,376,301,600",
        "7680,4320,697,392,700",
    ],
)
def test_real_screens_are_believed(display):
    assert Display.parse(display).doubt() == ""


def test_a_stretched_picture_is_told(tmp_path, capsys):
    path = own(tmp_path / "a.csv", STEADY)
    assert main(["fixations", str(path), "--display", "1024,768,531,299,650"]) == 0
    assert "1.33 times as long" in capsys.readouterr().err


def test_rows_out_of_order_are_told_from_several_recordings(tmp_path, capsys):
    rows = [*STEADY[:50], STEADY[60], *STEADY[50:60], *STEADY[61:]]
    path = own(tmp_path / "a.csv", rows)
    with pytest.raises(UnreadableTable, match=r"time goes back after sample 51 \(1 times.*sort=yes"):
        read(path)
    np.testing.assert_allclose(np.diff(read(path, sort="yes").samples.time_s), 0.004)
    assert main(["fixations", str(path), "--display", files.DISPLAY]) == 0
    assert "time goes back" in capsys.readouterr().err


@pytest.mark.parametrize(
    "write",
    [
        files.write_own,
        files.write_prolab,
        files.write_smi,
        files.write_gazepoint,
        files.write_pygaze_tobii,
        files.write_titta_tsv,
        files.write_webgazer,
    ],
)
def test_a_cut_file_is_refused_or_read_up_to_the_cut(write, tmp_path):
    path = write(tmp_path)
    data = path.read_bytes()
    for share in (0.01, 0.3, 0.7, 0.999):
        path.write_bytes(data[: round(len(data) * share)])
        message, n = path.name, 0
        try:
            n = len(read(path).samples)
        except GazeAppError as error:
            message = error.message
        assert path.name in message
        assert n <= 1000


def test_a_packed_file_that_grows_without_end_is_stopped_at_its_line(tmp_path):
    path = tmp_path / "bomb.csv"
    path.write_bytes(gzip.compress(b"time_s,x_px,y_px\n" + b"1" * (8 << 20)))
    with pytest.raises(UnreadableTable, match="longer than a line"):
        read(path)


def test_images_are_found_by_the_longest_path_that_fits(tmp_path):
    for name in ("faces/scene.png", "rooms/scene.png", "rooms/Wände.png", "alone.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / name), np.zeros((4, 4, 3), np.uint8))
    images = ImageFiles(tmp_path)
    assert images.find("C:\\exp\\images\\rooms\\scene.png") == tmp_path / "rooms" / "scene.png"
    assert images.find("faces/SCENE") == tmp_path / "faces" / "scene.png"
    assert images.find("scene.png") is None
    assert images.ambiguous["scene.png"] == ("faces/scene.png", "rooms/scene.png")
    assert images.find("/other/alone.png") == tmp_path / "alone.png"
    assert images.find("Wa\u0308nde.png") == tmp_path / "rooms" / "Wände.png"
    assert images.find("garden/Wände.png") == tmp_path / "rooms" / "Wände.png"
    assert images.elsewhere == {"garden/Wände.png": "rooms/wände.png"}
    assert images.find("missing.png") is None


def test_a_picture_of_two_names_is_not_guessed(tmp_path, capsys):
    for folder in ("a", "b"):
        (tmp_path / "img" / folder).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / "img" / folder / "scene.png"), np.full((9, 16, 3), ord(folder), np.uint8))
    path = files.write_prolab(tmp_path)
    arguments = ["import", str(path), "--study", str(tmp_path / "s"), "--participant", "P", "--consent", "--json"]
    assert main([*arguments, "--stimuli", str(tmp_path / "img")]) == 0
    captured = capsys.readouterr()
    assert "a/scene.png and b/scene.png fit it" in captured.err
    assert json.loads(captured.out)["sessions"][0]["n_trials"] == 0


@pytest.mark.parametrize(("good", "bad"), [("1.000000", "0.000000"), ("1.0", "0.0"), ("1", "0")])
def test_validity_is_a_flag_with_any_number_of_noughts(good, bad, tmp_path):
    rows = [f"{t},400.25,300.5,{bad if t < 40 else good}" for t in range(0, 400, 4)]
    samples = read(own(tmp_path / "a.csv", rows, header="time_ms,left_x_px,left_y_px,left_valid")).samples
    assert int(samples.left_valid.sum()) == 90


def test_confidence_in_percent_is_not_all_above_the_limit(tmp_path):
    rows = [f"{t},400.25,300.5,{5 if t < 40 else 98}" for t in range(0, 400, 4)]
    recording = read(own(tmp_path / "a.csv", rows, header="time_ms,x_px,y_px,confidence"))
    assert int(recording.samples.valid.sum()) == 90
    assert any("percent" in note for note in recording.notes)


@pytest.mark.parametrize("code", [-100, -1000, -9999])
def test_one_negative_number_for_both_axes_is_no_gaze(code, tmp_path):
    rows = [f"{t},{code},{code}" if t < 40 else f"{t},400.25,300.5" for t in range(0, 400, 4)]
    recording = read(own(tmp_path / "a.csv", rows))
    assert int(recording.samples.valid.sum()) == 90
    assert [note for note in recording.notes if note.startswith("10 of 100 samples")]


def test_degrees_tell_which_way_they_are_read(tmp_path):
    path = own(tmp_path / "a.csv", [f"{t},-5,3" for t in range(0, 400, 4)], header="time_ms,x_deg,y_deg")
    assert any("origin=centre" in note for note in read(path).notes)
    assert read(path).samples.left_px[0, 1] < SETTINGS.display.height_px / 2
    said = read(path, origin="centre")
    assert said.samples.left_px[0, 1] > SETTINGS.display.height_px / 2
    assert not any("origin=centre" in note for note in said.notes)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are of Unix")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path, capsys):
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    study = tmp_path / "study"
    for argv in (
        ["fixations", str(pipe)],
        ["map", str(pipe), "--image-size", "80,60", "--sigma-px", "2", "-o", str(tmp_path / "m.npy")],
        ["import", str(pipe), "--study", str(study), "--participant", "P1", "--consent"],
        ["run", "--check", str(pipe)],
        ["predict", "a.png", "--embedding", str(pipe)],
    ):
        assert main(argv) == 2
        assert str(pipe) in capsys.readouterr().err


@pytest.mark.parametrize("size", ["deep", "large"])
def test_a_plan_or_embedding_made_to_exhaust_the_machine_is_refused(size, tmp_path, capsys):
    text = "[" * 100_000 if size == "deep" else " " * (5 << 20)
    (tmp_path / "plan.toml").write_text(f"a = {text}\n")
    (tmp_path / "e.json").write_text(text)
    assert main(["run", "--check", str(tmp_path / "plan.toml")]) == 2
    assert main(["predict", "a.png", "--embedding", str(tmp_path / "e.json")]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 2


def test_an_embedding_whose_maps_would_overflow_is_refused(tmp_path):
    document = {
        "schema": 1,
        "vector": [1e300] * 32,
        "n_pairs": 3,
        "spread": 0.1,
        "model": {"name": "a", "sha256": "b"},
        "sigma_deg": 1.0,
    }
    (tmp_path / "e.json").write_text(json.dumps(document))
    with pytest.raises(UnreadableTable, match="'vector'"):
        read_embedding(tmp_path / "e.json")


def noisy(n=600, hz=250, *, eyes=2, seed=1):
    """(N, 2 * eyes) gaze with noise that moves on every half second, and its times."""
    rng = np.random.default_rng(seed)
    places = np.repeat(rng.uniform([300, 200], [1600, 900], (n // 125 + 1, 2)), 125, axis=0)[:n]
    return np.arange(n) / hz, np.concatenate([places + rng.normal(0, 1.5, (n, 2)) for _ in range(eyes)], axis=1)


def written(path, time_s, gaze, names="left_x_px,left_y_px,right_x_px,right_y_px", digits=1):
    rows = [f"{t:.4f}," + ",".join(f"{v:.{digits}f}" for v in row) for t, row in zip(time_s, gaze, strict=True)]
    names = ",".join(names.split(",")[: gaze.shape[1]])
    path.write_text("\n".join([f"time_s,{names}", *rows]) + "\n")
    return path


@pytest.mark.parametrize("eyes", [1, 2])
@pytest.mark.parametrize("fill", ["centre", "last"])
def test_lost_gaze_that_was_filled_with_one_value_counts_as_lost(tmp_path, fill, eyes):
    time_s, gaze = noisy(eyes=eyes)
    gaze[200:240] = [960, 540] * eyes if fill == "centre" else gaze[199]
    path = written(tmp_path / "a.csv", time_s, gaze)
    lost = read(path)
    n = 40 + (fill == "last")
    assert (~lost.samples.valid).sum() == n
    assert any(f"{n} of 600 samples repeat one value" in note and "repeats=gaze" in note for note in lost.notes)
    assert read(path, repeats="gaze").samples.valid.all()


def test_repeats_that_may_be_gaze_are_told_and_kept(tmp_path):
    time_s, gaze = noisy()
    resting = gaze.copy()
    for start in range(0, 600, 125):  # a mouse, or a script: every rest is exact
        resting[start : start + 110] = resting[start]
    found = read(written(tmp_path / "mouse.csv", time_s, resting))
    assert found.samples.valid.all()
    assert any("say --option repeats=lost" in note for note in found.notes)
    slow = gaze.copy()
    slow[200:240] = slow[199]
    path = written(tmp_path / "slow.csv", time_s * 5, slow)
    assert read(path).samples.valid.all()
    assert (~read(path, repeats="lost").samples.valid).sum() == 41


def test_one_eye_that_is_held_while_the_other_moves_is_no_sign(tmp_path):
    time_s, gaze = noisy()
    gaze[200:240, :2] = gaze[199, :2]
    assert read(written(tmp_path / "a.csv", time_s, gaze)).samples.valid.all()


@pytest.mark.parametrize("axis", [0, 1])
def test_gaze_with_one_number_exactly_0_is_lost_where_gaze_never_comes_near(tmp_path, axis):
    time_s, gaze = noisy(eyes=1)
    gaze[200:240, axis] = 0
    found = read(written(tmp_path / "a.csv", time_s, gaze))
    assert (~found.samples.valid).sum() == 40
    assert any("40 of 600 samples at " + ("(0, y)", "(x, 0)")[axis] in note for note in found.notes)


def test_gaze_that_is_cut_at_the_edge_is_kept(tmp_path):
    time_s, gaze = noisy(eyes=1)
    gaze[200:300, 0] = np.maximum(0, gaze[200:300, 0].mean() * 0 + np.linspace(300, -200, 100))
    assert read(written(tmp_path / "a.csv", time_s, gaze)).samples.valid.all()


def test_two_columns_of_one_name_are_a_question(tmp_path):
    time_s, gaze = noisy(eyes=2)
    path = written(tmp_path / "a.csv", time_s, gaze, "x_px,y_px,x_px,y_px")
    with pytest.raises(UnreadableTable, match=r"2 columns are called x_px; .*\(1 or 3, from 0\).*columns="):
        read(path)
    with pytest.raises(UnreadableTable, match="2 columns are called y_px"):
        read(path, columns="time:0,x:3,y:y_px")
    found = read(path, columns="time:0,x:3,y:4")
    np.testing.assert_allclose(found.samples.left_px, np.round(gaze[:, 2:], 1))
    same = written(tmp_path / "same.csv", time_s, np.tile(gaze[:, :2], 2), "x_px,y_px,x_px,y_px")
    np.testing.assert_allclose(read(same).samples.left_px, np.round(gaze[:, :2], 1))
    timed = written(tmp_path / "timed.csv", time_s, np.column_stack([gaze[:, :2], time_s * 2]), "x_px,y_px,time_s")
    with pytest.raises(UnreadableTable, match="2 columns are called time_s"):
        read(timed)
    assert read(timed, columns="time:0,x:1,y:2").samples.time_s[-1] == pytest.approx(time_s[-1])


@pytest.mark.parametrize("separator", [" ", "   ", "|", " | "])
def test_spaces_and_pipes_separate_cells(tmp_path, separator):
    time_s, gaze = noisy(eyes=1)
    path = written(tmp_path / "a.txt", time_s, gaze)
    path.write_text(path.read_text().replace(",", separator))
    found = read(path)
    np.testing.assert_allclose(found.samples.left_px, np.round(gaze, 1))
    np.testing.assert_allclose(found.samples.time_s, time_s, atol=1e-6)


@pytest.mark.parametrize(
    ("names", "units", "factor"),
    [
        ("time,gaze_x,gaze_y", "ms,px,px", 1000),
        ("Timestamp,GazeX,GazeY", "[s],[pixels],[pixels]", 1),
        ("time_ms,x_px,y_px", "ms,px,px", 1000),
    ],
)
def test_a_second_row_of_units_is_read(tmp_path, names, units, factor):
    time_s, gaze = noisy(eyes=1)
    rows = [f"{t * factor:.4f},{x:.1f},{y:.1f}" for t, (x, y) in zip(time_s, gaze, strict=True)]
    path = tmp_path / "a.csv"
    path.write_text("\n".join([names, units, *rows]) + "\n")
    found = read(path)
    np.testing.assert_allclose(found.samples.left_px, np.round(gaze, 1))
    np.testing.assert_allclose(found.samples.time_s, time_s, atol=1e-4)


def stamp(t, form):
    day, t = divmod(t, 86400)
    clock = f"{int(t // 3600):02d}:{int(t % 3600 // 60):02d}:{t % 60:06.3f}"
    return {"clock": clock, "iso": f"2026-11-{29 + int(day)}T{clock}Z", "spaced": f"2026-11-{29 + int(day)} {clock}"}[
        form
    ]


@pytest.mark.parametrize("form", ["clock", "iso", "spaced"])
def test_times_of_day_are_read_past_midnight(tmp_path, form):
    time_s, gaze = noisy(eyes=1)
    start_s = 86400 - 1.0
    rows = [f"{stamp(start_s + t, form)},{x:.1f},{y:.1f}" for t, (x, y) in zip(time_s, gaze, strict=True)]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["timestamp,gaze_x_px,gaze_y_px", *rows]) + "\n")
    found = read(path)
    np.testing.assert_allclose(found.samples.time_s - found.samples.time_s[0], time_s, atol=1e-6)
    assert any("times of day" in note for note in found.notes)


def test_a_time_that_is_none_is_still_named(tmp_path):
    path = own(tmp_path / "a.csv", ["25:00:00.000,1,2", "25:00:00.004,1,2"], header="timestamp,x_px,y_px")
    with pytest.raises(UnreadableTable, match=r"line 2, column timestamp: '25:00:00.000' is not"):
        read(path)


def test_a_screen_that_cannot_be_is_refused_wherever_it_comes_from(tmp_path):
    path = files.write_bids(tmp_path)
    events = path.with_name(path.name.partition("_recording-")[0] + "_events.json")
    screen = {"ScreenResolution": [1600, 900], "ScreenSize": [0.531, 0.299], "ScreenDistance": 65}  # centimetres
    events.write_text(json.dumps({"StimulusPresentation": screen}))
    with pytest.raises(UnreadableTable, match=r"65000 mm.*--display says another one"):
        read_recording(path, "auto", ImportSettings())
    good = Display.parse(files.DISPLAY)
    assert read_recording(path, "auto", ImportSettings(display=good)).display == good
    made = dataclasses.replace(good, distance_mm=65)
    with pytest.raises(UnreadableTable, match="centimetres or metres"):
        read_recording(path, "auto", ImportSettings(display=made))
    with pytest.raises(SettingsError, match=r"the participant's screen: a screen seen from 65 mm.*Say 650"):
        build_run(RunOptions(plan=default_plan(), study=tmp_path / "s", participant="P1", display=made))
