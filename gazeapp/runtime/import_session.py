"""A recording of another program becomes a session, with trials found as if it had been recorded here."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gazeapp.gaze.detection.registry import detection_parameters, make_detector
from gazeapp.gaze.display import StimulusFrame, place_stimulus
from gazeapp.gaze.samples import GazeSamples
from gazeapp.runtime.trial_analysis import detect_trial
from gazeapp.store.events import Note, StimulusHidden, StimulusShown
from gazeapp.store.identifier import require_own
from gazeapp.store.imports.recording import ImportedRecording, ShownImage
from gazeapp.store.provenance import clock_origin
from gazeapp.store.records import ProblemRow, StimulusRow, TrialRow
from gazeapp.store.stimuli import IMAGE_SUFFIXES, image_size
from gazeapp.store.study import SessionFolder, Study
from gazeapp.store.writer import SessionWriter

_ROWS_AT_ONCE = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedSession:
    """What became of a recording."""

    session: SessionFolder
    n_samples: int
    n_trials: int
    n_fixations: int
    missing_images: tuple[str, ...]
    """Named in the recording, but not among the stimuli given."""


def import_recording(
    study: Study,
    pseudonym: str,
    recording: ImportedRecording,
    *,
    source: Path,
    form: str,
    stimuli: Path | None = None,
    scale: str = "fit",
    algorithm: str = "ivt",
) -> ImportedSession:
    """Write a recording as a new session of a participant who consented.

    The session clock starts at the first sample; the recording's own times stay as device times. An image's trial has
    the
    fixations of exactly its samples. Without a word about images, an image of the same name as the file covers all of
    it.

    Args:
        study: Where to.
        pseudonym: Of the participant.
        recording: As read.
        source: The file it came from; its name is kept, not its place.
        form: Name of the format.
        stimuli: Folder with the images.
        scale: How images were shown where the recording does not say: "fit" or "native".
        algorithm: Fixation detection.

    Raises:
        ConsentMissing: The participant has not consented.
        UnreadableImage: An image that was shown cannot be read.
        UnsafeName: An image that was shown is a link, or has a second name elsewhere.
    """
    zero_s = float(recording.samples.time_s[0]) if len(recording.samples) else 0.0
    samples = dataclasses.replace(recording.samples, time_s=recording.samples.time_s - zero_s)
    files = _image_files(stimuli)
    shown = _shift(recording.images, zero_s) or _whole(samples, source, files)
    missing = tuple(dict.fromkeys(i.name for i in shown if _key(i.name) not in files))
    for image in shown:
        if _key(image.name) in files:
            require_own(files[_key(image.name)], stimuli)
    session = study.new_session(pseudonym, f"import {form}")
    with session.writer() as writer:
        writer.set_meta(
            {
                "display": recording.display,
                "display_assumed": recording.display_assumed,
                "imported_from": source.name,
                "tracker": {
                    "backend": f"import {form}",
                    "name": recording.tracker,
                    "rate_hz": recording.rate_hz,
                    "eyes": samples.eyes,
                },
                "detection": {"algorithm": algorithm, "parameters": detection_parameters(algorithm)},
                "clock_origin": clock_origin(None) | {"kind": "imported", "device_s": zero_s},
            }
        )
        for first in range(0, len(samples), _ROWS_AT_ONCE):
            writer.write_samples(samples[first : first + _ROWS_AT_ONCE])
            writer.commit()
        for time_s, text in recording.messages:
            writer.write_event(Note(time_s=time_s - zero_s, text=text))
        for note in (
            *recording.notes,
            *(f"the image {name} is not among the stimuli" for name in missing),
        ):
            writer.write_problem(ProblemRow(time_s=0.0, kind="import", message=note))
        n_trials, n_fixations = 0, 0
        frames: dict[Path, StimulusFrame] = {}
        for image in shown:
            if _key(image.name) not in files:
                continue
            path = files[_key(image.name)]
            frame = _frame(session, writer, image, path, recording, scale, frames)
            row = _trial(samples, image, n_trials, frame, recording, algorithm)
            writer.write_event(StimulusShown(time_s=image.shown_s, trial=n_trials, frame=frame, onset_kind="virtual"))
            writer.write_event(StimulusHidden(time_s=image.hidden_s, trial=n_trials))
            writer.write_trial(row)
            n_trials, n_fixations = n_trials + 1, n_fixations + len(row.fixations)
    return ImportedSession(
        session=session,
        n_samples=len(samples),
        n_trials=n_trials,
        n_fixations=n_fixations,
        missing_images=missing,
    )


def _trial(
    samples: GazeSamples,
    image: ShownImage,
    trial: int,
    frame: StimulusFrame,
    recording: ImportedRecording,
    algorithm: str,
) -> TrialRow:
    record = detect_trial(
        samples.between(image.shown_s, image.hidden_s),
        lambda: make_detector(algorithm, recording.display),
        trial=trial,
        frame=frame,
        shown_s=image.shown_s,
        hidden_s=image.hidden_s,
        rate_hz=recording.rate_hz,
    )
    return TrialRow(
        trial=trial,
        phase="enrol",
        frame=frame,
        shown_s=image.shown_s,
        hidden_s=image.hidden_s,
        onset_kind="virtual",
        fixations=record.fixations,
        carried_over=record.carried_over,
        n_samples=record.n_samples,
        data_loss=record.data_loss,
    )


def _frame(
    session: SessionFolder,
    writer: SessionWriter,
    image: ShownImage,
    path: Path,
    recording: ImportedRecording,
    scale: str,
    frames: dict[Path, StimulusFrame],
) -> StimulusFrame:
    """Where the image lay; its file goes into the session the first time it is met."""
    if path not in frames:
        width, height = image_size(path)
        stimulus_id = session.stimuli.add(path)
        writer.write_stimulus(
            StimulusRow(
                stimulus_id=stimulus_id,
                name=path.name,
                file=session.stimuli.path(stimulus_id).name,
                width_px=width,
                height_px=height,
                source="imported",
            )
        )
        frames[path] = place_stimulus(recording.display, stimulus_id, width, height, scale=scale)
    place = image.place
    if place is None:
        return frames[path]
    return dataclasses.replace(
        frames[path],
        left_px=place.left_px,
        top_px=place.top_px,
        width_px=place.width_px,
        height_px=place.height_px,
    )


def _shift(images: Iterable[ShownImage], zero_s: float) -> tuple[ShownImage, ...]:
    return tuple(dataclasses.replace(i, shown_s=i.shown_s - zero_s, hidden_s=i.hidden_s - zero_s) for i in images)


def _whole(samples: GazeSamples, source: Path, files: Mapping[str, Path]) -> tuple[ShownImage, ...]:
    if not len(samples) or _key(source.name) not in files:
        return ()
    return (ShownImage(name=source.name, shown_s=0.0, hidden_s=float(samples.time_s[-1]) + 1e-6),)


def _image_files(folder: Path | None) -> dict[str, Path]:
    """Image files below a folder by their name without folder and ending, in lower case."""
    if folder is None:
        return {}
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file():
            found.setdefault(_key(path.name), path)
    return found


def _key(name: str) -> str:
    """A recording may call an image by a path of another system, with or without its ending."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2].lower()
    stem, dot, ending = last.rpartition(".")
    return stem if dot and stem and (f".{ending}" in IMAGE_SUFFIXES or ending in _SOURCE_ENDINGS) else last


_SOURCE_ENDINGS = frozenset({"tsv", "csv", "asc", "xdf", "hdf5", "txt", "gz"})
