"""Where a session stands, as one value: what pages, commands and programs read of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gazeapp.experiment.calibration_procedure import PointResult
from gazeapp.experiment.notice import Notice
from gazeapp.experiment.participant_display import Scene
from gazeapp.experiment.plan import ExperimentPlan
from gazeapp.experiment.schedule import PhaseCount, PlannedTrial
from gazeapp.experiment.state import Command, SessionStep, State
from gazeapp.experiment.targets import TargetPoint
from gazeapp.experiment.tracker_connection import Connection, Reconnection
from gazeapp.gaze.correction import Correction
from gazeapp.store.records import CorrectionRow

if TYPE_CHECKING:  # takes a second to load, and the window should be there before
    from gazeapp.experiment.calibration_fit import CalibrationAttempt
    from gazeapp.experiment.drift_check import DriftReport
from gazeapp.experiment.validation import ValidationReport


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStatus:
    """A session at one moment; published by its controller after each tick and each command, equal while nothing
    changes.
    """

    plan: ExperimentPlan
    """As it is in force: calibration may be set up anew."""
    state: State
    step: SessionStep
    """What the participant is doing right now."""
    step_ends_s: float
    """Session time; `math.nan` itself where that is open, so that one status equals another."""
    phase: str
    """One of "calibrate", "validate", "enrol", "overlay", or "" before the first."""
    wanted: frozenset[str]
    """What the plan asks for before images (go on): "calibrate", "validate", both or neither."""
    allowed: frozenset[Command]
    """The commands that would not be refused now."""
    notice: Notice | None
    """None when all is well."""
    scene: Scene | None
    """What was last put on the participant's screen."""
    current_trial: PlannedTrial | None
    """The trial on screen or next; None after the last."""
    exposure: int | None
    """Running number of the image on screen, as in `StimulusShown.trial`; a repeated trial gets a new one."""
    n_done: int
    """Trials completed; interrupted ones do not count."""
    n_trials: int
    """Trials of the plan, less those of a phase that was ended early."""
    counts: tuple[PhaseCount, ...]
    """The same of each phase, in the order in which the phases come."""
    targets: tuple[PointResult, ...]
    """Every target of the latest calibration, validation or drift check, with its state and gaze."""
    current_target: TargetPoint | None
    """The target on screen."""
    attempts: tuple[CalibrationAttempt, ...]
    """All calibrations of this session, failed ones too."""
    selected_attempt: CalibrationAttempt | None
    """The calibration in use."""
    correction: Correction
    """In use now; identity before a calibration and with calibrations on the device."""
    in_force: CorrectionRow | None
    """The same as it is stored, with what it was made by and since when; None before there is one."""
    validation: ValidationReport | None
    """Validation of the calibration in use; None once that changes."""
    validations: tuple[ValidationReport, ...]
    """All of this session, oldest first."""
    drift: DriftReport | None
    """The latest drift check of the calibration in use, and what correcting it did."""
    connection: Connection
    """Whether the tracker can be reached; RECONNECT is among the allowed commands where that may help."""
    reconnection: Reconnection | None
    """What came of the latest `reconnect`; None before one is over, and once the tracker is lost anew."""

    @classmethod
    def none(cls, plan: ExperimentPlan) -> SessionStatus:
        """There is no session."""
        return cls(
            plan=plan,
            state=State.IDLE,
            step=SessionStep.NONE,
            step_ends_s=math.nan,
            phase="",
            wanted=frozenset(),
            allowed=frozenset(),
            notice=None,
            scene=None,
            current_trial=None,
            exposure=None,
            n_done=0,
            n_trials=0,
            counts=(),
            targets=(),
            current_target=None,
            attempts=(),
            selected_attempt=None,
            correction=Correction.identity(),
            in_force=None,
            validation=None,
            validations=(),
            drift=None,
            connection=Connection.CONNECTED,
            reconnection=None,
        )

    def count_of(self, phase: str) -> PhaseCount:
        """The images of a phase; none of one that the plan leaves out."""
        none = PhaseCount(phase=phase, n_done=0, n_trials=0)
        return next((count for count in self.counts if count.phase == phase), none)

    def time_left_s(self, now_s: float) -> float:
        """Until the present step ends; NaN where that is open."""
        return math.nan if math.isnan(self.step_ends_s) else max(0.0, self.step_ends_s - now_s)
