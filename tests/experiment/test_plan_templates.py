"""Templates are plans that can be run; a session's plan becomes a plan again, with its images."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import cv2
import numpy as np
import pytest

from gazeapp.experiment.plan import PlanStep, SittingsPlan, StimuliPlan, TrialsPlan
from gazeapp.experiment.plan_check import check_plan
from gazeapp.experiment.plan_document import PlanDocument
from gazeapp.experiment.plan_templates import TEMPLATES, make_template, plan_of_session
from gazeapp.experiment.sittings import sittings_of
from gazeapp.runtime import RunOptions, build_run
from gazeapp.store.session_state import SessionRecord, SessionState, SessionSummary
from gazeapp.store.study import Study


@pytest.mark.parametrize("key", TEMPLATES)
def test_every_template_is_a_plan_that_can_be_run_and_written(key, tmp_path):
    document = PlanDocument.of(make_template(key), tmp_path / "p.toml")
    assert not check_plan(tmp_path / "p.toml", document.text).mistakes
    for language in ("en", "de"):
        assert document.plan.line[0].words(language)


def test_a_template_takes_the_images_of_the_study(tmp_path):
    made = make_template("viewings", StimuliPlan(folders=("photographs",)))
    assert made.stimuli.folders == ("photographs",)
    assert (made.sittings.count, made.sittings.gap_days) == (4, 2.0)


@pytest.mark.slow
def test_the_plan_of_a_session_shows_the_same_images_in_the_same_steps(tmp_path):
    images = tmp_path / "photographs"
    images.mkdir()
    for n in range(6):
        cv2.imwrite(str(images / f"img{n}.png"), np.full((60, 80, 3), 40 * n, np.uint8))
    plan = make_template("quick", StimuliPlan(folders=(str(images),)))
    timing = TrialsPlan(duration_s=0.3, fixation_cross_s=0, fixation_gate=False, blank_s=0, order="fixed")
    from dataclasses import replace

    plan = replace(plan, steps=(PlanStep(kind="enrol"), PlanStep(kind="overlay")), trials=timing)
    with Study.open_or_create(tmp_path / "study") as study:
        study.add_participant("P1")
        study.note_nobody("P1", "simulated")
    run = build_run(RunOptions(plan=plan, study=tmp_path / "study", participant="P1"), virtual=True)
    session = run.run_virtual().session
    shown = [(e.planned.step, run.library[e.planned.stimulus_id].name) for e in run.controller.exposures.values()]
    run.close()
    plans = tmp_path / "study" / "plans"
    again = plan_of_session(session.path, plans / "again")
    document = PlanDocument.of(again, plans / "again.toml")
    assert not check_plan(document.path, document.text).mistakes
    for step in (0, 1):
        assert [f"again/{name}" for at, name in shown if at == step] == list(again.steps[step].files)


def record(plan, state, days_ago, *, is_left=False):
    when = datetime.now(timezone.utc) - timedelta(days=days_ago)
    summary = SessionSummary(state=state)
    return SessionRecord(
        session_id=str(days_ago),
        pseudonym="P1",
        plan_name=plan,
        created_utc=when.isoformat().replace("+00:00", "Z"),
        summary=summary,
        is_left=is_left,
    )


def test_what_is_left_and_due_follows_from_the_complete_sessions():
    plan, now = SittingsPlan(count=4, gap_days=2.0), datetime.now(timezone.utc)
    assert sittings_of("week", plan, []).is_due(now)
    done = [record("week", SessionState.COMPLETE, 5), record("week", SessionState.COMPLETE, 1)]
    other = record("another", SessionState.COMPLETE, 0)
    found = sittings_of("week", plan, [*done, other])
    assert (found.n_done, found.n_left, found.is_due(now)) == (2, 2, False)
    assert found.is_due(now + timedelta(days=1.01))
    waiting = sittings_of("week", plan, [*done, record("week", SessionState.INTERRUPTED, 0)])
    assert waiting.is_open
    assert waiting.is_due(now), "one that was begun goes on whenever it can"
    left = sittings_of("week", plan, [*done, record("week", SessionState.INTERRUPTED, 0, is_left=True)])
    assert not left.is_open
    all_done = sittings_of("week", plan, done * 2)
    assert (all_done.n_left, all_done.due_utc) == (0, None)
