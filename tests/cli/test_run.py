from __future__ import annotations

import json
import zlib

import cv2
import numpy as np
import pytest

from gazeapp.__main__ import main
from gazeapp.store.embedding import UserEmbedding
from gazeapp.store.events import PhaseStarted
from gazeapp.store.reader import SessionReader
from gazeapp.store.study import Study

pytestmark = pytest.mark.slow

EMBEDDING = UserEmbedding(vector=(1.0,), n_pairs=40, spread=0.05, model_name="m", model_sha256="c", sigma_deg=1.0)
SHORT = """
[plan]
name = "short"
phases = ["enrol"]
[stimuli]
folders = ["images"]
[trials]
duration_s = 1.0
fixation_cross_s = 0.3
"""


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """A folder with a short plan and two images, made the current one."""
    folder = tmp_path / "images"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for n in range(2):
        image = np.full((120, 160, 3), 200, np.uint8)
        cv2.circle(image, tuple(int(v) for v in rng.integers(30, 90, 2)), 20, (0, 0, 220), -1)
        cv2.imwrite(str(folder / f"drawn-{n}.png"), image)
    (tmp_path / "plan.toml").write_text(SHORT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(capsys, *argv):
    """The one line on stderr of a command that must end with 2."""
    capsys.readouterr()
    code = main(list(argv))
    said = capsys.readouterr().err
    assert code == 2, said
    assert "Traceback" not in said
    lines = [line for line in said.splitlines() if line.startswith("gazeapp run:")]
    assert len(lines) == 1, said
    return lines[0]


def headless(*extra):
    device = () if "--device" in extra else ("--device", "simulated")
    return ["run", "plan.toml", "--participant", "P01", "--headless", "--study", "study", *device, *extra]


def sessions(lab):
    return sorted((lab / "study" / "sessions").glob("*"))


def test_check_validates_and_prints_the_duration(lab, capsys):
    assert main(["run", "plan.toml", "--check"]) == 0
    out = capsys.readouterr().out
    assert "is valid" in out
    assert "duration" in out
    assert "2 images" in out
    assert not (lab / "gazeapp-study").exists()


def test_check_prints_json(lab, capsys):
    assert main(["run", "plan.toml", "--check", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["n_trials"] == 2
    assert document["total_s"] == pytest.approx(2 * (1.0 + 0.3 + 0.4 + 0.3))


def test_a_simulated_run_leaves_a_session_and_an_embedding(lab, capsys):
    assert main(headless("--json")) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["state"] == "finished"
    assert document["n_trials"] == 2
    with SessionReader(lab / document["session"]) as reader:
        assert reader.meta["plan_name"] == "short"
        assert reader.meta["tracker"]["backend"] == "simulated"
        assert set(reader.meta["weights"]) == set(reader.meta["weights"])
    with Study.open(lab / "study") as study:
        assert study.participant("P01").n_embeddings == 1
        assert study.participant("P01").consent_version == "simulated"


def test_a_rehearsal_of_a_listed_person_stores_no_consent_and_says_that_it_is_one(lab, capsys):
    with Study.open_or_create(lab / "study") as study:
        study.add_participant("P01")
        study.add_participant("P02")
        study.record_consent("P02")
        study.save_embedding("P02", EMBEDDING)
    assert main(headless()) == 0
    assert "rehearsal: nobody was recorded" in capsys.readouterr().out
    assert main([*headless("--json"), "--participant", "P02"]) == 0
    assert json.loads(capsys.readouterr().out)["source"] == "simulated"
    assert main(["participants", str(lab / "study"), "--json"]) == 0
    first, second = json.loads(capsys.readouterr().out)["participants"]
    assert first["consented_utc"] is None
    assert second["consented_to"] == ["gaze", "simulated"]
    assert [row["session_states"][0]["source"] for row in (first, second)] == ["simulated"] * 2
    with Study.open(lab / "study") as study:
        assert study.load_embedding("P02") == EMBEDDING, "nobody's gaze says nothing about a person"
        assert study.participant("P01").n_embeddings == 1
        study.record_consent("P01")
        assert study.participant("P01").n_embeddings == 0, "nor once there is one"


def test_a_person_must_have_consented(lab, capsys):
    assert "--consent" in refused(capsys, *headless("--device", "lsl"))
    assert sessions(lab) == []


def test_what_a_simulation_noted_is_no_persons_consent(lab, capsys):
    with Study.open_or_create(lab / "study") as study:
        study.add_participant("P01")
        study.note_nobody("P01", "simulated")
    assert "P01 has not consented" in refused(capsys, *headless("--device", "lsl"))


def test_a_wrong_key_is_named_with_its_file(lab, capsys):
    (lab / "plan.toml").write_text(SHORT.replace("duration_s", "duraton_s"), encoding="utf-8")
    line = refused(capsys, "run", "plan.toml", "--check")
    assert "plan.toml" in line
    assert "trials.duraton_s" in line
    assert 'did you mean "duration_s"?' in line


def test_a_plan_without_stimuli_says_how_to_name_some(lab, capsys):
    (lab / "plan.toml").write_text('[plan]\nname = "x"\n', encoding="utf-8")
    assert "no stimuli" in refused(capsys, "run", "plan.toml", "--check")


def test_an_empty_stimulus_folder_is_named(lab, capsys):
    for path in (lab / "images").iterdir():
        path.unlink()
    line = refused(capsys, *headless())
    assert "images" in line
    assert "stimuli.folders" in line


STEPS = """
[stimuli]
folders = ["images"]
[trials]
duration_s = 1.0
[[steps]]
kind = "instruction"
text = {en = "Look.", de = "Bitte schauen."}
[[steps]]
kind = "enrol"
[[steps]]
kind = "break"
duration_s = 2
[[steps]]
kind = "overlay"
files = ["images/drawn-1.png"]
[[steps]]
kind = "thanks"
text = "Done."
"""


def test_check_prints_every_mistake_at_its_line_and_nothing_else(lab, capsys):
    wrong = STEPS.replace("duration_s = 2", "durtion_s = 2").replace("1.0", '"1"').replace('"thanks"', '"bye"')
    (lab / "plan.toml").write_text(wrong, encoding="utf-8")
    capsys.readouterr()
    assert main(["run", "plan.toml", "--check"]) == 2
    said = capsys.readouterr()
    assert [line.partition(":")[2].partition(":")[0] for line in said.err.splitlines()] == [
        " plan.toml, line 5",
        " plan.toml, line 13",
        " plan.toml, line 18",
    ]
    assert said.out == ""
    assert main(["run", "plan.toml", "--check", "--json"]) == 2
    found = json.loads(capsys.readouterr().out)
    assert [mistake["key"] for mistake in found["mistakes"]] == [
        "trials.duration_s",
        "steps[2].durtion_s",
        "steps[4].kind",
    ]


def test_check_says_each_step_and_how_long_it_takes(lab, capsys):
    (lab / "study" / "plans").mkdir(parents=True)
    (lab / "study" / "plans" / "visit.toml").write_text(STEPS.replace("images", "../../images"), encoding="utf-8")
    assert main(["run", "visit", "--check", "--study", "study"]) == 0
    rows = [line.split()[:2] for line in capsys.readouterr().out.splitlines()[1:]]
    assert [row[0] for row in rows] == ["instruction", "enrol", "break", "overlay", "thanks", "duration"]
    assert rows[2][1] == "0:02"


def test_a_simulated_session_goes_through_every_step(lab, capsys):
    (lab / "plan.toml").write_text(STEPS, encoding="utf-8")
    assert main(headless("--json", "--language", "de")) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["state"], document["n_trials"]) == ("finished", 3)
    with SessionReader(lab / document["session"]) as reader:
        phases = [event.phase for event in reader.events() if isinstance(event, PhaseStarted)]
        assert phases == ["instruction", "enrol", "break", "overlay"]
        assert [row[4] for row in reader.meta["schedule"]] == [1, 1, 3]
        assert reader.meta["plan"]["steps"][0]["text"][1] == {"language": "de", "text": "Bitte schauen."}


def test_a_missing_plan_is_named(lab, capsys):
    assert "absent.toml" in refused(capsys, "run", "absent.toml", "--check")


@pytest.mark.parametrize(
    ("content", "said"), [(b"not an image", "bad.png"), (b"", "bad.png"), ("cut", "bad.png"), ("huge", "million")]
)
def test_an_image_that_cannot_be_used_is_named_before_anything_is_stored(lab, capsys, content, said):
    if content == "cut":
        content = (lab / "images" / "drawn-0.png").read_bytes()[:200]
    elif content == "huge":  # a valid header that announces 30000 x 30000 pixels
        whole = bytearray((lab / "images" / "drawn-0.png").read_bytes())
        whole[16:24] = (30000).to_bytes(4, "big") * 2
        whole[29:33] = zlib.crc32(whole[12:29]).to_bytes(4, "big")
        content = bytes(whole)
    (lab / "images" / "bad.png").write_bytes(content)
    line = refused(capsys, *headless())
    assert "bad.png" in line
    assert said in line
    assert sessions(lab) == []


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--display", "1920,1080"], "--display"),
        (["--display", "1920,1080,531,299,0"], "distance_mm"),
        (["--device-option", "rate_hz"], "KEY=VALUE"),
        (["--device-option", "rate=500"], "rate"),
        (["--device-option", "observer=zoe"], "zoe"),
        (["--device", "replay"], "file=SAMPLES"),
        (["--device", "replay", "--device-option", "file=absent.csv"], "absent.csv"),
        (["--algorithm", "guess"], "guess"),
        (["--weights", "nowhere"], "nowhere"),
        (["--participant", "Jane Doe"], "pseudonym"),
    ],
    ids=[
        "short-display",
        "flat-display",
        "option",
        "unknown-option",
        "observer",
        "no-file",
        "absent-file",
        "algorithm",
        "weights",
        "name",
    ],
)
def test_a_wrong_option_is_named(lab, capsys, argv, said):
    assert said in refused(capsys, *headless(*argv))
    assert sessions(lab) == []


def test_a_participant_is_needed(lab, capsys):
    assert "--participant" in refused(capsys, "run", "plan.toml", "--headless")


@pytest.mark.parametrize("damage", ["cut", "foreign", "swapped"])
def test_damaged_or_foreign_weights_are_named_before_anything_is_stored(lab, capsys, damage):
    from gazeapp.locations import assets_dir

    weights = lab / "weights"
    weights.mkdir()
    for path in (assets_dir() / "weights").glob("*.safetensors"):
        (weights / path.name).write_bytes(path.read_bytes())
    victim = weights / "personal.safetensors"
    if damage == "cut":
        victim.write_bytes(victim.read_bytes()[: victim.stat().st_size // 2])
    elif damage == "foreign":
        victim.write_bytes(b"\x80\x04pickle is never executed")
    else:
        victim.write_bytes((weights / "universal.safetensors").read_bytes())
    assert "personal.safetensors" in refused(capsys, *headless("--weights", "weights"))
    assert sessions(lab) == []


def test_a_recording_that_ends_too_early_counts_as_a_lost_tracker_and_the_session_is_kept(lab, capsys):
    lines = ["time_s,left_x_px,left_y_px,right_x_px,right_y_px"]
    lines += [f"{n / 250:.4f},960,540,960,540" for n in range(300)]
    (lab / "cut.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    line = refused(capsys, *headless("--device", "replay", "--device-option", "file=cut.csv"))
    assert "lost" in line
    assert "the session so far" in line
    (folder,) = sessions(lab)
    assert folder.name in line
    with SessionReader(folder) as reader:
        assert reader.n_samples == 300
        assert len(reader.trials()) >= 1


def test_gaze_that_follows_no_targets_ends_with_advice(lab, capsys):
    plan = SHORT.replace('phases = ["enrol"]', 'phases = ["calibrate", "enrol"]')
    (lab / "plan.toml").write_text(plan + "[calibration]\npoints = 1\n", encoding="utf-8")
    lines = ["time_s,x_px,y_px"] + [f"{n / 60:.4f},nan,nan" for n in range(6000)]
    (lab / "blind.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    line = refused(capsys, *headless("--device", "replay", "--device-option", "file=blind.csv"))
    assert "no calibration after 3 attempts" in line
    assert "leave calibrate and validate out" in line


def test_an_erased_participant_is_refused(lab, capsys):
    with Study.create(lab / "study") as study:
        study.add_participant("P01")
        study.erase("P01")
    assert "erased" in refused(capsys, *headless())
