"""Every word of the windows goes through translation, and German has every one of them."""

import ast
import importlib.util
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator
from PySide6.QtTest import QTest

import gazeapp
from gazeapp.camera.source import NO_CAMERA
from gazeapp.devices.tobii.tracker import SET_UP_HINT
from gazeapp.locations import assets_dir
from gazeapp.ui.formatting import format_figure, format_score, format_share, format_value
from gazeapp.ui.help_window import PAGES, help_text
from gazeapp.ui.main_window import MainWindow
from gazeapp.ui.models.export_model import ExportModel
from gazeapp.ui.translation import LANGUAGES, choose_locale, tr
from gazeapp.ui.widgets.basic import key_words
from gazeapp.ui.widgets.decimal_field import DecimalField
from gazeapp.ui.widgets.quality_plot import QualityPlot
from tests.ui.window_states import STATES, clipped, fill_study, put_state, texts_of

CHECKOUT = Path(__file__).resolve().parents[2]
GERMAN = assets_dir() / "translations" / "gazeapp_de.ts"
PLACES = re.compile(r"\{\w*\}|%n|&\w|[⏎→↑↓]|\n")


def load_tool():
    """packaging/translate.py, which is a program and no package."""
    spec = importlib.util.spec_from_file_location("translate", CHECKOUT / "packaging" / "translate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read_ts(path: Path) -> dict[tuple[str, str], str]:
    """(context, English) → translation; empty for an unfinished one."""
    found = {}
    for context in ElementTree.parse(path).getroot().iter("context"):
        for message in context.iter("message"):
            translation = message.find("translation")
            words = "" if translation.get("type") else translation.text or ""
            found[context.findtext("name"), message.findtext("source")] = words
    return found


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


# What is written


def test_german_has_every_sentence_and_none_that_is_not_said(tmp_path):
    (tmp_path / "gazeapp_de.ts").write_bytes(GERMAN.read_bytes())
    load_tool().update(tmp_path / "gazeapp_de.ts")
    assert read_ts(tmp_path / "gazeapp_de.ts") == read_ts(GERMAN), "python packaging/translate.py brings it up to date"
    untranslated = [key for key, words in read_ts(GERMAN).items() if not words.strip()]
    assert untranslated == []


def test_german_keeps_places_keys_and_spaces():
    for (context, english), words in read_ts(GERMAN).items():
        assert sorted(PLACES.findall(english)) == sorted(PLACES.findall(words)), (context, english)
        assert english[:1].isspace() == words[:1].isspace(), english
        assert english.endswith("…") == words.endswith("…"), english
        for key in ("F1", "F5", "Esc", "PLAN.toml", "gazeapp"):
            assert (key in english) == (key in words), english


def test_no_sentence_is_lost_where_lupdate_does_not_look():
    """In an f-string, in a computed text, or under another context than the one asked for."""
    known, package = set(read_ts(GERMAN)), Path(gazeapp.__file__).parent
    below = (package / "experiment" / "findings.py", package / "store" / "quality_text.py")
    for path in [*(package / "ui").rglob("*.py"), *below]:
        for context, is_method, node in calls_of_tr(ast.parse(path.read_text(encoding="utf-8"))):
            where = f"{path.name}:{node.lineno}"
            if isinstance(node.args[0], ast.Constant):
                assert is_method or not context, f"{where}: in a class it is self.tr"
                assert (context, node.args[0].value) in known, where
            else:  # data of the core, which the tool collects
                assert not is_method, f"{where}: self.tr of something computed is never found"


def calls_of_tr(node, context=""):
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call):
            is_method = isinstance(child.func, ast.Attribute) and child.func.attr == "tr"
            if is_method or (isinstance(child.func, ast.Name) and child.func.id == "tr"):
                yield context, is_method, child
        yield from calls_of_tr(child, child.name if isinstance(child, ast.ClassDef) else context)


def test_what_is_shipped_is_what_was_translated(german):
    for (context, english), words in read_ts(GERMAN).items():
        assert QCoreApplication.translate(context, english) == words


# What is shown


@pytest.fixture
def filled_window(qtbot, dark, setup, session, bridge, run):
    """A window on a study with people and sessions, with a fake session; sized like a small laptop's screen."""
    fill_study(setup.study.folder)
    window = MainWindow(dark, setup, session, ExportModel(bridge))
    qtbot.addWidget(window)
    window.resize(1366, 768)
    window.show()
    setup.study.open(setup.study.folder)
    qtbot.waitUntil(lambda: not setup.study.is_loading)
    yield window
    setup.study.close()


@pytest.mark.slow
def test_no_word_of_the_windows_bypasses_translation(marked, filled_window, run, session, bridge):
    bypassing = {}
    for name in STATES:
        page = put_state(filled_window, run, session, bridge, name)
        for text in texts_of(filled_window):
            words, before = text, ""
            while words != before:  # one sentence may stand in another
                words, before = re.sub("«[^«»]*»", "", words), words
            if re.search("[A-Za-z]{3}", words) and not is_of_the_study(words):
                bypassing[text] = page
    assert not bypassing, "\n".join(f"{where}: {text}" for text, where in bypassing.items())


DETAILS = (
    "session.sqlite: no space left on this disk; what was written is kept, free some space and go on",
    "Tobii Pro Spectrum: the LSL stream is not there any more",
    "no steady gaze came at any target",
)
"""What an error or a device said in the states of the windows."""
OWN = "|".join(
    (
        "|".join(map(re.escape, DETAILS)),
        r"gazeapp|study|default|plan|group|age|hand|left|right|both|P-\d+|AB|PARTICIPANT|EXPERIMENTER|\S*/\S*",
        r"\d{8}T\d{6}Z-[\w-]+",  # a session: random letters may look like a word
        r"Spectrum|TPSP1|universal-best",
        r"CC|NSS|RMS-S2S|STD|Hz|sha256|BIDS|HDF5|XDF|CSV|Parquet|pysaliency|csv|parquet|bids|xdf|h5",
        r"Tobii Pro|Lab Streaming Layer|Webcam|Replay|deepgaze\w*|onnx|signature|bms|Alt|Ctrl|Space|Esc|Del|Return",
    )
)


def is_of_the_study(text: str) -> bool:
    """Names and numbers that are the same in every language: people, devices, files, what the study itself says."""
    return not re.search("[A-Za-z]{3}", re.sub(OWN, "", text))


ENGLISH = re.compile(r"\b(the|is|are|of|and|with|not|no|to|from|this|then|by|on|for|it|its|yet|gaze|loss)\b")


@pytest.mark.slow
def test_no_english_is_left_in_german_and_nothing_is_cut_off(german, filled_window, run, session, bridge):
    english, cut = {}, {}
    for name in STATES:
        put_state(filled_window, run, session, bridge, name)
        for text in texts_of(filled_window):
            for detail in DETAILS:
                text = text.replace(detail, "")
            if ENGLISH.search(text) and not text.startswith("/"):
                english[text] = name
        cut |= {f"{name}: {words}": why for words, why in clipped(filled_window).items()}
        page = filled_window.pages[STATES[name][0]]
        if page.minimumSizeHint().height() > page.height():
            cut[name] = f"needs {page.minimumSizeHint().height()} px of height, has {page.height()}"
    assert not english, "\n".join(f"{where}: {text}" for text, where in english.items())
    assert not cut, "\n".join(f"{text}: {why}" for text, why in cut.items())


def test_the_names_of_steps_fit_beside_their_figures(german, filled_window):
    steps = filled_window.steps
    for key in ("tracker", "calibrate", "validate", "enrol", "quality"):
        figure = {"quality": "Verlust 88 %", "enrol": "100 / 100"}.get(key, "1200 Hz")
        steps.show_step(replace(steps.step(key), figure=figure))
        steps.select(key)
        assert steps._rows[key].name_shown() == steps.step(key).name


def test_the_heads_of_a_table_leave_room_for_its_rows(german, filled_window):
    history = filled_window.pages["validate"].history
    history.show_row("12 · um 00:36", ["0,20", "0,33", "schlecht"])
    assert history._widths_px[1:3] == [56, 56]


def test_why_a_tracker_is_not_there_is_told_in_german(german):
    for hint in (NO_CAMERA, SET_UP_HINT):
        assert tr.error(hint) != hint


def test_qts_own_buttons_speak_german_too(german):
    assert QCoreApplication.translate("QPlatformTheme", "Cancel") == "Abbrechen"
    assert Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath), "qtbase_de.qm").is_file()
    assert [key_words(key) for key in ("Space", "Ctrl+O", "Del", "Alt+Return", "N", "")] == [
        "Leertaste",
        "Strg+O",
        "Entf",
        "Alt+⏎",
        "N",
        "",
    ]


# Numbers and languages


def test_figures_have_the_decimal_sign_of_the_language(german):
    assert format_figure(0.42, 2, "°") == "0,42°"
    assert format_figure(-1200.5, 1, " mm") == "−1200,5 mm"
    assert format_score(-0.07) == "−0,07"
    assert format_share(0.013) == "1,3 %"
    assert format_value(23.5) == "23,5"
    assert format_value("v1.2") == "v1.2"
    assert (tr.number(0.5, 2), tr.number(1.0), tr.number(0.25), tr.share(0.02)) == ("0,50", "1", "0,25", "2 %")


def test_the_axes_of_a_plot_have_it_too(qtbot, german, dark):
    plot = QualityPlot(dark, ("a", "b", "c", "d"))
    qtbot.addWidget(plot)
    assert plot._plots["loss"].getAxis("left").tickStrings([0.5, 1.0], 1.0, 0.5) == ["0,5", "1,0"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("typed", ["344.5", "344,5"])
def test_a_length_is_read_alike_with_point_and_comma(qtbot, qapp, language, typed):
    field = DecimalField()
    field.setLocale(QLocale(language))
    field.setRange(1, 5000)
    field.setDecimals(1)
    field.setSuffix(" mm")
    qtbot.addWidget(field)
    field.selectAll()
    QTest.keyClicks(field, typed)
    field.interpretText()
    assert field.value() == 344.5


@pytest.mark.parametrize(
    ("chosen", "system", "used"),
    [
        ("", "de_AT", "de_AT"),
        ("", "en_US", "en_US"),
        ("", "fr_FR", "en_GB"),
        ("", "C", "en_GB"),
        ("de", "C", "de_DE"),
        ("de", "de_CH", "de_CH"),
        ("en", "de_DE", "en_GB"),
        ("klingon", "de_DE", "de_DE"),
    ],
)
def test_the_language_is_the_chosen_one_or_the_systems(chosen, system, used):
    assert choose_locale(chosen, QLocale(system)).name() == used


def test_another_language_is_chosen_in_the_studys_menu(filled_window, setup):
    from gazeapp.ui.study_menu import StudyMenu

    menu, chosen = StudyMenu(filled_window, setup.study, lambda: False, "de"), []
    menu.language_chosen.connect(chosen.append)
    actions = {action.text(): action for action in menu.languages.actions()}
    assert [text for text, action in actions.items() if action.isChecked()] == ["Deutsch"]
    actions["English"].trigger()
    menu.fill()
    assert chosen == ["en"]
    assert [a.text() for a in menu.languages.actions() if a.isChecked()] == ["English"]


@pytest.mark.parametrize("page", PAGES)
def test_the_help_has_the_same_parts_in_german(page):
    english, german_page = (
        (assets_dir() / "help" / f"{page}{suffix}.md").read_text(encoding="utf-8") for suffix in ("", ".de")
    )
    marks = re.compile(r"^(#+ |- |\d\. |\||> |>$)", re.MULTILINE)
    code = re.compile(r"`[^`]*`")
    assert marks.findall(english) == marks.findall(german_page)
    assert code.findall(english) == code.findall(german_page)
    assert help_text(page, "de_AT") == german_page
