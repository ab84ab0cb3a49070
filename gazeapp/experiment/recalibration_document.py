"""A proposed correction as JSON: as `gazeapp recalibrate` prints it, and as a session keeps one that was applied."""

from __future__ import annotations

import math
from typing import Any

from gazeapp.experiment.findings import describe_recalibration
from gazeapp.experiment.recalibration import Recalibration, mean_accuracy_deg
from gazeapp.saliency.alignment import Alignment
from gazeapp.store.quality_text import quality_json


def recalibration_json(proposal: Recalibration) -> dict[str, Any]:  # Any: JSON values
    """A proposal as files keep it, with its finding in words."""
    document = {"finding": describe_recalibration(proposal), **_alignment_json(proposal.alignment)}
    if proposal.alignment is not proposal.from_images:
        document["from_images_alone"] = _alignment_json(proposal.from_images)
    if proposal.before is not None and proposal.after is not None:
        document["validation"] = {
            "accuracy_before_deg": mean_accuracy_deg(proposal.before),
            "accuracy_after_deg": mean_accuracy_deg(proposal.after),
            "before": quality_json(proposal.before),
            "after": quality_json(proposal.after),
            "from_images_alone": _alignment_json(proposal.from_images),
        }
    return document


def _alignment_json(found: Alignment) -> dict[str, Any]:  # Any: JSON values
    return {
        "kind": found.kind,
        "told": found.told.value,
        "supported": found.is_supported,
        "shift_deg": found.shift_deg.tolist(),
        "shift_ci95_deg": found.shift_ci_deg.tolist(),
        "expected_gain_deg": found.expected_gain_deg,
        "probability_better": found.probability_better,
        "follows_images_z": found.follows_z if math.isfinite(found.follows_z) else None,
        "n_images": found.n_images,
        "n_fixations": found.n_fixations,
        "deformations": [
            {
                "kind": one.kind,
                "supported": one.is_supported,
                "coefficients_deg": one.coefficients.tolist(),
                "held_out_nats": one.held_out_nats,
                "held_out_z": one.held_out_z,
                "expected_gain_deg": one.expected_gain_deg,
            }
            for one in found.deformations
        ],
    }
