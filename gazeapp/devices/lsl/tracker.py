"""Gaze from Lab Streaming Layer: any dialect, own watchdog, gaps told, raw stamps kept."""

from __future__ import annotations

import logging
import math
import re
import threading
import time
from dataclasses import replace

import numpy as np

from gazeapp.devices.device_thread import DeviceThread
from gazeapp.devices.lsl.channels import describe_layout, recognise_layout
from gazeapp.devices.lsl.inlet import (
    ClockOffset,
    Inlet,
    StampMap,
    StreamDescription,
    check_library,
    find_again,
    find_streams,
    local_clock_s,
)
from gazeapp.devices.lsl.stream_choice import recall, remember, search_stream
from gazeapp.devices.options import DeviceOptions
from gazeapp.devices.stamp_notices import StampNotices
from gazeapp.devices.tracker import (
    Availability,
    GazeSink,
    MeasuredOffset,
    ProblemSink,
    TrackerInfo,
    TrackerNotice,
)
from gazeapp.devices.watchdog import SilenceTimer, gap_limit_s, silence_limit_s
from gazeapp.errors import (
    ConnectionLost,
    DeviceError,
    InvalidTransition,
    SettingsError,
    Unsupported,
)
from gazeapp.gaze.channels.layout import GazeLayout
from gazeapp.gaze.channels.reader import MIN_CONFIDENCE, GazeReader
from gazeapp.gaze.channels.unit import ORIGINS, UNITS, UnclearReading, Unit
from gazeapp.gaze.clock import Clock
from gazeapp.gaze.display import Display
from gazeapp.gaze.samples import Eyes, Floats

_log = logging.getLogger(__name__)

PERIOD_S = 0.004
"""How often arrived samples are read; about 5 at 1200 Hz."""
RECONNECT_S = 8.0
"""How long `reconnect` waits for the stream; liblsl alone takes more than a second for a sender that came back."""
_OFFSET_PERIOD_S = 5.0
_SEARCH_PERIOD_S = 2.0
_JOIN_S = 6.0
SETTLE_S = 1.5
"""How long a stream that does not state its unit is looked at, at most, before it is opened ..."""
GLANCE_S = 0.5
"""... and one that does."""
_ENOUGH_POINTS = 20


class LslTracker:
    """One gaze stream as a tracker.

    Args:
        stream: Which one.
        layout: What its columns hold.
        clock: The session clock.
        display: The participant's screen.
        min_confidence: Gaze of lower confidence is missing.
        keeps_repeats: Values that repeat for long are gaze, because a person said so.

    Raises:
        ConnectionLost: The stream does not answer.
    """

    def __init__(
        self,
        stream: StreamDescription,
        layout: GazeLayout,
        clock: Clock,
        display: Display,
        *,
        min_confidence: float = MIN_CONFIDENCE,
        keeps_repeats: bool = False,
    ) -> None:
        self._stream = stream
        self._layout = layout
        self._clock = clock
        self._reader = GazeReader(
            layout, display, min_confidence=min_confidence, tells_lost=True, keeps_repeats=keeps_repeats
        )
        self._inlet: Inlet | None = Inlet(stream)
        self._connected = stream
        self._stamps = StampMap(_base_s(clock))
        self._sift = StampNotices(stream.title)
        self._offsets: list[MeasuredOffset] = []
        self._period_s = 1.0 / stream.rate_hz if stream.rate_hz > 0 else 0.0
        self._thread = DeviceThread(
            "tracker-lsl", self._step, on_failure=self._on_failure, period_s=PERIOD_S, join_s=_JOIN_S
        )
        self._offset_due_s = self._search_due_s = -math.inf
        self._last_s = -math.inf
        self._arrived_s = math.nan
        self._silence = SilenceTimer()
        self._lost_s = math.nan
        self._sink: GazeSink | None = None
        self._on_problem: ProblemSink | None = None
        self._search_now = threading.Event()
        self._is_back = threading.Event()

    @property
    def info(self) -> TrackerInfo:
        """The stream's name, source id, nominal rate and eyes."""
        return describe(self._stream, self._layout)

    @property
    def layout(self) -> GazeLayout:
        """What was found in which column; shown with a live dot, so that a person can object."""
        return self._layout

    @property
    def stream(self) -> StreamDescription:
        """What the stream says about itself and its channels."""
        return self._stream

    @property
    def unit(self) -> Unit:
        """The unit in use: as stated, or as the values show it to be."""
        return self._reader.unit

    def settle_unit(self, wait_s: float) -> None:
        """Hold the first values of a stream against its unit, before anything is recorded.

        Raises:
            UnclearReading: They can be read in two ways; the message is the question.
        """
        assert self._inlet is not None
        rows: list[Floats] = []
        deadline = time.monotonic() + wait_s
        while sum(map(len, rows)) < _ENOUGH_POINTS and time.monotonic() < deadline:
            time.sleep(PERIOD_S)
            rows.append(self._inlet.pull()[0])
        seen = np.concatenate(rows) if rows else np.empty((0, len(self._stream.channels)))
        if len(seen):
            self._reader.settle(seen, is_whole=False)

    @property
    def clock_offsets(self) -> tuple[MeasuredOffset, ...]:
        """Every measurement of the sender's clock so far, with its uncertainty."""
        return tuple(self._offsets)

    @property
    def is_connected(self) -> bool:
        """Whether it delivers; after False, `reconnect` may help."""
        return self._inlet is not None and not self._is_lost

    def start(self, sink: GazeSink, on_problem: ProblemSink) -> None:
        """Deliver what arrives from now on; the backlog since the connection was opened is dropped."""
        if self._inlet is None:
            raise InvalidTransition(f"{self._stream.title} was closed; open it again")
        if self._thread.is_started:
            raise InvalidTransition(f"{self._stream.title} is delivering already; stop it first")
        self._inlet.flush()
        self._arrived_s, self._lost_s = self._clock.now_s(), math.nan
        self._silence.reset(self._arrived_s)
        self._last_s = math.nan
        self._sink, self._on_problem = sink, on_problem
        self._offset_due_s = self._search_due_s = -math.inf
        self._thread.start()

    def reconnect(self) -> None:
        """Search for the stream now, rather than every 2 s, and wait until it delivers.

        Raises:
            ConnectionLost: No stream of this name came within `RECONNECT_S`; says which ones there are.
            InvalidTransition: It was closed or stopped.
        """
        if self._inlet is None or not self._thread.is_started:
            raise InvalidTransition(f"{self._stream.title} is not delivering; start it")
        if not self._is_lost:
            return
        self._is_back.clear()
        self._search_now.set()
        self._thread.revive()
        if self._is_back.wait(RECONNECT_S):
            return
        listed = ", ".join(stream.place for stream in find_streams()) or "none"
        raise ConnectionLost(
            f"{self._stream.title} does not answer (gaze streams there are: {listed}); start its program again under "
            f"the "
            "same name, and check the network"
        )

    def stop(self) -> None:
        """End delivery; once it returns, neither sink is called again."""
        self._thread.stop()

    def close(self) -> None:
        """Stop and disconnect; closing twice is allowed."""
        self.stop()
        inlet, self._inlet = self._inlet, None
        if inlet is not None:
            inlet.close()

    def _step(self) -> None:
        now_s = self._clock.now_s()
        if now_s >= self._offset_due_s:
            self._measure_offset(now_s)
            self._offset_due_s = now_s + _OFFSET_PERIOD_S
        self._watch(self._read(now_s), now_s)
        if self._is_lost and (now_s >= self._search_due_s or self._search_now.is_set()):
            self._search_now.clear()
            self._search_due_s = now_s + _SEARCH_PERIOD_S
            self._look_for_successor()

    def _on_failure(self, error: Exception) -> None:
        self._lost_s = self._clock.now_s()
        self._tell("lost", f"{self._stream.title} stopped: {error}")

    @property
    def _is_lost(self) -> bool:
        return not math.isnan(self._lost_s)

    def _read(self, now_s: float) -> int:
        assert self._inlet is not None
        rows, stamps = self._inlet.pull()
        if not len(stamps):
            return 0
        usable = np.isfinite(stamps)  # one that is no number would spoil the map of the clock for good
        times, jumped = np.full(len(stamps), np.nan), False
        if usable.any():
            times[usable], jumped = self._stamps.map(stamps[usable], now_s)
        if jumped:
            self._tell(
                "clock-jump",
                (
                    f"{self._stream.title}: its time stamps jumped or are not of the LSL clock; "
                    "times now come from when samples arrive"
                ),
            )
        samples = self._reader.read(rows, time_s=times, device_time_s=stamps, receive_s=now_s)
        samples, news = self._sift.sift(samples, now_s)
        for notice in news:
            self._tell(notice.kind, notice.message)
        if not len(samples):
            return 0
        self._tell_gaps(samples.time_s)
        for kind, words in self._reader.take_notes():
            self._tell(kind, f"{self._stream.title}: {words}")
        if self._sink is not None and not self._thread.is_stopping:
            self._sink(samples)
        return len(samples)

    def _tell_gaps(self, times: Floats) -> None:
        limit_s = gap_limit_s(self._period_s)
        previous_s = self._last_s
        self._last_s = float(times[-1])
        if not math.isnan(previous_s) and times[0] - previous_s > limit_s:
            self._tell_gap(previous_s, float(times[0]))
        steps = times[1:] - times[:-1]
        for index in (steps > limit_s).nonzero()[0]:
            self._tell_gap(float(times[index]), float(times[index + 1]))

    def _tell_gap(self, from_s: float, to_s: float) -> None:
        gap_s = to_s - from_s - self._period_s
        self._tell("gap", f"{self._stream.title}: {gap_s:.2f} s of gaze are missing", gap_s, from_s)

    def _watch(self, n_samples: int, now_s: float) -> None:
        silent_s = self._silence.update(now_s, received=n_samples > 0)
        if n_samples:
            if self._is_lost:
                away_s = now_s - self._arrived_s
                self._lost_s = math.nan
                self._stamps.trust_again()
                self._tell("restored", f"{self._stream.title} delivers again after {away_s:.1f} s", away_s)
            self._arrived_s = now_s
            self._is_back.set()
        # liblsl itself neither raises nor returns anything when a sender is gone
        elif not self._is_lost and silent_s > silence_limit_s(self._period_s):
            self._lost_s = now_s
            self._tell(
                "lost",
                (
                    f"{self._stream.title} is silent; check that its program runs and the network is connected. "
                    "It is taken up again by itself"
                ),
            )

    def _look_for_successor(self) -> None:
        """A sender that was restarted under another source id is not recovered by liblsl."""
        found = find_again(self._stream, self._connected, 0.3)
        if found is None or self._thread.is_stopping:
            return
        try:
            inlet = Inlet(found)
        except DeviceError as error:
            _log.info("a successor of %s cannot be opened: %s", self._stream.title, error.message)
            return
        assert self._inlet is not None
        self._inlet.close()
        self._inlet, self._connected = inlet, found
        self._stamps = StampMap(_base_s(self._clock))
        self._measure_offset(self._clock.now_s())
        _log.info("%s is replaced by source %s", self._stream.title, found.source_id)

    def _measure_offset(self, now_s: float) -> None:
        assert self._inlet is not None
        measured: ClockOffset | None = self._inlet.offset()
        if measured is None:
            return
        self._stamps.set_offset(measured.offset_s)
        self._offsets.append(
            MeasuredOffset(time_s=now_s, offset_s=measured.offset_s, uncertainty_s=measured.uncertainty_s)
        )

    def _tell(
        self,
        kind: str,
        message: str,
        gap_s: float = 0.0,
        time_s: float | None = None,
    ) -> None:
        if self._on_problem is None or self._thread.is_stopping:
            return
        at_s = self._clock.now_s() if time_s is None else time_s
        self._on_problem(TrackerNotice(time_s=at_s, kind=kind, message=message, gap_s=gap_s))


def availability() -> Availability:
    """Whether LSL can be used here."""
    return check_library()


def find() -> list[TrackerInfo]:
    """Every gaze stream on the network; one whose channels are not understood says why."""
    found = []
    for stream in find_streams():
        try:
            layout = recognise_layout(stream, **recall(stream.source_id))
        except Unsupported as error:
            found.append(_not_understood(stream, error.message))
        else:
            found.append(replace(describe(stream, layout), name=stream.place))
    return found


def open_tracker(given: DeviceOptions, clock: Clock, display: Display) -> LslTracker:
    """Open a gaze stream.

    Options: `stream` (name or source id; needed when there are several), `unit`, `origin`, `columns`, `coordinates`,
    `repeats` (gaze: repeated values fill nothing that was lost), `min_confidence`, `wait_s` (how long to search at
    most). What is said of its channels is remembered per source id.

    Raises:
        Unsupported: Its channels are not understood, or its values can be read in two ways; the message says how to
            answer.
    """
    wanted = given.text("stream", "")
    unit = _one_of("unit", given.text("unit", ""), UNITS)
    origin = _one_of("origin", given.text("origin", ""), ORIGINS)
    columns = given.text("columns", "")
    coordinates = _one_of("coordinates", given.text("coordinates", ""), ("screen",))
    repeats = _one_of("repeats", given.text("repeats", ""), ("lost", "gaze"))
    min_confidence = given.number("min_confidence", MIN_CONFIDENCE)
    wait_s = given.number("wait_s", 5.0, above=0)
    given.finish()
    stream = search_stream(wanted, wait_s)
    typed = {"unit": unit, "origin": origin, "columns": columns, "coordinates": coordinates}
    remember(stream.source_id, typed)
    said = {**recall(stream.source_id), **{key: value for key, value in typed.items() if value}}
    try:
        layout = recognise_layout(stream, **said)
    except Unsupported as error:
        error.stream = stream
        raise
    tracker = LslTracker(stream, layout, clock, display, min_confidence=min_confidence, keeps_repeats=repeats == "gaze")
    try:
        tracker.settle_unit(SETTLE_S if layout.unit == "unknown" else GLANCE_S)
    except UnclearReading as question:
        tracker.close()
        words = re.sub(r"say (?=unit=|origin=)", "say --device-option ", str(question), count=1)
        raise Unsupported(f"{stream.title}: {words}", found=stream.channels, stream=stream) from None
    return tracker


def describe(stream: StreamDescription, layout: GazeLayout) -> TrackerInfo:
    """A stream as a tracker."""
    return _info(stream, layout.eyes, reading=describe_layout(layout))


def _not_understood(stream: StreamDescription, why: str) -> TrackerInfo:
    return _info(stream, "cyclopean", problem=why)


def _info(stream: StreamDescription, eyes: Eyes, *, reading: str = "", problem: str = "") -> TrackerInfo:
    return TrackerInfo(
        backend="lsl",
        name=stream.title,
        serial=stream.source_id or stream.uid,
        rate_hz=stream.rate_hz,
        rates_hz=() if math.isnan(stream.rate_hz) else (stream.rate_hz,),
        eyes=eyes,
        capabilities=frozenset(),
        manufacturer=stream.manufacturer,
        model=stream.model,
        reading=reading,
        problem=problem,
    )


def _one_of(key: str, value: str, allowed: tuple[str, ...]) -> str:
    if value and value not in allowed:
        raise SettingsError(f"device option {key}={value!r} of lsl must be one of {', '.join(allowed)}", key=key)
    return value


def _base_s(clock: Clock) -> float:
    """Session clock - LSL clock: both run evenly, so one difference serves; the tightest of a few readings."""
    readings = []
    for _ in range(5):
        before_s = clock.now_s()
        lsl_s = local_clock_s()
        after_s = clock.now_s()
        readings.append((after_s - before_s, (before_s + after_s) / 2 - lsl_s))
    return min(readings)[1]
