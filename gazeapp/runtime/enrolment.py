"""Learning a person image by image: the answer to each inference request, and when enough is known."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from gazeapp.errors import GazeAppError
from gazeapp.runtime.one_person import MIN_PART, Identity, compare, halves, images_until_sure, judge_identity
from gazeapp.runtime.snapshot import InferenceRequest, InferenceResult
from gazeapp.runtime.stopping_rule import (
    EnoughRule,
    EnrolmentStep,
    certainty_from_spread,
    is_enough,
    predict_images_left,
)
from gazeapp.runtime.viewing_evidence import ViewingEvidence
from gazeapp.saliency.maps import is_inside, normalise, uniform
from gazeapp.store.embedding import UserEmbedding

Density = NDArray[np.float32]
Feature = NDArray[np.float32]

MIN_VIEWING = 1.7
"""Normal deviate below which, after the least number of images, gaze is called no viewing (5 % one-sided)."""
EarlierPair = tuple[NDArray[np.uint8], NDArray[np.float64], float, NDArray[np.float64], str]
"""(H, W, 3) image, (N, 2) fixations px, its pixels per degree, (N,) durations s, stimulus."""
_GOES_ON = (Identity.ONE, Identity.OPEN)
"""With two people, no number of images is ever enough."""
EARLIER = -1
"""Trial of the step that stands for earlier sessions."""
UNIVERSAL_CACHE_SIZE = 64
"""Maps kept so that the requests of one trial, and repeats, compute them once: 64 of 1920×1080 are 0.5 GB."""


class EnrolmentNetworks(Protocol):
    """What the engine needs of the networks; `gazeapp.networks.predictors.Predictors` has it."""

    def universal(self, image_rgb: NDArray[np.uint8]) -> Density:
        """(H, W, 3) → (H, W) density."""
        ...

    def encode(
        self,
        image_rgb: NDArray[np.uint8],
        fixations_px: NDArray[np.float64],
        px_per_deg: float,
        universal: Density | None = None,
        durations_s: NDArray[np.float64] | None = None,
    ) -> Feature:
        """(image, fixations) → feature of one pair."""
        ...

    def combine(self, features: Sequence[Feature]) -> UserEmbedding:
        """Features of the pairs → embedding."""
        ...

    def personal(self, image_rgb: NDArray[np.uint8], universal: Density, embedding: UserEmbedding) -> Density:
        """(image, universal map, embedding) → (H, W) density."""
        ...


@runtime_checkable
class TellsCertainty(Protocol):
    """Networks with a posterior; `gazeapp.networks.predictors.Predictors` is one."""

    def certainty(self, features: Sequence[Feature]) -> float | None:
        """Expected cosine between the embedding of these pairs and where it would settle; None: cannot tell."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentProgress:
    """How well the person is known so far."""

    history: tuple[EnrolmentStep, ...]
    embedding: UserEmbedding | None
    is_enough: bool
    identity: Identity
    """Whose gaze it is; told over the latest images."""
    images_left: int | None
    """Prediction of how many more images the rule needs; 0 when it is met, None before it can be told."""

    @property
    def n_pairs(self) -> int:
        """Pairs the embedding rests on."""
        return self.history[-1].n_pairs if self.history else 0

    @property
    def n_earlier(self) -> int:
        """Pairs from earlier sessions among them."""
        return self.history[0].n_pairs if self.history and self.history[0].trial == EARLIER else 0


class EnrolmentEngine:
    """Answers inference requests, and keeps what was learnt about the person.

    Only final requests teach: a pair counts once, when its trial is over, so that live and repeated sessions agree.
    The personal map of an image is always predicted *before* its own gaze is learnt; during enrolment, too, it is a
    prediction that the person's gaze can then be held against. Not thread-safe but for `progress`: it belongs to the
    inference worker.

    Args:
        networks: The models, or functions that stand for them.
        rule: When enough is known.
        pairs: Features from earlier sessions, oldest first, to go on from; `recall` learns from their images instead.
        embedding: Of an earlier session, where only the vector is known: used until the first pair is learnt.
        universal: (stimulus, pixels) to the universal density, where another model than that of `networks` is in use.
    """

    def __init__(
        self,
        networks: EnrolmentNetworks,
        *,
        rule: EnoughRule | None = None,
        pairs: Sequence[Feature] = (),
        embedding: UserEmbedding | None = None,
        universal: Callable[[str, NDArray[np.uint8]], Density] | None = None,
    ) -> None:
        self._networks = networks
        self._predict_universal = universal or (lambda _id, image: networks.universal(image))
        self._rule = rule or EnoughRule()
        # trials count from 0: what earlier sessions taught comes before
        self._features: OrderedDict[int, Feature] = OrderedDict((-1 - n, feature) for n, feature in enumerate(pairs))
        self._before = embedding
        """What today's pairs are held against where no earlier pair is at hand."""
        self._embedding = networks.combine(list(pairs)) if pairs else embedding
        self._universal: OrderedDict[str, Density] = OrderedDict()
        self._evidence = ViewingEvidence()
        self._personal: tuple[str, UserEmbedding, Density] | None = None
        self._history: list[EnrolmentStep] = [self._earlier()] if pairs else []
        self._progress = self._describe()

    @property
    def progress(self) -> EnrolmentProgress:
        """How well the person is known; a frozen value, readable from any thread."""
        return self._progress

    def recall(self, pairs: Iterable[EarlierPair]) -> None:
        """Learn what earlier sessions taught, oldest first, before the first question."""
        for image_rgb, points_px, px_per_deg, durations_s, stimulus_id in pairs:
            universal = self.universal(stimulus_id, image_rgb)
            feature = np.asarray(self._networks.encode(image_rgb, points_px, px_per_deg, universal, durations_s))
            if np.isfinite(feature).all():
                self._features[-1_000_000 + len(self._features)] = _frozen(feature)
                self._evidence.add(universal, points_px)
        if self._features:
            self._embedding = self._networks.combine(list(self._features.values()))
            self._history = [self._earlier()]
            self._progress = self._describe()

    @property
    def features(self) -> tuple[Feature, ...]:
        """Feature of every pair learnt, in order."""
        return tuple(self._features.values())

    def __call__(self, request: InferenceRequest) -> InferenceResult:
        """Answer one request; trouble is told in the result's `error`, and a pair that failed is not learnt."""
        begin_s = time.perf_counter()
        error = ""
        personal: Density | None = None
        predicted_with = self._embedding
        height, width = request.image_rgb.shape[:2]
        universal = uniform((width, height))  # knowing nothing, should the network fail
        try:
            universal = self.universal(request.stimulus_id, request.image_rgb)
            if self._embedding is not None:
                personal = self._predict(request, universal, self._embedding)
            if request.enrol and request.final:
                self._learn(request, universal)
        except (GazeAppError, ValueError, ArithmeticError, RuntimeError) as failure:
            # RuntimeError is what torch raises for memory and shapes
            error = f"{type(failure).__name__}: {failure}"
        return InferenceResult(
            number=request.number,
            trial=request.trial,
            stimulus_id=request.stimulus_id,
            universal=universal,
            personal=personal,
            discrepancy=None if personal is None else _frozen(personal - universal),
            embedding=self._embedding,
            final=request.final,
            elapsed_s=time.perf_counter() - begin_s,
            error=error,
            predicted_with=None if personal is None else predicted_with,
        )

    def universal(self, stimulus_id: str, image_rgb: NDArray[np.uint8]) -> Density:
        """(H, W) universal density of a stimulus, computed once while it is remembered."""
        found = self._universal.get(stimulus_id)
        if found is None:
            found = _frozen(self._predict_universal(stimulus_id, image_rgb))
            self._universal[stimulus_id] = found
            if len(self._universal) > UNIVERSAL_CACHE_SIZE:
                self._universal.popitem(last=False)
        else:
            self._universal.move_to_end(stimulus_id)
        return found

    def _predict(self, request: InferenceRequest, universal: Density, embedding: UserEmbedding) -> Density:
        # requests of one trial ask for the same map until something is learnt
        if self._personal is not None:
            stimulus_id, known, personal = self._personal
            if stimulus_id == request.stimulus_id and known is embedding:
                return personal
        personal = _frozen(normalise(self._networks.personal(request.image_rgb, universal, embedding)))
        self._personal = (request.stimulus_id, embedding, personal)
        return personal

    def _learn(self, request: InferenceRequest, universal: Density) -> None:
        height, width = request.image_rgb.shape[:2]
        inside = is_inside(request.fixations_px, (width, height))
        on_image = request.fixations_px[inside]
        if len(on_image) == 0:
            return  # a person who looked away said nothing about this image
        feature = np.asarray(
            self._networks.encode(
                request.image_rgb,
                on_image,
                request.px_per_deg,
                universal,
                request.durations_s[inside],
            )
        )
        if not np.isfinite(feature).all():
            raise ArithmeticError(f"the encoder returned a feature that is not finite for trial {request.trial}")
        before = self._embedding
        self._evidence.add(universal, on_image)
        self._features[request.trial] = _frozen(feature)
        features = list(self._features.values())
        self._embedding = self._networks.combine(features)
        self._history.append(
            EnrolmentStep(
                trial=request.trial,
                n_pairs=self._embedding.n_pairs,
                n_fixations=len(on_image),
                spread=self._embedding.spread,
                **self._agreement(features),
                moved=math.nan if before is None else 1.0 - _cosine(before, self._embedding),
                viewing=self._evidence.z(),
            )
        )
        self._progress = self._describe()

    def _earlier(self) -> EnrolmentStep:
        """What earlier sessions left, as the step before the first."""
        assert self._embedding is not None, "there are pairs"
        return EnrolmentStep(
            trial=EARLIER,
            n_pairs=self._embedding.n_pairs,
            n_fixations=0,
            spread=self._embedding.spread,
            **self._agreement(list(self._features.values())),
            moved=math.nan,
            viewing=self._evidence.z(),
        )

    def _agreement(self, features: Sequence[Feature]) -> dict[str, float]:
        """Fields of a step: how well halves agree, and whether they are one person's."""
        combine = self._networks.combine
        cuts = [(combine(a), combine(b)) for a, b in halves(features)] if len(features) >= MIN_PART else []
        can_tell = cuts if len(features) >= 2 * MIN_PART else []
        return {
            "halves": min((_cosine(a, b) for a, b in cuts), default=math.nan),
            "one_person": compare(self._networks, can_tell, otherwise=math.nan),
            **self._beside_earlier(),
            "certainty": self._certainty(features),
        }

    def _beside_earlier(self) -> dict[str, float]:
        """Fields of a step: today's pairs beside all earlier ones, and beside each half of them."""
        combine = self._networks.combine
        today = [feature for trial, feature in self._features.items() if trial >= 0]
        earlier = [feature for trial, feature in self._features.items() if trial < 0]
        before = combine(earlier) if len(earlier) >= MIN_PART else self._before
        if before is None:
            return {}
        if len(today) < MIN_PART:
            # networks that cannot tell are not asked later either
            return {"as_before": compare(self._networks, (), otherwise=math.nan)}
        now = combine(today)
        parts = [part for cut in halves(earlier) for part in cut] if len(earlier) >= 2 * MIN_PART else []
        return {
            "as_before": compare(self._networks, [(before, now)], otherwise=math.nan),
            "as_each_part": compare(self._networks, [(combine(part), now) for part in parts], otherwise=math.inf),
        }

    def _certainty(self, features: Sequence[Feature]) -> float:
        assert self._embedding is not None, "there are pairs"
        if isinstance(self._networks, TellsCertainty):
            told = self._networks.certainty(features)
            if told is not None:
                return told
        return certainty_from_spread(self._embedding.spread, self._embedding.n_pairs)

    def _describe(self) -> EnrolmentProgress:
        history = tuple(self._history)
        rule = self._rule
        identity = judge_identity(history)
        enough = bool(history) and is_enough(history[-1], rule) and identity is Identity.ONE
        images_left = 0 if enough else _images_left(history, rule) if identity in _GOES_ON else None
        return EnrolmentProgress(
            history=history,
            embedding=self._embedding,
            is_enough=enough,
            identity=identity,
            images_left=images_left,
        )


def _images_left(history: Sequence[EnrolmentStep], rule: EnoughRule) -> int | None:
    settled, sure = predict_images_left(history, rule), images_until_sure(history)
    return None if settled is None or sure is None else max(settled, sure)


def is_no_viewing(step: EnrolmentStep) -> bool:
    """Whether gaze so far has nothing to do with the images: a resting or wandering pointer, eyes elsewhere."""
    return step.n_pairs >= EnoughRule().min_pairs and not step.viewing >= MIN_VIEWING


def _cosine(a: UserEmbedding, b: UserEmbedding) -> float:
    lengths = float(np.linalg.norm(a.vector) * np.linalg.norm(b.vector))
    return float(np.dot(a.vector, b.vector)) / lengths if lengths > 0 else 0.0


def _frozen(array: NDArray[np.float32]) -> NDArray[np.float32]:
    kept = np.array(array, dtype=np.float32)
    kept.setflags(write=False)
    return kept
