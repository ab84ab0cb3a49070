"""The images of a session, one after another: blocks, breaks, drift checks, interrupted trials that are repeated."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from enum import Enum

from gazeapp.experiment.participant_display import Message, ParticipantDisplay
from gazeapp.experiment.plan import ExperimentPlan
from gazeapp.experiment.schedule import PlannedTrial, break_positions
from gazeapp.experiment.state import SessionStep
from gazeapp.experiment.trial import Exposure, StimulusSource, Trial
from gazeapp.gaze.display import Display
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store.events import Event, PhaseStarted

ChooseImage = Callable[[Sequence[str], Sequence[str]], str]
"""(stimuli left, stimuli shown so far) → the one to show next, among those left."""

BREAK_TEXT = "A short break.\nRest your eyes and keep your head where it is."


class Demand(Enum):
    """What the trials need from the session before they can go on."""

    NONE = "none"
    DRIFT = "drift"
    RECALIBRATE = "recalibrate"
    END = "end"


class TrialSequence:
    """Where the session stands in its schedule.

    Args:
        plan: Timing, blocks, drift checks.
        schedule: Every trial.
        source: Pixels and places of the images.
        display: Geometry of the participant's screen.
        screen: Shows the images on it.
        emit: Takes the events.
        n_done: Trials at the beginning of the schedule that were viewed in earlier parts of the session.
        n_exposures: Images shown in them, interrupted ones too: numbers go on from there.
    """

    def __init__(
        self,
        plan: ExperimentPlan,
        schedule: Sequence[PlannedTrial],
        *,
        source: StimulusSource,
        display: Display,
        screen: ParticipantDisplay,
        emit: Callable[[Event], None],
        n_done: int = 0,
        n_exposures: int = 0,
    ) -> None:
        self._plan = plan
        self._schedule = list(schedule)
        self._choose: ChooseImage | None = None
        self._source = source
        self._display = display
        self._screen = screen
        self._emit = emit
        self._next = n_done
        self._n_before = n_exposures
        self._n_skipped = 0
        self._ended_phases: set[str] = set()
        self._trial: Trial | None = None
        self._phase = ""
        self._exposures: dict[int, Exposure] = {}
        self._break_until_s = math.nan
        self._breaks_before = {
            position
            for position in break_positions([trial.block for trial in schedule], plan.blocks.size)
            if position > n_done
        }
        self._is_drift_due = False
        self._drift_checked_at = n_done

    @property
    def n_done(self) -> int:
        """Trials completed; interrupted ones do not count."""
        return self._next - self._n_skipped

    @property
    def n_trials(self) -> int:
        """Trials of the plan, less those of phases that were ended early."""
        first = self._next + (self._trial is not None)  # the one on screen stays its time
        n_to_skip = sum(t.phase in self._ended_phases for t in self._schedule[first:])
        return len(self._schedule) - self._n_skipped - n_to_skip

    @property
    def phase(self) -> str:
        """Phase of the latest trial: "enrol", "overlay", or "" before the first."""
        return self._phase

    @property
    def current(self) -> PlannedTrial | None:
        """The trial on screen or next; None after the last."""
        return self._schedule[self._next] if self._next < len(self._schedule) else None

    @property
    def exposure(self) -> int | None:
        """Running number of the image on screen."""
        return self._trial.number if self._trial is not None and self._trial.is_exposed else None

    @property
    def exposures(self) -> Mapping[int, Exposure]:
        """What is known about each exposure so far, by its number; the newest is last."""
        return self._exposures

    @property
    def step(self) -> SessionStep:
        """What the participant is doing."""
        if self.is_break:
            return SessionStep.BREAK
        return self._trial.step if self._trial is not None else SessionStep.NONE

    @property
    def is_break(self) -> bool:
        """Whether a break is on."""
        return math.isfinite(self._break_until_s)

    @property
    def step_ends_s(self) -> float:
        """When the present step ends; NaN where that is open."""
        if self.is_break:
            return self._break_until_s
        return self._trial.ends_s if self._trial is not None else math.nan

    def tick(self, now_s: float, corrected: GazeSamples) -> Demand:
        """Let time pass; anything but NONE must be met before the next call makes sense."""
        if self.is_break:
            if now_s < self._break_until_s:
                return Demand.NONE
            self._break_until_s = math.nan
            blocks = self._plan.blocks
            if blocks.recalibrate and "calibrate" in self._plan.phases:
                return Demand.RECALIBRATE
        if self._trial is not None:
            if not self._trial.tick(now_s, corrected):
                return Demand.NONE
            self._trial = None
            self._next += 1
        return self._go_on(now_s)

    def end_break(self, now_s: float) -> None:
        """The break ends now."""
        self._break_until_s = now_s

    def ask_for_drift_check(self) -> None:
        """Check before the next image."""
        self._is_drift_due = True

    def choose_images_by(self, choose: ChooseImage) -> None:
        """Have the next image of the enrol phase chosen when it is due, instead of following the schedule."""
        self._choose = choose

    def end_phase(self, phase: str) -> None:
        """Leave out what remains of a phase; the image on screen stays for its time."""
        self._ended_phases.add(phase)

    def interrupt(self, now_s: float, reason: str) -> None:
        """Take the image off; an exposure cut short is marked and its trial comes again."""
        if self._trial is None:
            return
        if self._trial.is_complete:
            self._next += 1
        elif not self._trial.interrupt(now_s, reason):  # the image was never seen: its number is free again
            del self._exposures[self._trial.number]
        self._trial = None

    def show_again(self) -> None:
        """After a pause: a break that is still on gets its words back."""
        if self.is_break:
            self._screen.show(
                Message(background=self._plan.stimuli.background, text=BREAK_TEXT), lambda _at_s, _kind: None
            )

    def _go_on(self, now_s: float) -> Demand:
        while (planned := self.current) is not None and planned.phase in self._ended_phases:
            self._next += 1
            self._n_skipped += 1
        if planned is None:
            return Demand.END
        if self._next in self._breaks_before:
            self._breaks_before.remove(self._next)
            self._break_until_s = now_s + self._plan.blocks.break_s
            self.show_again()
            return Demand.NONE
        if self._takes_drift_check():
            return Demand.DRIFT
        planned = self._chosen(planned)
        if planned.phase != self._phase:
            self._phase = planned.phase
            self._emit(PhaseStarted(time_s=now_s, phase=planned.phase))
        exposure = Exposure(number=self._n_before + len(self._exposures), planned=planned)
        self._note(exposure)
        self._trial = Trial(
            self._plan,
            exposure,
            source=self._source,
            display=self._display,
            screen=self._screen,
            emit=self._emit,
            note=self._note,
        )
        self._trial.tick(now_s, GazeSamples.empty())
        return Demand.NONE

    def _note(self, exposure: Exposure) -> None:
        self._exposures[exposure.number] = exposure

    def _chosen(self, planned: PlannedTrial) -> PlannedTrial:
        """The planned trial with the chosen image; the image it had takes the other's place in the schedule."""
        if self._choose is None or planned.phase != "enrol":
            return planned
        later = [
            n
            for n in range(self._next, len(self._schedule))
            if (self._schedule[n].phase, self._schedule[n].repeat) == (planned.phase, planned.repeat)
        ]
        shown = [trial.stimulus_id for trial in self._schedule[: self._next]]
        wanted = self._choose([self._schedule[n].stimulus_id for n in later], shown)
        other = next(n for n in later if self._schedule[n].stimulus_id == wanted)
        mine, its = planned.stimulus_id, wanted
        self._schedule[other] = replace(self._schedule[other], stimulus_id=mine)
        self._schedule[self._next] = replace(planned, stimulus_id=its)
        return self._schedule[self._next]

    def _takes_drift_check(self) -> bool:
        every = self._plan.calibration.drift_every
        is_time = every > 0 and self._next % every == 0 and self._drift_checked_at != self._next
        if not (is_time or self._is_drift_due):
            return False
        self._is_drift_due = False
        self._drift_checked_at = self._next
        return True
