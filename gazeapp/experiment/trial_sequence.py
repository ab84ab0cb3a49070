"""The images of a session, one after another, and the steps between them; interrupted trials are repeated."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from enum import Enum

from gazeapp.experiment import usual_words
from gazeapp.experiment.participant_display import Message, ParticipantDisplay
from gazeapp.experiment.participant_words import ParticipantWords
from gazeapp.experiment.plan import ExperimentPlan, PlanStep, TrialsPlan
from gazeapp.experiment.schedule import PhaseCount, PlannedTrial
from gazeapp.experiment.state import SessionStep
from gazeapp.experiment.step_course import lay_course
from gazeapp.experiment.step_order import TARGETS, WORDS
from gazeapp.experiment.trial import Exposure, StimulusSource, Trial
from gazeapp.gaze.display import Display
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store.events import Event, PhaseStarted

ChooseImage = Callable[[Sequence[str], Sequence[str]], str]
"""(stimuli left, stimuli shown so far) → the one to show next, among those left."""


class Demand(Enum):
    """What the trials need from the session before they can go on."""

    NONE = "none"
    DRIFT = "drift"
    RECALIBRATE = "recalibrate"
    VALIDATE = "validate"
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
        words: What the participant reads between them.
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
        words: ParticipantWords,
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
        self._skipped: set[int] = set()
        self._ended_steps: set[int] = set()
        self._counted_at: tuple[int, ...] = ()
        self._counts: tuple[PhaseCount, ...] = ()
        self._trial: Trial | None = None
        self._phase = ""
        self._exposures: dict[int, Exposure] = {}
        self._wording = words
        self._words: Message | None = None
        self._words_step = SessionStep.NONE
        self._words_until_s = math.nan
        self._is_block_break = False
        self.course = lay_course(plan, schedule, n_done)
        """The steps around the trials."""
        self._breaks_before = set(self.course.breaks)
        self._before = {position: list(steps) for position, steps in self.course.before.items()}
        self.wanted = self.course.wanted
        """Calibrations and validations that the plan asks for before the images (go on)."""
        self.target_steps = {step.kind: step for step in self.course.opening if step.kind in TARGETS}
        """The calibration and the validation of the line that the session is at, or was at last."""
        self._is_drift_due = False
        self._drift_checked_at = n_done

    @property
    def n_done(self) -> int:
        """Trials completed; interrupted ones do not count."""
        return self._next - len(self._skipped)

    @property
    def n_trials(self) -> int:
        """Trials of the plan, less those of phases that were ended early."""
        return sum(count.n_trials for count in self.counts)

    @property
    def counts(self) -> tuple[PhaseCount, ...]:
        """The images of each phase, in the order in which the phases come."""
        first = self._next + (self._trial is not None)  # the one on screen stays its time
        place = first, self._next, len(self._skipped), len(self._ended_steps)
        if place != self._counted_at:  # asked for with every tick
            self._counted_at, self._counts = place, self._count(first)
        return self._counts

    def _count(self, first: int) -> tuple[PhaseCount, ...]:
        n_done: Counter[str] = Counter()
        n_trials = dict.fromkeys((planned.phase for planned in self._schedule), 0)
        for n, planned in enumerate(self._schedule):
            if n not in self._skipped and (n < first or planned.step not in self._ended_steps):
                n_trials[planned.phase] += 1
                n_done[planned.phase] += n < self._next
        return tuple(PhaseCount(phase=phase, n_done=n_done[phase], n_trials=n) for phase, n in n_trials.items())

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
        if self.shows_words:
            return self._words_step
        return self._trial.step if self._trial is not None else SessionStep.NONE

    @property
    def shows_words(self) -> bool:
        """Whether a break is on, or an instruction."""
        return self._words is not None

    @property
    def timing(self) -> TrialsPlan:
        """What happens around the image on screen or next."""
        current = self.current
        return self._plan.trials_of(current.step) if current is not None else self._plan.trials

    @property
    def step_ends_s(self) -> float:
        """When the present step ends; NaN where that is open."""
        if self.shows_words:
            return self._words_until_s if math.isfinite(self._words_until_s) else math.nan
        return self._trial.ends_s if self._trial is not None else math.nan

    def tick(self, now_s: float, corrected: GazeSamples) -> Demand:
        """Let time pass; anything but NONE must be met before the next call makes sense."""
        if self.shows_words:
            if now_s < self._words_until_s:
                return Demand.NONE
            self._words = None
            if self._is_block_break and self._plan.blocks.recalibrate and "calibrate" in self._plan.phases:
                self.want_all()
                return Demand.RECALIBRATE
        if self._trial is not None:
            if not self._trial.tick(now_s, corrected):
                return Demand.NONE
            self._trial = None
            self._next += 1
        return self._go_on(now_s)

    def end_words(self, now_s: float) -> None:
        """The break or instruction ends now."""
        self._words_until_s = now_s

    def hurry(self, now_s: float) -> None:
        """What is on the screen ends now."""
        if self.shows_words:
            self.end_words(now_s)
        elif self._trial is not None:
            self._trial.hurry()

    def want_all(self) -> None:
        """Calibrate, and validate where the plan does so at all, before images go on."""
        self.wanted = frozenset(TARGETS) & frozenset(self._plan.phases)

    def ask_for_drift_check(self) -> None:
        """Check before the next image."""
        self._is_drift_due = True

    def choose_images_by(self, choose: ChooseImage) -> None:
        """Have the next image of the enrol phase chosen when it is due, instead of following the schedule."""
        self._choose = choose

    def end_phase(self) -> int:
        """Leave out what remains of the step that the latest trial belongs to; the image on screen stays its time.

        Returns:
            The step's place in the line, from 0.
        """
        latest = self._schedule[max(0, self._next - (self._trial is None))]
        self._ended_steps.add(latest.step)
        return latest.step

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
        """After a pause: a break or instruction that is still on gets its words back."""
        if self._words is not None:
            self._wording.show(self._words)

    def _show_words(self, step: PlanStep, until_s: float) -> None:
        kind = SessionStep.BREAK if step.kind == "break" else SessionStep.INSTRUCTION
        self._words = self._wording.of(step) or self._wording.of(usual_words.BREAK)
        self._words_step, self._words_until_s, self._is_block_break = kind, until_s, False
        self.show_again()

    def _take_step(self, now_s: float) -> Demand | None:
        """Begin the next step that stands before the next trial; None when there is none."""
        waiting = self._before.get(self._next, [])
        while waiting:
            step = waiting.pop(0)
            if step.kind in TARGETS:
                self.wanted = frozenset({step.kind})
                self.target_steps[step.kind] = step
                if step.kind == "calibrate" and (follows := _validation_follows(waiting)):
                    self.wanted = frozenset(TARGETS)
                    self.target_steps["validate"] = waiting[follows - 1]
                    del waiting[:follows]
                return Demand.RECALIBRATE if step.kind == "calibrate" else Demand.VALIDATE
            if step.kind == "drift":
                return Demand.DRIFT
            if step.kind == "thanks" and not step.duration_s:
                continue  # the end shows them
            self._emit(PhaseStarted(time_s=now_s, phase=step.kind))
            self._show_words(step, now_s + step.duration_s if step.duration_s else math.inf)
            return Demand.NONE
        return None

    def _go_on(self, now_s: float) -> Demand:
        while (planned := self.current) is not None and planned.step in self._ended_steps:
            self._skipped.add(self._next)
            self._next += 1
        if self._next in self._breaks_before and planned is not None:
            self._breaks_before.remove(self._next)
            self._show_words(PlanStep(kind="break"), now_s + self._plan.blocks.break_s)
            self._is_block_break = True
            return Demand.NONE
        demand = self._take_step(now_s)
        if demand is not None:
            return demand
        if planned is None:
            return Demand.END
        if self._takes_drift_check():
            return Demand.DRIFT
        planned = self._chosen(planned)
        if planned.phase != self._phase:
            self._phase = planned.phase
            self._emit(PhaseStarted(time_s=now_s, phase=planned.phase))
        exposure = Exposure(number=self._n_before + len(self._exposures), planned=planned)
        self._note(exposure)
        stimuli = replace(self._plan.stimuli, background=self._plan.look_of(planned.step).background)
        self._trial = Trial(
            replace(self._plan, trials=self._plan.trials_of(planned.step), stimuli=stimuli),
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
        is_informative = self._plan.trials_of(planned.step).order == "informative"
        is_free = planned.phase == "enrol" and (is_informative or not self._plan.steps)
        if self._choose is None or not is_free:
            return planned
        later = [
            n
            for n in range(self._next, len(self._schedule))
            if (self._schedule[n].step, self._schedule[n].repeat) == (planned.step, planned.repeat)
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


def _validation_follows(steps: Sequence[PlanStep]) -> int:
    """How many steps go with a calibration up to the validation that follows it, words between them; 0 without one."""
    for n, step in enumerate(steps):
        if step.kind == "validate":
            return n + 1
        if step.kind not in WORDS:
            return 0
    return 0
