"""When networks are loaded."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.runtime.test_resume import PLAN

BUILD = """
import gc
import sys
from pathlib import Path

import cv2
import numpy as np

from gazeapp.experiment.plan_reader import read_plan
from gazeapp.gaze.display import Display
from gazeapp.runtime.build import build_run
from gazeapp.runtime.options import RunOptions
from gazeapp.cli.run import prepare_participant

Path("images").mkdir()
for n in range(6):
    cv2.imwrite(f"images/{n}.png", np.full((120, 160, 3), 30 * n, np.uint8))
display = Display(width_px=1920, height_px=1080, width_mm=508, height_mm=286, distance_mm=650)
options = RunOptions(plan=read_plan(Path("plan.toml")), study=Path("study"), participant="P1", device="simulated",
                     display=display)
prepare_participant(options, consent=("gaze",))
assert "torch" not in sys.modules
run = build_run(options)
assert "torch" in sys.modules
run.start()
assert gc.get_freeze_count() > 50_000, "no later collection goes through all of that"
run.close()
assert gc.get_freeze_count() == 0, "what the session left may be collected"
"""


@pytest.mark.slow
def test_nothing_is_recorded_before_importing_is_over_which_holds_the_interpreter(tmp_path):
    (tmp_path / "plan.toml").write_text(PLAN, encoding="utf-8")
    root = Path(__file__).resolve().parents[2]
    subprocess.run(
        [sys.executable, "-c", BUILD], cwd=tmp_path, check=True, timeout=120, env=os.environ | {"PYTHONPATH": str(root)}
    )
