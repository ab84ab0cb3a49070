"""A plan's file while somebody changes it: everything can be undone, and every mistake is known at once.

The text is the truth, and only what is changed in it changes (`plan_text`): whatever this version does not know stays
as it was. `mistakes` says what is wrong where, and `plan` is there when nothing is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gazeapp.errors import PlanError
from gazeapp.experiment.plan import PHASES, ExperimentPlan
from gazeapp.experiment.plan_reader import PlanMistake, parse_plan, plan_mistakes
from gazeapp.experiment.plan_text import (
    STEPS,
    Value,
    with_phases_as_steps,
    with_step,
    with_step_moved,
    with_step_value,
    with_value,
    without_step,
)
from gazeapp.experiment.plan_writer import write_plan
from gazeapp.experiment.toml_reader import parse_toml
from gazeapp.store.new_file import write_whole
from gazeapp.store.untrusted.files import TooLarge, read_bytes, read_text
from gazeapp.store.untrusted.limits import SETTINGS_BYTES

MAX_UNDO = 200


class PlanDocument:
    """One plan's text with its history.

    Args:
        text: TOML; PlanError where it is none.
        path: Its file, there or not: relative names in the plan start at its folder.
    """

    def __init__(self, text: str, path: Path) -> None:
        parse_toml(path, text, PlanError)
        self.path = path
        self._text = text
        self._undo: list[str] = []
        self._redo: list[str] = []
        self._saved: str | None = None
        self._mistakes: tuple[PlanMistake, ...] | None = None
        self._read: tuple[str, dict[str, Any]] = ("", {})  # Any: TOML values
        self._is_one = False

    @classmethod
    def open(cls, path: Path) -> PlanDocument:
        """Read a plan, wrong keys and all; PlanError when it is no TOML file."""
        try:
            text = read_text(path, SETTINGS_BYTES)
        except OSError as error:
            raise PlanError(f"{path}: cannot be read ({error.strerror or error})", file=str(path), key="") from error
        except ValueError as error:
            raise PlanError(f"{path}: is not a plan in UTF-8 ({error})", file=str(path), key="") from error
        document = cls(text, path)
        document._saved = text
        return document

    @classmethod
    def of(cls, plan: ExperimentPlan, path: Path) -> PlanDocument:
        """A plan as text: whatever differs from the defaults."""
        return cls(write_plan(plan), path)

    # What is.

    @property
    def text(self) -> str:
        """As it would be saved."""
        return self._text

    @property
    def is_new(self) -> bool:
        """Whether it was never on the disk."""
        return self._saved is None

    @property
    def is_changed(self) -> bool:
        """Whether it differs from what is on the disk."""
        return self._text != self._saved

    @property
    def mistakes(self) -> tuple[PlanMistake, ...]:
        """Everything that is wrong, keys of a newer version included."""
        if self._mistakes is None:
            self._mistakes = plan_mistakes(self.path, self._text)
        return self._mistakes

    @property
    def plan(self) -> ExperimentPlan | None:
        """The plan that it says; None while something is wrong."""
        return None if self.mistakes else parse_plan(self.path, self._text)

    @property
    def steps(self) -> tuple[Mapping[str, Any], ...]:  # Any: TOML values
        """What the file says of each step, as it says it; phases are steps that say no more."""
        found = self._values().get(STEPS)
        if isinstance(found, list):
            return tuple(step if isinstance(step, dict) else {} for step in found)
        return tuple({"kind": phase} for phase in self._phases())

    def value(self, table: str, key: str) -> Any:  # Any: a TOML value
        """What the file says for a key of a table; None where it is silent."""
        found = self._values().get(table)
        return found.get(key) if isinstance(found, dict) else None

    # Changes; each is one step of undoing.

    @contextmanager
    def as_one(self) -> Iterator[None]:
        """What is changed within is one step of undoing; where it fails, nothing is changed."""
        before = self._text
        self._is_one = True
        try:
            yield
        except BaseException:
            self._text, self._mistakes = before, None
            raise
        finally:
            self._is_one = False
        if self._text != before:
            after, self._text = self._text, before
            self._replace(after)

    def set_value(self, table: str, key: str, value: Value | None) -> None:
        """Change a key of a table, or remove it."""
        if self.value(table, key) != value:
            self._replace(with_value(self._text, table, key, value))

    def set_step(self, number: int, key: str, value: Value | None) -> None:
        """Change a key of a step, or remove it."""
        text = self._with_steps()
        if self.steps[number].get(key) != value or text != self._text:
            self._replace(with_step_value(text, number, key, value))

    def add_step(self, at: int, kind: str, values: Mapping[str, Value] | None = None) -> None:
        """Put a new step at a place of the line; the end is `len(steps)`."""
        self._replace(with_step(self._with_steps(), at, {"kind": kind, **(values or {})}))

    def remove_step(self, number: int) -> None:
        """Take a step out, with the comments that belong to it."""
        self._replace(without_step(self._with_steps(), number))

    def move_step(self, number: int, to: int) -> None:
        """Put a step at another place of the line, which it has afterwards."""
        if number != to:
            self._replace(with_step_moved(self._with_steps(), number, to))

    def replace_text(self, text: str) -> None:
        """Take a text that was edited by hand; PlanError where it is no TOML."""
        parse_toml(self.path, text, PlanError)
        if text != self._text:
            self._replace(text)

    # History and disk.

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""
        return bool(self._undo)

    @property
    def can_redo(self) -> bool:
        """Whether there is a change to make again."""
        return bool(self._redo)

    def undo(self) -> None:
        """Take the latest change back, if there is one."""
        self._go(self._undo, self._redo)

    def redo(self) -> None:
        """Make the change that was taken back last again."""
        self._go(self._redo, self._undo)

    def save(self, path: Path | None = None) -> None:
        """Write the file, whole or not at all.

        Raises:
            PlanError: It cannot be written, or somebody else changed it since it was read.
        """
        path = path or self.path
        if path == self.path and self._saved is not None:
            try:
                is_theirs = read_bytes(path, SETTINGS_BYTES) not in (self._saved.encode(), self._text.encode())
            except OSError:
                is_theirs = False  # it is gone, and comes back
            except TooLarge:
                is_theirs = True
            if is_theirs:
                raise PlanError(
                    f"{path}: was changed by another program meanwhile; save under another name, or open it anew",
                    file=str(path),
                    key="",
                )
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, self._text.encode())
        except OSError as error:
            raise PlanError(f"{path}: cannot be written ({error.strerror or error})", file=str(path), key="") from error
        self.path, self._saved, self._mistakes = path, self._text, None

    # How.

    def _values(self) -> dict[str, Any]:  # Any: TOML values
        if self._read[0] != self._text:
            self._read = self._text, dict(parse_toml(self.path, self._text, PlanError).values)
        return self._read[1]

    def _phases(self) -> list[str]:
        phases = self.value("plan", "phases")
        return [str(phase) for phase in phases] if isinstance(phases, list) else list(PHASES)

    def _go(self, back: list[str], forth: list[str]) -> None:
        if back:
            forth.append(self._text)
            self._text = back.pop()
            self._mistakes = None

    def _replace(self, text: str) -> None:
        values = dict(parse_toml(self.path, text, PlanError).values)
        if not self._is_one:
            self._undo.append(self._text)
            del self._undo[:-MAX_UNDO]
            self._redo.clear()
        self._read = text, values
        self._text = text
        self._mistakes = None

    def _with_steps(self) -> str:
        """The text with its phases written as steps, where it has no steps yet."""
        return self._text if STEPS in self._values() else with_phases_as_steps(self._text, self._phases())
