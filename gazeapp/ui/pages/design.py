"""What happens in a session: the plan in use, what it holds, what is wrong with a file that was opened."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog

from gazeapp.errors import GazeAppError
from gazeapp.ui.error_words import error_words
from gazeapp.ui.formatting import UNKNOWN, format_clock
from gazeapp.ui.models.setup_model import SetupModel
from gazeapp.ui.pages.page import Page, PageState
from gazeapp.ui.theme import Theme
from gazeapp.ui.translation import tr
from gazeapp.ui.widgets.basic import ElidedLabel, Panel, Section, label
from gazeapp.ui.widgets.figure_table import FigureTable


class DesignPage(Page):
    """The plan is chosen here, and told whole: also what would go wrong once the participant sits there."""

    def __init__(self, theme: Theme, model: SetupModel) -> None:
        super().__init__(theme, self.tr("Design"))
        self._model = model
        panel = Panel(spacing_px=10)
        self.name = label("", "strong", wrap=True)
        self.file = ElidedLabel()
        panel.column.addWidget(self.name)
        panel.column.addWidget(self.file)
        self.steps = label("", "dim", wrap=True)
        panel.column.addWidget(self.steps)
        self.body.addWidget(panel)
        self._problems = Panel(spacing_px=8)
        self._problems.column.addWidget(label(self.tr("What is wrong with the file"), "section"))
        self.problems = label("", wrap=True)
        self._problems.column.addWidget(self.problems)
        self.body.addWidget(self._problems)
        self.body.addStretch(1)
        facts = Section(self.tr("Plan"))
        self.facts = FigureTable(["", ""], column_px=140)
        facts.column.addWidget(self.facts)
        self.details_column.addWidget(facts)
        note = Section(self.tr("How plans are made"))
        note.column.addWidget(
            label(
                self.tr(
                    "A plan is a text file (PLAN.toml). A session keeps the plan it was recorded with; a session that "
                    "is continued goes on with its own."
                ),
                "dim",
                wrap=True,
            )
        )
        self.details_column.addWidget(note)
        self.details_column.addStretch(1)
        self.default_plan = self.add_action(self.tr("Default plan"), "D")
        self.default_plan.clicked.connect(model.use_default_plan)
        self.open_plan = self.add_action(self.tr("Open plan …"), "O", primary=True)
        self.open_plan.clicked.connect(self._browse)
        model.changed.connect(self.refresh_if_shown)
        self.refresh()

    def entered(self) -> None:
        """Show the plan as it is now."""
        super().entered()
        self.refresh()

    def refresh(self) -> None:
        """Show the model."""
        model = self._model
        plan = model.plan
        self.name.setText(plan.name)
        self.file.show_text(str(model.plan_file) if model.plan_file else self.tr("Comes with the program"))
        names = {
            "calibrate": self.tr("calibrate"),
            "validate": self.tr("validate"),
            "enrol": self.tr("enrol"),
            "overlay": self.tr("overlay"),
        }
        self.steps.setText(" → ".join(names[phase] for phase in plan.phases))
        self.default_plan.setEnabled(model.plan_file is not None or bool(model.plan_problem))
        self._show_facts()
        problems = [line for line in model.plan_problem.split("\n") if line]
        self._problems.setVisible(bool(problems))
        self.problems.setText("\n\n".join(f"{n}. {line}" for n, line in enumerate(problems, start=1)))
        if problems:
            self.show_state(
                PageState.FAILED,
                self.tr("The file has {0} mistakes; the plan in use stays.").format(len(problems))
                if len(problems) > 1
                else self.tr("The file has a mistake; the plan in use stays."),
                self.tr("Mend them in a text editor, then open the file again."),
            )
        else:
            self.show_state(PageState.DONE, self.tr("The next session follows this plan."))

    def _show_facts(self) -> None:
        plan = self._model.plan
        n_enrol = n_overlay = 0
        minutes = UNKNOWN
        if {"enrol", "overlay"} & set(plan.phases):
            try:
                n_enrol, n_overlay = count_images(plan)
            except GazeAppError as error:
                if not self._model.plan_problem:
                    self._model.plan_problem = error_words(error)
        estimate = plan.estimate(n_enrol, n_overlay)
        minutes = format_clock(estimate.total_s)
        self.facts.show_row(self.tr("Images to enrol"), [str(n_enrol)])
        self.facts.show_row(self.tr("Images with overlay"), [str(n_overlay)])
        self.facts.show_row(self.tr("Each for"), [self.tr("{0} s").format(tr.number(plan.trials.duration_s))])
        self.facts.show_row(self.tr("Duration, about"), [minutes])

    def _browse(self) -> None:
        before = self._model.plan_file or self._model.study_dir
        chosen, _ = QFileDialog.getOpenFileName(self, self.tr("Plan"), str(before), self.tr("Plans (*.toml)"))
        if chosen:
            self._model.load_plan(Path(chosen))


def count_images(plan: object) -> tuple[int, int]:
    """How many images a plan shows to enrol and with the overlay, by file name: no image is decoded."""
    from gazeapp.experiment.plan import ExperimentPlan
    from gazeapp.experiment.schedule import split_stimuli
    from gazeapp.experiment.stimulus_set import find_stimuli

    assert isinstance(plan, ExperimentPlan)
    enrol, overlay = split_stimuli(plan, [str(path) for path in find_stimuli(plan)])
    return len(enrol), len(overlay)
