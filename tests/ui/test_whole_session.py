"""One complete session in real windows, and sessions that end before their time."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from gazeapp.store.reader import SessionReader
from gazeapp.store.session_state import SessionState
from gazeapp.store.study import Study
from gazeapp.ui.session_words import LATER

pytestmark = pytest.mark.slow

CHECKOUT = Path(__file__).resolve().parents[2]
MONITORS = {
    1: "xrandr --setmonitor PARTICIPANT 1440/381x900/238+0+0 screen",
    2: "xrandr --setmonitor EXPERIMENTER 1440/381x900/238+0+0 screen; "
    "xrandr --setmonitor PARTICIPANT 1920/508x1080/286+1440+0 none",
}
SIZE = {1: "1440x900", 2: "3360x1080"}

needs_x = pytest.mark.skipif(
    not (shutil.which("xvfb-run") and shutil.which("xrandr")),
    reason="real windows need xvfb-run and xrandr (packages xvfb and x11-xserver-utils)",
)


@pytest.fixture
def images(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for n in range(6):
        picture = np.full((240, 320, 3), 90 + 20 * n, np.uint8)
        for _ in range(6):
            x, y = rng.integers(20, 300), rng.integers(20, 220)
            cv2.circle(
                picture,
                (int(x), int(y)),
                int(rng.integers(8, 30)),
                rng.integers(0, 255, 3).tolist(),
                -1,
            )
        cv2.imwrite(str(folder / f"{n}.png"), picture)
    return folder


def drive(tmp_path: Path, images: Path, *options: str, screens: int = 2) -> dict:
    """Run the driver under a virtual X display with one or two monitors; return what it reports."""
    lsl = tmp_path / "lsl.cfg"  # streams of other programs on the network stay out of the list
    lsl.write_text("[multicast]\nResolveScope = machine\n[lab]\nSessionID = gazeapp-ui-test\n[ports]\nIPv6 = disable\n")
    environment = {
        key: value for key, value in os.environ.items() if key not in ("DISPLAY", "QT_QPA_PLATFORM", "WAYLAND_DISPLAY")
    }
    environment |= {"PYTHONPATH": str(CHECKOUT), "LSLAPICFG": str(lsl), "OMP_NUM_THREADS": "1"}
    script = f'{MONITORS[screens]} >/dev/null 2>&1; exec "$@"'
    done = subprocess.run(
        [
            "xvfb-run",
            "-a",
            "-s",
            f"-screen 0 {SIZE[screens]}x24 -noreset",
            "bash",
            "-c",
            script,
            "bash",
            sys.executable,
            "-m",
            "tests.ui.drive_session",
            str(tmp_path / "study"),
            str(images),
            "--raster",
            "--screens",
            str(screens),
            *options,
        ],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    report = json.loads(done.stdout.strip().splitlines()[-1])
    assert report["error"] == "", (report, done.stderr[-2000:])
    assert report["n_failures"] == 0, done.stderr[-3000:]
    return report


def stored_session(study_dir: Path) -> Path:
    with Study.open(study_dir) as study:
        [session] = study.sessions("P-017")
        assert study.has_consent("P-017")
    return session.path


@needs_x
def test_a_whole_session_is_led_with_mouse_and_keys_on_two_screens(tmp_path, images):
    report = drive(tmp_path, images)
    assert report["log"][-1] == "exported"
    assert report["n_trials"] >= 6
    with SessionReader(stored_session(tmp_path / "study")) as session:
        trials = list(session.trials())
        events = {type(event).__name__ for event in session.events()}
        assert len(session.calibrations()) >= 1
        assert len(session.validations()) >= 1
        assert {trial.onset_kind for trial in trials} == {"raster"}
        assert {trial.phase for trial in trials} == {"enrol", "overlay"}
        assert sum(len(trial.fixations) for trial in trials) > 5
        assert {"TargetShown", "StimulusShown", "StateChanged", "PhaseStarted"} <= events
    assert any((tmp_path / "export").rglob("fixations.csv"))


@needs_x
def test_closing_the_window_in_the_middle_keeps_everything_so_far_on_a_single_screen(tmp_path, images):
    report = drive(tmp_path, images, "--close-after-images", "2", screens=1)
    assert report["log"][-1] == "closed, to be continued later"
    with Study.open(tmp_path / "study") as study:
        [record] = study.session_records()
    assert record.state is SessionState.INTERRUPTED
    assert record.summary.why == LATER
    with SessionReader(stored_session(tmp_path / "study")) as session:
        assert len(list(session.trials())) >= 2
        assert len(session.samples()) > 500
        assert len(session.validations()) == 1
