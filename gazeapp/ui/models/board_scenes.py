"""Which panes a view of Analyse has, and what stands in them while the study is read."""

from __future__ import annotations

from collections.abc import Sequence

from gazeapp.analysis.area import Area
from gazeapp.ui.models.group_model import GroupModel, side_words
from gazeapp.ui.models.recording import TrialView
from gazeapp.ui.models.trial_scenes import View, comparison_scenes, heat_scene, map_scenes, plot_scene
from gazeapp.ui.picture_scene import PictureScene
from gazeapp.ui.translation import tr


def board_scenes(kind: View, view: TrialView, group: GroupModel, areas: Sequence[Area]) -> list[PictureScene]:
    """The panes of a view.

    Args:
        kind: Which one; those that are drawn on or played are made by `trial_scenes` alone.
        view: The viewing that is looked at.
        group: What is known of everybody's gaze on the image.
        areas: Of the image.
    """
    if kind == "maps" and view.viewing.stimulus_id:
        return map_scenes(view)
    if kind == "heat":
        result = group.result
        heat = None if group.is_working else result.heat
        words = tr("{0} · people: {1} · viewings: {2} · Gaussian of 1°")
        facts = side_words(group.shown), *result.n_people, *result.n_viewings
        caption = words.format(*facts) if result.heat is not None else ""
        return [heat_scene(view, heat, caption, _note(group))]
    if kind == "compare" and view.viewing.stimulus_id:
        return _compared(view, group, areas)
    return [plot_scene(view)]  # of a recording without images there is nothing else


def _compared(view: TrialView, group: GroupModel, areas: Sequence[Area]) -> list[PictureScene]:
    result = group.result
    if result.comparison is None or group.is_working:
        return [heat_scene(view, None, "", _note(group))]
    words = tr("people: {0} · viewings: {1}")
    first, second = (words.format(*n) for n in zip(result.n_people, result.n_viewings, strict=True))
    one, other = (side_words(side) for side in group.compared)
    return comparison_scenes(view, result.comparison, (one, other), (first, second), areas)


def _note(group: GroupModel) -> str:
    return tr("Reading the study …") if group.is_working else group.problem
