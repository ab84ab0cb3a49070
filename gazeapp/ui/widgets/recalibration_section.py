"""Whether a recorded session's gaze is corrected by its images, and the way to look at it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gazeapp.ui.bridge import QtBridge
from gazeapp.ui.dialogs.recalibration import RecalibrationDialog
from gazeapp.ui.models.recalibration_model import RecordedRecalibration
from gazeapp.ui.theme import Theme
from gazeapp.ui.widgets.basic import KeyButton, Section


class RecalibrationSection(Section):
    """A button in the details of a session.

    Args:
        theme: Colours.
        bridge: Runs what takes long.
        folder: Of the session that is open; None without one.
        on_written: Told when a correction was applied or taken back.
    """

    def __init__(
        self, theme: Theme, bridge: QtBridge, folder: Callable[[], Path | None], on_written: Callable[[], None]
    ) -> None:
        super().__init__(self.tr("Gaze correction"))
        self._theme, self._folder, self._on_written = theme, folder, on_written
        self.model = RecordedRecalibration(bridge)
        self.dialog: RecalibrationDialog | None = None
        self.look = KeyButton(self.tr("Correct by the images …"))
        self.look.clicked.connect(self._open)
        self.column.addWidget(self.look)
        self._was_applied: bool | None = None
        self.model.changed.connect(self._changed)

    def _open(self) -> None:
        folder = self._folder()
        if folder is None:
            return
        self._was_applied = None
        self.model.look(folder)
        effect = self.tr(
            "Applied, it holds wherever the session is read: fixations, exports, reports, enrolment, training. "
            "What was recorded stays, and it can be taken back."
        )
        self.dialog = RecalibrationDialog(self.window(), self._theme, self.model, effect)
        self.dialog.finished.connect(self._closed)
        self.dialog.open()

    def _closed(self, _code: int) -> None:
        self.dialog = None

    def _changed(self) -> None:
        proposal = self.model.proposal
        if proposal is None:
            return
        if self._was_applied not in (None, proposal.is_applied):
            self._on_written()
        self._was_applied = proposal.is_applied
