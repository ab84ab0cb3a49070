"""Food and tableware; (x, y) is the middle, s the width."""

from __future__ import annotations

from canvas import Canvas, dark, light


def plate(c: Canvas, x: float, y: float, s: float, tilt: float = 1.0) -> None:
    """A plate; tilt 1 is seen from above."""
    c.shadow(x + 3, y + 5, s * 0.56, s * 0.56 * tilt, 0.4)
    c.oval(x, y, s / 2, s / 2 * tilt, ("#ffffff", "#dfdcd5"))
    c.oval(x, y, s * 0.36, s * 0.36 * tilt, ("#eceae4", "#fbfaf7"))


def pizza(c: Canvas, x: float, y: float, s: float) -> None:
    """A whole pizza from above."""
    c.shadow(x + 4, y + 6, s * 0.56, s * 0.56, 0.45)
    c.oval(x, y, s / 2, s / 2, ("o#e3ad60", "#b06f2a"))
    c.oval(x, y, s * 0.43, s * 0.43, ("o#f7d774", "#e08b3a"))
    for _ in range(9):
        a, b = c.random.uniform(-0.3, 0.3) * s, c.random.uniform(-0.3, 0.3) * s
        c.oval(x + a, y + b, s * 0.06, s * 0.06, ("o#d95545", "#a62f2c"))
    for _ in range(10):
        a, b = c.random.uniform(-0.3, 0.3) * s, c.random.uniform(-0.3, 0.3) * s
        c.oval(x + a, y + b, s * 0.03, s * 0.018, "#3f7d3a")
    for turn in (0, 45, 90, 135):
        with c.at(x, y, s, turn=turn):
            c.line([(-0.46, 0), (0.46, 0)], "#b5762f", 0.008)


def apple(c: Canvas, x: float, y: float, s: float, colour: str = "#cf3b36") -> None:
    """An apple."""
    with c.at(x, y, s):
        c.blob(
            [
                (0, -0.36),
                (0.3, -0.46),
                (0.5, -0.1),
                (0.3, 0.42),
                (0, 0.36),
                (-0.3, 0.42),
                (-0.5, -0.1),
                (-0.3, -0.46),
            ],
            ("o" + light(colour, 0.45), dark(colour, 0.1)),
        )
        c.curve([(0, -0.34), (0.03, -0.5), (0.1, -0.6)], "#5a3b22", 0.06)
        c.blob([(0.08, -0.5), (0.3, -0.68), (0.36, -0.5)], "#5b9a48")


def orange(c: Canvas, x: float, y: float, s: float) -> None:
    """An orange."""
    c.oval(x, y, s / 2, s / 2, ("o#ffc765", "#e57f16"))
    c.oval(x + 0.03 * s, y - 0.36 * s, 0.05 * s, 0.03 * s, "#5b7a2e")


def banana(c: Canvas, x: float, y: float, s: float, turn: float = 0) -> None:
    """A banana."""
    with c.at(x, y, s, turn=turn):
        c.blob(
            [
                (-0.5, -0.2),
                (-0.3, 0.08),
                (0, 0.18),
                (0.3, 0.1),
                (0.52, -0.2),
                (0.45, -0.22),
                (0.2, -0.02),
                (-0.1, 0.0),
                (-0.42, -0.22),
            ],
            ("#ffe36b", "#d9ad25"),
        )
        c.oval(-0.47, -0.22, 0.04, 0.04, "#5b4620")
        c.oval(0.5, -0.22, 0.04, 0.04, "#5b4620")


def cup(c: Canvas, x: float, y: float, s: float, colour: str = "#f4f1ea") -> None:
    """A cup from the side, with steam."""
    c.shadow(x, y + 0.5 * s, s * 0.62, s * 0.12)
    c.arc(x + 0.5 * s, y + 0.02 * s, 0.2 * s, -95, 190, dark(colour, 0.15), 0.09 * s)
    c.blob(
        [
            (x - 0.5 * s, y - 0.4 * s),
            (x + 0.5 * s, y - 0.4 * s),
            (x + 0.42 * s, y + 0.3 * s),
            (x + 0.2 * s, y + 0.5 * s),
            (x - 0.2 * s, y + 0.5 * s),
            (x - 0.42 * s, y + 0.3 * s),
        ],
        (light(colour), dark(colour, 0.14)),
    )
    c.oval(x, y - 0.4 * s, 0.5 * s, 0.12 * s, dark(colour, 0.1))
    c.oval(x, y - 0.4 * s, 0.43 * s, 0.09 * s, ("#6a4126", "#3d2413"))
    for k in (-0.15, 0.12):
        c.curve(
            [(x + k * s, y - 0.6 * s), (x + (k + 0.08) * s, y - 0.8 * s), (x + k * s, y - 1.0 * s)],
            "#70ffffff",
            0.05 * s,
        )


def coffee_from_above(c: Canvas, x: float, y: float, s: float) -> None:
    """A cup of coffee on its saucer from above."""
    plate(c, x, y, s * 1.5)
    c.rect(
        x + 0.38 * s,
        y - 0.09 * s,
        0.3 * s,
        0.18 * s,
        "#f4f1ea",
        r=0.08 * s,
        edge="#cfc8ba",
        pen=1.5,
    )
    c.oval(x, y, s / 2, s / 2, ("#ffffff", "#ddd8ce"))
    c.oval(x, y, s * 0.43, s * 0.43, ("o#9a6a3f", "#4b2c17"))
    c.blob(
        [
            (x, y + 0.18 * s),
            (x - 0.2 * s, y - 0.04 * s),
            (x - 0.1 * s, y - 0.18 * s),
            (x, y - 0.1 * s),
            (x + 0.1 * s, y - 0.18 * s),
            (x + 0.2 * s, y - 0.04 * s),
        ],
        "#f1dfc0",
    )


def cake(c: Canvas, x: float, y: float, s: float, colour: str = "#f2a7b5") -> None:
    """A birthday cake whose foot is at y."""
    c.oval(x, y, 0.62 * s, 0.1 * s, ("#ffffff", "#d8d4cc"))
    c.rect(x - 0.5 * s, y - 0.42 * s, s, 0.42 * s, (light(colour), dark(colour, 0.1)), r=8)
    c.rect(x - 0.5 * s, y - 0.25 * s, s, 0.05 * s, "#fdf6e8")
    c.oval(x, y - 0.42 * s, 0.5 * s, 0.09 * s, "#fff6ee")
    for k in range(7):
        c.oval(x + (k - 3) * 0.155 * s, y - 0.38 * s, 0.075 * s, 0.075 * s, "#fff6ee")
    for k in range(5):
        cx = x + (k - 2) * 0.17 * s
        c.rect(cx - 0.018 * s, y - 0.66 * s, 0.036 * s, 0.24 * s, ("#7fc8e8", "#e86a92")[k % 2])
        c.glow(cx, y - 0.72 * s, 0.13 * s, 0.13 * s, "#ffd35c", 0.8)
        c.blob(
            [
                (cx, y - 0.8 * s),
                (cx + 0.028 * s, y - 0.7 * s),
                (cx, y - 0.66 * s),
                (cx - 0.028 * s, y - 0.7 * s),
            ],
            ("#fff2b0", "#ff9d2e"),
        )


def burger(c: Canvas, x: float, y: float, s: float) -> None:
    """A hamburger from the side."""
    with c.at(x, y, s):
        c.rect(-0.48, 0.14, 0.96, 0.2, ("#d99a4e", "#a9682a"), r=0.09)
        c.rect(-0.5, 0.02, 1.0, 0.15, "#5c3420", r=0.06)
        c.poly(
            [
                (-0.5, 0.0),
                (0.5, 0.0),
                (0.34, 0.1),
                (0.2, 0.02),
                (0.05, 0.12),
                (-0.2, 0.02),
                (-0.36, 0.1),
            ],
            "#f5c53b",
        )
        c.rect(-0.48, -0.07, 0.96, 0.08, "#cf3f36", r=0.03)
        c.curve(
            [
                (-0.52, -0.08),
                (-0.35, -0.02),
                (-0.18, -0.1),
                (0, -0.03),
                (0.18, -0.1),
                (0.35, -0.02),
                (0.52, -0.09),
            ],
            "#6bab43",
            0.09,
        )
        c.blob(
            [(-0.5, -0.12), (-0.4, -0.36), (0, -0.48), (0.4, -0.36), (0.5, -0.12), (0, -0.1)],
            ("o#eebb6c", "#b8742f"),
        )
        for dx, dy in (
            (-0.25, -0.3),
            (-0.05, -0.38),
            (0.15, -0.36),
            (0.3, -0.26),
            (0.05, -0.27),
            (-0.14, -0.22),
        ):
            c.oval(dx, dy, 0.03, 0.018, "#fff0cf")


def bread(c: Canvas, x: float, y: float, s: float, turn: float = 0) -> None:
    """A loaf."""
    with c.at(x, y, s, turn=turn):
        c.blob(
            [
                (-0.5, 0.05),
                (-0.35, -0.18),
                (0, -0.24),
                (0.35, -0.18),
                (0.5, 0.05),
                (0.3, 0.18),
                (-0.3, 0.18),
            ],
            ("o#e2a962", "#a8642b"),
        )
        for k in (-0.22, 0.0, 0.22):
            c.curve([(k - 0.06, -0.14), (k + 0.02, -0.02), (k, 0.08)], "#f6d9a4", 0.045)


def egg(c: Canvas, x: float, y: float, s: float) -> None:
    """A fried egg from above."""
    c.blob(
        [
            (x - 0.5 * s, y),
            (x - 0.3 * s, y - 0.36 * s),
            (x + 0.1 * s, y - 0.42 * s),
            (x + 0.5 * s, y - 0.1 * s),
            (x + 0.36 * s, y + 0.36 * s),
            (x - 0.2 * s, y + 0.4 * s),
        ],
        ("#ffffff", "#efeae0"),
    )
    c.oval(x, y, 0.2 * s, 0.2 * s, ("o#ffd95a", "#ee9a1e"))


def bottle(c: Canvas, x: float, y: float, h: float, colour: str, label: str = "") -> None:
    """A bottle whose foot is at y."""
    c.shadow(x, y, 0.22 * h, 0.04 * h)
    c.blob(
        [
            (x - 0.14 * h, y),
            (x - 0.15 * h, y - 0.5 * h),
            (x - 0.05 * h, y - 0.72 * h),
            (x - 0.05 * h, y - 0.96 * h),
            (x + 0.05 * h, y - 0.96 * h),
            (x + 0.05 * h, y - 0.72 * h),
            (x + 0.15 * h, y - 0.5 * h),
            (x + 0.14 * h, y),
        ],
        (light(colour, 0.25), dark(colour, 0.2)),
    )
    c.rect(x - 0.05 * h, y - h, 0.1 * h, 0.08 * h, dark(colour, 0.5), r=2)
    c.rect(x - 0.14 * h, y - 0.42 * h, 0.28 * h, 0.25 * h, "#fbf5e6")
    if label:
        c.text(x, y - 0.3 * h, label, 0.085 * h, "#3a2f28")


def grapes(c: Canvas, x: float, y: float, s: float, colour: str = "#6c3f86") -> None:
    """A bunch of grapes."""
    c.curve([(x, y - 0.5 * s), (x + 0.06 * s, y - 0.7 * s)], "#6b5236", 0.06 * s)
    for row, n in enumerate((4, 4, 3, 2, 1)):
        for k in range(n):
            c.oval(
                x + (k - (n - 1) / 2) * 0.22 * s,
                y + (row - 2) * 0.2 * s,
                0.13 * s,
                0.13 * s,
                ("o" + light(colour, 0.45), dark(colour, 0.1)),
            )


def knife_and_fork(c: Canvas, x: float, y: float, h: float) -> None:
    """Cutlery left and right of a plate at x."""
    left, right = x - 0.62 * h, x + 0.62 * h
    c.line([(left, y + 0.5 * h), (left, y - 0.2 * h)], "#c3c8cc", 0.04 * h)
    for k in (-0.05, 0, 0.05):
        c.line([(left + k * h, y - 0.2 * h), (left + k * h, y - 0.46 * h)], "#c3c8cc", 0.02 * h)
    c.line([(right, y + 0.5 * h), (right, y)], "#c3c8cc", 0.045 * h)
    c.blob(
        [
            (right, y + 0.02 * h),
            (right + 0.06 * h, y - 0.2 * h),
            (right, y - 0.5 * h),
            (right - 0.02 * h, y - 0.2 * h),
        ],
        ("#f2f4f5", "#aab0b5"),
    )
