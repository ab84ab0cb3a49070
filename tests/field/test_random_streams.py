"""Streams and files are read with one knowledge: a random laboratory gives the same gaze whichever way it comes."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from gazeapp.devices.lsl import tracker as lsl
from gazeapp.devices.options import DeviceOptions
from gazeapp.errors import SettingsError
from gazeapp.gaze.channels.layout import recognise_layout
from gazeapp.gaze.channels.reader import GazeReader
from gazeapp.gaze.clock import MonotonicClock
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store.imports.formats import read_recording
from gazeapp.store.imports.recording import ImportSettings
from tests.field.random_streams import DISPLAY, Stream, draw, write_csv, write_xdf


def live(stream: Stream) -> GazeSamples:
    """In pieces, as they would arrive, after a glance at the first ones."""
    reader = GazeReader(recognise_layout(stream.channels, **stream.options), DISPLAY)
    reader.settle(stream.values[:20], is_whole=False)
    cuts = np.cumsum(np.random.default_rng(0).integers(1, 30, len(stream.time_s)))
    pieces = np.split(np.arange(len(stream.time_s)), cuts[cuts < len(stream.time_s)])
    read = [
        reader.read(stream.values[i], time_s=stream.time_s[i], device_time_s=stream.time_s[i]) for i in pieces if len(i)
    ]
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
