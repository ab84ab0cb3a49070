"""The interface of a run that the window needs, so that pages can be tried without tracker and files."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from gazeapp.gaze.clock import Clock
from gazeapp.gaze.display import Display
from gazeapp.runtime.snapshot import InferenceResult, Snapshot
from gazeapp.store.records import TrialRow

if TYPE_CHECKING:  # takes a second to load, and the window should be there before
    from gazeapp.experiment.controller import SessionController
    from gazeapp.runtime.enrolment import EnrolmentProgress


class Answers(Protocol):
    """What the window asks about the networks."""

    @property
    def failures(self) -> tuple[str, ...]:
        """What could not be answered at all, in words."""
        ...

    @property
    def in_use(self) -> InUse | None:
        """Which networks answer; None before they are loaded."""
        ...


class InUse(Protocol):
    """Which networks answer."""

    @property
    def universal_name(self) -> str:
        """Short name of the universal model."""
        ...


class LiveSession(Protocol):
    """A run as the window sees it."""

    @property
    def controller(self) -> SessionController:
        """The state machine."""
        ...

    @property
    def clock(self) -> Clock:
        """The session clock."""
        ...

    @property
    def session_id(self) -> str:
        """Of the session it records."""
        ...

    @property
    def display(self) -> Display:
        """The participant's screen."""
        ...

    @property
    def progress(self) -> EnrolmentProgress | None:
        """What is known about the person; None before the networks are loaded."""
        ...

    @property
    def inference(self) -> Answers:
        """The networks."""
        ...

    def tick(self, now_s: float) -> None:
        """Let the participant's screen go on, and take in what other threads left."""
        ...

    def take_trials(self) -> list[TrialRow]:
        """Trials that were finished and stored since the last call."""
        ...

    @property
    def is_settled(self) -> bool:
        """Whether everything recorded so far is analysed and answered."""
        ...

    @property
    def is_illustration(self) -> bool:
        """Whether the gaze is a model observer's: nobody's, so that no score is quoted for it."""
        ...

    def add_snapshot_observer(self, on_snapshot: Callable[[Snapshot], None]) -> None:
        """Have every snapshot told, on another thread."""
        ...

    def add_result_observer(self, on_result: Callable[[InferenceResult], None]) -> None:
        """Have every inference result told, by `tick`."""
        ...

    def image_rgb(self, stimulus_id: str) -> NDArray[np.uint8]:
        """(H, W, 3) pixels of a stimulus."""
        ...

    def close(self) -> None:
        """End everything and keep what was recorded."""
        ...
