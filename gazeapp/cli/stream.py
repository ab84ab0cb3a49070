"""Publish gaze on Lab Streaming Layer: a simulated observer who looks at images in turn, or a recording.

Three streams appear: NAME (gaze in display pixels), NAME_fixations and NAME_markers (events as JSON). They are
announced to programs on this machine alone unless --network is given: LSL has no authentication. Ctrl-C ends it.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from gazeapp.errors import SettingsError

if TYPE_CHECKING:
    from gazeapp.experiment.stimulus_set import StimulusSet
    from gazeapp.gaze.display import Display
    from gazeapp.store.events import Event

EXAMPLE = "gazeapp stream --device simulated --rate 600 --name my-gaze"

_CROSS_S = 0.5
_IMAGE_S = 4.0
_REPORT_S = 5.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", default="simulated", choices=("simulated", "replay"))
    parser.add_argument("--rate", type=float, metavar="HZ", help="samples per second (simulated)")
    parser.add_argument("--name", default="gazeapp", help="name of the gaze stream")
    parser.add_argument(
        "--device-option",
        action="append",
        default=[],
        metavar="K=V",
        help="may be repeated; replay needs file=SAMPLES",
    )
    parser.add_argument("--display", metavar="W_PX,H_PX,W_MM,H_MM,DIST_MM", help="the participant's screen")
    parser.add_argument(
        "--network", action="store_true", help="announce the streams to other machines too; anybody there can read them"
    )
    parser.add_argument("--images", type=Path, metavar="DIR", help="other images than the shipped ones")
    parser.add_argument(
        "--duration", type=float, default=0.0, metavar="S", help="end after S seconds (default: run on)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end")


def run(args: argparse.Namespace) -> int:
    import contextlib
    import sys
    import time

    from gazeapp.cli.console import print_json
    from gazeapp.cli.gaze_options import parse_display, parse_options
    from gazeapp.devices.discovery import TrackerContext, open_tracker
    from gazeapp.devices.lsl.outlet import Outlets
    from gazeapp.devices.simulated.clocked_tracker import PacedTracker
    from gazeapp.gaze.clock import MonotonicClock
    from gazeapp.gaze.detection.registry import make_detector
    from gazeapp.gaze.samples import GazeSamples
    from gazeapp.runtime.open_tracker import model_saliency
    from gazeapp.runtime.options import DEFAULT_DISPLAY

    display = parse_display(args.display) or DEFAULT_DISPLAY
    options = parse_options(args.device_option, "--device-option")
    if not 0 <= args.duration < math.inf:
        raise SettingsError(f"--duration {args.duration:g}: must be seconds, 0 to run on", key="duration")
    if not args.name.strip():
        raise SettingsError("--name must not be empty: receivers find the stream by it", key="name")
    if args.rate is not None:
        if args.device != "simulated":
            raise SettingsError("--rate is for simulated gaze; a recording has its own", key="rate")
        options["rate_hz"] = str(args.rate)
    library = _library(args.images, display) if args.device == "simulated" else None
    clock = MonotonicClock()
    context = TrackerContext(image=library.image_rgb, saliency=model_saliency) if library else None
    tracker = open_tracker(args.device, clock=clock, display=display, options=options, context=context)
    assert isinstance(tracker, PacedTracker)
    outlets = Outlets(args.name, tracker.info, clock, display, on_network=args.network)
    detector = make_detector("ivt", display, {})
    counts = {"samples": 0, "fixations": 0}

    def take(samples: GazeSamples) -> None:
        outlets.push_samples(samples)
        fixations = detector.push(samples)
        outlets.push_fixations(fixations)
        counts["samples"] += len(samples)
        counts["fixations"] += len(fixations)

    def tell(state: str) -> None:
        print(
            f"stream {args.name}: {state}, {counts['samples']} samples, {counts['fixations']} fixations",
            file=sys.stderr,
        )

    tell(f"{tracker.info.name} at {tracker.info.rate_hz:g} Hz")
    script = _looking(library, display, clock.now_s()) if library else iter(())
    upcoming = next(script, None)
    begin_s = told_s = clock.now_s()
    tracker.start(take, lambda problem: tell(problem.message))
    try:
        with contextlib.suppress(KeyboardInterrupt):
            while not tracker.is_exhausted and not 0 < args.duration <= clock.now_s() - begin_s:
                while upcoming is not None and upcoming.time_s <= clock.now_s():
                    tracker.on_event(upcoming)
                    outlets.push_event(upcoming)
                    upcoming = next(script, None)
                if clock.now_s() - told_s >= _REPORT_S:
                    told_s = clock.now_s()
                    tell("read" if outlets.has_readers else "nobody reads it yet")
                time.sleep(0.005)
    finally:
        tracker.close()
        outlets.close()
    tell("ended")
    if args.json:
        print_json({"name": args.name, "n_samples": counts["samples"], "n_fixations": counts["fixations"]})
    return 0


def _library(images: Path | None, display: Display) -> StimulusSet:
    from dataclasses import replace

    from gazeapp.experiment.plan import SHIPPED, StimuliPlan, default_plan
    from gazeapp.experiment.stimulus_set import StimulusSet, find_stimuli

    folder = str(images.resolve()) if images is not None else SHIPPED
    plan = replace(default_plan(name="stream"), stimuli=StimuliPlan(folders=(folder,)))
    return StimulusSet(plan, display, find_stimuli(plan))


def _looking(library: StimulusSet, display: Display, start_s: float) -> Iterator[Event]:
    """Cross, image, cross, image, … without end."""
    from gazeapp.store.events import CrossShown, StimulusHidden, StimulusShown

    now_s, trial = start_s, 0
    while True:
        frame = library.frame(library.stimulus_ids[trial % len(library.stimulus_ids)])
        yield CrossShown(time_s=now_s, x_px=display.width_px / 2, y_px=display.height_px / 2)
        now_s += _CROSS_S
        yield StimulusShown(time_s=now_s, trial=trial, frame=frame, onset_kind="virtual")
        now_s += _IMAGE_S
        yield StimulusHidden(time_s=now_s, trial=trial)
        trial += 1
