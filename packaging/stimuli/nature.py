"""Scenes in the country, under water and in space; each function draws one picture."""

from __future__ import annotations

import animals as a
import food as f
import land
import things as t
from canvas import Canvas, dark, soft
from people import Look, any_look, crowd, head, person


def picnic(c: Canvas) -> None:
    """A family in the park."""
    land.sky(c, "#8fd0f0", "#eaf6ee", 260)
    land.sun(c, 690, 70, 34)
    land.hills(c, 255, 50, "#8fbf7a")
    land.grass(c, 265, "#7fb553")
    for x, y, h in ((60, 330, 230), (180, 300, 150), (740, 340, 250), (620, 296, 140)):
        land.tree(c, x, y, h)
    c.poly([(230, 420), (610, 420), (700, 560), (140, 560)], ("#e9e2d0", "#d8cfb8"))
    for k in range(9):
        c.poly(
            [
                (230 + 42.2 * k, 420),
                (248 + 42.2 * k, 420),
                (168 + 62.2 * k, 560),
                (140 + 62.2 * k, 560),
            ],
            soft("#c8323c", 0.45),
        )
    for k in range(4):
        c.poly(
            [
                (230 - 22 * k, 420 + 35 * k),
                (610 + 22 * k, 420 + 35 * k),
                (615 + 22 * k, 437 + 35 * k),
                (224 - 22 * k, 437 + 35 * k),
            ],
            soft("#c8323c", 0.4),
        )
    person(c, 250, 440, 200, any_look(c.random, style="long", mouth="smile", top="#2e86ab"), "sit")
    person(
        c,
        560,
        445,
        210,
        any_look(c.random, style="short", mouth="open", top="#d9a441"),
        "sit",
        flip=True,
    )
    person(c, 400, 408, 130, any_look(c.random, style="cap", top="#d1495b"), "arms-up")
    f.plate(c, 330, 490, 90, 0.5)
    f.bread(c, 330, 482, 70)
    f.bottle(c, 420, 500, 110, "#7a3340", "JUICE")
    for k in range(3):
        f.apple(c, 480 + 30 * k, 500 + 12 * (k % 2), 30, ("#cf3b36", "#7fb043", "#cf3b36")[k])
    f.cake(c, 400, 548, 80)
    a.dog(c, 680, 480, 105, "#d9a25b", flip=True)
    for x, y in ((120, 200), (520, 180), (300, 230)):
        a.butterfly(c, x, y, 22, c.random.choice(("#f4a340", "#5fa8d3", "#e56b9f")))
    for _ in range(14):
        land.flower(
            c,
            c.random.uniform(0, 800),
            c.random.uniform(570, 600),
            30,
            c.random.choice(("#e56b6f", "#f7d154", "#ffffff", "#9a7bd0")),
        )


def beach(c: Canvas) -> None:
    """A crowded beach."""
    land.sky(c, "#4fb0e8", "#d9f1fa", 220)
    land.sun(c, 120, 70, 36)
    land.cloud(c, 420, 60, 80)
    c.rect(0, 218, 800, 130, ("#1f8fb8", "#66c6cf"))
    for _k in range(26):
        x, y = c.random.uniform(0, 800), c.random.uniform(228, 335)
        c.curve([(x, y), (x + 12, y - 3), (x + 26, y)], "#b0e4ea", 1.8)
    t.sailboat(c, 560, 250, 90, "#e2574c")
    t.sailboat(c, 250, 236, 50, "#f0b53a")
    c.blob(
        [(-60, 345), (200, 330), (420, 352), (640, 334), (860, 345), (860, 660), (-60, 660)],
        ("#f3dca6", "#dcb878"),
    )
    c.speckle(0, 360, 800, 240, 260, ("#e8cc92", "#cfa968", "#f8e8c0"), 2.2)
    land.palm(c, 40, 470, 330)
    t.umbrella(c, 620, 450, 190, "#e63946")
    t.umbrella(c, 220, 430, 130, "#2a9d8f")
    crowd(
        c,
        [(150, 400, 120), (330, 385, 105), (450, 370, 88), (700, 390, 115)],
        ("stand", "walk", "wave", "arms-up"),
    )
    person(c, 590, 520, 190, any_look(c.random, style="bun", glasses=True, mouth="smile"), "sit")
    t.ball(c, 430, 500, 34, "beach")
    person(
        c, 350, 560, 210, any_look(c.random, style="curly", mouth="open", top="#f26a4b"), "reach"
    )
    c.poly(
        [(110, 560), (130, 500), (150, 512), (165, 480), (182, 512), (200, 498), (225, 560)],
        ("#e8c98a", "#c9a05c"),
    )
    c.line([(166, 480), (166, 450)], "#7a5233", 3)
    c.poly([(167, 450), (192, 458), (167, 467)], "#e63946")
    for x, y, s in ((330, 90, 20), (380, 120, 15), (650, 110, 18)):
        a.gull(c, x, y, s)
    c.blob(
        [
            (500, 575),
            (512, 560),
            (520, 574),
            (536, 572),
            (526, 584),
            (530, 598),
            (514, 590),
            (498, 598),
            (502, 584),
            (488, 574),
        ],
        "#e8734a",
    )


def farm(c: Canvas) -> None:
    """Animals in front of a barn."""
    land.sky(c, "#7fc4ec", "#f4f1dc", 250)
    land.cloud(c, 620, 70, 100)
    land.cloud(c, 180, 100, 70)
    land.hills(c, 245, 60, "#9cbf72")
    land.grass(c, 270, "#86b254")
    for k in range(9):
        c.poly(
            [(430 + 45 * k, 268), (450 + 45 * k, 268), (470 + 55 * k, 330), (440 + 55 * k, 330)],
            ("#e0bf5a", "#c79f3a")[k % 2],
        )
    land.house(c, 60, 330, 210, 150, "#b2402f", "#6b5a50")
    c.text(165, 150, "GREEN FARM", 17, "#fff6dc")
    land.tree(c, 350, 310, 170)
    for k in range(15):
        c.line([(56 * k, 360), (56 * k, 318)], "#f4efe4", 6)
    for y in (328, 346):
        c.line([(0, y), (800, y)], "#f4efe4", 5)
    with c.at(640, 420, 1.0):
        c.shadow(0, 0, 120, 18)
        c.rect(-40, -78, 100, 45, ("#3f9a54", "#2c6f3b"), r=8)
        c.rect(-60, -125, 60, 60, ("#49a85f", "#2c6f3b"), r=6)
        c.rect(-52, -117, 44, 34, ("#d5ecf6", "#86a9bb"))
        c.line([(35, -80), (35, -118)], "#44484e", 7)
        for x, r in ((-42, 46), (52, 28)):
            c.oval(x, -r, r, r, "#23262b")
            c.oval(x, -r, r * 0.5, r * 0.5, "#f0c53a")
    a.cow(c, 190, 470, 150)
    a.horse(c, 400, 440, 130, flip=True)
    for x, y, s in ((300, 540, 90), (90, 570, 100), (510, 520, 80)):
        a.sheep(c, x, y, s, flip=x > 200)
    person(
        c,
        590,
        560,
        210,
        any_look(c.random, style="cap", beard=True, mouth="smile", top="#3b6ea5"),
        "wave",
    )
    for x, y in ((700, 560), (735, 580), (690, 590)):
        a.duck(c, x, y, 46, "#f6f1e4", flip=True)


def lake(c: Canvas) -> None:
    """Mountains, a lake and hot-air balloons."""
    land.sky(c, "#5c8fd6", "#fbe3c0", 330)
    land.cloud(c, 640, 190, 70, "#fff1e0")
    for x, w, h, colour in (
        (120, 380, 210, "#6a7fa0"),
        (650, 420, 240, "#5f7597"),
        (390, 460, 270, "#7488a8"),
    ):
        land.mountain(c, x, 340, w, h, colour)
    land.hills(c, 330, 26, "#4f7a56", 9)
    c.rect(0, 352, 800, 130, ("#9cc7d8", "#3f7f9e"))
    for x, w, h in ((390, 380, 90), (650, 320, 80)):
        c.poly([(x - w / 2, 352), (x, 352 + h), (x + w / 2, 352)], soft("#6a7fa0", 0.35))
    for _ in range(30):
        x, y = c.random.uniform(0, 800), c.random.uniform(360, 480)
        c.line([(x, y), (x + 22, y)], "#d6ecf2", 1.2)
    c.blob(
        [(-40, 470), (200, 455), (420, 490), (640, 462), (860, 470), (860, 640), (-40, 640)],
        ("#7fae58", "#4f7d3d"),
    )
    for x, y, s, colour in (
        (180, 130, 130, "#e2574c"),
        (470, 90, 90, "#f0b53a"),
        (610, 160, 60, "#6d5ba6"),
    ):
        t.balloon(c, x, y, s, colour)
    t.sailboat(c, 300, 410, 80, "#c8323c")
    with c.at(560, 425, 1.0):
        c.blob([(-60, -12), (0, -6), (60, -12), (42, 12), (-42, 12)], ("#a97646", "#6d4827"))
        person(c, -10, 4, 74, any_look(c.random, style="cap"), "sit")
        c.curve([(5, -25), (60, -62), (110, -10)], "#3a3a3a", 1.5)
    for x in (30, 90, 760, 700):
        land.pine(c, x, 520, 190)
    with c.at(420, 560, 1.0):
        c.poly([(-90, 0), (0, -100), (90, 0)], ("#f08a3c", "#c65f1f"))
        c.poly([(-28, 0), (0, -70), (28, 0)], "#3a2416")
    person(c, 250, 560, 150, any_look(c.random, style="long"), "sit")
    c.glow(320, 545, 70, 50, "#ffb347", 0.6)
    c.blob([(308, 556), (312, 530), (320, 512), (328, 532), (334, 556)], ("#ffe07a", "#f0622a"))
    for k in (-18, 18):
        c.line([(320 - k, 562), (320 + k, 554)], "#5a3b22", 7)
    a.bird(c, 620, 545, 50, "#c8323c")


def reef(c: Canvas) -> None:
    """Under water."""
    c.rect(0, 0, 800, 600, ("#38b3d6", "#0b3f6b"))
    for k in range(6):
        x = 60 + 130 * k
        c.poly([(x, 0), (x + 46, 0), (x - 40, 600), (x - 150, 600)], soft("#ffffff", 0.06))
    c.blob(
        [(-40, 520), (150, 490), (340, 530), (560, 495), (860, 520), (860, 640), (-40, 640)],
        ("#e3cf9a", "#a98f5a"),
    )
    for x, colour in (
        (60, "#e2574c"),
        (170, "#f08fb0"),
        (330, "#f2a93b"),
        (640, "#c2527d"),
        (750, "#e2574c"),
    ):
        for k in range(7):
            dx = (k - 3) * 15
            c.curve(
                [(x, 540), (x + dx * 0.7, 480), (x + dx * 1.5, 430 + 10 * (k % 3))],
                dark(colour, 0.08 * (k % 3)),
                13,
            )
    for x in (250, 270, 480, 500, 520, 700):
        c.curve([(x, 560), (x + 18, 500), (x - 12, 440), (x + 14, 370)], "#3f9a5f", 9)
    a.octopus(c, 420, 460, 150)
    a.turtle(c, 600, 190, 190, flip=True)
    for x, y, s, colour, stripe in (
        (140, 170, 90, "#f07f2d", "#ffffff"),
        (270, 110, 70, "#f4d03f", "#3a4a8a"),
        (300, 300, 100, "#3f7fd0", "#f4d03f"),
        (90, 350, 70, "#e2574c", "#ffe0c0"),
        (700, 390, 95, "#9a5bc0", "#f7d7ff"),
    ):
        a.fish(c, x, y, s, colour, stripe, flip=c.random.random() < 0.4)
    for k in range(9):
        a.fish(
            c,
            430 + 34 * (k % 5) + 10 * (k // 5),
            70 + 26 * (k // 5) + 8 * (k % 2),
            26,
            "#c9d6df",
            "#8fa3b0",
        )
    with c.at(720, 120, 1.0):
        person(
            c,
            0,
            90,
            130,
            Look(
                skin="#e0ac84",
                hair="#22262b",
                style="cap",
                top="#22262b",
                legs="#22262b",
                glasses=True,
            ),
            "reach",
            flip=True,
        )
        c.rect(8, -5, 18, 50, ("#f0c53a", "#b8901f"), r=8)
    for _ in range(30):
        r = c.random.uniform(2, 8)
        c.oval(
            c.random.uniform(0, 800),
            c.random.uniform(0, 480),
            r,
            r,
            soft("#ffffff", 0.15),
            edge="#d8f2fa",
            pen=1,
        )
    with c.at(540, 560, 1.0, turn=-6):
        c.rect(-44, -42, 88, 44, ("#8a5a2f", "#5a381c"), r=4, edge="#d9b24a", pen=4)
        c.blob([(-44, -42), (-36, -70), (36, -70), (44, -42)], ("#a06a38", "#6d4422"))
        c.speckle(-34, -48, 68, 8, 24, ("#ffd84d", "#f5b82e"), 6)
    c.blob(
        [
            (200, 585),
            (212, 565),
            (220, 583),
            (240, 582),
            (226, 594),
            (232, 610),
            (212, 600),
            (196, 610),
            (200, 595),
            (184, 582),
        ],
        "#f2732f",
    )


def savanna(c: Canvas) -> None:
    """Wild animals at a water hole."""
    land.sky(c, "#f0994f", "#fde5b0", 300)
    land.sun(c, 560, 200, 52, "#ffd27a")
    land.hills(c, 296, 34, "#b58a5a")
    land.grass(c, 305, "#c9a54e")
    for x, y, s in ((120, 330, 1.0), (700, 322, 0.8)):
        with c.at(x, y, s):
            c.curve([(0, 0), (6, -60), (-20, -120)], "#5a3d26", 12)
            c.curve([(4, -60), (40, -110)], "#5a3d26", 9)
            c.oval(10, -140, 110, 26, ("#6f8a3a", "#4a6028"))
            c.oval(-40, -122, 60, 18, "#5d7832")
    c.blob(
        [(180, 480), (330, 440), (560, 450), (650, 500), (520, 545), (280, 540)],
        ("#8fc4d4", "#3f7f9e"),
        edge="#a88a50",
        pen=8,
    )
    a.giraffe(c, 200, 430, 190)
    a.giraffe(c, 290, 405, 140, flip=True)
    a.elephant(c, 560, 430, 230, flip=True)
    a.elephant(c, 720, 440, 120, flip=True)
    for x, y in ((330, 480), (372, 492), (480, 500)):
        a.duck(c, x, y, 34, "#8a5f3c")
    with c.at(95, 560, 1.0):
        c.rect(-90, -70, 180, 50, ("#7f8a55", "#5c6640"), r=8)
        c.rect(-50, -118, 100, 50, soft("#dff0f5", 0.5), r=6, edge="#5c6640", pen=5)
        for x in (-55, 55):
            c.oval(x, -14, 24, 24, "#23262b")
            c.oval(x, -14, 10, 10, "#9aa0a6")
    head(c, 78, 466, 18, any_look(c.random, style="cap", mouth="open"))
    head(c, 118, 464, 18, any_look(c.random, style="long", mouth="smile"))
    for x, y in ((300, 110), (340, 130), (270, 140), (400, 90)):
        a.gull(c, x, y, 13, "#5a3a2a")
    for x, s in ((330, 120), (470, 104)):
        a.horse(c, x, 588, s, "#efe9df", flip=x > 400)
        for k in range(6):
            left = x - 0.34 * s + 0.11 * s * k + (0.04 * s if x > 400 else 0)
            c.line([(left, 588 - 0.7 * s), (left + 0.02 * s, 588 - 0.48 * s)], "#2b2624", 0.04 * s)
    a.bird(c, 700, 560, 60, "#d1495b", flip=True)


def winter(c: Canvas) -> None:
    """A village in the snow."""
    land.sky(c, "#8aa6cf", "#e8eef6", 300)
    land.mountain(c, 180, 300, 380, 190, "#8496b5")
    land.mountain(c, 600, 300, 460, 220, "#7b8eae")
    land.hills(c, 300, 20, "#e9eff6")
    c.rect(0, 330, 800, 270, ("#f3f7fb", "#d3dfec"))
    for x, y, h in (
        (40, 380, 200),
        (120, 350, 140),
        (740, 390, 220),
        (660, 350, 150),
        (430, 335, 120),
    ):
        land.pine(c, x, y, h, snow=True)
    for x, w, wall in ((190, 110, "#b5533c"), (320, 100, "#d8b66a"), (530, 120, "#7d8fa8")):
        land.house(c, x, 380, w, 80, wall, "#eef4fa")
        c.glow(x + 0.2 * w, 335, 26, 22, "#ffd97a", 0.6)
    with c.at(560, 540, 1.0):
        c.shadow(0, 0, 90, 16, 0.25)
        for y, r in ((-52, 56), (-128, 40), (-184, 28)):
            c.oval(0, y, r, r, ("o#ffffff", "#c9d7e6"))
        for x in (-9, 9):
            c.oval(x, -190, 4, 4, "#1c1f24")
        c.poly([(0, -182), (36, -176), (0, -172)], "#ee8b2d")
        c.curve([(-10, -168), (0, -163), (10, -168)], "#1c1f24", 3)
        c.rect(-28, -214, 56, 8, "#23262b")
        c.rect(-19, -252, 38, 40, "#23262b")
        c.rect(-30, -160, 60, 12, "#d1495b", r=6)
        c.line([(-36, -130), (-88, -165)], "#5a3b22", 5)
        c.line([(36, -130), (86, -160)], "#5a3b22", 5)
    person(c, 430, 530, 170, any_look(c.random, style="cap", top="#d1495b", mouth="open"), "reach")
    person(c, 300, 470, 140, any_look(c.random, style="scarf", top="#2e86ab"), "arms-up")
    c.blob([(90, 560), (110, 530), (250, 530), (262, 548), (250, 560)], ("#8a5a34", "#6d4422"))
    c.line([(84, 572), (270, 572)], "#44484e", 5)
    person(c, 165, 548, 150, any_look(c.random, style="cap", top="#edae49", mouth="smile"), "sit")
    a.dog(c, 690, 560, 100, "#6f6a68", flip=True)
    for x, y in ((700, 420), (725, 428)):
        a.bird(c, x, y, 36, "#c8323c")
    for _ in range(170):
        r = c.random.uniform(1, 3.4)
        c.oval(c.random.uniform(0, 800), c.random.uniform(0, 600), r, r, soft("#ffffff", 0.85))


def space(c: Canvas) -> None:
    """Planets, a rocket and an astronaut."""
    c.rect(0, 0, 800, 600, ("#0a0d24", "#1c1440"))
    c.glow(560, 180, 300, 180, "#7a3fb0", 0.4)
    c.glow(180, 420, 260, 190, "#1f6fb0", 0.35)
    for _ in range(320):
        r = c.random.uniform(0.5, 2.0)
        c.oval(
            c.random.uniform(0, 800),
            c.random.uniform(0, 600),
            r,
            r,
            c.random.choice(("#ffffff", "#ffe8c0", "#c0d8ff")),
        )
    c.oval(620, 150, 84, 84, ("o#f7cf8a", "#b5703a"))
    for k in (-40, -12, 22, 48):
        c.curve(
            [
                (620 - (84**2 - k**2) ** 0.5 + 4, 150 + k),
                (620, 150 + k + 9),
                (620 + (84**2 - k**2) ** 0.5 - 4, 150 + k),
            ],
            "#c98a4d",
            6,
        )
    with c.at(620, 150, 1.0, turn=-18):
        c.arc(0, 0, 1, 0, 360, "#00000000", 0.1)
        c.oval(0, 0, 150, 26, soft("#e8d0a0", 0.0), edge="#d9bd8a", pen=9)
    c.oval(130, 130, 56, 56, ("o#6fc0f0", "#1d4f8f"))
    for dx, dy, r in ((-18, -10, 18), (14, 16, 22), (20, -24, 12)):
        c.blob(
            [
                (130 + dx - r, 130 + dy),
                (130 + dx, 130 + dy - r * 0.7),
                (130 + dx + r, 130 + dy),
                (130 + dx, 130 + dy + r * 0.6),
            ],
            "#5fae62",
        )
    c.oval(710, 430, 34, 34, ("o#e88a7a", "#8f3a3a"))
    c.blob(
        [(-40, 520), (200, 480), (460, 510), (660, 485), (860, 520), (860, 640), (-40, 640)],
        ("#b9b4ac", "#6f6a66"),
    )
    for x, y, r in ((120, 550, 40), (300, 575, 30), (560, 545, 46), (700, 575, 28)):
        c.oval(x, y, r, r * 0.3, ("#7d7873", "#a29d96"))
    with c.at(410, 250, 1.0, turn=24):
        c.glow(0, 190, 60, 100, "#ff9a3c", 0.8)
        c.blob([(-26, 130), (0, 240), (26, 130)], ("#fff0a0", "#ff6a2a"))
        c.poly([(-40, 60), (-84, 140), (-34, 130)], "#c8323c")
        c.poly([(40, 60), (84, 140), (34, 130)], "#c8323c")
        c.blob(
            [(0, -150), (42, -50), (44, 60), (30, 136), (-30, 136), (-44, 60), (-42, -50)],
            ("#ffffff", "#b8c0c8"),
        )
        c.blob([(0, -150), (34, -78), (0, -70), (-34, -78)], "#c8323c")
        c.oval(0, -20, 24, 24, "#3a4048")
        head(c, 0, -18, 17, any_look(c.random, style="short", mouth="open"))
        c.text(0, 60, "GAIA", 20, "#2458b8")
    with c.at(210, 520, 1.0):
        c.shadow(0, 0, 60, 10)
        c.rect(-42, -140, 84, 70, ("#c4cad0", "#8d949b"), r=10)
        for x in (-20, 20):
            c.line([(x, -70), (x * 1.3, -8)], "#eef1f4", 30)
        c.line([(-34, -130), (-72, -90)], "#eef1f4", 24)
        c.line([(34, -130), (84, -190)], "#eef1f4", 24)
        c.rect(-40, -145, 80, 86, ("#ffffff", "#d0d6dc"), r=18)
        c.oval(0, -182, 50, 48, ("#ffffff", "#d0d6dc"))
        c.oval(3, -180, 38, 34, ("#35507a", "#121a2c"))
        head(c, 3, -178, 24, any_look(c.random, style="bun", mouth="smile"))
        c.rect(-18, -110, 36, 20, "#e63946")
    c.line([(470, 515), (470, 430)], "#d8dce0", 4)
    c.rect(472, 430, 62, 40, ("#2667a9", "#1b4c80"))
    c.oval(503, 450, 10, 10, "#ffd94a")
    with c.at(610, 505, 1.0):
        c.rect(-40, -40, 80, 24, ("#d9b24a", "#9a7a2a"), r=4)
        for x in (-30, 0, 30):
            c.oval(x, -10, 12, 12, "#2a2d33")
        c.line([(20, -40), (20, -80)], "#cfd5da", 4)
        c.oval(20, -86, 14, 9, "#e8ecef")
