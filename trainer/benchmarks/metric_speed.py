"""Speed of scoring batches of maps beside pysaliency, on the same maps in one run.

Shape legend: B maps, H W rows and columns, N fixations of a map.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

from gazeapp.errors import SettingsError
from gazeapp.saliency.maps import fixation_density
from trainer.benchmarks import pysaliency_peer
from trainer.benchmarks.pysaliency_peer import median_s
from trainer.evaluation.metrics import evaluate_maps, pack_fixations


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkFigure:
    """One figure beside its peer's."""

    name: str
    unit: str
    value: float
    peer: str
    peer_value: float | None
    """None where the peer was not asked."""
    share: float | None = None
    """Share of the arithmetic that a large matrix product reaches on this device, in its format; None for scoring."""
    largest_difference: float | None = None
    """Between the scores that were timed and the peer's, over all maps; None for training."""
    is_extrapolated: bool = False
    """Whether the figure is a time of steps that were measured, times the number of steps there would be."""

    @property
    def ratio(self) -> float | None:
        """How many times faster than the peer."""
        if not self.peer_value:
            return None
        is_duration = not self.unit.endswith("/s")
        return self.peer_value / self.value if is_duration else self.value / self.peer_value


METRICS = ("cc", "sim", "kld", "auc", "auc_judd", "nss", "ig")
_N_FIXATIONS = 12
_UNIFORM = 0.01
"""Share of uniform mass: information gain needs maps that are positive everywhere."""
_PATIENCE_S = 600.0
"""For the peer to import, compile and score."""


def measure_metrics(
    device: torch.device,
    *,
    n_maps: int,
    size_wh: tuple[int, int],
    seconds: float,
    pysaliency: Path | None = None,
    clock: str = "wall",
) -> list[BenchmarkFigure]:
    """Each metric of a batch of maps, and all of them together, of float32 maps as evaluations have them.

    Args:
        device: Where batches are scored.
        n_maps: In the batch.
        size_wh: Of the maps.
        seconds: Length of each measurement.
        pysaliency: Interpreter that has pysaliency; it scores the same maps in float64, on the processor.
        clock: Of `pysaliency_peer.CLOCKS`.

    Raises:
        SettingsError: The interpreter does not run, or lacks pysaliency.
    """
    rng = np.random.default_rng(0)
    looked = [rng.uniform(0, 1, (_N_FIXATIONS, 2)) * size_wh for _ in range(n_maps)]
    seen = [rng.uniform(0, 1, (_N_FIXATIONS, 2)) * size_wh for _ in range(n_maps)]
    truth = np.stack([_density(points, size_wh, 0.03) for points in looked])
    maps = np.stack([_density(points, size_wh, 0.1) for points in seen])
    baseline_HW = _density(np.concatenate(seen), size_wh, 0.2)
    maps_BHW = torch.from_numpy(maps).float().to(device)
    truth_BHW = torch.from_numpy(truth).float().to(device)
    baseline_BHW = torch.from_numpy(baseline_HW).float().to(device).expand_as(maps_BHW)

    def batched(metrics: tuple[str, ...]) -> dict[str, Any]:
        found = evaluate_maps(
            maps_BHW,
            truth_BHW=truth_BHW,
            baseline_BHW=baseline_BHW,
            metrics=metrics,
            fixations=pack_fixations(looked, size_wh),
        )
        return {name: values.cpu().numpy() for name, values in found.items()}

    where = f"{n_maps} maps of {size_wh[0]}x{size_wh[1]}"
    all_rate = n_maps / median_s(lambda: batched(METRICS), seconds, clock)
    peer: dict[str, dict[str, Any]] = {}
    if pysaliency is not None:
        peer = _ask(pysaliency, maps, truth, baseline_HW, np.stack(looked), seconds / len(METRICS), clock)
    values = batched(METRICS)
    differences = {
        name: float(np.abs(values[name] - np.array(theirs["values"])).max()) for name, theirs in peer.items()
    }
    total = sum(1 / theirs["maps_per_s"] for theirs in peer.values())
    rows = [
        BenchmarkFigure(
            name=f"{len(METRICS)} metrics, {where}",
            unit="maps/s",
            value=all_rate,
            peer="pysaliency",
            peer_value=1 / total if peer else None,
            largest_difference=max(differences.values(), default=None),
        )
    ]
    for name in METRICS:
        rate = n_maps / median_s(lambda name=name: batched((name,)), seconds / len(METRICS), clock)  # type: ignore[misc]
        rows.append(
            BenchmarkFigure(
                name=f"{name}, {where}",
                unit="maps/s",
                value=rate,
                peer="pysaliency",
                peer_value=peer[name]["maps_per_s"] if peer else None,
                largest_difference=differences.get(name),
            )
        )
    return rows


def _density(points: Any, size_wh: tuple[int, int], sigma: float) -> Any:
    """(H, W) of positive values summing to 1, float64; sigma as a share of the width."""
    width, height = size_wh
    density = fixation_density(points, size_wh, sigma * width).astype(np.float64)
    return (1 - _UNIFORM) * density / density.sum() + _UNIFORM / (width * height)


def _ask(
    python: Path,
    maps_BHW: Any,
    truth_BHW: Any,
    baseline_HW: Any,
    points_BN2: Any,
    seconds: float,
    clock: str,
) -> dict[str, dict[str, Any]]:
    """What `pysaliency_peer` says under another interpreter."""
    script = Path(pysaliency_peer.__file__).read_text(encoding="utf-8")
    # as many threads as ours
    threads = {"OMP_NUM_THREADS": str(torch.get_num_threads())}
    with TemporaryDirectory() as name:
        path = Path(name) / "maps.npz"
        np.savez(path, maps_BHW=maps_BHW, truth_BHW=truth_BHW, baseline_HW=baseline_HW, points_BN2=points_BN2)
        print("bench: pysaliency", file=sys.stderr, flush=True)
        try:
            # from its standard input: run as a file, its folder's modules would hide pysaliency's
            answer = subprocess.run(
                [python.absolute(), "-", str(path), str(seconds), clock],
                input=script,
                cwd=name,
                timeout=_PATIENCE_S,
                capture_output=True,
                text=True,
                encoding="utf-8",
                check=True,
                env={**os.environ, **threads},
            )
            return dict(json.loads(answer.stdout))
        except subprocess.CalledProcessError as error:
            last = (error.stderr.strip().splitlines() or ["no message"])[-1]
            raise SettingsError(
                f"--pysaliency {python}: {last}; see tests/benchmarks/peers/README.md for an environment that has it",
                key="pysaliency",
            ) from error
        except (OSError, subprocess.TimeoutExpired, ValueError) as error:
            raise SettingsError(f"--pysaliency {python}: does not answer ({error})", key="pysaliency") from error
