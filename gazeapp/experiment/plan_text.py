"""A plan's TOML text with one thing changed: everything else, comments and unknown keys too, stays as it was.

A line is replaced where that is all it takes; else the one table is written anew by tomlkit, which keeps comments,
order and spacing; whole steps are moved as text, with the comment lines right above them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import tomlkit

from gazeapp.experiment.toml_place import find_headers, find_values

Value = str | int | float | bool | Sequence[str] | Mapping[str, str]
"""What a key may be set to."""
STEPS = "steps"
_BARE = re.compile("[A-Za-z0-9_-]+")
_LIST_CHARACTERS = 100
"""A longer list is written one name a line."""


def with_value(text: str, table: str, key: str, value: Value | None) -> str:
    """The text with a key of a table changed, added or removed; a table that is not there is made before the steps."""
    if (quick := _with_key(text, table, key, value)) is not None:
        return quick
    blocks = _Blocks(text)
    place = blocks.tables.get(table)
    if place is not None:
        first, last = place
        block = tomlkit.parse(text[first:last])
        _put(block[table], key, value)
        return text[:first] + _line_end(block.as_string()) + text[last:]
    document = tomlkit.parse(text)
    if isinstance(document.get(table), Mapping):  # dotted keys, or a table in one line
        _put(document[table], key, value)
        return document.as_string()
    if value is None:
        return text
    made = tomlkit.document()
    made[table] = {key: value}
    at = blocks.steps[0][0] if blocks.steps else len(text)
    before = _line_end(text[:at])
    return (
        before
        + ("\n" if before.strip() and not before.endswith("\n\n") else "")
        + made.as_string()
        + ("\n" + text[at:] if at < len(text) else "")
    )


def with_step_value(text: str, number: int, key: str, value: Value | None) -> str:
    """The text with a key of a step changed, added or removed."""
    if (quick := _with_key(text, f"{STEPS}[{number}]", key, value)) is not None:
        return quick
    inner = _inline(text)
    if inner is not None:
        _put(inner[STEPS][number], key, value)
        return str(inner.as_string())
    first, last = _Blocks(text).steps[number]
    block = tomlkit.parse(text[first:last])
    _put(block[STEPS][0], key, value)
    return text[:first] + _line_end(block.as_string()) + text[last:]


def with_step(text: str, at: int, values: Mapping[str, Value]) -> str:
    """The text with a new step at a place of the line; the number of steps is behind all."""
    inner = _inline(text)
    if inner is not None:
        table = tomlkit.inline_table()
        table.update(values)
        inner[STEPS].insert(at, table)
        return str(inner.as_string())
    block = step_text(values)
    places = _Blocks(text).steps
    if at < len(places):
        first = places[at][0]
        return text[:first] + block + "\n" + text[first:]
    last = places[-1][1] if places else len(text)
    head = _line_end(text[:last])
    gap = "" if head.endswith("\n\n") or not head else "\n"
    return head + gap + block + ("\n" if text[last:] else "") + text[last:]


def without_step(text: str, number: int) -> str:
    """The text without a step and the comments that belong to it."""
    inner = _inline(text)
    if inner is not None:
        inner[STEPS].pop(number)
        return str(inner.as_string())
    first, last = _Blocks(text).steps[number]
    return text[:first] + text[last:]


def with_step_moved(text: str, number: int, to: int) -> str:
    """The text with a step at another place of the line, which it has afterwards."""
    inner = _inline(text)
    if inner is not None:
        step = inner[STEPS].pop(number)
        inner[STEPS].insert(to, step)
        return str(inner.as_string())
    places = _Blocks(text).steps
    texts = [_line_end(text[first:last]) for first, last in places]
    texts.insert(to, texts.pop(number))
    # the places stay, even with other tables between them; what stands in them goes on by one
    parts, past = [], 0
    for (first, last), block in zip(places, texts, strict=True):
        parts += [text[past:first], block]
        past = last
    return "".join([*parts, text[past:]])


def with_phases_as_steps(text: str, phases: Sequence[str]) -> str:
    """The text of a plan without steps with its phases written as steps."""
    text = with_value(text, "plan", "phases", None)
    return _line_end(text) + "".join(f'\n[[{STEPS}]]\nkind = "{phase}"\n' for phase in phases)


def _inline(text: str) -> Any:  # Any: a tomlkit document
    """The document, where its steps are one value (`steps = [{…}]`); None where they are tables."""
    if any(name.startswith(f"{STEPS}[") for name, _ in find_headers(text)):
        return None
    document = tomlkit.parse(text)
    return document if STEPS in document else None


class _Blocks:
    """Where the tables of a text begin and end, each with the comment lines right above it."""

    def __init__(self, text: str) -> None:
        headers = find_headers(text)
        starts = [_with_comments(text, start) for _, start in headers]
        ends = [*starts[1:], len(text)] if starts else []
        self.steps: list[tuple[int, int]] = []
        self.tables: dict[str, tuple[int, int]] = {}
        for (name, _), first, last in zip(headers, starts, ends, strict=True):
            if name.startswith(f"{STEPS}["):
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


def step_text(values: Mapping[str, Value]) -> str:
    """A step as a `[[steps]]` table."""
    document = tomlkit.document()
    table = tomlkit.table()
    for key, value in values.items():
        _put(table, key, value)
    array = tomlkit.aot()
    array.append(table)
    document[STEPS] = array
    return _line_end(document.as_string())
