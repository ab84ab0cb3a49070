"""What a study's table says of each image (its condition, its kind), as it was kept with a session."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gazeapp.store.cells import is_name_of_digits

if TYPE_CHECKING:
    from gazeapp.store.reader import SessionReader

Value = str | int | float
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
COLUMN = "variable_"
"""How the column of a variable begins in what is exported: no name of a variable can then be that of another column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageVariables:
    """The variables of a session's images, in the order of the study's table."""

    of_image: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    """Stimulus → name → value; one without a value is left out."""

    @classmethod
    def read(cls, reader: SessionReader) -> ImageVariables:
        """Of a session; none where its plan named no table."""
        known = reader.meta.get("image_variables")
        rows = known.items() if isinstance(known, dict) else ()
        return cls(
            of_image={
                str(stimulus_id): {str(name): value for name, value in row.items() if isinstance(value, Value)}
                for stimulus_id, row in rows
                if isinstance(row, dict)
            }
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Of all variables."""
        return tuple(dict.fromkeys(name for row in self.of_image.values() for name in row))

    def is_text(self, name: str) -> bool:
        """Whether a variable has values that are no numbers."""
        return any(isinstance(row.get(name), str) for row in self.of_image.values())

    def value(self, stimulus_id: str, name: str) -> Value | None:
        """Of one image, text for a variable of text; None where the table says nothing."""
        found = self.of_image.get(stimulus_id, {}).get(name)
        return str(found) if found is not None and self.is_text(name) else found


def meaning(name: str) -> str:
    """What a variable's column means, in a list of columns."""
    return f"{name} of the image, as the study's table says"


def parse_column(cells: Sequence[str]) -> list[Value | None]:
    """The cells of one variable: numbers where every one is a number, else text as it stands; None for an empty one.

    Text, too, where numbers would not keep apart or whole what the cells say: 01 and 02, 1.1 and 1.10.
    """
    filled = {cell for cell in cells if cell}
    numbers = {cell: number for cell in filled if (number := _parse_number(cell)) is not None}
    if len(set(numbers.values())) == len(filled) and not any(map(is_name_of_digits, filled)):
        return [numbers.get(cell) for cell in cells]
    return [cell or None for cell in cells]


def _parse_number(text: str) -> int | float | None:
    # 1_2 and digits of other scripts are numbers to Python, and names of conditions to people
    if not _NUMBER.fullmatch(text) or not math.isfinite(value := float(text)):
        return None
    return int(text) if text.lstrip("+-").isdigit() else value
