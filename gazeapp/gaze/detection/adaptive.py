"""Our adaptive detector: saccades stand out from the noise that gaze has just now; online = offline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from gazeapp.gaze.detection.adaptive_lowpass import LowpassStage
from gazeapp.gaze.detection.adaptive_noise import NoiseStage
from gazeapp.gaze.detection.adaptive_pursuit import PursuitStage
from gazeapp.gaze.detection.blink_margin import LossMarginStage
from gazeapp.gaze.detection.fixation_builder import HEAD_S, CandidateCollector, CandidateMerger
from gazeapp.gaze.detection.gap_filling import EyeChoice, GapFiller, GazeSignal, SampleIntake
from gazeapp.gaze.detection.saccade_classifier import LONGEST_PIECE_S, SaccadeStage
from gazeapp.gaze.detection.windows import Column, VelocityStage
from gazeapp.gaze.display import Display
from gazeapp.gaze.fixations import Fixation
from gazeapp.gaze.samples import Floats, GazeSamples

PursuitChoice = Literal["fixation", "exclude"]
PURSUIT_CHOICES: tuple[PursuitChoice, ...] = ("fixation", "exclude")

_WINDOW_FACTORS = (1, 2, 4)
_N_WINDOWS = len(_WINDOW_FACTORS)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdaptiveParameters:
    """Parameters of the adaptive detector.

    Source:
        The defaults were tuned on half of the files of Andersson et al. (2017), One algorithm to rule them all?
        Noise-scaled thresholds follow Engbert and Kliegl (2003), the two thresholds and the treatment of
        post-saccadic oscillations Nyström and Holmqvist (2010), An adaptive algorithm.
    """

    velocity_window_ms: float = 10.0
    onset_deg_s: float = 18.0
    """A saccade begins and ends where speed passes this ..."""
    onset_noise: float = 3.0
    """... or this many times the median speed of the last seconds, whichever is more."""
    peak_deg_s: float = 22.0
    """A saccade gets faster than this ..."""
    peak_noise: float = 6.0
    """... and than this many times the median speed."""
    most_peak_deg_s: float = 120.0
    """Where noise makes the peak threshold higher than this, speed is taken over a window twice or four times as
    wide."""
    drift_deg_s: float = 4.0
    """Pursuit and drift faster than this over 200 ms are taken off the speed, as far as they exceed it ..."""
    most_drift_deg_s: float = 30.0
    """... unless they are faster than this; 0 takes nothing off."""
    min_saccade_ms: float = 12.0
    """Time between the slow samples on both sides of a saccade."""
    jump_deg: float = 1.5
    """A shorter one is a saccade where gaze rests this far away after it: a mouse or a replay moves within one sample;
    0 knows no jumps."""
    oscillation_gap_ms: float = 8.0
    """Fast samples that follow a saccade at most this much later are its oscillation, and no fixation either."""
    settle_ms: float = 2.0
    """A fixation begins this much after the last fast sample."""
    noise_s: float = 4.0
    """Stretch over which the median speed is taken."""
    max_gap_ms: float = 40.0
    """Longest loss of an eye that is bridged; longer ones may be blinks."""
    merge_gap_ms: float = 0.0
    merge_angle_deg: float = 0.5
    """Two fixations are one when both the time and the angle between them are at most these; gap 0 merges nothing."""
    min_duration_ms: float = 60.0
    min_measured: float = 0.5
    """Least share of a fixation's samples that were seen, not filled in."""
    min_loss_ms: float = 18.0
    """Around a loss of at least this length gaze is not trusted ..."""
    before_loss_ms: float = 10.0
    """... for this long before it ..."""
    after_loss_ms: float = 40.0
    """... and after it."""
    beyond_screen_deg: float = 3.0
    """Gaze farther beside the screen counts as lost: half-closed lids throw it there."""
    pursuit: PursuitChoice = "fixation"
    """Whether smooth pursuit is part of fixations or left out."""
    pursuit_deg_s: float = 1.0
    """From saccade to saccade, pursuit is faster than this on the whole ..."""
    pursuit_deg: float = 0.95
    """... and goes farther than this."""
    eye: EyeChoice = "average"


class OnlineAdaptive:
    """The adaptive detector over a stream.

    A saccade is a stretch in which gaze is faster than an onset threshold and somewhere faster than a peak threshold;
    both grow with the median speed of the last seconds, which is the tracker's noise (and the pace of pursuit). What
    is neither saccade, nor oscillation right after it, nor lost, is fixation.

    Args:
        display: Geometry.
        parameters: Thresholds.
    """

    def __init__(self, display: Display, parameters: AdaptiveParameters | None = None) -> None:
        self.parameters = parameters = parameters or AdaptiveParameters()
        gap_s = parameters.max_gap_ms / 1e3
        self._display = display
        self._intake = SampleIntake()
        self._filler = GapFiller(gap_s, parameters.eye)
        self._drift = (
            LowpassStage(display, parameters.drift_deg_s, parameters.most_drift_deg_s)
            if parameters.most_drift_deg_s
            else None
        )
        self._velocity = VelocityStage(
            display,
            [factor * parameters.velocity_window_ms / 1e3 for factor in _WINDOW_FACTORS],
            gap_s,
        )
        self._margin = LossMarginStage(
            min_loss_s=parameters.min_loss_ms / 1e3,
            before_s=parameters.before_loss_ms / 1e3,
            after_s=parameters.after_loss_ms / 1e3,
        )
        self._noise = NoiseStage(parameters.noise_s, first_speed=5, n_speeds=_N_WINDOWS)
        self._most_noise = parameters.most_peak_deg_s / max(parameters.peak_noise, 1e-9)
        self._saccades = SaccadeStage(
            min_saccade_s=parameters.min_saccade_ms / 1e3,
            oscillation_gap_s=parameters.oscillation_gap_ms / 1e3,
            settle_s=parameters.settle_ms / 1e3,
            display=display,
            jump_deg=parameters.jump_deg,
        )
        self._pursuit = (
            PursuitStage(display, parameters.pursuit_deg_s, parameters.pursuit_deg)
            if parameters.pursuit == "exclude"
            else None
        )
        self._runs = CandidateCollector()
        self._merger = CandidateMerger(
            display,
            merge_gap_s=parameters.merge_gap_ms / 1e3 if parameters.merge_gap_ms else -1.0,
            merge_angle_deg=parameters.merge_angle_deg,
            min_duration_s=parameters.min_duration_ms / 1e3,
            min_measured=parameters.min_measured,
        )

    @property
    def delay_s(self) -> float:
        """A fixation is emitted by the push that holds a sample this much later than the fixation's end."""
        parameters = self.parameters
        wait_s = (
            (
                parameters.velocity_window_ms * _WINDOW_FACTORS[-1] / 2
                + parameters.max_gap_ms
                + parameters.oscillation_gap_ms
                + parameters.settle_ms
            )
            / 1e3
            + SampleIntake.HOLD_S
            + self._margin.half_s
            + NoiseStage.BLOCK_S
            + LONGEST_PIECE_S
        )
        if parameters.merge_gap_ms:
            wait_s += parameters.merge_gap_ms / 1e3 + HEAD_S
        return wait_s + (self._drift.half_s if self._drift else 0.0)

    def push(self, samples: GazeSamples) -> list[Fixation]:
        """Take the next samples and return the fixations that became final, in display pixels."""
        return self._intake.push(samples, self._take, self._end)

    def flush(self) -> list[Fixation]:
        """End of the stream: return what is left and start afresh."""
        return self._intake.flush(self._take, self._end)

    def _take(self, piece: GazeSamples) -> list[Fixation]:
        return self._advance(self._filler.push(piece), at_end=False)

    def _end(self) -> list[Fixation]:
        fixations = self._advance(self._filler.flush(), at_end=True)
        return [*fixations, *self._merger.push(self._runs.flush(), np.inf)]

    def _advance(self, signal: GazeSignal, *, at_end: bool) -> list[Fixation]:
        x_px = np.where(self._far(signal), np.nan, signal.x_px)
        rows: list[Column] = [signal.time_s, x_px, signal.y_px, signal.measured & np.isfinite(x_px)]
        if self._drift is not None:
            rows = self._drift.push(rows, at_end=at_end)
        rows = self._velocity.push(rows, at_end=at_end)
        rows = self._margin.push(rows, at_end=at_end)
        rows = self._noise.push(rows, at_end=at_end)
        if rows:
            near_loss = rows[5 + _N_WINDOWS]
            speed, noise = _quiet_speed(rows[5 : 5 + _N_WINDOWS], rows[6 + _N_WINDOWS :], self._most_noise)
            parameters = self.parameters
            onset = np.maximum(parameters.onset_deg_s, parameters.onset_noise * noise)
            peak = np.maximum(parameters.peak_deg_s, parameters.peak_noise * noise)
            with np.errstate(invalid="ignore"):
                rows = [*rows[:5], np.isfinite(speed) & ~near_loss, speed > onset, speed > peak]
        rows = self._saccades.push(rows, at_end=at_end)
        if self._pursuit is not None:
            rows = self._pursuit.push(rows, at_end=at_end)
        if not rows:
            return []
        time_s, x, y, measured, starts, member = rows
        runs = self._runs.push(time_s, x, y, measured, member, starts)
        return self._merger.push(runs, self._runs.settled_s, self._runs.open_head)

    def _far(self, signal: GazeSignal) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        display = self._display
        margin_px = self.parameters.beyond_screen_deg * display.px_per_deg
        with np.errstate(invalid="ignore"):
            far: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] = (
                (signal.x_px < -margin_px)
                | (signal.x_px > display.width_px + margin_px)
                | (signal.y_px < -margin_px)
                | (signal.y_px > display.height_px + margin_px)
            )
        return far


def _quiet_speed(speeds: list[Column], noises: list[Column], most_noise: float) -> tuple[Floats, Floats]:
    """Of several windows' speeds and noise, row by row those of the narrowest window that is quiet enough."""
    speed, noise = speeds[-1], noises[-1]
    for narrower_speed, narrower_noise in zip(speeds[-2::-1], noises[-2::-1], strict=True):
        quiet = narrower_noise <= most_noise
        speed = np.where(quiet, narrower_speed, speed)
        noise = np.where(quiet, narrower_noise, noise)
    return speed, noise
