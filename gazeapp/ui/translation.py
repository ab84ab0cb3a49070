"""The language of the windows: words, decimals and dates. Files and the command line stay English."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from gazeapp.locations import assets_dir
from gazeapp.ui.error_words import error_words

LANGUAGES = {"en": "English", "de": "Deutsch"}
"""Languages that the windows speak, by code, as each calls itself."""


class _InterfaceLanguage:
    """Translates what is said outside of a class of Qt's: in functions, and below the interface."""

    def __call__(self, text: str) -> str:
        """The text in the interface's language; English where there is no translation."""
        return QCoreApplication.translate("", text)

    def number(self, value: float, digits: int | None = None) -> str:
        """A number with the language's decimal sign; without `digits` as short as it can be."""
        return with_decimal_sign(f"{value:g}" if digits is None else f"{value:.{digits}f}")

    def share(self, value: float, digits: int = 0) -> str:
        """A share of 0 to 1 in percent."""
        return QCoreApplication.translate("", "{0} %").format(self.number(100 * value, digits))

    def error(self, words: str) -> str:
        """What an error of the program said."""
        return error_words(words)


tr = _InterfaceLanguage()


def with_decimal_sign(number: str) -> str:
    """A written number such as "0.42" with the decimal sign of the interface's language."""
    return number.replace(".", QLocale().decimalPoint())


def choose_locale(chosen: str = "", system: QLocale | None = None) -> QLocale:
    """Language and customs of the windows.

    Args:
        chosen: Code of `LANGUAGES`; empty, or unknown, takes the first of the system's that the windows speak.
        system: The system's language and customs.

    Returns:
        The system's own where it speaks the same language, so that its region's dates and decimals stay; English where
        the windows do not speak the system's language.
    """
    system = QLocale.system() if system is None else system
    wanted = [chosen, *(tag.partition("-")[0] for tag in system.uiLanguages())]
    code = next((language for language in wanted if language in LANGUAGES), "en")
    return system if system.name().partition("_")[0] == code else QLocale("en_GB" if code == "en" else code)


def use_language(application: QCoreApplication, chosen: str = "") -> None:
    """Have the windows that are made from now on speak a language, Qt's own dialogs included; see `choose_locale`."""
    locale = choose_locale(chosen)
    QLocale.setDefault(locale)
    code = locale.name().partition("_")[0]
    for name, folder in (
        ("qtbase", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)),
        ("gazeapp", str(assets_dir() / "translations")),
    ):
        translator = QTranslator(application)
        if code != "en" and translator.load(f"{name}_{code}", folder):
            application.installTranslator(translator)
