"""Run a 1200 Hz session in windows while their thread is blocked for seconds again and again; count what is on disk.

    python -m tests.benchmarks.soak_blocked [--minutes 10] [--blocks 20] [--block-s 2]

Half of the blocks begin the moment an image goes, before anything else can happen on the windows' thread: what was
just finished is then all there is to lose. The rest begin at random. Another thread reads the session's file as a
viewer would, and notes when each row can be seen there first. Needs no display. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import os
import sqlite3
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

RATE_HZ = 1200.0
TRIAL_S = 1.5
LOOK_S = 0.05
"""How often the file is looked at."""


@dataclass(frozen=True)
class BlockedResult:
    """What a session kept while its windows stood still."""

    seconds: float
    n_blocks: int
    n_blocks_at_an_end: int
    blocked_s: float
    n_received: int
    n_on_disk: int
    each_is_there_once_in_order: bool
    n_images_shown: int
    n_trials_on_disk: int
    n_interrupted: int
    """Among them; the networks are not asked about these."""
    n_predictions_on_disk: int
    n_due_during_blocks: int
    """Trials whose image went less than a second before or while the windows' thread was blocked."""
    trial_late_s: tuple[float, float]
    """From the end of each trial to its row being seen in the file: median, most."""
    look_gap_s: tuple[float, float]
    """Between two looks at the file, which are meant to be LOOK_S apart: median, most. What the machine withheld."""
    is_reproducible: bool
    snapshots_skipped: int
    problems: tuple[str, ...]
    load_average: float

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing and nothing is there twice."""
        return (
            self.each_is_there_once_in_order
            and self.n_on_disk == self.n_received
            and self.n_trials_on_disk == self.n_images_shown
            and self.n_predictions_on_disk == self.n_trials_on_disk - self.n_interrupted
        )


class FileWatch:
    """Reads a session's file while it is recorded, and notes the session time at which each trial is there first."""

    def __init__(self, path: Path, clock) -> None:
        self._path, self._clock = path, clock
        self.seen_s: dict[int, tuple[float, float]] = {}
        self.looked_s: list[float] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="file-watch")
        self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        with contextlib.closing(sqlite3.connect(f"{self._path.as_uri()}?mode=ro", uri=True, timeout=5)) as db:
            while not self._stop.wait(LOOK_S):
                rows = db.execute("SELECT trial, hidden_s FROM trials").fetchall()
                now_s = self._clock.now_s()
                self.looked_s.append(now_s)
                for trial, hidden_s in rows:
                    self.seen_s.setdefault(trial, (hidden_s, now_s))


class Blocker:
    """Stops the windows' thread for a while, at random and at the ends of images."""

    def __init__(self, session, seconds: float, n_blocks: int, block_s: float) -> None:
        from PySide6.QtCore import QTimer

        rng = np.random.default_rng(0)
        begin_s = session.now_s
        due_s = np.sort(rng.uniform(begin_s + 1, begin_s + seconds - block_s - 1, n_blocks))
        is_at_an_end = rng.permutation(n_blocks) < n_blocks // 2
        self._due = [(float(due), bool(end)) for due, end in zip(due_s, is_at_an_end, strict=True)]
        self._block_s = block_s
        self._session = session
        self.blocks_s: list[tuple[float, float]] = []
        self.n_at_an_end = 0
        session.event_told.connect(self._hear)
        self._timer = QTimer()
        self._timer.timeout.connect(self._look)
        self._timer.start(5)

    def _hear(self, event) -> None:
        from gazeapp.store.events import StimulusHidden

        if isinstance(event, StimulusHidden) and self._due and self._due[0][1] and event.time_s >= self._due[0][0]:
            self.n_at_an_end += 1
            self._block()

    def _look(self) -> None:
        if self._due and not self._due[0][1] and self._session.now_s >= self._due[0][0]:
            self._block()

    def _block(self) -> None:
        self._due.pop(0)
        begin_s = self._session.now_s
        time.sleep(self._block_s)
        self.blocks_s.append((begin_s, self._session.now_s))


def prepare(folder: Path, seconds: float):
    """A plan of images without a pause, for as long as is wanted."""
    import cv2

    from gazeapp.experiment.plan import StimuliPlan, TrialsPlan, default_plan

    images = folder / "images"
    images.mkdir()
    rng = np.random.default_rng(3)
    for n in range(12):
        picture = np.full((240, 320, 3), 150, np.uint8)
        for _ in range(6):
            at = tuple(int(v) for v in rng.integers((20, 20), (300, 220)))
            cv2.circle(picture, at, int(rng.integers(10, 30)), rng.integers(0, 255, 3).tolist(), -1)
        cv2.imwrite(str(images / f"{n}.png"), picture)
    return replace(
        default_plan(name="blocked"),
        phases=("enrol",),
        stimuli=StimuliPlan(folders=(str(images),)),
        trials=TrialsPlan(
            duration_s=TRIAL_S,
            fixation_cross_s=0.2,
            blank_s=0.2,
            fixation_gate=False,
            repeats=int(seconds / (12 * TRIAL_S)) + 2,
        ),
        blocks=replace(default_plan().blocks, size=10_000),
    )


def record(application, seconds: float, n_blocks: int, block_s: float) -> BlockedResult:
    """Run a session in a application that is ready for it, and compare what came about with what is on disk."""
    from PySide6.QtCore import QEventLoop, QTimer

    from gazeapp.runtime.replay import reproduce
    from gazeapp.store.events import StimulusShown
    from gazeapp.store.reader import SessionReader
    from gazeapp.store.study import Study
    from gazeapp.ui.models.setup_model import Subject
    from gazeapp.ui.screens import list_screens

    def spin(for_s: float) -> None:
        loop = QEventLoop()
        QTimer.singleShot(round(1000 * for_s), loop.quit)
        loop.exec()

    pseudonym = application.options.pseudonym or "P-001"
    with Study.open_or_create(application.setup.study_dir) as study:
        study.add_participant(pseudonym)
        study.record_consent(pseudonym)
    application.setup.prepare(Subject(pseudonym=pseudonym))
    application.setup.show_screens(list_screens())
    application.window.open_page("screens")
    application.start_session()
    while not application.session.is_attached:
        spin(0.05)
        assert not application.setup.session_problem, application.setup.session_problem
    session, run = application.session, application.session.run
    path = run.session.path
    spin(0.3)
    watch = FileWatch(path / "session.sqlite", run.clock)
    session.command(lambda c, now_s: c.start_trials(now_s))
    blocker = Blocker(session, seconds, n_blocks, block_s)
    end_s = run.clock.now_s() + seconds
    while run.clock.now_s() < end_s:
        spin(0.2)
    session.command(lambda c, now_s: c.pause(now_s))
    spin(1.0)
    watch.close()
    n_skipped = application.bridge.n_replaced
    application.close()
    late_s = np.array([seen - hidden for hidden, seen in watch.seen_s.values()])
    hidden_s = np.array([hidden for hidden, _ in watch.seen_s.values()])
    gaps_s = np.diff(watch.looked_s)
    is_due = np.zeros(len(hidden_s), bool)
    for begin, end in blocker.blocks_s:
        is_due |= (hidden_s > begin - 1.0) & (hidden_s < end)
    with SessionReader(path) as reader:
        samples, trials = reader.samples(), reader.trials()
        numbers = np.rint(samples.time_s * RATE_HZ).astype(int)
        n_shown = sum(isinstance(event, StimulusShown) for event in reader.events())
        n_predictions = len(list(reader.predictions(final_only=True)))
        problems = tuple(f"{row.kind}: {row.message}" for row in reader.problems())
        is_reproducible = reproduce(reader).is_exact
    return BlockedResult(
        seconds=seconds,
        n_blocks=len(blocker.blocks_s),
        n_blocks_at_an_end=blocker.n_at_an_end,
        blocked_s=sum(end - begin for begin, end in blocker.blocks_s),
        n_received=run.analysis.n_received,
        n_on_disk=len(samples),
        each_is_there_once_in_order=bool((np.diff(numbers) == 1).all()),
        n_images_shown=n_shown,
        n_trials_on_disk=len(trials),
        n_interrupted=sum(bool(trial.timing["interrupted"]) for trial in trials),
        n_predictions_on_disk=n_predictions,
        n_due_during_blocks=int(is_due.sum()),
        trial_late_s=(float(np.median(late_s)), float(late_s.max())),
        look_gap_s=(float(np.median(gaps_s)), float(gaps_s.max())),
        is_reproducible=is_reproducible,
        snapshots_skipped=n_skipped,
        problems=problems,
        load_average=os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan"),
    )


def tracker_choice():
    """A simulated observer at full rate."""
    from gazeapp.ui.application import observer_choice

    chosen = observer_choice("ada")
    return replace(chosen, options={**chosen.options, "rate_hz": f"{RATE_HZ:g}"})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--blocks", type=int, default=20)
    parser.add_argument("--block-s", type=float, default=2.0)
    arguments = parser.parse_args()
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from gazeapp.ui import app
    from gazeapp.ui.app import AppOptions

    seconds = 60 * arguments.minutes
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _qt, settings = app._start_qt()
        options = AppOptions(study=folder / "study", plan=prepare(folder, seconds), theme="dark", use_gl=False)
        application = app.make_application(options, settings, "P-001", tracker_choice())
        application.is_demonstration = True  # keeps the person's settings as they are
        application.window.show()
        result = record(application, seconds, arguments.blocks, arguments.block_s)
    print(json.dumps(dataclasses.asdict(result), indent=1))
    print("whole" if result.is_whole else "NOT WHOLE", file=sys.stderr)
    return 0 if result.is_whole and result.trial_late_s[1] <= 1.0 else 1


if __name__ == "__main__":
    sys.exit(main())
