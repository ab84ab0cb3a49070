"""A plan's file while it is edited: lossless, undoable, and equal to the plan it says."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gazeapp.errors import PlanError
from gazeapp.experiment.plan import (
    BlocksPlan,
    CalibrationPlan,
    ExperimentPlan,
    Look,
    PlanStep,
    ScreensPlan,
    SittingsPlan,
    StimuliPlan,
    TrialsPlan,
    Wording,
)
from gazeapp.experiment.plan_document import PlanDocument
from gazeapp.experiment.plan_reader import read_plan
from gazeapp.experiment.step_order import IMAGES, STEP_KINDS, TARGETS, WORDS, order_faults

COMMENTED = """# Study of portraits, spring
[plan]
name = "portraits"   # as in the proposal

[stimuli]
folders = ["shipped"]
sharpness = 3        # of a newer version

# first the welcome
[[steps]]
kind = "instruction"
[steps.text]
en = "Hello"         # keep short
de = "Hallo"

[trials]             # in between
duration_s = 2.5

# then the work
[[steps]]
kind = "enrol"       # the main part
x_new = "kept"
[[steps]]
kind = "thanks"
"""


@pytest.fixture
def document(tmp_path):
    (tmp_path / "plan.toml").write_text(COMMENTED, encoding="utf-8")
    return PlanDocument.open(tmp_path / "plan.toml")


def kinds(document):
    return [step["kind"] for step in document.steps]


def comments(text):
    return sorted(line.split("#", 1)[1].strip() for line in text.splitlines() if "#" in line)


def test_a_changed_value_changes_its_line_alone(document):
    document.set_value("trials", "duration_s", 4.0)
    document.set_step(1, "n_max", 5)
    before, after = COMMENTED.splitlines(), document.text.splitlines()
    assert [line for line in before if line not in after] == ["duration_s = 2.5"]
    assert [line for line in after if line not in before] == ["duration_s = 4.0", "n_max = 5"]


def test_keys_of_a_newer_version_are_kept_and_marked_and_the_plan_is_not_run(document, tmp_path):
    assert [(mistake.key, mistake.is_unknown) for mistake in document.mistakes] == [
        ("stimuli.sharpness", True),
        ("steps[1].x_new", True),
    ]
    assert document.plan is None
    document.set_step(1, "repeats", 2)
    document.save()
    assert "x_new" in (tmp_path / "plan.toml").read_text(encoding="utf-8")
    with pytest.raises(PlanError, match="sharpness"):
        read_plan(tmp_path / "plan.toml")


def test_steps_are_added_moved_and_removed_with_their_comments(document):
    document.move_step(1, 0)
    assert kinds(document) == ["enrol", "instruction", "thanks"]
    assert comments(document.text) == comments(COMMENTED)
    assert document.text.index("# then the work") < document.text.index("# first the welcome")
    document.add_step(2, "break", {"duration_s": 20, "text": {"en": "Rest", "de": "Pause"}})
    document.add_step(4, "thanks")
    assert kinds(document) == ["enrol", "instruction", "break", "thanks", "thanks"]
    assert document.steps[2] == {"kind": "break", "duration_s": 20, "text": {"en": "Rest", "de": "Pause"}}
    document.remove_step(1)
    assert kinds(document) == ["enrol", "break", "thanks", "thanks"]
    assert "first the welcome" not in document.text
    assert document.value("trials", "duration_s") == 2.5


def test_everything_can_be_undone_and_done_again(document):
    texts = [document.text]
    for change in (
        lambda: document.set_value("plan", "seed", 4),
        lambda: document.remove_step(0),
        lambda: document.add_step(1, "break"),
        lambda: document.set_step(0, "kind", "overlay"),
        lambda: document.move_step(0, 2),
    ):
        change()
        texts.append(document.text)
    for text in reversed(texts[:-1]):
        document.undo()
        assert document.text == text
    assert not document.can_undo
    for text in texts[1:]:
        document.redo()
        assert document.text == text
    assert not document.can_redo


def test_a_plan_of_phases_becomes_a_line_of_steps_when_one_is_added(tmp_path):
    text = '[plan]\nphases = ["calibrate", "enrol"] # short\n[stimuli]\nfolders = ["shipped"] # ours\n'
    document = PlanDocument(text, tmp_path / "p.toml")
    assert kinds(document) == ["calibrate", "enrol"]
    document.add_step(0, "instruction", {"text": "Hello"})
    assert kinds(document) == ["instruction", "calibrate", "enrol"]
    assert document.plan.phases == ("calibrate", "enrol")
    assert "# ours" in document.text


def test_steps_in_one_value_are_edited_where_they_are(tmp_path):
    text = 'steps = [{kind = "enrol"}, {kind = "overlay"}]\n[stimuli]\nfolders = ["shipped"]\n'
    document = PlanDocument(text, tmp_path / "p.toml")
    document.set_step(0, "repeats", 2)
    document.add_step(1, "break")
    document.move_step(0, 2)
    document.remove_step(0)
    assert [dict(step) for step in document.steps] == [{"kind": "overlay"}, {"kind": "enrol", "repeats": 2}]
    assert document.text.startswith("steps = [")


def test_a_table_that_is_not_there_is_made_and_one_in_dots_is_changed_in_place(tmp_path):
    document = PlanDocument('trials.duration_s = 2\n[stimuli]\nfolders = ["shipped"]\n', tmp_path / "p.toml")
    document.set_value("trials", "duration_s", 3)
    document.set_value("blocks", "size", 7)
    assert document.text.startswith("trials.duration_s = 3\n")
    assert document.plan.blocks.size == 7


def test_what_another_program_wrote_meanwhile_is_not_overwritten(document, tmp_path):
    document.set_value("plan", "seed", 1)
    (tmp_path / "plan.toml").write_text("[plan]\nseed = 9\n", encoding="utf-8")
    with pytest.raises(PlanError, match="another program"):
        document.save()
    document.save(tmp_path / "plans" / "other.toml")
    assert not document.is_changed
    assert document.path == tmp_path / "plans" / "other.toml"


def test_what_is_no_toml_is_refused(document):
    with pytest.raises(PlanError, match="not valid TOML"):
        document.replace_text("[plan")
    assert document.text == COMMENTED


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30).filter(
    str.strip
)
wordings = st.dictionaries(st.sampled_from(["en", "de", "pt-BR"]), texts, min_size=1, max_size=3).map(
    lambda found: tuple(Wording(language=name, text=text) for name, text in found.items())
)
seconds = st.floats(0.1, 60).map(lambda value: round(value, 3))
trials = st.builds(
    TrialsPlan,
    duration_s=seconds,
    fixation_gate=st.booleans(),
    order=st.sampled_from(["random", "fixed", "latin-square", "informative"]),
    repeats=st.integers(1, 9),
    window_deg=st.integers(1, 20).map(float),
)


@st.composite
def plans(draw):
    general = draw(trials)
    background = draw(st.sampled_from(["#808080", "#000001"]))
    usual = Look(background=background)
    looks = st.none() | st.builds(
        Look,
        scale=st.sampled_from(["fit", "native", "degrees"]),
        width_deg=st.integers(1, 60).map(float),
        background=st.sampled_from(["#808080", "#ffffff"]),
    )
    steps = []
    for kind in draw(st.lists(st.sampled_from(STEP_KINDS), min_size=1, max_size=8)):
        if kind in WORDS:
            step = PlanStep(kind=kind, text=draw(wordings), duration_s=draw(seconds))
        elif kind in IMAGES:
            own = kind == "practice" or draw(st.booleans())
            look = draw(looks)
            special = draw(st.none() | trials)
            step = PlanStep(
                kind=kind,
                folders=tuple(draw(st.lists(texts, min_size=1, max_size=3))) if own else (),
                files=tuple(draw(st.lists(texts, max_size=2))) if own else (),
                n_max=draw(st.integers(0, 5)) if own else 0,
                trials=None if special == general else special,
                look=None if look == usual else look,
            )
        else:
            targets = kind in TARGETS
            step = PlanStep(kind=kind, points=draw(st.sampled_from([0, 1, 9])) if targets else 0)
        if not order_faults([*(s.kind for s in steps), step.kind]):
            steps.append(step)
    while faults := order_faults([step.kind for step in steps]):
        del steps[faults[0][0]]
    kinds = {step.kind for step in steps}
    phases = tuple(phase for phase in ("calibrate", "validate", "enrol", "overlay") if phase in kinds)
    return ExperimentPlan(
        name=draw(texts),
        seed=draw(st.integers(0, 2**40)),
        steps=tuple(steps),
        phases=phases if steps else ("calibrate", "validate", "enrol", "overlay"),
        trials=general,
        stimuli=StimuliPlan(folders=("shipped",), background=background, variables=draw(texts | st.just(""))),
        sittings=SittingsPlan(count=draw(st.integers(1, 9)), gap_days=draw(st.sampled_from([0.0, 0.5, 2.0]))),
        blocks=BlocksPlan(size=draw(st.integers(1, 99)), break_s=draw(seconds), recalibrate=draw(st.booleans())),
        screens=ScreensPlan(participant=draw(texts | st.just(""))),
        calibration=CalibrationPlan(points=draw(st.sampled_from([1, 5, 13]))),
    )


@pytest.mark.slow
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(plans(), st.randoms(use_true_random=False))
def test_a_plan_is_the_same_after_the_editor_and_the_file(tmp_path, plan, random):
    plan = replace(plan, folder=tmp_path.resolve())
    document = PlanDocument.of(plan, tmp_path / "plan.toml")
    assert document.plan == plan
    before = document.text
    for _ in range(3):
        n = len(document.steps)
        match random.randrange(6):
            case 0:
                document.add_step(random.randint(0, n), random.choice(STEP_KINDS))
            case 1 if n:
                document.move_step(random.randrange(n), random.randrange(n))
            case 2 if n:
                document.set_step(random.randrange(n), "note", random.choice(["a # b", '"""', "x\ny"]))
            case 3 if n:
                files = [f"{random.choice(['a', 'é'])}{k}.png" for k in range(random.choice([0, 2, 40]))]
                document.set_step(random.randrange(n), "files", files or None)
            case 4 if n:
                document.set_step(random.randrange(n), "text", {"en": "a # b", "pt-BR": 'x"'})
            case 5:
                with document.as_one():
                    document.set_value("trials", "blank_s", random.random())
                    document.set_value("sittings", "count", random.choice([None, 3]))
    while document.can_undo:
        document.undo()
    assert document.text == before
    document.save()
    assert read_plan(tmp_path / "plan.toml") == plan
    assert PlanDocument.open(tmp_path / "plan.toml").text == before


def test_two_thousand_images_are_changed_at_once_and_stay_readable(tmp_path):
    document = PlanDocument(COMMENTED, tmp_path / "p.toml")
    names = [f'photographs/{n:04d} "a".jpg' for n in range(2000)]
    begin_s = time.process_time()
    for n in range(5):
        document.set_step(1, "files", names[n:])
        document.set_step(1, "n_max", 5 + n)
    assert time.process_time() - begin_s < 5
    assert document.steps[1]["files"] == names[4:]
    assert comments(document.text) == comments(COMMENTED)
    assert '\n  "photographs/0004 \\"a\\".jpg",\n' in document.text


def test_several_changes_are_one_step_of_undoing_and_none_where_one_fails(document):
    with document.as_one():
        document.set_value("plan", "seed", 4)
        document.remove_step(0)
    document.undo()
    assert document.text == COMMENTED
    document.redo()
    assert document.value("plan", "seed") == 4

    def fail():
        with document.as_one():
            document.set_value("plan", "seed", 5)
            document.set_step(99, "repeats", 1)

    with pytest.raises(IndexError):
        fail()
    assert document.value("plan", "seed") == 4


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("[trials]\nblank_s = 1 # why\n", "[trials]\nblank_s = 2 # why\n"),
        ("[trials]", "[trials]\nblank_s = 2\n"),
        ("[trials]\r\nrepeats = 3\r\n[blocks]\n", "[trials]\r\nrepeats = 3\r\nblank_s = 2\n[blocks]\n"),
        ("trials = {repeats = 3}\n", "trials = {repeats = 3,blank_s = 2}\n"),
        ('[trials]\n"blank_s" = [\n 1, # a\n 2]\n', '[trials]\n"blank_s" = 2\n'),
    ],
    ids=["there", "last line", "windows lines", "one line", "several lines"],
)
def test_a_key_is_written_where_it_belongs(tmp_path, text, after):
    document = PlanDocument(text, tmp_path / "p.toml")
    document.set_value("trials", "blank_s", 2)
    assert document.text == after
    document.set_value("trials", "blank_s", None)
    assert document.value("trials", "blank_s") is None


def test_one_text_becomes_several_languages_and_one_again(tmp_path):
    text = (
        '[stimuli]\nfolders=["shipped"]\n[[steps]]\nkind="instruction"\ntext="Hello" # first\n[[steps]]\nkind="enrol"\n'
    )
    document = PlanDocument(text, tmp_path / "p.toml")
    document.set_step(0, "text", {"en": "Hello", "pt-BR": 'Olá "você"'})
    assert document.plan.line[0].words("pt-BR") == 'Olá "você"'
    assert "# first" in document.text
    document.set_step(0, "text", "Hi")
    assert document.steps[0]["text"] == "Hi"


@pytest.mark.parametrize(
    "words",
    ['[steps.text]  # by language\nen = "Look."\nde = "Schau."\n', 'text.en = "Look."\ntext.de = "Schau."\n'],
    ids=["a table of the step", "dotted keys"],
)
def test_words_written_as_a_table_or_as_dotted_keys_are_changed_and_removed(words, tmp_path):
    text = f'# mine\n[[steps]]\nkind = "instruction"\n{words}\n[[steps]]\nkind = "enrol"  # last\nnew_key = 1\n'
    document = PlanDocument(text, tmp_path / "p.toml")
    document.set_step(0, "text", {"en": "Look around."})
    assert document.steps[0]["text"] == {"en": "Look around."}
    assert 'kind = "enrol"  # last\nnew_key = 1\n' in document.text
    assert document.text.startswith("# mine\n")
    document.set_step(0, "duration_s", 3.0)
    assert (document.steps[0]["duration_s"], document.steps[1]["new_key"]) == (3.0, 1)
    document.set_step(0, "text", None)
    assert document.steps[0] == {"kind": "instruction", "duration_s": 3.0}
    for _ in range(3):
        document.undo()
    assert document.text == text
