"""The four places of the window, their pages, and the keys that open them from anywhere."""

from __future__ import annotations

PLACES = {
    "people": ("people", "export"),
    "design": ("design",),
    "record": ("tracker", "screens", "calibrate", "validate", "enrol", "overlay", "results", "universal", "quality"),
    "analyse": ("analyse",),
}
"""The four places with their pages, in order."""
SIDE_PAGES = {"universal": ("overlay", "Alt+U"), "quality": ("validate", "Alt+Q")}
"""Pages beside the steps, with their icon and key: they can be opened at any time and lead nowhere."""


def place_of(page: str) -> str:
    """The place that a page belongs to.

    >>> place_of("export"), place_of("quality")
    ('people', 'record')
    """
    return next(place for place, pages in PLACES.items() if page in pages)


def page_key(page: str) -> str:
    """What opens a page of Record from anywhere.

    >>> page_key("tracker"), page_key("quality")
    ('Alt+1', 'Alt+Q')
    """
    return SIDE_PAGES[page][1] if page in SIDE_PAGES else f"Alt+{PLACES['record'].index(page) + 1}"
