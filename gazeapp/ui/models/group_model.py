"""What people did on the image that is looked at: heat map, measures of areas, and the comparison of two sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, Signal

from gazeapp.analysis.area import Area
from gazeapp.analysis.heat_map import Comparison, Weighting, area_differences, compare, heat_map
from gazeapp.analysis.viewing import Viewing, read_viewings
from gazeapp.saliency.maps import Map
from gazeapp.ui.error_words import error_words
from gazeapp.ui.models.analysis_model import AnalysisModel
from gazeapp.ui.models.area_model import AreaModel, AreaRow, area_rows
from gazeapp.ui.models.recording import shrunk
from gazeapp.ui.models.study_model import StudyModel
from gazeapp.ui.translation import tr

MAP_WIDTH_PX = 640
Kind = Literal["person", "group", "others", "all"]
Wanted = Literal["", "heat", "areas", "compare"]
_IMAGES_KEPT = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """Whose gaze."""

    kind: Kind
    name: str = ""
    """Pseudonym of a person, value of a group, or the person whom "others" leaves out."""

    def holds(self, viewing: Viewing) -> bool:
        """Whether a viewing is of this side."""
        match self.kind:
            case "person":
                return viewing.participant == self.name
            case "group":
                return viewing.group == self.name
            case "others":
                return viewing.participant != self.name
            case _:
                return True


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GroupResult:
    """What came of the last question."""

    heat: Map | None = None
    comparison: Comparison | None = None
    n_people: tuple[int, ...] = ()
    """On each side."""
    n_viewings: tuple[int, ...] = ()
    rows: tuple[AreaRow, ...] = ()


class NoViewings(ValueError):
    """Nobody's gaze lies on the image; who viewed it is known all the same."""

    def __init__(self, everyone: tuple[Viewing, ...]) -> None:
        super().__init__("no gaze on the image")
        self.everyone = everyone


class GroupModel(QObject):
    """Reads the study in the background when it is first asked about an image; what was asked for last is shown."""

    changed = Signal()

    def __init__(self, study: StudyModel, analysis: AnalysisModel, areas: AreaModel) -> None:
        super().__init__()
        self._study, self._analysis, self._areas = study, analysis, areas
        self.result = GroupResult()
        self.problem = ""
        self.is_working = False
        self.who: Kind = "person"
        self.by: Weighting = "duration"
        self.sides: list[Side | None] = [None, None]
        """What was chosen to be compared; None for the person of the session, and for everybody else."""
        self._wanted: Wanted = ""
        self._turn = 0
        self._read: dict[str, tuple[Viewing, ...]] = {}
        """Stimulus → everybody's viewings of it that count."""
        study.opened.connect(self.forget)
        study.changed.connect(self._study_changed)
        analysis.trial_changed.connect(self._compute)
        areas.changed.connect(self._areas_changed)

    def want(self, what: Wanted) -> None:
        """What somebody looks at; nothing is read for what nobody sees."""
        self._wanted = what
        self._compute()

    def is_wanted(self, what: Wanted) -> bool:
        """Whether somebody looks at it."""
        return self._wanted == what

    def set_heat(self, who: Kind, by: Weighting) -> None:
        """Whose gaze the heat map shows, and what counts."""
        self.who, self.by = who, by
        self._compute()

    def set_side(self, number: int, side: Side | None) -> None:
        """Whom to compare."""
        self.sides[number] = side
        self._compute()

    def forget(self) -> None:
        """Read the study again when it is asked about."""
        self._turn += 1
        self._read.clear()
        self.result = GroupResult()

    @property
    def viewings(self) -> tuple[Viewing, ...]:
        """Everybody's viewings of the image that is looked at, as far as they are read."""
        viewing = self._analysis.viewing
        return self._read.get(viewing.stimulus_id, ()) if viewing else ()

    @property
    def shown(self) -> Side:
        """Whose gaze the heat map shows."""
        viewing = self._analysis.viewing
        own = {"group": viewing.group, "person": viewing.participant} if viewing else {}
        return Side(kind=self.who, name=own.get(self.who, ""))

    @property
    def compared(self) -> tuple[Side, Side]:
        """Both sides."""
        viewing = self._analysis.viewing
        person = viewing.participant if viewing else ""
        first = self.sides[0] or Side(kind="person", name=person)
        default = Side(kind="others", name=first.name) if first.kind == "person" else Side(kind="all")
        return first, self.sides[1] or default

    def _study_changed(self) -> None:
        if not self._study.is_loading:
            self._read.clear()

    def _areas_changed(self) -> None:
        if self._wanted in ("areas", "compare"):
            self._compute()

    def _compute(self) -> None:
        viewing, wanted = self._analysis.viewing, self._wanted
        self._turn += 1
        if viewing is None or not wanted:
            return
        turn, folder, known = (
            self._turn,
            self._study.folder,
            None if not viewing.stimulus_id else self._read.get(viewing.stimulus_id),
        )
        areas, by, sides = self._areas.of(viewing), self.by, self.compared
        who = self.shown
        self.is_working, self.problem = True, ""
        if wanted == "areas":  # shown at once; what all did comes when it is read
            self.result = GroupResult(rows=tuple(area_rows(areas, viewing, known or ())))
        self.changed.emit()

        def work() -> tuple[tuple[Viewing, ...], GroupResult]:
            everyone = known if known is not None else read_everyone(folder, viewing)
            try:
                match wanted:
                    case "heat":
                        return everyone, made_heat([v for v in everyone if who.holds(v)], by)
                    case "areas":
                        return everyone, GroupResult(rows=tuple(area_rows(areas, viewing, everyone)))
                    case _:
                        first, second = ([v for v in everyone if side.holds(v)] for side in sides)
                        return everyone, made_comparison(first, second, areas, by)
            except ValueError as error:
                raise NoViewings(everyone) from error

        def done(made: tuple[tuple[Viewing, ...], GroupResult] | Exception) -> None:
            if turn != self._turn:
                return
            self.is_working = False
            if isinstance(made, NoViewings):
                self._keep(viewing.stimulus_id, made.everyone)
            if isinstance(made, ValueError):
                self.result, self.problem = GroupResult(), self._why_nothing(wanted)
            elif isinstance(made, Exception):
                self.result, self.problem = GroupResult(), error_words(made)
            else:
                self._keep(viewing.stimulus_id, made[0])
                self.result = made[1]
            self.changed.emit()

        self._study.bridge.run(work, done)

    def _keep(self, stimulus_id: str, everyone: tuple[Viewing, ...]) -> None:
        while len(self._read) >= _IMAGES_KEPT:
            self._read.pop(next(iter(self._read)))
        self._read[stimulus_id] = everyone

    def _why_nothing(self, wanted: Wanted) -> str:
        if wanted == "compare":
            return self.tr("On one side nobody's gaze that counts lies on this image; choose another one.")
        return self.tr("No fixation that counts lies on this image.")


def side_words(side: Side) -> str:
    """A side in words."""
    match side.kind:
        case "person":
            return side.name
        case "group":
            return tr("group {0}").format(side.name) if side.name else tr("everybody without a group")
        case "others":
            return tr("everybody else")
        case _:
            return tr("all")


def read_everyone(folder: Path, of: Viewing) -> tuple[Viewing, ...]:
    """Everybody's viewings of one image that count; of a recording without images itself alone."""
    if not of.stimulus_id:
        return (of,)
    return read_viewings(folder, stimulus_id=of.stimulus_id).viewings


def made_heat(viewings: Sequence[Viewing], by: Weighting) -> GroupResult:
    """The heat map of some viewings; ValueError where no fixation lies on the image."""
    small = [shrunk(v, min(v.size_wh[0], MAP_WIDTH_PX)) for v in viewings]
    heat = heat_map(small, weighting=by)
    return GroupResult(heat=heat, n_people=(counted(viewings),), n_viewings=(len(viewings),))


def made_comparison(
    first: Sequence[Viewing], second: Sequence[Viewing], areas: Sequence[Area], by: Weighting
) -> GroupResult:
    """Two sides compared; ValueError where one of them did not look at the image."""
    mine, theirs = ([shrunk(v, min(v.size_wh[0], MAP_WIDTH_PX)) for v in side] for side in (first, second))
    found = compare(mine, theirs, weighting=by)
    return GroupResult(
        comparison=Comparison(
            first=found.first,
            second=found.second,
            difference=found.difference,
            overlap=found.overlap,
            areas=area_differences(first, second, areas),  # areas are in the pixels of the whole image
        ),
        n_people=(counted(first), counted(second)),
        n_viewings=(len(first), len(second)),
    )


def counted(viewings: Sequence[Viewing]) -> int:
    """How many people."""
    return len({v.participant for v in viewings})
