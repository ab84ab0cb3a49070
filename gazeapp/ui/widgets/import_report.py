"""How far an import is, and what became of each file."""

from __future__ import annotations

from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from gazeapp.ui.models.gaze_import import FileNews, GazeImport
from gazeapp.ui.widgets.basic import Panel, label, set_text, set_tone


class ImportReport(QWidget):
    """Finding first; below it each file with what was stored, assumed, or why it was refused."""

    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        self.finding = label("", "strong", wrap=True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        words = self.tr("This window may be closed: the import goes on, and opens it again when it has ended.")
        self.hint = label(words, "dim", wrap=True)
        for widget in (self.finding, self.bar, self.hint):
            column.addWidget(widget)
        self._told = QVBoxLayout()
        self._told.setSpacing(10)
        column.addLayout(self._told)
        column.addStretch(1)
        self._news: tuple[FileNews, ...] = ()

    def show_import(self, model: GazeImport, pseudonym: str) -> None:
        """Show how an import stands."""
        set_text(self.finding, model.doing if model.is_running else self._summary(model, pseudonym))
        set_tone(self.finding, "bad" if model.problem and not model.is_running else "")
        self.bar.setVisible(model.is_running)
        self.bar.setValue(round(1000 * model.share))
        self.hint.setVisible(model.is_running)
        if model.news[: len(self._news)] != self._news:
            while (item := self._told.takeAt(0)) is not None:
                if (gone := item.widget()) is not None:
                    gone.hide()
                    gone.deleteLater()
            self._news = ()
        for one in model.news[len(self._news) :]:
            self._told.addWidget(_panel(one))
        self._news = model.news

    def _summary(self, model: GazeImport, pseudonym: str) -> str:
        n = sum(news.is_stored for news in model.news)
        stored = self.tr("Stored sessions of {0}: {1}.").format(pseudonym, n) if n or not model.problem else ""
        return f"{model.problem} {stored}".strip()


def _panel(news: FileNews) -> QWidget:
    panel = Panel(margin_px=10, spacing_px=4)
    panel.column.addWidget(label(news.path.name, "strong", wrap=True))
    finding = label(news.words, "", wrap=True)
    set_tone(finding, "" if news.is_stored else news.tone)
    panel.column.addWidget(finding)
    for note in news.notes:
        panel.column.addWidget(label(note, "small", wrap=True))
    return panel
