"""Tables of what was measured of gaze on the way: by device, from a video, and in sessions with targets."""

from __future__ import annotations

from gazeapp.types import Json

Table = list[list[str]]


def devices(document: Json) -> Table:
    """Error of an estimator as it is, on each kind of device."""
    rows = [[e["usm"], f"{e['mean']:.2f} ± {e['sd']:.2f}", str(e["n_people"])] for e in document["summary"]]
    return [["device", "error, cm", "people"], *rows]


def sessions(document: Json) -> Table:
    """Error at targets before and after the images' correction, by what was added."""
    keys = ("n", "before_deg", "after_deg", "worse", "supported", "both_left_deg")
    head = ["added", "sessions", "at the targets before", "after", "worse", "supported", "left by images and targets"]
    return [head, *([f"{e['added_deg']:g}", *(f"{e[key]:.4g}" for key in keys)] for e in document["summary"])]


def video(document: Json) -> Table:
    """Error from a video, and what a frame costs."""
    found = document["summary"]
    words = {
        "before_cm": "before, cm",
        "points_cm": "with points, cm",
        "views_cm": "with saliency, cm",
        "both_cm": "with both, cm",
        "found": "share of frames with eyes",
        "find_ms": "to find them, ms",
        "estimate_ms": "to estimate, ms",
        "frames_per_s": "frames a second",
    }
    return [list(words.values()), [f"{found[key]:.4g}" for key in words]]


PROTOCOLS = {"gaze-devices": devices, "recalibration-sessions": sessions, "webcam-video": video}
"""Protocol → its table."""
