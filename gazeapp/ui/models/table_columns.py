"""A foreign table before it is imported: which column is what, tried out on its first rows."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from gazeapp.gaze.display import Display
from gazeapp.store.imports.table_preview import Trial, columns_option, preview_table, recall, remember

_log = logging.getLogger(__name__)

ROLES = (
    "time",
    "x",
    "y",
    "left_x",
    "left_y",
    "right_x",
    "right_y",
    "valid",
    "left_valid",
    "right_valid",
    "lost",
    "left_lost",
    "right_lost",
    "confidence",
    "left_confidence",
    "right_confidence",
    "pupil",
    "left_pupil",
    "right_pupil",
)
"""What a person can say that a column holds."""


class TableColumns:
    """What a person says about a table; nothing said is what the columns say by themselves.

    Args:
        path: The table.
        display: The screen, where it is known.
        memory: Where layouts are remembered; by default with the settings.

    Raises:
        UnreadableTable: No text table.
    """

    def __init__(self, path: Path, display: Display | None = None, memory: Path | None = None) -> None:
        self.table = preview_table(path)
        self._display = display
        self._memory = memory
        self._said = recall(self.table.header, memory)
        self.is_recalled = bool(self._said)
        """Whether a table with these columns was described before."""
        self._roles: dict[str, int] = {}
        self.trial = self._try()

    @property
    def options(self) -> dict[str, str]:
        """The answers as `--option` takes them: `columns`, `unit`, `origin`, `time_unit`."""
        return dict(self._said)

    @property
    def roles(self) -> dict[str, int]:
        """Role → column, as found or as said."""
        return dict(self._roles)

    def role_of(self, column: int) -> str:
        """What a column holds; empty for nothing that is used."""
        return next((role for role, at in self._roles.items() if at == column), "")

    def set_role(self, column: int, role: str) -> Trial:
        """Say what a column holds; a role has one column, and a column one role."""
        roles = {other: at for other, at in self._roles.items() if at != column and other != role}
        if role:
            roles[role] = column
        self._said["columns"] = columns_option(self.table.header, roles)
        return self._after(roles)

    def say(self, option: str, value: str) -> Trial:
        """Say `unit`, `origin` or `time_unit`; empty leaves it to the values."""
        self._said.pop(option, None)
        if value:
            self._said[option] = value
        return self._after(self._roles)

    def take(self, options: Mapping[str, str]) -> Trial:
        """Say what was said of another table with the same columns."""
        self._said = dict(options)
        return self._after({})

    def say_nothing(self) -> Trial:
        """Leave all to the table itself."""
        self._said = {}
        return self._after({})

    def remember(self) -> None:
        """Keep the answers for tables with the same columns."""
        try:
            remember(self.table.header, self._said, self._memory)
        except OSError as error:
            _log.warning("what was said about the columns cannot be kept: %s", error)

    def _after(self, roles: dict[str, int]) -> Trial:
        self._roles = roles
        self.trial = self._try()
        return self.trial

    def _try(self) -> Trial:
        trial = self.table.try_options(self._said, self._display)
        if trial.roles:
            self._roles = dict(trial.roles)
        return trial
