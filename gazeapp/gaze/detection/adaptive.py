"""Our adaptive detector: saccades stand out from the noise that gaze has just now; online = offline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from gazeapp.gaze.detection.adaptive_lowpass import LowpassRule
from gazeapp.gaze.detection.adaptive_noise import NoiseRule
from gazeapp.gaze.detection.adaptive_pursuit import PursuitRule
from gazeapp.gaze.detection.blink_margin import LossMarginRule
from gazeapp.gaze.detection.fixation_builder import HEAD_S, FixationBuilder
from gazeapp.gaze.detection.gap_filling import EyeChoice, GapFiller, SampleIntake
from gazeapp.gaze.detection.online import OnlineDetector
from gazeapp.gaze.detection.rows import Column, ColumnName, Rows
from gazeapp.gaze.detection.saccade_classifier import LONGEST_PIECE_S, SaccadeRule
from gazeapp.gaze.detection.stages import RowStage, Stage, WaitingStage, WindowStage
from gazeapp.gaze.detection.velocity import VelocityRule
from gazeapp.gaze.display import Display
from gazeapp.gaze.samples import Floats

PursuitChoice = Literal["fixation", "exclude"]
PURSUIT_CHOICES: tuple[PursuitChoice, ...] = ("fixation", "exclude")

_WINDOW_FACTORS = (1, 2, 4)


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


def online_adaptive(display: Display, parameters: AdaptiveParameters | None = None) -> OnlineDetector:
    """The adaptive detector over a stream.

    A saccade is a stretch in which gaze is faster than an onset threshold and somewhere faster than a peak threshold;
    both grow with the median speed of the last seconds, which is the tracker's noise (and the pace of pursuit). What
    is neither saccade, nor oscillation right after it, nor lost, is fixation.

    Args:
        display: Geometry.
        parameters: Thresholds.
    """
    parameters = p = parameters or AdaptiveParameters()
    gap_s = p.max_gap_ms / 1e3
    windows_s = [factor * p.velocity_window_ms / 1e3 for factor in _WINDOW_FACTORS]
    takes_drift = p.most_drift_deg_s > 0
    drift = LowpassRule(display, p.drift_deg_s, p.most_drift_deg_s)
    margin = LossMarginRule(
        min_loss_s=p.min_loss_ms / 1e3, before_s=p.before_loss_ms / 1e3, after_s=p.after_loss_ms / 1e3
    )
    saccades = SaccadeRule(
        min_saccade_s=p.min_saccade_ms / 1e3,
        oscillation_gap_s=p.oscillation_gap_ms / 1e3,
        settle_s=p.settle_ms / 1e3,
        display=display,
        jump_deg=p.jump_deg,
    )
    stages: list[Stage] = [
        RowStage(_OffScreen(display, p.beyond_screen_deg)),
        *([WindowStage(drift)] if takes_drift else []),
        WindowStage(VelocityRule(display, windows_s, gap_s, less_drift=takes_drift)),
        WindowStage(margin),
        WaitingStage(NoiseRule(p.noise_s, n_speeds=len(windows_s))),
        RowStage(_Thresholds(p)),
        WaitingStage(saccades),
    ]
    if p.pursuit == "exclude":
        stages.append(WaitingStage(PursuitRule(display, p.pursuit_deg_s, p.pursuit_deg)))
    return OnlineDetector(
        parameters,
        delay_s=_delay_s(p, margin.half_s, drift.half_s if takes_drift else 0.0),
        filler=GapFiller(gap_s, p.eye),
        stages=stages,
        fixations=FixationBuilder(
            display,
            merge_gap_s=p.merge_gap_ms / 1e3 if p.merge_gap_ms else -1.0,
            merge_angle_deg=p.merge_angle_deg,
            min_duration_s=p.min_duration_ms / 1e3,
            min_measured=p.min_measured,
        ),
    )


def _delay_s(parameters: AdaptiveParameters, margin_s: float, drift_s: float) -> float:
    wait_s = (
        (
            parameters.velocity_window_ms * _WINDOW_FACTORS[-1] / 2
            + parameters.max_gap_ms
            + parameters.oscillation_gap_ms
            + parameters.settle_ms
        )
        / 1e3
        + SampleIntake.HOLD_S
        + margin_s
        + NoiseRule.BLOCK_S
        + LONGEST_PIECE_S
    )
    if parameters.merge_gap_ms:
        wait_s += parameters.merge_gap_ms / 1e3 + HEAD_S
    return wait_s + drift_s


class _OffScreen:
    """Gaze far beside the screen becomes lost gaze."""

    def __init__(self, display: Display, beyond_deg: float) -> None:
        margin_px = beyond_deg * display.px_per_deg
        self._least_px = -margin_px
        self._most_x_px, self._most_y_px = display.width_px + margin_px, display.height_px + margin_px

    def __call__(self, rows: Rows) -> Rows:
        x_px, y_px = rows["x_px"], rows["y_px"]
        with np.errstate(invalid="ignore"):
            far = (
                (x_px < self._least_px) | (x_px > self._most_x_px) | (y_px < self._least_px) | (y_px > self._most_y_px)
            )
        near_px = np.where(far, np.nan, x_px)
        return rows.with_columns({"x_px": near_px, "measured": rows["measured"] & np.isfinite(near_px)})


class _Thresholds:
    """Adds `known` (has a speed that counts), `fast` and `peak`: above the thresholds that today's noise asks for."""

    def __init__(self, parameters: AdaptiveParameters) -> None:
        self._parameters = parameters
        self._most_noise = parameters.most_peak_deg_s / max(parameters.peak_noise, 1e-9)

    def __call__(self, rows: Rows) -> Rows:
        parameters = self._parameters
        speed, noise = _quiet_speed(rows["speed_deg_s"], rows["noise_deg_s"], self._most_noise)
        onset = np.maximum(parameters.onset_deg_s, parameters.onset_noise * noise)
        peak = np.maximum(parameters.peak_deg_s, parameters.peak_noise * noise)
        with np.errstate(invalid="ignore"):
            labels: dict[ColumnName, Column] = {
                "known": np.isfinite(speed) & ~rows["near_loss"],
                "fast": speed > onset,
                "peak": speed > peak,
            }
        return rows.without("speed_deg_s", "noise_deg_s", "near_loss").with_columns(labels)


def _quiet_speed(speeds: Column, noises: Column, most_noise: float) -> tuple[Floats, Floats]:
    """Of several windows' speeds and noise, row by row those of the narrowest window that is quiet enough."""
    speed, noise = speeds[-1], noises[-1]
    for narrower_speed, narrower_noise in zip(speeds[-2::-1], noises[-2::-1], strict=True):
        quiet = narrower_noise <= most_noise
        speed = np.where(quiet, narrower_speed, speed)
        noise = np.where(quiet, narrower_noise, noise)
    return speed, noise
