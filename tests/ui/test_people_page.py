"""The home of a study: people, consent, identity, continuing, leaving."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from gazeapp.networks.weights_folder import people_sha256
from gazeapp.runtime import renewal
from gazeapp.runtime.recognition import Recognition
from gazeapp.store.consent import EYE_IMAGES, GAZE
from gazeapp.store.embedding import UserEmbedding
from gazeapp.store.folder_lock import FolderLock
from gazeapp.store.participant import Participant
from gazeapp.store.session_state import SessionFigures, SessionState, SessionSummary
from gazeapp.store.study import Study
from gazeapp.ui.models.setup_model import Subject
from gazeapp.ui.models.study_reading import PersonRow
from gazeapp.ui.pages.page import PageState
from gazeapp.ui.session_words import known_words

EMBEDDING = UserEmbedding(
    vector=(1.0,), n_pairs=40, spread=0.05, model_name="m", model_sha256=people_sha256(), sigma_deg=1.0
)


@pytest.fixture
def page(qtbot, window, setup):
    setup.study.open(setup.study.folder)
    qtbot.waitUntil(lambda: not setup.study.is_loading)
    yield window.people
    setup.study.close()


@pytest.fixture
def filled(qtbot, page, setup):
    """P-002 consented and was recorded, P-010 was recorded and interrupted, P-003 is planned."""
    with Study.open_or_create(setup.study.folder) as study:
        for name in ("P-002", "P-010", "P-003"):
            study.add_participant(name)
        for name, state, n_done in (("P-002", "complete", 40), ("P-010", "interrupted", 22)):
            study.record_consent(name)
            session = study.new_session(name, "plan", experimenter="AB")
            with study._db.transaction() as execute:
                execute(
                    "UPDATE sessions SET state = ?, n_done = ?, n_images = 40, accuracy_deg = 0.4 WHERE session_id = ?",
                    (state, n_done, session.session_id),
                )
        study.save_embedding("P-002", EMBEDDING)
    reload(qtbot, setup)
    return page


def reload(qtbot, setup) -> None:
    setup.study.reload()
    qtbot.waitUntil(lambda: not setup.study.is_loading)


def shown(page) -> list[str]:
    return [str(page.view.found.index(row, 0).data()) for row in range(page.view.found.rowCount())]


def press(window, key, modifier=Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(window, key, modifier)


def test_the_first_participant_makes_the_study(qtbot, page, window, setup):
    assert "Nobody yet" in page._nobody.text()
    assert not setup.study.content.exists
    press(window, Qt.Key.Key_N)
    assert page.dialog.pseudonym.text() == "P-001"
    page.dialog.pseudonym.setText("Jane Doe")
    assert "white space" in page.dialog.problem.text()
    assert not page.dialog.go.isEnabled()
    page.dialog.pseudonym.setText("P-017")
    page.dialog.form.fields["age"].setText("23")
    page.dialog.go.click()
    qtbot.waitUntil(lambda: shown(page) == ["P-017"])
    with Study.open(setup.study.folder) as study:
        person = study.participant("P-017")
    assert dict(person.variables) == {"age": 23.0}
    assert not person.consents


def plain(label) -> str:
    """Its words, with spaces where no line may end."""
    return plain_words(label.text())


def plain_words(words: str) -> str:
    return words.replace("\u00a0", " ")


def test_people_are_sorted_found_and_told(filled, window):
    assert shown(filled) == ["P-002", "P-003", "P-010"], "a number is a number"
    assert "3\u00a0participants, 1\u00a0complete, 1\u00a0interrupted" in filled.summary.text(), (
        "no line ends behind a number"
    )
    assert plain(filled.summary) == "3 participants, 1 complete, 1 interrupted, 1 planned", "as the table says it"
    head = filled.view.horizontalHeader()
    column = next(
        n for n in range(filled.table.columnCount()) if filled.table.headerData(n, Qt.Orientation.Horizontal) == "state"
    )
    filled.view.sortByColumn(column, Qt.SortOrder.DescendingOrder)
    assert shown(filled) == ["P-003", "P-010", "P-002"]
    assert head.sortIndicatorSection() == column
    press(window, Qt.Key.Key_Slash)
    assert filled.search.hasFocus()
    QTest.keyClicks(filled.search, "inter")
    assert shown(filled) == ["P-010"]
    assert filled.view.pseudonym == "P-010"
    assert filled.person.name.text() == "P-010"


def test_what_the_sessions_say_of_the_personal_map_and_of_rehearsals_is_in_the_table(qtbot, filled, setup):
    with Study.open(setup.study.folder) as study:
        for name, figures in (
            ("P-002", SessionFigures(source="gaze", n_better=31, n_compared=40)),
            ("P-010", SessionFigures(source="simulated")),
        ):
            study.session_list.keep_figures(study.sessions(name)[0], figures)
    reload(qtbot, setup)
    heads = [str(filled.table.headerData(n, Qt.Orientation.Horizontal)) for n in range(filled.table.columnCount())]
    assert heads[filled.table.state_column] == "state"

    def cell(name: str, head: str) -> str:
        row = shown(filled).index(name)
        return str(filled.view.found.index(row, heads.index(head)).data())

    assert cell("P-002", "personal better") == "31 of 40"
    assert cell("P-003", "personal better") == "–"
    assert (cell("P-002", "state"), cell("P-010", "state")) == ("complete", "simulated 22/40")


def test_what_can_be_done_with_a_person_stays_in_sight_on_a_small_screen(qtbot, filled, window):
    window.resize(1366, 768)
    filled.view.choose("P-010")
    qtbot.wait(20)
    person = filled.person
    for button in (person.record, person.resume, person.analyse, person.export, person.ask, person.erase):
        at = button.mapTo(window, button.rect().bottomRight())
        assert window.rect().contains(at), button.words
        assert not button.visibleRegion().isEmpty()
        assert button.width() >= button.fontMetrics().horizontalAdvance(button.text()) + 8, button.words


def test_every_head_of_the_table_is_whole_on_a_small_screen(qtbot, filled, window):
    window.resize(1366, 768)
    qtbot.wait(20)
    head, table = filled.view.horizontalHeader(), filled.table
    for n in range(table.columnCount()):
        words = str(table.headerData(n, Qt.Orientation.Horizontal))
        needed = head.fontMetrics().horizontalAdvance(words) + 16
        assert head.sectionSize(n) >= needed, words
    assert not filled.view.horizontalScrollBar().isVisible()


def test_without_a_session_the_bottom_line_names_the_study_and_its_room(filled, window, setup):
    assert str(setup.study.folder) in window.status._study.toolTip()
    assert "GB free" in window.status._study.toolTip()
    assert window.status._parts["rate"].isHidden()
    assert window.status._keys.text().startswith("R Record a session · A or ⏎ Analyse · / find · ")


def test_one_is_not_many(qtbot, page, setup):
    setup.study.add("P-001", {})
    qtbot.waitUntil(lambda: shown(page) == ["P-001"])
    assert plain(page.summary).startswith("1 participant,")


@pytest.mark.parametrize(("rank", "likely", "tone"), [(1, 0.97, "ok"), (1, 0.6, "warn"), (3, 0.05, "warn")])
def test_a_person_is_recognised_with_an_error_rate(filled, setup, rank, likely, tone):
    filled.view.choose("P-002")
    row = setup.study.row("P-002")
    assert filled.person.recognise.isHidden(), "one session recognises nobody"
    setup.study.recognised["P-002"] = Recognition(
        pseudonym="P-002",
        session_id=row.sessions[-1].session_id,
        n_pairs=20,
        n_people=13,
        rank=rank,
        best="P-002",
        probability=likely,
        error_rate=0.02,
    )
    filled.refresh()
    cell = filled.person._known._rows["Recognised"][1][1]
    assert (cell.text(), cell.property("tone")) == (f"as {rank} of 13", tone)
    assert filled.person._known.texts("Error rate")[1] == "2 %"
    filled.view.choose("P-010")
    assert filled.person._known.isHidden(), "nothing is known of that one"
    assert "as" not in filled.person._known.accessibleDescription().split()


def test_what_is_typed_about_a_person_is_stored_with_that_person(qtbot, filled, setup):
    filled.view.choose("P-002")
    filled.person.form.fields["age"].setText("31")
    filled.person.note.setPlainText("calm")
    filled.view.choose("P-003")  # going on stores it, for the person it was typed for
    qtbot.waitUntil(lambda: setup.study.row("P-002").person.note == "calm")
    with Study.open(setup.study.folder) as study:
        assert dict(study.participant("P-002").variables) == {"age": 31.0}
        assert dict(study.participant("P-003").variables) == {}
        assert study.participant("P-003").note == ""
    filled.view.choose("P-003")
    filled.person.form.fields["age"].setText("old")
    filled.person.form.edited.emit()
    assert "not a number" in filled.banner.text


def test_a_value_that_is_no_choice_any_more_stays_that_persons_own(qtbot, filled, setup):
    with Study.open(setup.study.folder) as study:
        study.describe_participant("P-002", variables={"group": "B"})
        study.describe_participant("P-003", variables={"group": "A"})
        with study._db.transaction() as execute:
            execute("UPDATE variables SET choices = '[\"B\", \"C\"]' WHERE name = 'group'")
    reload(qtbot, setup)
    for name in ("P-002", "P-003", "P-002"):
        filled.view.choose(name)
        assert filled.person.form.fields["group"].currentText() == {"P-002": "B", "P-003": "A"}[name]
    filled.person.note.setPlainText("calm")
    filled.view.choose("P-003")
    filled.person.note.setPlainText("late")
    filled.view.choose("P-010")
    qtbot.waitUntil(lambda: setup.study.row("P-003").person.note == "late")
    with Study.open(setup.study.folder) as study:
        groups = {p.pseudonym: dict(p.variables).get("group") for p in study.participants()}
    assert groups == {"P-002": "B", "P-003": "A", "P-010": None}


def test_a_session_is_recorded_only_of_who_agreed_and_each_is_asked(qtbot, filled, window, setup):
    asked = []
    filled.record_wanted.connect(lambda *what: asked.append(what))
    filled.view.choose("P-002")
    press(window, Qt.Key.Key_R)
    assert asked == [("P-002", "")]
    filled.view.choose("P-003")
    press(window, Qt.Key.Key_R)
    dialog = filled.dialog
    assert dialog.person == "P-003"
    assert [box.isChecked() for box in dialog.boxes.values()] == [False, False], "nothing is ticked beforehand"
    assert not dialog.go.isEnabled()
    dialog.boxes[EYE_IMAGES].setChecked(True)
    assert not dialog.go.isEnabled(), "pictures alone do not allow a session"
    dialog.boxes[GAZE].setChecked(True)
    dialog.initials.setText("XY")
    dialog.go.click()
    qtbot.waitUntil(lambda: len(asked) == 2)
    assert asked[1] == ("P-003", "")
    with Study.open(setup.study.folder) as study:
        person = study.participant("P-003")
        assert [(c.purpose, c.initials) for c in person.consents] == [("gaze", "XY"), ("eye-images", "XY")]
        assert not study.participant("P-010").allows_eye_images


def test_a_tick_is_for_the_text_that_was_read(filled):
    filled.ask_consent("P-003")
    dialog = filled.dialog
    dialog.boxes[GAZE].setChecked(True)
    dialog.language.setCurrentIndex(dialog.language.findData("de"))
    dialog.language.activated.emit(0)
    assert not dialog.boxes[GAZE].isChecked()
    assert "einverstanden" in dialog._texts[GAZE].text()
    dialog.reject()


def test_nobody_agrees_to_a_text_that_was_changed_while_it_was_read(qtbot, filled, setup):
    filled.ask_consent("P-003")
    dialog = filled.dialog
    dialog.boxes[GAZE].click()
    with Study.open(setup.study.folder) as study:
        study.consents.set_text(GAZE, "en", "Another text.")
    dialog.go.click()
    qtbot.waitUntil(lambda: filled.state is PageState.FAILED, timeout=20_000)
    assert "read it again" in filled.banner.text
    with Study.open(setup.study.folder) as study:
        assert study.participant("P-003").consents == ()


def test_a_changed_text_is_asked_again(qtbot, filled, setup, window):
    setup.study.set_text(GAZE, "en", "Another text.")
    qtbot.waitUntil(lambda: not setup.study.row("P-002").person.consented_in_person)
    filled.view.choose("P-002")
    press(window, Qt.Key.Key_R)
    assert filled.dialog.person == "P-002"
    assert "Another text." in filled.dialog._texts[GAZE].text()
    filled.dialog.reject()


def test_an_interrupted_session_is_offered_and_continued_in_the_same_session(filled, window):
    asked = []
    filled.record_wanted.connect(lambda *what: asked.append(what))
    assert "P-010 stopped at image 23 of 40" in filled.banner.text
    press(window, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    ((name, session_id),) = asked
    assert name == "P-010"
    assert session_id == filled._model.row("P-010").open_session.session_id


def primary(page, window) -> list[str]:
    from gazeapp.ui.widgets.basic import KeyButton

    return [b.words for b in window.findChildren(KeyButton) if b.isVisible() and b.property("role") == "primary"]


def test_each_person_has_one_primary_action_that_moves_nothing(qtbot, filled, window):
    from gazeapp.ui.widgets.basic import KeyButton

    places = []
    for name, words in (("P-002", "Record a session"), ("P-010", "Continue P-010"), ("P-003", "Record a session")):
        filled.view.choose(name)
        qtbot.wait(10)
        assert primary(filled, window) == [words]
        offered = [b for b in window.findChildren(KeyButton) if b.isVisible() and b.words == "Continue P-010"]
        assert [b.key for b in offered] == ["Ctrl+Return"], "one action, one name, one key"
        places.append(filled.person.record.mapTo(window, filled.person.record.rect().topLeft()))
    assert len(set(places)) == 1
    filled.view.clearSelection()
    assert primary(filled, window) == ["New participant"]


def test_the_banner_tells_of_who_is_marked_and_what_was_said_is_closed(qtbot, filled, setup, window):
    with Study.open(setup.study.folder) as study:
        study.record_consent("P-003")
        study.session_list.keep(
            study.new_session("P-003", "plan").session_id,
            SessionSummary(state=SessionState.INTERRUPTED, n_done=1, n_images=5),
        )
    reload(qtbot, setup)
    for name in ("P-003", "P-010"):
        filled.view.choose(name)
        assert filled.banner.text.startswith(f"{name} stopped")
    setup.study.failed.emit("No such list.")
    assert filled.banner.text.startswith("No such list.")
    qtbot.wait(10)
    press(window, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert filled.banner.text.startswith("P-010 stopped")


def test_consent_is_told_in_words_and_who_never_agreed_has_not_refused(filled):
    told = {}
    for name in ("P-002", "P-003"):
        filled.view.choose(name)
        told[name] = [filled.person._consents.texts(row)[1] for row in filled.person._consents.names]
    gaze, eyes = told["P-002"]
    assert gaze.startswith("agreed, today")
    assert eyes == "not agreed"
    assert told["P-003"] == ["none yet", "none yet"]


def test_figures_stand_below_each_other_and_share_a_wide_screen(qtbot, filled, window):
    table, head = filled.table, filled.view.horizontalHeader()
    names = [str(table.headerData(n, Qt.Orientation.Horizontal)) for n in range(table.columnCount())]
    numbers = [name for n, name in enumerate(names) if table.is_number(n)]
    assert numbers == ["age", "sessions", "accuracy", "data loss"]
    row = shown(filled).index("P-003")
    assert filled.view.found.index(row, names.index("sessions")).data() == "0", "known, and none"
    window.resize(1920, 1080)
    qtbot.wait(20)
    widths = [head.sectionSize(n) for n in range(len(names))]
    assert widths[-1] - filled.view._needed_px[-1] <= (widths[0] - filled.view._needed_px[0]) + len(widths)


def test_an_interrupted_session_can_be_left(qtbot, filled, setup):
    filled.banner._other.click()
    qtbot.waitUntil(lambda: setup.study.row("P-010").open_session is None)
    assert filled.banner.isHidden()
    filled.view.choose("P-010")
    assert filled.person.state.text() == "incomplete 22/40"


@pytest.fixture
def outdated(qtbot, filled, setup, monkeypatch):
    """Other weights made P-002's embedding; it is computed again when the test lets it be."""
    with Study.open(setup.study.folder) as study:
        study.session_list.leave(study.sessions("P-010")[0].session_id)
        study.save_embedding("P-002", replace(EMBEDDING, model_sha256="c"))
    reload(qtbot, setup)
    may_end = threading.Event()

    def renew(study, names, _networks):
        may_end.wait(10)
        for name in names:
            study.save_embedding(name, replace(EMBEDDING, n_pairs=38))
            yield name, ""

    monkeypatch.setattr(renewal, "renew", renew)
    yield filled, may_end
    may_end.set()


def test_embeddings_of_other_weights_are_computed_again_on_a_click(qtbot, outdated, setup, window):
    page, may_end = outdated
    assert "made the embedding of 1 participant" in page.banner.text
    assert plain_words(known_words(setup.study.row("P-002"))) == "40 images, outdated", "nothing is said by it"
    press(window, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert "computed again: 0 of 1" in page.banner.text
    may_end.set()
    qtbot.waitUntil(lambda: "1 embedding was computed again" in page.banner.text, timeout=60_000)  # PyTorch is imported
    qtbot.waitUntil(lambda: not setup.study.is_loading)
    with Study.open(setup.study.folder) as study:
        assert [e.n_pairs for e in study.embeddings("P-002")] == [40, 40, 38], "the former ones stay"
    assert not setup.study.outdated
    assert plain_words(known_words(setup.study.row("P-002"))) == "38 images, sure"


def test_the_offer_can_wait_until_the_study_is_opened_again(qtbot, outdated, setup):
    page, _may_end = outdated
    page.banner._other.click()
    assert page.banner.isHidden()
    reload(qtbot, setup)
    assert page.banner.isHidden()
    setup.study.open(setup.study.folder)
    qtbot.waitUntil(lambda: not setup.study.is_loading)
    assert "made the embedding of 1 participant" in page.banner.text


def test_weights_that_cannot_be_loaded_leave_everything_as_it_was(qtbot, outdated, setup, tmp_path):
    page, _may_end = outdated
    setup.study.weights = tmp_path / "none"
    setup.study.renew()
    qtbot.waitUntil(lambda: "no such weights folder" in page.banner.text, timeout=60_000)
    with Study.open(setup.study.folder) as study:
        assert len(study.embeddings("P-002")) == 2


def test_a_pseudonym_is_changed_only_before_there_are_data(qtbot, filled, setup):
    filled.view.choose("P-002")
    assert filled.person.rename.isHidden()
    filled.view.choose("P-003")
    assert filled.person.rename.isVisible()
    filled.person.rename.click()
    filled.dialog.pseudonym.setText("P-002")
    assert "already" in filled.dialog.problem.text()
    filled.dialog.pseudonym.setText("Q-003")
    filled.dialog.go.click()
    qtbot.waitUntil(lambda: "Q-003" in shown(filled))


def test_erasing_asks_and_leaves_a_count_and_a_date(qtbot, filled, setup):
    filled.view.choose("P-002")
    filled.person.erase.click()
    assert "P-002" in filled.dialog.windowTitle()
    filled.dialog.reject()
    assert "P-002" in shown(filled)
    filled.person.erase.click()
    filled.dialog.buttons["Note the withdrawal and erase"].click()
    qtbot.waitUntil(lambda: "P-002" not in shown(filled), timeout=30_000)  # files are overwritten
    assert "1 withdrawn or erased" in plain(filled.summary)
    assert setup.study.content.erasures[0].is_withdrawal


def test_a_list_adds_everybody_or_nobody(qtbot, filled, setup, tmp_path):
    (tmp_path / "list.csv").write_text("participant,age\nP-020,20\nP-021,old\n")
    filled.take_list(tmp_path / "list.csv")
    qtbot.waitUntil(lambda: filled.state is PageState.FAILED)
    assert "row 3" in filled.banner.text
    (tmp_path / "list.csv").write_text("participant,age\nP-020,20\nP-021,30\n")
    filled.take_list(tmp_path / "list.csv")
    qtbot.waitUntil(lambda: "P-021" in shown(filled))


def test_a_study_that_another_window_has_says_who(qtbot, page, setup, tmp_path):
    other = tmp_path / "other"
    with Study.create(other), FolderLock(other, "AB"):
        setup.study.open(other)
        qtbot.waitUntil(lambda: not setup.study.is_loading)
        assert "open in another window" in page.banner.text
        assert "by AB" in page.banner.text
        assert not page.new.isEnabled()
    reload(qtbot, setup)
    assert page.new.isEnabled()


def test_a_study_that_is_no_study_is_a_failure_that_names_the_file(qtbot, page, setup, tmp_path):
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "study.sqlite").write_text("this is no database, only text that is long enough")
    setup.study.open(tmp_path / "bad")
    qtbot.waitUntil(lambda: not setup.study.is_loading)
    assert "study.sqlite" in page.banner.text
    assert page.state is PageState.FAILED
    assert not page.new.isEnabled()


def test_the_header_names_the_person_of_the_session_and_not_the_one_chosen_meanwhile(filled, window, setup, session):
    from tests.ui.fake_session import FakeRun

    session.attach(FakeRun(), "P-002")
    setup.prepare(Subject(pseudonym="P-003"))
    window.refresh()
    assert window.top.person == "P-002"
    assert window.top.is_recording
    for place in ("people", "design", "analyse", "record"):
        window.open_place(place)
        assert window.top.person == "P-002"
        assert window.top.is_recording


@pytest.mark.slow
def test_five_hundred_people_are_shown_in_less_than_two_seconds(qtbot, page, setup):
    with Study.open_or_create(setup.study.folder) as study:
        study.add_participants({f"P{n:04d}": ("", {"age": float(n % 60)}) for n in range(500)})
        with study._db.transaction() as execute:
            for n in range(2000):
                row = (f"20260101T{n:06d}Z-P", f"P{n % 500:04d}")
                execute(
                    "INSERT INTO sessions VALUES (?, ?, 'plan', '2026-01-01T00:00:00Z', 'AB', '', 'complete', '', 0, "
                    "40, 40, 0.4, 0.02, 300, '')",
                    row,
                )
                (study.path / "sessions" / row[0]).mkdir()
    begin_s = time.process_time()  # of this process: another one's work is not ours to measure
    with qtbot.waitSignal(setup.study.changed):
        setup.study.reload()
    qtbot.waitUntil(lambda: len(shown(page)) == 500, timeout=5000)
    assert time.process_time() - begin_s < 2.0


def test_variables_are_edited_and_wrong_ones_are_named(qtbot, filled, setup, window):
    from gazeapp.ui.dialogs.study import VariablesDialog

    dialog = VariablesDialog(window, setup.study)
    qtbot.addWidget(dialog)
    dialog.more.click()
    assert not dialog.go.isEnabled()
    dialog.table.item(3, 0).setText("age")
    assert "another one has this name" in dialog.problem.text()
    dialog.table.item(3, 0).setText("vision")
    assert dialog.go.isEnabled()
    dialog.go.click()
    qtbot.waitUntil(lambda: "vision" in [v.name for v in setup.study.content.variables])


def test_offered_variables_are_shown_in_words_and_stored_by_their_names(german, filled, setup, window, qtbot):
    from gazeapp.ui.dialogs.study import ConsentTextsDialog, VariablesDialog

    dialog = VariablesDialog(window, setup.study)
    qtbot.addWidget(dialog)
    rows = [(dialog.table.item(row, 0).text(), dialog.table.item(row, 2).text()) for row in range(3)]
    assert rows == [("Gruppe", "A, B"), ("Alter", ""), ("Hand", "links, rechts, beide")]
    assert tuple(dialog.variables()) == setup.study.content.variables
    dialog.table.item(2, 2).setText("links, rechts, keine")
    dialog.table.item(0, 0).setText("Kurs")
    changed = dialog.variables()
    assert changed[2].choices == ("left", "right", "keine")
    assert [variable.name for variable in changed] == ["Kurs", "age", "hand"]
    setup.study.language = "de"
    texts = ConsentTextsDialog(window, setup.study)
    qtbot.addWidget(texts)
    assert texts.language.currentText() == "Deutsch"


def test_two_choices_that_sound_alike_stay_two(german):
    from gazeapp.store.study_variables import StudyVariable
    from gazeapp.ui.variable_words import choice_words, read_variable

    odd = StudyVariable(name="hand", kind="choice", choices=("left", "links"))
    assert choice_words(odd) == "left, links"
    assert read_variable(odd, "Hand", "choice", "left, links") == odd


def test_sittings_that_are_left_and_due_are_told_of_a_person_and_of_all(qtbot, filled, window, setup):
    plans = setup.study.folder / "plans"
    plans.mkdir()
    (plans / "plan.toml").write_text(
        '[plan]\nname = "plan"\n[stimuli]\nfolders = ["shipped"]\n[sittings]\ncount = 4\ngap_days = 2\n', "utf-8"
    )
    reload(qtbot, setup)
    texts = {}
    for name in ("P-002", "P-010", "P-003"):
        filled.view.choose(name)
        texts[name] = filled.person._sittings.text()
    assert "sitting 2 of 4, due " in texts["P-002"]
    assert "due now" not in texts["P-002"], "two days after the first"
    assert texts["P-010"] == "plan: sitting 1 of 4, begun"
    assert texts["P-003"] == "plan: sitting 1 of 4, due now"
    assert "2 due now" in plain(filled.summary)


@pytest.mark.parametrize(("n_pairs", "spread", "is_sure"), [(3, 0.08, False), (8, 0.08, True), (8, 0.2, False)])
def test_a_few_images_that_agree_are_not_sure(n_pairs, spread, is_sure):
    row = PersonRow(
        person=Participant(pseudonym="P1", created_utc="2026-11-30T00:00:00Z"), n_pairs=n_pairs, spread=spread
    )
    assert row.is_sure == is_sure
