"""Tables of single measurements: of gaze by device, from videos, in sessions; of DeepGaze beside published code."""

from __future__ import annotations

from gazeapp.types import Json

Table = list[list[str]]


def devices(document: Json) -> Table:
    """Error of an estimator as it is, on each kind of device."""
    rows = [[e["usm"], f"{e['mean']:.2f} ± {e['sd']:.2f}", str(e["n_people"])] for e in document["summary"]]
    return [["device", "error, cm", "people"], *rows]


def sessions(document: Json) -> Table:
    """What is left of an error by the images alone and by all that is known, and the images' effect at targets."""
    head = ["gaze is off by", "over the images", "left by images alone", "by all that is known", "supported"]
    head += ["if followed", "worse", "its interval holds", "at the targets before", "after"]
    rows = []
    for e in document["summary"]:
        pairs = ((f"images_{key}", f"both_{key}") for key in ("followed_deg", "held"))
        followed, held = (f"{e[a]:.2f} / {e[b]:.2f}" for a, b in pairs)
        left = [f"{e[key]:.2f}" for key in ("off_deg", "images_left_deg", "both_left_deg")]
        supported = f"{e['images_supported']} / {e['both_supported']} of {e['n']}"
        at_targets = ["" if e[key] is None else f"{e[key]:.2f}" for key in ("before_deg", "after_deg")]
        rows.append([e["case"], *left, supported, followed, f"{e['worse']} / {e['both_worse']}", held, *at_targets])
    return [head, *rows]


def widths(document: Json) -> Table:
    """What the interval's width could follow, and what that is worth on other people."""
    sizes = [str(n) for n in document["meta"]["sizes"]]
    head = [
        "people",
        "chosen by",
        "the width follows",
        "habit",
        "slope",
        "width",
        *(f"held, {n}" for n in sizes),
        "nats",
    ]
    return [
        head,
        *(
            [e["data"], e["chosen_by"], e["way"]]
            + [f"{e[key]:.2f}" for key in ("habit_deg", "slope", "width")]
            + [f"{e['held'][n]:.2f}" for n in sizes]
            + [f"{e['nats']:.3f}"]
            for e in document["summary"]
        ),
    ]


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


def webcam_session(document: Json) -> Table:
    """What comes of frames in the application, and the error at targets by what is known."""
    found, n = document["summary"], len(document["rows"])
    words = {
        "with_gaze": "frames with gaze",
        "frame_ms": "processor, ms a frame",
        "frames_per_s": "in real time, frames a second",
        "delay_ms": "frame to gaze, ms",
        "delay_p95_ms": "95 % within, ms",
        "load": "load of the machine",
        "before_deg": "before",
        "points_deg": "with points",
        "saliency_deg": "with saliency",
        "both_deg": "with both",
        "trained_points_deg": "trained on points",
        "trained_views_deg": "on saliency",
        "trained_both_deg": "on both",
    }
    shown = {key: word for key, word in words.items() if key in found}
    head = [word + (", degrees" if key.endswith("deg") else "") for key, word in shown.items()]
    rows = [(f"person {row['person'] + 1}", row) for row in document["rows"]] + [(f"mean of {n}", found)]
    return [["", *head], *([name, *(f"{row[key]:.3g}" for key in shown)] for name, row in rows)]


def equality(document: Json) -> Table:
    """Largest distance in nat between our log densities and the published code's, by network and image."""
    sizes = list(dict.fromkeys(e["size"] for e in document["summary"]))
    names = list(dict.fromkeys(e["network"] for e in document["summary"]))
    apart = {(e["network"], e["size"]): e["apart_nat"] for e in document["summary"]}
    return [["network", *sizes], *([name, *(f"{apart[name, size]:.1e}" for size in sizes)] for name in names)]


def collapse(document: Json) -> Table:
    """What each formula's loss says of the scored images, and what its maps are worth once they sum to 1."""
    words = {"loss": "loss", "log_mass": "log of the sum", "ll": "LL", "auc": "AUC", "nss": "NSS"}
    words |= {"cc": "CC", "kld": "KLD", "sim": "SIM"}
    rows = [
        [
            e["formula"],
            str(e["epochs"]),
            *(f"{round(e[key], 2) + 0.0:.2f}" if key in ("loss", "log_mass") else f"{e[key]:.3f}" for key in words),
        ]
        for e in document["summary"]
    ]
    return [["formula", "epochs", *words.values()], *rows]


PROTOCOLS = {
    "category-collapse": collapse,
    "deepgaze-equality": equality,
    "gaze-devices": devices,
    "recalibration-sessions": sessions,
    "recalibration-widths": widths,
    "webcam-session": webcam_session,
    "webcam-video": video,
}
"""Protocol → its table."""
