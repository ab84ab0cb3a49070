"""Validation: how good gaze is at other points, per eye and point, against the plan's limits, in plain words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from gazeapp.experiment.findings import advise_validation, describe_validation
from gazeapp.experiment.state import Command, State
from gazeapp.gaze.quality import TargetQuality
from gazeapp.ui.formatting import NO_EYE, counted, format_clock, format_figure, format_share
from gazeapp.ui.models.session_model import SessionModel
from gazeapp.ui.models.target_mark import TargetMark
from gazeapp.ui.pages.page import PageState
from gazeapp.ui.pages.target_page import TargetPage
from gazeapp.ui.theme import Theme
from gazeapp.ui.translation import tr
from gazeapp.ui.widgets.basic import Section, label, set_text
from gazeapp.ui.widgets.figure_table import Cell, FigureTable

MAX_VALIDATIONS = 6
COLUMN_PX = 48
"""The same in both tables, one below the other."""


class ValidatePage(TargetPage):
    """Finding, what to do, then the figures with their limits."""

    def __init__(self, theme: Theme, model: SessionModel) -> None:
        super().__init__(theme, self.tr("Validation"), model, "validate")
        self._quality = Section(self.tr("Quality"))
        self.table = FigureTable(["", self.tr("left"), self.tr("right"), self.tr("limit")], column_px=COLUMN_PX)
        self._quality.column.addWidget(self.table)
        self._points = Section(self.tr("Accuracy at each point, degrees"))
        self.points = FigureTable(["", self.tr("left"), self.tr("right"), self.tr("loss")], column_px=COLUMN_PX)
        self._points.column.addWidget(self.points)
        self._points.column.addWidget(
            label(self.tr("Choose a point in the drawing to see all its figures above."), "small", wrap=True)
        )
        self._history = Section(self.tr("Validations of this session"))
        self.history = FigureTable(["", self.tr("accuracy"), self.tr("worst"), self.tr("verdict")], column_px=56)
        self._history.column.addWidget(self.history)
        for section in (self._quality, self._points, self._history, self.kept):
            self.details_column.addWidget(section)
        self.details_column.addStretch(1)
        self.refresh()

    @property
    def usable(self) -> bool:
        """Whether there is a validation to go on with."""
        return self.model.status.validation is not None and not self.is_busy

    @property
    def go_words(self) -> str:
        """What the primary button does."""
        validation = self.model.status.validation
        if not self.usable or validation is None:
            return self.tr("Start validation")
        return self.tr("Use this calibration")

    @property
    def is_failed(self) -> bool:
        """Whether gaze was found too bad: going on then takes a key of its own, and ⏎ does nothing."""
        validation = self.model.status.validation
        can_calibrate = Command.START_CALIBRATION in self.model.status.allowed
        return self.usable and validation is not None and validation.verdict == "fail" and can_calibrate

    def marks(self) -> list[TargetMark]:
        """The targets at hand, or those of the validation."""
        if self.is_busy:
            return self.model.target_marks()
        validation = self.model.status.validation
        return self.model.target_marks(validation.points) if validation is not None else []

    def show_result(self) -> None:
        """Show quality, of all points or of the chosen one."""
        validation = self.model.status.validation if not self.is_busy else None
        rows = validation.quality.targets if validation is not None else ()
        chosen = [row for row in rows if row.target_id == self.view.selected]
        mark = next((m for m in self.view.marks if m.target_id == self.view.selected), None)
        if chosen and mark is not None:
            set_text(self._quality.heading, self.tr("Quality at point {0}").format(self.name_of(mark)))
            self._show_figures({row.eye: _figures(row) for row in chosen})
        else:
            set_text(self._quality.heading, self.tr("Quality"))
            summary = validation.quality.summary if validation is not None else {}
            self._show_figures({eye: summary.get(eye) or {} for eye in ("left", "right", "cyclopean")})
        self._show_points(rows)
        self._show_history()
        self.accept.setVisible(self.is_failed)
        self.calibrate.set_primary(self.is_failed)
        if self.is_failed:
            self.go.setVisible(False)
        self.again.setVisible(validation is not None and Command.START_VALIDATION in self.model.status.allowed)

    def show_outcome(self) -> None:
        """Say the verdict and the next step."""
        model, validation = self.model, self.model.status.validation
        if validation is not None:
            tone = {"pass": "ok", "warn": "warn", "fail": "bad"}[validation.verdict]
            state = PageState.FAILED if validation.verdict == "fail" else PageState.DONE
            self.show_state(
                state,
                describe_validation(validation, tr),
                advise_validation(validation, tr),
                tone=tone,
            )
        elif not model.is_attached or model.status.state is State.CONNECTED:
            self.show_state(PageState.EMPTY, self.tr("Nothing to validate yet."), self.tr("Calibrate first."))
        else:
            n = model.status.plan.calibration.validation_points
            self.show_state(
                PageState.EMPTY,
                self.tr("Ready to validate."),
                counted(n, self.tr("⏎ shows {0} new point."), self.tr("⏎ shows {0} new points.")),
            )

    def _show_figures(self, eyes: Mapping[str, Mapping[str, Any]]) -> None:  # Any: JSON values
        limits = self.model.status.plan.quality.to_limits() if self.model.is_attached else None
        left, right = eyes.get("left") or {}, eyes.get("right") or {}
        one = eyes.get("cyclopean") or {}
        self.table.show_heads(["", *self.eye_heads, self.tr("limit")])

        def row(
            name: str, key: str, digits: int, unit: str = "°", *, scale: float = 1.0, limit: float | None = None
        ) -> None:
            cells: list[Cell | str] = []
            for eye in (one,) if one else (left, right):
                value = eye.get(key)
                value = None if value is None else value * scale
                over = value is not None and limit is not None and value > limit
                cells.append(Cell(format_figure(value, digits, unit), "warn" if over else ""))
            cells += [NO_EYE] * (2 - len(cells))
            self.table.show_row(name, [*cells, format_figure(limit, 0 if scale > 1 else 1, unit)])

        row(self.tr("Accuracy, mean"), "accuracy_deg", 2, limit=limits.pass_deg if limits else None)
        row(self.tr("Worst point"), "accuracy_max_deg", 2, limit=limits.pass_max_deg if limits else None)
        row(self.tr("Precision, RMS-S2S"), "rms_s2s_deg", 2)
        row(self.tr("Precision, STD"), "std_deg", 2)
        row(self.tr("BCEA, deg²"), "bcea_deg2", 2, "")
        row(self.tr("Data loss"), "data_loss", 1, " %", scale=100, limit=100 * limits.max_loss if limits else None)
        row(self.tr("Effective rate, Hz"), "effective_hz", 0, "")

    def _show_history(self) -> None:
        """Every validation so far, the newest first: whether it became better or worse."""
        reports = self.model.status.validations
        shown = list(enumerate(reports, 1))[-MAX_VALIDATIONS:][::-1]
        self._history.setVisible(bool(shown))
        verdicts = {
            "pass": Cell(self.tr("good"), "ok"),
            "warn": Cell(self.tr("usable"), "warn"),
            "fail": Cell(self.tr("poor"), "bad"),
        }
        rows: dict[str, list[Cell | str]] = {}
        for number, report in shown:
            summary = report.quality.summary
            rows[self.tr("{0} · at {1}").format(number, format_clock(report.time_s))] = [
                format_figure(summary.get("accuracy_deg"), 2),
                format_figure(summary.get("accuracy_max_deg"), 2),
                verdicts[report.verdict],
            ]
        if self.history.names != list(rows):
            self.history.clear()
        for name, cells in rows.items():
            self.history.show_row(name, cells)

    def _show_points(self, rows: Sequence[TargetQuality]) -> None:
        self._points.setVisible(bool(rows))
        self.points.show_heads(["", *self.eye_heads, self.tr("loss")])
        if not rows:
            return
        limits = self.model.status.plan.quality.to_limits()
        marks = sorted(self.view.marks, key=lambda mark: mark.target_id)
        names = [self.name_of(mark) for mark in marks]
        if self.points.names != names:
            self.points.clear()
        for mark, name in zip(marks, names, strict=True):
            of_eye = {row.eye: row for row in rows if row.target_id == mark.target_id}
            cells: list[Cell | str] = []
            for eye in ("left", "right") if "cyclopean" not in of_eye else ("cyclopean",):
                value = of_eye[eye].accuracy_deg if eye in of_eye else math.nan
                tone = "bad" if value > limits.warn_max_deg else "warn" if value > limits.pass_max_deg else ""
                cells.append(Cell(format_figure(value, 2), tone))
            cells += [NO_EYE] * (2 - len(cells))
            loss = max((row.data_loss for row in of_eye.values()), default=math.nan)
            cells.append(Cell(format_share(loss), "warn" if loss > limits.max_loss else ""))
            self.points.show_row(name, cells)


def _figures(row: TargetQuality) -> dict[str, Any]:  # Any: JSON values
    """One point's figures under the names of a summary."""
    return {
        "accuracy_deg": row.accuracy_deg,
        "accuracy_max_deg": row.accuracy_deg,
        "rms_s2s_deg": row.rms_s2s_deg,
        "std_deg": row.std_deg,
        "bcea_deg2": row.bcea_deg2,
        "data_loss": row.data_loss,
        "effective_hz": row.effective_hz,
    }
