"""What a person looks at more or less: a sentence, then the figures with their intervals."""

from __future__ import annotations

from gazeapp.ui.formatting import format_figure, format_share
from gazeapp.ui.models.preference_model import Told
from gazeapp.ui.translation import tr
from gazeapp.ui.widgets.basic import Section, label, set_text
from gazeapp.ui.widgets.figure_table import Cell, FigureTable


class PreferenceFacts(Section):
    """Hidden as long as nothing can be said; coloured is what stands out.

    Args:
        name: Of the section.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.finding = label("", "", wrap=True)
        self.table = FigureTable(["", self.tr("more by (95 %)")], column_px=104)
        self.note = label("", "dim", wrap=True)
        for widget in (self.finding, self.table, self.note):
            self.column.addWidget(widget)
        self.hide()

    def show_told(self, told: Told, note: str) -> None:
        """Show what is told; the note stands below figures only."""
        self.setVisible(bool(told.words))
        set_text(self.finding, told.words)
        if self.table.names != [tr(one.name) for one in told.figures]:
            self.table.clear()
        self.table.setVisible(bool(told.figures))
        self.note.setVisible(bool(told.figures))
        set_text(self.note, note)
        for one in told.figures:
            tone = ("ok" if one.more > 0 else "bad") if one.is_sure else ""
            half = format_figure(100 * (one.high - one.more), 0)
            share = signed_share(one.more).removesuffix(" %")
            self.table.show_row(tr(one.name), [Cell(f"{share} ± {half} %", tone)])


def signed_share(value: float) -> str:
    """A difference of shares in whole percent, with its sign.

    >>> signed_share(0.123), signed_share(-0.04), signed_share(-0.001)
    ('+12 %', '−4 %', '0 %')
    """
    text = format_share(value, 0)
    is_nothing = not any(digit in text for digit in "123456789")
    return text.lstrip("−") if is_nothing else f"+{text}" if value > 0 else text
