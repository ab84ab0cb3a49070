"""The choice of a universal model: tried out in the background on an image of the plan before it is taken.

The one of the last time is used again at once, as long as its files are there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from gazeapp.errors import CheckpointError, GazeAppError
from gazeapp.experiment.plan import ExperimentPlan
from gazeapp.networks.universal_models import UniversalChoice, describe
from gazeapp.store.typed_path import is_there
from gazeapp.ui.bridge import QtBridge
from gazeapp.ui.error_words import error_words


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trial:
    """What a model says about one image."""

    choice: UniversalChoice
    name: str
    sha256: str
    """SHA-256 of its weights; empty for a model without."""
    image_name: str
    image_rgb: NDArray[np.uint8]
    density: NDArray[np.float32]


Try = Callable[[UniversalChoice, ExperimentPlan], Trial]


class UniversalModelChoice(QObject):
    """A model that cannot be used is refused in one sentence, and the one in use stays."""

    changed = Signal()

    def __init__(self, bridge: QtBridge, attempt: Try | None = None) -> None:
        super().__init__()
        self._bridge, self._attempt = bridge, attempt or try_model
        self._turn = 0
        self.in_use = UniversalChoice()
        """For the next session."""
        self.trial: Trial | None = None
        """Trial of the model in use; None before it was tried."""
        self.wanted: UniversalChoice | None = None
        """What is being tried, or was refused."""
        self.is_trying = False
        self.problem = ""
        self.fallback = ""
        """Why the model of the last time is not in use, in words; empty when it is, or when another was chosen
        since."""
        self._absent: UniversalChoice | None = None

    @property
    def remembered(self) -> UniversalChoice:
        """For the next start: a model whose drive is not connected today is looked for again."""
        return self._absent or self.in_use

    def restore(self, choice: UniversalChoice) -> None:
        """Use the model of the last time; the shipped network where it or its files are gone, and `fallback` says
        so.
        """
        try:
            require_files(choice)
        except GazeAppError as error:
            self._fall_back(choice, error)
        else:
            self.in_use = choice
        self.changed.emit()

    def check(self, plan: ExperimentPlan) -> None:
        """Try the restored model in the background; a file that was damaged since is told before a session needs it."""
        choice, turn, attempt = self.in_use, self._turn, self._attempt
        if choice == UniversalChoice() or self.trial is not None:
            return

        def done(result: Trial | Exception) -> None:
            if turn != self._turn:
                return  # somebody chose another one meanwhile
            if isinstance(result, Exception):
                self._fall_back(choice, result)
            else:
                self.trial = result
            self.changed.emit()

        self._bridge.run(lambda: attempt(choice, plan), done)

    def _fall_back(self, choice: UniversalChoice, error: Exception) -> None:
        self.in_use, self._absent = UniversalChoice(), choice
        why = error_words(error)
        self.fallback = self.tr("The shipped universal network is used: {0}").format(why)

    def take(self, choice: UniversalChoice, plan: ExperimentPlan) -> None:
        """Try a model, and use it if it works; the newest wish wins."""
        self._turn += 1
        turn, attempt = self._turn, self._attempt
        self.wanted, self.is_trying, self.problem = choice, True, ""
        self.changed.emit()

        def done(result: Trial | Exception) -> None:
            if turn != self._turn:
                return
            self.is_trying = False
            if isinstance(result, Exception):
                self.problem = error_words(result)
            else:
                self.in_use, self.trial, self.wanted = choice, result, None
                self.fallback, self._absent = "", None
            self.changed.emit()

        self._bridge.run(lambda: attempt(choice, plan), done)

    def ask_for_files(self, choice: UniversalChoice) -> None:
        """A model was chosen that needs files which nobody named yet."""
        self._turn += 1
        self.wanted, self.is_trying, self.problem = choice, False, ""
        self.changed.emit()


def require_files(choice: UniversalChoice) -> None:
    """See whether a model exists and its files are where they were, without reading them.

    Raises:
        SettingsError: No such model.
        CheckpointError: Its file or folder is gone; names it.
    """
    describe(choice.model)
    if choice.weights is not None and not is_there(choice.weights):
        raise CheckpointError(f"{choice.weights} is not there any more")


def try_model(choice: UniversalChoice, plan: ExperimentPlan) -> Trial:
    """Load a model and let it predict one image; takes seconds, never on the GUI thread.

    Raises:
        GazeAppError: It cannot be loaded, or predicts no map.
    """
    from gazeapp.experiment.plan import default_plan
    from gazeapp.experiment.stimulus_set import find_stimuli
    from gazeapp.networks.torch_setup import preload_torch
    from gazeapp.networks.universal_models import load_universal
    from gazeapp.store.stimuli import decode_image

    if choice.model in ("default", "deepgaze"):
        preload_torch()  # else importing it would stop the windows for half a second
    paths = find_stimuli(plan if plan.stimuli.folders or plan.stimuli.files else default_plan())
    path = paths[0]
    image_rgb = decode_image(path).rgb
    universal = load_universal(choice)
    return Trial(
        choice=choice,
        name=universal.name,
        sha256=universal.sha256,
        image_name=path.name,
        image_rgb=image_rgb,
        density=universal(image_rgb, path.name),
    )
