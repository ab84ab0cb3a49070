"""An attack on exports: whoever has the networks solves for the embedding that made the maps in them."""

from __future__ import annotations

import dataclasses
import functools
import io
from pathlib import Path

import cv2
import numpy as np
import pytest

from gazeapp.networks.map_grid import map_size, upsample_density
from gazeapp.networks.predictors import Predictors
from gazeapp.store.export.formats import FORMATS, ExportRequest, export
from tests.store.example_study import IMAGE_WH, N_TRIALS, make_study, picture

pytestmark = pytest.mark.slow
N_TOLD = 24
"""Numbers of the embedding that personal maps follow from; the other eight come from durations and distances alone."""


@pytest.fixture(scope="module")
def networks():
    return Predictors.load(None)


@pytest.fixture(scope="module")
def victim(networks, tmp_path_factory):
    """A study with the maps of a person, and the person's embedding."""
    rng = np.random.default_rng(4)
    embedding = networks.combine([networks.encode(picture(9), rng.uniform(20, 220, (12, 2)), 30.0)])
    embedding = dataclasses.replace(embedding, vector=tuple(0.3 * rng.normal(size=len(embedding.vector))))
    folder = tmp_path_factory.mktemp("victim") / "study"
    study, session = make_study(folder)
    with session.reader() as reader:
        rows = list(reader.predictions())
    again = study.open_again(session.session_id)
    with again.writer() as writer:
        for trial in range(N_TRIALS):
            universal = networks.universal(picture(trial))
            personal = networks.personal(picture(trial), universal, embedding)
            writer.write_prediction(
                dataclasses.replace(
                    rows[0], trial=trial, final=True, universal=universal, personal=personal, embedding=embedding
                )
            )
    study.save_embedding("P017", embedding)
    study.close()
    return folder, np.array(embedding.vector)


def solve(networks, maps, n_steps=3):
    """The embedding that explains maps of the example's pictures best: {trial: (H, W)}, by Gauss-Newton."""
    u = np.zeros(networks.dim)
    for _ in range(n_steps):
        rows, rest = [], []
        for trial, found in maps.items():
            predict = predictor(networks, trial)
            now = predict(u)
            steps = [(predict(u + 0.01 * np.eye(networks.dim)[k]) - now) / 0.01 for k in range(N_TOLD)]
            rows.append(np.stack([step.ravel() for step in steps], axis=1))
            target = np.log(np.maximum(found, 1e-12))
            rest.append((target - target.mean() - now).ravel())
        step, *_ = np.linalg.lstsq(np.concatenate(rows), np.concatenate(rest), rcond=None)
        u[:N_TOLD] += step
    return u


@functools.lru_cache
def predictor(networks, trial):
    """Embedding → centred log of the map, with the slow part done once."""
    import torch

    image = picture(trial)
    seen, density = networks._inputs(networks._personal, image, map_size(IMAGE_WH), networks.universal(image))

    def predict(u):
        with torch.inference_mode():
            grid = networks._personal.densities(seen, density, torch.tensor(u[None], dtype=torch.float32))
        log = np.log(np.maximum(upsample_density(grid[0].numpy(), IMAGE_WH), 1e-12)[::8, ::8])
        return log - log.mean()

    return predict


def likeness(found, true):
    a, b = found[:N_TOLD], true[:N_TOLD]
    return float(a @ b / max(np.linalg.norm(a) * np.linalg.norm(b), 1e-12))


def maps_in(folder: Path) -> list[np.ndarray]:
    """Whatever in an export has the shape of the pictures."""
    found = []
    for path in folder.rglob("*"):
        array = None
        if path.suffix == ".npy":
            array = np.load(path)
        elif path.suffix in (".png", ".jpg"):
            array = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        elif path.is_file():  # arrays inside other files
            data, at = path.read_bytes(), 0
            while (at := data.find(b"\x93NUMPY", at)) >= 0:
                found.append(np.load(io.BytesIO(data[at:])))
                at += 6
        if array is not None:
            found.append(array)
    return [a[::8, ::8].astype(float) for a in found if a.shape == IMAGE_WH[::-1] and np.ptp(a) > 0]


def test_maps_of_a_person_give_the_embedding_back_and_are_in_no_default_export(networks, victim, tmp_path):
    study, true = victim
    export(ExportRequest(source=study, form="csv", dest=tmp_path / "all", include_embeddings=True))
    personal = [np.load(path)[::8, ::8] for path in sorted((tmp_path / "all").rglob("*personal.npy"))]
    assert len(personal) == N_TRIALS
    assert likeness(solve(networks, dict(enumerate(personal[:2]))), true) > 0.99, (
        "the attack works where there are maps"
    )
    candidates = {}
    for form in FORMATS:
        export(ExportRequest(source=study, form=form, dest=tmp_path / form))
        candidates |= {found.tobytes(): found for found in maps_in(tmp_path / form)}
    assert candidates, "universal maps and images are there, and tell nothing of the person"
    for candidate in candidates.values():
        assert abs(likeness(solve(networks, {0: candidate}, n_steps=1), true)) < 0.7
