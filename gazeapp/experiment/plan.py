"""An experiment plan: phases, stimuli, timing, blocks, limits; parsed from TOML with errors that name the key."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from gazeapp.errors import PlanError, UnreadableImage, UnsafeName
from gazeapp.experiment.toml_reader import TomlTable, read_toml
from gazeapp.gaze.quality import QualityLimits
from gazeapp.store.stimuli import require_image_file

MAX_PROBLEMS = 40
"""Of one file that are told."""
PHASES = ("calibrate", "validate", "enrol", "overlay")
ORDERS = ("random", "fixed", "latin-square", "informative")
SCALES = ("fit", "native", "degrees")
VIEWS = ("free", "mouse-contingent")
PACINGS = ("auto", "key")
CORRECTIONS = ("identity", "shift", "affine", "second_order")
TARGET_LOOKS = ("dot", "picture", "image")
LAYOUTS = (1, 3, 5, 9, 13)

SHIPPED = "shipped"
"""The folder name that stands for the images that come with the program."""

TARGET_S = 1.7
"""Typical time at one calibration or validation target: 0.7 s to land, 0.8 s of gaze, the way there."""

GATE_S = 0.4
"""Typical time that passing a fixation gate adds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StimuliPlan:
    """Which images are shown, and how large."""

    folders: tuple[str, ...] = ()
    """Folders of images, relative to the plan's file; "shipped" is the program's own."""
    files: tuple[str, ...] = ()
    scale: Literal["fit", "native", "degrees"] = "fit"
    width_deg: float = 0.0
    """Visual angle of an image's width; needed for scale "degrees"."""
    background: str = "#808080"
    n_enrol: int = 0
    """Images of the enrol phase, the rest is for the overlay; 0 chooses (three quarters when both phases run)."""
    n_max: int = 0
    """Use at most so many images, drawn by the seed; 0 uses all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialsPlan:
    """What happens around one image."""

    duration_s: float = 3.0
    fixation_cross_s: float = 0.6
    fixation_gate: bool = True
    """The image appears once the cross is looked at."""
    gate_radius_deg: float = 2.0
    gate_hold_s: float = 0.15
    gate_timeout_s: float = 3.0
    """After that the image appears anyway, and the trial is marked."""
    blank_s: float = 0.3
    """Empty screen after each image."""
    order: Literal["random", "fixed", "latin-square", "informative"] = "random"
    """"informative" chooses each next image of the enrol phase by what it promises to tell about the person
    (`live.next_image`), and shows the overlay phase in random order."""
    repeats: int = 1
    view: Literal["free", "mouse-contingent"] = "free"
    """"mouse-contingent" shows the image blurred, and sharp around the pointer: where a person without a tracker moves
    the mouse is then where they look. Needs the mouse as tracker."""
    window_deg: float = 5.0
    """Diameter of the sharp window; its edge is soft."""
    blur_deg: float = 0.4
    """Standard deviation of the blur around it."""
    stop_when_enough: bool = False
    """End the enrol phase once the embedding is stable (`live.stability.EnoughRule`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlocksPlan:
    """How trials are grouped."""

    size: int = 40
    break_s: float = 30.0
    recalibrate: bool = False
    """Calibrate (and validate) anew at the start of each further block."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreensPlan:
    """Which screen belongs to whom, by the screen's name; empty lets the program choose."""

    participant: str = ""
    experimenter: str = ""
    show_overlay: bool = False
    """Whether the participant sees the overlay in the overlay phase."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityPlan:
    """The limits of a validation."""

    pass_deg: float = 0.5
    warn_deg: float = 1.0
    max_loss: float = 0.2
    """Share of lost data above which a validation fails, 0 to 1; half of it is the limit for passing."""

    def to_limits(self) -> QualityLimits:
        """All limits of a validation; the worst target may be off by twice, or one and a half times, the mean."""
        return QualityLimits(
            pass_deg=self.pass_deg,
            warn_deg=self.warn_deg,
            pass_max_deg=2 * self.pass_deg,
            warn_max_deg=1.5 * self.warn_deg,
            max_loss=self.max_loss / 2,
            warn_loss=self.max_loss,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationPlan:
    """How gaze is calibrated and checked."""

    points: int = 9
    validation_points: int = 5
    pacing: Literal["auto", "key"] = "auto"
    model: Literal["identity", "shift", "affine", "second_order"] = "affine"
    target: Literal["dot", "picture", "image"] = "dot"
    """A dot that shrinks, a small sun with a face for children, or the picture in `target_image`."""
    target_image: str = ""
    """File of the target's picture, relative to the plan's file; its middle is the point to look at."""
    drift_every: int = 0
    """A drift check before every so many trials; 0 for none."""
    drift_warn_deg: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DurationEstimate:
    """How long a plan takes, in seconds."""

    phases_s: dict[str, float]
    breaks_s: float
    n_trials: int

    @property
    def total_s(self) -> float:
        """Everything together."""
        return sum(self.phases_s.values()) + self.breaks_s


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentPlan:
    """A whole experiment as its author wrote it."""

    name: str
    seed: int = 0
    phases: tuple[str, ...] = PHASES
    stimuli: StimuliPlan = field(default_factory=StimuliPlan)
    trials: TrialsPlan = field(default_factory=TrialsPlan)
    blocks: BlocksPlan = field(default_factory=BlocksPlan)
    screens: ScreensPlan = field(default_factory=ScreensPlan)
    quality: QualityPlan = field(default_factory=QualityPlan)
    calibration: CalibrationPlan = field(default_factory=CalibrationPlan)
    folder: Path = Path()
    """Where relative stimulus paths start: the folder of the plan's file."""

    @property
    def trial_s(self) -> float:
        """Typical time of one trial, from cross to cross."""
        gate_s = GATE_S if self.trials.fixation_gate else 0.0
        return self.trials.fixation_cross_s + gate_s + self.trials.duration_s + self.trials.blank_s

    def estimate(self, n_enrol: int, n_overlay: int) -> DurationEstimate:
        """How long the plan takes with so many images for each phase."""
        n_of = {"enrol": n_enrol * self.trials.repeats, "overlay": n_overlay * self.trials.repeats}
        n_trials = sum(n_of[phase] for phase in self.phases if phase in n_of)
        calibrate_s = self.calibration.points * TARGET_S
        validate_s = self.calibration.validation_points * TARGET_S
        phases_s = {
            phase: {"calibrate": calibrate_s, "validate": validate_s}.get(phase, n_of.get(phase, 0) * self.trial_s)
            for phase in self.phases
        }
        n_breaks = self._n_breaks([n_of[phase] for phase in self.phases if n_of.get(phase)])
        if self.blocks.recalibrate:
            for phase, once_s in (("calibrate", calibrate_s), ("validate", validate_s)):
                if phase in phases_s:
                    phases_s[phase] += n_breaks * once_s
        return DurationEstimate(phases_s=phases_s, breaks_s=n_breaks * self.blocks.break_s, n_trials=n_trials)

    def _n_breaks(self, n_of_phases: Sequence[int]) -> int:
        """Whole blocks seen before something follows them; see `schedule.break_positions`."""
        n_breaks = since = 0
        for number, n in enumerate(n_of_phases):
            is_last = number == len(n_of_phases) - 1
            for left in range(n, 0, -self.blocks.size):
                since += min(left, self.blocks.size)
                if since >= self.blocks.size and not (is_last and left <= self.blocks.size):
                    n_breaks, since = n_breaks + 1, 0
        return n_breaks


def default_plan(*, name: str = "default", seed: int = 0) -> ExperimentPlan:
    """The plan of the demo: every phase, on the shipped images."""
    return ExperimentPlan(name=name, seed=seed, stimuli=StimuliPlan(folders=(SHIPPED,)))


def read_plan(path: Path) -> ExperimentPlan:
    """Read PLAN.toml.

    Raises:
        PlanError: The file cannot be read, or holds an unknown, missing or wrong key; names file, key and expectation.
    """
    return _plan(read_toml(path, PlanError), path)


def plan_problems(path: Path) -> list[str]:
    """Everything that is wrong with a plan's file, one sentence each; none for a plan that can be run.

    Each wrong key is left out and the rest read again, so that all mistakes are told at once.
    """
    found: list[str] = []
    try:
        root: TomlTable | None = read_toml(path, PlanError)
    except PlanError as error:
        return [error.message]
    while root is not None and len(found) < MAX_PROBLEMS:
        try:
            _plan(root, path)
        except PlanError as error:
            if error.message in found:
                break
            found.append(error.message)
            root = root.without(error.key)
        else:
            break
    return found


def _plan(root: TomlTable, path: Path) -> ExperimentPlan:
    head = root.table("plan")
    name = head.text("name", path.stem)
    seed = head.integer("seed", 0, at_least=0)
    phases = head.texts("phases", PHASES, choices=PHASES)
    if list(phases) != sorted(set(phases), key=PHASES.index):
        head.refuse("phases", f"each at most once and in the order {', '.join(PHASES)}", list(phases))
    if not phases:
        head.refuse("phases", f"at least one of {', '.join(PHASES)}", [])
    head.finish()
    plan = ExperimentPlan(
        name=name,
        seed=seed,
        phases=phases,
        stimuli=_stimuli(root.table("stimuli")),
        trials=_trials(root.table("trials")),
        blocks=_blocks(root.table("blocks")),
        screens=_screens(root.table("screens")),
        quality=_quality(root.table("quality")),
        calibration=_calibration(root.table("calibration")),
        folder=path.resolve().parent,
    )
    root.finish()
    _check_target_image(path, plan)
    # last, so that a misspelt key is named rather than what its absence leads to
    if {"enrol", "overlay"} & set(phases) and not plan.stimuli.folders and not plan.stimuli.files:
        raise PlanError(
            f"{path}: no stimuli: key 'stimuli.folders' or 'stimuli.files' must name images "
            f'(folders = ["{SHIPPED}"] takes those that come with the program)',
            file=str(path),
            key="stimuli.folders",
            expected="a list of strings",
            found=[],
        )
    return plan


def _check_target_image(path: Path, plan: ExperimentPlan) -> None:
    """A picture that is gone is shown as the plain target; what is there must be a picture's file and no link."""
    picture = plan.calibration.target_image
    try:
        if picture and (plan.folder / picture).exists():
            require_image_file(plan.folder / picture)
    except (UnreadableImage, UnsafeName) as error:
        key = "calibration.target_image"
        raise PlanError(f"{path}: key {key!r}: {error.message}", file=str(path), key=key) from error


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
    )
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", plan.background):
        table.refuse("background", 'a colour as "#rrggbb"', plan.background)
    if plan.scale == "degrees" and plan.width_deg <= 0:
        table.refuse("width_deg", 'above 0 when scale is "degrees"', plan.width_deg)
    table.finish()
    return plan


def _trials(table: TomlTable) -> TrialsPlan:
    default = TrialsPlan()
    plan = TrialsPlan(
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
    table.finish()
    return plan


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
        drift_every=table.integer("drift_every", default.drift_every, at_least=0),
        drift_warn_deg=table.number("drift_warn_deg", default.drift_warn_deg, at_least=0.01, at_most=90),
    )
    for key, value in (("points", plan.points), ("validation_points", plan.validation_points)):
        if value not in LAYOUTS:
            table.refuse(key, "one of " + ", ".join(map(str, LAYOUTS)), value)
    if plan.target == "image" and not plan.target_image:
        table.refuse("target_image", 'the file of a picture when target is "image"', "")
    table.finish()
    return plan
