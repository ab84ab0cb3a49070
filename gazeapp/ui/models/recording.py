"""A recorded session as it is looked at afterwards: its viewings at once, and each one's maps and gaze when asked."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gazeapp.analysis.viewing import Viewing, read_viewings
from gazeapp.errors import GazeAppError
from gazeapp.gaze.blinks import find_losses
from gazeapp.gaze.detection.registry import detect_fixations
from gazeapp.gaze.display import StimulusFrame, place_stimulus
from gazeapp.gaze.samples import GazeSamples
from gazeapp.saliency.prediction_score import PredictionScore
from gazeapp.store.detection_choice import Detection, session_detection, trial_anew
from gazeapp.store.events import Note
from gazeapp.store.export.methods import is_simulated
from gazeapp.store.reader import SessionReader
from gazeapp.store.records import PredictionRow
from gazeapp.ui.error_words import error_words
from gazeapp.ui.models.finished_trial import score, thinned
from gazeapp.ui.models.map_set import MapSet


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recording:
    """What a session holds."""

    folder: Path
    participant: str
    viewings: tuple[Viewing, ...] = ()
    """In order of time, those left out of analysis too."""
    image_files: Mapping[str, Path] = field(default_factory=dict)
    """Stimulus → its file, as far as it is there."""
    detection: Detection | None = None
    """How the fixations were found anew; None for those that were recorded."""
    is_illustration: bool = False
    """A program's gaze: nothing is scored."""

    def index_of(self, trial: int) -> int:
        """Where a trial stands; -1 for one that is not there."""
        return next((n for n, viewing in enumerate(self.viewings) if viewing.trial == trial), -1)


LONGEST_S = 600.0
"""Of a recording without images, so much is shown."""


class MapScores(NamedTuple):
    """How well both maps predicted one viewing."""

    universal: PredictionScore
    personal: PredictionScore

    @property
    def gain(self) -> float:
        """How much better the personal one did, difference of CC."""
        return self.personal.cc - self.universal.cc


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrialView:
    """Everything that is shown of one viewing."""

    viewing: Viewing
    maps: MapSet
    """With the image, as far as it is there."""
    time_s: NDArray[np.float64]
    """(N,) of each sample, from the image's appearance."""
    gaze_px: NDArray[np.float64]
    """(N, 2) image pixels, corrected; NaN where gaze is missing."""
    eyes_px: tuple[tuple[str, NDArray[np.float64]], ...] = ()
    """Raw gaze by eye ("left_eye", "right_eye"), (N, 2) image pixels, before any correction."""
    losses: tuple[tuple[float, float, str], ...] = ()
    """(begin, end, "blink" or "gap") of each stretch without gaze, in seconds from the image's appearance."""
    events: tuple[tuple[float, str], ...] = ()
    """What happened meanwhile: notes and troubles, in seconds from the image's appearance."""
    image_problem: str = ""
    """Why the image cannot be shown."""
    map_problem: str = ""
    """Why there is no prediction."""
    is_lost: bool = False
    """The image is not where it was, or is another one now: it may be searched for."""

    @property
    def shown_s(self) -> float:
        """How long the image was shown."""
        return self.viewing.hidden_s - self.viewing.shown_s


def read_recording(folder: Path) -> Recording:
    """The viewings of a session; StoreError where it cannot be read."""
    with SessionReader(folder) as reader:
        person, images, is_empty = reader.pseudonym, reader.stimuli.folder, not reader.counts()["trials"]
        is_illustration = is_simulated(reader.meta)
        screen = screen_viewing(reader) if is_empty else None
    if is_empty:
        return Recording(
            folder=folder,
            participant=person,
            is_illustration=is_illustration,
            viewings=() if screen is None else (screen,),
        )
    found = read_viewings(folder)
    viewings = sorted((*found.viewings, *found.excluded), key=lambda viewing: viewing.trial)
    files = {path.stem: path for path in images.iterdir()} if images.is_dir() else {}
    return Recording(
        folder=folder,
        participant=person,
        viewings=tuple(viewings),
        image_files=files,
        detection=session_detection(folder),
        is_illustration=is_illustration,
    )


def screen_viewing(reader: SessionReader) -> Viewing | None:
    """A recording without images as one viewing of the whole screen, with the empty image; None without gaze."""
    times = reader.sample_times()
    if not len(times):
        return None
    display = reader.display
    first_s, last_s = float(times.min()), float(times.max())
    samples = reader.samples(first_s, first_s + LONGEST_S, corrected=True)
    detection = reader.meta.get("detection")
    algorithm = str(detection.get("algorithm")) if isinstance(detection, dict) else "ivt"
    return Viewing(
        participant=reader.pseudonym,
        group="",
        session=reader.session_id,
        folder=reader.folder,
        trial=0,
        phase="",
        stimulus_id="",
        image="",
        size_wh=(display.width_px, display.height_px),
        shown_s=first_s,
        hidden_s=min(last_s, first_s + LONGEST_S),
        px_per_deg=display.px_per_deg,
        fixations=tuple(detect_fixations(samples, display, algorithm)),
        data_loss=float(1 - samples.valid.mean()) if len(samples) else math.nan,
    )


def read_trial(viewing: Viewing, image_rgb: NDArray[np.uint8] | None = None) -> TrialView:
    """Image, maps and gaze of a viewing; what is missing of them is told, not raised.

    Args:
        viewing: Which one.
        image_rgb: (H, W, 3) that somebody found instead of a lost image.

    Raises:
        StoreError: The session cannot be read at all.
    """
    with SessionReader(viewing.folder) as reader:
        image, image_problem = image_rgb, ""
        if image is None and viewing.stimulus_id:
            try:
                image = reader.stimuli.load(viewing.stimulus_id).rgb
            except GazeAppError as error:
                image_problem = error_words(error)
        prediction = reader.prediction(viewing.trial) if viewing.stimulus_id else None
        frame = _frame(reader, viewing)
        raw = reader.samples(viewing.shown_s, viewing.hidden_s)
        samples = reader.corrected(raw)
        events = [(e.time_s, e.text) for e in reader.events() if isinstance(e, Note)]
        events += [(row.time_s, row.message) for row in reader.problems()]
    gaze = np.where(samples.valid[:, None], frame.to_image(samples.gaze_px), np.nan)
    return TrialView(
        viewing=viewing,
        maps=_maps(prediction, image),
        time_s=samples.time_s - viewing.shown_s,
        gaze_px=gaze,
        eyes_px=_eyes(raw, frame),
        losses=_losses(samples, viewing),
        events=tuple(
            (time_s - viewing.shown_s, words)
            for time_s, words in sorted(events)
            if viewing.shown_s <= time_s < viewing.hidden_s
        ),
        image_problem=image_problem,
        map_problem=error_words(prediction.error) if prediction is not None else "",
        is_lost=image is None and bool(viewing.stimulus_id),
    )


def _frame(reader: SessionReader, viewing: Viewing) -> StimulusFrame:
    if not viewing.stimulus_id:  # the screen itself
        return place_stimulus(reader.display, "", *viewing.size_wh)
    return next(trial.frame for trial in reader.trials(viewing.stimulus_id) if trial.trial == viewing.trial)


def _eyes(raw: GazeSamples, frame: StimulusFrame) -> tuple[tuple[str, NDArray[np.float64]], ...]:
    sides = {"left": ("left",), "cyclopean": ("left",), "right": ("right",)}.get(raw.eyes, ("left", "right"))
    return tuple(
        (
            f"{side}_eye",
            np.where(getattr(raw, f"{side}_valid")[:, None], frame.to_image(getattr(raw, f"{side}_px")), np.nan),
        )
        for side in sides
    )


def _losses(samples: GazeSamples, viewing: Viewing) -> tuple[tuple[float, float, str], ...]:
    if not len(samples):
        return ((0.0, viewing.hidden_s - viewing.shown_s, "gap"),)
    return tuple(
        (loss.onset_s - viewing.shown_s, loss.onset_s + loss.duration_s - viewing.shown_s, loss.kind)
        for loss in find_losses(samples)
    )


def _maps(prediction: PredictionRow | None, image: NDArray[np.uint8] | None) -> MapSet:
    if prediction is None:
        return MapSet(image_rgb=image)
    universal, personal = prediction.universal, prediction.personal
    both = universal is not None and personal is not None and universal.shape == personal.shape
    return MapSet(
        image_rgb=image,
        universal=universal,
        personal=personal,
        discrepancy=personal - universal if both and personal is not None and universal is not None else None,
    )


def prediction_scores(
    viewings: Sequence[Viewing], sigma_deg: float, is_wanted: Callable[[], bool] = lambda: True
) -> dict[int, MapScores]:
    """Trial → how well either map predicted the gaze, where there are both.

    Args:
        viewings: Of one session.
        sigma_deg: Blur of the person's own map.
        is_wanted: Asked before each; what is not wanted any more is left out.
    """
    found: dict[int, MapScores] = {}
    if not viewings:
        return found
    with SessionReader(viewings[0].folder) as reader:
        for viewing in viewings:
            if not is_wanted():
                break
            prediction = reader.prediction(viewing.trial)
            if prediction is None or prediction.universal is None or prediction.personal is None:
                continue
            small = thinned(_maps(prediction, None))
            assert small.universal is not None
            # the map may be stored smaller than the image
            small_viewing = shrunk(viewing, small.universal.shape[1])
            universal, personal = score(small, small_viewing.fixations, small_viewing.px_per_deg, sigma_deg)
            if universal is not None and personal is not None and math.isfinite(personal.cc - universal.cc):
                found[viewing.trial] = MapScores(universal, personal)
    return found


def shrunk(viewing: Viewing, width_px: int) -> Viewing:
    """The same viewing of a smaller copy of its image: a map of it is as telling, and many times as fast."""
    scale = width_px / viewing.size_wh[0]
    return replace(
        viewing,
        size_wh=(width_px, max(1, round(viewing.size_wh[1] * scale))),
        px_per_deg=viewing.px_per_deg * scale,
        fixations=tuple(replace(f, x_px=f.x_px * scale, y_px=f.y_px * scale) for f in viewing.fixations),
    )


def viewing_anew(viewing: Viewing, detection: Detection | None) -> Viewing:
    """The same viewing with other fixations, or with None those that were recorded; StoreError as `read_trial`."""
    with SessionReader(viewing.folder) as reader:
        trial = next(trial for trial in reader.trials(viewing.stimulus_id) if trial.trial == viewing.trial)
        if detection is not None:
            trial = trial_anew(reader, trial, detection)
    return replace(viewing, fixations=trial.fixations, detection=detection.words if detection else "")
