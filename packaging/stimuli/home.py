"""Scenes at home; each function draws one picture."""

from __future__ import annotations

import animals as a
import food as f
import land
import things as t
from canvas import Canvas, dark, light, soft
from people import SKINS, any_look, head, person


def living_room(c: Canvas) -> None:
    """An evening at home."""
    t.room(c, "#c9b79c", "#a9794a")
    land.window(c, 60, 70, 150, 170, ("#26345c", "#6f5a8a"))
    c.poly([(40, 55), (90, 55), (70, 270), (40, 270)], ("#a8434c", "#7d2f38"))
    c.poly([(180, 55), (232, 55), (232, 270), (202, 270)], ("#a8434c", "#7d2f38"))
    t.picture(c, 300, 80, 110, 80, "sea")
    t.picture(c, 440, 70, 70, 90, "face")
    t.bookshelf(c, 610, 400, 160, 280)
    t.floor_lamp(c, 560, 420, 260)
    c.oval(380, 520, 330, 70, ("#8f3f4a", "#6d2c36"))
    c.oval(380, 520, 280, 56, soft("#f0d9a8", 0.25), edge="#e8cf9a", pen=3)
    t.sofa(c, 330, 450, 330, "#4f7a8c")
    person(c, 250, 455, 210, any_look(c.random, style="bob", mouth="smile", top="#edae49"), "sit")
    person(
        c,
        390,
        455,
        215,
        any_look(c.random, style="short", glasses=True, mouth="open", top="#3b7a57"),
        "sit",
        flip=True,
    )
    a.cat(c, 480, 400, 70, "#d98c45")
    t.table(c, 330, 550, 190, 62)
    f.cup(c, 290, 466, 28, "#d1495b")
    c.rect(330, 474, 70, 8, "#2e6da8")
    c.rect(336, 466, 60, 8, "#e0b53a")
    t.plant_pot(c, 60, 470, 170)
    a.dog(c, 600, 560, 120, "#8a5a34", flip=True)
    t.ball(c, 500, 570, 16, "beach")
    c.rect(20, 500, 96, 64, "#23262b", r=5)
    c.rect(26, 506, 84, 52, ("#5fb0e0", "#2f6fa0"))
    a.gull(c, 68, 530, 14)


def kitchen(c: Canvas) -> None:
    """Cooking together."""
    t.room(c, "#dfe7e2", "#b9b2a6", 430)
    for i in range(20):
        for j in range(4):
            c.rect(40 * i, 180 + 34 * j, 38, 32, ("#f4f7f4", "#e3ebe6"))
    for x in (0, 130, 540, 670):
        c.rect(x + 4, 20, 122, 130, ("#6f9a8c", "#547a6e"), r=4, edge="#47675d", pen=2)
        c.oval(x + 108, 130, 4, 4, "#f0e2b0")
    land.window(c, 300, 30, 200, 130)
    land.tree(c, 400, 155, 90)
    c.rect(0, 318, 800, 20, ("#d8c3a0", "#b59a70"))
    c.rect(0, 338, 800, 110, ("#6f9a8c", "#4f7468"))
    for k in range(6):
        c.rect(136 * k + 6, 346, 124, 94, soft("#ffffff", 0.08), r=3, edge="#47675d", pen=2)
    c.rect(560, 250, 140, 70, ("#3a3f45", "#22262b"), r=4)
    for x in (590, 670):
        c.glow(x, 318, 34, 10, "#ff7a3c", 0.8)
    c.rect(566, 262, 56, 50, ("#c9ced2", "#868d94"), r=5)
    c.line([(560, 275), (540, 270)], "#44484e", 6)
    for k in (-10, 6):
        c.curve([(594 + k, 250), (602 + k, 225), (592 + k, 200)], "#90ffffff", 5)
    c.oval(670, 306, 40, 10, "#2a2d33")
    c.line([(700, 304), (760, 296)], "#2a2d33", 8)
    f.egg(c, 668, 302, 40)
    person(c, 250, 520, 300, any_look(c.random, style="bun", mouth="smile", top="#d1495b"), "reach")
    c.rect(218, 290, 66, 110, soft("#ffffff", 0.85), r=12)
    person(
        c,
        520,
        520,
        290,
        any_look(c.random, style="short", beard=True, mouth="open", top="#2e6da8"),
        "reach",
        flip=True,
    )
    person(
        c, 390, 510, 180, any_look(c.random, style="curly", mouth="open", top="#edae49"), "stand"
    )
    c.poly([(60, 470), (740, 470), (800, 560), (0, 560)], ("#c59a63", "#9a7140"))
    c.rect(0, 560, 800, 40, "#7a5630")
    c.rect(300, 486, 130, 44, ("#e8cf9f", "#cfae74"), r=6)
    for k in range(5):
        c.oval(318 + 22 * k, 508, 12, 12, ("o#f06a4f", "#b8302a"))
    c.poly([(440, 500), (520, 494), (520, 506), (450, 512)], "#d9dee2")
    c.line([(522, 500), (556, 496)], "#33383d", 9)
    f.bread(c, 170, 505, 110)
    f.bottle(c, 640, 540, 130, "#5d7a2e", "OIL")
    f.bottle(c, 700, 545, 110, "#b8302a", "SAUCE")
    for k in range(3):
        f.egg(c, 90 + 26 * k, 540, 4)
        c.oval(70 + 24 * k, 530, 10, 13, ("o#ffffff", "#e2cfb4"))
    f.plate(c, 560, 540, 90, 0.4)
    t.clock(c, 230, 190, 24, 6.5)
    a.cat(c, 760, 330, 66, "#5b5a60")


def breakfast(c: Canvas) -> None:
    """A breakfast table from above."""
    for k in range(8):
        c.rect(0, 75 * k, 800, 74, (light("#b98a56", 0.06 * (k % 3)), "#a3743f"))
        for _ in range(7):
            y = 75 * k + c.random.uniform(6, 68)
            c.curve(
                [
                    (0, y),
                    (260, y + c.random.uniform(-6, 6)),
                    (540, y + c.random.uniform(-6, 6)),
                    (800, y),
                ],
                soft("#6d4a24", 0.3),
                1.4,
            )
    f.plate(c, 400, 310, 270)
    f.knife_and_fork(c, 400, 310, 270)
    f.egg(c, 360, 290, 110)
    f.egg(c, 440, 330, 100)
    for k in range(2):
        c.curve(
            [(330 + 40 * k, 390), (370 + 40 * k, 375), (410 + 40 * k, 395), (450 + 40 * k, 378)],
            "#b8483c",
            20,
        )
        c.curve(
            [(330 + 40 * k, 386), (370 + 40 * k, 371), (410 + 40 * k, 391), (450 + 40 * k, 374)],
            "#f0c0a8",
            6,
        )
    for k in range(5):
        c.oval(452 + 18 * (k % 2), 250 + 14 * k, 12, 12, ("o#f06a4f", "#b8302a"))
    f.coffee_from_above(c, 650, 130, 110)
    f.plate(c, 140, 150, 170)
    for k in range(3):
        f.bread(c, 120 + 24 * k, 130 + 26 * k, 84, turn=20)
    c.oval(330, 90, 48, 48, ("#ffffff", "#d9d4c8"))
    c.oval(330, 90, 38, 38, ("o#e0586a", "#9a1f33"))
    c.line([(350, 84), (420, 50)], "#c3c8cc", 7)
    c.oval(480, 80, 40, 40, ("#fff7df", "#e2d2a4"))
    c.oval(480, 80, 32, 32, ("o#ffd76a", "#e0a02a"))
    f.banana(c, 110, 420, 150, turn=-20)
    f.orange(c, 190, 500, 84)
    f.apple(c, 95, 520, 80)
    f.grapes(c, 700, 470, 130)
    c.oval(620, 470, 46, 46, soft("#ffffff", 0.5), edge="#dfe9ee", pen=5)
    c.oval(620, 470, 38, 38, ("o#ffc765", "#ee9420"))
    c.rect(300, 490, 210, 100, ("#f6f2e8", "#e2dccd"), r=3)
    c.text(405, 508, "MORNING NEWS", 20, "#22262b", family="DejaVu Serif")
    head(c, 340, 556, 22, any_look(c.random, style="short"))
    for k in range(6):
        c.line([(378, 532 + 10 * k), (498 - 20 * (k % 2), 532 + 10 * k)], "#8d8a84", 2.5)
    c.rect(700, 250, 70, 128, ("#2a2d33", "#14161a"), r=12)
    c.rect(706, 264, 58, 100, ("#5f8fe0", "#8a5fc0"), r=3)
    c.text(735, 296, "07:45", 18, "#ffffff")


def desk(c: Canvas) -> None:
    """A desk full of things."""
    c.rect(0, 0, 800, 330, ("#8fa8b0", "#74919b"))
    c.rect(0, 330, 800, 270, ("#c49a68", "#96703f"))
    c.rect(40, 40, 170, 130, ("#c9a36b", "#a9814a"), edge="#7a5630", pen=6)
    for x, y, colour, words in (
        (60, 60, "#fff3a0", "CALL\nANNA"),
        (130, 56, "#ffb8c8", "MILK\nEGGS"),
        (95, 110, "#b8e8c0", "18:00"),
    ):
        c.rect(x, y, 56, 46, colour)
        c.text(x + 28, y + 23, words, 12, "#3a3a3a")
        c.oval(x + 28, y + 3, 4, 4, "#d6323c")
    land.window(c, 600, 30, 170, 150)
    land.tree(c, 690, 178, 110)
    t.picture(c, 440, 60, 100, 80, "face")
    t.clock(c, 300, 90, 38, 3.7)
    c.rect(270, 190, 270, 170, "#22262b", r=8)
    c.rect(280, 200, 250, 146, ("#274a78", "#16304f"))
    for k in range(7):
        c.line(
            [(296, 216 + 18 * k), (296 + c.random.uniform(60, 130), 216 + 18 * k)],
            c.random.choice(("#7fd0a0", "#f0c070", "#9fc0f0")),
            5,
        )
    c.rect(440, 216, 78, 74, "#f4f1ea")
    for k in range(5):
        c.rect(
            448 + 14 * k,
            282 - 12 * (k + 1) + 8 * (k % 2),
            9,
            12 * (k + 1) - 8 * (k % 2),
            ("#d1495b", "#2e86ab", "#edae49", "#3b7a57", "#7d5ba6")[k],
        )
    c.rect(380, 360, 50, 24, "#4a4f56")
    c.rect(340, 382, 130, 10, "#4a4f56", r=4)
    c.poly([(270, 440), (530, 440), (560, 520), (240, 520)], ("#e3e6e8", "#b9bfc4"))
    for j in range(4):
        for i in range(11):
            c.rect(278 - 7 * j + (22.6 + 1.2 * j) * i, 446 + 18 * j, 19, 13, "#5a6068", r=2)
    c.oval(620, 490, 24, 34, ("o#ffffff", "#b9bfc4"))
    c.line([(620, 460), (620, 480)], "#8d949b", 2)
    f.cup(c, 190, 430, 66, "#2e86ab")
    for k, colour in enumerate(("#d6323c", "#f0b53a", "#3a8a4a", "#2e6da8")):
        c.line([(676 + 10 * k, 400), (666 + 20 * k, 300)], colour, 7)
    c.rect(664, 350, 60, 66, ("#7a5ba6", "#513a78"), r=4)
    c.rect(40, 500, 180, 20, "#b8302a", r=2)
    c.rect(50, 480, 160, 20, "#2f6690", r=2)
    c.rect(46, 460, 168, 20, "#d9a441", r=2)
    c.text(130, 470, "ATLAS OF BIRDS", 12, "#3a2a14")
    c.oval(120, 438, 30, 22, soft("#000000", 0))
    c.poly([(560, 540), (720, 530), (740, 590), (570, 598)], "#fbf8ee")
    c.text(645, 562, "To do:\ncall, write, walk", 15, "#35528a", bold=False, family="DejaVu Serif")
    t.plant_pot(c, 70, 440, 150)
    c.oval(590, 380, 26, 26, soft("#ffffff", 0.0), edge="#22262b", pen=4)
    c.oval(650, 384, 22, 22, soft("#ffffff", 0.0), edge="#22262b", pen=4)
    a.cat(c, 590, 352, 90, "#3a3a40")
    f.apple(c, 520, 560, 46, "#7fb043")


def party(c: Canvas) -> None:
    """A birthday party."""
    t.room(c, "#7fb2c9", "#b98a5a", 410)
    for k in range(16):
        c.poly(
            [
                (50 * k, 40 + 14 * ((k % 4) - 1.5) ** 2),
                (50 * k + 40, 40 + 14 * ((k % 4) - 1.5) ** 2),
                (50 * k + 20, 86 + 14 * ((k % 4) - 1.5) ** 2),
            ],
            ("#e63946", "#f4c430", "#2a9d8f", "#f4f1de", "#7d5ba6")[k % 5],
        )
    c.text(400, 122, "HAPPY BIRTHDAY", 42, "#fff6dc")
    for x, y, colour in (
        (60, 200, "#e63946"),
        (110, 170, "#f4c430"),
        (690, 180, "#7d5ba6"),
        (745, 210, "#2a9d8f"),
        (640, 220, "#f07f2d"),
    ):
        t.toy_balloon(c, x, y, 74, colour)
    places = (
        (120, 430, "arms-up"),
        (240, 425, "wave"),
        (400, 420, "stand"),
        (560, 425, "arms-up"),
        (690, 430, "wave"),
    )
    for x, y, pose in places:
        person(c, x, y, 210, any_look(c.random, mouth=c.random.choice(("open", "smile"))), pose)
        c.poly(
            [(x - 20, y - 216), (x, y - 268), (x + 20, y - 216)],
            c.random.choice(("#f4c430", "#e63946", "#2a9d8f")),
        )
        c.oval(x, y - 270, 6, 6, "#ffffff")
    c.poly([(90, 420), (710, 420), (760, 560), (40, 560)], ("#fdfaf2", "#ded6c6"))
    f.cake(c, 400, 500, 170)
    for k, x in enumerate((170, 260, 540, 630)):
        f.plate(c, x, 500, 84, 0.45)
        if k % 2:
            f.burger(c, x, 488, 56)
        else:
            f.pizza(c, x, 496, 40)
    for x, colour in ((215, "#f0872d"), (310, "#d6323c"), (500, "#7fb043"), (590, "#f0872d")):
        c.poly([(x - 13, 440), (x + 13, 440), (x + 9, 476), (x - 9, 476)], (light(colour), colour))
        c.line([(x, 442), (x + 12, 414)], "#ffffff", 3)
    for x, y, colour, ribbon in (
        (60, 590, "#7d5ba6", "#f4c430"),
        (150, 598, "#2a9d8f", "#ffffff"),
        (700, 592, "#e63946", "#f4f1de"),
    ):
        c.rect(x - 38, y - 60, 76, 60, (light(colour, 0.1), dark(colour, 0.1)))
        c.rect(x - 6, y - 60, 12, 60, ribbon)
        c.rect(x - 38, y - 36, 76, 11, ribbon)
        c.oval(x - 12, y - 64, 13, 8, ribbon)
        c.oval(x + 12, y - 64, 13, 8, ribbon)
    c.speckle(0, 0, 800, 600, 130, ("#f4c430", "#e63946", "#2a9d8f", "#ffffff", "#7d5ba6"), 4.5)
    a.dog(c, 470, 596, 84, "#efe2c8")


def family(c: Canvas) -> None:
    """Five faces close by."""
    c.rect(0, 0, 800, 600, ("#a9c8b0", "#6f9a80"))
    for _ in range(60):
        r = c.random.uniform(20, 60)
        c.glow(
            c.random.uniform(0, 800),
            c.random.uniform(0, 420),
            r,
            r,
            c.random.choice(("#d8efc0", "#fff2c0", "#5f8a6a")),
            0.5,
        )
    rows = (
        (
            190,
            210,
            88,
            any_look(
                c.random,
                skin=SKINS[1],
                style="short",
                beard=True,
                glasses=True,
                mouth="smile",
                top="#35495e",
                gaze=0.5,
            ),
        ),
        (
            420,
            180,
            84,
            any_look(
                c.random,
                skin=SKINS[0],
                style="long",
                hair="#8a5a2b",
                mouth="open",
                top="#d1495b",
                gaze=-0.2,
            ),
        ),
        (
            640,
            220,
            86,
            any_look(
                c.random,
                skin=SKINS[3],
                style="curly",
                hair="#2a1d17",
                mouth="smile",
                top="#edae49",
                gaze=-0.6,
            ),
        ),
        (
            300,
            400,
            72,
            any_look(
                c.random,
                skin=SKINS[1],
                style="cap",
                mouth="open",
                top="#2e86ab",
                beard=False,
                gaze=0.1,
            ),
        ),
        (
            540,
            420,
            74,
            any_look(c.random, skin=SKINS[2], style="bun", mouth="smile", top="#7d5ba6", gaze=-0.3),
        ),
    )
    for x, y, r, look in rows:
        c.blob(
            [
                (x - 2.1 * r, y + 3.6 * r),
                (x - 1.9 * r, y + 1.7 * r),
                (x - 0.5 * r, y + 1.15 * r),
                (x + 0.5 * r, y + 1.15 * r),
                (x + 1.9 * r, y + 1.7 * r),
                (x + 2.1 * r, y + 3.6 * r),
            ],
            (light(look.top, 0.1), dark(look.top, 0.2)),
        )
        c.rect(x - 0.36 * r, y + 0.6 * r, 0.72 * r, 0.75 * r, dark(look.skin, 0.18), r=12)
        head(c, x, y, r, look)
    c.text(300, 575, "12", 54, "#f4f1ea")
    a.dog(c, 110, 590, 210, "#c98a4a")
    a.cat(c, 720, 598, 150, "#6f6a68")


def toys(c: Canvas) -> None:
    """A shelf of toys."""
    c.rect(0, 0, 800, 600, ("#f0d9b8", "#d6b88e"))
    for y in (205, 400, 590):
        c.rect(0, y - 200 + 10, 800, 188, soft("#7a5230", 0.12))
        c.rect(0, y, 800, 16, ("#b98652", "#8a5f34"))
    for k, letter in enumerate("ABC"):
        colour = ("#d6323c", "#2e6da8", "#3a8a4a")[k]
        x, y = 40 + 64 * k - 96 * (k == 2) + 0, 205 - 62 * (k == 2)
        c.rect(x, y - 60, 58, 60, (light(colour), colour), r=6, edge="#fdf6e8", pen=4)
        c.text(x + 29, y - 30, letter, 38, "#fdf6e8")
    with c.at(280, 205, 1.0):
        bear = "#b07a45"
        for x in (-40, 40):
            c.oval(x, -20, 30, 22, dark(bear, 0.1))
            c.oval(x * 1.1, -66, 18, 28, dark(bear, 0.1))
            c.oval(x * 0.8, -158, 20, 20, bear)
            c.oval(x * 0.8, -158, 11, 11, "#e3c49a")
        c.oval(0, -56, 48, 52, ("o" + light(bear, 0.2), bear))
        c.oval(0, -126, 48, 42, ("o" + light(bear, 0.2), bear))
        c.oval(0, -112, 22, 17, "#e3c49a")
        c.oval(0, -119, 8, 6, "#2a1a12")
        for x in (-18, 18):
            c.oval(x, -136, 5, 6, "#1c1512")
        c.poly([(-18, -88), (0, -80), (18, -88), (18, -70), (0, -78), (-18, -70)], "#d6323c")
    t.train(c, 0, 0, 0.01, "#d6323c")
    with c.at(440, 205, 1.0):
        c.rect(-50, -64, 70, 50, ("#e0473c", "#a8302a"), r=6)
        c.rect(-62, -98, 44, 84, ("#2e6da8", "#1f4c78"), r=4)
        c.rect(-54, -90, 28, 26, "#d5ecf6")
        c.rect(0, -88, 16, 28, "#22262b")
        for x in (-42, -6, 14):
            c.oval(x, -14, 16, 16, "#f0c53a", edge="#22262b", pen=4)
        c.rect(34, -58, 70, 42, ("#3a8a4a", "#256032"), r=4)
        for x in (50, 88):
            c.oval(x, -14, 14, 14, "#f0c53a", edge="#22262b", pen=4)
        for x in (48, 66, 84):
            c.oval(x, -64, 14, 12, "#8a5a34")
    t.ball(c, 610, 165, 38, "beach")
    a.duck(c, 720, 203, 100)
    a.giraffe(c, 80, 400, 100)
    a.elephant(c, 210, 400, 120)
    with c.at(350, 400, 1.0):
        c.rect(-44, -96, 88, 70, ("#b9c4cc", "#7f8b95"), r=6)
        c.rect(-34, -160, 68, 56, ("#cfd8de", "#97a3ac"), r=8)
        for x in (-15, 15):
            c.oval(x, -136, 10, 10, "#ffe06a")
            c.oval(x, -136, 4, 4, "#22262b")
            c.rect(x - 11, -26, 22, 26, "#7f8b95", r=3)
        c.rect(-18, -118, 36, 8, "#22262b")
        c.line([(0, -160), (0, -178)], "#7f8b95", 4)
        c.oval(0, -180, 7, 7, "#e63946")
        c.line([(-46, -86), (-76, -50)], "#7f8b95", 13)
        c.line([(46, -86), (78, -110)], "#7f8b95", 13)
        c.oval(-18, -70, 9, 9, "#e63946")
        c.oval(18, -70, 9, 9, "#3a8a4a")
    t.car(c, 500, 402, 150, "#f0872d")
    with c.at(660, 400, 1.0):
        head(c, 0, -128, 34, any_look(c.random, style="bob", hair="#d8b25c", mouth="smile"))
        c.poly([(-18, -96), (18, -96), (60, 0), (-60, 0)], ("#e86a92", "#b03a62"))
        for x in (-34, 34):
            c.line([(x * 0.5, -88), (x * 1.5, -48)], "#f3cfb3", 12)
    t.balloon(c, 755, 300, 90, "#7d5ba6")
    with c.at(110, 590, 1.0):
        for k, colour in enumerate(("#d6323c", "#f07f2d", "#f4c430", "#3a8a4a", "#2e6da8")):
            c.rect(-60 + 10 * k, -28 * (k + 1), 120 - 20 * k, 27, (light(colour), colour), r=13)
        c.oval(0, -152, 15, 15, "#7d5ba6")
    for i in range(6):
        for j in range(6):
            c.rect(230 + 20 * i, 468 + 20 * j, 20, 20, "#fdf6e8" if (i + j) % 2 else "#5a3a22")
    for i, j, colour in (
        (0, 5, "#fff"),
        (2, 3, "#fff"),
        (4, 1, "#22262b"),
        (5, 4, "#22262b"),
        (3, 5, "#fff"),
    ):
        c.oval(240 + 20 * i, 478 + 20 * j, 8, 8, colour, edge="#8a8a8a", pen=1.5)
    a.penguin(c, 430, 588, 130)
    with c.at(560, 588, 1.0):
        c.rect(-70, -60, 140, 60, ("#e63946", "#a8242f"), r=4)
        for k in range(7):
            c.rect(-66 + 19 * k, -56, 17, 40, "#fdfdfd", r=2)
        for k in (0, 1, 3, 4, 5):
            c.rect(-54 + 19 * k, -56, 11, 24, "#22262b", r=2)
    with c.at(710, 588, 1.0):
        c.blob([(-60, 0), (-40, -60), (0, -76), (50, -56), (64, 0)], ("#6fae5a", "#3f7a34"))
        c.blob(
            [(30, -60), (60, -130), (100, -128), (104, -104), (70, -94), (64, -30)],
            ("#7fbe68", "#4a8a3c"),
        )
        for k in range(5):
            c.poly(
                [
                    (-48 + 22 * k, -46 - 14 * (2 - abs(k - 2))),
                    (-36 + 22 * k, -76 - 14 * (2 - abs(k - 2))),
                    (-26 + 22 * k, -46 - 14 * (2 - abs(k - 2))),
                ],
                "#f0b53a",
            )
        c.oval(84, -118, 6, 6, "#ffffff")
        c.oval(86, -118, 3, 3, "#14161a")
