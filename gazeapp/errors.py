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
    │   └── ReadOnlyStudy           a change to a study on a disk that cannot be written
    ├── ConsentMissing              storing was asked for before the participant consented
    ├── CheckpointError             weights that are damaged, foreign, or of another model
    ├── SettingsError               a settings file or option with a wrong value
    └── Cancelled                   the person stopped the work

A message says what is wrong, where, and what to do; facts travel as attributes.
"""

from __future__ import annotations

from enum import Enum


class GazeAppError(Exception):
    """Root of all errors that a person can act on; its message is shown as it is.

    Args:
        message: What is wrong, where, and what to do; one sentence or two.
        **facts: Values worth reading by a program; each becomes an attribute.
    """

    def __init__(self, message: str, **facts: object) -> None:
        super().__init__(message)
        self.message = message
        self.facts = facts

    def __getattr__(self, name: str) -> object:
        facts: dict[str, object] = self.__dict__.get("facts", {})
        if name in facts:
            return facts[name]
        raise AttributeError(name)


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
    """The SDK or library of a tracker is missing; carries `reason` (UnavailableReason) and `hint`."""


class TrackerNotFound(DeviceError):
    """No such tracker is connected."""


class ConnectionLost(DeviceError):
    """A tracker stopped answering; what was recorded is kept."""


class Unsupported(DeviceError):
    """The tracker lacks the capability that was asked for."""


class CalibrationError(GazeAppError):
    """A calibration or validation could not be completed."""


class NotEnoughData(CalibrationError):
    """Too little valid gaze was collected at the targets."""


class FitDidNotConverge(CalibrationError):
    """No correction explains the gaze that was collected."""


class SessionError(GazeAppError):
    """The session cannot do what was asked."""


class InvalidTransition(SessionError):
    """A command that the session's present state does not allow; carries `state` and `command`."""


class PlanError(SessionError):
    """A plan with an unknown, missing or wrong key; carries `file` and `key`."""


class DataError(GazeAppError):
    """Input data that cannot be used."""


class UnreadableTable(DataError):
    """A table whose columns or rows are not understood; carries `found` and `needed`."""


class UnreadableImage(DataError):
    """An image that cannot be decoded, or is larger than allowed."""


class DatasetIncomplete(DataError):
    """A training data set with missing parts; carries `missing`."""


class StoreError(GazeAppError):
    """A study or session cannot be written or read."""


class UnsupportedSchema(StoreError):
    """A file written by another version; carries `found` and `supported`."""


class DamagedSession(StoreError):
    """A session that cannot be read as it is; `gazeapp recover` may help."""


class UnsafeName(StoreError):
    """A name or link in a file that would lead out of its folder; carries `name` and `fault`."""


class DiskFull(StoreError):
    """No space left while writing; what was written before is kept."""


class AlreadyExists(StoreError):
    """The destination holds something already."""


class FolderInUse(StoreError):
    """Another program has the study or session open; carries `path`."""


class ReadOnlyStudy(StoreError):
    """A change to a study on a disk that cannot be written; carries `path`."""


class ConsentMissing(GazeAppError):
    """Storing was asked for before the participant consented."""


class CheckpointError(GazeAppError):
    """Weights that are damaged, foreign, or of another model than the one in use."""


class SettingsError(GazeAppError):
    """A setting or option with a wrong value; carries `key`."""


class Cancelled(GazeAppError):
    """The person stopped the work."""
