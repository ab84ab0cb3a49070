"""Gaze quality over the whole session: whether it held, when it did not, and what to do about it."""

from __future__ import annotations

import importlib
import math

from PySide6.QtCore import Qt

from gazeapp.experiment.findings import explain_drift
from gazeapp.experiment.state import Command
from gazeapp.ui.bridge import QtBridge
from gazeapp.ui.dialogs.recalibration import RecalibrationDialog, open_live_recalibration
from gazeapp.ui.error_words import error_words
from gazeapp.ui.formatting import format_clock, format_figure, format_share
from gazeapp.ui.models.quality_history import QualityHistory
from gazeapp.ui.models.session_model import SessionModel
from gazeapp.ui.pages.page import Page, PageState
from gazeapp.ui.theme import Theme
from gazeapp.ui.translation import tr
from gazeapp.ui.widgets.basic import Panel, Section, label, set_text
from gazeapp.ui.widgets.figure_table import Cell, FigureTable
from gazeapp.ui.widgets.quality_plot import QualityPlot

N_TROUBLES = 8


class QualityPage(Page):
    """Not one of the steps: it can be looked at whenever something seems wrong."""

    def __init__(self, theme: Theme, model: SessionModel, bridge: QtBridge) -> None:
        super().__init__(theme, self.tr("Gaze quality"))
        self._model, self._bridge = model, bridge
        self.history = QualityHistory(model)
        self._panel = Panel(margin_px=10)
        self._waiting = label(self.tr("The plot is being loaded …"), "dim")
        self._waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._panel.column.addWidget(self._waiting)
        self.body.addWidget(self._panel, 1)
        self.plot: QualityPlot | None = None
        self._is_loading = False
        now = Section(self.tr("Data loss, precision, rate"))
        self.table = FigureTable(["", self.tr("now"), self.tr("session"), self.tr("limit")], column_px=60)
        now.column.addWidget(self.table)
        self.details_column.addWidget(now)
        checks = Section(self.tr("Checks"))
        self.checks = FigureTable(["", self.tr("at"), self.tr("off by"), self.tr("limit")], column_px=60)
        checks.column.addWidget(self.checks)
        self.drift_words = label("", "small", wrap=True)
        checks.column.addWidget(self.drift_words)
        self.details_column.addWidget(checks)
        self._troubles = Section(self.tr("What the tracker reported"))
        self._words = label("", "small", wrap=True)
        self._troubles.column.addWidget(self._words)
        self.details_column.addWidget(self._troubles)
        self.details_column.addStretch(1)
        self.whole = self.add_action(self.tr("Whole session"), "W")
        self.whole.clicked.connect(self._show_all)
        self.drift = self.add_action(self.tr("Check drift"), "K")
        self.drift.clicked.connect(lambda: model.command(lambda c, now_s: c.check_drift(now_s)))
        self.correct = self.add_action(self.tr("Correct drift"), "G")
        self.correct.clicked.connect(lambda: model.command(lambda c, now_s: c.correct_drift(now_s)))
        self.images = self.add_action(self.tr("By the images …"), "I")
        self.images.clicked.connect(self._open_images)
        self.dialog: RecalibrationDialog | None = None
        model.recalibration.changed.connect(self.refresh_if_shown)
        self.end = self.add_action(self.tr("End here"), "E")
        self.end.clicked.connect(self.end_wanted)
        self.pause = self.add_action(self.tr("Pause"), "Space", primary=True)
        self.pause.clicked.connect(self._pause)
        self.history.changed.connect(self.refresh_if_shown)
        model.live_changed.connect(self._keep_up)
        model.state_changed.connect(self.refresh_if_shown)
        self.refresh()

    def entered(self) -> None:
        """Have the plot's library loaded elsewhere, the first time."""
        super().entered()
        self._keep_up()
        if self.plot is None and not self._is_loading:
            self._is_loading = True
            self._bridge.run(lambda: importlib.import_module("pyqtgraph"), self._loaded)

    def refresh(self) -> None:
        """Show the session so far."""
        history, model = self.history, self._model
        plan = model.status.plan if model.is_attached else None
        limits = plan.quality.to_limits() if plan else None
        warn_deg = plan.calibration.drift_warn_deg if plan else math.nan
        loss, precision = history.mean_loss(), history.precision_deg()
        last = history.moments[-1] if history.moments else None
        most = limits.max_loss if limits else math.nan
        self.table.show_row(
            self.tr("Data loss"),
            [
                _loss(last.loss if last else math.nan, most),
                _loss(loss, most),
                format_share(most, 0),
            ],
        )
        self.table.show_row(
            self.tr("Precision"),
            [
                format_figure(last.rms_s2s_deg if last else None, 2, "°"),
                format_figure(precision, 2, "°"),
            ],
        )
        self.table.show_row(self.tr("Rate"), [format_figure(last.rate_hz if last else None, 0, " Hz")])
        self._show_check(self.tr("Validation"), "validation", limits.pass_deg if limits else math.nan)
        self._show_check(self.tr("Drift"), "drift", warn_deg)
        drift = model.status.drift
        set_text(self.drift_words, explain_drift(drift, tr) if drift is not None else "")
        self._troubles.setVisible(bool(history.troubles))
        set_text(
            self._words,
            "\n".join(f"{format_clock(t.time_s)}  {error_words(t.message)}" for t in history.troubles[-N_TROUBLES:]),
        )
        self.drift.setVisible(Command.CHECK_DRIFT in model.status.allowed)
        self.correct.setVisible(Command.CORRECT_DRIFT in model.status.allowed)
        self.images.setVisible(model.recalibration.can_apply or model.recalibration.can_undo)
        allowed = model.status.allowed
        self.end.setVisible(Command.RESUME in allowed)
        self.pause.setVisible(bool({Command.PAUSE, Command.RESUME} & allowed))
        self.pause.set_words(self.tr("Resume") if Command.RESUME in allowed else self.tr("Pause"))
        if self.plot is not None and self.isVisible():
            pass_deg = limits.pass_deg if limits else math.nan
            self.plot.show_history(history, {"loss": (100 * most,), "offset": (pass_deg, warn_deg)})
        self._show_finding(loss, most, warn_deg)

    def _open_images(self) -> None:
        self.dialog = open_live_recalibration(self, self.theme, self._model)

    def _pause(self) -> None:
        if Command.RESUME in self._model.status.allowed:
            self._model.command(lambda c, now_s: c.resume(now_s))
        else:
            self._model.command(lambda c, now_s: c.pause(now_s))

    def _keep_up(self) -> None:
        """The axis reaches to now, also while nothing is measured; to the last sample once the session is over."""
        now_s, moments = self._model.now_s, self.history.moments
        if self._model.status.state.is_over and moments:
            now_s = moments[-1].time_s
        if self.plot is not None and self.isVisible() and math.isfinite(now_s):
            self.plot.show_now(now_s)

    def _show_all(self) -> None:
        if self.plot is not None:
            self.plot.follow()
            self._keep_up()

    def _show_check(self, name: str, kind: str, limit_deg: float) -> None:
        check = self.history.latest(kind)
        at, off = (format_clock(check.time_s), check.offset_deg) if check else ("", math.nan)
        tone = "warn" if off > limit_deg else ""
        self.checks.show_row(name, [at, Cell(format_figure(off, 2, "°"), tone), format_figure(limit_deg, 1, "°")])

    def _show_finding(self, loss: float, most: float, warn_deg: float) -> None:
        history = self.history
        drift = history.latest("drift")
        n_lost = sum(t.kind == "lost" for t in history.troubles)
        if not history.moments:
            self.show_state(
                PageState.EMPTY,
                self.tr("No gaze was measured yet."),
                self.tr("Loss, precision and rate follow from the first gaze sample on."),
            )
        elif drift is not None and drift.offset_deg > warn_deg and not self._is_drift_corrected:
            self.show_state(
                PageState.DONE,
                self.tr("Gaze drifted: {0} at the last check.").format(format_figure(drift.offset_deg, 2, "°")),
                self.tr("G corrects it by what the check found; or recalibrate."),
                tone="warn",
            )
        elif loss > most:
            self.show_state(
                PageState.DONE,
                self.tr("Data loss is too high: {0}.").format(format_share(loss)),
                self.tr("Check the participant's position, glasses and light."),
                tone="warn",
            )
        else:
            away = ""
            if n_lost:
                away = (
                    self.tr(" The tracker was lost once.")
                    if n_lost == 1
                    else self.tr(" The tracker was lost {0} times.").format(n_lost)
                )
            self.show_state(
                PageState.DONE,
                self.tr("Gaze quality is good: data loss {0}, precision {1}.").format(
                    format_share(loss), format_figure(history.precision_deg(), 2, "°")
                )
                + away,
                self.tr("The wheel zooms in time, dragging moves, W shows all. K checks for drift between images."),
            )

    @property
    def _is_drift_corrected(self) -> bool:
        drift = self._model.status.drift
        return drift is not None and drift.is_corrected

    def _loaded(self, outcome: object) -> None:
        self._is_loading = False
        if isinstance(outcome, Exception):
            set_text(self._waiting, self.tr("The plot cannot be shown: {0}").format(outcome))
            return
        self.plot = QualityPlot(
            self.theme,
            (
                self.tr("Off by, degrees: validation ● (limit dotted), drift ◆ (limit dashed)"),
                self.tr("Data loss, %: tracker lost ▲"),
                self.tr("Precision RMS-S2S, degrees"),
                self.tr("time of the session"),
            ),
        )
        self._waiting.hide()
        self._panel.column.addWidget(self.plot)
        self.refresh()
        self._keep_up()


def _loss(share: float, most: float) -> Cell:
    return Cell(format_share(share), "warn" if share > most else "")
