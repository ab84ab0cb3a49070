"""Compute a session's fixations and maps again from its samples and images, and say whether they are equal.

Equal to the bit is what to expect on the machine that recorded the session; another processor may round differently,
which is told apart from a difference. Maps need the weights that made them; those of others are left out and counted.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gazeapp.runtime.replay import Reproduction

EXAMPLE = "gazeapp verify studies/pilot/sessions/20261121T014500Z-017f3a"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", metavar="SESSION", type=Path, help="folder of the session")
    parser.add_argument("--weights", type=Path, metavar="DIR", help="the networks that made its maps, if not shipped")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    from dataclasses import asdict, replace

    from gazeapp.cli.console import print_json
    from gazeapp.networks.predictors import Predictors
    from gazeapp.runtime.replay import reproduce, reproduce_maps
    from gazeapp.store.reader import SessionReader
    from gazeapp.store.session_file import find_session

    with SessionReader(find_session(args.session)) as reader:
        found = reproduce(reader)
        if any(True for _ in reader.predictions(final_only=True)):
            maps, n_other = reproduce_maps(reader, Predictors.load(args.weights))
            found = replace(found, maps=maps, n_maps_of_other_weights=n_other)
    if args.json:
        print_json(asdict(found) | {"equal": found.is_same, "equal_to_the_bit": found.is_exact})
    else:
        print("\n".join(_lines(found)))
    return 0 if found.is_same else 1


def _lines(found: Reproduction) -> list[str]:
    how = "equal to the bit" if found.is_exact else "equal but for rounding"
    lines = []
    if not found.trials:
        lines.append("fixations: the session has no finished trial to compare")
    elif different := [str(t.trial) for t in found.trials if not t.fixations_equal]:
        moved = max(t.largest_shift_px for t in found.trials if not t.fixations_equal)
        lines.append(
            f"fixations: {len(different)} of {len(found.trials)} trials came out differently ({', '.join(different)}), "
            f"by up to {moved:.2g} px"
        )
    else:
        lines.append(f"fixations: all {len(found.trials)} trials equal to the bit, from {found.n_samples} samples")
    if found.maps:
        largest = max(m.largest_difference for m in found.maps)
        exact = sum(m.largest_difference == 0 for m in found.maps)
        lines.append(f"maps: {exact} of {len(found.maps)} equal to the bit; largest difference {largest:.2g} of a peak")
    if found.n_maps_of_other_weights:
        lines.append(
            f"maps: {found.n_maps_of_other_weights} were made by other weights and not compared; name them by --weights"
        )
    if found.is_recalibrated:
        lines.append("compared as recorded: a correction from the images was applied afterwards")
    lines.append(how if found.is_same else "DIFFERENT")
    return lines
