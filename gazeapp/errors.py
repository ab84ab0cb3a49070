"""Every error this program raises on purpose.

    GazeAppError
    ├── DeviceError
    │   ├── BackendUnavailable      the SDK or library of a tracker is missing
    │   ├── TrackerNotFound         no such tracker is connected
    │   ├── ConnectionLost          a tracker stopped answering
    │   └── Unsupported             the tracker cannot do what was asked
    ├── CalibrationError
    │   ├── NotEnoughData           too little valid gaze at the targets
    │   └── FitDidNotConverge       no correction explains the gaze
    ├── SessionError
    │   ├── InvalidTransition       a command that the session's state does not allow
    │   └── PlanError               a plan with an unknown, missing or wrong key
    ├── DataError
    │   ├── UnreadableTable         samples, fixations, targets whose columns or rows are not understood
    │   ├── UnreadableImage         an image that cannot be decoded, or is too large
    │   └── DatasetIncomplete       a training data set with missing parts
    ├── StoreError
    │   ├── UnsupportedSchema       a file written by another version
    │   ├── DamagedSession          a session that cannot be read as it is
    │   ├── UnsafeName              a name or link in a file that would lead out of its folder
    │   ├── DiskFull                no space left while writing
    │   ├── AlreadyExists           the destination holds something and --overwrite was not given
    │   ├── FolderInUse             another program has the study or session open
    │   ├── StudyLocked             an encrypted study without its passphrase, or with another one
    │   └── ReadOnlyStudy           a change to a study on a disk that cannot be written
    ├── ConsentMissing              storing was asked for before the participant consented
    ├── CheckpointError             weights that are damaged, foreign, or of another model
    ├── SettingsError               a settings file or option with a wrong value
    ├── ArgumentError               an argument of a function of `gazeapp.api`; a ValueError, too
    └── Cancelled                   the person stopped the work

A message says what is wrong, where, and what to do; facts that a program may read are attributes of the class.
"""

from __future__ import annotations

import errno
from enum import Enum
from pathlib import Path
from unicodedata import category


class GazeAppError(Exception):
    """Root of all errors that a person can act on; its message is shown as it is.

    Args:
        message: What is wrong, where, and what to do; one sentence or two.
    """

    def __init__(self, message: str) -> None:
        super().__init__(_one_line(message))

    @property
    def message(self) -> str:
        """What is wrong, where, and what to do."""
        return str(self.args[0])

    def say_more(self, words: str) -> None:
        """Put more at the end of the message, as where what was written so far lies."""
        self.args = (_one_line(f"{self.message} {words}"),)


def _one_line(text: str) -> str:
    """Without line breaks and whatever else a file or a library put in that would command a terminal."""
    if text.isprintable():
        return text
    line = " ".join(part for line in text.splitlines() if (part := line.strip()))
    return "".join(repr(c)[1:-1] if category(c) in ("Cc", "Cf", "Cs") else c for c in line)


def words_of(error: BaseException) -> str:
    """An error as a person is told it: its message, or kind and text where nobody expected it."""
    if isinstance(error, GazeAppError):
        return error.message
    return words_of_path(error) or f"{type(error).__name__}: {error}"


def words_of_path(error: BaseException) -> str:
    """What the system says of a path that a person named and nothing below spoke for; empty for any other error."""
    if isinstance(error, OSError) and (error.filename is not None or error.errno == errno.ENOSPC):
        where = f"{error.filename}: " if error.filename is not None else ""
        return f"{where}cannot be read or written ({error.strerror}); check the path, permissions and free space"
    if "Symlink loop" in str(error):  # as pathlib says it before Python 3.13
        return f"{error}; remove one of the links"
    if isinstance(error, ValueError) and str(error).startswith("embedded null"):
        return "a path holds a zero byte; no file can be called so"
    return ""


class UnavailableReason(Enum):
    """Why a tracker backend cannot be used here."""

    SDK_MISSING = "sdk-missing"
    LIBRARY_MISSING = "library-missing"
    WRONG_PYTHON = "wrong-python"
    NO_DEVICE = "no-device"
    NO_PERMISSION = "no-permission"
    FAILED = "failed"

    @property
    def words(self) -> str:
        """As people read it."""
        return {
            "sdk-missing": "its SDK is not installed",
            "library-missing": "a library is not installed",
            "wrong-python": "its SDK needs Python 3.10",
            "no-device": "no such device is connected",
            "no-permission": "permission denied",
            "failed": "it could not be started",
        }[self.value]


class DeviceError(GazeAppError):
    """A tracker could not be found, opened or kept."""


class BackendUnavailable(DeviceError):
    """The SDK or library of a tracker is missing."""

    def __init__(self, message: str, *, reason: UnavailableReason = UnavailableReason.FAILED, hint: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        """Why."""
        self.hint = hint
        """How to get it."""


class TrackerNotFound(DeviceError):
    """No such tracker is connected."""

    def __init__(self, message: str, *, found: str = "") -> None:
        super().__init__(message)
        self.found = found
        """Those there are, as the message lists them."""


class ConnectionLost(DeviceError):
    """A tracker stopped answering; what was recorded is kept."""


class Unsupported(DeviceError):
    """The tracker lacks the capability that was asked for."""

    def __init__(self, message: str, *, found: object = None, stream: object = None) -> None:
        super().__init__(message)
        self.found = found
        """What it has instead, as the channels of a stream."""
        self.stream = stream
        """The stream that cannot be read, for the window that asks what its channels are."""


class CalibrationError(GazeAppError):
    """A calibration or validation could not be completed."""


class NotEnoughData(CalibrationError):
    """Too little valid gaze was collected at the targets."""

    def __init__(self, message: str, *, found: int | None = None, needed: int | None = None) -> None:
        super().__init__(message)
        self.found = found
        """How much there was."""
        self.needed = needed
        """How much it takes."""


class FitDidNotConverge(CalibrationError):
    """No correction explains the gaze that was collected."""


class SessionError(GazeAppError):
    """The session cannot do what was asked."""


class InvalidTransition(SessionError):
    """A command that the session's present state does not allow."""

    def __init__(self, message: str, *, state: str = "", command: str = "") -> None:
        super().__init__(message)
        self.state = state
        """The session's."""
        self.command = command
        """What was asked for."""


class PlanError(SessionError):
    """A plan with an unknown, missing or wrong key."""

    def __init__(
        self, message: str, *, file: str = "", key: str = "", expected: str = "", found: object = None
    ) -> None:
        super().__init__(message)
        self.file = file
        """The plan."""
        self.key = key
        """Which key of it."""
        self.expected = expected
        """What the key takes."""
        self.found = found
        """What it holds."""


class DataError(GazeAppError):
    """Input data that cannot be used."""


class UnreadableTable(DataError):
    """A table whose columns or rows are not understood."""

    def __init__(self, message: str, *, found: object = None, needed: object = None, line: int | None = None) -> None:
        super().__init__(message)
        self.found = found
        """What the table holds: its columns, or the cell or number in question."""
        self.needed = needed
        """What it should hold."""
        self.line = line
        """Where."""


class UnreadableImage(DataError):
    """An image that cannot be decoded, or is larger than allowed."""

    def __init__(self, message: str, *, size_px: tuple[int, int] | None = None, max_pixels: int | None = None) -> None:
        super().__init__(message)
        self.size_px = size_px
        """Width and height, where that is what is wrong."""
        self.max_pixels = max_pixels
        """Largest number of pixels that is decoded."""


class DatasetIncomplete(DataError):
    """A training data set with missing parts."""

    def __init__(self, message: str, *, missing: tuple[str, ...] = (), overlap: float | None = None) -> None:
        super().__init__(message)
        self.missing = missing
        """Which."""
        self.overlap = overlap
        """Share of the images that its observers have in common, where that is too little."""


class StoreError(GazeAppError):
    """A study or session cannot be written or read."""


class UnsupportedSchema(StoreError):
    """A file written by another version."""

    def __init__(self, message: str, *, found: int | None = None, supported: int | None = None) -> None:
        super().__init__(message)
        self.found = found
        """The file's schema."""
        self.supported = supported
        """The newest that this version reads."""


class DamagedSession(StoreError):
    """A session that cannot be read as it is; `gazeapp recover` may help."""

    def __init__(self, message: str, *, stimulus_id: str = "", found: str = "") -> None:
        super().__init__(message)
        self.found = found
        """What the file holds that it should not."""
        self.stimulus_id = stimulus_id
        """The stimulus that is missing."""


class UnsafeName(StoreError):
    """A name or link in a file that would lead out of its folder."""

    def __init__(self, message: str, *, name: object = "", fault: str = "") -> None:
        super().__init__(message)
        self.name = name
        """The name or path."""
        self.fault = fault
        """What is wrong with it, in a few words."""


class DiskFull(StoreError):
    """No space left while writing; what was written before is kept."""

    def __init__(self, message: str, *, path: Path | None = None) -> None:
        super().__init__(message)
        self.path = path
        """What was being written."""


class AlreadyExists(StoreError):
    """The destination holds something already."""

    def __init__(self, message: str, *, other: str = "", clashes: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.clashes = clashes
        """Pseudonyms that are in both of two studies."""
        self.other = other
        """What is there, where it is not what was named: a pseudonym in other letters."""


class FolderInUse(StoreError):
    """Another program has the study or session open."""

    def __init__(self, message: str, *, path: Path | None = None) -> None:
        super().__init__(message)
        self.path = path
        """The folder."""


class StudyLocked(StoreError):
    """An encrypted study without its passphrase, or with another one."""

    def __init__(self, message: str, *, path: Path | None = None) -> None:
        super().__init__(message)
        self.path = path
        """The study's folder."""


class ReadOnlyStudy(StoreError):
    """A change to a study on a disk that cannot be written."""

    def __init__(self, message: str, *, path: Path | None = None) -> None:
        super().__init__(message)
        self.path = path
        """The study's folder."""


class ConsentMissing(GazeAppError):
    """Storing was asked for before the participant consented."""


class CheckpointError(GazeAppError):
    """Weights that are damaged, foreign, or of another model than the one in use."""

    def __init__(
        self,
        message: str,
        *,
        found: object = None,
        supported: object = None,
        missing: tuple[str, ...] = (),
        unexpected: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.found = found
        """What the file holds: a name, version, size or hash."""
        self.supported = supported
        """What it should hold."""
        self.missing = missing
        """Tensors that it lacks."""
        self.unexpected = unexpected
        """Tensors that nothing takes."""


class SettingsError(GazeAppError):
    """A setting or option with a wrong value."""

    def __init__(
        self, message: str, *, file: str = "", key: str = "", expected: str = "", found: object = None
    ) -> None:
        super().__init__(message)
        self.file = file
        """The file, where it came from one."""
        self.key = key
        """Which key of it."""
        self.expected = expected
        """What the key takes."""
        self.found = found
        """What it holds."""


class ArgumentError(GazeAppError, ValueError):
    """An argument of a function of `gazeapp.api` that cannot be used; the message begins with its name."""

    def __init__(self, message: str, *, argument: str = "") -> None:
        super().__init__(message)
        self.argument = argument
        """Its name."""


class Cancelled(GazeAppError):
    """The person stopped the work."""
