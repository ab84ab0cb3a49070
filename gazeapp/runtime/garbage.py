"""When Python's garbage is collected around a session."""

from __future__ import annotations

import gc


def settle_garbage() -> None:
    """Collect everything once, and have later collections leave alone what is there now.

    A collection of everything holds the interpreter, and with it tracker, recorder and windows: with the networks'
    libraries there are 400 000 objects, which take 0.1 to 0.25 s, and more than a second on a busy machine. Call it on
    the thread of the windows, where there are any: objects of Qt may end up as garbage, and end on no other.
    """
    gc.unfreeze()  # what an earlier session left
    gc.collect()
    gc.freeze()
