from __future__ import annotations

import contextlib
import sqlite3
import time
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from gazeapp.cli.run import prepare_participant
from gazeapp.devices.tracker import TrackerNotice
from gazeapp.errors import ConnectionLost, ConsentMissing, DiskFull, StoreError, UnreadableImage
from gazeapp.experiment.participant_display import HeadlessScreen
from gazeapp.experiment.plan import BlocksPlan, CalibrationPlan, ExperimentPlan, ScreensPlan, StimuliPlan, TrialsPlan
from gazeapp.experiment.state import State
from gazeapp.experiment.unattended import UnattendedOperator
from gazeapp.gaze.clock import ManualClock
from gazeapp.runtime import RunOptions, build_run
from gazeapp.runtime.build import participant_index
from gazeapp.runtime.replay import reproduce, reproduce_maps
from gazeapp.runtime.run import STEP_S
from gazeapp.store.events import StateChanged, StimulusHidden, StimulusShown, TrialInterrupted
from gazeapp.store.reader import SessionReader
from gazeapp.store.study import SessionFolder, Study

pytestmark = pytest.mark.slow

PLAN = ExperimentPlan(
    name="small",
    seed=5,
    stimuli=StimuliPlan(folders=("images",), n_enrol=3),
    trials=TrialsPlan(duration_s=1.5, fixation_cross_s=0.5, blank_s=0.3),
    calibration=CalibrationPlan(points=5, validation_points=3),
)


@pytest.fixture
def options(tmp_path):
    """Five drawn images and an empty study."""
    folder = tmp_path / "images"
    folder.mkdir()
    rng = np.random.default_rng(3)
    for n in range(5):
        image = np.full((240, 320, 3), 190, np.uint8)
        for _ in range(6):
            centre = tuple(int(v) for v in rng.integers((20, 20), (300, 220)))
            colour = tuple(int(v) for v in rng.integers(0, 255, 3))
            cv2.circle(image, centre, int(rng.integers(10, 30)), colour, -1)
        cv2.imwrite(str(folder / f"drawn-{n}.png"), image)
    return RunOptions(plan=replace(PLAN, folder=tmp_path), study=tmp_path / "study", participant="SIM")


def run_virtual(options, **changes):
    options = replace(options, **changes)
    prepare_participant(options)
    return build_run(options, virtual=True).run_virtual()


class LosingTracker:
    """A stepped tracker whose cable is pulled for a while."""

    def __init__(self, tracker, lost_s, restored_s):
        self._tracker, self._lost_s, self._restored_s = tracker, lost_s, restored_s
        self._told = set()

    @property
    def info(self):
        return self._tracker.info

    def start(self, sink, on_problem):
        self._tracker.start(sink, on_problem)

    def start_stepped(self, sink, on_problem):
        self._on_problem = on_problem
        self._tracker.start_stepped(lambda s: sink(s) if self.is_there(s.time_s[-1]) else None, on_problem)

    def is_there(self, time_s):
        return not self._lost_s <= time_s < self._restored_s

    def advance(self, until_s):
        for kind, at_s in (("lost", self._lost_s), ("restored", self._restored_s)):
            if until_s >= at_s and kind not in self._told:
                self._told.add(kind)
                self._on_problem(TrackerNotice(time_s=at_s, kind=kind, message="cable"))
        self._tracker.advance(until_s)

    def on_event(self, event):
        self._tracker.on_event(event)

    def stop(self):
        self._tracker.stop()

    def close(self):
        self._tracker.close()


def test_a_complete_session_is_recorded_and_reproduces_to_the_bit(options):
    from gazeapp.networks.predictors import Predictors

    summary = run_virtual(options)
    assert summary.state == "finished"
    assert summary.problems == ()
    assert summary.validation.startswith("Good")
    assert summary.embedding.n_pairs == 3
    with SessionReader(summary.session.path) as reader:
        assert reader.state == "finished"
        assert reader.n_samples == summary.n_samples > 10_000
        assert [trial.phase for trial in reader.trials()] == ["enrol"] * 3 + ["overlay"] * 2
        assert len(reader.calibrations()) == len(reader.validations()) == 1
        predictions = list(reader.predictions(final_only=True))
        assert [p.personal is not None for p in predictions] == [False, True, True, True, True]
        assert [p.embedding.n_pairs for p in predictions[1:]] == [1, 2, 3, 3]
        assert [row.n_pairs for row in reader.growth()] == [1, 2, 3]
        assert len(reader.stimulus_rows()) == 5
        assert reproduce(reader).is_exact
        maps, _ = reproduce_maps(reader, Predictors.load())
        assert [one.kind for one in maps] == ["universal", *["universal", "personal"] * 4]
        assert not any(one.largest_difference for one in maps)
    with Study.open(options.study) as study:
        assert study.load_embedding("SIM") == summary.embedding


def test_replaying_a_session_gives_its_maps_again(options):
    from gazeapp.networks.predictors import Predictors
    from gazeapp.runtime.enrolment import EnrolmentEngine
    from gazeapp.runtime.inference_requests import RequestMaker
    from gazeapp.runtime.replay import replay

    summary = run_virtual(options)
    engine = EnrolmentEngine(Predictors.load())
    with SessionReader(summary.session.path) as reader:
        phase_of = {trial.trial: trial.phase for trial in reader.trials()}
        maker = RequestMaker(
            lambda stimulus_id: reader.stimuli.load(stimulus_id).rgb,
            reader.display,
            lambda trial: phase_of[trial] == "enrol",
        )
        stored = {p.trial: p for p in reader.predictions(final_only=True)}
        for record in replay(reader):
            again = engine(maker.at_the_end(record))
            np.testing.assert_array_equal(again.universal, stored[record.trial].universal)
            if again.personal is None:
                assert stored[record.trial].personal is None
            else:
                np.testing.assert_array_equal(again.personal, stored[record.trial].personal)
    assert engine.progress.embedding == summary.embedding


def test_the_same_seed_gives_the_same_session_and_another_seed_another_one(options):
    options = replace(options, plan=replace(options.plan, phases=("calibrate", "enrol")))
    options = replace(options, plan=replace(options.plan, stimuli=StimuliPlan(folders=("images",), n_max=2)))
    first = run_virtual(options)
    again = run_virtual(options, study=options.study.with_name("again"))
    other = run_virtual(options, study=options.study.with_name("other"), plan=replace(options.plan, seed=6))
    with SessionReader(first.session.path) as a, SessionReader(again.session.path) as b:
        assert a.trials() == b.trials()
        assert a.events() == b.events()
        np.testing.assert_array_equal(a.samples().left_px, b.samples().left_px)
    assert first.embedding == again.embedding
    assert first.embedding != other.embedding


def test_blocks_break_and_recalibrate_without_an_experimenter(options):
    plan = replace(options.plan, blocks=BlocksPlan(size=2, break_s=5, recalibrate=True))
    summary = run_virtual(options, plan=plan)
    assert summary.n_trials == 5
    with SessionReader(summary.session.path) as reader:
        assert len(reader.calibrations()) == 2
        assert reproduce(reader).is_exact


def test_a_plan_may_only_calibrate_and_validate(options):
    summary = run_virtual(options, plan=replace(options.plan, phases=("calibrate", "validate")))
    assert summary.state == "finished"
    assert summary.validation
    assert summary.embedding is None


def test_the_participant_may_see_the_overlay_when_the_plan_says_so(options):
    plan = replace(options.plan, screens=ScreensPlan(show_overlay=True))
    prepare_participant(options)
    stage = HeadlessScreen(clock := ManualClock())
    run = build_run(replace(options, plan=plan), screen=stage, clock=clock, virtual=True)
    seen = {}

    def look(event):
        if isinstance(event, StimulusShown):
            seen[event.trial] = stage.scene.overlay_rgba is not None

    run.controller.events.add(look)
    run.run_virtual()
    assert list(seen.values()) == [False, False, False, True, True]


def test_a_lost_tracker_interrupts_one_image_and_the_session_completes(options):
    prepare_participant(options)
    plan = replace(options.plan, phases=("enrol",))
    run = build_run(replace(options, plan=plan), virtual=True)
    run.tracker = LosingTracker(run.tracker, lost_s=6.0, restored_s=9.0)
    summary = run.run_virtual()
    assert summary.n_trials == 3
    assert summary.n_interrupted == 1
    with SessionReader(summary.session.path) as reader:
        assert len([e for e in reader.events() if isinstance(e, TrialInterrupted)]) == 1
        assert [problem.kind for problem in reader.problems()] == ["lost", "restored"]
        assert [trial.timing["interrupted"] for trial in reader.trials()].count(True) == 1
        assert reproduce(reader).is_exact


def test_a_tracker_that_stays_away_ends_the_session_and_keeps_it(options):
    prepare_participant(options)
    run = build_run(replace(options, plan=replace(options.plan, phases=("enrol",))), virtual=True)
    run.tracker = LosingTracker(run.tracker, lost_s=6.0, restored_s=1e9)
    with pytest.raises(ConnectionLost, match="did not come back"):
        run.run_virtual()
    with SessionReader(run.session.path) as reader:
        assert reader.state == "finished"
        assert reader.n_samples > 2900
        assert len(reader.trials()) >= 2


def test_a_full_disk_ends_the_session_and_keeps_what_was_written(options, monkeypatch):
    prepare_participant(options)
    open_writer = SessionFolder.writer

    def small_disk(folder):
        writer = open_writer(folder)
        writer._db.execute("PRAGMA max_page_count = 400")  # SQLite then answers as a full disk does
        return writer

    monkeypatch.setattr(SessionFolder, "writer", small_disk)
    run = build_run(options, virtual=True)
    with pytest.raises(DiskFull):
        run.run_virtual()
    monkeypatch.undo()
    with SessionReader(run.session.path) as reader:
        assert reader.n_samples > 1000
        assert next(e.new for e in reader.events() if isinstance(e, StateChanged)) == "connected"


def test_nothing_is_stored_of_somebody_who_did_not_consent(options):
    with Study.create(options.study) as study:
        study.add_participant("SIM")
    with pytest.raises(ConsentMissing):
        build_run(options, virtual=True)
    assert list((options.study / "sessions").iterdir()) == []


def test_a_run_in_real_time_leaves_no_thread_and_every_sample(options):
    plan = replace(
        options.plan,
        phases=("enrol",),
        stimuli=replace(options.plan.stimuli, n_max=2),
        trials=TrialsPlan(duration_s=1.0, fixation_cross_s=0.2, blank_s=0.1, fixation_gate=False),
    )
    options = replace(options, plan=plan)
    prepare_participant(options)
    run = build_run(options)
    snapshots, results = [], []
    run.add_snapshot_observer(snapshots.append)
    run.add_result_observer(results.append)
    summary = run.run_realtime()
    assert summary.n_trials == 2
    assert summary.embedding.n_pairs == 2
    assert len(snapshots) > 20
    assert len([r for r in results if r.final]) == 2
    with SessionReader(summary.session.path) as reader:
        assert reader.n_samples == run.analysis.n_received
        assert reproduce(reader).is_exact


def test_a_run_closed_in_the_middle_keeps_what_there_was(options):
    prepare_participant(options)
    run = build_run(options)
    run.start()
    run.close()
    run.close()
    assert Path(run.session.path / "session.sqlite").exists()
    with SessionReader(run.session.path) as reader:
        assert reader.state == "finished"
        assert [e.reason for e in reader.events() if isinstance(e, StateChanged)][-1] == "closed before its end"


def test_recorded_scan_paths_of_a_person_go_through_the_live_path(options, tmp_path):
    folder = tmp_path / "P07"
    folder.mkdir()
    places = [(60.0, 50.0), (250.0, 60.0), (160.0, 200.0), (70.0, 180.0)]
    rows = "".join(f"{0.4 * n},0.3,{x},{y}\n" for n, (x, y) in enumerate(places))
    for n in range(5):
        (folder / f"drawn-{n}.csv").write_text("onset_s,duration_s,x_px,y_px\n" + rows, encoding="utf-8")
    summary = run_virtual(options, device="replay", device_options={"scanpaths": str(folder), "noise_deg": "0.02"})
    assert summary.validation.startswith("Good")
    with SessionReader(summary.session.path) as reader:
        assert reader.meta["tracker"]["backend"] == "replay"
        for trial in reader.trials():
            assert len(trial.fixations) == 4
            for fixation, (x, y) in zip(trial.fixations, places, strict=True):
                assert (fixation.x_px, fixation.y_px) == pytest.approx((x, y), abs=4)
                assert fixation.duration_s == pytest.approx(0.3, abs=0.12)


def test_the_most_informative_images_come_first_when_the_plan_says_so(options):
    trials = replace(options.plan.trials, order="informative")
    plan = replace(options.plan, phases=("enrol",), trials=trials)
    summary = run_virtual(options, plan=plan)
    assert summary.n_trials == 3
    with SessionReader(summary.session.path) as reader:
        assert len({trial.frame.stimulus_id for trial in reader.trials()}) == 3
        assert reproduce(reader).is_exact


def test_somebody_whom_the_study_does_not_know_is_refused_by_name(options):
    Study.create(options.study).close()
    with pytest.raises(StoreError, match="no participant 'SIM'"):
        build_run(options, virtual=True)


def test_participants_are_counted_in_the_order_in_which_they_came(tmp_path):
    with Study.create(tmp_path / "study") as study:
        for name in ("zoe", "ada", "mia"):
            study.add_participant(name)
        assert [participant_index(study, name) for name in ("zoe", "ada", "mia")] == [0, 1, 2]
        study.erase("zoe")
        assert participant_index(study, "mia") == 2


def test_trials_problems_and_predictions_are_stored_while_nobody_ticks_the_session(options):
    plan = replace(
        options.plan,
        phases=("enrol",),
        trials=TrialsPlan(duration_s=0.4, fixation_cross_s=0.1, blank_s=5.0, fixation_gate=False),
    )
    options = replace(options, plan=plan)
    prepare_participant(options)
    run = build_run(options)
    run.inference.wait(30)
    over = []
    run.controller.events.add(lambda event: over.append(event) if isinstance(event, StimulusHidden) else None)
    run.start()
    run.controller.start_trials(run.clock.now_s())
    while not over:
        run.tick(run.clock.now_s())
        time.sleep(0.002)
    run.analysis.take_problem(TrackerNotice(time_s=run.clock.now_s(), kind="gap", message="a hole", gap_s=0.1))
    end_s = time.monotonic() + 10
    rows = ()
    with contextlib.closing(sqlite3.connect(run.session.path / "session.sqlite", timeout=5)) as db:
        while rows != (1, 1, 1) and time.monotonic() < end_s:
            tables = ("trials", "problems", "predictions")
            rows = tuple(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables)
            time.sleep(0.02)
    run.close()
    assert rows == (1, 1, 1)


def test_a_picture_that_is_gone_costs_its_maps_and_not_the_session(options, monkeypatch):
    prepare_participant(options)
    plan = replace(options.plan, phases=("enrol",))
    run = build_run(replace(options, plan=plan), virtual=True)
    missing = UnreadableImage("drawn-1.png: it is gone")

    def gone(stimulus_id):
        raise missing

    monkeypatch.setattr(run.analysis.requests, "_image_rgb", gone)
    summary = run.run_virtual()
    assert summary.state == "finished"
    assert "drawn-1.png: it is gone" in summary.problems
    with SessionReader(summary.session.path) as reader:
        assert len(reader.trials()) == summary.n_trials == 3


def test_an_attended_session_pauses_while_there_is_no_space_and_goes_on(options, monkeypatch):
    prepare_participant(options)
    run = build_run(replace(options, plan=replace(options.plan, phases=("enrol",))), virtual=True)
    operator = UnattendedOperator(run.controller)
    run.tracker.start_stepped(run.analysis.take_samples, run.analysis.take_problem)

    def go_on_until(state, operator=operator):
        for _ in range(3000):
            if run.controller.status.state is state:
                return
            run.clock.advance(STEP_S)
            run.tracker.advance(run.clock.now_s())
            run.analysis.analyse(run.clock.now_s())
            run.tick(run.clock.now_s())
            if operator is not None:
                operator.tick(run.clock.now_s())
        raise AssertionError(run.controller.status.state)

    go_on_until(State.RUNNING)
    healthy = run.recorder.health
    full = replace(healthy(), error=DiskFull("session.sqlite: no space left on this disk"))
    monkeypatch.setattr(run.recorder, "health", lambda: full)
    go_on_until(State.PAUSED, operator=None)
    assert "no space" in run.controller.status.notice.detail
    monkeypatch.setattr(run.recorder, "health", healthy)
    run.controller.resume(run.clock.now_s())
    go_on_until(State.FINISHED)
    run.close()
    with SessionReader(run.session.path) as reader:
        assert len([trial for trial in reader.trials() if not trial.is_interrupted]) == run.controller.status.n_trials
