"""An experiment plan: steps, stimuli, timing, blocks, limits; parsed from TOML with errors that name key and line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from gazeapp.errors import PlanError, UnreadableImage, UnsafeName
from gazeapp.experiment.step_order import IMAGES, STEP_KINDS, TARGETS, WORDS, order_faults
from gazeapp.experiment.toml_reader import TomlTable, parse_toml, read_toml
from gazeapp.gaze.quality import QualityLimits
from gazeapp.store.stimuli import require_image_file

PHASES = ("calibrate", "validate", "enrol", "overlay")
ORDERS = ("random", "fixed", "latin-square", "informative")
SCALES = ("fit", "native", "degrees")
VIEWS = ("free", "mouse-contingent")
PACINGS = ("auto", "key")
CORRECTIONS = ("identity", "shift", "affine", "second_order")
TARGET_LOOKS = ("dot", "picture", "image")
EYE_CHOICES = ("both", "left", "right", "better")
LAYOUTS = (1, 3, 5, 9, 13)

SHIPPED = "shipped"
"""The folder name that stands for the images that come with the program."""

TARGET_S = 1.7
"""Typical time at one calibration or validation target: 0.7 s to land, 0.8 s of gaze, the way there."""

GATE_S = 0.4
"""Typical time that passing a fixation gate adds."""

WORDS_PER_S = 3.0
"""Reading speed that is reckoned with: silent reading of English goes at 4 words/s (Brysbaert 2019, J. Mem. Lang.)."""


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
            warn_max_deg=max(1.5 * self.warn_deg, 2 * self.pass_deg),
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
    target_size_deg: float = 2.0
    """Diameter when it appears; it shrinks to a quarter."""
    target_color: str = ""
    """As "#rrggbb"; empty takes black or white, whichever stands out from the background."""
    eye: Literal["both", "left", "right", "better"] = "both"
    """Whose gaze counts where the tracker follows two; "better" is the one with the smaller residual."""
    drift_every: int = 0
    """A drift check before every so many trials; 0 for none."""
    drift_warn_deg: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What the participant reads, in one language."""

    language: str
    """As in "en" or "pt-BR"; empty for a plan of one language."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStep:
    """One step of a session."""

    kind: str
    """One of `step_order.STEP_KINDS`."""
    text: tuple[Wording, ...] = ()
    """Of an instruction, a break or the thanks."""
    picture: str = ""
    """File shown above the words, relative to the plan's file."""
    duration_s: float = 0.0
    """How long the words stay; 0 until the experimenter goes on."""
    folders: tuple[str, ...] = ()
    """The step's own images; without any, those of `[stimuli]` are shared out among the steps."""
    files: tuple[str, ...] = ()
    n_max: int = 0
    """Use at most so many of its own images, drawn by the seed; 0 uses all."""
    trials: TrialsPlan | None = None
    """What happens around an image of this step; None for the plan's."""

    @property
    def has_images(self) -> bool:
        """Whether it shows images of its own."""
        return bool(self.folders or self.files)

    def words(self, language: str) -> str:
        """The text in a language, else in its main language, in English, in the first there is."""
        by_language = {wording.language.lower(): wording.text for wording in self.text}
        for wanted in (language.lower(), language.lower().split("-")[0], "", "en"):
            if wanted in by_language:
                return by_language[wanted]
        return self.text[0].text if self.text else ""

    @property
    def words_s(self) -> float:
        """Typical time that its words take."""
        return self.duration_s or max((reading_s(wording.text) for wording in self.text), default=0.0)


def reading_s(text: str) -> float:
    """Time to read a text once, and a second to find it."""
    return 1.0 + len(text.split()) / WORDS_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class DurationEstimate:
    """How long a plan takes, in seconds."""

    phases_s: dict[str, float]
    """By kind of step."""
    breaks_s: float
    """Breaks between blocks, which come by themselves."""
    n_trials: int
    steps_s: tuple[float, ...] = ()
    """Of each step of the plan's line."""

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

    steps: tuple[PlanStep, ...] = ()
    """The line of steps; empty where `phases` says it."""

    @property
    def line(self) -> tuple[PlanStep, ...]:
        """What happens, in order."""
        return self.steps or tuple(PlanStep(kind=phase) for phase in self.phases)

    def trials_of(self, step: int) -> TrialsPlan:
        """What happens around an image of a step of the line."""
        line = self.line
        return (line[step].trials if step < len(line) else None) or self.trials

    @property
    def shows_images(self) -> bool:
        """Whether any step shows images."""
        return any(step.kind in IMAGES for step in self.line)

    @property
    def trial_s(self) -> float:
        """Typical time of one trial, from cross to cross."""
        return _trial_s(self.trials)

    def estimate(self, n_enrol: int, n_overlay: int) -> DurationEstimate:
        """How long a plan without a line of steps takes, with so many images for each phase."""
        counts = {"enrol": n_enrol, "overlay": n_overlay}
        return self.estimate_steps([counts.get(step.kind, 0) for step in self.line])

    def estimate_steps(self, n_images: Sequence[int]) -> DurationEstimate:
        """How long the plan takes with so many images for each step of its line."""
        n_of = [n * self.trials_of(index).repeats for index, n in enumerate(n_images)]
        target_s = {
            "calibrate": self.calibration.points * TARGET_S,
            "validate": self.calibration.validation_points * TARGET_S,
            "drift": TARGET_S,
        }
        steps_s = [
            n_of[index] * _trial_s(self.trials_of(index))
            if step.kind in IMAGES
            else target_s.get(step.kind, step.words_s)
            for index, step in enumerate(self.line)
        ]
        phases_s: dict[str, float] = {}
        for step, took_s in zip(self.line, steps_s, strict=True):
            phases_s[step.kind] = phases_s.get(step.kind, 0.0) + took_s
        n_breaks = self._n_breaks(n_of)
        if self.blocks.recalibrate:
            for kind in set(TARGETS) & set(phases_s):
                phases_s[kind] += n_breaks * target_s[kind]
        return DurationEstimate(
            phases_s=phases_s, breaks_s=n_breaks * self.blocks.break_s, n_trials=sum(n_of), steps_s=tuple(steps_s)
        )

    def _n_breaks(self, n_of: Sequence[int]) -> int:
        """Whole blocks seen before something follows them; see `schedule.break_positions`."""
        n_breaks = since = 0
        shown = [index for index, n in enumerate(n_of) if n]
        breaks = [index for index, step in enumerate(self.line) if step.kind == "break"]
        for index in shown:
            later = [other for other in shown if other > index]
            rests = bool(later) and any(index < at < later[0] for at in breaks)  # the step's own break comes instead
            for left in range(n_of[index], 0, -self.blocks.size):
                since += min(left, self.blocks.size)
                is_end = left <= self.blocks.size
                if since >= self.blocks.size and not (is_end and (rests or not later)):
                    n_breaks, since = n_breaks + 1, 0
            since = 0 if rests else since
        return n_breaks


def _trial_s(trials: TrialsPlan) -> float:
    gate_s = GATE_S if trials.fixation_gate else 0.0
    return trials.fixation_cross_s + gate_s + trials.duration_s + trials.blank_s


def default_plan(*, name: str = "default", seed: int = 0) -> ExperimentPlan:
    """The plan of the demo: every phase, on the shipped images."""
    return ExperimentPlan(name=name, seed=seed, stimuli=StimuliPlan(folders=(SHIPPED,)))


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
    shares = [index for index, step in enumerate(plan.line) if step.kind in IMAGES and not step.has_images]
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
        )
        if step.n_max and not step.has_images:
            table.refuse("n_max", "in [stimuli], where the step has no images of its own", step.n_max)
        step = replace(step, trials=None if step.trials == plan.trials else step.trials)
    table.finish()
    return step


def _check_steps(root: TomlTable, tables: Sequence[TomlTable], steps: Sequence[PlanStep]) -> None:
    if not steps:
        root.refuse("steps", "at least one step", [])
    if all(step.kind for step in steps):
        for number, fault in order_faults([step.kind for step in steps]):
            root.source.tell(root.source.mistake(tables[number].full("kind"), fault, found=steps[number].kind))


def _check_target_image(root: TomlTable, plan: ExperimentPlan) -> None:
    """A picture that is gone is shown as the plain target; what is there must be a picture's file and no link."""
    picture = plan.calibration.target_image
    if picture and (plan.folder / picture).exists():
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
    )
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", plan.background):
        table.refuse("background", 'a colour as "#rrggbb"', plan.background)
    if plan.scale == "degrees" and plan.width_deg <= 0:
        table.refuse("width_deg", 'above 0 when scale is "degrees"', plan.width_deg)
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
        if value not in LAYOUTS:
            table.refuse(key, "one of " + ", ".join(map(str, LAYOUTS)), value)
    if plan.target_color and not re.fullmatch(r"#[0-9a-fA-F]{6}", plan.target_color):
        table.refuse("target_color", 'a colour as "#rrggbb"', plan.target_color)
    if plan.target == "image" and not plan.target_image:
        table.refuse("target_image", 'the file of a picture when target is "image"', "")
    table.finish()
    return plan
