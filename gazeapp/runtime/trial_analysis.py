"""One trial on its way: provisional fixations while the stimulus is shown, definitive ones when its samples are in."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gazeapp.gaze.display import Display, StimulusFrame
from gazeapp.gaze.fixations import Fixation, FixationDetector
from gazeapp.gaze.samples import GazeSamples
from gazeapp.runtime.snapshot import TrialRecord
from gazeapp.saliency.personal import PersonalMap

DetectorFactory = Callable[[], FixationDetector]

MAP_WIDTH_PX, MAP_HEIGHT_PX = 160, 120
"""The networks' resolution (science: 160×120); live maps are at most this large."""

CARRIED_OVER_S = 0.08
"""A fixation that begins this soon after the first sample was not chosen by looking at the image: the fastest saccades
in response to a stimulus start about 100 ms after it (Fischer & Ramsperger 1984, Human express saccades). Counting
from the very first sample alone would miss fixations under way whose beginning noise has cut off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapGeometry:
    """How a stimulus' live map relates to its image."""

    size_wh: tuple[int, int]
    scale_xy: tuple[float, float]
    """Map pixels per image pixel; the axes differ by the rounding of the size."""
    sigma_px: float
    """Blur in map pixels."""

    @classmethod
    def of(cls, frame: StimulusFrame, display: Display, sigma_deg: float) -> MapGeometry:
        """The largest map of the image's shape within 160×120, blurred by `sigma_deg` at the screen's centre."""
        scale = min(MAP_WIDTH_PX / frame.image_width_px, MAP_HEIGHT_PX / frame.image_height_px, 1.0)
        size_wh = (
            max(1, round(frame.image_width_px * scale)),
            max(1, round(frame.image_height_px * scale)),
        )
        image_px_per_deg = display.px_per_deg / frame.scale
        return cls(
            size_wh=size_wh,
            scale_xy=(size_wh[0] / frame.image_width_px, size_wh[1] / frame.image_height_px),
            sigma_px=sigma_deg * image_px_per_deg * scale,
        )


def split_carried_over(
    fixations: Iterable[Fixation], first_sample_s: float, sample_interval_s: float
) -> tuple[tuple[Fixation, ...], tuple[Fixation, ...]]:
    """Separate the fixation under way at stimulus onset from those that followed.

    Args:
        fixations: In time order.
        first_sample_s: Time of the trial's first sample.
        sample_interval_s: Typical time between samples.

    Returns:
        (fixations of this stimulus, carried over).
    """
    limit_s = first_sample_s + max(CARRIED_OVER_S, 1.5 * sample_interval_s)
    own: list[Fixation] = []
    carried: list[Fixation] = []
    for fixation in fixations:
        (carried if fixation.onset_s <= limit_s else own).append(fixation)
    return tuple(own), tuple(carried)


def to_image(fixation: Fixation, frame: StimulusFrame) -> Fixation:
    """The same fixation in image pixels."""
    x_px, y_px = frame.to_image((fixation.x_px, fixation.y_px))
    return replace(fixation, x_px=float(x_px), y_px=float(y_px))


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
    detector = make_detector()
    found = [*detector.push(samples), *detector.flush()]
    n = len(samples)
    interval_s = float(np.median(np.diff(samples.time_s))) if n > 1 else 0.0
    own, carried = split_carried_over(
        (to_image(fixation, frame) for fixation in found),
        float(samples.time_s[0]) if n else shown_s,
        interval_s,
    )
    n_due = (hidden_s - shown_s) * rate_hz if math.isfinite(rate_hz) else 0.0
    n_due = max(float(n), math.floor(n_due + 1e-6))
    n_valid = int(np.count_nonzero(samples.valid))
    return TrialRecord(
        trial=trial,
        frame=frame,
        shown_s=shown_s,
        hidden_s=hidden_s,
        fixations=own,
        carried_over=carried,
        n_samples=n,
        data_loss=1.0 - n_valid / n_due if n_due else 1.0,
        complete=complete,
    )


class RunningTrial:
    """The trial on the screen: provisional fixations and map, refreshed as gaze arrives.

    It is fed the trial's own samples by a detector of its own, so what it shows differs from the definitive result
    only by what the end of the stream still decides (the last fixation) and by a correction set meanwhile.
    """

    def __init__(
        self,
        trial: int,
        frame: StimulusFrame,
        shown_s: float,
        *,
        display: Display,
        make_detector: DetectorFactory,
        sigma_deg: float,
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
        self.personal: NDArray[np.float32] | None = None
        self._detector = make_detector()
        self._interval_s = 1.0 / rate_hz if math.isfinite(rate_hz) else 0.0
        self._first_sample_s = math.nan
        self._geometry = MapGeometry.of(frame, display, sigma_deg)
        self._map = PersonalMap(self._geometry.size_wh, self._geometry.sigma_px)

    def feed(self, corrected: GazeSamples) -> None:
        """Take the trial's next samples."""
        if len(corrected) == 0:
            return
        if math.isnan(self._first_sample_s):
            self._first_sample_s = float(corrected.time_s[0])
        new, _ = split_carried_over(
            (to_image(fixation, self.frame) for fixation in self._detector.push(corrected)),
            self._first_sample_s,
            self._interval_s,
        )
        if not new:
            return
        self.fixations += new
        scale_x, scale_y = self._geometry.scale_xy
        for fixation in new:
            self._map.add(fixation.x_px * scale_x, fixation.y_px * scale_y)
        self.personal = self._map.density()
