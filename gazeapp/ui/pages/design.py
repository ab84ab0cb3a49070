"""What happens in a session: a plan as a line of steps, made without a text editor."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QLocale, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from gazeapp.experiment.plan import ExperimentPlan
from gazeapp.experiment.plan_images import keep_images, move_images, remove_images, set_own_images
from gazeapp.experiment.step_order import IMAGES, WORDS
from gazeapp.experiment.step_values import remove_words, set_words
from gazeapp.ui.design_files import DesignFiles
from gazeapp.ui.design_words import seen_words, step_detail, step_words, target_words
from gazeapp.ui.dialogs.best_images import BestImagesDialog
from gazeapp.ui.error_words import error_words
from gazeapp.ui.formatting import UNKNOWN, counted, format_clock
from gazeapp.ui.models.design_model import DesignModel
from gazeapp.ui.models.image_marks import ImageMark
from gazeapp.ui.models.setup_model import SetupModel
from gazeapp.ui.pages.page import Page, PageState
from gazeapp.ui.plan_words import kind_name, mistake_words
from gazeapp.ui.screens import list_screens
from gazeapp.ui.theme import Theme
from gazeapp.ui.translation import LANGUAGES
from gazeapp.ui.widgets.basic import ElidedLabel, Section, label, set_text
from gazeapp.ui.widgets.image_area import ImageArea
from gazeapp.ui.widgets.image_list import dropped_paths
from gazeapp.ui.widgets.plan_head import PlanHead
from gazeapp.ui.widgets.plan_list import PlanList
from gazeapp.ui.widgets.step_bar import StepBar
from gazeapp.ui.widgets.step_cards import StepCard, StepCards
from gazeapp.ui.widgets.step_form import StepForm
from gazeapp.ui.widgets.variables_section import VariablesSection
from gazeapp.ui.widgets.word_editor import WordEditor


class DesignPage(Page):
    """The plans on the left; in the middle the line of steps and what the chosen one shows; its timing on the right."""

    rehearse_wanted = Signal(ExperimentPlan)
    """Run the plan with the mouse and store nothing."""
    preview_wanted = Signal(ExperimentPlan, int, str)
    """Show the step of a plan alone: (plan, step, image or "")."""

    def __init__(self, theme: Theme, setup: SetupModel) -> None:
        super().__init__(theme, "")
        self.model = DesignModel(setup)
        self.files = DesignFiles(self, self.model)
        self._setup = setup
        self._is_showing = False
        self._rehearsed = ""
        self._lengths: dict[str, str] = {}
        self.setAcceptDrops(True)
        self._lay_out()
        self._add_actions()
        self._connect()
        self.refresh()

    def entered(self) -> None:
        """Show the plan in use, where none is open; look at files anew."""
        super().entered()
        if self._setup.participant_screen is None:  # how large images appear depends on it
            self._setup.show_screens(list_screens())
        self.model.ensure()
        self._lengths = {}
        self.refresh()

    def left(self) -> None:
        """What was typed counts."""
        self._finish_typing()

    # Parts

    def _lay_out(self) -> None:
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(0)
        self.body.removeWidget(self.banner)
        self.list = PlanList(self.theme)
        work = QWidget()
        column = QVBoxLayout(work)
        column.setContentsMargins(20, 14, 20, 12)
        column.setSpacing(10)
        self.head = PlanHead()
        column.addWidget(self.head)
        self.cards = StepCards(self.theme)
        column.addWidget(self.cards)
        column.addWidget(self.banner)
        self.bar = StepBar()
        column.addWidget(self.bar)
        self._kinds = QStackedWidget()
        self.images = ImageArea(self.theme, self.model.thumbnails)
        self.grid = self.images.grid
        self.word_editor = WordEditor()
        self.targets = label("", "dim", wrap=True)
        self.targets.setAlignment(Qt.AlignmentFlag.AlignTop)
        for widget in (self.images, self.word_editor, self.targets):
            self._kinds.addWidget(widget)
        column.addWidget(self._kinds, 1)
        both = QHBoxLayout()
        both.setSpacing(0)
        both.addWidget(self.list)
        both.addWidget(work, 1)
        self.body.addLayout(both, 1)
        self.form = StepForm()
        wrong = Section(self.tr("What is wrong"))
        self._wrong = wrong
        self.problems = label("", "", wrap=True)
        self.problems.setProperty("tone", "bad")
        wrong.column.addWidget(self.problems)
        self.details_column.addWidget(wrong)
        self.details_column.addWidget(self.form)
        self.variables = VariablesSection()
        self.details_column.addWidget(self.variables)
        self.details_column.addStretch(1)
        self.file = ElidedLabel()
        self.details_column.addWidget(self.file)
        self.details_column.addWidget(label(self.tr("A text editor shows the same plan."), "small", wrap=True))

    def _add_actions(self) -> None:
        self.default_plan = self.add_action(self.tr("New"), "N")
        self.open_plan = self.add_action(self.tr("Open …"), "O")
        self.rehearse = self.add_action(self.tr("Rehearse"), "R")
        self.rehearse.setToolTip(self.tr("Run the plan with the mouse; stores nothing."))
        self.save = self.add_action(self.tr("Save"), "S")
        self.use = self.add_action(self.tr("Use in Record"), "U", primary=True)

    def _connect(self) -> None:
        model, images, files, head, bar = self.model, self.images, self.files, self.head, self.bar
        also = QShortcut(QKeySequence("Ctrl+Shift+Z"), self)
        also.activated.connect(head.redo.click)
        self.list.plan_chosen.connect(lambda path: model.open(Path(path)))
        self.list.start_chosen.connect(self._start)
        self.list.session_chosen.connect(model.begin_from_session)
        head.renamed.connect(model.rename)
        head.name.returnPressed.connect(self.setFocus)  # the next key is a command again
        head.undo.clicked.connect(model.undo)
        head.redo.clicked.connect(model.redo)
        self.default_plan.clicked.connect(lambda: model.begin())
        self.open_plan.clicked.connect(files.browse_plan)
        self.rehearse.clicked.connect(self._rehearse)
        self.save.clicked.connect(model.save)
        self.use.clicked.connect(model.use)
        self.cards.chosen.connect(model.select)
        self.cards.moved.connect(model.put_step)
        self.cards.dropped.connect(files.take_for_step)
        bar.own_images_wanted.connect(self._change_own_images)
        bar.preview_wanted.connect(self._preview)
        bar.kinds_wanted.connect(self._show_kinds)
        bar.kind_chosen.connect(self._add_step)
        bar.moved.connect(model.move_step)
        bar.removed.connect(model.remove_step)
        images.folder_wanted.connect(files.browse_folder)
        images.files_wanted.connect(files.browse_images)
        images.best_wanted.connect(self._choose_best)
        images.moved.connect(lambda paths, before: model.change(move_images, paths, before))
        images.dropped.connect(files.take)
        images.step_wanted.connect(self._move_image)
        images.removed.connect(lambda paths: model.change(remove_images, paths))
        images.faulty_removed.connect(model.remove_faulty)
        images.search_wanted.connect(files.search)
        self.word_editor.text_edited.connect(self._change_words)
        self.word_editor.language_removed.connect(lambda language: model.change(remove_words, language))
        self.word_editor.picture_wanted.connect(files.browse_picture)
        self.word_editor.picture_removed.connect(lambda: model.set_picture(None))
        self.form.edited.connect(self._edited)
        self.form.own_wanted.connect(model.set_own)
        self.variables.table.clicked.connect(files.browse_table)
        self.variables.no_table.clicked.connect(lambda: model.set_table(None))
        model.thumbnails.arrived.connect(self._show_images)
        model.marks.arrived.connect(self._marks_arrived)
        model.changed.connect(self.refresh_if_shown)
        model.about_to_change.connect(self._finish_typing)
        self._setup.changed.connect(self.refresh_if_shown)
        self._setup.study.opened.connect(self._study_opened)

    # What changes

    def refresh(self) -> None:
        """Show the plan."""
        model, document = self.model, self.model.document
        if document is None:
            return
        self._is_showing = True
        estimate, counts = model.estimate()
        minutes = format_clock(estimate.total_s if estimate else None)
        n = estimate.n_trials if estimate else None
        parts = [self.tr("about {0} min a person").format(minutes)]
        parts.append(self.tr("{0} images").format(UNKNOWN if n is None else n))
        sittings = document.value("sittings", "count")
        if isinstance(sittings, int) and sittings > 1:
            parts.append(self.tr("{0} sittings").format(sittings))
        self.head.show_plan(
            str(document.value("plan", "name") or document.path.stem),
            " · ".join(parts),
            can_undo=document.can_undo,
            can_redo=document.can_redo,
        )
        self._show_plans(document.path, minutes)
        self._show_cards(counts)
        self._show_step()
        self.bar.show_place(model.selected, len(model.steps))
        self.save.setEnabled(document.is_changed)
        is_right = not model.check.mistakes
        self.use.setEnabled(is_right)
        self.rehearse.setEnabled(is_right)
        self.bar.preview.setEnabled(is_right)
        self.file.show_text(str(document.path))
        self._show_mistakes()
        self._is_showing = False

    def _show_plans(self, path: Path, minutes: str) -> None:
        plans = []
        self._lengths[str(path)] = minutes
        drafts = self.model.drafts
        for file in dict.fromkeys([*drafts.files, path]):
            words = self.tr("{0} min").format(self._lengths[str(file)]) if str(file) in self._lengths else ""
            if drafts.is_changed(file):
                words = self.tr("not saved")
            elif self._setup.plan_file == file:
                words = self.tr("in use")
            plans.append((str(file), file.stem, words))
        self.list.show_plans(plans, str(path))

    def _show_cards(self, counts: tuple[int, ...]) -> None:
        cards = []
        for n, step in enumerate(self.model.steps):
            kind = str(step.get("kind", ""))
            faults = self.model.mistakes(n)
            cards.append(
                StepCard(
                    name=kind_name(kind),
                    detail=self.tr("mistake")
                    if faults
                    else step_detail(self.model, kind, counts[n] if n < len(counts) else None, step.get("points")),
                    fault="; ".join(error_words(fault.fault) for fault in faults),
                    takes_images=kind in IMAGES,
                )
            )
        self.cards.show_cards(cards, self.model.selected)

    def _show_step(self) -> None:
        model, step = self.model, self.model.step
        kind = str(step.get("kind", ""))
        self._kinds.setCurrentIndex(0 if kind in IMAGES else 1 if kind in WORDS else 2)
        images = model.images(model.selected)
        values = {key: model.value(*key) for key in self.form.fields if key[0] != "step"}
        values |= {("step", key): step.get(key) for key in ("duration_s", "n_max")}
        values["step", "points"] = str(step.get("points") or 0)
        self.form.show_step(
            kind,
            values,
            has_own_images=images.is_own,
            is_own=model.is_own,
            kinds=[str(s.get("kind", "")) for s in model.steps],
            mistakes=model.check.mistakes,
            number=model.selected,
            seen=seen_words(self.model, self._setup.display, self.grid.key),
        )
        if kind in IMAGES:
            self._show_images()
        elif kind in WORDS:
            picture = step.get("picture")
            self.word_editor.show_words(step.get("text"), picture if isinstance(picture, str) else "")
        else:
            self.targets.setText(target_words(kind))
        self.bar.show_step(kind, step_words(kind, images), has_own_images=images.is_own)
        self.variables.show_table(str(model.value("stimuli", "variables") or ""), model.check.variables)

    def _show_images(self) -> None:
        """Show the images of the step; what is gone, there twice or cannot be read is marked."""
        model = self.model
        if str(model.step.get("kind")) not in IMAGES:
            return
        marked = self._marked_images()
        self.images.show_images([path for path, _ in marked], [mark for _, mark in marked])
        self.images.best.setEnabled(len(marked) > 1)
        self.images.remove_images.setEnabled(bool(marked))

    def _marked_images(self) -> list[tuple[Path, ImageMark]]:
        paths = self.model.images(self.model.selected).paths
        return list(zip(paths, self.model.marks.marks(paths), strict=True))

    def _marks_arrived(self) -> None:
        self._show_images()
        self._show_mistakes()
        set_text(self.form.seen, seen_words(self.model, self._setup.display, self.grid.key))

    def _show_mistakes(self) -> None:
        model = self.model
        mistakes = model.mistakes()
        self._wrong.setVisible(bool(mistakes))
        self.problems.setText(mistake_words(mistakes))
        in_use = model.document is not None and self._setup.plan_file == model.document.path
        if model.problem:
            self.show_state(PageState.FAILED, model.problem, self.tr("Nothing was changed."))
        elif model.is_busy:
            self.show_state(PageState.WORKING, self.tr("Reading images …"))
        elif mistakes:
            n = len(mistakes)
            self.show_state(
                PageState.FAILED,
                counted(n, self.tr("The plan has a mistake."), self.tr("The plan has {0} mistakes.")),
                counted(n, self.tr("It is marked at its place."), self.tr("Each is marked at its place.")),
            )
        elif self._rehearsed or model.told:
            self.show_state(PageState.DONE, self._rehearsed or model.told)
        elif in_use and model.document is not None and not model.document.is_changed:
            self.show_state(PageState.DONE, self.tr("The next session follows this plan."))
        else:
            self.show_state(
                PageState.EMPTY, self.tr("Ready."), self.tr("U saves the plan and uses it in Record."), is_quiet=True
            )

    # Actions

    def tell_rehearsed(self, words: str, problem: str = "") -> None:
        """Say what came of a rehearsal; until the next change."""
        self._rehearsed = words
        self.model.problem = problem
        self.refresh()

    def _finish_typing(self) -> None:
        """What was just typed belongs to what is still shown, and what is told is not true any more."""
        self._rehearsed = ""
        self.word_editor.finish()
        self.head.finish()

    def _start(self, key: str) -> None:
        if key == "session":
            records = [session for row in self._setup.study.content.rows for session in row.sessions]
            self.menu = self.list.show_sessions(records)
        else:
            self.model.begin_from(key)

    def _show_kinds(self) -> None:
        self._finish_typing()
        self.menu = self.bar.show_kinds(self.model.forbidden)

    def _add_step(self, kind: str) -> None:
        self.model.add_step(kind)
        if kind in WORDS:
            self.word_editor.text.setFocus()
            self.word_editor.text.selectAll()

    def _change_words(self, language: str, text: str) -> None:
        spoken = QLocale().name().partition("_")[0]
        self.model.change(set_words, language, text, spoken=spoken if spoken in LANGUAGES else "en")

    def _change_own_images(self) -> None:
        model = self.model
        model.change(set_own_images, is_own=not model.images(model.selected).is_own)

    def _move_image(self, by: int) -> None:
        key = self.grid.key
        if key:
            self.model.move_image(Path(key), by)
            self.grid.choose(key)

    def _edited(self, table: str, key: str, value: object) -> None:
        if table == "step" and key == "points":
            self.model.set_step(key, int(str(value)) or None)
        elif table == "step" and isinstance(value, int | float):
            self.model.set_step(key, value or None if key == "n_max" else float(value))
        elif isinstance(value, str | int | float | bool):
            self.model.set_value(table, key, value)

    def _rehearse(self) -> None:
        self._finish_typing()
        plan = self.model.check.plan
        if plan is not None and not self.model.check.mistakes:
            self.rehearse_wanted.emit(plan)

    def _preview(self) -> None:
        self._finish_typing()
        plan, number = self.model.check.plan, self.model.selected
        if plan is None or self.model.check.mistakes:
            return
        paths = self.model.images(number).paths
        key = self.grid.key if self.grid.key in {str(path) for path in paths} else str(paths[0]) if paths else ""
        self.preview_wanted.emit(plan, number, key if plan.line[number].kind in IMAGES else "")

    def _choose_best(self) -> None:
        model = self.model
        paths = [p for p, m in self._marked_images() if not m.fault]
        if len(paths) < 2:
            return
        self.dialog = dialog = BestImagesDialog(self, self._setup.bridge, paths, model.trial_s)
        dialog.taken.connect(lambda chosen: model.change(keep_images, chosen))
        dialog.open()

    def _study_opened(self) -> None:
        self.model.forget()
        if self.isVisible():
            self.entered()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Called by Qt."""
        if dropped_paths(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Called by Qt: images go to the step that is shown, plans are opened."""
        event.acceptProposedAction()
        self.files.take(dropped_paths(event.mimeData()))
