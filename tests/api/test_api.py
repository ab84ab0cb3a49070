"""The library: arrays in, arrays out, and the same results as the command line."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

import gazeapp.api as ga
from gazeapp.__main__ import main

SCREEN = (1920, 1080, 531, 299, 650)


def steps(n=500, rate_hz=250.0):
    """Gaze that rests, jumps, rests and is lost for a while."""
    time_s = np.arange(n) / rate_hz
    rng = np.random.default_rng(0)
    x = np.where(time_s < 1.0, 500.0, 1200.0) + rng.normal(0, 1.5, n)
    y = np.where(time_s < 1.0, 400.0, 700.0) + rng.normal(0, 1.5, n)
    x[400:430] = y[400:430] = np.nan
    return time_s, x, y


def test_nothing_heavy_is_loaded_before_it_is_used():
    code = (
        "import sys, gazeapp.api as ga; dir(ga); "
        "print([n for n in ('numpy', 'torch', 'cv2', 'pandas', 'matplotlib', 'PySide6') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_name_of_the_interface_exists_and_is_described():
    for name in ga.__all__:
        assert getattr(ga, name).__doc__, name


@pytest.mark.parametrize("algorithm", ["ivt", "idt", "i2mc", "adaptive"])
def test_detected_fixations_are_those_of_the_command(algorithm, tmp_path, capsys):
    time_s, x, y = steps()
    rows = "".join(f"{t!r},{a!r},{b!r}\n" for t, a, b in zip(time_s.tolist(), x.tolist(), y.tolist(), strict=True))
    (tmp_path / "gaze.csv").write_text("time_s,x_px,y_px\n" + rows.replace("nan", ""))
    display = ",".join(map(str, SCREEN))
    arguments = ["fixations", str(tmp_path / "gaze.csv"), "--display", display, "--algorithm", algorithm, "--json"]
    assert main(arguments) == 0
    expected = json.loads(capsys.readouterr().out)["fixations"]
    found = ga.detect(time_s, x, y, display=SCREEN, algorithm=algorithm)
    assert [dict(zip(found.dtype.names, row, strict=True)) for row in found.tolist()] == expected
    assert len(found) >= 2


def test_units_and_eyes_give_the_same_fixations():
    time_s, x, y = steps()
    screen = ga.Display.parse(",".join(map(str, SCREEN)))
    degrees = screen.px_to_deg(np.stack([x, y], axis=1))
    expected = ga.detect(time_s, x, y, display=screen)
    for found in (
        ga.detect(time_s, x / 1920, y / 1080, unit="norm", display=SCREEN),
        ga.detect(time_s, *degrees.T, unit="deg", display=SCREEN),
        ga.detect(time_s, np.stack([x, x], axis=1), np.stack([y, y], axis=1), display=SCREEN),
    ):
        assert found["x_px"] == pytest.approx(expected["x_px"], abs=1e-6)
        assert found["onset_s"] == pytest.approx(expected["onset_s"])


def test_gaze_that_is_lost_throughout_has_no_fixations():
    nothing = np.full(100, np.nan)
    assert len(ga.detect(np.arange(100) / 250, nothing, nothing, display=SCREEN)) == 0


def test_a_map_is_that_of_every_form_of_the_same_fixations():
    import pandas

    time_s, x, y = steps()
    found = ga.detect(time_s, x, y, display=SCREEN)
    frame = pandas.DataFrame(found)
    expected = ga.saliency_map(np.stack([found["x_px"], found["y_px"]], axis=1), (1920, 1080), 41)
    assert expected.sum() == pytest.approx(1, abs=1e-4)
    for form in (found, frame, frame.to_dict("list"), frame.to_dict("records")):
        assert np.array_equal(ga.saliency_map(form, (1920, 1080), 41), expected)


def test_areas_by_label_image_and_by_area_agree():
    table = {"onset_s": [1.2, 1.5], "duration_s": [0.2, 0.3], "x_px": [10, 60], "y_px": [20, 20]}
    labels = np.zeros((50, 100), np.uint8)
    labels[:, :50] = 1
    box = ga.Area(name="area 1", shape="box", points_px=((0, 0), (50, 50)))
    by_label = ga.areas(table, labels, (100, 50), shown_s=1.0)
    by_area = ga.areas(table, [box], (100, 50), shown_s=1.0)
    assert by_label.tolist() == by_area.tolist()
    assert by_label["time_to_first_s"] == pytest.approx([0.2])


def test_grey_images_are_taken_and_the_smallest_too():
    for shape in ((60, 80), (1, 1, 3), (2, 300, 3)):
        density = ga.universal(np.full(shape, 128, np.uint8))
        assert density.shape == shape[:2]
        assert density.sum() == pytest.approx(1, abs=1e-3)


def test_networks_of_several_threads_give_the_same_map():
    from concurrent.futures import ThreadPoolExecutor

    image = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    expected = ga.universal(image)
    with ThreadPoolExecutor(2) as pool:
        for found in pool.map(ga.universal, [image] * 4):
            assert found == pytest.approx(expected, abs=1e-6)


def test_plots_return_axes():
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    time_s, x, y = steps()
    image = np.zeros((60, 80, 3), np.uint8)
    targets = {"target_id": ["a"], "onset_s": [0.0], "duration_s": [0.9], "x_px": [500.0], "y_px": [400.0]}
    found = ga.detect(time_s, x, y, display=SCREEN)
    density = np.full((60, 80), 1 / 4800, np.float32)
    maps = ga.Maps(density, density, density - density.mean())
    axes = [
        ga.plot.gaze(time_s, x, y),
        ga.plot.scanpath(found, display=SCREEN),
        ga.plot.saliency(density, image=image),
        ga.plot.quality(ga.quality(time_s, x, y, targets, display=SCREEN)),
        *ga.plot.maps(image, maps),
    ]
    assert all(isinstance(ax, matplotlib.axes.Axes) for ax in axes)
    pyplot.close("all")
    with pytest.raises(ga.ArgumentError, match="image"):
        ga.plot.saliency(density, image=image[1:])
    pyplot.close("all")
