"""Reads tables and EyeLink files of any size and prints time and peak memory: memory must grow with samples, not text.

    python -m tests.benchmarks.large_files [MEGABYTES ...]

Files are made up beside each other in a temporary folder: 24 columns, of which five are gaze.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_READ = (
    "import sys; from pathlib import Path; from gazeapp.store.imports.formats import read_recording; "
    "from gazeapp.store.imports.recording import ImportSettings; "
    "print(len(read_recording(Path(sys.argv[1]), 'auto', ImportSettings()).samples))"
)


def write_table(path: Path, megabytes: float) -> Path:
    """A table like a Tobii export, with columns that nobody asks for."""
    names = ["time_s", "left_x_px", "left_y_px", "right_x_px", "right_y_px", *(f"other_{n}" for n in range(19))]
    # only the times are other ones in each block: making up the rest would take longer than reading it
    rest = [
        f"{500 + n % 7}.25,{400 + n % 5}.5,{505 + n % 7}.25,{401 + n % 5}.5,"
        + ",".join(f"{(n * k) % 1000 / 7:.4f}" for k in range(19))
        for n in range(5000)
    ]
    with path.open("w") as file:
        file.write(",".join(names) + "\n")
        for first in range(0, 10**9, len(rest)):
            file.writelines(f"{(first + n) / 1000:.3f},{cells}\n" for n, cells in enumerate(rest))
            if file.tell() >= megabytes * 1e6:
                break
    return path


def write_asc(path: Path, megabytes: float) -> Path:
    """A binocular EyeLink recording."""
    with path.open("w") as file:
        file.write("MSG\t1 DISPLAY_COORDS 0 0 1919 1079\nSTART\t1000 LEFT RIGHT SAMPLES EVENTS\n")
        file.write("SAMPLES\tGAZE\tLEFT\tRIGHT\tRATE\t1000.00\tTRACKING\tCR\tFILTER\t2\n")
        n = 1000
        while file.tell() < megabytes * 1e6:
            file.writelines(
                f"{n + k}\t{700 + k % 9}.1\t500.2\t900.0\t{705 + k % 9}.1\t501.2\t910.0\t.....\n" for k in range(5000)
            )
            n += 5000
    return path


def main(sizes: list[float]) -> None:
    print(f"{'file':<10}{'MB':>8}{'samples':>12}{'s':>8}{'MB in memory':>14}")
    with tempfile.TemporaryDirectory() as folder:
        for megabytes in sizes:
            for path in (write_table(Path(folder, "a.csv"), megabytes), write_asc(Path(folder, "a.asc"), megabytes)):
                begin = time.monotonic()
                done = subprocess.run([sys.executable, "-c", _READ, path], capture_output=True, text=True, check=True)
                peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e3
                size, took_s, n = path.stat().st_size / 1e6, time.monotonic() - begin, done.stdout.strip()
                print(f"{path.suffix[1:]:<10}{size:>8.0f}{n:>12}{took_s:>8.1f}{peak:>14.0f}")
                path.unlink()


if __name__ == "__main__":
    main([float(text) for text in sys.argv[1:]] or [100.0])
