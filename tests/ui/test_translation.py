"""Every word of the interface can be translated."""

import re

import pytest
from PySide6.QtCore import QCoreApplication, QTranslator
from PySide6.QtWidgets import QAbstractButton, QLabel

from gazeapp.ui.main_window import MainWindow
from gazeapp.ui.models.export_model import ExportModel


class Marking(QTranslator):
    """Marks what goes through a translation."""

    def isEmpty(self) -> bool:
        return False

    def translate(self, context, text, disambiguation=None, n=-1):
        return f"«{text}»"


@pytest.fixture
def marked(qapp):
    translator = Marking()
    QCoreApplication.installTranslator(translator)
    yield
    QCoreApplication.removeTranslator(translator)


def test_no_word_of_the_interface_bypasses_translation(qtbot, marked, dark, setup, session, bridge):
    window = MainWindow(dark, setup, session, ExportModel(bridge))
    qtbot.addWidget(window)
    texts = {}
    for widget in [*window.findChildren(QLabel), *window.findChildren(QAbstractButton)]:
        text = widget.text() if not hasattr(widget, "words") else widget.words
        texts[text] = type(widget.parent()).__name__
    # names that are the same in every language, figures and paths
    own = {"gazeapp", "CC", "NSS", "study ▾", "default"}
    bypassing = {
        text: where
        for text, where in texts.items()
        if re.search("[A-Za-z]{2}", text) and "«" not in text and text not in own and not text.startswith(("CC ", "/"))
    }
    assert bypassing == {}
