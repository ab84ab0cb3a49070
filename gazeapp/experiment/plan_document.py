"""A plan's file while somebody changes it: only what is changed changes, and everything can be undone.

The text is the truth. A change is made in the one table it belongs to (by tomlkit, which keeps comments, order and
spacing) or by moving whole tables of text about, with the comments right above them; so whatever this version does not
know stays as it was. Every change is checked at once: `mistakes` says what is wrong where, and `plan` is there when
nothing is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields, is_dataclass
from pathlib import Path
from typing import Any

import tomlkit

from gazeapp.errors import PlanError
from gazeapp.experiment.plan import PHASES, ExperimentPlan, PlanStep, TrialsPlan
from gazeapp.experiment.plan_reader import PlanMistake, parse_plan, plan_mistakes
from gazeapp.experiment.toml_place import find_headers, find_values
from gazeapp.experiment.toml_reader import parse_toml
from gazeapp.store.new_file import write_whole

Value = str | int | float | bool | Sequence[str] | Mapping[str, str]
"""What a key may be set to."""
MAX_UNDO = 200
_BARE = re.compile("[A-Za-z0-9_-]+")
_LIST_CHARACTERS = 100
"""A longer list is written one name a line."""
_STEPS = "steps"
_TABLES = ("stimuli", "trials", "blocks", "screens", "quality", "calibration", "sittings")


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
            text = path.read_bytes().decode("utf-8")
        except OSError as error:
            raise PlanError(f"{path}: cannot be read ({error.strerror or error})", file=str(path), key="") from error
        except UnicodeDecodeError as error:
            raise PlanError(f"{path}: is not UTF-8 text ({error})", file=str(path), key="") from error
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
        found = self._values().get(_STEPS)
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
        if self.value(table, key) == value:
            return
        self._replace(self._with_value(self._text, table, key, value))

    def set_step(self, number: int, key: str, value: Value | None) -> None:
        """Change a key of a step, or remove it."""
        text = self._with_steps()
        values = self.steps[number]
        if values.get(key) == value and text == self._text:
            return
        if (quick := _with_key(text, f"{_STEPS}[{number}]", key, value)) is not None:
            self._replace(quick)
            return
        inner = self._inline(text)
        if inner is not None:
            _put(inner[_STEPS][number], key, value)
            self._replace(inner.as_string())
            return
        blocks = _Blocks(text)
        first, last = blocks.steps[number]
        block = tomlkit.parse(text[first:last])
        self._replace(text[:first] + _line_end(block.as_string()) + text[last:])

    def add_step(self, at: int, kind: str, values: Mapping[str, Value] | None = None) -> None:
        """Put a new step at a place of the line; the end is `len(steps)`."""
        self._insert(self._with_steps(), at, {"kind": kind, **(values or {})})

    def remove_step(self, number: int) -> None:
        """Take a step out, with the comments that belong to it."""
        text = self._with_steps()
        inner = self._inline(text)
        if inner is not None:
            inner[_STEPS].pop(number)
            self._replace(inner.as_string())
            return
        first, last = _Blocks(text).steps[number]
        self._replace(text[:first] + text[last:])

    def move_step(self, number: int, to: int) -> None:
        """Put a step at another place of the line, which it has afterwards."""
        text = self._with_steps()
        if number == to:
            return
        inner = self._inline(text)
        if inner is not None:
            step = inner[_STEPS].pop(number)
            inner[_STEPS].insert(to, step)
            self._replace(inner.as_string())
            return
        places = _Blocks(text).steps
        texts = [_line_end(text[first:last]) for first, last in places]
        texts.insert(to, texts.pop(number))
        # the places stay, even with other tables between them; what stands in them goes on by one
        parts, past = [], 0
        for (first, last), block in zip(places, texts, strict=True):
            parts += [text[past:first], block]
            past = last
        self._replace("".join([*parts, text[past:]]))

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
                is_theirs = path.read_bytes() not in (self._saved.encode(), self._text.encode())
            except OSError:
                is_theirs = False  # it is gone, and comes back
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
        text = self._text
        if _STEPS in self._values():
            return text
        phases = self._phases()
        if self.value("plan", "phases") is not None:
            text = self._with_value(text, "plan", "phases", None)
        return _line_end(text) + "".join(f'\n[[{_STEPS}]]\nkind = "{phase}"\n' for phase in phases)

    @staticmethod
    def _inline(text: str) -> Any:  # Any: a tomlkit document
        """The document, where its steps are one value (`steps = [{…}]`); None where they are tables."""
        if any(name.startswith(f"{_STEPS}[") for name, _ in find_headers(text)):
            return None
        document = tomlkit.parse(text)
        return document if _STEPS in document else None

    def _with_value(self, text: str, table: str, key: str, value: Value | None) -> str:
        if (quick := _with_key(text, table, key, value)) is not None:
            return quick
        place = _Blocks(text).tables.get(table)
        if place is not None:
            first, last = place
            block = tomlkit.parse(text[first:last])
            _put(block[table], key, value)
            return text[:first] + _line_end(block.as_string()) + text[last:]
        if isinstance(self._values().get(table), dict):  # dotted keys, or a table in one line
            document = tomlkit.parse(text)
            _put(document[table], key, value)
            return document.as_string()
        if value is None:
            return text
        made = tomlkit.document()
        made[table] = {key: value}
        steps = _Blocks(text).steps
        at = steps[0][0] if steps else len(text)
        before = _line_end(text[:at])
        return (
            before
            + ("\n" if before.strip() and not before.endswith("\n\n") else "")
            + made.as_string()
            + ("\n" + text[at:] if at < len(text) else "")
        )

    def _insert(self, text: str, at: int, values: Mapping[str, Value]) -> None:
        inner = self._inline(text)
        if inner is not None:
            table = tomlkit.inline_table()
            table.update({key: value for key, value in values.items() if value is not None})
            inner[_STEPS].insert(at, table)
            self._replace(inner.as_string())
            return
        block = _step_text(values)
        places = _Blocks(text).steps
        if at < len(places):
            first = places[at][0]
            self._replace(text[:first] + block + "\n" + text[first:])
            return
        last = places[-1][1] if places else len(text)
        head = _line_end(text[:last])
        gap = "" if head.endswith("\n\n") or not head else "\n"
        self._replace(head + gap + block + ("\n" if text[last:] else "") + text[last:])


class _Blocks:
    """Where the tables of a text begin and end, each with the comment lines right above it."""

    def __init__(self, text: str) -> None:
        headers = find_headers(text)
        starts = [_with_comments(text, start) for _, start in headers]
        ends = [*starts[1:], len(text)] if starts else []
        self.steps: list[tuple[int, int]] = []
        self.tables: dict[str, tuple[int, int]] = {}
        for (name, _), first, last in zip(headers, starts, ends, strict=True):
            if name.startswith(f"{_STEPS}["):
                if name.endswith("]"):
                    self.steps.append((first, last))
                else:  # a table of the step before it
                    self.steps[-1] = self.steps[-1][0], last
            else:
                self.tables[name] = first, last


def _with_comments(text: str, start: int) -> int:
    while start:
        line = text.rfind("\n", 0, start - 1) + 1
        if not text[line:start].lstrip(" \t").startswith("#"):
            break
        start = line
    return start


def _with_key(text: str, table: str, key: str, value: Value | None) -> str | None:
    """The text with a key of a `[table]` changed, added or removed by its own line; None where it takes more than that.

    tomlkit takes seconds for the 2 000 names of a list of images; a line is replaced at once, and nothing else is
    touched.
    """
    places = find_values(text)
    place = places.get(f"{table}.{key}")
    if place is None:
        own = [at for name, at in places.items() if name.rpartition(".")[0] == table]
        header = next((start for name, start in find_headers(text) if name == table), None)
        if header is None or any(name.startswith(f"{table}.{key}.") for name in places):
            return None
        if value is None:
            return text
        at = _line_after(text, max((end for start, end in own if start > header), default=header))
        before = _line_end(text[:at])
        return f"{before}{key} = {_toml_value(value)}\n{text[at:]}"
    start, end = place
    begin = text.rfind("\n", 0, start) + 1
    is_plain = re.fullmatch(rf"[ \t]*[\"']?{re.escape(key)}[\"']?[ \t]*=[ \t]*", text[begin:start])
    if not is_plain:
        return None
    if value is None:
        return text[:begin] + text[_line_after(text, end) :]
    return text[:start] + _toml_value(value) + text[end:]


def _line_after(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1


def _toml_value(value: Value) -> str:
    if isinstance(value, Mapping):
        pairs = (f"{key if _BARE.fullmatch(key) else toml_string(key)} = {toml_string(v)}" for key, v in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, str):
        return toml_string(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    names = [toml_string(item) for item in value]
    short = f"[{', '.join(names)}]"
    return short if len(short) <= _LIST_CHARACTERS else "[\n" + "".join(f"  {name},\n" for name in names) + "]"


def toml_string(text: str) -> str:
    """A TOML basic string: JSON's escapes are a subset of TOML's, but for the DEL character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _put(table: Any, key: str, value: Value | None) -> None:  # Any: a tomlkit table
    if value is None:
        if key in table:
            del table[key]
        return
    if isinstance(value, Mapping):
        made = tomlkit.inline_table()
        made.update(value)
        table[key] = made
    else:
        table[key] = list(value) if isinstance(value, tuple) else value


def _line_end(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"


def _step_text(values: Mapping[str, Value]) -> str:
    document = tomlkit.document()
    table = tomlkit.table()
    for key, value in values.items():
        _put(table, key, value)
    array = tomlkit.aot()
    array.append(table)
    document[_STEPS] = array
    return _line_end(document.as_string())


def write_plan(plan: ExperimentPlan) -> str:
    """A plan as TOML, without what is as it would be anyway."""
    document = tomlkit.document()
    head: dict[str, Any] = {"name": plan.name, "seed": plan.seed}  # Any: TOML values
    if not plan.steps:
        head["phases"] = list(plan.phases)
    document["plan"] = head
    for name in _TABLES:
        part = getattr(plan, name)
        changed = _changes(part, type(part)())
        if changed:
            document[name] = changed
    text = document.as_string()
    for step in plan.steps:
        text += "\n" + _step_text(_step_values(step, plan))
    return text


def _changes(part: Any, default: Any) -> dict[str, Any]:  # Any: dataclasses of a plan
    assert is_dataclass(part)
    found = {}
    for field in fields(part):
        value = getattr(part, field.name)
        if value != getattr(default, field.name):
            found[field.name] = list(value) if isinstance(value, tuple) else value
    return found


def _step_values(step: PlanStep, plan: ExperimentPlan) -> dict[str, Value]:
    values: dict[str, Value] = {"kind": step.kind}
    texts = {wording.language: wording.text for wording in step.text}
    if texts:
        values["text"] = texts[""] if set(texts) == {""} else texts
    if step.picture:
        values["picture"] = step.picture
    default_s = plan.blocks.break_s if step.kind == "break" else 0.0
    if step.duration_s != default_s:
        values["duration_s"] = step.duration_s
    for key in ("folders", "files"):
        if getattr(step, key):
            values[key] = list(getattr(step, key))
    for key in ("n_max", "points"):
        if getattr(step, key):
            values[key] = getattr(step, key)
    if step.look is not None:
        usual = plan.look_of(len(plan.line))
        values |= {key: value for key, value in asdict(step.look).items() if value != getattr(usual, key)}
    if step.trials is not None:
        base: TrialsPlan = plan.trials
        values |= {key: value for key, value in asdict(step.trials).items() if value != getattr(base, key)}
    return values
