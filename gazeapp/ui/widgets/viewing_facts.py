"""The right column of Analyse: what is known of the image, of the comparison, and of the session."""

from __future__ import annotations

import math

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gazeapp.analysis.heat_map import AreaDifference, gaze_plot
from gazeapp.ui.formatting import UNKNOWN, counted, format_figure, format_score, format_share, format_signed
from gazeapp.ui.models.analysis_model import AnalysisModel
from gazeapp.ui.models.group_model import GroupModel, side_words
from gazeapp.ui.models.preference_model import PreferenceModel, Told
from gazeapp.ui.session_words import state_words, why_words
from gazeapp.ui.widgets.basic import ElidedLabel, KeyButton, Section, label
from gazeapp.ui.widgets.figure_table import Cell, FigureTable
from gazeapp.ui.widgets.preference_facts import PreferenceFacts, signed_share
from gazeapp.ui.widgets.session_images import MUCH_LOSS, gain_tone


class ImageFacts(Section):
    """One viewing."""

    def __init__(self, model: AnalysisModel) -> None:
        super().__init__("")
        self.heading.setText(self.tr("This image"))
        self._model = model
        self.name = ElidedLabel()
        self.column.addWidget(self.name)
        self.facts = FigureTable(["", ""], column_px=120)
        self.column.addWidget(self.facts)
        self.scores = FigureTable(["", self.tr("universal"), self.tr("personal")], column_px=72)
        self.column.addWidget(self.scores)
        self.excluded = label("", "", wrap=True)
        self.excluded.setProperty("tone", "warn")
        self.column.addWidget(self.excluded)

    def refresh(self) -> None:
        """Show the viewing that is looked at."""
        viewing = self._model.viewing
        self.name.show_text(viewing.image if viewing else UNKNOWN)
        scores = self._model.scores.get(viewing.trial) if viewing else None
        loss = viewing.data_loss if viewing else math.nan
        for name, cell in (
            (self.tr("Trial"), Cell(str(viewing.trial + 1) if viewing else UNKNOWN)),
            (self.tr("Fixations"), Cell(str(len(gaze_plot(viewing))) if viewing else UNKNOWN)),
            (self.tr("Data loss"), Cell(format_share(loss), "warn" if loss > MUCH_LOSS else "")),
        ):
            self.facts.show_row(name, [cell])
        self.scores.setVisible(scores is not None)
        if scores is not None:
            for name, universal, personal, digits in (
                ("CC", scores.universal.cc, scores.personal.cc, 2),
                ("NSS", scores.universal.nss, scores.personal.nss, 1),
            ):
                tone = gain_tone(personal - universal)
                self.scores.show_row(
                    name, [format_score(universal, digits), Cell(format_score(personal, digits), tone)]
                )
        why = viewing.excluded if viewing else ""
        self.excluded.setVisible(bool(why))
        self.excluded.setText(self.tr("Excluded: {0}").format(why) if why else "")


class ComparisonFacts(Section):
    """What one side looks at more than the other, with intervals."""

    def __init__(self, model: GroupModel) -> None:
        super().__init__("")
        self._model = model
        self.finding = label("", "", wrap=True)
        self.column.addWidget(self.finding)
        self.table = FigureTable([self.tr("area"), self.tr("more by"), self.tr("95 % interval")], column_px=96)
        self.column.addWidget(self.table)
        self.note = label("", "dim", wrap=True)
        self.column.addWidget(self.note)

    def refresh(self) -> None:
        """Show the comparison."""
        found = self._model.result.comparison
        first, second = (side_words(side) for side in self._model.compared)
        self.heading.setText(self.tr("{0} beside {1}").format(first, second))
        self.table.clear()
        if found is None:
            self.finding.setText(UNKNOWN)
            self.table.hide()
            self.note.setText("")
            return
        self.finding.setText(self.tr("The two maps overlap by {0}.").format(format_share(found.overlap, 0)))
        self.table.setVisible(bool(found.areas))
        for area in found.areas:
            self.table.show_row(area.area, [_difference(area), _interval(area)])
        if not found.areas:
            self.note.setText(self.tr("Draw areas to see what one side looks at more (Areas, key 4)."))
        elif any(math.isnan(area.low) for area in found.areas):
            self.note.setText(self.tr("Share of looking time. An interval needs two people on each side."))
        else:
            self.note.setText(self.tr("Share of looking time; coloured where the interval does not hold 0."))


def _difference(area: AreaDifference) -> Cell:
    is_sure = area.low > 0 or area.high < 0
    return Cell(signed_share(area.difference), ("ok" if area.difference > 0 else "bad") if is_sure else "")


def _interval(area: AreaDifference) -> Cell:
    if math.isnan(area.low):
        return Cell(UNKNOWN)
    low, high = (format_figure(100 * value, 0) for value in (area.low, area.high))
    return Cell(f"{low} … {high} %")


class PairFacts(PreferenceFacts):
    """What the embeddings of two people tell of their difference, on any image; hidden for groups."""

    def __init__(self, group: GroupModel, preferences: PreferenceModel) -> None:
        super().__init__(self.tr("On any image"))
        self._group, self._preferences = group, preferences
        preferences.changed.connect(self.refresh)

    def refresh(self) -> None:
        """Show the two who are compared."""
        first, second = self._group.compared
        told = Told()
        if self._group.is_wanted("compare") and first.kind == second.kind == "person" and first != second:
            told = self._preferences.between(first.name, second.name)
        self.show_told(told, self.tr("Share of gaze, told from the embeddings; measured on photographs of crowds."))


class SessionFacts(Section):
    """The session that is open, and what of the study is left out of analysis."""

    exclusions_wanted = Signal()
    detection_wanted = Signal()

    def __init__(self, model: AnalysisModel) -> None:
        super().__init__("")
        self.heading.setText(self.tr("Session"))
        self._model = model
        self.name = label("", "strong", wrap=True)
        self.column.addWidget(self.name)
        self.facts = FigureTable(["", ""], column_px=150)
        self.column.addWidget(self.facts)
        self.gain = label("", "", wrap=True)
        self.column.addWidget(self.gain)
        self.why = label("", "dim", wrap=True)
        self.column.addWidget(self.why)
        self.detection = label("", "dim", wrap=True)
        self.column.addWidget(self.detection)
        self.fixations = KeyButton(self.tr("Fixations …"), "F")
        self.fixations.clicked.connect(self.detection_wanted)
        self.exclusions = KeyButton(self.tr("Left out …"), "L")
        self.exclusions.clicked.connect(self.exclusions_wanted)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.fixations)
        row.addWidget(self.exclusions)
        self.column.addLayout(row)

    def refresh(self) -> None:
        """Show the session."""
        record = self._model.record
        self.name.setText(record.session_id if record else "")
        self.facts.setVisible(record is not None)
        if record is not None:
            summary = record.summary
            images = f"{summary.n_done} / {summary.n_images}" if summary.n_images else str(summary.n_done)
            for name, figure in (
                (self.tr("Participant"), record.pseudonym),
                (self.tr("State"), state_words(record)),
                (self.tr("Images viewed"), images),
                (self.tr("Accuracy"), format_figure(summary.accuracy_deg, 2, "°")),
                (self.tr("Data loss"), format_share(summary.data_loss)),
                (self.tr("Plan"), record.plan_name or UNKNOWN),
                (self.tr("Experimenter"), record.experimenter or UNKNOWN),
            ):
                self.facts.show_row(name, [figure])
        self.gain.setText(self._gain_words())
        self.gain.setVisible(bool(self.gain.text()))
        words = why_words(record) if record else ""
        if self._model.recording is not None and self._model.recording.is_illustration:
            words = self.tr("A simulated observer: an illustration, not a person. Nothing is scored.")
        self.why.setText(words)
        self.why.setVisible(bool(self.why.text()))
        anew = self._model.detection
        words = self.tr("Fixations found anew: {0}").format(anew.words) if anew else self.tr("Fixations as recorded")
        self.detection.setText(words)
        self.fixations.setEnabled(record is not None)

    def _gain_words(self) -> str:
        """What the personal map was worth, over the session."""
        found = self._model.session_gain()
        if found is None:
            return ""
        words = counted(
            found.n,
            self.tr("The personal map predicted gaze better on {1} of {0} image."),
            self.tr("The personal map predicted gaze better on {1} of {0} images."),
            found.n_better,
        )
        if math.isnan(found.low):
            return words
        figures = [format_signed(value) for value in (found.mean, found.low, found.high)]
        words += " " + self.tr("Gain {0} CC on average, 95 % interval {1} to {2}.").format(*figures)
        if found.low <= 0 <= found.high:
            words += " " + self.tr("That may be chance.")
        return words


class ViewingFacts(QWidget):
    """The whole column."""

    def __init__(self, model: AnalysisModel, group: GroupModel, preferences: PreferenceModel) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(22)
        self.image, self.comparison, self.session = ImageFacts(model), ComparisonFacts(group), SessionFacts(model)
        self.pair = PairFacts(group, preferences)
        for part in (self.image, self.comparison, self.pair, self.session):
            column.addWidget(part)

    def refresh(self, *, is_comparing: bool) -> None:
        """Show the models."""
        self.image.refresh()
        self.comparison.setVisible(is_comparing)
        if is_comparing:
            self.comparison.refresh()
        self.pair.refresh()
        self.session.refresh()
