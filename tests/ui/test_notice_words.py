"""Every notice of a session has words, with what the tracker said as it said it."""

from dataclasses import replace

import pytest

from gazeapp.experiment.drift_check import DriftReport
from gazeapp.experiment.notice import Notice, NoticeKind
from gazeapp.experiment.plan import default_plan
from gazeapp.experiment.status import SessionStatus
from gazeapp.ui.notice_words import notice_words
from tests.ui.test_pages import attempt, report

NOTHING = SessionStatus.none(default_plan())
DRIFT = DriftReport(
    start_s=29.0,
    time_s=30.0,
    calibration=None,
    quality=report("warn"),
    offset_deg=1.9,
    shift_left_px=(0.0, 0.0),
    shift_right_px=(0.0, 0.0),
    warn_deg=1.0,
)
OF_A_FINDING = {
    NoticeKind.CALIBRATION_FAILED: ({"attempts": (attempt(False),)}, "no correction explains the gaze."),
    NoticeKind.VALIDATION_POOR: ({"validation": report("warn")}, "gaze is 0.55° off"),
    NoticeKind.DRIFTED: ({"drift": DRIFT}, "1.9"),
}
WITH_DETAIL = (
    NoticeKind.SCREEN_LOST,
    NoticeKind.TRACKER_LOST,
    NoticeKind.UNCALIBRATED,
    NoticeKind.RECONNECT_FAILED,
    NoticeKind.CALIBRATION_LOST,
    NoticeKind.FAILED,
)


@pytest.mark.parametrize("kind", NoticeKind, ids=lambda kind: kind.value)
def test_every_notice_has_words(qapp, kind):
    facts, expected = OF_A_FINDING.get(kind, ({}, ""))
    words = notice_words(replace(NOTHING, notice=Notice(kind, "port {7} is gone" * (kind in WITH_DETAIL)), **facts))
    assert words.endswith((".", "…", "gone"))
    assert expected in words
    assert ("port {7} is gone" in words) is (kind in WITH_DETAIL)


@pytest.mark.parametrize("kind", WITH_DETAIL, ids=lambda kind: kind.value)
def test_a_reason_that_nobody_gave_leaves_no_gap(qapp, kind):
    notice = Notice(kind)
    for words in (notice_words(replace(NOTHING, notice=notice)), notice.record):
        assert ": ." not in words
        assert "{" not in words


def test_all_well_needs_no_words(qapp):
    assert notice_words(NOTHING) == ""


def test_the_experimenters_own_reason_is_said_as_it_is(qapp):
    assert notice_words(replace(NOTHING, notice=Notice(NoticeKind.PAUSED, "a {cough}"))) == "a {cough}"
