"""Saliency calibrates gaze: how far gaze lies from where people look, and how sure that is.

While images are viewed freely, nobody says where the eye was to look; but on average it is where images are salient.
The shift sought is the one with which gaze tells best which image was on (`gaze_evidence`). Three things would pass for
a shift and are none:

- *Taste for a side.* People differ by a degree in where their gaze lies on average, whatever they see. Where gaze lies
  on all images alike says nothing about which one it was, so this cancels.
- *Habit.* People look at other parts of the same things, and are calibrated differently well: whole recordings differ
  from all others by `HABIT_DEG` on each axis, however many images there are. That much is never taken for an error.
- *Nothing to be told.* Gaze that does not follow the images has a likeliest shift too. It is compared with the
  likeliest shift after the images were exchanged.

The prior expects gaze that is right, with long tails. What is proposed is the mean of what remains possible.

Source:
    The idea is that of Chang et al. (2019), SalGaze. Changed: its distance to the salient set (`loss_map`) finds, on
    OSIE and EyeCrowd with predicted maps, shifts with three times the noise, and .4 degrees up where there are none.
    And the correction is one of any tracker's gaze instead of a network's weights. Figures: trainer/RECALIBRATION.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np
from scipy.ndimage import gaussian_filter, zoom
from scipy.signal import fftconvolve

from gazeapp.saliency.deformation import CREDIT, DEFORMATIONS, Deformation, fit_deformations
from gazeapp.saliency.gaze_evidence import Floats, GazeEvidence, ViewedImage

MIN_IMAGES = 5
MIN_FIXATIONS = 20
MAX_IMAGES = 400
MAX_FIXATIONS = 8000
"""Of more than these a part is used, evenly spread: what is left then is habit."""
MAX_SHIFT_DEG = 5.0
HABIT_DEG = 0.28
"""Standard deviation of people's habits, on each axis."""
_WIDE_HABIT_DEG, _HABIT_PEOPLE = 0.3, 12
# of the habits of twelve people the tails are not known: the interval takes those of a Student distribution with as
# many degrees of freedom, by which the one person in ten who looks elsewhere on everything is held, too
PRIOR_DEG = 0.4
"""Scale of the prior, a Cauchy distribution over the plane: half of all shifts are expected within 1.7 times this."""
SURE = 0.9
"""Probability of an improvement from which a correction is supported ..."""
MIN_GAIN_DEG = 0.1
"""... if it is expected to be this large."""
_TAILS = 3.0
# degrees of freedom of what targets say: a Student distribution over the plane
_FOLLOWS_Z = 3.0
_TOO_WIDE_DEG = 4.0
_N_EXCHANGES = 20
_MAX_TESTED = 200
# fixations looked at for it
_STEP_DEG = 0.25
_STEPS = np.arange(-MAX_SHIFT_DEG, MAX_SHIFT_DEG + _STEP_DEG / 2, _STEP_DEG)
_FINER = 3
_FINE_STEPS = np.linspace(-MAX_SHIFT_DEG, MAX_SHIFT_DEG, _FINER * (len(_STEPS) - 1) + 1)
# evidence is smooth over a degree and computed on steps; what follows from it is read between them
_COARSE_STEPS = np.arange(-MAX_SHIFT_DEG, MAX_SHIFT_DEG + 0.5, 1.0)


class Told(Enum):
    """Whether a correction can be told from the gaze at all."""

    YES = "yes"
    TOO_LITTLE = "too little gaze"
    NOT_THE_IMAGES = "gaze does not follow the images"
    TOO_WIDE = "too many corrections are as likely"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KnownShift:
    """What targets say of the shift: gaze lay off them by minus this."""

    shift_deg: Floats
    """(2,) to add to gaze, right and down."""
    sd_deg: float
    """Its uncertainty on each axis, with what usually happens to gaze until the images. Tails are long: a head that
    moved makes what was known of little worth."""
    time_s: float
    """When the targets were looked at."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Alignment:
    """A proposed correction of gaze, in degrees, and the evidence for it."""

    told: Told
    shift_deg: Floats
    """(2,) to add to gaze, x right and y down: the mean of what is possible; 0 where nothing can be told."""
    shift_ci_deg: Floats
    """(2, 2) interval that holds the shift with 95 %, on each axis, rows low, high; without the prior."""
    expected_gain_deg: float
    """Mean error before minus mean error after the shift, as far as this is known."""
    probability_better: float
    """That gaze is nearer to the truth with the shift than without."""
    follows_z: float
    """How much likelier gaze is on its own images than on exchanged ones, in standard deviations; NaN if not tested."""
    n_images: int
    n_fixations: int
    deformations: tuple[Deformation, ...] = field(default=())
    """What was tried beyond the shift, each with its verdict."""

    @property
    def is_supported(self) -> bool:
        """Whether the shift is expected to improve gaze, and is likely to."""
        return self.told is Told.YES and self.probability_better >= SURE and self.expected_gain_deg >= MIN_GAIN_DEG

    @property
    def kind(self) -> str:
        """`none`, `shift`, or the furthest deformation that is supported."""
        if self.told is not Told.YES:
            return "none"
        supported = [found.kind for found in self.deformations if found.is_supported]
        return supported[-1] if supported else "shift"

    def displacement(self, place_deg: Floats, time_s: Floats) -> Floats:
        """(N, 2) what is supported of the correction, to add to gaze at (N, 2) degrees from the screen's centre."""
        total = np.zeros_like(place_deg)
        if self.is_supported:
            total += self.shift_deg
        for found in self.deformations:
            if found.is_supported:
                total += found.displacement(place_deg, time_s)
        return total


def align(
    images: Sequence[ViewedImage],
    *,
    known: Sequence[KnownShift] = (),
    up_to: str = "drift",
    seed: int = 0,
) -> Alignment:
    """Find how far gaze lies from where people look.

    Args:
        images: What was viewed.
        known: What targets say of the same shift.
        up_to: `shift`, or the last of `DEFORMATIONS` to try.
        seed: For exchanging images and drawing from what is possible.

    Raises:
        ValueError: An unknown `up_to`.
    """
    used = [image for image in images if len(image.fixations)]
    n_fixations = sum(len(image.fixations) for image in used)
    if len(used) < MIN_IMAGES or n_fixations < MIN_FIXATIONS:
        _kinds(up_to)
        return _nothing(Told.TOO_LITTLE, len(used), n_fixations, known)
    if len(used) > MAX_IMAGES:
        used = [used[i] for i in np.linspace(0, len(used) - 1, MAX_IMAGES).astype(int)]
    every = -(-sum(len(image.fixations) for image in used) // MAX_FIXATIONS)
    used = [replace(image, fixations=image.fixations[::every]) for image in used]
    return align_evidence(GazeEvidence(used), known=known, up_to=up_to, seed=seed)


def align_evidence(
    gaze: GazeEvidence, *, known: Sequence[KnownShift] = (), up_to: str = "drift", seed: int = 0
) -> Alignment:
    """`align` of evidence at hand, whatever its amount."""
    kinds = _kinds(up_to)
    n_images, n_fixations = gaze.n_images, len(gaze.own)
    rng = np.random.default_rng(seed)
    follows_z = _follows(gaze, rng)
    if not follows_z >= _FOLLOWS_Z:
        return _nothing(Told.NOT_THE_IMAGES, n_images, n_fixations, known, follows_z)
    posterior = _Posterior(CREDIT * gaze.over_shifts(_STEPS), known)
    if (posterior.interval()[1] - posterior.interval()[0] > _TOO_WIDE_DEG).any():
        return _nothing(Told.TOO_WIDE, n_images, n_fixations, known, follows_z)
    return Alignment(
        told=Told.YES,
        shift_deg=posterior.mean(),
        shift_ci_deg=posterior.interval(),
        expected_gain_deg=posterior.gain(),
        probability_better=posterior.probability_better(),
        follows_z=follows_z,
        n_images=n_images,
        n_fixations=n_fixations,
        deformations=fit_deformations(gaze, posterior.likeliest, kinds, rng),
    )


def _kinds(up_to: str) -> tuple[str, ...]:
    """The deformations to try."""
    if up_to == "shift":
        return ()
    if up_to not in DEFORMATIONS:
        raise ValueError(f"up_to must be shift, {', '.join(DEFORMATIONS)}, got {up_to!r}")
    return DEFORMATIONS[: DEFORMATIONS.index(up_to) + 1]


class _Posterior:
    """What is possible of the shift, on a grid.

    Args:
        log_evidence: (G, G) nats; of the shift and the habit together. Zeros: no gaze was seen.
        known: What targets say, of the shift alone.
    """

    def __init__(self, log_evidence: Floats, known: Sequence[KnownShift]) -> None:
        evidence = zoom(log_evidence, len(_FINE_STEPS) / len(_STEPS), order=3, mode="nearest", grid_mode=False)
        self._x, self._y = np.meshgrid(_FINE_STEPS, _FINE_STEPS)
        likelihood = np.exp(evidence - evidence.max())
        row, column = np.unravel_index(int(likelihood.argmax()), likelihood.shape)
        self.likeliest: Floats = np.array([_FINE_STEPS[column], _FINE_STEPS[row]])
        """(2,) of the evidence alone, with habit."""
        self._step = float(_FINE_STEPS[1] - _FINE_STEPS[0])
        targets = np.zeros_like(self._x)
        for shift in known:
            square = np.square(self._x - shift.shift_deg[0]) + np.square(self._y - shift.shift_deg[1])
            targets -= (_TAILS + 2) / 2 * np.log1p(square / (_TAILS * shift.sd_deg**2))
        without_habit = gaussian_filter(likelihood, HABIT_DEG / self._step, mode="nearest", truncate=6.0)
        self._p = _shares(np.log(without_habit + 1e-300) + targets - _penalty(self._x, self._y))
        self._seen = _shares(np.log(self._widely(likelihood) + 1e-300) + targets)

    def _widely(self, likelihood: Floats) -> Floats:
        """The evidence less a habit of which the tails are not known."""
        square = np.square(self._x) + np.square(self._y)
        habit = _shares(-(_HABIT_PEOPLE + 2) / 2 * np.log1p(square / (_HABIT_PEOPLE * _WIDE_HABIT_DEG**2)))
        margin = len(_FINE_STEPS) // 2
        wide = np.pad(likelihood, margin, mode="edge")
        found = fftconvolve(wide, habit, mode="same")[margin:-margin, margin:-margin]
        return np.asarray(np.clip(found, 0.0, None), np.float64)

    def mean(self) -> Floats:
        """(2,) degrees."""
        return np.array([(self._p * self._x).sum(), (self._p * self._y).sum()])

    def interval(self) -> Floats:
        """(2, 2) 95 %, rows low, high, without the prior: it holds a large shift as often as a small one."""
        edges = np.append(_FINE_STEPS - self._step / 2, _FINE_STEPS[-1] + self._step / 2)
        along = [np.append(0.0, self._seen.sum(axis=axis).cumsum()) for axis in (0, 1)]
        return np.stack([np.interp((0.025, 0.975), share, edges) for share in along], axis=1)

    def gain(self) -> float:
        """Degrees by which the mean shift is expected to lower the error."""
        before, after = self._errors()
        return float((self._p * (before - after)).sum())

    def probability_better(self) -> float:
        """That the mean shift is nearer to the truth than none."""
        before, after = self._errors()
        return float(self._p[after < before].sum())

    def _errors(self) -> tuple[Floats, Floats]:
        x, y = self.mean()
        return np.hypot(self._x, self._y), np.hypot(self._x - x, self._y - y)


def _shares(log_p: Floats) -> Floats:
    """Probabilities that sum to 1."""
    p = np.exp(log_p - log_p.max())
    shares: Floats = p / p.sum()
    return shares


def _penalty(x: Floats, y: Floats) -> Floats:
    """Minus the log prior: Cauchy over the plane."""
    penalty: Floats = 1.5 * np.log1p((np.square(x) + np.square(y)) / PRIOR_DEG**2)
    return penalty


def _follows(gaze: GazeEvidence, rng: np.random.Generator) -> float:
    """How far the best shift on the own images lies above the best ones on exchanged images, in their deviations."""
    penalty = _penalty(*np.meshgrid(_COARSE_STEPS, _COARSE_STEPS))
    n = gaze.n_images
    every = max(1, len(gaze.own) // _MAX_TESTED)
    own = float((gaze.over_shifts(_COARSE_STEPS, every=every) - penalty).max())
    exchanged = []
    for _ in range(_N_EXCHANGES):
        order = rng.permutation(n)
        other = np.empty(n, dtype=np.intp)
        other[order] = np.roll(order, 1)
        exchanged.append(float((gaze.over_shifts(_COARSE_STEPS, other, every=every) - penalty).max()))
    spread = float(np.std(exchanged, ddof=1))
    # maps that are all alike tell nothing: own and exchanged are then the same to rounding
    return (own - float(np.mean(exchanged))) / max(spread, 1.0)


def _nothing(
    told: Told, n_images: int, n_fixations: int, known: Sequence[KnownShift], follows_z: float = np.nan
) -> Alignment:
    """No correction; the interval is all that is searched, or what targets say."""
    return Alignment(
        told=told,
        shift_deg=np.zeros(2),
        shift_ci_deg=_Posterior(np.zeros((len(_STEPS), len(_STEPS))), known).interval(),
        expected_gain_deg=0.0,
        probability_better=0.0,
        follows_z=follows_z,
        n_images=n_images,
        n_fixations=n_fixations,
    )
