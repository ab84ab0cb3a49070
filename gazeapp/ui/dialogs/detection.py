"""Finding fixations anew: another detector, its parameters, and what it makes of the image that is looked at."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QLineEdit, QWidget

from gazeapp.analysis.viewing import Viewing
from gazeapp.errors import GazeAppError
from gazeapp.gaze.detection.registry import ALGORITHMS, Option, detection_parameters
from gazeapp.store.detection_choice import Detection
from gazeapp.ui.bridge import QtBridge
from gazeapp.ui.dialogs.dialog import Dialog
from gazeapp.ui.error_words import error_words
from gazeapp.ui.formatting import format_figure
from gazeapp.ui.models.recording import viewing_anew
from gazeapp.ui.translation import with_decimal_sign
from gazeapp.ui.widgets.basic import label

TRY_AFTER_MS = 250
NAMES = {
    "ivt": "I-VT, Salvucci & Goldberg 2000",
    "idt": "I-DT, Salvucci & Goldberg 2000",
    "i2mc": "I2MC, Hessels et al. 2017",
    "adaptive": "Adaptive, Nyström & Holmqvist 2010",
}


class DetectionDialog(Dialog):
    """Applies to the whole study: all people are measured alike.

    Args:
        parent: Window it belongs to.
        bridge: Tries a choice in the background.
        viewing: The image that is looked at; None for none.
        present: What is in use; None for what was recorded.
        do: Takes the choice.
    """

    def __init__(
        self,
        parent: QWidget | None,
        bridge: QtBridge,
        viewing: Viewing | None,
        present: Detection | None,
        do: Callable[[Detection | None], object],
    ) -> None:
        super().__init__(parent, self.tr("Find fixations anew"))
        self._bridge, self._viewing, self._do = bridge, viewing, do
        words = self.tr(
            "For all sessions of the study. What was recorded stays; exports, reports, area tables and enrolment take "
            "the new fixations and say so."
        )
        self.body.addWidget(label(words, "dim", wrap=True))
        self.algorithm = QComboBox()
        self.algorithm.setAccessibleName(self.tr("Detector"))
        self.algorithm.addItem(self.tr("as recorded"), "")
        for name in ALGORITHMS:
            self.algorithm.addItem(NAMES[name], name)
        self.body.addWidget(self.algorithm)
        form = QWidget()
        self._form = QFormLayout(form)
        self._form.setContentsMargins(0, 0, 0, 0)
        self.body.addWidget(form)
        self.fields: dict[str, QLineEdit | QCheckBox] = {}
        self.result_words = label("", "strong", wrap=True)
        self.body.addWidget(self.result_words)
        self.body.addStretch(1)
        self.add_button(self.tr("Cancel"), self.reject)
        self.go = self.add_button(self.tr("Use"), self._use, key="Return", primary=True)
        self._turn = 0
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(TRY_AFTER_MS)
        self._wait.timeout.connect(self._try)
        self.algorithm.currentIndexChanged.connect(lambda _n: self._show_fields({}))
        self.finished.connect(self._stop)
        if present is not None:
            self.algorithm.setCurrentIndex(self.algorithm.findData(present.algorithm))
        self._show_fields(dict(present.options) if present else {})

    def choice(self) -> Detection | None:
        """What is chosen; None for what was recorded; SettingsError where a value is wrong."""
        name = str(self.algorithm.currentData())
        if not name:
            return None
        options: dict[str, Option] = {
            key: field.isChecked() if isinstance(field, QCheckBox) else field.text().strip().replace(",", ".")
            for key, field in self.fields.items()
        }
        return Detection(algorithm=name, options=detection_parameters(name, options))

    def _show_fields(self, options: dict[str, Option]) -> None:
        while self._form.rowCount():
            self._form.removeRow(0)
        self.fields = {}
        name = str(self.algorithm.currentData())
        if name:
            for key, value in detection_parameters(name, options).items():
                field: QLineEdit | QCheckBox
                if isinstance(value, bool):
                    field = QCheckBox()
                    field.setChecked(value)
                    field.toggled.connect(self._changed)
                else:
                    field = QLineEdit(value if isinstance(value, str) else with_decimal_sign(f"{value:g}"))
                    field.textChanged.connect(self._changed)
                field.setAccessibleName(key)
                self.fields[key] = field
                self._form.addRow(label(key, "dim"), field)
        self._changed()
        if self.isVisible():
            QTimer.singleShot(0, self, self.fit_screen)  # once the new fields are laid out

    def _changed(self, _value: object = None) -> None:
        try:
            self.choice()
        except GazeAppError as error:
            self.show_problem(error_words(error))
            self.go.setEnabled(False)
            return
        self.show_problem("")
        self.go.setEnabled(True)
        self._wait.start()

    def _try(self) -> None:
        viewing = self._viewing
        if viewing is None or not self.go.isEnabled():
            return
        self._turn += 1
        turn, choice = self._turn, self.choice()

        def done(made: tuple[Viewing, Viewing] | Exception) -> None:
            if turn != self._turn:
                return
            if isinstance(made, Exception):
                self.show_problem(error_words(made))
                return
            recorded, found = made
            mean_s = float(found.durations_s.mean()) if len(found.fixations) else None
            words = self.tr("{0}: {1} fixations of {2} each; recorded: {3}.")
            self.result_words.setText(
                words.format(
                    viewing.image,
                    len(found.fixations),
                    format_figure(None if mean_s is None else 1000 * mean_s, 0, " ms"),
                    len(recorded.fixations),
                )
            )

        self._bridge.run(lambda: (viewing_anew(viewing, None), viewing_anew(viewing, choice)), done)

    def _use(self) -> None:
        if self.go.isEnabled():
            self._do(self.choice())
            self.accept()

    def _stop(self, _code: int) -> None:
        self._turn += 1
        self._wait.stop()
