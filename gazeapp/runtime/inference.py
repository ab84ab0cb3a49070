"""The inference of a run: the networks, and the one thread in which they answer."""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gazeapp.errors import GazeAppError
from gazeapp.runtime.earlier_pairs import ViewedPair
from gazeapp.runtime.enrolment import EarlierPair, EnrolmentEngine, EnrolmentProgress
from gazeapp.runtime.latest_request_worker import LatestRequestWorker
from gazeapp.runtime.snapshot import InferenceRequest, InferenceResult
from gazeapp.runtime.stimulus_selection import most_informative
from gazeapp.saliency.maps import resize_map
from gazeapp.store.embedding import UserEmbedding
from gazeapp.types import Image

if TYPE_CHECKING:
    from gazeapp.networks.universal_models import Universal, UniversalChoice

Density = NDArray[np.float32]

MAP_WH = (160, 120)
"""The networks' resolution: maps that are only compared need no more."""
MAX_CANDIDATES = 150
"""Images among which the next is chosen: they are looked at before the first question, a quarter of a second each."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsInUse:
    """Which networks answer."""

    name: str
    sha256: str
    """SHA-256 of the embedding and personal networks together."""
    universal_name: str
    universal_sha256: str
    sigma_deg: float


class Inference:
    """Owns every network: loads, warms up and uses them in one thread, and hands the answers on.

    Args:
        weights: Folder of weights; None takes the shipped ones.
        known: The person's embedding from an earlier session, for one that does not enrol.
        earlier: What earlier sessions taught, for one that does: the embedding goes on from there.
        expected: Images whose universal maps are computed before the first question, as (stimulus, pixels): those
            among which the next image is to be chosen.
        universal: Another universal model than the one among the weights.
        name_of: File name of a stimulus, for universal maps that are read from a folder.
        is_off: Load nothing and answer nothing.
        inline: Load now and answer before `ask` returns, as fast as the machine can: virtual time. Else the processor
            is left to windows and tracker.

    Raises:
        CheckpointError: Inline, the weights cannot be loaded.
    """

    def __init__(
        self,
        weights: Path | None,
        *,
        known: UserEmbedding | None = None,
        earlier: Sequence[ViewedPair] = (),
        expected: Callable[[], Iterable[tuple[str, Image]]] = tuple,
        universal: UniversalChoice | None = None,
        name_of: Callable[[str], str] = str,
        is_off: bool = False,
        inline: bool = False,
    ) -> None:
        self.on_result: Callable[[InferenceResult], None] = lambda _result: None
        """Takes each result, in the inference thread; when inline, before `ask` returns. Set before the first `ask`."""
        self._weights = weights
        self._universal = universal
        self._name_of = name_of
        self._known = known
        self._earlier = earlier
        self._expected = expected
        self._steps_back = not inline
        self._is_off = is_off
        self._universals: dict[str, Density] = {}
        self._engine: EnrolmentEngine | None = None
        self._in_use: WeightsInUse | None = None
        self._error: GazeAppError | None = None
        self._is_loaded, self._is_settled = threading.Event(), threading.Event()
        self._failures: list[str] = []
        self._lost: Callable[[], str] = str
        """Why the GPU is used no more."""
        self._lock = threading.Lock()
        self._worker = LatestRequestWorker(
            self._answer,
            lambda result: self.on_result(result),
            on_error=lambda request, error: self.note_failure(request.trial, error),
            prepare=self._prepare,
            inline=inline,
        )
        if inline:
            self.wait(0.0)

    def ask(self, request: InferenceRequest) -> None:
        """Have a request answered; from any thread."""
        if not self._is_off:
            self._worker.submit(request)

    @property
    def n_waiting(self) -> int:
        """Requests that nobody answers yet."""
        return self._worker.n_waiting

    @property
    def failures(self) -> tuple[str, ...]:
        """What could not be answered at all, and that a GPU failed, in words."""
        with self._lock:
            found = list(dict.fromkeys(self._failures))
        if lost := self._lost():
            found.append(f"the GPU is lost or out of memory; the networks went on with the CPU: {lost}")
        return tuple(found)

    def drain(self, timeout_s: float | None = None) -> bool:
        """Wait until everything is answered."""
        return self._worker.drain(timeout_s)

    def close(self) -> None:
        """Answer the finals that wait and end the thread."""
        self._worker.close()

    def _prepare(self) -> None:
        """Weights that are missing, damaged, foreign, or others than those that made `known` are told by `wait`, and
        by each question's failure, in the words of the CheckpointError.
        """
        try:
            if not self._is_off:
                self._load()
        except GazeAppError as error:
            self._error = error
        finally:
            self._is_loaded.set()
            self._is_settled.set()

    def _load(self) -> None:
        from gazeapp.networks.torch_setup import preload_torch

        preload_torch()  # else importing it would stop windows and tracker for half a second
        if self._steps_back:
            from gazeapp.networks.torch_setup import limit_threads

            limit_threads()
        from gazeapp.networks.predictors import Predictors

        networks = Predictors.load(self._weights)
        self._lost = lambda: networks.placement.lost
        if self._known is not None:
            self._known.require_model(networks.sha256, where="the participant's embedding")
        # the first call allocates and chooses kernels: not while the first image waits
        networks.universal(np.zeros((120, 160, 3), np.uint8))
        self._is_loaded.set()
        other = self._load_other()
        self._in_use = WeightsInUse(
            name=networks.name,
            sha256=networks.sha256,
            sigma_deg=networks.sigma_deg,
            universal_name=other.name if other else networks.universal_name,
            universal_sha256=other.sha256 if other else networks.universal_sha256,
        )
        engine = EnrolmentEngine(
            networks,
            embedding=self._known,
            universal=None if other is None else lambda i, image: other(image, self._name_of(i)),
        )
        engine.recall(self._read_earlier())
        for stimulus_id, image_rgb in itertools.islice(self._expected(), MAX_CANDIDATES):
            # small: a choice compares all of them while the participant waits
            universal = engine.universal(stimulus_id, image_rgb)
            self._universals[stimulus_id] = resize_map(universal, MAP_WH)
        self._engine = engine

    def _read_earlier(self) -> Iterator[EarlierPair]:
        for pair in self._earlier:
            try:
                image_rgb = pair.image_rgb()
            except GazeAppError as error:  # that image teaches nothing any more; the others do
                _log.warning("an image of an earlier session cannot be read: %s", error.message)
                continue
            yield image_rgb, pair.points_px, pair.px_per_deg, pair.durations_s, pair.stimulus_id

    def _load_other(self) -> Universal | None:
        """The universal model that was chosen, where it is not the one among the weights."""
        from gazeapp.networks.universal_models import UniversalChoice, load_universal

        if self._universal is None or self._universal == UniversalChoice():
            return None
        return load_universal(self._universal)

    def wait_loaded(self, timeout_s: float) -> bool:
        """Wait until PyTorch is imported and the shipped networks have answered once, or could not: importing holds the
        interpreter lock, and on a busy machine no other thread would get on for a second or two. A session records
        nothing before that is over.

        Returns:
            Whether it is.
        """
        return self._is_loaded.wait(timeout_s)

    def wait(self, timeout_s: float) -> None:
        """Wait until the networks are loaded.

        Raises:
            CheckpointError: They could not be loaded.
        """
        self._is_settled.wait(timeout_s)
        if self._error is not None:
            raise self._error

    def _answer(self, request: InferenceRequest) -> InferenceResult:
        if self._error is not None:
            raise self._error
        assert self._engine is not None, "preparing comes first"
        return self._engine(request)

    def most_informative(self, left: Sequence[str], shown: Sequence[str]) -> str:
        """Which image to show next; the first one where nothing is known about them yet."""
        candidates = {i: self._universals[i] for i in left if i in self._universals}
        if not candidates:
            return left[0]
        return most_informative(candidates, [self._universals[i] for i in shown if i in self._universals])

    @property
    def in_use(self) -> WeightsInUse | None:
        """The weights; None before they are loaded."""
        return self._in_use

    @property
    def progress(self) -> EnrolmentProgress | None:
        """What is known about the person; None before the networks are loaded."""
        return self._engine.progress if self._engine is not None else None

    def note_failure(self, trial: int, error: Exception) -> None:
        """An exposure cannot be asked about, or was asked about in vain; from any thread."""
        with self._lock:
            is_new = str(error) not in self._failures
            self._failures.append(str(error))
        if is_new:
            _log.warning("inference for exposure %d failed: %s", trial, error)
