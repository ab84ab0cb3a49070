"""A study with everything in it is taken into another: nothing is left behind without a word."""

from __future__ import annotations

import shutil

import cv2
import numpy as np
import pytest

from gazeapp.analysis.area import Area, ImageAreas
from gazeapp.analysis.study_areas import read_study_areas, write_study_areas
from gazeapp.errors import DiskFull, GazeAppError
from gazeapp.experiment.plan_document import PlanDocument
from gazeapp.experiment.plan_images import image_names, list_images, lost_files
from gazeapp.experiment.plan_reader import plan_problems
from gazeapp.experiment.study_merge import merge_study
from gazeapp.experiment.study_plans import study_plans
from gazeapp.store.detection_choice import Detection, choose_detection, chosen_detection, detection_history
from gazeapp.store.session_folder import SessionFolder
from gazeapp.store.study import Study
from gazeapp.store.study_variables import StudyVariable
from tests.store.example_study import IMAGE_WH, make_study

LEFT = Area(name="face", shape="box", points_px=((0.0, 0.0), (160.0, 240.0)))
RIGHT = Area(name="face", shape="box", points_px=((160.0, 0.0), (320.0, 240.0)))
PLAN = """# by hand
[plan]
name = "pilot"
[stimuli]
folders = ["images"]  # beside the plan
[[steps]]
kind = "instruction"
text = "Look."
picture = "../pictures/arrow.png"
[[steps]]
kind = "enrol"
"""


def image(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((6, 8, 3), value, np.uint8))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """What is taken in."""
    folder = tmp_path_factory.mktemp("merge") / "other"
    study, session = make_study(folder)
    with study, session.reader() as reader:
        study.describe_participant("P017", note="late", variables={"age": 30.0, "hand": "left"})
        study.set_variables([*study.variables(), StudyVariable(name="glasses", kind="choice", choices=("yes", "no"))])
        study.consents.set_text("gaze", "de", "Ich mache mit.")
        study.exclusions.exclude("P017", session.session_id, 1, reason="coughed", initials="AB")
        study.copies.note(["P017"], "csv export", folder / "exports" / "all.csv", "gaze")
        study.copies.note(["P017"], "report", folder.parent / "report.html", "maps")
        stimulus = reader.stimulus_rows()[0]
        own = ImageAreas(image=stimulus.name, sha256=stimulus.stimulus_id, areas=(LEFT,), size_wh=IMAGE_WH)
        write_study_areas(folder, [own])
    choose_detection(folder, Detection(algorithm="idt"), initials="AB")
    plans = folder / "plans"
    image(plans / "images" / "a.png", 1)
    image(folder / "pictures" / "arrow.png", 2)
    (plans / "pilot.toml").write_text(PLAN, encoding="utf-8")
    (plans / "broken.toml").write_text("[plan\n", encoding="utf-8")
    (folder / "notes.txt").write_text("call them", encoding="utf-8")
    return folder


@pytest.fixture
def other(made, tmp_path):
    return shutil.copytree(made, tmp_path / "other")


def test_everything_comes_into_an_empty_study(other, made, tmp_path):
    into = tmp_path / "into"
    Study.create(into).close()
    done = merge_study(into, other)
    assert done.n_sessions == 1
    assert sorted(path.name for path in study_plans(into)) == ["broken.toml", "pilot.toml"]
    plan = into / "plans" / "pilot.toml"
    assert plan.read_text("utf-8") == PLAN.replace("../pictures/arrow.png", "pictures/arrow.png"), "comments stay"
    shutil.rmtree(other)
    assert plan_problems(plan) == [], "the plan needs nothing of the other study"
    assert (into / "plans" / "broken.toml").read_text("utf-8") == "[plan\n"
    assert [area.name for image in read_study_areas(into) for area in image.areas] == ["face"]
    with Study.open(into) as study:
        [session] = study.sessions()
        assert study.exclusions.of_session("P017", session.session_id).trials == {1: "coughed"}
        assert [variable.name for variable in study.variables()] == ["group", "age", "hand", "glasses"]
        assert study.participant("P017").variables == {"age": 30.0, "hand": "left"}
        assert [copy.place for copy in study.copies.of("P017")] == [
            str(other / "exports" / "all.csv"),
            str(made.parent / "report.html"),
        ], "a copy below the other study is not one below this one"
    assert chosen_detection(into) is None, "what counts here is not changed by what is taken in"
    assert [choice.algorithm for choice in detection_history(into)] == ["idt", ""]
    assert "consent to gaze (de)" in done.notes[0]
    assert done.notes[1:] == (
        "fixations: found in the other study by idt (dispersion_deg=1.0, min_duration_ms=100.0, "
        "fill_gaps=True, max_gap_ms=75.0, eye=average); here, and in what was taken in, by as recorded",
        "not taken in: images, notes.txt",
    )


def test_where_both_studies_say_something_ours_stays_and_theirs_is_there_under_another_name(other, made, tmp_path):
    into = shutil.copytree(made, tmp_path / "into")
    shutil.rmtree(into / "sessions")
    with Study.open(into) as study:
        study.describe_participant("P017", note="calm", variables={"age": 31.0, "hand": None})
        study.consents.set_text("gaze", "de", "Ich stimme zu.")
        with study._db.transaction() as execute:
            execute("DELETE FROM exclusions"), execute("DELETE FROM figures"), execute("DELETE FROM sessions")
    [own] = read_study_areas(into)
    write_study_areas(into, [ImageAreas(image=own.image, sha256=own.sha256, areas=(RIGHT,), size_wh=IMAGE_WH)])
    image(into / "plans" / "images" / "b.png", 9)
    (into / "plans" / "pilot.toml").write_text(PLAN.replace("Look.", "Look well."), encoding="utf-8")
    done = merge_study(into, other, same=["P017"])
    plans = {path.name: PlanDocument.open(path) for path in study_plans(into) if path.stem != "broken"}
    assert sorted(plans) == ["pilot-2.toml", "pilot.toml"]
    ours, theirs = plans["pilot.toml"], plans["pilot-2.toml"]
    assert theirs.value("plan", "name") == "pilot-2"
    shown = [list_images(into / "plans", image_names(plan, 1)).paths for plan in (ours, theirs)]
    assert [[path.name for path in paths] for paths in shown] == [["a.png", "b.png"], ["a.png"]]
    assert lost_files(theirs) == []
    [areas] = read_study_areas(into)
    assert [(area.name, area.points_px) for area in areas.areas] == [
        ("face", RIGHT.points_px),
        ("face 2", LEFT.points_px),
    ]
    with Study.open(into) as study:
        [session] = study.session_records("P017")
        assert session.plan_name == "pilot-2", "a session belongs to the plan that it followed"
        assert study.session(session.session_id).reader().meta["plan_name"] == "pilot-2"
        assert study.consents.text("gaze", "de").text == "Ich stimme zu."
        assert study.has_consent("P017")
        person = study.participant("P017")
        assert (person.note, dict(person.variables)) == ("calm\nlate", {"age": 31.0, "hand": "left"})
    assert done.notes == (
        "P017: age is 31 here and 30 there; 31 is kept",
        "consent to gaze (de): the text of this study is asked from now on; who agreed to the other study's is asked "
        "again, for this study gave that text up",
        f"areas of {own.image}: face is another one there; it is called face 2 here",
        "plan pilot: this study has another plan of that name; the other study's is called pilot-2 here",
        "not taken in: images, notes.txt",
    )


def test_what_is_alike_in_both_is_there_once_and_needs_no_word(other, made, tmp_path):
    into = shutil.copytree(made, tmp_path / "into")
    plan = into / "plans" / "pilot.toml"
    image(into / "plans" / "pictures" / "arrow.png", 2)
    plan.write_text(PLAN.replace("../pictures/arrow.png", "pictures/arrow.png"), encoding="utf-8")
    with Study.open(other) as study:
        [session] = study.sessions()
    session.path.rename(session.path.with_name("20250101T000000Z-01aa"))
    with Study.open(other) as study, study._db.transaction() as execute:
        for table in ("sessions", "figures", "exclusions"):
            execute(f"UPDATE {table} SET session_id = '20250101T000000Z-01aa'")
    done = merge_study(into, other, same=["P017"])
    assert sorted(path.name for path in study_plans(into)) == ["broken.toml", "pilot.toml"]
    assert sorted(path.name for path in (into / "plans").iterdir()) == [
        *("broken.toml", "images", "pictures", "pilot.toml")
    ]
    assert [len(image.areas) for image in read_study_areas(into)] == [1]
    assert chosen_detection(into).algorithm == "idt"
    assert done.notes == ("not taken in: images, notes.txt",)


@pytest.mark.parametrize("name", ["areas.json", "detection.json"])
@pytest.mark.parametrize("which", ["into", "other"])
def test_a_file_that_is_not_understood_stops_the_merge_before_anything_is_changed(other, tmp_path, name, which):
    into = tmp_path / "into"
    Study.create(into).close()
    (tmp_path / which / name).write_text("{", encoding="utf-8")
    before = sorted(path.relative_to(into) for path in into.rglob("*"))
    with pytest.raises(GazeAppError, match=name):
        merge_study(into, other)
    assert sorted(path.relative_to(into) for path in into.rglob("*")) == before
    with Study.open(into) as study:
        assert study.participants() == []


def test_a_link_among_the_plans_is_not_followed(other, tmp_path):
    into = tmp_path / "into"
    Study.create(into).close()
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key").write_text("secret")
    (other / "plans" / "linked").symlink_to(tmp_path / "secret", target_is_directory=True)
    (other / "plans" / "linked.toml").symlink_to(tmp_path / "secret" / "key")
    merge_study(into, other)
    assert not any("linked" in path.name for path in into.rglob("*"))


def test_a_plan_whose_name_is_taken_though_its_file_is_not_is_called_otherwise(other, tmp_path):
    (tmp_path / "study").mkdir()
    Study.create(tmp_path / "study").close()
    ours = tmp_path / "study" / "plans" / "first.toml"
    ours.parent.mkdir(exist_ok=True)
    ours.write_text('[plan]\nname = "pilot"\n', encoding="utf-8")
    merge_study(tmp_path / "study", other)
    names = [
        PlanDocument.open(path).value("plan", "name")
        for path in study_plans(tmp_path / "study")
        if "broken" not in path.name
    ]
    assert sorted(names) == sorted(set(names)), "no two plans are called the same"


def test_only_what_a_study_is_made_of_is_left_out_by_name(other, tmp_path):
    (other / "sessions_notes.txt").write_text("about them", encoding="utf-8")
    Study.create(tmp_path / "study").close()
    merged = merge_study(tmp_path / "study", other)
    assert any("sessions_notes.txt" in note for note in merged.notes)


def test_a_session_that_cannot_be_encrypted_is_taken_in_all_the_same_and_told(other, tmp_path, monkeypatch):
    Study.create(tmp_path / "study").close()

    def refuse(_session):
        raise DiskFull("no space left on this disk")

    monkeypatch.setattr(SessionFolder, "seal", refuse)
    merged = merge_study(tmp_path / "study", other)
    with Study.open(tmp_path / "study") as study:
        assert len(study.sessions()) == merged.n_sessions > 0
        assert all(session.database.is_file() for session in study.sessions())
    assert any("not encrypted" in note for note in merged.notes)
    assert study_plans(tmp_path / "study")


def test_a_text_that_this_study_gave_up_is_asked_again_and_that_is_said(other, tmp_path):
    with Study.create(tmp_path / "study") as study, Study.open(other) as second:
        given_up = next(
            t for t in second.consents.texts() if (t.purpose, t.language) == ("gaze", "de") and t.is_current
        )
        study.consents.set_text("gaze", "de", given_up.text)
        study.consents.set_text("gaze", "de", "Ein anderer Text.")
    merged = merge_study(tmp_path / "study", other)
    assert any("(de)" in note and "is asked again" in note for note in merged.notes)
