"""Writes one made-up recording as the programs of other laboratories would: gaze, loss, messages and an image."""

from __future__ import annotations

import gzip
import json

import numpy as np

RATE_HZ = 250.0
WIDTH, HEIGHT = 1600, 900
DISPLAY = f"{WIDTH},{HEIGHT},531,299,650"
LOOKS = ((400.5, 300.25), (1200.75, 300.5), (800.25, 600.75), (1300.5, 700.25))
"""Half a second each, display pixels; the image is there for the first three."""
SHOWN_S = 1.5
LOST = slice(300, 320)
PUPIL_MM = 3.25
_EYE = ("rawx", "rawy", "avgx", "avgy", "psize", "pupilx", "pupily")
EYETRIBE = ("timestamp", "time", "fix", "state", *_EYE[:5], *(f"L{n}" for n in _EYE), *(f"R{n}" for n in _EYE))
PYGAZE_TOBII = (
    "TimeStamp",
    *(n for side in ("Left", "Right") for n in (f"GazePointX{side}", f"GazePointY{side}", f"Validity{side}")),
    "GazePointX",
    "GazePointY",
    "PupilSizeLeft",
    "PupilValidityLeft",
    "PupilSizeRight",
    "PupilValidityRight",
    "Event",
)


def truth():
    """(N,) seconds from 0, (N, 2) left and right gaze in display pixels, NaN where lost."""
    n = round(RATE_HZ / 2)
    time_s = np.arange(n * len(LOOKS)) / RATE_HZ
    rng = np.random.default_rng(5)
    place = np.repeat(np.array(LOOKS), n, axis=0) + np.round(rng.normal(0, 0.5, (len(time_s), 2)), 2)
    apart = np.array([4.0, 0.0])
    left, right = place - apart, place + apart
    left[LOST] = right[LOST] = np.nan
    return time_s, left, right


def rows(cell=lambda v: f"{v:.6f}", missing=""):
    """Rows of time, left x, y, right x, y in pixels as a function that formats a number."""
    for t, (lx, ly), (rx, ry) in zip(*truth(), strict=True):
        yield t, [cell(v) if np.isfinite(v) else missing for v in (lx, ly, rx, ry)]


def table(path, header, lines, *, delimiter="\t", above=(), encoding="utf-8", end="\n"):
    text = [*above, delimiter.join(header), *(delimiter.join(map(str, line)) for line in lines)]
    path.write_bytes((end.join(text) + end).encode(encoding))
    return path


def shares(eye):
    return eye / np.array([WIDTH, HEIGHT])


def write_neon(folder):
    time_s, left, right = truth()
    gaze = shares((left + right) / 2)
    lines = []
    for t, (x, y) in zip(time_s, gaze, strict=True):
        is_on = bool(np.isfinite(x))
        stamp = 1_700_000_000_000_000_000 + round(t * 1e9)
        lines.append(["s", "r", stamp, str(is_on), x if is_on else "", y if is_on else "", ""])
    header = "section id,recording id,timestamp [ns],gaze detected on surface,gaze position on surface x [normalized],"
    header += "gaze position on surface y [normalized],fixation id"
    (folder / "events.csv").write_text(
        "recording id,timestamp [ns],name,type\n"
        "r,1700000000000000000,image on: scene.png,recording\nr,1700000001500000000,image off,recording\n"
    )
    return table(folder / "gaze.csv", header.split(","), lines, delimiter=",")


def write_smi(folder):
    above = [
        "## [BeGaze]",
        "## Converted from:\tx.idf",
        "## Sample Rate:\t250",
        f"## Calibration Area:\t{WIDTH}\t{HEIGHT}",
        "## Stimulus Dimension [mm]:\t531\t299",
        "## Head Distance [mm]:\t650",
        "## ",
    ]
    header = [
        "Time",
        "Type",
        "Trial",
        "L Raw X [px]",
        "L Raw Y [px]",
        "L Mapped Diameter [mm]",
        "L POR X [px]",
        "L POR Y [px]",
        "R POR X [px]",
        "R POR Y [px]",
        "Timing",
    ]
    lines = []
    for number, (t, cells) in enumerate(rows(missing="0.00")):
        stamp = 8_000_000 + round(t * 1e6)
        if number in (0, round(SHOWN_S * RATE_HZ)):
            lines.append([stamp, "MSG", "1", f"# Message: {'image on: scene.png' if number == 0 else 'image off'}"])
        lines.append([stamp, "SMP", "1", "100", "90", f"{PUPIL_MM}", *cells, "0"])
    return table(folder / "smi.txt", header, lines, above=above)


def write_smi_begaze3(folder):
    header = [
        "RecordingTime [ms]",
        "Trial",
        "Stimulus",
        "Point of Regard Right X [px]",
        "Point of Regard Right Y [px]",
        "Point of Regard Left X [px]",
        "Point of Regard Left Y [px]",
        "Pupil Diameter Left [mm]",
    ]
    lines = [
        [f"{t * 1e3:.1f}", "1", "scene.png" if t < SHOWN_S else "-", rx, ry, lx, ly, PUPIL_MM]
        for t, (lx, ly, rx, ry) in rows(missing="-")
    ]
    return table(folder / "begaze3.txt", header, lines)


def write_gazepoint(folder):
    time_s, left, right = truth()
    header = [
        "MEDIA_ID",
        "MEDIA_NAME",
        "CNT",
        "TIME(2024/05/06 10:11:12.345)",
        "TIMETICK(f=10000000)",
        "FPOGX",
        "FPOGY",
        "FPOGV",
        "LPOGX",
        "LPOGY",
        "LPOGV",
        "RPOGX",
        "RPOGY",
        "RPOGV",
        "LPMM",
        "LPMMV",
        "CX",
        "CY",
    ]
    lines = []
    for number, (t, a, b) in enumerate(zip(time_s, shares(left), shares(right), strict=True)):
        ok = int(np.isfinite(a[0]))
        a, b = np.nan_to_num(a), np.nan_to_num(b)
        lines.append(
            [
                0,
                "scene.png" if t < SHOWN_S else "",
                number,
                f"{t:.5f}",
                number * 40000,
                0.5,
                0.5,
                1,
                f"{a[0]:.7f}",
                f"{a[1]:.7f}",
                ok,
                f"{b[0]:.7f}",
                f"{b[1]:.7f}",
                ok,
                PUPIL_MM,
                1,
                0.2,
                0.2,
            ]
        )
    return table(folder / "User 0_all_gaze.csv", header, lines, delimiter=",")


def write_titta_tsv(folder):
    time_s, left, right = truth()
    header = ["device_time_stamp", "system_time_stamp"]
    for side in ("left", "right"):
        header += [f"{side}_gaze_point_on_display_area_{a}" for a in "xy"]
        header += [f"{side}_gaze_origin_in_user_coordinate_system_{a}" for a in "xyz"]
        header += [f"{side}_pupil_diameter", f"{side}_gaze_point_validity", f"{side}_pupil_validity"]
    lines = []
    for t, a, b in zip(time_s, shares(left), shares(right), strict=True):
        line = [round(t * 1e6) + 5, round(t * 1e6) + 9_000_000]
        for k, p in enumerate((a, b)):
            ok = int(np.isfinite(p[0]))
            line += [*(f"{v:.7f}" if ok else "nan" for v in p), -30 + 60 * k, 100, 650, PUPIL_MM, ok, 1]
        lines.append(line)
    return table(folder / "titta.tsv", header, lines)


def write_titta_hdf5(folder):
    """A data frame as pandas stores it: blocks with the names of their columns; messages partly pickled."""
    import pickle

    import h5py

    source = write_titta_tsv(folder)
    header, *lines = [line.split("\t") for line in source.read_text().splitlines()]
    source.unlink()
    values = np.array(lines, dtype=float)
    path = folder / "titta.h5"
    with h5py.File(path, "w") as file:
        gaze = file.create_group("gaze")
        gaze.create_dataset("axis0", data=np.array(header, dtype="S"))
        for block, columns in enumerate((slice(0, 2), slice(2, None))):
            gaze.create_dataset(f"block{block}_items", data=np.array(header[columns], dtype="S"))
            gaze.create_dataset(f"block{block}_values", data=values[:, columns])
        msg = file.create_group("msg")
        msg.create_dataset("block0_items", data=np.array(["system_time_stamp"], dtype="S"))
        msg.create_dataset("block0_values", data=np.array([[9_000_000], [10_500_000]], dtype="i8"))
        msg.create_dataset("block1_items", data=np.array(["msg"], dtype="S"))
        texts = np.array([["image on: scene.png"], ["image off"]], dtype=object)
        stored = msg.create_dataset("block1_values", (1,), dtype=h5py.vlen_dtype(np.uint8))
        stored[0] = np.frombuffer(pickle.dumps(texts), np.uint8)
    return path


def write_titta_table(folder):
    """The same in PyTables' table layout: blocks of one type, named in attributes, with a search tree beside them."""
    import pickle

    import h5py

    source = write_titta_tsv(folder)
    header, *lines = [line.split("\t") for line in source.read_text().splitlines()]
    source.unlink()
    values = np.array(lines, dtype=float)
    path = folder / "titta-table.h5"
    with h5py.File(path, "w") as file:

        def write(group, blocks):
            n = len(blocks[0][1])
            kinds = [("index", "i8"), *((f"values_block_{b}", v.dtype, v.shape[1:]) for b, (_, v) in enumerate(blocks))]
            rows = np.zeros(n, dtype=kinds)
            for block, (_, cells) in enumerate(blocks):
                rows[f"values_block_{block}"] = cells
            stored = file.create_dataset(f"{group}/table", data=rows)
            stored.attrs["index_kind"] = np.bytes_(b"integer")
            for block, (names, _) in enumerate(blocks):
                stored.attrs[f"values_block_{block}_kind"] = np.bytes_(pickle.dumps(names, 0))
            file.create_group(f"{group}/_i_table/index")

        write("gaze", [(header[:2], values[:, :2].astype("i8")), (header[2:], values[:, 2:])])
        texts = np.array([[b"image on: scene.png"], [b"image off"]])
        write("msg", [(["system_time_stamp"], np.array([[9_000_000], [10_500_000]])), (["msg"], texts)])
    return path


def write_sdk_dictionary(folder):
    """tobii_research's dictionaries, written by pandas: points are texts such as (0.25, 0.33)."""
    time_s, left, right = truth()
    header = ["device_time_stamp", "system_time_stamp"]
    for side in ("left", "right"):
        header += [
            f"{side}_gaze_point_on_display_area",
            f"{side}_gaze_point_in_user_coordinate_system",
            f"{side}_gaze_point_validity",
            f"{side}_pupil_diameter",
            f"{side}_pupil_validity",
        ]
    lines = []
    for t, a, b in zip(time_s, shares(left), shares(right), strict=True):
        line = [round(t * 1e6), round(t * 1e6) + 77]
        for p in (a, b):
            ok = int(np.isfinite(p[0]))
            point = f'"({p[0]:.7f}, {p[1]:.7f})"' if ok else '"(nan, nan)"'
            line += [point, '"(1.0, 2.0, 3.0)"', ok, PUPIL_MM, 1]
        lines.append(line)
    return table(folder / "sdk.csv", header, lines, delimiter=",")


def write_studio1(folder):
    above = [
        "Recording name:\tRec 01",
        "Recording date:\t01.02.2010",
        f"Recording resolution:\t{WIDTH} x {HEIGHT}",
        "Export date:\t03.02.2010",
        "",
    ]
    header = [
        "Timestamp",
        "DateTimeStamp",
        "Number",
        "GazePointXLeft",
        "GazePointYLeft",
        "CamXLeft",
        "CamYLeft",
        "DistanceLeft",
        "PupilLeft",
        "ValidityLeft",
        "GazePointXRight",
        "GazePointYRight",
        "CamXRight",
        "CamYRight",
        "DistanceRight",
        "PupilRight",
        "ValidityRight",
        "StimuliName",
        "GazePointX",
        "GazePointY",
    ]
    lines = []
    for number, (t, (lx, ly, rx, ry)) in enumerate(rows(missing="-1")):
        code = "4" if lx == "-1" else "0"
        lines.append(
            [
                round(t * 1e3),
                "10:00",
                number,
                lx,
                ly,
                "0.4",
                "0.5",
                "650",
                PUPIL_MM,
                code,
                rx,
                ry,
                "0.6",
                "0.5",
                "650",
                PUPIL_MM,
                code,
                "scene.png" if t < SHOWN_S else "",
                lx,
                ly,
            ]
        )
    return table(folder / "studio1.tsv", header, lines, above=above, encoding="utf-16")


def write_studio2(folder):
    header = [
        "RecordingResolution",
        "MediaName",
        "RecordingTimestamp",
        "StudioEvent",
        "GazePointLeftX (ADCSpx)",
        "GazePointLeftY (ADCSpx)",
        "GazePointRightX (ADCSpx)",
        "GazePointRightY (ADCSpx)",
        "GazePointX (MCSpx)",
        "GazePointY (MCSpx)",
        "PupilLeft",
        "PupilRight",
        "ValidityLeft",
        "ValidityRight",
    ]
    lines = []
    for t, (lx, ly, rx, ry) in rows():
        code = "0" if lx else "4"
        lines.append(
            [
                f"{WIDTH} x {HEIGHT}",
                "scene.png" if t < SHOWN_S else "",
                round(t * 1e3),
                "",
                lx,
                ly,
                rx,
                ry,
                "5",
                "6",
                PUPIL_MM,
                PUPIL_MM,
                code,
                code,
            ]
        )
    return table(folder / "studio2.tsv", header, lines)


def write_prolab(folder, *, averaged=False, decimal=".", unit="μs", with_sensor=True):
    scale = {"μs": 1e6, "ms": 1e3}[unit]
    header = [
        f"Recording timestamp [{unit}]",
        "Recording resolution height [px]",
        "Recording resolution width [px]",
        "Event",
        "Event value",
    ]
    header += ["Gaze point X [DACS px]", "Gaze point Y [DACS px]"]
    if not averaged:
        header += [
            "Gaze point left X [DACS px]",
            "Gaze point left Y [DACS px]",
            "Gaze point right X [DACS px]",
            "Gaze point right Y [DACS px]",
            "Validity left",
            "Validity right",
        ]
    header += [
        "Gaze point X [MCS norm]",
        "Gaze point Y [MCS norm]",
        "Pupil diameter left [mm]",
        "Presented Stimulus name",
    ]
    if with_sensor:
        header.insert(1, "Sensor")
    lines = []
    for number, (t, cells) in enumerate(rows()):
        lx, ly, rx, ry = cells
        mean = [f"{(float(a) + float(b)) / 2:.4f}" if a else "" for a, b in ((lx, rx), (ly, ry))]
        ok = "Valid" if lx else "Invalid"
        eyes = [] if averaged else [lx, ly, rx, ry, ok, ok]
        shown = "scene" if t < SHOWN_S else ""
        line = [
            str(round(t * scale)),
            str(HEIGHT),
            str(WIDTH),
            "",
            "",
            *mean,
            *eyes,
            "0.5",
            "0.5",
            str(PUPIL_MM),
            shown,
        ]
        event = [
            str(round(t * scale)),
            str(HEIGHT),
            str(WIDTH),
            "KeyboardEvent",
            "Space",
            *[""] * (len(line) - 6),
            shown,
        ]
        if with_sensor:
            line.insert(1, "Eye Tracker")
            event.insert(1, "")
        if number % 50 == 25:
            lines.append(event)
        lines.append([cell.replace(".", decimal) for cell in line])
    return table(folder / "prolab.tsv", header, lines)


def write_pygaze_eyetribe(folder):
    header = [*EYETRIBE]
    lines = []
    for number, (t, (lx, ly, rx, ry)) in enumerate(rows(missing="0")):
        stamp = round(t * 1e3)
        if number in (0, round(SHOWN_S * RATE_HZ)):
            text = "image on: scene.png" if number == 0 else "image off"
            lines.append(["MSG", "2024-01-01 10:00:00.000", stamp, text])
        lines.append(
            [
                "2024-01-01 10:00:00.000",
                stamp,
                "False",
                "7",
                "9",
                "9",
                "9",
                "9",
                "20",
                lx,
                ly,
                "9",
                "9",
                "21",
                "0.4",
                "0.5",
                rx,
                ry,
                "9",
                "9",
                "22",
                "0.6",
                "0.5",
            ]
        )
    return table(folder / "eyetribe.tsv", header, lines)


def write_pygaze_tobii(folder):
    header = [*PYGAZE_TOBII]
    lines = []
    for number, (t, (lx, ly, rx, ry)) in enumerate(rows(missing="nan")):
        ok = int(lx != "nan")
        if number in (0, round(SHOWN_S * RATE_HZ)):
            lines.append([f"{t * 1e3:.1f}", *[""] * 12, "image on: scene.png" if number == 0 else "image off"])
        lines.append([f"{t * 1e3:.1f}", lx, ly, ok, rx, ry, ok, lx, ly, PUPIL_MM, 1, PUPIL_MM, 1, ""])
    return table(folder / "pygaze_tobii.tsv", header, lines)


def write_webgazer(folder):
    time_s, left, right = truth()
    gaze = (left + right) / 2
    points = [
        {"x": x, "y": y, "t": round(t * 1e3, 3)} for t, (x, y) in zip(time_s, gaze, strict=True) if np.isfinite(x)
    ]
    first = [p for p in points if p["t"] < SHOWN_S * 1e3]
    rest = [{**p, "t": p["t"] - SHOWN_S * 1e3} for p in points if p["t"] >= SHOWN_S * 1e3]
    window = {"window_width": WIDTH, "window_height": HEIGHT}
    trials = [
        {"trial_type": "html-button-response", "time_elapsed": 100, **window},
        {"stimulus": "img/scene.png", "rt": 1500, "time_elapsed": 1600, "webgazer_data": first},
        {"stimulus": "<p>+</p>", "rt": 500, "time_elapsed": 2100, "webgazer_data": rest},
    ]
    path = folder / "jspsych.json"
    path.write_text(json.dumps(trials))
    return path


def write_bids(folder, *, unit="pixel", seconds=1.0):
    root = folder / "bids"
    beh = root / "sub-01" / "beh"
    beh.mkdir(parents=True)
    (root / "dataset_description.json").write_text('{"Name": "x", "BIDSVersion": "1.11.0"}')
    (root / "task-view_events.json").write_text(
        json.dumps(
            {
                "StimulusPresentation": {
                    "ScreenDistance": 0.65,
                    "ScreenResolution": [WIDTH, HEIGHT],
                    "ScreenSize": [0.531, 0.299],
                    "ScreenOrigin": ["top", "left"],
                }
            }
        )
    )
    (beh / "sub-01_task-view_events.tsv").write_text(
        "onset\tduration\ttrial_type\tstim_file\n0.0\t1.5\tview\tscene.png\n"
    )
    time_s, left, right = truth()
    for number, (side, eye) in enumerate((("left", left), ("right", right)), start=1):
        stem = beh / f"sub-01_task-view_recording-eye{number}_physio"
        lines = []
        for t, point in zip(time_s, eye, strict=True):
            cells = ["n/a" if np.isnan(v) else repr(float(v)) for v in point]
            lines.append("\t".join([repr(float((7000 + t) / seconds)), *cells, f"{PUPIL_MM}"]))
        stem.with_suffix(".tsv.gz").write_bytes(gzip.compress(("\n".join(lines) + "\n").encode()))
        sidecar = {
            "SamplingFrequency": RATE_HZ,
            "StartTime": 0.0,
            "Columns": ["timestamp", "x_coordinate", "y_coordinate", "pupil_size"],
            "PhysioType": "eyetrack",
            "RecordedEye": side,
            "SampleCoordinateSystem": "gaze-on-screen",
            "Manufacturer": "SR Research",
            "x_coordinate": {"Units": unit},
            "y_coordinate": {"Units": unit},
            "pupil_size": {"Units": "mm", "Description": "diameter"},
        }
        stem.with_suffix(".json").write_text(json.dumps(sidecar))
    return beh / "sub-01_task-view_recording-eye1_physio.tsv.gz"


def write_own(folder):
    header = ["time_s", "left_x_px", "left_y_px", "right_x_px", "right_y_px", "left_pupil_mm"]
    return table(folder / "own.csv", header, ([f"{t:.4f}", *cells, PUPIL_MM] for t, cells in rows()), delimiter=",")


def write_parquet(folder):
    import pyarrow
    from pyarrow import parquet

    time_s, left, right = truth()
    columns = {
        "time_s": time_s,
        "left_x_px": left[:, 0],
        "left_y_px": left[:, 1],
        "right_x_px": right[:, 0],
        "right_y_px": right[:, 1],
    }
    path = folder / "own.parquet"
    parquet.write_table(pyarrow.table({k: pyarrow.array(v, from_pandas=True) for k, v in columns.items()}), path)
    return path
