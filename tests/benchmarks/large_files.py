"""Reads tables and EyeLink files of any size and prints time and peak memory: memory must grow with samples, not text.

    python -m tests.benchmarks.large_files [--kinds csv,commas,asc] [MEGABYTES ...]

Files are made up one after the other in a temporary folder: a table of 24 columns, of which five are gaze; the same
as a spreadsheet writes it where commas part units from tenths; a binocular EyeLink recording.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_READ = (
    "import resource, sys; from pathlib import Path; from gazeapp.store.imports.formats import read_recording; "
    "from gazeapp.store.imports.recording import ImportSettings; "
    "print(len(read_recording(Path(sys.argv[1]), 'auto', ImportSettings()).samples)); "
    "used = resource.getrusage(resource.RUSAGE_SELF); print(used.ru_utime + used.ru_stime, used.ru_maxrss)"
)


def write_table(path: Path, megabytes: float, *, commas: bool = False) -> Path:
    """A table like a Tobii export, with columns that nobody asks for."""
    names = ["time_s", "left_x_px", "left_y_px", "right_x_px", "right_y_px", *(f"other_{n}" for n in range(19))]
    # only the times are other ones in each block: making up the rest would take longer than reading it
    rest = [
        f"{500 + n % 7}.25,{400 + n % 5}.5,{505 + n % 7}.25,{401 + n % 5}.5,"
        + ",".join(f"{(n * k) % 1000 / 7:.4f}" for k in range(19))
        for n in range(5000)
    ]
    between = ";" if commas else ","
    if commas:
        rest = [row.replace(",", ";").replace(".", ",") for row in rest]
    with path.open("w") as file:
        file.write(between.join(names) + "\n")
        for first in range(0, 10**9, len(rest)):
            for n, cells in enumerate(rest):
                time_s = f"{(first + n) / 1000:.3f}"
                file.write(f"{time_s.replace('.', ',') if commas else time_s}{between}{cells}\n")
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


WRITERS = {"csv": write_table, "commas": lambda path, mb: write_table(path, mb, commas=True), "asc": write_asc}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("megabytes", type=float, nargs="*", default=[100.0])
    parser.add_argument("--kinds", default=",".join(WRITERS))
    args = parser.parse_args()
    print(f"{'file':<10}{'MB':>8}{'samples':>12}{'s':>8}{'processor s':>13}{'MB in memory':>14}")
    with tempfile.TemporaryDirectory() as folder:
        for megabytes in args.megabytes:
            for kind in args.kinds.split(","):
                path = WRITERS[kind](Path(folder, f"a.{'asc' if kind == 'asc' else 'csv'}"), megabytes)
                begin_s = time.monotonic()
                done = subprocess.run([sys.executable, "-c", _READ, path], capture_output=True, text=True, check=True)
                size, took_s = path.stat().st_size / 1e6, time.monotonic() - begin_s
                n, computed_s, peak_kb = done.stdout.split()
                row = (
                    f"{kind:<10}{size:>8.0f}{n:>12}{took_s:>8.1f}{float(computed_s):>13.1f}{int(peak_kb) / 1e3:>14.0f}"
                )
                print(row, flush=True)
                path.unlink()


if __name__ == "__main__":
    main()
