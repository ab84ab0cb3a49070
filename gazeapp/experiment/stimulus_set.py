"""The images of an experiment: found as the plan says, checked before the participant sits down, decoded when
needed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gazeapp.errors import PlanError, UnreadableImage, UnsafeName
from gazeapp.experiment.plan import SHIPPED, ExperimentPlan
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
    return _find(plan, plan.stimuli.folders, plan.stimuli.files, "stimuli")


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
    steps = [(number, step) for number, step in enumerate(plan.line) if step.kind in IMAGES]
    shares = any(not step.has_images for _, step in steps)
    own = {
        number: tuple(_find(plan, step.folders, step.files, f"steps[{number}]"))
        for number, step in steps
        if step.has_images
    }
    return ImageSources(shared=tuple(find_stimuli(plan)) if shares else (), own=own)


def _find(plan: ExperimentPlan, folders: Sequence[str], files: Sequence[str], table: str) -> list[Path]:
    paths: list[Path] = []
    for name in folders:
        if name == SHIPPED:  # may be linked by whatever installed the program
            paths += find_images(assets_dir() / "stimuli")
            continue
        with _telling(plan, f"{table}.folders"):
            paths += [require_own(path) for path in find_images(require_own(plan.folder / name))]
    for name in files:
        with _telling(plan, f"{table}.files"):
            paths.append(require_image_file(plan.folder / name))
    return paths


@contextmanager
def _telling(plan: ExperimentPlan, key: str) -> Iterator[None]:
    """Name the plan and the key of what is wrong with an image."""
    try:
        yield
    except (UnreadableImage, UnsafeName) as error:
        raise PlanError(f"plan {plan.name!r}, key {key!r}: {error.message}", file=str(plan.folder), key=key) from error


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
        self._decoded: OrderedDict[str, NDArray[np.uint8]] = OrderedDict()
        self._overlays: dict[str, NDArray[np.uint8]] = {}
        for path in paths:
            image = decode_image(path, background=self._background)
            self._order.append(image.stimulus_id)
            self.ids[path] = image.stimulus_id
            self._known[image.stimulus_id] = KnownStimulus(
                stimulus_id=image.stimulus_id,
                name=(names or {}).get(image.stimulus_id, image.name),
                path=path,
                frame=place_stimulus(
                    display,
                    image.stimulus_id,
                    image.width_px,
                    image.height_px,
                    scale=plan.stimuli.scale,
                    width_deg=plan.stimuli.width_deg or None,
                ),
            )
            self._keep(image)

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

    def frame(self, stimulus_id: str) -> StimulusFrame:
        """Where the image lies on the participant's screen."""
        return self._known[stimulus_id].frame

    def image_rgb(self, stimulus_id: str) -> NDArray[np.uint8]:
        """(H, W, 3) pixels, read-only."""
        found = self._decoded.get(stimulus_id)
        if found is None:
            found = self._keep(decode_image(self._known[stimulus_id].path, background=self._background))
        return found

    def overlay_rgba(self, stimulus_id: str) -> NDArray[np.uint8] | None:
        """(H, W, 4) overlay of the image, where one was set."""
        return self._overlays.get(stimulus_id)

    def set_overlay(self, stimulus_id: str, overlay_rgba: NDArray[np.uint8]) -> None:
        """Keep the newest overlay of an image for the participant's screen."""
        self._overlays[stimulus_id] = overlay_rgba

    def _keep(self, image: DecodedImage) -> NDArray[np.uint8]:
        self._decoded[image.stimulus_id] = image.rgb
        while len(self._decoded) > KEPT_IMAGES:
            self._decoded.popitem(last=False)
        return image.rgb


def background_rgb(text: str) -> tuple[int, int, int]:
    """A plan's "#rrggbb" as numbers.

    >>> background_rgb("#8000ff")
    (128, 0, 255)
    """
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)
