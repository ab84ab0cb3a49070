"""Translation of sentences that are made below the interface, of which the findings are the most."""

from PySide6.QtCore import QCoreApplication


def translate(text: str) -> str:
    """The text in the interface's language; English where there is no translation."""
    return QCoreApplication.translate("", text)
