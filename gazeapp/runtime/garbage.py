"""What Python's collector of garbage leaves alone while a session runs."""

from __future__ import annotations

import gc


def leave_alone() -> None:
    """Have collections leave alone what is there now.

    A collection of everything holds the interpreter, and with it tracker, recorder and windows: with the networks'
    libraries there are 400 000 objects, which take 0.1 to 0.25 s, and more than a second on a busy machine.
    """
    gc.freeze()


def go_through_all_again() -> None:
    """The session is over: what it left may be collected."""
    gc.unfreeze()
