"""A study whose own file is damaged."""

from __future__ import annotations

import contextlib
import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gazeapp.__main__ import main
from gazeapp.errors import DamagedSession, GazeAppError
from gazeapp.store import study_schema
from gazeapp.store.recovery.study import recover_study
from gazeapp.store.study import Study
from gazeapp.store.study_place import STUDY_NAME
from tests.store.example_study import EMBEDDING, make_study


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study") / "study"
    study, _ = make_study(folder)
    study.add_participant("P018")
    study.erase("P018")
    study.close()
    return folder


@pytest.fixture
def damaged(whole, tmp_path):
    """The first two pages, with the schema and the participants, are gone."""
    folder = tmp_path / "study"
    shutil.copytree(whole, folder)
    data = bytearray((folder / STUDY_NAME).read_bytes())
    data[: 2 * 4096] = bytes(2 * 4096)
    (folder / STUDY_NAME).write_bytes(data)
    return folder


def test_a_sound_study_is_only_looked_at(whole, capsys):
    before = (whole / STUDY_NAME).read_bytes()
    found = recover_study(whole)
    assert (found.was, found.n_participants, found.n_sessions, found.n_embeddings) == (
        "sound",
        1,
        1,
        1,
    )
    assert (whole / STUDY_NAME).read_bytes() == before
    assert main(["recover", str(whole)]) == 0
    assert "nothing was changed" in capsys.readouterr().out


def test_a_damaged_study_says_what_to_do_and_is_rebuilt(damaged, capsys):
    with pytest.raises(DamagedSession, match="gazeapp recover"):
        Study.open(damaged)
    assert main(["recover", str(damaged)]) == 0
    assert "study.sqlite.damaged" in capsys.readouterr().out
    with Study.open(damaged) as study:
        (present,) = study.participants()
        assert present.pseudonym == "P017"
        assert present.consented_in_person
        assert study.load_embedding("P017") == EMBEDDING
        assert len(study.sessions("P017")) == 1
        assert study.was_erased("P018")


def test_erasing_also_removes_what_a_recovery_set_aside(damaged):
    recover_study(damaged)
    with Study.open(damaged) as study:
        study.erase("P017")
    assert sorted(path.name for path in damaged.iterdir()) == ["images", "sessions", STUDY_NAME]
    assert repr(EMBEDDING.vector[0]).encode() not in (damaged / STUDY_NAME).read_bytes()


def test_sessions_come_back_from_their_folders(whole, tmp_path):
    folder = tmp_path / "study"
    shutil.copytree(whole, folder)
    with Study.create(tmp_path / "other") as other:
        other.add_participant("X1")
    shutil.copy(tmp_path / "other" / STUDY_NAME, folder / STUDY_NAME)
    data = bytearray((folder / STUDY_NAME).read_bytes())
    data[100:200] = bytes(100)
    (folder / STUDY_NAME).write_bytes(data)
    found = recover_study(folder)
    assert found.n_sessions == 1
    assert set(found.without_consent) == {"P017", "X1"}


def test_tables_of_a_study_differ_in_their_number_of_columns():
    counts = [len(columns) for columns in study_schema.STUDY_TABLES.values()]
    assert len(set(counts)) == len(counts)


@pytest.mark.slow
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    holes=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=64)),
        min_size=1,
        max_size=20,
    )
)
def test_damage_of_a_study_raises_only_typed_errors(whole, tmp_path, holes):
    folder = tmp_path / "fuzz"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    data = bytearray((whole / STUDY_NAME).read_bytes())
    for where, value in holes:
        start = int(where * len(data))
        data[start : start + len(value)] = value
    (folder / STUDY_NAME).write_bytes(data)
    with contextlib.suppress(GazeAppError), Study.open(folder) as study:
        study.participants()
        study.load_embedding("P017")
        study.add_participant("P099")
    with contextlib.suppress(GazeAppError):
        recover_study(folder)


@pytest.mark.parametrize("text", ["7", "[]", "{", "\x00"], ids=["number", "list", "cut", "zero"])
def test_notes_of_a_participant_that_are_none_are_told_and_recovered_without_them(tmp_path, text):
    study, _ = make_study(tmp_path / "study")
    study._db.write("UPDATE participants SET variables = ?", text)
    study.close()
    with Study.open(tmp_path / "study") as damaged, pytest.raises(DamagedSession):
        damaged.participants()
    found = recover_study(tmp_path / "study")
    assert (found.was, found.n_participants, found.n_sessions, found.n_embeddings) == ("damaged", 1, 1, 1)
    with Study.open(tmp_path / "study") as mended:
        assert mended.participant("P017").variables == {}
