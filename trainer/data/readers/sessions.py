"""A study recorded with the application."""

from __future__ import annotations

from pathlib import Path

from gazeapp.errors import DatasetIncomplete
from gazeapp.store.session_state import used
from gazeapp.store.study import Study
from trainer.data.source import DatasetSource, fixation_table


def read_sessions(root: Path, stimuli: Path | None) -> DatasetSource:
    """A study of one's own: every participant is an observer, every repetition of an image a viewing.

    An image that was taken off before its time was not viewed: it came again.
    """
    images: dict[str, int] = {}
    paths: list[Path] = []
    scales: list[float] = []
    rows = []
    seen: dict[tuple[int, int], int] = {}
    with Study.open(root) as study:
        observers = [p.pseudonym for p in study.participants()]
        for session in study.sessions():
            with session.reader() as reader:
                px_per_deg = reader.display.px_per_deg
                observer = observers.index(reader.pseudonym)
                for trial in used(reader):
                    stimulus = trial.frame.stimulus_id
                    if stimulus not in images:
                        images[stimulus] = len(paths)
                        paths.append(reader.stimuli.path(stimulus))
                        scales.append(px_per_deg / trial.frame.scale)
                    image = images[stimulus]
                    viewing = seen[image, observer] = seen.get((image, observer), 0) + 1
                    rows += [
                        (image, observer, viewing, order, f.x_px, f.y_px, f.duration_s)
                        for order, f in enumerate(trial.fixations)
                    ]
    if not rows:
        raise DatasetIncomplete(f"{root}: no session with fixations on images")
    return DatasetSource(
        name="sessions",
        image_paths=tuple(paths),
        observers=tuple(observers),
        image_size_wh=None,
        px_per_deg=tuple(scales),
        fixations=fixation_table(rows),
    )
