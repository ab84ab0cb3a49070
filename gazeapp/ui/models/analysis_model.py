"""What is open in Analyse: a session, one of its images, and the study around them."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Signal

from gazeapp.analysis.heat_map import SIGMA_DEG
from gazeapp.analysis.lost_image import FoundImage, find_image, put_back
from gazeapp.analysis.map_gain import GainSummary, summarize_gains
from gazeapp.analysis.viewing import Viewing
from gazeapp.store.detection_choice import Detection, choose_detection
from gazeapp.store.exclusion import Exclusion
from gazeapp.store.session_state import SessionRecord
from gazeapp.store.stimuli import DecodedImage, decode_image
from gazeapp.types import Image
from gazeapp.ui.error_words import error_words
from gazeapp.ui.models.recording import MapScores, Recording, TrialView, prediction_scores, read_recording, read_trial
from gazeapp.ui.models.study_model import StudyModel
from gazeapp.ui.models.thumbnails import Thumbnails

if TYPE_CHECKING:
    from gazeapp.store.study import Study

Order = Literal["time", "gain", "quality"]
ORDERS: tuple[Order, ...] = ("time", "gain", "quality")
SCORES_AT_ONCE = 8


class AnalysisModel(QObject):
    """Everything slow happens in the background; what was asked for last is what is shown."""

    changed = Signal()
    """Another session, or what is known of it."""
    trial_changed = Signal()
    """Another image, or what is known of it."""
    image_asked = Signal(object, object)
    """A file has a lost image's name but another content: is it to be shown?"""

    def __init__(self, study: StudyModel) -> None:
        super().__init__()
        self.study = study
        self.thumbnails = Thumbnails(study.bridge)
        self.session_id = ""
        self.recording: Recording | None = None
        self.problem = ""
        """Why the session cannot be shown."""
        self.is_loading = False
        self.order: Order = "time"
        self.scores: dict[int, MapScores] = {}
        """Trial → how well its maps predicted the gaze, as far as it is computed."""
        self.is_scoring = False
        """Whether more scores are being computed."""
        self.trial = -1
        """That is looked at; -1 for none."""
        self.view: TrialView | None = None
        self.view_problem = ""
        self.instead: dict[str, Image] = {}
        """Stimulus → what is shown in the place of a lost image."""
        self.is_searching = False
        self.search_problem = ""
        self._turn = self._trial_turn = 0
        study.opened.connect(self._close)
        study.changed.connect(self._study_changed)

    # The session

    @property
    def sessions(self) -> list[SessionRecord]:
        """Of the study, newest first."""
        found = [record for row in self.study.rows for record in row.sessions]
        return sorted(found, key=lambda record: record.created_utc, reverse=True)

    @property
    def record(self) -> SessionRecord | None:
        """What the study says of the session that is open."""
        return next((record for record in self.sessions if record.session_id == self.session_id), None)

    def open(self, session_id: str) -> None:
        """Open a session; nothing of the one before is shown any more."""
        is_same = session_id == self.session_id
        self.session_id, self.problem, self.is_loading, self.is_scoring = session_id, "", True, False
        self._turn += 1
        turn, folder = self._turn, self.study.folder / "sessions" / session_id
        if not is_same:
            self.recording, self.view, self.trial, self.scores = None, None, -1, {}
            self.instead.clear()
            self.thumbnails.forget()
            self._trial_turn += 1
            self.trial_changed.emit()
        self.changed.emit()

        def done(found: Recording | Exception) -> None:
            if turn != self._turn:
                return
            self.is_loading = False
            if isinstance(found, Exception):
                self.recording, self.problem = None, error_words(found)
            else:
                self._keep_scores(found)
                self.recording = found
                self._choose_again()
                if not found.is_illustration:
                    self._compute_scores(turn, [v for v in found.viewings if v.trial not in self.scores])
            self.changed.emit()

        self.study.bridge.run(lambda: read_recording(folder), done)

    def listed(self) -> list[Viewing]:
        """The viewings of the session in the order that was chosen; what is not known comes last."""
        viewings = list(self.recording.viewings) if self.recording else []
        if self.order == "gain":
            viewings.sort(key=lambda v: -self.gain(v.trial, -9.0))
        elif self.order == "quality":
            viewings.sort(key=lambda v: v.data_loss)
        return viewings

    def gain(self, trial: int, unknown: float = math.nan) -> float:
        """How much better the personal map predicted a trial's gaze than the universal one, difference of CC."""
        found = self.scores.get(trial)
        return unknown if found is None else found.gain

    def session_gain(self) -> GainSummary | None:
        """The same over the session, once all of its images are scored; None before, and where none is.

        Images of the overlay count where there are any, as they taught nothing; else those of the enrolment, whose
        maps were predicted before their gaze was learnt.
        """
        if self.recording is None or self.is_scoring:
            return None
        kept = [v for v in self.recording.viewings if v.trial in self.scores and not v.excluded]
        phases = {v.phase for v in kept}
        phase = next((phase for phase in ("overlay", "enrol") if phase in phases), "")
        gains = [self.gain(v.trial) for v in kept if v.phase == phase]
        return summarize_gains(gains) if gains else None

    def set_order(self, order: Order) -> None:
        """List the images in another order."""
        self.order = order
        self.changed.emit()

    def _close(self) -> None:
        self._turn += 1
        self.session_id, self.recording, self.view, self.trial, self.scores = "", None, None, -1, {}
        self.changed.emit()

    def _study_changed(self) -> None:
        if not self.study.is_loading:
            self.changed.emit()

    def _keep_scores(self, found: Recording) -> None:
        """A session that is read again may have other fixations: what was scored by the same ones stays."""
        before = {v.trial: v.fixations for v in self.recording.viewings} if self.recording else {}
        same = {v.trial for v in found.viewings if before.get(v.trial) == v.fixations}
        self.scores = {trial: scores for trial, scores in self.scores.items() if trial in same}

    def _compute_scores(self, turn: int, left: list[Viewing]) -> None:
        batch, later = left[:SCORES_AT_ONCE], left[SCORES_AT_ONCE:]
        if turn != self._turn:
            return
        was, self.is_scoring = self.is_scoring, bool(batch)
        if not batch:
            if was:
                self.changed.emit()
            return

        def done(found: dict[int, MapScores] | Exception) -> None:
            if turn != self._turn:
                return
            if isinstance(found, Exception):
                later.clear()
            elif found:
                self.scores |= found
                self.changed.emit()
            self._compute_scores(turn, later)

        self.study.bridge.run(lambda: prediction_scores(batch, SIGMA_DEG, lambda: turn == self._turn), done)

    # The image

    @property
    def viewing(self) -> Viewing | None:
        """The one that is looked at."""
        found = [v for v in (self.recording.viewings if self.recording else ()) if v.trial == self.trial]
        return found[0] if found else None

    def choose(self, trial: int) -> None:
        """Look at another image of the session."""
        if trial == self.trial and self.view is not None:
            return
        self.trial = trial
        self._read_trial()

    def _choose_again(self) -> None:
        listed = self.listed()
        if self.recording is not None and listed and self.recording.index_of(self.trial) < 0:
            self.trial = listed[0].trial
        self._read_trial()

    def _read_trial(self) -> None:
        viewing = self.viewing
        self._trial_turn += 1
        turn = self._trial_turn
        if viewing is None:
            self.view = None
            self.trial_changed.emit()
            return

        def done(found: TrialView | Exception) -> None:
            if turn != self._trial_turn:
                return
            self.view_problem = error_words(found) if isinstance(found, Exception) else ""
            self.view = None if isinstance(found, Exception) else found
            self.trial_changed.emit()

        instead = self.instead.get(viewing.stimulus_id)
        self.search_problem = ""
        self.study.bridge.run(lambda: read_trial(viewing, instead), done)

    # What counts

    @property
    def detection(self) -> Detection | None:
        """How fixations are found anew; None for those that were recorded."""
        return self.recording.detection if self.recording else None

    def exclude(self, exclusion: Exclusion) -> None:
        """Leave a person, a session or a trial out of analysis."""
        what = (exclusion.pseudonym, exclusion.session_id, exclusion.trial)
        reason, initials = exclusion.reason, self.study.initials
        self._change(lambda study: study.exclusions.exclude(*what, reason=reason, initials=initials))

    def include(self, exclusion: Exclusion) -> None:
        """Take an exclusion back."""
        what = (exclusion.pseudonym, exclusion.session_id, exclusion.trial)
        initials = self.study.initials
        self._change(lambda study: study.exclusions.include(*what, initials=initials))

    def ask_exclusions(self, then: Callable[[list[Exclusion]], None]) -> None:
        """Read everything that was ever left out."""
        folder = self.study.folder

        def work() -> list[Exclusion]:
            from gazeapp.store.study import Study

            with Study.open(folder) as study:
                return study.exclusions.history()

        def done(found: list[Exclusion] | Exception) -> None:
            if isinstance(found, Exception):
                self.study.failed.emit(error_words(found))
            else:
                then(found)

        self.study.ask(work, done)

    def choose_detection(self, detection: Detection | None) -> None:
        """Take other fixations for the whole study, or with None those that were recorded."""
        initials = self.study.initials
        self._change(lambda study: choose_detection(study.path, detection, initials=initials))

    def _change(self, do: Callable[[Study], None]) -> None:
        folder, session = self.study.folder, self.session_id

        def again(_: object) -> None:
            if (folder, session) == (self.study.folder, self.session_id):
                self.open(session)

        self.study.change(do, again)

    # Images that are not where they were

    def search_image(self, folder: Path) -> None:
        """Look for the image of the viewing; it is put back where its very content is found, else `image_asked`."""
        viewing, session = self.viewing, self.session_id
        if viewing is None:
            return
        self.is_searching = True
        self.trial_changed.emit()

        def work() -> FoundImage:
            found = find_image(folder, viewing.stimulus_id, viewing.image)
            if found.same is not None:
                put_back(viewing.folder, found.same)
            return found

        def done(found: FoundImage | Exception) -> None:
            self.is_searching = False
            now = self.viewing
            if isinstance(found, Exception):
                self.study.failed.emit(error_words(found))
            elif session != self.session_id:  # another one is looked at by now
                pass
            elif found.same is not None:
                self.thumbnails.forget()
                self.open(session)
            elif now is None or now.stimulus_id != viewing.stimulus_id:
                pass
            elif found.alike:
                self.image_asked.emit(viewing, found.alike[0])
            else:
                words = self.tr("{0} is not among {1} images there.")
                self.search_problem = words.format(viewing.image, found.n_looked_at)
            self.trial_changed.emit()

        self.search_problem = ""
        self.study.bridge.run(work, done)

    def show_instead(self, viewing: Viewing, path: Path) -> None:
        """Show an image of another content in the place of a viewing's lost one, until the session is closed."""
        session = self.session_id

        def done(found: DecodedImage | Exception) -> None:
            if isinstance(found, Exception):
                self.study.failed.emit(error_words(found))
                return
            if session == self.session_id:
                self.instead[viewing.stimulus_id] = found.rgb
                self._read_trial()

        self.study.ask(lambda: decode_image(path), done)
