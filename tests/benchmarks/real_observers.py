"""Real people through the whole main job: OSIE observers, replayed as raw gaze, enrolled, and predicted on new images.

    python -m tests.benchmarks.real_observers --data DATA/osie --weights HELD_OUT --images held-out.txt
    --observers 2,6,10

HELD_OUT are weights trained without these observers and images (`trainer train --exclude-observers --exclude-images`);
others are refused. Each observer's recorded fixations become 500 Hz raw gaze before a simulated tracker, which is
calibrated, validated and recorded like any other; the embedding comes from the first images, the scores from the rest.
Maps are compared on the stored map's grid, sigma = 1 degree, with the observer's own recorded fixations.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
from scipy.io import loadmat

from gazeapp.cli.run import prepare_participant
from gazeapp.experiment.plan import ExperimentPlan, StimuliPlan, TrialsPlan
from gazeapp.gaze.display import Display
from gazeapp.networks.checkpoint import load_checkpoint
from gazeapp.networks.predictors import Predictors
from gazeapp.runtime import RunOptions, build_run
from gazeapp.saliency.maps import fixation_density, normalise, resize_map
from gazeapp.saliency.metrics import evaluate_map
from gazeapp.store.reader import SessionReader
from gazeapp.store.stimuli import decode_image

METRICS = ("cc", "sim", "nss", "kld", "auc", "auc_judd")
PX_PER_DEG = 24.0
SIZE = (800, 600)
# 800×600 fitted to the height of this screen has 24 image pixels per degree, as OSIE was shown
DISPLAY = Display(width_px=1920, height_px=1080, width_mm=531, height_mm=299, distance_mm=684.6)
MATCH_PX = 12.0


class Osie:
    """The published recording: image name → observer → (fixations px, durations s)."""

    def __init__(self, root: Path) -> None:
        rows = loadmat(root / "data" / "eye" / "fixations.mat", squeeze_me=True, struct_as_record=False)
        self.stimuli = root / "data" / "stimuli"
        self.of = {str(row.img): [self._read(s) for s in row.subjects] for row in rows["fixations"]}

    @staticmethod
    def _read(subject):
        x, y, ms = (np.atleast_1d(getattr(subject, f"fix_{k}")).astype(float) for k in ("x", "y", "duration"))
        return np.stack([x, y], axis=1), ms / 1000

    def points(self, image: str, observer: int) -> np.ndarray:
        xy = self.of[image][observer][0]
        return xy[((xy >= 0) & (xy < SIZE)).all(axis=1)]


def live_session(osie: Osie, observer: int, images: list[str], n_enrol: int, weights: Path, folder: Path):
    """Run one observer through the virtual-time session; returns the session's folder."""
    scanpaths = folder / f"observer-{observer}"
    scanpaths.mkdir()
    for image in images:
        xy, duration_s = osie.of[image][observer]
        onset_s = np.concatenate([[0.0], np.cumsum(duration_s)[:-1]])
        lines = [f"{t:.4f},{d:.4f},{x:.2f},{y:.2f}" for t, d, (x, y) in zip(onset_s, duration_s, xy, strict=True)]
        text = "\n".join(["onset_s,duration_s,x_px,y_px", *lines])
        (scanpaths / f"{Path(image).stem}.csv").write_text(text + "\n")
    plan = ExperimentPlan(
        name="osie",
        seed=1,
        phases=("calibrate", "validate", "enrol", "overlay"),
        stimuli=StimuliPlan(files=tuple(str(osie.stimuli / i) for i in images), n_enrol=n_enrol),
        # recorded durations leave no room for saccades and the first reaction: half a second more
        trials=TrialsPlan(duration_s=3.5, order="fixed"),
    )
    options = RunOptions(
        plan=plan,
        study=folder / f"study-{observer}",
        participant=f"S{observer}",
        device="replay",
        device_options={"scanpaths": str(scanpaths)},
        display=DISPLAY,
        weights=weights,
    )
    prepare_participant(options)
    return build_run(options, virtual=True).run_virtual().session.path


def detected_against_recorded(osie: Osie, observer: int, reader: SessionReader) -> dict[str, float]:
    """Counts, and the distance from each recorded fixation to the nearest detected one."""
    names = {row.stimulus_id: row.name for row in reader.stimulus_rows()}
    n_recorded = n_detected = 0
    distances = []
    for trial in reader.trials():
        recorded = osie.points(names[trial.frame.stimulus_id], observer)
        found = np.array([(f.x_px, f.y_px) for f in trial.fixations]).reshape(-1, 2)
        n_recorded, n_detected = n_recorded + len(recorded), n_detected + len(found)
        if len(found):
            distances += [np.hypot(*(found - point).T).min() for point in recorded]
    near = np.array(distances)
    return {
        "recorded": n_recorded,
        "detected": n_detected,
        "matched": int((near < MATCH_PX).sum()),
        "median_error_deg": float(np.median(near[near < MATCH_PX]) / PX_PER_DEG),
    }


def embedding_from_recording(osie: Osie, observer: int, images: list[str], predictors: Predictors):
    """The embedding of somebody who did not take part in the live session, from the same images."""
    features = []
    for image in images:
        points = osie.points(image, observer)
        if len(points):
            rgb = decode_image(osie.stimuli / image).rgb
            features.append(predictors.encode(rgb, points, PX_PER_DEG))
    return predictors.combine(features)


def require_unseen(weights: Path, observers: list[int], images: list[str], order: list[str]) -> None:
    """Refuse weights that were trained on what is to be scored.

    Args:
        weights: Folder.
        observers: Positions.
        images: Names.
        order: Names in the data set's own order, by which lists may give positions.
    """
    for name in ("universal", "embedding", "personal"):
        facts = load_checkpoint(weights / f"{name}.safetensors").provenance
        named = {order[int(entry)] if entry.isdigit() else entry for entry in _of_osie(facts.get("exclude_images", []))}
        known = {int(entry) for entry in _of_osie(facts.get("exclude_observers", []))}
        if not set(images) <= named or not set(observers) <= known:
            raise SystemExit(f"{weights / name}: was trained on some of these observers or images")


def _of_osie(entries: list[str]) -> list[str]:
    return [e.rpartition(":")[2] for e in entries if e.rpartition(":")[0] in ("", "osie")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--images", type=Path, required=True, help="left-out images, one a line")
    parser.add_argument("--observers", default="2,6,10")
    parser.add_argument("--n-enrol", type=int, default=32)
    parser.add_argument("--n-scored", type=int, default=20)
    args = parser.parse_args()
    osie = Osie(args.data)
    observers = [int(o) for o in args.observers.split(",")]
    order = list(osie.of)
    lines = [line for line in args.images.read_text().split() if line.startswith("osie:")]
    listed = [order[int(entry)] if entry.isdigit() else entry for entry in _of_osie(lines)]
    chosen = np.random.default_rng(0).permutation([i for i in listed if i in osie.of])
    images = [str(i) for i in chosen[: args.n_enrol + args.n_scored]]
    enrolled, scored = images[: args.n_enrol], images[args.n_enrol :]
    require_unseen(args.weights, observers, images, order)
    predictors = Predictors.load(args.weights)
    everyone = range(len(osie.of[images[0]]))
    others = {o: embedding_from_recording(osie, o, enrolled, predictors) for o in everyone}
    totals: dict[str, list[dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        for observer in observers:
            path = live_session(osie, observer, images, args.n_enrol, args.weights, Path(temporary))
            with SessionReader(path) as reader:
                print(f"observer {observer}:", detected_against_recorded(osie, observer, reader))
                for label, scores in score_session(osie, observer, reader, scored, others, observers, predictors):
                    totals.setdefault(label, []).append(scores)
    report(totals, observers, len(scored), predictors)


def score_session(osie, observer, reader, scored, others, observers, predictors):
    """Yield (row label, scores) for each scored image of one observer."""
    names = {row.stimulus_id: row.name for row in reader.stimulus_rows()}
    training = [o for o in others if o not in observers]
    mean = np.mean([others[o].vector for o in training], axis=0)
    mean_user = type(others[0])(
        **{
            **{k: getattr(others[0], k) for k in ("n_pairs", "spread", "model_name", "model_sha256", "sigma_deg")},
            "vector": tuple(float(v) for v in mean / np.linalg.norm(mean)),
        }
    )
    for row in reader.predictions(final_only=True):
        image = names[row.stimulus_id]
        if image not in scored or row.personal is None or not len(osie.points(image, observer)):
            continue
        height, width = row.personal.shape
        sigma = PX_PER_DEG * width / SIZE[0]
        scale = np.array([width / SIZE[0], height / SIZE[1]])

        def density(of, image=image, size=(width, height), sigma=sigma, scale=scale):
            return fixation_density(osie.points(image, of) * scale, size, sigma)

        own = osie.points(image, observer) * scale
        truth = density(observer)
        group = [density(o) for o in others if o != observer and len(osie.points(image, o))]
        group = [one / one.max() for one in group]
        rgb = decode_image(osie.stimuli / image).rgb
        universal = predictors.universal(rgb)

        def with_user(embedding, rgb=rgb, universal=universal, size=(width, height)):
            return resize_map(predictors.personal(rgb, universal, embedding), size)

        rows = {
            "universal, predicted": row.universal,
            "personal, right user (live session)": row.personal,
            "personal, mean user": with_user(mean_user),
            "universal, true without the target": normalise(np.mean(group, axis=0)),
        }
        for label, prediction in rows.items():
            yield label, evaluate_map(prediction, truth=truth, fixations_px=own, metrics=METRICS)
        wrong = [
            evaluate_map(with_user(others[o]), truth=truth, fixations_px=own, metrics=METRICS)
            for o in others
            if o != observer
        ]
        yield (
            "personal, each other observer (mean of 11)",
            {m: np.mean([w[m] for w in wrong]) for m in METRICS},
        )


def report(totals, observers, n_images, predictors) -> None:
    """Print the table."""
    print(
        f"{len(observers)} observers x {n_images} images, m = 32, sigma 1 deg = 24 px; weights {predictors.sha256[:12]}"
    )
    print(f"{'':45}" + "".join(f"{m:>10}" for m in METRICS))
    for label, scores in totals.items():
        print(f"{label:45}" + "".join(f"{np.mean([s[m] for s in scores]):10.3f}" for m in METRICS))


if __name__ == "__main__":
    main()
