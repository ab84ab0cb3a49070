"""List every tracker backend (available or not, why, how to get it) and every tracker found.

Networks are searched for trackers, which takes a few seconds.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gazeapp.devices.tracker import Availability, TrackerInfo

EXAMPLE = "gazeapp devices --json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    from gazeapp.cli.console import print_json
    from gazeapp.devices.discovery import backends, find_trackers

    rows, trackers = backends(), find_trackers()
    if args.json:
        print_json({"backends": [_backend(row) for row in rows], "trackers": [_tracker(t) for t in trackers]})
        return 0
    print("backends:")
    for row in rows:
        why = f": {row.reason.words}" if row.reason else ""
        state = "available" if row.ok else f"not available{why}"
        print(f"  {row.backend:<11}{state}")
        if row.hint:
            print(f"  {'':<11}{row.hint}")
    print("trackers found:" if trackers else "trackers found: none beside the simulated ones")
    for tracker in trackers:
        rate = f"{tracker.rate_hz:g} Hz" if tracker.rate_hz == tracker.rate_hz else "irregular"
        others = [f"{hz:g}" for hz in tracker.rates_hz if hz != tracker.rate_hz]
        rate += f" (or {', '.join(others)})" if others else ""
        serial = f" ({tracker.serial})" if tracker.serial else ""
        if tracker.problem:
            print(f"  {tracker.backend:<11}{tracker.name}{serial}, {rate}: not understood")
            print(f"  {'':<11}{tracker.problem}")
            continue
        print(f"  {tracker.backend:<11}{tracker.name}{serial}, {rate}, {tracker.eyes}")
        if tracker.reading:
            print(f"  {'':<11}{tracker.reading}")
    return 0


def _backend(row: Availability) -> dict[str, Any]:
    return {
        "backend": row.backend,
        "ok": row.ok,
        "reason": row.reason.value if row.reason else None,
        "hint": row.hint,
    }


def _tracker(tracker: TrackerInfo) -> dict[str, Any]:
    return {
        "backend": tracker.backend,
        "name": tracker.name,
        "serial": tracker.serial,
        "rate_hz": tracker.rate_hz,
        "rates_hz": list(tracker.rates_hz),
        "eyes": tracker.eyes,
        "reading": tracker.reading,
        "problem": tracker.problem,
        "capabilities": sorted(c.value for c in tracker.capabilities),
    }
