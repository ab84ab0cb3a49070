"""Draw the figures of the page on methods, from a session of the demonstration, with the program's own functions."""

from __future__ import annotations

import argparse
import contextlib
import io
import tempfile
from pathlib import Path
from typing import Any

from matplotlib import pyplot

import gazeapp.api as ga
from gazeapp.__main__ import main as run

FIGURES = Path(__file__).resolve().parents[1] / "assets" / "help" / "figures"
SIGMAS_DEG = (0.5, 1.0, 2.0)


def draw(out: Path, n_images: int = 16) -> list[Path]:
    """Record a simulated observer and draw what the page shows; returns the files."""
    with tempfile.TemporaryDirectory() as scratch:
        demo = Path(scratch) / "demo"
        words = ["demo", "--headless", "--n-images", str(n_images), "--seed", "0", "--out", str(demo)]
        with contextlib.redirect_stdout(io.StringIO()):
            if run(words):
                raise RuntimeError("the demonstration failed")
        session = ga.Study(demo / "study").sessions()[0]
        trials = session.trials()
        trial = trials[trials["phase"] == "overlay"].iloc[0]
        figures = {
            "fixations": draw_fixations(session, trial),
            "blur": draw_blur(session, trial),
            "maps": draw_maps(session, trial),
        }
        out.mkdir(parents=True, exist_ok=True)
        return [save(figure, out / f"{name}.png") for name, figure in figures.items()]


def draw_fixations(session: ga.Session, trial: Any) -> Any:  # Any: a row of pandas; a figure of matplotlib
    """Horizontal gaze of one trial, with the fixations that were detected in it."""
    samples = session.samples()
    shown = samples[samples["time_s"].between(trial["shown_s"], trial["shown_s"] + 2.0)]
    figure, axes = pyplot.subplots(figsize=(8, 2.6), layout="constrained")
    since_s = shown["time_s"] - trial["shown_s"]
    ga.plot.gaze(since_s, shown["left_x_px"], shown["left_y_px"], ax=axes)
    for fixation in of_trial(session, trial).itertuples():
        begin_s = fixation.onset_s - trial["shown_s"]
        if begin_s < 2.0:
            axes.axvspan(begin_s, min(2.0, begin_s + fixation.duration_s), color="#1b6fd0", alpha=0.15, linewidth=0)
    axes.set(ylabel="gaze (px)", xlim=(0, 2), title="left eye; shaded: fixations")
    return figure


def draw_blur(session: ga.Session, trial: Any) -> Any:  # as above
    """The same fixations, blurred by different amounts."""
    image = session.image(trial["stimulus_id"])
    size = (image.shape[1], image.shape[0])
    per_deg = session.display.px_per_deg * trial["image_width_px"] / trial["width_px"]
    figure, axes = pyplot.subplots(1, len(SIGMAS_DEG), figsize=(9, 2.5), layout="constrained")
    for sigma_deg, ax in zip(SIGMAS_DEG, axes, strict=True):
        looked = ga.saliency_map(of_trial(session, trial), size, sigma_px=sigma_deg * per_deg)
        ga.plot.saliency(looked, image=image, title=f"σ = {sigma_deg:g}°", ax=ax)
    return figure


def draw_maps(session: ga.Session, trial: Any) -> Any:  # as above
    """Universal map, personal map and difference of one image, as they were predicted before it was shown."""
    image = session.image(trial["stimulus_id"])
    return ga.plot.maps(image, session.maps(int(trial["trial"])))[0].figure


def of_trial(session: ga.Session, trial: Any) -> Any:  # Any: rows of pandas
    """The fixations of one trial."""
    fixations = session.fixations()
    return fixations[fixations["trial"] == trial["trial"]]


def save(figure: Any, path: Path) -> Path:  # Any: a figure of matplotlib
    """Write one drawing, and forget it."""
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
    return path


def main() -> int:
    """Draw, and name the files."""
    pyplot.switch_backend("agg")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--out", type=Path, default=FIGURES, metavar="DIR")
    for path in draw(parser.parse_args().out):
        print(path)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
