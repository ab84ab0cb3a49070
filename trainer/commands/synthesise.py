"""Synthetic data: drawn faces that look at known points, or a small set of images with categories.

They show that methods work, not how well they work on real people.
"""

from __future__ import annotations

import argparse
from pathlib import Path

EXAMPLE = "python -m trainer synthesise faces --people 40 --sessions 2 -o gaze-data"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the kinds, each with its options."""
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="faces|categories")
    faces = kinds.add_parser(
        "faces", help="DATA for `train gaze`: drawings of people who differ in eyes and in how they see"
    )
    faces.add_argument("--people", type=int, default=40)
    faces.add_argument("--sessions", type=int, default=1, help="sessions of each person (1)")
    faces.add_argument("--points", type=int, default=20, help="frames with a known point per session (20)")
    faces.add_argument("--views", type=int, default=0, help="frames of free viewing per session (0)")
    faces.add_argument(
        "--devices",
        default="laptop",
        help="kinds of screens, comma-separated, that people take in turn: laptop, phone, tablet, tablet landscape "
        "(points only)",
    )
    faces.add_argument(
        "--viewing", type=Path, metavar="DATA", help="free viewing of these images as their observers looked at them"
    )
    faces.add_argument(
        "--maps",
        default="true",
        metavar="true|MODEL",
        help="with --viewing: what is known of where people look: the other observers' gaze (measured saliency), or a "
        "universal model's map (predicted)",
    )
    faces.add_argument("--images", type=Path, help="with --viewing: just these images, one a line")
    faces.add_argument("--seed", type=int, default=0)
    faces.add_argument("-o", "--out", type=Path, required=True, metavar="DATA")
    categories = kinds.add_parser(
        "categories",
        help="versions (grey, noisy, jumbled, …) of every second image of OSIE and EyeCrowd, in CAT2000's layout for "
        "`prepare cat2000 --root ROOT`; ROOT/taken.txt lists the images taken, for --exclude-images",
    )
    categories.add_argument("--osie", type=Path, help="folder of OSIE")
    categories.add_argument("--crowd", type=Path, help="folder of EyeCrowd")
    categories.add_argument("--versions", type=int, default=2, help="categories of each image (2)")
    categories.add_argument("--seed", type=int, default=0)
    categories.add_argument("-o", "--out", type=Path, required=True, metavar="ROOT")


def run(args: argparse.Namespace) -> None:
    """Write what was asked for."""
    {"faces": _faces, "categories": _categories}[args.kind](args)


def _faces(args: argparse.Namespace) -> None:
    from gazeapp.progress import track
    from trainer.analyses.recalibration import others_maps
    from trainer.commands.arguments import names_in, require_some
    from trainer.data.dataset import open_data
    from trainer.data.gaze_frames import write_frames
    from trainer.data.synthetic_faces import draw_faces, view_images
    from trainer.evaluation.universal_predictions import open_predictor

    view = None
    if args.viewing is not None:
        dataset = open_data(args.viewing)
        used = require_some(dataset.only(names_in(args.images), None))
        if args.maps == "true":
            view = view_images(used, others_maps(dataset))
        else:
            predictor = open_predictor(args.maps, dataset)
            view = view_images(used, lambda image, _observer: predictor.predict(image))
    faces = draw_faces(
        n_people=args.people,
        n_sessions=args.sessions,
        n_points=args.points,
        n_views=args.views,
        seed=args.seed,
        view=view,
        devices=args.devices.split(","),
    )
    write_frames(faces, args.out, progress=track)
    print(f"{args.out}: {len(faces.entries)} frames of {len(faces.people)} people")


def _categories(args: argparse.Namespace) -> None:
    from gazeapp.errors import SettingsError
    from trainer.data.category_set import VERSIONS, write_category_set
    from trainer.data.readers.registry import read_published

    given = [(name, folder) for name in ("osie", "crowd") if (folder := getattr(args, name)) is not None]
    if not given:
        raise SettingsError("synthesise categories: give --osie, --crowd or both", key="osie")
    sources = [read_published(name, folder, None) for name, folder in given]
    n = write_category_set(sources, args.out, versions=args.versions, seed=args.seed)
    print(f"{args.out}: {n} images in {len(VERSIONS)} categories")
