"""The files that a demo leaves beside its study: maps as pictures and arrays, the embedding, the report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from gazeapp.networks.predictors import Predictors
from gazeapp.saliency.colors import compose_difference, compose_overlay
from gazeapp.store.copies import remember_copy
from gazeapp.store.embedding import UserEmbedding, write_embedding
from gazeapp.store.export.report import write_report
from gazeapp.store.identifier import require_no_link
from gazeapp.store.map_folder import png_of, read_map, write_map
from gazeapp.store.new_file import write_whole
from gazeapp.store.reader import SessionReader

PANEL_WIDTH_PX = 480
"""Width of one panel of the overview."""
KINDS = ("universal", "personal", "discrepancy")
CAPTIONS = ("the image", "where people look", "where this observer looks", "the difference")
NOTE = "simulated observer: an illustration, not a person"
MAX_OVERVIEW_ROWS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoFiles:
    """Where everything lies."""

    maps: Path
    n_images: int
    overview: Path | None
    embedding: Path | None
    report: Path


def write_demo_files(session: Path, embedding: UserEmbedding | None, out: Path, weights: Path | None) -> DemoFiles:
    """Write maps, embedding and report of a finished session.

    Every image gets `NAME.universal`, `NAME.personal` and `NAME.discrepancy` as `.png`, predicted with the finished
    embedding; those of the overlay phase, from which nothing was learnt, as `.npy` (float32), too, and the overview.
    The session itself keeps what was predicted at the time.
    """
    maps = out / "maps"
    require_no_link(maps)
    maps.mkdir(parents=True, exist_ok=True)
    with SessionReader(session) as reader:
        shown = _write_arrays(reader, embedding, maps, Predictors.load(weights))
        rows = _write_pictures(reader, shown, maps)
    overview = None
    if rows:
        overview = out / "overview.png"
        write_whole(overview, png_of(_stack(rows, _contrast(shown))))
    embedding_file = None
    if embedding is not None:
        embedding_file = out / "embedding.json"
        write_embedding(embedding, embedding_file)
    report = out / "report.html"
    write_report(session, report, overwrite=True)
    remember_copy(session, None, "maps", maps, "personal maps")
    if overview is not None:
        remember_copy(session, None, "maps", overview, "personal maps")
    if embedding_file is not None:
        remember_copy(session, None, "embedding", embedding_file, "embedding")
    return DemoFiles(
        maps=maps,
        n_images=len({image.name for image in shown}),
        overview=overview,
        embedding=embedding_file,
        report=report,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _ShownImage:
    name: str
    stimulus_id: str
    phase: str
    contrast: float
    """Largest difference as a share of the image's highest density."""


def _write_arrays(
    reader: SessionReader, embedding: UserEmbedding | None, folder: Path, networks: Predictors
) -> list[_ShownImage]:
    if embedding is None:
        return []
    name_of = {row.stimulus_id: Path(row.name).stem for row in reader.stimulus_rows()}
    phase_of = {trial.trial: trial.phase for trial in reader.trials()}
    shown: dict[str, _ShownImage] = {}
    for prediction in reader.predictions(final_only=True):
        universal, stimulus_id = prediction.universal, prediction.stimulus_id
        if universal is None or stimulus_id in shown:
            continue
        name = name_of.get(stimulus_id, stimulus_id[:12])
        personal = networks.personal(reader.stimuli.load(stimulus_id).rgb, universal, embedding)
        discrepancy = personal - universal
        for kind, values in zip(KINDS, (universal, personal, discrepancy), strict=True):
            write_map(values, folder / f"{name}.{kind}.npy")
        shown[stimulus_id] = _ShownImage(
            name=name,
            stimulus_id=stimulus_id,
            phase=phase_of.get(prediction.trial, ""),
            contrast=float(np.abs(discrepancy).max() / max(universal.max(), personal.max())),
        )
    return list(shown.values())


def _write_pictures(reader: SessionReader, shown: list[_ShownImage], folder: Path) -> list[NDArray[np.uint8]]:
    """Write every image's coloured maps, and keep the arrays of the overlay phase; returns the overview's rows.

    Both densities of an image share one scale, and the differences of all images share one, relative to that scale:
    otherwise a small difference would look as strong as a large one.
    """
    contrast = _contrast(shown)
    rows: list[NDArray[np.uint8]] = []
    for image in shown:
        image_rgb = reader.stimuli.load(image.stimulus_id).rgb
        universal, personal, discrepancy = (read_map(folder / f"{image.name}.{k}.npy") for k in KINDS)
        vmax = float(max(universal.max(), personal.max()))
        panels = (
            compose_overlay(image_rgb, universal, vmax=vmax),
            compose_overlay(image_rgb, personal, vmax=vmax),
            compose_difference(image_rgb, discrepancy, vmax=contrast * vmax),
        )
        for kind, panel in zip(KINDS, panels, strict=True):
            write_whole(folder / f"{image.name}.{kind}.png", png_of(panel))
            if image.phase != "overlay":  # a picture does; the arrays of all of them are hundreds of megabytes
                (folder / f"{image.name}.{kind}.npy").unlink()
        if image.phase == "overlay" and len(rows) < MAX_OVERVIEW_ROWS:
            rows.append(_row(image_rgb, panels, image.name))
    return rows


def _contrast(shown: list[_ShownImage]) -> float:
    """Full colour of a difference, as a share of the image's highest density."""
    return max((image.contrast for image in shown), default=0.0) or 1.0


def _row(image_rgb: NDArray[np.uint8], panels: tuple[NDArray[np.uint8], ...], name: str) -> NDArray[np.uint8]:
    height = max(1, round(PANEL_WIDTH_PX * image_rgb.shape[0] / image_rgb.shape[1]))
    cells = []
    for panel, caption in zip((image_rgb, *panels), CAPTIONS, strict=True):
        cell = cv2.resize(panel, (PANEL_WIDTH_PX, height), interpolation=cv2.INTER_AREA)
        text = f"{caption} ({name})" if panel is image_rgb else caption
        cells.append(np.vstack([_caption(text, PANEL_WIDTH_PX), cell]))
    return np.hstack(cells)


def _stack(rows: list[NDArray[np.uint8]], contrast: float) -> NDArray[np.uint8]:
    width = max(row.shape[1] for row in rows)
    padded = [np.pad(row, ((0, 8), (0, width - row.shape[1]), (0, 0))) for row in rows]
    scale = f"red: this observer more, blue: less; full colour is {100 * contrast:.0f} % of an image's peak"
    return np.vstack([_caption(f"{NOTE}. The difference: {scale}", width), *padded])


def _caption(text: str, width: int) -> NDArray[np.uint8]:
    strip = np.full((28, width, 3), 24, np.uint8)
    cv2.putText(strip, text, (8, 19), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (232, 234, 238), 1, cv2.LINE_AA)
    return strip
