"""Errors of gaze beyond a shift: stretched, turned or bent over the screen, or drifting over the session.

Each is tried on top of those that hold already, and holds if gaze then tells better which image was on, for images that
it was not fitted to.

Shape legend: N fixations, K coefficients, M images.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from gazeapp.saliency.gaze_evidence import Floats, GazeEvidence

CREDIT = 0.5
"""What a fixation's evidence counts for: fixations on one image depend on each other, and maps are wrong."""
_UNIT_DEG = 10.0
# coefficients are degrees of displacement this far from the screen's centre; of drift, over the whole session
_FOLDS = 5
_HELD_OUT_Z = 3.0
MIN_DEFORMED_IMAGES = 30
"""Of fewer nothing beyond a shift is told: on the people with even numbers a drift was found in ten where none was."""
_MIN_GAIN_DEG = 0.05
_N_DRAWS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """A kind of error: which powers of x, y and time move gaze along which axis, and how much of it to expect."""

    terms: tuple[tuple[int, int, int, int], ...]
    """Axis, and the powers of x, y and time."""
    sd: float
    """Standard deviation of what trackers do to gaze, of each coefficient."""
    habit: float
    """How whole recordings of well calibrated people differ in it: no error of the tracker."""


_KINDS = {
    "scale": _Kind(terms=((0, 1, 0, 0), (1, 0, 1, 0)), sd=0.4, habit=0.2),
    "affine": _Kind(terms=((0, 0, 1, 0), (1, 1, 0, 0)), sd=0.4, habit=0.12),
    "smooth": _Kind(
        terms=((0, 2, 0, 0), (0, 1, 1, 0), (0, 0, 2, 0), (1, 2, 0, 0), (1, 1, 1, 0), (1, 0, 2, 0)), sd=0.3, habit=0.1
    ),
    "drift": _Kind(terms=((0, 0, 0, 1), (1, 0, 0, 1)), sd=0.7, habit=0.2),
}
DEFORMATIONS = tuple(_KINDS)
"""In the order in which they are tried: along each axis; turned and sheared; second order; linear in time."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Deformation:
    """One kind of error beyond the shift, and whether it is there."""

    kind: str
    coefficients: Floats
    """(K,) degrees; shrunk to what is expected to help."""
    centre: Floats
    """(K,) mean of each term over the gaze that was seen: the shift is the mean displacement."""
    middle_s: float
    length_s: float
    """Of the time over which drift was looked for."""
    held_out_nats: float
    """By which gaze tells better which image was on, for images it was not fitted to; all together."""
    held_out_z: float
    """The same in standard errors over images."""
    expected_gain_deg: float
    """Mean error over the gaze that was seen, before minus after."""

    @property
    def is_supported(self) -> bool:
        """Whether it holds on other images and is expected to matter."""
        return self.held_out_z >= _HELD_OUT_Z and self.expected_gain_deg >= _MIN_GAIN_DEG

    def displacement(self, place_deg: Floats, time_s: Floats) -> Floats:
        """(N, 2) to add to gaze at (N, 2) degrees from the screen's centre, beside the shift."""
        terms = _terms(self.kind, place_deg, (time_s - self.middle_s) / self.length_s) - self.centre
        return _moved(terms, _axes(self.kind), self.coefficients)


def fit_deformations(
    gaze: GazeEvidence, shift_deg: Floats, kinds: Sequence[str], rng: np.random.Generator
) -> tuple[Deformation, ...]:
    """Try each kind on top of those that held.

    Args:
        gaze: Everything seen.
        shift_deg: (2,) likeliest shift, from where the fit begins.
        kinds: Of `DEFORMATIONS`.
        rng: For the expected gain.
    """
    if gaze.n_images < MIN_DEFORMED_IMAGES:
        return ()
    first, last = float(gaze.time_s.min()), float(gaze.time_s.max())
    middle, length = (first + last) / 2, (last - first) or 1.0
    found: list[Deformation] = []
    fit = _Fit(gaze, shift_deg)
    before = fit.held_out() if kinds else np.zeros(0)
    for kind in kinds:
        if kind == "drift" and first == last:
            continue
        terms = _terms(kind, gaze.place, (gaze.time_s - middle) / length)
        centre = terms.mean(axis=0)
        model, n = _KINDS[kind], len(centre)
        richer = fit.with_terms(terms - centre, _axes(kind), np.hypot(model.sd, model.habit))
        after = richer.held_out()
        gain = after - before
        likeliest, covariance = richer.posterior()
        # of what is found in the gaze this share is the tracker's; the rest is habit
        share = model.sd**2 / (model.sd**2 + model.habit**2)
        coefficients = share * likeliest[-n:]
        possible = rng.multivariate_normal(
            coefficients, share**2 * covariance[-n:, -n:] + share * model.habit**2 * np.eye(n), size=_N_DRAWS
        )
        result = Deformation(
            kind=kind,
            coefficients=coefficients,
            centre=centre,
            middle_s=middle,
            length_s=length,
            held_out_nats=float(gain.sum()),
            held_out_z=float(gain.sum() / max(np.std(gain, ddof=1) * np.sqrt(len(gain)), 1e-9)),
            expected_gain_deg=_expected_gain(terms - centre, _axes(kind), coefficients, possible),
        )
        found.append(result)
        if result.is_supported:
            fit, before = richer, after
    return tuple(found)


class _Fit:
    """A shift and terms of further displacement, their coefficients under a Gaussian prior around 0."""

    def __init__(self, gaze: GazeEvidence, shift_deg: Floats) -> None:
        self._gaze = gaze
        self._start = np.asarray(shift_deg, dtype=np.float64)
        self._terms = np.ones((len(gaze.own), 2))
        self._axes = np.array([0, 1])
        self._precision = np.zeros(2)

    def with_terms(self, terms: Floats, axes: NDArray[np.intp], sd: float) -> _Fit:
        """The same with (N, K) further terms."""
        richer = _Fit(self._gaze, self._start)
        n = len(axes)
        richer._start = np.append(self._start, np.zeros(n))
        richer._terms = np.hstack([self._terms, terms])
        richer._axes = np.append(self._axes, axes)
        richer._precision = np.append(self._precision, np.full(n, 1 / sd**2))
        return richer

    def held_out(self) -> Floats:
        """(M,) nats of each image's gaze, fitted without the images of its fold."""
        gaze, n = self._gaze, self._gaze.n_images
        fold = np.arange(n) % min(_FOLDS, n)
        total = np.zeros(n)
        for k in range(min(_FOLDS, n)):
            found = self._likeliest(CREDIT * (fold != k)[gaze.own])
            value = gaze.per_fixation(_moved(self._terms, self._axes, found))[0]
            per_image = np.bincount(gaze.own, weights=value, minlength=n)
            total[fold == k] = per_image[fold == k]
        return total

    def posterior(self) -> tuple[Floats, Floats]:
        """(K,) likeliest coefficients, and their (K, K) covariance."""
        found = self._likeliest(np.full(len(self._terms), CREDIT))
        slope = self._gaze.per_fixation(_moved(self._terms, self._axes, found))[1]
        score = self._terms * slope[:, self._axes]
        information = CREDIT * score.T @ score + np.diag(self._precision + 1e-9)
        covariance: Floats = np.asarray(np.linalg.inv(information), dtype=np.float64)
        return found, covariance

    def _likeliest(self, weight: Floats) -> Floats:
        def objective(x: Floats) -> tuple[float, Floats]:
            value, slope = self._gaze.per_fixation(_moved(self._terms, self._axes, x))
            prior = self._precision * x
            by_x = (self._terms * slope[:, self._axes]).T @ weight
            return float(0.5 * prior @ x - weight @ value), prior - by_x

        found = minimize(objective, self._start, jac=True, method="L-BFGS-B", options={"maxiter": 30})
        return np.asarray(found.x, dtype=np.float64)


def _expected_gain(terms: Floats, axes: NDArray[np.intp], chosen: Floats, possible: Floats) -> float:
    """Degrees by which the chosen coefficients lower the mean error, over what is possible."""
    some = terms[:: max(1, len(terms) // 200)]
    own = _moved(some, axes, chosen)
    gain = 0.0
    for true in possible:
        wanted = _moved(some, axes, true)
        gain += float((np.linalg.norm(wanted, axis=1) - np.linalg.norm(wanted - own, axis=1)).mean())
    return gain / len(possible)


def _moved(terms: Floats, axes: NDArray[np.intp], coefficients: Floats) -> Floats:
    """(N, 2) displacements of (N, K) terms, each along its axis."""
    return np.stack([terms[:, axes == axis] @ coefficients[axes == axis] for axis in (0, 1)], axis=1)


def _axes(kind: str) -> NDArray[np.intp]:
    return np.array([axis for axis, *_ in _KINDS[kind].terms])


def _terms(kind: str, place_deg: Floats, time: Floats) -> Floats:
    """(N, K) displacement, along the term's axis, of a coefficient of 1."""
    x, y = (place_deg / _UNIT_DEG).T
    return np.stack([x**a * y**b * time**c for _, a, b, c in _KINDS[kind].terms], axis=1)
