"""The images of a step: a grid to sort and thin out, by mouse or by keys."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QVBoxLayout, QWidget

from gazeapp.ui.models.image_marks import ImageMark
from gazeapp.ui.models.thumbnails import Thumbnails
from gazeapp.ui.theme import Theme
from gazeapp.ui.widgets.basic import ElidedLabel, KeyButton, set_tone
from gazeapp.ui.widgets.image_list import ImageItem, ImageList


class ImageArea(QWidget):
    """Buttons, the grid, and one line about what is wrong with the images."""

    moved = Signal(list, int)
    """(paths, before which place)."""
    dropped = Signal(list, int)
    step_wanted = Signal(int)
    """The image that is looked at is to be one place earlier or later."""
    removed = Signal(list)
    folder_wanted = Signal()
    files_wanted = Signal()
    best_wanted = Signal()
    faulty_removed = Signal()
    search_wanted = Signal()
    own_wanted = Signal(bool)

    def __init__(self, theme: Theme, thumbnails: Thumbnails) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.add_folder = KeyButton(self.tr("Add folder …"), "F")
        self.add_files = KeyButton(self.tr("Add images …"), "I")
        self.best = KeyButton(self.tr("Best images …"), "B")
        self.remove_images = KeyButton(self.tr("Remove"), "Del")
        self.earlier = KeyButton("", "Ctrl+Left")
        self.later = KeyButton("", "Ctrl+Right")
        self.earlier.setAccessibleName(self.tr("Image earlier"))
        self.later.setAccessibleName(self.tr("Image later"))
        self.earlier.setToolTip(self.tr("Image earlier"))
        self.later.setToolTip(self.tr("Image later"))
        self.best.setToolTip(self.tr("The images on which people differ most."))
        self.add_folder.clicked.connect(self.folder_wanted)
        self.add_files.clicked.connect(self.files_wanted)
        self.best.clicked.connect(self.best_wanted)
        self.remove_images.clicked.connect(lambda: self.removed.emit(self.marked()))
        self.earlier.clicked.connect(lambda: self.step_wanted.emit(-1))
        self.later.clicked.connect(lambda: self.step_wanted.emit(1))
        for button in (self.add_folder, self.add_files, self.best, self.remove_images, self.earlier, self.later):
            button.setProperty("role", "slim")
            row.addWidget(button)
        row.addStretch(1)
        column.addLayout(row)
        faults = QHBoxLayout()
        faults.setSpacing(8)
        self.faults = ElidedLabel(Qt.TextElideMode.ElideRight)
        self.search = KeyButton(self.tr("Find moved images …"), "M")
        self.remove_faulty = KeyButton(self.tr("Remove these"), "Shift+F")
        for button in (self.search, self.remove_faulty):
            button.setProperty("role", "slim")
        self.search.clicked.connect(self.search_wanted)
        self.remove_faulty.clicked.connect(self.faulty_removed)
        faults.addWidget(self.faults, 1)
        faults.addWidget(self.search)
        faults.addWidget(self.remove_faulty)
        self._faults = QWidget()
        self._faults.setLayout(faults)
        faults.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._faults)
        self.grid = ImageList(theme, thumbnails, is_grid=True)
        self.grid.setAccessibleName(self.tr("Images"))
        self.grid.let_edit()
        self.grid.moved.connect(lambda keys, at: self.moved.emit([Path(key) for key in keys], at))
        self.grid.dropped.connect(self.dropped)
        self.grid.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.grid.customContextMenuRequested.connect(self._show_menu)
        self.grid.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        column.addWidget(self.grid, 1)

    def sizeHint(self) -> QSize:
        """Wanted size; called by Qt."""
        return QSize(500, 320)

    def marked(self) -> list[Path]:
        """The images that are marked, or the one that is looked at."""
        keys = self.grid.keys or ([self.grid.key] if self.grid.key else [])
        return [Path(key) for key in keys]

    def show_images(self, paths: Sequence[Path], marks: Sequence[ImageMark]) -> None:
        """Show images with what is wrong with each."""
        words = {"gone": self.tr("gone"), "unreadable": self.tr("unreadable"), "twice": self.tr("twice")}
        items = [
            ImageItem(
                key=str(path),
                name=f"{n}  {path.stem}",
                path=path,
                figure=words.get(mark.fault, ""),
                tone="bad" if mark.fault else "",
                detail=self.tr("the same image as {0}").format(mark.detail) if mark.fault == "twice" else mark.detail,
            )
            for n, (path, mark) in enumerate(zip(paths, marks, strict=True), start=1)
        ]
        self.grid.show_items(items, self.grid.key)
        counts = {fault: sum(mark.fault == fault for mark in marks) for fault in words}
        parts = [f"{count} {words[fault]}" for fault, count in counts.items() if count]
        self._faults.setVisible(bool(parts))
        self.search.setVisible(bool(counts["gone"]))
        self.faults.show_text(self.tr("Of these images: {0}").format(", ".join(parts)) if parts else "")
        set_tone(self.faults, "bad")

    def _show_menu(self, at: object) -> None:
        menu = QMenu(self)
        for button in (self.add_folder, self.add_files, self.best, self.remove_images):
            menu.addAction(button.words, button.click)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.grid.viewport().mapToGlobal(at))  # type: ignore[call-overload]  # a QPoint, as the signal says
