"""Which of the gaze streams on the network is meant."""

from __future__ import annotations

from gazeapp.devices.lsl_library import find_streams
from gazeapp.devices.lsl_stream import StreamDescription
from gazeapp.errors import TrackerNotFound


def search_stream(wanted: str, wait_s: float) -> StreamDescription:
    """Search in rounds that grow: a stream close by is there in half a second, a slow network needs more."""
    round_s = min(0.5, wait_s)
    while True:
        try:
            return choose_stream(find_streams(round_s), wanted)
        except TrackerNotFound:
            wait_s -= round_s
            if wait_s <= 0:
                raise
            round_s = min(2 * round_s, wait_s)


def choose_stream(streams: list[StreamDescription], wanted: str) -> StreamDescription:
    """The stream of that name or source id; without one, the only one there is.

    Raises:
        TrackerNotFound: None, or several and none was named.
    """
    fitting = [s for s in streams if not wanted or wanted in (s.name, s.source_id)]
    listed = ", ".join(f"{s.name} ({s.source_id or 'no source id'})" for s in streams) or "none"
    if not fitting:
        raise TrackerNotFound(
            f"no LSL gaze stream{f' {wanted!r}' if wanted else ''} was found (there are: {listed}); start the sender, "
            "and let the firewall pass UDP 16571 to 16604 and TCP 16572 to 16604",
            found=listed,
        )
    if len(fitting) > 1:
        raise TrackerNotFound(
            f"several LSL gaze streams fit ({listed}); name one with --device-option stream=SOURCE_ID",
            found=listed,
        )
    return fitting[0]
