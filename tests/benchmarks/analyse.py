"""How quickly Analyse answers: a session of 500 images, a group of 100 people, replay of 1200 Hz gaze.

    python -m tests.benchmarks.analyse [--out ANALYSE.md] [--keep DIR]

Makes a study of its own, opens it in real windows (offscreen without a display) and measures what somebody waits
for, by the clock and by the processor: other work on the machine lengthens the first and not the second.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from gazeapp.gaze.display import place_stimulus
from gazeapp.gaze.fixations import Fixation
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store.records import StimulusRow, TrialRow
from gazeapp.store.study import Study
from tests.store.example_study import DISPLAY

N_IMAGES, N_PEOPLE, RATE_HZ, TRIAL_S = 500, 100, 1200.0, 5.0
IMAGE_WH = (1600, 1200)
LONG = "P-LONG"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--keep", type=Path, help="folder of the study; made where it is not there")
    args = parser.parse_args()
    if not os.environ.get("DISPLAY"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as folder:
        study = args.keep or Path(folder) / "study"
        if not study.exists():
            make_study(study)
        rows = measure(study)
    text = page(rows)
    print(text)
    if args.out:
        args.out.write_text(text, encoding="utf-8")
    return 0


def make_study(folder: Path) -> None:
    """100 people who saw one image, and one person who saw 500."""
    rng = np.random.default_rng(0)
    images = folder.parent / "images"
    images.mkdir(parents=True, exist_ok=True)
    paths = []
    for number in range(N_IMAGES):
        paths.append(images / f"image-{number:03}.jpg")
        small = rng.integers(0, 255, (30, 40, 3), dtype=np.uint8)
        cv2.imwrite(str(paths[-1]), cv2.resize(small, IMAGE_WH, interpolation=cv2.INTER_CUBIC))
    with Study.create(folder) as study:
        for person in range(N_PEOPLE):
            record(study, f"P-{person:03}", paths[:10], rng, rate_hz=0.0)
        record(study, LONG, paths, rng, rate_hz=RATE_HZ)


def record(study: Study, name: str, paths: list[Path], rng: np.random.Generator, *, rate_hz: float) -> None:
    """A session; samples only where there is a rate, and for its first four images."""
    study.add_participant(name)
    study.record_consent(name)
    study.describe_participant(name, variables={"group": "AB"[len(study.participants()) % 2]})
    session = study.new_session(name, "benchmark")
    with session.writer() as writer:
        detection = {"algorithm": "ivt", "parameters": {"velocity_deg_s": 30.0}}
        writer.set_meta({"display": DISPLAY, "tracker": {"name": "made", "rate_hz": rate_hz}, "detection": detection})
        if rate_hz:
            writer.write_samples(samples(4 * (TRIAL_S + 1), rng))
        for trial, path in enumerate(paths):
            stimulus_id = session.stimuli.add(path)
            row = StimulusRow(
                stimulus_id=stimulus_id,
                name=path.name,
                file=session.stimuli.path(stimulus_id).name,
                width_px=IMAGE_WH[0],
                height_px=IMAGE_WH[1],
            )
            writer.write_stimulus(row)
            shown_s = trial * (TRIAL_S + 1)
            points = rng.uniform((50, 50), (IMAGE_WH[0] - 50, IMAGE_WH[1] - 50), (15, 2))
            fixations = tuple(
                Fixation(onset_s=shown_s + 0.1 + 0.32 * n, duration_s=0.27, x_px=float(x), y_px=float(y))
                for n, (x, y) in enumerate(points)
            )
            writer.write_trial(
                TrialRow(
                    trial=trial,
                    phase="enrol",
                    frame=place_stimulus(DISPLAY, stimulus_id, *IMAGE_WH),
                    shown_s=shown_s,
                    hidden_s=shown_s + TRIAL_S,
                    onset_kind="virtual",
                    fixations=fixations,
                    carried_over=(),
                    n_samples=round(TRIAL_S * rate_hz),
                    data_loss=0.02,
                )
            )


def samples(length_s: float, rng: np.random.Generator) -> GazeSamples:
    """Fixations with noise, and a blink now and then."""
    n = round(length_s * RATE_HZ)
    time_s = np.arange(n) / RATE_HZ
    places = rng.uniform((300, 200), (1600, 900), (round(length_s / 0.3) + 2, 2))
    where = places[(time_s / 0.3).astype(int)]
    eyes = [where + rng.normal(0, 4, (n, 2)) for _ in range(2)]
    for first in range(n // 3, n, n // 3):
        for eye in eyes:
            eye[first : first + round(0.15 * RATE_HZ)] = np.nan
    return GazeSamples.build(
        time_s,
        eyes="binocular",
        left_px=eyes[0],
        right_px=eyes[1],
        left_pupil_mm=np.full(n, 3.0),
        right_pupil_mm=np.full(n, 3.0),
        device_time_s=time_s,
        receive_time_s=time_s,
    )


def measure(study: Path) -> list[tuple[str, str, str, str]]:
    """(what, by the clock, by the processor, limit)."""
    from PySide6.QtCore import QEventLoop, QTimer
    from PySide6.QtWidgets import QApplication

    from gazeapp.ui.bridge import QtBridge
    from gazeapp.ui.main_window import MainWindow
    from gazeapp.ui.models.export_model import ExportModel
    from gazeapp.ui.models.session_model import SessionModel
    from gazeapp.ui.models.setup_model import Scan, SetupModel
    from gazeapp.ui.theme import Theme, ThemeChoice

    application = QApplication.instance() or QApplication([])
    theme, bridge = Theme(ThemeChoice.DARK), QtBridge()
    theme.apply()
    setup, session = SetupModel(bridge, Scan, study), SessionModel(bridge)
    window = MainWindow(theme, setup, session, ExportModel(bridge))
    window.resize(1440, 900)
    window.show()

    def spin(seconds: float) -> None:
        loop = QEventLoop()
        QTimer.singleShot(round(1000 * seconds), loop.quit)
        loop.exec()

    def until(is_so, timeout_s: float = 300.0) -> None:
        begin_s = time.perf_counter()
        while not is_so():
            application.processEvents()
            time.sleep(0.002)  # else waiting would be most of what the processor does
            if time.perf_counter() - begin_s > timeout_s:
                raise TimeoutError

    rows = []

    def timed(what: str, limit: str, do, is_so) -> None:
        clock_s, processor_s = time.perf_counter(), time.process_time()
        do()
        until(is_so)
        took = time.perf_counter() - clock_s, time.process_time() - processor_s
        rows.append((what, f"{took[0]:.2f} s", f"{took[1]:.2f} s", limit))

    setup.study.open(study)
    until(lambda: not setup.study.is_loading and bool(setup.study.rows))
    page = window.analyse
    person = next(r.session_id for r in page.model.sessions if r.pseudonym == "P-000")
    page.show_session(person)
    window.open_page("analyse")
    until(lambda: page.model.view is not None)
    spin(1.0)  # thumbnails
    long = next(r.session_id for r in page.model.sessions if r.pseudonym == LONG)
    timed(
        f"a session of {N_IMAGES} images is open",
        "1 s",
        lambda: page.show_session(long),
        lambda: page.model.view is not None and len(page.images.list.items) == N_IMAGES,
    )
    spin(1.0)
    page.group.set_heat("all", "duration")
    timed(
        f"heat map of {N_PEOPLE + 1} people on one image, read from disk",
        "1 s",
        lambda: page.set_view("heat"),
        lambda: page.group.result.heat is not None and not page.group.is_working,
    )
    assert page.group.result.n_people == (N_PEOPLE + 1,)
    timed(
        "the same once more, by number of fixations",
        "1 s",
        lambda: page.group.set_heat("all", "count"),
        lambda: not page.group.is_working,
    )
    page.set_view("replay")
    rows += replayed(page, application, spin)
    bridge.close()
    return rows


def replayed(page, application, spin) -> list[tuple[str, str, str, str]]:
    """Play one viewing at its own speed, then go to 60 other times."""
    line = page.replay_bar.time
    spin(0.5)
    stamps: list[float] = []
    moved = line.moved
    moved.connect(lambda _s: stamps.append(time.perf_counter()))
    processor_s, begin_s = time.process_time(), time.perf_counter()
    line.toggle()
    while line.is_playing:
        spin(0.05)
    took_s, used_s = time.perf_counter() - begin_s, time.process_time() - processor_s
    gaps_ms = 1000 * np.diff(stamps[1:])
    late = int((gaps_ms > 33.4).sum())
    scrubs = []
    for at_s in np.random.default_rng(1).uniform(0, line.length_s, 60):
        first_s = time.perf_counter(), time.process_time()
        line.move_to(float(at_s))
        page.board.repaint()
        application.processEvents()
        scrubs.append((time.perf_counter() - first_s[0], time.process_time() - first_s[1]))
    clock, processor = (1000 * np.array(column) for column in zip(*scrubs, strict=True))
    return [
        (
            f"replay of {line.length_s:.0f} s of {RATE_HZ:.0f} Hz gaze at 1×",
            f"{took_s:.2f} s",
            f"{100 * used_s / took_s:.0f} % of a core",
            "–",
        ),
        (
            "frames of it that came more than one late (> 33 ms)",
            f"{late} of {len(gaps_ms)}, median gap {np.median(gaps_ms):.0f} ms",
            "–",
            "–",
        ),
        (
            "going to another time, median (95 %)",
            f"{np.median(clock):.0f} ms ({np.quantile(clock, 0.95):.0f})",
            f"{np.median(processor):.0f} ms ({np.quantile(processor, 0.95):.0f})",
            "–",
        ),
    ]


def page(rows: list[tuple[str, str, str, str]]) -> str:
    """The figures as Markdown."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    head = (
        "# Analyse: how long somebody waits\n\n"
        "`python -m tests.benchmarks.analyse`; what a processor needs is what counts where other work ran beside it "
        f"(load average at the end {load:.0f} on {os.cpu_count()} cores, Python {platform.python_version()}).\n\n"
        "| what | by the clock | by the processor | wanted |\n|---|---|---|---|\n"
    )
    return head + "".join(f"| {' | '.join(row)} |\n" for row in rows)


if __name__ == "__main__":
    raise SystemExit(main())
