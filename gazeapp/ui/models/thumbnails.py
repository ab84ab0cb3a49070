"""Small pictures of image files, made in the background and kept: lists of hundreds of images open at once."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QSize, Signal
from PySide6.QtGui import QImage

from gazeapp.ui.bridge import QtBridge
from gazeapp.ui.error_words import error_words
from gazeapp.ui.qt_images import resized, rgb_image

KEPT = 4000
"""At 160 × 120 pixels they take about 300 MB at most; a plan may have 2000 images."""
SIZE_PX = (160, 120)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Thumbnail:
    """What is known of an image file."""

    image: QImage | None
    """None where it cannot be read."""
    size_wh: tuple[int, int] = (0, 0)
    content: str = ""
    """Hash of the file: equal for the same image under two names."""
    problem: str = ""
    """Why it cannot be read."""


class Thumbnails(QObject):
    """What was asked for last is made first: that is what somebody looks at."""

    arrived = Signal()
    """Some more were made."""

    def __init__(self, bridge: QtBridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._known: OrderedDict[Path, Thumbnail] = OrderedDict()
        self._wanted: list[Path] = []
        self._is_working = False

    def get(self, path: Path) -> Thumbnail | None:
        """What is known of a file; None until it was looked at, which is then begun."""
        found = self._known.get(path)
        if found is None and path not in self._wanted:
            self._wanted.append(path)
            self._next()
        return found

    def known(self, path: Path) -> Thumbnail | None:
        """What is known of a file by now; asks for nothing."""
        return self._known.get(path)

    def drop(self, path: Path) -> None:
        """The file changed: look at it anew."""
        self._known.pop(path, None)

    def forget(self) -> None:
        """Ask for nothing more of what waits: another list is shown."""
        self._wanted.clear()

    def _next(self) -> None:
        if self._is_working or not self._wanted:
            return
        self._is_working = True
        batch = [self._wanted.pop() for _ in range(min(8, len(self._wanted)))]

        def done(made: list[Thumbnail] | Exception) -> None:
            self._is_working = False
            if not isinstance(made, Exception):
                self._known.update(zip(batch, made, strict=True))
                while len(self._known) > KEPT:
                    self._known.popitem(last=False)
                self.arrived.emit()
            self._next()

        self._bridge.run(lambda: [look_at(path) for path in batch], done)


def look_at(path: Path) -> Thumbnail:
    """Read a file and make its thumbnail; whatever is wrong with it is told, not raised."""
    from gazeapp.store.stimuli import decode_image, require_image_file

    try:
        found = decode_image(require_image_file(path))
    except Exception as error:  # told beside the image: it may be damaged in any way
        return Thumbnail(image=None, problem=error_words(error), content=hashlib.sha256(str(path).encode()).hexdigest())
    scale = min(SIZE_PX[0] / found.width_px, SIZE_PX[1] / found.height_px, 1.0)
    size = QSize(max(1, round(found.width_px * scale)), max(1, round(found.height_px * scale)))
    return Thumbnail(
        image=rgb_image(resized(found.rgb, size)),
        size_wh=(found.width_px, found.height_px),
        content=found.stimulus_id,
    )
