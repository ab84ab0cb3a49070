"""What the file system below a folder does with what is written again in its place."""

from __future__ import annotations

from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")
_COPYING = frozenset({"btrfs", "zfs", "bcachefs", "nilfs2"})


def copies_on_write(folder: Path) -> str:
    """The name of a file system that writes everything to a new place; empty for others, and where nobody tells.

    On such a one room that was reserved for a file is not kept, and what is overwritten may stay on the disk.
    """
    try:
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
        place = folder.resolve()
    except (OSError, RuntimeError):
        return ""
    best, kind = -1, ""
    for line in mounts:
        before, _, after = line.partition(" - ")
        fields, kinds = before.split(" "), after.split(" ")
        if len(fields) < 5 or not kinds[0]:
            continue
        point = Path(fields[4].replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\"))
        if place.is_relative_to(point) and len(point.parts) >= best:  # of two on one place the later one is seen
            best, kind = len(point.parts), kinds[0]
    return kind if kind in _COPYING else ""
