"""Open the application: choose tracker and screens, calibrate, validate, enrol, overlay, results, export."""

from __future__ import annotations

import argparse
from pathlib import Path

EXAMPLE = "gazeapp --study my-study --theme light"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--study", type=Path, metavar="DIR", help="the study's folder")
    parser.add_argument("--plan", type=Path, metavar="PLAN.toml", help="an experiment plan")
    parser.add_argument(
        "--theme", default="", choices=("system", "dark", "light"), help="colours (default: as the last time)"
    )
    parser.add_argument("--weights", type=Path, metavar="DIR", help="other network weights")
    parser.add_argument("--raster", action="store_true", help="draw the participant's window without OpenGL")
    parser.add_argument(
        "--watch-stalls", action="store_true", help="log where the window was blocked for more than 100 ms"
    )


def run(args: argparse.Namespace) -> int:
    from gazeapp.experiment.plan_reader import read_plan
    from gazeapp.ui.app import AppOptions, run_app

    return run_app(
        AppOptions(
            study=args.study,
            plan=read_plan(args.plan) if args.plan else None,
            theme=args.theme,
            weights=args.weights,
            use_gl=False if args.raster else None,
            watch_stalls=args.watch_stalls,
        )
    )
