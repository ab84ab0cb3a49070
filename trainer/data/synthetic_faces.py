"""Drawn faces that look at known places: people who differ in eyes and in the angle between pupil and gaze.

They are drawings. They show that training, loss maps and personalisation work, not how well they work on real faces.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gazeapp.camera.eye_crops import Point
from gazeapp.errors import SettingsError
from gazeapp.saliency.classic import centre_bias
from trainer.data.dataset import Dataset
from trainer.data.gaze_frames import (
    MAP_CELLS,
    Entry,
    FrameSource,
    Image,
    salient_cells,
)

SCREEN_CM = (-15.0, 1.0, 30.0, 19.0)
"""Left, top, width, height: a laptop's screen with the camera above its middle."""
SCREENS: dict[str, tuple[tuple[float, float, float, float], tuple[float, float]]] = {
    "laptop": (SCREEN_CM, (47.0, 58.0)),
    "phone": ((-3.4, 0.8, 6.8, 14.0), (29.0, 37.0)),
    "tablet": ((-7.9, 0.9, 15.8, 21.0), (38.0, 48.0)),
    "tablet landscape": ((0.9, -7.9, 21.0, 15.8), (38.0, 48.0)),
}
"""Kind → left, top, width, height from the camera, and how far away people sit; a turned tablet has its camera at the
left."""
_FRAME_WH = (640, 480)
_FOCAL_PX = 640.0
_MAP_HW = (38, 60)
_ATTENTIVE = 0.85
"""Share of free viewing that goes to what is salient; the rest goes anywhere and is what outlier removal is for."""
_SPREAD_CM = 1.0
"""Standard deviation of gaze around the middle of something salient."""
_FINE = 4
"""Eyes are drawn that many times larger, because an iris moves by fractions of a pixel."""
_FOUND_SD = 0.025
"""By which the eyes that are found lie off, on each axis, over their distance: as finders do."""
_SIDES = (-1, 1)
"""The person's own left eye, then the right one, which is on the left of the frame."""
_SHADES = (
    (1.0, -0.4, 1.5, 1.0, -0.38),
    (0.0, 0.8, 0.6, 2.6, 0.16),
    (1.0, 3.6, 1.6, 1.4, 0.14),
    (0.0, -4.2, 3.5, 1.4, 0.10),
    (0.0, 5.3, 1.4, 0.5, -0.15),
)
"""Of a face: place (half distances of the eyes across, centimetres down), width and height, and how much lighter."""
_SHIFT = 4  # binary places of coordinates in OpenCV's drawing

Colour = NDArray[np.float64]
View = Callable[[np.random.Generator, int], tuple[NDArray[np.bool_], tuple[float, float]]]
"""Of a person by number: the salient cells of what is viewed, and where it is looked at, cm."""
MapOf = Callable[[int, int], NDArray[np.float32]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Person:
    """What does not change from frame to frame."""

    kappa_deg: tuple[float, float]
    """Between the optical axis and the line of sight, to the right and down; this is what calibration is for."""
    eye_radius_cm: float
    iris_radius_cm: float
    half_distance_cm: float
    """Half of the way between the eyes."""
    opening_cm: float
    """Height of the open eye."""
    skin: Colour
    hair: Colour
    iris: Colour
    brow: float
    """Thickness of the brows, cm."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sitting:
    """What does not change within a session."""

    head_cm: tuple[float, float, float]
    """Middle between the eyes: right, down and away from the camera."""
    light: float
    side_light: float
    opening: float
    """Lids: share of the person's own opening."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pose:
    """Where the head is in one frame, and what a face finder would say of it."""

    middle_px: NDArray[np.float64]
    """Between the eyes."""
    head_cm: NDArray[np.float64]
    turn: NDArray[np.float64]
    """Turn of the head, radians to the right and down."""
    per_cm: float
    """Pixels per centimetre at the eyes."""
    left_px: Point
    """Where a finder says that the person's own left eye is."""
    right_px: Point


def draw_person(rng: np.random.Generator) -> Person:
    """A random person."""
    tone = rng.uniform(0.35, 1.0)
    return Person(
        kappa_deg=(rng.normal(0, 2.5), rng.normal(0, 2.0)),
        eye_radius_cm=rng.normal(1.2, 0.05),
        iris_radius_cm=rng.normal(0.6, 0.03),
        half_distance_cm=rng.normal(3.15, 0.15),
        opening_cm=rng.normal(1.1, 0.12),
        skin=tone * np.array([235.0, 195.0, 170.0]) + rng.normal(0, 6, 3),
        hair=np.array([60.0, 45, 35]) * rng.uniform(0.5, 2.5),
        iris=np.array([[60.0, 40, 25], [90, 120, 60], [80, 120, 150]])[rng.integers(3)],
        brow=rng.uniform(0.15, 0.4),
    )


def draw_sitting(rng: np.random.Generator, away_cm: tuple[float, float] = (47.0, 58.0)) -> Sitting:
    """How somebody sits on one day, that far away."""
    return Sitting(
        head_cm=(rng.normal(0, 1.5), rng.normal(1, 1.5), rng.uniform(*away_cm)),
        light=rng.uniform(0.75, 1.1),
        side_light=rng.normal(0, 0.15),
        opening=rng.uniform(0.85, 1.1),
    )


def draw_pose(person: Person, sitting: Sitting, rng: np.random.Generator) -> Pose:
    """How somebody holds their head in one frame, and where eyes are found, as imprecisely as finders do."""
    width, height = _FRAME_WH
    head_cm = np.add(sitting.head_cm, rng.normal(0, [0.6, 0.4, 0.8]))
    per_cm = _FOCAL_PX / float(head_cm[2])
    middle = np.array([width / 2 - head_cm[0] * per_cm, height / 2 + head_cm[1] * per_cm])
    turn = np.radians(rng.normal(0, 2.5, 2))
    noise = rng.normal(0, _FOUND_SD * 2 * person.half_distance_cm * per_cm, (2, 2))
    (left_x, left_y), (right_x, right_y) = [
        (_eye_px(person, middle, per_cm, side) + off).tolist() for side, off in zip(_SIDES, noise, strict=True)
    ]
    return Pose(
        middle_px=middle,
        head_cm=head_cm,
        turn=turn,
        per_cm=per_cm,
        left_px=(left_x, left_y),
        right_px=(right_x, right_y),
    )


def render_face(
    person: Person,
    sitting: Sitting,
    pose: Pose,
    point_cm: tuple[float, float],
    rng: np.random.Generator,
) -> Image:
    """Draw one frame.

    Args:
        person: Who.
        sitting: In which light.
        pose: From where.
        point_cm: Where they look.
        rng: Of the camera's noise.

    Returns:
        (480, 640, 3) as a camera sees it, not mirrored: the person's right is on its left.
    """
    width, height = _FRAME_WH
    middle, per_cm, turn = pose.middle_px, pose.per_cm, pose.turn
    frame = np.full((height, width, 3), 90.0, dtype=np.float32)
    _ellipse(frame, middle + np.array([0, 1.0]) * per_cm, np.array([8.0, 10.6]) * per_cm, person.hair)
    _ellipse(frame, middle + np.array([0, 2.5]) * per_cm, np.array([7.2, 10.2]) * per_cm, person.skin)
    _shade(frame, person, middle, per_cm)
    nose = middle + np.array([-2.2 * math.sin(turn[0]), 4.0 + 2.0 * math.sin(turn[1])]) * per_cm
    _ellipse(frame, nose, np.array([1.3, 0.9]) * per_cm, person.skin * 0.8)
    mouth = middle + np.array([-0.9 * math.sin(turn[0]), 7.2 + math.sin(turn[1])]) * per_cm
    _ellipse(frame, mouth, np.array([2.4, 0.6]) * per_cm, np.array([150.0, 80, 80]))
    kappa = np.radians(person.kappa_deg)
    for side in _SIDES:
        eye_cm = pose.head_cm[:2] + np.array([side * person.half_distance_cm, 0])
        axis = np.arctan2(np.subtract(point_cm, eye_cm), pose.head_cm[2]) - kappa
        moved_cm = person.eye_radius_cm * (np.sin(axis) - np.sin(turn))
        at = _eye_px(person, middle, per_cm, side)
        _draw_eye(frame, at, per_cm, person, sitting, moved_cm, float(axis[1]))
    slope = np.clip((np.arange(width) - middle[0]) / (7.5 * per_cm), -2.0, 2.0) * sitting.side_light + 1
    frame *= (sitting.light * slope)[None, :, None].astype(np.float32)
    left, top = np.maximum((middle - 13 * per_cm).astype(int), 0)
    part = frame[top : top + round(28 * per_cm), left : left + round(26 * per_cm)]
    part += rng.standard_normal(part.shape, dtype=np.float32) * 4
    return np.clip(frame, 0, 255).astype(np.uint8)


def _shade(frame: NDArray[np.float32], person: Person, middle: NDArray[np.float64], per_cm: float) -> None:
    """Sockets, cheeks, forehead and the bridge of the nose, in place: what finders of faces look for."""
    height, width = frame.shape[:2]
    light = np.ones((height, width), dtype=np.float32)
    across = (np.arange(width) - middle[0]) / per_cm
    down = (np.arange(height) - middle[1]) / per_cm
    for x, y, wide, high, change in _SHADES:
        column = np.exp(-(((down - y) / high) ** 2) / 2)
        for at in {-x, x}:
            row = np.exp(-(((across - at * person.half_distance_cm) / wide) ** 2) / 2)
            light += change * np.outer(column, row).astype(np.float32)
    frame *= light[:, :, None]


def draw_faces(
    *,
    n_people: int,
    n_sessions: int = 1,
    n_points: int = 20,
    n_views: int = 0,
    seed: int = 0,
    view: View | None = None,
    devices: Sequence[str] = ("laptop",),
) -> FrameSource:
    """People who first look at points and then view something freely, in each of several sessions.

    Args:
        n_people: Named `SEED-K`; another seed gives other people.
        n_sessions: Of each.
        n_points: Frames with a known point in each session.
        n_views: Frames of free viewing in each session, each with its own salient places.
        seed: Same seed, same frames.
        view: What is viewed freely, and where people look; without it drawn places. On laptops alone.
        devices: Of `SCREENS`; people take them in turn.

    Returns:
        The data set, for `write_frames`. Where somebody looked in free viewing is not told.
    """
    if min(n_people, n_sessions) < 1 or min(n_points, n_views) < 0 or n_points + n_views < 1:
        raise SettingsError("synthetic faces: needs people, sessions and frames", key="people")

    def read(number: int) -> Image:
        person, sitting, point = scenes[number]
        pose, rng = _pose(seed, person, sitting, number)
        return render_face(person, sitting, pose, point, rng)

    unknown = [name for name in devices if name not in SCREENS]
    if unknown or not devices or (n_views and tuple(devices) != ("laptop",)):
        raise SettingsError(
            f"synthetic faces: devices are {', '.join(SCREENS)}; views need the laptop alone", key="devices"
        )
    people = [draw_person(np.random.default_rng([seed, k])) for k in range(n_people)]
    entries: list[Entry] = []
    scenes: list[tuple[Person, Sitting, tuple[float, float]]] = []
    salient: list[NDArray[np.bool_]] = []
    for k, person in enumerate(people):
        device = devices[k % len(devices)]
        (left, top, width, height), away_cm = SCREENS[device]
        for session in range(n_sessions):
            rng = np.random.default_rng([seed, k, session])
            sitting = draw_sitting(rng, away_cm)
            for number in range(n_points + n_views):
                place = -1
                if number < n_points:
                    x, y = rng.uniform([left, top], [left + width, top + height])
                else:
                    cells, (x, y) = (view or _view)(rng, k)
                    place = len(salient)
                    salient.append(cells)
                point = (float(x), float(y))
                scenes.append((person, sitting, point))
                pose, _ = _pose(seed, person, sitting, len(scenes) - 1)
                entries.append(
                    Entry(
                        person=k,
                        session=session,
                        left_px=pose.left_px,
                        right_px=pose.right_px,
                        point_cm=None if place >= 0 else point,
                        device=device,
                        map=place,
                    )
                )
    return FrameSource(
        name="synthetic-faces",
        people=tuple(f"{seed}-{k}" for k in range(n_people)),
        entries=entries,
        read=read,
        salient=np.stack(salient) if salient else np.zeros((0, MAP_CELLS, MAP_CELLS), dtype=bool),
    )


def _pose(seed: int, person: Person, sitting: Sitting, number: int) -> tuple[Pose, np.random.Generator]:
    rng = np.random.default_rng([seed, number])
    return draw_pose(person, sitting, rng), rng


def view_images(dataset: Dataset, map_of: MapOf) -> View:
    """Recorded people's gaze on images that fill the height of the screen: person K looks as an observer did.

    Args:
        dataset: Images and fixations; those in use.
        map_of: Stored image and observer → where people look, as far as is known without this observer.
    """
    left, top, width, height = SCREEN_CM
    known: dict[tuple[int, int], NDArray[np.bool_]] = {}

    def view(rng: np.random.Generator, person: int) -> tuple[NDArray[np.bool_], tuple[float, float]]:
        observer = int(dataset.observer_index[person % len(dataset.observer_index)])
        while True:
            image = int(rng.choice(dataset.image_index))
            rows = dataset.fixations_of(image, observer)
            if len(rows):
                break
        image_wh = np.array(dataset.size_of(image))
        per_px = min(width / image_wh[0], height / image_wh[1])
        corner = np.array([left + (width - image_wh[0] * per_px) / 2, top + (height - image_wh[1] * per_px) / 2])
        if (image, observer) not in known:
            known[image, observer] = salient_cells(map_of(image, observer), (*corner, *(image_wh * per_px)))
        row = rows[rng.integers(len(rows))]
        x, y = corner + np.array([row["x_px"], row["y_px"]]) * per_px
        return known[image, observer], (float(x), float(y))

    return view


def _view(rng: np.random.Generator, _person: int) -> tuple[NDArray[np.bool_], tuple[float, float]]:
    """A screen with one to three salient places, and where somebody looks."""
    left, top, width, height = SCREEN_CM
    rows, columns = _MAP_HW
    n = int(rng.integers(1, 4))
    centres = rng.uniform([left + 1, top + 1], [left + width - 1, top + height - 1], (n, 2))
    strength = rng.uniform(0.5, 1.0, n)
    x_cm = left + (np.arange(columns) + 0.5) / columns * width
    y_cm = top + (np.arange(rows) + 0.5) / rows * height
    saliency = 1e-3 * centre_bias((columns, rows)).astype(np.float64)
    for (x, y), s in zip(centres, strength, strict=True):
        square = (x_cm[None, :] - x) ** 2 + (y_cm[:, None] - y) ** 2
        saliency += s * np.exp(-square / (2 * 1.5**2))
    if rng.random() < _ATTENTIVE:
        chosen = centres[rng.choice(n, p=strength / strength.sum())]
        x, y = chosen + rng.normal(0, _SPREAD_CM, 2)
    else:
        x, y = rng.uniform([left, top], [left + width, top + height])
    return salient_cells(saliency, SCREEN_CM), (float(x), float(y))


def _draw_eye(
    frame: NDArray[np.float32],
    at: NDArray[np.float64],
    per_cm: float,
    person: Person,
    sitting: Sitting,
    moved_cm: NDArray[np.float64],
    down: float,
) -> None:
    """Brow, white, iris, pupil, glint and lids around `at`, in place."""
    side = round(3.6 * per_cm)
    left, top = (round(float(c) - side / 2) for c in at)
    if left < 0 or top < 0 or left + side > frame.shape[1] or top + side > frame.shape[0]:
        return  # a head that leaves the picture
    fine = per_cm * _FINE
    centre = (at - np.array([left, top])) * _FINE
    below = frame[top : top + side, left : left + side]
    large = (side * _FINE, side * _FINE)
    patch = np.asarray(cv2.resize(below, large, interpolation=cv2.INTER_LINEAR), np.float32)
    brow = centre + np.array([0, -1.25 * fine])
    _ellipse(patch, brow, np.array([1.4, person.brow]) * fine, person.skin * 0.35)
    ball = np.full_like(patch, 235.0)
    # the camera faces the person: to their right is to the left in the picture
    pupil = centre + np.array([-moved_cm[0], moved_cm[1]]) * fine
    _ellipse(ball, pupil, np.repeat(person.iris_radius_cm * fine, 2), person.iris)
    _ellipse(ball, pupil, np.repeat(0.25 * fine, 2), np.array([12.0, 12, 12]))
    _ellipse(ball, pupil + np.array([0.15, -0.2]) * fine, np.repeat(0.09 * fine, 2), np.full(3, 250.0))
    opening = person.opening_cm * sitting.opening
    angle = np.linspace(0, math.pi, 17)
    # upper lids follow gaze down, lower ones hardly
    upper = -np.sin(angle) * (0.55 * opening - 0.8 * math.sin(down)) * fine
    lower = np.sin(angle) * (0.45 * opening + 0.1 * math.sin(down)) * fine
    across = np.cos(angle) * 1.5 * fine
    outline = np.stack([np.concatenate([across, across[::-1]]), np.concatenate([upper, lower[::-1]])], axis=1)
    mask = np.zeros(patch.shape[:2], dtype=np.uint8)
    points = np.rint((outline + centre) * 2**_SHIFT).astype(np.int32)
    cv2.fillPoly(mask, [points], 255, cv2.LINE_AA, _SHIFT)
    share = (mask.astype(np.float32) / 255)[:, :, None]
    patch += (ball - patch) * share
    cv2.polylines(
        patch,
        [points[: len(angle)]],
        False,
        (person.skin * 0.4).tolist(),
        max(1, round(0.08 * fine)),
        cv2.LINE_AA,
        _SHIFT,
    )
    frame[top : top + side, left : left + side] = cv2.resize(patch, (side, side), interpolation=cv2.INTER_AREA)


def _eye_px(person: Person, middle: NDArray[np.float64], per_cm: float, side: int) -> NDArray[np.float64]:
    at: NDArray[np.float64] = middle - np.array([side * person.half_distance_cm * per_cm, 0.0])
    return at


def _ellipse(
    canvas: NDArray[np.float32], centre: NDArray[np.float64], radii: NDArray[np.float64], colour: Colour
) -> None:
    scale = 2**_SHIFT
    cv2.ellipse(
        canvas,
        (round(centre[0] * scale), round(centre[1] * scale)),
        (max(1, round(radii[0] * scale)), max(1, round(radii[1] * scale))),
        0,
        0,
        360,
        colour.tolist(),
        -1,
        cv2.LINE_8,
        _SHIFT,
    )
