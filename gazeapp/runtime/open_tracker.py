"""The tracker of a run; for simulated ones also the eyes before it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gazeapp.devices.discovery import TrackerContext, open_tracker
from gazeapp.devices.options import DeviceOptions
from gazeapp.devices.tracker import Tracker
from gazeapp.errors import SettingsError
from gazeapp.experiment.stimulus_set import StimulusSet
from gazeapp.gaze.clock import Clock
from gazeapp.gaze.display import Display
from gazeapp.gaze.fixations import Fixation
from gazeapp.runtime.options import RunOptions
from gazeapp.store.sample_table import read_fixations

if TYPE_CHECKING:
    from gazeapp.devices.webcam.estimators import PointEstimator


def open_device(options: RunOptions, clock: Clock, library: StimulusSet) -> Tracker:
    """Open the tracker that the options name.

    Beside the options of `devices.discovery.open_tracker`, "replay" takes `scanpaths=DIR`: for each stimulus NAME.jpg
    the fixations of a real observer from DIR/NAME.csv (image pixels) become raw gaze before a simulated tracker
    (`rate_hz`, `noise_deg`, `seed`; off by `offset_right_deg`, `offset_down_deg`, and by `drift_right_deg_min`,
    `drift_down_deg_min` more each minute), which also looks at targets and crosses. "webcam" takes
    `weights=FILE|RUN` with a gaze estimator that `python -m trainer train gaze` made, and then `camera_x_mm`,
    `camera_y_mm`.

    Raises:
        CheckpointError: Weights of the webcam's estimator that cannot be used.
        SettingsError: An unknown or wrong option.
        UnreadableTable: Scan paths that are not understood.
        DeviceError: The tracker cannot be had.
    """
    given = dict(options.device_options)
    if options.device == "replay" and "scanpaths" in given:
        return _open_scanpaths(DeviceOptions("replay", given), options, clock, library)
    if options.device == "webcam":
        return open_webcam(given, clock, options.display)
    if options.device == "simulated" and given.get("observer") != "mouse":
        given.setdefault("seed", str(options.plan.seed))
    return open_tracker(
        options.device,
        clock=clock,
        display=options.display,
        options=given,
        context=TrackerContext(image=library.image_rgb, saliency=model_saliency),
    )


def open_webcam(options: Mapping[str, str], clock: Clock, display: Display) -> Tracker:
    """Open a webcam; with `weights=FILE|RUN` gaze comes from that estimator.

    Raises:
        CheckpointError: Weights that cannot be used.
        SettingsError: An unknown or wrong option.
        DeviceError: There is no camera, or no way to find eyes in its pictures.
    """
    given = dict(options)
    around = None
    if "weights" in given:
        around = TrackerContext(point_cm=load_point_estimator(Path(given.pop("weights"))))
    return open_tracker("webcam", clock=clock, display=display, options=given, context=around)


def model_saliency(image_rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(H, W) density that model observers follow: training-free, so that no network is asked what it then predicts."""
    from gazeapp.saliency.classic import signature_with_centre

    return signature_with_centre(image_rgb)


def load_point_estimator(weights: Path) -> PointEstimator:
    """A trained gaze estimator as the webcam tracker takes it.

    Args:
        weights: File, or a training run with one.

    Raises:
        CheckpointError: Missing, damaged, or weights of another network.
    """
    from gazeapp.networks.torch_setup import preload_torch

    preload_torch()  # else importing it would stop the windows for half a second
    from gazeapp.networks.gaze_predictor import GazePointPredictor

    return GazePointPredictor(weights).predict


def read_scanpaths(folder: Path, library: StimulusSet) -> Mapping[str, list[Fixation]]:
    """Stimulus → fixations in image pixels, from FOLDER/NAME.csv beside each image's name; images without one are left
    out.

    Raises:
        SettingsError: No such folder, or nothing in it belongs to an image.
        UnreadableTable: A file that is not understood.
    """
    if not folder.is_dir():
        raise SettingsError(f"{folder}: no such folder of scan paths", key="scanpaths")
    found: dict[str, list[Fixation]] = {}
    for known in library.stimuli:
        path = folder / f"{Path(known.name).stem}.csv"
        if path.is_file():
            found[known.stimulus_id] = read_fixations(path)
    if library.stimuli and not found:
        raise SettingsError(
            f"{folder}: holds no scan path of these images; each needs NAME.csv with onset_s,duration_s,x_px,y_px, "
            f"such "
            f"as {Path(library.stimuli[0].name).stem}.csv",
            key="scanpaths",
        )
    return found


def _open_scanpaths(given: DeviceOptions, options: RunOptions, clock: Clock, library: StimulusSet) -> Tracker:
    from gazeapp.devices.simulated.recorded_observer import RecordedObserver
    from gazeapp.devices.simulated.tracker import Measurement, open_simulated

    folder = Path(given.text("scanpaths", ""))
    rate_hz = given.number("rate_hz", 500.0, above=0)
    measurement = Measurement(
        noise_deg=given.number("noise_deg", 0.05, above=-1e-9),
        offset_deg=(given.number("offset_right_deg", 0.0), -given.number("offset_down_deg", 0.0)),
        drift_deg_min=(given.number("drift_right_deg_min", 0.0), -given.number("drift_down_deg_min", 0.0)),
        blinks_per_min=given.number("blinks_per_min", 0.0, above=-1e-9),
        dropouts_per_min=0.0,
        seed=int(given.number("seed", float(options.plan.seed))),
    )
    given.finish()
    observer = RecordedObserver(options.display, read_scanpaths(folder, library))
    return open_simulated(
        observer,
        clock,
        options.display,
        name=f"Scan paths of {folder.name}",
        serial=f"scanpaths-{folder.name}",
        rate_hz=rate_hz,
        measurement=measurement,
    )
