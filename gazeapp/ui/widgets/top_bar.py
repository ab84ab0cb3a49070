"""The bar on top: whose session, what is recording, how good gaze is, and the page's actions."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QStackedWidget, QWidget

from gazeapp.ui.theme import Theme
from gazeapp.ui.widgets.basic import Dot, ElidedLabel, Pill, label

MARGIN_PX, SPACING_PX = 18, 10
ACTIONS_PX = 650
"""Room that the actions of every page find right of the places."""
USUAL_NAME_PX, LONGEST_NAME_PX = 60, 180
STUDY_PADDING_PX = 9
"""As the style sheet has it."""
SHORTEST_STUDY_PX, LONGEST_STUDY_PX = 60, 240


class TopBar(QFrame):
    """Pills appear with what they tell; the primary action is the rightmost button; the places stand still."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("top")
        self.setFixedHeight(52)
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(MARGIN_PX, 0, MARGIN_PX, 0)
        row.setSpacing(SPACING_PX)
        self._left = QWidget()
        left = QHBoxLayout(self._left)
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(SPACING_PX)
        self._brand = label("gazeapp", "brand")
        left.addWidget(self._brand)
        self._study_name = ""
        self.study = QPushButton()
        self.study.setProperty("role", "study")
        self.study.setAccessibleName(self.tr("Study"))
        left.addWidget(self.study)
        self._where = ElidedLabel()
        self._where.setProperty("role", "strong")
        self._dot = Dot(theme, "bad")
        self._dot.hide()
        left.addWidget(self._dot)
        left.addWidget(self._where, 1)
        row.addWidget(self._left)
        self._places: dict[str, QPushButton] = {}
        self._frame = QFrame()
        self._frame.setProperty("role", "places")
        self._frame.setFixedHeight(36)
        self._places_row = QHBoxLayout(self._frame)
        self._places_row.setContentsMargins(3, 3, 3, 3)
        self._places_row.setSpacing(2)
        row.addWidget(self._frame)
        row.addStretch(1)
        self.recording = Pill(theme, 128)
        self.tracker = Pill(theme, 100)
        self.quality = Pill(theme, 130)
        for pill in (self.recording, self.tracker, self.quality):
            pill.hide()
            row.addWidget(pill)
        self._wanted: set[Pill] = set()
        self._bars: list[QWidget] = []
        self._actions = QStackedWidget()
        self._actions.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self._actions.setFixedHeight(36)
        row.addWidget(self._actions)

    place_wanted = Signal(str)
    """Key of one of the places."""

    def add_place(self, key: str, name: str, keys: str) -> None:
        """Add one of the places that one can go to at any time."""
        button = QPushButton(name)
        button.setProperty("role", "place")
        button.setCheckable(True)
        button.setToolTip(keys)
        button.setAutoDefault(False)
        button.clicked.connect(lambda: self.place_wanted.emit(key))
        self._places[key] = button
        self._places_row.addWidget(button)

    def show_place(self, key: str) -> None:
        """Mark where one is."""
        for name, button in self._places.items():
            button.setChecked(name == key)

    def show_study(self, name: str) -> None:
        """Name the study that is open."""
        if name != self._study_name:
            self._study_name = name
            self.study.setToolTip(name)
            self._fit_left()

    def show_person(self, text: str, *, is_recording: bool, is_paused: bool = False) -> None:
        """Name the participant whose session it is; a dot while something is recorded, whatever room the pills have."""
        self._dot.set_tone("warn" if is_paused else "bad")
        if text != self.person:
            self._where.show_text(text)
            # whose session it is gives way to nothing
            self._where.setMinimumWidth(min(self._where.fontMetrics().horizontalAdvance(text) + 4, LONGEST_NAME_PX))
            self._fit_left()
        self._dot.setVisible(is_recording)
        self._where.setAccessibleName(self.tr("{0}, recording").format(text) if is_recording else text)

    @property
    def person(self) -> str:
        """The participant named."""
        return self._where.toolTip()

    @property
    def is_recording(self) -> bool:
        """Whether the red dot is shown."""
        return not self._dot.isHidden()

    def show_pill(self, pill: Pill, text: str, tone: str = "", *, short: str = "") -> None:
        """Say something in a pill, or hide it with an empty text; on a narrow window the less important ones give
        way, and one with a `short` text says that.
        """
        if text:
            pill.show_state(text, tone, short)
        (self._wanted.add if text else self._wanted.discard)(pill)
        self._fit()

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """Called by Qt."""
        self._fit_left()

    def event(self, event: QEvent) -> bool:
        """Called by Qt; a button that appears among the actions takes the room of a pill."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return super().event(event)

    def _fit_left(self) -> None:
        places_px = self._frame.sizeHint().width()
        # in the middle, unless some page's actions need the room: they stand still whatever page is open
        wanted_px = min((self.width() - places_px) // 2, self.width() - places_px - ACTIONS_PX) - MARGIN_PX - SPACING_PX
        name_px = self._dot.width() + max(self._where.minimumWidth(), USUAL_NAME_PX) + 2 * SPACING_PX
        self.study.ensurePolished()
        self.study.setText("▾")
        study_px = min(max(wanted_px - name_px - self.study.sizeHint().width(), SHORTEST_STUDY_PX), LONGEST_STUDY_PX)
        words = self.study.fontMetrics().elidedText(self._study_name, Qt.TextElideMode.ElideMiddle, study_px)
        self.study.setText(f"{words} ▾")
        needed_px = self.study.sizeHint().width() + name_px
        brand_px = self._brand.sizeHint().width() + SPACING_PX
        has_brand = wanted_px >= needed_px + brand_px  # what can be done comes before the program's name
        self._brand.setVisible(has_brand)
        # the words of the study stand at the margin then, not the edge that its button does not show
        outside_px = 0 if has_brand else STUDY_PADDING_PX
        self._row.setContentsMargins(MARGIN_PX - outside_px, 0, MARGIN_PX, 0)
        self._left.setFixedWidth(max(wanted_px, needed_px) + outside_px)
        self._fit()

    def _fit(self) -> None:
        current = self._actions.currentWidget()
        room = self.width() - 2 * MARGIN_PX - 4 * SPACING_PX
        room -= self._left.minimumWidth() + self._frame.sizeHint().width()
        room -= current.sizeHint().width() if current is not None else 0
        for pill in (self.recording, self.quality, self.tracker):
            if pill in self._wanted:
                pill.fit(room - SPACING_PX)
                room -= pill.sizeHint().width() + SPACING_PX
            pill.setVisible(pill in self._wanted and room >= 0)

    def add_actions(self, actions: QWidget) -> None:
        """Take a page's buttons."""
        self._bars.append(actions)
        self._actions.addWidget(actions)

    def show_actions(self, actions: QWidget) -> None:
        """Show this page's buttons; the others take no room."""
        for other in self._bars:
            wide = QSizePolicy.Policy.Preferred if other is actions else QSizePolicy.Policy.Ignored
            other.setSizePolicy(wide, QSizePolicy.Policy.Preferred)
        self._actions.setCurrentWidget(actions)
        self._fit()
