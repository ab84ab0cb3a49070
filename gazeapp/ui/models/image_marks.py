"""What is wrong with the images of a plan, told at once: gone, unreadable, too large, the same one twice.

A first look takes a file's header and hash alone (milliseconds); whether all of it can be decoded shows with its
thumbnail.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, Signal

from gazeapp.ui.bridge import QtBridge
from gazeapp.ui.error_words import error_words
from gazeapp.ui.models.thumbnails import Thumbnails

Fault = Literal["", "gone", "unreadable", "twice"]
BATCH = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageMark:
    """What is known of one image of a list."""

    fault: Fault = ""
    detail: str = ""
    """Why, in words; for one that is there twice, the name of the first."""
    size_wh: tuple[int, int] = (0, 0)
    """Pixels; zeros while that is not known."""
    is_known: bool = False
    """Whether it was looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    stamp: tuple[int, int]
    content: str = ""
    fault: Fault = ""
    detail: str = ""
    size_wh: tuple[int, int] = (0, 0)


class ImageMarks(QObject):
    """Looks at every image of a list once, and again where its file changed."""

    arrived = Signal()

    def __init__(self, bridge: QtBridge, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._bridge, self._thumbnails = bridge, thumbnails
        self._known: dict[Path, _Look] = {}
        self._wanted: list[Path] = []
        self._is_working = False

    def look(self, paths: Sequence[Path], *, again: bool = False) -> None:
        """Look at these images next.

        Args:
            paths: Of the list that is shown.
            again: Those that were looked at before too, where their file changed since.
        """
        self._wanted = [path for path in dict.fromkeys(paths) if again or path not in self._known]
        self._next()

    def marks(self, paths: Sequence[Path]) -> list[ImageMark]:
        """What is known of each image of a list, in its order."""
        first: dict[str, str] = {}
        found = []
        for path in paths:
            look = self._known.get(path)
            if look is None:
                found.append(ImageMark())
                continue
            fault, detail, size = look.fault, look.detail, look.size_wh
            seen = self._thumbnails.known(path)
            if not fault and seen is not None and seen.problem:
                fault, detail = "unreadable", seen.problem
            if not fault:
                if look.content in first:
                    fault, detail = "twice", first[look.content]
                else:
                    first[look.content] = path.name
            found.append(ImageMark(fault=fault, detail=detail, size_wh=size, is_known=True))
        return found

    def contents(self) -> dict[Path, str]:
        """The hash of each image that was looked at and can be read."""
        return {path: look.content for path, look in self._known.items() if look.content}

    def _next(self) -> None:
        if self._is_working or not self._wanted:
            return
        self._is_working = True
        batch, self._wanted = self._wanted[:BATCH], self._wanted[BATCH:]
        known = {path: self._known[path] for path in batch if path in self._known}

        def done(made: dict[Path, _Look] | Exception) -> None:
            self._is_working = False
            if not isinstance(made, Exception) and made:
                for path in made:
                    if path in known:
                        self._thumbnails.drop(path)
                self._known.update(made)
                self.arrived.emit()
            self._next()

        self._bridge.run(lambda: look_at_files(batch, known), done)


def look_at_files(paths: Sequence[Path], known: dict[Path, _Look]) -> dict[Path, _Look]:
    """Header and hash of files that changed since they were looked at; runs in the background."""
    from gazeapp.errors import GazeAppError
    from gazeapp.store.stimuli import header_size, read_image_file, require_image_file

    made = {}
    for path in paths:
        try:
            facts = path.stat()
            stamp = facts.st_mtime_ns, facts.st_size
        except OSError:
            stamp = (0, -1)
        if path in known and known[path].stamp == stamp:
            continue
        if stamp[1] < 0:
            made[path] = _Look(stamp=stamp, fault="gone", detail=str(path))
            continue
        try:
            data = read_image_file(require_image_file(path))
            size = header_size(data, str(path))
            made[path] = _Look(stamp=stamp, content=hashlib.sha256(data).hexdigest(), size_wh=size)
        except GazeAppError as error:
            made[path] = _Look(stamp=stamp, fault="unreadable", detail=error_words(error))
    return made
