"""Which tracker a run is to use, where the command line does not say: found, listed and asked, never taken."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from gazeapp.errors import SettingsError

if TYPE_CHECKING:
    from gazeapp.devices.tracker import TrackerInfo

SIMULATED = "s"


def choose_device(only: str | None = None) -> tuple[str, dict[str, str]]:
    """Backend and device options of the tracker that a person chose on the terminal, among those of a backend or all.

    Nothing is taken unasked: a simulated observer would be recorded under a person's pseudonym, a webcam sees the
    person.

    Raises:
        SettingsError: No terminal to ask on, or nothing was chosen; the message lists what was found.
    """
    from gazeapp.devices.discovery import find_trackers, opening_options

    trackers = [tracker for tracker in find_trackers() if only in (None, tracker.backend)]
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise _not_said(trackers)
    usable = [tracker for tracker in trackers if not tracker.problem]
    print("Which tracker is to be recorded? Found:", file=sys.stderr)
    for number, tracker in enumerate(usable, start=1):
        print(f"  {number}  {describe(tracker)}", file=sys.stderr)
    for tracker in trackers:
        if tracker.problem:
            print(f"  -  {describe(tracker)}", file=sys.stderr)
    if only is None:
        print(f"  {SIMULATED}  a simulated observer: nobody is recorded", file=sys.stderr)
    for _ in range(3):
        print("Number, or Enter to record nothing: ", end="", file=sys.stderr, flush=True)
        answer = sys.stdin.readline().strip().lower()
        if not answer:
            break
        if answer == SIMULATED and only is None:
            return "simulated", {}
        if answer.isdigit() and 1 <= int(answer) <= len(usable):
            chosen = usable[int(answer) - 1]
            print(f"recording from {describe(chosen)}", file=sys.stderr)
            return chosen.backend, opening_options(chosen)
    raise _not_said(trackers)


def describe(tracker: TrackerInfo) -> str:
    """One tracker in words: what it is, how its gaze is read, or why it cannot be used."""
    rate = f"{tracker.rate_hz:g} Hz" if tracker.rate_hz == tracker.rate_hz else "irregular"
    serial = f" ({tracker.serial})" if tracker.serial else ""
    words = f"{tracker.backend}: {tracker.name}{serial}, {rate}"
    if tracker.problem:
        return f"{words}, not usable: {tracker.problem}"
    return f"{words}, {tracker.eyes}" + (f", {tracker.reading}" if tracker.reading else "")


def _not_said(trackers: list[TrackerInfo]) -> SettingsError:
    from gazeapp.devices.discovery import opening_options

    parts = []
    for tracker in trackers:
        options = "".join(f" --device-option {key}={value}" for key, value in opening_options(tracker).items())
        how = "" if tracker.problem else f" [--device {tracker.backend}{options}]"
        parts.append(f"{describe(tracker)}{how}")
    listed = "; ".join(parts) or "no tracker"
    return SettingsError(
        f"--device is needed, nothing is taken or simulated unasked; found: {listed}; without a person: "
        f"--device simulated "
        "or --device replay",
        key="device",
        found=[tracker.name for tracker in trackers],
    )
