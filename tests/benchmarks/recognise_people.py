"""Real people recorded twice, and recognised: OSIE observers replayed as raw gaze through two whole sessions each.

    python -m tests.benchmarks.recognise_people --data DATA/osie --weights HELD_OUT --images held-out.txt
    --observers 0,3,6,9

HELD_OUT are weights trained without these observers and images. One study: everybody comes twice; then everybody's
second session is recorded once more under the name of the next person, who must not be recognised in it.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np

from gazeapp.cli.run import prepare_participant
from gazeapp.experiment.plan import ExperimentPlan, StimuliPlan, TrialsPlan
from gazeapp.networks.predictors import Predictors
from gazeapp.runtime import RunOptions, build_run
from gazeapp.runtime.recognition import recognise
from gazeapp.store.study import Study
from tests.benchmarks.real_observers import DISPLAY, Osie, require_unseen


def record(osie: Osie, observer: int, images: list[str], name: str, weights: Path, folder: Path) -> None:
    """One session of an observer under a name."""
    scanpaths = Path(tempfile.mkdtemp(dir=folder))
    for image in images:
        xy, duration_s = osie.of[image][observer]
        onset_s = np.concatenate([[0.0], np.cumsum(duration_s)[:-1]])
        lines = [f"{t:.4f},{d:.4f},{x:.2f},{y:.2f}" for t, d, (x, y) in zip(onset_s, duration_s, xy, strict=True)]
        text = "\n".join(["onset_s,duration_s,x_px,y_px", *lines])
        (scanpaths / f"{Path(image).stem}.csv").write_text(text + "\n")
    plan = ExperimentPlan(
        name="osie",
        seed=1,
        phases=("calibrate", "enrol"),
        stimuli=StimuliPlan(files=tuple(str(osie.stimuli / i) for i in images), n_enrol=len(images)),
        trials=TrialsPlan(duration_s=3.5, order="fixed"),
    )
    options = RunOptions(
        plan=plan,
        study=folder / "study",
        participant=name,
        device="replay",
        device_options={"scanpaths": str(scanpaths)},
        display=DISPLAY,
        weights=weights,
    )
    prepare_participant(options)
    build_run(options, virtual=True).run_virtual()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--images", type=Path, required=True, help="left-out images, one a line")
    parser.add_argument("--observers", default="0,3,6,9")
    parser.add_argument("--n-first", type=int, default=24)
    parser.add_argument("--n-second", type=int, default=16)
    args = parser.parse_args()
    osie = Osie(args.data)
    observers = [int(o) for o in args.observers.split(",")]
    order = list(osie.of)
    entries = [line.partition(":")[2] for line in args.images.read_text().split() if line.startswith("osie:")]
    listed = [order[int(entry)] if entry.isdigit() else entry for entry in entries]
    usable = [name for name in listed if (osie.stimuli / name).is_file()]
    chosen = [str(i) for i in np.random.default_rng(0).permutation(usable)[: args.n_first + args.n_second]]
    first, second = chosen[: args.n_first], chosen[args.n_first :]
    require_unseen(args.weights, observers, chosen, order)
    networks = Predictors.load(args.weights)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for images in (first, second):
            for observer in observers:
                record(osie, observer, images, f"S{observer}", args.weights, folder)
        with Study.open(folder / "study") as study:
            for observer in observers:
                tell("own", recognise(study, f"S{observer}", networks))
        for observer, other in zip(observers, observers[1:] + observers[:1], strict=True):
            record(osie, observer, second, f"S{other}", args.weights, folder)
        with Study.open(folder / "study") as study:
            for observer in observers:
                tell("another's", recognise(study, f"S{observer}", networks))


def tell(whose: str, found) -> None:
    """One line."""
    print(
        f"{whose} gaze under {found.pseudonym}: {found.rank} of {found.n_people}, likeliest {found.best},"
        f" one person {found.probability:.2f}, naming is wrong {found.error_rate:.2f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
