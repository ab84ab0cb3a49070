"""Below the picture in Analyse: tools to draw areas, what can be done with them, and their measures."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import QButtonGroup, QFileDialog, QHBoxLayout, QMenu, QVBoxLayout, QWidget

from gazeapp.ui.models.analysis_model import AnalysisModel
from gazeapp.ui.models.area_model import AreaModel
from gazeapp.ui.models.group_model import GroupModel
from gazeapp.ui.theme import Theme
from gazeapp.ui.widgets.area_editor import TOOLS, AreaEditor, Tool
from gazeapp.ui.widgets.area_table import AreaTable
from gazeapp.ui.widgets.basic import KeyButton, label

PANEL_PX = 178


class AreaPanel(QWidget):
    """Draws with `editor`, which is the board's tool while this is seen."""

    shown = Signal()
    """The picture looks different."""

    def __init__(self, theme: Theme, analysis: AnalysisModel, areas: AreaModel, group: GroupModel) -> None:
        super().__init__()
        self._analysis, self._areas, self._group = analysis, areas, group
        self.editor = AreaEditor()
        self.setFixedHeight(PANEL_PX)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        row = QHBoxLayout()
        row.setSpacing(2)
        choices = QButtonGroup(self)
        names = (self.tr("Select"), self.tr("Box"), self.tr("Ellipse"), self.tr("Polygon"))
        self.tools: dict[Tool, KeyButton] = {}
        for tool, name, key in zip(TOOLS, names, ("S", "B", "O", "G"), strict=True):
            button = KeyButton(name, key)
            button.setProperty("role", "segment")
            button.setCheckable(True)
            button.clicked.connect(lambda _on, t=tool: self.set_tool(t))
            choices.addButton(button)
            self.tools[tool] = button
            row.addWidget(button)
        row.addSpacing(8)
        self.undo = KeyButton(self.tr("Undo"), "Ctrl+Z")
        self.redo = KeyButton(self.tr("Redo"), "Ctrl+Shift+Z")
        for button, do in ((self.undo, areas.undo), (self.redo, areas.redo)):
            button.setProperty("role", "segment")
            button.clicked.connect(do)
            row.addWidget(button)
        self.redo.hide()
        row.addStretch(1)
        self.more = KeyButton(self.tr("More …"), "M")
        self.more.clicked.connect(self._open_menu)
        row.addWidget(self.more)
        self.hint = label("", "dim")
        column.addLayout(row)
        self.table = AreaTable(theme)
        column.addWidget(self.table, 1)
        column.addWidget(self.hint)
        self.menu = self._make_menu()
        self.editor.edited.connect(self._keep)
        self.editor.shown.connect(self._editor_shown)
        self.table.chosen.connect(self.editor.choose)
        self.table.edited.connect(self._keep)
        areas.changed.connect(self.refresh)
        group.changed.connect(self._show_rows)
        self.set_tool("box")

    def set_tool(self, tool: Tool) -> None:
        """Draw boxes, ellipses or polygons, or change what is there."""
        self.tools[tool].setChecked(True)
        self.editor.set_tool(tool)
        words = {
            "select": self.tr("Drag an area or its handles; arrow keys move it, F2 names it, Delete removes it."),
            "box": self.tr("Drag over the picture to draw a box."),
            "ellipse": self.tr("Drag over the picture to draw an ellipse."),
            "polygon": self.tr("Click each corner; a double click or ⏎ closes it, Escape gives it up."),
        }
        self.hint.setText(words[tool])

    def refresh(self) -> None:
        """Show the areas of the image that is looked at."""
        viewing = self._analysis.viewing
        self.editor.show_areas(self._areas.of(viewing), viewing.size_wh if viewing else None)
        self.undo.setEnabled(self._areas.can_undo)
        self.redo.setVisible(self._areas.can_redo)
        for button in (*self.tools.values(), self.more):
            button.setEnabled(viewing is not None and bool(viewing.stimulus_id))
        self._show_rows()

    def _show_rows(self) -> None:
        rows = self._group.result.rows
        if [row.area for row in rows] == list(self._areas.of(self._analysis.viewing)):
            self.table.show_rows(rows, self.editor.chosen)

    def _editor_shown(self) -> None:
        if self.editor.chosen != self.table.currentIndex().row():
            self._show_rows()
        self.shown.emit()

    def _keep(self, areas: object) -> None:
        viewing = self._analysis.viewing
        if viewing is not None and isinstance(areas, tuple):
            self._areas.put(viewing, areas)

    @property
    def folder(self) -> Path:
        """Where files are looked for first: beside the study."""
        return self._analysis.study.folder.parent

    # Files and other images

    def _make_menu(self) -> QMenu:
        menu = QMenu(self)
        for words, keys, do in (
            (self.tr("Copy the areas of this image"), QKeySequence.StandardKey.Copy, self.copy),
            (self.tr("Paste areas"), QKeySequence.StandardKey.Paste, self.paste),
            (self.tr("Remove the chosen area"), None, self.editor.remove),
            (None, None, None),
            (self.tr("Propose from a label image …"), None, self._browse_labels),
            (self.tr("Import areas …"), None, self._browse_import),
            (self.tr("Import a folder of masks …"), None, self._browse_masks),
            (self.tr("Export areas …"), None, self._browse_export),
            (self.tr("Table of all people …"), None, self._browse_table),
        ):
            if words is None or do is None:
                menu.addSeparator()
                continue
            action = menu.addAction(words)
            if keys is not None:
                action.setShortcut(QKeySequence(keys))
                action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
                self.addAction(action)
            action.triggered.connect(lambda _on=False, run=do: run())
        return menu

    def _open_menu(self) -> None:
        self.menu.popup(self.more.mapToGlobal(QPoint(0, -self.menu.sizeHint().height())))

    def copy(self) -> None:
        """Put the areas of the image on the clipboard, as text."""
        viewing = self._analysis.viewing
        if viewing is not None:
            QGuiApplication.clipboard().setText(self._areas.copied(viewing))
            self._areas.told.emit(self.tr("Copied. Choose another image and paste them there."))

    def paste(self) -> None:
        """Add the areas of the clipboard to the image."""
        viewing = self._analysis.viewing
        if viewing is not None:
            self._areas.paste(viewing, QGuiApplication.clipboard().text())

    def _browse_labels(self) -> None:
        viewing = self._analysis.viewing
        path, _ = QFileDialog.getOpenFileName(self, self.tr("Label image"), str(self.folder), "PNG (*.png)")
        if path and viewing is not None:
            self._areas.propose(viewing, Path(path))

    def _browse_import(self) -> None:
        kinds = self.tr("Areas") + " (*.json *.csv)"
        path, _ = QFileDialog.getOpenFileName(self, self.tr("Import areas"), str(self.folder), kinds)
        if path:
            self._areas.import_areas(Path(path))

    def _browse_masks(self) -> None:
        path = QFileDialog.getExistingDirectory(self, self.tr("Folder of masks"), str(self.folder))
        if path:
            self._areas.import_areas(Path(path))

    def _browse_export(self) -> None:
        kinds = "JSON (*.json);;CSV (*.csv);;" + self.tr("Folder of masks") + " (*)"
        path, kind = QFileDialog.getSaveFileName(self, self.tr("Export areas"), str(self.folder / "areas.json"), kinds)
        if path:
            chosen = Path(path)
            is_folder = kind.endswith("(*)")
            self._areas.export_areas(chosen.with_suffix("") if is_folder else with_ending(chosen, kind))

    def _browse_table(self) -> None:
        path, kind = QFileDialog.getSaveFileName(
            self, self.tr("Table of all people"), str(self.folder / "area-measures.csv"), "CSV (*.csv)"
        )
        if path:
            self._areas.export_table(with_ending(Path(path), kind))


def with_ending(path: Path, kind: str) -> Path:
    """The path with the ending of the kind of file that was chosen, where it has none of its own."""
    ending = kind.rpartition("*")[2].strip(")")
    return path if path.suffix else path.with_suffix(ending)
