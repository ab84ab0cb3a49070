import pytest

from gazeapp.ui.formatting import UNKNOWN, format_clock, format_figure, format_score, format_share
from gazeapp.ui.icons import icon_names, icon_pixmap
from gazeapp.ui.theme import DARK, LIGHT, Theme, ThemeChoice, style_sheet


def luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("tokens", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("text", ["ink", "dim", "accent", "ok_text", "warn_text", "bad_text"])
@pytest.mark.parametrize("surface", ["background", "panel", "raised"])
def test_every_text_has_a_contrast_of_at_least_four_and_a_half(tokens, text, surface):
    assert contrast(getattr(tokens, text), getattr(tokens, surface)) >= 4.5


@pytest.mark.parametrize("tokens", [DARK, LIGHT], ids=["dark", "light"])
def test_text_on_coloured_grounds_is_readable(tokens):
    assert contrast(tokens.on_accent, tokens.accent) >= 4.5
    for ground in ("ok_panel", "warn_panel", "bad_panel"):
        assert contrast(tokens.ink, getattr(tokens, ground)) >= 4.5
        assert contrast(tokens.dim, getattr(tokens, ground)) >= 4.5


def test_style_sheet_has_no_open_names(qapp):
    assert "$" not in style_sheet(DARK).split("*/", 1)[1]


def test_toggling_changes_colours_and_tells_it(qtbot):
    theme = Theme(ThemeChoice.DARK)
    with qtbot.waitSignal(theme.changed):
        theme.toggle()
    assert theme.tokens is LIGHT


def test_every_icon_can_be_drawn(qapp):
    for name in icon_names():
        image = icon_pixmap(name, DARK.color("ink"), 24).toImage()
        assert any(image.pixelColor(x, y).alpha() for x in range(24) for y in range(24)), name


def test_unknown_figures_are_dashes_and_never_zero():
    nan = float("nan")
    assert {format_figure(None), format_figure(nan), format_score(nan), format_share(None), format_clock(nan)} == {
        UNKNOWN
    }


def test_figures_have_fixed_digits_and_a_true_minus():
    assert (format_figure(-0.5, 2, "°"), format_score(0.613), format_score(-0.07), format_share(0.013)) == (
        "−0.50°",
        "0.61",
        "−0.07",
        "1.3 %",
    )
    assert (format_clock(192.4), format_clock(3725)) == ("03:12", "1:02:05")
