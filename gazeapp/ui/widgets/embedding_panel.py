"""What is known of the person while images are viewed: the embedding, how it settles, and whether it can be trusted."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from gazeapp.analysis.embedding_plane import EmbeddingPlane
from gazeapp.experiment.findings import explain_drift
from gazeapp.runtime.enrolment import EnrolmentProgress, is_no_viewing
from gazeapp.runtime.one_person import Identity
from gazeapp.runtime.stopping_rule import EnoughRule
from gazeapp.ui.formatting import UNKNOWN, counted, format_figure, format_score, format_share
from gazeapp.ui.models.map_model import MIN_CERTAINTY
from gazeapp.ui.models.people import People
from gazeapp.ui.models.session_model import SessionModel
from gazeapp.ui.theme import Theme
from gazeapp.ui.translation import tr
from gazeapp.ui.widgets.basic import Section, label, set_text, set_tone
from gazeapp.ui.widgets.figure_table import Cell, FigureTable
from gazeapp.ui.widgets.people_scatter import PeopleScatter
from gazeapp.ui.widgets.ring_progress import RingProgress
from gazeapp.ui.widgets.spread_plot import HEIGHT_PX, SpreadPlot

SCATTER_PX, FEW_PX = 150, 36


class EmbeddingPanel(QWidget):
    """The right column of the live pages; the stop rule speaks here and nowhere else."""

    person_wanted = Signal(str)
    """Somebody wants to see the recordings of a person."""

    def __init__(self, theme: Theme, model: SessionModel) -> None:
        super().__init__()
        self._theme, self._model = theme, model
        self._shown: tuple[object, ...] | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(22)
        embedding = Section(self.tr("Embedding"))
        row = QHBoxLayout()
        row.setSpacing(14)
        self.ring = RingProgress(theme)
        row.addWidget(self.ring)
        words = QVBoxLayout()
        words.setSpacing(3)
        self._stable = label("", "strong", wrap=True)
        self._more = label("", "dim", wrap=True)
        words.addStretch(1)
        words.addWidget(self._stable)
        words.addWidget(self._more)
        words.addStretch(1)
        row.addLayout(words, 1)
        embedding.column.addLayout(row)
        column.addWidget(embedding)
        growth = Section(self.tr("Uncertainty against images viewed"))
        self.spread: SpreadPlot | None = None
        self.growth = QStackedWidget()
        self.growth.setFixedHeight(HEIGHT_PX)
        early = label(self.tr("Available after the second image."), "dim", wrap=True)
        early.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.growth.addWidget(early)
        growth.column.addWidget(self.growth)
        column.addWidget(growth)
        among = Section(self.tr("Among other participants"))
        self._among = among
        self.scatter: PeopleScatter | None = None
        self.others = QStackedWidget()
        few = label(self.tr("Available once three other participants have an embedding."), "dim", wrap=True)
        few.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.others.addWidget(few)
        among.column.addWidget(self.others)
        column.addWidget(among)
        trust = Section(self.tr("Reliability"))
        self.trust = FigureTable(["", ""], column_px=80, rules=False)
        trust.column.addWidget(self.trust)
        # last in its column: words of several lines move nothing else
        self.drift_words = label("", "small", wrap=True)
        trust.column.addWidget(self.drift_words)
        column.addWidget(trust)

    def refresh(self) -> None:
        """Show the model; most of it changes between images, and the page is refreshed at each onset, too."""
        model, status = self._model, self._model.status
        self._show_drift()
        known = (
            model.progress,
            model.person,
            model.people,
            status.validation,
            len(model.maps.trials),
            status.count_of("enrol").n_trials,
        )
        if self._shown is None or any(a is not b for a, b in zip(known, self._shown, strict=True)):
            self._shown = known
            self._show_embedding()
            self._show_trust()

    def _show_embedding(self) -> None:
        model, progress = self._model, self._model.progress
        n_planned = model.status.count_of("enrol").n_trials
        history = progress.history if progress else ()
        n_pairs = progress.n_pairs if progress else 0
        left = progress.images_left if progress else None
        total = n_pairs + left if left is not None else max(n_planned, 1)
        is_enough = progress is not None and progress.is_enough
        self.ring.show_share(str(n_pairs), n_pairs / max(total, 1), tone="ok" if is_enough else "accent")
        set_text(self._stable, self._known_words(progress))
        set_text(self._more, self._time_words(left))
        left_open = [(s.n_pairs, 1 - s.certainty) for s in history]
        n_axis = (history[0].n_pairs if progress is not None and progress.n_earlier else 0) + n_planned
        self._show_growth(left_open, n_axis)
        embedding = progress.embedding if progress else None
        plane = model.people.plane(model.person, embedding) if embedding else None
        set_text(
            self._among.heading,
            self.tr("{0} among {1} participants").format(model.person or UNKNOWN, len(plane.names))
            if plane is not None
            else self.tr("Among other participants"),
        )
        self._show_others(plane)

    def make_plots(self) -> None:
        """Make those that are not there yet, once their library is loaded."""
        people = self._model.people
        if self.spread is None and people.has_plots:
            enough = self.tr("enough: {0}").format(format_figure(1 - MIN_CERTAINTY, 1))
            self.spread = SpreadPlot(self._theme, enough)
            self.growth.addWidget(self.spread)
        if self.scatter is None and len(people.embeddings) >= People.LEAST:
            self.scatter = PeopleScatter(self._theme, is_small=True)
            self.scatter.person_wanted.connect(self.person_wanted)
            self.others.addWidget(self.scatter)

    def _show_growth(self, points: Sequence[tuple[int, float]], n_planned: int) -> None:
        known = [point for point in points if point[1] > 0]  # NaN is not
        self.make_plots()
        if self.spread is not None and known:
            self.spread.show_history(known, enough=1 - MIN_CERTAINTY, n_planned=n_planned)
            self.growth.setCurrentWidget(self.spread)
        else:
            self.growth.setCurrentIndex(0)

    def _show_others(self, plane: EmbeddingPlane | None) -> None:
        are_others = len(self._model.people.embeddings) >= People.LEAST
        self.others.setFixedHeight(SCATTER_PX if are_others else FEW_PX)
        self.make_plots()
        if self.scatter is not None and plane is not None:
            self.scatter.show_people(plane, self._model.person)
            self.others.setCurrentWidget(self.scatter)
        else:
            self.others.setCurrentIndex(0)

    def _show_trust(self) -> None:
        model, progress = self._model, self._model.progress
        last = progress.history[-1] if progress and progress.history else None
        halves = last.halves if last else math.nan
        is_viewing = last is not None and last.viewing >= EnoughRule().min_viewing
        # what a cosine means depends on the person and on how much was seen: the likelihood ratio says whether it is
        # one person's; and halves of gaze that does not follow the images agree as well, which is nothing to trust
        identity = progress.identity if progress else Identity.OPEN
        is_one = identity is Identity.ONE
        tone = "" if math.isnan(halves) else "ok" if is_viewing and is_one else "warn"
        self.trust.show_row(self.tr("Split-half agreement"), [Cell(format_score(halves), tone)])
        viewing = last.viewing if last else math.nan
        words = UNKNOWN if math.isnan(viewing) else self.tr("yes") if is_viewing else self.tr("not sure yet")
        is_bad = last is not None and is_no_viewing(last)
        self.trust.show_row(
            self.tr("Gaze follows the images"),
            [Cell(self.tr("no") if is_bad else words, "bad" if is_bad else "ok" if is_viewing else "")],
        )
        persons = {
            Identity.ONE: Cell(self.tr("yes"), "ok"),
            Identity.OPEN: Cell(self.tr("not sure yet")),
            Identity.TWO: Cell(self.tr("no"), "bad"),
            Identity.OTHER: Cell(self.tr("no"), "bad"),
        }
        can_tell = last is not None and not math.isnan(last.one_person) and not math.isinf(last.one_person)
        self.trust.show_row(self.tr("Gaze of one person"), [persons[identity] if can_tell else Cell(UNKNOWN)])
        moved = last.moved if last else math.nan
        self.trust.show_row(self.tr("Change by last image"), [format_score(moved)])
        verdict = model.status.validation.verdict if model.status.validation else ""
        verdicts = {
            "pass": (self.tr("good"), "ok"),
            "warn": (self.tr("usable"), "warn"),
            "fail": (self.tr("poor"), "bad"),
        }
        self.trust.show_row(self.tr("Gaze quality"), [Cell(*verdicts.get(verdict, (UNKNOWN, "")))])
        loss = float(np.mean([t.data_loss for t in model.maps.trials])) if model.maps.trials else math.nan
        self.trust.show_row(self.tr("Data loss"), [Cell(format_share(loss), "warn" if loss > 0.2 else "")])
        mean = [t.n_fixations for t in progress.history if t.n_fixations] if progress else []
        self.trust.show_row(self.tr("Fixations per image"), [format_figure(float(np.mean(mean)) if mean else None, 1)])

    def _show_drift(self) -> None:
        drift = self._model.status.drift
        words = explain_drift(drift, tr) if drift is not None else ""
        set_text(self.drift_words, words)
        set_tone(self.drift_words, "" if drift is None or drift.ok or drift.is_corrected else "warn")

    def _known_words(self, progress: EnrolmentProgress | None) -> str:
        if progress is None or not progress.history:
            return self.tr("Nothing is known about this participant yet.")
        if is_no_viewing(progress.history[-1]):
            return self.tr("Gaze does not follow the images. Check that the participant looks at them, and calibrate.")
        if progress.identity is Identity.OTHER:
            return self.tr(
                "Today's gaze looks like another person's than that of the earlier sessions. Check who is here."
            )
        if progress.identity is Identity.TWO:
            return self.tr(
                "This looks like the gaze of two people. Check who is here; record each under their own name."
            )
        if progress.n_earlier == progress.n_pairs:
            return counted(
                progress.n_pairs,
                self.tr("{0} image is known from earlier sessions; today's are added."),
                self.tr("{0} images are known from earlier sessions; today's are added."),
            )
        if progress.is_enough:
            return self.tr("Enough is known after {0} images.").format(progress.n_pairs)
        if progress.images_left is None:
            return self.tr("Too early to tell how many images it takes.")
        if progress.images_left == 1:
            return self.tr("About 1 more image until the embedding is stable.")
        return self.tr("About {0} more images until the embedding is stable.").format(progress.images_left)

    def _time_words(self, images_left: int | None) -> str:
        if not self._model.is_attached or images_left is None:
            return self.tr("Time left is not known yet.")
        if images_left == 0:
            return self.tr("More images refine it only slightly.")
        trials = self._model.status.plan.trials
        seconds = images_left * (trials.duration_s + trials.fixation_cross_s + trials.blank_s)
        if seconds < 45:
            return self.tr("About half a minute more.")
        return self.tr("About {0} min more.").format(max(1, round(seconds / 60)))
