"""I-VT: fixations are where gaze moves slower than a threshold, as Tobii Pro Lab computes them; online = offline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gazeapp.gaze.detection.fixation_builder import HEAD_S, FixationBuilder
from gazeapp.gaze.detection.gap_filling import EyeChoice, GapFiller, SampleIntake
from gazeapp.gaze.detection.online import OnlineDetector
from gazeapp.gaze.detection.rows import Rows
from gazeapp.gaze.detection.stages import RowStage, WindowStage
from gazeapp.gaze.detection.velocity import VelocityRule
from gazeapp.gaze.display import Display


@dataclass(frozen=True, slots=True, kw_only=True)
class IvtParameters:
    """Parameters of I-VT under the names of Tobii Pro Lab's fixation filter; its defaults.

    Source:
        Olsen (2012), The Tobii I-VT fixation filter: algorithm description.
    """

    threshold_deg_s: float = 30.0
    """Slower samples belong to a fixation."""
    velocity_window_ms: float = 20.0
    fill_gaps: bool = True
    max_gap_ms: float = 75.0
    """Longest loss of an eye that is bridged; a longer hole in the time stamps always ends a fixation."""
    merge: bool = True
    merge_gap_ms: float = 75.0
    merge_angle_deg: float = 0.5
    """Two fixations are one when both the time and the angle between them are at most these."""
    min_duration_ms: float = 60.0
    """Shorter fixations are discarded, after merging."""
    eye: EyeChoice = "average"


def online_ivt(display: Display, parameters: IvtParameters | None = None) -> OnlineDetector:
    """I-VT over a stream.

    A fixation's onset is its first sample, its end the last, its place the mean of the measured samples.

    Args:
        display: Geometry.
        parameters: Defaults are those of Tobii Pro Lab.
    """
    parameters = parameters or IvtParameters()
    gap_s = parameters.max_gap_ms / 1e3
    threshold_deg_s = parameters.threshold_deg_s

    def mark_slow(rows: Rows) -> Rows:
        with np.errstate(invalid="ignore"):
            slow = rows["speed_deg_s"][0] <= threshold_deg_s
        return rows.with_columns({"member": slow})

    return OnlineDetector(
        parameters,
        delay_s=_delay_s(parameters),
        filler=GapFiller(gap_s if parameters.fill_gaps else 0.0, parameters.eye),
        stages=[
            WindowStage(VelocityRule(display, [parameters.velocity_window_ms / 1e3], gap_s)),
            RowStage(mark_slow),
        ],
        fixations=FixationBuilder(
            display,
            merge_gap_s=parameters.merge_gap_ms / 1e3 if parameters.merge else -1.0,
            merge_angle_deg=parameters.merge_angle_deg,
            min_duration_s=parameters.min_duration_ms / 1e3,
        ),
    )


def _delay_s(parameters: IvtParameters) -> float:
    wait_ms = SampleIntake.HOLD_S * 1e3 + parameters.velocity_window_ms / 2
    if parameters.fill_gaps:
        wait_ms += parameters.max_gap_ms
    if parameters.merge:
        wait_ms += parameters.merge_gap_ms + HEAD_S * 1e3
    return wait_ms / 1e3
