"""An interrupted session goes on at the next image, in the same file, with the gap marked."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest

from gazeapp.__main__ import main
from gazeapp.errors import SessionError
from gazeapp.experiment.continuation import plan_from_json, read_continuation
from gazeapp.experiment.plan_reader import read_plan
from gazeapp.runtime.build import plan_json
from gazeapp.runtime.earlier_pairs import viewed_pairs
from gazeapp.runtime.options import RunOptions
from gazeapp.store.events import StimulusShown
from gazeapp.store.session_state import SessionState, viewed
from gazeapp.store.study import Study
from gazeapp.store.study_transfer import copy_study

PLAN = """
[plan]
name = "six"
phases = ["calibrate", "validate", "enrol", "overlay"]
[stimuli]
folders = ["images"]
n_enrol = 4
[trials]
duration_s = 0.6
fixation_cross_s = 0.1
blank_s = 0.1
[calibration]
points = 5
validation_points = 3
"""


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory):
    """A real session in real time, killed at its third image or so."""
    folder = tmp_path_factory.mktemp("lab")
    images = folder / "images"
    images.mkdir()
    rng = np.random.default_rng(0)
    for n in range(6):
        image = np.full((120, 160, 3), 30 * n + 40, np.uint8)
        cv2.circle(image, tuple(int(v) for v in rng.integers(30, 90, 2)), 20, (0, 0, 220), -1)
        cv2.imwrite(str(images / f"drawn-{n}.png"), image)
    (folder / "plan.toml").write_text(PLAN, encoding="utf-8")
    command = [sys.executable, "-m", "gazeapp", "run", "plan.toml", "--participant", "P01", "--headless", "--realtime"]
    command += ["--device", "simulated", "--study", "study", "--experimenter", "AB"]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        deadline_s = time.monotonic() + 120
        while time.monotonic() < deadline_s and process.poll() is None:
            time.sleep(0.1)
            found = list((folder / "study" / "sessions").glob("*/session.sqlite"))
            if found and _n_viewed(found[0]) >= 2:
                break
        os.kill(process.pid, signal.SIGKILL)
    for path in images.iterdir():
        path.unlink()  # the session has its own
    return folder / "study"


def _n_viewed(database) -> int:
    import sqlite3

    with sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=1) as connection:
        try:
            (n,) = connection.execute("SELECT count(*) FROM trials").fetchone()
        except sqlite3.Error:
            n = 0
    connection.close()
    return int(n)


@pytest.mark.slow
def test_a_killed_session_is_resumed_to_its_end(interrupted, tmp_path, capsys):
    study_dir = copy_study(interrupted, tmp_path / "study")
    with Study.open(study_dir) as study:
        (record,) = study.session_records()
    n_before = record.summary.n_done
    assert record.state is SessionState.INTERRUPTED
    assert 2 <= n_before < 6
    with Study.open(study_dir) as study, study.session(record.session_id).reader() as reader:
        before_s, n_shown = reader.last_sample_s(), sum(isinstance(e, StimulusShown) for e in reader.events())
    command = ["run", "--resume", record.session_id, "--study", str(study_dir), "--headless", "--json"]
    assert main([*command, "--device", "simulated"]) == 0
    assert json.loads(capsys.readouterr().out)["n_trials"] == 6 - n_before
    with Study.open(study_dir) as study:
        (after,) = study.session_records()
        assert (after.state, after.summary.n_done, after.summary.n_images) == (SessionState.COMPLETE, 6, 6)
        assert after.experimenter == "AB"
        assert study.load_embedding("P01").n_pairs == 4, "what was learnt before the interruption is joined"
        with study.session(record.session_id).reader() as reader:
            trials, parts = reader.trials(), reader.parts()
            assert len(parts) == 2
            assert parts[1].start_s > before_s
            assert len({trial.frame.stimulus_id for trial in viewed(trials)}) == 6, "every image once"
            assert len({trial.trial for trial in trials}) == len(trials)
            assert min(t.trial for t in trials if t.shown_s > parts[1].start_s) >= n_shown, "no number twice"
            numbers = [row.number for row in reader.calibrations()]
            assert numbers == [1, 2]
            assert all(b > a for a, b in itertools.pairwise(reader.sample_times()))
            (gap,) = [row for row in reader.problems() if row.kind == "resumed"]
            assert gap.gap_s == pytest.approx(parts[1].start_s - before_s, abs=0.5)
            # what is between the parts is corrected by nothing
            in_force = [row for row in reader.corrections() if row.from_time_s == parts[1].start_s]
            assert in_force[0].correction is None
            assert {row.name for row in reader.stimulus_rows()} == {f"drawn-{n}.png" for n in range(6)}
    assert main([*command, "--device", "simulated"]) == 2
    assert "is complete" in capsys.readouterr().err


@pytest.mark.slow
def test_what_cannot_be_continued_says_why(interrupted, tmp_path, capsys):
    study_dir = copy_study(interrupted, tmp_path / "study")
    with Study.open(study_dir) as study:
        (session,) = study.sessions()
        pairs = viewed_pairs(study, "P01", is_nobody=True)
        assert len(pairs) >= 2
        assert not viewed_pairs(study, "P01"), "a person's embedding never learns from a simulation"
        study.add_participant("P02")
    command = ["run", "--resume", session.session_id, "--study", str(study_dir), "--headless"]
    for extra, told in (
        (["--device", "simulated", "--participant", "P02"], "is of P01, not of P02"),
        (["--device", "replay", "--device-option", "file=x"], ""),
        (["plan.toml", "--device", "simulated"], "leave PLAN.toml out"),
    ):
        assert main([*command, *extra]) == 2
        assert told in capsys.readouterr().err
    with session.writer(), pytest.raises(SessionError, match="is being recorded"):
        read_continuation(session.path)


def test_a_plan_comes_back_from_a_session_as_it_was(tmp_path):
    (tmp_path / "plan.toml").write_text(PLAN, encoding="utf-8")
    plan = read_plan(tmp_path / "plan.toml")
    document = json.loads(json.dumps(plan_json(RunOptions(plan=plan, study=tmp_path, participant="P1"))))
    again = plan_from_json(document, "session")
    assert plan_json(RunOptions(plan=again, study=tmp_path, participant="P1")) == document
    assert (again.trials, again.calibration, again.phases) == (plan.trials, plan.calibration, plan.phases)
    for change in ({"colour": 1}, {"seed": "x"}, {"trials": {"order": "backwards"}}, {"phases": 3}):
        with pytest.raises(SessionError, match="does not understand"):
            plan_from_json(document | change, "session")
