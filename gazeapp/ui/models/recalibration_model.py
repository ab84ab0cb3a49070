"""What the images say of gaze, while a session runs and afterwards: found in the background, applied by a click."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal, SignalInstance

from gazeapp.experiment.state import Command
from gazeapp.experiment.status import SessionStatus
from gazeapp.gaze.correction_late import LateCorrection
from gazeapp.gaze.fixations import Fixation
from gazeapp.store.records import CorrectionRow, TrialRow, move_fixations
from gazeapp.ui.bridge import QtBridge
from gazeapp.ui.error_words import error_words
from gazeapp.ui.models.finished_trial import FinishedTrial
from gazeapp.ui.models.live_session import LiveSession
from gazeapp.ui.models.map_model import MapModel

if TYPE_CHECKING:  # what it imports takes a second to load, and the window should be there before
    from gazeapp.experiment.controller import SessionController
    from gazeapp.experiment.recalibration import Recalibration

T = TypeVar("T", FinishedTrial, TrialRow)
N_EXAMPLES = 2
EVERY = 3
"""While a session runs, it is looked again after so many more images."""
_MAP_PX = 256


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Example:
    """One image with its gaze before and after."""

    image_rgb: NDArray[np.uint8] | None
    density: NDArray[np.float32]
    """Where people look."""
    size_px: tuple[int, int]
    """Width and height of the image."""
    before: tuple[Fixation, ...]
    """Image pixels."""
    after: tuple[Fixation, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Proposal:
    """What was found, and how it looks."""

    found: Recalibration
    examples: tuple[Example, ...] = ()
    is_applied: bool = False
    """Whether a correction by the images is applied already."""


class RecordedRecalibration(QObject):
    """Of a session that is over.

    Args:
        bridge: Runs what takes long.
    """

    changed = Signal()

    def __init__(self, bridge: QtBridge) -> None:
        super().__init__()
        self._bridge = bridge
        self.folder: Path | None = None
        self.proposal: Proposal | None = None
        self.is_looking = self._is_writing = False
        self.problem = ""

    def look(self, folder: Path) -> None:
        """Find what the images of a session say."""
        self.folder, self.proposal, self.problem, self.is_looking = folder, None, "", True
        self.changed.emit()
        self._bridge.run(lambda: _look(folder), lambda found: self._take(folder, found))

    def _take(self, folder: Path, found: Proposal | Exception) -> None:
        if folder != self.folder:
            return
        self.is_looking = False
        if isinstance(found, Exception):
            self.problem = error_words(found)
        else:
            self.proposal = found
        self.changed.emit()

    @property
    def can_apply(self) -> bool:
        """Whether there is something to apply."""
        proposal = self.proposal
        can_be = proposal is not None and proposal.found.late is not None and not proposal.is_applied
        return can_be and not self._is_writing

    @property
    def can_undo(self) -> bool:
        """Whether there is something to take back."""
        return self.proposal is not None and self.proposal.is_applied and not self._is_writing

    def apply(self) -> None:
        """Have the session read with the correction from now on."""
        from gazeapp.experiment.recalibration_document import recalibration_json
        from gazeapp.store.recalibration import apply_recalibration

        proposal = self.proposal
        if proposal is None or proposal.found.late is None:
            return
        late, finding = proposal.found.late, recalibration_json(proposal.found)
        self._write(lambda folder: apply_recalibration(folder, late, finding), is_applied=True)

    def undo(self) -> None:
        """Have it read as it was recorded again."""
        from gazeapp.store.recalibration import undo_recalibration

        self._write(undo_recalibration, is_applied=False)

    def _write(self, do: Callable[[Path], None], *, is_applied: bool) -> None:
        folder = self.folder
        if folder is None or self._is_writing:
            return
        self._is_writing = True
        self.changed.emit()

        def done(result: Exception | None) -> None:
            self._is_writing = False
            if folder == self.folder:
                self.problem = error_words(result) if result is not None else ""
                if result is None and self.proposal is not None:
                    self.proposal = replace(self.proposal, is_applied=is_applied)
            self.changed.emit()

        self._bridge.run(lambda: do(folder), done)


class RunningSession(Protocol):
    """What is asked of the session that runs."""

    run: LiveSession | None
    maps: MapModel

    @property
    def status(self) -> SessionStatus:
        """Where it is, and what may be asked of it."""
        ...

    @property
    def trial_finished(self) -> SignalInstance:
        """An image is over: its place in `maps.trials`."""
        ...

    @property
    def state_changed(self) -> SignalInstance:
        """`status` changed."""
        ...

    def command(self, do: Callable[[SessionController, float], None], /) -> object:
        """Do something with the session, on its own clock."""
        ...


class LiveRecalibration(QObject):
    """Of a session that runs: looked for between images, once there are enough under the correction in force."""

    changed = Signal()

    def __init__(self, bridge: QtBridge, session: RunningSession) -> None:
        super().__init__()
        self._bridge, self._session = bridge, session
        self.proposal: Proposal | None = None
        self.problem = ""
        self.is_looking = False
        self._run: object = None
        self._in_force: CorrectionRow | None = None
        self._n_looked = 0
        session.trial_finished.connect(self._look)
        session.state_changed.connect(self._follow)

    @property
    def can_apply(self) -> bool:
        """Whether there is something to apply now."""
        return (
            self.proposal is not None
            and self.proposal.found.is_supported
            and Command.CORRECT_BY_IMAGES in self._session.status.allowed
        )

    @property
    def can_undo(self) -> bool:
        """Whether the correction in force is one by the images."""
        return Command.UNDO_IMAGES in self._session.status.allowed

    def apply(self) -> None:
        """Correct gaze by it from now on."""
        from gazeapp.experiment.findings import describe_recalibration

        if self.proposal is not None and self.can_apply:
            found = self.proposal.found
            said = describe_recalibration(found)
            self._session.command(lambda c, now_s: c.correct_by_images(found.correction, said, now_s))

    def undo(self) -> None:
        """Correct gaze as before."""
        self._session.command(lambda c, now_s: c.undo_images(now_s))

    def _follow(self) -> None:
        """Gaze on images from before another correction says nothing of it."""
        run, status = self._session.run, self._session.status
        if run is self._run and status.in_force is self._in_force:
            return
        self._run, self._in_force = run, status.in_force
        self._n_looked, self.proposal = 0, None
        self.changed.emit()

    def _look(self, _index: int) -> None:
        from gazeapp.experiment.recalibration import calibration_shift, propose_recalibration
        from gazeapp.experiment.validation import target_windows
        from gazeapp.gaze.samples import GazeSamples
        from gazeapp.saliency.alignment import MIN_IMAGES

        run, status = self._session.run, self._session.status
        in_force, attempt = status.in_force, status.selected_attempt
        since_s = in_force.from_time_s if in_force is not None else -math.inf
        trials = [
            t
            for t in self._session.maps.trials
            if t.maps.universal is not None and t.fixations and t.shown_s >= since_s
        ]
        if run is None or self.is_looking or len(trials) < max(MIN_IMAGES, self._n_looked + EVERY):
            return
        self._n_looked, self.is_looking = len(trials), True
        display, correction, maps = run.display, status.correction, self._session.maps
        density = {t.frame.stimulus_id: t.maps.universal for t in trials}
        validation = status.validation
        points = [p for p in validation.points if len(p.samples)] if validation is not None else []
        samples = correction.apply(GazeSamples.concatenate([p.samples for p in points])) if points else None
        known = calibration_shift((attempt.to_row(),) if attempt is not None else (), in_force)
        # what bends gaze cannot follow what bends it already
        up_to = "shift" if correction.kind == "second_order" else "affine"

        def work() -> Recalibration:
            return propose_recalibration(
                trials,
                display=display,
                density_of=lambda stimulus_id: _known(density[stimulus_id]),
                samples=samples if samples is not None else GazeSamples.empty(),
                targets=target_windows(points),
                known=known,
                since_s=since_s,
                up_to=up_to,
            )

        def done(found: Recalibration | Exception) -> None:
            self.is_looking = False
            if run is not self._run or in_force is not self._in_force:
                return
            if isinstance(found, Exception):
                self.problem = error_words(found)
            else:
                late = LateCorrection(from_time_s=0.0, correction=found.correction)
                examples = _examples(
                    trials, late, lambda t: maps.maps_of(t).image_rgb, lambda t: _known(t.maps.universal)
                )
                self.problem, self.proposal = "", Proposal(found=found, examples=examples)
            self.changed.emit()

        self._bridge.run(work, done)


def _look(folder: Path) -> Proposal:
    """What the images of a recorded session say, by the maps that were stored with it, or by the usual network."""
    from gazeapp.experiment.recalibration import recalibrate_session
    from gazeapp.networks.universal_models import UniversalChoice, load_universal
    from gazeapp.store.reader import SessionReader

    with SessionReader(folder) as session:
        known = {
            p.stimulus_id: _small(p.universal)
            for p in session.predictions(final_only=True)
            if p.universal is not None and not p.error and np.isfinite(p.universal).all()
        }
        names = {row.stimulus_id: row.name for row in session.stimulus_rows()}
        network = None

        def density_of(stimulus_id: str) -> NDArray[np.float32]:
            nonlocal network
            if stimulus_id not in known:
                network = network or load_universal(UniversalChoice())
                image = session.stimuli.load(stimulus_id).rgb
                known[stimulus_id] = _small(network(image, names.get(stimulus_id, "")))
            return known[stimulus_id]

        found, since_s = recalibrate_session(session, density_of), -math.inf
        if found.late is not None:
            since_s = found.late.from_time_s
        examples = _examples(
            [t for t in session.recorded_trials() if t.fixations and t.shown_s >= since_s],
            found.late,
            lambda t: session.stimuli.load(t.frame.stimulus_id).rgb,
            lambda t: density_of(t.frame.stimulus_id),
        )
        return Proposal(found=found, examples=examples, is_applied=session.late_correction() is not None)


def _examples(
    trials: Sequence[T],
    late: LateCorrection | None,
    image_of: Callable[[T], NDArray[np.uint8] | None],
    density_of: Callable[[T], NDArray[np.float32]],
) -> tuple[Example, ...]:
    """The images that tell most, with gaze as it was and moved."""
    return tuple(
        Example(
            image_rgb=image_of(trial),
            density=density_of(trial),
            size_px=(trial.frame.image_width_px, trial.frame.image_height_px),
            before=trial.fixations,
            after=trial.fixations if late is None else move_fixations(trial.fixations, trial.frame, late.move),
        )
        for trial in _telling(trials)
    )


def _telling(trials: Sequence[T]) -> list[T]:
    """The images with the most fixations, in their order."""
    order = sorted(range(len(trials)), key=lambda n: -len(trials[n].fixations))[:N_EXAMPLES]
    return [trials[n] for n in sorted(order)]


def _small(density: NDArray[np.float32]) -> NDArray[np.float32]:
    step = max(1, -(-max(density.shape) // _MAP_PX))
    return density[::step, ::step].copy()


def _known(density: NDArray[np.float32] | None) -> NDArray[np.float32]:
    assert density is not None, "only trials with maps are looked at"
    return density
