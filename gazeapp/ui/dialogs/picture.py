"""At what size, and as what kind of file, a picture is saved."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSpinBox, QWidget

from gazeapp.ui.dialogs.dialog import Dialog
from gazeapp.ui.picture_file import KINDS, MAX_PX, POINTS_PER_INCH
from gazeapp.ui.widgets.basic import label, pad_number

POINTS_PER_MM = POINTS_PER_INCH / 25.4


class PictureDialog(Dialog):
    """Asks for kind and size; the proportions of the view are kept unless they are changed.

    Args:
        parent: Window it belongs to.
        size: Of the view, in points of the screen.
        do: Gets the ending, the size in points, and the pixels for each point.
    """

    def __init__(self, parent: QWidget | None, size: QSize, do: Callable[[str, QSize, float], object]) -> None:
        super().__init__(parent, self.tr("Save picture"), width_px=440)
        self._do, self._aspect = do, size.width() / max(size.height(), 1)
        self.kind = QComboBox()
        self.kind.setAccessibleName(self.tr("Kind of file"))
        for ending, words in zip(
            KINDS,
            (
                self.tr("PNG: pixels, for slides"),
                self.tr("SVG: marks and words can be edited"),
                self.tr("PDF: for print"),
            ),
            strict=True,
        ):
            self.kind.addItem(words, ending)
        self.body.addWidget(self.kind)
        self.unit = QComboBox()
        self.unit.setAccessibleName(self.tr("Unit"))
        self.unit.addItem(self.tr("pixels"), 1.0)
        self.unit.addItem("mm", POINTS_PER_MM)
        self.width_box, self.height_box = QSpinBox(), QSpinBox()
        row = QHBoxLayout()
        for box, words in ((self.width_box, self.tr("Width")), (self.height_box, self.tr("Height"))):
            box.setRange(50, MAX_PX)
            box.setAccessibleName(words)
            pad_number(box)
            row.addWidget(label(words, "dim"))
            row.addWidget(box, 1)
        row.addWidget(self.unit)
        self.body.addLayout(row)
        self.note = label("", "dim", wrap=True)
        self.body.addWidget(self.note)
        self.body.addStretch(1)
        self.add_button(self.tr("Cancel"), self.reject)
        self.add_button(self.tr("Save as …"), self._save, key="Return", primary=True)
        self.width_box.setValue(2 * size.width())
        self.height_box.setValue(2 * size.height())
        self.width_box.valueChanged.connect(self._keep_aspect)
        self.kind.currentIndexChanged.connect(self._kind_changed)
        self._points = size
        self._kind_changed(0)

    @property
    def size_points(self) -> QSize:
        """The size that was chosen, in points of the screen."""
        scale = self._scale()
        return QSize(round(self.width_box.value() * scale), round(self.height_box.value() * scale))

    def _scale(self) -> float:
        # words and marks keep the size they have on the screen: a PNG is drawn finer, not with smaller words
        return 1 / self._pixels() if self.kind.currentData() == ".png" else float(self.unit.currentData())

    def _pixels(self) -> float:
        return max(1.0, self.width_box.value() / max(self._points.width(), 1))

    def _kind_changed(self, _index: int) -> None:
        is_png = self.kind.currentData() == ".png"
        self.unit.setVisible(not is_png)
        self.note.setText(
            self.tr("Width and height in pixels.")
            if is_png
            else self.tr("Words and marks stay vectors; the image keeps all its pixels.")
        )

    def _keep_aspect(self, width: int) -> None:
        self.height_box.setValue(round(width / self._aspect))

    def _save(self) -> None:
        is_png = self.kind.currentData() == ".png"
        self._do(str(self.kind.currentData()), self.size_points, self._pixels() if is_png else 1.0)
        self.accept()
