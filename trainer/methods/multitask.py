"""Training of the multi-task network, and of new tasks for people it has not met.

Shape legend: B pairs of one observer, O observers, H W map grid rows and columns.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from gazeapp.errors import SettingsError
from gazeapp.networks.checkpoint import build_network, save_checkpoint
from gazeapp.networks.multitask import MultiTaskNetwork
from trainer.data.tensors import TensorDataset
from trainer.engine.configs import MultiTaskConfig
from trainer.engine.loop import Values, fit
from trainer.engine.losses import build_optimizer, cosine, parameter_groups
from trainer.engine.runs import RunFolder
from trainer.methods.checkpoints import load_weights
from trainer.methods.multicnn import mean_square_sums, observer_errors, observer_names, observer_slices


def train_multitask(
    data: list[TensorDataset],
    start: Path | None,
    config: MultiTaskConfig,
    run: RunFolder,
    seed: int,
    device: torch.device,
) -> None:
    """Train the shared convolutions and a task per observer, or only new tasks on the shared convolutions of `start`.

    Args:
        data: Every observer of every data set gets a task.
        start: Run or weights of a multi-task network; its shared convolutions stay as they are.
        config: Steps and rates.
        run: Where the checkpoint goes.
        seed: Of weights and batches.
        device: Where it is computed.

    Raises:
        SettingsError: `config` asks for other inputs than `start` has.
    """
    slices = observer_slices(data)
    torch.manual_seed(seed)
    if start is None:
        peak = float(np.mean([part.usm_peak() for part in data]))
        model = MultiTaskNetwork(
            n_observers=slices[-1].stop,
            universal=config.universal,
            usm_peak=peak,
            widths=config.widths,
        )
    else:
        trained = build_network(load_weights(start, "multitask"), start)
        assert isinstance(trained, MultiTaskNetwork)
        if trained.universal != config.universal:
            raise SettingsError(
                f"--set universal={str(config.universal).lower()}: the network of {start} was trained otherwise",
                key="universal",
            )
        model = trained.for_new_observers(slices[-1].stop)
        model.shared.requires_grad_(requires_grad=False)
    arguments = {
        "n_observers": model.n_observers,
        "widths": model.widths,
        "universal": model.universal,
        "usm_peak": model.usm_peak,
    }
    model.to(device)
    groups = parameter_groups(model, config.weight_decay)
    for group in groups:
        group["params"] = [p for p in group["params"] if p.requires_grad]
    optimizer = build_optimizer(groups, config.optimizer, config.learning_rate)
    weight = np.array([part.n_images * part.n_observers for part in data], dtype=float)

    def step_loss(_step: int, rng: np.random.Generator) -> tuple[Tensor, Values]:
        k = int(rng.choice(len(data), p=weight / weight.sum()))
        per_observer = max(1, round(config.batch / data[k].n_observers))
        maps, error_TO, square_O = observer_errors(model, data[k], slices[k], config, rng, per_observer)
        explained = 1 - error_TO[-1].detach().mean() / square_O.mean().clamp_min(1e-12)
        # squared error summed over cells and halved, averaged over the batch: what Caffe calls the Euclidean loss, to
        # which the paper's learning rate belongs
        cells = maps[-1].shape[-2] * maps[-1].shape[-1]
        watched_TO = error_TO if config.middle else error_TO[-1:]
        return watched_TO.mean(dim=1).sum() * cells / 2, {"explained": explained}

    fit(
        model,
        optimizer,
        step_loss,
        run=run,
        n_steps=config.steps,
        seed=seed,
        learning_rate=cosine(config.learning_rate, config.steps, warm_up=config.steps // 20)
        if config.schedule == "cosine"
        else lambda _step: config.learning_rate,
        label="multitask",
    )
    save_checkpoint(
        run.weights_path,
        architecture="multitask",
        config=arguments,
        tensors=model.state_dict(),
        provenance={
            **run.settings,
            "usm_peak": model.usm_peak,
            "observers": observer_names(data),
            "preset_values": asdict(config),
        },
    )


def adapt_task(
    network: MultiTaskNetwork,
    image_BCHW: Tensor,
    usm_BHW: Tensor,
    psm_BHW: Tensor,
    *,
    steps: int = 40,
    learning_rate: float = 3e-4,
    weight_decay: float = 5e-4,
) -> MultiTaskNetwork:
    """A network with one new task, trained on a new observer's support images; the shared part stays as it is.

    The new task starts as the average of the known ones, so that few images do no harm. All images make one batch: what
    the shared convolutions say of them is computed once.

    Args:
        network: Trained.
        image_BCHW: RGB in [-1, 1] of the support images, of the map's size.
        usm_BHW: Their universal maps, without the observer.
        psm_BHW: The observer's maps, maximum 1.
        steps: Of gradient descent over all support images.
        learning_rate: Of SGD with momentum .9, for the squared error summed over cells and halved.
        weight_decay: Of kernels and biases.
    """
    # an evaluation predicts without gradients; this is where it learns
    with torch.inference_mode(False), torch.enable_grad():
        new = network.for_new_observers(1).to(image_BCHW.device)
        optimizer = torch.optim.SGD(new.task_parameters(), lr=learning_rate, momentum=0.9, weight_decay=weight_decay)
        with torch.no_grad():
            shared_BOCHW = new.shared_features(image_BCHW[:, None], usm_BHW[:, None])
            delta_BOHW = (psm_BHW - usm_BHW if new.universal else psm_BHW)[:, None]
        for _ in range(steps):
            maps = new.task_maps(shared_BOCHW)
            error_TO, _square_O = mean_square_sums(maps, delta_BOHW)
            loss = error_TO.sum() * (maps[-1].shape[-2] * maps[-1].shape[-1] / 2)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
            optimizer.step()
    return new.eval()
