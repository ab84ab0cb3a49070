"""Puts scenes on the stage and makes sure that only the newest one answers."""

from __future__ import annotations

from gazeapp.session.stage import OnShown, Scene, Stage
from gazeapp.store.events import OnsetKind


class Curtain:
    """The one way to the participant's screen; a scene that was replaced meanwhile can no longer report itself."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._turn = 0
        self._scene: Scene | None = None

    @property
    def scene(self) -> Scene | None:
        """What was asked for last."""
        return self._scene

    def show(self, scene: Scene, on_shown: OnShown | None = None) -> None:
        """Replace the scene; `on_shown` is dropped if another scene is asked for before this one is visible."""
        self._turn += 1
        turn = self._turn
        self._scene = scene

        def report(at_s: float, kind: OnsetKind) -> None:
            if turn == self._turn and on_shown is not None:
                on_shown(at_s, kind)

        self._stage.show(scene, report)

    def prepare(self, scene: Scene) -> None:
        """Announce what comes next."""
        self._stage.prepare(scene)
