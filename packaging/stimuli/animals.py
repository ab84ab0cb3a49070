"""Animals, each about one unit long before scaling, looking right."""

from __future__ import annotations

from canvas import Canvas, dark, light


def _eye(c: Canvas, x: float, y: float, r: float = 0.03) -> None:
    c.oval(x, y, r * 1.3, r * 1.3, "#ffffff")
    c.oval(x + r * 0.25, y, r, r, "#17120f")
    c.oval(x + r * 0.55, y - r * 0.3, r * 0.35, r * 0.35, "#ffffff")


def _legs(c: Canvas, xs: tuple[float, ...], top: float, colour: str, width: float) -> None:
    for k, x in enumerate(xs):
        c.line([(x, top), (x + 0.01, 0.0)], dark(colour, 0.12 * (k % 2)), width)


def dog(
    c: Canvas, x: float, y: float, s: float, colour: str = "#b9793f", flip: bool = False
) -> None:
    """A dog that stands at (x, y)."""
    c.shadow(x, y, 0.55 * s, 0.08 * s)
    with c.at(x, y, s, flip=flip):
        c.curve([(-0.42, -0.42), (-0.58, -0.55), (-0.6, -0.72)], colour, 0.07)
        _legs(c, (-0.34, -0.24, 0.2, 0.3), -0.3, colour, 0.085)
        c.blob(
            [(-0.45, -0.46), (0, -0.52), (0.35, -0.55), (0.38, -0.3), (0, -0.24), (-0.44, -0.26)],
            (light(colour, 0.15), dark(colour, 0.15)),
        )
        c.blob(
            [
                (0.22, -0.78),
                (0.4, -0.86),
                (0.56, -0.72),
                (0.74, -0.64),
                (0.73, -0.55),
                (0.5, -0.52),
                (0.28, -0.5),
            ],
            (light(colour, 0.2), colour),
        )
        c.blob(
            [(0.22, -0.8), (0.34, -0.82), (0.34, -0.55), (0.24, -0.5), (0.18, -0.6)],
            dark(colour, 0.4),
        )
        c.oval(0.73, -0.63, 0.045, 0.04, "#1c1512")
        c.curve([(0.7, -0.56), (0.6, -0.53), (0.5, -0.55)], "#3a2416", 0.018)
        c.blob([(0.58, -0.54), (0.66, -0.54), (0.64, -0.44), (0.6, -0.44)], "#e0707a")
        _eye(c, 0.49, -0.7)
        c.line([(0.24, -0.5), (0.4, -0.46)], "#d1495b", 0.05)


def cat(
    c: Canvas, x: float, y: float, s: float, colour: str = "#8f8a86", flip: bool = False
) -> None:
    """A cat that sits at (x, y) and looks at the viewer."""
    c.shadow(x, y, 0.4 * s, 0.07 * s)
    with c.at(x, y, s, flip=flip):
        c.curve([(-0.2, -0.06), (-0.45, -0.08), (-0.5, -0.3), (-0.42, -0.4)], dark(colour), 0.08)
        c.blob(
            [
                (-0.24, -0.02),
                (-0.26, -0.3),
                (-0.1, -0.58),
                (0.12, -0.58),
                (0.26, -0.28),
                (0.24, -0.02),
            ],
            (light(colour, 0.1), dark(colour, 0.2)),
        )
        c.blob([(-0.1, -0.02), (-0.08, -0.4), (0.08, -0.4), (0.1, -0.02)], light(colour, 0.6))
        for side in (-1, 1):
            c.poly([(side * 0.22, -0.78), (side * 0.21, -1.02), (side * 0.06, -0.88)], colour)
            c.poly([(side * 0.19, -0.8), (side * 0.19, -0.95), (side * 0.1, -0.86)], "#e6a7a0")
        c.oval(0, -0.72, 0.26, 0.21, ("o" + light(colour, 0.15), colour))
        for k in (-0.09, 0, 0.09):
            c.line([(k, -0.92), (k * 0.8, -0.84)], dark(colour, 0.5), 0.025)
        for side in (-1, 1):
            c.oval(side * 0.1, -0.74, 0.055, 0.06, ("#d7e36b", "#7fae3a"))
            c.oval(side * 0.1, -0.74, 0.018, 0.05, "#101010")
            for k in (-0.02, 0.02):
                c.line([(side * 0.08, -0.64), (side * 0.36, -0.64 + 2 * k)], "#f4f1ec", 0.009)
        c.poly([(-0.03, -0.68), (0.03, -0.68), (0, -0.64)], "#d9757c")
        c.curve([(-0.05, -0.6), (0, -0.63), (0.05, -0.6)], "#4a3b36", 0.014)


def bird(
    c: Canvas, x: float, y: float, s: float, colour: str = "#2e86ab", flip: bool = False
) -> None:
    """A bird that sits at (x, y)."""
    with c.at(x, y, s, flip=flip):
        c.line([(0, -0.2), (0.02, 0)], "#c98b2b", 0.03)
        c.poly([(-0.3, -0.35), (-0.72, -0.2), (-0.66, -0.36)], dark(colour, 0.3))
        c.blob(
            [(-0.4, -0.32), (-0.1, -0.58), (0.25, -0.55), (0.3, -0.3), (0, -0.15)],
            (light(colour), colour),
        )
        c.blob([(-0.42, -0.32), (-0.15, -0.48), (0.1, -0.38), (-0.1, -0.26)], dark(colour, 0.35))
        c.oval(0.26, -0.6, 0.17, 0.16, light(colour, 0.1))
        c.poly([(0.4, -0.64), (0.6, -0.57), (0.4, -0.54)], "#eaa12c")
        _eye(c, 0.3, -0.63)


def gull(c: Canvas, x: float, y: float, s: float, colour: str = "#ffffff") -> None:
    """A bird on the wing."""
    c.curve(
        [
            (x - s, y - s * 0.2),
            (x - s * 0.4, y - s * 0.4),
            (x, y),
            (x + s * 0.4, y - s * 0.4),
            (x + s, y - s * 0.2),
        ],
        colour,
        s * 0.16,
    )


def fish(
    c: Canvas,
    x: float,
    y: float,
    s: float,
    colour: str,
    stripe: str = "#ffffff",
    flip: bool = False,
) -> None:
    """A fish around (x, y)."""
    with c.at(x, y, s, flip=flip):
        c.poly([(-0.38, 0), (-0.72, -0.28), (-0.62, 0), (-0.72, 0.28)], dark(colour, 0.15))
        c.blob([(-0.1, -0.25), (-0.02, -0.46), (0.2, -0.22)], dark(colour, 0.2))
        c.blob(
            [(-0.48, 0), (-0.1, -0.28), (0.3, -0.22), (0.55, 0), (0.3, 0.22), (-0.1, 0.28)],
            (light(colour, 0.25), dark(colour, 0.15)),
        )
        for k in (-0.12, 0.14):
            c.curve([(k, -0.25), (k + 0.08, 0), (k, 0.25)], stripe, 0.07)
        c.blob([(0, 0.05), (-0.16, 0.2), (0.02, 0.18)], dark(colour, 0.3))
        _eye(c, 0.37, -0.06, 0.05)
        c.curve([(0.53, 0.03), (0.47, 0.08), (0.42, 0.07)], dark(colour, 0.6), 0.025)


def cow(c: Canvas, x: float, y: float, s: float, flip: bool = False) -> None:
    """A spotted cow."""
    c.shadow(x, y, 0.65 * s, 0.08 * s)
    with c.at(x, y, s, flip=flip):
        c.curve([(-0.52, -0.62), (-0.62, -0.45), (-0.58, -0.22)], "#e9e4dc", 0.035)
        _legs(c, (-0.42, -0.3, 0.26, 0.38), -0.3, "#e9e4dc", 0.09)
        c.oval(-0.12, -0.28, 0.1, 0.07, "#eaaaa5")
        c.blob(
            [(-0.54, -0.66), (0, -0.68), (0.42, -0.7), (0.46, -0.36), (0, -0.27), (-0.52, -0.3)],
            ("#ffffff", "#d6cfc4"),
        )
        for sx, sy, r in ((-0.3, -0.55, 0.13), (0.05, -0.42, 0.12), (0.26, -0.6, 0.09)):
            c.blob(
                [(sx - r, sy), (sx, sy - r * 0.8), (sx + r, sy - 0.02), (sx + 0.03, sy + r * 0.8)],
                "#2b2624",
            )
        c.line([(0.5, -0.93), (0.44, -1.02)], "#d8cbb0", 0.035)
        c.line([(0.66, -0.93), (0.72, -1.02)], "#d8cbb0", 0.035)
        c.blob(
            [
                (0.4, -0.9),
                (0.58, -0.96),
                (0.74, -0.88),
                (0.72, -0.62),
                (0.58, -0.54),
                (0.46, -0.62),
            ],
            ("#ffffff", "#d9d2c8"),
        )
        c.blob([(0.38, -0.88), (0.24, -0.86), (0.36, -0.78)], "#2b2624")
        c.oval(0.6, -0.6, 0.13, 0.09, "#eaaaa5")
        c.oval(0.56, -0.6, 0.02, 0.025, "#7d4b49")
        c.oval(0.65, -0.6, 0.02, 0.025, "#7d4b49")
        _eye(c, 0.52, -0.79)
        _eye(c, 0.67, -0.79)


def sheep(c: Canvas, x: float, y: float, s: float, flip: bool = False) -> None:
    """A woolly sheep."""
    c.shadow(x, y, 0.5 * s, 0.07 * s)
    with c.at(x, y, s, flip=flip):
        _legs(c, (-0.25, -0.15, 0.15, 0.25), -0.2, "#3a3331", 0.06)
        for k in range(11):
            c.oval(-0.36 + 0.072 * k, -0.42 + 0.1 * (k % 3 - 1), 0.17, 0.16, ("#fbf8f2", "#dcd5c8"))
        c.oval(0.46, -0.52, 0.13, 0.16, ("#4a413d", "#2b2523"))
        c.oval(0.42, -0.68, 0.12, 0.08, "#fbf8f2")
        c.oval(0.3, -0.56, 0.08, 0.04, "#3a3331")
        _eye(c, 0.49, -0.55, 0.025)


def horse(
    c: Canvas, x: float, y: float, s: float, colour: str = "#8a4f2a", flip: bool = False
) -> None:
    """A horse."""
    c.shadow(x, y, 0.6 * s, 0.07 * s)
    with c.at(x, y, s, flip=flip):
        c.curve([(-0.46, -0.72), (-0.62, -0.6), (-0.62, -0.3)], "#2a1a12", 0.08)
        _legs(c, (-0.36, -0.26, 0.22, 0.32), -0.45, colour, 0.075)
        c.blob(
            [(-0.48, -0.74), (0, -0.72), (0.3, -0.82), (0.4, -0.55), (0.1, -0.42), (-0.4, -0.44)],
            (light(colour, 0.12), dark(colour, 0.12)),
        )
        c.blob([(0.18, -0.74), (0.38, -1.12), (0.52, -1.14), (0.48, -0.86), (0.4, -0.58)], colour)
        c.blob(
            [
                (0.36, -1.18),
                (0.52, -1.24),
                (0.78, -0.98),
                (0.74, -0.9),
                (0.52, -0.98),
                (0.4, -1.06),
            ],
            light(colour, 0.06),
        )
        c.poly([(0.4, -1.16), (0.42, -1.3), (0.48, -1.2)], colour)
        c.curve([(0.42, -1.22), (0.3, -1.05), (0.2, -0.8)], "#2a1a12", 0.08)
        _eye(c, 0.53, -1.12, 0.025)


def elephant(c: Canvas, x: float, y: float, s: float, flip: bool = False) -> None:
    """An elephant."""
    grey = "#8b9099"
    c.shadow(x, y, 0.7 * s, 0.08 * s)
    with c.at(x, y, s, flip=flip):
        c.curve([(-0.55, -0.6), (-0.62, -0.4)], dark(grey), 0.03)
        _legs(c, (-0.4, -0.24, 0.16, 0.32), -0.25, grey, 0.15)
        c.blob(
            [
                (-0.58, -0.5),
                (-0.4, -0.85),
                (0.1, -0.9),
                (0.42, -0.7),
                (0.42, -0.35),
                (0, -0.22),
                (-0.5, -0.25),
            ],
            (light(grey, 0.2), dark(grey, 0.2)),
        )
        c.curve([(0.68, -0.6), (0.82, -0.4), (0.8, -0.15), (0.9, -0.06)], grey, 0.11)
        c.oval(0.5, -0.72, 0.25, 0.24, ("o" + light(grey, 0.2), grey))
        c.blob(
            [(0.2, -0.9), (0.42, -0.88), (0.44, -0.56), (0.28, -0.46), (0.14, -0.6)],
            (light(grey, 0.05), dark(grey, 0.3)),
        )
        c.curve([(0.6, -0.52), (0.72, -0.4), (0.86, -0.44)], "#fbf5e2", 0.05)
        _eye(c, 0.6, -0.76)


def giraffe(c: Canvas, x: float, y: float, s: float, flip: bool = False) -> None:
    """A giraffe."""
    base, spot = "#e7b65a", "#9a5a2a"
    c.shadow(x, y, 0.5 * s, 0.06 * s)
    with c.at(x, y, s, flip=flip):
        _legs(c, (-0.28, -0.2, 0.14, 0.22), -0.5, base, 0.06)
        c.blob(
            [(-0.36, -0.72), (0.05, -0.78), (0.3, -0.82), (0.28, -0.5), (-0.3, -0.46)],
            (light(base), dark(base, 0.1)),
        )
        c.blob([(0.12, -0.75), (0.36, -1.45), (0.48, -1.45), (0.34, -0.66)], base)
        c.blob(
            [(0.34, -1.55), (0.5, -1.6), (0.7, -1.42), (0.64, -1.36), (0.4, -1.42)],
            light(base, 0.1),
        )
        for k in (0.4, 0.47):
            c.line([(k, -1.55), (k - 0.02, -1.68)], spot, 0.03)
            c.oval(k - 0.02, -1.69, 0.025, 0.025, "#3d2616")
        for sx, sy in (
            (-0.25, -0.62),
            (-0.1, -0.7),
            (0.02, -0.58),
            (-0.12, -0.53),
            (0.17, -0.66),
            (0.24, -0.9),
            (0.3, -1.08),
            (0.36, -1.25),
            (0.27, -0.75),
        ):
            c.oval(sx, sy, 0.055, 0.05, spot)
        _eye(c, 0.49, -1.51, 0.025)


def duck(
    c: Canvas, x: float, y: float, s: float, colour: str = "#f2c530", flip: bool = False
) -> None:
    """A duck on water or a shelf."""
    with c.at(x, y, s, flip=flip):
        c.blob(
            [(-0.5, -0.36), (-0.36, -0.18), (0, -0.26), (0.3, -0.2), (0.36, -0.02), (-0.3, 0.0)],
            (light(colour), dark(colour, 0.15)),
        )
        c.oval(0.26, -0.42, 0.19, 0.18, (light(colour), colour))
        c.blob([(0.42, -0.46), (0.62, -0.4), (0.42, -0.34)], "#ec7a1c")
        c.blob([(-0.3, -0.18), (0, -0.2), (0.1, -0.08), (-0.15, -0.06)], dark(colour, 0.2))
        _eye(c, 0.31, -0.46)


def turtle(c: Canvas, x: float, y: float, s: float, flip: bool = False) -> None:
    """A swimming turtle."""
    green = "#5f8f57"
    with c.at(x, y, s, flip=flip):
        c.blob([(0.2, 0.1), (0.5, 0.35), (0.3, 0.4), (0.05, 0.2)], green)
        c.blob([(-0.3, 0.1), (-0.55, 0.25), (-0.45, 0.05)], green)
        c.oval(0.52, -0.1, 0.15, 0.11, light(green, 0.2))
        c.blob(
            [(-0.45, 0.05), (-0.25, -0.3), (0.15, -0.34), (0.42, 0), (0.2, 0.14), (-0.2, 0.16)],
            ("#8a7340", "#4f4322"),
        )
        for sx, sy in ((-0.2, -0.08), (0.02, -0.16), (0.2, -0.06), (0.0, 0.04)):
            c.poly(
                [
                    (sx - 0.08, sy),
                    (sx - 0.03, sy - 0.08),
                    (sx + 0.06, sy - 0.07),
                    (sx + 0.08, sy + 0.02),
                    (sx, sy + 0.07),
                ],
                "#b09a5c",
                edge="#4f4322",
                pen=0.015,
            )
        _eye(c, 0.58, -0.14, 0.022)


def octopus(c: Canvas, x: float, y: float, s: float, colour: str = "#c2527d") -> None:
    """An octopus."""
    with c.at(x, y, s):
        for k in range(8):
            a = -0.42 + 0.12 * k
            c.curve(
                [(a * 0.5, 0), (a, 0.25), (a * 1.5, 0.32), (a * 1.7, 0.5 + 0.06 * (k % 2))],
                dark(colour, 0.1 * (k % 3)),
                0.085,
            )
        c.blob(
            [(-0.32, 0.05), (-0.36, -0.4), (0, -0.66), (0.36, -0.4), (0.32, 0.05), (0, 0.14)],
            ("o" + light(colour), dark(colour, 0.15)),
        )
        _eye(c, -0.12, -0.16, 0.055)
        _eye(c, 0.13, -0.16, 0.055)
        c.curve([(-0.08, -0.01), (0, 0.03), (0.08, -0.01)], dark(colour, 0.6), 0.025)


def butterfly(c: Canvas, x: float, y: float, s: float, colour: str) -> None:
    """A butterfly seen from above."""
    with c.at(x, y, s, turn=c.random.uniform(-40, 40)):
        for side in (-1, 1):
            c.blob(
                [(0, 0), (side * 0.45, -0.5), (side * 0.6, -0.15), (side * 0.1, 0.05)],
                (light(colour), colour),
                edge="#2a2320",
                pen=0.03,
            )
            c.blob(
                [(0, 0.02), (side * 0.42, 0.1), (side * 0.3, 0.42)],
                dark(colour, 0.15),
                edge="#2a2320",
                pen=0.03,
            )
            c.oval(side * 0.38, -0.25, 0.06, 0.06, "#fff7d8")
        c.line([(0, -0.2), (0, 0.25)], "#2a2320", 0.06)


def penguin(c: Canvas, x: float, y: float, s: float, flip: bool = False) -> None:
    """A penguin."""
    c.shadow(x, y, 0.3 * s, 0.06 * s)
    with c.at(x, y, s, flip=flip):
        c.oval(-0.08, 0, 0.1, 0.035, "#ee9a2d")
        c.oval(0.1, 0, 0.1, 0.035, "#ee9a2d")
        c.blob(
            [
                (-0.24, -0.05),
                (-0.27, -0.5),
                (-0.12, -0.88),
                (0.12, -0.88),
                (0.27, -0.5),
                (0.24, -0.05),
            ],
            ("#343a46", "#1c2029"),
        )
        c.blob([(-0.15, -0.05), (-0.17, -0.4), (0, -0.62), (0.17, -0.4), (0.15, -0.05)], "#fafafa")
        c.oval(0.02, -0.78, 0.12, 0.09, "#fafafa")
        c.poly([(0.1, -0.78), (0.27, -0.74), (0.1, -0.7)], "#ee9a2d")
        _eye(c, 0.04, -0.8, 0.025)
