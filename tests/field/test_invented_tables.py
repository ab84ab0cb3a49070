"""Tables that nobody sent yet, of the kinds laboratories send: codes, flags, stamps and units under other names."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace

import numpy as np
import pytest

from gazeapp.errors import SettingsError, UnreadableTable
from gazeapp.runtime.import_files import alone
from gazeapp.store.imports.formats import read_recording
from tests.field.foreign_files import HEIGHT, WIDTH, truth, write_bids
from tests.field.test_bad_input import SETTINGS


def written(tmp_path, header, columns):
    rows = [",".join(map(str, row)) for row in zip(*columns, strict=True)]
    path = tmp_path / "a.csv"
    path.write_text("\n".join([",".join(header), *rows]) + "\n")
    return path


N = 300
LOST = slice(100, 120)


def gaze():
    """Two places at 250 Hz, 20 samples lost."""
    rng = np.random.default_rng(8)
    place = np.where(np.arange(N)[:, None] < N // 2, [480.0, 270.0], [1240.0, 710.0])
    return place + rng.normal(0, 0.5, (N, 2))


def with_code(code):
    x, y = (gaze()[:, axis].round(2).astype(str) for axis in (0, 1))
    x[LOST] = y[LOST] = code
    return x, y


@pytest.mark.parametrize("code", ["-0.0001", "-192", "1900"])
def test_a_place_beside_the_screen_that_repeats_exactly_is_a_code(code, tmp_path):
    x, y = with_code(code)
    recording = read_recording(
        written(tmp_path, ["time_ms", "x_px", "y_px"], [range(0, 4 * N, 4), x, y]), "auto", SETTINGS
    )
    assert (~recording.samples.valid).sum() == 20
    assert not recording.samples.valid[LOST].any()
    assert recording.notes, "and it is told"


def test_gaze_that_is_off_the_screen_stays(tmp_path):
    x, y = gaze().T.round(2)
    y[LOST] += 700  # a person looks below the screen
    path = written(tmp_path, ["time_ms", "x_px", "y_px"], [range(0, 4 * N, 4), x, y])
    assert read_recording(path, "auto", SETTINGS).samples.valid.all()


@pytest.mark.parametrize("name", ["blink", "BKID", "left_in_blink", "Blink id"])
def test_a_flag_of_blinks_is_used_and_what_is_told_of_them_is_not(name, tmp_path):
    x, y = gaze().T.round(2)
    flags = np.zeros(N, dtype=int)
    flags[LOST] = 3
    header = ["time_ms", "left_x_px", "left_y_px", name, "blink_count", "blink duration [s]"]
    path = written(tmp_path, header, [range(0, 4 * N, 4), x, y, flags, range(1, N + 1), [1] * N])
    samples = read_recording(path, "auto", SETTINGS).samples
    np.testing.assert_array_equal(~samples.left_valid, flags > 0)
    flags[20:] = 1
    path = written(tmp_path, header, [range(0, 4 * N, 4), x, y, flags, range(1, N + 1), [1] * N])
    recording = read_recording(path, "auto", SETTINGS)
    assert recording.samples.valid.all()
    assert any("more than half" in note for note in recording.notes)


@pytest.mark.parametrize("name", ["left_validity", "Validity left", "ValidityLeft", "left_eye_validity_code"])
def test_codes_of_trouble_are_told_from_flags_by_their_values(name, tmp_path):
    x, y = gaze().T.round(2)
    codes = np.zeros(N, dtype=int)
    codes[LOST], codes[5] = 4, 1
    path = written(tmp_path, ["time_ms", "left_x_px", "left_y_px", name], [range(0, 4 * N, 4), x, y, codes])
    assert (~read_recording(path, "table", SETTINGS).samples.left_valid).sum() == 20
    path = written(
        tmp_path, ["time_ms", "left_x_px", "left_y_px", "left_ok_valid"], [range(0, 4 * N, 4), x, y, codes > 0]
    )
    recording = read_recording(path, "table", SETTINGS)
    assert any("nearly all of the gaze" in note for note in recording.notes), "a flag the other way round is told"


def test_validity_of_the_point_is_used_and_not_that_of_the_fixation_filter(tmp_path):
    x, y = (gaze() / [1600, 900]).T.round(5)
    fixation, point = np.zeros(N, dtype=int), np.ones(N, dtype=int)
    point[LOST] = 0
    header = ["TIME(2026/11/30)", "FPOGX", "FPOGY", "FPOGV", "BPOGX", "BPOGY", "BPOGV"]
    path = written(tmp_path, header, [np.arange(N) / 250, x, y, fixation, x, y, point])
    samples = read_recording(path, "auto", SETTINGS).samples
    np.testing.assert_array_equal(samples.valid, point > 0)


@pytest.mark.parametrize(
    ("name", "stamp"),
    [
        ("ticks", lambda s: 638_000_000_000_000_000 + round(1e7 * s)),
        ("timestamp", lambda s: 638_000_000_000_000_000 + round(1e7 * s)),
        ("filetime", lambda s: 133_700_000_000_000_000 + round(1e7 * s)),
        ("timestamp", lambda s: 1_764_500_000_000_000 + round(1e6 * s)),
        ("Zeitstempel [ms]", lambda s: round(1e3 * s)),
    ],
    ids=["net-ticks", "net-ticks-unnamed", "filetime", "unix-us", "german"],
)
def test_stamps_that_are_dates_tell_their_unit(name, stamp, tmp_path):
    x, y = gaze().T.round(2)
    path = written(tmp_path, [name, "x_px", "y_px"], [[stamp(n / 250) for n in range(N)], x, y])
    assert read_recording(path, "auto", SETTINGS).rate_hz == pytest.approx(250, rel=1e-3)


def test_metres_are_no_shares_of_the_screen(tmp_path):
    x, y = (gaze() * [0.531 / 1600, 0.299 / 900]).T.round(6)
    path = written(tmp_path, ["time_s", "gaze_x [m]", "gaze_y [m]"], [np.arange(N) / 250, x, y])
    np.testing.assert_allclose(
        np.median(read_recording(path, "auto", SETTINGS).samples.left_px[:100], axis=0), [480, 270], atol=1
    )


def test_rows_of_other_sensors_are_no_samples_and_lost_gaze_stays(tmp_path):
    x, y = gaze().T.round(2)
    header = ["Timestamp", "EventSource", "ET_GazeLeftx", "ET_GazeLefty", "ET_ValidityLeftEye", "GSR"]
    lines = []
    for n in range(N):
        lost = LOST.start <= n < LOST.stop
        lines.append([n * 4, 1, *(("-1", "-1", 4) if lost else (x[n], y[n], 0)), ""])
        if n % 10 == 5:
            lines.append([n * 4 + 1, 2, "", "", "", 0.7])
    path = written(tmp_path, header, list(zip(*lines, strict=True)))
    recording = read_recording(path, "auto", SETTINGS)
    assert len(recording.samples) == N
    assert (~recording.samples.valid).sum() == 20
    assert recording.rate_hz == 250
    assert any(note.startswith("30 of 330 rows") for note in recording.notes)
    x, y = with_code("")  # lost gaze is written as nothing here, and is due
    path = written(tmp_path, ["time_ms", "x_px", "y_px"], [range(0, 4 * N, 4), x, y])
    assert len(read_recording(path, "auto", SETTINGS).samples) == N


def test_stamps_rounded_to_ten_milliseconds_keep_the_rate(tmp_path):
    x, y = gaze().T.round(2)
    path = written(tmp_path, ["time_s", "x_px", "y_px"], [(np.arange(N) / 250).round(2), x, y])
    recording = read_recording(path, "auto", SETTINGS)
    assert recording.rate_hz == pytest.approx(250, rel=0.01)
    assert np.abs(np.diff(recording.samples.time_s)[:-1] - 0.004).max() < 0.0011


def test_one_time_for_all_is_refused(tmp_path):
    x, y = gaze().T.round(2)
    path = written(tmp_path, ["time_ms", "x_px", "y_px"], [[7] * N, x, y])
    with pytest.raises(UnreadableTable, match=r"all 300 samples have one time.*columns=time:NAME"):
        read_recording(path, "auto", SETTINGS)


@pytest.mark.parametrize(
    "header",
    [
        ["time_s", "gaze_projected_to_left_view_x", "gaze_projected_to_left_view_y"],
        ["time_s", "gaze_angle_x", "gaze_angle_y"],
        [
            "RecordingTime [ms]",
            "Point of Regard Binocular X [px]",
            "Point of Regard Binocular Y [px]",
            "Video Time [h:m:s:ms]",
        ],
    ],
    ids=["headset", "angle", "glasses"],
)
def test_gaze_that_is_on_no_screen_is_refused(header, tmp_path):
    x, y = (gaze() / [1600, 900]).T.round(4)
    path = written(tmp_path, header, [np.arange(N) * 4, x, y, ["00:00:00:000"] * N][: len(header)])
    with pytest.raises(UnreadableTable, match=r"not understood|scene camera"):
        read_recording(path, "auto", SETTINGS)


def test_a_sample_report_of_several_sessions_is_a_question(tmp_path):
    x, y = gaze().T.round(1)
    header = ["RECORDING_SESSION_LABEL", "TRIAL_INDEX", "TIMESTAMP", "LEFT_GAZE_X", "LEFT_GAZE_Y", "LEFT_IN_BLINK"]
    labels = ["s01"] * 150 + ["s02"] * 150
    path = written(tmp_path, header, [labels, [1] * N, range(10**6, 10**6 + 4 * N, 4), x, y, [0] * N])
    with pytest.raises(SettingsError, match=r"2 recordings .*\(s01, s02\)"):
        read_recording(path, "auto", SETTINGS)


def test_bids_that_counts_from_the_centre_is_a_question(tmp_path):
    path = write_bids(tmp_path)
    for file in sorted(path.parent.glob("*.tsv.gz")):
        if "physio" in file.name:
            lines = [line.split("\t") for line in gzip.decompress(file.read_bytes()).decode().splitlines()]
            for line in lines:
                if line[1] != "n/a":
                    line[1], line[2] = str(float(line[1]) - WIDTH / 2), str(HEIGHT / 2 - float(line[2]))
            file.write_bytes(gzip.compress("\n".join("\t".join(line) for line in lines).encode()))
    events = tmp_path / "bids" / "task-view_events.json"
    document = json.loads(events.read_text())
    del document["StimulusPresentation"]["ScreenOrigin"]
    events.write_text(json.dumps(document))
    with pytest.raises(UnreadableTable, match=r"seems to count from the centre; say --option origin=centre-up"):
        read_recording(path, "auto", SETTINGS)
    recording = read_recording(path, "auto", replace(SETTINGS, options={"origin": "centre-up"}))
    np.testing.assert_allclose(recording.samples.left_px, truth()[1], atol=1e-6)


def test_both_eyes_of_bids_are_one_recording(tmp_path):
    first = write_bids(tmp_path)
    second = first.with_name(first.name.replace("eye1", "eye2"))
    other = tmp_path / "a.csv"
    assert alone([first, other, second]) == [first, other]
    assert alone([second]) == [second]
