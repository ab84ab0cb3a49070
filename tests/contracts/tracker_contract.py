"""What every tracker backend must do; a backend's tests subclass it and supply the `tracker` fixture."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from gazeapp.devices.tracker import Capability, SteppedTracker
from gazeapp.errors import InvalidTransition
from gazeapp.gaze.samples import GazeSamples


class Collector:
    """Keeps chunks, and tells when there are enough samples."""

    def __init__(self, enough: int) -> None:
        self.chunks: list[GazeSamples] = []
        self.problems: list[object] = []
        self.threads: set[str] = set()
        self._enough = enough
        self._have = threading.Event()

    def take(self, samples: GazeSamples) -> None:
        self.threads.add(threading.current_thread().name)
        self.chunks.append(samples)
        if sum(map(len, self.chunks)) >= self._enough:
            self._have.set()

    def wait(self, timeout_s: float = 20.0) -> None:
        assert self._have.wait(timeout_s), "the tracker delivered too little"

    @property
    def samples(self) -> GazeSamples:
        return GazeSamples.concatenate(self.chunks)


class TrackerContract:
    """Subclasses give a fixture `tracker`: an opened tracker that delivers at least 40 samples within seconds."""

    @pytest.fixture
    def tracker(self):
        raise NotImplementedError("a backend's test class supplies its tracker")

    def collect(self, tracker, enough=40):
        collector = Collector(enough)
        tracker.start(collector.take, collector.problems.append)
        collector.wait()
        tracker.stop()
        return collector

    def test_info_names_the_tracker(self, tracker):
        assert tracker.info.backend
        assert tracker.info.name
        assert tracker.info.eyes in ("binocular", "left", "right", "cyclopean")
        assert all(isinstance(c, Capability) for c in tracker.info.capabilities)

    def test_times_never_decrease(self, tracker):
        samples = self.collect(tracker).samples
        assert len(samples) >= 40
        assert (np.diff(samples.time_s) >= 0).all()

    def test_missing_gaze_is_nan_and_invalid_together(self, tracker):
        samples = self.collect(tracker).samples
        for gaze, valid in (
            (samples.left_px, samples.left_valid),
            (samples.right_px, samples.right_valid),
        ):
            assert (np.isfinite(gaze).all(axis=1) == valid).all()

    def test_every_sample_carries_its_three_times(self, tracker):
        samples = self.collect(tracker).samples
        assert np.isfinite(samples.time_s).all()
        assert np.isfinite(samples.receive_time_s).all()
        assert np.isfinite(samples.device_time_s).all()

    def test_nothing_comes_after_stop(self, tracker):
        collector = self.collect(tracker)
        n = len(collector.chunks)
        threading.Event().wait(0.1)
        assert len(collector.chunks) == n

    def test_samples_come_from_its_own_thread(self, tracker):
        assert threading.main_thread().name not in self.collect(tracker).threads

    def test_starting_twice_is_refused(self, tracker):
        collector = Collector(1)
        tracker.start(collector.take, collector.problems.append)
        with pytest.raises(InvalidTransition):
            tracker.start(collector.take, collector.problems.append)
        tracker.stop()

    def test_it_can_be_started_again_after_a_stop(self, tracker):
        first = self.collect(tracker).samples
        second = self.collect(tracker).samples
        assert second.time_s[0] >= first.time_s[-1]

    def test_stopping_and_closing_twice_is_allowed(self, tracker):
        tracker.stop()
        tracker.stop()
        tracker.close()
        tracker.close()

    def test_a_stepped_tracker_delivers_on_the_calling_thread(self, tracker):
        if Capability.STEPPED not in tracker.info.capabilities:
            pytest.skip("not a stepped tracker")
        assert isinstance(tracker, SteppedTracker)
        collector = Collector(1)
        tracker.start_stepped(collector.take, collector.problems.append)
        tracker.advance(1e6 if tracker.info.backend == "replay" else 2.0)
        assert collector.threads == {threading.current_thread().name}
        tracker.stop()
