"""Plans to start from: what most studies do, ready to be run and changed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from gazeapp.errors import SessionError
from gazeapp.experiment.continuation import plan_from_json
from gazeapp.experiment.plan import (
    SHIPPED,
    BlocksPlan,
    CalibrationPlan,
    ExperimentPlan,
    PlanStep,
    SittingsPlan,
    StimuliPlan,
    TrialsPlan,
    Wording,
)
from gazeapp.experiment.step_order import IMAGES
from gazeapp.store.identifier import require_own
from gazeapp.store.reader import SessionReader

WELCOME = {
    "en": "You will see pictures, one after another.\nPlease look at them as you like.",
    "de": "Sie sehen gleich Bilder, eines nach dem anderen.\nBitte betrachten Sie sie, wie Sie möchten.",
}
THANKS = {"en": "That was all. Thank you.", "de": "Das war alles. Vielen Dank."}


def words_step(kind: str, texts: Mapping[str, str], duration_s: float = 0.0) -> PlanStep:
    """A step of words, by language."""
    text = tuple(Wording(language=language, text=words) for language, words in texts.items())
    return PlanStep(kind=kind, text=text, duration_s=duration_s)


def _line(*steps: PlanStep) -> tuple[PlanStep, ...]:
    return (words_step("instruction", WELCOME), *steps, words_step("thanks", THANKS))


def quick_enrolment(stimuli: StimuliPlan) -> ExperimentPlan:
    """As few images as the person needs: each chosen by what it tells about them, until enough is known."""
    steps = _line(PlanStep(kind="calibrate", points=5), PlanStep(kind="validate"), PlanStep(kind="enrol"))
    return ExperimentPlan(
        name="quick enrolment",
        phases=("calibrate", "validate", "enrol"),
        stimuli=stimuli,
        trials=TrialsPlan(order="informative", stop_when_enough=True),
        steps=steps,
    )


def four_viewings(stimuli: StimuliPlan) -> ExperimentPlan:
    """Every image in each of four sittings within a week, every time in another order."""
    steps = _line(PlanStep(kind="calibrate"), PlanStep(kind="validate"), PlanStep(kind="enrol"))
    return ExperimentPlan(
        name="four viewings",
        phases=("calibrate", "validate", "enrol"),
        stimuli=stimuli,
        blocks=BlocksPlan(size=40, break_s=60.0, recalibrate=True),
        calibration=CalibrationPlan(drift_every=20),
        sittings=SittingsPlan(count=4, gap_days=2.0),
        steps=steps,
    )


def overlay_only(stimuli: StimuliPlan) -> ExperimentPlan:
    """For a person who is known from earlier sessions: their maps, on images that taught nothing about them."""
    steps = _line(PlanStep(kind="calibrate", points=5), PlanStep(kind="validate"), PlanStep(kind="overlay"))
    return ExperimentPlan(
        name="overlay only", phases=("calibrate", "validate", "overlay"), stimuli=stimuli, steps=steps
    )


TEMPLATES: Mapping[str, Callable[[StimuliPlan], ExperimentPlan]] = {
    "quick": quick_enrolment,
    "viewings": four_viewings,
    "overlay": overlay_only,
}


def make_template(key: str, images: StimuliPlan | None = None) -> ExperimentPlan:
    """A plan of a template.

    Args:
        key: One of `TEMPLATES`.
        images: Of which study; without any, the shipped ones hold the place.
    """
    has_images = images is not None and bool(images.folders or images.files)
    return TEMPLATES[key](images if images is not None and has_images else StimuliPlan(folders=(SHIPPED,)))


def plan_of_session(session: Path, folder: Path) -> ExperimentPlan:
    """The plan that a session was recorded with, its images copied under their own names into a folder.

    Args:
        session: Folder of the session.
        folder: Where the images go; made, and plans beside it name them from its parent.

    Raises:
        SessionError: The session does not say what was planned.
        StoreError: It cannot be read, or an image is gone.
        OSError: The images cannot be written.
    """
    with SessionReader(session) as reader:
        document, planned = reader.meta.get("plan"), reader.meta.get("schedule")
        where = f"session {reader.session_id}"
        if not isinstance(document, dict) or not isinstance(planned, list):
            raise SessionError(f"{where} does not say what was planned; make a new plan")
        plan = plan_from_json(document, where)
        names = {row.stimulus_id: row.name for row in reader.stimulus_rows()}
        kinds = [step.kind for step in plan.line]
        images: dict[int, list[str]] = {n: [] for n, kind in enumerate(kinds) if kind in IMAGES}
        for row in planned:
            try:
                phase, stimulus = str(row[0]), str(row[3])
                shown = images[int(row[4]) if len(row) > 4 else kinds.index(phase)]
            except (IndexError, KeyError, TypeError, ValueError) as error:
                raise SessionError(f"{where}: its schedule cannot be read ({error}); make a new plan") from error
            if stimulus not in shown:
                shown.append(stimulus)
        taken: set[str] = set()
        copied = {
            stimulus: _copy(reader.stimuli.path(stimulus), folder, names.get(stimulus, ""), taken)
            for stimulus in dict.fromkeys(i for shown in images.values() for i in shown)
        }
    # which image belongs to which step is part of what was done: no draw decides it anew
    steps = tuple(
        replace(step, folders=(), files=tuple(copied[i] for i in images[n]), n_max=0) if n in images else step
        for n, step in enumerate(plan.line)
        if images.get(n, [""])
    )
    stimuli = replace(plan.stimuli, folders=(), files=(), n_max=0, n_enrol=0, variables="")
    return replace(plan, stimuli=stimuli, steps=steps, folder=folder.parent)


def _copy(source: Path, folder: Path, name: str, taken: set[str]) -> str:
    """Copy an image; what the plan beside the folder calls it."""
    stem = Path(name.replace("\\", "/").rpartition("/")[2]).stem
    stem = "".join(c for c in stem if c.isprintable() and c not in '<>:"/\\|?*').strip(" .") or source.stem[:12]
    free, number = stem, 1
    while f"{free}{source.suffix}".casefold() in taken:
        number += 1
        free = f"{stem}-{number}"
    file = f"{free}{source.suffix}"
    taken.add(file.casefold())
    folder.mkdir(parents=True, exist_ok=True)
    target = require_own(folder / file, folder)
    shutil.copyfile(source, target)
    return f"{folder.name}/{file}"
