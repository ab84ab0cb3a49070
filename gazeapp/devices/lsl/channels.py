"""From the channels of a gaze stream to a layout, by the one knowledge that files are read with too."""

from __future__ import annotations

from gazeapp.devices.lsl.inlet import StreamDescription
from gazeapp.errors import Unsupported
from gazeapp.gaze.channels import layout as layouts
from gazeapp.gaze.channels.layout import GazeLayout

_IN_UNIT = {
    "unknown": "in a unit that its values must tell",
    "normalised": "in shares of the screen",
    "percent": "in percent of the screen",
    "height": "in screen heights",
}
_FOUND_BY = {
    "type": "the types of its channels",
    "label": "the names of its channels",
    "order": "the order of its channels alone",
    "options": "what a person said",
}


def recognise_layout(
    stream: StreamDescription, *, unit: str = "", origin: str = "", columns: str = "", coordinates: str = ""
) -> GazeLayout:
    """Find gaze among a stream's channels; what a person says of unit, origin or columns counts before them.

    Raises:
        Unsupported: No gaze can be found, or it is not on the screen; the channels are listed.
    """
    if not stream.is_numeric:
        raise Unsupported(f"{stream.title}: its channels hold text, no gaze", found=stream.channels)
    return layouts.recognise_layout(
        stream.channels,
        title=stream.title,
        unit=unit,
        origin=origin,
        columns=columns,
        coordinates=coordinates,
        how="--device-option",
    )


def describe_layout(layout: GazeLayout) -> str:
    """In words, how a stream is read."""
    unit = _IN_UNIT.get(layout.unit, f"in {layout.unit}")
    origin = layout.origin.replace("-", " ")
    words = f"gaze {unit}, counted from the {origin}, found by {_FOUND_BY[layout.found_by]}"
    return "; ".join((words, *layout.notes))
