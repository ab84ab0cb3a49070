"""What each process of tests/trainer/test_distributed.py does: train every network, stop one training, resume it.

torchrun --nproc-per-node 2 tests/trainer/two_processes.py DATA OUT
"""

import os
import signal
import sys
from pathlib import Path

import torch

from trainer.__main__ import main
from trainer.distributed import joined
from trainer.runs import Run


def train(task, data, out, n_steps, *more):
    tiny = ["--preset", "tiny", "--device", "cpu", "--set", f"steps={n_steps}"]
    return main(["train", task, "--data", str(data), "-o", str(out), *tiny, *more])


def train_all(data, out, n_steps):
    """Universal, embedding (all three losses) and both personal networks; every step is logged."""
    Run.log_every = 1
    codes = [train("universal", data, out / "universal", n_steps)]
    for loss in ("identity", "contrastive", "triplet"):
        few = ("--set", "m=2", "--set", "batch=24") if loss == "triplet" else ()
        codes.append(train("embedding", data, out / loss, n_steps, "--set", f"loss={loss}", *few))
    for architecture in ("personal_log", "personal_paper"):
        source = ("--embedding", str(out / "identity"), "--set", f"architecture={architecture}")
        codes.append(train("personal", data, out / architecture, n_steps, *source))
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
    stopped = train("embedding", data, out / "resumed", n_steps)
    torch.nn.utils.clip_grad_norm_ = clip
    return [stopped - 1, train("embedding", data, out / "resumed", n_steps, "--resume")]


if __name__ == "__main__":
    data, out, n_steps = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    with joined(torch.device("cpu")):
        codes = [*train_all(data, out, n_steps), *stop_and_resume(data, out, n_steps)]
    sys.exit(any(codes))
