"""A recording of another program becomes a session, with trials found as if it had been recorded here."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np

from gazeapp.errors import StoreError
from gazeapp.gaze.detection.registry import detection_parameters, make_detector
from gazeapp.gaze.display import StimulusFrame, place_stimulus
from gazeapp.gaze.samples import Eyes, GazeSamples, SampleSource, in_chunks
from gazeapp.runtime.trial_analysis import detect_trial
from gazeapp.store.events import Event, Note, StimulusHidden, StimulusShown
from gazeapp.store.identifier import require_own
from gazeapp.store.image_variables import Value
from gazeapp.store.imports.image_match import ImageFiles
from gazeapp.store.imports.privacy import without_names
from gazeapp.store.imports.recording import ImportedRecording, ShownImage
from gazeapp.store.provenance import clock_origin
from gazeapp.store.records import (
    CalibrationRow,
    CorrectionRow,
    ProblemRow,
    RecalibrationRow,
    StimulusRow,
    TrialRow,
    ValidationRow,
)
from gazeapp.store.stimuli import image_size
from gazeapp.store.study import SessionFolder, Study
from gazeapp.store.text_lines import Progress
from gazeapp.store.writer import SessionWriter


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedSession:
    """What became of a recording."""

    session: SessionFolder
    n_samples: int
    n_trials: int
    n_fixations: int
    missing_images: tuple[str, ...]
    """Named in the recording, but not among the stimuli given."""
    notes: tuple[str, ...] = ()
    """What was assumed in reading, and what is missing."""


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
    progress: Progress | None = None,
) -> ImportedSession:
    """Write a recording as a new session of a participant who consented; when that fails, no session is left.

    The session clock starts at the first sample; the recording's own times stay as device times. An image's trial has
    the fixations of exactly its samples. Without a word about images, an image of the same name as the file covers all
    of it.

    Args:
        study: Where to.
        pseudonym: Of the participant.
        recording: As read.
        source: The file it came from; what it holds is kept as a hash. Its name may be a person's and is not kept.
        form: Name of the format.
        stimuli: Folder with the images.
        scale: How images were shown where the recording does not say: "fit" or "native".
        algorithm: Fixation detection.
        progress: Told the samples stored and all there are; what it raises ends the import.

    Raises:
        ConsentMissing: The participant has not consented.
        UnreadableImage: An image that was shown cannot be read.
        UnsafeName: An image that was shown is a link, or has a second name elsewhere.
    """
    zero_s = 0.0 if recording.keeps_clock else float(recording.samples.time_s[0]) if len(recording.samples) else 0.0
    samples = _Shifted(recording.samples, zero_s)
    files = ImageFiles(stimuli)
    shown = _shift(recording.images, zero_s) or _whole(samples, source, files)
    paths = {image: image.file or files.find(image.name) for image in shown}
    missing = tuple(dict.fromkeys(image.name for image, path in paths.items() if path is None))
    for image, path in paths.items():
        if path is not None:
            require_own(path, stimuli if image.file is None else path.parent)
    sizes = {path: image_size(path) for path in dict.fromkeys(paths.values()) if path is not None}
    notes = tuple(map(without_names, (*recording.notes, *image_notes(files, missing))))
    session = study.new_session(pseudonym, f"import {form}")
    with _whole_or_none(study, session), session.writer() as writer:
        writer.set_meta(
            {
                "display": recording.display,
                "display_assumed": recording.display_assumed,
                "assumptions": list(notes),
                "tracker": {
                    "backend": f"import {form}",
                    "name": recording.tracker,
                    "rate_hz": recording.rate_hz,
                    "eyes": samples.eyes,
                },
                "detection": {"algorithm": algorithm, "parameters": detection_parameters(algorithm)},
                "clock_origin": clock_origin(None) | {"kind": "imported", "device_s": zero_s},
                **recording.meta,
            }
        )
        n_stored = 0
        for chunk in in_chunks(samples):
            writer.write_samples(chunk)
            writer.commit()
            n_stored += len(chunk)
            if progress is not None:
                progress(n_stored, len(samples))
        for time_s, text in recording.messages:
            writer.write_event(Note(time_s=time_s - zero_s, text=without_names(text)))
        for row in recording.rows:
            _write_row(writer, row)
        for note in notes:
            writer.write_problem(ProblemRow(time_s=0.0, kind="import", message=note))
        n_trials, n_fixations = 0, 0
        frames: dict[Path, StimulusFrame] = {}
        variables: dict[str, dict[str, Value]] = {}
        for image, path in paths.items():
            if path is None:
                continue
            if progress is not None:
                progress(len(samples), len(samples))
            frame = _frame(session, writer, image, path, sizes[path], recording, scale, frames)
            trial = _kept_trial(recording.trials, n_trials, frame) or _trial(
                samples, image, n_trials, frame, recording, algorithm
            )
            if not recording.rows:
                writer.write_event(
                    StimulusShown(time_s=image.shown_s, trial=n_trials, frame=frame, onset_kind="virtual")
                )
                writer.write_event(StimulusHidden(time_s=image.hidden_s, trial=n_trials))
            if image.variables:
                variables[frame.stimulus_id] = dict(image.variables)
            writer.write_trial(trial)
            n_trials, n_fixations = n_trials + 1, n_fixations + len(trial.fixations)
        if variables:
            writer.set_meta({"image_variables": variables})
        # last: what a crash leaves is no imported session, and the file can be imported again
        writer.set_meta({"imported_from": form, "imported_sha256": file_sha256(source)})
    return ImportedSession(
        session=session,
        n_samples=len(samples),
        n_trials=n_trials,
        n_fixations=n_fixations,
        missing_images=missing,
        notes=notes,
    )


@contextmanager
def _whole_or_none(study: Study, session: SessionFolder) -> Iterator[None]:
    """Half a recording would pass for a whole one."""
    try:
        yield
    except BaseException:
        study.session_list.remove(session.session_id)
        raise


class _Shifted:
    """The samples of a recording on the clock of its session."""

    def __init__(self, samples: SampleSource, zero_s: float) -> None:
        self._samples = samples
        self.eyes: Eyes = samples.eyes
        self.has_gaze = samples.has_gaze
        self.time_s = samples.time_s - zero_s

    def __len__(self) -> int:
        return len(self._samples)

    def __getitem__(self, index: slice) -> GazeSamples:
        return dataclasses.replace(self._samples[index], time_s=self.time_s[index])

    def between(self, start_s: float, stop_s: float) -> GazeSamples:
        """Samples with start_s <= time_s < stop_s."""
        first, last = np.searchsorted(self.time_s, [start_s, stop_s], side="left")
        return self[int(first) : int(last)]


def image_notes(files: ImageFiles, missing: Iterable[str]) -> tuple[str, ...]:
    """In words, which images were not found, and which were found in another folder than was said."""
    words = []
    for name in missing:
        if name in files.ambiguous:
            words.append(f"the image {name} is not told apart: {' and '.join(files.ambiguous[name])} fit it")
        else:
            words.append(f"the image {name} is not among the stimuli")
    words += [f"the image {name} is taken to be {found}" for name, found in files.elsewhere.items()]
    return tuple(words)


def find_import(study: Study, source: Path) -> SessionFolder | None:
    """The session into which this very file was imported before."""
    digest = file_sha256(source)
    if not digest:
        return None
    for session in study.sessions():
        try:
            with session.reader() as reader:
                if reader.meta.get("imported_sha256") == digest:
                    return session
        except StoreError:
            continue  # a session that cannot be read says nothing
    return None


def file_sha256(path: Path) -> str:
    """Of what the file holds; of a folder, nothing."""
    if not path.is_file():
        return ""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _write_row(writer: SessionWriter, row: object) -> None:
    match row:
        case CalibrationRow():
            writer.write_calibration(row)
        case CorrectionRow():
            writer.write_correction(row)
        case RecalibrationRow():
            writer.write_recalibration(row)
        case ValidationRow():
            writer.write_validation(row)
        case ProblemRow():
            writer.write_problem(row)
        case _:
            writer.write_event(cast(Event, row))


def _kept_trial(trials: Sequence[TrialRow], trial: int, frame: StimulusFrame) -> TrialRow | None:
    """A trial of our own export, with the fixations that were found then."""
    if trial >= len(trials) or trials[trial].frame.stimulus_id != frame.stimulus_id:
        return None
    return trials[trial]


def _trial(
    samples: SampleSource,
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
    size: tuple[int, int],
    recording: ImportedRecording,
    scale: str,
    frames: dict[Path, StimulusFrame],
) -> StimulusFrame:
    """Where the image lay; its file goes into the session the first time it is met."""
    if path not in frames:
        stimulus_id = session.stimuli.add(path)
        writer.write_stimulus(
            StimulusRow(
                stimulus_id=stimulus_id,
                name=path.name if image.file is None else image.name,
                file=session.stimuli.path(stimulus_id).name,
                width_px=size[0],
                height_px=size[1],
                source="imported",
            )
        )
        frames[path] = place_stimulus(recording.display, stimulus_id, *size, scale=scale)
    if image.place is None:
        return frames[path]
    left, top, width, height = image.place.rectangle(*size)
    return dataclasses.replace(frames[path], left_px=left, top_px=top, width_px=width, height_px=height)


def _shift(images: Iterable[ShownImage], zero_s: float) -> tuple[ShownImage, ...]:
    return tuple(dataclasses.replace(i, shown_s=i.shown_s - zero_s, hidden_s=i.hidden_s - zero_s) for i in images)


def _whole(samples: SampleSource, source: Path, files: ImageFiles) -> tuple[ShownImage, ...]:
    if not len(samples) or files.find(source.name) is None:
        return ()
    return (ShownImage(name=source.name, shown_s=0.0, hidden_s=float(samples.time_s[-1]) + 1e-6),)
