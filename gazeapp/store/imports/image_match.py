"""Which image file a recording means by a name: the longest path that fits, never one of two that fit as well."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from gazeapp.store.stimuli import IMAGE_SUFFIXES

_SOURCE_ENDINGS = frozenset({"tsv", "csv", "asc", "xdf", "hdf5", "h5", "txt", "gz", "json", "parquet"})


@dataclass(slots=True)
class ImageFiles:
    """The images of a folder, to be asked by the names that recordings use.

    Args:
        folder: Searched with its folders; None for no images.
    """

    folder: Path | None
    ambiguous: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Names asked for that several images fit equally, and these."""
    elsewhere: dict[str, str] = field(default_factory=dict)
    """Names asked for whose folders differ from those of the one image that fits."""
    _files: list[tuple[tuple[str, ...], Path]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.folder is None:
            return
        for path in sorted(self.folder.rglob("*")):
            if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file():
                self._files.append((_parts(path.relative_to(self.folder).as_posix()), path))

    def find(self, name: str) -> Path | None:
        """The image that is meant, or None: there is none, or two fit equally (`ambiguous`)."""
        wanted = _parts(name)
        if not wanted:
            return None
        fitting = [(_common(wanted, parts), parts, path) for parts, path in self._files]
        most = max((n for n, _, _ in fitting), default=0)
        if most == 0:
            return None
        best = [(parts, path) for n, parts, path in fitting if n == most]
        exact = [(parts, path) for parts, path in best if _has_ending(wanted[-1]) and parts[-1] == wanted[-1]]
        whole = [(parts, path) for parts, path in (exact or best) if len(parts) == most]
        chosen = whole or exact or best
        if len(chosen) > 1:
            self.ambiguous[name] = tuple("/".join(parts) for parts, _ in chosen)
            return None
        parts, path = chosen[0]
        if len(parts) > most and len(wanted) > most:
            self.elsewhere[name] = "/".join(parts)
        return path


def _parts(name: str) -> tuple[str, ...]:
    """A path of any system as its parts, without case and in one form of accents."""
    plain = unicodedata.normalize("NFC", name.strip().strip('"').replace("\\", "/")).casefold()
    return tuple(part for part in PurePosixPath(plain.rstrip("/")).parts if part not in ("/", "."))


def _common(wanted: Sequence[str], parts: Sequence[str]) -> int:
    """How many parts agree, from the end; the last may lack its ending."""
    if not (wanted[-1] == parts[-1] or _stem(wanted[-1]) == _stem(parts[-1])):
        return 0
    n = 1
    while n < min(len(wanted), len(parts)) and wanted[-1 - n] == parts[-1 - n]:
        n += 1
    return n


def _has_ending(name: str) -> bool:
    return f".{name.rpartition('.')[2]}" in IMAGE_SUFFIXES


def _stem(name: str) -> str:
    stem, dot, ending = name.rpartition(".")
    return stem if dot and stem and (f".{ending}" in IMAGE_SUFFIXES or ending in _SOURCE_ENDINGS) else name
