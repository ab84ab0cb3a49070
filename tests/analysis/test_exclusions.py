"""What is left out stays out of exports, reports, training and areas, is listed there, and can come back."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from gazeapp.__main__ import main
from gazeapp.analysis.area import Area, ImageAreas
from gazeapp.analysis.study_areas import write_study_areas
from gazeapp.analysis.viewing import read_viewings
from gazeapp.errors import StoreError
from gazeapp.gaze.detection.registry import recorded_options
from gazeapp.store.detection_choice import Detection
from gazeapp.store.exclusion import session_exclusions
from gazeapp.store.export.report import render_report
from gazeapp.store.reader import SessionReader
from gazeapp.store.session_state import used, viewed
from gazeapp.store.study import Study
from tests.store.example_study import make_study, record_session
from trainer.data.readers.sessions import read_sessions

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture
def study(tmp_path):
    made, session = make_study(tmp_path / "study")
    with made:
        yield made, session


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_an_excluded_trial_is_marked_in_exports_and_counts_nowhere(study, tmp_path):
    made, session = study
    made.exclusions.exclude("P017", session.session_id, 1, reason="looked away", initials="AB")
    with session.reader() as reader:
        assert [trial.trial for trial in used(reader)] == [0, 2]
        assert len(viewed(reader.trials())) == 3
        assert "Trial 2 is excluded: looked away" in render_report(reader)
    found = read_viewings(made.path)
    assert [viewing.trial for viewing in found.viewings] == [0, 2]
    assert [(viewing.trial, viewing.excluded) for viewing in found.excluded] == [(1, "looked away")]
    assert len(read_sessions(made.path, None).image_paths) == 2
    assert main(["export", str(made.path), "--format", "csv", "-o", str(tmp_path / "out")]) == 0
    rows = rows_of(tmp_path / "out" / session.session_id / "trials.csv")
    assert [row["excluded"] for row in rows] == ["", "looked away", ""]
    assert main(["export", str(made.path), "--format", "bids", "-o", str(tmp_path / "bids")]) == 0
    (table,) = (tmp_path / "bids").rglob("*_events.tsv")
    header, *lines = (line.split("\t") for line in table.read_text(encoding="utf-8").splitlines())
    assert [line[header.index("excluded")] for line in lines] == ["n/a", "looked away", "n/a"]


def test_an_excluded_person_is_left_out_of_exports_and_named_there(study, tmp_path, capsys):
    made, session = study
    made.add_participant("P018")
    made.record_consent("P018")
    other = made.new_session("P018", "pilot")
    record_session(other)
    made.exclusions.exclude("P017", reason="ill")
    assert main(["export", str(made.path), "--format", "csv", "-o", str(tmp_path / "out")]) == 0
    assert not (tmp_path / "out" / session.session_id).exists()
    assert json.loads((tmp_path / "out" / "excluded.json").read_text(encoding="utf-8")) == [
        {"session": session.session_id, "reason": "ill"}
    ]
    made.exclusions.exclude("P018", other.session_id, reason="test")
    capsys.readouterr()
    assert main(["export", str(made.path), "--format", "csv", "-o", str(tmp_path / "none")]) == 2
    assert "every session is excluded" in capsys.readouterr().err
    assert main(["export", str(made.path), "--format", "csv", "-o", str(tmp_path / "all"), "--include-excluded"]) == 0
    assert (tmp_path / "all" / session.session_id).exists()


def test_an_exclusion_is_taken_back_and_stays_in_the_history(study):
    made, session = study
    made.exclusions.exclude("P017", session.session_id, reason="noise")
    made.exclusions.exclude("P017", session.session_id, reason="much noise")
    assert session_exclusions(session.path).whole == "much noise"
    made.exclusions.include("P017", session.session_id, initials="CD")
    assert session_exclusions(session.path).whole == ""
    assert [(e.reason, e.is_in_force) for e in made.exclusions.history()] == [("noise", False), ("much noise", False)]


def test_an_exclusion_needs_a_reason_and_something_that_is_there(study):
    made, _session = study
    with pytest.raises(StoreError, match="reason"):
        made.exclusions.exclude("P017", reason="  ")
    with pytest.raises(StoreError, match="no participant"):
        made.exclusions.exclude("P099", reason="x")
    with pytest.raises(StoreError, match="no session"):
        made.exclusions.exclude("P017", "elsewhere", reason="x")
    with pytest.raises(StoreError, match="name the session"):
        made.exclusions.exclude("P017", trial=1, reason="x")


def test_erasing_a_person_erases_their_exclusions(study):
    made, session = study
    made.exclusions.exclude("P017", session.session_id, 0, reason="told us about a headache")
    made.erase("P017")
    assert made.exclusions.history() == []


def test_the_command_excludes_lists_and_includes(study, capsys):
    made, session = study
    place = ["exclude", str(made.path)]
    assert main([*place, "--participant", "P017", "--session", session.session_id, "--reason", "late"]) == 0
    assert "late" in capsys.readouterr().out
    assert main([*place, "--participant", "P017", "--session", session.session_id, "--include"]) == 0
    assert "nothing is excluded" in capsys.readouterr().out
    assert main([*place, "--reason", "x"]) == 2


def test_areas_of_a_study_become_a_long_table_with_groups(study, tmp_path, capsys):
    made, session = study
    made.describe_participant("P017", variables={"group": "A"})
    (tmp_path / "areas.csv").write_text(
        "image,area,shape,points_px\nscene-0.png,whole,box,0 0;320 240\nscene-1.png,left,box,0 0;160 240\n"
        "other.png,x,box,0 0;1 1\n",
        encoding="utf-8",
    )
    table, summary = tmp_path / "t.csv", tmp_path / "s.csv"
    command = ["areas", str(made.path), "--areas", str(tmp_path / "areas.csv"), "-o", str(table)]
    assert main([*command, "--summary", str(summary)]) == 0
    assert "other.png: not shown" in capsys.readouterr().out
    rows = rows_of(table)
    assert [(row["participant"], row["group"], row["image"], row["area"]) for row in rows] == [
        ("P017", "A", "scene-0.png", "whole"),
        ("P017", "A", "scene-1.png", "left"),
    ]
    assert (rows[0]["n_fixations"], rows[0]["share"], rows[0]["hit"]) == ("8", "1", "1")
    assert float(rows[0]["time_to_first_s"]) == pytest.approx(0.1)
    with session.reader() as reader:
        left = [f.x_px < 160 for f in reader.trials()[1].fixations]
    assert int(rows[1]["n_fixations"]) == sum(left)
    assert {row["group"] for row in rows_of(summary)} == {"", "A"}
    assert any(copy.kind == "areas" for copy in made.copies.of("P017"))
    assert main([*command, "--algorithm", "idt", "--json"]) == 0
    assert "idt" in rows_of(table)[0]["detection"]
    assert main([*command, "--algorithm", "best"]) == 2


def test_areas_of_images_that_were_never_shown_are_refused(study, tmp_path, capsys):
    made, _ = study
    (tmp_path / "areas.csv").write_text("image,area,shape,points_px\nx.png,a,box,0 0;1 1\n", encoding="utf-8")
    code = main(["areas", str(made.path), "--areas", str(tmp_path / "areas.csv"), "-o", str(tmp_path / "t.csv")])
    assert code == 2
    assert "none of its images was shown" in capsys.readouterr().err


def test_another_detector_leaves_what_was_recorded(study):
    made, session = study
    before = read_viewings(made.path).viewings
    anew = read_viewings(session.path, detection=Detection(algorithm="ivt", options={"threshold_deg_s": 60.0}))
    assert anew.viewings[0].detection.startswith("ivt (threshold_deg_s=60")
    assert read_viewings(made.path).viewings == before


def test_a_study_of_another_place_is_read_with_its_exclusions(study, tmp_path):
    made, session = study
    made.exclusions.exclude("P017", session.session_id, 2, reason="x")
    assert isinstance(made, Study)
    found = read_viewings(session.path)
    assert [viewing.trial for viewing in found.viewings] == [0, 1]


@pytest.mark.parametrize("name", ["calm", "rough"])
def test_the_detector_of_the_recording_finds_its_fixations_again(name, tmp_path):
    shutil.copytree(GOLDEN / name, tmp_path / name)
    with SessionReader(tmp_path / name) as reader:
        recorded = reader.meta["detection"]
    how = Detection(
        algorithm=recorded["algorithm"], options=recorded_options(recorded["algorithm"], recorded["parameters"])
    )
    stored, anew = (read_viewings(tmp_path / name, detection=d).viewings for d in (None, how))
    for before, after in zip(stored, anew, strict=True):
        assert len(before.fixations) == len(after.fixations) > 0
        assert after.points_px == pytest.approx(before.points_px, abs=1e-6)
        assert after.durations_s == pytest.approx(before.durations_s, abs=1e-9)


def test_other_fixations_are_chosen_for_a_study_and_every_reader_says_so(study, tmp_path, capsys):
    folder, session = study[0].path, study[1].path
    with SessionReader(session) as reader:
        recorded = [trial.fixations for trial in used(reader)]
    assert main(["detection", str(folder), "--algorithm", "ivt", "--option", "nonsense=1"]) == 2
    assert "nonsense" in capsys.readouterr().err
    assert main(["detection", str(folder), "--algorithm", "ivt", "--initials", "AB"]) == 0
    assert "ivt" in capsys.readouterr().out
    with SessionReader(session) as reader:
        anew, stored = [trial.fixations for trial in used(reader)], [t.fixations for t in viewed(reader.trials())]
        assert "anew" in render_report(reader)
    assert anew != recorded
    assert stored == recorded, "what was recorded stays"
    assert {viewing.fixations for viewing in read_viewings(folder).viewings} <= set(anew)
    assert main(["export", str(folder), "--format", "csv", "-o", str(tmp_path / "csv")]) == 0
    rows = rows_of(tmp_path / "csv" / session.name / "fixations.csv")
    assert {row["detection"].split(" ")[0] for row in rows} == {"ivt"}
    assert main(["detection", str(folder), "--recorded"]) == 0
    with SessionReader(session) as reader:
        assert [trial.fixations for trial in used(reader)] == recorded
    (folder / "detection.json").write_text('{"schema": 1, "choices": [{"algorithm": "x", "options": {}}]}')
    assert main(["export", str(folder), "--format", "csv", "-o", str(tmp_path / "bad")]) == 2
    assert "detection.json" in capsys.readouterr().err


def test_excluded_trials_are_marked_in_xdf_and_in_bids_physio_events(study, tmp_path):
    import gzip

    import pyxdf

    study, session = study[0].path, study[1].path
    with Study.open(study) as opened:
        opened.exclusions.exclude("P017", session.name, 1, reason="talked")
    for form in ("xdf", "bids"):
        assert main(["export", str(study), "--format", form, "-o", str(tmp_path / form)]) == 0
    streams, _ = pyxdf.load_xdf(str(next((tmp_path / "xdf").glob("*.xdf"))))
    by_name = {stream["info"]["name"][0]: stream for stream in streams}
    fixations = np.asarray(by_name["fixations"]["time_series"])
    assert set(fixations[fixations[:, 0] == 1][:, -1]) == {1.0}
    assert set(fixations[fixations[:, 0] != 1][:, -1]) == {0.0}
    assert "excluded trial=1 reason=talked" in [text for [text] in by_name["markers"]["time_series"]]
    table = next((tmp_path / "bids").rglob("*_physioevents.tsv.gz"))
    with gzip.open(table, "rt", encoding="utf-8") as file:
        assert "excluded from analysis: talked" in file.read()


@pytest.mark.slow
def test_areas_drawn_in_the_study_are_measured_and_reported_without_naming_a_file(study, tmp_path, capsys):
    study, session = study[0].path, study[1].path
    assert main(["areas", str(study), "-o", str(tmp_path / "none.csv")]) == 2
    assert "draw areas" in capsys.readouterr().err
    viewing = read_viewings(study).viewings[0]
    width, height = viewing.size_wh
    near = Area(name="all of it", shape="box", points_px=((0, 0), (width, height)))
    far = Area(name="far", shape="box", points_px=((width + 9, 0), (width + 90, 9)))
    write_study_areas(
        study, [ImageAreas(image=viewing.image, sha256=viewing.stimulus_id, areas=(near, far), size_wh=(width, height))]
    )
    assert main(["areas", str(study), "-o", str(tmp_path / "drawn.csv")]) == 0
    assert "far: lies beside the image" in capsys.readouterr().out
    [whole, _] = rows_of(tmp_path / "drawn.csv")
    assert (whole["area"], whole["share"], whole["hit"]) == ("all of it", "1", "1")
    for source, name in ((study, "study.html"), (session, "session.html"), (session, "session.pdf")):
        assert main(["report", str(source), "-o", str(tmp_path / name)]) == 0
        if name.endswith("html"):
            assert "all of it" in (tmp_path / name).read_text(encoding="utf-8")
