"""Puts the session together that was chosen, in the background, and begins it on the participant's screen."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from gazeapp.errors import ConsentMissing, GazeAppError
from gazeapp.experiment.plan import ExperimentPlan
from gazeapp.gaze.clock import MonotonicClock
from gazeapp.gaze.display import Display
from gazeapp.ui.error_words import error_words
from gazeapp.ui.models.session_model import SessionModel
from gazeapp.ui.models.setup_model import MOUSE, SetupModel, Subject
from gazeapp.ui.models.tracker_choice import TrackerChoice
from gazeapp.ui.participant.stage import ParticipantStage
from gazeapp.ui.participant.window import StimulusWindow

if TYPE_CHECKING:  # loaded in the background, after the window is there
    from gazeapp.devices.tracker import Tracker
    from gazeapp.experiment.continuation import Continuation
    from gazeapp.runtime import Run, RunOptions

MOUSE_RATE_HZ = 250
NETWORKS_WAIT_S = 30.0
PREVIEW_WAIT_S = 10.0
"""A tracker that somebody looked at before the session gives its connection back within this time."""


@dataclass(slots=True, kw_only=True)
class RecordingOptions:
    """What holds for every session of these windows, whoever is recorded."""

    use_gl: bool | None = None
    """False for the raster path of the participant's window, None to use OpenGL where it works."""
    is_continuous: bool = False
    """Draw every frame of the participant's window, to know each one's time."""
    algorithm: str = ""
    """Fixation detector."""
    weights: Path | None = None
    publish: str = ""
    """Publish gaze, fixations and markers as LSL streams of this name; empty for none."""
    device_options: dict[str, str] = field(default_factory=dict)
    """On top of what was chosen with the tracker."""


class SessionBuilder(QObject):
    """One session at a time."""

    begun = Signal()
    """The session is attached, and gaze flows."""
    consent_missing = Signal(str)
    """Pseudonym of a person who has to be asked first."""

    def __init__(
        self, setup: SetupModel, session: SessionModel, stage: ParticipantStage, options: RecordingOptions
    ) -> None:
        super().__init__()
        self._setup, self._session, self._stage = setup, session, stage
        self.options = options
        self.built: Run | None = None
        """Put together in the background, and not taken over yet."""

    def build(self, subject: Subject, choice: TrackerChoice, display: Display) -> None:
        """Build a session of a person with a tracker on a screen; one that waits is built as it was left."""
        setup = self._setup
        setup.preview.stop()
        self._session.detach()
        self._stage.close()
        setup.tell_building(True)
        if not subject.session_id:
            self._build(subject, choice, setup.plan, display, begin_s=0.0)
            return
        folder = setup.study_dir / "sessions" / subject.session_id

        def read() -> Continuation:
            from gazeapp.experiment.continuation import read_continuation

            return read_continuation(folder)

        def done(found: Continuation | Exception) -> None:
            if isinstance(found, Exception):
                setup.tell_building(False, error_words(found))
            elif (found.display.width_px, found.display.height_px) != (display.width_px, display.height_px):
                words = self.tr(
                    "The session was recorded on a screen of {0}×{1} pixels; choose that one to continue it."
                )
                setup.tell_building(False, words.format(found.display.width_px, found.display.height_px))
            else:
                self._build(subject, choice, found.plan, found.display, begin_s=found.start_s())

        setup.bridge.run(read, done)

    def close(self) -> None:
        """What was built while the windows closed ends as any other session."""
        if self.built is not None:
            self.built.close()

    def _build(
        self, subject: Subject, choice: TrackerChoice, plan: ExperimentPlan, display: Display, *, begin_s: float
    ) -> None:
        asked, clock, preview = self.options, MonotonicClock(begin_s), self._setup.preview
        window = StimulusWindow(clock, plan.stimuli.background, use_gl=asked.use_gl, is_continuous=asked.is_continuous)
        window.shows_pointer = choice.key == MOUSE
        self._stage.prepare(window)
        make_options = self._make_options(subject, choice, plan, display)

        def build() -> Run:
            from gazeapp.devices.discovery import TrackerContext, open_tracker
            from gazeapp.runtime import build_run

            preview.wait_closed(PREVIEW_WAIT_S)
            tracker: Tracker | None = None
            if choice.key == MOUSE:
                tracker = open_tracker(
                    "simulated",
                    clock=clock,
                    display=display,
                    options={"observer": "mouse", "rate_hz": str(MOUSE_RATE_HZ)},
                    context=TrackerContext(pointer=lambda: window.pointer_px),
                )
            self.built = run = build_run(make_options(), screen=window, clock=clock, tracker=tracker)
            if choice.backend == "simulated":
                # else its first sample waits a second for this library, and the tracker looks lost
                importlib.import_module("scipy.signal")
            # what earlier sessions taught and the maps of images to choose from are computed before gaze flows, too.
            # What is wrong with the networks is told with the first image; gaze can be recorded without them.
            with contextlib.suppress(GazeAppError):
                run.inference.wait(NETWORKS_WAIT_S)
            return run

        self._setup.bridge.run(build, self._built)

    def _make_options(
        self, subject: Subject, choice: TrackerChoice, plan: ExperimentPlan, display: Display
    ) -> Callable[[], RunOptions]:
        """What is to be run, as of now; made where its library is loaded, in the background."""
        setup, asked = self._setup, self.options
        study_dir, initials, language = setup.study_dir, setup.study.initials, setup.study.language
        device_options, universal = {**choice.options, **asked.device_options}, setup.universal.in_use
        algorithm, weights, publish = asked.algorithm, asked.weights, asked.publish

        def make() -> RunOptions:
            from gazeapp.runtime import RunOptions

            return RunOptions(
                plan=plan,
                study=study_dir,
                participant=subject.pseudonym,
                resume=subject.session_id,
                experimenter=initials,
                language=language,
                display=display,
                device=choice.backend,
                device_options=device_options,
                algorithm=algorithm,
                weights=weights,
                universal=universal,
                publish=publish,
            )

        return make

    def _built(self, outcome: Run | Exception) -> None:
        self.built = None
        setup, session = self._setup, self._session
        if isinstance(outcome, Exception):
            self._stage.close()
            setup.tell_building(False, error_words(outcome))
            if isinstance(outcome, ConsentMissing) and setup.subject is not None:
                self.consent_missing.emit(setup.subject.pseudonym)
            return
        try:
            # whose session it is, the session itself says
            session.attach(outcome, outcome.session.pseudonym)
            self._stage.begin(outcome.recorder.take)
            outcome.start()
        except GazeAppError as error:
            session.detach()
            self._stage.close()
            setup.tell_building(False, error_words(error))
            return
        setup.subject = None  # the next session, too, is of somebody who is chosen for it
        self.begun.emit()
        setup.tell_building(False)
