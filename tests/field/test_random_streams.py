"""Streams and files are read with one knowledge: a random laboratory gives the same gaze whichever way it comes."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from gazeapp.devices.lsl import tracker as lsl
from gazeapp.devices.options import DeviceOptions
from gazeapp.errors import SettingsError
from gazeapp.gaze.channels.layout import recognise_layout
from gazeapp.gaze.channels.meaning import Channel
from gazeapp.gaze.channels.reader import GazeReader
from gazeapp.gaze.clock import MonotonicClock
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store.imports.formats import read_recording
from gazeapp.store.imports.recording import ImportSettings
from tests.field.random_streams import DISPLAY, Stream, draw, write_csv, write_xdf


def live(stream: Stream, notes: list[tuple[str, str]] | None = None, **options: bool) -> GazeSamples:
    """In pieces, as they would arrive, after a glance at the first ones."""
    reader = GazeReader(recognise_layout(stream.channels, **stream.options), DISPLAY, **options)
    reader.settle(stream.values[:20], is_whole=False)
    cuts = np.cumsum(np.random.default_rng(0).integers(1, 30, len(stream.time_s)))
    pieces = np.split(np.arange(len(stream.time_s)), cuts[cuts < len(stream.time_s)])
    read = [
        reader.read(stream.values[i], time_s=stream.time_s[i], device_time_s=stream.time_s[i]) for i in pieces if len(i)
    ]
    if notes is not None:
        notes += reader.take_notes()
    return GazeSamples.concatenate(read)


@pytest.mark.parametrize("seed", range(60))
def test_a_stream_and_its_files_hold_the_same_gaze(seed, tmp_path):
    pytest.importorskip("pyxdf")
    stream = draw(seed)
    settings = ImportSettings(display=DISPLAY, options=stream.options)
    found = {
        "live": live(stream),
        "xdf": read_recording(write_xdf(stream, tmp_path / "a.xdf"), "auto", settings).samples,
        "csv": read_recording(write_csv(stream, tmp_path / "a.csv"), "auto", settings).samples,
    }
    for way, samples in found.items():
        words = f"{way}, {stream.words}"
        assert samples.eyes == "binocular", words
        for side in ("left", "right"):
            np.testing.assert_allclose(
                getattr(samples, f"{side}_px"), getattr(stream, f"{side}_px"), atol=1e-6, err_msg=words
            )
            np.testing.assert_allclose(getattr(samples, f"{side}_pupil_mm"), 3.25, err_msg=words)
        np.testing.assert_allclose(samples.time_s, stream.time_s, atol=1e-9, err_msg=words)


def filled(seed: int) -> tuple[Stream, np.ndarray]:
    """A stream whose program fills what was lost with the last value, and where it does so from 0.1 s on."""
    stream = draw(seed)
    n, rate_hz = 3000, 250.0
    rng = np.random.default_rng(seed)
    point = np.repeat(rng.uniform([0.1, 0.1], [0.9, 0.9], (12, 2)), n // 12, axis=0) * DISPLAY.size_px
    point += rng.normal(0, 0.4, point.shape)
    for first in (1500, 2400):
        point[first : first + 100] = point[first]
    values = np.column_stack([point, rng.uniform(0, 1, n)])
    channels = tuple(Channel(label=name, unit=unit) for name, unit in (("x", "pixels"), ("y", "pixels"), ("aux", "")))
    held = np.zeros(n, dtype=bool)
    for first in (1500, 2400):
        held[first + 26 : first + 100] = True
    return (
        replace(stream, channels=channels, values=values, time_s=np.arange(n) / rate_hz, rate_hz=rate_hz, options={}),
        held,
    )


def test_repeated_values_are_lost_in_a_stream_as_in_its_files(tmp_path):
    stream, held = filled(5)
    notes: list[tuple[str, str]] = []
    now = live(stream, tells_lost=True, notes=notes)
    np.testing.assert_array_equal(now.left_valid, ~held)
    assert sum("repeats one value exactly" in words for _, words in notes) == 1, "told once"
    whole = read_recording(write_csv(stream, tmp_path / "a.csv"), "auto", ImportSettings(display=DISPLAY)).samples
    assert (~whole.left_valid).sum() == 200, "a file is looked at from its end"
    assert not (whole.left_valid & ~now.left_valid).any()
    kept = live(stream, tells_lost=True, keeps_repeats=True)
    assert kept.left_valid.all()


def test_an_axis_at_zero_is_lost_in_a_stream_as_in_its_files(tmp_path):
    stream, _ = filled(6)
    values = stream.values.copy()
    values[2000:2060, 0] = 0.0  # the other number was kept
    values[2100:2160, 1] = 0.0
    stuck = replace(stream, values=values)
    notes: list[tuple[str, str]] = []
    now = live(stuck, tells_lost=True, notes=notes)
    whole = read_recording(write_csv(stuck, tmp_path / "a.csv"), "auto", ImportSettings(display=DISPLAY)).samples
    for samples in (now, whole):
        assert not samples.left_valid[2000:2060].any()
        assert not samples.left_valid[2100:2160].any()
    assert {words for _, words in notes} >= {"gaze with (0, y) counts as lost", "gaze with (x, 0) counts as lost"}
    values[100:400, 0] = np.linspace(300, 0.5, 300)  # a person looks at the edge: nothing is a code there
    values[2000:2060, 0] = 0.0
    near = live(replace(stream, values=values), tells_lost=True)
    assert near.left_valid[2000:2020].all()


@pytest.mark.slow
@pytest.mark.parametrize("seed", [3, 11, 25])
def test_a_stream_on_the_network_is_read_as_its_file_is(seed, tmp_path):
    pylsl = pytest.importorskip("pylsl")
    stream = draw(seed)
    info = pylsl.StreamInfo(
        f"random-{seed}", "Gaze", len(stream.channels), stream.rate_hz, "double64", f"random-{seed}"
    )
    listed = info.desc().append_child("channels")
    for channel in stream.channels:
        node = listed.append_child("channel")
        for key, value in (("label", channel.label), ("type", channel.kind), ("unit", channel.unit)):
            node.append_child_value(key, value)
    outlet = pylsl.StreamOutlet(info)
    got: list[GazeSamples] = []
    sent = 0

    def push(n: int) -> None:
        nonlocal sent
        for _ in range(n):
            outlet.push_sample(stream.values[sent % len(stream.values)].tolist())
            sent += 1

    stop = threading.Event()

    def send() -> None:
        while not stop.wait(0.02):
            push(max(1, round(stream.rate_hz * 0.02)))

    sender = threading.Thread(target=send)
    sender.start()
    try:
        options = {"stream": f"random-{seed}", **stream.options}
        opened = lsl.open_tracker(DeviceOptions("lsl", options), MonotonicClock(), DISPLAY)
        try:
            opened.start(got.append, lambda _problem: None)
            deadline = time.monotonic() + 5
            while sum(map(len, got)) < 40 and time.monotonic() < deadline:
                time.sleep(0.05)
            opened.stop()
        finally:
            opened.close()
    finally:
        stop.set()
        sender.join()
    samples = GazeSamples.concatenate(got)
    known = np.concatenate([stream.left_px[np.isfinite(stream.left_px[:, 0])]])
    for point in samples.left_px[samples.left_valid][:40]:
        assert np.abs(known - point).max(axis=1).min() < 1e-6, stream.words


def two(tmp_path, *, overlap: bool):
    """A file with two streams of one name, and one without samples."""
    stream = draw(1)
    n = len(stream.time_s)
    cut = n // 2
    parts = [(0, cut), (cut - 20 if overlap else cut, n), (0, 0)]
    return write_xdf(stream, tmp_path / "two.xdf", parts=parts), stream


def test_the_streams_of_a_restarted_sender_are_joined(tmp_path):
    pytest.importorskip("pyxdf")
    path, stream = two(tmp_path, overlap=False)
    recording = read_recording(path, "auto", ImportSettings(display=DISPLAY, options=stream.options))
    np.testing.assert_allclose(recording.samples.time_s, stream.time_s)
    np.testing.assert_allclose(recording.samples.left_px, stream.left_px, atol=1e-6)
    assert any("joined" in note for note in recording.notes)
    assert any("without samples" in note for note in recording.notes)


def test_streams_of_one_name_at_one_time_are_asked_about(tmp_path):
    pytest.importorskip("pyxdf")
    path, stream = two(tmp_path, overlap=True)
    with pytest.raises(SettingsError, match="NAME#NUMBER"):
        read_recording(path, "auto", ImportSettings(display=DISPLAY, options=stream.options))
    chosen = ImportSettings(display=DISPLAY, options={**stream.options, "stream": "random#2"})
    assert len(read_recording(path, "auto", chosen).samples) == len(stream.time_s) - len(stream.time_s) // 2 + 20
