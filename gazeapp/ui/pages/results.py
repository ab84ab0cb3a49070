"""The page of results: whether the personal map predicts this participant better, image by image."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtWidgets import QHBoxLayout

from gazeapp.ui.formatting import UNKNOWN, counted, format_figure, format_score, format_share, format_signed
from gazeapp.ui.models.finished_trial import FinishedTrial
from gazeapp.ui.models.map_look import MapLook
from gazeapp.ui.models.session_model import SessionModel
from gazeapp.ui.pages.live import score_text
from gazeapp.ui.pages.page import Page, PageState
from gazeapp.ui.theme import Theme
from gazeapp.ui.widgets.basic import Section, label
from gazeapp.ui.widgets.figure_table import FigureTable
from gazeapp.ui.widgets.map_board import MapBoard


class ResultsPage(Page):
    """Every image can be looked at again; figures count images that the embedding had not learnt from."""

    def __init__(self, theme: Theme, model: SessionModel, look: MapLook) -> None:
        super().__init__(theme, self.tr("Results"))
        self._model = model
        self._index = 0
        self.board = MapBoard(theme, look)
        self.board.say_empty(self.tr("No image was viewed yet"))
        self.board.panes["gaze"].show_header(name=self.tr("Gaze"))
        self.body.addWidget(self.board, 1)
        gain = Section(self.tr("Gain of the personal map"))
        row = QHBoxLayout()
        self._gain = label("", "figure")
        self._gain_words = label("", "dim", wrap=True)
        row.addWidget(self._gain)
        row.addWidget(self._gain_words, 1)
        gain.column.addLayout(row)
        self.details_column.addWidget(gain)
        scores = Section(self.tr("Mean over images"))
        self.scores = FigureTable(["", self.tr("universal"), self.tr("personal")], column_px=72)
        scores.column.addWidget(self.scores)
        self.details_column.addWidget(scores)
        session = Section(self.tr("Session"))
        self.facts = FigureTable(["", ""], column_px=90)
        session.column.addWidget(self.facts)
        self.details_column.addWidget(session)
        note = Section(self.tr("How to read this"))
        note.column.addWidget(
            label(
                self.tr(
                    "CC compares a map with this person's own blurred fixations, NSS looks at the map just where they "
                    "fixated; more is better. The personal map of an image was predicted before its gaze was learnt."
                ),
                "dim",
                wrap=True,
            )
        )
        self.details_column.addWidget(note)
        self.details_column.addStretch(1)
        self.previous = self.add_action(self.tr("Previous image"), "P")
        self.next = self.add_action(self.tr("Next image"), "N")
        self.go = self.add_action(self.tr("Export"), "Return", primary=True)
        self.previous.clicked.connect(lambda: self.show_trial(self._index - 1))
        self.next.clicked.connect(lambda: self.show_trial(self._index + 1))
        self.go.clicked.connect(self.step_finished)
        model.trial_finished.connect(self._trial_finished)
        model.state_changed.connect(self.refresh_if_shown)
        self.refresh()

    def entered(self) -> None:
        """Show the latest image."""
        super().entered()
        self.show_trial(len(self._model.maps.trials) - 1)

    def _trial_finished(self, index: int) -> None:
        if index == self._index:
            self.show_trial(index)
        else:
            self.refresh()

    def refresh(self) -> None:
        """Show the figures."""
        if not self.isVisible():
            return
        model, trials = self._model, self._model.maps.trials
        scored = [t for t in trials if t.universal is not None and t.personal is not None]
        # the overlay's images never taught anything: they are the honest ones, where there are any
        held_out = [t for t in scored if t.phase == "overlay"] or scored
        self._show_scores(held_out)
        self._show_count(len(trials))
        n_fixations = [len(t.fixations) for t in trials]
        self.facts.show_row(
            self.tr("Fixations per image"), [format_figure(float(np.mean(n_fixations)) if trials else None, 1)]
        )
        loss = float(np.mean([t.data_loss for t in trials])) if trials else math.nan
        self.facts.show_row(self.tr("Data loss"), [format_share(loss)])
        certainty = model.progress.history[-1].certainty if model.progress and model.progress.history else math.nan
        delays = model.onset_delays_s
        self.facts.show_row(
            self.tr("Onset delay"), [format_figure(1e3 * float(np.median(delays)) if delays else None, 1, " ms")]
        )
        self.facts.show_row(self.tr("Uncertainty"), [format_figure(1 - certainty, 2)])
        self.previous.setEnabled(self._index > 0)
        self.next.setEnabled(self._index < len(trials) - 1)
        self.go.setEnabled(bool(trials))
        self._show_finding(held_out, len(trials))

    def _show_count(self, n_here: int) -> None:
        """Images of the whole session; a resumed one has the figures only of those since then."""
        status, n_before = self._model.status, self._model.n_before
        n_viewed = n_before + n_here
        of = f" / {status.n_trials}" if status.n_trials >= n_viewed else ""
        self.facts.show_row(self.tr("Images viewed"), [f"{n_viewed}{of}"])
        since = self.tr("Images since it was resumed")
        self.facts.show_row(since, [str(n_here)])
        if not n_before:
            self.facts.hide_row(since)

    def show_trial(self, index: int) -> None:
        """Show one of the images."""
        trials = self._model.maps.trials
        self._index = min(max(index, 0), max(len(trials) - 1, 0))
        self.board.show_person(self._model.person)
        if trials:
            trial = trials[self._index]
            maps = self._model.maps.maps_of(trial)
            self.board.show_stimulus(maps.image_rgb)
            self.board.show_maps(maps)
            self.board.show_gaze(trial.fixations, np.empty((0, 2)))
            self.board.panes["gaze"].show_header(
                figures=self.tr("image {0} of {1}").format(self._index + 1, len(trials))
            )
            gain = UNKNOWN
            if trial.universal and trial.personal:
                gain = self.tr("{0} CC").format(format_signed(trial.personal.cc - trial.universal.cc))
            self.board.show_figures(
                universal=score_text(trial.universal), personal=score_text(trial.personal), difference=gain
            )
        self.refresh()

    def _show_scores(self, trials: Sequence[FinishedTrial]) -> None:
        pairs = [(t.universal, t.personal) for t in trials if t.universal and t.personal]

        def mean(which: int, name: str) -> float:
            return float(np.mean([getattr(p[which], name) for p in pairs])) if pairs else math.nan

        self.scores.show_row("CC", [format_score(mean(0, "cc")), format_score(mean(1, "cc"))])
        self.scores.show_row("NSS", [format_figure(mean(n, "nss"), 2) for n in (0, 1)])
        gain = mean(1, "cc") - mean(0, "cc")
        self._gain.setText("" if math.isnan(gain) else format_signed(gain))
        self._gain.setVisible(not math.isnan(gain))  # a large dash would read like a sign of something
        self._gain_words.setText(
            counted(
                len(pairs),
                self.tr("CC over the universal map, for {0} image"),
                self.tr("CC over the universal map, mean of {0} images"),
            )
            if pairs
            else self.tr("No score for a simulated observer")
            if self._model.maps.is_illustration
            else self.tr("Available after the first personal map")
        )

    def _show_finding(self, scored: Sequence[FinishedTrial], n_trials: int) -> None:
        model = self._model
        gains = [t.personal.cc - t.universal.cc for t in scored if t.personal and t.universal]
        person = model.person or self.tr("this participant")
        if not n_trials:
            self.show_state(
                PageState.EMPTY, self.tr("Nothing was recorded yet."), self.tr("Results appear with the first image.")
            )
        elif model.maps.is_illustration and any(t.maps.personal is not None for t in model.maps.trials):
            self.show_state(
                PageState.DONE,
                self.tr("A simulated observer: an illustration, not a person."),
                self.tr("The maps show what the program does. No score is given for a program's gaze."),
                tone="",
            )
        elif not gains and model.failures:
            self.show_state(
                PageState.FAILED,
                model.failures[-1],
                self.tr("Gaze and fixations are kept: gazeapp enrol and predict can make the maps later."),
            )
        elif not gains and model.is_saved:
            self.show_state(
                PageState.DONE,
                self.tr("There is no personal map yet: too few images were learnt from."),
                self.tr("Everything recorded is kept."),
                tone="",
            )
        elif not gains:
            self.show_state(PageState.LOADING, self.tr("The maps are still being computed …"))
        else:
            better = sum(g > 0 for g in gains)
            finding = counted(
                len(gains),
                self.tr("The personal map predicted {1}'s gaze better on {2} of {0} image."),
                self.tr("The personal map predicted {1}'s gaze better on {2} of {0} images."),
                person,
                better,
            )
            if scored[0].phase == "overlay":
                finding += " " + self.tr("The embedding was not learnt from them.")
            few = self.tr("That is too few to conclude anything.") if len(gains) < 8 else ""
            tone = "ok" if better > len(gains) * 0.6 and len(gains) >= 8 else ""
            self.show_state(
                PageState.DONE,
                finding,
                few or self.tr("P and N show the previous and next image, ⏎ exports."),
                tone=tone,
            )
