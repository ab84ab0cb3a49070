"""The images of an experiment: found as the plan says, checked before the participant sits down, decoded when
needed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gazeapp.errors import PlanError, UnreadableImage, UnsafeName
from gazeapp.experiment.plan import SHIPPED, ExperimentPlan, Look
from gazeapp.experiment.step_order import IMAGES
from gazeapp.gaze.display import Display, StimulusFrame, place_stimulus
from gazeapp.locations import assets_dir
from gazeapp.store.identifier import require_own
from gazeapp.store.stimuli import DecodedImage, decode_image, find_images, require_image_file

KEPT_IMAGES = 24
"""Decoded images in memory: the one on screen, those around it, and what the inference still works on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownStimulus:
    """One image of the experiment."""

    stimulus_id: str
    name: str
    path: Path
    frame: StimulusFrame
    """Where it lies on the participant's screen."""


def find_stimuli(plan: ExperimentPlan) -> list[Path]:
    """The image files that a plan's `[stimuli]` name, folders first, each folder by name.

    Raises:
        PlanError: A folder or file is not there, is a link, or holds no image; names the key.
    """
    faults: list[PlanError] = []
    found = _find(plan, plan.stimuli.folders, plan.stimuli.files, "stimuli", faults.append)
    if faults:
        raise faults[0]
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSources:
    """The image files of a plan."""

    shared: tuple[Path, ...]
    """Of `[stimuli]`, as far as a step takes them."""
    own: Mapping[int, tuple[Path, ...]]
    """Step of the line → its own."""

    @property
    def paths(self) -> list[Path]:
        """All of them."""
        return [*self.shared, *(path for paths in self.own.values() for path in paths)]


def find_images_of_steps(plan: ExperimentPlan) -> ImageSources:
    """The image files of every step; PlanError as `find_stimuli`."""
    found, faults = look_for_images(plan)
    if faults:
        raise faults[0]
    return found


def look_for_images(plan: ExperimentPlan) -> tuple[ImageSources, list[PlanError]]:
    """The image files of every step that are there, and why each other is not."""
    faults: list[PlanError] = []
    steps = [(number, step) for number, step in enumerate(plan.line) if step.kind in IMAGES]
    shares = any(not step.has_images for _, step in steps)
    own = {
        number: tuple(_find(plan, step.folders, step.files, f"steps[{number}]", faults.append))
        for number, step in steps
        if step.has_images
    }
    shared = _find(plan, plan.stimuli.folders, plan.stimuli.files, "stimuli", faults.append) if shares else []
    return ImageSources(shared=tuple(shared), own=own), faults


def _find(
    plan: ExperimentPlan,
    folders: Sequence[str],
    files: Sequence[str],
    table: str,
    tell: Callable[[PlanError], None],
) -> list[Path]:
    paths: list[Path] = []
    for name in folders:
        if name == SHIPPED:  # may be linked by whatever installed the program
            paths += find_images(assets_dir() / "stimuli")
            continue
        with _telling(plan, f"{table}.folders", tell):
            paths += [require_own(path) for path in find_images(require_own(plan.folder / name))]
    for name in files:
        with _telling(plan, f"{table}.files", tell):
            paths.append(require_image_file(plan.folder / name))
    return paths


@contextmanager
def _telling(plan: ExperimentPlan, key: str, tell: Callable[[PlanError], None]) -> Iterator[None]:
    try:
        yield
    except (UnreadableImage, UnsafeName) as error:
        fault = PlanError(f"plan {plan.name!r}, key {key!r}: {error.message}", file=str(plan.folder), key=key)
        fault.__cause__ = error
        tell(fault)


class StimulusSet:
    """Pixels and places of the images; usable from any thread that reads, filled before the session.

    Args:
        plan: Scale and background.
        display: The participant's screen.
        paths: The image files; each is decoded once here, so that a bad one is found before the session.
        names: Stimulus → its name, where the files do not bear it.

    Raises:
        UnreadableImage: A file cannot be decoded or is too large; names the file.
    """

    def __init__(
        self, plan: ExperimentPlan, display: Display, paths: Sequence[Path], names: Mapping[str, str] | None = None
    ) -> None:
        self._background = background_rgb(plan.stimuli.background)
        self._known: dict[str, KnownStimulus] = {}
        self._order: list[str] = []
        self.ids: dict[Path, str] = {}
        """Content hash of each file."""
        self._display = display
        self._looks = [plan.look_of(index) for index in range(len(plan.line))]
        self._decoded: OrderedDict[tuple[str, tuple[int, int, int]], NDArray[np.uint8]] = OrderedDict()
        self._overlays: dict[str, NDArray[np.uint8]] = {}
        for path in paths:
            image = decode_image(path, background=self._background)
            self._order.append(image.stimulus_id)
            self.ids[path] = image.stimulus_id
            self._known[image.stimulus_id] = KnownStimulus(
                stimulus_id=image.stimulus_id,
                name=(names or {}).get(image.stimulus_id, image.name),
                path=path,
                frame=self._place(image.stimulus_id, image.width_px, image.height_px, plan.look_of(len(plan.line))),
            )
            self._keep(image, self._background)

    @property
    def display(self) -> Display:
        """The participant's screen."""
        return self._display

    @property
    def stimulus_ids(self) -> tuple[str, ...]:
        """In the plan's order."""
        return tuple(self._order)

    @property
    def stimuli(self) -> tuple[KnownStimulus, ...]:
        """Every different image."""
        return tuple(self._known.values())

    def __getitem__(self, stimulus_id: str) -> KnownStimulus:
        return self._known[stimulus_id]

    def frame(self, stimulus_id: str, step: int | None = None) -> StimulusFrame:
        """Where the image lies on the participant's screen; without a step of the line, as the plan has it."""
        known = self._known[stimulus_id].frame
        if step is None or step >= len(self._looks):
            return known
        return self._place(stimulus_id, known.image_width_px, known.image_height_px, self._looks[step])

    def image_rgb(self, stimulus_id: str, step: int | None = None) -> NDArray[np.uint8]:
        """(H, W, 3) pixels, read-only; what is transparent shows a step's background, or else the plan's."""
        background = self._background
        if step is not None and step < len(self._looks):
            background = background_rgb(self._looks[step].background)
        found = self._decoded.get((stimulus_id, background))
        if found is None:
            found = self._keep(decode_image(self._known[stimulus_id].path, background=background), background)
        return found

    def _place(self, stimulus_id: str, width_px: int, height_px: int, look: Look) -> StimulusFrame:
        return place_stimulus(
            self._display, stimulus_id, width_px, height_px, scale=look.scale, width_deg=look.width_deg or None
        )

    def overlay_rgba(self, stimulus_id: str) -> NDArray[np.uint8] | None:
        """(H, W, 4) overlay of the image, where one was set."""
        return self._overlays.get(stimulus_id)

    def set_overlay(self, stimulus_id: str, overlay_rgba: NDArray[np.uint8]) -> None:
        """Keep the newest overlay of an image for the participant's screen."""
        self._overlays[stimulus_id] = overlay_rgba

    def _keep(self, image: DecodedImage, background: tuple[int, int, int]) -> NDArray[np.uint8]:
        self._decoded[image.stimulus_id, background] = image.rgb
        while len(self._decoded) > KEPT_IMAGES:
            self._decoded.popitem(last=False)
        return image.rgb


def background_rgb(text: str) -> tuple[int, int, int]:
    """A plan's "#rrggbb" as numbers.

    >>> background_rgb("#8000ff")
    (128, 0, 255)
    """
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)
