"""Compare our quality figures with those of the ETDQualitizer package, recording by recording.

peers/bin/python tests/benchmarks/peers/etdqualitizer_values.py DATA/recordings/etdq
tests/golden/etdqualitizer.json
python -m tests.benchmarks.peers.compare_quality DATA/recordings/etdq [tests/golden/etdqualitizer.json]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from gazeapp.gaze.display import Display
from gazeapp.gaze.quality import measure_quality
from gazeapp.store.sample_table import read_samples

GOLDEN = Path(__file__).parents[1] / "golden" / "etdqualitizer.json"
FIGURES = (
    "accuracy_deg",
    "offset_azimuth_deg",
    "offset_elevation_deg",
    "rms_s2s_deg",
    "std_deg",
    "bcea_deg2",
    "data_loss",
    "effective_hz",
)


def largest_differences(folder, document, name):
    """(number of eyes and targets, figure → largest absolute difference)."""
    display = Display(**document["screen"])
    table = read_samples(folder / name, display)
    report = measure_quality(table.samples, table.targets, display)
    ours = {(row.eye, row.target_id): row for row in report.targets}
    expected = document["files"][name]
    assert len(ours) == len(expected)
    return len(expected), {
        figure: max(abs(getattr(ours[row["eye"], row["target_id"]], figure) - row[figure]) for row in expected)
        for figure in FIGURES
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("values", type=Path, nargs="?", default=GOLDEN)
    arguments = parser.parse_args()
    document = json.loads(arguments.values.read_text())
    print(
        "ETDQualitizer",
        document["etdqualitizer"],
        "| recording | eyes × targets |",
        " | ".join(FIGURES),
    )
    for name in document["files"]:
        n, differences = largest_differences(arguments.folder, document, name)
        print(f"| {name} | {n} | " + " | ".join(f"{differences[f]:.1e}" for f in FIGURES) + " |")


if __name__ == "__main__":
    main()
