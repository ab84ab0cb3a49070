"""From a folder of photographs to a rehearsed plan by keys and mouse alone; see drive_design.py for the whole of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.ui.test_whole_session import CHECKOUT, needs_x


@needs_x
@pytest.mark.slow
def test_a_new_user_rehearses_a_plan_without_editing_a_file(tmp_path):
    # its path is typed: letters that need no other key
    folder = Path(tempfile.gettempdir()) / f"photographs{os.getpid()}"
    folder.mkdir()
    try:
        for n in range(4):
            cv2.imwrite(str(folder / f"{n}.jpg"), np.full((240, 320, 3), 60 + 40 * n, np.uint8))
        command = [sys.executable, "-m", "tests.ui.drive_design", str(folder), "--hurry"]
        environment = os.environ | {"PYTHONPATH": str(CHECKOUT), "OMP_NUM_THREADS": "1"}
        done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)
    finally:
        shutil.rmtree(folder)
    report = json.loads(done.stdout.strip().splitlines()[-1])
    assert report["error"] == "", (report, done.stderr[-2000:])
    assert (report["n_failures"], report["mistakes"], report["sessions"]) == (0, 0, False)
    assert (report["n_rehearsed"], report["n_images"]) == (4, 4)
    assert report["took_s"] < 300
    assert report["n_clicks"] <= 4
