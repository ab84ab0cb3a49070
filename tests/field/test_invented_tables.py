"""Tables that nobody sent yet, of the kinds laboratories send: codes, flags, stamps and units under other names."""

from __future__ import annotations

import numpy as np
import pytest

from gazeapp.store.imports.formats import read_recording
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
