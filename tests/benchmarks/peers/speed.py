"""Speed beside other programs: measured into `tests/benchmarks/speed`, from which `tests/benchmarks/SPEED.md` is made.

    python -m tests.benchmarks.peers.speed measure --peers peers/bin/python [--only maps …]     each part by itself
    python -m tests.benchmarks.peers.speed page

Parts: those of `speed_rows`, and `training` (python -m trainer bench), `live` (gazeapp bench), `demo` (size of what
the demo leaves), `windows` (tests/benchmarks/measure.py). Needs an otherwise idle machine for `live` and `windows`; the
load is stored beside each part.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

from trainer.reports.markdown import markdown_table

FOLDER = Path(__file__).parents[1] / "speed"
PAGE = Path(__file__).parents[1] / "SPEED.md"
WITH_PEERS = ("detection", "metrics", "residual")
ROWS = (*WITH_PEERS, "maps", "recording", "profile")
OTHERS = {
    "training": ["-m", "trainer", "bench", "--json", "--clock", "processor", "--device", "cpu", "--seconds", "2"],
    "live": ["-m", "gazeapp", "bench", "--json"],
    "windows": ["tests/benchmarks/measure.py", "--seconds", "15"],
}
PARTS = (*ROWS, *OTHERS, "demo")

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
What is left of I-VT is Python for each fixation and packing the samples: more would need compiled code (pymovements
0.28 converts whole columns by now). Metrics of small maps are bound by sorting, logarithms and calls of NumPy, those of
large ones by reading them. OpenCV's spectral residual ends at 64×64 and is enlarged; ours blurs the full picture. The
demo keeps every prediction of its session without losing a bit.
"""
COLOURING_MS, DEMO_MB, PAINT_P99_MS, TRAINING = 4, 60, 25, 5


def measure(peers: str | None, parts: list[str]) -> None:
    """Each part into a file of its own, so that a run that is stopped leaves what it measured."""
    FOLDER.mkdir(exist_ok=True)
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path.cwd())}
    for part in parts:
        print(f"measuring {part} ...", file=sys.stderr, flush=True)
        if part == "demo":
            found = demo_size()
        else:
            python = peers if part in WITH_PEERS else sys.executable
            if python is None:
                sys.exit(f"{part} needs --peers PYTHON, see tests/benchmarks/peers/README.md")
            words = ["-m", "tests.benchmarks.peers.speed_rows", part, "--pairs", "5"] if part in ROWS else OTHERS[part]
            threads = {} if part in ("live", "windows") else {"OMP_NUM_THREADS": "1"}
            done = subprocess.run(
                [python, *words], env=environment | threads, capture_output=True, text=True, check=False
            )
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
    stored = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}
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
        + ", ".join(f"{part} {stored[part]['load']:g}" for part in stored)
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
    for profile in found.get("profile", []):
        lines += ["", f"Where the time of {profile['name']} goes:", ""]
        lines += [markdown_table(["", "share"], [[f"`{part}`", f"{share:.0%}"] for part, share in profile["parts"]])]
    return "\n".join(lines) + "\n"


def findings(pairs: list[dict], found: dict) -> list[str]:
    """Sentences on what is reached and what is not."""
    reached, missed = [], []
    for row in pairs:
        aim = aim_of(row)
        if aim:
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
        late = found["windows"]["with_live_view"]["sample_to_paint_ms"]["p99"]
        load = found["windows"]["with_live_view"]["load_average"]
        said = f"sample to paint, p99: {late:g} ms at load {load:.1f} (aim {PAINT_P99_MS}, quiet)"
        (reached if late < PAINT_P99_MS else missed).append(said)
    told = [f"**Reached, {len(reached)} of {len(reached) + len(missed)} aims:** {'; '.join(reached)}."]
    return [*told, "", f"**Missed:** {'; '.join(missed)}.", "", REASONS.strip()] if missed else told


def aim_of(row: dict) -> float | None:
    """How many times as fast as its peer it should be."""
    if row["peer"] == "pysaliency" and not row["name"].startswith("all"):
        return 1
    return AIMS.get((row["name"], row["peer"]))


def windows_table(found: dict) -> str:
    rows = []
    for name in ("with_live_view", "without_live_view"):
        figures = found[name]
        frames, paint = figures["frame_interval_ms"], figures["sample_to_paint_ms"]
        rows.append(
            [
                name.replace("_", " "),
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
        "sample to paint, median, p99, ms",
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
