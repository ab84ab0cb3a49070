"""How far DeepGaze IIE lies from stored outputs of the published code, both with weights made from the tensors' names.

    python -m tests.benchmarks.deepgaze_equality -o trainer/results/deepgaze_equality

`peers/deepgaze_values.py` made the outputs: log densities at some places of five images, of each backbone and of all.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from gazeapp.networks.deepgaze.model import DeepGazeIIE
from tests.networks.generated_weights import (
    N_COMPONENTS,
    SIZES_WH,
    generated_centre,
    generated_image,
    generated_state,
    places,
)

GOLDEN = Path(__file__).parents[1] / "golden" / "deepgaze2e.npz"


def build():
    """The network with weights made from the tensors' names."""
    with torch.device("meta"):
        built = DeepGazeIIE(n_components=N_COMPONENTS)
    built.load_state_dict(generated_state(built.state_dict()), assign=True)
    return built.eval().requires_grad_(False)


def answers(network, size_wh):
    """(5, places) log densities of each backbone and of all together."""
    image = torch.from_numpy(generated_image(size_wh)).permute(2, 0, 1)[None].float()
    centre = torch.from_numpy(generated_centre(size_wh))[None]
    with torch.inference_mode():
        each = network.each_backbone(image, centre)[0]
    whole = each.logsumexp(dim=0, keepdim=True) - np.log(len(each))
    rows, columns = places(size_wh)
    return torch.cat([each, whole]).numpy()[:, rows, columns]


def published(size_wh):
    """(5, places) the stored ones."""
    with np.load(GOLDEN) as stored:
        return stored["{}x{}".format(*size_wh)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--out", type=Path, required=True)
    args = parser.parse_args()
    network, summary = build(), []
    for size_wh in SIZES_WH:
        theirs = published(size_wh)
        apart = np.abs(answers(network, size_wh) - theirs).max(axis=1)
        for name, nat, span in zip([*network.names, "all"], apart.tolist(), np.ptp(theirs, axis=1), strict=True):
            row = {"size": "{}x{}".format(*size_wh), "network": name, "apart_nat": nat, "span_nat": float(span)}
            summary.append(row)
            print(row, flush=True)
    document = {
        "schema": 1,
        "protocol": "deepgaze-equality",
        "dataset": "generated images and weights",
        "rows": [],
        "summary": summary,
        "meta": {"n_places": int(published(SIZES_WH[0]).shape[1]), "torch": torch.__version__},
    }
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "results.json").write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
