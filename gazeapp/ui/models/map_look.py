"""How maps lie over their images: one choice for every page of a session that shows them."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from gazeapp.saliency.colors import DIM


class MapLook(QObject):
    """Opacity of the maps and brightness of the grey images below them, both 0 to 1."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.opacity, self.brightness = 1.0, DIM

    def choose(self, *, opacity: float, brightness: float) -> None:
        """Draw all maps in another way."""
        if (opacity, brightness) != (self.opacity, self.brightness):
            self.opacity, self.brightness = opacity, brightness
            self.changed.emit()
