"""Studies that are copied, moved, backed up and merged."""

from __future__ import annotations

import json
import shutil

import pytest

from gazeapp.__main__ import main
from gazeapp.errors import AlreadyExists, FolderInUse, SettingsError, StoreError
from gazeapp.experiment.study_merge import merge_study
from gazeapp.store.study import Study
from gazeapp.store.study_transfer import back_up, copy_study, move_study
from tests.store.example_study import EMBEDDING, make_study


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("studies") / "one"
    study, _ = make_study(folder)
    study.describe_participant("P017", note="calm", variables={"age": 31.0})
    study.add_participant("P020")
    study.erase("P020")
    study.close()
    return folder


@pytest.fixture
def one(made, tmp_path):
    return shutil.copytree(made, tmp_path / "one")


@pytest.fixture
def two(made, tmp_path):
    folder = shutil.copytree(made, tmp_path / "two")
    with Study.open(folder) as study:
        study.add_participant("P030")
        study.describe_participant("P017", note="arrived late", variables={"age": 30.0, "group": "A"})
    (session,) = (folder / "sessions").iterdir()
    new = session.with_name("20250101T000000Z-P017")
    session.rename(new)
    with Study.open(folder) as study, study._db.transaction() as execute:
        execute("UPDATE sessions SET session_id = ?", (new.name,))
    return folder


def test_a_copy_is_the_study_and_a_link_is_not_followed(one, tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    (one / "link.txt").symlink_to(tmp_path / "secret.txt")
    copy = copy_study(one, tmp_path / "deep" / "copy")
    with Study.open(copy) as study:
        assert [p.pseudonym for p in study.participants()] == ["P017"]
        (session,) = study.sessions()
        with session.reader() as reader:
            assert len(reader.trials()) == 3
            assert reader.stimuli.load(reader.trials()[0].frame.stimulus_id).rgb.size
    assert not (copy / "link.txt").exists()
    with pytest.raises(AlreadyExists):
        copy_study(one, copy)
    with pytest.raises(SettingsError, match="inside"):
        copy_study(one, one / "sessions" / "copy")


def test_nothing_is_copied_while_a_session_is_recorded(one, tmp_path):
    with Study.open(one) as study:
        session = study.sessions()[0]
    with session.writer(), pytest.raises(FolderInUse, match="being recorded"):
        copy_study(one, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_a_backup_is_noted_for_everybody_in_it(one, tmp_path):
    done = back_up(one, tmp_path / "backups")
    assert done.name.startswith("one-2")
    with Study.open(one) as study:
        (copy,) = study.copies.of("P017")
    assert (copy.kind, copy.place.endswith(done.name)) == ("backup", True)


def test_a_study_moves_also_to_another_disk(one, tmp_path, monkeypatch):
    moved = move_study(one, tmp_path / "moved")
    assert not one.exists()
    monkeypatch.setattr("pathlib.Path.rename", _only_within(tmp_path / "elsewhere"))
    again = move_study(moved, tmp_path / "elsewhere" / "study")
    assert not moved.exists()
    with Study.open(again) as study:
        assert len(study.sessions()) == 1


def _only_within(folder):
    import os
    from pathlib import Path

    def rename(self: Path, target: Path):
        if folder not in self.parents:
            raise OSError(18, "Invalid cross-device link")
        os.rename(self, target)  # noqa: PTH104  Path.rename is what is replaced
        return target

    return rename


def test_a_clash_of_pseudonyms_is_asked_about(one, two):
    with pytest.raises(AlreadyExists, match="P017: in both studies") as refused:
        merge_study(one, two)
    assert refused.value.clashes == ("P017",)
    with Study.open(one) as study:
        assert len(study.participants()) == 1


def test_one_person_in_two_studies_becomes_one(one, two):
    done = merge_study(one, two, same=["P017"])
    assert (set(done.participants), done.n_sessions) == ({"P017", "P030"}, 1)
    with Study.open(one) as study:
        person = study.participant("P017")
        assert len(person.sessions) == 2
        assert person.note == "calm\narrived late"
        assert dict(person.variables) == {"age": 31.0, "group": "A"}
        assert len(study.embeddings("P017")) == 2
        assert study.passes_check()
    with pytest.raises(AlreadyExists, match="merged before"):
        merge_study(one, two, same=["P017", "P030"])


@pytest.mark.slow
def test_two_people_with_one_pseudonym_stay_two(one, two):
    merge_study(one, two, renamed={"P017": "Q-017"})
    with Study.open(one) as study:
        (session,) = study.sessions("Q-017")
        assert session.session_id == "20250101T000000Z-Q-017"
        with session.reader() as reader:
            assert (reader.pseudonym, reader.session_id) == ("Q-017", session.session_id)
        assert study.load_embedding("Q-017") == EMBEDDING
        assert study.load_embedding("P017") == EMBEDDING
    assert b"P017" not in b"".join(p.read_bytes() for p in session.path.iterdir() if p.is_file())
    with Study.open(two) as study:
        assert [p.pseudonym for p in study.participants()] == ["P017", "P030"], "the other study stays as it was"


def test_somebody_who_was_erased_does_not_come_back(one, two):
    with Study.open(two) as study:
        study.add_participants({"P020": ("", {})})
    with pytest.raises(StoreError, match="P020 was erased"):
        merge_study(one, two, same=["P017"])
    with Study.open(one) as study:
        assert len(study.sessions()) == 1


@pytest.mark.slow
def test_on_the_command_line(one, two, tmp_path, capsys):
    assert main(["study", "merge", str(one), str(two)]) == 2
    assert "--same" in capsys.readouterr().err
    assert main(["study", "merge", str(one), str(two), "--rename", "P017=Q-017", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["n_sessions"] == 1
    assert main(["study", "backup", str(one), str(tmp_path / "b"), "--json"]) == 0
    assert (tmp_path / "b").is_dir()
    assert main(["consent", str(one), "--purpose", "gaze", "--language", "de"]) == 0
    assert "Ich bin einverstanden" in capsys.readouterr().out
    (tmp_path / "text.txt").write_text("Neuer Text.", encoding="utf-8")
    assert main(["consent", str(one), "--language", "de", "--set", str(tmp_path / "text.txt"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["texts"][0]["text"] == "Neuer Text."
    assert main(["participants", str(one), "--add", "P055", "--set", "group=B", "--note", "x", "--json"]) == 0
    rows = {row["pseudonym"]: row for row in json.loads(capsys.readouterr().out)["participants"]}
    assert rows["P055"]["variables"] == {"group": "B"}
    assert rows["P017"]["session_states"][0]["state"] == "complete"
