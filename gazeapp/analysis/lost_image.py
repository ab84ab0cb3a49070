"""An image of a session that is not where it was, or not what it was: searched for by content, then by name."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gazeapp.errors import UnreadableImage
from gazeapp.store.identifier import is_link
from gazeapp.store.stimuli import IMAGE_SUFFIXES, StimulusStore, read_image_file

MAX_FILES = 100_000
"""Looked at in a folder and everything below it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundImage:
    """What a search came to."""

    same: Path | None = None
    """A file with the very content that was shown."""
    alike: tuple[Path, ...] = ()
    """Files of the same name with another content."""
    n_looked_at: int = 0


def find_image(folder: Path, stimulus_id: str, name: str) -> FoundImage:
    """Search a folder, and everything below it, for an image; links are not followed.

    Args:
        folder: Where to search.
        stimulus_id: SHA-256 of the content that was shown.
        name: The file's name as it was; files of this name are looked into first.
    """
    named: list[Path] = []
    others: list[Path] = []
    n = 0
    for path in _images_below(folder):
        n += 1
        (named if path.name.casefold() == name.casefold() else others).append(path)
    for path in (*named, *others):
        if _content(path) == stimulus_id:
            return FoundImage(same=path, n_looked_at=n)
    return FoundImage(alike=tuple(named), n_looked_at=n)


def put_back(session: Path, path: Path) -> None:
    """Copy the very image back into its session; UnreadableImage or StoreError where that fails."""
    store = StimulusStore(session / "stimuli")
    for old in store.folder.glob(f"{_content(path)}.*"):
        if not is_link(old):
            old.unlink()  # what lies there has another content
    store.add(path)


def _images_below(folder: Path) -> Iterator[Path]:
    n = 0
    for place, folders, files in os.walk(folder, followlinks=False):
        folders.sort()
        for file in sorted(files):
            path = Path(place) / file
            if path.suffix.lower() in IMAGE_SUFFIXES and not is_link(path):
                n += 1
                if n > MAX_FILES:
                    return
                yield path


def _content(path: Path) -> str:
    try:
        return hashlib.sha256(read_image_file(path)).hexdigest()
    except UnreadableImage:
        return ""
