"""The common part of the calibration and validation pages: targets on a drawing of the screen, calibrations to choose
from, single points.
"""

from __future__ import annotations

import math
from abc import abstractmethod

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout

from gazeapp.experiment.calibration_fit import CalibrationAttempt
from gazeapp.experiment.calibration_procedure import PointState
from gazeapp.experiment.state import Command, State
from gazeapp.ui.formatting import counted, format_figure
from gazeapp.ui.models.session_model import SessionModel
from gazeapp.ui.models.target_mark import TargetMark, place_of
from gazeapp.ui.notice_words import kept_words, notice_words
from gazeapp.ui.pages.page import Page, PageState
from gazeapp.ui.theme import Theme
from gazeapp.ui.widgets.basic import KeyButton, Panel, Section
from gazeapp.ui.widgets.choice_list import Choice, ChoiceList
from gazeapp.ui.widgets.validation_view import ValidationView


class TargetPage(Page):
    """Shows what the procedure does; decides nothing.

    Args:
        theme: The colours in use.
        title: Page title.
        model: The session.
        phase: "calibrate" or "validate".
    """

    def __init__(self, theme: Theme, title: str, model: SessionModel, phase: str) -> None:
        super().__init__(theme, title)
        self.model, self._phase = model, phase
        self._busy = State.CALIBRATING if phase == "calibrate" else State.VALIDATING
        self._start_command = Command.START_CALIBRATION if phase == "calibrate" else Command.START_VALIDATION
        panel = Panel(margin_px=0)
        self.view = ValidationView(theme)
        self.view.empty_text = self.tr("The targets appear here while the participant looks at them")
        self.view.words = (
            self.tr("left eye"),
            self.tr("right eye"),
            self.tr("gaze"),
            self.tr("1° around the target"),
        )
        self.view.chosen.connect(lambda _id: self.refresh())
        self.drop, self.redo = KeyButton(self.tr("Skip point"), "D"), KeyButton(self.tr("Redo point"), "R")
        row = QHBoxLayout()
        row.setContentsMargins(0, 4, 12, 0)
        row.setSpacing(8)
        row.addStretch(1)
        for button in (self.drop, self.redo):
            row.addWidget(button)
            self.buttons.append(button)
        both = QGridLayout()  # the buttons beside the legend, in the room that the drawing keeps free for it
        both.addWidget(self.view, 0, 0)
        both.addLayout(row, 0, 0, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight)
        panel.column.addLayout(both, 1)
        self.body.addWidget(panel, 1)
        self.kept = Section(self.tr("Calibrations kept"))
        self.attempts = ChoiceList(theme)
        self.attempts.chosen.connect(self._select)
        self.kept.column.addWidget(self.attempts)
        self.calibrate = self.add_action(self.tr("Calibrate again"), "C")
        if phase == "validate":
            self.again = self.add_action(self.tr("Validate again"), "V")
            self.again.clicked.connect(self.start)
            self.accept = self.add_action(self.tr("Use anyway"), "U")
            self.accept.clicked.connect(self.step_finished)
        self.pause = self.add_action(self.tr("Pause"), "Space")
        self.resume = self.add_action(self.tr("Resume"), "Space", primary=True)
        self.go = self.add_action("", "Return", primary=True)
        self.drop.clicked.connect(self._drop)
        self.redo.clicked.connect(self._redo)
        self.calibrate.clicked.connect(self._calibrate)
        self.pause.clicked.connect(model.hold)
        self.resume.clicked.connect(lambda: model.command(lambda c, now_s: c.resume(now_s)))
        self.go.clicked.connect(self._primary)
        model.state_changed.connect(self.refresh_if_shown)

    # What a page adds

    @property
    @abstractmethod
    def usable(self) -> bool:
        """Whether there is a result to go on with."""

    @property
    @abstractmethod
    def go_words(self) -> str:
        """What the primary button does with that result, or begins without one."""

    @abstractmethod
    def marks(self) -> list[TargetMark]:
        """The targets to draw."""

    @abstractmethod
    def show_result(self) -> None:
        """Show the figures."""

    @abstractmethod
    def show_outcome(self) -> None:
        """Say the finding, or that all is ready."""

    # What both do

    @property
    def is_busy(self) -> bool:
        """Whether its targets are on the screen."""
        return self.model.status.state is self._busy

    def refresh(self) -> None:
        """Show the model."""
        model, allowed = self.model, self.model.status.allowed
        if model.run is not None:
            display = model.run.display
            self.view.show_screen(display.width_px, display.height_px, display.px_per_deg)
        marks = self.marks()
        self.view.show_targets(marks)
        self._show_attempts()
        has_result = model.status.phase == self._phase and bool(marks)
        point = self._point_at_hand() if has_result else None
        is_paused = model.status.state is State.PAUSED
        self.pause.setVisible(Command.PAUSE in allowed)
        self.resume.setVisible(is_paused)
        self.resume.setEnabled(Command.RESUME in allowed)
        self.resume.set_primary(Command.RESUME in allowed)
        self.go.setVisible(not is_paused and not model.status.state.is_over)
        for button, command in ((self.redo, Command.REDO_POINTS), (self.drop, Command.DROP_POINTS)):
            button.setVisible(command in allowed and has_result)
            button.setEnabled(point is not None)
        name = point.name if point is not None else ""
        self.redo.set_words(self.tr("Redo point {0}").format(name).strip())
        self.drop.set_words(self.tr("Skip point {0}").format(name).replace("  ", " "))
        is_start = self._phase == "calibrate" and not self.usable  # that is ⏎ then
        can_calibrate = Command.START_CALIBRATION in allowed and bool(model.status.attempts)
        self.calibrate.setVisible(can_calibrate and not is_start)
        self.go.set_words(self.tr("Take this point") if self.is_busy else self.go_words)
        self.go.setEnabled(
            self.usable or self._start_command in allowed or (self.is_busy and Command.ACCEPT_POINT in allowed)
        )
        self.show_result()
        self._show_finding()

    def start(self) -> None:
        """Show the targets."""
        if self._phase == "calibrate":
            self._calibrate()
        else:
            self.model.command(lambda c, now_s: c.start_validation(now_s))

    def _show_finding(self) -> None:
        model = self.model
        points = model.status.targets
        if model.status.state is State.FAILED:
            self.show_state(PageState.FAILED, notice_words(model.status), kept_words())
        elif self.is_busy:
            n_done = sum(point.state is PointState.ACCEPTED for point in points)
            self.show_state(
                PageState.WORKING,
                self.tr("Point {0} of {1}").format(min(n_done + 1, len(points)), len(points)),
                self._pace_words(),
            )
            self.banner.show_progress(n_done / max(len(points), 1))
        elif model.status.state is State.PAUSED:
            self.show_pause(model, self.tr("Space resumes."))
        else:
            self.show_outcome()

    def _pace_words(self) -> str:
        if self.model.status.plan.calibration.pacing == "key":
            return self.tr("⏎ takes the point while the participant looks at it.")
        if self._phase == "validate":
            return self.tr("These points were not calibrated: they show the true error.")
        return self.tr("The participant looks at each target until it is small.")

    def _show_attempts(self) -> None:
        selected = self.model.status.selected_attempt
        rows = [
            Choice(
                key=str(a.number),
                name=self._attempt_name(a),
                is_enabled=a.ok,
                detail=self._attempt_words(a, is_used=a is selected),
                figure=format_figure(a.residual_deg, 2, "°") if a.ok else "",
                tone="" if a.ok else "bad",
            )
            for a in reversed(self.model.status.attempts)
        ]
        self.attempts.show_choices(rows, str(selected.number) if selected else "")
        self.kept.setVisible(bool(rows))

    def _attempt_name(self, attempt: CalibrationAttempt) -> str:
        n_used = sum(point.state is PointState.ACCEPTED for point in attempt.points)
        return counted(n_used, self.tr("{1} · {0} point"), self.tr("{1} · {0} points"), attempt.number)

    def _attempt_words(self, attempt: CalibrationAttempt, *, is_used: bool) -> str:
        if not attempt.ok:
            return self.tr("failed")
        kinds = {
            "identity": self.tr("no correction"),
            "shift": self.tr("shift"),
            "affine": self.tr("affine"),
            "second_order": self.tr("2nd order"),
        }
        kind = self.tr("the tracker's own") if attempt.correction is None else kinds[attempt.correction.kind]
        return self.tr("{0} · in use").format(kind) if is_used else kind

    def _primary(self) -> None:
        if self.is_busy:
            self.model.command(lambda c, now_s: c.accept_point(now_s))
        elif self.usable:
            self.step_finished.emit()
        else:
            self.start()

    def _calibrate(self) -> None:
        self.model.command(lambda c, now_s: c.start_calibration(now_s))

    def _select(self, key: str) -> None:
        self.model.command(lambda c, now_s: c.select_calibration(int(key), now_s))

    def _redo(self) -> None:
        point = self._point_at_hand()
        if point is not None:
            self.model.command(lambda c, now_s: c.redo_points([point.target_id], now_s))

    def _drop(self) -> None:
        point = self._point_at_hand()
        if point is not None:
            self.model.command(lambda c, now_s: c.drop_points([point.target_id], now_s))

    def _point_at_hand(self) -> TargetMark | None:
        """The chosen target; without one, the weakest of a result that has weak ones."""
        marks = self.view.marks
        chosen = next((m for m in marks if m.target_id == self.view.selected), None)
        if chosen is not None or self.is_busy:
            return chosen
        weak = [m for m in marks if m.tone in ("warn", "bad")]
        # a target without any gaze is weaker than one with gaze beside it
        return max(
            weak, key=lambda m: (m.tone == "bad", -1 if math.isfinite(m.error_deg) else 0, m.error_deg), default=None
        )

    @property
    def has_one_gaze_point(self) -> bool:
        """Whether the gaze of the source belongs to no single eye, as the mouse's does."""
        return any(mark.eyes == "cyclopean" for mark in self.view.marks)

    @property
    def eye_heads(self) -> tuple[str, str]:
        """What stands above the figures of each eye."""
        return (self.tr("gaze"), "") if self.has_one_gaze_point else (self.tr("left"), self.tr("right"))

    def name_of(self, mark: TargetMark) -> str:
        """A target's number and place, such as "3 top right"."""
        if self.model.run is None:
            return mark.name
        display = self.model.run.display
        words = {
            "left": self.tr("left"),
            "right": self.tr("right"),
            "top": self.tr("top"),
            "bottom": self.tr("bottom"),
            "centre": self.tr("centre"),
        }
        place = place_of(mark.x_px / display.width_px, mark.y_px / display.height_px)
        return f"{mark.name} {' '.join(words[part] for part in place)}"
