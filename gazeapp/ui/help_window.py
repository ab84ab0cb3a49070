"""The help: short pages, offline, in the theme's colours; it opens at the page for where one is."""

from __future__ import annotations

from PySide6.QtCore import QLocale
from PySide6.QtGui import QKeySequence, QShortcut, QTextBlockFormat, QTextCursor, QTextDocument
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QTextBrowser, QWidget

from gazeapp.locations import assets_dir

PAGES = (
    "windows/people",
    "windows/design",
    "windows/record",
    "windows/analyse",
    "windows/maps",
    "windows/words",
    "windows/keys",
    "windows/trouble",
    "privacy",
)
"""Files under `assets/help`, without language and ending, in the order of the list."""


class HelpWindow(QWidget):
    """The list of pages and the one that is read, in a window of its own, so that it can stay open beside the work."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("work")
        self.setWindowTitle(self.tr("gazeapp: help"))
        self.resize(900, 720)
        self._texts = [help_text(page, QLocale().name()) for page in PAGES]
        self.list = QListWidget()
        self.list.setFixedWidth(200)
        self.list.setWordWrap(True)
        self.list.addItems([text.partition("\n")[0].lstrip("# ") for text in self._texts])
        self.text = QTextBrowser()
        self.text.setOpenExternalLinks(False)
        self.text.setOpenLinks(False)
        self.list.currentRowChanged.connect(self._show)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 16, 16, 16)
        row.setSpacing(16)
        row.addWidget(self.list)
        row.addWidget(self.text, stretch=1)
        self.list.setCurrentRow(0)
        QShortcut(QKeySequence("Escape"), self).activated.connect(self.close)

    def open_at(self, place: str) -> None:
        """Show the page for one of the four places, and come to the front."""
        self.list.setCurrentRow(PAGES.index(f"windows/{place}"))
        self.show()
        self.raise_()

    def _show(self, row: int) -> None:
        self.text.setMarkdown(self._texts[row])
        _space_out(self.text.document())
        self.text.moveCursor(QTextCursor.MoveOperation.Start)


def help_text(page: str, language: str) -> str:
    """A page in a language such as "de_DE"; in English where there is no translation."""
    folder = assets_dir() / "help"
    for name in (f"{page}.{language}.md", f"{page}.{language.split('_')[0]}.md", f"{page}.md"):
        if (folder / name).is_file():
            return (folder / name).read_text(encoding="utf-8")
    raise FileNotFoundError(f"no help page {page}: the installation is incomplete, reinstall gazeapp")


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
