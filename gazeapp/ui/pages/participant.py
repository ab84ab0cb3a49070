"""The page of the participant: the study, the plan, the pseudonym, the consent."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QFileDialog, QFormLayout, QHBoxLayout, QLineEdit

from gazeapp.ui.models.setup_model import SetupModel
from gazeapp.ui.pages.page import Page, PageState
from gazeapp.ui.theme import Theme
from gazeapp.ui.widgets.basic import ElidedLabel, KeyButton, Panel, Section, label
from gazeapp.ui.widgets.figure_table import FigureTable


class ParticipantPage(Page):
    """Asks for a pseudonym and a consent; nothing is stored before both are there."""

    def __init__(self, theme: Theme, model: SetupModel) -> None:
        super().__init__(theme, self.tr("Participant"))
        self._model = model
        self._waits = False
        panel = Panel(spacing_px=14)
        form = QFormLayout()
        form.setHorizontalSpacing(20)
        form.setVerticalSpacing(14)
        self.study = QLineEdit(str(model.study_dir))
        self.study.setAccessibleName(self.tr("Study folder"))
        self.study.editingFinished.connect(self._study_edited)
        browse = KeyButton(self.tr("Choose …"), "Ctrl+O")
        browse.clicked.connect(self._browse)
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(self.study, 1)
        row.addWidget(browse)
        form.addRow(label(self.tr("Study folder"), "dim"), row)
        form.addRow(label(self.tr("Plan"), "dim"), self._plan_row())
        self.pseudonym = QLineEdit(model.pseudonym)
        self.pseudonym.setAccessibleName(self.tr("Pseudonym"))
        self.pseudonym.setPlaceholderText(self.tr("such as P-017; never a name"))
        self.pseudonym.setMaximumWidth(320)
        self.pseudonym.textChanged.connect(self.refresh)
        form.addRow(label(self.tr("Pseudonym"), "dim"), self.pseudonym)
        browse.setMinimumWidth(self.open_plan.sizeHint().width())  # both end and begin alike
        panel.column.addLayout(form)
        self.body.addWidget(panel)
        consent = Panel(spacing_px=12)
        consent.column.addWidget(label(self.tr("Consent"), "section"))
        self._consent_text = label(model.consent_text, wrap=True)
        consent.column.addWidget(self._consent_text)
        self.consents = QCheckBox(self.tr("The participant has read this and agrees"))
        self.consents.toggled.connect(self.refresh)
        consent.column.addWidget(self.consents)
        self.body.addWidget(consent)
        self.body.addStretch(1)
        section = Section(self.tr("In this study"))
        self._people = FigureTable([self.tr("participant"), self.tr("sessions"), self.tr("embeddings")], column_px=84)
        self._nobody = label("", "dim", wrap=True)
        section.column.addWidget(self._people)
        section.column.addWidget(self._nobody)
        self.details_column.addWidget(section)
        kept = Section(self.tr("What is kept"))
        kept.column.addWidget(
            label(
                self.tr(
                    "Gaze, maps and the embedding, under the pseudonym, in the study folder on this computer. Erasing "
                    "a "
                    "participant removes all three and keeps a dated record that it happened."
                ),
                "dim",
                wrap=True,
            )
        )
        self.details_column.addWidget(kept)
        self.details_column.addStretch(1)
        self.go = self.add_action(self.tr("Continue"), "Return", primary=True)
        self.go.clicked.connect(self._continue)
        model.changed.connect(self.refresh_if_shown)
        self.refresh()

    def entered(self) -> None:
        """Read the study, and let the person type at once."""
        if not self._model.participants:
            self._model.load_study()
        self.pseudonym.setFocus()

    def refresh(self) -> None:
        """Show the model."""
        model, name = self._model, self.pseudonym.text().strip()
        self._show_people()
        self._show_plan()
        known = model.known(name)
        has_consent = known is not None and known.consented_to(eye_images=model.wants_eye_images)
        self._consent_text.setText(model.consent_text)
        self.consents.setVisible(not has_consent)
        problem = model.problem_with(name) if name else ""
        is_ready = bool(name) and not problem and (has_consent or self.consents.isChecked())
        self.go.setEnabled(is_ready and not self._waits)
        if self._waits and (model.is_participant_ready or model.participant_problem):
            self._waits = False
            if model.is_participant_ready:
                self.step_finished.emit()
        if model.plan_problem:
            self.show_state(
                PageState.FAILED,
                model.plan_problem,
                self.tr("The plan in use stays: {0}. Correct the file, then open it again.").format(self._plan_name()),
            )
        elif model.study_problem or model.participant_problem:
            self.show_state(
                PageState.FAILED,
                model.study_problem or model.participant_problem,
                self.tr("Choose another folder, or repair it with gazeapp recover."),
            )
        elif model.is_study_loading:
            self.show_state(PageState.LOADING, self.tr("Reading the study …"))
        elif self._waits:
            self.show_state(PageState.WORKING, self.tr("Storing the participant …"))
        elif problem:
            self.show_state(PageState.EMPTY, problem, self.tr("Change the pseudonym."), tone="warn")
        elif is_ready:
            since = (known.consented_utc or "")[:10] if known else ""
            about = (
                self.tr("{0} consented on {1}.").format(name, since)
                if has_consent
                else self.tr("{0} agrees; the consent is recorded with the next step.").format(name)
            )
            self.show_state(PageState.DONE, about, self.tr("Press ⏎ to choose the tracker."))
        elif name:
            self.show_state(
                PageState.EMPTY,
                self.tr("The consent is still missing."),
                self.tr("Let the participant read the text, then tick the box."),
            )
        else:
            self.show_state(
                PageState.EMPTY,
                self.tr("Which participant?"),
                self.tr("Type a pseudonym. Returning participants keep theirs."),
            )

    def _plan_row(self) -> QHBoxLayout:
        self.plan = ElidedLabel(Qt.TextElideMode.ElideMiddle)
        self.open_plan = KeyButton(self.tr("Open plan …"), "Ctrl+P")
        self.open_plan.clicked.connect(self._browse_plan)
        self.default_plan = KeyButton(self.tr("Default plan"), "Ctrl+D")
        self.default_plan.clicked.connect(self._model.use_default_plan)
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(self.plan, 1)
        row.addWidget(self.default_plan)
        row.addWidget(self.open_plan)
        return row

    def _plan_name(self) -> str:
        file = self._model.plan_file
        return self._model.plan.name if file is None else f"{self._model.plan.name}, {file}"

    def _show_plan(self) -> None:
        phases = {
            "calibrate": self.tr("calibrate"),
            "validate": self.tr("validate"),
            "enrol": self.tr("enrol"),
            "overlay": self.tr("overlay"),
        }
        steps = " → ".join(phases[phase] for phase in self._model.plan.phases)
        self.plan.show_text(f"{self._plan_name()} · {steps}")
        self.default_plan.setVisible(self._model.plan_file is not None)

    def _browse_plan(self) -> None:
        before = self._model.plan_file or self._model.study_dir
        chosen, _ = QFileDialog.getOpenFileName(self, self.tr("Plan"), str(before), self.tr("Plans (*.toml)"))
        if chosen:
            self._model.load_plan(Path(chosen))

    def _show_people(self) -> None:
        people = list(self._model.participants)
        if self._people.names != [p.pseudonym for p in people]:
            self._people.clear()
        for person in people:
            self._people.show_row(person.pseudonym, [str(len(person.sessions)), str(person.n_embeddings)])
        self._people.setVisible(bool(people))
        self._nobody.setVisible(not people)
        self._nobody.setText(self.tr("No participants yet. The study is created with the first one."))

    def _continue(self) -> None:
        self._waits = True
        self._model.is_participant_ready = False
        self._model.use_participant(self.pseudonym.text().strip(), consents=self.consents.isChecked())
        self.refresh()

    def _study_edited(self) -> None:
        folder = Path(self.study.text()).expanduser()
        if folder != self._model.study_dir:
            self._model.load_study(folder)

    def _browse(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, self.tr("Study folder"), self.study.text())
        if chosen:
            self.study.setText(chosen)
            self._study_edited()
