"""The help page: offline, in the theme's colours."""

from __future__ import annotations

from PySide6.QtCore import QLocale
from PySide6.QtGui import QKeySequence, QShortcut, QTextBlockFormat, QTextCursor, QTextDocument
from PySide6.QtWidgets import QTextBrowser, QVBoxLayout, QWidget

from gazeapp.locations import assets_dir


class HelpWindow(QWidget):
    """One page in a window of its own, so that it can stay open beside the work."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("work")
        self.setWindowTitle(self.tr("gazeapp: help"))
        self.resize(760, 820)
        self.text = QTextBrowser()
        self.text.setOpenExternalLinks(False)
        self.text.setMarkdown(help_text(QLocale().name()))
        _space_out(self.text.document())
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.addWidget(self.text)
        QShortcut(QKeySequence("Escape"), self).activated.connect(self.close)


def help_text(language: str) -> str:
    """The pages in a language such as "de_DE", each in English where there is no translation."""
    return "\n\n".join(_page(name, language) for name in ("help", "privacy"))


def _page(page: str, language: str) -> str:
    folder = assets_dir() / "help"
    for name in (f"{page}.{language}.md", f"{page}.{language.split('_')[0]}.md", f"{page}.md"):
        if (folder / name).is_file():
            return (folder / name).read_text(encoding="utf-8")
    return ""


def _space_out(document: QTextDocument) -> None:
    """Give headings and paragraphs the room that Markdown leaves to the reader."""
    block = document.begin()
    while block.isValid():
        form = block.blockFormat()
        is_heading = form.headingLevel() > 0
        form.setTopMargin(18 if is_heading and block.blockNumber() else 0)
        form.setBottomMargin(6)
        form.setLineHeight(125, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        QTextCursor(block).setBlockFormat(form)
        block = block.next()
