"""A published data set becomes DATA: one memory-mapped folder."""

from __future__ import annotations

import argparse
from pathlib import Path

EXAMPLE = "python -m trainer prepare osie --root data/osie -o osie-data"

SOURCES = ("osie", "crowd", "ps", "id", "mit1003", "cat2000", "salicon", "sessions")
FACE_SOURCES = ("gazecapture", "mpiifacegaze")
"""Sets of faces that look at known points, for `train gaze`."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("source", choices=(*SOURCES, *FACE_SOURCES))
    parser.add_argument("--root", type=Path, required=True, help="the data set's folder")
    parser.add_argument("--stimuli", type=Path, help="images, where the data set lacks them")
    parser.add_argument("-o", "--out", type=Path, required=True, help="DATA to write")
    parser.add_argument("--size", default="160x120", help="map size, WIDTHxHEIGHT cells")
    parser.add_argument("--sigma-deg", type=float, default=1.0, help="blur, degrees (default 1)")


def run(args: argparse.Namespace) -> None:
    """Read a published layout and write DATA."""
    from gazeapp.progress import track
    from trainer.commands.arguments import read_size

    if args.source in FACE_SOURCES:
        from trainer.data.gaze_frames import write_frames
        from trainer.data.readers.registry import read_faces

        faces = read_faces(args.source, args.root)
        write_frames(faces, args.out, progress=track)
        print(f"{args.out}: {len(faces.entries)} frames of {len(faces.people)} people")
        return
    from trainer.data.prepare import write_data
    from trainer.data.readers.registry import read_published

    source = read_published(args.source, args.root, args.stimuli)
    write_data(source, args.out, map_size_wh=read_size(args.size), sigma_deg=args.sigma_deg, progress=track)
    if args.source == "sessions":  # so that erasing a participant can name it, and weights trained on it
        from gazeapp.store.copies import remember_copy
        from trainer.data.dataset import open_data

        digest = open_data(args.out).sha256
        remember_copy(args.root, source.observers, "training data", args.out, "fixations, personal maps", digest)
    print(
        f"{args.out}: {len(source.image_paths)} images, {len(source.observers)} observers, "
        f"{len(source.fixations)} fixations, sigma {args.sigma_deg:g} deg = "
        f"{args.sigma_deg * source.median_px_per_deg:g} px"
    )
