"""Compare fixation detectors with the human coders of Lund 2013, ours and other packages', in one run.

Run with the Python of the peers' environment (requirements.txt here) from the checkout:
    PYTHONPATH=. python tests/benchmarks/peers/compare_detectors.py DATA/lund2013 [-o results.json]
    [--ours-only]
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np

from gazeapp.gaze.detection.registry import ALGORITHMS, detect_fixations
from tests.benchmarks.peers.lund2013 import CODERS, KINDS, event_f1, event_rows, kappa, load, mark, runs
from tests.benchmarks.peers.peer_detectors import PEERS


def ours(algorithm, **options):
    def detect(samples, display):
        found = detect_fixations(samples, display, algorithm, **options)
        return [(fixation.onset_s, fixation.end_s) for fixation in found]

    return detect


def score(recordings, detect):
    """Rows of kappa and event F1 per recording, coder and reading; and samples per second."""
    rows, n, elapsed_s = [], 0, 0.0
    for recording in recordings:
        begin = time.perf_counter()
        found = detect(recording.samples, recording.display)
        elapsed_s += time.perf_counter() - begin
        n += len(recording.samples)
        rows += _rows(recording, mark(recording, found), event_rows(recording, found))
    return rows, n / elapsed_s


def second_human(recordings):
    rows = []
    for recording in recordings:
        for coder, other in (("RA", "MN"), ("MN", "RA")):
            for pursuit in (False, True):
                marked = recording.truth(other, pursuit)
                rows += [
                    row
                    for row in _rows(recording, marked, runs(marked))
                    if row["coder"] == coder and row["pursuit"] == pursuit
                ]
    return rows


def _rows(recording, marked, events):
    return [
        {
            "kind": recording.kind,
            "half": recording.half,
            "name": recording.name,
            "coder": coder,
            "pursuit": pursuit,
            "n": len(marked),
            "marked": marked,
            "truth": recording.truth(coder, pursuit),
            "f1": event_f1(events, runs(recording.truth(coder, pursuit))),
        }
        for coder in CODERS
        for pursuit in (False, True)
    ]


def summarise(rows, kind, half, pursuit):
    """Per coder: kappa over all samples of a kind together, and mean event F1."""
    cells = {}
    for coder in CODERS:
        chosen = [
            row
            for row in rows
            if row["kind"] == kind
            and row["pursuit"] == pursuit
            and row["coder"] == coder
            and half in ("all", row["half"])
        ]
        pooled = [np.concatenate([row[name] for row in chosen]) for name in ("marked", "truth")]
        cells[coder] = (kappa(*pooled), float(np.nanmean([row["f1"] for row in chosen])))
    return cells


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--golden", type=Path, help="write the peers' scores here, for the tests")
    parser.add_argument("--ours-only", action="store_true")
    args = parser.parse_args()
    recordings = load(args.root)
    detectors = {f"ours {name}": ours(name) for name in ALGORITHMS}
    detectors["ours adaptive, no pursuit"] = ours("adaptive", pursuit="exclude")
    if not args.ours_only:
        detectors |= PEERS
    scored = {name: score(recordings, detect) for name, detect in detectors.items()}
    scored["second human"] = (second_human(recordings), float("nan"))
    document = []
    for half in ("report", "tune", "all"):
        for pursuit in (False, True):
            print(
                f"\n{half} half, pursuit {'counts as fixation' if pursuit else 'is no fixation'}: kappa RA MN | F1 RA "
                f"MN"
            )
            print(f"{'':26}" + "".join(f"{kind:^26}" for kind in KINDS) + "  samples/s")
            for name, (rows, rate) in scored.items():
                line = f"{name:26}"
                for kind in KINDS:
                    cells = summarise(rows, kind, half, pursuit)
                    line += "  {:.3f} {:.3f} | {:.2f} {:.2f}  ".format(
                        *(cells[c][0] for c in CODERS), *(cells[c][1] for c in CODERS)
                    )
                    document.append(
                        {
                            "detector": name,
                            "half": half,
                            "pursuit_counts": pursuit,
                            "kind": kind,
                            **{f"kappa_{c}": cells[c][0] for c in CODERS},
                            **{f"f1_{c}": cells[c][1] for c in CODERS},
                            "samples_per_s": rate,
                        }
                    )
                print(line + f"{rate:11,.0f}")
    if args.golden:
        kept = [row for row in document if not row["detector"].startswith("ours")]
        for row in kept:
            del row["samples_per_s"]  # of this machine, not of the method
            for key in row.keys() & {"kappa_RA", "kappa_MN", "f1_RA", "f1_MN"}:
                row[key] = round(row[key], 4)
        args.golden.write_text("[\n" + ",\n".join(json.dumps(row) for row in kept) + "\n]\n")
    if args.output:
        args.output.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
