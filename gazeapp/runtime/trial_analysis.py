"""One trial on its way: fixations as gaze arrives, and the definitive result when all its samples are in."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from gazeapp.gaze.correction_timeline import CorrectedGaze, NumberedCorrection
from gazeapp.gaze.detection.carried_over import split_carried_over
from gazeapp.gaze.display import StimulusFrame
from gazeapp.gaze.fixations import Fixation, FixationDetector
from gazeapp.gaze.samples import GazeSamples
from gazeapp.runtime.snapshot import TrialRecord

DetectorFactory = Callable[[], FixationDetector]


def to_image(fixation: Fixation, frame: StimulusFrame) -> Fixation:
    """The same fixation in image pixels."""
    x_px, y_px = frame.to_image((fixation.x_px, fixation.y_px))
    return replace(fixation, x_px=float(x_px), y_px=float(y_px))


class _Facts(NamedTuple):
    """Of a trial, beside its samples."""

    trial: int
    frame: StimulusFrame
    shown_s: float
    hidden_s: float
    rate_hz: float
    complete: bool


def detect_trial(
    samples: GazeSamples,
    make_detector: DetectorFactory,
    *,
    trial: int,
    frame: StimulusFrame,
    shown_s: float,
    hidden_s: float,
    rate_hz: float,
    complete: bool = True,
) -> TrialRecord:
    """The definitive result of one trial: a pure function of its samples.

    Args:
        samples: Corrected samples with shown_s <= time_s < hidden_s, exactly those.
        make_detector: Makes a fresh detector.
        trial: Number of the trial.
        frame: Where the image lay.
        shown_s: Onset of the stimulus.
        hidden_s: Its end; a fixation that outlasts it ends here.
        rate_hz: Nominal rate, from which missing samples are counted; NaN counts invalid ones only.
        complete: Whether the stream reached `hidden_s` and every sample of it was read.
    """
    return _detect(samples, make_detector, _Facts(trial, frame, shown_s, hidden_s, rate_hz, complete))


def _detect(samples: GazeSamples, make_detector: DetectorFactory, facts: _Facts) -> TrialRecord:
    detector = make_detector()
    found = [*detector.push(samples), *detector.flush()]
    return _record(samples, [to_image(fixation, facts.frame) for fixation in found], facts)


def _record(samples: GazeSamples, fixations: Iterable[Fixation], facts: _Facts) -> TrialRecord:
    """A trial's record from its samples and every fixation found in them, image pixels."""
    n = len(samples)
    own, carried = split_carried_over(
        fixations,
        float(samples.time_s[0]) if n else facts.shown_s,
        float(np.median(np.diff(samples.time_s))) if n > 1 else 0.0,
    )
    n_due = (facts.hidden_s - facts.shown_s) * facts.rate_hz if math.isfinite(facts.rate_hz) else 0.0
    n_due = max(float(n), math.floor(n_due + 1e-6))
    n_valid = int(np.count_nonzero(samples.valid))
    return TrialRecord(
        trial=facts.trial,
        frame=facts.frame,
        shown_s=facts.shown_s,
        hidden_s=facts.hidden_s,
        fixations=own,
        carried_over=carried,
        n_samples=n,
        data_loss=1.0 - n_valid / n_due if n_due else 1.0,
        complete=facts.complete,
    )


class RunningTrial:
    """The trial on the screen: its gaze goes through a detector of its own as it arrives.

    What was found so far is shown; when the trial is over and nothing came late, the end of the stream is all that the
    definitive result still needs. It is detected anew from the first sample where the detector was given what it
    should not have seen: gaze from after an end that was told late, or gaze under a correction that has changed since.

    Args:
        trial: Number of the trial.
        frame: Where the image lies.
        shown_s: Onset of the stimulus.
        make_detector: Makes the detector of the definitive result.
        make_live_detector: Makes another one for what is shown meanwhile; None where the one serves both.
        rate_hz: Nominal rate.
        next_index: Stream index of the first sample of the trial.
    """

    def __init__(
        self,
        trial: int,
        frame: StimulusFrame,
        shown_s: float,
        *,
        make_detector: DetectorFactory,
        make_live_detector: DetectorFactory | None,
        rate_hz: float,
        next_index: int,
    ) -> None:
        self.trial = trial
        self.frame = frame
        self.shown_s = shown_s
        self.hidden_s: float | None = None
        self.is_whole = True
        """Whether no sample was overwritten in the ring before it was read."""
        self.next_index = next_index
        """Stream index of the first sample that was not fed yet."""
        self.fixations: tuple[Fixation, ...] = ()
        """Found so far, image pixels; none that was under way at the onset."""
        self._make_detector = make_detector
        self._detector = (make_live_detector or make_detector)()
        self._is_definitive = make_live_detector is None
        self._rate_hz = rate_hz
        self._found: list[Fixation] = []
        self._first_sample_s = self._last_sample_s = math.nan
        self._corrected_by: int | None = None

    def feed(self, gaze: CorrectedGaze, correction: NumberedCorrection) -> tuple[Fixation, ...]:
        """Take the trial's next samples, under the correction in force at its onset; what `fixations` gained."""
        if len(gaze) == 0:
            return ()
        if self._corrected_by not in (None, correction.number):
            self._is_definitive = False  # a correction came late
        self._corrected_by = correction.number
        time_s = gaze.raw.time_s
        if math.isnan(self._first_sample_s):
            self._first_sample_s = float(time_s[0])
        self._last_sample_s = float(time_s[-1])
        new = [to_image(fixation, self.frame) for fixation in self._detector.push(gaze.by(correction))]
        self._found += new
        interval_s = 1.0 / self._rate_hz if math.isfinite(self._rate_hz) else 0.0
        own, _ = split_carried_over(new, self._first_sample_s, interval_s)
        self.fixations += own
        return own

    def close(self, gaze: CorrectedGaze, correction: NumberedCorrection, *, complete: bool) -> TrialRecord:
        """The definitive result.

        Args:
            gaze: Every sample of the trial; all of it was fed.
            correction: In force at the onset, as it is known now.
            complete: Whether the stream reached the trial's end.
        """
        hidden_s = self.hidden_s
        assert hidden_s is not None, "only trials whose end was told are closed"
        samples = gaze.by(correction)
        facts = _Facts(self.trial, self.frame, self.shown_s, hidden_s, self._rate_hz, complete and self.is_whole)
        is_late = self._last_sample_s >= hidden_s or self._corrected_by not in (None, correction.number)
        if is_late or not self._is_definitive:
            return _detect(samples, self._make_detector, facts)
        self._found += [to_image(fixation, self.frame) for fixation in self._detector.flush()]
        return _record(samples, self._found, facts)
