import math

import pytest

from gazeapp.experiment.state import SessionStep
from gazeapp.ui.models import repaint_scheduler
from gazeapp.ui.models.repaint_scheduler import RepaintScheduler


class Participant:
    """What they do, and until when."""

    def __init__(self) -> None:
        self.step, self.left_s = SessionStep.NONE, math.nan
        self.repainting = RepaintScheduler(lambda: self.step, lambda: self.left_s)
        self.told: list[str] = []
        self.repainting.repaint_due.connect(lambda: self.told.append("gaze"))
        self.repainting.maps_due.connect(lambda: self.told.append("maps"))
        self.repainting.start()
        self.repainting._timer.stop()  # the test says when time passes
        self.repainting._timer.start(10_000_000)

    def let_time_pass(self) -> list[str]:
        self.told.clear()
        self.repainting._tell()
        return list(self.told)


@pytest.fixture
def participant(qapp):
    made = Participant()
    yield made
    made.repainting.stop()


def test_nothing_is_painted_without_news(participant):
    assert participant.let_time_pass() == []
    participant.repainting.mark_dirty()
    assert participant.let_time_pass() == ["gaze"]
    assert participant.let_time_pass() == []


def test_nothing_is_painted_just_before_the_participants_screen_changes(participant):
    participant.step, participant.left_s = SessionStep.STIMULUS, 0.03
    participant.repainting.mark_dirty()
    participant.repainting.note_maps()
    assert participant.let_time_pass() == []
    participant.step, participant.left_s = SessionStep.BLANK, 0.3
    assert participant.let_time_pass() == ["gaze", "maps"]


def test_the_participants_new_picture_is_visible_before_the_experimenters(participant, monkeypatch):
    now = [10.0]
    monkeypatch.setattr(repaint_scheduler.time, "monotonic", lambda: now[0])
    participant.repainting.is_scene_due = lambda: True
    participant.repainting.mark_dirty()
    assert participant.let_time_pass() == []
    assert participant.repainting.is_blocked
    now[0] += 0.2
    assert not participant.repainting.is_blocked, "a window on which nothing appears holds nothing up"
    assert participant.let_time_pass() == ["gaze"]


def test_what_moves_for_the_participant_comes_before_the_experimenters_window(qtbot, participant):
    participant.repainting.note_frame()
    participant.repainting.mark_dirty()
    assert participant.let_time_pass() == []
    participant.repainting.note_frame()
    qtbot.waitUntil(lambda: participant.told == ["gaze"])


def test_frames_that_stay_away_hold_nothing_up(participant):
    participant.repainting.note_frame()
    participant.repainting.mark_dirty()
    assert participant.let_time_pass() == []
    assert participant.let_time_pass() == ["gaze"]


def test_while_an_image_is_shown_the_trace_is_drawn_less_often_than_gaze(participant, monkeypatch):
    now = [10.0]
    monkeypatch.setattr(repaint_scheduler.time, "monotonic", lambda: now[0])
    participant.step = SessionStep.STIMULUS
    assert participant.repainting.is_trace_due()
    now[0] += 0.05
    assert not participant.repainting.is_trace_due()
    now[0] += 0.06
    assert participant.repainting.is_trace_due()
    participant.step = SessionStep.BLANK
    assert participant.repainting.is_trace_due()


def test_while_an_image_is_shown_maps_are_coloured_a_few_times_a_second(participant, monkeypatch):
    now = [10.0]
    monkeypatch.setattr(repaint_scheduler.time, "monotonic", lambda: now[0])
    participant.step, participant.left_s = SessionStep.STIMULUS, 2.0
    participant.repainting.note_maps()
    assert participant.let_time_pass() == ["maps"]
    participant.repainting.note_maps()
    assert participant.let_time_pass() == []
    now[0] += 0.21
    assert participant.let_time_pass() == ["maps"]
    participant.step = SessionStep.BLANK
    participant.repainting.note_maps()
    assert participant.let_time_pass() == ["maps"]
