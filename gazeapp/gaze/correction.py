"""Gaze corrections per eye: shift, affine, second order; robust fits and what they leave unexplained."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from gazeapp.errors import FitDidNotConverge, NotEnoughData
from gazeapp.gaze.display import Display, Points
from gazeapp.gaze.samples import GazeSamples
from gazeapp.types import Floats

CorrectionKind = Literal["identity", "shift", "affine", "second_order"]
KINDS: tuple[CorrectionKind, ...] = ("identity", "shift", "affine", "second_order")
UsedEyes = Literal["both", "left", "right"]
USED_EYES: tuple[UsedEyes, ...] = ("both", "left", "right")
_N_TERMS = 6  # 1, x, y, x², xy, y²
_FREE_TERMS = {"shift": 1, "affine": 3, "second_order": 6}
_ORDER = {"identity": 1, "shift": 1, "affine": 1, "second_order": 2}
_SPREAD_FLOOR_PX = 0.05
IDENTITY = np.array([[0.0, 1, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0]])


def needed_targets(kind: CorrectionKind) -> int:
    """How many different targets a fit of this kind needs at least."""
    return _FREE_TERMS.get(kind, 0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Correction:
    """Moves each eye's gaze by a polynomial of its place; gaze of a single or cyclopean source is the left eye's.

    Convention: x' = c₀ + c₁x + c₂y + c₃x² + c₄xy + c₅y² in display pixels, likewise y'; terms that a kind does not
    have keep their identity values.
    """

    kind: CorrectionKind
    left: Floats
    """(2, 6) coefficients of x' and y'."""
    right: Floats
    eye: UsedEyes = "both"
    """Whose gaze counts where there are two: the other eye's becomes missing."""

    def __post_init__(self) -> None:
        for name in ("left", "right"):
            array = np.array(getattr(self, name), dtype=np.float64)
            if array.shape != (2, _N_TERMS) or not np.isfinite(array).all():
                raise ValueError(f"{name} must be 2 rows of {_N_TERMS} finite coefficients")
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {self.kind!r}")
        if self.eye not in USED_EYES:
            raise ValueError(f"eye must be one of {', '.join(USED_EYES)}, got {self.eye!r}")

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Correction)
            and self.kind == other.kind
            and self.eye == other.eye
            and np.array_equal(self.left, other.left)
            and np.array_equal(self.right, other.right)
        )

    def __hash__(self) -> int:
        return hash((self.kind, self.eye, self.left.tobytes(), self.right.tobytes()))

    @classmethod
    def identity(cls, eye: UsedEyes = "both") -> Correction:
        """Leaves gaze where it is."""
        return cls(kind="identity", left=IDENTITY, right=IDENTITY, eye=eye)

    @classmethod
    def shift(cls, left_px: ArrayLike, right_px: ArrayLike | None = None) -> Correction:
        """Moves the left eye's gaze by (dx, dy), and the right one's by its own or the same."""
        return cls.identity().shifted(left_px, right_px)

    def shifted(self, left_px: ArrayLike, right_px: ArrayLike | None = None) -> Correction:
        """The same correction followed by a shift in display pixels: what a drift check adds."""
        left, right = self.left.copy(), self.right.copy()
        left[:, 0] += np.asarray(left_px, dtype=np.float64)
        right[:, 0] += np.asarray(left_px if right_px is None else right_px, dtype=np.float64)
        kind: CorrectionKind = "shift" if self.kind == "identity" else self.kind
        return replace(self, kind=kind, left=left, right=right)

    def then(self, later: Correction) -> Correction:
        """Follow it by another correction; ValueError where both bend gaze, which no polynomial here holds."""
        if later.is_identity:
            return self
        order = _ORDER[self.kind] * _ORDER[later.kind]
        if order > 2:
            raise ValueError(f"a {self.kind} correction cannot be followed by a {later.kind} one")
        places = np.array([(x, y) for y in (0.0, 1.0, 2.0) for x in (0.0, 1.0, 2.0)])
        eyes = []
        for first, second in ((self.left, later.left), (self.right, later.right)):
            moved = _polynomial(second, _polynomial(first, 1000 * places))
            found = np.linalg.lstsq(_terms(places), moved, rcond=None)[0].T
            eyes.append(found / np.array([1.0, 1e3, 1e3, 1e6, 1e6, 1e6]))
        kind: CorrectionKind = "second_order" if order == 2 else "affine"
        if "affine" not in (self.kind, later.kind) and order == 1:
            kind = "shift"
        return replace(self, kind=kind, left=eyes[0], right=eyes[1])

    @property
    def is_identity(self) -> bool:
        """Whether gaze stays where it is, and all of it counts."""
        is_still = np.array_equal(self.left, IDENTITY) and np.array_equal(self.right, IDENTITY)
        return bool(is_still and self.eye == "both")

    def correct_left(self, points_px: ArrayLike) -> Points:
        """(…, 2) uncorrected points of the left eye → corrected ones; NaN stays NaN."""
        return _polynomial(self.left, points_px)

    def correct_right(self, points_px: ArrayLike) -> Points:
        """The same for the right eye."""
        return _polynomial(self.right, points_px)

    def apply(self, samples: GazeSamples) -> GazeSamples:
        """Samples with corrected gaze; everything else stays as it was recorded."""
        if self.is_identity:
            return samples
        moved = replace(
            samples, left_px=self.correct_left(samples.left_px), right_px=self.correct_right(samples.right_px)
        )
        if self.eye == "both" or samples.eyes != "binocular":
            return moved
        missing, invalid = np.full((len(samples), 2), np.nan), np.zeros(len(samples), dtype=bool)
        if self.eye == "left":
            return replace(moved, right_px=missing, right_valid=invalid)
        return replace(moved, left_px=missing, left_valid=invalid)

    def to_json(self) -> dict[str, Any]:  # Any: JSON values
        """As it is stored; `from_json` is exact."""
        document = {"kind": self.kind, "left": self.left.tolist(), "right": self.right.tolist()}
        return document if self.eye == "both" else {**document, "eye": self.eye}

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Correction:
        """Inverse of `to_json`; ValueError or KeyError for anything else."""
        return cls(
            kind=document["kind"],
            left=np.array(document["left"], dtype=np.float64),
            right=np.array(document["right"], dtype=np.float64),
            eye=document.get("eye", "both"),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CorrectionFit:
    """A fitted correction and how far gaze stays from the targets; rows are those of the call, NaN where unknown."""

    correction: Correction
    left_residual_deg: Floats
    """(N,) visual angle between the corrected gaze and its target."""
    right_residual_deg: Floats
    left_left_out_deg: Floats
    """(N,) the same when the target was left out of the fit: an honest estimate of accuracy."""
    right_left_out_deg: Floats
    left_weight: Floats
    """(N,) 0 to 1: how much the robust fit believed each row."""
    right_weight: Floats
    fitted_eyes: tuple[str, ...]
    """"left", "right": eyes with enough targets; another eye keeps its gaze as it is."""

    @property
    def mean_left_out_deg(self) -> float:
        """Mean over both eyes and all rows; NaN when no target could be left out."""
        values = np.concatenate([self.left_left_out_deg, self.right_left_out_deg])
        known = values[np.isfinite(values)]
        return float(known.mean()) if len(known) else float("nan")


def fit_correction(
    kind: CorrectionKind,
    left_px: ArrayLike,
    right_px: ArrayLike,
    target_px: ArrayLike,
    display: Display,
) -> CorrectionFit:
    """Fit a correction that brings gaze to the targets.

    The fit is robust: rows far from what the others say lose their influence (Tukey's biweight after a start
    by least absolute distances). Several rows may belong to one target; targets are told apart by their place.

    Args:
        kind: What may be corrected.
        left_px: (N, 2) gaze of the left eye (or the only one), NaN where missing.
        right_px: (N, 2) gaze of the right eye, NaN where missing.
        target_px: (N, 2) where the target was.
        display: Geometry, for the residuals.

    Returns:
        The correction with its residuals. An eye with too few targets is left as it is.

    Raises:
        NotEnoughData: No eye has enough targets, or they lie on a line.
        FitDidNotConverge: The corrected gaze is not finite.
    """
    target = np.asarray(target_px, dtype=np.float64).reshape(-1, 2)
    eyes = [np.asarray(eye, dtype=np.float64).reshape(-1, 2) for eye in (left_px, right_px)]
    n = len(target)
    if any(len(eye) != n for eye in eyes):
        raise ValueError(f"gaze and targets need equally many rows, got {[len(e) for e in eyes]} and {n}")
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
    results = [_fit_eye(kind, eye, target, display) for eye in eyes]
    if kind != "identity" and not any(result.fitted for result in results):
        n_targets = max(_n_targets(eye, target) for eye in eyes)
        raise NotEnoughData(
            f"a {kind.replace('_', '-')} correction needs valid gaze at {needed_targets(kind)} targets that do not "
            f"lie on a line, got {n_targets}; show more targets or choose a simpler correction",
            found=n_targets,
            needed=needed_targets(kind),
        )
    left, right = results
    return CorrectionFit(
        correction=Correction(kind=kind, left=left.coefficients, right=right.coefficients),
        left_residual_deg=left.residual,
        right_residual_deg=right.residual,
        left_left_out_deg=left.left_out,
        right_left_out_deg=right.left_out,
        left_weight=left.weight,
        right_weight=right.weight,
        fitted_eyes=tuple(name for name, result in (("left", left), ("right", right)) if result.fitted),
    )


@dataclass(frozen=True, slots=True)
class _EyeFit:
    coefficients: Floats
    residual: Floats
    left_out: Floats
    weight: Floats
    fitted: bool


def _fit_eye(kind: CorrectionKind, gaze: Points, target: Points, display: Display) -> _EyeFit:
    n = len(gaze)
    usable = np.isfinite(gaze).all(axis=1) & np.isfinite(target).all(axis=1)
    residual, left_out, weight = np.full(n, np.nan), np.full(n, np.nan), np.zeros(n)
    if kind == "identity":
        residual[usable] = display.angle_deg(gaze[usable], target[usable])
        believed = np.where(usable, 1.0, 0.0)
        return _EyeFit(IDENTITY, residual, residual, believed, fitted=bool(usable.any()))
    found = _robust_fit(kind, gaze[usable], target[usable])
    if found is None:
        return _EyeFit(IDENTITY, residual, left_out, weight, fitted=False)
    coefficients, weight[usable] = found
    residual[usable] = display.angle_deg(_polynomial(coefficients, gaze[usable]), target[usable])
    for place in np.unique(target[usable], axis=0):
        here = usable & (target == place).all(axis=1)
        others = usable & ~here
        without = _robust_fit(kind, gaze[others], target[others])
        if without is not None:
            left_out[here] = display.angle_deg(_polynomial(without[0], gaze[here]), target[here])
    return _EyeFit(coefficients, residual, left_out, weight, fitted=True)


def _robust_fit(kind: CorrectionKind, gaze: Points, target: Points) -> tuple[Floats, Floats] | None:
    """(2, 6) coefficients and (N,) weights; None when there is too little to fit."""
    if len(np.unique(target, axis=0)) < needed_targets(kind):
        return None
    centre, scale = gaze.mean(axis=0), max(float(gaze.std()), 1.0)
    terms = _terms((gaze - centre) / scale)[:, : _FREE_TERMS[kind]]
    # a shift leaves x and y themselves as they are: fit what is to be added
    known = gaze if kind == "shift" else np.zeros_like(gaze)
    if np.linalg.matrix_rank(terms, tol=1e-3 * np.sqrt(len(terms))) < terms.shape[1]:
        return None
    wanted = target - known
    n, n_terms = terms.shape
    weight: Floats = np.ones(n)
    solution: Floats = np.zeros((n_terms, 2))
    # least absolute distances first; they pass through about as many rows as there are terms, so that the middle of
    # the other rows tells the spread. Of a Rayleigh distribution the median is 1.18 sigma; the floor is for exact data
    rank = min(n - 1, (n + n_terms) // 2)
    for _ in range(30):
        solution = _weighted(terms, wanted, weight)
        distance = _lengths(wanted - terms @ solution)
        sigma = max(float(np.sort(distance)[rank]) / 1.177, _SPREAD_FLOOR_PX)
        weight = 0.5 * sigma / np.maximum(distance, 0.5 * sigma)
    for _ in range(50):
        weight = np.square(np.maximum(1 - np.square(distance / (5.0 * sigma)), 0.0))
        if np.linalg.matrix_rank(terms[weight > 1e-3], tol=1e-3) < n_terms:
            weight = np.ones(n)  # all but too few rows were doubted: believe all alike
            solution = _weighted(terms, wanted, weight)
            break
        before, solution = solution, _weighted(terms, wanted, weight)
        distance = _lengths(wanted - terms @ solution)
        if np.abs(solution - before).max() < 1e-9:
            break
    if not np.isfinite(solution).all():
        raise FitDidNotConverge("no correction brings this gaze to the targets; calibrate again")
    return _raw_coefficients(kind, solution, centre, scale), weight


def _lengths(vectors: Floats) -> Floats:
    lengths: Floats = np.sqrt(np.sum(np.square(vectors), axis=1))
    return lengths


def _weighted(terms: Floats, wanted: Floats, weight: Floats) -> Floats:
    root: Floats = np.sqrt(weight)[:, None]
    solution: Floats = np.asarray(np.linalg.lstsq(terms * root, wanted * root, rcond=None)[0], np.float64)
    return solution


def _raw_coefficients(kind: CorrectionKind, solution: Floats, centre: Floats, scale: float) -> Floats:
    """Coefficients for raw pixels from those for (p - centre) / scale."""
    if kind == "shift":
        coefficients = IDENTITY.copy()
        coefficients[:, 0] = solution[0]
        return coefficients
    a = np.zeros((_N_TERMS, 2))
    a[: len(solution)] = solution
    a[1:3] /= scale
    a[3:] /= scale * scale
    cx, cy = centre
    raw = a.copy()
    raw[0] = a[0] - a[1] * cx - a[2] * cy + a[3] * cx * cx + a[4] * cx * cy + a[5] * cy * cy
    raw[1] = a[1] - 2 * a[3] * cx - a[4] * cy
    raw[2] = a[2] - 2 * a[5] * cy - a[4] * cx
    return np.ascontiguousarray(raw.T)


def _terms(points: Points) -> Floats:
    x, y = points[..., 0], points[..., 1]
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)


def _polynomial(coefficients: Floats, points_px: ArrayLike) -> Points:
    # summed term by term: a matrix product may add in another order for other shapes, and then the same sample
    # would be corrected differently in the last bit live and on replay
    points = np.asarray(points_px, dtype=np.float64)
    x, y = points[..., 0], points[..., 1]
    corrected = np.empty_like(points)
    for axis, c in enumerate(coefficients):
        corrected[..., axis] = c[0] + c[1] * x + c[2] * y + c[3] * (x * x) + c[4] * (x * y) + c[5] * (y * y)
    return corrected


def _n_targets(gaze: Points, target: Points) -> int:
    usable = np.isfinite(gaze).all(axis=1) & np.isfinite(target).all(axis=1)
    return len(np.unique(target[usable], axis=0))
