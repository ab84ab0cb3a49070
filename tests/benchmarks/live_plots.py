"""What the plots of the live view cost the thread that also leads the participant's screen.

    python -m tests.benchmarks.live_plots [--out LIVE_PLOTS.md]

Each is drawn anew many times in a window of its own, in rounds; processor time alone counts, so that other work on the
machine changes little.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

RATE_HZ, SPAN_S, N_REPAINTS, N_ROUNDS = 1200, 5.0, 40, 5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    text = page(measure())
    print(text)
    if args.out:
        args.out.write_text(text, encoding="utf-8")
    return 0


def measure() -> dict[str, tuple[float, float]]:
    """Plot → (median, longest) processor time of a repaint, ms; the median is of the best round."""
    from PySide6.QtWidgets import QApplication

    from gazeapp.ui.models.trace_window import TraceWindow
    from gazeapp.ui.theme import Theme, ThemeChoice
    from gazeapp.ui.widgets.gaze_trace import GazeTrace
    from gazeapp.ui.widgets.spread_plot import SpreadPlot

    qt = QApplication.instance() or QApplication([])
    theme = Theme(ThemeChoice.DARK)
    theme.apply()
    trace, spread = GazeTrace(theme, "No gaze yet"), SpreadPlot(theme, "enough")
    rng = np.random.default_rng(0)
    time_s = np.arange(int(RATE_HZ * SPAN_S)) / RATE_HZ
    gaze = np.cumsum(rng.normal(0, 6, (len(time_s), 2)), axis=0) % (1920, 1080)
    gaze[1000:1100] = np.nan
    fixations = [(0.3 * k, 0.3 * k + 0.25) for k in range(16)]

    def show_trace(n: int) -> None:
        now_s = SPAN_S + n / 10
        moved = [(a + n / 10, b + n / 10) for a, b in fixations]
        window = TraceWindow(
            now_s=now_s, time_s=time_s + n / 10, gaze_px=gaze, fixations_s=moved, size_px=(1920.0, 1080.0)
        )
        trace.show_window(window)

    def show_spread(n: int) -> None:
        spread.show_history([(k, 0.5 / k) for k in range(1, n + 3)], enough=0.05, n_planned=N_REPAINTS)

    found = {}
    for name, widget, size, show in (
        ("trace of 5 s at 1200 Hz, 1000×92", trace, (1000, 92), show_trace),
        ("spread against images, 280×108", spread, (280, 108), show_spread),
    ):
        widget.resize(*size)
        widget.show()
        times = [_repaints(qt, show) for _ in range(N_ROUNDS)]
        found[name] = 1e3 * min(float(np.median(t)) for t in times), 1e3 * max(map(max, times))
        widget.close()
    return found


def _repaints(qt, show: Callable[[int], None]) -> list[float]:
    times = []
    for n in range(N_REPAINTS):
        begin_s = time.thread_time()
        show(n)
        qt.processEvents()
        times.append(time.thread_time() - begin_s)
    return times[3:]  # the first ones lay things out


def page(found: dict[str, tuple[float, float]]) -> str:
    """The results as Markdown."""
    rows = "\n".join(f"| {name} | {median:.1f} ms | {most:.1f} ms |" for name, (median, most) in found.items())
    machine = f"load average {os.getloadavg()[0]:.0f} on {os.cpu_count()} cores, Python {platform.python_version()}"
    return f"""# What the plots of the live view cost

- `python -m tests.benchmarks.live_plots`: processor time of a repaint in the thread that also leads the participant's
  screen ({machine}).
- While an image is shown the trace is drawn at most ten times a second, and never in the 50 ms before the screen
  changes; the spread is drawn once an image.
- The median is that of the best round, the longest of all rounds.

| plot | median | longest |
|---|---|---|
{rows}
"""


if __name__ == "__main__":
    raise SystemExit(main())
