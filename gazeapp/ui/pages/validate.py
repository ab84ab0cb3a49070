"""Validation: how good gaze is at other points, per eye and point, against the plan's limits, in plain words."""

from __future__ import annotations

from typing import Any

from gazeapp.calibration.procedure import PointState
from gazeapp.session.state import Command, State
from gazeapp.ui.figures import UNKNOWN, format_figure
from gazeapp.ui.models.session_model import SessionModel
from gazeapp.ui.pages.page import Page, PageState
from gazeapp.ui.theme import Theme
from gazeapp.ui.widgets.figure_table import Cell, FigureTable
from gazeapp.ui.widgets.surface import Panel, Section
from gazeapp.ui.widgets.validation_view import ValidationView


class ValidatePage(Page):
    """Finding, what to do, then the figures with their limits."""

    def __init__(self, theme: Theme, model: SessionModel) -> None:
        super().__init__(theme, self.tr("Validation"))
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
        quality = Section(self.tr("Quality, degrees"))
        self.table = FigureTable(
            ["", self.tr("left"), self.tr("right"), self.tr("limit")], column_px=50
        )
        quality.column.addWidget(self.table)
        self.meaning_column.addWidget(quality)
        kept = Section(self.tr("Attempts kept"))
        self.attempts = FigureTable([self.tr("calibration"), self.tr("points"), self.tr("residual")], column_px=66)  # fmt: skip
        kept.column.addWidget(self.attempts)
        self.meaning_column.addWidget(kept)
        self.meaning_column.addStretch(1)
        self.redo = self.add_action(self.tr("Redo point"), "R")
        self.calibrate = self.add_action(self.tr("Calibrate again"), "C")
        self.again = self.add_action(self.tr("Validate again"), "V")
        self.resume = self.add_action(self.tr("Resume"), "Space")
        self.resume.clicked.connect(lambda: model.command(lambda c, now_s: c.resume(now_s)))
        self.go = self.add_action(self.tr("Start validation"), "Return", primary=True)
        self.redo.clicked.connect(self._redo)
        self.calibrate.clicked.connect(lambda: model.command(lambda c, now_s: c.start_calibration(now_s)))  # fmt: skip
        self.again.clicked.connect(self._start)
        self.go.clicked.connect(self._primary)
        model.state_changed.connect(self.refresh_if_shown)
        self.refresh()

    def refresh(self) -> None:
        """Show the model."""
        model, validation = self._model, self._model.validation
        if model.display is not None:
            self.view.show_screen(model.display.width_px, model.display.height_px, model.display.px_per_deg)  # fmt: skip
        is_validating = model.state is State.VALIDATING
        if is_validating:
            self.view.show_targets(model.target_marks())
        elif validation is not None:
            self.view.show_targets(model.target_marks(validation.points))
        else:
            self.view.show_targets([])
        self._show_figures(validation.quality.to_json()["summary"] if validation else {})
        self._show_attempts()
        allowed = model.allowed
        self.resume.setVisible(model.state is State.PAUSED)
        self.resume.setEnabled(Command.RESUME in allowed)
        self.redo.setVisible(validation is not None and not is_validating)
        self.redo.setEnabled(self.view.selected is not None and Command.REDO_POINTS in allowed)
        self.calibrate.setVisible(Command.START_CALIBRATION in allowed)
        self.again.setVisible(validation is not None and Command.START_VALIDATION in allowed)
        is_failed = validation is not None and validation.verdict == "fail"
        usable = validation is not None and not is_validating
        self.go.set_words(self.tr("Take this point") if is_validating else
                          self.tr("Use it all the same") if usable and is_failed else
                          self.tr("Use this calibration") if usable else self.tr("Start validation"))  # fmt: skip
        self.go.setEnabled(usable or is_validating or Command.START_VALIDATION in allowed)
        self._show_finding(usable)

    def _show_finding(self, usable: bool) -> None:
        model, validation = self._model, self._model.validation
        points = model.controller.targets if model.controller else ()
        if not model.is_attached:
            self.show_state(PageState.EMPTY, self.tr("Nothing to validate yet."), self.tr("Calibrate first."))  # fmt: skip
        elif model.state is State.FAILED:
            self.show_state(
                PageState.FAILED, model.message, self.tr("Everything recorded so far is kept.")
            )
        elif model.state is State.VALIDATING:
            n_done = sum(point.state is PointState.ACCEPTED for point in points)
            self.show_state(PageState.WORKING, self.tr("Point {0} of {1}").format(min(n_done + 1, len(points)), len(points)),
                            self.tr("These points were not calibrated: they show the true error. Esc pauses."))  # fmt: skip
            self.banner.show_progress(n_done / max(len(points), 1))
        elif model.state is State.PAUSED:
            self.show_state(PageState.EMPTY, model.message or self.tr("Paused."), self.tr("Space resumes."), tone="warn")  # fmt: skip
        elif usable:
            assert validation is not None, "usable says so"
            tone = {"pass": "ok", "warn": "warn", "fail": "bad"}[validation.verdict]
            state = PageState.FAILED if validation.verdict == "fail" else PageState.DONE
            self.show_state(state, validation.sentence, validation.next_step, tone=tone)
        elif model.state is State.CONNECTED:
            self.show_state(PageState.EMPTY, self.tr("Nothing to validate yet."), self.tr("Calibrate first."))  # fmt: skip
        else:
            self.show_state(PageState.EMPTY, self.tr("Ready to validate."),
                            self.tr("⏎ shows {0} new points.").format(self._n_points()))  # fmt: skip

    def _n_points(self) -> str:
        controller = self._model.controller
        return str(controller.plan.calibration.validation_points) if controller else UNKNOWN

    def _show_figures(self, summary: dict[str, Any]) -> None:  # Any: JSON values
        controller = self._model.controller
        limits = controller.plan.quality if controller else None
        left, right = summary.get("left") or {}, summary.get("right") or {}
        if not left and not right:
            left = summary.get("cyclopean") or {}

        def row(
            name: str, key: str, digits: int, scale: float = 1.0, limit: float | None = None
        ) -> None:
            cells: list[Cell | str] = []
            for eye in (left, right):
                value = eye.get(key)
                value = None if value is None else value * scale
                over = value is not None and limit is not None and value > limit
                cells.append(Cell(format_figure(value, digits), "warn" if over else ""))
            self.table.show_row(name, [*cells, format_figure(limit, 0 if scale > 1 else 1)])

        row(self.tr("Accuracy, mean"), "accuracy_deg", 2, limit=limits.pass_deg if limits else None)
        row(self.tr("Accuracy, worst"), "accuracy_max_deg", 2, limit=limits.warn_deg if limits else None)  # fmt: skip
        row(self.tr("Precision, RMS-S2S"), "rms_s2s_deg", 2)
        row(self.tr("Precision, STD"), "std_deg", 2)
        row(self.tr("BCEA, deg²"), "bcea_deg2", 2)
        row(self.tr("Data loss, %"), "data_loss", 1, 100, 100 * limits.max_loss if limits else None)
        row(self.tr("Effective rate, Hz"), "effective_hz", 0)

    def _show_attempts(self) -> None:
        model = self._model
        rows: dict[str, list[Cell | str]] = {}
        for attempt in reversed(model.attempts):
            words = self.tr("in use") if attempt is model.selected_attempt else ""
            words = words if attempt.ok else self.tr("failed")
            n_used = sum(point.state is PointState.ACCEPTED for point in attempt.points)
            residual = Cell(format_figure(attempt.residual_deg, 2), "" if attempt.ok else "bad")
            rows[f"{attempt.number} · {words}" if words else str(attempt.number)] = [str(n_used), residual]  # fmt: skip
        if self.attempts.names != list(rows):
            self.attempts.clear()
        for name, cells in rows.items():
            self.attempts.show_row(name, cells)

    def _primary(self) -> None:
        model = self._model
        if model.state is State.VALIDATING:
            model.command(lambda c, now_s: c.accept_point(now_s))
        elif model.validation is not None:
            self.step_finished.emit()
        else:
            self._start()

    def _start(self) -> None:
        self._model.command(lambda c, now_s: c.start_validation(now_s))

    def _redo(self) -> None:
        target_id = self.view.selected
        if target_id is not None:
            self._model.command(lambda c, now_s: c.redo_points([target_id], now_s))
