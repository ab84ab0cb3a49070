"""A field for a number that reads a point and a comma alike."""

from __future__ import annotations

from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QDoubleSpinBox


class DecimalField(QDoubleSpinBox):
    """Shows the decimal sign of the interface's language and takes either one.

    Qt takes the other one for a sign between thousands: 344.5 would be read as 3445 in German.
    """

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Called by Qt at every key."""
        state, text, position = super().validate(self._in_one_sign(text), position)
        return state, text, position

    def valueFromText(self, text: str) -> float:
        """Called by Qt."""
        return super().valueFromText(self._in_one_sign(text))

    def _in_one_sign(self, text: str) -> str:
        sign = self.locale().decimalPoint()
        return text.replace("," if sign == "." else ".", sign)
