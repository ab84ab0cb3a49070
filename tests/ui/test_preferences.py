"""What people look at more: a sentence in People, the difference of two people in Analyse, nothing of nobody."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from gazeapp.__main__ import main
from gazeapp.locations import assets_dir
from gazeapp.networks.preferences import preferences
from gazeapp.store import study_key
from gazeapp.store.consent import GAZE
from gazeapp.store.embedding import UserEmbedding
from gazeapp.store.study import Study
from gazeapp.store.study_encryption import encrypt_study
from gazeapp.ui.models.group_model import Side
from tests.store.example_study import make_study, record_session

DOCUMENT = json.loads((assets_dir() / "weights" / "preferences.json").read_text(encoding="utf-8"))
SLOPES = {entry["name"]: np.array(entry["slope"]) for entry in DOCUMENT["attributes"]}


def shipped(length, sha256=DOCUMENT["model_sha256"]):
    """Of somebody who looks at faces more by so much, or less."""
    direction = SLOPES["faces"] / np.linalg.norm(SLOPES["faces"])
    vector = (*(length * direction).tolist(), *[0.0] * 8)
    return UserEmbedding(vector=vector, n_pairs=32, spread=0.1, model_name="m", model_sha256=sha256, sigma_deg=1.0)


PEOPLE = {"P018": shipped(3.0), "P019": shipped(-3.0), "P020": shipped(0.0), "P021": shipped(3.0), "P023": shipped(3.0)}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """P017's embedding is of other weights, P018 looks at faces, P019 does not, P020 is average, of P021 and
    P023 a model was recorded.
    """
    folder = tmp_path_factory.mktemp("recorded") / "study"
    study, _ = make_study(folder)
    with study:
        for name, embedding in PEOPLE.items():
            is_nobody = name == "P021"
            study.add_participant(name)
            if is_nobody:
                study.note_nobody(name, "simulated")
            else:
                study.record_consent(name)
            source = "simulated" if name in ("P021", "P023") else GAZE
            session = study.new_session(name, "pilot", source=source)
            record_session(session)
            study.save_embedding(name, embedding, session_id=None if is_nobody else session.session_id)
        study.add_participant("P022")
    return folder


@pytest.fixture
def study(qtbot, window, setup, recorded):
    shutil.copytree(recorded, setup.study_dir)
    setup.study.open(setup.study_dir)
    qtbot.waitUntil(lambda: not setup.study.is_loading)
    yield setup.study
    setup.study.close()


def told(qtbot, page, name):
    page.view.choose(name)
    found = page.person.preferences
    qtbot.waitUntil(lambda: found.finding.text() != "Reading …")
    return "" if found.isHidden() else found.finding.text()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("P017", "The embedding was made by other weights; nothing is told."),
        ("P020", "Nothing stands out yet."),
        ("P021", "Simulated or replayed gaze: nothing is told of a person."),
        ("P023", "Simulated or replayed gaze: nothing is told of a person."),
        ("P022", ""),
    ],
)
def test_nothing_is_said_of_a_person_that_is_not_sure(qtbot, window, study, name, words):
    assert told(qtbot, window.people, name) == words
    assert window.people.person.preferences.table.names == []


def test_a_person_who_looks_at_faces_is_told_with_an_interval(qtbot, window, study):
    words = told(qtbot, window.people, "P018")
    more, _, _ = words.partition("Looks less")
    assert "Looks more than others at: " in more
    assert "faces" in more
    [one] = [one for one in preferences(PEOPLE["P018"]) if one.name == "faces"]
    wanted = f"+{100 * one.more:.0f} ± {100 * (one.more - one.low):.0f} %"
    assert window.people.person.preferences.table.texts("faces")[1] == wanted
    assert "faces" in told(qtbot, window.people, "P019").partition("Looks less than others at")[2]
    with Study.open(study.folder) as opened:
        opened.save_embedding("P018", shipped(0.0))
    study.reload()
    qtbot.waitUntil(lambda: window.people.person.preferences and told(qtbot, window.people, "P018").startswith("Noth"))


def test_an_encrypted_study_says_what_is_wanted(qtbot, window, study, monkeypatch):
    monkeypatch.setattr(study_key, "_COST", {"n": 1 << 8, "r": 8, "p": 1})
    monkeypatch.delenv(study_key.PASSPHRASE_VARIABLE, raising=False)
    study.close()
    encrypt_study(study.folder, "four words no sentence")
    study_key.ask_with(None)
    study.open(study.folder)
    qtbot.waitUntil(lambda: not study.is_loading)
    assert "passphrase" in told(qtbot, window.people, "P018")


def test_two_people_are_compared_on_any_image_and_groups_are_not(qtbot, window, study):
    window.open_page("analyse")
    page = window.analyse
    qtbot.waitUntil(lambda: page.model.view is not None)
    pair = page.facts.pair
    page.set_view("compare")
    qtbot.waitUntil(lambda: not page.group.is_working)
    assert pair.isHidden(), "everybody else is no person"
    page.group.set_side(0, Side(kind="person", name="P018"))
    page.group.set_side(1, Side(kind="person", name="P019"))
    qtbot.waitUntil(lambda: "P018 looks more than P019 at: " in pair.finding.text())
    figures = pair.table.texts("faces")[1]
    both = [told_of(window, name) for name in ("P018", "P019")]
    assert figures.startswith(f"+{100 * (both[0] - both[1]):.0f} ± ")
    assert len(pair.table.names) == len(SLOPES)
    page.group.set_side(1, Side(kind="person", name="P017"))
    qtbot.waitUntil(lambda: "P017: The embedding was made by other weights" in pair.finding.text())
    page.set_view("heat")
    assert pair.isHidden()


def told_of(window, name):
    return next(one.more for one in preferences(PEOPLE[name]) if one.name == "faces")


def test_the_command_line_gives_them_too(recorded, capsys):
    assert main(["participants", str(recorded), "--preferences", "--json"]) == 0
    people = {row["pseudonym"]: row["preferences"] for row in json.loads(capsys.readouterr().out)["participants"]}
    faces = next(entry for entry in people["P018"] if entry["name"] == "faces")
    assert faces["low"] < faces["more"] < faces["high"]
    assert faces["is_sure"]
    assert people["P017"] is people["P021"] is people["P023"] is people["P022"] is None
    assert main(["participants", str(recorded), "--preferences"]) == 0
    text = capsys.readouterr().out
    assert "nothing stands out yet" in text
    assert "nothing is told of a person" in text
    assert main(["participants", str(recorded), "--json"]) == 0
    assert "preferences" not in json.loads(capsys.readouterr().out)["participants"][0]


def test_practice_is_neither_left_out_nor_taken_in(qtbot, window, study):
    with Study.open(study.folder) as opened:
        session = opened.sessions("P018")[0].path
    import sqlite3

    with sqlite3.connect(session / "session.sqlite") as db:
        db.execute("UPDATE trials SET phase = 'practice' WHERE trial = 0")
    db.close()
    window.open_page("analyse")
    page = window.analyse
    page.show_session(session.name)
    qtbot.waitUntil(lambda: page.model.viewing is not None and page.model.viewing.phase == "practice")
    qtbot.waitUntil(lambda: page.exclusion.isHidden())
    QTest.keyClick(page.window(), Qt.Key.Key_X)
    assert page.dialog is None
    page.model.choose(1)
    qtbot.waitUntil(lambda: not page.exclusion.isHidden())
