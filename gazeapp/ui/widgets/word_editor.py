"""What the participant reads, in one language or several, and the picture above it."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from gazeapp.ui.widgets.basic import ElidedLabel, KeyButton, label

TYPING_MS = 500
"""Words become a change of the plan once nobody typed for so long: one step of undoing, not one a letter."""
LANGUAGES = {
    "en": "English",
    "de": "Deutsch",
    "fr": "Français",
    "es": "Español",
    "it": "Italiano",
    "nl": "Nederlands",
    "pt": "Português",
    "pl": "Polski",
    "sv": "Svenska",
    "da": "Dansk",
    "fi": "Suomi",
    "tr": "Türkçe",
    "ru": "Русский",
    "ar": "العربية",
    "he": "עברית",
    "zh": "中文",
    "ja": "日本語",
    "ko": "한국어",
}
"""As their speakers call them; a plan may hold any other, too."""


def language_name(code: str) -> str:
    """A language as its speakers call it, with its code.

    >>> language_name("de"), language_name("pt-BR"), language_name("xx")
    ('Deutsch (de)', 'Português (pt-BR)', 'xx')
    """
    name = LANGUAGES.get(code.partition("-")[0].lower(), "")
    return f"{name} ({code})" if name else code


class WordEditor(QWidget):
    """A text for each language; which one a participant reads is said when the session begins."""

    text_edited = Signal(str, str)
    """(language, text); the language is empty where the step has one text for all."""
    language_removed = Signal(str)
    picture_wanted = Signal()
    picture_removed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._is_showing = False
        self._texts: dict[str, str] = {"": ""}
        self._language = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.languages = QComboBox()
        self.languages.setAccessibleName(self.tr("Language of the text"))
        self.languages.setMinimumContentsLength(14)
        self.add_language = QComboBox()
        self.add_language.setAccessibleName(self.tr("Add a language"))
        self.add_language.setMinimumContentsLength(14)
        self.remove_language = KeyButton(self.tr("Remove language"))
        self.languages.activated.connect(self._language_chosen)
        self.add_language.activated.connect(self._language_added)
        self.remove_language.clicked.connect(self._remove)
        for widget in (self.languages, self.add_language, self.remove_language):
            row.addWidget(widget)
        row.addStretch(1)
        column.addLayout(row)
        self.text = QPlainTextEdit()
        self.text.setAccessibleName(self.tr("What the participant reads"))
        self.text.setPlaceholderText(self.tr("What the participant reads"))
        self.text.setTabChangesFocus(True)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(TYPING_MS)
        self._typing.timeout.connect(self._tell)
        self.text.textChanged.connect(self._typed)
        column.addWidget(self.text, 1)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.picture = KeyButton(self.tr("Picture …"), "P")
        self.no_picture = KeyButton(self.tr("No picture"))
        self.picture_name = ElidedLabel()
        self.picture.clicked.connect(self.picture_wanted)
        self.no_picture.clicked.connect(self.picture_removed)
        row.addWidget(self.picture)
        row.addWidget(self.no_picture)
        row.addWidget(self.picture_name, 1)
        column.addLayout(row)
        column.addWidget(label(self.tr("The participant reads their language, or else English."), "small", wrap=True))

    @property
    def language(self) -> str:
        """Of the text that is shown."""
        return self._language

    def show_words(self, said: object, picture: str) -> None:
        """Show what the plan says; what is being typed stays.

        Args:
            said: A text, a table of texts by language, or nothing.
            picture: As the plan names it.
        """
        texts = {str(k): str(v) for k, v in said.items()} if isinstance(said, Mapping) else {}
        self._texts = texts or {"": said if isinstance(said, str) else ""}
        if self._language not in self._texts:
            self._language = next(iter(self._texts))
        self._is_showing = True
        self._show_languages()
        text = self._texts[self._language]
        if self.text.toPlainText() != text and not self._typing.isActive():
            self.text.setPlainText(text)
        self._is_showing = False
        self.picture_name.show_text(picture)
        self.no_picture.setEnabled(bool(picture))

    def finish(self) -> None:
        """What was just typed counts now."""
        if self._typing.isActive():
            self._typing.stop()
            self._tell()

    def _show_languages(self) -> None:
        has_some = "" not in self._texts
        wanted = [(language_name(code) or self.tr("one text for all"), code) for code in self._texts]
        box = self.languages
        if [(box.itemText(n), box.itemData(n)) for n in range(box.count())] != wanted:
            box.clear()
            for name, code in wanted:
                box.addItem(name, code)
        box.setCurrentIndex(box.findData(self._language))
        box.setEnabled(len(wanted) > 1)
        others = [code for code in LANGUAGES if code not in self._texts]
        self.add_language.clear()
        self.add_language.addItem(self.tr("Add a language …"), "")
        for code in others:
            self.add_language.addItem(language_name(code), code)
        self.remove_language.setEnabled(has_some and len(self._texts) > 1)

    def _language_chosen(self, _index: int) -> None:
        self.finish()
        self._language = self.languages.currentData()
        self._is_showing = True
        self.text.setPlainText(self._texts[self._language])
        self._is_showing = False

    def _language_added(self, _index: int) -> None:
        code = self.add_language.currentData()
        if code:
            self.finish()
            # the text of the first language is there to be translated
            self._language = code
            self.text_edited.emit(code, next(iter(self._texts.values())))
            self.text.setFocus()
            self.text.selectAll()

    def _remove(self) -> None:
        self._typing.stop()
        self.language_removed.emit(self._language)

    def _typed(self) -> None:
        if not self._is_showing:
            self._typing.start()

    def _tell(self) -> None:
        self.text_edited.emit(self._language, self.text.toPlainText())
