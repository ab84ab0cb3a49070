from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gazeapp.devices.discovery import open_tracker
from gazeapp.devices.replay import read_recording
from gazeapp.errors import SettingsError, UnreadableTable
from gazeapp.gaze.clock import ManualClock
from gazeapp.gaze.display import Display
from gazeapp.gaze.samples import GazeSamples
from tests.fakes import look_at

DISPLAY = Display(width_px=1920, height_px=1080, width_mm=531, height_mm=299, distance_mm=650)
SESSION = Path(__file__).parents[1] / "golden" / "calm"


def play(file, speed="1", until_s=1e6):
    tracker = open_tracker(
        "replay",
        clock=ManualClock(5.0),
        display=DISPLAY,
        options={"file": str(file), "speed": speed},
    )
    chunks, problems = [], []
    tracker.start_stepped(chunks.append, problems.append)
    tracker.advance(until_s)
    exhausted = tracker.is_exhausted
    tracker.close()
    return GazeSamples.concatenate(chunks), problems, exhausted


def write_samples(path, samples, keep=slice(None)):
    rows = [f"{t:.6f},{x:.3f},{y:.3f}" for t, (x, y) in zip(samples.time_s[keep], samples.left_px[keep], strict=True)]
    path.write_text("\n".join(["time_s,x_px,y_px", *rows]) + "\n")
    return path


def test_a_stored_session_is_played_as_it_was_recorded():
    recorded = read_recording(SESSION)
    played, _, exhausted = play(SESSION)
    assert exhausted
    assert recorded.rate_hz == 250.0
    assert np.array_equal(played.left_px, recorded.samples.left_px, equal_nan=True)
    assert np.diff(played.time_s) == pytest.approx(np.diff(recorded.samples.time_s))
    assert played.time_s[0] == pytest.approx(5.0)


def test_a_sample_file_plays_at_its_own_speed_from_now(tmp_path):
    file = write_samples(tmp_path / "a.csv", look_at((300, 400), for_s=2.0).samples(500))
    played, problems, exhausted = play(file, until_s=6.0)
    assert not exhausted
    assert len(played) == 501
    assert problems == []
    assert play(file, speed="4", until_s=5.25)[0].time_s[-1] == pytest.approx(6.0)


def test_a_hole_in_a_recording_is_told(tmp_path):
    samples = look_at((300, 400), for_s=3.0).samples(100)
    keep = np.r_[0:100, 200:300]
    _, problems, _ = play(write_samples(tmp_path / "a.csv", samples, keep))
    assert [p.kind for p in problems] == ["gap"]
    assert problems[0].gap_s == pytest.approx(1.01)


def test_the_rate_is_right_although_stamps_are_rounded(tmp_path):
    samples = look_at((300, 400), for_s=2.0).samples(1200)
    rows = [f"{round(t * 1e6)},300,400" for t in samples.time_s]
    file = tmp_path / "a.csv"
    file.write_text("\n".join(["time_us,x_px,y_px", *rows]) + "\n")
    assert read_recording(file, DISPLAY).rate_hz == 1200.0


def test_what_cannot_be_played_is_refused_by_name(tmp_path):
    one = write_samples(tmp_path / "one.csv", look_at((300, 400), for_s=0.01).samples(100))
    with pytest.raises(UnreadableTable, match=r"one\.csv"):
        play(one)
    with pytest.raises(SettingsError, match="absent"):
        play(tmp_path / "absent.csv")
    with pytest.raises(SettingsError, match="file=SAMPLES"):
        open_tracker("replay", clock=ManualClock(), display=DISPLAY)
