"""What the width of the recalibration's interval could follow, chosen on some people and scored on others.

    python -m tests.benchmarks.recalibration_widths --data osie-data --data crowd-data -o RESULTS

The interval holds the noise of the evidence, which it knows, and the person's habit, of which only the spread over
people is known. Each way lets that spread follow something: h = exp(a + b x), with a and b as the people with even
numbers have them most likely, on both data sets or on the other one alone. Scored are people with odd numbers by the
share of axes that are held, the mean width, and the log likelihood of their habits, which is what a better width must
raise. Maps are the shipped network's, of images that it was not trained on.
"""

from __future__ import annotations

import argparse
import json
from functools import cache
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.special import softmax
from scipy.stats import t as student

from gazeapp.progress import track
from gazeapp.saliency import alignment
from gazeapp.saliency.deformation import CREDIT
from gazeapp.saliency.gaze_evidence import GazeEvidence
from tests.benchmarks.recalibrate_sessions import HELD_OUT
from trainer.analyses.recalibration import _viewed
from trainer.data.dataset import open_data, read_names
from trainer.evaluation.universal_predictions import open_predictor

SIZES, N_DRAWS = (40,), 1
STEPS = alignment._STEPS
FREEDOM = alignment._HABIT_PEOPLE
_WEAK = 0.3
# pull of b towards 0, as standard deviations of x
BOTH = "both"
WAYS = (
    "one width",
    "axis",
    "spread of the evidence",
    "fixations per image",
    "sharpness of the maps",
    "fit of the gaze",
)


def evidence_of(viewed):
    """What a run's evidence says of the shift, and everything that a width could follow."""
    gaze = GazeEvidence(viewed)
    nats = CREDIT * gaze.over_shifts(STEPS)
    share = softmax(nats)
    found = []
    for axis, marginal in ((0, share.sum(axis=0)), (1, share.sum(axis=1))):
        mean = float(marginal @ STEPS)
        found.append((mean, float(np.sqrt(marginal @ np.square(STEPS - mean))), axis))
    densities = [v.density / v.density.sum() for v in viewed]
    sharpness = np.mean([np.log(d.size) + (d * np.log(d + 1e-12)).sum() for d in densities])
    facts = {
        "fixations per image": np.log(len(gaze.own) / gaze.n_images),
        "sharpness of the maps": float(np.log(sharpness)),
        "fit of the gaze": float(nats.max() / CREDIT / len(gaze.own)),
    }
    return [
        {
            "found": mean,
            "noise": noise,
            "x": {"one width": 0.0, "axis": float(axis), "spread of the evidence": float(np.log(noise)), **facts},
        }
        for mean, noise, axis in found
    ]


def gather(folder):
    """Runs of a data set: person, size, and each axis."""
    dataset = open_data(folder).only(read_names(HELD_OUT), None)
    predictor, rng, runs = open_predictor("default", dataset), np.random.default_rng(11), []
    map_of = cache(predictor.predict)
    people = dataset.observer_index.tolist()
    for person in track(people, f"people of {dataset.source}", len(people)):
        for n in SIZES:
            for _ in range(N_DRAWS):
                images = rng.choice(dataset.image_index, min(n, dataset.n_images), replace=False).tolist()
                viewed = [_viewed(dataset, lambda image, _: map_of(image), i, person, 0) for i in images]
                for one in evidence_of([v for v in viewed if len(v.fixations)]):
                    runs.append({"data": dataset.source, "person": person, "m": n, **one})
    return runs


def likelihood(runs, way, parameters, centre, unit):
    """(N,) nats of what was found where nothing was added, and the (N,) scale of each."""
    a, b = parameters
    x = np.array([(run["x"][way] - centre) / unit for run in runs])
    scale = np.hypot(np.array([run["noise"] for run in runs]), np.exp(a + b * x))
    return student.logpdf(np.array([run["found"] for run in runs]), FREEDOM, scale=scale), scale


def choose(runs, way):
    """The a and b of these runs, each person counting once; the mean and deviation of x."""
    x = np.array([run["x"][way] for run in runs])
    centre, unit = float(x.mean()), float(x.std()) or 1.0
    count = {}
    for run in runs:
        count[run["data"], run["person"]] = count.get((run["data"], run["person"]), 0) + 1
    weight = np.array([2.0 / count[run["data"], run["person"]] for run in runs])  # two axes

    def loss(parameters):
        nats, _ = likelihood(runs, way, parameters, centre, unit)
        return -(weight * nats).sum() + np.square(parameters[1] / _WEAK).sum() / 2

    return minimize(loss, [np.log(0.3), 0.0], method="Nelder-Mead").x, centre, unit


def judged(runs, way, chosen):
    """Share held by size, mean width, and nats a person and axis."""
    nats, scale = likelihood(runs, way, *chosen)
    half = student.ppf(0.975, FREEDOM) * scale
    is_held = np.abs([run["found"] for run in runs]) <= half
    sizes = np.array([run["m"] for run in runs])
    held = {str(n): round(float(is_held[sizes == n].mean()), 3) for n in SIZES}
    return {"held": held, "width": round(float(2 * half.mean()), 3), "nats": round(float(nats.mean()), 3)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, action="append", required=True)
    parser.add_argument("-o", "--out", type=Path, required=True)
    args = parser.parse_args()
    runs = [run for folder in args.data for run in gather(folder)]
    summary = []
    names = list(dict.fromkeys(run["data"] for run in runs))
    even = [run for run in runs if run["person"] % 2 == 0]
    for data in (*names, BOTH):
        scored = [run for run in runs if data in (run["data"], BOTH) and run["person"] % 2]
        chosen_by = {"even people": even}
        if data != BOTH:
            chosen_by["the other data set"] = [run for run in runs if run["data"] != data]
        for by, training in chosen_by.items():
            for way in WAYS:
                chosen = choose(training, way)
                summary.append(
                    {
                        "data": data,
                        "chosen_by": by,
                        "way": way,
                        "habit_deg": round(float(np.exp(chosen[0][0])), 3),
                        "slope": round(float(chosen[0][1]), 3),
                        **judged(scored, way, chosen),
                    }
                )
    document = {
        "schema": 1,
        "protocol": "recalibration-widths",
        "dataset": ", ".join(names),
        "rows": [],
        "summary": summary,
        "meta": {"sizes": SIZES, "n_draws": N_DRAWS},
    }
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "results.json").write_text(json.dumps(document, indent=1) + "\n")
    for row in summary:
        print(row)


if __name__ == "__main__":
    main()
