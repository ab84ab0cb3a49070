"""A study with everything in it, moved, copied, backed up and merged: each session says the same there as before.

In it are a session corrected afterwards, an imported one, an interrupted one, exclusions, and an embedding; it is plain
or encrypted.
"""

import shutil

import numpy as np
import pytest

from gazeapp.__main__ import main
from gazeapp.experiment.study_merge import merge_study
from gazeapp.gaze.correction import Correction
from gazeapp.gaze.correction_late import LateCorrection
from gazeapp.store import study_key
from gazeapp.store.exclusion import ExclusionList, session_exclusions
from gazeapp.store.recalibration import apply_recalibration
from gazeapp.store.study import Study
from gazeapp.store.study_encryption import encrypt_study
from gazeapp.store.study_transfer import back_up, copy_study, move_study
from tests.store.example_study import make_study, record_session

WORDS, OTHERS = "four words no sentence", "five words and no sentence"


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    monkeypatch.setattr(study_key, "_COST", {"n": 1 << 8, "r": 8, "p": 1})
    monkeypatch.setattr(study_key, "_opened", {})


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("full") / "study"
    study, first = make_study(folder)
    study.add_participant("Größe-2")
    study.record_consent("Größe-2")
    record_session(study.new_session("Größe-2", "pilot"))
    ExclusionList(study._db).exclude("P017", first.session_id, 1, reason="coughed", initials="AB")
    ExclusionList(study._db).exclude("Größe-2", reason="fell asleep")
    study.close()
    apply_recalibration(
        first.path, LateCorrection(from_time_s=0.0, correction=Correction.shift((30.0, -12.0))), {"finding": "shifted"}
    )
    table = folder.parent / "elsewhere.csv"
    rows = [f"{0.01 * n:.2f},{400 + n % 50},{300 + n % 30}" for n in range(300)]
    table.write_text("time_s,x_px,y_px\n" + "\n".join(rows) + "\n")
    options = ["--study", str(folder), "--participant", "P030", "--display", "1920,1080,531,299,650"]
    assert main(["import", str(table), *options, "--consent", "gaze", "--json"]) == 0
    return folder


@pytest.fixture(params=["plain", "encrypted"])
def study(request, made, tmp_path):
    folder = shutil.copytree(made, tmp_path / "study")
    if request.param == "encrypted":
        encrypt_study(folder, WORDS)
    return folder


def essence(folder, rename=None):
    """Whatever a session says, by whose it is; gaze as it is used."""
    found, rename = {}, rename or {}
    with Study.open(folder) as study:
        for session in study.sessions():
            with session.reader() as reader:
                assert (reader.pseudonym, reader.session_id) == (session.pseudonym, session.session_id)
                samples = reader.samples(corrected=True)
                gaze = samples.left_px if samples.left_px is not None else samples.right_px
                key = rename.get(session.pseudonym, session.pseudonym), reader.n_samples
                found[key] = {
                    "state": reader.state,
                    "gaze": float(np.nansum(gaze)) if gaze is not None else 0.0,
                    "fixations": [[(f.x_px, f.y_px) for f in trial.fixations] for trial in reader.trials()],
                    "recorded": len(reader.recorded_trials()),
                    "recalibrations": [(r.correction is None, r.finding) for r in reader.recalibrations()],
                    "images": [reader.stimuli.load(row.stimulus_id).rgb.sum() for row in reader.stimulus_rows()],
                    "excluded": session_exclusions(session.path),
                    "counts": reader.counts(),
                }
        people = {
            rename.get(p.pseudonym, p.pseudonym): (p.note, dict(p.variables), len(p.consents), p.n_embeddings)
            for p in study.participants()
        }
        assert study.passes_check()
    return found, people


def lock(*folders):
    for folder in folders:
        study_key.lock(folder)


def unlock(*folders, words=WORDS):
    for folder in folders:
        if study_key.is_encrypted(folder):
            study_key.unlock(folder, words)


def test_a_copy_a_backup_and_a_moved_study_say_the_same(study, tmp_path, monkeypatch):
    unlock(study)
    before = essence(study)
    copy, backup = copy_study(study, tmp_path / "copy"), back_up(study, tmp_path / "backups")
    lock(study)
    unlock(copy, backup)
    assert essence(copy) == essence(backup) == before
    lock(study)
    moved = move_study(study, tmp_path / "moved")
    unlock(moved)
    assert essence(moved) == before


@pytest.mark.parametrize("words", ["", OTHERS], ids=["into plain", "into encrypted"])
def test_a_merged_study_says_the_same_under_its_new_names(study, tmp_path, words):
    into = tmp_path / "into"
    with Study.create(into) as other:
        other.add_participant("p017")
        other.describe_participant("p017", note="another P017")
    if words:
        encrypt_study(into, words)
        unlock(into, words=words)
    unlock(study)
    renamed = {"P017": "Q-017"}
    before, people = essence(study, renamed)
    merge_study(into, study, renamed=renamed)
    lock(into, study)
    unlock(into, words=words)
    after, all_of_them = essence(into)
    assert after == before
    assert all_of_them.pop("p017") == ("another P017", {}, 0, 0)
    assert all_of_them == people
    if words:
        assert not any(into.rglob("session.sqlite")), "nothing lies there in plain"
