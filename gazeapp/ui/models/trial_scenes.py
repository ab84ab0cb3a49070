"""What each view of Analyse shows of a viewing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from gazeapp.analysis.area import Area
from gazeapp.analysis.heat_map import Comparison, GazePlotPoint, gaze_plot
from gazeapp.saliency.colors import difference_rgba, overlay_rgba
from gazeapp.saliency.maps import Map
from gazeapp.ui.formatting import counted, format_figure
from gazeapp.ui.models.recording import TrialView
from gazeapp.ui.picture_scene import PictureScene
from gazeapp.ui.qt_images import thin
from gazeapp.ui.translation import tr

View = Literal["maps", "plot", "heat", "areas", "compare", "replay", "people"]
VIEWS: tuple[View, ...] = ("maps", "plot", "heat", "areas", "compare", "replay", "people")
TRAIL_S = 0.5


def map_scenes(view: TrialView) -> list[PictureScene]:
    """The three maps, universal and personal on one scale, and the gaze."""
    maps, person = view.maps, view.viewing.participant
    both = [m for m in (maps.universal, maps.personal) if m is not None]
    top = max((float(m.max()) for m in both), default=0.0)
    missing = view.map_problem
    less, more = tr("less"), tr("more gaze")

    def sequential(name: str, caption: str, density: Map | None, why: str) -> PictureScene:
        return PictureScene(
            name=name,
            caption=caption,
            image_rgb=maps.image_rgb,
            size_wh=view.viewing.size_wh,
            overlay_rgba=None if density is None else overlay_rgba(thin(density), vmax=top),
            kind="density",
            ends=(less, more),
            note="" if density is not None else missing or why,
        )

    difference = None if maps.discrepancy is None else difference_rgba(thin(maps.discrepancy))
    return [
        sequential(
            tr("Universal"), tr("where people look"), maps.universal, tr("No prediction was stored for this image.")
        ),
        sequential(
            tr("Personal"),
            tr("where {0} looks").format(person),
            maps.personal,
            tr("{0} was not known well enough yet.").format(person),
        ),
        PictureScene(
            name=tr("Difference"),
            caption=tr("personal − universal"),
            image_rgb=maps.image_rgb,
            size_wh=view.viewing.size_wh,
            overlay_rgba=difference,
            kind="difference",
            ends=(less, tr("more than others")),
            note="" if difference is not None else missing or tr("It needs both maps."),
        ),
        plot_scene(view),
    ]


def plot_scene(view: TrialView) -> PictureScene:
    """Fixations in their order."""
    points = gaze_plot(view.viewing)
    ways = [p.saccade_deg for p in points if not np.isnan(p.saccade_deg)]
    mean_ms = format_figure(1000 * float(np.mean([p.duration_s for p in points])) if points else None, 0, " ms")
    caption = counted(
        len(points),
        tr("{0} fixation · {1} · saccades {2}"),
        tr("{0} fixations · {1} each · saccades {2}"),
        mean_ms,
        format_figure(float(np.mean(ways)) if ways else None, 1, "°"),
    )
    note = view.image_problem or ("" if points else tr("No fixation lies on the image."))
    if not view.viewing.stimulus_id:
        caption = tr("on the screen · {0}").format(caption)
    return PictureScene(
        name=tr("Gaze plot"),
        caption=caption,
        image_rgb=view.maps.image_rgb,
        size_wh=view.viewing.size_wh,
        points=points,
        note=note,
    )


def heat_scene(view: TrialView, heat: Map | None, caption: str, note: str) -> PictureScene:
    """Where one, some or all looked."""
    return PictureScene(
        name=tr("Heat map"),
        caption=caption,
        image_rgb=view.maps.image_rgb,
        size_wh=view.viewing.size_wh,
        overlay_rgba=None if heat is None else overlay_rgba(thin(heat)),
        kind="density",
        ends=(tr("less"), tr("more gaze")),
        note=view.image_problem or note,
    )


def area_scene(view: TrialView, areas: Sequence[Area], chosen: int, draft: Area | None) -> PictureScene:
    """The areas of the image, with the fixations below them."""
    return PictureScene(
        name=tr("Areas"),
        caption=tr("what {0} looked at").format(view.viewing.participant),
        image_rgb=view.maps.image_rgb,
        size_wh=view.viewing.size_wh,
        areas=tuple(areas),
        chosen_area=chosen,
        draft=draft,
        points=gaze_plot(view.viewing),
        is_sketched=True,
        note=view.image_problem,
    )


def comparison_scenes(
    view: TrialView, found: Comparison, names: tuple[str, str], captions: tuple[str, str], areas: Sequence[Area]
) -> list[PictureScene]:
    """Two sides on one scale, and what one of them looks at more."""
    top = max(float(found.first.max()), float(found.second.max()))
    ground = PictureScene(
        name="",
        image_rgb=view.maps.image_rgb,
        size_wh=view.viewing.size_wh,
        areas=tuple(areas),
        note=view.image_problem,
    )
    sides = [
        replace(
            ground,
            name=name,
            caption=caption,
            overlay_rgba=overlay_rgba(thin(density), vmax=top),
            kind="density",
            ends=(tr("less"), tr("more gaze")),
        )
        for name, caption, density in zip(names, captions, (found.first, found.second), strict=True)
    ]
    difference = replace(
        ground,
        name=tr("Difference"),
        caption=tr("{0} − {1}").format(*names),
        overlay_rgba=difference_rgba(thin(found.difference)),
        kind="difference",
        ends=(names[1], tr("more: {0}").format(names[0])),
    )
    return [*sides, difference]


def replay_scene(
    view: TrialView, points: Sequence[GazePlotPoint], position_s: float, *, shows_raw: bool = False
) -> PictureScene:
    """Gaze of the last half second, and those of the viewing's fixations that have begun."""
    first, last = np.searchsorted(view.time_s, [position_s - TRAIL_S, position_s], side="right")
    return PictureScene(
        name=tr("Replay"),
        caption=tr("gaze of the last half second, and the fixations so far"),
        image_rgb=view.maps.image_rgb,
        size_wh=view.viewing.size_wh,
        points=tuple(p for p in points if p.onset_s <= position_s),
        trail_px=view.gaze_px[first:last],
        eye_trails_px=tuple((eye, px[first:last]) for eye, px in view.eyes_px) if shows_raw else (),
        note=view.image_problem or ("" if len(view.time_s) else tr("No gaze was stored for this image.")),
    )
