"""`prepare`: a published data set becomes DATA."""

from __future__ import annotations

import argparse

from trainer.__main__ import GAZE_SOURCES
from trainer.commands.arguments import read_size
from trainer.engine.progress import report_progress


def prepare(args: argparse.Namespace) -> None:
    """`prepare`: read a published layout and write DATA."""
    if args.source in GAZE_SOURCES:
        _prepare_faces(args)
        return
    from trainer.data.prepare import write_data
    from trainer.data.readers import read_layout

    recording = read_layout(args.source, args.root, args.stimuli)
    write_data(
        recording,
        args.out,
        map_size_wh=read_size(args.size),
        sigma_deg=args.sigma_deg,
        progress=report_progress,
    )
    if args.source == "sessions":  # so that erasing a participant can name it, and weights trained on it
        from gazeapp.store.copies import remember_copy
        from trainer.data.dataset import open_data

        digest = open_data(args.out).sha256
        remember_copy(args.root, recording.observers, "training data", args.out, "fixations, personal maps", digest)
    print(
        f"{args.out}: {len(recording.image_paths)} images, {len(recording.observers)} observers, "
        f"{len(recording.fixations)} fixations, sigma {args.sigma_deg:g} deg = "
        f"{args.sigma_deg * recording.median_px_per_deg:g} px"
    )


def _prepare_faces(args: argparse.Namespace) -> None:
    from trainer.data.gaze_frames import write_frames
    from trainer.data.gaze_layouts import read_gaze_layout

    recording = read_gaze_layout(args.source, args.root)
    write_frames(recording, args.out, progress=report_progress)
    print(f"{args.out}: {len(recording.entries)} frames of {len(recording.people)} people")
