"""Speed beside other programs: measured into `tests/benchmarks/speed`, from which `tests/benchmarks/SPEED.md` is made.

    python -m tests.benchmarks.peers.speed measure --peers peers/bin/python [--only maps …]     each part by itself
    python -m tests.benchmarks.peers.speed page

Parts: those of `speed_rows`, and `training` (python -m trainer bench), `live` (gazeapp bench), `demo` (size of what
the demo leaves), `windows` (four runs of tests/benchmarks/measure.py). Needs an otherwise idle machine for `live` and
`windows`; the load is stored beside each part.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from gazeapp.devices.simulated.tracker import Measurement
from trainer.reports.markdown import markdown_table

FOLDER = Path(__file__).parents[1] / "speed"
PAGE = Path(__file__).parents[1] / "SPEED.md"
WITH_PEERS = ("detection", "metrics", "residual")
ROWS = (*WITH_PEERS, "maps", "recording", "profile")
OTHERS = {
    "training": ["-m", "trainer", "bench", "--json", "--clock", "processor", "--device", "cpu", "--seconds", "2"],
    "live": ["-m", "gazeapp", "bench", "--json"],
}
WINDOWS = (0, 12)
"""People beside the one who is recorded, in as many runs of `measure.py`, twice."""
PARTS = (*ROWS, *OTHERS, "demo", "windows")

AIMS = {
    ("I-VT, 10 min at 500 Hz", "pymovements' I-VT"): 50,
    ("I-VT, 2 min at 500 Hz", "REMoDNaV"): 1000,
    ("all seven metrics, 64 maps of 160×120", "pysaliency"): 10,
    ("all seven metrics, 16 maps of 640×480", "pysaliency"): 10,
    ("map of 12 fixations, 800×600", "scipy's blur"): 20,
    ("map of 12 fixations, 800×600", "OpenCV's blur"): 5,
}
"""Times as fast as the peer; every single metric has the aim of 1."""
REASONS = """\
What was tried where an aim is missed, and what it gave (processor time):

- **I-VT**: windows, sums and merges by whole columns (half the time, kept; equal to the bit); single precision (its
  passes 2.4 times as fast, an eighth of the whole, other fixations); blocks of 4 000 to 100 000 rows (no better than
  50 000). Left are some 45 passes over columns and an object for each fixation. pymovements 0.28 converts whole
  columns, too.
- **Metrics**: fewer passes and calls (4.0 to 4.8 times pysaliency, 5.7 to 6.2, kept); counting comparisons with each
  fixation instead of sorting (45 against 32 µs for 160×120, 595 against 754 for 640×480); logarithms in single
  precision (5 against 11 µs, but KLD misses 1e-6 where a density is nearly 0). A third of a small map's time is
  sorting.
- **Demo**: the arrays that it promises of its ten new images, gaze, images and report are 63 MB by themselves. Maps
  were packed anew by what neighbours foretell (87 to 27 MB, kept; in one direction alone 32 to 50), PNGs with
  repetitions (59 to 43 MB, kept; at level 9 33 MB in thirty times the time).
- **Personal training**: five sixths of a step are convolutions, which take 82 % of the processor's arithmetic: all of
  it would be 2.8 times. Other layouts in memory gave 2 %; bfloat16, in use, 1.9 times; torch.compile did not end in
  eight minutes.
- **A live session**: the pipeline's half minute at 1200 Hz takes 1.6 s of processor time. Its first costs were checks
  of samples that are cut, which are no longer made (5 %). A training step's costs are its convolutions.
- **Late frames**: the live view is painted by the thread that shows the participant's images; without it there are
  none to speak of.

OpenCV's spectral residual ends at 64×64 and is enlarged; ours blurs the full picture.
"""
COLOURING_MS, DEMO_MB, PAINT_P99_MS, LATE, TRAINING = 4, 60, 25, 0.005, 5


def measure(peers: str | None, parts: list[str]) -> None:
    """Each part into a file of its own, so that a run that is stopped leaves what it measured."""
    FOLDER.mkdir(exist_ok=True)
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path.cwd())}
    for part in parts:
        print(f"measuring {part} ...", file=sys.stderr, flush=True)
        if part == "demo":
            found = demo_size()
        elif part == "windows":
            command = [sys.executable, "tests/benchmarks/measure.py", "--people"]
            runs = [subprocess.check_output([*command, str(n)], env=environment) for n in WINDOWS * 2]
            found = [{"people": n, **json.loads(run)} for n, run in zip(WINDOWS * 2, runs, strict=True)]
        else:
            python = peers if part in WITH_PEERS else sys.executable
            if python is None:
                sys.exit(f"{part} needs --peers PYTHON, see tests/benchmarks/peers/README.md")
            words = ["-m", "tests.benchmarks.peers.speed_rows", part, "--pairs", "5"] if part in ROWS else OTHERS[part]
            done = subprocess.run([python, *words], env=environment, capture_output=True, text=True, check=False)
            if done.returncode:
                sys.exit(f"{part}: {done.stderr.strip()[-2000:]}")
            found = json.loads(done.stdout)
        document = {"load": round(os.getloadavg()[1], 1), "python": platform.python_version(), "found": found}
        (FOLDER / f"{part}.json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def demo_size() -> dict[str, float]:
    """Megabytes of each kind of file that the demo leaves."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, "-m", "gazeapp", "demo", "--headless", "--out", folder], check=True, capture_output=True
        )
        sizes: dict[str, float] = {}
        for path in Path(folder).rglob("*"):
            if path.is_file() and not path.is_symlink():
                sizes[path.suffix] = sizes.get(path.suffix, 0.0) + path.stat().st_size / 1e6
        return dict(sorted(sizes.items(), key=lambda pair: -pair[1]))


def page() -> str:
    """What was stored, beside the aims."""
    paths = [path for path in sorted(FOLDER.glob("*.json")) if path.stem in (*PARTS, "profile-before")]
    stored = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in paths}
    found = {part: stored[part]["found"] for part in stored}
    pairs = [row for part in ROWS for row in found.get(part, []) if "ratio" in row]
    lines = [
        "# Speed beside other programs",
        "",
        *findings(pairs, found),
        "",
        "    python -m tests.benchmarks.peers.speed measure --peers peers/bin/python",
        "    python -m tests.benchmarks.peers.speed page",
        "",
        "Same input, one thread, processor time, alternating pairs; medians, and the lowest and highest ratio of the "
        "pairs. Other programs ran on the machine (load "
        + ", ".join(f"{part} {stored[part]['load']:g}" for part in stored if part in PARTS)
        + " on two cores), which lengthens both sides.",
        "",
        markdown_table(
            ["", "beside", "ours, ms", "theirs, ms", "times as fast", "lowest–highest", "aim", ""],
            [
                [
                    row["name"],
                    row["peer"],
                    number(row["ours_ms"]),
                    number(row["peer_ms"]),
                    number(row["ratio"]),
                    f"{number(row['lowest'])}–{number(row['highest'])}",
                    f"{aim_of(row):g}" if aim_of(row) else "",
                    row["same"],
                ]
                for row in pairs
            ],
        ),
    ]
    rates: dict[str, list[str]] = {}
    for row in found.get("detection", []):
        for rate in row.get("rates", {}).values():
            rates.setdefault(row["name"], []).append(f"{rate / 1e3:.0f} k")
    lines += ["", "Live, samples a second by how many come at once (a tracker at 1200 Hz needs 1.2 k one by one):", ""]
    lines += [markdown_table(["", "100", "5", "1"], [[name, *cells] for name, cells in rates.items()])]
    if "training" in found:
        kept = [row for row in found["training"]["rows"] if row["share"] is not None]
        lines += ["", "Training on synthetic data of OSIE's size beside a plain loader and loop:", ""]
        lines += [
            markdown_table(
                ["", "ours, pairs/s", "theirs, pairs/s", "times as fast", "aim", "share of the processor's arithmetic"],
                [
                    [
                        row["name"],
                        number(row["value"]),
                        number(row["peer_value"]),
                        number(row["ratio"]),
                        f"{TRAINING}",
                        f"{row['share']:.0%}",
                    ]
                    for row in kept
                ],
            )
        ]
    if "windows" in found:
        lines += ["", "Both windows at work, 1200 Hz, the networks asked without a pause, software display:", ""]
        lines += [windows_table(found["windows"])]
    before = {profile["name"]: profile["parts"] for profile in found.get("profile-before", [])}
    for profile in found.get("profile", []):
        shares = [[f"`{part}`", f"{share:.0%}"] for part, share in profile["parts"]]
        header = ["", "share"]
        if profile["name"] in before:
            former = [[f"`{part}`", f"{share:.0%}"] for part, share in before[profile["name"]]]
            shares, header = [[*now, *then] for now, then in zip(shares, former, strict=True)], [*header, "before", ""]
        lines += ["", f"Where the time of {profile['name']} goes:", "", markdown_table(header, shares)]
    return "\n".join(lines) + "\n"


def findings(pairs: list[dict], found: dict) -> list[str]:
    """Sentences on what is reached and what is not."""
    reached, missed = [], []
    singles = [row["ratio"] for row in pairs if aim_of(row) == 1]
    if singles and min(singles) >= 1:
        ratios = f"{number(min(singles))} to {number(max(singles))}"
        reached.append(f"each of {len(singles)} single metrics: {ratios} × pysaliency (aim 1)")
    for row in pairs:
        aim = aim_of(row)
        if aim and not (aim == 1 and min(singles) >= 1):
            said = f"{row['name']}: {number(row['ratio'])} × {row['peer']}"
            (reached if row["ratio"] >= aim else missed).append(f"{said} (aim {aim:g})")
    for row in pairs:
        if row["name"].startswith("colouring"):
            said = f"{row['name']}: {number(row['ours_ms'])} ms (aim {COLOURING_MS})"
            (reached if row["ours_ms"] < COLOURING_MS else missed).append(said)
    if "demo" in found:
        size = sum(found["demo"].values())
        (reached if size < DEMO_MB else missed).append(f"the demo leaves {size:.0f} MB (aim {DEMO_MB})")
    for row in found.get("training", {"rows": []})["rows"]:
        if row["share"] is not None:
            said = f"{row['name']}: {number(row['ratio'])} × a plain loader (aim {TRAINING})"
            (reached if row["ratio"] >= TRAINING else missed).append(said)
    if "windows" in found:
        runs = [run["with_live_view"] for run in found["windows"]]
        paint_ms = statistics.median(run["sample_to_paint_ms"]["p99"] for run in runs)
        tracker_ms = 1e3 * Measurement().latency_s
        said = (
            f"a sample's arrival to its paint, p99: {paint_ms - tracker_ms:.0f} ms (aim {PAINT_P99_MS}; {paint_ms:.0f} "
            f"from the sample's time, because the simulated tracker waits {tracker_ms:g})"
        )
        (reached if paint_ms - tracker_ms < PAINT_P99_MS else missed).append(said)
        for name, label in (("with_live_view", "with"), ("without_live_view", "without")):
            frames = [run[name]["frame_interval_ms"] for run in found["windows"]]
            late = sum(frame["late"] for frame in frames) / sum(frame["n"] for frame in frames)
            said = f"late participant frames {label} the live view: {late:.2%} (aim {LATE:.1%})"
            (reached if late < LATE else missed).append(said)
    told = [f"**Reached, {len(reached)} of {len(reached) + len(missed)} aims:** {'; '.join(reached)}."]
    return [*told, "", f"**Missed:** {'; '.join(missed)}.", "", REASONS.strip()] if missed else told


def aim_of(row: dict) -> float | None:
    """How many times as fast as its peer it should be."""
    if row["peer"] == "pysaliency" and not row["name"].startswith("all"):
        return 1
    return AIMS.get((row["name"], row["peer"]))


def windows_table(runs: list[dict]) -> str:
    rows = []
    for name in ("with_live_view", "without_live_view"):
        for run in runs:
            figures = run[name]
            frames, paint = figures["frame_interval_ms"], figures["sample_to_paint_ms"]
            rows.append(
                [
                    f"{name.replace('_', ' ')}, {run['people'] or 'no'} others in the plot",
                    f"{frames['late']} of {frames['n']}",
                    f"{frames['p99']:g}",
                    f"{paint['median']:g}, {paint['p99']:g}",
                    f"{figures['cpu_share_of_one_core']:g}",
                    f"{figures['inferences_per_s']:g}",
                    f"{figures['load_average']:.1f}",
                ]
            )
    header = [
        "",
        "late frames",
        "interval p99, ms",
        "a sample's time to its paint, median, p99, ms",
        "cores",
        "predictions/s",
        "load",
    ]
    return markdown_table(header, rows)


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    measuring = verbs.add_parser("measure")
    measuring.add_argument("--peers", metavar="PYTHON")
    measuring.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    verbs.add_parser("page")
    args = parser.parse_args()
    if args.verb == "measure":
        measure(args.peers, args.only)
    else:
        PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
