"""A published data set becomes DATA: one memory-mapped folder."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trainer.data.gaze_frames import FrameSource

EXAMPLE = "python -m trainer prepare osie --root data/osie -o osie-data"

SOURCES = ("osie", "crowd", "ps", "id", "mit1003", "cat2000", "salicon", "sessions")
FACE_SOURCES = ("gazecapture", "mpiifacegaze")
"""Sets of faces that look at known points, for `train gaze`."""
OWN_FACES = ("webcam", "clips")
"""Faces of one's own that look at points and view freely: sessions recorded by a webcam, or videos."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("source", choices=(*SOURCES, *FACE_SOURCES, *OWN_FACES))
    parser.add_argument("--root", type=Path, required=True, help="the data set's folder")
    parser.add_argument("--stimuli", type=Path, help="images, where the data set lacks them")
    parser.add_argument("-o", "--out", type=Path, required=True, help="DATA to write")
    parser.add_argument(
        "--eyes",
        choices=("given", "found"),
        default="given",
        help="(gazecapture, mpiifacegaze) where eyes are: as the data set says, or as the webcam's finder says",
    )
    parser.add_argument(
        "--maps",
        default="default",
        metavar="MODEL|true",
        help="(webcam, clips) where people look in what is viewed: a universal model's map, or for webcam the gaze of "
        "the study's other people",
    )
    parser.add_argument(
        "--camera-mm",
        default="0,-10",
        metavar="X,Y",
        help="(webcam) where the camera was, from the middle of the screen's upper edge to the right and down (0,-10)",
    )
    parser.add_argument("--size", default="160x120", help="map size, WIDTHxHEIGHT cells")
    parser.add_argument("--sigma-deg", type=float, default=1.0, help="blur, degrees (default 1)")


def run(args: argparse.Namespace) -> None:
    """Read a published layout and write DATA."""
    from gazeapp.camera.finder import make_finder
    from gazeapp.progress import track
    from trainer.commands.arguments import read_size

    if args.source in (*FACE_SOURCES, *OWN_FACES):
        from trainer.data.gaze_frames import write_frames

        faces = _own_faces(args) if args.source in OWN_FACES else _published_faces(args)
        find_eyes = make_finder() if args.source in OWN_FACES or args.eyes == "found" else None
        n = write_frames(faces, args.out, find_eyes=find_eyes, progress=track)
        without = f", {len(faces.entries) - n} without eyes" if n < len(faces.entries) else ""
        print(f"{args.out}: {n} frames of {len(faces.people)} people{without}")
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


def _published_faces(args: argparse.Namespace) -> FrameSource:
    from trainer.data.readers.registry import read_faces

    return read_faces(args.source, args.root)


def _own_faces(args: argparse.Namespace) -> FrameSource:
    from gazeapp.errors import SettingsError
    from gazeapp.networks.universal_models import UniversalChoice, load_universal
    from trainer.data.readers.own_recordings import read_clips, read_webcam_sessions

    if args.maps == "true" and args.source == "webcam":
        density = None
    elif args.maps == "true":
        raise SettingsError(
            "--maps true: a clip's measured saliency is named in recording.toml (fixations)", key="maps"
        )
    else:
        density = load_universal(UniversalChoice.parse(args.maps))
    if args.source == "clips":
        assert density is not None
        return read_clips(args.root, density)
    try:
        x_mm, y_mm = (float(part) for part in args.camera_mm.split(","))
    except ValueError:
        raise SettingsError(f"--camera-mm {args.camera_mm!r}: needs X,Y in millimetres", key="camera-mm") from None
    return read_webcam_sessions(args.root, density, camera_mm=(x_mm, y_mm))
