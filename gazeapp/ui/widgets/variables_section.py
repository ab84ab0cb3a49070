"""In Design: the table of what is known about the images, such as their condition."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtWidgets import QHBoxLayout

from gazeapp.store.image_variables import Value
from gazeapp.ui.widgets.basic import KeyButton, Section, label, set_text


class VariablesSection(Section):
    """Names the table and its columns; `table` asks for another one, `no_table` takes it away."""

    def __init__(self) -> None:
        super().__init__("")
        self.heading.setText(self.tr("What is known about the images"))
        row = QHBoxLayout()
        row.setSpacing(8)
        self.table = KeyButton(self.tr("Table …"), "T")
        self.no_table = KeyButton(self.tr("None"))
        for button in (self.table, self.no_table):
            button.setProperty("role", "slim")
            row.addWidget(button)
        row.addStretch(1)
        self.column.addLayout(row)
        self.words = label("", "small", wrap=True)
        self.column.addWidget(self.words)

    def show_table(self, name: str, variables: Mapping[Path, Mapping[str, Value]]) -> None:
        """Show what was read of a table; its name alone, where nothing could be."""
        self.no_table.setEnabled(bool(name))
        known = sorted({key for row in variables.values() for key in row})
        said = self.tr("{0}: {1} for {2} images").format(name, ", ".join(known), len(variables))
        offered = self.tr("A column names the image; the others, such as its condition, are exported.")
        set_text(self.words, said if variables else name or offered)
