"""The participant's head position, from the eye positions that a tracker measures."""

from __future__ import annotations

import math
from collections import deque

import numpy as np

from gazeapp.gaze.samples import Floats, GazeSamples
from gazeapp.runtime.snapshot import UNSEEN, HeadPosition, Place

WINDOW_S = 0.3
"""Positions are medians over this long: a head moves slowly, a single sample jitters."""
GUIDE_AGE_S = 0.5
"""A tracker's own guide comes about 30 times a second; older than this, it says nothing."""
STALE_S = 1.0
"""A stream that is silent for this long no longer tells where the head is."""
_REFRESH_S = 0.05


class HeadPositionEstimator:
    """Follows the eyes' positions; costs nothing for trackers that measure none."""

    def __init__(self) -> None:
        self._chunks: deque[tuple[float, Floats, Floats]] = deque()
        self._guide: tuple[float, Place, Place] | None = None
        self._was_told = False
        self._measured: HeadPosition | None = None
        self._measured_s = -math.inf

    def add(self, samples: GazeSamples) -> None:
        """Take the next samples."""
        left, right = samples.left_origin_mm, samples.right_origin_mm
        if not len(samples):
            return
        is_told = bool(np.isfinite(left[:, 2]).any() or np.isfinite(right[:, 2]).any())
        self._was_told = self._was_told or is_told
        if not self._was_told:
            return
        last_s = float(samples.time_s[-1])
        self._chunks.append((last_s, left, right))
        while self._chunks[0][0] <= last_s - WINDOW_S:
            self._chunks.popleft()

    def take_guide(self, time_s: float, left: Place | None, right: Place | None) -> None:
        """Take where the tracker itself says that the eyes are; from any thread."""
        self._guide = (time_s, left or UNSEEN, right or UNSEEN)

    def position(self, now_s: float) -> HeadPosition | None:
        """The newest; None while the tracker never said anything."""
        if now_s - self._measured_s >= _REFRESH_S:
            self._measured_s = now_s
            self._measured = self._measure(now_s)
        return self._measured

    def _measure(self, now_s: float) -> HeadPosition | None:
        if not self._was_told and self._guide is None:
            return None
        if self._chunks and now_s - self._chunks[-1][0] > STALE_S:
            self._chunks.clear()
        left, right = self._median(1), self._median(2)
        guide = self._guide
        is_fresh = guide is not None and now_s - guide[0] <= GUIDE_AGE_S
        known = [eye[2] for eye in (left, right) if math.isfinite(eye[2])]
        return HeadPosition(
            left_mm=left,
            right_mm=right,
            distance_mm=sum(known) / len(known) if known else math.nan,
            left_guide=guide[1] if guide is not None and is_fresh else UNSEEN,
            right_guide=guide[2] if guide is not None and is_fresh else UNSEEN,
        )

    def _median(self, eye: int) -> Place:
        rows = [chunk[eye] for chunk in self._chunks]
        if not rows:
            return UNSEEN
        points = np.concatenate(rows)
        seen = points[np.isfinite(points).all(axis=1)]
        if not len(seen):
            return UNSEEN
        x, y, z = np.median(seen, axis=0).tolist()
        return x, y, z
