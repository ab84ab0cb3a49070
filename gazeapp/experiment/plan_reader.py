"""Reads a plan from TOML: every wrong key is told by name and line, the first one or all of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gazeapp.errors import PlanError, UnreadableImage, UnsafeName
from gazeapp.experiment.plan import (
    CORRECTIONS,
    EYE_CHOICES,
    LAYOUTS,
    ORDERS,
    PACINGS,
    PHASES,
    SCALES,
    SHIPPED,
    TARGET_LOOKS,
    VIEWS,
    BlocksPlan,
    CalibrationPlan,
    ExperimentPlan,
    Look,
    PlanStep,
    QualityPlan,
    ScreensPlan,
    SittingsPlan,
    StimuliPlan,
    TrialsPlan,
    Wording,
)
from gazeapp.experiment.step_order import IMAGES, SHARING, STEP_KINDS, TARGETS, WORDS, order_faults
from gazeapp.experiment.toml_reader import TomlTable, parse_toml, read_toml
from gazeapp.store.stimuli import require_image_file
from gazeapp.store.typed_path import is_there


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanMistake:
    """One thing that is wrong in a plan's file."""

    key: str
    """In full, as in "steps[2].duration_s"; empty for the file itself."""
    line: int
    """From 1; 0 where the file has no such place."""
    fault: str
    """In words."""
    is_unknown: bool = False
    """A key that this version does not know: an editor keeps it."""


def read_plan(path: Path) -> ExperimentPlan:
    """Read PLAN.toml.

    Raises:
        PlanError: The file cannot be read, or holds an unknown, missing or wrong key; names file, line, key and
            expectation of the first mistake.
    """
    return _plan(read_toml(path, PlanError), path)


def parse_plan(path: Path, text: str) -> ExperimentPlan:
    """The plan that a text says, which is or will be in a file; PlanError as `read_plan`."""
    return _plan(parse_toml(path, text, PlanError), path)


def plan_mistakes(path: Path, text: str | None = None) -> tuple[PlanMistake, ...]:
    """Everything that is wrong with a plan, each thing at its place; empty for a plan that can be run.

    Args:
        path: The plan's file; relative names in it start there.
        text: What will be in the file; None reads it.
    """
    try:
        root = (
            read_toml(path, PlanError, is_patient=True)
            if text is None
            else parse_toml(path, text, PlanError, is_patient=True)
        )
    except PlanError as error:
        return (PlanMistake(key="", line=0, fault=error.message),)
    _plan(root, path)
    return tuple(
        PlanMistake(key=found.key, line=found.line, fault=found.fault, is_unknown=found.is_unknown)
        for found in sorted(root.source.mistakes, key=lambda found: found.line)
    )


def key_lines(path: Path, text: str | None) -> Callable[[str], int]:
    """Tells the line of a key in a plan's file, or of the table around it; 0 where it is not written."""
    root = read_toml(path, PlanError) if text is None else parse_toml(path, text, PlanError)
    return lambda key: root.source.mistake(key, "").line


def plan_problems(path: Path) -> list[str]:
    """The same as sentences."""
    return [
        f"{path}, line {mistake.line}: {mistake.fault}" if mistake.line else mistake.fault
        for mistake in plan_mistakes(path)
    ]


def _plan(root: TomlTable, path: Path) -> ExperimentPlan:
    head = root.table("plan")
    name = head.text("name", path.stem)
    seed = head.integer("seed", 0, at_least=0)
    phases = head.texts("phases", PHASES, choices=PHASES)
    if list(phases) != sorted(set(phases), key=PHASES.index):
        head.refuse("phases", f"each at most once and in the order {', '.join(PHASES)}", list(phases))
    if not phases:
        head.refuse("phases", f"at least one of {', '.join(PHASES)}", [])
    if head.has("phases") and root.has("steps"):
        head.refuse("phases", "left out where [[steps]] say what happens", list(phases))
    head.finish()
    stimuli, trials = _stimuli(root.table("stimuli")), _trials(root.table("trials"))
    plan = ExperimentPlan(
        name=name,
        seed=seed,
        phases=phases,
        stimuli=stimuli,
        trials=trials,
        blocks=_blocks(root.table("blocks")),
        screens=_screens(root.table("screens")),
        quality=_quality(root.table("quality")),
        calibration=_calibration(root.table("calibration")),
        sittings=_sittings(root.table("sittings")),
        folder=path.resolve().parent,
    )
    tables = root.tables("steps")
    steps = tuple(_step(table, plan) for table in tables)
    if root.has("steps"):
        _check_steps(root, tables, steps)
        plan = replace(plan, steps=steps, phases=tuple(p for p in PHASES if p in {step.kind for step in steps}))
    root.finish()
    _check_target_image(root, plan)
    # last, and only where no key of the images is wrong: a misspelt one is named rather than what its absence leads to
    shares = [index for index, step in enumerate(plan.line) if step.kind in SHARING and not step.has_images]
    if (
        shares
        and not plan.stimuli.folders
        and not plan.stimuli.files
        and not any(found.key.startswith(("stimuli", "steps")) for found in root.source.mistakes)
    ):
        key = "stimuli.folders"
        fault = (
            f"no stimuli: key 'stimuli.folders' or 'stimuli.files' must name images "
            f'(folders = ["{SHIPPED}"] takes those that come with the program)'
        )
        if plan.steps:
            key, fault = f"steps[{shares[0]}]", f"{fault}, or the step its own"
        root.source.tell(root.source.mistake(key, fault, expected="a list of strings", found=[]))
    return plan


def _step(table: TomlTable, plan: ExperimentPlan) -> PlanStep:
    kind = table.choice("kind", "", STEP_KINDS)
    if not kind:
        if not table.has("kind"):
            table.refuse("kind", "one of " + ", ".join(STEP_KINDS), None)
        return PlanStep(kind="")  # what its other keys mean is not known
    step = PlanStep(kind=kind)
    if kind in WORDS:
        text = tuple(Wording(language=name, text=words) for name, words in table.texts_by_name("text"))
        default_s = plan.blocks.break_s if kind == "break" else 0.0
        duration_s = table.number("duration_s", default_s, at_least=0, at_most=3600)
        step = PlanStep(kind=kind, text=text, picture=table.text("picture"), duration_s=duration_s)
        step = replace(step, look=_look(table, plan, only_background=True))
        if kind == "instruction" and not step.picture and not any(wording.text.strip() for wording in text):
            table.refuse("text", "what the participant reads, or picture what they see", None)
        _check_image(table, "picture", plan.folder, step.picture)
    elif kind in IMAGES:
        step = PlanStep(
            kind=kind,
            folders=table.texts("folders", ()),
            files=table.texts("files", ()),
            n_max=table.integer("n_max", 0, at_least=0),
            trials=_trials_keys(table, plan.trials),
            look=_look(table, plan),
        )
        if kind == "practice" and not step.has_images:
            table.refuse("folders", "images of its own (or files), so that none of the study's is seen before", [])
        if step.n_max and not step.has_images:
            table.refuse("n_max", "in [stimuli], where the step has no images of its own", step.n_max)
        step = replace(step, trials=None if step.trials == plan.trials else step.trials)
    elif kind in TARGETS:
        step = PlanStep(kind=kind, points=table.integer("points", 0, at_least=0))
        _check_points(table, "points", step.points)
    table.finish()
    return step


def _look(table: TomlTable, plan: ExperimentPlan, *, only_background: bool = False) -> Look | None:
    """A step's own look; None where it is the plan's."""
    usual = plan.look_of(len(plan.line))
    look = replace(usual, background=table.text("background", usual.background))
    if not only_background:
        look = replace(
            look,
            scale=table.choice("scale", usual.scale, SCALES),  # type: ignore[arg-type]  # one of SCALES
            width_deg=table.number("width_deg", usual.width_deg, at_least=0, at_most=170),
        )
    _check_look(table, look)
    return None if look == usual else look


def _check_look(table: TomlTable, look: Look | StimuliPlan) -> None:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", look.background):
        table.refuse("background", 'a colour as "#rrggbb"', look.background)
    if look.scale == "degrees" and look.width_deg <= 0:
        table.refuse("width_deg", 'above 0 when scale is "degrees"', look.width_deg)


def _check_steps(root: TomlTable, tables: Sequence[TomlTable], steps: Sequence[PlanStep]) -> None:
    if not steps:
        root.refuse("steps", "at least one step", [])
    if all(step.kind for step in steps):
        for number, fault in order_faults([step.kind for step in steps]):
            root.source.tell(root.source.mistake(tables[number].full("kind"), fault, found=steps[number].kind))


def _check_target_image(root: TomlTable, plan: ExperimentPlan) -> None:
    """A picture that is gone is shown as the plain target; what is there must be a picture's file and no link."""
    picture = plan.calibration.target_image
    if picture and is_there(plan.folder / picture):
        _check_image(root, "calibration.target_image", plan.folder, picture)


def _check_image(table: TomlTable, key: str, folder: Path, name: str) -> None:
    try:
        if name:
            require_image_file(folder / name)
    except (UnreadableImage, UnsafeName) as error:
        full = table.full(key)
        table.source.tell(table.source.mistake(full, f"key {full!r}: {error.message}", found=name))


def _stimuli(table: TomlTable) -> StimuliPlan:
    default = StimuliPlan()
    plan = StimuliPlan(
        folders=table.texts("folders", ()),
        files=table.texts("files", ()),
        scale=table.choice("scale", default.scale, SCALES),  # type: ignore[arg-type]  # one of SCALES
        width_deg=table.number("width_deg", default.width_deg, at_least=0, at_most=170),
        background=table.text("background", default=default.background),
        n_enrol=table.integer("n_enrol", default.n_enrol, at_least=0),
        n_max=table.integer("n_max", default.n_max, at_least=0),
        variables=table.text("variables"),
    )
    _check_look(table, plan)
    table.finish()
    return plan


def _trials(table: TomlTable) -> TrialsPlan:
    plan = _trials_keys(table, TrialsPlan())
    table.finish()
    return plan


def _trials_keys(table: TomlTable, default: TrialsPlan) -> TrialsPlan:
    return TrialsPlan(
        duration_s=table.number("duration_s", default.duration_s, at_least=0.1, at_most=3600),
        fixation_cross_s=table.number("fixation_cross_s", default.fixation_cross_s, at_least=0, at_most=60),
        fixation_gate=table.boolean("fixation_gate", default.fixation_gate),
        gate_radius_deg=table.number("gate_radius_deg", default.gate_radius_deg, at_least=0.1, at_most=30),
        gate_hold_s=table.number("gate_hold_s", default.gate_hold_s, at_least=0, at_most=10),
        gate_timeout_s=table.number("gate_timeout_s", default.gate_timeout_s, at_least=0, at_most=600),
        blank_s=table.number("blank_s", default.blank_s, at_least=0, at_most=60),
        order=table.choice("order", default.order, ORDERS),  # type: ignore[arg-type]  # one of ORDERS
        repeats=table.integer("repeats", default.repeats, at_least=1, at_most=100),
        view=table.choice("view", default.view, VIEWS),  # type: ignore[arg-type]  # one of VIEWS
        window_deg=table.number("window_deg", default.window_deg, at_least=0.5, at_most=60),
        blur_deg=table.number("blur_deg", default.blur_deg, at_least=0.05, at_most=10),
        stop_when_enough=table.boolean("stop_when_enough", default.stop_when_enough),
    )


def _blocks(table: TomlTable) -> BlocksPlan:
    default = BlocksPlan()
    plan = BlocksPlan(
        size=table.integer("size", default.size, at_least=1),
        break_s=table.number("break_s", default.break_s, at_least=0, at_most=3600),
        recalibrate=table.boolean("recalibrate", default.recalibrate),
    )
    table.finish()
    return plan


def _screens(table: TomlTable) -> ScreensPlan:
    plan = ScreensPlan(
        participant=table.text("participant"),
        experimenter=table.text("experimenter"),
        show_overlay=table.boolean("show_overlay", False),
    )
    table.finish()
    return plan


def _quality(table: TomlTable) -> QualityPlan:
    default = QualityPlan()
    plan = QualityPlan(
        pass_deg=table.number("pass_deg", default.pass_deg, at_least=0.01, at_most=90),
        warn_deg=table.number("warn_deg", default.warn_deg, at_least=0.01, at_most=90),
        max_loss=table.number("max_loss", default.max_loss, at_least=0, at_most=1),
    )
    if plan.warn_deg < plan.pass_deg:
        table.refuse("warn_deg", f"at least pass_deg ({plan.pass_deg:g})", plan.warn_deg)
    table.finish()
    return plan


def _calibration(table: TomlTable) -> CalibrationPlan:
    default = CalibrationPlan()
    plan = CalibrationPlan(
        points=table.integer("points", default.points, at_least=1),
        validation_points=table.integer("validation_points", default.validation_points, at_least=1),
        pacing=table.choice("pacing", default.pacing, PACINGS),  # type: ignore[arg-type]  # one of PACINGS
        model=table.choice("model", default.model, CORRECTIONS),  # type: ignore[arg-type]  # one of CORRECTIONS
        target=table.choice("target", default.target, TARGET_LOOKS),  # type: ignore[arg-type]  # one of TARGET_LOOKS
        target_image=table.text("target_image"),
        target_size_deg=table.number("target_size_deg", default.target_size_deg, at_least=0.2, at_most=20),
        target_color=table.text("target_color"),
        eye=table.choice("eye", default.eye, EYE_CHOICES),  # type: ignore[arg-type]  # one of EYE_CHOICES
        drift_every=table.integer("drift_every", default.drift_every, at_least=0),
        drift_warn_deg=table.number("drift_warn_deg", default.drift_warn_deg, at_least=0.01, at_most=90),
    )
    for key, value in (("points", plan.points), ("validation_points", plan.validation_points)):
        _check_points(table, key, value)
    if plan.target_color and not re.fullmatch(r"#[0-9a-fA-F]{6}", plan.target_color):
        table.refuse("target_color", 'a colour as "#rrggbb"', plan.target_color)
    if plan.target == "image" and not plan.target_image:
        table.refuse("target_image", 'the file of a picture when target is "image"', "")
    table.finish()
    return plan


def _check_points(table: TomlTable, key: str, value: int) -> None:
    if value and value not in LAYOUTS:
        table.refuse(key, "one of " + ", ".join(map(str, LAYOUTS)), value)


def _sittings(table: TomlTable) -> SittingsPlan:
    default = SittingsPlan()
    plan = SittingsPlan(
        count=table.integer("count", default.count, at_least=1, at_most=1000),
        gap_days=table.number("gap_days", default.gap_days, at_least=0, at_most=3650),
    )
    table.finish()
    return plan
