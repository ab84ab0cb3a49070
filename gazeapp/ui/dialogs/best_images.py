"""Offers the images of a step on which people differ most, with what they save; nothing changes until it is taken."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QSpinBox, QWidget

from gazeapp.runtime.best_images import BestImages, Information, choose_best
from gazeapp.ui.bridge import QtBridge
from gazeapp.ui.dialogs.dialog import Dialog
from gazeapp.ui.error_words import error_words
from gazeapp.ui.formatting import counted, format_clock, format_figure
from gazeapp.ui.widgets.basic import label, pad_number


class BestImagesDialog(Dialog):
    """Looks at every image once, in the background; another number of images is answered at once.

    Args:
        parent: Window it belongs to.
        bridge: Runs what takes time.
        paths: The images of the step.
        trial_s: How long one takes.
    """

    taken = Signal(list)
    """The images that were chosen, in the order in which the step had them."""

    def __init__(self, parent: QWidget | None, bridge: QtBridge, paths: Sequence[Path], trial_s: float) -> None:
        super().__init__(parent, self.tr("Images on which people differ most"))
        self._bridge, self._paths, self._trial_s = bridge, list(paths), trial_s
        self._stop = threading.Event()
        self._read: tuple[list[Path], list[Information]] = ([], [])
        self._best: BestImages | None = None
        self.body.addWidget(
            label(
                self.tr(
                    "The weights know in what people differ; an image is worth what one viewing of it is expected to "
                    "tell about a person, and of images that tell the same, one is taken."
                ),
                "dim",
                wrap=True,
            )
        )
        row = QHBoxLayout()
        row.setSpacing(10)
        self.count = QSpinBox()
        pad_number(self.count)
        self.count.setRange(1, max(len(self._paths), 1))
        self.count.setValue(min(40, max(1, len(self._paths) * 2 // 3)))
        self.count.setAccessibleName(self.tr("How many images"))
        self.count.setKeyboardTracking(False)
        self.count.valueChanged.connect(lambda _k: self._choose())
        row.addWidget(label(self.tr("Keep"), "dim"))
        row.addWidget(self.count)
        row.addWidget(label(self.tr("of {0} images").format(len(self._paths)), "dim"))
        row.addStretch(1)
        self.body.addLayout(row)
        self.bar = QProgressBar()
        self.bar.setRange(0, max(len(self._paths), 1))
        self.bar.setTextVisible(False)
        self.body.addWidget(self.bar)
        self.finding = label(self.tr("Looking at the images …"), "strong", wrap=True)
        self.body.addWidget(self.finding)
        self.more = label("", "dim", wrap=True)
        self.body.addWidget(self.more)
        self.cancel = self.add_button(self.tr("Cancel"), self.reject, key="Escape")
        self.take = self.add_button(self.tr("Keep these"), self._take, key="Return", primary=True)
        self.take.setEnabled(False)
        self.finished.connect(lambda _code: self._stop.set())
        self._begin()

    def _begin(self) -> None:
        paths, stop, bridge = self._paths, self._stop, self._bridge

        begun: list[float] = []

        def on_image(n: int) -> bool:
            begun.append(time.monotonic())
            per_image_s = (begun[-1] - begun[0]) / max(len(begun) - 1, 1)
            left_s = per_image_s * (len(paths) - n) if len(begun) > 2 else math.nan
            bridge.call(lambda: None if stop.is_set() else self._show_progress(n, left_s))
            return not stop.is_set()

        def look() -> tuple[list[Path], list[Information], list[str]]:
            from gazeapp.networks.predictors import Predictors
            from gazeapp.networks.torch_setup import limit_threads, preload_torch
            from gazeapp.runtime.best_images import read_informations

            preload_torch()
            limit_threads()
            return read_informations(paths, Predictors.load(), on_image)

        def done(found: tuple[list[Path], list[Information], list[str]] | Exception) -> None:
            if stop.is_set():
                return
            self.bar.hide()
            self.more.setText("")
            if isinstance(found, Exception):
                self.finding.setText(self.tr("This could not be told."))
                self.show_problem(error_words(found))
                return
            readable, informations, problems = found
            self._read = readable, informations
            self.count.setMaximum(max(len(readable), 1))
            if problems:
                self.more.setText(
                    counted(
                        len(problems),
                        self.tr("{0} image cannot be read and is left out."),
                        self.tr("{0} images cannot be read and are left out."),
                    )
                )
            self._choose()

        self._bridge.run(look, done)

    def _show_progress(self, n: int, left_s: float) -> None:
        self.bar.setValue(n)
        if math.isfinite(left_s):
            self.more.setText(self.tr("about {0} min left").format(format_clock(left_s)))

    def _choose(self) -> None:
        informations = self._read[1]
        if not informations:
            return
        self._best = best = choose_best(informations, self.count.value())
        saved_s = best.n_saved * self._trial_s
        self.finding.setText(
            self.tr(
                "These {0} images are expected to tell as much as {1} random ones: {2} min saved for each person."
            ).format(len(best.chosen), best.n_random, format_clock(saved_s))
            if best.n_saved > 0
            else self.tr("These {0} images tell no more than random ones would.").format(len(best.chosen))
        )
        bits = format_figure(best.bits, 1)
        if not self.more.text() or self.more.property("bits"):
            self.more.setProperty("bits", True)
            self.more.setText(self.tr("{0} bits about a person are expected of them.").format(bits))
        self.take.setEnabled(True)

    def _take(self) -> None:
        if self._best is None:
            return
        chosen = {self._read[0][n] for n in self._best.chosen}
        self.accept()
        self.taken.emit([path for path in self._paths if path in chosen])
