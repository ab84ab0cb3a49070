"""The left column of Analyse: which session, and its images in an order."""

from __future__ import annotations

import math
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gazeapp.ui.formatting import format_share, format_signed
from gazeapp.ui.models.analysis_model import ORDERS, AnalysisModel
from gazeapp.ui.session_words import when_words
from gazeapp.ui.theme import Theme
from gazeapp.ui.widgets.basic import combo
from gazeapp.ui.widgets.image_list import ImageItem, ImageList

LIST_PX = 232
MUCH_LOSS = 0.2


class SessionImages(QWidget):
    """Chooses a session and an image of it."""

    session_wanted = Signal(str)

    def __init__(self, theme: Theme, model: AnalysisModel) -> None:
        super().__init__()
        self._model = model
        self.setFixedWidth(LIST_PX)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(8)
        self.session = combo(self.tr("Session"))
        self.session.activated.connect(self._session_chosen)
        rows.addWidget(self.session)
        self.order = combo(self.tr("Order of the images"))
        names = (self.tr("in order of time"), self.tr("by personal gain"), self.tr("by data loss"))
        for name, order in zip(names, ORDERS, strict=True):
            self.order.addItem(name, order)
        self.order.activated.connect(lambda _n: model.set_order(self.order.currentData()))
        rows.addWidget(self.order)
        self.list = ImageList(theme, model.thumbnails)
        self.list.setAccessibleName(self.tr("Images"))
        self.list.chosen.connect(lambda key: model.choose(int(key)))
        rows.addWidget(self.list, 1)

    def refresh(self) -> None:
        """Show the model."""
        model = self._model
        self._show_sessions()
        self.order.setCurrentIndex(ORDERS.index(model.order))
        files = model.recording.image_files if model.recording else {}
        items = [
            ImageItem(
                key=str(viewing.trial),
                name=viewing.image or self.tr("the whole recording"),
                path=files.get(viewing.stimulus_id, Path(viewing.image or ".")),
                figure=self._figure(viewing.trial, viewing.data_loss),
                tone=self._tone(viewing.trial, viewing.data_loss),
                detail=self.tr("excluded: {0}").format(viewing.excluded) if viewing.excluded else "",
                is_faded=bool(viewing.excluded),
            )
            for viewing in model.listed()
        ]
        self.list.show_items(items, str(model.trial))

    def _figure(self, trial: int, loss: float) -> str:
        if self._model.order == "quality":
            return format_share(loss, 0)
        gain = self._model.gain(trial)
        return "" if math.isnan(gain) else format_signed(gain)

    def _tone(self, trial: int, loss: float) -> str:
        if self._model.order == "quality":
            return "warn" if loss > MUCH_LOSS else ""
        return gain_tone(self._model.gain(trial, 0.0))

    def _show_sessions(self) -> None:
        wanted = [(r.session_id, f"{r.pseudonym} · {when_words(r.created_utc)}") for r in self._model.sessions]
        box = self.session
        if [(box.itemData(n), box.itemText(n)) for n in range(box.count())] != wanted:
            box.clear()
            for key, name in wanted:
                box.addItem(name, key)
        box.setCurrentIndex(box.findData(self._model.session_id))

    def _session_chosen(self, _index: int) -> None:
        key = self.session.currentData()
        if key and key != self._model.session_id:
            self.session_wanted.emit(key)


def gain_tone(gain: float) -> str:
    """How a personal gain is coloured."""
    return "ok" if gain >= 0.005 else "bad" if gain <= -0.005 else ""
