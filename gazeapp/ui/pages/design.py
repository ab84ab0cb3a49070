"""What happens in a session: a plan as a line of steps, made without a text editor."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QPlainTextEdit, QStackedWidget, QVBoxLayout, QWidget

from gazeapp.experiment.step_order import IMAGES, STEP_KINDS, WORDS
from gazeapp.store.stimuli import IMAGE_SUFFIXES
from gazeapp.ui.formatting import UNKNOWN, format_clock
from gazeapp.ui.models.design_model import DesignModel
from gazeapp.ui.models.setup_model import SetupModel
from gazeapp.ui.pages.page import Page, PageState
from gazeapp.ui.theme import Theme
from gazeapp.ui.widgets.basic import ElidedLabel, KeyButton, Section, label
from gazeapp.ui.widgets.image_list import ImageItem, ImageList
from gazeapp.ui.widgets.plan_form import PlanForm
from gazeapp.ui.widgets.step_cards import StepCard, StepCards

TYPING_MS = 500
"""Words become a change of the plan once nobody typed for so long: one step of undoing, not one a letter."""
IMAGE_KEYS = [
    ("trials", "duration_s"),
    ("trials", "fixation_cross_s"),
    ("trials", "fixation_gate"),
    ("trials", "blank_s"),
    ("trials", "order"),
    ("trials", "repeats"),
    ("trials", "stop_when_enough"),
    ("stimuli", "scale"),
    ("stimuli", "width_deg"),
    ("stimuli", "background"),
    ("blocks", "size"),
    ("blocks", "break_s"),
]


class DesignPage(Page):
    """The line of steps, what the chosen one shows, its timing, and everything that is wrong, at its place."""

    def __init__(self, theme: Theme, setup: SetupModel) -> None:
        super().__init__(theme, "")
        self.model = DesignModel(setup)
        self._setup = setup
        self._is_showing = False
        self.body.setContentsMargins(20, 14, 20, 12)
        self.body.setSpacing(10)
        self.body.insertLayout(0, self._head_row())
        self.cards = StepCards(theme)
        self.cards.chosen.connect(self._choose_step)
        self.body.addWidget(self.cards)
        self.body.addLayout(self._step_row())
        self._kinds = QStackedWidget()
        self._kinds.addWidget(self._image_area())
        self._kinds.addWidget(self._word_area())
        self.targets = label("", "dim", wrap=True)
        self.targets.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._kinds.addWidget(self.targets)
        self.body.addWidget(self._kinds, 1)
        self._detail_sections()
        self.default_plan = self.add_action(self.tr("New plan"), "N")
        self.open_plan = self.add_action(self.tr("Open plan …"), "O")
        self.save = self.add_action(self.tr("Save"), "S")
        self.use = self.add_action(self.tr("Use in Record"), "U", primary=True)
        self.default_plan.clicked.connect(lambda: self.model.begin())
        self.open_plan.clicked.connect(self._browse)
        self.save.clicked.connect(lambda: self._after_typing(self.model.save))
        self.use.clicked.connect(lambda: self._after_typing(self.model.use))
        self.model.changed.connect(self.refresh_if_shown)
        setup.changed.connect(self.refresh_if_shown)
        self.refresh()

    def entered(self) -> None:
        """Show the plan in use, where none is open."""
        super().entered()
        self.model.ensure()
        self.refresh()

    def left(self) -> None:
        """What was typed counts."""
        self._after_typing(lambda: None)

    # Parts

    def _head_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(10)
        self.plans = QComboBox()
        self.plans.setMinimumContentsLength(12)
        self.plans.setAccessibleName(self.tr("Plans of the study"))
        self.plans.activated.connect(self._plan_chosen)
        self.name = label("", "title")
        self.length = ElidedLabel(Qt.TextElideMode.ElideRight)
        self.undo = KeyButton(self.tr("Undo"), "Ctrl+Z")
        self.redo = KeyButton(self.tr("Redo"), "Ctrl+Shift+Z")
        self.undo.clicked.connect(lambda: self._after_typing(self.model.undo))
        self.redo.clicked.connect(self.model.redo)
        row.addWidget(self.name)
        row.addWidget(self.length, 1)
        for widget in (self.plans, self.undo, self.redo):
            row.addWidget(widget)
        return row

    def _step_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.step_name = label("", "strong")
        self.step_words = ElidedLabel(Qt.TextElideMode.ElideRight)
        row.addWidget(self.step_name)
        row.addWidget(self.step_words, 1)
        self.add = QComboBox()
        self.add.setAccessibleName(self.tr("Add a step"))
        self.add.addItem(self.tr("Add a step …"), "")
        for kind in STEP_KINDS:
            self.add.addItem(self._kind_name(kind), kind)
        self.add.activated.connect(self._add_step)
        self.earlier = KeyButton("←", "Alt+Left")
        self.later = KeyButton("→", "Alt+Right")
        self.remove = KeyButton(self.tr("Remove step"))
        self.earlier.setToolTip(self.tr("Earlier"))
        self.later.setToolTip(self.tr("Later"))
        self.earlier.clicked.connect(partial(self._move_step, -1))
        self.later.clicked.connect(partial(self._move_step, 1))
        self.remove.clicked.connect(lambda: self._after_typing(self.model.remove_step))
        for widget in (self.add, self.earlier, self.later, self.remove):
            row.addWidget(widget)
        return row

    def _image_area(self) -> QWidget:
        area = QWidget()
        column = QVBoxLayout(area)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.grid = ImageList(self.theme, self.model.thumbnails, is_grid=True)
        self.grid.setAccessibleName(self.tr("Images"))
        self.model.thumbnails.arrived.connect(self._mark_images)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.add_folder = KeyButton(self.tr("Add folder …"), "F")
        self.add_files = KeyButton(self.tr("Add images …"), "I")
        self.image_earlier = KeyButton(self.tr("Image earlier"), "Ctrl+Left")
        self.image_later = KeyButton(self.tr("Image later"), "Ctrl+Right")
        self.remove_images = KeyButton(self.tr("Remove images"), "Del")
        self.add_folder.clicked.connect(self._browse_folder)
        self.add_files.clicked.connect(self._browse_files)
        self.image_earlier.clicked.connect(partial(self._move_image, -1))
        self.image_later.clicked.connect(partial(self._move_image, 1))
        self.remove_images.clicked.connect(lambda: self.model.remove_images([Path(key) for key in self._marked()]))
        for button in (self.add_folder, self.add_files, self.image_earlier, self.image_later, self.remove_images):
            row.addWidget(button)
        row.addStretch(1)
        column.addLayout(row)
        column.addWidget(self.grid, 1)
        return area

    def _word_area(self) -> QWidget:
        area = QWidget()
        column = QVBoxLayout(area)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.text = QPlainTextEdit()
        self.text.setAccessibleName(self.tr("What the participant reads"))
        self.text.setPlaceholderText(self.tr("What the participant reads"))
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(TYPING_MS)
        self._typing.timeout.connect(self._take_text)
        self.text.textChanged.connect(self._text_typed)
        column.addWidget(self.text, 1)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.picture = KeyButton(self.tr("Picture …"))
        self.no_picture = KeyButton(self.tr("No picture"))
        self.picture_name = ElidedLabel()
        self.picture.clicked.connect(self._browse_picture)
        self.no_picture.clicked.connect(lambda: self.model.set_step("picture", None))
        row.addWidget(self.picture)
        row.addWidget(self.no_picture)
        row.addWidget(self.picture_name, 1)
        column.addLayout(row)
        return area

    def _detail_sections(self) -> None:
        self.form = PlanForm()
        form, s, deg = self.form, self.tr(" s"), "°"
        form.add_number(("trials", "duration_s"), self.tr("shown for"), 0.1, 3600, 3.0, s)
        form.add_number(("trials", "fixation_cross_s"), self.tr("cross before it"), 0, 60, 0.6, s)
        form.add_switch(("trials", "fixation_gate"), self.tr("wait for gaze on the cross"), default=True)
        form.add_number(("trials", "blank_s"), self.tr("blank after it"), 0, 60, 0.3, s)
        orders = [
            (self.tr("random"), "random"),
            (self.tr("as listed"), "fixed"),
            (self.tr("latin square"), "latin-square"),
            (self.tr("most telling first"), "informative"),
        ]
        form.add_choice(("trials", "order"), self.tr("order"), orders)
        form.add_count(("trials", "repeats"), self.tr("times"), 1, 100, 1)
        form.add_switch(("trials", "stop_when_enough"), self.tr("stop when enough is known"), default=False)
        scales = [(self.tr("fit"), "fit"), (self.tr("native"), "native"), (self.tr("degrees"), "degrees")]
        form.add_choice(("stimuli", "scale"), self.tr("size"), scales)
        form.add_number(("stimuli", "width_deg"), self.tr("wide"), 0, 170, 0.0, deg)
        form.add_text(("stimuli", "background"), self.tr("background"), "#808080")
        form.add_count(("blocks", "size"), self.tr("break after"), 1, 10_000, 40)
        form.add_number(("blocks", "break_s"), self.tr("for"), 0, 3600, 30.0, s)
        form.add_number(("step", "duration_s"), self.tr("stays for"), 0, 3600, 0.0, s)
        form.edited.connect(self._edited)
        how = Section(self.tr("This step"))
        how.column.addWidget(form)
        wrong = Section(self.tr("What is wrong"))
        self._wrong = wrong
        self.problems = label("", "", wrap=True)
        self.problems.setProperty("tone", "bad")
        wrong.column.addWidget(self.problems)
        self.details_column.addWidget(how)
        self.details_column.addWidget(wrong)
        self.details_column.addStretch(1)
        self.file = ElidedLabel()
        self.details_column.addWidget(self.file)
        self.details_column.addWidget(label(self.tr("A text editor shows the same plan."), "small", wrap=True))

    # What changes

    def refresh(self) -> None:
        """Show the plan."""
        model, document = self.model, self.model.document
        if document is None:
            return
        self._is_showing = True
        estimate, counts, image_problem = model.estimate()
        self.name.setText(str(document.value("plan", "name") or document.path.stem))
        minutes = format_clock(estimate.total_s if estimate else None)
        n = estimate.n_trials if estimate else None
        self.length.show_text(
            self.tr("about {0} min a person · {1} images").format(minutes, UNKNOWN if n is None else n)
        )
        self._show_plans(document.path)
        self._show_cards(counts)
        self._show_step()
        self.undo.setEnabled(document.can_undo)
        self.redo.setEnabled(document.can_redo)
        self.remove.setEnabled(len(model.steps) > 1)
        self.earlier.setEnabled(model.selected > 0)
        self.later.setEnabled(model.selected + 1 < len(model.steps))
        self.save.setEnabled(document.is_changed)
        self.use.setEnabled(not document.mistakes and not image_problem)
        self.file.show_text(str(document.path))
        self._show_mistakes(image_problem)
        self._is_showing = False

    def _show_plans(self, path: Path) -> None:
        wanted = [(str(file), file.stem) for file in self.model.files]
        if str(path) not in dict(wanted):
            wanted.append((str(path), path.stem))
        box = self.plans
        if [(box.itemData(n), box.itemText(n)) for n in range(box.count())] != wanted:
            box.clear()
            for key, name in wanted:
                box.addItem(name, key)
        box.setCurrentIndex(box.findData(str(path)))

    def _show_cards(self, counts: tuple[int, ...]) -> None:
        cards = []
        for n, step in enumerate(self.model.steps):
            kind = str(step.get("kind", ""))
            faults = self.model.mistakes(n)
            cards.append(
                StepCard(
                    name=self._kind_name(kind),
                    detail=self.tr("mistake") if faults else self._detail(kind, counts[n] if n < len(counts) else None),
                    fault="; ".join(fault.fault for fault in faults),
                )
            )
        self.cards.show_cards(cards, self.model.selected)

    def _detail(self, kind: str, n_images: int | None) -> str:
        if kind in IMAGES:
            return self.tr("{0} images").format(UNKNOWN if n_images is None else n_images)
        document = self.model.document
        if kind in ("calibrate", "validate") and document is not None:
            key, usual = ("points", 9) if kind == "calibrate" else ("validation_points", 5)
            return self.tr("{0} points").format(document.value("calibration", key) or usual)
        return ""

    def _show_step(self) -> None:
        model, step = self.model, self.model.step
        kind = str(step.get("kind", ""))
        self.step_name.setText(self._kind_name(kind))
        self._kinds.setCurrentIndex(0 if kind in IMAGES else 1 if kind in WORDS else 2)
        self.form.show_rows(IMAGE_KEYS if kind in IMAGES else [("step", "duration_s")] if kind in WORDS else [])
        values = {key: model.value(*key) for key in self.form.fields if key[0] != "step"}
        values["step", "duration_s"] = step.get("duration_s")
        self.form.show_values(values)
        words = ""
        if kind in IMAGES:
            images = model.images(model.selected)
            words = images.problem or (
                self.tr("its own images") if images.is_own else self.tr("the plan's images, shared among its steps")
            )
            self._mark_images()
        elif kind in WORDS:
            text = self._text_of(step.get("text"))
            if self.text.toPlainText() != text and not self._typing.isActive():
                self.text.setPlainText(text)
            picture = step.get("picture")
            self.picture_name.show_text(picture if isinstance(picture, str) else "")
            self.no_picture.setEnabled(bool(picture))
            words = self.tr("0 s: until somebody goes on")
        else:
            self.targets.setText(self.tr("How gaze is calibrated is chosen in Record, on the page of the calibration."))
        self.step_words.show_text(words)

    def _mark_images(self) -> None:
        """Show the images of the step; the same image twice and what cannot be read are marked."""
        model = self.model
        if str(model.step.get("kind")) not in IMAGES:
            return
        seen: dict[str, str] = {}
        items = []
        for n, path in enumerate(model.images(model.selected).paths, start=1):
            known = model.thumbnails.get(path)
            mark, detail = "", ""
            if known is not None:
                first = seen.get(known.content)
                seen.setdefault(known.content, path.name)
                if known.problem:
                    mark, detail = self.tr("unreadable"), known.problem
                elif first is not None:
                    mark, detail = self.tr("twice"), self.tr("the same image as {0}").format(first)
            items.append(
                ImageItem(
                    key=str(path),
                    name=f"{n}  {path.stem}",
                    path=path,
                    figure=mark,
                    tone="bad" if mark else "",
                    detail=detail,
                )
            )
        self.grid.show_items(items, self.grid.key)

    def _show_mistakes(self, image_problem: str) -> None:
        model = self.model
        lines = [(self.tr("line {0}: ").format(m.line) if m.line else "") + m.fault for m in model.mistakes()] + (
            [image_problem] if image_problem else []
        )
        self._wrong.setVisible(bool(lines))
        self.problems.setText("\n\n".join(f"{n}. {line}" for n, line in enumerate(lines, start=1)))
        in_use = model.document is not None and self._setup.plan_file == model.document.path
        if model.problem:
            self.show_state(PageState.FAILED, model.problem, self.tr("Nothing was changed."))
        elif lines:
            words = self.tr("The plan has a mistake.") if len(lines) == 1 else self.tr("The plan has {0} mistakes.")
            self.show_state(PageState.FAILED, words.format(len(lines)), self.tr("Each is marked at its place."))
        elif in_use and model.document is not None and not model.document.is_changed:
            self.show_state(PageState.DONE, self.tr("The next session follows this plan."))
        else:
            self.show_state(
                PageState.EMPTY, self.tr("Ready."), self.tr("U saves the plan and uses it in Record."), is_quiet=True
            )

    # Actions

    def _after_typing(self, do: Callable[[], object]) -> None:
        """Words that were just typed belong to the step that is still shown."""
        if self._typing.isActive():
            self._typing.stop()
            self._take_text()
        do()

    def _choose_step(self, number: int) -> None:
        self._after_typing(lambda: self.model.select(number))

    def _add_step(self, index: int) -> None:
        kind = self.add.itemData(index)
        self.add.setCurrentIndex(0)
        if kind:
            self._after_typing(lambda: self.model.add_step(kind))

    def _move_step(self, by: int, _checked: bool = False) -> None:
        self._after_typing(lambda: self.model.move_step(by))

    def _move_image(self, by: int, _checked: bool = False) -> None:
        key = self.grid.key
        if key:
            self.model.move_image(Path(key), by)
            self.grid.choose(key)

    def _marked(self) -> list[str]:
        return self.grid.keys or ([self.grid.key] if self.grid.key else [])

    def _edited(self, table: str, key: str, value: object) -> None:
        if table == "step":
            self.model.set_step(key, float(value) if isinstance(value, int | float) else None)
        elif isinstance(value, str | int | float | bool):
            self.model.set_value(table, key, value)

    def _text_typed(self) -> None:
        if not self._is_showing:
            self._typing.start()

    def _take_text(self) -> None:
        said, text = self.model.step.get("text"), self.text.toPlainText()
        if isinstance(said, dict):
            language = next(iter(said), "en")
            self.model.set_step("text", {**{str(k): str(v) for k, v in said.items()}, language: text})
        else:
            self.model.set_step("text", text or None)

    @staticmethod
    def _text_of(value: object) -> str:
        if isinstance(value, dict):
            value = next(iter(value.values()), "")
        return value if isinstance(value, str) else ""

    def _plan_chosen(self, _index: int) -> None:
        document = self.model.document
        path = Path(self.plans.currentData())
        if document is not None and path != document.path:
            self.model.open(path)

    def _browse(self) -> None:
        before = self.model.document.path.parent if self.model.document else self._setup.study_dir
        chosen, _ = QFileDialog.getOpenFileName(self, self.tr("Plan"), str(before), self.tr("Plans (*.toml)"))
        if chosen:
            self.model.open(Path(chosen))

    def _browse_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, self.tr("Folder of images"))
        if chosen:
            self.model.add_folder(Path(chosen))

    def _browse_files(self) -> None:
        chosen, _ = QFileDialog.getOpenFileNames(self, self.tr("Images"), "", self._kinds_of_images())
        if chosen:
            self.model.add_files([Path(name) for name in chosen])

    def _browse_picture(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, self.tr("Picture"), "", self._kinds_of_images())
        if chosen:
            self.model.set_step("picture", chosen)

    def _kinds_of_images(self) -> str:
        return self.tr("Pictures") + f" ({' '.join(f'*{suffix}' for suffix in sorted(IMAGE_SUFFIXES))})"

    def _kind_name(self, kind: str) -> str:
        names = {
            "instruction": self.tr("Instruction"),
            "calibrate": self.tr("Calibrate"),
            "validate": self.tr("Validate"),
            "drift": self.tr("Drift check"),
            "enrol": self.tr("Enrol"),
            "overlay": self.tr("Overlay"),
            "break": self.tr("Break"),
            "thanks": self.tr("Thanks"),
        }
        return names.get(kind, kind or UNKNOWN)
