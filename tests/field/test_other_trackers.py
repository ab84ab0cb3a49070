"""Exports of trackers and programs that nobody sent yet: read right, or a question or refusal in one line."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from gazeapp.errors import GazeAppError
from gazeapp.gaze.display import Display
from gazeapp.store.imports.formats import read_recording
from gazeapp.store.imports.recording import ImportSettings
from tests.field.foreign_files import DISPLAY, HEIGHT, WIDTH

SETTINGS = ImportSettings(display=Display.parse(DISPLAY))
N, HZ = 400, 250.0
LOST = slice(150, 180)


def gaze():
    """(N,) seconds and (N, 2) left and right gaze in display pixels, four places, NaN where lost."""
    rng = np.random.default_rng(3)
    place = np.repeat(np.array([(300.5, 200.25), (1200.75, 300.5), (800.25, 700.75), (1300.5, 600.25)]), N // 4, axis=0)
    place = place + rng.normal(0, 0.6, (N, 2))
    apart = np.array([3, 0])
    left, right = place - apart, place + apart
    left[LOST] = right[LOST] = np.nan
    return np.arange(N) / HZ, left, right


T, LEFT, RIGHT = gaze()
BOTH = (LEFT + RIGHT) / 2
SHARE = np.array([WIDTH, HEIGHT])
MM = np.array([531 / WIDTH, 299 / HEIGHT])
OK = (~np.isnan(LEFT[:, 0])).astype(int)


def texts(values, digits=4, missing=""):
    return ["" if missing is None else missing if v != v else f"{v:.{digits}f}" for v in np.asarray(values, float)]


def xy(names, points, digits=4, missing=""):
    return dict(zip(names, (texts(points[:, axis], digits, missing) for axis in (0, 1)), strict=True))


def up(points):
    return np.stack([points[:, 0], HEIGHT - points[:, 1]], axis=1)


def stamps(factor, start=0.0, digits=0):
    return [f"{(start + t) * factor:.{digits}f}" for t in T]


L, R, B = "left", "right", "both"
CASES = {
    # Smart Eye Pro, iMotions, Tobii
    "imotions": (
        {"Timestamp": stamps(1e3)}
        | xy(("ET_GazeLeftx", "ET_GazeLefty"), LEFT, 2, "-1")
        | xy(("ET_GazeRightx", "ET_GazeRighty"), RIGHT, 2, "-1"),
        ",",
        {},
        (L, R),
    ),
    "tobii sdk tuples apart": (
        {"system_time_stamp": stamps(1e6, 5e3)}
        | xy(("left_gaze_point_on_display_area_x", "left_gaze_point_on_display_area_y"), LEFT / SHARE, 6, "nan")
        | xy(("right_gaze_point_on_display_area_x", "right_gaze_point_on_display_area_y"), RIGHT / SHARE, 6, "nan"),
        ",",
        {},
        (L, R),
    ),
    "tobii lab metres": (
        {"time_s": stamps(1, 0, 4)}
        | xy(("left_x [m]", "left_y [m]"), LEFT * MM / 1000, 6)
        | xy(("right_x [m]", "right_y [m]"), RIGHT * MM / 1000, 6),
        "\t",
        {},
        (L, R),
    ),
    "studio adcs mm": (
        {"RecordingTimestamp": stamps(1e3)}
        | xy(("GazePointLeftX (ADCSmm)", "GazePointLeftY (ADCSmm)"), LEFT * MM, 3)
        | xy(("GazePointRightX (ADCSmm)", "GazePointRightY (ADCSmm)"), RIGHT * MM, 3),
        "\t",
        {},
        (L, R),
    ),
    # EyeLink tables
    "eyelink data viewer": (
        {"RECORDING_SESSION_LABEL": ["s1"] * N, "TRIAL_INDEX": ["1"] * N, "TIMESTAMP": stamps(1e3, 4e3)}
        | xy(("LEFT_GAZE_X", "LEFT_GAZE_Y"), LEFT, 1, ".")
        | xy(("RIGHT_GAZE_X", "RIGHT_GAZE_Y"), RIGHT, 1, "."),
        "\t",
        {},
        (L, R),
    ),
    "eyelink right eye alone": (
        {"TIMESTAMP": stamps(1e3, 4e3)}
        | xy(("RIGHT_GAZE_X", "RIGHT_GAZE_Y"), RIGHT, 1, ".")
        | {"LEFT_GAZE_X": ["."] * N, "LEFT_GAZE_Y": ["."] * N},
        "\t",
        {},
        (R,),
    ),
    "edf2mat": (
        {"time": stamps(1e3, 4e3)}
        | xy(("gx_left", "gy_left"), LEFT, 2, "-32768")
        | xy(("gx_right", "gy_right"), RIGHT, 2, "-32768"),
        ",",
        {},
        (L, R),
    ),
    "eyelinkio": (
        {"time_s": stamps(1, 0, 3)}
        | xy(("xpos_left", "ypos_left"), LEFT, 2, "nan")
        | xy(("xpos_right", "ypos_right"), RIGHT, 2, "nan"),
        ",",
        {},
        (L, R),
    ),
    # Gazepoint, EyeTribe, GazeTracker, Pupil
    "gazepoint percent": (
        {"TIME": stamps(1, 0, 4)}
        | xy(("LPOGX", "LPOGY"), LEFT / SHARE, 5, "0")
        | {"LPOGV": map(str, OK)}
        | xy(("RPOGX", "RPOGY"), RIGHT / SHARE, 5, "0")
        | {"RPOGV": map(str, OK)},
        ",",
        {},
        (L, R),
    ),
    "pupil surface": (
        {"gaze_timestamp": stamps(1, 900, 4)}
        | xy(("x_norm", "y_norm"), up(BOTH) / SHARE, 6, "")
        | {"on_surf": ["True" if k else "False" for k in OK], "confidence": ["0.98" if k else "0.0" for k in OK]},
        ",",
        {},
        (B,),
    ),
    "eyetribe": ({"timestamp": stamps(1e3, 1.7e9)} | xy(("avgx", "avgy"), BOTH, 3, "0"), ";", {}, (B,)),
    # units and origins, said or told
    "nanoseconds": (
        {"timestamp [ns]": stamps(1e9, 1.7e9)} | xy(("gaze x [px]", "gaze y [px]"), BOTH, 3),
        ",",
        {"coordinates": "screen"},
        (B,),
    ),
    "microseconds": ({"t_us": stamps(1e6)} | xy(("x_px", "y_px"), BOTH, 3), ",", {}, (B,)),
    "psychopy pix": (
        {"time_s": stamps(1, 0, 4)} | xy(("gaze_x", "gaze_y"), (BOTH - SHARE / 2) * [1, -1], 3),
        ",",
        {"units": "pix", "origin": "centre-up"},
        (B,),
    ),
    "psychopy norm": (
        {"time_s": stamps(1, 0, 4)} | xy(("gaze_x", "gaze_y"), (BOTH / SHARE * 2 - 1) * [1, -1], 5),
        ",",
        {"units": "norm"},
        (B,),
    ),
    "psychopy height": (
        {"time_s": stamps(1, 0, 4)} | xy(("gaze_x", "gaze_y"), (BOTH - SHARE / 2) / HEIGHT * [1, -1], 5),
        ",",
        {"units": "height"},
        (B,),
    ),
    "matlab bottom left": (
        {"time_ms": stamps(1e3)} | xy(("x_px", "y_px"), up(BOTH), 3),
        ",",
        {"origin": "bottom-left"},
        (B,),
    ),
    "percent": ({"time_ms": stamps(1e3)} | xy(("x [%]", "y [%]"), BOTH / SHARE * 100, 4), ",", {}, (B,)),
    "centimetres": ({"time_ms": stamps(1e3)} | xy(("x [cm]", "y [cm]"), BOTH * MM / 10, 5), ",", {}, (B,)),
    "german": ({"Zeit [ms]": stamps(1e3)} | xy(("Blick X [px]", "Blick Y [px]"), BOTH, 2), ";", {}, (B,)),
    "french decimals": (
        {"temps_ms": stamps(1e3)}
        | {k: [v.replace(".", ",") for v in c] for k, c in xy(("x_px", "y_px"), BOTH, 2).items()},
        ";",
        {},
        (B,),
    ),
    "six decimal columns": (
        {"time_s": [v.replace(".", ",") for v in stamps(1, 0, 3)]}
        | {
            k: [v.replace(".", ",") for v in c]
            for k, c in (xy(("left_x_px", "left_y_px"), LEFT, 2) | xy(("right_x_px", "right_y_px"), RIGHT, 2)).items()
        }
        | {"left_pupil_mm": ["3,25"] * N},
        ";",
        {},
        (L, R),
    ),
    # validity and lost gaze
    "valid words": (
        {"time_ms": stamps(1e3)}
        | xy(("left_x_px", "left_y_px"), np.nan_to_num(LEFT, nan=5.0), 2)
        | {"left_validity": ["Valid" if k else "Invalid" for k in OK]},
        ",",
        {},
        (L,),
    ),
    "tobii codes": (
        {"time_ms": stamps(1e3)}
        | xy(("left_x_px", "left_y_px"), LEFT, 2, "-1.0")
        | {"left_validity": ["0" if k else "4" for k in OK]},
        ",",
        {},
        (L,),
    ),
    "lost 1e8": ({"time_ms": stamps(1e3)} | xy(("left_x_px", "left_y_px"), LEFT, 2, "100000000"), ",", {}, (L,)),
    "lost 9999": ({"time_ms": stamps(1e3)} | xy(("left_x_px", "left_y_px"), LEFT, 2, "9999"), ",", {}, (L,)),
    "lost ind": ({"time_ms": stamps(1e3)} | xy(("left_x_px", "left_y_px"), LEFT, 2, "-1.#IND"), ",", {}, (L,)),
    "lost excel": ({"time_ms": stamps(1e3)} | xy(("left_x_px", "left_y_px"), LEFT, 2, "#N/A"), ",", {}, (L,)),
    "lost inf": ({"time_ms": stamps(1e3)} | xy(("left_x_px", "left_y_px"), LEFT, 2, "inf"), ",", {}, (L,)),
    "lost negative shares": (
        {"time_ms": stamps(1e3)} | xy(("x_norm", "y_norm"), BOTH / SHARE, 5, "-1"),
        ",",
        {"origin": "top-left"},
        (B,),
    ),
    "confidence 0 to 1": (
        {"time_ms": stamps(1e3)}
        | xy(("x_px", "y_px"), np.nan_to_num(BOTH, nan=700.0), 2)
        | {"confidence": ["0.99" if k else "0.05" for k in OK]},
        ",",
        {},
        (B,),
    ),
    # one eye in the columns of two, both in one
    "mono in two": (
        {"time_ms": stamps(1e3)}
        | xy(("left_x_px", "left_y_px"), LEFT, 2)
        | {"right_x_px": [""] * N, "right_y_px": [""] * N},
        ",",
        {},
        (L,),
    ),
    "mono repeated": (
        {"time_ms": stamps(1e3)} | xy(("left_x_px", "left_y_px"), BOTH, 2) | xy(("right_x_px", "right_y_px"), BOTH, 2),
        ",",
        {},
        (L, R, "same"),
    ),
    "cyclopean": ({"time_ms": stamps(1e3)} | xy(("GazeX", "GazeY"), BOTH, 2), ",", {}, (B,)),
    "eyes apart": (
        {"time_ms": stamps(1e3)} | xy(("LeftEyeX", "LeftEyeY"), LEFT, 2) | xy(("RightEyeX", "RightEyeY"), RIGHT, 2),
        ",",
        {},
        (L, R),
    ),
    "opensesame": (
        {"time_ms": stamps(1e3)}
        | xy(("gaze_left_x", "gaze_left_y"), LEFT, 2)
        | xy(("gaze_right_x", "gaze_right_y"), RIGHT, 2),
        ",",
        {},
        (L, R),
    ),
    "web gaze": ({"t": stamps(1e3)} | xy(("x", "y"), BOTH, 2), ",", {"time_unit": "ms"}, (B,)),
    "r style": (
        {"": [str(n) for n in range(1, N + 1)], "time_ms": stamps(1e3)} | xy(("x_px", "y_px"), BOTH, 2, "NA"),
        ",",
        {},
        (B,),
    ),
    "quoted names": ({'"time_ms"': stamps(1e3)} | xy(('"x_px"', '"y_px"'), BOTH, 2, "NA"), ",", {}, (B,)),
    "spaces in names": ({" time_ms ": stamps(1e3)} | xy((" x_px", "y_px "), BOTH, 2), ",", {}, (B,)),
    "capitals": ({"TIME_MS": stamps(1e3)} | xy(("X_PX", "Y_PX"), BOTH, 2), ",", {}, (B,)),
    "pupil area": (
        {"time_ms": stamps(1e3)} | xy(("left_x_px", "left_y_px"), LEFT, 2) | {"left_pupil_area": ["1200"] * N},
        ",",
        {},
        (L, "no pupil"),
    ),
    "pupil arbitrary": (
        {"time_ms": stamps(1e3)} | xy(("left_x_px", "left_y_px"), LEFT, 2) | {"left_pupil [a.u.]": ["1200"] * N},
        ",",
        {},
        (L, "no pupil"),
    ),
    # what is told beside gaze
    "invalid flag": (
        {"time_ms": stamps(1e3)}
        | xy(("left_x_px", "left_y_px"), np.nan_to_num(LEFT, nan=7.0), 2)
        | {"left_invalid": [str(1 - k) for k in OK]},
        ",",
        {},
        (L,),
    ),
    "missing flag": (
        {"time_ms": stamps(1e3)}
        | xy(("left_x_px", "left_y_px"), np.nan_to_num(LEFT, nan=7.0), 2)
        | {"left_missing": [str(1 - k) for k in OK]},
        ",",
        {},
        (L,),
    ),
    "tracked": (
        {"time_ms": stamps(1e3)}
        | xy(("left_x_px", "left_y_px"), np.nan_to_num(LEFT, nan=7.0), 2)
        | {"left_tracked": ["TRUE" if k else "FALSE" for k in OK]},
        ",",
        {},
        (L,),
    ),
    "open or closed": (
        {"time_ms": stamps(1e3)}
        | xy(("left_x_px", "left_y_px"), np.nan_to_num(LEFT, nan=7.0), 2)
        | {"left_eye_state": ["open" if k else "closed" for k in OK]},
        ",",
        {},
        (L, "told"),
    ),
    "interleaved eyes": (
        {"time_ms": [v for v in stamps(1e3) for _ in (0, 1)], "eye": ["L", "R"] * N}
        | {
            k: [v for pair in zip(a, b, strict=True) for v in pair]
            for (k, a), b in zip(xy(("x_px", "y_px"), LEFT, 2).items(), xy(("x", "y"), RIGHT, 2).values(), strict=True)
        },
        ",",
        {},
        (L, R),
    ),
    "times of each trial": (
        {"trial": [str(n // 100) for n in range(N)], "time_ms": [str(4 * (n % 100)) for n in range(N)]}
        | xy(("x_px", "y_px"), BOTH, 2),
        ",",
        {},
        (B,),
    ),
    "two people": (
        {"participant": ["a"] * 200 + ["b"] * 200, "time_ms": [str(4 * (n % 200)) for n in range(N)]}
        | xy(("x_px", "y_px"), BOTH, 2),
        ",",
        {},
        (B,),
    ),
    "ids beyond a float": (
        {"participant": [str(2**53 + n // 200) for n in range(N)], "time_ms": [str(4 * (n % 200)) for n in range(N)]}
        | xy(("x_px", "y_px"), BOTH, 2),
        ",",
        {},
        (B,),
    ),
    "second screen": (
        {"time_ms": stamps(1e3)} | xy(("x_px", "y_px"), BOTH + np.array([2 * WIDTH, 0]), 2),
        ",",
        {},
        (B, "told"),
    ),
    "times of day, comma": (
        {"time": [f"10:00:{t:06.3f}".replace(".", ",") for t in T]} | xy(("x_px", "y_px"), BOTH, 2),
        ";",
        {},
        (B,),
    ),
    "fixations alone": (
        {"onset_s": stamps(1, 0, 3), "duration_s": ["0.2"] * N} | xy(("x_px", "y_px"), BOTH, 2),
        ",",
        {},
        (B,),
    ),
    "degrees of angle": (
        {"time_ms": stamps(1e3)} | xy(("x_dva", "y_dva"), (BOTH - SHARE / 2) * [1, -1] / 40, 3),
        ",",
        {},
        (B, "told"),
    ),
    "no header": (
        {stamps(1e3)[0]: [*stamps(1e3)[1:], "1600"], "300.1": texts(BOTH[:, 0]), "200.2": texts(BOTH[:, 1])},
        ",",
        {"columns": "time:0,x:1,y:2", "time_unit": "ms", "unit": "pixels"},
        (B,),
    ),
    "rows in two orders": (
        {"time_ms": [*stamps(1e3)[200:], *stamps(1e3)[:200]]} | xy(("x_px", "y_px"), BOTH, 2),
        ",",
        {},
        (B,),
    ),
    "swapped axes": ({"time_ms": stamps(1e3), "y_px": texts(BOTH[:, 1]), "x_px": texts(BOTH[:, 0])}, ",", {}, (B,)),
    "mouse beside": (
        {"time_ms": stamps(1e3), "mouse_x_px": ["5"] * N, "mouse_y_px": ["6"] * N} | xy(("x_px", "y_px"), BOTH, 2),
        ",",
        {},
        (B,),
    ),
    "pupil m": (
        {"time_ms": stamps(1e3)}
        | xy(("left_x_px", "left_y_px"), LEFT, 2)
        | {"left_pupil_diameter [m]": ["0.00325"] * N},
        ",",
        {},
        (L,),
    ),
}
"""Columns, what parts cells, what a person says, and whose gaze it is."""


QUESTIONS = {
    "edf2mat",
    "interleaved eyes",
    "times of each trial",
    "two people",
    "ids beyond a float",
    "rows in two orders",
    "fixations alone",
    "no header",
}
"""What cannot be read without being asked."""


def write(columns, delimiter, path):
    rows = zip(*(list(cells) for cells in columns.values()), strict=True)
    path.write_text("\n".join([delimiter.join(columns), *map(delimiter.join, rows)]) + "\n")
    return path


@pytest.mark.parametrize("name", CASES)
def test_gaze_is_what_it_was_or_a_question(name, tmp_path):
    columns, delimiter, options, eyes = CASES[name]
    path = write({key: list(cells) for key, cells in columns.items()}, delimiter, tmp_path / "export.csv")
    asked = ""
    try:
        recording = read_recording(path, "auto", replace(SETTINGS, options=options))
    except GazeAppError as error:
        asked = error.message
    if asked:
        assert "\n" not in asked
        assert re.search(r"--option|not understood|needed|one by one", asked), asked
        assert name in QUESTIONS, asked
        return
    assert name not in QUESTIONS
    samples = recording.samples
    truth = {L: LEFT, R: RIGHT, B: BOTH} if "same" not in eyes else {L: BOTH, R: BOTH}
    if "told" in eyes:
        assert recording.notes
        return
    for eye in {*eyes} & {L, R, B}:
        found = samples.right_px if eye == R else samples.left_px
        np.testing.assert_allclose(found, truth[eye], atol=0.6, err_msg=f"{name}: {recording.notes}")
    np.testing.assert_allclose(np.diff(samples.time_s).mean(), 1 / HZ, rtol=0.01)
    if "no pupil" in eyes:
        assert np.isnan(samples.left_pupil_mm).all()
