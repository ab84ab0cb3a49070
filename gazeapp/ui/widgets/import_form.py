"""What recordings do not say themselves: whose they are, their format, the images, the screen."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from gazeapp.errors import SettingsError
from gazeapp.gaze.display import Display
from gazeapp.store.imports.format_names import FORMATS
from gazeapp.store.imports.recording import ASSUMED_DISPLAY
from gazeapp.store.typed_path import is_folder, typed_path
from gazeapp.ui.error_words import error_words
from gazeapp.ui.models.gaze_import import ImportChoice, parse_answers
from gazeapp.ui.models.study_model import StudyModel
from gazeapp.ui.widgets.basic import KeyButton, label
from gazeapp.ui.widgets.decimal_field import DecimalField


def format_names() -> dict[str, str]:
    """What the formats are called; products keep their names."""
    translate = QCoreApplication.translate
    names = {
        "auto": translate("ImportForm", "by what is in each file"),
        "tobii-tsv": "Tobii Pro Lab, Studio, SDK",
        "eyelink-asc": "EyeLink ASC",
        "pupil": "Pupil Player",
        "neon": "Pupil Cloud (Neon, Invisible)",
        "xdf": "XDF (Lab Streaming Layer)",
        "iohub": "PsychoPy ioHub (HDF5)",
        "bids": "BIDS",
        "csv": translate("ImportForm", "CSV of this program"),
        "parquet": translate("ImportForm", "Parquet of this program"),
        "smi": "SMI BeGaze",
        "gazepoint": "Gazepoint",
        "titta": "Titta",
        "webgazer": "WebGazer, jsPsych",
        "pygaze": "PyGaze, OpenSesame",
        "table": translate("ImportForm", "any other table"),
    }
    return {form: names[form] for form in FORMATS}


class ImportForm(QWidget):
    """Nothing needs an answer but whose the recordings are; a field says what is taken where it is left alone.

    Args:
        study: Where to.
        pseudonym: Who is marked in the table of people; empty offers a new participant.
    """

    edited = Signal()
    reading_changed = Signal()
    """Format or screen: files are to be looked at again."""

    def __init__(self, study: StudyModel, pseudonym: str = "") -> None:
        super().__init__()
        self._study = study
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        form = QFormLayout()
        form.setHorizontalSpacing(14)
        form.setVerticalSpacing(8)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.participant = QComboBox()
        self.participant.setEditable(True)
        self.participant.addItems([row.pseudonym for row in study.rows])
        self.participant.setCurrentText(pseudonym or study.next_pseudonym())
        self.participant.currentTextChanged.connect(lambda _text: self.edited.emit())
        self._row(form, self.tr("Participant"), self.participant)
        self.format = QComboBox()
        for key, name in format_names().items():
            self.format.addItem(name, key)
        self.format.currentIndexChanged.connect(lambda _index: self.reading_changed.emit())
        self._row(form, self.tr("Format"), self.format)
        self.stimuli = QLineEdit()
        self.stimuli.setPlaceholderText(self.tr("folder with the images that were shown; empty for none"))
        self.stimuli.textChanged.connect(lambda _text: self.edited.emit())
        self.browse = KeyButton(self.tr("Choose …"))
        self.browse.clicked.connect(self._browse)
        self._row(form, self.tr("Images"), self.stimuli, self.browse)
        self.scale = QComboBox()
        self.scale.addItem(self.tr("as the file says, else fitted to the screen"), "fit")
        self.scale.addItem(self.tr("as the file says, else in their own size"), "native")
        self._row(form, self.tr("Shown"), self.scale)
        self.screen_box = QComboBox()
        self.screen_box.addItem(self.tr("as the file says"), False)
        self.screen_box.addItem(self.tr("as measured"), True)
        self.screen_box.currentIndexChanged.connect(lambda _index: self._screen_changed())
        self._row(form, self.tr("Screen"), self.screen_box)
        self.measures = self._make_measures()
        row = QHBoxLayout()
        row.setSpacing(8)
        for field in self.measures:
            row.addWidget(field)
        form.addRow("", row)
        self.answers = QLineEdit()
        self.answers.setPlaceholderText(self.tr("only where a message asks for it, such as sort=yes"))
        self.answers.textChanged.connect(lambda _text: self.edited.emit())
        self._row(form, self.tr("Answers"), self.answers)
        column.addLayout(form)
        self.again = QCheckBox(self.tr("Also files that are in the study already"))
        column.addWidget(self.again)

    @property
    def pseudonym(self) -> str:
        """Whose the recordings are."""
        return self.participant.currentText().strip()

    @property
    def display(self) -> Display | None:
        """The screen as it was measured; None where the file tells, or what is typed cannot be."""
        try:
            return self._display()
        except ValueError:
            return None

    def problem(self) -> str:
        """Why the import cannot begin so; empty when it can."""
        name, folder = self.pseudonym, self.stimuli.text().strip()
        if self._study.row(name) is None and (why := self._study.problem_with(name)):
            return why
        if folder and not is_folder(typed_path(folder)):
            return self.tr("There is no folder {0}.").format(folder)
        try:
            self._display()
            parse_answers(self.answers.text())
        except SettingsError as error:
            return error_words(error)
        except ValueError as error:
            return error_words(str(error))
        return ""

    def choice(self) -> ImportChoice:
        """What was said; there is no problem with it."""
        folder = self.stimuli.text().strip()
        return ImportChoice(
            pseudonym=self.pseudonym,
            form=str(self.format.currentData()),
            stimuli=typed_path(folder) if folder else None,
            scale=str(self.scale.currentData()),
            display=self._display(),
            options=parse_answers(self.answers.text()),
            is_again=self.again.isChecked(),
        )

    def _row(self, form: QFormLayout, name: str, field: QWidget, beside: QWidget | None = None) -> None:
        field.setAccessibleName(name)
        if beside is None:
            form.addRow(label(name, "dim"), field)
            return
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(field, 1)
        row.addWidget(beside)
        form.addRow(label(name, "dim"), row)

    def _make_measures(self) -> list[DecimalField]:
        assumed = ASSUMED_DISPLAY
        fields = []
        for name, unit, value in (
            (self.tr("Width in pixels"), " px", assumed.width_px),
            (self.tr("Height in pixels"), " px", assumed.height_px),
            (self.tr("Width in millimetres"), " mm", assumed.width_mm),
            (self.tr("Height in millimetres"), " mm", assumed.height_mm),
            (self.tr("Distance in millimetres"), " mm", assumed.distance_mm),
        ):
            field = DecimalField()
            field.setRange(0, 20_000)
            field.setDecimals(0 if unit == " px" else 1)
            field.setSuffix(unit)
            field.setAccessibleName(name)
            field.setToolTip(name)
            field.setValue(value)
            field.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)  # five beside each other
            field.hide()
            field.valueChanged.connect(lambda _value: self.edited.emit())
            field.editingFinished.connect(self.reading_changed)
            fields.append(field)
        return fields

    def _display(self) -> Display | None:
        if not self.screen_box.currentData():
            return None
        width_px, height_px, width_mm, height_mm, distance_mm = (field.value() for field in self.measures)
        display = Display(
            width_px=round(width_px),
            height_px=round(height_px),
            width_mm=width_mm,
            height_mm=height_mm,
            distance_mm=distance_mm,
        )
        display.require_plausible()
        return display

    def _screen_changed(self) -> None:
        for field in self.measures:
            field.setVisible(bool(self.screen_box.currentData()))
        self.reading_changed.emit()

    def _browse(self) -> None:
        start = self.stimuli.text().strip() or str(self._study.folder.parent)
        chosen = QFileDialog.getExistingDirectory(self, self.tr("Images that were shown"), start)
        if chosen:
            self.stimuli.setText(chosen)
