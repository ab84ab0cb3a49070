"""Restores the choices of the last session as far as they are still there, and keeps those of this one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from gazeapp.experiment.settings import KnownScreen, Settings
from gazeapp.networks.universal_models import UniversalChoice
from gazeapp.ui.models.setup_model import SetupModel
from gazeapp.ui.translation import tr


def restore_choices(
    setup: SetupModel, settings: Settings, *, universal: UniversalChoice | None, is_plan_given: bool
) -> list[str]:
    """Choose screen, plan and universal model of the last time.

    Args:
        setup: Where they are chosen.
        settings: What was remembered.
        universal: The model that somebody asked for at this start; None takes the one of the last time.
        is_plan_given: Somebody asked for a plan at this start.

    Returns:
        What the person should know: a plan that is gone, in words. A model that is gone is told by
        `UniversalModelChoice.fallback`, which may come later.
    """
    told = []
    setup.remembered_screen = settings.participant_screen
    if not is_plan_given and settings.plan:
        setup.load_plan(Path(settings.plan))
        if setup.plan_problem:
            words = tr("The default plan is used: {0}")
            told.append(words.format(setup.plan_problem))
            setup.plan_problem = ""  # nobody opened it just now
    if universal is not None:
        setup.universal.in_use = universal
    elif settings.universal:
        setup.universal.restore(
            UniversalChoice(
                model=settings.universal,
                options=settings.universal_options,
                weights=Path(settings.universal_weights) if settings.universal_weights else None,
            )
        )
    return told


def with_choices(settings: Settings, setup: SetupModel, *, is_plan_given: bool, is_universal_given: bool) -> Settings:
    """The same settings with what is chosen now; what was asked for at one start is not the choice of the next."""
    settings = replace(settings, study=str(setup.study_dir))
    if setup.plan_file is not None or not is_plan_given:
        settings = replace(settings, plan=str(setup.plan_file.resolve()) if setup.plan_file else "")
    if not is_universal_given:
        chosen = setup.universal.remembered
        settings = replace(
            settings,
            universal="" if chosen == UniversalChoice() else chosen.model,
            universal_weights=str(chosen.weights.resolve()) if chosen.weights else "",
            universal_options=dict(chosen.options),
        )
    screen = setup.participant_screen
    if screen is None:
        return settings
    return replace(settings, participant_screen=screen.key).with_screen(
        KnownScreen(
            name=screen.name,
            width_px=screen.width_px,
            height_px=screen.height_px,
            width_mm=setup.size_mm[0],
            height_mm=setup.size_mm[1],
            distance_mm=setup.distance_mm,
        )
    )
