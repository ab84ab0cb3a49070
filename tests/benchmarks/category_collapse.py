"""What each formula makes of category weights when they alone learn, in the report's setting.

    python -m tests.benchmarks.category_collapse --data DATA --backbone colour=RUN --backbone grey=RUN -o RESULTS

The densities are those of the backbones themselves and stay as they are; only the weights learn, by the report's Adam
(1e-3, batches of 2), its shares of the images (64 % to learn, 16 % to watch, 20 % to score) and as many epochs as its
iterations took. Of every epoch the loss of what is watched is kept, and of the last one scores of what is scored, of
the map brought to sum 1: what the loss gains that the map does not have is lost density.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import adaptive_avg_pool2d

from gazeapp.networks.checkpoint import build_network, load_checkpoint
from gazeapp.networks.deepgaze.category_weights import CategoryWeights
from gazeapp.networks.map_grid import to_density
from gazeapp.progress import track
from gazeapp.saliency.metrics import evaluate_map
from trainer.data.dataset import open_data
from trainer.data.tensors import TensorDataset
from trainer.engine.runs import WEIGHTS

RATE, BATCH, FOLDS = 1e-3, 2, 5
EPOCHS = {"category": 37, "report": 37, "report-log": 48}
METRICS = ("auc", "nss", "cc", "kld", "sim")
CHUNK = 16


@torch.no_grad()
def own_densities(data, folder):
    """(N, H, W) log densities of a backbone by itself, at the size of the data's maps."""
    file = folder / WEIGHTS
    network = build_network(load_checkpoint(file, architectures=("saliency_encoder",)), file).eval()
    found = []
    for first in track(range(0, data.n_images, CHUNK), folder.name, -(-data.n_images // CHUNK)):
        index = np.arange(first, min(first + CHUNK, data.n_images))
        log_BHW = network(data.images(index, full=True))
        found.append(adaptive_avg_pool2d(log_BHW.exp(), (60, 80)))
    maps_NHW = torch.cat(found)
    return (maps_NHW / maps_NHW.sum(dim=(1, 2), keepdim=True)).clamp_min(1e-12).log()


def mixed(weights, formula, each_BKHW, category_B):
    """(B, H, W) what a formula has for a log density."""
    belief_BN = weights.one_hot(category_B)
    by_name = {
        "category": weights.forward_soft,
        "report": weights.multiply_maps,
        "report-log": weights.multiply_log_maps,
    }
    return by_name[formula](each_BKHW, belief_BN)


def loss_of(log_BHW, cells):
    """Negative log likelihood, mean over images of their fixations."""
    return -torch.stack([log_HW.flatten()[own].mean() for log_HW, own in zip(log_BHW, cells, strict=True)]).mean()


def parts_of(names, seed):
    """Images to learn from, to watch and to score; versions of one photograph stay together."""
    groups = np.unique([Path(name).stem for name in names], return_inverse=True)[1]
    order = np.random.default_rng([seed, 20]).permutation(groups.max() + 1)
    part = order[groups] % FOLDS
    rest = order[groups] // FOLDS % FOLDS
    is_scored, is_watched = part == 0, (part != 0) & (rest == 0)
    return tuple(np.flatnonzero(one) for one in (~is_scored & ~is_watched, is_watched, is_scored))


def learn(formula, each_NKHW, cells, category_N, categories, parts, seed):
    """The weights after the formula's epochs, and the loss of what is watched after each."""
    rng, weights = np.random.default_rng([seed, 7]), CategoryWeights(each_NKHW.shape[1], categories)
    optimizer, losses = torch.optim.Adam(weights.parameters(), lr=RATE), []

    def loss(index):
        log_BHW = mixed(weights, formula, each_NKHW[index], category_N[index])
        return loss_of(log_BHW, [cells[i] for i in index.tolist()])

    for _ in track(range(EPOCHS[formula]), formula, EPOCHS[formula]):
        order = rng.permutation(parts[0])
        for first in range(0, len(order), BATCH):
            optimizer.zero_grad()
            loss(torch.from_numpy(order[first : first + BATCH])).backward()
            optimizer.step()
        with torch.no_grad():
            losses.append(round(float(loss(torch.from_numpy(parts[1]))), 4))
    return weights, losses


@torch.no_grad()
def scores(log_NHW, cells, truth_NHW):
    """Means over images, of the maps brought to sum 1; beside them what the loss counts."""
    mass_N = log_NHW.double().logsumexp(dim=(1, 2))
    density_NHW = (log_NHW.double() - mass_N[:, None, None]).exp()
    found = {"loss": float(loss_of(log_NHW, cells)), "log_mass": float(mass_N.mean())}
    found["ll"] = -float(loss_of(density_NHW.clamp_min(1e-300).log(), cells))
    rows = []
    for density, own, truth in zip(density_NHW, cells, truth_NHW, strict=True):
        points = np.stack([own.numpy() % density.shape[1], own.numpy() // density.shape[1]], axis=1) + 0.5
        rows.append(evaluate_map(density.numpy(), truth=truth.numpy(), fixations_px=points, metrics=METRICS))
    return {**found, **{metric: float(np.mean([row[metric] for row in rows])) for metric in METRICS}}


def fixated_cells(dataset, map_hw):
    """Fixated cells of every image."""
    found = []
    for image in dataset.image_index.tolist():
        rows = np.concatenate([dataset.fixations_of(image, observer) for observer in dataset.observer_index.tolist()])
        share = np.stack([rows["y_px"], rows["x_px"]], axis=1) / dataset.size_of(image)[::-1]
        cell = np.floor(share * map_hw).astype(np.int64)
        cell = cell[((cell >= 0) & (cell < map_hw)).all(axis=1)]
        found.append(torch.from_numpy(cell[:, 0] * map_hw[1] + cell[:, 1]))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--backbone", action="append", required=True, metavar="NAME=RUN")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--out", type=Path, required=True)
    args = parser.parse_args()
    dataset = open_data(args.data)
    data = TensorDataset(dataset)
    runs = dict(entry.split("=", 1) for entry in args.backbone)
    each_NKHW = torch.stack([own_densities(data, Path(run)) for run in runs.values()], dim=1)
    cells = fixated_cells(dataset, each_NKHW.shape[-2:])
    categories = tuple(sorted(set(dataset.categories)))
    category_N = torch.tensor([categories.index(dataset.categories[i]) for i in dataset.image_index.tolist()])
    parts = parts_of([dataset.image_names[i] for i in dataset.image_index.tolist()], args.seed)
    scored = torch.from_numpy(parts[2])
    truth_NHW = to_density(adaptive_avg_pool2d(data.universal(parts[2]), each_NKHW.shape[-2:]))
    own_cells, summary, rows = [cells[i] for i in parts[2].tolist()], [], []
    plain = each_NKHW[scored].logsumexp(dim=1) - np.log(each_NKHW.shape[1])
    summary.append({"formula": "plain", "epochs": 0, **scores(plain, own_cells, truth_NHW)})
    for formula in EPOCHS:
        weights, losses = learn(formula, each_NKHW, cells, category_N, categories, parts, args.seed)
        shown = {"right": category_N[scored], "wrong": (category_N[scored] + 1) % len(categories)}
        for given, told in shown.items():
            with torch.no_grad():
                log_NHW = mixed(weights, formula, each_NKHW[scored], told)
            facts = {"formula": f"{formula}, {given}", "epochs": EPOCHS[formula]}
            summary.append({**facts, **scores(log_NHW, own_cells, truth_NHW)})
        learnt = weights.weights_NK.detach()
        rows.append({"formula": formula, "losses": losses, "weights": learnt.numpy().round(3).tolist()})
    document = {
        "schema": 1,
        "protocol": "category-collapse",
        "dataset": dataset.source,
        "rows": rows,
        "summary": [{k: round(v, 4) if isinstance(v, float) else v for k, v in row.items()} for row in summary],
        "meta": {"categories": categories, "backbones": list(runs), "n_images": [len(part) for part in parts]},
    }
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "results.json").write_text(json.dumps(document, indent=1) + "\n")
    for row in document["summary"]:
        print(row)


if __name__ == "__main__":
    main()
