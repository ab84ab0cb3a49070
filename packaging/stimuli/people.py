"""People with faces."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from canvas import Canvas, dark, light, soft

SKINS = ("#f3cfb3", "#e0ac84", "#c68a5e", "#9a6541", "#6d4429")
HAIRS = ("#2a1d17", "#553420", "#8a5a2b", "#d8b25c", "#8d8d92", "#b4512b")
CLOTHES = (
    "#d1495b",
    "#2e86ab",
    "#edae49",
    "#3b7a57",
    "#7d5ba6",
    "#f26a4b",
    "#35495e",
    "#e8e4da",
    "#00798c",
    "#b5838d",
)
STYLES = ("short", "long", "bun", "curly", "cap", "bald", "bob", "scarf")


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a person looks like."""

    skin: str
    hair: str
    style: str
    top: str
    legs: str
    mouth: str = "smile"
    glasses: bool = False
    beard: bool = False
    gaze: float = 0.0
    """-1 looks left, 1 right."""


def any_look(random: Random, **fixed: object) -> Look:
    """A person drawn by lot."""
    style = random.choice(STYLES)
    top, legs = random.sample(CLOTHES, 2)
    values = {
        "skin": random.choice(SKINS), "hair": random.choice(HAIRS), "style": style, "top": top, "legs": dark(legs, 0.2),
        "mouth": random.choice(("smile", "smile", "open", "flat")), "glasses": random.random() < 0.25,
        "beard": style in ("short", "bald", "cap") and random.random() < 0.35, "gaze": random.uniform(-0.9, 0.9),
    }  # fmt: skip
    return Look(**(values | fixed))


def head(c: Canvas, x: float, y: float, r: float, look: Look) -> None:
    """A head of radius r around (x, y)."""
    with c.at(x, y, r):
        hair, skin = look.hair, look.skin
        if look.style == "long":
            c.blob(
                [
                    (-1.05, -0.3),
                    (0, -1.2),
                    (1.05, -0.3),
                    (1.15, 1.5),
                    (0.6, 1.7),
                    (-0.6, 1.7),
                    (-1.15, 1.5),
                ],
                (hair, dark(hair)),
            )
        if look.style == "bob":
            c.blob(
                [
                    (-1.1, -0.2),
                    (0, -1.2),
                    (1.1, -0.2),
                    (1.15, 0.8),
                    (0.7, 0.95),
                    (-0.7, 0.95),
                    (-1.15, 0.8),
                ],
                (hair, dark(hair)),
            )
        if look.style == "bun":
            c.oval(0, -1.25, 0.45, 0.42, (light(hair, 0.1), dark(hair)))
        if look.style == "curly":
            for k in range(9):
                a = k / 8
                c.oval(
                    -1.05 + 2.1 * a,
                    -0.2 - 0.95 * (1 - (2 * a - 1) ** 2),
                    0.42,
                    0.42,
                    (light(hair, 0.12), hair),
                )
        if look.style == "scarf":
            c.blob(
                [
                    (-1.1, -0.2),
                    (0, -1.2),
                    (1.1, -0.2),
                    (1.1, 0.9),
                    (0.8, 1.5),
                    (-0.8, 1.5),
                    (-1.1, 0.9),
                ],
                (look.top, dark(look.top)),
            )
        c.oval(-0.92, 0.1, 0.18, 0.26, dark(skin, 0.1))
        c.oval(0.92, 0.1, 0.18, 0.26, dark(skin, 0.1))
        c.blob(
            [
                (-0.88, -0.2),
                (-0.55, -0.9),
                (0, -1.02),
                (0.55, -0.9),
                (0.88, -0.2),
                (0.78, 0.5),
                (0.35, 1.0),
                (-0.35, 1.0),
                (-0.78, 0.5),
            ],
            ("o" + light(skin, 0.12), dark(skin, 0.1)),
        )
        c.glow(-0.5, 0.4, 0.28, 0.2, "#e2574c", 0.3)
        c.glow(0.5, 0.4, 0.28, 0.2, "#e2574c", 0.3)
        if look.beard:
            c.blob(
                [
                    (-0.8, 0.2),
                    (-0.5, 0.45),
                    (0, 0.38),
                    (0.5, 0.45),
                    (0.8, 0.2),
                    (0.7, 0.75),
                    (0.3, 1.12),
                    (-0.3, 1.12),
                    (-0.7, 0.75),
                ],
                hair,
            )
        _features(c, look)
        _crown(c, look)


def _features(c: Canvas, look: Look) -> None:
    skin = look.skin
    for side in (-0.36, 0.36):
        c.oval(side, -0.05, 0.19, 0.14, "#ffffff")
        c.oval(side + 0.07 * look.gaze, -0.04, 0.105, 0.115, ("#6b4a2f", "#2d1c12"))
        c.oval(side + 0.07 * look.gaze, -0.04, 0.055, 0.06, "#0c0a0a")
        c.oval(side + 0.07 * look.gaze + 0.03, -0.08, 0.03, 0.03, "#ffffff")
        c.curve([(side - 0.2, -0.3), (side, -0.37), (side + 0.2, -0.3)], dark(look.hair, 0.3), 0.07)
        c.curve([(side - 0.19, -0.08), (side, -0.2), (side + 0.19, -0.08)], dark(skin, 0.6), 0.045)
    c.curve([(0.03, -0.02), (0.1, 0.26), (-0.04, 0.3)], dark(skin, 0.35), 0.06)
    if look.mouth == "open":
        c.blob([(-0.3, 0.5), (0, 0.46), (0.3, 0.5), (0.16, 0.76), (-0.16, 0.76)], "#6d1f24")
        c.blob([(-0.25, 0.51), (0, 0.48), (0.25, 0.51), (0, 0.58)], "#ffffff")
    elif look.mouth == "smile":
        c.curve([(-0.32, 0.5), (0, 0.66), (0.32, 0.5)], "#a33b3b", 0.09)
    else:
        c.line([(-0.22, 0.58), (0.22, 0.57)], "#a4504a", 0.09)
    if look.glasses:
        for side in (-0.36, 0.36):
            c.oval(side, -0.04, 0.28, 0.25, soft("#dff0ff", 0.25), edge="#22252b", pen=0.06)
        c.line([(-0.08, -0.06), (0.08, -0.06)], "#22252b", 0.06)


def _crown(c: Canvas, look: Look) -> None:
    hair = look.hair
    if look.style == "cap":
        c.blob(
            [(-0.95, -0.35), (-0.7, -0.95), (0, -1.15), (0.7, -0.95), (0.95, -0.35), (0, -0.5)],
            (light(look.top), look.top),
        )
        c.blob([(-0.1, -0.5), (0.9, -0.55), (1.35, -0.3), (0.6, -0.3)], dark(look.top))
    elif look.style == "scarf":
        c.blob(
            [
                (-0.95, -0.1),
                (-0.6, -0.95),
                (0, -1.15),
                (0.6, -0.95),
                (0.95, -0.1),
                (0.6, -0.55),
                (0, -0.68),
                (-0.6, -0.55),
            ],
            look.top,
        )
    elif look.style != "bald":
        c.blob(
            [
                (-0.95, -0.05),
                (-0.85, -0.75),
                (-0.3, -1.12),
                (0.35, -1.1),
                (0.88, -0.7),
                (0.95, -0.05),
                (0.72, -0.5),
                (0.2, -0.62),
                (-0.4, -0.5),
            ],
            (light(hair, 0.15), hair),
        )


def person(
    c: Canvas, x: float, y: float, h: float, look: Look, pose: str = "stand", flip: bool = False
) -> None:
    """A person of height h whose feet stand at (x, y); pose: stand, wave, walk, reach, sit, run, arms-up."""
    c.shadow(x, y, 0.22 * h, 0.045 * h)
    with c.at(x, y, h, flip=flip):
        top, legs, skin = look.top, look.legs, look.skin
        hip, shoe = -0.46, dark("#54463f", 0.3)
        if pose == "sit":
            hip = -0.3
            for side in (-0.05, 0.06):
                c.line([(side, hip), (side + 0.2, hip + 0.01), (side + 0.21, -0.03)], legs, 0.085)
                c.oval(side + 0.245, -0.02, 0.055, 0.025, shoe)
        else:
            step = {"walk": 0.09, "run": 0.17}.get(pose, 0.045)
            for k, side in enumerate((-step, step)):
                knee = (side * 0.6 + (0.05 if pose == "run" else 0.0), -0.24)
                foot = (side, -0.09 if pose == "run" and k == 0 else -0.025)
                c.line([(side * 0.4, hip), knee, foot], legs if k else dark(legs, 0.15), 0.095)
                c.oval(foot[0] + 0.03, foot[1] + 0.005, 0.055, 0.026, shoe)
        shoulder = hip - 0.33
        hands = {
            "stand": [(-0.19, hip + 0.03), (0.19, hip + 0.03)], "wave": [(-0.18, hip + 0.03), (0.27, shoulder - 0.2)],
            "walk": [(-0.2, hip - 0.02), (0.21, hip - 0.05)], "reach": [(0.3, shoulder + 0.1), (0.33, shoulder + 0.16)],
            "sit": [(0.2, hip - 0.03), (0.24, hip - 0.02)], "run": [(-0.24, hip - 0.1), (0.26, shoulder + 0.08)],
            "arms-up": [(-0.26, shoulder - 0.23), (0.26, shoulder - 0.23)],
        }[pose]  # fmt: skip
        for side, (hx, hy) in zip((-0.115, 0.115), hands, strict=True):
            elbow = ((side + hx) / 2 + (0.05 if hx > 0 else -0.05), (shoulder + hy) / 2 + 0.04)
            c.line([(side, shoulder + 0.035), elbow], dark(top, 0.12), 0.075)
            c.line([elbow, (hx, hy)], skin, 0.05)
            c.oval(hx, hy, 0.034, 0.034, skin)
        c.blob(
            [
                (-0.15, shoulder + 0.01),
                (0, shoulder - 0.025),
                (0.15, shoulder + 0.01),
                (0.125, hip - 0.1),
                (0.135, hip + 0.05),
                (-0.135, hip + 0.05),
                (-0.125, hip - 0.1),
            ],
            (light(top, 0.12), dark(top, 0.18)),
        )
        c.rect(-0.035, shoulder - 0.06, 0.07, 0.08, dark(skin, 0.15), r=0.02)
    head(c, x, y + (shoulder - 0.125) * h, 0.098 * h, look)


def crowd(
    c: Canvas,
    places: list[tuple[float, float, float]],
    poses: tuple[str, ...] = ("stand", "walk", "wave"),
) -> None:
    """People at (x, y, height), far ones first."""
    for x, y, h in sorted(places, key=lambda place: place[1]):
        person(c, x, y, h, any_look(c.random), c.random.choice(poses), flip=c.random.random() < 0.5)
