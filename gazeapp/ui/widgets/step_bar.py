"""The row above a step's content: what is chosen, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from gazeapp.experiment.step_order import STEP_KINDS
from gazeapp.ui.plan_words import kind_name
from gazeapp.ui.widgets.basic import ElidedLabel, KeyButton, label, set_text


class _Aside(ElidedLabel):
    """Words that are there whole or not at all: half a sentence tells nothing."""

    def _fit(self) -> None:
        is_there = self.fontMetrics().horizontalAdvance(self._whole) <= self.width()
        set_text(self, self._whole if is_there else "")


class StepBar(QWidget):
    """Tells what somebody wants to do with the chosen step."""

    own_images_wanted = Signal()
    preview_wanted = Signal()
    kinds_wanted = Signal()
    """The kinds of steps are to be shown; see `show_kinds`."""
    kind_chosen = Signal(str)
    moved = Signal(int)
    removed = Signal()

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.name = label("", "strong")
        self.about = _Aside(Qt.TextElideMode.ElideRight)
        row.addWidget(self.name)
        row.addWidget(self.about, 1)
        self.own_images = KeyButton("", "")
        self.preview = KeyButton(self.tr("Preview"), "Space")
        self.add = KeyButton(self.tr("Add step …"), "A")
        self.earlier = KeyButton("", "Alt+Left")
        self.later = KeyButton("", "Alt+Right")
        self.remove = KeyButton(self.tr("Remove"), "Ctrl+Del")
        for button, words in (
            (self.earlier, self.tr("Step earlier")),
            (self.later, self.tr("Step later")),
            (self.remove, self.tr("Remove step")),
        ):
            button.setToolTip(words)
            button.setAccessibleName(words)
        self.preview.setToolTip(self.tr("On the participant's screen; stores nothing."))
        for button in (self.own_images, self.preview, self.add, self.earlier, self.later, self.remove):
            button.setProperty("role", "slim")
            row.addWidget(button)
        self.own_images.clicked.connect(self.own_images_wanted)
        self.preview.clicked.connect(self.preview_wanted)
        self.add.clicked.connect(self.kinds_wanted)
        self.earlier.clicked.connect(lambda: self.moved.emit(-1))
        self.later.clicked.connect(lambda: self.moved.emit(1))
        self.remove.clicked.connect(self.removed)

    def show_step(self, kind: str, about: str, *, has_own_images: bool) -> None:
        """Show which kind of step is chosen."""
        self.name.setText(kind_name(kind))
        self.about.show_text(about)
        self.own_images.setToolTip(about)
        self.own_images.setVisible(kind in ("enrol", "overlay"))
        self.own_images.set_words(self.tr("Share the plan's") if has_own_images else self.tr("Images of its own"))

    def show_place(self, number: int, n_steps: int) -> None:
        """What can be done with a step at its place."""
        self.remove.setEnabled(n_steps > 1)
        self.earlier.setEnabled(number > 0)
        self.later.setEnabled(number + 1 < n_steps)

    def show_kinds(self, forbidden: Callable[[str], str]) -> QMenu:
        """Offer the kinds of steps; what cannot stand behind the chosen one says why."""
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for n, kind in enumerate(STEP_KINDS, start=1):
            why = forbidden(kind)
            action = menu.addAction(f"&{n}  {kind_name(kind)}", partial(self.kind_chosen.emit, kind))
            action.setEnabled(not why)
            action.setToolTip(why)
        menu.popup(self.add.mapToGlobal(QPoint(0, self.add.height() + 2)))
        return menu
