"""From the channels of a gaze stream to a layout, by the one knowledge that files are read with too."""

from __future__ import annotations

from gazeapp.devices.lsl.inlet import StreamDescription
from gazeapp.errors import Unsupported
from gazeapp.gaze.channels import layout as layouts
from gazeapp.gaze.channels.layout import GazeLayout


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
