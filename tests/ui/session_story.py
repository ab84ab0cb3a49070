"""One session of one person as it goes on: every state of it with figures that agree with each other.

What a state shows follows from it here as it does in the program: which commands are allowed, what is on the screen,
how many images were viewed, what is known of the person.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from gazeapp.experiment.calibration_procedure import PointState
from gazeapp.experiment.notice import Notice, NoticeKind
from gazeapp.experiment.participant_display import Blank, Cross, Message, Scene, Stimulus, Target
from gazeapp.experiment.schedule import PhaseCount
from gazeapp.experiment.state import ALLOWED, Command, SessionStep, State
from gazeapp.experiment.tracker_connection import Connection
from gazeapp.runtime.enrolment import EnrolmentProgress, EnrolmentStep
from gazeapp.runtime.one_person import Identity
from gazeapp.runtime.stopping_rule import EnoughRule, is_enough, predict_images_left
from gazeapp.saliency.prediction_score import PredictionScore
from gazeapp.ui.models.finished_trial import FinishedTrial, thinned
from gazeapp.ui.models.map_set import MapSet
from gazeapp.ui.models.quality_history import Moment
from tests.ui import fake_session as fake
from tests.ui.measured_targets import OFF_DEG, calibration, looked_at, validation

N_ENROL, N_OVERLAY = 30, 10
NOISE_RATIO = 28.0
"""How many images it takes until half is known of the person (`stopping_rule`)."""
LOST = "Tobii Pro Spectrum: the LSL stream is not there any more"
DISK_FULL = "session.sqlite: no space left on this disk; what was written is kept, free some space and go on"


def progress(n: int) -> EnrolmentProgress:
    """What is known after so many images of a person of that noise ratio."""
    steps = tuple(
        EnrolmentStep(
            trial=k - 1,
            n_pairs=k,
            n_fixations=7,
            spread=1 - 1 / math.sqrt(1 + NOISE_RATIO * (k - 1) / (k * (k + NOISE_RATIO))) if k > 1 else math.nan,
            halves=k / (k + 2 * NOISE_RATIO) if k > 3 else math.nan,
            moved=0.5 / k if k > 1 else math.nan,
            certainty=math.sqrt(k / (k + NOISE_RATIO)) if k > 1 else math.nan,
            viewing=1.4 * math.sqrt(k) if k > 3 else math.nan,
            one_person=0.2 * k if k > 7 else math.nan,
        )
        for k in range(1, n + 1)
    )
    rule = EnoughRule()
    enough = bool(steps) and is_enough(steps[-1], rule)
    return EnrolmentProgress(
        history=steps,
        embedding=fake.embedding(n) if n else None,
        is_enough=enough,
        identity=Identity.ONE if n > 7 else Identity.OPEN,
        images_left=0 if enough else predict_images_left(steps, rule),
    )


def allowed(state: State, *, is_lost: bool = False, shows_words: bool = False, is_calibrated: bool = True) -> set:
    """The commands that a controller in this state does not refuse."""
    refused = {Command.UNDO_IMAGES, Command.CORRECT_DRIFT}
    refused |= {Command.RESUME, Command.RECALIBRATE} if is_lost else {Command.RECONNECT}
    refused |= set() if shows_words else {Command.CONTINUE}
    if not is_calibrated:
        refused |= {Command.START_VALIDATION, Command.START_TRIALS, Command.SELECT_CALIBRATION}
    return set(ALLOWED[state] - refused)


def scene(step: SessionStep, targets: tuple = ()) -> Scene | None:
    """What the participant sees."""
    grey, display = fake.BACKGROUND, fake.DISPLAY
    middle = {"x_px": display.width_px / 2, "y_px": display.height_px / 2}
    match step:
        case SessionStep.TARGET:
            shown = next(point.target for point in targets if point.state is PointState.ON_SCREEN)
            return Target(
                background=grey,
                target_id=shown.target_id,
                x_px=shown.x_px,
                y_px=shown.y_px,
                purpose="calibrate",
                expected_s=1.2,
                size_px=2 * display.px_per_deg,
            )
        case SessionStep.CROSS | SessionStep.GATE:
            return Cross(background=grey, **middle)
        case SessionStep.STIMULUS:
            return Stimulus(background=grey, trial=22, frame=fake.frame(), image_rgb=fake.photograph())
        case SessionStep.BREAK:
            return Message(background=grey, text="Short break")
    return Blank(background=grey)


def collecting(purpose: str, n_done: int = 4) -> tuple:
    """Targets of which some were looked at, one is on the screen, and the others are to come."""
    points = list(looked_at(purpose, OFF_DEG["pass"]))
    for n in range(n_done, len(points)):
        target, state = points[n].target, PointState.ON_SCREEN if n == n_done else PointState.WAITING
        nothing = fake.point(target.target_id, target.x_px, target.y_px, state=state.value)
        points[n] = replace(nothing, target=target)
    return tuple(points)


def facts(
    state: State,
    now_s: float,
    *,
    phase: str = "",
    step: SessionStep = SessionStep.NONE,
    n_viewed: int = 0,
    is_lost: bool = False,
    **more: Any,
) -> dict[str, Any]:
    """What a session knows of itself; `more` overrides."""
    is_calibrated = more.get("selected_attempt") is not None
    of_enrol, of_overlay = min(n_viewed, N_ENROL), max(0, n_viewed - N_ENROL)
    known = {
        "state": state,
        "now_s": now_s,
        "phase": phase,
        "step": step,
        "scene": scene(step, more.get("targets", ())),
        "n_done": n_viewed,
        "n_trials": N_ENROL + N_OVERLAY,
        "counts": (
            PhaseCount(phase="enrol", n_done=of_enrol, n_trials=N_ENROL),
            PhaseCount(phase="overlay", n_done=of_overlay, n_trials=N_OVERLAY),
        ),
        "allowed": allowed(state, is_lost=is_lost, shows_words=step is SessionStep.BREAK, is_calibrated=is_calibrated),
        "connection": Connection.LOST if is_lost else Connection.CONNECTED,
        "progress": progress(of_enrol),
        "exposure": n_viewed if step is SessionStep.STIMULUS else None,
        "image": bool(n_viewed),
    }
    return known | more


def story() -> dict[str, dict[str, Any]]:
    """The states of a session, by name; made anew for the screen that is looked at."""
    failed, kept = calibration(ok=False), calibration()
    poor = validation("fail")
    good, usable = validation("pass"), validation("warn")
    calibrated = {"attempts": (kept,), "selected_attempt": kept, "targets": kept.points}

    def validated(report: Any) -> dict[str, Any]:
        return calibrated | {"validation": report, "validations": (report,), "targets": report.points}

    ready = validated(good)
    running = {"phase": "enrol", **ready}
    lost = {"is_lost": True, "notice": Notice(NoticeKind.TRACKER_LOST, LOST)}
    return {
        "connected": facts(State.CONNECTED, 8.0),
        "calibrating": facts(
            State.CALIBRATING, 20.0, phase="calibrate", step=SessionStep.TARGET, targets=collecting("calibrate")
        ),
        "calibrated": facts(State.CALIBRATED, 34.0, phase="calibrate", **calibrated),
        "calibration failed": facts(
            State.CONNECTED,
            34.0,
            phase="calibrate",
            attempts=(failed,),
            targets=failed.points,
            notice=Notice(NoticeKind.CALIBRATION_FAILED),
        ),
        "lost": facts(State.PAUSED, 22.0, phase="calibrate", targets=collecting("calibrate"), **lost),
        "validating": facts(
            State.VALIDATING,
            44.0,
            phase="validate",
            step=SessionStep.TARGET,
            **calibrated | {"targets": collecting("validate", 2)},
        ),
        "validated": facts(State.VALIDATED, 65.0, phase="validate", **validated(usable)),
        "validation failed": facts(
            State.VALIDATED, 65.0, phase="validate", **validated(poor), notice=Notice(NoticeKind.VALIDATION_POOR)
        ),
        "ready": facts(State.VALIDATED, 70.0, phase="validate", **ready),
        "working": facts(State.RUNNING, 192.0, step=SessionStep.STIMULUS, n_viewed=22, left_s=1.8, **running),
        "gate": facts(State.RUNNING, 92.0, step=SessionStep.GATE, n_viewed=2, **running),
        "break": facts(State.RUNNING, 180.0, step=SessionStep.BREAK, n_viewed=20, left_s=12.0, **running),
        "paused": facts(State.PAUSED, 192.0, n_viewed=22, notice=Notice(NoticeKind.PAUSED), **running),
        "away": facts(State.PAUSED, 192.0, n_viewed=22, **running, **lost),
        "failed": facts(State.FAILED, 192.0, n_viewed=22, notice=Notice(NoticeKind.FAILED, DISK_FULL), **running),
        "overlay": facts(
            State.RUNNING, 262.0, step=SessionStep.STIMULUS, n_viewed=36, left_s=1.8, **running | {"phase": "overlay"}
        ),
        "finished": facts(State.FINISHED, 285.0, n_viewed=40, **running | {"phase": "overlay"}),
    }


def finished_trials(n: int) -> list[FinishedTrial]:
    """Images that were viewed, with the scores of both maps."""
    answer = fake.result(final=True)
    maps = thinned(MapSet(universal=answer.universal, personal=answer.personal))
    trials = []
    for k in range(n):
        row = fake.trial(k, "enrol" if k < N_ENROL else "overlay")
        gain = 0.012 * (k % 9 - 2)
        trials.append(
            FinishedTrial(
                trial=k,
                phase=row.phase,
                maps=maps,
                fixations=row.fixations,
                universal=PredictionScore(cc=0.61 + 0.004 * (k % 7), nss=1.9 + 0.02 * (k % 5)),
                personal=PredictionScore(cc=0.61 + 0.004 * (k % 7) + gain, nss=1.9 + 0.02 * (k % 5) + 3 * gain),
                data_loss=row.data_loss,
                frame=row.frame,
                shown_s=row.shown_s,
            )
        )
    return trials


def moments(now_s: float) -> list[Moment]:
    """The quality of each second up to now."""
    return [
        Moment(
            time_s=float(second),
            loss=0.013 + 0.01 * math.sin(second / 9) ** 2 + (0.06 if second % 47 == 0 else 0.0),
            rms_s2s_deg=0.08 + 0.01 * math.sin(second / 5),
            rate_hz=1200.0,
        )
        for second in range(1, int(now_s))
    ]
