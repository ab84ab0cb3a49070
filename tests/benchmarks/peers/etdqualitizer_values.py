"""Write the figures of the ETDQualitizer package for the recordings beside the checkout to tests/golden.

Run with the Python of the peers' environment (see requirements.txt here):
    python tests/benchmarks/peers/etdqualitizer_values.py DATA/recordings/etdq tests/golden/etdqualitizer.json
"""

import json
import sys
from pathlib import Path

import ETDQualitizer
import pandas as pd

SCREEN = {
    "width_px": 1920,
    "height_px": 1080,
    "width_mm": 528.0,
    "height_mm": 297.0,
    "distance_mm": 650.0,
}


def main(folder, destination):
    screen = ETDQualitizer.ScreenConfiguration(
        SCREEN["width_mm"],
        SCREEN["height_mm"],
        SCREEN["width_px"],
        SCREEN["height_px"],
        SCREEN["distance_mm"],
    )
    files = {}
    for path in sorted(folder.glob("*.tsv")):
        gaze = pd.read_csv(path, delimiter="\t")
        table = ETDQualitizer.compute_data_quality_from_validation(
            gaze, "pixels", screen, advanced=True, include_data_loss=True
        )
        rows = table.reset_index().to_dict(orient="records")
        files[path.name] = [
            {
                "eye": row["eye"],
                "target_id": int(row["target_id"]),
                "accuracy_deg": row["accuracy"],
                "offset_azimuth_deg": row["accuracy_x"],
                # there, elevation counts as the pixels do: down
                "offset_elevation_deg": -row["accuracy_y"],
                "rms_s2s_deg": row["rms_s2s"],
                "std_deg": row["std"],
                "bcea_deg2": row["bcea"],
                "data_loss": row["data_loss"] / 100,
                "effective_hz": row["effective_frequency"],
            }
            for row in rows
        ]
    document = {"etdqualitizer": ETDQualitizer.__version__, "screen": SCREEN, "files": files}
    destination.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
