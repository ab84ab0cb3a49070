"""Scenes in public rooms; each function draws one picture."""

from __future__ import annotations

import animals as a
import food as f
import land
import things as t
from canvas import Canvas, dark, light, soft
from people import any_look, crowd, head, person


def classroom(c: Canvas) -> None:
    """A lesson."""
    t.room(c, "#e6dcc0", "#b58a5a", 380)
    c.rect(180, 60, 400, 190, ("#2f5a48", "#234437"), edge="#8a5f34", pen=9)
    c.text(380, 105, "3 × 4 = 12", 38, "#f4f7f0", bold=False)
    c.text(300, 165, "a² + b² = c²", 26, "#f4e9a0", bold=False)
    c.poly([(450, 220), (540, 220), (540, 150)], soft("#ffffff", 0.0), edge="#f4f7f0", pen=3)
    t.clock(c, 90, 90, 36, 9.2)
    t.picture(c, 640, 70, 120, 90, "hills", "#6f9a8c")
    c.text(700, 190, "OUR WORLD", 16, "#4a4034")
    t.bookshelf(c, 660, 385, 130, 170, 3)
    person(
        c,
        120,
        400,
        260,
        any_look(c.random, style="long", glasses=True, mouth="open", top="#7d5ba6"),
        "wave",
    )
    with c.at(620, 372, 1.0):
        c.oval(0, -30, 26, 26, ("o#6fc0f0", "#1d5f9f"))
        c.blob([(-16, -36), (0, -48), (12, -34), (-4, -20)], "#5fae62")
        c.arc(0, -30, 32, 60, -200, "#8a5f34", 4)
        c.rect(-14, 0, 28, 7, "#8a5f34")
    for row, (y, h, n) in enumerate(((430, 130, 4), (540, 170, 3))):
        for k in range(n):
            x = 270 + 120 * k - 40 * row + 90 * row * k / 2
            person(c, x, y, h, any_look(c.random), c.random.choice(("sit", "sit", "arms-up")))
            t.table(c, x + 34, y + 12, 0.62 * h, 0.3 * h, "#c99a5c")
            c.rect(
                x + 10, y - 0.3 * h - 2, 26, 5, c.random.choice(("#d1495b", "#2e86ab", "#f4f1ea"))
            )
            f.apple(c, x + 60, y - 0.3 * h - 3, 14)
    c.rect(40, 480, 80, 90, ("#e63946", "#a8242f"), r=16)
    c.rect(50, 525, 60, 36, ("#c22f3a", "#8a1c26"), r=8)
    t.plant_pot(c, 30, 400, 110)


def concert(c: Canvas) -> None:
    """A band on stage."""
    c.rect(0, 0, 800, 600, ("#160a2c", "#3a1450"))
    for x, colour in ((120, "#ff4fa0"), (300, "#4fc0ff"), (500, "#ffd24f"), (680, "#7dff8a")):
        c.poly([(x - 8, 30), (x + 8, 30), (x + 130, 430), (x - 110, 430)], soft(colour, 0.16))
        c.rect(x - 18, 10, 36, 26, "#22262b", r=5)
        c.glow(x, 36, 40, 30, colour, 0.9)
    c.rect(220, 70, 360, 70, "#0c0618", r=8, edge="#ff4fa0", pen=3)
    c.text(400, 105, "THE OWLS", 50, "#ffe06a")
    c.rect(0, 420, 800, 60, ("#5a3a2a", "#38231a"))
    for x in (10, 690):
        c.rect(x, 240, 100, 180, ("#2a2d33", "#14161a"), r=4)
        for y in (285, 365):
            c.oval(x + 50, y, 34, 34, "#3a3f46")
            c.oval(x + 50, y, 14, 14, "#0c0d10")
    with c.at(400, 420, 1.0):
        person(
            c,
            0,
            -20,
            190,
            any_look(c.random, style="curly", mouth="open", top="#22262b"),
            "arms-up",
        )
        c.oval(0, -44, 46, 46, ("o#f4f1ea", "#c8323c"))
        c.oval(0, -44, 36, 36, "#f4f1ea")
        c.text(0, -44, "OWLS", 17, "#22262b")
        for x, y in ((-80, -90), (80, -90), (-60, -40), (60, -40)):
            c.rect(
                x - 24,
                y,
                48,
                32,
                ("#e0b53a", "#a87c1a") if y < -50 else ("#c8323c", "#8a1c26"),
                r=6,
            )
        for x in (-120, 120):
            c.line([(x, 0), (x, -110)], "#b9bfc4", 3)
            c.oval(x, -112, 38, 7, "#f0cf5a")
    for x, colour, flip in ((230, "#e63946", False), (590, "#2e86ab", True)):
        person(
            c,
            x,
            430,
            230,
            any_look(c.random, style=c.random.choice(("long", "short")), mouth="smile"),
            "reach",
            flip,
        )
        with c.at(x, 330, 1.0, turn=-28 if not flip else 28, flip=flip):
            c.line([(0, 0), (110, 0)], "#5a3a22", 9)
            c.blob(
                [(-46, 0), (-30, -28), (0, -18), (24, -22), (30, 0), (24, 22), (0, 18), (-30, 28)],
                (light(colour), colour),
            )
            c.oval(-6, 0, 8, 8, "#14161a")
            c.rect(106, -8, 22, 16, "#22262b", r=3)
    person(c, 320, 445, 240, any_look(c.random, style="bob", mouth="open", top="#f4c430"), "wave")
    c.line([(362, 445), (362, 270)], "#b9bfc4", 4)
    c.oval(360, 262, 9, 13, "#33383d")
    for k in range(26):
        x, y = 15 + 31 * k, 545 + 26 * (k % 3)
        c.oval(x, y - 40, 17, 19, "#0d0716")
        c.rect(x - 26, y - 24, 52, 100, "#0d0716", r=20)
        if k % 3 == 0:
            c.line([(x + 18, y), (x + 26, y - 86)], "#0d0716", 11)
            c.oval(x + 26, y - 90, 8, 9, "#0d0716")
    for x in (130, 440, 660):
        c.rect(x, 452, 20, 32, "#8fd0ff", r=3)


def museum(c: Canvas) -> None:
    """Visitors in a gallery."""
    t.room(c, "#b34a45", "#b08a5c", 410)
    kinds = (
        (40, 70, 150, 110, "hills"),
        (230, 50, 110, 150, "face"),
        (380, 80, 190, 120, "sea"),
        (610, 50, 100, 130, "flowers"),
        (60, 230, 110, 80, "stripes"),
        (610, 230, 140, 100, "face"),
    )
    for x, y, w, h, kind in kinds:
        t.picture(c, x, y, w, h, kind)
        c.rect(x + w / 2 - 16, y + h + 14, 32, 9, "#f0e2b0")
    with c.at(420, 420, 1.0):
        c.rect(-48, -90, 96, 92, ("#e9e4da", "#bdb6a8"))
        c.blob(
            [(-34, -90), (-40, -120), (-22, -140), (22, -140), (40, -120), (34, -90)],
            ("#f6f3ec", "#c9c3b7"),
        )
        c.rect(-12, -165, 24, 30, "#ddd7cb")
        head(
            c,
            0,
            -186,
            32,
            any_look(
                c.random,
                skin="#efece4",
                hair="#d5cfc2",
                style="curly",
                mouth="flat",
                glasses=False,
                beard=True,
            ),
        )
    with c.at(250, 420, 1.0):
        c.rect(-32, -60, 64, 62, ("#e9e4da", "#bdb6a8"))
        c.blob(
            [
                (-24, -60),
                (-40, -110),
                (-14, -140),
                (-18, -160),
                (18, -160),
                (14, -140),
                (40, -110),
                (24, -60),
            ],
            ("#d98f4a", "#8a4a1f"),
        )
        c.curve([(-34, -108), (0, -98), (34, -108)], "#2a1a12", 5)
    for x in (330, 510):
        c.line([(x, 450), (x, 400)], "#d9b24a", 6)
        c.oval(x, 398, 6, 6, "#f0d27a")
    c.curve([(330, 405), (420, 436), (510, 405)], "#7d1f2c", 7)
    person(c, 130, 540, 250, any_look(c.random, style="long", top="#2e86ab"), "stand")
    person(
        c, 560, 520, 230, any_look(c.random, style="short", glasses=True, top="#3b7a57"), "reach"
    )
    person(c, 300, 580, 150, any_look(c.random, style="cap", mouth="open", top="#f4c430"), "wave")
    person(
        c,
        690,
        570,
        260,
        any_look(c.random, top="#1c2440", legs="#1c2440", style="bald", mouth="flat"),
        "stand",
        flip=True,
    )
    c.rect(410, 520, 130, 20, ("#7a5233", "#5a3a22"), r=4)
    for x in (420, 520):
        c.rect(x, 538, 10, 36, "#3a2a1c")
    land.sign(c, 40, 440, 110, "ROOM 2", "#3a3f46")


def cafe(c: Canvas) -> None:
    """A café with guests and a waiter."""
    t.room(c, "#4f6f66", "#8f6a45", 390)
    c.rect(40, 40, 220, 130, "#23292b", r=4, edge="#8a5f34", pen=7)
    c.text(150, 66, "MENU", 26, "#ffe8a8", family="DejaVu Serif")
    for k, row in enumerate(("Coffee  2.80", "Cake     3.50", "Soup     4.90")):
        c.text(150, 98 + 24 * k, row, 17, "#f4f7f0", bold=False, family="DejaVu Serif")
    c.rect(520, 120, 280, 12, "#8a5f34")
    for k in range(7):
        f.bottle(
            c, 545 + 36 * k, 120, 72, c.random.choice(("#5d7a2e", "#7a3340", "#c98a2b", "#2f6690"))
        )
    for k in range(6):
        f.cup(c, 550 + 42 * k, 215, 24, c.random.choice(("#f4f1ea", "#d1495b", "#edae49")))
    c.rect(520, 228, 280, 10, "#8a5f34")
    person(
        c,
        650,
        400,
        230,
        any_look(c.random, style="bun", mouth="smile", top="#22262b"),
        "reach",
        flip=True,
    )
    c.rect(500, 300, 300, 110, ("#9a6b43", "#6d4827"))
    c.rect(490, 290, 320, 16, ("#d8c3a0", "#b59a70"), r=4)
    c.rect(520, 226, 90, 66, ("#c9ced2", "#7f868d"), r=6)
    c.oval(545, 250, 8, 8, "#22262b")
    c.line([(570, 262), (570, 280)], "#33383d", 6)
    c.rect(690, 244, 100, 48, soft("#dff0f5", 0.6), r=5, edge="#e9eef0", pen=3)
    f.cake(c, 740, 288, 44)
    for x in (330, 430):
        c.line([(x, 0), (x, 70)], "#22262b", 3)
        c.glow(x, 96, 100, 80, "#ffd98a", 0.55)
        c.poly([(x - 26, 96), (x + 26, 96), (x + 12, 66), (x - 12, 66)], ("#e0a84a", "#a8742a"))
    for x, y, w in ((180, 500, 150), (420, 540, 150)):
        t.chair(c, x - 110, y + 10, 120)
        t.chair(c, x + 110, y + 10, 120, flip=True)
        person(
            c,
            x - 112,
            y + 6,
            200,
            any_look(c.random, mouth=c.random.choice(("smile", "open"))),
            "sit",
        )
        person(
            c,
            x + 112,
            y + 6,
            200,
            any_look(c.random, mouth=c.random.choice(("smile", "flat"))),
            "sit",
            flip=True,
        )
        t.table(c, x, y + 20, w * 0.72, 80, "#d8b98a")
        f.cup(c, x - 24, y - 82, 28)
        f.plate(c, x + 26, y - 64, 44, 0.3)
        f.burger(c, x + 26, y - 76, 34)
    person(
        c,
        620,
        580,
        260,
        any_look(c.random, style="short", mouth="smile", top="#f4f1ea", legs="#22262b"),
        "reach",
    )
    c.oval(712, 408, 44, 9, ("#d9dee2", "#9aa0a6"))
    f.cup(c, 695, 388, 24, "#d1495b")
    f.cup(c, 730, 388, 24, "#edae49")
    a.cat(c, 470, 400, 60, "#b9b2ae")
    t.plant_pot(c, 770, 580, 130)


def library(c: Canvas) -> None:
    """Readers between bookshelves."""
    t.room(c, "#8a7058", "#7f4f35", 400)
    for x in (0, 190, 430, 620):
        t.bookshelf(c, x, 405, 180, 350, 5)
    c.rect(376, 60, 50, 345, ("#3a2a20", "#241811"))
    land.window(c, 380, 70, 42, 200, ("#ffe9b8", "#e8b86a"))
    c.glow(400, 240, 160, 240, "#ffe2a0", 0.4)
    c.line([(250, 410), (285, 90)], "#c99a5c", 8)
    c.line([(310, 410), (325, 90)], "#c99a5c", 8)
    for k in range(9):
        c.line([(253 + 3.6 * k, 385 - 34 * k), (311 + 1.5 * k, 385 - 34 * k)], "#c99a5c", 6)
    person(c, 292, 300, 160, any_look(c.random, style="bob", top="#d1495b"), "reach")
    c.oval(400, 520, 360, 62, ("#35518a", "#22365f"))
    t.table(c, 420, 560, 400, 110, "#8a5a34")
    for x, colour in ((310, "#3a8a4a"), (560, "#3a8a4a")):
        c.glow(x, 430, 90, 60, "#ffe9a6", 0.6)
        c.line([(x, 442), (x, 408)], "#b58a3c", 5)
        c.blob(
            [(x - 34, 410), (x - 22, 388), (x + 22, 388), (x + 34, 410)],
            (light(colour), dark(colour)),
        )
    for x, flip in ((180, False), (660, True)):
        t.chair(c, x, 575, 150, flip=flip)
        person(
            c,
            x,
            570,
            250,
            any_look(c.random, glasses=not flip, style="short" if flip else "scarf", mouth="flat"),
            "sit",
            flip,
        )
    for x in (260, 420, 600):
        c.poly(
            [(x - 46, 446), (x, 436), (x + 46, 446), (x + 50, 454), (x, 448), (x - 50, 454)],
            "#fbf6e6",
            edge="#8d8574",
            pen=1.5,
        )
        c.line([(x, 437), (x, 448)], "#8d8574", 2)
    person(c, 480, 424, 150, any_look(c.random, style="curly", top="#2e86ab"), "walk")
    for k, colour in enumerate(("#b23a48", "#2f6690", "#d9a441")):
        c.rect(470, 428 - 13 * (k + 1) + 14, 66, 12, colour, r=2)
    with c.at(740, 420, 1.0):
        c.oval(0, -70, 44, 44, ("o#e8d8a0", "#a98a4a"))
        c.blob([(-26, -84), (-4, -100), (14, -80), (-8, -60)], "#7d9a5a")
        c.blob([(10, -60), (28, -66), (24, -44)], "#7d9a5a")
        c.arc(0, -70, 52, 70, -220, "#6d4422", 6)
        c.line([(0, -20), (0, 0)], "#6d4422", 8)
        c.rect(-26, -4, 52, 9, "#6d4422", r=4)
    land.sign(c, 60, 430, 110, "QUIET", "#7d2f38")
    a.cat(c, 90, 590, 100, "#2f2d33")


def airport(c: Canvas) -> None:
    """Travellers behind a large window."""
    land.sky(c, "#7fb8e6", "#f3ead6", 330)
    land.cloud(c, 130, 90, 90)
    land.cloud(c, 520, 70, 80)
    c.rect(0, 300, 800, 110, ("#9aa2a8", "#7f878d"))
    c.rect(0, 320, 800, 5, "#f0e2a0")
    t.plane(c, 560, 120, 230, "#d6323c", -12)
    t.plane(c, 280, 310, 420, "#2458b8", 0)
    c.rect(520, 330, 70, 30, ("#f0c53a", "#b8901f"), r=5)
    for x in (535, 575):
        c.oval(x, 362, 9, 9, "#22262b")
    c.rect(610, 210, 60, 130, ("#c9ced2", "#9aa0a6"))
    c.rect(590, 180, 100, 36, ("#5f86a0", "#3f5f74"), r=4)
    for x in (0, 200, 400, 600, 794):
        c.rect(x, 0, 7, 410, "#4a5560")
    c.rect(0, 0, 800, 12, "#4a5560")
    c.rect(0, 404, 800, 196, ("#d3d6d8", "#a5abb0"))
    for k in range(10):
        c.line([(80 * k + 40, 406), (80 * k * 1.6 - 200, 600)], "#bcc1c5", 2)
    c.rect(250, 24, 300, 110, "#14161a", r=6)
    for k, row in enumerate(
        ("10:15 LISBOA  A4", "10:40 ROMA    B2", "11:05 OSLO    A9", "11:20 TOKYO   C1")
    ):
        c.text(400, 44 + 24 * k, row, 18, "#ffd94a", family="DejaVu Sans Mono")
    c.rect(620, 60, 130, 44, "#f0c53a", r=4)
    c.text(685, 82, "GATE A4 →", 20, "#14161a")
    crowd(
        c,
        [(70, 470, 190), (240, 450, 160), (420, 455, 165), (540, 470, 180)],
        ("walk", "stand", "wave"),
    )
    for x, colour in ((120, "#d6323c"), (285, "#3a8a4a"), (590, "#7d5ba6")):
        c.rect(x, 418, 40, 56, (light(colour), dark(colour)), r=6)
        c.line([(x + 10, 418), (x + 10, 396), (x + 30, 396), (x + 30, 418)], "#33383d", 3)
    for x in (560, 640, 720):
        c.rect(x, 500, 66, 14, ("#2e6da8", "#1f4c78"), r=5)
        c.rect(x, 450, 66, 44, ("#3a7fc0", "#2458a0"), r=6)
    c.rect(560, 514, 226, 7, "#4a5560")
    person(c, 590, 560, 200, any_look(c.random, style="long", mouth="flat"), "sit")
    person(
        c,
        730,
        560,
        205,
        any_look(c.random, style="bald", beard=True, mouth="smile"),
        "sit",
        flip=True,
    )
    person(
        c,
        300,
        595,
        240,
        any_look(c.random, top="#1c2440", legs="#1c2440", style="cap", mouth="smile"),
        "walk",
    )
    c.rect(352, 520, 54, 74, ("#22262b", "#14161a"), r=7)
    person(c, 160, 590, 130, any_look(c.random, style="curly", mouth="open", top="#edae49"), "run")
    a.dog(c, 480, 590, 66, "#f4efe4")
