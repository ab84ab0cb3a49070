"""Compute a user embedding from images and where the person looked at them.

The pairs come from a folder (images, and for each NAME.csv with fixations in image pixels beside NAME.jpg or .png),
or from all sessions of a participant in a study, where the embedding is kept too. `--outdated` computes again, from
the sessions, all embeddings of a study that other weights made; the former ones stay beside them.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from gazeapp.errors import NotEnoughData, SettingsError

if TYPE_CHECKING:
    from gazeapp.api import Pair
    from gazeapp.gaze.fixations import Fixation
    from gazeapp.store.records import TrialRow
    from gazeapp.store.stimuli import StimulusStore

EXAMPLE = "gazeapp enrol --pairs viewed --px-per-deg 24 -o embedding.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--pairs", type=Path, metavar="DIR", help="images, and NAME.csv for each")
    source.add_argument("--study", type=Path, metavar="DIR", help="a study; needs --participant or --outdated")
    parser.add_argument("--participant", metavar="ID", help="pseudonym in the study")
    parser.add_argument("--outdated", action="store_true", help="everybody whose embedding other weights made")
    parser.add_argument(
        "--px-per-deg",
        type=float,
        metavar="P",
        help="image pixels per degree of visual angle (default: image width / 33.3)",
    )
    parser.add_argument("--m", type=int, metavar="N", help="use the first N pairs only")
    parser.add_argument("--weights", type=Path, metavar="DIR", help="other weights")
    parser.add_argument("-o", "--out", type=Path, metavar="EMBEDDING.json")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(args: argparse.Namespace) -> int:
    from gazeapp.analysis.person_preferences import PersonPreferences, person_preferences
    from gazeapp.api import enrol
    from gazeapp.api.people import predictors_of
    from gazeapp.cli.console import print_json
    from gazeapp.networks.preferences import preferences
    from gazeapp.progress import track
    from gazeapp.store.embedding import write_embedding

    if args.outdated:
        return _renew(args)
    if args.study is not None and args.participant is None:
        raise SettingsError("enrol --study: needs --participant ID, or --outdated", key="participant")
    if args.px_per_deg is not None and not args.px_per_deg > 0:
        raise SettingsError(f"--px-per-deg {args.px_per_deg:g}: must be above 0", key="px_per_deg")
    if args.m is not None and args.m < 1:
        raise SettingsError(f"--m {args.m}: must be 1 or more", key="m")
    predictors_of(args.weights)  # wrong weights are told before images are read
    loaders = (
        _pairs_of_folder(args.pairs, args.px_per_deg)
        if args.pairs is not None
        else _pairs_of_study(args.study, args.participant)
    )
    where = args.pairs or f"{args.study}, participant {args.participant}"
    if not loaders:
        raise NotEnoughData(f"{where}: no image with fixations on it; nothing to enrol from")
    loaders = loaders[: args.m]
    embedding = enrol((loader() for loader in track(loaders, "enrol", len(loaders))), weights=args.weights)
    out, told = args.out, PersonPreferences(known=tuple(preferences(embedding)))
    if args.study is not None:
        from gazeapp.store.copies import remember_copy
        from gazeapp.store.study import Study

        with Study.open(args.study) as study:
            study.save_embedding(args.participant, embedding)
            told = person_preferences(study, args.participant) or told
    elif out is None:
        out = Path("embedding.json")
    if out is not None:
        write_embedding(embedding, out)
        if args.study is not None:
            remember_copy(args.study, [args.participant], "embedding", out, "embedding")
    if args.json:
        print_json(
            {
                "n_pairs": embedding.n_pairs,
                "spread": embedding.spread,
                "vector": list(embedding.vector),
                "model": {"name": embedding.model_name, "sha256": embedding.model_sha256},
                "file": str(out) if out is not None else None,
                "preferences": told.as_json(),
            }
        )
    else:
        place = out if out is not None else f"participant {args.participant} in {args.study}"
        print(f"{place}: embedding from {embedding.n_pairs} pairs, spread {embedding.spread:.3f}")
    return 0


def _renew(args: argparse.Namespace) -> int:
    from gazeapp.api.people import predictors_of
    from gazeapp.cli.console import print_json
    from gazeapp.progress import track
    from gazeapp.runtime.renewal import outdated, renew
    from gazeapp.store.study import Study

    for option, given in (
        ("participant", args.participant),
        ("m", args.m),
        ("out", args.out),
        ("px-per-deg", args.px_per_deg),
    ):
        if given is not None:
            raise SettingsError(f"enrol --outdated: takes everybody; leave out --{option}", key=option)
    if args.study is None:
        raise SettingsError("enrol --outdated: needs --study DIR", key="study")
    networks = predictors_of(args.weights)
    with Study.open(args.study) as study:
        names = outdated(study, networks.sha256)
        found = dict(track(renew(study, names, networks), "enrol", len(names)))
    kept = {name: why for name, why in found.items() if why}
    if args.json:
        renewed = [name for name in names if name not in kept]
        model = {"name": networks.name, "sha256": networks.sha256}
        print_json({"study": str(args.study), "renewed": renewed, "kept": kept, "model": model})
        return 0
    for name, why in kept.items():
        print(f"{name}: stays as it is: {why}")
    print(f"{args.study}: {len(names) - len(kept)} of {len(names)} embeddings of other weights computed again")
    return 0


def _pairs_of_folder(folder: Path, px_per_deg: float | None) -> list[Callable[[], Pair]]:
    from gazeapp.api import Pair
    from gazeapp.api.gaze import fixation_array
    from gazeapp.saliency.maps import is_inside
    from gazeapp.store.identifier import require_own
    from gazeapp.store.sample_table import read_fixations
    from gazeapp.store.stimuli import decode_image, find_images, image_size

    def load(path: Path, fixations: Sequence[Fixation]) -> Pair:
        return Pair(decode_image(path).rgb, fixation_array(fixations), px_per_deg, path.name)

    found: list[Callable[[], Pair]] = []
    for path in find_images(folder):
        table = path.with_suffix(".csv")
        if not table.is_file():
            continue
        fixations = read_fixations(require_own(table))
        if is_inside([(f.x_px, f.y_px) for f in fixations], image_size(path)).any():
            found.append(partial(load, path, fixations))
    return found


def _pairs_of_study(folder: Path, pseudonym: str) -> list[Callable[[], Pair]]:
    from gazeapp.api import Pair
    from gazeapp.api.gaze import fixation_array
    from gazeapp.saliency.maps import is_inside
    from gazeapp.store.session_state import used
    from gazeapp.store.study import Study

    def load(stimuli: StimulusStore, trial: TrialRow, px_per_deg: float) -> Pair:
        image = stimuli.load(trial.frame.stimulus_id).rgb
        return Pair(image, fixation_array(trial.fixations), px_per_deg / trial.frame.scale)

    found: list[Callable[[], Pair]] = []
    with Study.open(folder) as study:
        study.participant(pseudonym)
        for session in study.sessions(pseudonym):
            with session.reader() as reader:
                for trial in used(reader):
                    size = trial.frame.image_width_px, trial.frame.image_height_px
                    if is_inside([(f.x_px, f.y_px) for f in trial.fixations], size).any():
                        found.append(partial(load, reader.stimuli, trial, reader.display.px_per_deg))
    return found
