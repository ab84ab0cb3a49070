"""Data for training readouts: stored features of frozen backbones, fixated map cells, and the images' categories.

Shape legend: N images, B images of a batch, F fixations of a batch, H W map rows and columns.
"""

from __future__ import annotations

import csv
import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from gazeapp.errors import DatasetIncomplete, SettingsError
from gazeapp.networks.backbone import find_backbone
from gazeapp.networks.checkpoint import Checkpoint, build_network, load_checkpoint
from gazeapp.networks.deepgaze.mixture import MAP_FACTOR, PUBLISHED, ReadoutMixture, Taps, describe
from gazeapp.networks.deepgaze.model import DeepGazeIIE
from gazeapp.networks.deepgaze.own_backbones import IMAGENET, load_imagenet_weights
from gazeapp.networks.deepgaze.weights import load_deepgaze
from gazeapp.progress import track
from gazeapp.store.new_file import replacing
from trainer.data.dataset import Dataset
from trainer.data.tensors import TensorDataset
from trainer.engine.runs import WEIGHTS

_CHUNK = 16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReadoutData:
    """All images of a training, whatever data set they come from."""

    taps: Taps
    """Backbone features of all images, half precision."""
    description_ND: Tensor
    """What the classifier of categories is given."""
    cells: tuple[Tensor, ...]
    """Fixated map cells of each image, as row × W + column."""
    category_N: Tensor
    """Index of each image's category; -1 unknown."""
    categories: tuple[str, ...]
    groups: NDArray[np.int64]
    """Images of one group are never parted by a fold: they are versions of one photograph."""
    names: tuple[str, ...]
    image_hw: tuple[int, int]

    @property
    def map_hw(self) -> tuple[int, int]:
        """Rows and columns of the map."""
        return self.image_hw[0] // MAP_FACTOR, self.image_hw[1] // MAP_FACTOR

    def batch(self, index: NDArray[np.int64]) -> tuple[Taps, Tensor, Tensor, Tensor]:
        """Features, categories (B,), and the images (F,) and cells (F,) of all fixations."""
        rows = torch.from_numpy(index)
        taps = [[tap[rows].float() for tap in seen] for seen in self.taps]
        cells = [self.cells[i] for i in index.tolist()]
        image_F = torch.cat([torch.full((len(c),), k) for k, c in enumerate(cells)])
        return taps, self.category_N[rows], image_F, torch.cat(cells)

    def split(self, n_folds: int, fold: int, seed: int, *, within: bool = False) -> tuple[NDArray[np.int64], ...]:
        """Training, validation and test images: the fold's groups are the test, those of the next fold the validation.

        Args:
            n_folds: Parts.
            fold: Which of them is the test.
            seed: Of the parts.
            within: Take the validation from what is not tested, as large a share of it: of five folds 64, 16, 20 %.
        """
        rng = np.random.default_rng([seed, 20])
        group_names = np.unique(self.groups)
        part_of = dict(zip(rng.permutation(group_names).tolist(), range(len(group_names)), strict=True))
        part = np.array([part_of[g] % n_folds for g in self.groups.tolist()])
        test, validation = part == fold, part == (fold + 1) % n_folds
        if within:
            rest = np.array(
                [
                    part_of[g] // n_folds * (n_folds - 1) + (part_of[g] - fold - 1) % n_folds
                    for g in self.groups.tolist()
                ]
            )
            validation = ~test & (rest % n_folds == 0)
        return tuple(np.flatnonzero(x) for x in (~test & ~validation, validation, test))


def gather(
    data: Sequence[TensorDataset],
    model: ReadoutMixture,
    table: Path | None = None,
    cache: Path | None = None,
    published: DeepGazeIIE | None = None,
) -> ReadoutData:
    """Run every image through the backbones once.

    Args:
        data: Data sets of one map size.
        model: Whose backbones read.
        table: CSV with lines image,category; without it the data sets' own categories count.
        cache: Folder that keeps features from one call to the next; each file is named after what is in it.
        published: Whose densities stand for features, where the mixture has no backbones of its own.

    Raises:
        DatasetIncomplete: Data sets of different map sizes, or a table that misses images.
    """
    shapes = {tuple(part.images_N2H2WC.shape[1:3]) for part in data}
    if len(shapes) > 1:
        raise DatasetIncomplete(f"data sets of one image size are needed, these have {sorted(shapes)}")
    height, width = shapes.pop()
    names = [f"{part.dataset.source}:{n}" for part in data for n in _names(part.dataset)]
    labels = _labels(data, table)
    categories = tuple(sorted({label for label in labels if label}))
    if model.mixtures():
        taps = _read_all(data, model) if cache is None else _cached(data, model, cache)
    else:
        taps = published_densities(data, model.names, cache, published)
    stems = [Path(name).stem for name in names]
    return ReadoutData(
        taps=taps,
        description_ND=_describe_all(taps),
        cells=tuple(
            cell for part in data for cell in _fixated(part.dataset, (height // MAP_FACTOR, width // MAP_FACTOR))
        ),
        category_N=torch.tensor([categories.index(x) if x else -1 for x in labels]),
        categories=categories,
        groups=np.unique(stems, return_inverse=True)[1].astype(np.int64),
        names=tuple(names),
        image_hw=(height, width),
    )


def _cached(data: Sequence[TensorDataset], model: ReadoutMixture, folder: Path) -> Taps:
    digest = hashlib.sha256(MAP_FACTOR.to_bytes(1, "little"))
    for part in data:
        digest.update(part.dataset.sha256.encode() + part.dataset.image_index.tobytes())
    for mixture in model.mixtures():
        digest.update(repr((mixture.spec.taps, mixture.spec.mean, mixture.spec.std)).encode())
        for tensor in mixture.features.network.state_dict().values():
            digest.update(tensor.numpy().tobytes())
    path = folder / f"features-{digest.hexdigest()[:16]}.safetensors"
    if path.is_file():
        stored = load_file(path)
        return [
            [stored[f"{k}.{t}"] for t in range(len(mixture.spec.taps))] for k, mixture in enumerate(model.mixtures())
        ]
    taps = _read_all(data, model)
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(path) as unfinished:
        save_file(
            {f"{k}.{t}": tap.contiguous() for k, seen in enumerate(taps) for t, tap in enumerate(seen)}, unfinished
        )
    return taps


DEEPGAZE_PX_PER_DEG = 35.0
"""Scale of the images that the published network was trained on."""


@torch.no_grad()
def published_densities(
    data: Sequence[TensorDataset], names: Sequence[str], cache: Path | None, network: DeepGazeIIE | None
) -> Taps:
    """Log densities per map cell of every published backbone, (N, 1, H, W) each, under a centre bias of no place.

    Raises:
        DatasetIncomplete: Neither the network nor what an earlier call kept.
    """
    digest = hashlib.sha256(repr(tuple(names)).encode() + MAP_FACTOR.to_bytes(1, "little"))
    for part in data:
        digest.update(part.dataset.sha256.encode() + part.dataset.image_index.tobytes())
    path = None if cache is None else cache / f"published-{digest.hexdigest()[:16]}.safetensors"
    if path is not None and path.is_file():
        stored = load_file(path)
        return [[stored[str(k)]] for k in range(len(names))]
    if network is None:
        raise DatasetIncomplete(
            "the densities of the published backbones are not kept: train with --set cache=FOLDER, and keep the folder"
        )
    found: list[list[Tensor]] = [[] for _ in names]
    images = [(part, i) for part in data for i in range(part.n_images)]
    for k in track(range(len(images)), "published densities", len(images)):
        part, i = images[k]
        image_BCHW = part.images_N2H2WC[i : i + 1].permute(0, 3, 1, 2).float()
        height, width = image_BCHW.shape[-2:]
        stored_px = part.dataset.size_of(int(part.dataset.image_index[i]))[0]
        px_per_deg = float(part.dataset.px_per_deg[part.dataset.image_index[i]]) * width / stored_px
        factor = max(1, round(DEEPGAZE_PX_PER_DEG / px_per_deg))
        large = functional.interpolate(image_BCHW, scale_factor=factor, mode="bilinear").clamp(0, 255)
        centre_BHW = torch.full((1, height * factor, width * factor), -math.log(height * width * factor**2))
        cells = functional.avg_pool2d(network.each_backbone(large, centre_BHW).double().exp(), factor * MAP_FACTOR)
        cells = cells / cells.sum(dim=(2, 3), keepdim=True)
        for own, density in zip(found, cells[0], strict=True):
            own.append(density.clamp_min(1e-30).log().half()[None, None])
    taps = [[torch.cat(own)] for own in found]
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as unfinished:
            save_file({str(k): seen[0].contiguous() for k, seen in enumerate(taps)}, unfinished)
    return taps


@torch.no_grad()
def _read_all(data: Sequence[TensorDataset], model: ReadoutMixture) -> Taps:
    model.eval()
    found: list[list[list[Tensor]]] = []
    starts = [(part, i) for part in data for i in range(0, part.n_images, _CHUNK)]
    for k in track(range(len(starts)), "features", len(starts)):
        part, i = starts[k]
        image_BCHW = part.images_N2H2WC[i : i + _CHUNK].permute(0, 3, 1, 2).float()
        found.append([[tap.half() for tap in seen] for seen in model.read_taps(image_BCHW)])
    return [
        [torch.cat([chunk[k][t] for chunk in found]) for t in range(len(found[0][k]))] for k in range(len(found[0]))
    ]


def _describe_all(taps: Taps) -> Tensor:
    n = len(taps[0][0])
    return torch.cat(
        [describe([[tap[i : i + _CHUNK].float() for tap in seen] for seen in taps]) for i in range(0, n, _CHUNK)]
    )


def _fixated(dataset: Dataset, map_hw: tuple[int, int]) -> list[Tensor]:
    table = dataset.fixations[np.isin(dataset.fixations["observer"], dataset.observer_index)]
    first = np.searchsorted(table["image"], np.arange(len(dataset.image_names) + 1))
    cells = []
    for image in dataset.image_index.tolist():
        rows = table[first[image] : first[image + 1]]
        width, height = dataset.size_of(image)
        column = np.floor(rows["x_px"] * (map_hw[1] / width)).astype(np.int64)
        row = np.floor(rows["y_px"] * (map_hw[0] / height)).astype(np.int64)
        inside = (column >= 0) & (column < map_hw[1]) & (row >= 0) & (row < map_hw[0])
        cells.append(torch.from_numpy((row * map_hw[1] + column)[inside]))
    return cells


def _names(dataset: Dataset) -> list[str]:
    return [dataset.image_names[i] for i in dataset.image_index.tolist()]


def _labels(data: Sequence[TensorDataset], table: Path | None) -> list[str]:
    if table is None:
        return [
            part.dataset.categories[i] if part.dataset.categories else ""
            for part in data
            for i in part.dataset.image_index.tolist()
        ]
    try:
        with table.open(newline="", encoding="utf-8") as file:
            known = {line[0].strip(): line[1].strip() for line in csv.reader(file) if len(line) > 1}
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetIncomplete(f"{table}: cannot be read as image,category ({error})") from error
    names = [name for part in data for name in _names(part.dataset)]
    absent = [name for name in names if name not in known]
    if absent:
        raise DatasetIncomplete(
            f"{table}: {len(absent)} of {len(names)} images have no category, the first is {absent[0]}",
            missing=tuple(absent),
        )
    return [known[name] for name in names]


SHIPPED = "shipped"
Plain = dict[str, Any]  # Any: JSON values


def open_published(entries: Sequence[str]) -> tuple[DeepGazeIIE, str] | None:
    """The published network and its sha256, where `published=FILE` is the only backbone; None for others.

    Raises:
        SettingsError: It stands beside others, or has no file.
        CheckpointError: A file that does not fit.
    """
    files = [text for name, _, text in (entry.partition("=") for entry in entries) if name == PUBLISHED]
    if not files:
        return None
    if len(entries) > 1 or not files[0]:
        raise SettingsError("--backbone published=FILE: stands alone, with the file deepgaze2e.pth", key="backbone")
    return load_deepgaze(Path(files[0]))


def open_backbones(entries: Sequence[str]) -> tuple[list[Plain], list[nn.Module], list[Plain]]:
    """Plain values, networks with their weights, and the origin of each backbone.

    Raises:
        SettingsError: None, one twice, or a name without a file that needs one.
        CheckpointError: A file that does not fit.
    """
    if not entries:
        raise SettingsError(
            "--backbone: name one or more, such as colour=RUN of `train universal --preset backbone`", key="backbone"
        )
    plains, networks, origins = [], [], []
    for entry in entries:
        name, _, text = entry.partition("=")
        plain, network, origin = _open(name, Path(text) if text else None)
        plains.append({**plain, "name": name})
        networks.append(network)
        origins.append({"name": name, **origin})
    names = [plain["name"] for plain in plains]
    if len(set(names)) < len(names):
        raise SettingsError(f"--backbone: {', '.join(names)}: each needs its own name", key="backbone")
    return plains, networks, origins


def find_weights(folder: Path) -> Path:
    """The weights of a run, or the file itself."""
    return folder / WEIGHTS if folder.is_dir() else folder


def _open(name: str, path: Path | None) -> tuple[Plain, nn.Module, Plain]:
    if name in IMAGENET:
        if path is None:
            raise SettingsError(
                f"--backbone {name}: needs its weights, {name}=FILE with a torchvision-compatible state dict; nothing "
                f"is "
                "downloaded",
                key="backbone",
            )
        network = IMAGENET[name][0]()
        load_imagenet_weights(network, path)
        return {"kind": "imagenet"}, network, {"file": path.name}
    if path is None and name != SHIPPED:
        raise SettingsError(
            f"--backbone {name}: needs NAME=RUN, {SHIPPED}, or one of {', '.join(IMAGENET)} with =FILE", key="backbone"
        )
    if path is None:
        shared = find_backbone()
        plain = {"kind": "shared", "variant": shared.network.variant, "folded": shared.network.folded}
        return plain, shared.network, {"sha256": shared.sha256}
    path = find_weights(path)
    checkpoint = load_checkpoint(path, architectures=("saliency_encoder",))
    origin = {"sha256": checkpoint.sha256, "trained_on": _facts(checkpoint)}
    return {"kind": "encoder", **checkpoint.config}, build_network(checkpoint, path), origin


def _facts(checkpoint: Checkpoint) -> Plain:
    kept = ("data", "n_images", "seed", "exclude_images")
    return {key: checkpoint.provenance[key] for key in kept if key in checkpoint.provenance}
