"""A recording as every import delivers it, whatever it was read from."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from gazeapp.errors import SettingsError, UnreadableTable
from gazeapp.gaze.channels.timing import likely_rate_hz
from gazeapp.gaze.display import Display
from gazeapp.gaze.quality import TargetWindow
from gazeapp.gaze.samples import SampleSource
from gazeapp.store.image_variables import Value
from gazeapp.store.records import TrialRow
from gazeapp.store.untrusted.patterns import Search, compile_pattern

ONSET_PATTERN = (
    r"(?:!V IMGLOAD (?:FILL|CENTER|TOP_LEFT)|StimulusShown trial=\d+ image=|stimulus shown:|ImageStimulusStart"
    r"|(?:image|stimulus|picture)[ _-]?(?:on|onset|start|shown)\b[:= ]*)\s*(?P<image>\S.*)"
)
"""Messages that say that an image appeared: EyeLink's data viewer, our own exports, Tobii's events, and plain words."""
OFFSET_PATTERN = (
    r"TRIAL_RESULT|TRIAL OK|!V CLEAR|StimulusHidden|ImageStimulusEnd"
    r"|(?:image|stimulus|picture)[ _-]?(?:off|offset|end|stop|hidden)\b"
)
_IMGLOAD = re.compile(
    r"!V IMGLOAD (?P<how>FILL|CENTER|TOP_LEFT)\s+(?P<image>.+?)"
    r"(?:\s+(?P<x>-?\d+(?:\.\d+)?)\s+(?P<y>-?\d+(?:\.\d+)?)(?:\s+(?P<w>\d+(?:\.\d+)?)\s+(?P<h>\d+(?:\.\d+)?))?)?\s*$",
    re.IGNORECASE,
)
ASSUMED_DISPLAY = Display(width_px=1920, height_px=1080, width_mm=531, height_mm=299, distance_mm=650)
"""A 24-inch screen at 65 cm, where a file does not say and nobody else does."""
_DIAGONAL_MM = 609.4
"""Of the 24-inch screen that is assumed where nobody says how large it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an image lay, display pixels.

    Without a size the image had its own; `is_centre` says that the point is its middle and not its top left corner.
    """

    left_px: float
    top_px: float
    width_px: float = math.nan
    height_px: float = math.nan
    is_centre: bool = False

    def rectangle(self, image_width_px: int, image_height_px: int) -> tuple[float, float, float, float]:
        """Left, top, width and height of an image of that size."""
        width = self.width_px if math.isfinite(self.width_px) else float(image_width_px)
        height = self.height_px if math.isfinite(self.height_px) else float(image_height_px)
        if self.is_centre:
            return self.left_px - width / 2, self.top_px - height / 2, width, height
        return self.left_px, self.top_px, width, height


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownImage:
    """An image that was on the screen."""

    name: str
    """As the recording calls it: a file name with or without folder and ending."""
    shown_s: float
    hidden_s: float
    place: Place | None = None
    """None where the recording does not say."""
    file: Path | None = None
    """The image itself, where it came with the recording."""
    variables: tuple[tuple[str, Value], ...] = ()
    """(name, value) of what is known of the image, as its condition."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImportedRecording:
    """Gaze of one person, with what is known about it."""

    samples: SampleSource
    """Display pixels. `time_s` may start anywhere."""
    display: Display
    display_assumed: bool
    """Nobody said how large or how far the screen was: degrees are then a guess."""
    tracker: str
    images: tuple[ShownImage, ...] = ()
    messages: tuple[tuple[float, str], ...] = ()
    """(time_s, text) on the clock of the samples."""
    notes: tuple[str, ...] = ()
    """What was assumed, and what the person who imports should know."""
    nominal_hz: float = math.nan
    """The rate that the file states."""
    targets: tuple[TargetWindow, ...] = ()
    """What the person was to look at, where the samples say so."""
    form: str = ""
    """The format that was read."""
    keeps_clock: bool = False
    """The times are those of a session already: they stay as they are."""
    rows: tuple[object, ...] = ()
    """Rows and events of our own exports that go into the session as they are."""
    trials: tuple[TrialRow, ...] = ()
    """Of our own exports, with their fixations; as many as `images`."""
    meta: Mapping[str, object] = field(default_factory=dict)
    """Facts of our own exports about the session."""

    @property
    def rate_hz(self) -> float:
        """As the file states, unless its stamps belie it; NaN for fewer than two samples."""
        return likely_rate_hz(self.samples.time_s, self.nominal_hz)


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
    is_alone: bool = False
    """Only the samples of the file itself are wanted, corrected where it holds both; not the session beside it."""
    progress: Callable[[int, int], None] | None = None
    """Told the bytes read and the bytes there are."""

    def option(self, name: str, choices: Iterable[str], default: str) -> str:
        """One option of the format; SettingsError for another value."""
        value = self.options.get(name, default)
        if value not in (allowed := tuple(choices)):
            raise SettingsError(f"--option {name}: one of {', '.join(filter(None, allowed))}, got {value!r}", key=name)
        return value


def images_from_messages(
    messages: Iterable[tuple[float, str]], settings: ImportSettings, end_s: float, display: Display | None = None
) -> tuple[ShownImage, ...]:
    """Images between messages of onset and offset; the next onset and the end of the recording end one too."""
    onset, offset = (
        _compile(settings.onset_pattern, "onset"),
        _compile(settings.offset_pattern, "offset"),
    )
    if "image" not in onset.groupindex:
        raise SettingsError("--onset: the pattern needs a group (?P<image>...)", key="onset")
    shown: list[ShownImage] = []
    current: tuple[float, str, Place | None] | None = None
    search = Search()
    for time_s, text in sorted(messages, key=lambda message: message[0]):
        start = search.find(onset, text)
        if (start or search.find(offset, text)) and current is not None:
            shown.append(ShownImage(name=current[1], shown_s=current[0], hidden_s=time_s, place=current[2]))
            current = None
        if start:
            name, place = _placed(text, display)
            current = time_s, name or start["image"].strip(), place
    if current is not None and end_s > current[0]:
        shown.append(ShownImage(name=current[1], shown_s=current[0], hidden_s=end_s, place=current[2]))
    return tuple(image for image in shown if image.hidden_s > image.shown_s)


def _placed(text: str, display: Display | None) -> tuple[str, Place | None]:
    """Image and place of a message of EyeLink's data viewer: FILL stretches over the display, others have a point."""
    found = _IMGLOAD.search(text)
    if found is None:
        return "", None
    name, how = found["image"].strip().strip('"'), found["how"].upper()
    if how == "FILL":
        if display is None:
            return name, None
        return name, Place(left_px=0.0, top_px=0.0, width_px=display.width_px, height_px=display.height_px)
    if found["x"] is None:
        centre = how == "CENTER" and display is not None
        if centre and display is not None:
            return name, Place(left_px=display.width_px / 2, top_px=display.height_px / 2, is_centre=True)
        return name, None
    size = (float(found["w"]), float(found["h"])) if found["w"] else (math.nan, math.nan)
    return name, Place(
        left_px=float(found["x"]),
        top_px=float(found["y"]),
        width_px=size[0],
        height_px=size[1],
        is_centre=how == "CENTER",
    )


def images_from_column(names: Iterable[str], time_s: Iterable[float], period_s: float) -> tuple[ShownImage, ...]:
    """Images from a column that names, at each row, what was on the screen; empty names are no image."""
    shown: list[ShownImage] = []
    current, start_s, last_s = "", 0.0, 0.0
    for name, now_s in zip(chain(names, [""]), chain(time_s, [math.nan]), strict=True):
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
    given = settings.display
    if size_px is None:
        return given or ASSUMED_DISPLAY, given is None
    if given is None:
        return assume_size(*size_px), True
    if (given.width_px, given.height_px) != size_px:
        raise UnreadableTable(
            f"{path}: recorded on {size_px[0]} × {size_px[1]} px, --display says {given.width_px} × {given.height_px}",
            found=size_px,
            needed=(given.width_px, given.height_px),
        )
    return given, False


def assume_size(width_px: int, height_px: int) -> Display:
    """A 24-inch screen of that many square pixels, 65 cm away."""
    if (width_px, height_px) == (ASSUMED_DISPLAY.width_px, ASSUMED_DISPLAY.height_px):
        return ASSUMED_DISPLAY
    pitch_mm = _DIAGONAL_MM / math.hypot(width_px, height_px)
    return replace(
        ASSUMED_DISPLAY,
        width_px=width_px,
        height_px=height_px,
        width_mm=round(width_px * pitch_mm, 1),
        height_mm=round(height_px * pitch_mm, 1),
    )


def _compile(pattern: str, name: str) -> re.Pattern[str]:
    try:
        return compile_pattern(pattern)
    except ValueError as error:
        raise SettingsError(f"--{name}: {error}", key=name) from error
