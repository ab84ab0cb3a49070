"""Pictures and drawings of a report, as text that goes into one HTML file."""

from __future__ import annotations

import base64
import html
import math
from collections.abc import Sequence
from typing import Any, TypeGuard

import cv2
import numpy as np
from numpy.typing import NDArray

from gazeapp.gaze.display import Display
from gazeapp.gaze.fixations import Fixation
from gazeapp.saliency.maps import resize_map
from gazeapp.store.records import EmbeddingHistoryRow, Json
from gazeapp.store.stimuli import Image

PICTURE_WIDTH_PX = 360
"""Twice the width at which a picture is shown, for sharp screens."""
_JPEG_QUALITY = 82
_LEFT, _RIGHT, _INK, _LINE, _DIM = "#2667d9", "#9b36b8", "#1b2029", "#dde1e8", "#586174"
EYE_COLORS = {"left": _LEFT, "right": _RIGHT, "cyclopean": _INK}
_VERDICTS = {
    "pass": "#127a50",
    "warn": "#925e00",
    "fail": "#b93235",
}  # readable as text: 4.5:1 and more on white


def picture(rgb: Image, alt: str, *, is_photo: bool = True) -> str:
    """An `<img>` with its data inside."""
    kind = ".jpg" if is_photo else ".png"
    options = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY] if is_photo else []
    _, data = cv2.imencode(kind, np.ascontiguousarray(rgb[:, :, ::-1]), options)
    text = base64.b64encode(data.tobytes()).decode("ascii")
    mime = "image/jpeg" if is_photo else "image/png"
    return (
        f'<img src="data:{mime};base64,{text}" width="{rgb.shape[1]}" height="{rgb.shape[0]}" '
        f'alt="{html.escape(alt, quote=True)}">'
    )


def shrink(rgb: Image, width_px: int = PICTURE_WIDTH_PX) -> Image:
    """An image at report size; smaller ones stay."""
    height, width = rgb.shape[:2]
    if width <= width_px:
        return rgb
    size = width_px, max(1, round(height * width_px / width))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def shrink_map(density: NDArray[np.float32], width_px: int = PICTURE_WIDTH_PX) -> NDArray[np.float32]:
    """A map at report size, like `shrink` of an image of the same shape."""
    height, width = density.shape
    if width <= width_px:
        return density
    return resize_map(density, (width_px, max(1, round(height * width_px / width))))


def scanpath(
    rgb: Image,
    image_wh: tuple[int, int],
    fixations: Sequence[Fixation],
    carried_over: Sequence[Fixation],
) -> str:
    """The image with its fixations: numbered circles whose area grows with duration, joined in order of time."""
    height, width = rgb.shape[:2]
    scale = width / image_wh[0]

    def place(f: Fixation) -> tuple[float, float]:
        return f.x_px * scale, f.y_px * scale

    points = [place(f) for f in fixations]
    drawn = [
        f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}" fill="none" stroke="#ffd166" '
        f'stroke-width="2"/>'
    ]
    for fixation in carried_over:
        x, y = place(fixation)
        drawn.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="7" fill="none" stroke="#ffffff" stroke-width="2" '
            f'stroke-dasharray="3 3"/>'
        )
    for number, (fixation, (x, y)) in enumerate(zip(fixations, points, strict=True), start=1):
        radius = 18 * math.sqrt(max(fixation.duration_s, 0.02))
        drawn.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="#ffd166" fill-opacity="0.75" stroke="{_INK}"/>'
            f'<text x="{x:.1f}" y="{y + 4:.1f}" font-size="11" font-weight="600" text-anchor="middle" '
            f'fill="{_INK}">{number}</text>'
        )
    overlay = (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{len(fixations)} fixations">{"".join(drawn)}</svg>'
    )
    return f'<span class="stack">{picture(rgb, "the image shown")}{overlay}</span>'


def validation_plot(report: Json, display: Display) -> str:
    """Targets on the screen with the mean gaze of each eye and the error in words."""
    width, height = 560, round(560 * display.height_px / display.width_px)
    scale = width / display.width_px
    px_per_deg = display.px_per_deg
    limits = report.get("limits") or {}
    parts = [f'<rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" fill="#ffffff" stroke="{_LINE}"/>']
    places: dict[tuple[Any, Any], list[Json]] = {}
    for target in report.get("targets") or []:
        places.setdefault((target.get("x_px"), target.get("y_px")), []).append(target)
    for (x_px, y_px), eyes in places.items():
        if not _known(x_px) or not _known(y_px):
            continue
        x, y, ring = x_px * scale, y_px * scale, px_per_deg * scale
        errors = [t["accuracy_deg"] for t in eyes if _known(t.get("accuracy_deg"))]
        mean_deg = sum(errors) / len(errors) if errors else math.nan
        colour = _VERDICTS[_verdict(mean_deg, limits)]
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{ring:.1f}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
            f'<path d="M{x - 7:.1f} {y:.1f}h14M{x:.1f} {y - 7:.1f}v14" stroke="{_INK}"/>'
            f'<text x="{x:.1f}" y="{y + ring + 16:.1f}" font-size="12" text-anchor="middle" fill="{colour}">'
            + (f"{mean_deg:.2f}°" if errors else "no gaze")
            + "</text>"
        )
        for target in eyes:
            dx, dy = target.get("offset_azimuth_deg"), target.get("offset_elevation_deg")
            if _known(dx) and _known(dy):
                fill = EYE_COLORS.get(str(target.get("eye")), _INK)
                parts.append(
                    f'<circle cx="{x + dx * ring:.1f}" cy="{y - dy * ring:.1f}" r="3.5" fill="{fill}" '
                    f'fill-opacity="0.8"/>'
                )
    return _drawing(width, height, "targets and mean gaze", parts)


def growth_plot(rows: Sequence[EmbeddingHistoryRow]) -> str:
    """Spread of the embedding against the number of images."""
    known = [(row.n_pairs, row.spread) for row in rows if math.isfinite(row.spread)]
    if len(known) < 2:
        return ""
    width, height, left, bottom, top = 560, 200, 48, 34, 12
    last, highest = max(n for n, _ in known), max(spread for _, spread in known) or 1.0
    first = min(n for n, _ in known)

    def at(n: float, spread: float) -> tuple[float, float]:
        x = left + (n - first) / max(last - first, 1) * (width - left - 12)
        return x, height - bottom - spread / highest * (height - bottom - top)

    points = [at(n, spread) for n, spread in known]
    lines = []
    for share in (0.0, 0.5, 1.0):
        _, y = at(first, share * highest)
        lines.append(
            f'<path d="M{left} {y:.1f}H{width - 12}" stroke="{_LINE}"/>'
            f'<text x="{left - 6}" y="{y + 4:.1f}" font-size="11" text-anchor="end" '
            f'fill="{_DIM}">{share * highest:.2g}</text>'
        )
    for n in sorted({first, (first + last) // 2, last}):
        x, _ = at(n, 0)
        lines.append(
            f'<text x="{x:.1f}" y="{height - 16}" font-size="11" text-anchor="middle" fill="{_DIM}">{n}</text>'
        )
    lines.append(
        f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}" fill="none" stroke="{_LEFT}" '
        f'stroke-width="2"/>'
        + "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{_LEFT}"/>' for x, y in points)
        + f'<text x="{(left + width) / 2:.0f}" y="{height - 2}" font-size="11" text-anchor="middle" '
        f'fill="{_DIM}">images</text>'
    )
    return _drawing(width, height, "spread of the embedding", lines)


def _verdict(accuracy_deg: float, limits: Json) -> str:
    if not math.isfinite(accuracy_deg) or accuracy_deg > float(limits.get("warn_deg") or 1.0):
        return "fail"
    return "pass" if accuracy_deg <= float(limits.get("pass_deg") or 0.5) else "warn"


def _known(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and math.isfinite(value)


def _drawing(width: int, height: int, label: str, parts: list[str]) -> str:
    head = f'<svg class="plot" viewBox="0 0 {width} {height}" role="img" aria-label="{label}">'
    return f"{head}{''.join(parts)}</svg>"
