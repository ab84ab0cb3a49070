"""Calibration: eyes in view, how it is done, targets one by one; a single point can be redone or left out."""

from __future__ import annotations

import math

from gazeapp.experiment.calibration_procedure import PointState
from gazeapp.experiment.findings import advise_calibration, describe_calibration
from gazeapp.experiment.plan import CalibrationPlan
from gazeapp.experiment.state import Command
from gazeapp.ui.formatting import NO_EYE, format_figure
from gazeapp.ui.models.session_model import SessionModel
from gazeapp.ui.models.setup_model import SetupModel
from gazeapp.ui.models.target_mark import TargetMark
from gazeapp.ui.pages.page import PageState
from gazeapp.ui.pages.target_page import TargetPage
from gazeapp.ui.theme import Theme
from gazeapp.ui.translation import tr
from gazeapp.ui.widgets.basic import Section
from gazeapp.ui.widgets.calibration_form import CalibrationForm
from gazeapp.ui.widgets.figure_table import Cell, FigureTable
from gazeapp.ui.widgets.track_status import TrackStatus, eye_positions


class CalibratePage(TargetPage):
    """Seat the participant, show the targets, judge each point by gaze that the fit did not see."""

    def __init__(self, theme: Theme, model: SessionModel, setup: SetupModel) -> None:
        super().__init__(theme, self.tr("Calibration"), model, "calibrate")
        self._setup = setup
        eyes = Section(self.tr("Eyes in view"))
        self.eyes = TrackStatus(theme)
        self.eyes.empty_text = self.tr("Available after the first gaze sample")
        eyes.column.addWidget(self.eyes)
        self._points = Section(self.tr("Residual at each point, degrees"))
        self.points = FigureTable(["", self.tr("left"), self.tr("right")], column_px=56)
        self._points.column.addWidget(self.points)
        how = Section(self.tr("Settings"))
        self.form = CalibrationForm()
        self.form.changed.connect(self._set_up)
        how.column.addWidget(self.form)
        for section in (eyes, self._points, self.kept, how):
            self.details_column.addWidget(section)
        self.details_column.addStretch(1)
        model.live_changed.connect(self.show_eyes)
        setup.changed.connect(self.refresh_if_shown)
        self.refresh()

    @property
    def usable(self) -> bool:
        """Whether there is a calibration to use."""
        return self.model.status.selected_attempt is not None and not self.is_busy

    @property
    def go_words(self) -> str:
        """What the primary button does."""
        return self.tr("Use this calibration") if self.usable else self.tr("Start calibration")

    def marks(self) -> list[TargetMark]:
        """The targets at hand, or those of the calibration in use."""
        model, status = self.model, self.model.status
        attempt = status.selected_attempt
        if self.is_busy or (status.phase in ("", "calibrate") and attempt is None):
            return model.target_marks()
        if attempt is None:
            return []
        residuals = {r.target_id: r.mean_deg for r in attempt.residuals}
        return model.target_marks(attempt.points, residuals)

    def show_result(self) -> None:
        """Show the residual of each eye at each point, and how the next calibration is done."""
        self._show_residuals()
        self.show_eyes()
        status, is_attached = self.model.status, self.model.is_attached
        calibration = (status if is_attached else self._setup).plan.calibration
        attempts = status.attempts
        on_device = bool(attempts) and bool(attempts[-1].device_blob)
        self.form.show_plan(calibration, can_fit=not on_device)
        self.form.setEnabled(not is_attached or Command.START_CALIBRATION in status.allowed)

    def show_outcome(self) -> None:
        """Say how the calibration went."""
        model = self.model
        status = model.status
        attempt = status.selected_attempt or (status.attempts[-1] if status.attempts else None)
        if not model.is_attached:
            self.show_state(
                PageState.EMPTY,
                self.tr("No tracker is running yet."),
                self.tr("Choose a tracker and the screens first."),
            )
        elif attempt is not None:
            state = PageState.DONE if attempt is status.selected_attempt else PageState.FAILED
            self.show_state(state, describe_calibration(attempt, tr), advise_calibration(attempt, tr))
        else:
            self.show_state(
                PageState.EMPTY,
                self.tr("Ready to calibrate."),
                self.tr("Seat the participant so that both eyes are in view, then press ⏎."),
            )

    def show_eyes(self) -> None:
        """Show where the eyes are right now, as far as the tracker tells."""
        snapshot = self.model.snapshot
        if snapshot is None or not self.isVisible():
            return
        left, right = eye_positions(snapshot)
        distance_mm = snapshot.head.distance_mm if snapshot.head else math.nan
        self.eyes.show_eyes(left, right, distance_mm)

    def _show_residuals(self) -> None:
        attempt = None if self.is_busy else self.model.status.selected_attempt
        self._points.setVisible(attempt is not None and bool(attempt.residuals))
        if attempt is None:
            return
        residual_of = {residual.target_id: residual for residual in attempt.residuals}
        self.points.show_heads(["", *self.eye_heads])
        has_one_point = self.has_one_gaze_point
        state_of = {point.target.target_id: point.state for point in attempt.points}
        warn_deg = self.model.status.plan.quality.to_limits().pass_max_deg
        marks = sorted(self.model.target_marks(attempt.points), key=lambda mark: mark.target_id)
        names = [self.name_of(mark) for mark in marks]
        if self.points.names != names:
            self.points.clear()
        for mark, name in zip(marks, names, strict=True):
            residual = residual_of.get(mark.target_id)
            if residual is None:
                state = state_of[mark.target_id]
                words = self.tr("left out") if state is PointState.DROPPED else self.tr("no gaze")
                self.points.show_row(name, [words, NO_EYE] if has_one_point else ["", words])
                continue
            self.points.show_row(
                name,
                [
                    Cell(format_figure(value, 2), "warn" if value > warn_deg else "")
                    for value in (residual.left_deg, residual.right_deg)[: 1 if has_one_point else 2]
                ]
                + ([NO_EYE] if has_one_point else []),
            )

    def _set_up(self, calibration: CalibrationPlan) -> None:
        if self.model.is_attached and not self.model.command(lambda c, now_s: c.set_up_calibration(calibration, now_s)):
            self.refresh()  # what was refused is not shown as chosen
            return
        self._setup.set_up_calibration(calibration)
