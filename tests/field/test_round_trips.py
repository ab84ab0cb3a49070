"""What this program exports comes back: equal, or what is lost is said."""

from __future__ import annotations

import dataclasses
import shutil

import numpy as np
import pytest

from gazeapp.errors import UnreadableTable
from gazeapp.runtime.import_session import import_recording
from gazeapp.store.events import Note, StimulusShown
from gazeapp.store.export.formats import ExportRequest, export
from gazeapp.store.imports.formats import read_recording, recognise_format
from gazeapp.store.imports.recording import ImportSettings
from gazeapp.store.reader import SessionReader
from gazeapp.store.study import Study
from tests.store.example_study import make_study


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    study, session = make_study(tmp_path_factory.mktemp("original") / "study")
    with session.writer() as writer:
        writer.write_event(Note(time_s=3.5, text="the door, opened"))
    study.close()
    return session


def come_back(original, form, folder):
    """The session that an export becomes when it is imported again."""
    written = export(ExportRequest(source=original.path, form=form, dest=folder / form))
    wanted = {"csv": "samples.csv", "parquet": "samples.parquet", "xdf": ".xdf", "bids": "eye1_physio.tsv.gz"}[form]
    (path,) = [p for p in written if p.name.endswith(wanted)]
    assert recognise_format(path) == form
    recording = read_recording(path, "auto", ImportSettings())
    study = Study.create(folder / "again")
    study.add_participant("P1")
    study.record_consent("P1")
    stimuli = named_images(original, folder / "images") if form == "xdf" else None
    made = import_recording(study, "P1", recording, source=path, form=form, stimuli=stimuli)
    study.close()
    return made.session, recording


def named_images(session, folder):
    """The images under their own names: a stream file does not carry them."""
    folder.mkdir()
    with SessionReader(session.path) as reader:
        for row in reader.stimulus_rows():
            shutil.copyfile(reader.stimuli.path(row.stimulus_id), folder / row.name)
    return folder


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_session_exported_as_tables_is_the_same_session_again(original, form, tmp_path):
    pytest.importorskip("pyarrow")
    session, recording = come_back(original, form, tmp_path)
    with SessionReader(original.path) as first, SessionReader(session.path) as again:
        for corrected in (False, True):
            a, b = first.samples(corrected=corrected), again.samples(corrected=corrected)
            for name in (f.name for f in dataclasses.fields(a) if f.name != "eyes"):
                np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)
        assert [(t.fixations, t.carried_over, t.frame, t.timing) for t in again.trials()] == [
            (t.fixations, t.carried_over, t.frame, t.timing) for t in first.trials()
        ]
        assert again.display == first.display
        assert [e for e in again.events()] == [e for e in first.events()]
        assert [(c.points, c.correction, c.status) for c in again.calibrations()] == [
            (c.points, c.correction, c.status) for c in first.calibrations()
        ]
        assert again.corrections() == first.corrections()
        assert [v.report for v in again.validations()] == [v.report for v in first.validations()]
        assert [row.name for row in again.stimulus_rows()] == [row.name for row in first.stimulus_rows()]
    assert any("computed again" in note for note in recording.notes)


@pytest.mark.parametrize("form", ["xdf", "bids"])
def test_what_recorders_exchange_keeps_gaze_images_and_messages(original, form, tmp_path):
    pytest.importorskip("pyxdf")
    session, _ = come_back(original, form, tmp_path)
    with SessionReader(original.path) as first, SessionReader(session.path) as again:
        a, b = first.samples(corrected=True), again.samples()
        shift_s = 0.0 if form == "xdf" else float(a.time_s[0])
        np.testing.assert_allclose(b.time_s, a.time_s - shift_s, atol=1e-9)
        np.testing.assert_array_equal(a.left_px, b.left_px)
        np.testing.assert_array_equal(a.right_px, b.right_px)
        np.testing.assert_array_equal(a.left_pupil_mm, b.left_pupil_mm)
        if form == "xdf":
            np.testing.assert_array_equal(a.device_time_s, b.device_time_s)
            np.testing.assert_array_equal(a.receive_time_s, b.receive_time_s)
        assert again.display == first.display
        shown = [(t.shown_s + shift_s, t.hidden_s + shift_s) for t in again.trials()]
        np.testing.assert_allclose(shown, [(t.shown_s, t.hidden_s) for t in first.trials()], atol=1e-9)
        assert [t.frame.stimulus_id for t in again.trials()] == [t.frame.stimulus_id for t in first.trials()]
        texts = [e.text for e in again.events() if isinstance(e, Note)]
        assert any("the door, opened" in text for text in texts)
        assert sum(isinstance(e, StimulusShown) for e in again.events()) == len(first.trials())


def test_tables_of_several_sessions_pool_without_a_join(original, tmp_path):
    import csv

    export(ExportRequest(source=original.path, form="csv", dest=tmp_path / "csv"))
    folder = tmp_path / "csv" / original.session_id
    for name in ("samples", "fixations", "trials", "events"):
        with (folder / f"{name}.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert {(row["participant"], row["session"]) for row in rows} == {("P017", original.session_id)}
    with (folder / "fixations.csv").open(newline="") as file:
        assert {row["trial_id"] for row in csv.DictReader(file)} == {f"{original.session_id}-{n:04d}" for n in range(3)}


def test_what_was_changed_beside_the_samples_of_an_export_is_refused_or_passed_over(original, tmp_path):
    written = export(ExportRequest(source=original.path, form="csv", dest=tmp_path / "csv"))
    (samples,) = [path for path in written if path.name == "samples.csv"]
    stimuli, records = samples.with_name("stimuli.csv"), samples.with_name("records.json")
    rows = [row.split(",") for row in stimuli.read_text().splitlines()]
    for name in ("n" * 5000, "../secret.png"):
        rows[1][rows[0].index("file")] = name
        stimuli.write_text("\n".join(map(",".join, rows)) + "\n")
        recording = read_recording(samples, "auto", ImportSettings())
        assert recording.images[0].file is None
    for text in ('{"calibrations": [1]}', '{"corrections": [true]}', '{"validations": "none"}'):
        records.write_text(text)
        with pytest.raises(UnreadableTable, match="damaged export"):
            read_recording(samples, "auto", ImportSettings())
