"""The page of screens: which one the participant looks at, its size, and the viewing distance."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGridLayout, QLabel

from gazeapp.ui.formatting import format_figure
from gazeapp.ui.models.setup_model import SetupModel
from gazeapp.ui.pages.page import Page, PageState
from gazeapp.ui.screens import list_screens
from gazeapp.ui.theme import Theme, interface_font
from gazeapp.ui.widgets.basic import Panel, Section, label
from gazeapp.ui.widgets.decimal_field import DecimalField
from gazeapp.ui.widgets.figure_table import FigureTable
from gazeapp.ui.widgets.screen_map import ScreenMap

IDENTIFY_MS = 2500


class ScreensPage(Page):
    """A wrong size or distance falsifies every angle, so the page says what it assumes."""

    def __init__(self, theme: Theme, model: SetupModel) -> None:
        super().__init__(theme, self.tr("Screens"))
        self._model = model
        self._signs: list[QLabel] = []
        panel = Panel()
        self.map = ScreenMap(theme)
        self.map.chosen.connect(model.choose_screen)
        panel.column.addWidget(self.map, 1)
        self.body.addWidget(panel, 1)
        measures = Panel()
        grid = QGridLayout()
        grid.setHorizontalSpacing(20)
        self.width_mm = self._spin(50, 5000)
        self.height_mm = self._spin(50, 5000)
        self.distance_mm = self._spin(100, 5000)
        for n, (name, spin) in enumerate(
            (
                (self.tr("Visible width"), self.width_mm),
                (self.tr("Visible height"), self.height_mm),
                (self.tr("Eye to screen"), self.distance_mm),
            )
        ):
            spin.setAccessibleName(name)
            spin.valueChanged.connect(self._measured)
            grid.addWidget(label(name, "dim"), 0, n)
            grid.addWidget(spin, 1, n)
        measures.column.addLayout(grid)
        self.body.addWidget(measures)
        section = Section(self.tr("Geometry"))
        self._facts = FigureTable(["", ""], column_px=130)
        section.column.addWidget(self._facts)
        self.details_column.addWidget(section)
        why = Section(self.tr("Why it matters"))
        why.column.addWidget(
            label(
                self.tr(
                    "Accuracy, fixations and maps are all in degrees of visual angle. Measure the lit area with a "
                    "ruler and the distance to the eye with a tape: ten percent off here is ten percent off everywhere."
                ),
                "dim",
                wrap=True,
            )
        )
        self.details_column.addWidget(why)
        self.details_column.addStretch(1)
        self.identify_button = self.add_action(self.tr("Identify screens"), "I")
        self.identify_button.clicked.connect(self.identify)
        self.go = self.add_action(self.tr("Use these screens"), "Return", primary=True)
        self.go.clicked.connect(self._continue)
        model.changed.connect(self.refresh_if_shown)
        self.refresh()

    def entered(self) -> None:
        """Look at the screens there are now; a session keeps those it began with."""
        if not self._model.recorded:
            self._model.show_screens(list_screens())
        self.map.setFocus()

    def left(self) -> None:
        """Take the numbers off."""
        self._remove_signs()

    def refresh(self) -> None:
        """Show the model."""
        model, display = self._model, self._model.display
        key = model.participant_screen.key if model.participant_screen else ""
        self.map.show_screens(model.screens, key)
        for spin, value in (
            (self.width_mm, model.size_mm[0]),
            (self.height_mm, model.size_mm[1]),
            (self.distance_mm, model.distance_mm),
        ):
            if abs(spin.value() - value) > 0.05:
                spin.blockSignals(True)
                spin.setValue(value)
                spin.blockSignals(False)
        scale = model.participant_screen.scale if model.participant_screen else float("nan")
        self._facts.show_row(self.tr("Pixels per degree"), [format_figure(display.px_per_deg if display else None, 1)])
        wide = 2 * display.px_to_deg((display.width_px, display.height_px / 2))[0] if display else None
        self._facts.show_row(self.tr("Width"), [format_figure(wide, 1, "°")])
        self._facts.show_row(
            self.tr("Refresh rate"),
            [format_figure(model.participant_screen.refresh_hz if model.participant_screen else None, 0, " Hz")],
        )
        self._facts.show_row(self.tr("Scaling"), [format_figure(100 * scale, 0, " %")])
        is_free, is_one = not model.recorded, len(model.screens) < 2
        self.identify_button.setVisible(not is_one)
        self.go.set_words(self.tr("Use this screen") if is_one else self.tr("Use these screens"))
        self.go.setEnabled(is_free and display is not None and not model.is_building)
        for part in (self.map, self.width_mm, self.height_mm, self.distance_mm):
            part.setEnabled(is_free)
        screen = model.participant_screen
        if not is_free:
            self.show_state(
                PageState.EMPTY,
                (
                    self.tr("{0} is being recorded on this screen.")
                    if is_one
                    else self.tr("{0} is being recorded on these screens.")
                ).format(model.recorded),
                self.tr("Size and distance can be changed when the session is over.")
                if is_one
                else self.tr("They can be changed when the session is over."),
            )
        elif model.is_building:
            self.show_state(
                PageState.WORKING,
                self.tr("Preparing the session …"),
                self.tr("The tracker is opened and the images are read."),
            )
        elif model.session_problem:
            self.show_state(PageState.FAILED, model.session_problem, self.tr("Correct it, then press ⏎ to try again."))
        elif screen is None:
            self.show_state(PageState.EMPTY, self.tr("No screen is known yet."))
        elif model.screen_note:
            self.show_state(
                PageState.EMPTY,
                model.screen_note,
                self.tr("Choose the participant's screen, then press ⏎."),
                tone="warn",
            )
        elif not screen.is_size_known and model.size_mm == (screen.width_mm, screen.height_mm):
            self.show_state(
                PageState.EMPTY,
                self.tr("This screen does not tell its size."),
                self.tr("Measure the lit area with a ruler and type it in."),
                tone="warn",
            )
        elif model.is_single_screen:
            self.show_state(
                PageState.DONE,
                self.tr("Participant and experimenter share this screen."),
                self.tr("The images cover it while the participant looks; Esc brings this window back."),
            )
        else:
            self.show_state(
                PageState.DONE,
                self.tr("The participant looks at screen {0}.").format(screen.number),
                self.tr("Press I to see the numbers on the screens, ⏎ to go on."),
            )

    def identify(self) -> None:
        """Show each screen's number on it for a moment."""
        self._remove_signs()
        for number, screen in enumerate(QGuiApplication.screens(), start=1):
            sign = QLabel(str(number))
            sign.setWindowFlags(
                Qt.WindowType.ToolTip | Qt.WindowType.FramelessWindowHint | Qt.WindowType.WindowStaysOnTopHint
            )
            sign.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
            sign.setAlignment(Qt.AlignmentFlag.AlignCenter)
            sign.setFont(interface_font(120, bold=True))
            tokens = self.theme.tokens
            sign.setStyleSheet(
                f"background: {tokens.accent}; color: {tokens.on_accent}; border-radius: 16px; font-size: 120px;"
            )
            sign.resize(240, 220)
            sign.move(screen.geometry().center() - sign.rect().center())
            sign.show()
            self._signs.append(sign)
        QTimer.singleShot(IDENTIFY_MS, self, self._remove_signs)

    def _remove_signs(self) -> None:
        for sign in self._signs:
            sign.close()
            sign.deleteLater()
        self._signs.clear()

    def _spin(self, low: float, high: float) -> DecimalField:
        spin = DecimalField()
        spin.setRange(low, high)
        spin.setDecimals(1)
        spin.setSuffix(" mm")
        spin.lineEdit().setTextMargins(8, 0, 8, 0)  # the style sheet's padding does not reach the inner field
        return spin

    def _measured(self) -> None:
        self._model.set_geometry(self.width_mm.value(), self.height_mm.value(), self.distance_mm.value())

    def _continue(self) -> None:
        self._model.confirm_screens()
        self.step_finished.emit()
