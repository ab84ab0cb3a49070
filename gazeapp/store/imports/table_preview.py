"""The first rows of a table of gaze, which column is what, and what a person said about tables like it."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from platformdirs import user_config_path

from gazeapp.errors import GazeAppError, UnreadableTable, Unsupported
from gazeapp.gaze.channels.layout import parse_columns
from gazeapp.gaze.display import Display
from gazeapp.store.delimited import Delimited
from gazeapp.store.imports.formats import read_recording
from gazeapp.store.imports.recording import ImportSettings
from gazeapp.store.imports.table_gaze import find_layout
from gazeapp.store.new_file import write_whole
from gazeapp.store.table_head import find_header, split_cells
from gazeapp.store.text_lines import open_text
from gazeapp.store.untrusted.files import parse_json, read_text
from gazeapp.store.untrusted.limits import DOCUMENT_BYTES

ROWS = 500
"""Rows by which a choice is tried out."""
OPTIONS = ("columns", "unit", "origin", "time_unit", "coordinates", "decimal")
"""What a person can say about a layout; the same words as `--option`."""
_SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a choice would give."""

    problem: str
    """Why no gaze is read, with the question; empty when it is."""
    notes: tuple[str, ...] = ()
    n_rows: int = 0
    n_gaze: int = 0
    """Rows with gaze of any eye."""
    rate_hz: float = 0.0
    roles: Mapping[str, int] = field(default_factory=dict)
    """Role → column, as found or as said: `time`, and `x`, `left_x`, `right_pupil`, …"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePreview:
    """The head of a text table."""

    path: Path
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    """Cells as they stand, as many in each as there are columns."""
    head: str
    """The lines of the file up to the last of the rows."""

    def try_options(self, options: Mapping[str, str], display: Display | None = None) -> Trial:
        """Read the head of the file as an import with these options reads all of it."""
        settings = ImportSettings(display=display, options=options)
        roles: dict[str, int] = {}
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / self.path.name.removesuffix(".gz")
            copy.write_text(self.head, encoding="utf-8")
            try:
                roles = self._roles(settings)
                recording = read_recording(copy, "auto", settings, must_be_ordered=False)
            except GazeAppError as error:
                problem = error.message.replace(str(copy), self.path.name)
                return Trial(problem=problem, n_rows=len(self.rows), roles=roles)
        return Trial(
            problem="",
            notes=recording.notes,
            n_rows=len(self.rows),
            n_gaze=int(recording.samples[:].valid.sum()),
            rate_hz=recording.rate_hz,
            roles=roles,
        )

    def _roles(self, settings: ImportSettings) -> dict[str, int]:
        cells = {name: [row[number] for row in self.rows] for number, name in enumerate(self.header)}
        layout, time = find_layout(Delimited.of_columns(self.path, cells), settings)
        is_one = layout.eyes == "cyclopean"
        found = {role.removeprefix("left_") if is_one else role: at for role, at in layout.columns.items()}
        return {"time": self.header.index(time), **found}


def preview_table(path: Path) -> TablePreview:
    """Read the first rows of a text table.

    Raises:
        UnreadableTable: No such file, no text, or no rows.
    """
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            with open_text(path, encoding) as lines:
                head = list(islice(lines, ROWS + 400))
            break
        except UnicodeDecodeError:
            continue
    else:
        raise UnreadableTable(f"{path}: not a text table (CSV or TSV) in UTF-8 or UTF-16")
    start, delimiter = find_header(head)
    header = tuple(cell.strip() for cell in split_cells(head[start], delimiter)) if start < len(head) else ()
    rows = (tuple(cell.strip() for cell in split_cells(line, delimiter)) for line in head[start + 1 :])
    whole = tuple(row for row in rows if len(row) == len(header))[:ROWS]
    if len(header) < 2 or not whole:
        raise UnreadableTable(f"{path}: no table with a line of column names and rows below it")
    return TablePreview(path=path, header=header, rows=whole, head="".join(head[: start + 1 + ROWS]))


def columns_option(header: Sequence[str], roles: Mapping[str, int]) -> str:
    """What `--option columns=` says for roles and their columns: names, or numbers where names are not clear."""
    parts = []
    for role, column in roles.items():
        text = f"{role}:{header[column]}"
        try:
            is_clear = list(parse_columns(text, header).values()) == [column]
        except Unsupported:
            is_clear = False
        parts.append(text if is_clear else f"{role}:{column}")
    return ",".join(parts)


def recall(header: Sequence[str], file: Path | None = None) -> dict[str, str]:
    """What was said about tables with these columns; empty for new ones."""
    said = _read(file or _default_file()).get(_key(header))
    if not isinstance(said, dict):
        return {}
    return {key: value for key, value in said.items() if key in OPTIONS and isinstance(value, str)}


def remember(header: Sequence[str], options: Mapping[str, str], file: Path | None = None) -> None:
    """Keep what was said about tables with these columns; nothing said forgets them. OSError if it cannot be kept."""
    file = file or _default_file()
    layouts = _read(file)
    layouts.pop(_key(header), None)
    if options:
        layouts[_key(header)] = {key: options[key] for key in OPTIONS if options.get(key)}
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, json.dumps({"schema": _SCHEMA, "layouts": layouts}, indent=1, ensure_ascii=False) + "\n")


def _key(header: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(header).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _read(file: Path) -> dict[str, object]:
    try:
        document = parse_json(read_text(file, DOCUMENT_BYTES))
    except (OSError, ValueError):
        return {}  # a convenience: what cannot be read is asked again
    layouts = document.get("layouts") if isinstance(document, dict) else None
    return dict(layouts) if isinstance(layouts, dict) else {}


def _default_file() -> Path:
    return user_config_path("gazeapp", appauthor=False) / "table-columns.json"
