"""The page of the tracker: everything found, and why the rest cannot be used."""

from __future__ import annotations

import math

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from gazeapp.devices.discovery import opening_options
from gazeapp.devices.tracker import Availability, TrackerInfo
from gazeapp.ui.formatting import format_figure, format_share
from gazeapp.ui.models.preview_model import BACKENDS as PREVIEWED
from gazeapp.ui.models.setup_model import MOUSE, OBSERVER, SetupModel
from gazeapp.ui.models.tracker_choice import TrackerChoice
from gazeapp.ui.pages.page import Page, PageState
from gazeapp.ui.screens import list_screens
from gazeapp.ui.theme import Theme
from gazeapp.ui.translation import tr
from gazeapp.ui.widgets.basic import ElidedLabel, Panel, Section, label, set_tone
from gazeapp.ui.widgets.choice_list import Choice, ChoiceList
from gazeapp.ui.widgets.figure_table import FigureTable
from gazeapp.ui.widgets.gaze_preview import GazePreview
from gazeapp.ui.widgets.layout_form import LayoutForm
from gazeapp.ui.widgets.track_status import TrackStatus, head_eyes

BACKEND_NAMES = {
    "tobii": "Tobii Pro",
    "lsl": "Lab Streaming Layer",
    "webcam": "Webcam",
    "replay": "Replay",
    "simulated": "Simulated",
    "remote": "Remote process",
}


class TrackerPage(Page):
    """A missing SDK is a row with a reason and a way to get it, never an error."""

    def __init__(self, theme: Theme, model: SetupModel) -> None:
        super().__init__(theme, self.tr("Tracker"))
        self._model = model
        self._eye_names = {
            "binocular": self.tr("both eyes"),
            "left": self.tr("left eye"),
            "right": self.tr("right eye"),
            "cyclopean": self.tr("one gaze point"),
        }
        found = Panel(margin_px=6)
        self.list = ChoiceList(theme)
        self.list.chosen.connect(self._choose)
        found.column.addWidget(self.list)
        self._lists = lists = QWidget()
        lists.setObjectName("scrolled")
        column = QVBoxLayout(lists)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(14)
        column.addWidget(label(self.tr("Ready to use"), "section"))
        column.addWidget(found)
        self._missing_heading = label(self.tr("Not available here"), "section")
        self._missing_panel = Panel(margin_px=6)
        self.missing = ChoiceList(theme)
        self._missing_panel.column.addWidget(self.missing)
        column.addWidget(self._missing_heading)
        column.addWidget(self._missing_panel)
        column.addStretch(1)
        self._area = QScrollArea()  # many trackers on a small screen: the gaze of the one that is chosen needs its room
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QScrollArea.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setMinimumHeight(130)
        self._area.setWidget(lists)
        self.body.addWidget(self._area, 1)
        preview = self._preview_panel()
        preview.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.body.addWidget(preview)
        section = Section(self.tr("Chosen tracker"))
        self._facts = FigureTable(["", ""], column_px=150)
        section.column.addWidget(self._facts)
        self.details_column.addWidget(section)
        eyes = Section(self.tr("Eyes in view"))
        self.eyes = TrackStatus(theme)
        self.eyes.empty_text = self.tr("This tracker does not tell where the eyes are")
        eyes.column.addWidget(self.eyes)
        self._eyes = eyes
        self.details_column.addWidget(eyes)
        mouse = Section(self.tr("Without a tracker"))
        self._without = mouse
        mouse.column.addWidget(
            label(
                self.tr(
                    "The mouse is treated as a tracker: it is calibrated, recorded and learnt from. The simulated "
                    "observer looks at the images by itself and shows what a session is like. Neither says anything "
                    "about people."
                ),
                "dim",
                wrap=True,
            )
        )
        self.details_column.addWidget(mouse)
        self.details_column.addStretch(1)
        self.again = self.add_action(self.tr("Search again"), "R")
        self.again.clicked.connect(model.find_trackers)
        self.go = self.add_action(self.tr("Use this tracker"), "Return", primary=True)
        self.go.clicked.connect(self._continue)
        model.changed.connect(self.refresh_if_shown)
        self.refresh()

    def entered(self) -> None:
        """Search anew each time: cables move. A tracker that records is left alone."""
        if not self._model.recorded:
            self._model.find_trackers()
        if not self._model.screens:
            self._model.show_screens(list_screens())  # gaze is shown on a drawing of one
        self.list.setFocus()

    def left(self) -> None:
        """Nobody looks any more: the tracker is free again."""
        self._model.preview.stop()

    def refresh(self) -> None:
        """Show the model."""
        model = self._model
        choices = [self._tracker_row(info) for info in model.scan.trackers]
        choices = [c for c in choices if not c.key.startswith("simulated/")] + [
            Choice(
                key=OBSERVER,
                name=self.tr("Simulated observer"),
                icon="participant",
                detail=self.tr("Simulated gaze: saliency, preferences, noise, blinks"),
                figure="500 Hz",
            ),
            Choice(
                key=MOUSE,
                name=self.tr("Mouse as gaze"),
                icon="tracker",
                detail=self.tr("For trying things out; calibrated like a tracker"),
                figure="250 Hz",
            ),
        ]
        if model.tracker and model.tracker.key not in {choice.key for choice in choices}:
            choices.insert(
                0,
                Choice(
                    key=model.tracker.key,
                    name=model.tracker.name,
                    icon="tracker",
                    detail=self.tr("Chosen on the command line"),
                ),
            )
        self.list.show_choices(choices, model.tracker.key if model.tracker else "")
        missing = [self._backend_row(b) for b in model.scan.backends if not b.ok]
        self.missing.show_choices(missing, "")
        self._missing_heading.setVisible(bool(missing))
        self._missing_panel.setVisible(bool(missing))
        keys = [choice.key for choice in choices]
        if model.tracker is not None and model.tracker.key in keys:
            row = self.list.height() // max(len(keys), 1)
            at = self.list.mapTo(self._lists, QPoint(0, row * keys.index(model.tracker.key) + row // 2))
            self._area.ensureVisible(0, at.y(), 0, row)
        is_free = not model.recorded
        self.list.setEnabled(is_free)
        self.again.setEnabled(is_free and not model.is_scanning)
        self.go.setEnabled(is_free and model.tracker is not None)
        self._show_facts()
        self._show_preview()
        n_real = sum(info.backend != "simulated" for info in model.scan.trackers)
        if not is_free:
            self.show_state(
                PageState.EMPTY,
                self.tr("{0} is being recorded with this tracker.").format(model.recorded),
                self.tr("Another one can be chosen when the session is over."),
            )
        elif model.scan_problem:
            self.show_state(PageState.FAILED, model.scan_problem, self.tr("Press R to search again."))
        elif model.is_scanning:
            self.show_state(
                PageState.LOADING,
                self.tr("Searching for trackers …"),
                self.tr("What was found before can be used meanwhile."),
            )
        elif model.tracker is not None:
            name = next((c.name for c in choices if c.key == model.tracker.key), model.tracker.name)
            self.show_state(
                PageState.DONE, self.tr("{0} is chosen.").format(name), self.tr("Press ⏎ to set up the screens.")
            )
        elif n_real:
            self.show_state(PageState.EMPTY, self.tr("Choose the tracker to use."), self.tr("↑ ↓ move, ⏎ goes on."))
        else:
            self.show_state(
                PageState.EMPTY,
                self.tr("No eye tracker was found."),
                self.tr("Connect one and press R, or go on with the mouse or the simulated observer."),
                tone="warn",
            )

    def _tracker_row(self, info: TrackerInfo) -> Choice:
        backend = BACKEND_NAMES.get(info.backend, info.backend)
        serial = f" · {info.serial}" if info.serial else ""
        rate = f"{info.rate_hz:.0f} Hz" if math.isfinite(info.rate_hz) else self.tr("irregular")
        eyes = self.tr("not understood") if info.problem else self._eye_names[info.eyes]
        return Choice(
            key=f"{info.backend}/{info.name}",
            name=info.name,
            icon="tracker",
            detail=f"{backend}{serial} · {eyes}",
            figure=rate,
        )

    def _backend_row(self, backend: Availability) -> Choice:
        reason = {
            "sdk-missing": self.tr("SDK missing"),
            "library-missing": self.tr("library missing"),
            "wrong-python": self.tr("needs another Python"),
            "no-device": self.tr("no device"),
            "no-permission": self.tr("no permission"),
            "failed": self.tr("failed"),
        }.get(backend.reason.value if backend.reason else "", self.tr("not available"))
        return Choice(
            key=backend.backend,
            name=BACKEND_NAMES.get(backend.backend, backend.backend),
            detail=tr.error(backend.hint),
            figure=reason,
            is_enabled=False,
        )

    def _preview_panel(self) -> Panel:
        preview = self._model.preview
        self.preview_panel = Panel(spacing_px=10)
        head = QHBoxLayout()
        head.addWidget(label(self.tr("Gaze now"), "strong"))
        self._preview_words = ElidedLabel(Qt.TextElideMode.ElideRight)
        head.addWidget(self._preview_words, 1)
        self.preview_panel.column.addLayout(head)
        row = QHBoxLayout()
        row.setSpacing(18)
        self.dot = GazePreview(self.theme)
        row.addWidget(self.dot, 3)
        self.layout_form = LayoutForm()
        self.layout_form.changed.connect(preview.read_as)
        row.addWidget(self.layout_form, 2)
        self.preview_panel.column.addLayout(row)
        self._notes = label("", "small", wrap=True)
        self.preview_panel.column.addWidget(self._notes)
        preview.changed.connect(self.refresh_if_shown)
        preview.moved.connect(self._show_gaze)
        return self.preview_panel

    def _show_preview(self) -> None:
        model, preview = self._model, self._model.preview
        is_free = not model.recorded
        preview.show(model.tracker if self.isVisible() and is_free else None, model.display)
        is_previewed = is_free and model.tracker is not None and model.tracker.backend in PREVIEWED
        self.preview_panel.setVisible(is_previewed)
        self._eyes.setVisible(is_previewed)
        self._without.setVisible(not is_previewed)
        if not is_previewed:
            return
        explained, stream = preview.explained, preview.stream
        self.layout_form.setVisible(stream is not None)
        if explained is not None:
            self.layout_form.show_layout(explained.stream, explained.layout, explained.unit, preview.remembered)
        elif stream is not None:
            self.layout_form.show_channels(stream, preview.remembered)
        self.dot.empty_text = (
            self.tr("Opening the tracker …")
            if preview.is_opening
            else self.tr("No gaze: is the participant in front of the tracker?")
            if preview.is_open
            else self.tr("Not open")
        )
        notes = [preview.problem] if preview.problem else list(preview.notes)
        self._notes.setText("\n".join(notes))
        set_tone(self._notes, "bad" if preview.problem else "warn")
        self._notes.setVisible(bool(notes))
        self._show_gaze()

    def _show_gaze(self) -> None:
        display = self._model.display
        if not self.isVisible() or display is None:
            return
        look = self._model.preview.look()
        self.dot.show_gaze(look.trail_px, (float(display.width_px), float(display.height_px)))
        self._preview_words.show_text(
            self.tr("{0} · data loss {1} · look into each corner: the dot must follow").format(
                format_figure(look.rate_hz, 0, " Hz"), format_share(look.loss, 0)
            )
        )
        head = look.head
        if head is None:
            self.eyes.show_eyes(None, None, math.nan)
        else:
            self.eyes.show_eyes(*head_eyes(head), head.distance_mm)

    def _choose(self, key: str) -> None:
        if self._model.tracker is not None and key == self._model.tracker.key:
            return
        if key in (MOUSE, OBSERVER):
            name = self.tr("Mouse") if key == MOUSE else self.tr("Simulated")
            choice = TrackerChoice(key=key, backend="simulated", name=name)
        else:
            info = next(i for i in self._model.scan.trackers if f"{i.backend}/{i.name}" == key)
            choice = TrackerChoice(key=key, backend=info.backend, name=info.name, options=opening_options(info))
        self._model.choose_tracker(choice)

    def _show_facts(self) -> None:
        choice = self._model.tracker
        info = next((i for i in self._model.scan.trackers if choice and f"{i.backend}/{i.name}" == choice.key), None)
        rate = f"{info.rate_hz:.0f} Hz" if info and math.isfinite(info.rate_hz) else ""
        eyes = self._eye_names[info.eyes] if info else ""
        if choice and choice.key in (MOUSE, OBSERVER):
            rate, eyes = ("250 Hz", "cyclopean") if choice.key == MOUSE else ("500 Hz", "binocular")
            eyes = self._eye_names[eyes]
        self._facts.show_row(self.tr("Rate"), [rate])
        self._facts.show_row(self.tr("Eyes"), [eyes])
        self._facts.show_row(self.tr("Serial"), [info.serial if info else ""])
        in_device = info is not None and any(c.value == "on-device-calibration" for c in info.capabilities)
        self._facts.show_row(
            self.tr("Calibrates"),
            ["" if choice is None else self.tr("by itself") if in_device else self.tr("in this program")],
        )

    def _continue(self) -> None:
        self._model.confirm_tracker()
        self.step_finished.emit()
