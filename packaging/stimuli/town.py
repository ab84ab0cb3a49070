"""Scenes in town; each function draws one picture."""

from __future__ import annotations

import animals as a
import food as f
import land
import things as t
from canvas import Canvas, light, soft
from people import any_look, crowd, person


def street(c: Canvas) -> None:
    """A shopping street with traffic."""
    land.sky(c, "#6fb4e3", "#dcecf2", 330)
    land.cloud(c, 150, 80, 90)
    land.cloud(c, 560, 60, 70)
    for x, w, h, wall in (
        (-10, 150, 300, "#b9705a"),
        (140, 130, 350, "#d8c39a"),
        (270, 170, 270, "#8fa3ad"),
        (440, 140, 330, "#c98f6b"),
        (580, 240, 290, "#a7b08e"),
    ):
        land.tower(c, x, 400, w, h, wall)
    for x, w, name, colour in (
        (0, 190, "BAKERY", "#b5533c"),
        (200, 170, "BOOKS", "#2f6690"),
        (380, 190, "FLOWERS", "#3f7d53"),
        (580, 210, "CAFÉ ROMA", "#7d4f8f"),
    ):
        land.shop(c, x, 405, w, 150, name, colour)
    c.rect(0, 400, 800, 40, ("#cfc9bf", "#b3aca1"))
    c.rect(0, 440, 800, 160, ("#5f646b", "#44484e"))
    for x in range(20, 800, 110):
        c.rect(x, 512, 60, 6, "#efe9d6")
    crowd(
        c,
        [(70, 436, 120), (250, 438, 126), (345, 434, 112), (520, 438, 124), (742, 436, 128)],
        ("walk", "stand", "wave"),
    )
    t.bicycle(c, 625, 438, 90)
    t.car(c, 200, 505, 200, "#c8323c")
    t.bus(c, 590, 560, 330, "#e2a52b", flip=True)
    a.dog(c, 300, 440, 52)
    land.sign(c, 455, 440, 120, "PARKING", "#2667a9")
    land.street_lamp(c, 30, 440, 220)


def night_city(c: Canvas) -> None:
    """A city at night."""
    land.sky(c, "#0b1030", "#43346b", 430)
    for _ in range(110):
        r = c.random.uniform(0.5, 1.7)
        c.oval(c.random.uniform(0, 800), c.random.uniform(0, 260), r, r, "#ffffff")
    c.glow(650, 90, 110, 110, "#fff3c4", 0.5)
    c.oval(650, 90, 38, 38, ("#fffbe6", "#e9dcae"))
    for dx, dy, r in ((-10, -8, 7), (12, 4, 5), (-2, 14, 6)):
        c.oval(650 + dx, 90 + dy, r, r, "#dccf9f")
    for x, w, h in (
        (0, 90, 250),
        (80, 110, 330),
        (180, 90, 220),
        (260, 120, 370),
        (370, 100, 280),
        (460, 130, 340),
        (580, 100, 240),
        (670, 140, 300),
    ):
        land.tower(c, x, 430, w, h, c.random.choice(("#2b3050", "#383a5c", "#23273f")), lit=0.55)
    c.rect(268, 90, 104, 34, "#1a1430", edge="#ff4fa0", pen=3)
    c.text(320, 107, "HOTEL", 24, "#ff7fc0")
    c.rect(474, 130, 100, 44, "#10202c", edge="#4fe0ff", pen=3)
    c.text(524, 152, "CINEMA", 20, "#8ff0ff")
    c.rect(0, 428, 800, 172, ("#33343f", "#1d1e26"))
    c.rect(0, 428, 800, 26, "#4a4b57")
    for k in range(8):
        c.glow(60 + 100 * k, 540, 60, 22, c.random.choice(("#ffcc66", "#ff6fae", "#6fd8ff")), 0.28)
    for x in (40, 300, 560):
        land.street_lamp(c, x, 455, 210, lit=True)
    t.car(c, 180, 520, 190, "#3d6fd0")
    c.glow(290, 495, 90, 24, "#fff3bf", 0.6)
    t.car(c, 620, 560, 230, "#e6c229", flip=True)
    c.rect(596, 452, 48, 16, "#ffe9a6", r=3)
    c.text(620, 460, "TAXI", 12, "#22262b")
    crowd(c, [(90, 458, 110), (380, 460, 114), (450, 456, 108), (720, 460, 118)], ("walk", "stand"))
    a.cat(c, 520, 452, 46, "#2b2a30")


def station(c: Canvas) -> None:
    """A railway platform."""
    c.rect(0, 0, 800, 600, ("#c9d4da", "#e9e4da"))
    for k in range(9):
        c.poly(
            [(90 * k, 0), (90 * k + 60, 0), (90 * k + 46, 70), (90 * k + 14, 70)],
            ("#e9f5fb", "#b7d3e0"),
        )
    c.rect(0, 70, 800, 16, "#5b6670")
    for x in (110, 400, 690):
        c.rect(x - 8, 80, 16, 360, ("#6a757f", "#49525a"))
    t.train(c, 560, 400, 220, "#c8323c")
    c.rect(0, 392, 800, 16, "#f0cf4a")
    c.rect(0, 406, 800, 194, ("#b9b2a6", "#97907f"))
    for k in range(12):
        c.line([(400 + (k - 6) * 70, 408), (400 + (k - 6) * 170, 600)], "#a59d8e", 1.5)
    t.clock(c, 400, 130, 40, 8.4)
    c.rect(570, 96, 220, 80, "#1d2228", r=5)
    for k, row in enumerate(("08:30 PARIS    3", "08:45 WIEN     1", "09:10 PRAHA    7")):
        c.text(680, 113 + 23 * k, row, 16, "#ffb81c", family="DejaVu Sans Mono")
    land.sign(c, 640, 408, 150, "PLATFORM 3", "#1e5aa8")
    crowd(
        c,
        [(90, 470, 190), (250, 450, 160), (640, 462, 176), (740, 500, 210)],
        ("stand", "walk", "wave"),
    )
    person(c, 400, 565, 250, any_look(c.random, style="long", mouth="open", top="#edae49"), "run")
    c.rect(455, 490, 60, 78, ("#3d7ea6", "#27566f"), r=8)
    c.line([(470, 490), (470, 455), (500, 455), (500, 490)], "#33383d", 4)
    c.rect(150, 505, 120, 12, "#8a5a34", r=3)
    c.rect(160, 515, 8, 40, "#44484e")
    c.rect(252, 515, 8, 40, "#44484e")
    person(c, 195, 550, 190, any_look(c.random, glasses=True, style="short"), "sit")
    a.bird(c, 560, 580, 42, "#7b828c")
    a.bird(c, 600, 590, 38, "#8f8a94", flip=True)


def football(c: Canvas) -> None:
    """A football match."""
    land.sky(c, "#75b9ea", "#d9ecf4", 90)
    c.rect(0, 60, 800, 150, ("#7f8792", "#5d646e"))
    for row in range(6):
        for k in range(54):
            x, y = 8 + 15 * k + 5 * (row % 2), 84 + 20 * row
            c.oval(
                x,
                y + 9,
                6,
                6,
                c.random.choice(("#d1495b", "#2e86ab", "#edae49", "#f4f1ea", "#3b7a57")),
            )
            c.oval(x, y, 4.2, 4.6, c.random.choice(("#f3cfb3", "#c68a5e", "#8a5a3a")))
    for k, (words, colour) in enumerate(
        (("SPORT", "#1e5aa8"), ("AQUA", "#0a8f8f"), ("GO TEAM", "#b8323c"), ("RADIO 5", "#e09a1f"))
    ):
        c.rect(200 * k, 200, 200, 36, colour)
        c.text(200 * k + 100, 218, words, 22, "#ffffff")
    for k in range(8):
        c.rect(0, 236 + 46 * k, 800, 47, ("#5fa548", "#6cb352")[k % 2])
    c.line([(0, 300), (800, 300)], "#ffffff", 3)
    c.oval(400, 470, 170, 80, soft("#ffffff", 0.0), edge="#ffffff", pen=3)
    for k in range(14):
        c.line([(60 + 12 * k, 250), (60 + 12 * k, 330)], "#dfe5ea", 0.8)
        c.line([(60, 250 + 6 * k), (220, 250 + 6 * k)], "#dfe5ea", 0.8)
    c.line([(55, 332), (55, 246), (225, 246), (225, 332)], "#ffffff", 6)
    red = {"top": "#d6323c", "legs": "#f4f1ea"}
    blue = {"top": "#2458b8", "legs": "#1b2c54"}
    person(
        c,
        140,
        340,
        110,
        any_look(c.random, top="#f0c53a", legs="#22262b", style="short"),
        "arms-up",
    )
    for x, y, h, kit, pose in (
        (320, 380, 130, red, "run"),
        (440, 360, 124, blue, "run"),
        (620, 370, 126, blue, "walk"),
        (720, 400, 136, red, "run"),
    ):
        person(
            c,
            x,
            y,
            h,
            any_look(c.random, style=c.random.choice(("short", "curly", "bald")), **kit),
            pose,
            flip=x > 500,
        )
    person(c, 250, 560, 220, any_look(c.random, style="curly", mouth="open", **red), "run")
    t.ball(c, 368, 545, 19)
    person(
        c, 500, 570, 230, any_look(c.random, style="short", mouth="flat", **blue), "run", flip=True
    )
    person(
        c, 660, 530, 180, any_look(c.random, top="#1c1f24", legs="#1c1f24", style="bald"), "wave"
    )
    c.text(250, 470, "9", 24, "#ffffff")
    c.rect(560, 14, 210, 40, "#14161a", r=5)
    c.text(665, 34, "RED 2 : 1 BLU", 20, "#ffd94a", family="DejaVu Sans Mono")


def playground(c: Canvas) -> None:
    """Children on a playground."""
    land.sky(c, "#84c8ee", "#f2f6e4", 270)
    land.sun(c, 90, 70, 30)
    land.tower(c, 560, 290, 120, 150, "#c9a487")
    land.tower(c, 680, 290, 130, 200, "#a9b4bd")
    land.hills(c, 272, 20, "#79ab5f")
    land.grass(c, 285, "#83b85a")
    c.blob(
        [(120, 420), (420, 380), (720, 410), (760, 540), (400, 575), (90, 540)],
        ("#ecd9a8", "#d6ba7d"),
    )
    land.tree(c, 50, 330, 190)
    land.tree(c, 500, 300, 130)
    c.line([(90, 470), (140, 250), (190, 470)], "#d6323c", 8)
    c.line([(330, 470), (280, 250), (230, 470)], "#d6323c", 8)
    c.line([(140, 250), (280, 250)], "#d6323c", 9)
    for x, dx in ((175, -30), (245, 34)):
        c.line([(x, 252), (x + dx, 400)], "#55595e", 2.5)
        c.line([(x + 22, 252), (x + 22 + dx, 400)], "#55595e", 2.5)
        c.rect(x + dx - 6, 398, 36, 7, "#2e6da8", r=3)
        person(c, x + dx + 4, 448, 105, any_look(c.random, mouth="open"), "sit", flip=dx < 0)
    c.line([(560, 470), (560, 280)], "#3a7fc0", 8)
    c.line([(610, 470), (610, 280)], "#3a7fc0", 8)
    for k in range(6):
        c.line([(560, 460 - 30 * k), (610, 460 - 30 * k)], "#3a7fc0", 5)
    c.poly([(545, 285), (625, 285), (625, 240), (585, 205), (545, 240)], ("#f0c53a", "#d09a1f"))
    c.blob(
        [(606, 280), (650, 300), (700, 440), (750, 470), (740, 490), (680, 470), (625, 320)],
        ("#f07f2d", "#c25a14"),
    )
    person(c, 682, 425, 95, any_look(c.random, mouth="open", style="bob"), "arms-up")
    person(c, 420, 430, 120, any_look(c.random, style="cap"), "run")
    t.ball(c, 480, 425, 15, "beach")
    person(c, 380, 560, 160, any_look(c.random, style="curly", top="#7d5ba6"), "sit")
    c.poly([(440, 560), (448, 515), (492, 515), (500, 560)], ("#e63946", "#a8242f"))
    c.arc(470, 515, 22, 0, 180, "#f4f1ea", 3)
    person(c, 150, 570, 210, any_look(c.random, style="long", glasses=True, top="#00798c"), "wave")
    a.dog(c, 610, 565, 95, "#e6d3b1", flip=True)
    toy = (("#e63946", 300, 585), ("#3a7fc0", 330, 590), ("#f0c53a", 315, 562))
    for colour, x, y in toy:
        c.rect(x, y - 22, 26, 22, (light(colour), colour), r=3)
    a.butterfly(c, 420, 200, 22, "#e56b9f")
    land.sign(c, 730, 330, 110, "PLAY\nAREA", "#3b7a57")


def rain(c: Canvas) -> None:
    """People with umbrellas in the rain."""
    land.sky(c, "#5b6876", "#a3adb5", 360)
    for x, w, h, wall in (
        (-10, 160, 330, "#6b6f7d"),
        (150, 130, 280, "#7f7468"),
        (280, 180, 350, "#5f6b74"),
        (460, 150, 300, "#796d75"),
        (610, 220, 340, "#656d68"),
    ):
        land.tower(c, x, 390, w, h, wall, lit=0.35)
    land.shop(c, 30, 392, 190, 130, "TEA ROOM", "#a8583c")
    land.shop(c, 560, 392, 200, 130, "MUSIC", "#41608f")
    c.glow(120, 340, 110, 60, "#ffd98a", 0.45)
    c.glow(640, 340, 110, 60, "#ffd98a", 0.4)
    c.rect(0, 390, 800, 210, ("#565d66", "#3a4048"))
    for x, y, w in ((150, 470, 120), (450, 540, 150), (650, 450, 90), (300, 430, 70)):
        c.oval(x, y, w, w * 0.16, ("#8b98a5", "#5d6873"))
    c.rect(395, 200, 10, 190, "#2f343a")
    c.rect(380, 190, 40, 100, "#22262b", r=8)
    for k, colour in enumerate(("#ff4b3e", "#5a4a1c", "#1c4a2a")):
        c.oval(400, 208 + 30 * k, 12, 12, colour)
    c.glow(400, 208, 50, 50, "#ff4b3e", 0.6)
    for x, y, h, colour in (
        (110, 450, 150, "#e63946"),
        (250, 430, 130, "#f0b53a"),
        (500, 440, 140, "#2a9d8f"),
        (700, 470, 170, "#7d5ba6"),
    ):
        person(c, x, y, h, any_look(c.random), "walk", flip=x > 400)
        t.umbrella(c, x + (0.18 if x < 400 else -0.18) * h, y - 0.62 * h, 0.72 * h, colour)
    person(c, 360, 575, 240, any_look(c.random, style="long", mouth="flat", top="#f0c53a"), "wave")
    t.umbrella(c, 424, 415, 170, "#2667a9")
    a.dog(c, 560, 575, 90, "#4a3a30")
    t.car(c, 200, 570, 190, "#8fa8b8")
    for _ in range(240):
        x, y = c.random.uniform(0, 800), c.random.uniform(0, 600)
        c.line([(x, y), (x - 4, y + 14)], "#70dfe8f0", 1.1)


def harbour(c: Canvas) -> None:
    """A fishing harbour."""
    land.sky(c, "#6aa9dc", "#fbeed2", 280)
    land.sun(c, 400, 130, 34)
    land.cloud(c, 130, 90, 80)
    land.cloud(c, 640, 70, 90)
    for k, colour in enumerate(("#d1495b", "#edae49", "#3b7a57", "#f4f1ea", "#2e86ab", "#b5838d")):
        land.house(c, 20 + 130 * k, 300, 100, 84 + 12 * (k % 3), colour, "#7a5648")
    c.rect(0, 298, 800, 190, ("#5fa8c6", "#1f5f86"))
    for _ in range(60):
        x, y = c.random.uniform(0, 800), c.random.uniform(305, 485)
        c.line(
            [(x, y), (x + c.random.uniform(10, 30), y)],
            c.random.choice(("#9fd4e6", "#3f86a8")),
            1.6,
        )
    t.sailboat(c, 120, 350, 120, "#e2574c")
    t.sailboat(c, 690, 340, 100, "#f4f1ea")
    with c.at(410, 430, 1.0):
        c.blob([(-150, -50), (0, -34), (160, -60), (120, 24), (-120, 24)], ("#2f6db0", "#1d4674"))
        c.rect(-136, -40, 270, 9, "#f4f1ea")
        c.rect(-60, -118, 90, 76, ("#ffffff", "#dcdfe2"), r=4)
        land.window(c, -50, -104, 30, 28)
        land.window(c, -8, -104, 30, 28)
        c.line([(70, -45), (70, -170)], "#5a4634", 5)
        c.line([(70, -165), (140, -60)], "#5a4634", 2)
        c.text(60, -12, "MARIA 7", 22, "#ffffff")
    person(c, 520, 388, 90, any_look(c.random, style="cap", beard=True), "reach")
    c.rect(0, 488, 800, 112, ("#a5805a", "#7a5a3c"))
    for y in (510, 540, 572):
        c.line([(0, y), (800, y)], "#6b4d33", 2)
    person(c, 130, 560, 200, any_look(c.random, style="bun", mouth="smile", top="#f0c53a"), "stand")
    person(
        c,
        700,
        565,
        200,
        any_look(c.random, style="cap", beard=True, top="#35495e"),
        "reach",
        flip=True,
    )
    for x in (260, 330, 400):
        c.rect(x, 520, 62, 46, ("#c08a52", "#8a5f34"), edge="#6b4626", pen=2)
        for k in range(3):
            with c.at(x + 16 + 15 * k, 520, 1.0, turn=-60):
                a.fish(c, 0, 0, 34, "#b8c4cc", "#7f929e")
    a.cat(c, 520, 560, 80, "#d98c45")
    for x, y, s in ((250, 180, 20), (300, 210, 16), (560, 160, 22), (600, 200, 14)):
        a.gull(c, x, y, s)
    c.oval(590, 560, 26, 12, "#d8c28f", edge="#a88f5a", pen=6)


def market(c: Canvas) -> None:
    """A market stall."""
    land.sky(c, "#a8d4ee", "#f3efe0", 260)
    for x, w, h, wall in (
        (-10, 180, 230, "#d8a47a"),
        (170, 150, 260, "#e3cfa6"),
        (320, 190, 220, "#b98a75"),
        (510, 150, 250, "#d9c3b0"),
        (660, 160, 230, "#a9a08e"),
    ):
        land.tower(c, x, 300, w, h, wall)
    c.rect(0, 298, 800, 302, ("#c5b8a2", "#9d917c"))
    c.speckle(0, 310, 800, 290, 220, ("#b3a68f", "#8d8270", "#d3c8b4"), 5)
    crowd(c, [(60, 330, 110), (720, 340, 120), (420, 325, 100)], ("walk", "stand"))
    for x in (120, 690):
        c.line([(x, 500), (x, 120)], "#7a5233", 9)
    n = 12
    for k in range(n):
        x = 90 + 52.5 * k
        c.poly(
            [(x + 10, 100), (x + 52, 100), (x + 56, 165), (x - 2, 165)],
            "#c8323c" if k % 2 else "#fdf6e8",
        )
        c.oval(x + 27, 165, 28, 12, "#c8323c" if k % 2 else "#fdf6e8")
    person(
        c,
        260,
        420,
        230,
        any_look(c.random, style="cap", beard=True, mouth="open", top="#3b7a57"),
        "wave",
    )
    person(
        c, 540, 420, 220, any_look(c.random, style="scarf", mouth="smile", top="#7d5ba6"), "reach"
    )
    c.poly([(110, 390), (700, 390), (730, 520), (80, 520)], ("#a9713f", "#7a4f2b"))
    for k in range(5):
        x = 100 + 122 * k
        c.poly(
            [(x + 14, 400), (x + 116, 400), (x + 118, 490), (x + 4, 490)],
            ("#d9a866", "#b07f42"),
            edge="#7a4f2b",
            pen=3,
        )
    for k in range(20):
        f.apple(c, 128 + 24 * (k % 4), 412 + 18 * (k // 4), 26, "#cf3b36" if k % 3 else "#d9822f")
    for k in range(16):
        f.orange(c, 252 + 25 * (k % 4), 414 + 22 * (k // 4), 27)
    for k in range(6):
        f.banana(c, 405 + 30 * (k % 2), 420 + 24 * (k // 2), 66, turn=-10 + 8 * k)
    for k in range(3):
        f.grapes(c, 496 + 33 * k, 448 + 10 * (k % 2), 52, ("#6c3f86", "#8fb04a", "#6c3f86")[k])
    for k in range(12):
        c.oval(616 + 24 * (k % 4), 416 + 24 * (k // 4), 13, 12, ("o#f06a4f", "#b8302a"))
        c.oval(616 + 24 * (k % 4), 406 + 24 * (k // 4), 5, 3, "#3f7d3a")
    for k, price in enumerate(("2.50", "1.90", "3.20", "4.00", "2.80")):
        c.rect(128 + 122 * k, 494, 56, 26, "#fff7dc", r=3, edge="#44382a", pen=1.5)
        c.text(156 + 122 * k, 507, price, 16, "#b8302a")
    c.rect(300, 62, 200, 36, "#3b5a2e", r=5)
    c.text(400, 80, "FRESH FRUIT", 22, "#fff6dc")
    person(c, 140, 590, 200, any_look(c.random, style="long", top="#edae49"), "reach")
    person(
        c,
        640,
        592,
        150,
        any_look(c.random, style="bob", mouth="open", top="#2e86ab"),
        "wave",
        flip=True,
    )
    c.blob([(380, 590), (390, 545), (450, 545), (462, 590)], ("#c08a52", "#8a5f34"))
    f.bread(c, 420, 540, 70, -12)
    a.dog(c, 520, 590, 74, "#efe2c8")
