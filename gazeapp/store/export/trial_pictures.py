"""The four pictures of a trial in a report: scan path, universal map, personal map, difference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from gazeapp.saliency.colors import compose_difference, compose_overlay, legend_rgba
from gazeapp.saliency.maps import Map, resize_map
from gazeapp.store.export.svg import picture, scanpath, shrink, shrink_map
from gazeapp.store.records import PredictionRow, TrialRow
from gazeapp.store.stimuli import Image


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture, or why there is none."""

    image: Markup
    caption: str
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Legend:
    """A colour scale with what its ends mean."""

    image: Markup
    low: str
    high: str


def legends() -> tuple[Legend, Legend]:
    """The scales of the maps and of the difference."""
    strips = [
        Markup(picture(legend_rgba(kind, 240, 16)[..., :3], "", is_photo=False)) for kind in ("density", "difference")
    ]
    return (
        Legend(image=strips[0], low="looks less", high="looks more"),
        Legend(
            image=strips[1],
            low="less than people",
            high="more than people, strongest of this session",
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrialMaps:
    """The maps of one trial at report size, or why there are none."""

    universal: Map | None
    personal: Map | None
    error: str

    @classmethod
    def of(cls, prediction: PredictionRow) -> TrialMaps:
        """Shrink what was predicted, so that a long session needs little memory."""
        universal, personal = (
            None if m is None else shrink_map(m) for m in (prediction.universal, prediction.personal)
        )
        return cls(universal=universal, personal=personal, error=prediction.error)

    @property
    def difference_share(self) -> float:
        """Largest difference between the maps, as a share of the higher peak; 0 without two maps."""
        if self.universal is None or self.personal is None:
            return 0.0
        return float(np.abs(self.personal - self.universal).max() / max(self.universal.max(), self.personal.max()))


def trial_pictures(
    trial: TrialRow,
    image: Image | None,
    maps: TrialMaps | None,
    pseudonym: str,
    *,
    strongest_share: float,
) -> list[Picture]:
    """Scan path and maps of one trial; universal and personal map on one scale.

    Args:
        trial: The trial.
        image: As it was shown; None when it is missing.
        maps: What was predicted for it.
        pseudonym: Of the participant, for the captions.
        strongest_share: The difference that gets the strongest colours, as a share of the maps' peak: one for all
            trials.
    """
    person = pseudonym or "this person"
    captions = (
        "where they looked",
        "where people look",
        f"how {person} looks",
        f"{person} against people",
    )
    if image is None:
        return [Picture(image=Markup(""), caption=c, why="the image is missing from the session") for c in captions]
    frame = trial.frame
    small = shrink(image)
    pictures = [
        Picture(
            image=Markup(
                scanpath(
                    small,
                    (frame.image_width_px, frame.image_height_px),
                    trial.fixations,
                    trial.carried_over,
                )
            ),
            caption=captions[0],
        )
    ]
    if maps is None or maps.universal is None:
        why = (maps.error if maps else "") or "no prediction was stored"
        return pictures + [Picture(image=Markup(""), caption=c, why=why) for c in captions[1:]]
    universal, personal = _fit(maps.universal, small), maps.personal
    if personal is None:
        pictures.append(Picture(image=_photo(compose_overlay(small, universal), captions[1]), caption=captions[1]))
        return pictures + [Picture(image=Markup(""), caption=c, why="no embedding yet") for c in captions[2:]]
    personal = _fit(personal, small)
    peak = float(max(universal.max(), personal.max()))
    shown = (
        compose_overlay(small, universal, vmax=peak),
        compose_overlay(small, personal, vmax=peak),
        compose_difference(small, np.asarray(personal - universal), vmax=peak * strongest_share),
    )
    facts = ("", "", f", by at most {100 * maps.difference_share:.0f} % of the peak")
    pictures.extend(
        Picture(image=_photo(rgb, caption), caption=caption + fact)
        for rgb, caption, fact in zip(shown, captions[1:], facts, strict=True)
    )
    return pictures


def _fit(density: Map, rgb: Image) -> Map:
    """A map that was stored at another shape than its image is brought to it."""
    height, width = rgb.shape[:2]
    return density if density.shape == (height, width) else resize_map(density, (width, height))


def _photo(rgb: Image, alt: str) -> Markup:
    return Markup(picture(rgb, alt))
