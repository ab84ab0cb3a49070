"""What the images say of gaze: before and after on images and at targets, applied by a click, taken back by a click."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import SignalInstance
from PySide6.QtWidgets import QWidget

from gazeapp.experiment.findings import describe_recalibration
from gazeapp.experiment.recalibration import mean_accuracy_deg
from gazeapp.gaze.fixations import Fixation
from gazeapp.saliency.colors import overlay_rgba
from gazeapp.ui.dialogs.dialog import Dialog
from gazeapp.ui.formatting import format_figure
from gazeapp.ui.models.recalibration_model import Example, Proposal
from gazeapp.ui.models.session_model import SessionModel
from gazeapp.ui.picture_scene import Look, PictureScene
from gazeapp.ui.theme import Theme
from gazeapp.ui.translation import tr
from gazeapp.ui.widgets.basic import label, set_text
from gazeapp.ui.widgets.figure_table import FigureTable
from gazeapp.ui.widgets.picture_board import PictureBoard

BOARD_PX = 440
MAP_PX = 640
DOT = (64, 224, 208, 255)
"""Turquoise: on no step of the map's colours."""


class Recalibrator(Protocol):
    """A session's proposal, and what can be done with it."""

    @property
    def changed(self) -> SignalInstance:
        """Any of this changed."""
        ...

    @property
    def proposal(self) -> Proposal | None:
        """What was found; None before."""
        ...

    @property
    def problem(self) -> str:
        """Why nothing could be found or written."""
        ...

    @property
    def is_looking(self) -> bool:
        """Whether it is being looked for."""
        ...

    @property
    def can_apply(self) -> bool:
        """Whether there is something to apply."""
        ...

    @property
    def can_undo(self) -> bool:
        """Whether there is something to take back."""
        ...

    def apply(self) -> None:
        """Use it."""
        ...

    def undo(self) -> None:
        """Take it back."""
        ...


class RecalibrationDialog(Dialog):
    """Opened while a session runs, and on a recorded one.

    Args:
        parent: Window it belongs to.
        theme: Colours.
        model: What is shown and done.
        effect: What applying means, in words.
    """

    def __init__(self, parent: QWidget | None, theme: Theme, model: Recalibrator, effect: str) -> None:
        super().__init__(parent, self.tr("Correct gaze by the images"), width_px=900)
        self._model = model
        self._shown: Proposal | None = None
        self.finding = label("", "strong", wrap=True)
        self.body.addWidget(self.finding)
        self.board = PictureBoard(theme)
        self.board.setMinimumHeight(BOARD_PX)
        self.board.set_look(Look(opacity=1.0))
        self.body.addWidget(self.board, 1)
        self.targets = FigureTable(["", self.tr("before"), self.tr("after")], column_px=90)
        self.body.addWidget(self.targets)
        self.effect = label(effect, "dim", wrap=True)
        self.body.addWidget(self.effect)
        self.add_button(self.tr("Close"), self.reject)
        self.back = self.add_button(self.tr("Take back"), model.undo)
        self.go = self.add_button(self.tr("Apply"), model.apply, key="Return", primary=True)
        model.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what is known now."""
        model, proposal = self._model, self._model.proposal
        self.show_problem(model.problem)
        self.go.setVisible(model.can_apply)
        self.back.setVisible(model.can_undo)
        if proposal is None:
            looking, nothing = self.tr("The images are being looked at …"), self.tr("Nothing is known yet.")
            waiting = looking if model.is_looking else nothing
            set_text(self.finding, waiting)
        else:
            said = describe_recalibration(proposal.found, tr)
            applied = self.tr("This correction is applied. {0}").format(said) if model.can_undo else said
            set_text(self.finding, applied)
        self.targets.setVisible(proposal is not None and proposal.found.before is not None)
        if proposal is not self._shown:
            self._shown = proposal
            self._show(proposal)

    def _show(self, proposal: Proposal | None) -> None:
        scenes = [scene for example in (proposal.examples if proposal else ()) for scene in _scenes(example)]
        self.board.show_scenes(scenes)
        self.board.setVisible(bool(scenes))
        found = proposal.found if proposal else None
        if found is not None and found.before is not None and found.after is not None:
            figures = [format_figure(mean_accuracy_deg(report), 2, "°") for report in (found.before, found.after)]
            self.targets.show_row(self.tr("Off the targets of the validation, by the images alone"), figures)


def open_live_recalibration(parent: QWidget, theme: Theme, session: SessionModel) -> RecalibrationDialog:
    """Show what the images say while a session runs; the session goes on behind it."""
    effect = tr(
        "Applied, it holds for gaze from now on; images that were viewed before keep what they were recorded with. "
        "It is kept as a row of the session and can be taken back."
    )
    dialog = RecalibrationDialog(parent.window(), theme, session.recalibration, effect)
    dialog.open()
    return dialog


def _scenes(example: Example) -> list[PictureScene]:
    ends = (tr("less"), tr("more gaze"))
    return [
        PictureScene(
            name=name,
            caption=caption,
            image_rgb=example.image_rgb,
            overlay_rgba=_with_dots(example, fixations),
            kind="density",
            ends=ends,
        )
        for name, caption, fixations in (
            (tr("Before"), tr("gaze as it was recorded"), example.before),
            (tr("After"), tr("gaze as it would be"), example.after),
        )
    ]


def _with_dots(example: Example, fixations: tuple[Fixation, ...]) -> NDArray[np.uint8]:
    """The map with a dot for each fixation: ways and durations would hide where it lies."""
    import cv2  # not while the window opens

    height, width = example.density.shape
    factor = max(1, round(MAP_PX / width))
    large = cv2.resize(example.density, (width * factor, height * factor), interpolation=cv2.INTER_LINEAR)
    rgba = np.ascontiguousarray(overlay_rgba(large))
    for fixation in fixations:
        x, y = fixation.x_px / example.size_px[0], fixation.y_px / example.size_px[1]
        at = (round(x * rgba.shape[1]), round(y * rgba.shape[0]))
        radius = max(3, rgba.shape[1] // 80)
        cv2.circle(rgba, at, radius + 2, (0, 0, 0, 255), -1, cv2.LINE_AA)
        cv2.circle(rgba, at, radius, DOT, -1, cv2.LINE_AA)
    return rgba
