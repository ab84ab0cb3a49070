"""What is known about each image: read from a table beside the plan, kept with the session, exported."""

from __future__ import annotations

import json
from dataclasses import replace

import cv2
import numpy as np
import pandas as pd
import pytest

from gazeapp.__main__ import main
from gazeapp.analysis.area import Area, ImageAreas
from gazeapp.analysis.study_areas import write_study_areas
from gazeapp.analysis.viewing import read_viewings
from gazeapp.errors import PlanError
from gazeapp.experiment.image_table import read_image_table
from gazeapp.experiment.plan import CalibrationPlan, ExperimentPlan, Look, PlanStep, StimuliPlan, TrialsPlan
from gazeapp.experiment.plan_check import check_plan
from gazeapp.runtime import RunOptions, build_run
from gazeapp.store.export.session_tables import session_tables
from gazeapp.store.image_variables import ImageVariables
from gazeapp.store.reader import SessionReader
from gazeapp.store.session_state import used
from gazeapp.store.study import Study


@pytest.fixture
def folder(tmp_path):
    for n in range(3):
        cv2.imwrite(str(tmp_path / f"img{n}.png"), np.full((60, 80, 3), 60 * n, np.uint8))
    return tmp_path


def plan_with(folder, table: str | bytes, name="conditions.csv"):
    (folder / name).write_bytes(table if isinstance(table, bytes) else table.encode())
    return ExperimentPlan(
        name="p",
        phases=("enrol",),
        stimuli=StimuliPlan(files=tuple(f"img{n}.png" for n in range(3)), variables=name),
        trials=TrialsPlan(duration_s=0.5, fixation_cross_s=0, fixation_gate=False, blank_s=0, order="fixed"),
        calibration=CalibrationPlan(points=3),
        folder=folder,
    )


def read(plan):
    return read_image_table(plan, [plan.folder / name for name in plan.stimuli.files])


@pytest.mark.parametrize(
    "table",
    [
        "image,condition,size\nimg0.png,face,2\nIMG1,place,3.5\n",
        "sep=;\ncondition;Bild;size\nface;img0;2\nplace;img1.png;3.5\nother;unknown.png;9\n",
        "\ufeffimage\tcondition\tsize\nimg0\tface\t2\nimg1\tplace\t3.5\n",
    ],
    ids=["commas", "semicolons, another order", "tabs and a mark"],
)
def test_each_image_gets_its_row_whatever_the_table_looks_like(folder, table):
    known = read(plan_with(folder, table))
    assert {path.name: row for path, row in known.items()} == {
        "img0.png": {"condition": "face", "size": 2},
        "img1.png": {"condition": "place", "size": 3.5},
    }


def test_names_that_only_python_takes_for_numbers_stay_names(folder):
    known = read(plan_with(folder, "image,pair,script,size\nimg0,1_2,١٢,1e3\nimg1,1_3,٣,-2\n"))
    assert list(known.values()) == [
        {"pair": "1_2", "script": "١٢", "size": 1000.0},
        {"pair": "1_3", "script": "٣", "size": -2},
    ]


def test_numbers_that_would_lose_what_is_written_stay_text(folder):
    rows = "img0,01,1.10,7,0.5,0\nimg1,02,1.1,07,.25,10\nimg2,10,1.2,8,2,-3\n"
    known = read(plan_with(folder, f"image,condition,version,group,size,rest\n{rows}"))
    assert list(known.values()) == [
        {"condition": "01", "version": "1.10", "group": "7", "size": 0.5, "rest": 0},
        {"condition": "02", "version": "1.1", "group": "07", "size": 0.25, "rest": 10},
        {"condition": "10", "version": "1.2", "group": "8", "size": 2, "rest": -3},
    ]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("a,b\nimg0.png,1\n", "no column that names the image"),
        ("image,c\nimg0.png,1\nIMG0,2\n", "is in row 2 already"),
        ("image,c\nother.png,1\n", "names no image of this plan"),
        ("image,c,C\nimg0.png,1,2\n", "different names"),
        ("", "is empty"),
        (b"\x00\x01\x02", "no text file"),
    ],
    ids=["no column", "twice", "none of these", "same names", "empty", "no text"],
)
def test_a_table_that_cannot_be_used_is_refused_with_its_place(folder, table, said):
    with pytest.raises(PlanError, match=said) as caught:
        read(plan_with(folder, table))
    assert caught.value.key == "stimuli.variables"


def test_the_check_names_the_line_of_a_table_that_is_gone(folder):
    file = folder / "plan.toml"
    file.write_text('[plan]\nphases = ["enrol"]\n[stimuli]\nfiles = ["img0.png"]\nvariables = "no.csv"\n')
    (mistake,) = check_plan(file).mistakes
    assert (mistake.key, mistake.line) == ("stimuli.variables", 5)


def test_all_images_that_are_gone_are_told_at_once(folder):
    file = folder / "plan.toml"
    file.write_text('[stimuli]\nfiles = ["a.png", "img0.png", "b.png"]\n')
    assert len(check_plan(file).mistakes) == 2


def test_the_variables_are_kept_with_the_session_and_exported_with_its_trials(folder):
    plan = plan_with(folder, "image,condition,size\nimg0.png,face,2\nimg1.png,place,\n")
    with Study.open_or_create(folder / "study") as study:
        study.add_participant("P1")
        study.note_nobody("P1", "simulated")
    run = build_run(RunOptions(plan=plan, study=folder / "study", participant="P1"), virtual=True)
    summary = run.run_virtual()
    run.close()
    with SessionReader(summary.session.path) as reader:
        tables = {table.name: table for table in session_tables(reader)}
        trials = tables["trials"]
        (chunk,) = trials.chunks()
        rows = dict(zip([c.name for c in trials.columns], chunk, strict=True))
    assert list(rows["variable_condition"]) == ["face", "place", None]
    assert list(rows["variable_size"]) == [2, None, None]
    assert [c.name for c in tables["stimuli"].columns][-2:] == ["variable_condition", "variable_size"]


@pytest.mark.slow
def test_the_variables_survive_every_export_that_can_be_imported_and_stand_in_the_table_of_areas(folder):
    table = 'image,condition,size,=odd,code\nimg0.png,"=face, 1",2,,01\nimg1.png,place,0.5,x,1e\n'
    plan, study = plan_with(folder, table), folder / "study"
    with Study.open_or_create(study) as made:
        made.add_participant("P1")
        made.note_nobody("P1", "simulated")
    run = build_run(RunOptions(plan=plan, study=study, participant="P1"), virtual=True)
    session = run.run_virtual().session.path
    run.close()
    with SessionReader(session) as reader:
        expected = ImageVariables.read(reader)
    assert sorted(map(len, expected.of_image.values())) == [3, 4]

    for form, name in (("bids", "sub-*/**/*_physio.tsv.gz"), ("csv", "*/samples.csv")):
        dest = folder / form
        assert main(["export", str(session), "--format", form, "-o", str(dest)]) == 0
        (file,) = [path for path in dest.glob(name) if "eye2" not in path.name]
        again = folder / f"again-{form}"
        arguments = ["--format", "auto", "--study", str(again), "--participant", "P1", "--consent"]
        assert main(["import", str(file), *arguments]) == 0
        (imported,) = (again / "sessions").iterdir()
        with SessionReader(imported) as reader:
            assert ImageVariables.read(reader) == expected

    events = next((folder / "bids").rglob("*_events.json"))
    assert "condition of the image" in json.loads(events.read_text())["variable_condition"]["Description"]

    shown = {v.stimulus_id: v.image for v in read_viewings(session).viewings}
    box = Area(name="left", shape="box", points_px=((0, 0), (40, 60)))
    write_study_areas(study, [ImageAreas(image=name, sha256=key, areas=(box,)) for key, name in shown.items()])
    places = ["-o", str(folder / "areas.csv"), "--summary", str(folder / "groups.csv")]
    assert main(["areas", str(study), *places]) == 0
    for file in ("areas.csv", "groups.csv"):
        rows = pd.read_csv(folder / file).sort_values("image")
        assert list(rows["variable_condition"].fillna("")) == ["'=face, 1", "place", ""]
        assert list(rows["variable_size"].fillna(0)) == [2, 0.5, 0]
        assert list(rows["variable_=odd"].fillna("")) == ["", "x", ""]


def test_a_whole_run_practises_first_and_learns_of_the_rest_alone(folder):
    (folder / "practice").mkdir()
    cv2.imwrite(str(folder / "practice" / "p.png"), np.full((60, 80, 3), 200, np.uint8))
    plan = plan_with(folder, "image,condition\nimg0,face\n")
    steps = (PlanStep(kind="practice", folders=("practice",)), PlanStep(kind="enrol", look=Look(scale="native")))
    plan = replace(plan, steps=steps)
    with Study.open_or_create(folder / "study") as study:
        study.add_participant("P1")
        study.note_nobody("P1", "simulated")
    run = build_run(RunOptions(plan=plan, study=folder / "study", participant="P1"), virtual=True)
    summary = run.run_virtual()
    run.close()
    assert summary.embedding is not None
    assert summary.embedding.n_pairs <= 3
    with SessionReader(summary.session.path) as reader:
        trials = reader.trials()
        assert [trial.trial for trial in used(reader)] == [1, 2, 3]
    found = read_viewings(summary.session.path)
    assert [viewing.excluded for viewing in found.excluded] == ["practice"]
    assert len(found.viewings) == 3
    assert [trial.phase for trial in trials] == ["practice", "enrol", "enrol", "enrol"]
    assert [trial.frame.height_px for trial in trials] == [1080, 60, 60, 60]
