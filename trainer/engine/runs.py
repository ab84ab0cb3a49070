"""A RUN folder: what was asked, how it went, where to go on, and the finished weights. Writes are atomic."""

from __future__ import annotations

import json
import shutil
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from gazeapp.errors import AlreadyExists, CheckpointError, SettingsError
from gazeapp.store.new_file import write_whole
from trainer.engine.distributed import is_first, said_by_first

WEIGHTS = "weights.safetensors"
_STATE = "state.safetensors"
_CONFIG = "run.json"
_METRICS = "metrics.jsonl"


class RunFolder:
    """One run folder, opened for training.

    Args:
        folder: Made where absent.
        settings: Everything that decides the result: task, configuration, seed, data hashes, exclusions.
        resume: Go on from the folder's checkpoint, which must come from the same settings.
        writes: False in all processes of a training but the first: they read its checkpoint, and what they write goes
            to a folder that is thrown away.

    Raises:
        AlreadyExists: The folder holds a run and `resume` is false.
        SettingsError: Resuming with other settings.
    """

    log_every = 10
    """Steps between two lines of metrics."""

    def __init__(
        self, folder: Path, settings: Mapping[str, Any], *, resume: bool, writes: bool = True
    ) -> None:  # Any: JSON values
        self.folder = folder
        self.writes = writes
        self.last_step = 0
        """Step of the last state that was saved."""
        self.settings: dict[str, Any] = json.loads(json.dumps(dict(settings)))
        path = folder / _CONFIG
        self._is_new = False
        if not writes:
            self._thrown_away = Path(mkdtemp())
            weakref.finalize(self, shutil.rmtree, self._thrown_away, ignore_errors=True)
        elif path.is_file():
            if not resume:
                raise AlreadyExists(f"{folder}: holds a run already; pass --resume, or another -o")
            stored = read_settings(folder)
            for key in sorted(set(stored) | set(self.settings)):
                if stored.get(key) != self.settings.get(key):
                    raise SettingsError(
                        f"{folder}: --resume with another {key} ({self.settings.get(key)!r} now, "
                        f"{stored.get(key)!r} then) would not give the same result",
                        key=key,
                    )
        else:
            self._is_new = True
            folder.mkdir(parents=True, exist_ok=True)
            write_whole(path, (json.dumps(self.settings, indent=1) + "\n").encode())

    @property
    def weights_path(self) -> Path:
        """Where the finished weights go."""
        return (self.folder if self.writes else self._thrown_away) / WEIGHTS

    def discard_if_empty(self) -> None:
        """Take back what this start wrote, unless there is a state or a result; it would block the next command."""
        if not self._is_new or (self.folder / _STATE).is_file() or self.weights_path.is_file():
            return
        for path in [self.folder / _CONFIG, self.folder / _METRICS, *self.folder.glob("events.out.*")]:
            path.unlink(missing_ok=True)
        with suppress(OSError):  # other things lie there
            self.folder.rmdir()

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """Append one line to the metrics."""
        if not self.writes:
            return
        with (self.folder / _METRICS).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, **{k: round(v, 6) for k, v in values.items()}}) + "\n")

    def save_state(self, step: int, tensors: Mapping[str, Tensor]) -> None:
        """Write the state after `step` steps."""
        self.last_step = step
        if not self.writes:
            return
        content = save({k: v.detach().cpu().contiguous() for k, v in tensors.items()}, {"step": str(step)})
        write_whole(self.folder / _STATE, content)

    def load_state(self) -> tuple[int, dict[str, Tensor]] | None:
        """The last state, or None; metrics of later steps are dropped, because they will be made again."""
        path = self.folder / _STATE
        if not path.is_file():
            if self.writes:
                (self.folder / _METRICS).unlink(missing_ok=True)
            return None
        try:
            with safe_open(path, framework="pt", device="cpu") as file:
                step = int((file.metadata() or {})["step"])
                tensors = {k: file.get_tensor(k).clone() for k in file.keys()}  # noqa: SIM118
        except (SafetensorError, KeyError, ValueError) as error:
            raise CheckpointError(f"{path}: damaged ({error}); delete the run and train again") from error
        if not self.writes:
            return step, tensors
        self.last_step = step
        kept = [row for row in read_metrics(self.folder) if row["step"] <= step]
        write_whole(self.folder / _METRICS, "".join(json.dumps(row) + "\n" for row in kept).encode())
        return step, tensors


@contextmanager
def opened(folder: Path, settings: Mapping[str, Any], *, resume: bool) -> Iterator[RunFolder]:  # Any: JSON values
    """A run folder for all processes of a training, of which the first writes; a start that fails leaves nothing.

    Raises:
        AlreadyExists, SettingsError: As `RunFolder`.
    """
    failure: Exception | None = None
    if is_first():
        try:
            run = RunFolder(folder, settings, resume=resume)
        except Exception as error:  # raised below, once the others know
            failure = error
    # all fail together: one that went on alone would be out of step with what the others do next
    is_open = said_by_first(float(failure is None)) > 0
    if failure is not None:
        raise failure
    if not is_open:
        raise CheckpointError(f"{folder}: the first process could not open it; it says why")
    if not is_first():
        run = RunFolder(folder, settings, resume=resume, writes=False)
    try:
        yield run
    except BaseException:
        if run.writes:
            run.discard_if_empty()
        raise


def read_settings(folder: Path) -> dict[str, Any]:
    """The settings a run was started with; CheckpointError if the folder holds none."""
    try:
        return dict(json.loads((folder / _CONFIG).read_text(encoding="utf-8")))
    except OSError as error:
        raise CheckpointError(f"{folder}: not a run folder ({error})") from error
    except (ValueError, TypeError) as error:
        raise CheckpointError(
            f"{folder}: its {_CONFIG} is damaged ({error}); delete the run and train again"
        ) from error


def read_metrics(folder: Path) -> list[dict[str, float]]:
    """The logged lines of a run, in order; up to one that was cut off when the run was killed."""
    path = folder / _METRICS
    rows: list[dict[str, float]] = []
    if path.is_file():
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                rows.append(json.loads(line))
            except ValueError:
                break
    return rows


def pack_state(model: nn.Module, optimizer: torch.optim.Optimizer, average: nn.Module | None) -> dict[str, Tensor]:
    """Model, averaged model and optimizer as one flat set of tensors."""
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    if average is not None:
        tensors |= {f"average.{name}": value for name, value in average.state_dict().items()}
    for index, slots in optimizer.state_dict()["state"].items():
        for name, value in slots.items():
            if value is not None:
                tensors[f"optimizer.{index}.{name}"] = torch.as_tensor(value)
    return {name: value.clone() for name, value in tensors.items()}


def unpack_state(
    tensors: Mapping[str, Tensor],
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    average: nn.Module | None,
) -> None:
    """Undo `pack_state`."""

    def part(prefix: str) -> dict[str, Tensor]:
        return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}

    model.load_state_dict(part("model."))
    if average is not None:
        average.load_state_dict(part("average."))
    slots: dict[int, dict[str, Tensor]] = {}
    for name, value in part("optimizer.").items():
        index, _, slot = name.partition(".")
        slots.setdefault(int(index), {})[slot] = value
    optimizer.load_state_dict({"state": slots, "param_groups": optimizer.state_dict()["param_groups"]})
