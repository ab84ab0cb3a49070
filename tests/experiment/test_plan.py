from __future__ import annotations

from dataclasses import fields, replace

import pytest

from gazeapp.errors import PlanError
from gazeapp.experiment.plan import ExperimentPlan, StimuliPlan, TrialsPlan, default_plan
from gazeapp.experiment.plan_reader import read_plan
from gazeapp.locations import assets_dir

WHOLE = """
[plan]
name = "portraits"
seed = 7
phases = ["calibrate", "validate", "enrol", "overlay"]
[stimuli]
folders = ["faces"]
files = ["extra/one.png"]
scale = "degrees"
width_deg = 20
background = "#101010"
[trials]
duration_s = 2.5
fixation_cross_s = 1
fixation_gate = false
order = "latin-square"
repeats = 2
[blocks]
size = 10
break_s = 20
recalibrate = true
[screens]
participant = "DP-2"
experimenter = "eDP-1"
[quality]
pass_deg = 0.7
warn_deg = 1.4
max_loss = 0.3
"""


def write(tmp_path, text):
    path = tmp_path / "plan.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_key_of_a_whole_plan_is_read(tmp_path):
    plan = read_plan(write(tmp_path, WHOLE))
    assert (plan.name, plan.seed) == ("portraits", 7)
    assert plan.phases == ("calibrate", "validate", "enrol", "overlay")
    assert plan.stimuli.folders == ("faces",)
    assert plan.stimuli.files == ("extra/one.png",)
    assert (plan.stimuli.scale, plan.stimuli.width_deg) == ("degrees", 20.0)
    assert plan.trials.duration_s == 2.5
    assert plan.trials.fixation_gate is False
    assert (plan.trials.order, plan.trials.repeats) == ("latin-square", 2)
    assert (plan.blocks.size, plan.blocks.break_s, plan.blocks.recalibrate) == (10, 20.0, True)
    assert (plan.screens.participant, plan.screens.experimenter) == ("DP-2", "eDP-1")
    assert (plan.quality.pass_deg, plan.quality.warn_deg, plan.quality.max_loss) == (0.7, 1.4, 0.3)
    assert plan.folder == tmp_path


def test_a_plan_without_a_name_is_called_like_its_file(tmp_path):
    assert read_plan(write(tmp_path, '[stimuli]\nfolders = ["a"]')).name == "plan"


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        ('[plan]\nnmae = "x"', "plan.nmae", 'did you mean "name"?'),
        ('[plan]\nname = "x"\n[trails]\nduration_s = 3\n[stimuli]\nfolders=["a"]', "trails", '"trials"'),
        ("[plan]\nname = 3", "plan.name", "a string"),
        ('[plan]\nname = "x"\nseed = 1.5', "plan.seed", "a whole number"),
        ('[plan]\nname = "x"\nphases = ["calibrate", "enroll"]', "plan.phases", 'did you mean "enrol"?'),
        ('[plan]\nname = "x"\nphases = ["enrol", "calibrate"]', "plan.phases", "in the order"),
        ('[plan]\nname = "x"\nphases = []', "plan.phases", "at least one"),
        ('[plan]\nname = "x"', "stimuli.folders", "must name images"),
        ('[stimuli]\nfolders = "faces"', "stimuli.folders", "a list of strings"),
        ('[stimuli]\nfolders = ["a"]\nscale = "big"', "stimuli.scale", '"fit", "native", "degrees"'),
        ('[stimuli]\nfolders = ["a"]\nscale = "degrees"', "stimuli.width_deg", "above 0"),
        ('[stimuli]\nfolders = ["a"]\nbackground = "grey"', "stimuli.background", "#rrggbb"),
        ('[stimuli]\nfolders = ["a"]\n[trials]\nduration_s = "3"', "trials.duration_s", "a number"),
        ('[stimuli]\nfolders = ["a"]\n[trials]\nduration_s = 0', "trials.duration_s", "from 0.1"),
        ('[stimuli]\nfolders = ["a"]\n[trials]\nfixation_gate = 1', "trials.fixation_gate", "true or false"),
        ('[stimuli]\nfolders = ["a"]\n[trials]\nrepeats = true', "trials.repeats", "a whole number"),
        ('[stimuli]\nfolders = ["a"]\n[trials]\nview = "mouse"', "trials.view", '"mouse-contingent"'),
        ('[stimuli]\nfolders = ["a"]\n[trials]\nwindow_deg = 0', "trials.window_deg", "from 0.5"),
        ('[stimuli]\nfolders = ["a"]\n[trials]\nblurdeg = 1', "trials.blurdeg", 'did you mean "blur_deg"?'),
        ('[stimuli]\nfolders = ["a"]\n[blocks]\nsize = 0', "blocks.size", "at least 1"),
        ('[stimuli]\nfolders = ["a"]\n[quality]\npass_deg = 2', "quality.warn_deg", "at least pass_deg"),
        ('[stimuli]\nfolders = ["a"]\n[calibration]\npoints = 4', "calibration.points", "1, 3, 5, 9, 13"),
        ("trials = 3", "trials", "a table [trials]"),
    ],
)
def test_a_wrong_key_is_refused_by_file_name_and_expectation(tmp_path, text, key, said):
    path = write(tmp_path, text)
    with pytest.raises(PlanError) as refusal:
        read_plan(path)
    assert str(path) in refusal.value.message
    assert repr(key) in refusal.value.message
    assert said in refusal.value.message
    assert refusal.value.key == key


@pytest.mark.parametrize("content", [b"[plan\nname=", b"\xff\xfe\x00", None], ids=["broken", "binary", "absent"])
def test_a_plan_that_cannot_be_read_is_refused_by_file(tmp_path, content):
    path = tmp_path / "plan.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PlanError, match=r"plan\.toml"):
        read_plan(path)


def test_the_duration_is_the_sum_of_targets_trials_and_breaks():
    plan = ExperimentPlan(
        name="x",
        phases=("calibrate", "enrol"),
        stimuli=StimuliPlan(folders=("a",)),
        trials=TrialsPlan(duration_s=3, fixation_cross_s=1, fixation_gate=False, blank_s=0, repeats=2),
    )
    estimate = plan.estimate(n_enrol=50, n_overlay=10)
    assert estimate.n_trials == 100
    assert estimate.breaks_s == 2 * 30
    assert estimate.phases_s["enrol"] == 400
    assert estimate.total_s == pytest.approx(9 * 1.7 + 400 + 60)


def test_the_default_plan_runs_every_phase_on_the_shipped_images():
    plan = default_plan()
    assert plan.phases == ("calibrate", "validate", "enrol", "overlay")
    assert plan.stimuli.folders == ("shipped",)


def test_the_shipped_steps_are_a_plan():
    plan = read_plan(assets_dir() / "plans" / "steps.toml")
    kinds = [step.kind for step in plan.steps]
    assert kinds == ["instruction", "calibrate", "validate", "enrol", "break", "drift", "overlay", "thanks"]


def test_the_shipped_example_holds_every_key_with_its_default():
    path = assets_dir() / "plans" / "example.toml"
    plan = read_plan(path)
    assert replace(plan, folder=default_plan().folder) == default_plan(name="example")
    text = path.read_text(encoding="utf-8")
    parts = ("stimuli", "trials", "blocks", "screens", "quality", "calibration", "sittings")
    for part in parts:
        for field in fields(getattr(plan, part)):
            assert f"\n{field.name} = " in text
