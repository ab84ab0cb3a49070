"""The state of a session as it changes: only what may follow follows, and every change is told."""

from __future__ import annotations

from collections.abc import Callable

from gazeapp.experiment.state import FOLLOWS, State
from gazeapp.store.events import Event, StateChanged


class StateMachine:
    """Holds the state; a paused session knows where it goes on.

    Args:
        tell: Takes the events.
    """

    def __init__(self, tell: Callable[[Event], None]) -> None:
        self._tell = tell
        self.state = State.IDLE
        self.resume_to = State.IDLE
        """Where a paused session goes on."""

    def change(self, new: State, now_s: float, reason: str = "") -> None:
        """Go to a state; to the present one changes nothing."""
        old = self.state
        if new is old:
            return
        ends = new.is_over and not old.is_over
        assert ends or new in FOLLOWS[old], f"{old.value} cannot become {new.value}"
        if new is State.PAUSED:
            self.resume_to = old
        self.state = new
        self._tell(StateChanged(time_s=now_s, old=old.value, new=new.value, reason=reason))
