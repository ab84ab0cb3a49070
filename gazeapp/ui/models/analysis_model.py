"""What is open in Analyse: a session, one of its images, and the study around them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from PySide6.QtCore import QObject, Signal

from gazeapp.analysis.heat_map import Weighting, heat_map
from gazeapp.analysis.viewing import Viewing, read_viewings
from gazeapp.saliency.maps import Map
from gazeapp.store.session_state import SessionRecord
from gazeapp.ui.error_words import error_words
from gazeapp.ui.models.recording import Recording, TrialView, personal_gains, read_recording, read_trial, shrunk
from gazeapp.ui.models.study_model import StudyModel
from gazeapp.ui.models.thumbnails import Thumbnails

Order = Literal["time", "gain", "quality"]
ORDERS: tuple[Order, ...] = ("time", "gain", "quality")
Who = Literal["person", "group", "all"]
GAINS_AT_ONCE = 8
SIGMA_DEG = 1.0
HEAT_WIDTH_PX = 640


class AnalysisModel(QObject):
    """Everything slow happens in the background; what was asked for last is what is shown."""

    changed = Signal()
    """Another session, or what is known of it."""
    trial_changed = Signal()
    """Another image, or what is known of it."""
    heat_changed = Signal()

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
        self.gains: dict[int, float] = {}
        """Trial → personal gain, as far as it is computed."""
        self.trial = -1
        """That is looked at; -1 for none."""
        self.view: TrialView | None = None
        self.view_problem = ""
        self.heat_who: Who = "person"
        self.heat_by: Weighting = "duration"
        self.heat: Map | None = None
        self.heat_n: tuple[int, int] = (0, 0)
        """People and viewings in it."""
        self.heat_problem = ""
        self.is_heating = self._is_heat_wanted = False
        self._turn = self._trial_turn = self._heat_turn = 0
        self._sets: dict[str, tuple[Viewing, ...]] = {}
        """Viewings that count, of everybody ("") or of a person: read when they are first needed."""
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
        """Open a session; the one before stays until it is read."""
        is_same = session_id == self.session_id
        self.session_id, self.problem, self.is_loading = session_id, "", True
        self._turn += 1
        turn, folder = self._turn, self.study.folder / "sessions" / session_id
        if not is_same:
            self.recording, self.view, self.trial, self.gains = None, None, -1, {}
            self.thumbnails.forget()
        self.changed.emit()

        def done(found: Recording | Exception) -> None:
            if turn != self._turn:
                return
            self.is_loading = False
            if isinstance(found, Exception):
                self.recording, self.problem = None, error_words(found)
            else:
                self.recording = found
                self._choose_again()
                if not self.gains:
                    self._compute_gains(turn, list(found.viewings))
            self.changed.emit()

        self.study.bridge.run(lambda: read_recording(folder), done)

    def listed(self) -> list[Viewing]:
        """The viewings of the session in the order that was chosen; what is not known comes last."""
        viewings = list(self.recording.viewings) if self.recording else []
        if self.order == "gain":
            viewings.sort(key=lambda v: -self.gains.get(v.trial, -9.0))
        elif self.order == "quality":
            viewings.sort(key=lambda v: v.data_loss)
        return viewings

    def set_order(self, order: Order) -> None:
        """List the images in another order."""
        self.order = order
        self.changed.emit()

    def _close(self) -> None:
        self._turn += 1
        self.session_id, self.recording, self.view, self.trial, self.gains = "", None, None, -1, {}
        self._sets.clear()
        self.changed.emit()

    def _study_changed(self) -> None:
        if not self.study.is_loading:
            self._sets.clear()
        self.changed.emit()

    def _compute_gains(self, turn: int, left: list[Viewing]) -> None:
        batch, later = left[:GAINS_AT_ONCE], left[GAINS_AT_ONCE:]
        if not batch or turn != self._turn:
            return

        def done(found: dict[int, float] | Exception) -> None:
            if turn != self._turn or isinstance(found, Exception):
                return
            self.gains |= found
            if found:
                self.changed.emit()
            self._compute_gains(turn, later)

        self.study.bridge.run(lambda: personal_gains(batch, SIGMA_DEG, lambda: turn == self._turn), done)

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
            self._compute_heat()

        self.study.bridge.run(lambda: read_trial(viewing), done)

    # The heat map

    def set_heat(self, who: Who, by: Weighting) -> None:
        """Whose gaze, and what counts."""
        self.heat_who, self.heat_by = who, by
        self._compute_heat()

    def want_heat(self, is_wanted: bool) -> None:
        """Whether somebody looks at the heat map: else no study is read for it."""
        self._is_heat_wanted = is_wanted
        if is_wanted:
            self._compute_heat()

    def _compute_heat(self) -> None:
        viewing = self.viewing
        self._heat_turn += 1
        if viewing is None or not self._is_heat_wanted:
            return
        turn, who, by = self._heat_turn, self.heat_who, self.heat_by
        key = viewing.participant if who == "person" else ""
        known, folder = self._sets.get(key), self.study.folder
        self.is_heating, self.heat_problem = True, ""
        self.heat_changed.emit()

        def work() -> tuple[tuple[Viewing, ...], Map | None, tuple[int, int]]:
            found = known
            if found is None:
                found = read_viewings(folder, participants=[key] if key else []).viewings
            width_px = min(viewing.size_wh[0], HEAT_WIDTH_PX)
            sides = [shrunk(v, width_px) for v in chosen(found, viewing, who)]
            return found, heat_map(sides, weighting=by, sigma_deg=SIGMA_DEG), counted(sides)

        def done(made: tuple[tuple[Viewing, ...], Map | None, tuple[int, int]] | Exception) -> None:
            if turn != self._heat_turn:
                return
            self.is_heating = False
            if isinstance(made, ValueError):
                self.heat, self.heat_n = None, (0, 0)
                self.heat_problem = self.tr("No fixation that counts lies on this image.")
            elif isinstance(made, Exception):
                self.heat, self.heat_problem = None, error_words(made)
            else:
                self._sets[key], self.heat, self.heat_n = made
            self.heat_changed.emit()

        self.study.bridge.run(work, done)

    # What counts

    def exclude(self, trial: int, reason: str) -> None:
        """Leave a trial out of analysis."""
        record = self.record
        if record is None:
            return
        person, session, initials = record.pseudonym, record.session_id, self.study.initials
        self.study.change(
            lambda study: study.exclusions.exclude(person, session, trial, reason=reason, initials=initials),
            lambda _: self.open(session),
        )

    def include(self, trial: int) -> None:
        """Let a trial count again."""
        record = self.record
        if record is None:
            return
        person, session, initials = record.pseudonym, record.session_id, self.study.initials
        self.study.change(
            lambda study: study.exclusions.include(person, session, trial, initials=initials),
            lambda _: self.open(session),
        )


def chosen(viewings: Sequence[Viewing], of: Viewing, who: Who) -> list[Viewing]:
    """Those of the same image by the same person, the person's group, or everybody."""
    same = [v for v in viewings if v.stimulus_id == of.stimulus_id]
    if who == "person":
        return [v for v in same if v.participant == of.participant]
    return [v for v in same if who == "all" or v.group == of.group]


def counted(viewings: Sequence[Viewing]) -> tuple[int, int]:
    """How many people, and how many viewings."""
    return len({v.participant for v in viewings}), len(viewings)
