"""After a crash: make a session or study readable, and say what is there and what is missing.

A finished session is only looked at. A damaged file is rebuilt from every row that is left; the original stays
beside it, with the ending .damaged.
"""

from __future__ import annotations

import argparse
from pathlib import Path

EXAMPLE = "gazeapp recover studies/pilot/sessions/20261121T014500Z-017f3a"
_LISTED_GAPS = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "session",
        metavar="SESSION|STUDY",
        type=Path,
        help="folder of the session, or of a study whose own file is damaged",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int | None:
    from dataclasses import asdict

    from gazeapp.cli.console import print_json
    from gazeapp.store.recovery.session import recover

    if (args.session / "study.sqlite").is_file():
        return _recover_study(args)
    found = recover(args.session)
    if args.json:
        print_json(asdict(found) | {"is_whole": found.is_whole})
        return None
    state = {
        "finished": "finished normally; nothing was changed",
        "recovered": "was recovered before; nothing was changed",
        "interrupted": "was interrupted; what had been saved is readable",
        "damaged": f"was damaged; rebuilt from what is left, the original is kept as {found.kept_as}",
    }.get(found.was, found.was)
    if found.was == "finished" and found.ended_by:
        state = (
            f"was closed in order, but ended before its plan did ({found.ended_by.rstrip('.')}); nothing was changed"
        )
    print(f"{found.session_id}: {state}.")
    print("there: " + ", ".join(f"{n} {table}" for table, n in found.counts.items() if n and table != "meta"))
    n_found = found.counts["samples"]
    if n_found:
        share = f" of {found.n_expected_samples} expected" if found.n_expected_samples else ""
        print(f"gaze from {found.first_s:.3f} to {found.last_s:.3f} s: {n_found} samples{share}")
    lost = {table: n for table, n in found.n_lost.items() if n}
    if lost:
        print("lost: " + ", ".join(f"{n} {table}" for table, n in lost.items()))
    if found.n_pages_found < found.n_pages_expected:
        print(f"the file ends early: {found.n_pages_found} of {found.n_pages_expected} pages; what came after is gone")
    for trial in found.lost_trials[:_LISTED_GAPS]:
        print(f"trial {trial.trial} ({trial.stimulus}, shown at {trial.shown_s:.3f} s): {trial.what}")
    if len(found.lost_trials) > _LISTED_GAPS:
        print(f"… and {len(found.lost_trials) - _LISTED_GAPS} more trials (--json lists them all)")
    for gap in found.gaps[:_LISTED_GAPS]:
        print(f"gap: {gap.start_s:.3f} to {gap.stop_s:.3f} s ({gap.n_missing} samples)")
    if len(found.gaps) > _LISTED_GAPS:
        print(f"… and {len(found.gaps) - _LISTED_GAPS} more gaps (--json lists them all)")
    if found.is_whole and not found.gaps:
        print("nothing is missing")
    return None


def _recover_study(args: argparse.Namespace) -> int | None:
    from dataclasses import asdict

    from gazeapp.cli.console import print_json
    from gazeapp.store.recovery.study import recover_study

    found = recover_study(args.session)
    if args.json:
        print_json(asdict(found))
        return None
    state = (
        "sound; nothing was changed"
        if found.was == "sound"
        else f"was damaged; rebuilt from what is left, the original is kept as {found.kept_as}"
    )
    print(f"{found.study}: {state}.")
    print(f"there: {found.n_participants} participants, {found.n_sessions} sessions, {found.n_embeddings} embeddings")
    if found.without_consent:
        print(f"no consent on record: {', '.join(found.without_consent)}; record it before you store more")
    return None
