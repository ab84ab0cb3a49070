"""Vehicles, furniture and what stands in rooms; y is the ground unless said otherwise."""

from __future__ import annotations

import land
from canvas import Canvas, dark, light, mix, soft


def _wheel(c: Canvas, x: float, y: float, r: float) -> None:
    c.oval(x, y, r, r, "#1e2126")
    c.oval(x, y, r * 0.55, r * 0.55, ("#e3e6e8", "#8d949a"))
    c.oval(x, y, r * 0.15, r * 0.15, "#3a3f45")


def car(c: Canvas, x: float, y: float, s: float, colour: str, flip: bool = False) -> None:
    """A car of length s."""
    c.shadow(x, y, 0.58 * s, 0.06 * s, 0.5)
    with c.at(x, y, s, flip=flip):
        c.blob([(-0.32, -0.24), (-0.2, -0.42), (0.12, -0.42), (0.28, -0.25)], dark(colour, 0.1))
        c.poly(
            [(-0.26, -0.25), (-0.17, -0.38), (-0.04, -0.38), (-0.04, -0.25)], ("#d5ecf6", "#86a9bb")
        )
        c.poly(
            [(-0.01, -0.25), (-0.01, -0.38), (0.1, -0.38), (0.22, -0.25)], ("#d5ecf6", "#86a9bb")
        )
        c.rect(-0.5, -0.27, 1.0, 0.19, (light(colour, 0.25), dark(colour, 0.15)), r=0.06)
        c.oval(0.475, -0.2, 0.025, 0.03, "#fff3bf")
        c.rect(-0.5, -0.22, 0.03, 0.05, "#c22f2f")
        c.line([(-0.02, -0.25), (-0.02, -0.11)], dark(colour, 0.35), 0.008)
        for wx in (-0.29, 0.29):
            _wheel(c, wx, -0.08, 0.09)


def bus(
    c: Canvas,
    x: float,
    y: float,
    s: float,
    colour: str,
    words: str = "12 CENTRE",
    flip: bool = False,
) -> None:
    """A bus of length s."""
    c.shadow(x, y, 0.56 * s, 0.05 * s, 0.5)
    with c.at(x, y, s, flip=flip):
        c.rect(-0.5, -0.44, 1.0, 0.38, (light(colour, 0.2), dark(colour, 0.12)), r=0.04)
        for k in range(5):
            c.rect(-0.46 + 0.155 * k, -0.33, 0.135, 0.12, ("#d5ecf6", "#86a9bb"), r=0.01)
        c.rect(0.33, -0.33, 0.14, 0.25, ("#d5ecf6", "#86a9bb"), r=0.01)
        c.oval(0.48, -0.12, 0.02, 0.025, "#fff3bf")
        for wx in (-0.3, 0.26):
            _wheel(c, wx, -0.06, 0.07)
    c.rect(x - 0.3 * s, y - 0.425 * s, 0.6 * s, 0.075 * s, "#1e2126")
    c.text(x, y - 0.388 * s, words, 0.055 * s, "#ffc63d")


def bicycle(c: Canvas, x: float, y: float, s: float, colour: str = "#c2323c") -> None:
    """A bicycle of length s."""
    with c.at(x, y, s):
        for wx in (-0.32, 0.32):
            c.oval(wx, -0.22, 0.22, 0.22, soft("#ffffff", 0.06), edge="#22262b", pen=0.03)
            for k in range(4):
                c.line(
                    [
                        (wx - 0.2 * (k - 1.5) / 1.5, -0.22 - 0.1 * (k % 2)),
                        (wx + 0.2 * (k - 1.5) / 1.5, -0.22 + 0.1 * (k % 2)),
                    ],
                    "#9aa0a6",
                    0.008,
                )
        c.line(
            [(-0.32, -0.22), (-0.12, -0.5), (0.22, -0.5), (0, -0.2), (-0.12, -0.5)], colour, 0.035
        )
        c.line([(-0.32, -0.22), (0, -0.2)], colour, 0.03)
        c.line([(0.32, -0.22), (0.2, -0.6), (0.3, -0.64)], "#33383d", 0.03)
        c.line([(-0.12, -0.5), (-0.14, -0.57)], "#33383d", 0.03)
        c.oval(-0.14, -0.59, 0.09, 0.03, "#22262b")


def sailboat(c: Canvas, x: float, y: float, s: float, colour: str) -> None:
    """A sailing boat."""
    with c.at(x, y, s):
        c.line([(0, -0.1), (0, -1.0)], "#6b4f34", 0.03)
        c.poly([(0.03, -0.95), (0.48, -0.2), (0.03, -0.2)], ("#ffffff", "#dfe5ea"))
        c.poly([(-0.03, -0.9), (-0.36, -0.2), (-0.03, -0.2)], (light(colour), colour))
        c.blob(
            [(-0.5, -0.14), (0, -0.12), (0.52, -0.16), (0.36, 0.06), (-0.36, 0.06)],
            (colour, dark(colour, 0.3)),
        )


def plane(c: Canvas, x: float, y: float, s: float, colour: str, turn: float = -8) -> None:
    """An aeroplane of length s."""
    with c.at(x, y, s, turn=turn):
        c.poly([(-0.42, -0.02), (-0.54, -0.24), (-0.44, -0.24), (-0.28, -0.04)], colour)
        c.poly([(0.05, 0.0), (-0.22, 0.26), (-0.12, 0.26), (0.2, 0.02)], "#c2c9d0")
        c.blob(
            [(-0.5, -0.02), (-0.2, -0.09), (0.35, -0.09), (0.52, 0.0), (0.35, 0.07), (-0.2, 0.06)],
            ("#ffffff", "#c9d2da"),
        )
        c.rect(-0.4, 0.0, 0.86, 0.025, colour)
        for k in range(10):
            c.oval(-0.24 + 0.055 * k, -0.03, 0.014, 0.016, "#4a6a85")
        c.poly([(0.37, -0.06), (0.44, -0.04), (0.46, -0.015), (0.38, -0.02)], "#35536b")


def train(c: Canvas, x: float, y: float, s: float, colour: str) -> None:
    """A train that comes from the left and ends at x; s is its height."""
    c.rect(-20, y - s, x + 20 - 0.4 * s, 0.86 * s, (light(colour, 0.2), dark(colour, 0.15)))
    c.blob(
        [
            (x - 0.9 * s, y - s),
            (x - 0.2 * s, y - 0.95 * s),
            (x + 0.15 * s, y - 0.5 * s),
            (x + 0.1 * s, y - 0.15 * s),
            (x - 0.9 * s, y - 0.13 * s),
        ],
        (light(colour, 0.2), dark(colour, 0.15)),
    )
    c.poly(
        [
            (x - 0.32 * s, y - 0.86 * s),
            (x - 0.12 * s, y - 0.82 * s),
            (x + 0.06 * s, y - 0.52 * s),
            (x - 0.3 * s, y - 0.52 * s),
        ],
        ("#e3f2fa", "#6f93a8"),
    )
    k = 0.0
    while k < x - 1.1 * s:
        c.rect(k, y - 0.82 * s, 0.5 * s, 0.3 * s, ("#e3f2fa", "#6f93a8"), r=6)
        k += 0.66 * s
    c.rect(-20, y - 0.42 * s, x - 0.1 * s, 0.07 * s, "#ffffff")
    c.oval(x + 0.03 * s, y - 0.27 * s, 0.05 * s, 0.05 * s, "#fff3bf")
    for wx in range(20, int(x), 70):
        _wheel(c, wx, y - 0.08 * s, 0.1 * s)


def balloon(c: Canvas, x: float, y: float, s: float, colour: str) -> None:
    """A hot-air balloon; (x, y) is its middle."""
    with c.at(x, y, s):
        c.line([(-0.2, 0.34), (-0.09, 0.66)], "#6b5236", 0.015)
        c.line([(0.2, 0.34), (0.09, 0.66)], "#6b5236", 0.015)
        c.blob(
            [
                (-0.42, -0.05),
                (-0.3, -0.42),
                (0, -0.55),
                (0.3, -0.42),
                (0.42, -0.05),
                (0.2, 0.36),
                (-0.2, 0.36),
            ],
            ("o" + light(colour), dark(colour, 0.1)),
        )
        c.blob([(-0.14, -0.05), (0, -0.55), (0.14, -0.05), (0.07, 0.37), (-0.07, 0.37)], "#fdf3d7")
        c.rect(-0.1, 0.64, 0.2, 0.15, ("#a97c4c", "#74502b"), r=0.02)


def toy_balloon(c: Canvas, x: float, y: float, s: float, colour: str) -> None:
    """A balloon on a string."""
    c.curve([(x, y + s * 0.55), (x + s * 0.15, y + s), (x - s * 0.1, y + s * 1.6)], "#7c7c84", 1.5)
    c.oval(x, y, 0.42 * s, 0.52 * s, ("o" + light(colour, 0.5), colour))
    c.poly([(x - 0.06 * s, y + 0.58 * s), (x, y + 0.5 * s), (x + 0.06 * s, y + 0.58 * s)], colour)


def table(c: Canvas, x: float, y: float, w: float, h: float, colour: str = "#9a6b43") -> None:
    """A table whose feet stand on y."""
    c.shadow(x, y, w * 0.55, h * 0.1)
    for side in (-0.44, 0.44):
        c.rect(x + side * w - 5, y - h, 10, h, (colour, dark(colour, 0.3)))
    c.rect(x - w / 2, y - h - 8, w, 15, (light(colour, 0.2), dark(colour, 0.1)), r=4)


def sofa(c: Canvas, x: float, y: float, w: float, colour: str) -> None:
    """A sofa."""
    h = 0.4 * w
    c.shadow(x, y, w * 0.58, h * 0.16)
    c.rect(x - w / 2, y - h, w, 0.75 * h, (light(colour, 0.12), colour), r=18)
    for k in (-0.42, 0.0):
        c.rect(
            x + k * w,
            y - 0.5 * h,
            0.42 * w,
            0.3 * h,
            (light(colour, 0.25), light(colour, 0.05)),
            r=10,
        )
    c.rect(x - 0.44 * w, y - 0.24 * h, 0.88 * w, 0.18 * h, dark(colour, 0.2), r=6)
    for side in (-0.54, 0.43):
        c.rect(
            x + side * w,
            y - 0.62 * h,
            0.12 * w,
            0.58 * h,
            (light(colour, 0.15), dark(colour, 0.15)),
            r=12,
        )


def chair(
    c: Canvas, x: float, y: float, h: float, colour: str = "#a9713f", flip: bool = False
) -> None:
    """A chair."""
    with c.at(x, y, h, flip=flip):
        c.line([(-0.22, 0), (-0.24, -1.0)], dark(colour, 0.1), 0.06)
        c.line([(0.22, 0), (0.2, -0.48)], dark(colour, 0.2), 0.06)
        c.rect(-0.27, -0.53, 0.54, 0.08, (light(colour), colour), r=0.03)
        c.rect(-0.28, -1.0, 0.08, 0.42, light(colour, 0.1), r=0.03)


def picture(
    c: Canvas, x: float, y: float, w: float, h: float, kind: str, frame: str = "#b58a3c"
) -> None:
    """A framed picture whose upper left corner is (x, y); kind: hills, sea, face, stripes, flowers."""
    c.rect(x - 7, y - 7, w + 14, h + 14, (light(frame), dark(frame)), r=2)
    with c.inside(x, y, w, h):
        if kind in ("hills", "sea"):
            c.rect(x, y, w, h, ("#f6d7a7", "#f2a65a") if kind == "sea" else ("#9fd0ea", "#e4f2e8"))
            c.oval(x + 0.7 * w, y + 0.32 * h, 0.1 * w, 0.1 * w, "#fff3c4")
            low = ("#2d6f8e", "#1c4a63") if kind == "sea" else ("#7aa85a", "#456f3a")
            c.blob(
                [
                    (x - w, y + 2 * h),
                    (x, y + 0.6 * h),
                    (x + 0.4 * w, y + 0.5 * h),
                    (x + w, y + 0.65 * h),
                    (x + 2 * w, y + 2 * h),
                ],
                low,
            )
        elif kind == "face":
            from people import any_look, head

            c.rect(x, y, w, h, ("#5a4636", "#2f241d"))
            head(c, x + w / 2, y + 0.48 * h, 0.27 * min(w, h), any_look(c.random))
        elif kind == "flowers":
            c.rect(x, y, w, h, ("#e8dcc4", "#c9b492"))
            for k in range(5):
                land.flower(
                    c,
                    x + (0.2 + 0.15 * k) * w,
                    y + 0.95 * h,
                    (0.45 + 0.1 * (k % 2)) * h,
                    ("#d1495b", "#edae49", "#7d5ba6")[k % 3],
                )
        else:
            for k in range(6):
                c.rect(
                    x,
                    y + k * h / 6,
                    w,
                    h / 6 + 1,
                    ("#d1495b", "#edae49", "#2e86ab", "#f4f1de", "#3d405b", "#81b29a")[k],
                )


def bookshelf(c: Canvas, x: float, y: float, w: float, h: float, rows: int = 4) -> None:
    """A shelf full of books whose feet stand on y."""
    c.rect(x, y - h, w, h, ("#7a5233", "#5c3c24"))
    for j in range(rows):
        top = y - h + (j + 0.1) * h / rows
        c.rect(x + 5, top, w - 10, 0.83 * h / rows, "#37241a")
        k = x + 8
        while k < x + w - 20:
            thick, tall = c.random.uniform(6, 14), c.random.uniform(0.55, 0.78) * h / rows
            colour = c.random.choice(
                ("#b23a48", "#2f6690", "#d9a441", "#4f772d", "#e6ddc6", "#6d597a", "#264653")
            )
            c.rect(
                k,
                top + 0.83 * h / rows - tall,
                thick,
                tall,
                (light(colour, 0.12), dark(colour, 0.1)),
                r=1,
            )
            c.rect(
                k + 2,
                top + 0.83 * h / rows - 0.75 * tall,
                thick - 4,
                3,
                mix(colour, "#ffffff", 0.6),
            )
            k += thick + 1


def floor_lamp(c: Canvas, x: float, y: float, h: float, colour: str = "#f2d49b") -> None:
    """A lamp that is on."""
    c.line([(x, y), (x, y - 0.8 * h)], "#4b4038", 5)
    c.oval(x, y, 0.13 * h, 0.03 * h, "#4b4038")
    c.glow(x, y - 0.82 * h, 0.5 * h, 0.5 * h, "#ffe2a0", 0.5)
    c.poly(
        [
            (x - 0.1 * h, y - h),
            (x + 0.1 * h, y - h),
            (x + 0.17 * h, y - 0.74 * h),
            (x - 0.17 * h, y - 0.74 * h),
        ],
        ("#fff6dc", colour),
    )


def plant_pot(c: Canvas, x: float, y: float, h: float, pot: str = "#c46a45") -> None:
    """A plant in a pot."""
    for k in range(9):
        dx = (k - 4) * 0.1 * h
        c.blob(
            [
                (x, y - 0.3 * h),
                (x + dx * 0.6 - 5, y - 0.7 * h),
                (x + dx * 1.3, y - (0.95 - 0.03 * abs(k - 4)) * h),
                (x + dx * 0.6 + 5, y - 0.66 * h),
            ],
            c.random.choice(land.GREENS),
        )
    c.poly(
        [
            (x - 0.2 * h, y - 0.34 * h),
            (x + 0.2 * h, y - 0.34 * h),
            (x + 0.14 * h, y),
            (x - 0.14 * h, y),
        ],
        (light(pot), dark(pot, 0.2)),
    )


def clock(c: Canvas, x: float, y: float, r: float, hour: float = 10.2) -> None:
    """A wall clock."""
    from math import cos, pi, sin

    c.oval(x, y, r, r, ("#ffffff", "#e4e2dc"), edge="#3a3d42", pen=r * 0.12)
    for k in range(12):
        a = k * pi / 6
        c.line(
            [
                (x + 0.78 * r * sin(a), y - 0.78 * r * cos(a)),
                (x + 0.86 * r * sin(a), y - 0.86 * r * cos(a)),
            ],
            "#3a3d42",
            r * 0.05,
        )
    for a, length, width in ((hour * pi / 6, 0.5, 0.08), (hour % 1 * 2 * pi, 0.75, 0.05)):
        c.line([(x, y), (x + length * r * sin(a), y - length * r * cos(a))], "#22252a", r * width)


def umbrella(c: Canvas, x: float, y: float, s: float, colour: str) -> None:
    """An open umbrella; (x, y) is its grip."""
    c.line([(x, y), (x, y - 0.9 * s)], "#4a4d52", 3)
    c.blob(
        [
            (x - 0.62 * s, y - 0.6 * s),
            (x - 0.4 * s, y - 0.92 * s),
            (x, y - 1.05 * s),
            (x + 0.4 * s, y - 0.92 * s),
            (x + 0.62 * s, y - 0.6 * s),
            (x + 0.3 * s, y - 0.66 * s),
            (x, y - 0.6 * s),
            (x - 0.3 * s, y - 0.66 * s),
        ],
        (light(colour), dark(colour, 0.1)),
    )
    for k in (-0.25, 0.0, 0.25):
        c.curve(
            [(x, y - 1.04 * s), (x + k * s, y - 0.85 * s), (x + 1.2 * k * s, y - 0.63 * s)],
            dark(colour, 0.3),
            1.5,
        )


def ball(c: Canvas, x: float, y: float, r: float, kind: str = "football") -> None:
    """A ball; kind: football or beach."""
    c.shadow(x, y + r, r * 1.2, r * 0.25)
    c.oval(x, y, r, r, ("o#ffffff", "#cfd4d8"))
    if kind == "football":
        for dx, dy in (
            (0, 0),
            (0.7, 0.1),
            (-0.68, 0.2),
            (0.2, -0.72),
            (-0.3, 0.75),
            (0.4, 0.7),
            (-0.5, -0.6),
        ):
            c.oval(x + dx * r, y + dy * r, 0.24 * r, 0.22 * r, "#22262b")
    else:
        for k, colour in enumerate(("#e63946", "#2a9d8f", "#f4c430")):
            a = k * 0.62 - 0.9
            c.blob([(x, y - r), (x + a * r, y), (x, y + r), (x + (a + 0.34) * r, y)], colour)


def room(c: Canvas, wall: str, floor: str, line: float = 400) -> None:
    """Walls and floor of a room; `line` is where they meet."""
    c.rect(0, 0, 800, line, (light(wall, 0.1), wall))
    c.rect(0, line, 800, 600 - line, (light(floor, 0.05), dark(floor, 0.2)))
    for k in range(15):
        c.line([(400 + (k - 7) * 70, line), (400 + (k - 7) * 190, 600)], dark(floor, 0.25), 1.5)
    c.rect(0, line - 12, 800, 12, light(wall, 0.4))
