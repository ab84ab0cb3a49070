"""Receiving from Lab Streaming Layer: finds liblsl and streams, reads inlets as arrays, and maps their clocks."""

from __future__ import annotations

import ctypes
import logging
import math
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import numpy as np

from gazeapp.devices.tracker import Availability
from gazeapp.errors import BackendUnavailable, ConnectionLost, UnavailableReason
from gazeapp.gaze.channels.layout import is_gaze_type
from gazeapp.gaze.channels.meaning import Channel
from gazeapp.gaze.clock import ClockMap
from gazeapp.gaze.samples import Floats
from gazeapp.gaze.stamp_gate import SAME_S
from gazeapp.store.untrusted.limits import CHANNELS, HEADER_CHARACTERS

if TYPE_CHECKING:
    import pylsl


_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamDescription:
    """A stream's header and channel meta-data."""

    name: str
    kind: str
    source_id: str
    uid: str
    """Identifier of this instance of the outlet: changes when it is restarted."""
    hostname: str
    rate_hz: float
    """Nominal; NaN for an irregular stream."""
    channels: tuple[Channel, ...]
    is_numeric: bool
    manufacturer: str
    model: str
    serial: str
    display_px: tuple[int, int] | None
    """Size of the sender's screen, where it says so."""

    @property
    def title(self) -> str:
        """How to name the stream in messages and in what is stored, where names of machines have no place."""
        return self.name

    @property
    def place(self) -> str:
        """How to name it to a person who chooses one."""
        return f"{self.name} on {self.hostname}" if self.hostname else self.name


def parse_description(xml: str) -> StreamDescription:
    """Read a stream's XML header; ElementTree.ParseError when it is none."""
    if len(xml) > HEADER_CHARACTERS:
        raise ElementTree.ParseError("longer than any header")
    root = ElementTree.fromstring(xml)
    n_channels = min(_whole(_text(root, "channel_count")), CHANNELS)
    described = [
        Channel(
            label=_text(node, "label"),
            kind=_text(node, "type") or _text(node, "metatype"),
            unit=_text(node, "unit"),
            eye=_text(node, "eye").lower(),
            frame=_text(node, "coordinate_system"),
        )
        for node in root.findall("./desc/channels/channel")
    ]
    nameless = Channel(label="")
    described += [nameless] * (n_channels - len(described))
    rate_hz = _real(_text(root, "nominal_srate"))
    width, height = _text(root, "./desc/display/width_px"), _text(root, "./desc/display/height_px")
    return StreamDescription(
        name=_text(root, "name"),
        kind=_text(root, "type"),
        source_id=_text(root, "source_id"),
        uid=_text(root, "uid"),
        hostname=_text(root, "hostname"),
        rate_hz=rate_hz if 0 < rate_hz < math.inf else math.nan,
        channels=tuple(described[:n_channels]),
        is_numeric=_text(root, "channel_format") != "string",
        manufacturer=_text(root, "./desc/acquisition/manufacturer"),
        model=_text(root, "./desc/acquisition/model"),
        serial=_text(root, "./desc/acquisition/serial_number"),
        display_px=(_whole(width), _whole(height)) if _whole(width) and _whole(height) else None,
    )


def _whole(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _real(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _text(node: ElementTree.Element, path: str) -> str:
    return (node.findtext(path) or "").strip()


BUFFER_S = 360
"""How long liblsl keeps what was not read: a stalled computer loses nothing."""
_MAX_ROWS = 8192
_GAZE_NAME = re.compile(r"gaze|eye[ _-]?(track|link|tribe)|tobii|pupil|iview", re.IGNORECASE)
_OPEN_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockOffset:
    """What to add to a sender's stamps to get this computer's LSL clock."""

    offset_s: float
    uncertainty_s: float
    """Half the round trip of the exchange that measured it."""


def check_library() -> Availability:
    """Whether liblsl can be loaded, and if not, how to get it."""
    try:
        load_library()
    except BackendUnavailable as error:
        return Availability(backend="lsl", ok=False, reason=error.reason, hint=error.hint)
    return Availability(backend="lsl", ok=True)


OPEN_WORDS = "LSL has no authentication and no encryption: whoever reaches these streams can read gaze and send any"
"""Said wherever streams are offered."""


def load_library(*, this_machine_only: bool = False) -> ModuleType:
    """Import pylsl; BackendUnavailable says what is missing.

    liblsl has one scope for all that a process offers and finds, set when it is loaded: the first call decides.

    Args:
        this_machine_only: Neither announce streams to other machines nor look for theirs. liblsl listens on all network
            interfaces all the same: whoever guesses the port is kept out by a firewall only. What a laboratory has
            configured holds.

    pylsl installs without liblsl where no wheel carries it, and fails at import only: so it is tried, not looked up.
    """
    try:
        import pylsl
    except ImportError as error:
        hint = "pip install 'gazeapp[lsl]'"
        raise BackendUnavailable(
            f"Lab Streaming Layer needs the package pylsl: {hint}",
            reason=UnavailableReason.SDK_MISSING,
            hint=hint,
        ) from error
    except (RuntimeError, OSError) as error:
        hint = (
            "install liblsl (Debian and Ubuntu: the .deb of its releases; conda install -c conda-forge liblsl; "
            "brew install labstreaminglayer/tap/lsl), or set PYLSL_LIB to the library's path"
        )
        raise BackendUnavailable(
            f"pylsl is there, but not its library liblsl: {hint}",
            reason=UnavailableReason.LIBRARY_MISSING,
            hint=hint,
        ) from error
    module: ModuleType = pylsl
    _configure(module, this_machine_only=this_machine_only)
    return module


def is_on_network() -> bool:
    """Whether streams of this process are announced to other machines; a laboratory's own configuration counts so."""
    return _scope != "machine"


_scope = ""


def _configure(pylsl: ModuleType, *, this_machine_only: bool) -> None:
    """Set the scope, and keep liblsl's chatter off the terminal, unless a laboratory configured it."""
    global _scope
    if _scope:
        return
    places = (
        Path("lsl_api.cfg"),
        Path.home() / "lsl_api" / "lsl_api.cfg",
        Path("/etc/lsl_api/lsl_api.cfg"),
    )
    is_configured = "LSLAPICFG" in os.environ or any(place.exists() for place in places)
    _scope = "configured" if is_configured else "network"
    if not is_configured and hasattr(pylsl, "set_config_content"):
        content = "[log]\nlevel = -1\n"
        if this_machine_only:
            content += "[multicast]\nResolveScope = machine\nListenAddress = 127.0.0.1\n"
            _scope = "machine"
        pylsl.set_config_content(content)


def find_streams(wait_s: float = 1.0, wanted: str = "") -> list[StreamDescription]:
    """Every gaze stream on the network with its channels described; takes `wait_s` and a little more.

    Args:
        wait_s: How long to search.
        wanted: Name or source id of a stream that a person names: it is looked at whatever its type says.
    """
    library = load_library()
    found: list[StreamDescription] = []
    headers: list[pylsl.StreamInfo] = library.resolve_streams(wait_s)
    for header in headers:
        brief = _described(header)
        if brief is None or not (is_gaze(brief) or (wanted and wanted in (brief.name, brief.source_id))):
            continue
        try:
            inlet: pylsl.StreamInlet = library.StreamInlet(header, 1)
            try:
                whole = _described(inlet.info(2.0))
                if whole is not None:
                    found.append(whole)
            finally:
                inlet.close_stream()
        except (library.util.LostError, library.util.TimeoutError):
            continue  # gone between the two questions
    return sorted(found, key=lambda stream: (stream.name, stream.source_id))


def _described(header: pylsl.StreamInfo) -> StreamDescription | None:
    """A stream's description; None where a sender of the network sends none that can be read."""
    try:
        return parse_description(header.as_xml())
    except ElementTree.ParseError as error:
        _log.info("a stream without a readable header is left out (%s)", error)
        return None


def is_gaze(stream: StreamDescription) -> bool:
    """Whether a stream's type says that it carries gaze; where the type says nothing, whether its name does."""
    says_nothing = stream.kind.strip().lower() in ("", "data", "other", "misc", "signal")
    return stream.is_numeric and (is_gaze_type(stream.kind) or (says_nothing and bool(_GAZE_NAME.search(stream.name))))


class Inlet:
    """A connection to one stream. Used by one thread at a time.

    Args:
        stream: Which one; its `uid` is looked up on the network.

    Raises:
        ConnectionLost: It does not answer any more.
    """

    def __init__(self, stream: StreamDescription) -> None:
        self._pylsl = load_library()
        headers = self._pylsl.resolve_byprop("uid", stream.uid, 1, _OPEN_TIMEOUT_S)
        if not headers:
            raise ConnectionLost(f"{stream.title}: the LSL stream is not there any more")
        self._inlet: pylsl.StreamInlet = self._pylsl.StreamInlet(headers[0], BUFFER_S, 0, True, as_numpy=True)
        self._ask_offset = _time_correction(self._pylsl)
        try:
            self._inlet.open_stream(_OPEN_TIMEOUT_S)
            self.offset(timeout_s=_OPEN_TIMEOUT_S)  # the first exchange takes about 0.6 s
        except (self._pylsl.util.LostError, self._pylsl.util.TimeoutError) as error:
            self.close()
            raise ConnectionLost(
                f"{stream.title}: the LSL stream was found but does not answer; check the firewall"
            ) from error

    def flush(self) -> None:
        """Drop what arrived and was not read."""
        self._inlet.flush()

    def pull(self) -> tuple[Floats, Floats]:
        """Everything that arrived since the last call: (N, C) values and (N,) raw stamps. Never waits."""
        rows, stamps = [], []
        while True:
            try:
                values, times = self._inlet.pull_chunk(0.0, _MAX_ROWS)
            except self._pylsl.util.LostError:
                break  # with recovery on, liblsl reconnects by itself; silence is the watchdog's business
            if len(times):
                rows.append(np.array(values, dtype=np.float64))
                stamps.append(np.array(times, dtype=np.float64))
            if len(times) < _MAX_ROWS:
                break
        if not stamps:
            return np.empty((0, self._inlet.channel_count)), np.empty(0)
        return np.concatenate(rows), np.concatenate(stamps)

    def offset(self, timeout_s: float = 0.01) -> ClockOffset | None:
        """The sender's clock offset; None when it was not measured yet. Instant after the first exchange."""
        return self._ask_offset(self._inlet.obj, timeout_s)

    def close(self) -> None:
        """Disconnect."""
        self._inlet.close_stream()


def local_clock_s() -> float:
    """The LSL clock of this computer."""
    return float(load_library().local_clock())


def find_again(stream: StreamDescription, connected: StreamDescription, wait_s: float) -> StreamDescription | None:
    """A stream of the same name and shape that liblsl does not take up by itself: the sender was started anew.

    Args:
        stream: The one that was chosen.
        connected: The one that is silent, which may be a successor of it already; its return under the same source id
            is liblsl's business.
        wait_s: How long to search at most.
    """
    headers: list[pylsl.StreamInfo] = load_library().resolve_byprop("name", stream.name, 1, wait_s)
    others = [
        other
        for other in map(_described, headers)
        if other is not None
        and (other.kind, len(other.channels)) == (stream.kind, len(stream.channels))
        and other.uid != connected.uid
        and (not connected.source_id or other.source_id != connected.source_id)
    ]
    # one that returns under the id that was chosen comes before strangers of the same name
    return min(others, key=lambda other: (other.source_id != stream.source_id, other.source_id), default=None)


def _time_correction(pylsl: ModuleType) -> Callable[[object, float], ClockOffset | None]:
    """`lsl_time_correction_ex` gives the uncertainty too; pylsl wraps only the plain call."""
    ask = pylsl.lib.lib.lsl_time_correction_ex
    ask.restype = ctypes.c_double

    def call(inlet: object, timeout_s: float) -> ClockOffset | None:
        remote, uncertainty = ctypes.c_double(), ctypes.c_double()
        error = ctypes.c_int(0)
        offset = ask(
            inlet,
            ctypes.byref(remote),
            ctypes.byref(uncertainty),
            ctypes.c_double(timeout_s),
            ctypes.byref(error),
        )
        if error.value != 0 or not math.isfinite(offset):
            return None
        return ClockOffset(offset_s=float(offset), uncertainty_s=float(uncertainty.value))

    return call


_EARLY_S = 0.05  # a sample cannot come from the future; clocks on a network agree better than this
_LATE_S = 5.0
_ON_TIME_S = 0.5
_APART_S = 1e-6
_MAX_SLEW = 0.01  # seconds of correction per second: times neither jump nor go back


class StampMap:
    """Stamp + clock offset = this computer's LSL clock; that clock - base = session clock.

    Where the result cannot be true (the sender stamps with another clock, or its clock was set), times come from
    arrivals instead, by their lower envelope.

    Args:
        base_s: Session clock - LSL clock of this computer.
    """

    def __init__(self, base_s: float) -> None:
        self._base_s = base_s
        self._offset_s = math.nan
        self._used_s = math.nan
        self._used_at_s = -math.inf
        self._arrivals = ClockMap()
        self._last_s = -math.inf
        self._stamp_s = -math.inf
        self._trusts_stamps = True

    @property
    def trusts_stamps(self) -> bool:
        """False while the stamps seem to be of another clock."""
        return self._trusts_stamps

    def set_offset(self, offset_s: float) -> None:
        """Take a new measurement of the clock offset."""
        self._offset_s = offset_s
        if math.isnan(self._used_s) or abs(offset_s - self._used_s) > _EARLY_S:
            self._used_s = offset_s

    def trust_again(self) -> None:
        """The sender was restarted: its stamps deserve another chance."""
        self._trusts_stamps = True

    def map(self, stamps_s: Floats, receive_s: float) -> tuple[Floats, bool]:
        """Session times of one pull, never decreasing; and whether the sender's clock was found to jump.

        Args:
            stamps_s: (N,) raw, N > 0.
            receive_s: Session clock at the pull.
        """
        # stamps from before and after a jump may come in one pull; one offset would throw either into the future
        steps_s = np.diff(stamps_s)
        breaks = np.flatnonzero((steps_s < -_EARLY_S) | (steps_s > _LATE_S)) + 1
        pieces = [self._map_piece(piece, receive_s) for piece in np.split(stamps_s, breaks)]
        times = np.concatenate([piece for piece, _ in pieces])
        return times, any(jumped for _, jumped in pieces)

    def _map_piece(self, stamps_s: Floats, receive_s: float) -> tuple[Floats, bool]:
        jumped = self._arrivals.update(float(stamps_s[-1]), receive_s) and not self._trusts_stamps
        times = stamps_s + self._slewed(stamps_s) + self._base_s
        age_s = receive_s - float(times[-1])
        if self._trusts_stamps and not -_EARLY_S <= age_s <= _LATE_S:
            self._trusts_stamps = False
            jumped = True
        elif not self._trusts_stamps and -_EARLY_S <= age_s <= _ON_TIME_S:
            # the computer had stood still, not the clock: another clock would not agree with arrivals again
            self._trusts_stamps = True
            jumped = False
        if not self._trusts_stamps:
            times = np.minimum(self._arrivals.to_session(stamps_s), receive_s)
        # where times are held back, samples that the sender tells apart stay apart: only a stamp that repeats or goes
        # back gets a time that repeats, by which it is found
        has_jumped = not -_EARLY_S <= stamps_s[0] - self._stamp_s <= _LATE_S
        steps_s = np.diff(stamps_s, prepend=-math.inf if has_jumped else self._stamp_s)
        apart_s = _APART_S * np.cumsum(steps_s > SAME_S)
        self._stamp_s = float(stamps_s[-1])
        times = np.maximum.accumulate(np.maximum(times - apart_s, self._last_s)) + apart_s
        self._last_s = float(times[-1])
        return times, jumped

    def _slewed(self, stamps_s: Floats) -> Floats:
        """(N,) offsets on the way from the one in use to the one measured last."""
        if math.isnan(self._offset_s):
            return np.zeros(len(stamps_s))
        elapsed_s = stamps_s - max(self._used_at_s, float(stamps_s[0]) - 1.0)
        limit_s = _MAX_SLEW * np.maximum(elapsed_s, 0.0)
        offsets: Floats = self._used_s + np.clip(self._offset_s - self._used_s, -limit_s, limit_s)
        self._used_s, self._used_at_s = float(offsets[-1]), float(stamps_s[-1])
        return offsets
