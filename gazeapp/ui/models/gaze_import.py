"""Gaze that other programs recorded becomes sessions: looked at, read and stored in the background."""

from __future__ import annotations

import shlex
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, Signal

from gazeapp.errors import Cancelled, GazeAppError, SettingsError, UnreadableTable, words_of
from gazeapp.gaze.display import Display
from gazeapp.store.imports.recording import ImportSettings
from gazeapp.ui.bridge import QtBridge
from gazeapp.ui.error_words import error_words
from gazeapp.ui.formatting import format_figure
from gazeapp.ui.models.table_columns import TableColumns

if TYPE_CHECKING:
    from gazeapp.runtime.import_files import StoredFile
    from gazeapp.store.imports.recording import ImportedRecording

TABLES = ("table", "csv", "tobii-tsv", "pupil", "neon", "smi", "gazepoint", "titta", "pygaze")
"""Formats of text tables, whose columns a person can look at."""


@dataclass(slots=True, kw_only=True)
class GazeFile:
    """A file that was chosen."""

    path: Path
    form: str = ""
    """The format that was recognised; empty while it is looked at, and for what is none."""
    problem: str = ""
    """Why it is not understood yet, in words."""
    columns: TableColumns | None = None
    """Of a text table."""
    turn: int = 0
    """How often it was looked at; what an earlier look found is too late."""

    @property
    def is_open(self) -> bool:
        """Whether a person has to say what its columns hold."""
        return self.columns is not None and bool(self.columns.trial.problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportChoice:
    """What a person says about all files together."""

    pseudonym: str
    form: str = "auto"
    stimuli: Path | None = None
    scale: str = "fit"
    display: Display | None = None
    """None: as the files say."""
    options: Mapping[str, str] = field(default_factory=dict)
    is_again: bool = False
    """Import files that are in the study already once more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileNews:
    """What became of a file, in words."""

    path: Path
    session_id: str = ""
    words: str
    notes: tuple[str, ...] = ()
    tone: str = "ok"
    """ok, warn where it was there already, bad where it was refused."""
    is_stored: bool = False
    """A session was made of it just now."""


class GazeImport(QObject):
    """One import at a time; cancelling raises from the progress call, and leaves no half session."""

    changed = Signal()
    ended = Signal()

    def __init__(self, bridge: QtBridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._cancel = threading.Event()
        self.files: list[GazeFile] = []
        self.is_running = False
        self.share = 0.0
        """Part of the file at hand that is done, 0 to 1."""
        self.doing = ""
        """What is done now, in words."""
        self.news: tuple[FileNews, ...] = ()
        self.problem = ""
        """Why nothing more was stored; empty after an import that ended well."""

    def forget(self) -> None:
        """Begin anew, with no files; an import that runs is not touched."""
        if not self.is_running:
            self.files, self.news, self.problem = [], (), ""

    # Files

    def add(self, paths: Iterable[Path], form: str = "auto", display: Display | None = None) -> None:
        """Choose further files; each is looked at in the background."""
        known = {file.path for file in self.files}
        for path in dict.fromkeys(paths):
            if path not in known:
                self.files.append(GazeFile(path=path))
                self._look(self.files[-1], form, display)
        self.changed.emit()

    def remove(self, number: int) -> None:
        """Leave a file out."""
        del self.files[number]
        self.changed.emit()

    def look_again(self, form: str, display: Display | None) -> None:
        """Another format or screen was said."""
        for file in self.files:
            file.form = file.problem = ""
            self._look(file, form, display)
        self.changed.emit()

    def _look(self, file: GazeFile, form: str, display: Display | None) -> None:
        file.turn += 1
        self._bridge.run(partial(look_at, file.path, form, display), partial(self._looked, file, file.turn))

    def _looked(self, file: GazeFile, turn: int, found: GazeFile | Exception) -> None:
        if turn != file.turn:
            return
        if isinstance(found, Exception):
            file.problem, file.columns = words_about(file.path, found), None
        else:
            said = file.columns.options if file.columns else None
            file.form, file.columns = found.form, found.columns
            if said is not None and file.columns is not None:
                file.columns.take(said)
        self.changed.emit()

    @property
    def is_looking(self) -> bool:
        """Whether a file is looked at still."""
        return any(not file.form and not file.problem for file in self.files)

    @property
    def open_table(self) -> GazeFile | None:
        """The first table of which a person has to say what its columns hold."""
        return next((file for file in self.files if file.is_open), None)

    def say_columns(self, table: GazeFile, options: Mapping[str, str]) -> None:
        """Use what was said about a table for all with the same columns."""
        for file in self.files:
            if file.columns and table.columns and file.columns.table.header == table.columns.table.header:
                file.columns.take(options)
        self.changed.emit()

    # Importing

    def start(self, study: Path, choice: ImportChoice) -> None:
        """Read all files, then store them; the participant has consented."""
        if self.is_running or not self.files:
            return
        self._cancel.clear()
        self.is_running, self.share, self.problem, self.news = True, 0.0, "", ()
        self.doing = self.tr("Reading …")
        self.changed.emit()
        options = {
            file.path: {**(file.columns.options if file.columns else {}), **choice.options} for file in self.files
        }
        self._bridge.run(lambda: self._import(study, choice, options), self._done)

    def cancel(self) -> None:
        """Stop soon; sessions that are whole already stay."""
        self._cancel.set()

    def _import(self, study: Path, choice: ImportChoice, options: Mapping[Path, Mapping[str, str]]) -> None:
        from gazeapp.runtime.import_files import alone, read_files, store_files
        from gazeapp.store.imports.formats import read_recording
        from gazeapp.store.study import Study

        reading, storing = self.tr("Reading {0} …"), self.tr("Storing …")

        def read(path: Path) -> ImportedRecording:
            tell = partial(self._tell, reading.format(path.name))
            tell(0, 1)
            settings = ImportSettings(display=choice.display, options=options[path], progress=tell)
            return read_recording(path, choice.form, settings)

        refused: dict[Path, GazeAppError] = {}
        files = alone(list(options))
        recordings = read_files(files, read, refused)
        if refused:
            raise _NotRead(refused, len(files))
        with Study.open(study) as opened:
            for stored in store_files(
                opened,
                choice.pseudonym,
                files,
                recordings,
                read,
                stimuli=choice.stimuli,
                scale=choice.scale,
                is_again=choice.is_again,
                progress=partial(self._tell, storing),
            ):
                self._bridge.call(partial(self._tell_stored, stored))

    def _tell(self, doing: str, done: int, total: int) -> None:
        """Called in the background: how far the work is; Cancelled where it is to end."""
        if self._cancel.is_set() or not self._bridge.is_open:
            raise Cancelled(self.tr("The import was cancelled."))
        self._bridge.call(partial(self._show, doing, done / total if total else 0.0))

    def _show(self, doing: str, share: float) -> None:
        if (doing, round(share, 2)) != (self.doing, round(self.share, 2)):
            self.doing, self.share = doing, share
            self.changed.emit()

    def _tell_stored(self, stored: StoredFile) -> None:
        self.news = (*self.news, self._news_of(stored))
        self.changed.emit()

    def _done(self, result: object) -> None:
        self.is_running = False
        if isinstance(result, _NotRead):
            self.problem = self.tr("Nothing was stored: {0} of {1} files are not read.").format(
                len(result.refused), result.n_files
            )
            self.news = tuple(
                FileNews(path=path, words=words_about(path, error), tone="bad")
                for path, error in result.refused.items()
            )
        elif isinstance(result, Exception):
            words = words_of(result)
            path = next((file.path for file in self.files if str(file.path) in words), Path())
            self.problem = words_about(path, words)
        self.changed.emit()
        self.ended.emit()

    def _news_of(self, stored: StoredFile) -> FileNews:
        made, recording = stored.made, stored.recording
        session_id = stored.session.session_id
        if made is None or recording is None:
            words = self.tr("Is in the study already, as session {0}; it was not stored again.").format(session_id)
            return FileNews(path=stored.path, session_id=session_id, words=words, tone="warn")
        words = self.tr("{0} samples at {1} Hz, {2} images, {3} fixations").format(
            made.n_samples, format_figure(recording.rate_hz, 0), made.n_trials, made.n_fixations
        )
        notes = [words_about(stored.path, note) for note in made.notes]
        if recording.display_assumed:
            screen = recording.display
            sizes = (f"{mm:.0f}" for mm in (screen.width_mm, screen.height_mm, screen.distance_mm))
            about = self.tr("The file does not say how large the screen was: {0} × {1} mm at {2} mm are assumed.")
            notes.append(about.format(*sizes))
        return FileNews(
            path=stored.path, session_id=session_id, words=words, notes=tuple(notes), tone="ok", is_stored=True
        )


class _NotRead(GazeAppError):
    """Files that were refused, each with the reason."""

    def __init__(self, refused: Mapping[Path, GazeAppError], n_files: int) -> None:
        super().__init__("files are not read")
        self.refused, self.n_files = refused, n_files


def look_at(path: Path, form: str, display: Display | None) -> GazeFile:
    """Recognise a file, and try out the columns of a text table."""
    from gazeapp.store.imports.formats import recognise_format

    found = recognise_format(path) if form == "auto" else form
    columns: TableColumns | None = None
    if found in TABLES:
        try:
            columns = TableColumns(path, display)
        except UnreadableTable:
            if found == "table":
                raise
    return GazeFile(path=path, form=found, columns=columns)


def parse_answers(text: str) -> dict[str, str]:
    """Further options as they are typed: KEY=VALUE, apart by spaces.

    >>> parse_answers('stream="Gaze 2"  sort=yes')
    {'stream': 'Gaze 2', 'sort': 'yes'}

    Raises:
        SettingsError: A part of it is none.
    """
    from gazeapp.store.imports.formats import OPTIONS

    try:
        parts = [part.partition("=") for part in shlex.split(text)]
    except ValueError:
        parts = [(text, "", "")]
    for key, equals, _ in parts:
        if not equals or key not in OPTIONS:
            known = ", ".join(OPTIONS)
            raise SettingsError(f"{key!r} is not NAME=VALUE with one of the names {known}", key=key)
    return {key: value for key, _, value in parts}


def words_about(path: Path, said: Exception | str) -> str:
    """What reading said of a file, in the words of the windows: without its folder, fields instead of options."""
    translate = QCoreApplication.translate
    fields = {
        "--again": translate("ImportForm", "Also files that are in the study already"),
        "--display": translate("ImportForm", "Screen"),
        "--stimuli": translate("ImportForm", "Images"),
    }
    words = said if isinstance(said, str) else words_of(said)
    if path.name:
        words = words.replace(str(path), path.name).removeprefix(f"{path.name}: ")
    words = error_words(words).replace("--device-option ", "").replace("--option ", "")
    for option, name in fields.items():
        words = words.replace(option, f"“{name}”")
    return words
