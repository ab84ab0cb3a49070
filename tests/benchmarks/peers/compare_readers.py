"""Compares what this program reads in other laboratories' files with what independent readers read.

    python -m tests.benchmarks.peers.compare_readers PEER_PYTHON [FILE.asc ...]

PEER_PYTHON is an interpreter with pandas, pyarrow, MNE, pymovements and pyxdf (`requirements.txt`). Files are made up
as in `tests/field`, with any EyeLink files named beside them. Printed: each file and reader, samples, and the largest
difference of times (ms) and gaze (px); EyeLink's pixel centres lie at whole numbers, ours half a pixel further.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from gazeapp.gaze.display import Display
from gazeapp.store.export.formats import ExportRequest, export
from gazeapp.store.imports.formats import read_recording
from gazeapp.store.imports.recording import ImportSettings
from tests.conftest import CHECKOUT
from tests.field import foreign_files
from tests.store.example_study import make_study

WRITERS = (
    foreign_files.write_titta_tsv,
    foreign_files.write_prolab,
    foreign_files.write_studio2,
    foreign_files.write_own,
    foreign_files.write_gazepoint,
    foreign_files.write_parquet,
    foreign_files.write_neon,
    foreign_files.write_bids,
)
RECORDINGS = CHECKOUT.parent / "shared" / "data" / "recordings"
"""Real recordings of five trackers, where they lie beside the checkout."""


def compare(peer_python: str, more: list[Path]) -> list[tuple[str, str, int, float, float, int, int]]:
    """File, reader, samples, largest difference of time in ms and of gaze in px; numbers that only we or they lack."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for write in WRITERS:
            write(root)
        for path in more:
            shutil.copy(path, root / path.name)
        for kind in ("etdq", "i2mc"):
            for path in sorted(RECORDINGS.glob(f"{kind}/**/*.tsv")):
                shutil.copy(path, root / f"{kind}_{path.name}")
        study, session = make_study(root / "study")
        study.close()
        export(ExportRequest(source=session.path, form="xdf", dest=root / "xdf"))
        shutil.rmtree(root / "study")
        script = Path(__file__).with_name("reader_values.py")
        subprocess.run([peer_python, script, root, root / "peers.npz"], check=True)
        with np.load(root / "peers.npz") as peers:
            for key in peers.files:
                name, reader = key.split("|")
                theirs = peers[key]
                display = None if name.endswith((".asc", ".xdf")) else Display.parse(foreign_files.DISPLAY)
                options = {"stream": "gaze"} if name.endswith(".xdf") else {}
                settings = ImportSettings(display=display, options=options)
                samples = read_recording(root / name, "auto", settings, must_be_ordered=False).samples[:]
                half = 0.5 if name.endswith(".asc") else 0.0
                eyes = [e for e in (samples.left_px, samples.right_px) if np.isfinite(e).any()]
                ours = np.column_stack([samples.time_s - samples.time_s[0], *(eye - half for eye in eyes)])
                here, there = np.isfinite(ours[:, 1:]), np.isfinite(theirs[:, 1 : ours.shape[1]])
                known = here & there
                apart = np.abs(ours[:, 1:] - theirs[:, 1 : ours.shape[1]])[known]
                times = np.abs(ours[:, 0] - theirs[:, 0]).max() * 1e3
                only = int((there & ~here).sum()), int((here & ~there).sum())
                found.append((name, reader, len(ours), float(times), float(apart.max()), *only))
    return found


if __name__ == "__main__":
    print(f"{'file':<58}{'reader':<13}{'samples':>8}{'time ms':>10}{'gaze px':>10}{'lost here':>11}{'there':>7}")
    for name, reader, n, time_ms, gaze_px, lost_here, lost_there in compare(
        sys.argv[1], [Path(p) for p in sys.argv[2:]]
    ):
        figures = f"{time_ms:>10.2g}{gaze_px:>10.2g}{lost_here:>11}{lost_there:>7}"
        print(f"{name:<58}{reader:<13}{n:>8}{figures}")
