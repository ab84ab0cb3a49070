from __future__ import annotations

import numpy as np
import pytest

from gazeapp.devices.lsl import stream_choice
from gazeapp.devices.lsl.channels import recognise_layout
from gazeapp.devices.lsl.inlet import StampMap, parse_description
from gazeapp.devices.lsl.stream_choice import choose_stream, recall, remember
from gazeapp.errors import TrackerNotFound, Unsupported
from gazeapp.gaze.channels.reader import GazeReader
from gazeapp.gaze.display import Display

DISPLAY = Display(width_px=2000, height_px=1000, width_mm=500, height_mm=250, distance_mm=600)


def stream(*channels: tuple[str, str, str, str], name="s", kind="Gaze", maker="", source_id="id"):
    nodes = "".join(
        f"<channel><label>{label}</label><type>{t}</type><unit>{unit}</unit><eye>{eye}</eye></channel>"
        for label, t, unit, eye in channels
    )
    return parse_description(
        f"<info><name>{name}</name><type>{kind}</type><channel_count>{len(channels)}</channel_count>"
        f"<channel_format>float32</channel_format><source_id>{source_id}</source_id>"
        f"<nominal_srate>600</nominal_srate><uid>u-{source_id}</uid><desc><acquisition><manufacturer>{maker}"
        f"</manufacturer></acquisition><channels>{nodes}</channels></desc></info>"
    )


def read(description, rows, **overrides):
    reader = GazeReader(recognise_layout(description, **overrides), DISPLAY)
    rows = np.array(rows, dtype=float)
    time_s = np.arange(len(rows)) / 600
    return reader, reader.read(rows, time_s=time_s, device_time_s=time_s, receive_s=1.0)


APP_TOBIIPRO = stream(
    ("left_x", "ScreenX", "screencoords", "left"),
    ("left_y", "ScreenY", "screencoords", "left"),
    ("left_pupil", "pupilsize", "", "left"),
    ("right_x", "ScreenX", "screencoords", "right"),
    ("right_y", "ScreenY", "screencoords", "right"),
    ("right_pupil", "pupilsize", "", "right"),
    name="Tobii",
    maker="TobiiPro",
)


def titta_eye(eye):
    rows = [
        (f"{a}.position_on_display_area.gaze_point.{eye}_eye", f"Screen{a.upper()}", "normalized", eye) for a in "xy"
    ]
    rows += [
        (f"{a}.position_in_user_coordinates.gaze_point.{eye}_eye", f"Intersection{a.upper()}", "mm", eye) for a in "xyz"
    ]
    rows += [(f"{k}.gaze_point.{eye}_eye", f"{k.title()}Flag", "bool", eye) for k in ("valid", "available")]
    rows += [(f"diameter.pupil.{eye}_eye", "Diameter", "mm", eye)]
    rows += [(f"{k}.pupil.{eye}_eye", f"{k.title()}Flag", "bool", eye) for k in ("valid", "available")]
    rows += [(f"{a}.position_in_user_coordinates.gaze_origin.{eye}_eye", f"Pupil{a.upper()}", "mm", eye) for a in "xyz"]
    rows += [
        (f"{a}.position_in_track_box_coordinates.gaze_origin.{eye}_eye", f"Pupil{a.upper()}", "normalized", eye)
        for a in "xyz"
    ]
    return rows


TITTA = stream(*titta_eye("left"), *titta_eye("right"), name="Tobii_gaze", maker="Tobii")
PUPIL = stream(
    ("confidence", "Confidence", "normalized", "both"),
    ("norm_pos_x", "ScreenX", "normalized", "both"),
    ("norm_pos_y", "ScreenY", "normalized", "both"),
    ("gaze_point_3d_x", "DirectionX", "mm", "both"),
    ("eye_center0_3d_x", "PositionX", "mm", "right"),
    ("diameter0_2d", "Diameter", "pixels", "right"),
    ("diameter0_3d", "Diameter", "mm", "right"),
    name="pupil_capture",
)


def test_the_relay_of_the_tobii_sdk_is_normalised_with_pupils_in_mm():
    _, samples = read(APP_TOBIIPRO, [[0.5, 0.5, 3.1, 0.25, 0.75, 3.3], [np.nan] * 3 + [0.25, 0.75, 0]])
    assert samples.eyes == "binocular"
    assert samples.left_px[0] == pytest.approx([1000, 500])
    assert samples.right_px[0] == pytest.approx([500, 750])
    assert samples.left_valid.tolist() == [True, False]
    assert samples.left_pupil_mm[0] == pytest.approx(3.1)
    assert np.isnan(samples.right_pupil_mm[1])


def test_titta_marks_gaze_invalid_by_its_own_channel_even_where_numbers_are_given():
    width = len(TITTA.channels) // 2
    rows = np.zeros((2, 2 * width))
    rows[:, 0:2] = 0.5
    rows[:, width : width + 2] = 0.5
    rows[:, [5, 8]] = 1  # both flags of the left eye
    rows[:, width + 8] = 1  # right: the pupil is seen, gaze is not
    rows[:, 10:13] = (-30, 10, 600)
    _, samples = read(TITTA, rows)
    assert samples.left_valid.all()
    assert not samples.right_valid.any()
    assert samples.left_origin_mm[0] == pytest.approx([-30, 10, 600])


def test_pupil_capture_counts_from_the_bottom_left_and_has_confidence():
    rows = [[0.9, 0.5, 0.9, 0, 0, 30, 3.5], [0.3, 0.5, 0.9, 0, 0, 30, 3.5]]
    _, samples = read(PUPIL, rows)
    assert samples.eyes == "cyclopean"
    assert samples.left_px[0] == pytest.approx([1000, 100])
    assert samples.left_valid.tolist() == [True, False]


def test_both_eyes_are_preferred_over_a_ready_made_average():
    both = [("Screen_X_both", "ScreenX", "pixels", "both"), ("Screen_Y_both", "ScreenY", "pixels", "both")]
    each = [(f"Screen_{a}_{e}", f"Screen{a}", "pixels", e) for e in ("left", "right") for a in "XY"]
    _, samples = read(stream(*both, *each), [[9, 9, 100, 200, 300, 400]])
    assert samples.eyes == "binocular"
    assert samples.right_px[0] == pytest.approx([300, 400])


def test_labels_serve_where_types_are_missing():
    named = stream(("GazeLeftX", "", "px", ""), ("GazeLeftY", "", "px", ""), ("ValidLeft", "", "", ""))
    layout = recognise_layout(named)
    assert layout.found_by == "label"
    assert (layout.eyes, layout.unit) == ("left", "pixels")
    _, samples = read(named, [[10, 20, 1], [10, 20, 0]])
    assert samples.left_valid.tolist() == [True, False]


def test_two_nameless_channels_are_taken_in_order():
    layout = recognise_layout(stream(("", "", "", ""), ("", "", "", "")))
    assert (layout.eyes, layout.found_by) == ("cyclopean", "order")


def test_a_stream_without_gaze_is_refused_with_its_channels_and_can_be_mapped_by_hand():
    eeg = stream(("Fz", "EEG", "uV", ""), ("Cz", "EEG", "uV", ""), ("Pz", "EEG", "uV", ""))
    with pytest.raises(Unsupported, match="1: Cz"):
        recognise_layout(eeg)
    assert recognise_layout(eeg, columns="x:1,y:2").columns == {"left_x": 1, "left_y": 2}
    with pytest.raises(Unsupported, match="z:0"):
        recognise_layout(eeg, columns="z:0")


@pytest.mark.parametrize("lost", [(0, 0), (-1, -1), (np.nan, np.nan)], ids=str)
def test_the_senders_ways_to_say_lost_all_become_missing(lost):
    pixels = stream(("x", "ScreenX", "pixels", ""), ("y", "ScreenY", "pixels", ""))
    _, samples = read(pixels, [lost, (400, 0)])
    assert samples.left_valid.tolist() == [False, True]
    assert np.isnan(samples.left_px[0]).all()


def test_a_wrong_unit_is_noticed_by_the_values_and_told():
    wrong = stream(("x", "ScreenX", "pixels", ""), ("y", "ScreenY", "pixels", ""))
    reader, samples = read(wrong, np.full((30, 2), 0.5))
    assert reader.unit == "normalised"
    assert [kind for kind, _ in reader.take_notes()] == ["units"]
    assert reader.take_notes() == []
    assert samples.left_px[0] == pytest.approx([1000, 500])


def test_an_unstated_unit_is_taken_from_the_values():
    unstated = stream(("x", "ScreenX", "", ""), ("y", "ScreenY", "", ""))
    assert read(unstated, np.full((5, 2), 0.5))[0].unit == "normalised"
    assert read(unstated, np.full((5, 2), 640.0))[0].unit == "pixels"


@pytest.mark.parametrize(
    ("unit", "origin", "row", "expected"),
    [
        ("degrees", "top-left", (0, 0.001), (1000, 500)),
        ("mm", "top-left", (250, 125), (1000, 500)),
        ("mm", "centre", (125, -62.5), (1500, 250)),
        ("pixels", "bottom-left", (10, 990), (10, 10)),
    ],
)
def test_units_and_origins_lead_to_the_same_pixels(unit, origin, row, expected):
    any_stream = stream(("x", "ScreenX", "", ""), ("y", "ScreenY", "", ""))
    _, samples = read(any_stream, [row], unit=unit, origin=origin)
    assert samples.left_px[0] == pytest.approx(expected, abs=0.1)


def test_one_of_several_streams_must_be_named():
    two = [stream(name="a", source_id="1"), stream(name="b", source_id="2")]
    with pytest.raises(TrackerNotFound, match="stream=SOURCE_ID"):
        choose_stream(two, "")
    assert choose_stream(two, "2").name == "b"
    with pytest.raises(TrackerNotFound, match="firewall"):
        choose_stream([], "")


def test_stamps_follow_the_clock_offset_without_going_back():
    stamps = StampMap(base_s=-1000.0)
    stamps.set_offset(5.0)
    first, _ = stamps.map(np.array([1000.0, 1000.01]), 5.02)
    stamps.set_offset(4.999)  # a better measurement, 1 ms earlier
    second, _ = stamps.map(np.arange(1000.02, 1000.995, 0.01), 6.0)
    assert first[0] == pytest.approx(5.0)
    assert (np.diff(np.concatenate([first, second])) > 0).all()
    assert second[-1] == pytest.approx(5.989, abs=1e-6)


def test_stamps_of_another_clock_are_replaced_by_arrivals_and_told_once():
    stamps = StampMap(base_s=0.0)
    stamps.set_offset(0.0)
    jumps = []
    for k in range(50):
        times, jumped = stamps.map(np.array([1.7e9 + k * 0.01]), 20.0 + k * 0.01)
        jumps.append(jumped)
        assert times[0] == pytest.approx(20.0 + k * 0.01, abs=1e-4)
    assert jumps == [True] + [False] * 49
    assert not stamps.trusts_stamps


def test_a_computer_that_stood_still_trusts_the_stamps_again():
    stamps = StampMap(base_s=0.0)
    stamps.set_offset(0.0)
    rng = np.random.default_rng(0)
    times, told, next_s, now_s = [], 0, 10.0, 10.0
    while now_s < 60.0:
        now_s += 7.0 if 30.0 < now_s < 31.0 else float(rng.uniform(0.004, 0.02))
        pulled = np.arange(next_s, now_s - 0.001, 0.01)
        if not len(pulled):
            continue
        next_s = pulled[-1] + 0.01
        mapped, jumped = stamps.map(pulled, now_s + (6.0 if now_s - pulled[0] > 5 else 0.0))
        times.append(mapped - pulled)
        told += jumped
    assert stamps.trusts_stamps
    assert told <= 1
    assert np.abs(np.concatenate(times)).max() < 0.05


def test_swapped_eyes_are_noticed_by_where_they_are():
    width = len(TITTA.channels) // 2
    rows = np.full((3, 2 * width), 0.5)
    rows[:, 10:13], rows[:, width + 10 : width + 13] = (30, 10, 600), (-30, 10, 600)
    reader, _ = read(TITTA, rows)
    assert [kind for kind, _ in reader.take_notes()] == ["eyes-swapped"]
    rows[:, 10:13], rows[:, width + 10 : width + 13] = (-30, 10, 600), (30, 10, 600)
    assert read(TITTA, rows)[0].take_notes() == []


def test_what_a_person_said_about_a_source_is_remembered():
    remember("lab-1", {"unit": "pixels", "origin": "", "columns": "x:1,y:2"})
    remember("", {"unit": "mm"})
    assert recall("lab-1") == {"unit": "pixels", "columns": "x:1,y:2"}
    assert recall("") == {}
    assert recall("lab-2") == {}


def test_a_damaged_memory_is_set_aside_and_never_stops_a_recording():
    remember("lab-1", {"unit": "pixels"})
    path = stream_choice._path()
    path.write_text("{ not json")
    assert recall("lab-1") == {}
    assert path.with_suffix(".damaged.json").exists()
    remember("lab-1", {"unit": "mm"})
    assert recall("lab-1") == {"unit": "mm"}


@pytest.mark.parametrize("jump_s", [60.0, -60.0, -0.2], ids=str)
def test_a_clock_that_jumps_within_one_pull_throws_no_sample_into_the_future(jump_s):
    stamps = StampMap(base_s=-1000.0)
    stamps.set_offset(0.0)
    raw = 1000.0 + np.arange(600) / 100
    raw[305:] += jump_s
    times = []
    for n in range(0, 600, 10):  # pulls of a tenth of a second, the jump in the middle of one
        got, _ = stamps.map(raw[n : n + 10], 0.1 * (n // 10) + 0.1)
        times.append(got)
    session = np.concatenate(times)
    assert (np.diff(session) >= 0).all()
    assert np.abs(session - np.arange(600) / 100).max() < 0.5
