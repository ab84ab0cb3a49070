"""The four pictures of a trial in a report: scan path, universal map, personal map, difference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from gazeapp.saliency.colors import compose_difference, compose_overlay, legend_rgba
from gazeapp.store.export.figures import picture, scanpath, shrink, shrink_map
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
        Markup(picture(legend_rgba(kind, 240, 16)[..., :3], "", is_photo=False))
        for kind in ("density", "difference")
    ]
    return (
        Legend(image=strips[0], low="looks less", high="looks more"),
        Legend(image=strips[1], low="less than people", high="more than people"),
    )


def trial_pictures(
    trial: TrialRow, image: Image | None, prediction: PredictionRow | None, pseudonym: str,
) -> list[Picture]:  # fmt: skip
    """Scan path and maps of one trial; universal and personal map on one scale."""
    person = pseudonym or "this person"
    captions = (
        "where they looked",
        "how people look",
        f"how {person} looks",
        f"{person} against people",
    )
    if image is None:
        return [
            Picture(image=Markup(""), caption=c, why="the image is missing from the session")
            for c in captions
        ]
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
    universal = prediction.universal if prediction else None
    personal = prediction.personal if prediction else None
    if universal is None:
        why = (prediction.error if prediction else "") or "no prediction was stored"
        return pictures + [Picture(image=Markup(""), caption=c, why=why) for c in captions[1:]]
    common = shrink_map(universal, small)
    if personal is None:
        why = "no embedding yet"
        pictures.append(
            Picture(image=_photo(compose_overlay(small, common), captions[1]), caption=captions[1])
        )
        return pictures + [Picture(image=Markup(""), caption=c, why=why) for c in captions[2:]]
    own = shrink_map(personal, small)
    vmax = float(max(common.max(), own.max()))
    shown = (
        compose_overlay(small, common, vmax=vmax), compose_overlay(small, own, vmax=vmax),
        compose_difference(small, np.asarray(own - common), vmax=vmax),
    )  # fmt: skip
    pictures.extend(
        Picture(image=_photo(rgb, caption), caption=caption)
        for rgb, caption in zip(shown, captions[1:], strict=True)
    )
    return pictures


def _photo(rgb: Image, alt: str) -> Markup:
    return Markup(picture(rgb, alt))
