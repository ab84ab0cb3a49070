"""Choose the images on which people differ most: those that tell most about a person, by what the weights learnt.

Each image is worth what a typical viewing is expected to tell about a person; of images that tell the same, one is
taken. The images are printed, the most telling first. Repeated images and files that cannot be read are left out.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

EXAMPLE = "gazeapp choose photographs -k 40 -o best.txt"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("images", type=Path, nargs="+", metavar="DIR|IMAGE", help="folders of images, and images")
    parser.add_argument("-k", type=int, default=40, metavar="K", help="how many (default: 40)")
    parser.add_argument("--trial-s", type=float, default=4.3, metavar="S", help="time an image takes (default: 4.3)")
    parser.add_argument("--weights", type=Path, metavar="DIR", help="other network weights")
    parser.add_argument("-o", "--out", type=Path, metavar="LIST.txt", help="also write the names, one a line")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    from gazeapp.cli.console import print_json
    from gazeapp.errors import SettingsError, UnreadableImage
    from gazeapp.networks.predictors import Predictors
    from gazeapp.progress import ProgressBar
    from gazeapp.runtime.best_images import choose_best, gain_bits, read_informations
    from gazeapp.store.new_file import write_whole
    from gazeapp.store.stimuli import find_images, require_image_file

    if args.k < 1:
        raise SettingsError(f"-k {args.k}: must be at least 1", key="k")
    if not args.trial_s > 0:
        raise SettingsError(f"--trial-s {args.trial_s}: must be above 0", key="trial-s")
    files: list[Path] = []
    for path in args.images:
        files += find_images(path) if path.is_dir() else [require_image_file(path)]
    predictors = Predictors.load(args.weights)
    with ProgressBar("choose", len(files), unit="images") as bar:

        def on_image(n: int) -> bool:
            if bar.is_due(n, ""):
                bar.show(n, "")
            return True

        paths, informations, problems = read_informations(files, predictors, on_image)
    for problem in problems:
        print(f"gazeapp choose: left out: {problem}", file=sys.stderr)
    if not paths:
        raise UnreadableImage("none of these images can be read")
    best = choose_best(informations, args.k)
    chosen = [paths[n] for n in best.chosen]
    if args.out is not None:
        write_whole(args.out, "".join(f"{path}\n" for path in chosen).encode())
    saved_s = best.n_saved * args.trial_s
    if args.json:
        print_json(
            {
                "images": [
                    {"file": str(path), "bits": gain_bits([informations[n]])}
                    for path, n in zip(chosen, best.chosen, strict=True)
                ],
                "bits": best.bits,
                "n_random": best.n_random,
                "saved_s": saved_s,
                "n_images": len(paths),
                "left_out": problems,
                "model": {"name": predictors.name, "sha256": predictors.sha256},
            }
        )
        return 0
    for path in chosen:
        print(path)
    print(
        f"{len(chosen)} of {len(paths)} images tell {best.bits:.1f} bits about a person; {best.n_random} random ones "
        f"are expected to tell as much ({saved_s / 60:.1f} min more)",
        file=sys.stderr,
    )
    return 0
