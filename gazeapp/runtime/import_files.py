"""Several files of one person become sessions: all are read before the first is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gazeapp.errors import Cancelled, GazeAppError, SettingsError
from gazeapp.gaze.samples import GazeSamples
from gazeapp.runtime.import_session import ImportedSession, find_import, import_recording
from gazeapp.store.imports.recording import ImportedRecording
from gazeapp.store.study import SessionFolder, Study
from gazeapp.store.text_lines import Progress

Read = Callable[[Path], ImportedRecording]

_MOST_HELD = 10_000_000
"""Samples that several files are held with between reading and storing; about 2.5 GB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """What became of a file."""

    path: Path
    session: SessionFolder
    recording: ImportedRecording | None = None
    """As it was read; None for a file that was in the study already."""
    made: ImportedSession | None = None
    """The session that is new; None where there was one."""


def alone(paths: Sequence[Path]) -> list[Path]:
    """The files but those that are read with another one: `edf2asc -e` beside `edf2asc -s`, the other eye of BIDS."""
    from gazeapp.store.imports.bids_physio import recording_of
    from gazeapp.store.imports.eyelink_asc import events_of

    taken = {events_of(path) for path in paths if ".asc" in path.name.lower()}
    eyes: dict[Path, Path] = {}
    for path in paths:
        eyes.setdefault(recording_of(path), path)
    return [path for path in paths if path not in taken and eyes[recording_of(path)] == path]


def read_files(
    files: Iterable[Path], read: Read, refused: dict[Path, GazeAppError] | None = None
) -> list[ImportedRecording | None]:
    """Read every file; None for one that was read and is to be read again, because all would take too much memory.

    Args:
        files: In order.
        read: Reads one.
        refused: Takes what cannot be read, and why; without it, the first ends the reading.
    """
    found: list[ImportedRecording | None] = []
    n_held = 0
    for path in files:
        try:
            recording = read(path)
        except GazeAppError as error:
            if refused is None or isinstance(error, Cancelled):
                raise
            refused[path] = error
            continue
        # what lies in a file takes little memory
        n_held += len(recording.samples) if isinstance(recording.samples, GazeSamples) else 0
        found.append(recording if n_held <= _MOST_HELD else None)
    return found


def store_files(
    study: Study,
    pseudonym: str,
    files: Sequence[Path],
    recordings: list[ImportedRecording | None],
    read: Read,
    *,
    stimuli: Path | None = None,
    scale: str = "fit",
    algorithm: str = "ivt",
    is_again: bool = False,
    progress: Progress | None = None,
) -> Iterator[StoredFile]:
    """Make a session of each recording that is not in the study already, one at a time.

    Args:
        study: Where to.
        pseudonym: Of the participant, who consented.
        files: Where the recordings came from.
        recordings: As `read_files` gave them; emptied on the way.
        read: For those that were not held.
        stimuli: Folder with the images.
        scale: As in `import_recording`.
        algorithm: Fixation detection.
        is_again: Import files that are in the study already once more.
        progress: Told the samples stored and all of the file's.

    Raises:
        SettingsError: A file is in the study as a session of somebody else.
    """
    for number, path in enumerate(files):
        known = None if is_again else find_import(study, path)
        if known is not None and known.pseudonym != pseudonym:
            raise SettingsError(
                f"{path} is in the study already, as a session of {known.pseudonym} ({known.path}); import it for "
                f"{pseudonym} all the same by --again",
                key="again",
            )
        if known is not None:
            yield StoredFile(path=path, session=known)
            continue
        recording = recordings[number] or read(path)
        recordings[number] = None
        made = import_recording(
            study,
            pseudonym,
            recording,
            source=path,
            form=recording.form,
            stimuli=stimuli,
            scale=scale,
            algorithm=algorithm,
            progress=progress,
        )
        yield StoredFile(path=path, session=made.session, recording=recording, made=made)
