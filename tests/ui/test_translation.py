"""Every word of the interface can be translated."""

import ast
import re
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QLocale, QTranslator
from PySide6.QtWidgets import QAbstractButton, QLabel

import gazeapp
from gazeapp.ui import formatting
from gazeapp.ui.main_window import MainWindow
from gazeapp.ui.models.export_model import ExportModel
from gazeapp.ui.translation import SentenceTranslator, sentences, use_language


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


def written(folder: Path) -> dict[str, str]:
    """Every sentence that goes through translation, and the file it is in."""
    found = {}
    for path in [*folder.joinpath("ui").rglob("*.py"), folder / "experiment" / "findings.py"]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name not in ("tr", "_tr", "translate"):
                continue
            texts = [a.value for a in node.args[:2] if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            is_wrapper = name == "translate" and len(node.args) > 1 and len(texts) < 2  # passes on what it is given
            if texts and not is_wrapper:
                found[texts[-1] if name == "translate" else texts[0]] = path.name
    return found


def test_german_is_complete_and_keeps_every_place_holder():
    said = written(Path(gazeapp.__file__).parent)
    german = sentences("de")
    assert len(said) > 500
    missing = {text: where for text, where in said.items() if text not in german}
    assert missing == {}, "every sentence has a German one in assets/translations/gazeapp_de.json"
    places = re.compile(r"\{[^}]*\}|%n")
    for text, words in german.items():
        assert sorted(places.findall(text)) == sorted(places.findall(words)), text
        assert words.strip(), text
    assert set(german) - set(said) == set(), "sentences that are not said any more"


def test_the_windows_speak_german_with_its_decimal_comma(qtbot, qapp, dark, setup, session, bridge):
    locale = QLocale()
    try:
        use_language(qapp, QLocale("de_DE"))
        window = MainWindow(dark, setup, session, ExportModel(bridge))
        qtbot.addWidget(window)
        assert window.people.new.words == "Neue Versuchsperson"
        assert window.pages["calibrate"].title.text() == "Kalibrierung"
        assert formatting.format_figure(0.42, 2, "°") == "0,42°"
        assert formatting.format_score(-0.07) == "−,07"
    finally:
        for translator in qapp.findChildren(SentenceTranslator):
            qapp.removeTranslator(translator)
        QLocale.setDefault(locale)
        formatting.use_decimal_point(".")
    assert formatting.format_figure(0.42, 2, "°") == "0.42°"
