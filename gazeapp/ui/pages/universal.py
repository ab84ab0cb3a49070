"""The universal map: which model predicts where people look, what it needs and knows, and its map of an image."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QFormLayout, QLineEdit, QScrollArea, QWidget

from gazeapp.networks.universal_models import MODELS, UniversalChoice, UniversalModel, describe
from gazeapp.ui.models.map_set import MapSet
from gazeapp.ui.models.session_model import SessionModel
from gazeapp.ui.models.setup_model import SetupModel
from gazeapp.ui.pages.page import Page, PageState
from gazeapp.ui.theme import Theme
from gazeapp.ui.translation import tr
from gazeapp.ui.widgets.basic import ElidedLabel, Panel, Section, label, set_text
from gazeapp.ui.widgets.choice_list import Choice, ChoiceList
from gazeapp.ui.widgets.figure_table import FigureTable
from gazeapp.ui.widgets.map_layer import MapLayers
from gazeapp.ui.widgets.map_legend import MapLegend
from gazeapp.ui.widgets.map_view import MapView


class UniversalPage(Page):
    """Not one of the steps: the shipped network serves until somebody wants another one."""

    def __init__(self, theme: Theme, setup: SetupModel, session: SessionModel) -> None:
        super().__init__(theme, self.tr("Universal map"))
        self._setup, self._session, self._model = setup, session, setup.universal
        panel = Panel(margin_px=6)
        self.list = ChoiceList(theme)
        self.list.setObjectName("scrolled")  # the panel's ground shows through
        self.list.chosen.connect(self._choose)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidget(self.list)
        panel.column.addWidget(scroll)
        self.body.addWidget(panel, 1)
        look = Section(self.tr("On an image of the plan"))
        self._layers = MapLayers()
        self.view = MapView(theme, self._layers, "universal")
        self.view.setFixedHeight(210)
        self.view.empty_text = self.tr("Available once the model is loaded")
        look.column.addWidget(self.view)
        look.column.addWidget(MapLegend(theme, "density", self.tr("less"), self.tr("more gaze")))
        self.details_column.addWidget(look)
        used = Section(self.tr("In use"))
        self.name = label("", "strong", wrap=True)
        used.column.addWidget(self.name)
        self.facts = FigureTable(["", ""], column_px=176, rules=False)
        used.column.addWidget(self.facts)
        self._notes = label("", "small", wrap=True)
        used.column.addWidget(self._notes)
        self.details_column.addWidget(used)
        self._settings = Section(self.tr("Settings"))
        self._file = ElidedLabel()
        self._settings.column.addWidget(self._file)
        self._form_of = ""
        self._form: QWidget | None = None
        self.fields: dict[str, QLineEdit] = {}
        self.details_column.addWidget(self._settings)
        self.details_column.addStretch(1)
        self.back = self.add_action(self.tr("Shipped network"), "S")
        self.back.clicked.connect(lambda: self._take(UniversalChoice()))
        self.browse = self.add_action(self.tr("Choose file …"), "F")
        self.browse.clicked.connect(self._browse)
        self.go = self.add_action(self.tr("Apply settings"), "Return", primary=True)
        self.go.clicked.connect(self._apply)
        self._model.changed.connect(self.refresh_if_shown)
        session.state_changed.connect(self.refresh_if_shown)
        self.refresh()

    def entered(self) -> None:
        """Show what the model in use says about an image."""
        if self._model.trial is None and not self._model.is_trying and self._model.wanted is None:
            self._take(self._model.in_use)
        self.list.setFocus()

    def refresh(self) -> None:
        """Show the model."""
        model, at_hand = self._model, self._at_hand
        about = describe(at_hand.model)
        self.list.show_choices([self._row(m) for m in MODELS], at_hand.model)
        self._show_use()
        self._show_settings(about, at_hand)
        self.back.setVisible(model.in_use != UniversalChoice() or at_hand != UniversalChoice())
        self.browse.setVisible(about.weights != "none")
        needs_file = about.weights == "needed" and at_hand.weights is None
        self.go.setVisible(bool(about.options))
        self.go.setEnabled(not model.is_trying and not needs_file)
        if model.is_trying and at_hand == model.in_use:
            self.show_state(
                PageState.LOADING,
                self.tr("Loading {0} …").format(tr(about.title)),
                self.tr("Its map of an image of the plan follows in a few seconds."),
            )
        elif model.is_trying:
            self.show_state(
                PageState.LOADING,
                self.tr("Trying {0} …").format(tr(about.title)),
                self.tr("The model in use stays until this one has predicted an image."),
            )
        elif model.problem:
            self.show_state(
                PageState.FAILED,
                model.problem,
                self.tr("The model in use stays: {0}.").format(tr(describe(model.in_use.model).title)),
            )
        elif needs_file:
            self.show_state(
                PageState.EMPTY,
                self.tr("{0} needs its file.").format(_capital(tr(about.title))),
                self.tr("F chooses it: {0}.").format(tr(about.files)),
                tone="warn",
            )
        elif model.trial is not None:
            self.show_state(
                PageState.DONE,
                self.tr("{0} predicts where people look.").format(_capital(tr(about.title))),
                self._when(),
            )
        else:
            self.show_state(PageState.EMPTY, self.tr("Choose a model."))

    @property
    def _at_hand(self) -> UniversalChoice:
        return self._model.wanted or self._model.in_use

    def _row(self, model: UniversalModel) -> Choice:
        is_used = model.name == self._model.in_use.model
        file = self.tr("needs a folder") if model.name == "folder" else self.tr("needs a file")
        needs = file if model.weights == "needed" and not is_used else ""
        knows = self.tr("centre bias: {0}").format(tr(model.centre_bias))
        if model.categories:
            knows += " · " + self.tr("weights by category")
        return Choice(
            key=model.name,
            name=_capital(tr(model.title)),
            detail=knows,
            icon="overlay",
            figure=self.tr("in use") if is_used else needs,
            tone="ok" if is_used else "",
        )

    def _show_use(self) -> None:
        trial = self._model.trial
        about = describe(self._model.in_use.model)
        if trial is not None and self._layers.show_maps(MapSet(image_rgb=trial.image_rgb, universal=trial.density)):
            self.view.update()
        set_text(self.name, trial.name if trial is not None else tr(about.title))
        weights = "" if trial is None else f"sha256 {trial.sha256[:10]} …" if trial.sha256 else self.tr("none")
        self.facts.show_row(self.tr("Weights"), [weights])
        said = dict(self._model.in_use.options)
        category = said.get("category", self.tr("predicted")) if about.categories else self.tr("not used")
        self.facts.show_row(self.tr("Category"), [category])
        self.facts.show_row(self.tr("Image"), [trial.image_name if trial is not None else ""])
        centre = said.get("centre", tr(about.centre_bias))
        set_text(self._notes, self.tr("Centre bias: {0}. Licence: {1}.").format(centre, tr(about.licence)))

    def _when(self) -> str:
        run = self._session.run
        in_use, trial = run.inference.in_use if run is not None else None, self._model.trial
        if in_use is not None and trial is not None and in_use.universal_name == trial.name:
            return self.tr("The session that runs uses it.")
        if in_use is None:
            return self.tr("It is used from the next session on.")
        return self.tr("The session that runs uses {0}; this one is used from the next session on.").format(
            in_use.universal_name
        )

    def _show_settings(self, about: UniversalModel, choice: UniversalChoice) -> None:
        self._settings.setVisible(about.weights != "none" or bool(about.options))
        self._file.setVisible(about.weights != "none")
        self._file.show_text(
            str(choice.weights)
            if choice.weights
            else self.tr("no file chosen")
            if about.weights == "needed"
            else self.tr("the shipped weights")
        )
        if self._form_of == about.name:
            return
        self._form_of = about.name
        if self._form is not None:
            self._settings.column.removeWidget(self._form)
            self._form.deleteLater()
        self._form, self.fields = QWidget(), {}
        form = QFormLayout(self._form)
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(6)
        for key, meaning in about.options.items():
            field = QLineEdit(choice.options.get(key, ""))
            field.setAccessibleName(key)
            field.setPlaceholderText(tr(meaning))
            field.setToolTip(tr(meaning))
            form.addRow(label(_capital(tr(key)), "dim"), field)
            self.fields[key] = field
        self._settings.column.addWidget(self._form)

    def _choose(self, name: str) -> None:
        about = describe(name)
        if about.weights == "needed":
            self._model.ask_for_files(UniversalChoice(model=name))
        else:
            self._take(UniversalChoice(model=name))

    def _browse(self) -> None:
        about = describe(self._at_hand.model)
        if about.name == "folder":
            chosen = QFileDialog.getExistingDirectory(self, self.tr("Folder of maps"))
        else:
            chosen, _ = QFileDialog.getOpenFileName(self, about.files)
        if chosen:
            self.take_file(Path(chosen))

    def take_file(self, path: Path) -> None:
        """Use the model at hand with this file or folder."""
        self._take(replace(self._at_hand, weights=path))

    def _apply(self) -> None:
        options = {key: field.text().strip() for key, field in self.fields.items() if field.text().strip()}
        self._take(replace(self._at_hand, options=options))

    def _take(self, choice: UniversalChoice) -> None:
        self._model.take(choice, self._setup.plan)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
