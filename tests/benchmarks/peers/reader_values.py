"""What pandas, MNE, pymovements and pyxdf read in the files of a folder; run by an interpreter that has them.

    python reader_values.py FOLDER OUT.npz

Nothing of this program is imported. Each array is (N, 3) or (N, 5): seconds from the first sample, then pixels of the
left (or only) and of the right eye as the file tells them; shares are turned into pixels of 1600 × 900.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

SIZE = np.array([1600, 900] * 2)


def delimited(path, time, columns, *, unit_s, scale=1.0, keep=None, **options):
    frame = pd.read_csv(path, **options)
    if keep is not None:
        frame = frame[keep(frame)]
    gaze = frame[columns].apply(pd.to_numeric, errors="coerce").to_numpy(float) * scale
    stamps = pd.to_numeric(frame[time]).to_numpy(float) * unit_s
    return np.column_stack([stamps - stamps[0], gaze])


def titta(name, side):
    return [f"{side}_gaze_point_on_display_area_{axis}" for axis in "xy"]


def dacs(side):
    return [f"Gaze point {side} {axis} [DACS px]" for axis in "XY"]


def read(path: Path) -> dict[str, np.ndarray]:
    tab = {"sep": "\t"}
    name = path.name
    if name == "titta.tsv":
        columns = titta(name, "left") + titta(name, "right")
        return {"pandas": delimited(path, "system_time_stamp", columns, unit_s=1e-6, scale=SIZE, **tab)}
    if name == "prolab.tsv":
        eye = "Eye Tracker"
        columns = dacs("left") + dacs("right")
        found = delimited(
            path, "Recording timestamp [μs]", columns, unit_s=1e-6, keep=lambda f: f["Sensor"] == eye, **tab
        )
        return {"pandas": found}
    if name == "studio2.tsv":
        columns = [f"GazePoint{side}{axis} (ADCSpx)" for side in ("Left", "Right") for axis in "XY"]
        return {"pandas": delimited(path, "RecordingTimestamp", columns, unit_s=1e-3, **tab)}
    if name == "own.csv":
        columns = [f"{side}_{axis}_px" for side in ("left", "right") for axis in "xy"]
        return {"pandas": delimited(path, "time_s", columns, unit_s=1.0)}
    if name.endswith("all_gaze.csv"):
        columns = [f"{side}POG{axis}" for side in "LR" for axis in "XY"]
        time = next(c for c in pd.read_csv(path, nrows=1).columns if c.startswith("TIME("))
        return {"pandas": delimited(path, time, columns, unit_s=1.0, scale=SIZE)}
    if name == "own.parquet":
        frame = pd.read_parquet(path)
        columns = [f"{side}_{axis}_px" for side in ("left", "right") for axis in "xy"]
        return {"pandas": frame[["time_s", *columns]].to_numpy(float)}
    if name == "gaze.csv":
        columns = [f"gaze position on surface {axis} [normalized]" for axis in "xy"]
        return {"pandas": delimited(path, "timestamp [ns]", columns, unit_s=1e-9, scale=SIZE[:2])}
    if name.endswith("_recording-eye1_physio.tsv.gz"):
        return {"pandas": bids(path)}
    if name.startswith("etdq_"):
        columns = [f"{side}_{axis}" for side in ("left", "right") for axis in "xy"]
        known = [c for c in columns if c in pd.read_csv(path, nrows=1, **tab)]
        found = delimited(path, "timestamp", known, unit_s=1e-3, **tab)
        found[:, 1:] += SIZE[: len(known)] / 2  # it counts from the centre
        return {"pandas": found}
    if name.startswith("i2mc_"):
        columns = [f"{side}GazePos2d{axis}" for side in "LR" for axis in "xy"]
        return {"pandas": delimited(path, "RelTimestamp", columns, unit_s=1e-3, scale=SIZE, **tab)}
    if name.endswith(".asc"):
        return asc(path)
    if name.endswith(".xdf"):
        return xdf(path)
    return {}


def bids(path: Path) -> np.ndarray:
    eyes = []
    for number in (1, 2):
        file = path.with_name(path.name.replace("eye1", f"eye{number}"))
        names = ["timestamp", "x_coordinate", "y_coordinate", "pupil_size"]
        eyes.append(pd.read_csv(file, sep="\t", names=names, na_values="n/a").to_numpy(float))
    return np.column_stack([eyes[0][:, 0] - eyes[0][0, 0], eyes[0][:, 1:3], eyes[1][:, 1:3]])


def asc(path: Path) -> dict[str, np.ndarray]:
    import mne
    import pymovements

    mne.set_log_level("ERROR")
    try:
        raw = mne.io.read_raw_eyelink(path)
    except ValueError as error:  # samples without the lines that say of which eyes
        print(f"{path.name}: mne: {error}")
        return {}
    gaze = [n for n in raw.ch_names if n.startswith(("xpos", "ypos"))]
    gaze.sort(key=lambda n: (n.rsplit("_", 1)[1], n))
    found = {"mne": np.column_stack([raw.times, raw.get_data(gaze).T])}
    samples = pymovements.gaze.from_asc(path).samples
    pixels = np.array(samples["pixel"].to_list(), dtype=float)
    stamps = samples["time"].to_numpy().astype(float) / 1e3
    found["pymovements"] = np.column_stack([stamps - stamps[0], pixels])
    return found


def xdf(path: Path) -> dict[str, np.ndarray]:
    import pyxdf

    streams, _ = pyxdf.load_xdf(str(path), dejitter_timestamps=False)
    for stream in streams:
        if stream["info"]["type"][0] == "Gaze" and len(stream["time_stamps"]):
            labels = [c["label"][0] for c in stream["info"]["desc"][0]["channels"][0]["channel"]]
            wanted = [i for i, label in enumerate(labels) if label in ("left_x", "left_y", "right_x", "right_y")]
            stamps = stream["time_stamps"] - stream["time_stamps"][0]
            if len(wanted) == 4:
                return {"pyxdf": np.column_stack([stamps, stream["time_series"][:, wanted]])}
    return {}


def main(folder: str, out: str) -> None:
    warnings.simplefilter("ignore")
    arrays = {}
    for path in sorted(Path(folder).rglob("*")):
        if path.is_file():
            for reader, values in read(path).items():
                arrays[f"{path.relative_to(folder)}|{reader}"] = values
    np.savez(out, **arrays)


if __name__ == "__main__":
    main(*sys.argv[1:3])
