"""A BIDS data set with eye tracking (BIDS 1.11): gaze per eye, fixations, stimuli and the screen."""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import json
import math
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from gazeapp.errors import DamagedSession
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store.events import dump_json
from gazeapp.store.exclusion import session_exclusions
from gazeapp.store.export.bids_events import EyeEvent, events_sidecar, eye_events
from gazeapp.store.export.bids_sidecar import calibration_facts, device_facts
from gazeapp.store.export.eye_streams import OpennessByStamp
from gazeapp.store.export.inert_cell import inert_cell
from gazeapp.store.image_variables import COLUMN, ImageVariables, meaning
from gazeapp.store.provenance import software_versions
from gazeapp.store.reader import SessionReader
from gazeapp.store.records import Json

BIDS_VERSION = "1.11.0"
_MISSING = "n/a"


@dataclass(slots=True)
class _Labels:
    """BIDS labels are letters and digits only; two pseudonyms must not become one."""

    subjects: dict[str, str] = field(default_factory=dict)
    n_sessions: dict[str, int] = field(default_factory=dict)

    def subject(self, pseudonym: str) -> str:
        if pseudonym not in self.subjects:
            plain = _label(pseudonym) or "unknown"
            label, n = plain, 1
            # some disks do not tell sub-p1 from sub-P1
            while label.casefold() in {other.casefold() for other in self.subjects.values()}:
                n += 1
                label = f"{plain}x{n}"
            self.subjects[pseudonym] = label
        return self.subjects[pseudonym]

    def session(self, subject: str) -> str:
        self.n_sessions[subject] = self.n_sessions.get(subject, 0) + 1
        return f"{self.n_sessions[subject]:02d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetFacts:
    """What only the person who exports knows of a data set; what is not said is left out."""

    name: str = "gazeapp export"
    authors: Sequence[str] = ()
    licence: str = ""


def export_bids(sessions: Iterable[Path], root: Path, facts: DatasetFacts | None = None) -> None:
    """Write sessions as one BIDS data set.

    Gaze is corrected as it was in force. Times are seconds on each session's own clock; the events table has them too.

    Args:
        sessions: Session folders in order of time.
        root: Folder of the data set.
        facts: Name, authors and licence.
    """
    facts = facts or DatasetFacts()
    labels = _Labels()
    listed: dict[str, list[tuple[str, str]]] = {}
    for path in sessions:
        with SessionReader(path) as reader:
            subject = labels.subject(reader.pseudonym)
            session = labels.session(subject)
            listed.setdefault(subject, []).append((session, str(reader.meta.get("started_utc") or _MISSING)))
            _write_session(reader, root, subject, session)
    _write_json(
        root / "dataset_description.json",
        {
            "Name": facts.name,
            "BIDSVersion": BIDS_VERSION,
            "DatasetType": "raw",
            **({"License": facts.licence} if facts.licence else {}),
            **({"Authors": list(facts.authors)} if facts.authors else {}),
            "GeneratedBy": [{"Name": "gazeapp", "Version": software_versions()["gazeapp"]}],
        },
    )
    (root / "README.md").write_text(
        f"# {facts.name}\n\nFree viewing of images with eye tracking, written by gazeapp. Gaze lies in `beh/` as "
        "`_physio.tsv.gz`, one file per eye, without a header row; the columns are named in the JSON file beside it. "
        "`participants.tsv` holds the pseudonyms under which the study keeps its participants. Say name, authors and "
        "licence with `--name`, `--author` and `--license` when exporting, or complete `dataset_description.json`.\n",
        encoding="utf-8",
    )
    _write_tsv(
        root / "participants.tsv",
        ("participant_id", "pseudonym"),
        [(f"sub-{label}", pseudonym or _MISSING) for pseudonym, label in sorted(labels.subjects.items())],
    )
    _write_json(
        root / "participants.json",
        {"pseudonym": {"Description": "Pseudonym in the study that was exported"}},
    )
    for subject, rows in listed.items():
        _write_tsv(
            root / f"sub-{subject}" / f"sub-{subject}_sessions.tsv",
            ("session_id", "acq_time"),
            [(f"ses-{session}", started[:19]) for session, started in rows],
        )


def _write_session(reader: SessionReader, root: Path, subject: str, session: str) -> None:
    folder = root / f"sub-{subject}" / f"ses-{session}" / "beh"
    folder.mkdir(parents=True)
    task = _label(str(reader.meta.get("plan_name") or "")) or "freeviewing"
    stem = f"sub-{subject}_ses-{session}_task-{task}"
    eyes = {"binocular": ("left", "right"), "cyclopean": ("cyclopean",)}.get(reader.eyes, (reader.eyes,))
    names = {eye: f"{stem}_recording-eye{number}" for number, eye in enumerate(eyes, start=1)}
    _write_gaze(reader, folder, names)
    times, found = reader.sample_times(), eye_events(reader)
    for eye, name in names.items():
        _write_gaze_sidecar(reader, folder, name, task, eye, times)
        _write_physio_events(found, folder, name, task)
    _write_events(reader, root, folder, stem, task)


def _write_gaze(reader: SessionReader, folder: Path, names: dict[str, str]) -> None:
    """All eyes in one pass over the samples."""
    with contextlib.ExitStack() as stack:
        files = {eye: stack.enter_context(_gzip_text(folder / f"{name}_physio.tsv.gz")) for eye, name in names.items()}
        pupils = {eye: reader.has_pupil(_side(eye)) for eye in names}
        has_tracker_time = _has_tracker_time(reader)
        openness = OpennessByStamp.read(reader) if reader.has_openness() else None
        for chunk in reader.sample_chunks():
            corrected = reader.corrected(chunk)
            for eye, file in files.items():
                columns = [corrected.time_s, *_column(corrected, _side(eye), "px").T]
                if pupils[eye]:
                    columns.append(_column(corrected, _side(eye), "pupil_mm"))
                if has_tracker_time:
                    columns.append(corrected.device_time_s)
                if openness is not None:
                    columns.append(openness.of_samples(corrected.device_time_s, _side(eye)))
                lines = "\n".join("\t".join(map(repr, row)) for row in np.stack(columns, axis=1).tolist())
                file.write(lines.replace("nan", _MISSING) + "\n")


def _has_tracker_time(reader: SessionReader) -> bool:
    first = next(iter(reader.sample_chunks()), None)
    return first is not None and bool(np.isfinite(first.device_time_s).any())


def _side(eye: str) -> Literal["left", "right"]:
    """The one point of a source without eyes is in the left columns."""
    return "right" if eye == "right" else "left"


def _write_gaze_sidecar(
    reader: SessionReader,
    folder: Path,
    name: str,
    task: str,
    eye: str,
    time_s: np.ndarray[Any, np.dtype[np.float64]],
) -> None:
    n = len(time_s)
    has_pupil = reader.has_pupil(_side(eye))
    rate_hz = _rate_hz(reader, n, float(time_s[-1] - time_s[0]) if n else 0.0)
    sidecar: Json = {
        "TaskName": task,
        "SamplingFrequency": rate_hz,
        "StartTime": float(time_s[0]) if n else 0.0,
        "Columns": [
            "timestamp",
            "x_coordinate",
            "y_coordinate",
            *(["pupil_size"] if has_pupil else []),
            *(["tracker_time"] if _has_tracker_time(reader) else []),
            *(["eye_openness"] if reader.has_openness() else []),
        ],
        "PhysioType": "eyetrack",
        "RecordedEye": eye,
        "SampleCoordinateSystem": "gaze-on-screen",
        "timestamp": {"Description": "When the eye was imaged, on the session clock", "Units": "s"},
        "x_coordinate": {"Description": "Gaze from the left edge of the display", "Units": "pixel"},
        "y_coordinate": {"Description": "Gaze from the top edge of the display", "Units": "pixel"},
    }
    if has_pupil:
        sidecar["pupil_size"] = {"Description": "Pupil diameter", "Units": "mm"}
    if reader.has_openness():
        sidecar["eye_openness"] = {"Description": "How far the lids are apart", "Units": "mm"}
    if _has_tracker_time(reader):
        sidecar["tracker_time"] = {"Description": "The tracker's own stamp, raw", "Units": "s"}
    _write_json(folder / f"{name}_physio.json", sidecar | device_facts(reader) | calibration_facts(reader, eye))


def _write_physio_events(found: Sequence[EyeEvent], folder: Path, name: str, task: str) -> None:
    with _gzip_text(folder / f"{name}_physioevents.tsv.gz") as file:
        for event in found:
            closed = "1" if event.kind == "blink" else "0" if event.kind else _MISSING
            cells = [_cell(event.onset_s), _cell(event.duration_s)]
            cells += [event.kind or _MISSING, inert_cell(_plain(event.message)), closed]
            file.write("\t".join(cells) + "\n")
    _write_json(folder / f"{name}_physioevents.json", events_sidecar(task))


def _write_events(reader: SessionReader, root: Path, folder: Path, stem: str, task: str) -> None:
    names = {row.stimulus_id: row.name for row in reader.stimulus_rows()}
    exclusions, variables = session_exclusions(reader.folder), ImageVariables.read(reader)
    rows = []
    for trial in reader.trials():
        stimulus_id = trial.frame.stimulus_id
        try:
            source = reader.stimuli.path(stimulus_id)
        except DamagedSession:
            file = _MISSING
        else:
            file = source.name
            (root / "stimuli").mkdir(exist_ok=True)
            if not (root / "stimuli" / file).exists():
                shutil.copyfile(source, root / "stimuli" / file)
        f = trial.frame
        rows.append(
            (
                _cell(trial.shown_s),
                _cell(trial.hidden_s - trial.shown_s),
                trial.phase or _MISSING,
                file,
                trial.trial,
                _plain(names.get(stimulus_id) or _MISSING),
                _cell(f.left_px),
                _cell(f.top_px),
                _cell(f.width_px),
                _cell(f.height_px),
                int(trial.is_interrupted),
                inert_cell(_plain(exclusions.why(trial.trial) or _MISSING)),
                *(_value_cell(variables.value(stimulus_id, name)) for name in variables.names),
            )
        )
    columns = (
        "onset",
        "duration",
        "trial_type",
        "stim_file",
        "trial",
        "stimulus",
        "left",
        "top",
        "width",
        "height",
        "interrupted",
        "excluded",
    )
    named = {_plain(COLUMN + name): {"Description": meaning(name)} for name in variables.names}
    _write_tsv(folder / f"{stem}_events.tsv", (*columns, *named), rows)
    document: Json = {
        "TaskName": task,
        "TaskDescription": "Free viewing of images",
        "onset": {"Description": "When the image appeared, on the clock of the gaze's timestamps", "Units": "s"},
        "duration": {"Description": "Time on the screen", "Units": "s"},
        "trial_type": {"Description": "Phase of the experiment"},
        "stim_file": {"Description": "Image in stimuli/, named by its SHA-256"},
        "trial": {"Description": "Number of the trial, from 0"},
        "stimulus": {"Description": "Name of the image in the experiment"},
        **{key: {"Description": f"{key} of the image on the display", "Units": "pixel"} for key in columns[-5:-1]},
        "excluded": {"Description": "Why somebody left it out of analysis; n/a: it counts"},
        "interrupted": {"Description": "1: taken off before its time; does not count as viewed, and came again"},
        **named,
    }
    try:
        display = reader.display
    except DamagedSession:
        pass
    else:
        is_measured = not reader.meta.get("display_assumed")
        document["StimulusPresentation"] = {
            "ScreenDistance": display.distance_mm / 1000 if is_measured else _MISSING,
            "ScreenOrigin": ["top", "left"],
            "ScreenResolution": [display.width_px, display.height_px],
            "ScreenSize": [display.width_mm / 1000, display.height_mm / 1000] if is_measured else _MISSING,
            "SoftwareName": "gazeapp",
            "SoftwareVersion": str((reader.meta.get("software") or {}).get("gazeapp", _MISSING)),
        }
    _write_json(folder / f"{stem}_events.json", document)


def _rate_hz(reader: SessionReader, n: int, duration_s: float) -> float:
    tracker = reader.meta.get("tracker")
    rate_hz = tracker.get("rate_hz") if isinstance(tracker, dict) else None
    if isinstance(rate_hz, int | float):
        return float(rate_hz)
    return (n - 1) / duration_s if n > 1 and duration_s > 0 else 0.0


def _column(samples: GazeSamples, side: str, name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    values: np.ndarray[Any, np.dtype[np.float64]] = getattr(samples, f"{side}_{name}")
    return values


def _cell(value: float) -> str:
    return repr(float(value)) if math.isfinite(value) else _MISSING


def _value_cell(value: str | float | None) -> str:
    return _MISSING if value is None else inert_cell(_plain(value)) if isinstance(value, str) else repr(value)


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip() or _MISSING


def _label(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "", text)


@contextlib.contextmanager
def _gzip_text(path: Path) -> Iterator[io.TextIOWrapper]:
    # neither name nor time stamp inside, so that the same session always gives the same bytes
    with (
        path.open("wb") as raw,
        gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed,
        io.TextIOWrapper(packed, encoding="utf-8", newline="\n") as file,
    ):
        yield file


def _write_tsv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
        writer.writerow(columns)
        writer.writerows([inert_cell(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)


def _write_json(path: Path, document: Json) -> None:
    path.write_text(
        json.dumps(json.loads(dump_json(document)), indent=1, ensure_ascii=False) + "\n",
        encoding="utf-8",
    )
