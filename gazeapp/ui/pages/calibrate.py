"""Calibration: eyes in view, targets one by one, attempts kept; a single point can be redone or left out."""

from __future__ import annotations

import math

import numpy as np

from gazeapp.calibration.procedure import PointState
from gazeapp.session.state import Command, State
from gazeapp.ui.figures import format_figure
from gazeapp.ui.models.session_model import SessionModel
from gazeapp.ui.pages.page import Page, PageState
from gazeapp.ui.theme import Theme
from gazeapp.ui.widgets.choice_list import Choice, ChoiceList
from gazeapp.ui.widgets.surface import Panel, Section
from gazeapp.ui.widgets.track_status import EyePosition, TrackStatus
from gazeapp.ui.widgets.validation_view import ValidationView


class CalibratePage(Page):
    """Shows what the procedure does; decides nothing."""

    def __init__(self, theme: Theme, model: SessionModel) -> None:
        super().__init__(theme, self.tr("Calibration"))
        self._model = model
        panel = Panel(margin_px=0)
        self.view = ValidationView(theme)
        self.view.empty_text = self.tr(
            "The targets appear here while the participant looks at them"
        )
        self.view.words = (
            self.tr("left eye"),
            self.tr("right eye"),
            self.tr("1° around the target"),
        )
        self.view.chosen.connect(lambda _id: self.refresh())
        panel.column.addWidget(self.view)
        self.body.addWidget(panel, 1)
        eyes = Section(self.tr("Eyes in view"))
        self.eyes = TrackStatus(theme)
        self.eyes.empty_text = self.tr("Follows with the first gaze")
        eyes.column.addWidget(self.eyes)
        self.meaning_column.addWidget(eyes)
        kept = Section(self.tr("Attempts kept"))
        self.attempts = ChoiceList(theme)
        self.attempts.chosen.connect(self._select)
        kept.column.addWidget(self.attempts)
        self._kept = kept
        self.meaning_column.addWidget(kept)
        self.meaning_column.addStretch(1)
        self.drop = self.add_action(self.tr("Leave point out"), "D")
        self.redo = self.add_action(self.tr("Redo point"), "R")
        self.again = self.add_action(self.tr("Calibrate again"), "C")
        self.resume = self.add_action(self.tr("Resume"), "Space")
        self.resume.clicked.connect(lambda: model.command(lambda c, now_s: c.resume(now_s)))
        self.go = self.add_action(self.tr("Start calibration"), "Return", primary=True)
        self.drop.clicked.connect(self._drop)
        self.redo.clicked.connect(self._redo)
        self.again.clicked.connect(self._start)
        self.go.clicked.connect(self._primary)
        model.state_changed.connect(self.refresh_if_shown)
        model.live_changed.connect(self.show_eyes)
        self.refresh()

    def refresh(self) -> None:
        """Show the model."""
        model = self._model
        if model.display is not None:
            self.view.show_screen(model.display.width_px, model.display.height_px, model.display.px_per_deg)  # fmt: skip
        if model.phase in ("", "calibrate"):
            self.view.show_targets(model.target_marks())
        elif model.selected_attempt is not None:
            self.view.show_targets(model.target_marks(model.selected_attempt.points))
        self._show_attempts()
        allowed, state = model.allowed, model.state
        is_calibrating = state is State.CALIBRATING
        has_point = self.view.selected is not None and model.phase == "calibrate"
        self.resume.setVisible(model.state is State.PAUSED)
        self.resume.setEnabled(Command.RESUME in allowed)
        self.redo.setVisible(Command.REDO_POINTS in allowed and bool(model.attempts))
        self.redo.setEnabled(has_point)
        self.drop.setVisible(Command.DROP_POINTS in allowed and bool(model.attempts))
        self.drop.setEnabled(has_point)
        self.again.setVisible(Command.START_CALIBRATION in allowed and bool(model.attempts))
        usable = model.selected_attempt is not None and not is_calibrating
        self.go.set_words(self.tr("Use this calibration") if usable else
                          self.tr("Take this point") if is_calibrating else self.tr("Start calibration"))  # fmt: skip
        self.go.setEnabled(usable or Command.START_CALIBRATION in allowed or Command.ACCEPT_POINT in allowed)  # fmt: skip
        self._show_finding(usable)

    def _show_finding(self, usable: bool) -> None:
        model, state = self._model, self._model.state
        points = model.controller.targets if model.controller else ()
        if not model.is_attached:
            self.show_state(PageState.EMPTY, self.tr("No tracker is running yet."),
                            self.tr("Choose a tracker and the screens first."))  # fmt: skip
        elif state is State.FAILED:
            self.show_state(
                PageState.FAILED, model.message, self.tr("Everything recorded so far is kept.")
            )
        elif state is State.CALIBRATING:
            n_done = sum(point.state is PointState.ACCEPTED for point in points)
            self.show_state(PageState.WORKING, self.tr("Point {0} of {1}").format(min(n_done + 1, len(points)), len(points)),
                            self.tr("The participant looks at each target until it is small. Esc pauses."))  # fmt: skip
            self.banner.show_progress(n_done / max(len(points), 1))
        elif state is State.PAUSED:
            self.show_state(PageState.EMPTY, model.message or self.tr("Paused."), self.tr("Space resumes."), tone="warn")  # fmt: skip
        elif usable:
            attempt = model.selected_attempt
            assert attempt is not None, "usable says so"
            self.show_state(PageState.DONE, attempt.sentence, attempt.next_step)
        elif model.attempts:
            attempt = model.attempts[-1]
            self.show_state(PageState.FAILED, attempt.sentence, attempt.next_step)
        else:
            self.show_state(PageState.EMPTY, self.tr("Ready to calibrate."),
                            self.tr("Seat the participant so that both eyes are in view, then press ⏎."))  # fmt: skip

    def show_eyes(self) -> None:
        """Show which eyes are seen right now."""
        snapshot = self._model.snapshot
        if snapshot is None or not self.isVisible() or not len(snapshot.trace_time_s):
            return
        recent = snapshot.trace_time_s > snapshot.time_s - 0.25
        seen = [bool(np.isfinite(eye[recent]).any()) for eye in (snapshot.trace_left_px, snapshot.trace_right_px)]  # fmt: skip
        left, right = (EyePosition(x_norm=math.nan, y_norm=math.nan, is_seen=s) for s in seen)
        self.eyes.show_eyes(left, right, math.nan)

    def _show_attempts(self) -> None:
        model = self._model
        selected = model.selected_attempt
        rows = [
            Choice(key=str(a.number), name=self.tr("Attempt {0}").format(a.number), is_enabled=a.ok,
                   detail=self.tr("in use") if a is selected else "" if a.ok else self.tr("failed"),
                   figure=format_figure(a.residual_deg, 2, "°"))
            for a in reversed(model.attempts)
        ]  # fmt: skip
        self.attempts.show_choices(rows, str(selected.number) if selected else "")
        self._kept.setVisible(bool(rows))

    def _primary(self) -> None:
        model = self._model
        if model.state is State.CALIBRATING:
            model.command(lambda c, now_s: c.accept_point(now_s))
        elif model.selected_attempt is not None:
            self.step_finished.emit()
        else:
            self._start()

    def _start(self) -> None:
        self._model.command(lambda c, now_s: c.start_calibration(now_s))

    def _select(self, key: str) -> None:
        self._model.command(lambda c, now_s: c.select_calibration(int(key), now_s))

    def _redo(self) -> None:
        target_id = self.view.selected
        if target_id is not None:
            self._model.command(lambda c, now_s: c.redo_points([target_id], now_s))

    def _drop(self) -> None:
        target_id = self.view.selected
        if target_id is not None:
            self._model.command(lambda c, now_s: c.drop_points([target_id], now_s))
