"""Small honest stand-ins: gaze that looks where a script says, sinks that keep what they get, instant predictors.

The manual clock is `gazeapp.gaze.clock.ManualClock`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from gazeapp.gaze.correction_timeline import CorrectedGaze, CorrectionTimeline
from gazeapp.gaze.fixations import Fixation
from gazeapp.gaze.samples import Eyes, GazeSamples
from gazeapp.store.embedding import UserEmbedding


@dataclass(frozen=True)
class ScriptedGaze:
    """Gaze as a script: where the eye rests, for how long, and when it is shut.

    >>> gaze = look_at((100, 200), for_s=0.3).then((700, 500), for_s=0.5).then(blink_s=0.1)
    >>> gaze.duration_s
    0.9
    >>> len(gaze.samples(rate_hz=100))
    90
    """

    steps: tuple[tuple[tuple[float, float] | None, float], ...]
    """(point in display pixels or None for shut eyes, seconds)."""

    def then(
        self,
        point_px: tuple[float, float] | None = None,
        for_s: float = 0.0,
        *,
        blink_s: float = 0.0,
    ) -> ScriptedGaze:
        """Jump to a point and rest there, or shut the eyes for `blink_s`."""
        step = (None, blink_s) if point_px is None else (point_px, for_s)
        if step[1] <= 0:
            raise ValueError("a step needs a point with for_s, or blink_s, above 0")
        return replace(self, steps=(*self.steps, step))

    @property
    def duration_s(self) -> float:
        """Length of the script."""
        return round(sum(seconds for _, seconds in self.steps), 9)

    def samples(
        self,
        rate_hz: float = 500.0,
        *,
        start_s: float = 0.0,
        noise_px: float = 0.0,
        seed: int = 0,
        eyes: Eyes = "binocular",
        latency_s: float = 0.0,
    ) -> GazeSamples:
        """The script as samples of both eyes (the same point), at exact multiples of 1 / rate."""
        n = round(self.duration_s * rate_hz)
        time_s = np.arange(n) / rate_hz
        ends = np.cumsum([seconds for _, seconds in self.steps])
        step = np.minimum(
            np.searchsorted(np.round(ends, 9), np.round(time_s, 9), side="right"),
            len(self.steps) - 1,
        )
        places = np.array([(np.nan, np.nan) if point is None else point for point, _ in self.steps], dtype=float)
        rng = np.random.default_rng(seed)
        left = places[step] + rng.normal(0, noise_px, (n, 2))
        right = places[step] + rng.normal(0, noise_px, (n, 2))
        return GazeSamples.build(
            time_s + start_s,
            eyes=eyes,
            left_px=left,
            right_px=right if eyes == "binocular" else None,
            device_time_s=time_s + 1000.0,
            receive_time_s=time_s + start_s + latency_s,
        )


def look_at(point_px: tuple[float, float], *, for_s: float) -> ScriptedGaze:
    """The beginning of a script: rest at a point."""
    return ScriptedGaze(steps=((point_px, for_s),))


def in_chunks(samples: GazeSamples, sizes: Sequence[int]) -> Iterator[GazeSamples]:
    """Cut samples into chunks of the given sizes (used again and again until nothing is left); 0 is an empty chunk."""
    if not any(size > 0 for size in sizes):
        raise ValueError("at least one chunk size must be above 0")
    first, turn = 0, 0
    while first < len(samples):
        size = sizes[turn % len(sizes)]
        yield samples[first : first + size]
        first, turn = first + size, turn + 1


@dataclass
class ListSink:
    """Keeps every chunk it is given."""

    chunks: list[GazeSamples] = field(default_factory=list)

    def __call__(self, samples: GazeSamples) -> None:
        self.chunks.append(samples)

    @property
    def samples(self) -> GazeSamples:
        """All of them, joined."""
        return GazeSamples.concatenate(self.chunks)


@dataclass
class ListCursor:
    """Reads chunks that a test puts in, corrected by what is in force then, as a ring's cursor would."""

    waiting: list[CorrectedGaze] = field(default_factory=list)
    n_missed: int = 0
    corrections: CorrectionTimeline = field(default_factory=CorrectionTimeline)

    def push(self, samples: GazeSamples) -> None:
        """Make samples available."""
        self.waiting.append(self.corrections.newest.apply(samples))

    def read(self) -> CorrectedGaze:
        """Everything that arrived since the last call."""
        chunks, self.waiting = self.waiting, []
        return CorrectedGaze(
            raw=GazeSamples.concatenate([chunk.raw for chunk in chunks]),
            corrected=GazeSamples.concatenate([chunk.corrected for chunk in chunks]),
            number=np.concatenate([np.empty(0, np.int32), *(chunk.number for chunk in chunks)]),
        )


class DwellDetector:
    """The plainest detector that obeys the protocol: a fixation is a run of samples at one exact point.

    A run ends when the point changes or a sample is missing, and counts from 60 ms. It serves tests of what is
    built on detectors, with gaze scripted without noise.
    """

    delay_s = 0.0

    def __init__(self, min_duration_s: float = 0.06) -> None:
        self._min_duration_s = min_duration_s
        self._run: list[tuple[float, float, float]] = []

    def push(self, samples: GazeSamples) -> list[Fixation]:
        """Take samples one by one."""
        found = []
        for time_s, (x, y) in zip(samples.time_s, samples.gaze_px, strict=True):
            if self._run and (x, y) != self._run[-1][1:]:
                found += self.flush()
            if np.isfinite(x):
                self._run.append((float(time_s), float(x), float(y)))
        return found

    def flush(self) -> list[Fixation]:
        """What is left."""
        run, self._run = self._run, []
        if not run or run[-1][0] - run[0][0] < self._min_duration_s:
            return []
        onset_s, x, y = run[0]
        return [Fixation(onset_s=onset_s, duration_s=run[-1][0] - onset_s, x_px=x, y_px=y)]


class BadRecord:
    """What no writer can write."""


class ListWriter:
    """A session writer that keeps in memory what it is given and can be told to fail.

    What was written since the last commit is lost by a failed commit and by `rollback`, as in a database.
    """

    def __init__(self) -> None:
        self.committed: list[Any] = []
        self.open: list[Any] = []
        self.fail_with: Callable[[], Exception] | None = None
        self.n_commits = 0
        self.is_closed = False

    def write(self, item: Any) -> None:
        """Add anything to the open transaction, but for a bad record."""
        if isinstance(item, BadRecord):
            raise TypeError("not a trial")
        self.open.append(item)

    def go_live(self) -> None:
        """Nothing here waits for a disk."""

    def settle(self) -> None:
        """The same."""

    def commit(self) -> None:
        """Make the open transaction last, or fail and lose it."""
        if self.fail_with is not None:
            self.open.clear()
            raise self.fail_with()
        self.committed += self.open
        self.open.clear()
        self.n_commits += 1

    def rollback(self) -> None:
        """Forget the open transaction."""
        self.open.clear()

    def close(self) -> None:
        """Remember that it was closed."""
        self.is_closed = True

    @property
    def n_samples(self) -> int:
        """Committed samples."""
        return len(self.samples)

    @property
    def samples(self) -> GazeSamples:
        """Every committed sample."""
        return GazeSamples.concatenate(item for item in self.committed if isinstance(item, GazeSamples))


@dataclass
class InstantPredictor:
    """Networks that answer at once with plain arithmetic, and count their calls.

    The feature of a pair is the mean fixation as a share of the image; the universal map is flat, the personal map
    is a bump whose mass moves with the embedding.
    """

    n_universal: int = 0
    n_encoded: int = 0
    n_personal: int = 0

    def universal(self, image_rgb: np.ndarray) -> np.ndarray:
        """(H, W) flat density."""
        self.n_universal += 1
        height, width = image_rgb.shape[:2]
        return np.full((height, width), 1.0 / (height * width), np.float32)

    def encode(
        self,
        image_rgb: np.ndarray,
        fixations_px: np.ndarray,
        px_per_deg: float,
        universal: np.ndarray | None = None,
        durations_s: np.ndarray | None = None,
    ) -> np.ndarray:
        """(2,) mean fixation, as shares of the image's width and height."""
        self.n_encoded += 1
        height, width = image_rgb.shape[:2]
        return (fixations_px.mean(axis=0) / [width, height]).astype(np.float32)

    def combine(self, features: Sequence[np.ndarray]) -> UserEmbedding:
        """Unit mean of the features; the spread is 1 - mean cosine to it."""
        stack = np.stack(features).astype(np.float64)
        mean = stack.mean(axis=0)
        unit = mean / max(float(np.linalg.norm(mean)), 1e-12)
        cosines = stack @ unit / np.maximum(np.linalg.norm(stack, axis=1), 1e-12)
        return UserEmbedding(
            vector=tuple(unit),
            n_pairs=len(stack),
            spread=float(1 - cosines.mean()) if len(stack) > 1 else float("nan"),
            model_name="instant",
            model_sha256="0" * 64,
            sigma_deg=1.0,
        )

    def personal(self, image_rgb: np.ndarray, universal: np.ndarray, embedding: UserEmbedding) -> np.ndarray:
        """(H, W) density: the universal map tilted towards the embedding's first component."""
        self.n_personal += 1
        ramp = 1 + embedding.vector[0] * np.linspace(0, 1, universal.shape[1])
        tilted = universal * ramp[None, :]
        return (tilted / tilted.sum()).astype(np.float32)
