"""What becomes of a session: complete, or interrupted at an image and why; also when nobody could write it down."""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pytest

from gazeapp.errors import FolderInUse
from gazeapp.gaze.display import Display, place_stimulus
from gazeapp.gaze.fixations import Fixation
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store.events import StateChanged
from gazeapp.store.export.methods import methods_paragraph
from gazeapp.store.records import TrialRow
from gazeapp.store.session_state import STOPPED, SessionState, viewed
from gazeapp.store.study import Study
from gazeapp.store.writer import SessionWriter

DISPLAY = Display(width_px=1920, height_px=1080, width_mm=531.36, height_mm=298.89, distance_mm=650)


def trial(number: int, *, interrupted: bool = False) -> TrialRow:
    return TrialRow(
        trial=number,
        phase="enrol",
        frame=place_stimulus(DISPLAY, "ab" * 32, 800, 600),
        shown_s=4.0 * number,
        hidden_s=4.0 * number + 3,
        onset_kind="virtual",
        fixations=(Fixation(onset_s=4.0 * number, duration_s=0.2, x_px=10, y_px=10),),
        carried_over=(),
        n_samples=100,
        data_loss=0.1 * number,
        timing={"interrupted": interrupted},
    )


def record(writer: SessionWriter, n: int, *, end: StateChanged | None = None) -> None:
    writer.set_meta({"n_images": 5, "display": DISPLAY})
    writer.write_samples(GazeSamples.build(np.arange(20) / 20, eyes="left", left_px=np.ones((20, 2))))
    for number in range(n):
        writer.write_trial(trial(number))
    writer.write_trial(trial(n, interrupted=True))
    if end is not None:
        writer.write_event(end)
    writer.commit()


@pytest.fixture
def study(tmp_path):
    with Study.create(tmp_path / "study") as study:
        study.add_participant("P001")
        study.record_consent("P001")
        yield study


@pytest.mark.parametrize(
    ("end", "state", "why"),
    [
        (StateChanged(time_s=30, old="running", new="finished"), SessionState.COMPLETE, ""),
        (
            StateChanged(time_s=30, old="paused", new="finished", reason="The tracker was lost."),
            SessionState.INTERRUPTED,
            "The tracker was lost",
        ),
        (
            StateChanged(time_s=30, old="running", new="failed", reason="disk full"),
            SessionState.INTERRUPTED,
            "disk full",
        ),
    ],
)
def test_a_session_that_was_closed_says_complete_or_why_not(study, end, state, why):
    session = study.new_session("P001", "plan")
    with session.writer() as writer:
        record(writer, 3, end=end)
    (found,) = study.session_records()
    assert (found.state, found.summary.why) == (state, why)
    assert (found.summary.n_done, found.summary.n_images) == (3, 5), "an interrupted image was not viewed"
    assert found.summary.data_loss == pytest.approx(0.1)
    assert found.summary.last_s == 30


def test_a_killed_session_is_interrupted_and_found_when_the_study_is_opened(study):
    session = study.new_session("P001", "plan")
    code = f"""
import sys
from pathlib import Path
from gazeapp.store.writer import SessionWriter
from tests.store.test_session_states import record
writer = SessionWriter(Path({str(session.database)!r}))
record(writer, 2)
print("recording", flush=True)
sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "recording\n"
        (found,) = study.session_records()
        assert found.state is SessionState.RUNNING
        with pytest.raises(FolderInUse, match=f"process {process.pid}"):
            session.writer()
        process.kill()
    (found,) = study.session_records()
    assert (found.state, found.summary.why, found.summary.n_done) == (SessionState.INTERRUPTED, STOPPED, 2)
    assert study.session_list.recovered == [found]
    study.session_list.leave(session.session_id)
    (found,) = study.session_records()
    assert found.is_left


def test_interrupted_images_never_count_as_viewed(study, tmp_path):
    session = study.new_session("P001", "plan")
    with session.writer() as writer:
        record(writer, 2)
    with session.reader() as reader:
        assert [row.trial for row in viewed(reader.trials())] == [0, 1]
        assert "2 images" in methods_paragraph(reader)


@pytest.mark.slow
def test_five_hundred_people_and_two_thousand_sessions_are_listed_at_once(study):
    people = {f"P{n:04d}": ("", {"age": float(n % 60)}) for n in range(500)}
    study.add_participants(people)
    with study._db.transaction() as execute:
        for n in range(2000):
            row = (f"20260101T{n:06d}Z-P", f"P{n % 500:04d}", "plan", "2026-01-01T00:00:00Z")
            execute(
                "INSERT INTO sessions VALUES (?, ?, ?, ?, 'AB', '', 'complete', '', 0, 40, 40, 0.4, 0.02, 300, '')", row
            )
            (study.path / "sessions" / row[0]).mkdir()
    begin = time.process_time()
    with Study.open(study.path) as again:
        assert len(again.participants()) == 501
        assert len(again.session_records()) == 2000
        assert again.newest_embeddings() == {}
    assert time.process_time() - begin < 1.0
