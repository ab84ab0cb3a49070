"""Errors of the core are told in the windows' language, whatever they hold."""

import ast
import json
import re
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale

import gazeapp
from gazeapp.errors import AlreadyExists
from gazeapp.locations import assets_dir
from gazeapp.store.identifier import require_name
from gazeapp.store.participant import require_pseudonym
from gazeapp.store.study_variables import StudyVariable, parse_value
from gazeapp.ui.error_words import error_words

GERMAN = json.loads((assets_dir() / "translations" / "errors_de.json").read_text(encoding="utf-8"))
PLACE = re.compile(r"\{\d+\}")


@pytest.fixture(autouse=True)
def german():
    before = QLocale()
    QLocale.setDefault(QLocale("de_DE"))
    yield
    QLocale.setDefault(before)


@pytest.mark.slow
def test_every_message_is_said_by_the_program_and_keeps_its_places():
    said = "\n".join(texts_of(Path(gazeapp.__file__).parent))
    for english, words in GERMAN.items():
        pieces = [piece.strip(" :") for piece in PLACE.split(english) if len(piece.strip(" :")) > 3]
        assert pieces, f"{english!r} would match anything"
        assert [piece for piece in pieces if piece not in said] == [], english
        assert set(PLACE.findall(words)) <= set(PLACE.findall(english)), english


def texts_of(folder: Path):
    """Every text in the program's code."""
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_an_error_is_told_with_what_it_found():
    error = AlreadyExists("/data/{0}: not empty; choose another folder, or pass --overwrite")
    assert error_words(error) == (
        "/data/{0}: nicht leer; wählen Sie einen anderen Ordner, oder lassen Sie gleichnamige Dateien ersetzen"
    )


@pytest.mark.parametrize("name", ["Jane Doe", ".P1", "P1.", "nul", "a/b", "x" * 300, "a\u202eb"])
def test_a_wrong_pseudonym_is_told_in_german(name):
    with pytest.raises(ValueError, match="participant") as caught:
        require_pseudonym(name)
    words = error_words(str(caught.value))
    assert words.startswith("Versuchsperson "), words
    assert not re.search(r"\b(it|is|the|cannot|white)\b", words), words


def test_an_error_within_an_error_is_translated_too():
    outer = "/list.csv: nothing was added; row 2: age: 'old' is not a number"
    assert error_words(outer) == "/list.csv: es wurde nichts angelegt; Zeile 2: age: 'old' ist keine Zahl"
    two = f"{outer}; row 3: age: 'new' is not a number"
    assert "not a number" not in error_words(two)
    assert "Zeile 3" in error_words(two)


def test_what_a_key_of_a_plan_must_be_is_told_in_german():
    said = "key 'trials.duration_s' must be a number from 0.1 to 3600, found -1"
    assert error_words(said) == "Schlüssel 'trials.duration_s' muss eine Zahl von 0.1 bis 3600 sein, gefunden: -1"
    said = "key 'trials.order' must be one of \"random\", \"fixed\", found 'x'"
    assert error_words(said) == "Schlüssel 'trials.order' muss eines von \"random\", \"fixed\" sein, gefunden: 'x'"


def test_what_is_not_known_is_told_as_it_was_said():
    assert error_words("no answer within 3 s") == "no answer within 3 s"
    assert error_words(KeyError("x")) == "KeyError: 'x'"


def test_the_language_is_that_of_the_moment():
    with pytest.raises(Exception, match="not a number") as caught:
        parse_value(StudyVariable(name="age", kind="number"), "old")
    assert error_words(caught.value) == "age: 'old' ist keine Zahl"
    QLocale.setDefault(QLocale("en_GB"))
    assert error_words(caught.value) == "age: 'old' is not a number"


@pytest.mark.timeout(20)
def test_hostile_names_cost_no_time():
    with pytest.raises(Exception, match="session id") as caught:
        require_name("a: is " * 90 + "/", "session id", "x: " * 100)
    assert error_words(caught.value)
    for text in (": " * 290, "x is y; " * 70, "{0}: " * 110, "session 1 is of " * 35):
        assert error_words(text)
