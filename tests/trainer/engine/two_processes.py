"""What each process of tests/trainer/test_distributed.py does: train every network, stop one training, resume it.

torchrun --nproc-per-node 2 tests/trainer/two_processes.py DATA OUT
"""

import os
import signal
import sys
from pathlib import Path

import torch

from trainer.__main__ import main
from trainer.engine.distributed import joined
from trainer.engine.runs import RunFolder

SMALL = {
    "embedding": (
        "m=2",
        "batch=24",
        "widths=4,4,8,8",
        "dropout=0.1",
        "precision=float32",
    ),
    "personal": ("batch=4", "widths=8,8,8", "m_min=1", "m_max=4", "precision=float32"),
}
"""The paper's networks as small as the others."""


def train(task, data, out, n_steps, *more, preset="tiny"):
    settings = [f"steps={n_steps}", *(SMALL[task] if preset == "paper" else ())]
    common = ["--preset", preset, "--device", "cpu", *(f"--set={text}" for text in settings)]
    return main(["train", task, "--data", str(data), "-o", str(out), *common, *more])


def train_all(data, out, n_steps):
    """Universal network, both embeddings and both personal networks; every step is logged."""
    RunFolder.log_every = 1
    codes = [train("universal", data, out / "universal", n_steps)]
    universal = ("--universal", str(out / "universal"))
    for name, preset in (("posterior", "tiny"), ("siamese", "paper")):
        codes.append(train("embedding", data, out / name, n_steps, *universal, preset=preset))
    for name, source, preset in (("basis", "posterior", "tiny"), ("paper", "siamese", "paper")):
        more = ("--embedding", str(out / source), *universal)
        codes.append(train("personal", data, out / name, n_steps, *more, preset=preset))
    return codes


def stop_and_resume(data, out, n_steps):
    """Ctrl-C reaches the second process alone, half-way; both must stop there."""
    clip, n = torch.nn.utils.clip_grad_norm_, 0

    def clip_and_interrupt(*args, **kwargs):
        nonlocal n
        n += 1
        if n == n_steps // 2 and os.environ["RANK"] == "1":
            signal.raise_signal(signal.SIGINT)
        return clip(*args, **kwargs)

    torch.nn.utils.clip_grad_norm_ = clip_and_interrupt
    stopped = train("embedding", data, out / "resumed", n_steps, preset="paper")
    torch.nn.utils.clip_grad_norm_ = clip
    resumed = train("embedding", data, out / "resumed", n_steps, "--resume", preset="paper")
    return [stopped - 1, resumed]


if __name__ == "__main__":
    data, out, n_steps = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    with joined(torch.device("cpu")):
        codes = [*train_all(data, out, n_steps), *stop_and_resume(data, out, n_steps)]
    sys.exit(any(codes))
