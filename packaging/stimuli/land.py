"""Sky, plants and buildings; y is the ground unless said otherwise."""

from __future__ import annotations

from canvas import Canvas, dark, light, soft

GREENS = ("#3f7d3a", "#568f3d", "#2f6b46", "#6fa24a")


def sky(c: Canvas, top: str, low: str, horizon: float) -> None:
    """The air down to the horizon."""
    c.rect(0, 0, 800, horizon + 1, (top, low))


def cloud(c: Canvas, x: float, y: float, s: float, colour: str = "#ffffff") -> None:
    """A cloud around (x, y)."""
    for dx, dy, r in (
        (-0.5, 0.1, 0.3),
        (-0.15, -0.08, 0.4),
        (0.25, -0.02, 0.36),
        (0.6, 0.12, 0.26),
        (0.05, 0.16, 0.4),
    ):
        c.oval(x + dx * s, y + dy * s, r * s, r * s * 0.62, soft(colour, 0.85))


def sun(c: Canvas, x: float, y: float, r: float, colour: str = "#ffe08a") -> None:
    """The sun and its halo."""
    c.glow(x, y, r * 3.2, r * 3.2, colour, 0.65)
    c.oval(x, y, r, r, ("#fffbe0", colour))


def hills(c: Canvas, y: float, height: float, colour: str, n: int = 6) -> None:
    """A row of hills that reaches down to the picture's end."""
    points = [(-40.0, 640.0), (-40.0, y)]
    points += [(k * 880 / n - 20, y - height * c.random.random()) for k in range(n + 1)]
    c.blob([*points, (860.0, y), (860.0, 640.0)], (light(colour, 0.15), dark(colour, 0.1)))


def mountain(c: Canvas, x: float, y: float, w: float, h: float, colour: str) -> None:
    """A mountain with snow."""
    c.poly([(x - w / 2, y), (x, y - h), (x + w / 2, y)], (light(colour, 0.25), dark(colour, 0.1)))
    c.poly([(x, y - h), (x + w / 2, y), (x + w * 0.08, y)], soft("#1a2233", 0.22))
    c.poly(
        [
            (x - w * 0.15, y - h * 0.7),
            (x, y - h),
            (x + w * 0.15, y - h * 0.7),
            (x + w * 0.07, y - h * 0.76),
            (x, y - h * 0.66),
            (x - w * 0.08, y - h * 0.75),
        ],
        "#f7fafc",
    )


def tree(c: Canvas, x: float, y: float, h: float, green: str | None = None) -> None:
    """A leafy tree."""
    green = green or c.random.choice(GREENS)
    c.shadow(x, y, 0.4 * h, 0.06 * h)
    c.poly(
        [
            (x - 0.05 * h, y),
            (x - 0.03 * h, y - 0.5 * h),
            (x + 0.03 * h, y - 0.5 * h),
            (x + 0.06 * h, y),
        ],
        ("#8a6240", "#5a3d26"),
    )
    for dx, dy, r in (
        (-0.2, -0.52, 0.2),
        (0.2, -0.5, 0.21),
        (-0.1, -0.7, 0.22),
        (0.13, -0.74, 0.21),
        (0, -0.56, 0.25),
    ):
        c.oval(
            x + dx * h,
            y + dy * h,
            r * h,
            r * h * 0.9,
            ("o" + light(green, 0.28), dark(green, 0.12)),
        )
    c.speckle(
        x - 0.3 * h,
        y - 0.9 * h,
        0.6 * h,
        0.5 * h,
        40,
        (light(green, 0.25), dark(green, 0.2)),
        0.022 * h,
    )


def pine(
    c: Canvas, x: float, y: float, h: float, green: str = "#2f5d4a", snow: bool = False
) -> None:
    """A conifer."""
    c.rect(x - 0.03 * h, y - 0.15 * h, 0.06 * h, 0.15 * h, "#5a3d26")
    for k in range(4):
        top, w = y - h + k * 0.2 * h, (0.13 + 0.065 * k) * h
        c.poly(
            [(x - w, top + 0.32 * h), (x, top), (x + w, top + 0.32 * h)],
            (light(green, 0.18), dark(green, 0.2)),
        )
        if snow:
            c.poly(
                [
                    (x - w * 0.45, top + 0.14 * h),
                    (x, top),
                    (x + w * 0.45, top + 0.14 * h),
                    (x, top + 0.1 * h),
                ],
                "#f3f7fb",
            )


def palm(c: Canvas, x: float, y: float, h: float) -> None:
    """A palm tree."""
    c.curve(
        [(x, y), (x + 0.05 * h, y - 0.5 * h), (x + 0.16 * h, y - 0.95 * h)], "#8a6a43", 0.06 * h
    )
    for dx, dy in (
        (-0.42, 0.02),
        (-0.35, -0.2),
        (0.1, -0.3),
        (0.42, -0.08),
        (0.38, 0.16),
        (-0.25, 0.2),
    ):
        tip = (x + (0.16 + dx) * h, y + (-0.95 + dy) * h)
        middle = (x + (0.16 + dx * 0.5) * h, y + (-1.05 + dy * 0.3) * h)
        c.curve([(x + 0.16 * h, y - 0.95 * h), middle, tip], "#3b8a4a", 0.055 * h)
    for k in (-0.02, 0.04):
        c.oval(x + (0.16 + k) * h, y - 0.9 * h, 0.035 * h, 0.035 * h, ("#8a5a34", "#4d311c"))


def flower(c: Canvas, x: float, y: float, h: float, colour: str) -> None:
    """One flower with its stem."""
    c.curve([(x, y), (x + 0.05 * h, y - 0.5 * h), (x, y - h)], "#4f8a3f", 0.06 * h)
    c.blob([(x, y - 0.3 * h), (x + 0.25 * h, y - 0.5 * h), (x + 0.05 * h, y - 0.36 * h)], "#5b9a48")
    for dx, dy in ((0, -0.2), (0.19, -0.06), (0.12, 0.16), (-0.12, 0.16), (-0.19, -0.06)):
        c.oval(x + dx * h, y - h + dy * h, 0.15 * h, 0.15 * h, (light(colour), colour))
    c.oval(x, y - h, 0.1 * h, 0.1 * h, "#f7d154")


def grass(c: Canvas, y: float, colour: str = "#6fa24a", to: float = 600) -> None:
    """A meadow from y down to `to`."""
    c.rect(0, y, 800, to - y, (light(colour, 0.12), dark(colour, 0.18)))
    for _ in range(420):
        gx, gy = c.random.random() * 800, y + c.random.random() * (to - y)
        near = 3 + 9 * (gy - y) / (to - y + 1)
        c.line(
            [(gx, gy), (gx + c.random.uniform(-2, 2), gy - near)],
            c.random.choice((dark(colour, 0.2), light(colour, 0.2))),
            1.3,
        )


def house(c: Canvas, x: float, y: float, w: float, h: float, wall: str, roof: str) -> None:
    """A house with a gable."""
    c.shadow(x + w / 2, y, w * 0.65, h * 0.08)
    c.rect(x, y - h, w, h, (light(wall, 0.1), dark(wall, 0.1)))
    c.poly(
        [(x - 0.1 * w, y - h), (x + w / 2, y - 1.55 * h), (x + 1.1 * w, y - h)],
        (light(roof, 0.15), dark(roof, 0.15)),
    )
    c.rect(x + 0.72 * w, y - 1.5 * h, 0.1 * w, 0.3 * h, dark(roof, 0.3))
    c.rect(x + 0.42 * w, y - 0.55 * h, 0.18 * w, 0.55 * h, "#6b4530", r=2)
    c.oval(x + 0.57 * w, y - 0.27 * h, 0.012 * w, 0.012 * w, "#f0d48a")
    for k in (0.1, 0.7):
        window(c, x + k * w, y - 0.75 * h, 0.2 * w, 0.3 * h)


def window(
    c: Canvas,
    x: float,
    y: float,
    w: float,
    h: float,
    glass: tuple[str, str] = ("#bfe0f2", "#7fb0d0"),
) -> None:
    """A window whose upper left corner is (x, y)."""
    c.rect(x, y, w, h, glass, edge="#f4f1ea", pen=max(1.5, w * 0.07))
    c.line([(x + w / 2, y), (x + w / 2, y + h)], "#f4f1ea", max(1, w * 0.05))
    c.line([(x, y + h / 2), (x + w, y + h / 2)], "#f4f1ea", max(1, w * 0.05))


def tower(c: Canvas, x: float, y: float, w: float, h: float, wall: str, lit: float = 0.0) -> None:
    """A block of flats; `lit` is the share of bright windows, 0 by day."""
    c.rect(x, y - h, w, h, (light(wall, 0.12), dark(wall, 0.15)))
    c.rect(x - 2, y - h - 5, w + 4, 7, dark(wall, 0.3))
    columns, rows = max(2, int(w / 24)), max(2, int(h / 30))
    for i in range(columns):
        for j in range(rows):
            glass = "#ffdf8c" if c.random.random() < lit else ("#93b6cc" if lit == 0 else "#2a3350")
            c.rect(
                x + (i + 0.22) * w / columns,
                y - h + (j + 0.25) * h / rows,
                0.56 * w / columns,
                0.5 * h / rows,
                glass,
            )


def shop(c: Canvas, x: float, y: float, w: float, h: float, name: str, colour: str) -> None:
    """A shop front with its sign and striped awning."""
    c.rect(x, y - h, w, h, (light(colour, 0.55), light(colour, 0.35)))
    c.rect(
        x + 0.06 * w,
        y - 0.55 * h,
        0.52 * w,
        0.45 * h,
        ("#cfe6ef", "#8fb3c4"),
        edge=dark(colour),
        pen=3,
    )
    c.rect(x + 0.68 * w, y - 0.58 * h, 0.24 * w, 0.58 * h, (dark(colour, 0.2), dark(colour, 0.4)))
    n = 8
    for k in range(n):
        c.poly(
            [
                (x + k * w / n, y - 0.7 * h),
                (x + (k + 1) * w / n, y - 0.7 * h),
                (x + (k + 1) * w / n + 4, y - 0.56 * h),
                (x + k * w / n + 4, y - 0.56 * h),
            ],
            colour if k % 2 else "#fbf7ef",
        )
    c.rect(x + 0.05 * w, y - 0.95 * h, 0.9 * w, 0.2 * h, dark(colour, 0.25), r=4)
    c.text(x + 0.5 * w, y - 0.85 * h, name, min(0.15 * h, 1.45 * w / max(4, len(name))), "#fff6dc")


def sign(c: Canvas, x: float, y: float, h: float, words: str, colour: str = "#2667a9") -> None:
    """A sign on a post."""
    size = h * 0.16
    w = max(h * 0.5, size * 0.78 * max(len(line) for line in words.split("\n")))
    tall = size * 1.5 * (1 + words.count("\n"))
    c.line([(x, y), (x, y - h)], "#6d7278", h * 0.05)
    c.rect(
        x - w / 2,
        y - h - tall / 2,
        w,
        tall,
        (light(colour, 0.1), dark(colour, 0.1)),
        r=4,
        edge="#ffffff",
        pen=2,
    )
    c.text(x, y - h, words, size, "#ffffff")


def street_lamp(c: Canvas, x: float, y: float, h: float, lit: bool = False) -> None:
    """A street lamp."""
    c.line([(x, y), (x, y - h)], "#3c4248", h * 0.025)
    c.line([(x, y - h), (x + 0.14 * h, y - h)], "#3c4248", h * 0.02)
    if lit:
        c.glow(x + 0.15 * h, y - 0.95 * h, 0.4 * h, 0.4 * h, "#ffd97a", 0.7)
    c.oval(x + 0.15 * h, y - 0.97 * h, 0.05 * h, 0.03 * h, "#fff1c2" if lit else "#d9dde0")
