"""One trial on the participant's screen: fixation cross, gate, stimulus, blank."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from gazeapp.experiment.participant_display import Blank, Cross, ParticipantDisplay, SharpWindow, Stimulus
from gazeapp.experiment.plan import ExperimentPlan
from gazeapp.experiment.schedule import PlannedTrial
from gazeapp.experiment.state import SessionStep
from gazeapp.gaze.display import Display, StimulusFrame
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store.events import (
    CrossShown,
    Event,
    Note,
    OnsetKind,
    StimulusHidden,
    StimulusShown,
    TrialInterrupted,
)


class StimulusSource(Protocol):
    """Where the pixels of a stimulus come from, and where it lies on the display."""

    def frame(self, stimulus_id: str, step: int = 0) -> StimulusFrame:
        """Where the image lies in a step of the plan's line."""
        ...

    def image_rgb(self, stimulus_id: str, step: int = 0) -> NDArray[np.uint8]:
        """(H, W, 3) pixels, with what is transparent as it shows in that step."""
        ...

    def overlay_rgba(self, stimulus_id: str) -> NDArray[np.uint8] | None:
        """(H, W, 4) overlay, where there is one by now; asked only when the plan shows it to the participant."""
        ...


class FixationGate:
    """Opens once gaze rested near a point for long enough.

    Args:
        x_px: The point, display pixels.
        y_px: The point, display pixels.
        radius_deg: How near.
        hold_s: How long, without leaving; missing samples neither hold nor leave.
        display: The participant's screen.
    """

    def __init__(self, x_px: float, y_px: float, *, radius_deg: float, hold_s: float, display: Display) -> None:
        self._point_px = (x_px, y_px)
        self._radius_deg = radius_deg
        self._hold_s = hold_s
        self._display = display
        self._since_s = math.nan
        self._is_open = False

    @property
    def is_open(self) -> bool:
        """Whether gaze rests on the point right now, and has for long enough."""
        return self._is_open

    def push(self, corrected: GazeSamples) -> None:
        """New corrected gaze."""
        distance_deg = self._display.angle_deg(corrected.gaze_px, self._point_px)
        for time_s, away_deg in zip(corrected.time_s.tolist(), distance_deg.tolist(), strict=True):
            if math.isnan(away_deg):
                continue
            if away_deg > self._radius_deg:
                self._since_s = math.nan
                self._is_open = False
                continue
            if math.isnan(self._since_s):
                self._since_s = time_s
            self._is_open = time_s - self._since_s >= self._hold_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """One appearance of an image on the participant's screen: what its gaze alone does not say."""

    number: int
    """In the session, as in `StimulusShown.trial`; a trial that is repeated gets a new one."""
    planned: PlannedTrial
    onset_kind: OnsetKind = "virtual"
    is_interrupted: bool = False
    """Whether it was taken off before its time."""
    delays_s: Mapping[str, float] = field(default_factory=dict)
    """How late the screen showed (`onset_delay_s`) and hid (`offset_delay_s`) it, as far as it did."""


class Trial:
    """Leads one exposure through its steps.

    Args:
        plan: Timing, gate and background.
        exposure: Which image is shown, and its number in the session.
        source: Pixels and place of the image.
        display: Geometry of the participant's screen.
        screen: Shows the image on it.
        emit: Takes the events.
        note: Takes what is known about the exposure, each time before the event that changes it.
    """

    def __init__(
        self,
        plan: ExperimentPlan,
        exposure: Exposure,
        *,
        source: StimulusSource,
        display: Display,
        screen: ParticipantDisplay,
        emit: Callable[[Event], None],
        note: Callable[[Exposure], None],
    ) -> None:
        self._exposure = exposure
        self._trials = plan.trials
        self._background = plan.stimuli.background
        self._window: SharpWindow | None = None
        if self._trials.view == "mouse-contingent":
            self._window = SharpWindow(
                radius_px=self._trials.window_deg / 2 * display.px_per_deg,
                blur_px=self._trials.blur_deg * display.px_per_deg,
            )
        self._show_overlay = plan.screens.show_overlay and exposure.planned.phase == "overlay"
        self._source = source
        self._display = display
        self._screen = screen
        self._emit = emit
        self._note = note
        self._step = SessionStep.NONE
        self._since_s = math.nan
        self._is_waiting = False
        self._is_hurried = False
        self._asked_s = math.nan
        centre_px = (display.width_px / 2, display.height_px / 2)
        self._cross_px = centre_px
        self._gate = FixationGate(
            *centre_px, radius_deg=self._trials.gate_radius_deg, hold_s=self._trials.gate_hold_s, display=display
        )

    @property
    def step(self) -> SessionStep:
        """What is on screen."""
        return self._step

    @property
    def is_exposed(self) -> bool:
        """Whether the image is on the screen."""
        is_leaving = self._step is SessionStep.BLANK and self._is_waiting
        return is_leaving or (self._step is SessionStep.STIMULUS and not self._is_waiting)

    @property
    def is_complete(self) -> bool:
        """Whether the image was shown for its whole time."""
        return self._step is SessionStep.BLANK and not self._is_waiting

    @property
    def number(self) -> int:
        """Running number of the exposure."""
        return self._exposure.number

    @property
    def ends_s(self) -> float:
        """When the step ends; `math.nan` itself where that is open."""
        length_s = {
            SessionStep.CROSS: self._trials.fixation_cross_s,
            SessionStep.STIMULUS: self._trials.duration_s,
            SessionStep.BLANK: self._trials.blank_s,
        }.get(self._step)
        return math.nan if length_s is None or self._is_waiting else self._since_s + length_s

    def tick(self, now_s: float, corrected: GazeSamples) -> bool:
        """Let time pass; True when the trial is over."""
        trials = self._trials
        if not self._is_waiting:
            self._asked_s = now_s
        if self._step is SessionStep.NONE:
            if trials.fixation_cross_s > 0 or trials.fixation_gate:
                self._show_cross()
            else:
                self._show_stimulus()
            return False
        if self._is_waiting:
            return False
        elapsed_s = math.inf if self._is_hurried else now_s - self._since_s
        if self._step in (SessionStep.CROSS, SessionStep.GATE) and trials.fixation_gate:
            self._gate.push(corrected.between(self._since_s, math.inf))
        if self._step is SessionStep.CROSS and elapsed_s >= trials.fixation_cross_s:
            if trials.fixation_gate and not self._gate.is_open and not self._is_hurried:
                self._step = SessionStep.GATE
            else:
                self._show_stimulus()
        elif self._step is SessionStep.GATE:
            if self._gate.is_open:
                self._show_stimulus()
            elif elapsed_s >= trials.fixation_cross_s + trials.gate_timeout_s:
                self._emit(
                    Note(
                        time_s=now_s,
                        text=f"exposure {self.number}: the cross was not looked at within {trials.gate_timeout_s:g} s",
                    )
                )
                self._show_stimulus()
        elif self._step is SessionStep.STIMULUS and elapsed_s >= trials.duration_s:
            self._show_blank()
        elif self._step is SessionStep.BLANK and elapsed_s >= trials.blank_s:
            return True
        return False

    def hurry(self) -> None:
        """What is on the screen ends now, before its time."""
        self._is_hurried = not self._is_waiting

    def interrupt(self, now_s: float, reason: str) -> bool:
        """Stop here; True when the image had been on the screen, so that the exposure is recorded as interrupted."""
        was_exposed = self.is_exposed
        if was_exposed:
            self._learn(is_interrupted=True)
            self._emit(StimulusHidden(time_s=now_s, trial=self.number))
            self._emit(TrialInterrupted(time_s=now_s, trial=self.number, reason=reason))
        self._step = SessionStep.NONE
        self._since_s = math.nan
        return was_exposed

    def _learn(self, **changes: Any) -> None:  # Any: fields of Exposure
        self._exposure = replace(self._exposure, **changes)
        self._note(self._exposure)

    def _begin(self, step: SessionStep) -> None:
        self._step = step
        self._is_hurried = False
        self._since_s = math.nan
        self._is_waiting = True

    def _began(self, at_s: float) -> None:
        self._since_s = at_s
        self._is_waiting = False

    def _show_cross(self) -> None:
        self._begin(SessionStep.CROSS)
        x_px, y_px = self._cross_px

        def on_shown(at_s: float, _kind: OnsetKind) -> None:
            self._began(at_s)
            self._emit(CrossShown(time_s=at_s, x_px=x_px, y_px=y_px))
            self._screen.prepare(self._scene())

        self._screen.show(Cross(background=self._background, x_px=x_px, y_px=y_px), on_shown)

    def _scene(self) -> Stimulus:
        stimulus_id, step = self._exposure.planned.stimulus_id, self._exposure.planned.step
        return Stimulus(
            background=self._background,
            trial=self.number,
            frame=self._source.frame(stimulus_id, step),
            image_rgb=self._source.image_rgb(stimulus_id, step),
            overlay_rgba=self._source.overlay_rgba(stimulus_id) if self._show_overlay else None,
            window=self._window,
        )

    def _show_stimulus(self) -> None:
        self._begin(SessionStep.STIMULUS)
        scene = self._scene()

        def on_shown(at_s: float, kind: OnsetKind) -> None:
            self._began(at_s)
            self._learn(onset_kind=kind, delays_s={"onset_delay_s": at_s - self._asked_s})
            self._emit(StimulusShown(time_s=at_s, trial=self.number, frame=scene.frame, onset_kind=kind))

        self._screen.show(scene, on_shown)

    def _show_blank(self) -> None:
        self._begin(SessionStep.BLANK)

        def on_shown(at_s: float, _kind: OnsetKind) -> None:
            self._began(at_s)
            self._learn(delays_s={**self._exposure.delays_s, "offset_delay_s": at_s - self._asked_s})
            self._emit(StimulusHidden(time_s=at_s, trial=self.number))

        self._screen.show(Blank(background=self._background), on_shown)
