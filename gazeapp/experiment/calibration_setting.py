"""How targets are shown and gaze is fitted: as the plan says, as its steps say, or as somebody set it up by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gazeapp.experiment.plan import CalibrationPlan, ExperimentPlan, PlanStep
from gazeapp.experiment.step_order import TARGETS


class CalibrationSetting:
    """The plan with the calibration that is in force; what somebody set up by hand stays.

    Args:
        plan: As it was written.
    """

    def __init__(self, plan: ExperimentPlan) -> None:
        self.plan = plan
        """With the calibration in force."""
        self._usual = plan.calibration
        self._is_by_hand = False
        self._has_own_points = any(step.kind in TARGETS and step.points for step in plan.steps)

    def by_hand(self, calibration: CalibrationPlan) -> None:
        """Somebody wants another calibration from now on."""
        self._is_by_hand = True
        self.plan = replace(self.plan, calibration=calibration)

    def of_steps(self, steps: Mapping[str, PlanStep]) -> None:
        """As many targets as the steps say that the session is at; kind → step."""
        if self._is_by_hand or not self._has_own_points:
            return
        usual = self._usual
        calibration = replace(
            usual,
            points=(steps["calibrate"].points if "calibrate" in steps else 0) or usual.points,
            validation_points=(steps["validate"].points if "validate" in steps else 0) or usual.validation_points,
        )
        self.plan = replace(self.plan, calibration=calibration)
