"""Participants: variables, notes, renaming, lists, consents by purpose and content."""

from __future__ import annotations

import pytest

from gazeapp.errors import AlreadyExists, ConsentMissing, SettingsError, StoreError, UnreadableTable
from gazeapp.store.consent import DEFAULT_TEXTS, parse_purposes
from gazeapp.store.embedding import UserEmbedding
from gazeapp.store.participant_list import add_generated, import_list, next_pseudonym
from gazeapp.store.study import Study
from gazeapp.store.study_variables import StudyVariable, parse_value

EMBEDDING = UserEmbedding(vector=(1.0,), n_pairs=1, spread=0.1, model_name="m", model_sha256="c", sigma_deg=1.0)


@pytest.fixture
def study(tmp_path):
    with Study.create(tmp_path / "study") as study:
        study.add_participant("P001")
        yield study


def test_group_age_and_hand_are_offered(study):
    assert [(v.name, v.kind) for v in study.variables()] == [("group", "choice"), ("age", "number"), ("hand", "choice")]


def test_values_are_of_the_type_of_their_variable(study):
    group, age, hand = study.variables()
    study.describe_participant(
        "P001", note="glasses", variables={"group": parse_value(group, " b "), "age": parse_value(age, "23,5")}
    )
    person = study.participant("P001")
    assert (person.note, dict(person.variables)) == ("glasses", {"group": "B", "age": 23.5})
    for variable, text in ((group, "C"), (age, "old"), (age, "1,000.5"), (age, "nan"), (hand, "foot")):
        with pytest.raises(SettingsError, match=variable.name):
            parse_value(variable, text)
    study.describe_participant("P001", variables={"age": None})
    assert "age" not in study.participant("P001").variables
    with pytest.raises(StoreError, match="no variable 'shoe'"):
        study.describe_participant("P001", variables={"shoe": "42"})


def test_a_variable_that_goes_and_comes_back_keeps_its_values(study):
    before = study.variables()
    study.describe_participant("P001", variables={"age": 30.0})
    study.set_variables([StudyVariable(name="vision", kind="text")])
    assert dict(study.participant("P001").variables) == {}
    study.set_variables(before)
    assert dict(study.participant("P001").variables) == {"age": 30.0}
    for wrong in (
        [StudyVariable(name="a", kind="text"), StudyVariable(name="A", kind="text")],
        [StudyVariable(name="", kind="text")],
        [StudyVariable(name="x", kind="choice")],
        [StudyVariable(name="participant", kind="text")],
    ):
        with pytest.raises(SettingsError):
            study.set_variables(wrong)


def test_a_pseudonym_changes_only_before_there_are_data(study):
    study.record_consent("P001")
    study.rename_participant("P001", "Q-001")
    assert study.participant("Q-001").consented_in_person
    study.rename_participant("Q-001", "q-001")
    study.add_participant("P002")
    with pytest.raises(AlreadyExists):
        study.rename_participant("q-001", "p002")
    study.new_session("q-001", "plan")
    with pytest.raises(StoreError, match="before the first session"):
        study.rename_participant("q-001", "R-001")
    study.record_consent("P002")
    study.save_embedding("P002", EMBEDDING)
    with pytest.raises(StoreError, match="before the first session"):
        study.rename_participant("P002", "R-001")


def test_a_consent_is_for_a_purpose_and_a_text(study):
    with pytest.raises(ConsentMissing):
        study.new_session("P001", "plan")
    study.record_consent("P001", language="de", initials="AB")
    person = study.participant("P001")
    (consent,) = person.consents
    assert (consent.purpose, consent.language, consent.initials) == ("gaze", "de", "AB")
    assert not person.allows_eye_images
    study.record_consent("P001", "eye-images")
    assert study.participant("P001").consented_to(eye_images=True)
    # a changed text asks again, in its language alone
    study.consents.set_text("gaze", "en", "A new text.")
    assert study.has_consent("P001")
    study.consents.set_text("gaze", "de", "Ein neuer Text.")
    assert not study.has_consent("P001")
    assert study.has_consent("P001", "eye-images")
    with pytest.raises(ConsentMissing):
        study.new_session("P001", "plan")
    # what was agreed to stays readable, and holds again with the text itself
    kept = {text.version: text.text for text in study.consents.texts()}
    assert kept[consent.version] == DEFAULT_TEXTS["gaze"]["de"]
    study.consents.set_text("gaze", "de", DEFAULT_TEXTS["gaze"]["de"])
    assert study.has_consent("P001")


def test_purposes_are_named_one_by_one():
    assert parse_purposes("gaze, eye-images") == ("gaze", "eye-images")
    for wrong in ("", "all", "gaze;eye-images"):
        with pytest.raises(ValueError, match="eye-images"):
            parse_purposes(wrong)


@pytest.mark.parametrize(
    "content",
    [
        b"participant,group,age,note\nP001,A,20,\nP010,a,21,calm\nP011,B,,\n",
        "\ufeffparticipant;age;group\r\nP010;21;A\r\nP011;;B\r\n".encode(),
        "Pseudonym\tAge\tGroup\nP010\t21\tA\nP011\t\tB\n".encode("utf-16"),
        "sep=;\nid;age;group\nP010;21,0;A\nP011;;B\n".encode("latin-1"),
    ],
    ids=["comma", "semicolon with a mark", "tab in UTF-16", "as Excel writes it"],
)
def test_a_list_is_read_as_people_save_it(study, tmp_path, content):
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    assert import_list(study, path) == ["P010", "P011"]
    person = study.participant("P010")
    assert dict(person.variables) == {"group": "A", "age": 21.0}
    assert not person.consents
    assert import_list(study, path) == []


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"name,age\nAnna,20\n", "no column named participant"),
        (b"participant,shoe\nP010,42\n", "no variable 'shoe'"),
        (b"participant,age\nP010,20\nP010,21\n", "row 3: P010 is in row 2 already"),
        (b"participant,age\nP010,20\np010,21\n", "row 2"),
        (b"participant,age\nP010,young\n", "row 2: age: 'young' is not a number"),
        (b"participant,age\nAnna Berg,20\n", "row 2"),
        (b"participant,age\np001,20\n", "upper and lower case"),
        (b"participant,age\nP010,20,7,8\n", "cells"),
        (b"participant\n\x00\x01\x02", "no text file"),
        (b"participant,age\n\x81\x8d,20\n", "save it as UTF-8"),
    ],
)
def test_a_wrong_list_adds_nobody_and_says_where(study, tmp_path, content, told):
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    with pytest.raises(UnreadableTable, match=told):
        import_list(study, path)
    assert [person.pseudonym for person in study.participants()] == ["P001"]


@pytest.mark.slow
def test_pseudonyms_are_made_in_the_row_that_the_study_uses(study):
    assert add_generated(study, 2) == ["P002", "P003"]
    study.erase("P003")
    assert next_pseudonym(study) == "P004", "an erased one is not given again"
    with pytest.raises(SettingsError):
        add_generated(study, 0)


def test_names_of_a_study_without_rows_stay_free_of_meaning(tmp_path):
    with Study.create(tmp_path) as study:
        assert next_pseudonym(study) == "P-001"
        study.add_participant("blue-heron")
        assert next_pseudonym(study).startswith("P-")
