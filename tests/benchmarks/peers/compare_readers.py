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
from tests.field import foreign_files
from tests.store.example_study import make_study

WRITERS = (
    foreign_files.write_titta_tsv,
    foreign_files.write_prolab,
    foreign_files.write_studio2,
    foreign_files.write_own,
    foreign_files.write_gazepoint,
    foreign_files.write_parquet,
)


def compare(peer_python: str, more: list[Path]) -> list[tuple[str, str, int, float, float]]:
    """File, reader, samples, largest difference of time in ms and of gaze in px."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for write in WRITERS:
            write(root)
        for path in more:
            shutil.copy(path, root / path.name)
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
                samples = read_recording(root / name, "auto", ImportSettings(display=display, options=options)).samples
                half = 0.5 if name.endswith(".asc") else 0.0
                eyes = [e for e in (samples.left_px, samples.right_px) if np.isfinite(e).any()]
                ours = np.column_stack([samples.time_s - samples.time_s[0], *(eye - half for eye in eyes)])
                known = np.isfinite(ours[:, 1:]) & np.isfinite(theirs[:, 1 : ours.shape[1]])
                apart = np.abs(ours[:, 1:] - theirs[:, 1 : ours.shape[1]])[known]
                times = np.abs(ours[:, 0] - theirs[:, 0]).max() * 1e3
                found.append((name, reader, len(ours), float(times), float(apart.max())))
    return found


if __name__ == "__main__":
    print(f"{'file':<44}{'reader':<13}{'samples':>8}{'time ms':>12}{'gaze px':>12}")
    for name, reader, n, time_ms, gaze_px in compare(sys.argv[1], [Path(p) for p in sys.argv[2:]]):
        print(f"{name:<44}{reader:<13}{n:>8}{time_ms:>12.2g}{gaze_px:>12.2g}")
