"""Looking with the mouse: a blurred image that is sharp around the pointer."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from gazeapp.cli.run import prepare_participant
from gazeapp.devices.simulated.tracker import open_pointer
from gazeapp.errors import PlanError
from gazeapp.experiment.participant_display import Cross, HeadlessScreen, Stimulus
from gazeapp.experiment.plan import ExperimentPlan, StimuliPlan, TrialsPlan
from gazeapp.gaze.clock import ManualClock
from gazeapp.gaze.display import Display
from gazeapp.runtime import RunOptions, build_run
from gazeapp.store.consent import GAZE
from gazeapp.store.reader import SessionReader

pytestmark = pytest.mark.slow

PLAN = ExperimentPlan(
    name="mouse",
    phases=("enrol",),
    stimuli=StimuliPlan(folders=("images",)),
    trials=TrialsPlan(duration_s=1.5, fixation_cross_s=0.3, blank_s=0.2, view="mouse-contingent", window_deg=4.0),
)


@pytest.fixture
def options(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    for n in range(2):
        noise = np.random.default_rng(n).integers(0, 255, (120, 160, 3), dtype=np.uint8)
        cv2.imwrite(str(folder / f"{n}.png"), noise)
    display = Display(width_px=1600, height_px=900, width_mm=400, height_mm=225, distance_mm=600)
    return RunOptions(
        plan=replace(PLAN, folder=tmp_path),
        study=tmp_path / "study",
        participant="SIM",
        display=display,
    )


class WatchedStage(HeadlessScreen):
    """Keeps every scene."""

    def __init__(self, clock):
        super().__init__(clock)
        self.clock = clock
        self.scenes = []
        self.shown_s = 0.0

    def show(self, scene, on_shown):
        self.scenes.append(scene)
        self.shown_s = self.clock.now_s()
        super().show(scene, on_shown)


def test_without_the_mouse_as_tracker_it_is_refused_before_a_session_exists(options):
    prepare_participant(options)
    with pytest.raises(PlanError, match=r'needs the mouse as tracker.*or set view = "free"') as said:
        build_run(options, virtual=True)
    assert said.value.key == "trials.view"
    assert not list((options.study / "sessions").glob("*"))


def test_where_the_mouse_rests_is_where_the_person_looked(options):
    options = replace(options, device="mouse")
    prepare_participant(options, consent=[GAZE])
    clock = ManualClock()
    stage = WatchedStage(clock)

    def hand():
        """To the cross, and half a second into the image to a place in it."""
        is_early = clock.now_s() - stage.shown_s < 0.5
        return (800.0, 450.0) if isinstance(stage.scene, Cross) or is_early else (500.0, 300.0)

    run = build_run(options, screen=stage, clock=clock, tracker=open_pointer(hand, clock, rate_hz=250), virtual=True)
    summary = run.run_virtual()
    shown = [scene for scene in stage.scenes if isinstance(scene, Stimulus)]
    px_per_deg = options.display.px_per_deg
    assert [scene.window.radius_px for scene in shown] == [2.0 * px_per_deg] * 2
    assert [scene.window.blur_px for scene in shown] == [0.4 * px_per_deg] * 2
    with SessionReader(summary.session.path) as session:
        recorded = session.meta["plan"]["trials"]
        assert (recorded["view"], recorded["window_deg"]) == ("mouse-contingent", 4.0)
        for trial, scene in zip(session.trials(), shown, strict=True):
            frame = scene.frame
            (fixation,) = [f for f in trial.fixations if f.duration_s > 0.5]
            scale = frame.width_px / frame.image_width_px
            x_px, y_px = frame.left_px + scale * fixation.x_px, frame.top_px + scale * fixation.y_px
            assert (x_px, y_px) == pytest.approx((500, 300), abs=1)


def test_without_the_view_images_have_no_window(options):
    free = replace(options.plan, trials=replace(options.plan.trials, view="free"))
    options = replace(options, plan=free)
    prepare_participant(options)
    clock = ManualClock()
    stage = WatchedStage(clock)
    build_run(options, screen=stage, clock=clock, virtual=True).run_virtual()
    assert {scene.window for scene in stage.scenes if isinstance(scene, Stimulus)} == {None}
