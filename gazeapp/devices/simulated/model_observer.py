"""A seeded model observer: eyes that follow a saliency map and an observer profile. An illustration, not a person."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gazeapp.devices.simulated.observer_profiles import GRID_WH, ObserverProfile, priority_map
from gazeapp.devices.simulated.scanpath import GazePath
from gazeapp.gaze.display import Display, StimulusFrame
from gazeapp.store.events import (
    CrossShown,
    Event,
    StimulusHidden,
    StimulusShown,
    TargetShown,
)

REACTION_S = 0.18
"""Shortest time from something new on the screen to the first saccade."""
_IOR_DEG = 2.0
_IOR_FADE_S = 1.5
# inhibition of return: a place just looked at attracts less, and recovers (Posner 1985)


class Observer(Protocol):
    """Eyes that a simulated tracker measures."""

    def on_event(self, event: Event) -> None:
        """See what appeared on the screen."""
        ...

    def gaze_px(self, time_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N, 2) true gaze in display pixels at times that never go back."""
        ...


class ModelObserver:
    """Looks at targets and crosses when they appear, and at images by saliency, preferences and memory.

    The same seed and events give the same gaze, however its times are asked for: what an event starts is drawn from a
    generator of its own, and no plan reaches back before the reaction time.

    Args:
        display: The participant's screen.
        profile: Habits.
        image: Gives the image of a stimulus id, (H, W, 3) uint8.
        saliency: Gives the saliency of an image, (H', W').
        seed: Seeds every choice.
    """

    def __init__(
        self,
        display: Display,
        profile: ObserverProfile,
        *,
        image: Callable[[str], NDArray[np.uint8]],
        saliency: Callable[[NDArray[np.uint8]], NDArray[np.float32]],
        seed: int = 0,
    ) -> None:
        self._display = display
        self._profile = profile
        self._image = image
        self._saliency = saliency
        self._seed = seed
        self._lock = threading.Lock()  # events come from one thread, times are asked for by another
        self._path = GazePath(display, (display.width_px / 2, display.height_px / 2))
        self._n_events = 0
        self._rng = np.random.default_rng((seed, 0))
        self._priority: NDArray[np.float64] | None = None
        self._frame: StimulusFrame | None = None
        self._visited: list[tuple[float, tuple[float, float]]] = []
        self._next_s = np.inf

    def on_event(self, event: Event) -> None:
        """React to what appeared on the participant's screen; other events are ignored."""
        if not isinstance(event, CrossShown | TargetShown | StimulusShown | StimulusHidden):
            return
        with self._lock:
            self._plan_until(event.time_s)
            self._n_events += 1
            self._rng = np.random.default_rng((self._seed, self._n_events))
            reaction_s = event.time_s + REACTION_S + self._rng.gamma(4.0, 0.015)
            if isinstance(event, StimulusShown):
                # looked at only when the first saccade is chosen: this may be the GUI's thread, that one never is
                self._priority = None
                self._frame = event.frame
                self._visited = [(event.time_s, self._path.last_px)]
                self._path.cancel_after(event.time_s)
                self._next_s = reaction_s
            elif isinstance(event, StimulusHidden):
                self._frame = None
                self._next_s = np.inf
            else:
                self._frame = None
                self._path.cancel_after(event.time_s)
                self._look_at_point(reaction_s, (event.x_px, event.y_px))
                self._next_s = np.inf

    def gaze_px(self, time_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N, 2) true gaze in display pixels; times of successive calls never go back."""
        if not len(time_s):
            return np.empty((0, 2))
        with self._lock:
            self._plan_until(float(time_s[-1]))
            gaze = self._path.at(time_s)
            self._path.forget_before(float(time_s[0]))
        return gaze

    def _look_at_point(self, start_s: float, point_px: tuple[float, float]) -> None:
        """A large saccade that lands a little off, then a corrective one."""
        distance = float(self._display.angle_deg(self._path.last_px, point_px))
        if distance < 0.3:
            return
        aim = np.array(point_px) + self._deg(self._rng.normal(0, 0.04 * distance, 2))
        landed_s = self._path.look(start_s, (float(aim[0]), float(aim[1])))
        settle = np.array(point_px) + self._deg(self._rng.normal(0, 0.12, 2))
        self._path.look(landed_s + self._rng.uniform(0.12, 0.2), (float(settle[0]), float(settle[1])))

    def _plan_until(self, time_s: float) -> None:
        while self._frame is not None and self._next_s <= time_s:
            target = self._choose(self._next_s)
            landed_s = self._path.look(self._next_s, target)
            self._visited.append((landed_s, target))
            dwell_s = self._profile.fixation_s * np.exp(self._rng.normal(0, self._profile.fixation_spread))
            self._next_s = landed_s + max(0.09, float(dwell_s))

    def _choose(self, now_s: float) -> tuple[float, float]:
        assert self._frame is not None
        frame, here = self._frame, self._path.last_px
        if self._priority is None:
            image = self._image(frame.stimulus_id)
            self._priority = priority_map(image, self._saliency(image), self._profile)
        columns, rows = np.meshgrid(np.arange(GRID_WH[0]), np.arange(GRID_WH[1]))
        image_px = np.stack(
            [
                (columns + 0.5) / GRID_WH[0] * frame.image_width_px,
                (rows + 0.5) / GRID_WH[1] * frame.image_height_px,
            ],
            axis=-1,
        )
        centres = frame.to_display(image_px)
        amplitude = self._display.angle_deg(centres, np.array(here))
        typical = self._profile.saccade_deg
        # log-normal preference for the person's typical amplitude, flat enough to reach far targets
        appeal = np.exp(-0.5 * (np.log((amplitude + 0.5) / (typical + 0.5)) / 0.9) ** 2)
        weight = self._priority * appeal
        for when_s, place in self._visited[-6:]:
            near = np.exp(-0.5 * (self._display.angle_deg(centres, np.array(place)) / _IOR_DEG) ** 2)
            weight = weight * (1 - 0.95 * near * np.exp(-(now_s - when_s) / _IOR_FADE_S))
        weight = weight.ravel() / weight.sum()
        chosen = int(self._rng.choice(weight.size, p=weight))
        cell = np.array([frame.width_px / GRID_WH[0], frame.height_px / GRID_WH[1]])
        point = centres.reshape(-1, 2)[chosen] + self._rng.uniform(-0.5, 0.5, 2) * cell
        return float(point[0]), float(point[1])

    def _deg(self, offset_deg: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(offset_deg * self._display.px_per_deg, dtype=np.float64)
