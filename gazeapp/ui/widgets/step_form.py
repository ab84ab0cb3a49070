"""The right column of the page of plans: what the chosen step does, and what holds for the whole plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from gazeapp.experiment.plan import LAYOUTS
from gazeapp.experiment.plan_reader import PlanMistake
from gazeapp.experiment.step_order import IMAGES, SHARING, TARGETS, WORDS
from gazeapp.ui.error_words import error_words
from gazeapp.ui.widgets.basic import Section, label, set_text
from gazeapp.ui.widgets.plan_form import Key, PlanForm

TRIAL_ROWS: tuple[Key, ...] = (
    ("trials", "duration_s"),
    ("trials", "fixation_cross_s"),
    ("trials", "fixation_gate"),
    ("trials", "blank_s"),
    ("stimuli", "scale"),
    ("stimuli", "width_deg"),
    ("stimuli", "background"),
    ("trials", "order"),
    ("trials", "repeats"),
    ("trials", "view"),
)
PLAN_ROWS: tuple[Key, ...] = (
    ("stimuli", "n_max"),
    ("stimuli", "n_enrol"),
    ("blocks", "size"),
    ("blocks", "break_s"),
    ("blocks", "recalibrate"),
    ("calibration", "drift_every"),
    ("sittings", "count"),
    ("sittings", "gap_days"),
    ("screens", "show_overlay"),
    ("plan", "seed"),
)


class StepForm(QWidget):
    """Two forms; each change is told under its key, those of the step with the table "step"."""

    edited = Signal(str, str, object)
    own_wanted = Signal(bool)
    """The step is to have a timing of its own, or the plan's again."""

    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(20)
        self.of_step = PlanForm()
        self.of_plan = PlanForm()
        self.of_step.edited.connect(self.edited)
        self.of_plan.edited.connect(self.edited)
        self._add_step_fields()
        self._add_plan_fields()
        step = Section(self.tr("This step"))
        self.own = QCheckBox(self.tr("for this step alone"))
        self.own.clicked.connect(self.own_wanted)
        step.column.addWidget(self.own)
        step.column.addWidget(self.of_step)
        self.seen = label("", "small", wrap=True)
        step.column.addWidget(self.seen)
        self._step = step
        plan = Section(self.tr("The whole plan"))
        plan.column.addWidget(self.of_plan)
        column.addWidget(step)
        column.addWidget(plan)

    @property
    def fields(self) -> Mapping[Key, QWidget]:
        """Every field by its key."""
        return {**self.of_plan.fields, **self.of_step.fields}

    def _add_step_fields(self) -> None:
        form, s, deg = self.of_step, self.tr(" s"), "°"
        form.add_number(("trials", "duration_s"), self.tr("shown for"), 0.1, 3600, 3.0, s)
        form.add_number(("trials", "fixation_cross_s"), self.tr("cross before it"), 0, 60, 0.6, s)
        form.add_switch(("trials", "fixation_gate"), self.tr("wait for gaze on the cross"), default=True)
        form.add_number(("trials", "blank_s"), self.tr("blank after it"), 0, 60, 0.3, s)
        scales = [(self.tr("fit"), "fit"), (self.tr("native"), "native"), (self.tr("degrees"), "degrees")]
        form.add_choice(("stimuli", "scale"), self.tr("size"), scales)
        form.add_number(("stimuli", "width_deg"), self.tr("wide"), 0, 170, 0.0, deg)
        colors = [
            (self.tr("mid grey"), "#808080"),
            (self.tr("black"), "#000000"),
            (self.tr("white"), "#ffffff"),
            (self.tr("dark grey"), "#404040"),
        ]
        form.add_color(("stimuli", "background"), self.tr("background"), colors)
        orders = [
            (self.tr("random"), "random"),
            (self.tr("as listed"), "fixed"),
            (self.tr("latin square"), "latin-square"),
            (self.tr("adaptive"), "informative"),
        ]
        form.add_choice(("trials", "order"), self.tr("order"), orders)
        form.add_count(("trials", "repeats"), self.tr("times"), 1, 100, 1)
        views = [(self.tr("freely"), "free"), (self.tr("through a window"), "mouse-contingent")]
        form.add_choice(("trials", "view"), self.tr("looked at"), views)
        form.add_switch(("trials", "stop_when_enough"), self.tr("stop when enough is known"), default=False)
        form.add_count(("step", "n_max"), self.tr("at most"), 0, 100_000, 0, self.tr("all"))
        points = [(self.tr("as the plan"), "0"), *((str(n), str(n)) for n in LAYOUTS)]
        form.add_choice(("step", "points"), self.tr("targets"), points)
        form.add_number(("step", "duration_s"), self.tr("stays"), 0, 3600, 0.0, s, self.tr("until somebody goes on"))

    def _add_plan_fields(self) -> None:
        form, s = self.of_plan, self.tr(" s")
        form.add_count(("stimuli", "n_max"), self.tr("images at most"), 0, 100_000, 0, self.tr("all"))
        form.add_count(("stimuli", "n_enrol"), self.tr("of them to enrol"), 0, 100_000, 0, self.tr("automatic"))
        form.add_count(("blocks", "size"), self.tr("break after"), 1, 10_000, 40)
        form.add_number(("blocks", "break_s"), self.tr("break for"), 0, 3600, 30.0, s)
        form.add_switch(("blocks", "recalibrate"), self.tr("calibrate after each break"), default=False)
        form.add_count(("calibration", "drift_every"), self.tr("drift check every"), 0, 10_000, 0, self.tr("never"))
        form.add_count(("sittings", "count"), self.tr("sittings a person"), 1, 1000, 1)
        form.add_number(("sittings", "gap_days"), self.tr("days between, at least"), 0, 3650, 0.0)
        form.add_switch(("screens", "show_overlay"), self.tr("participants see the overlay"), default=False)
        form.add_count(("plan", "seed"), self.tr("seed of every draw"), 0, 2**31 - 1, 0)

    def show_step(
        self,
        kind: str,
        values: Mapping[Key, Any],  # Any: TOML values
        *,
        has_own_images: bool,
        is_own: bool,
        kinds: Sequence[str],
        mistakes: Sequence[PlanMistake],
        number: int,
        seen: str,
    ) -> None:
        """Show what the plan says for a step, and for itself.

        Args:
            kind: Of the step.
            values: By table and key; the step's own under the table "step".
            has_own_images: Whether the step's images are its own.
            is_own: Whether its timing is.
            kinds: Of every step.
            mistakes: What is wrong anywhere.
            number: The step's place.
            seen: How large its images appear, in words.
        """
        rows: list[Key] = []
        if kind in IMAGES:
            rows = [*TRIAL_ROWS, *([("step", "n_max")] if has_own_images else [])]
            if values.get(("stimuli", "scale")) != "degrees":
                rows.remove(("stimuli", "width_deg"))
            if kind == "enrol":
                rows.append(("trials", "stop_when_enough"))
        elif kind in TARGETS:
            rows = [("step", "points")]
        elif kind in WORDS:
            rows = [("step", "duration_s"), ("stimuli", "background")]
        self.own.setVisible(kind in IMAGES)
        self.own.setChecked(is_own)
        self.of_step.show_rows(rows)
        self.of_step.show_values(values)
        set_text(self.seen, seen if kind in IMAGES else "")
        self.seen.setVisible(bool(seen) and kind in IMAGES)
        shared = set(SHARING) & set(kinds)
        plan_rows = [row for row in PLAN_ROWS if row != ("stimuli", "n_enrol") or len(shared) == len(SHARING)]
        if "overlay" not in kinds:
            plan_rows.remove(("screens", "show_overlay"))
        if int(values.get(("sittings", "count")) or 1) < 2:
            plan_rows.remove(("sittings", "gap_days"))
        self.of_plan.show_rows(plan_rows)
        self.of_plan.show_values(values)
        faults: dict[Key, str] = {}
        for mistake in mistakes:
            table, _, key = mistake.key.rpartition(".")
            if table == f"steps[{number}]":
                for known in ("step", "trials", "stimuli"):
                    faults[known, key] = error_words(mistake.fault)
            else:
                faults[table, key] = error_words(mistake.fault)
        self.of_step.show_faults(faults)
        self.of_plan.show_faults(faults)
