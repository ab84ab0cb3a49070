"""The interface in other languages: sentences by their English text, in `assets/translations/gazeapp_LANG.json`."""

from __future__ import annotations

import json
from functools import lru_cache

from PySide6.QtCore import QCoreApplication, QLocale, QObject, QTranslator

from gazeapp.locations import assets_dir
from gazeapp.ui import formatting


def translate(text: str) -> str:
    """The text in the interface's language; English where there is no translation."""
    return QCoreApplication.translate("", text)


@lru_cache(maxsize=8)
def sentences(language: str) -> dict[str, str]:
    """English → the language; empty where there is no such translation."""
    path = assets_dir() / "translations" / f"gazeapp_{language}.json"
    if not language.isalpha() or not path.is_file():
        return {}
    return {str(key): str(value) for key, value in json.loads(path.read_text(encoding="utf-8")).items()}


class SentenceTranslator(QTranslator):
    """Looks sentences up by their English text, whichever class they are written in."""

    def __init__(self, language: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._sentences = sentences(language)

    def isEmpty(self) -> bool:
        """Called by Qt."""
        return not self._sentences

    def translate(
        self, _context: str, source: str | bytes, _disambiguation: str | bytes | None = None, n: int = -1
    ) -> str:
        """Called by Qt for every sentence."""
        text = source.decode() if isinstance(source, bytes | bytearray) else source
        found = self._sentences.get(text, "")
        return found.replace("%n", str(n)) if n >= 0 else found


def use_language(application: QCoreApplication, locale: QLocale) -> None:
    """Have the program speak a language, with the decimal sign of its numbers."""
    language = locale.name().partition("_")[0]
    QLocale.setDefault(locale)
    formatting.use_decimal_point(locale.decimalPoint() if sentences(language) else ".")
    translator = SentenceTranslator(language, application)
    if not translator.isEmpty():
        application.installTranslator(translator)
