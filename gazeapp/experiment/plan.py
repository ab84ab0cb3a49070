"""An experiment plan as values: steps, stimuli, timing, blocks, limits, and how long it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from gazeapp.experiment.step_order import IMAGES, TARGETS
from gazeapp.gaze.quality import QualityLimits

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
    variables: str = ""
    """Table with a row for each image and what is known about it (a condition, say), relative to the plan's file; see
    `image_table`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How large images are, and on what."""

    scale: Literal["fit", "native", "degrees"] = "fit"
    width_deg: float = 0.0
    background: str = "#808080"


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
class SittingsPlan:
    """How often each participant comes."""

    count: int = 1
    """Complete sessions of this plan for each participant; the order of images differs from one to the next."""
    gap_days: float = 0.0
    """Least days from one to the next."""


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
    look: Look | None = None
    """How large its images are, and the background of what it shows; None for the plan's."""
    points: int = 0
    """Targets of this calibration or validation; 0 for the plan's."""

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
    sittings: SittingsPlan = field(default_factory=SittingsPlan)
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

    def look_of(self, step: int) -> Look:
        """How large the images of a step of the line are, and on what."""
        line, plan = self.line, self.stimuli
        own = line[step].look if step < len(line) else None
        return own or Look(scale=plan.scale, width_deg=plan.width_deg, background=plan.background)

    def points_of(self, step: PlanStep) -> int:
        """Targets of a calibration or validation."""
        usual = self.calibration.points if step.kind == "calibrate" else self.calibration.validation_points
        return step.points or usual

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
        steps_s = [self._step_s(index, n) for index, n in enumerate(n_of)]
        phases_s: dict[str, float] = {}
        for step, took_s in zip(self.line, steps_s, strict=True):
            phases_s[step.kind] = phases_s.get(step.kind, 0.0) + took_s
        n_breaks = self._n_breaks(n_of)
        if self.blocks.recalibrate:
            last = {step.kind: step for step in self.line}
            for kind in set(TARGETS) & set(phases_s):
                phases_s[kind] += n_breaks * self.points_of(last[kind]) * TARGET_S
        return DurationEstimate(
            phases_s=phases_s, breaks_s=n_breaks * self.blocks.break_s, n_trials=sum(n_of), steps_s=tuple(steps_s)
        )

    def _step_s(self, index: int, n_trials: int) -> float:
        step = self.line[index]
        if step.kind in IMAGES:
            return n_trials * _trial_s(self.trials_of(index))
        if step.kind in TARGETS:
            return self.points_of(step) * TARGET_S
        return TARGET_S if step.kind == "drift" else step.words_s

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
