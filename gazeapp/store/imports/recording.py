"""A recording as every import delivers it, whatever it was read from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from gazeapp.errors import SettingsError, UnreadableTable
from gazeapp.gaze.display import Display
from gazeapp.gaze.samples import GazeSamples

ONSET_PATTERN = (
    r"(?:!V IMGLOAD (?:FILL|CENTER|TOP_LEFT)|StimulusShown trial=\d+ image=|stimulus shown:"
    r"|(?:image|stimulus|picture)[ _-]?(?:on|onset|start|shown)\b[:= ]*)\s*(?P<image>\S.*)"
)
"""Messages that say that an image appeared: EyeLink's data viewer, our own exports, and plain words."""
OFFSET_PATTERN = (
    r"TRIAL_RESULT|TRIAL OK|!V CLEAR|StimulusHidden|(?:image|stimulus|picture)[ _-]?(?:off|offset|end|stop|hidden)\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The rectangle an image filled, display pixels."""

    left_px: float
    top_px: float
    width_px: float
    height_px: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownImage:
    """An image that was on the screen."""

    name: str
    """As the recording calls it: a file name with or without folder and ending."""
    shown_s: float
    hidden_s: float
    place: Place | None = None
    """None where the recording does not say."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImportedRecording:
    """Gaze of one person, with what is known about it."""

    samples: GazeSamples
    """Display pixels. `time_s` may start anywhere."""
    display: Display
    display_assumed: bool
    """Nobody said how large or how far the screen was: degrees are then a guess."""
    tracker: str
    images: tuple[ShownImage, ...] = ()
    messages: tuple[tuple[float, str], ...] = ()
    """(time_s, text) on the clock of the samples."""
    notes: tuple[str, ...] = ()
    """What the person who imports should know."""

    @property
    def rate_hz(self) -> float:
        """From the median interval; NaN for fewer than two samples."""
        steps = np.diff(self.samples.time_s)
        steps = steps[steps > 0]
        return float(1 / np.median(steps)) if len(steps) else float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSettings:
    """What the person who imports says about a recording."""

    display: Display | None = None
    onset_pattern: str = ONSET_PATTERN
    """Regular expression with a group `image`; found in a message, it starts an image."""
    offset_pattern: str = OFFSET_PATTERN
    """Regular expression; found in a message, it ends the image on the screen."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Options of the format, by name."""

    def option(self, name: str, choices: Iterable[str], default: str) -> str:
        """One option of the format; SettingsError for another value."""
        value = self.options.get(name, default)
        if value not in (allowed := tuple(choices)):
            raise SettingsError(f"--option {name}: one of {', '.join(allowed)}, got {value!r}", key=name)
        return value


def images_from_messages(
    messages: Iterable[tuple[float, str]], settings: ImportSettings, end_s: float
) -> tuple[ShownImage, ...]:
    """Images between messages of onset and offset; the next onset and the end of the recording end one too."""
    onset, offset = (
        _compile(settings.onset_pattern, "onset"),
        _compile(settings.offset_pattern, "offset"),
    )
    if "image" not in onset.groupindex:
        raise SettingsError("--onset: the pattern needs a group (?P<image>...)", key="onset")
    shown: list[ShownImage] = []
    current: tuple[float, str] | None = None
    for time_s, text in sorted(messages, key=lambda message: message[0]):
        start = onset.search(text)
        if (start or offset.search(text)) and current is not None:
            shown.append(ShownImage(name=current[1], shown_s=current[0], hidden_s=time_s))
            current = None
        if start:
            current = time_s, start["image"].strip()
    if current is not None and end_s > current[0]:
        shown.append(ShownImage(name=current[1], shown_s=current[0], hidden_s=end_s))
    return tuple(image for image in shown if image.hidden_s > image.shown_s)


def images_from_column(names: Iterable[str], time_s: Iterable[float], period_s: float) -> tuple[ShownImage, ...]:
    """Images from a column that names, at each row, what was on the screen; empty names are no image."""
    shown: list[ShownImage] = []
    current, start_s, last_s = "", 0.0, 0.0
    for name, now_s in zip([*names, ""], [*time_s, float("nan")], strict=True):
        if name != current:
            if current:
                shown.append(ShownImage(name=current, shown_s=start_s, hidden_s=last_s + period_s))
            current, start_s = name, now_s
        last_s = now_s
    return tuple(shown)


def display_of(settings: ImportSettings, size_px: tuple[int, int] | None, path: Path) -> tuple[Display, bool]:
    """The display of a recording, and whether its physical size was assumed.

    Args:
        settings: What the person says.
        size_px: What the file says, where it does.
        path: For the message.

    Raises:
        UnreadableTable: The two contradict each other.
    """
    from gazeapp.store.sample_table import ASSUMED_DISPLAY

    given = settings.display
    if size_px is None:
        return given or ASSUMED_DISPLAY, given is None
    if given is None:
        return replace(ASSUMED_DISPLAY, width_px=size_px[0], height_px=size_px[1]), True
    if (given.width_px, given.height_px) != size_px:
        raise UnreadableTable(
            f"{path}: recorded on {size_px[0]} × {size_px[1]} px, --display says {given.width_px} × {given.height_px}",
            found=size_px,
            needed=(given.width_px, given.height_px),
        )
    return given, False


def _compile(pattern: str, name: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise SettingsError(f"--{name}: not a regular expression ({error})", key=name) from error
