"""Time as a value: the session clock, and a device's clock mapped to it."""

from __future__ import annotations

import math
import time
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray


class Clock(Protocol):
    """Where a driver reads the present; stages below it are handed times and never ask."""

    def now_s(self) -> float:
        """Seconds on the session clock."""
        ...


class MonotonicClock:
    """The session clock of a real run: seconds since it was made, never set back.

    Args:
        start_s: What it says when it is made: above 0 where a session goes on.
    """

    def __init__(self, start_s: float = 0.0) -> None:
        self._origin_s = time.monotonic() - start_s

    @property
    def origin_s(self) -> float:
        """`time.monotonic()` at the session clock's zero, to convert stamps of drivers that use that clock."""
        return self._origin_s

    def now_s(self) -> float:
        """Seconds since its zero."""
        return time.monotonic() - self._origin_s


class ManualClock:
    """A clock that moves only when told to: tests, and sessions run faster than real time."""

    def __init__(self, start_s: float = 0.0) -> None:
        self._now_s = start_s

    def now_s(self) -> float:
        """The time last set."""
        return self._now_s

    def set(self, now_s: float) -> None:
        """Move to `now_s`; going back is a ValueError."""
        if now_s < self._now_s:
            raise ValueError(f"a clock cannot go back from {self._now_s} to {now_s}")
        self._now_s = now_s

    def advance(self, by_s: float) -> None:
        """Move forward by `by_s` seconds."""
        self.set(self._now_s + by_s)


class ClockMap:
    """Maps a device's time stamps to the session clock.

    A sample can only arrive after it was taken, so the offset between the clocks is the lower envelope of
    (receive time - device time): bursts, stalls and scheduling jitter lie above it and do not matter. The envelope's
    slope is the drift between the clocks. Corrections are phased in, never faster than `MAX_SLEW`, so that mapped
    times never go back or stand still; only a jump of the device's clock moves them at once.

    Convention: the shortest transport delay ever seen cannot be told from an offset; mapped times are late by it.
    """

    BLOCK_S = 1.0  # the envelope holds one minimum per second of device time ...
    MEMORY_BLOCKS = 120  # ... over the last two minutes
    DRIFT_AFTER_S = 10.0  # a slope from a shorter stretch would be jitter
    MAX_DRIFT = 1e-3  # crystals stay within 100 ppm; more is a wrong estimate
    MAX_SLEW = 0.01  # seconds of correction per second
    JUMP_S = 0.1  # offsets do not move by more than this unless a clock was set
    JUMP_CONFIRM_S = 2.0  # a later arrival may be a stall; after this long it is a jump

    def __init__(self) -> None:
        self.n_jumps = 0
        self._forget()

    def _forget(self) -> None:
        self._block_device_s: list[float] = []
        self._block_offset_s: list[float] = []
        self._offset_s = math.nan  # of the envelope at `_reference_s`
        self._drift = 0.0
        self._reference_s = 0.0
        self._used_s = -math.inf  # device time and offset last handed out
        self._used_offset_s = math.nan
        self._newest_device_s = -math.inf
        self._late_since_s = math.nan

    @property
    def offset_s(self) -> float:
        """Session time - device time at the newest stamp; NaN before the first update."""
        return self._envelope(self._newest_device_s)

    def update(self, device_s: float, receive_s: float) -> bool:
        """Learn from one arrival: the device's stamp of the newest sample, and when it arrived.

        Returns:
            Whether the device's clock jumped, so that the map begins afresh.
        """
        if not (math.isfinite(device_s) and math.isfinite(receive_s)):
            return False
        offset_s = receive_s - device_s
        jumped = False
        if math.isfinite(self._offset_s):
            excess_s = offset_s - self._envelope(device_s)
            if excess_s <= self.JUMP_S:
                self._late_since_s = math.nan
            elif math.isnan(self._late_since_s):
                self._late_since_s = receive_s
            goes_back = device_s < self._newest_device_s - self.JUMP_S
            stays_late = receive_s - self._late_since_s > self.JUMP_CONFIRM_S  # False for NaN
            jumped = excess_s < -self.JUMP_S or goes_back or stays_late
            if jumped:
                self._forget()
                self.n_jumps += 1
        self._newest_device_s = max(device_s, self._newest_device_s)
        self._remember(device_s, offset_s)
        return jumped

    def to_session(self, device_s: ArrayLike) -> NDArray[np.float64]:
        """(N,) stamps of the device, in time order → (N,) seconds on the session clock.

        Mapped times increase whenever the stamps do, also from call to call. NaN before the first update.
        """
        device = np.asarray(device_s, dtype=np.float64)
        if not device.size or math.isnan(self._offset_s):
            return np.full(device.shape, np.nan)
        target_s = self._offset_s + self._drift * (device - self._reference_s)
        if math.isfinite(self._used_s):
            error_s = self._used_offset_s - self._envelope(self._used_s)
            elapsed_s = np.maximum(device - self._used_s, 0.0)
            left_s = np.maximum(abs(error_s) - self.MAX_SLEW * elapsed_s, 0.0)
            target_s = target_s + math.copysign(1.0, error_s) * left_s
        newest = int(np.argmax(device))
        if device.flat[newest] > self._used_s:
            self._used_s = float(device.flat[newest])
            self._used_offset_s = float(target_s.flat[newest])
        mapped: NDArray[np.float64] = device + target_s
        return mapped

    def _envelope(self, device_s: float) -> float:
        return self._offset_s + self._drift * (device_s - self._reference_s)

    def _remember(self, device_s: float, offset_s: float) -> None:
        devices, offsets = self._block_device_s, self._block_offset_s
        if devices and math.floor(devices[-1] / self.BLOCK_S) == math.floor(device_s / self.BLOCK_S):
            if offset_s >= offsets[-1]:
                return
            devices[-1], offsets[-1] = device_s, offset_s
        else:
            devices.append(device_s)
            offsets.append(offset_s)
            del devices[: -self.MEMORY_BLOCKS], offsets[: -self.MEMORY_BLOCKS]
        self._fit()

    def _fit(self) -> None:
        """The line below all block minima that is closest to them on average: an edge of their lower hull."""
        devices, offsets = self._block_device_s, self._block_offset_s
        if devices[-1] - devices[0] < self.DRIFT_AFTER_S:
            best = int(np.argmin(offsets))
            self._reference_s, self._offset_s, self._drift = devices[best], offsets[best], 0.0
            return
        hull: list[tuple[float, float]] = []
        for point in zip(devices, offsets, strict=True):
            while len(hull) > 1 and _slope(hull[-2], hull[-1]) >= _slope(hull[-2], point):
                hull.pop()
            hull.append(point)
        middle_s = sum(devices) / len(devices)
        left, right = next(edge for edge in pairwise(hull) if edge[1][0] >= middle_s)
        drift = min(max(_slope(left, right), -self.MAX_DRIFT), self.MAX_DRIFT)
        self._reference_s, self._offset_s, self._drift = left[0], left[1], drift


def _slope(left: tuple[float, float], right: tuple[float, float]) -> float:
    return (right[1] - left[1]) / (right[0] - left[0])
