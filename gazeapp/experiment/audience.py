"""Who is told what happens in a session."""

from __future__ import annotations

from collections.abc import Callable

from gazeapp.experiment.calibration_history import QualityRow
from gazeapp.store.events import Event


class Audience:
    """Tells every observer each event and each row that is to be stored, on the controller's thread, in order."""

    def __init__(self) -> None:
        self._event_observers: list[Callable[[Event], None]] = []
        self._row_observers: list[Callable[[QualityRow], None]] = []

    def add_observer(self, on_event: Callable[[Event], None]) -> None:
        """Have every event told."""
        self._event_observers.append(on_event)

    def add_row_observer(self, on_row: Callable[[QualityRow], None]) -> None:
        """Have every calibration, correction and validation told."""
        self._row_observers.append(on_row)

    def tell(self, event: Event) -> None:
        """Something happened."""
        for on_event in self._event_observers:
            on_event(event)

    def tell_row(self, row: QualityRow) -> None:
        """Something is to be stored."""
        for on_row in self._row_observers:
            on_row(row)
