"""The gain of personalising a gaze estimator: error at points, by kind of data, loss and number of sessions.

Every person is personalised on some of their sessions and scored at the calibration points of sessions kept apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from gazeapp.errors import DatasetIncomplete
from gazeapp.networks.gaze_estimator import GazeHead
from trainer.data.gaze_frames import CELL_CM, MAP_REACH_CM, GazeFrames
from trainer.engine.gaze_configs import PersonalGazeConfig
from trainer.engine.runs import RunFolder
from trainer.evaluation.protocol import require_unseen_people
from trainer.methods.gaze_estimator import Targets, errors_cm, features_of, fit_head, load_estimator
from trainer.reports.results import Json
from trainer.reports.statistics import interval

METRIC = "error_cm"
BEFORE = "before"
N_HELD_OUT = 2
"""Last sessions of everybody, which are scored and never trained on."""
RATES = (3e-4, 1e-3, 3e-3, 1e-2)
"""Learning rates, of which the people for choosing choose one for each row."""

_PLAIN = PersonalGazeConfig(outlier_share=0.0)
ROWS: dict[str, PersonalGazeConfig] = {
    "map": _PLAIN,
    "map_outliers": PersonalGazeConfig(),
    "squared": replace(_PLAIN, power=2),
    "squared_outliers": PersonalGazeConfig(power=2),
    "points": replace(_PLAIN, use="points"),
    "map_points": PersonalGazeConfig(use="both"),
}
"""Model names and how each is trained: on free viewing by map loss or its square, without and with outlier removal; on
points; on both in one loss."""


class PersonTrial:
    """One person's features and targets, computed once: fine-tuning leaves what is below the head alone.

    Args:
        frames: All of this person's frames.
        network: The estimator trained on others.
    """

    def __init__(self, frames: GazeFrames, network: Any) -> None:  # Any: a GazeEstimator
        device = next(network.parameters()).device
        self.name = frames.people[int(frames.used["person"][0])]
        self._head: GazeHead = network.head
        self._features_ND = features_of(network, frames)
        self._targets = Targets([frames], device)
        self._session_N = frames.used["session"]
        self._has_map_N = frames.used["map"] >= 0
        self.sessions: list[int] = np.unique(self._session_N).tolist()
        if len(self.sessions) <= N_HELD_OUT:
            raise DatasetIncomplete(
                f"{frames.source}: {self.name} has {len(self.sessions)} sessions; more than {N_HELD_OUT} are needed"
            )
        held_out = np.isin(self._session_N, self.sessions[-N_HELD_OUT:])
        self._tested_T = torch.from_numpy(np.nonzero(held_out & ~self._has_map_N)[0]).to(device)

    @property
    def n_tested(self) -> int:
        """Frames that are scored."""
        return len(self._tested_T)

    def error_cm(self, head: GazeHead) -> float:
        """Mean distance at the points of the sessions kept apart."""
        with torch.inference_mode():
            predicted = head(self._features_ND[self._tested_T])
            way = predicted - self._targets.point_N2[self._tested_T]
        return float(way.norm(dim=1).mean())

    def over_epochs_cm(self, config: PersonalGazeConfig, n_sessions: int, seed: int) -> list[float]:
        """Error after each epoch, personalised on the first sessions; the first is before."""
        sessions = self.sessions[:-N_HELD_OUT][:n_sessions]
        after = [self._after(replace(config, epochs=n), sessions, seed) for n in range(1, config.epochs + 1)]
        return [self.before_cm(), *after]

    def before_cm(self) -> float:
        """Error of the estimator as it is."""
        return self.error_cm(self._head)

    def after_cm(self, config: PersonalGazeConfig, n_sessions: int, seed: int) -> float:
        """Mean error after personalising on each of the sets of that many neighbouring sessions, which share none."""
        usable = self.sessions[:-N_HELD_OUT]
        starts = range(0, len(usable) - n_sessions + 1, n_sessions)
        return float(np.mean([self._after(config, usable[first : first + n_sessions], seed) for first in starts]))

    def _after(self, config: PersonalGazeConfig, sessions: list[int], seed: int) -> float:
        chosen = np.isin(self._session_N, sessions)
        if config.use != "both":
            chosen &= self._has_map_N == (config.use == "views")
        index = torch.from_numpy(np.nonzero(chosen)[0]).to(self._features_ND.device)
        head = GazeHead(self._head.hidden.in_features).to(self._features_ND.device)
        head.load_state_dict(self._head.state_dict())
        with TemporaryDirectory() as folder:
            run = RunFolder(Path(folder), {}, resume=False, writes=False)
            fit_head(head, self._features_ND[index], self._targets.part(index), config, run, seed)
        return self.error_cm(head)


def evaluate_personalising(
    model: Path,
    data: GazeFrames,
    *,
    sessions: Sequence[int] = (1, 2, 4, 8),
    n_choosing: int = 4,
    seed: int = 0,
    epochs: int = 0,
    device: torch.device | None = None,
) -> Json:
    """Score every row of `ROWS` on people whom the estimator has not seen.

    Args:
        model: Run or weights of the estimator trained on many.
        data: People with sessions of points and free viewing.
        sessions: Numbers of sessions to personalise on.
        n_choosing: The first people choose each row's learning rate, at the largest number of sessions, and are not
            scored.
        seed: Of batches and intervals.
        epochs: Also the error after each of so many epochs, on all sessions that are not scored; 0 leaves it out.
        device: Where it is computed.

    Returns:
        A document as RESULTS/results.json holds it: `m` is the number of sessions, 0 before personalising.

    Raises:
        DatasetIncomplete: Too few people or sessions.
        SettingsError: Data that the estimator was trained on.
    """
    network, checkpoint = load_estimator(model)
    network = network.to(device or torch.device("cpu"))
    require_unseen_people(checkpoint, data)
    trials = [PersonTrial(data.only([name]), network) for name in data.people_in_use]
    choosing, scored = trials[:n_choosing], trials[n_choosing:]
    if not scored:
        raise DatasetIncomplete(f"{data.source}: {len(trials)} people, more than --choosing {n_choosing} are needed")
    most = max(sessions)
    if any(len(trial.sessions) - N_HELD_OUT < most for trial in trials):
        raise DatasetIncomplete(
            f"{data.source}: somebody has fewer than {most} + {N_HELD_OUT} sessions; pass fewer as --m"
        )
    rates = (
        {
            name: min(RATES, key=lambda rate: _mean(choosing, replace(row, learning_rate=rate), most, seed))
            for name, row in ROWS.items()
        }
        if choosing
        else {name: row.learning_rate for name, row in ROWS.items()}
    )
    table: dict[tuple[str, int], NDArray[np.float64]] = {(BEFORE, 0): np.array([trial.before_cm() for trial in scored])}
    for name, row in ROWS.items():
        config = replace(row, learning_rate=rates[name])
        for m in sessions:
            table[name, m] = np.array([trial.after_cm(config, m, seed) for trial in scored])
    curves = {
        name: np.mean(
            [
                trial.over_epochs_cm(replace(row, learning_rate=rates[name], epochs=epochs), most, seed)
                for trial in scored
            ],
            axis=0,
        )
        for name, row in ROWS.items()
        if epochs
    }
    return {
        "schema": 1,
        "protocol": "gaze",
        "dataset": data.source,
        "rows": [
            {
                "model": name,
                "usm": "",
                "m": m,
                "observer": trial.name,
                "metric": METRIC,
                "value": round(float(value), 4),
                "n_images": trial.n_tested,
            }
            for (name, m), values in table.items()
            for trial, value in zip(scored, values, strict=True)
        ],
        "summary": [_summary(name, m, values, table[BEFORE, 0], seed) for (name, m), values in table.items()],
        "epochs": {name: [round(float(v), 4) for v in curve] for name, curve in curves.items()},
        "average_saliency": _cropped(data.average_saliency()),
        "meta": {
            "n_people": len(scored),
            "n_people_choosing": len(choosing),
            "n_points_each": scored[0].n_tested,
            "learning_rates": rates,
            "epochs": _PLAIN.epochs,
            "batch": _PLAIN.batch,
            "seed": seed,
            "model_sha256": checkpoint.sha256,
            "data_sha256": data.sha256,
            "trained_on": [entry.get("source") for entry in checkpoint.provenance.get("data", [])],
        },
    }


def errors_by_device(model: Path, data: GazeFrames, *, seed: int = 0) -> Json:
    """Error of an estimator as it is at points, by the kind of screen (the layout of the paper's Table 1).

    Args:
        model: Run or weights.
        data: People that it has not seen.
        seed: Of intervals, which resample people.

    Raises:
        SettingsError: Data that the estimator was trained on.
    """
    network, checkpoint = load_estimator(model)
    require_unseen_people(checkpoint, data)
    points = data.with_points()
    rows: list[Json] = []
    summary = []
    for device in points.devices:
        part = points.of_device(device)
        values = []
        for person in part.people_in_use:
            own = part.only([person])
            values.append(float(errors_cm(network, own).mean()))
            rows.append(
                {
                    "model": BEFORE,
                    "usm": device,
                    "m": 0,
                    "observer": person,
                    "metric": METRIC,
                    "value": round(values[-1], 4),
                    "n_images": len(own.index),
                }
            )
        if values:
            entry = _summary(BEFORE, 0, np.array(values), np.array(values), seed)
            summary.append({**entry, "usm": device, "n_people": len(values)})
    return {
        "schema": 1,
        "protocol": "gaze-devices",
        "dataset": data.source,
        "rows": rows,
        "summary": summary,
        "meta": {"model_sha256": checkpoint.sha256, "data_sha256": data.sha256, "seed": seed},
    }


def _cropped(share: NDArray[np.float64]) -> Json:
    """Cells in which anything was salient, with the place of the first one, cm from the camera."""
    rows, columns = np.nonzero(share.any(axis=1))[0], np.nonzero(share.any(axis=0))[0]
    if not len(rows):
        return {}
    part = share[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return {
        "left_cm": round(float(columns[0]) * CELL_CM - MAP_REACH_CM, 2),
        "top_cm": round(float(rows[0]) * CELL_CM - MAP_REACH_CM, 2),
        "cell_cm": CELL_CM,
        "share": np.round(part, 3).tolist(),
    }


def _mean(trials: list[PersonTrial], config: PersonalGazeConfig, m: int, seed: int) -> float:
    return float(np.mean([trial.after_cm(config, m, seed) for trial in trials]))


def _summary(name: str, m: int, values: NDArray[np.float64], before: NDArray[np.float64], seed: int) -> Json:
    low, high = interval(values[:, None], seed)
    entry: Json = {
        "model": name,
        "usm": "",
        "m": m,
        "metric": METRIC,
        "mean": round(float(values.mean()), 4),
        "sd": round(float(values.std(ddof=1)), 4) if len(values) > 1 else 0.0,
        "ci95": [round(float(low), 4), round(float(high), 4)],
    }
    if name != BEFORE:
        change = values - before
        entry["vs"] = {
            "model": BEFORE,
            "delta": round(float(change.mean()), 4),
            "n_better": int((change < 0).sum()),
            "share": round(float(change.mean() / before.mean()), 4),
        }
    return entry
