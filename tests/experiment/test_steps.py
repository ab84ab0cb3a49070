"""Plans as a line of steps: read with every mistake at its place, and gone through in order."""

from __future__ import annotations

import pytest

from gazeapp.errors import PlanError
from gazeapp.experiment.participant_display import Message
from gazeapp.experiment.plan import (
    BlocksPlan,
    CalibrationPlan,
    ExperimentPlan,
    PlanStep,
    StimuliPlan,
    TrialsPlan,
    Wording,
)
from gazeapp.experiment.plan_reader import plan_mistakes, read_plan
from gazeapp.experiment.schedule import lay_out, share_images
from gazeapp.experiment.state import Command, SessionStep, State
from gazeapp.experiment.step_order import order_faults
from gazeapp.experiment.toml_place import find_lines
from gazeapp.experiment.unattended import UnattendedOperator
from gazeapp.store.events import Note, PhaseStarted, StimulusHidden, StimulusShown
from tests.session_lab import Lab

STEPS = """
[plan]
name = "visit"
seed = 3
[stimuli]
folders = ["shipped"]
[trials]
duration_s = 2

[[steps]]
kind = "instruction"
[steps.text]
en = "Look at the pictures."
de = "Sehen Sie die Bilder an."

[[steps]]
kind = "calibrate"
[[steps]]
kind = "validate"

[[steps]]
kind = "enrol"
duration_s = 4
order = "fixed"

[[steps]]
kind = "break"
text = "Rest."
duration_s = 12

[[steps]]
kind = "drift"
[[steps]]
kind = "overlay"
folders = ["shipped"]
n_max = 5
[[steps]]
kind = "thanks"
text = "That was it."
"""


def write(tmp_path, text):
    path = tmp_path / "plan.toml"
    path.write_text(text, encoding="utf-8")
    return path


def words(kind, text="", **values):
    return PlanStep(kind=kind, text=(Wording(language="", text=text),) if text else (), **values)


def plan(*steps, **parts):
    kinds = {step.kind for step in steps}
    return ExperimentPlan(
        name="test",
        seed=1,
        phases=tuple(phase for phase in ("calibrate", "validate", "enrol", "overlay") if phase in kinds),
        stimuli=StimuliPlan(folders=("a",)),
        trials=TrialsPlan(duration_s=0.5, fixation_cross_s=0.2, blank_s=0.1),
        calibration=CalibrationPlan(points=5, validation_points=3),
        steps=steps,
        **parts,
    )


def led(made, **lab):
    """A session led without an experimenter, to its end; what the participant read, each text once."""
    lab = Lab(made, **lab)
    operator = UnattendedOperator(lab.controller)
    read = []
    while not lab.controller.status.state.is_over:
        operator.tick(lab.now_s)
        lab.step()
        scene = lab.controller.status.scene
        if isinstance(scene, Message) and (not read or read[-1] != scene.text):
            read.append(scene.text)
        assert lab.now_s < 300
    return lab, read


def test_every_step_is_read_with_its_own_images_timing_and_text(tmp_path):
    made = read_plan(write(tmp_path, STEPS))
    assert [step.kind for step in made.line] == [
        "instruction",
        "calibrate",
        "validate",
        "enrol",
        "break",
        "drift",
        "overlay",
        "thanks",
    ]
    assert made.phases == ("calibrate", "validate", "enrol", "overlay")
    assert made.line[0].words("de-AT") == "Sehen Sie die Bilder an."
    assert made.line[0].words("fr") == "Look at the pictures."
    assert (made.trials_of(3).duration_s, made.trials_of(3).order) == (4, "fixed")
    assert made.trials_of(6) == made.trials
    assert (made.line[6].folders, made.line[6].n_max) == (("shipped",), 5)
    assert made.line[4].duration_s == 12


def test_all_mistakes_are_told_at_once_each_at_its_line(tmp_path):
    text = (
        STEPS.replace("seed = 3", 'seed = "x"')
        .replace("duration_s = 4", "duraton_s = 4")
        .replace('kind = "drift"', 'kind = "drfit"')
        .replace("n_max = 5", "n_max = -1")
    )
    path = write(tmp_path, text)
    lines = text.splitlines()
    found = plan_mistakes(path)
    assert [(mistake.key, lines[mistake.line - 1]) for mistake in found] == [
        ("plan.seed", 'seed = "x"'),
        ("steps[3].duraton_s", "duraton_s = 4"),
        ("steps[5].kind", 'kind = "drfit"'),
        ("steps[6].n_max", "n_max = -1"),
    ]
    assert 'did you mean "drift"?' in found[2].fault
    with pytest.raises(PlanError, match=r"line 4: key 'plan\.seed' must be a whole number"):
        read_plan(path)


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        (["thanks", "enrol"], "nothing can follow"),
        (["enrol", "break"], "a step after it"),
        (["enrol", "break", "thanks"], "a step after it"),
        (["break", "enrol"], "a step before it"),
        (["enrol", "break", "break", "overlay"], "two breaks"),
        (["calibrate", "instruction", "calibrate", "enrol"], "thrown away"),
        (["validate", "validate", "enrol"], "two validations"),
        (["drift", "enrol"], "before it whose drift"),
        (["overlay", "enrol"], "put the first enrol before it"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused_with_the_reason(kinds, said):
    assert any(said in fault for _, fault in order_faults(kinds))


@pytest.mark.parametrize(
    "kinds",
    [
        ["enrol"],
        ["overlay"],
        ["calibrate", "validate", "calibrate", "validate", "enrol"],
        ["instruction", "calibrate", "instruction", "validate", "enrol", "break", "calibrate", "validate", "overlay"],
        ["enrol", "overlay", "enrol", "overlay", "instruction", "thanks"],
    ],
)
def test_any_order_that_makes_sense_is_taken(kinds):
    assert order_faults(kinds) == []


def test_phases_and_steps_exclude_each_other(tmp_path):
    found = plan_mistakes(write(tmp_path, STEPS.replace('name = "visit"', 'name = "v"\nphases = ["enrol"]')))
    assert [mistake.key for mistake in found] == ["plan.phases"]


def test_an_instruction_without_words_or_picture_is_refused(tmp_path):
    path = write(tmp_path, '[stimuli]\nfolders=["shipped"]\n[[steps]]\nkind="instruction"\n[[steps]]\nkind="enrol"')
    assert [mistake.key for mistake in plan_mistakes(path)] == ["steps[0].text"]


def test_a_step_without_images_anywhere_is_refused(tmp_path):
    path = write(tmp_path, '[[steps]]\nkind="enrol"\nfolders=["shipped"]\n[[steps]]\nkind="overlay"')
    assert [(mistake.key, mistake.line) for mistake in plan_mistakes(path)] == [("steps[1]", 4)]


def test_lines_are_found_behind_strings_comments_and_nested_values():
    text = '''# [not.a.table]
a = """
[nor.this]
b = 1
"""
"quoted key" = 'x # y'
list = [ # why
  "]", 2,
]
[[steps]]
x.y = {z = 1, w = "}"}
[[steps]]
kind = 1
[steps.text]
en = ""
[last]
k = 1'''
    lines = find_lines(text)
    for key, line in {
        "a": 2,
        "quoted key": 6,
        "list": 7,
        "steps[0]": 10,
        "steps[0].x.y": 11,
        "steps[1]": 12,
        "steps[1].kind": 13,
        "steps[1].text.en": 15,
        "last.k": 17,
    }.items():
        assert lines[key] == line, key
    assert "nor.this" not in lines


def test_images_are_shared_out_among_the_steps_and_own_images_stay_with_theirs():
    made = plan(PlanStep(kind="enrol"), PlanStep(kind="enrol"), PlanStep(kind="overlay", folders=("b",), n_max=2))
    images = share_images(made, [f"i{n}" for n in range(7)], {2: ["x", "y", "z", "x"]})
    assert sorted(images[0] + images[1]) == [f"i{n}" for n in range(7)]
    assert abs(len(images[0]) - len(images[1])) <= 1
    assert len(images[2]) == 2
    assert set(images[2]) <= {"x", "y", "z"}
    trials = lay_out(made, images)
    assert [trial.step for trial in trials] == sorted(trial.step for trial in trials)


def test_a_session_goes_through_all_its_steps_and_the_participant_reads_each_text():
    made = plan(
        words("instruction", "welcome"),
        PlanStep(kind="calibrate"),
        words("instruction", "again"),
        PlanStep(kind="validate"),
        words("instruction", "now pictures"),
        PlanStep(kind="enrol"),
        words("break", "rest", duration_s=3.0),
        PlanStep(kind="drift"),
        PlanStep(kind="overlay"),
        words("thanks", "bye"),
    )
    lab, read = led(made)
    assert lab.controller.status.state is State.FINISHED
    assert read == ["welcome", "again", "now pictures", "rest", "bye"]
    assert [event.phase for event in lab.of(PhaseStarted)] == [
        "calibrate",
        "validate",
        "instruction",
        "enrol",
        "break",
        "overlay",
    ]
    assert lab.controller.status.drift is not None


def test_images_after_a_second_calibration_wait_for_it_and_its_validation():
    made = plan(
        PlanStep(kind="calibrate"),
        PlanStep(kind="enrol"),
        PlanStep(kind="calibrate"),
        PlanStep(kind="validate"),
        PlanStep(kind="overlay"),
    )
    lab, _ = led(made)
    assert [event.phase for event in lab.of(PhaseStarted)] == ["calibrate", "enrol", "calibrate", "validate", "overlay"]
    assert not lab.of(Note)


def test_a_validation_between_images_needs_no_calibration():
    lab, _ = led(plan(PlanStep(kind="enrol"), PlanStep(kind="validate"), PlanStep(kind="overlay")))
    assert [event.phase for event in lab.of(PhaseStarted)] == ["enrol", "validate", "overlay"]


def test_an_instruction_waits_until_somebody_goes_on():
    lab = Lab(plan(words("instruction", "read me"), PlanStep(kind="enrol")))
    lab.controller.connect(lab.now_s)
    lab.controller.start_trials(lab.now_s)
    for _ in range(200):
        lab.step()
    status = lab.controller.status
    assert status.step is SessionStep.INSTRUCTION
    assert Command.CONTINUE in status.allowed
    lab.controller.continue_now(lab.now_s)
    lab.until(State.FINISHED)


def test_words_come_back_after_a_pause():
    lab = Lab(plan(words("instruction", "read me"), PlanStep(kind="calibrate"), PlanStep(kind="enrol")))
    lab.controller.connect(lab.now_s)
    assert lab.controller.status.scene.text == "read me"
    lab.controller.start_calibration(lab.now_s)
    lab.controller.pause(lab.now_s)
    lab.controller.resume(lab.now_s)
    lab.until(State.CALIBRATED)
    assert not isinstance(lab.controller.status.scene, Message)


def test_each_step_has_its_own_timing():
    slow = TrialsPlan(duration_s=1.5, fixation_cross_s=0.2, blank_s=0.1)
    lab, _ = led(plan(PlanStep(kind="enrol"), PlanStep(kind="overlay", trials=slow)))
    shown = {event.trial: event.time_s for event in lab.of(StimulusShown)}
    hidden = {event.trial: event.time_s for event in lab.of(StimulusHidden)}
    lasted = [round(hidden[n] - shown[n], 1) for n in sorted(shown)]
    assert lasted[0] == 0.5
    assert lasted[-1] == 1.5


def test_a_step_that_is_ended_early_leaves_the_next_of_its_kind_alone():
    lab = Lab(plan(PlanStep(kind="enrol"), words("break", "rest", duration_s=1.0), PlanStep(kind="enrol")), n_images=6)
    lab.controller.connect(lab.now_s)
    lab.controller.start_trials(lab.now_s)
    lab.step()
    lab.controller.end_phase(lab.now_s)
    lab.until(State.FINISHED)
    assert len(lab.of(StimulusShown)) == 1 + 3


def test_the_estimate_of_steps_is_their_sum(tmp_path):
    made = read_plan(write(tmp_path, STEPS))
    estimate = made.estimate_steps([0, 0, 0, 10, 0, 0, 5, 0])
    assert estimate.n_trials == 15
    assert estimate.steps_s[3] == pytest.approx(10 * (4 + 0.6 + 0.4 + 0.3))
    assert estimate.steps_s[6] == pytest.approx(5 * (2 + 0.6 + 0.4 + 0.3))
    assert estimate.steps_s[4] == 12
    assert estimate.total_s == pytest.approx(sum(estimate.steps_s))


def test_a_step_break_comes_instead_of_the_one_between_blocks():
    made = plan(
        PlanStep(kind="enrol"),
        words("break", "own", duration_s=1.0),
        PlanStep(kind="enrol"),
        blocks=BlocksPlan(size=3, break_s=5.0),
    )
    assert made.estimate_steps([3, 0, 3]).breaks_s == 0
    _, read = led(made, n_images=6)
    assert read == ["own", "That was all.\nThank you."]


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ["A short break.", "That was all."]),
        ("de-AT", ["Eine kurze Pause.", "Das war alles."]),
        ("fr", ["A short break.", "That was all."]),
    ],
)
def test_where_the_plan_says_nothing_the_participant_still_reads_their_language(language, expected):
    made = plan(PlanStep(kind="enrol"), blocks=BlocksPlan(size=2, break_s=2.0))
    _, read = led(made, n_images=4, language=language)
    assert [text.partition("\n")[0] for text in read] == expected


def test_practice_is_shown_and_teaches_nothing_and_changes_no_other_order(tmp_path):
    def line(*before):
        return plan(words("calibrate"), *before, words("enrol"), words("overlay"))

    made = line(PlanStep(kind="practice", folders=("b",)))
    ids = [f"image-{n}" for n in range(6)]
    without = [t.stimulus_id for t in lay_out(line(), share_images(line(), ids, {}))]
    trials = lay_out(made, share_images(made, ids, {1: ["x", "y"]}))
    assert [t.phase for t in trials[:2]] == ["practice", "practice"]
    assert {t.stimulus_id for t in trials[:2]} == {"x", "y"}
    assert [t.stimulus_id for t in trials[2:]] == without


def test_practice_needs_images_of_its_own_and_images_to_practise_for(tmp_path):
    text = '[stimuli]\nfolders = ["shipped"]\n[[steps]]\nkind = "enrol"\n[[steps]]\nkind = "practice"\n'
    faults = [m.fault for m in plan_mistakes(write(tmp_path, text))]
    assert any("images of its own" in fault for fault in faults)
    assert any("put it before" in fault for fault in faults)


def test_a_step_has_its_own_size_background_and_targets(tmp_path):
    path = write(
        tmp_path,
        '[stimuli]\nfolders = ["shipped"]\n[[steps]]\nkind = "calibrate"\npoints = 5\n[[steps]]\nkind = "enrol"\n'
        'scale = "degrees"\nwidth_deg = 12\nbackground = "#000000"\n[[steps]]\nkind = "instruction"\ntext = "a"\n'
        'background = "#ffffff"\n[[steps]]\nkind = "enrol"\n',
    )
    made = read_plan(path)
    assert made.points_of(made.line[0]) == 5
    assert made.look_of(1).width_deg == 12
    assert made.look_of(2).background == "#ffffff"
    assert made.look_of(3).scale == "fit"
    assert made.estimate_steps([0, 0, 0, 0]).steps_s[0] == pytest.approx(5 * 1.7)
    wrong = write(tmp_path, path.read_text("utf-8").replace("= 12", "= 0").replace("= 5", "= 4"))
    assert [m.key for m in plan_mistakes(wrong)] == ["steps[0].points", "steps[1].width_deg"]


def test_each_calibration_shows_as_many_targets_as_its_step_says():
    made = plan(
        PlanStep(kind="calibrate", points=3),
        PlanStep(kind="validate", points=1),
        words("enrol"),
        words("calibrate"),
        words("enrol"),
    )
    lab, _ = led(made)
    assert [len(attempt.points) for attempt in lab.controller.status.attempts] == [3, 5]


def test_images_appear_in_the_size_and_on_the_background_of_their_step(tmp_path):
    import cv2
    import numpy as np

    from gazeapp.experiment.plan import Look
    from gazeapp.experiment.stimulus_set import StimulusSet
    from tests.session_lab import DISPLAY

    file = tmp_path / "half.png"
    cv2.imwrite(str(file), np.zeros((60, 80, 4), np.uint8))
    black = Look(scale="native", background="#102030")
    made = plan(words("enrol"), words("enrol", look=black))
    found = StimulusSet(made, DISPLAY, [file])
    (stimulus,) = found.stimulus_ids
    assert found.frame(stimulus, 0).height_px == DISPLAY.height_px
    assert found.frame(stimulus, 1).height_px == 60
    assert found.image_rgb(stimulus, 1)[0, 0].tolist() == [0x10, 0x20, 0x30]
    assert found.image_rgb(stimulus, 0)[0, 0].tolist() == [128, 128, 128]
    lab, _ = led(made)
    shown = [event for event in lab.events if isinstance(event, StimulusShown)]
    assert len(shown) == 4
