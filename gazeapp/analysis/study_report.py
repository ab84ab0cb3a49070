"""The report of a study, or of one session: quality, loss, exclusions, maps, methods, literature."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from gazeapp.analysis.area_measures import AreaSummary, measure_areas, summarize_areas
from gazeapp.analysis.heat_map import heat_map
from gazeapp.analysis.person_preferences import study_preferences
from gazeapp.analysis.report_page import Block, Grid, Heading, Page, Paragraph, Picture
from gazeapp.analysis.study_areas import outside, read_study_areas
from gazeapp.analysis.viewing import Viewing, ViewingSet, read_viewings
from gazeapp.errors import GazeAppError
from gazeapp.saliency.colors import compose_overlay
from gazeapp.store.exclusion import session_exclusions
from gazeapp.store.export.methods import is_simulated, last_validation, literature, methods_paragraph
from gazeapp.store.export.sources import find_sessions
from gazeapp.store.export.svg import shrink, shrink_map
from gazeapp.store.provenance import now_utc, software_versions
from gazeapp.store.reader import SessionReader
from gazeapp.store.session_state import SessionState, SessionSummary, summarize
from gazeapp.store.study import Study
from gazeapp.store.study_place import STUDY_NAME, study_of

MAX_IMAGES = 30
"""Maps in a report; the images with most people are shown."""
AREA_COLUMNS = (
    "image",
    "area",
    "group",
    "people",
    "hit %",
    "first after s",
    "fixations",
    "dwell s",
    "revisits",
    "share %",
)
_UNKNOWN = "–"


def build_report(path: Path, *, group_by: str = "group", each: Callable[[list[Path]], Iterable[Path]] = iter) -> Page:
    """The report of everything below a study's folder, or of a session.

    Args:
        path: Of the study or session.
        group_by: Study variable that groups people.
        each: Wraps the sessions, to show progress or to cancel by raising.

    Raises:
        StoreError: Nothing there, or nothing of it can be read.
    """
    folders = find_sessions(path)
    found = read_viewings(path, group_by=group_by, each=each)
    summaries = {folder: summarize(folder) for folder in folders}
    people = {folder: _person(folder) for folder in folders}
    title = path.absolute().name
    n_people = len(set(people.values()))
    subtitle = f"{_count(n_people, 'person', 'people')}, {_count(len(folders), 'session')}, {now_utc()[:10]}"
    blocks: list[Block] = [
        *_illustration(folders),
        Paragraph(text=_finding(list(summaries.values()))),
        Heading(text="Quality and data loss"),
        _quality(summaries, people, found),
        Heading(text="Exclusions"),
        *_exclusions(folders, found),
        Heading(text="Where people looked"),
        *_maps(found),
        *_areas(path, found),
        *_preferences(path, {viewing.participant for viewing in found.viewings}),
        Heading(text="Methods"),
        *_methods(folders),
        Heading(text="Literature"),
        *(Paragraph(text=text) for text in _literature(folders)),
    ]
    return Page(title=title, subtitle=subtitle, blocks=tuple(blocks))


def _illustration(folders: Sequence[Path]) -> list[Block]:
    """A model's gaze is nobody's: that stands above everything else."""
    n = 0
    for folder in folders:
        try:
            with SessionReader(folder) as reader:
                n += is_simulated(reader.meta)
        except GazeAppError:
            continue
    if not n:
        return []
    which = "The observer is a model" if n == len(folders) else f"In {_count(n, 'session')} the observer is a model"
    return [Paragraph(text=f"Illustration. {which}, not a person: no figure of it is a finding about people.")]


def _finding(summaries: Sequence[SessionSummary]) -> str:
    n_open = sum(summary.state.is_open for summary in summaries)
    known = [s.accuracy_deg for s in summaries if math.isfinite(s.accuracy_deg)]
    losses = [s.data_loss for s in summaries if math.isfinite(s.data_loss)]
    parts = [
        "Every session is complete." if not n_open else f"{n_open} of {len(summaries)} sessions are not complete.",
        f"Accuracy is {sum(known) / len(known):.2f}° on average, {max(known):.2f}° in the worst session."
        if known
        else "Accuracy is not known: nothing was validated.",
    ]
    if losses:
        parts.append(f"On average {100 * sum(losses) / len(losses):.1f} % of gaze on the images was lost.")
    return " ".join(parts)


def _person(folder: Path) -> str:
    try:
        with SessionReader(folder) as reader:
            return reader.pseudonym
    except GazeAppError:
        return _UNKNOWN


def _quality(summaries: dict[Path, SessionSummary], people: dict[Path, str], found: ViewingSet) -> Grid:
    viewings = [*found.viewings, *found.excluded]
    rows = []
    for folder, summary in summaries.items():
        mine = [viewing for viewing in viewings if viewing.folder == folder]
        state = summary.state.value if summary.state is not SessionState.INTERRUPTED else f"stopped: {summary.why}"
        rows.append(
            (
                people[folder],
                (mine[0].group if mine else "") or _UNKNOWN,
                folder.name,
                state,
                f"{summary.n_done} of {summary.n_images}",
                _figure(summary.accuracy_deg),
                _verdict(folder),
                _figure(100 * summary.data_loss, 1),
                str(sum(len(viewing.fixations) for viewing in found.viewings if viewing.folder == folder)),
            )
        )
    names = ("person", "group", "session", "state", "images", "accuracy °", "validation", "loss %", "fixations")
    return Grid(columns=names, rows=tuple(rows))


def _verdict(folder: Path) -> str:
    try:
        with SessionReader(folder) as reader:
            row = last_validation(reader)
    except GazeAppError:
        return _UNKNOWN
    words = {"pass": "good", "warn": "usable with care", "fail": "not good enough"}
    return words.get(str(row.report.get("verdict")), _UNKNOWN) if row else "none"


def _exclusions(folders: Sequence[Path], found: ViewingSet) -> list[Block]:
    rows: list[tuple[str, ...]] = []
    for folder in folders:
        left_out = session_exclusions(folder)
        if left_out.whole:
            rows.append((folder.name, "all", left_out.whole))
        rows += [(folder.name, f"trial {trial}", why) for trial, why in sorted(left_out.trials.items())]
    blocks: list[Block] = [Paragraph(text=text, is_dim=True) for text in found.problems]
    if not rows:
        return [Paragraph(text="Nothing was excluded."), *blocks]
    return [Grid(columns=("session", "what", "why"), rows=tuple(rows)), *blocks]


def _maps(found: ViewingSet) -> list[Block]:
    of_image: dict[str, list[Viewing]] = {}
    for viewing in found.viewings:
        if viewing.is_on_image.any():
            of_image.setdefault(viewing.stimulus_id, []).append(viewing)
    if not of_image:
        return [Paragraph(text="No fixation lies on any image.")]
    chosen = sorted(of_image.values(), key=lambda viewings: -len({v.participant for v in viewings}))[:MAX_IMAGES]
    text = "Duration of fixations, every viewing weighing the same, with a Gaussian of 1° standard deviation."
    if len(of_image) > len(chosen):
        text += f" {len(chosen)} of {len(of_image)} images are shown, those with most people."
    blocks: list[Block] = [Paragraph(text=text, is_dim=True)]
    for viewings in chosen:
        first = viewings[0]
        n = len({viewing.participant for viewing in viewings})
        caption = f"{first.image}: {_count(n, 'person', 'people')}, {_count(len(viewings), 'viewing')}"
        try:
            with SessionReader(first.folder) as reader:
                rgb = shrink(reader.stimuli.load(first.stimulus_id).rgb)
        except GazeAppError as error:
            blocks.append(Paragraph(text=f"{caption}; the image cannot be shown ({error.message})", is_dim=True))
            continue
        density = shrink_map(heat_map(viewings))
        blocks.append(Picture(rgb=compose_overlay(rgb, density), caption=caption))
    return blocks


def _areas(path: Path, found: ViewingSet) -> list[Block]:
    """What the areas that were drawn in the study were looked at; nothing where none were drawn."""
    study = study_of(path)
    try:
        images = read_study_areas(study)
    except GazeAppError as error:
        return [Heading(text="Areas"), Paragraph(text=error.message, is_dim=True)]
    rows = summarize_areas(measure_areas(found.viewings, images))
    if not rows:
        return []
    far = {(image.image, area.name) for image, area in outside(images, found)}
    grid = Grid(columns=AREA_COLUMNS, rows=tuple(area_cells(row) for row in rows if (row.image, row.area) not in far))
    text = "Each person's mean, and the mean over people; times are from the image's appearance to the first fixation."
    notes = [Paragraph(text=f"{image}, {name}: lies beside the image.", is_dim=True) for image, name in sorted(far)]
    return [Heading(text="Areas"), Paragraph(text=text, is_dim=True), grid, *notes]


def _preferences(path: Path, people: set[str]) -> list[Block]:
    """What the embeddings of these people say that they look at more or less than others; nothing without any."""
    study = study_of(path)
    if not (study / STUDY_NAME).is_file():
        return []
    rows = []
    n_people = 0
    try:
        with Study.open(study) as opened:
            for name, told in study_preferences(opened).items():
                if name not in people:  # left out, or not of this session
                    continue
                n_people += bool(told.known)
                rows += [
                    (
                        name,
                        one.name,
                        f"{100 * one.average:.0f}",
                        f"{100 * one.more:+.0f}",
                        f"{100 * one.low:+.0f} to {100 * one.high:+.0f}",
                    )
                    for one in told.known
                    if one.is_sure
                ]
    except GazeAppError as error:
        return [Heading(text="What people look at more"), Paragraph(text=error.message, is_dim=True)]
    if not n_people:
        return []
    text = (
        "Share of gaze in per cent, and by how much the person's is larger or smaller, told from the embedding. On "
        "photographs of crowds 88 to 95 of 100 people whom no network had seen lay within the interval. "
        f"{_count(n_people, 'person', 'people')} asked; nothing is said where the interval holds the average."
    )
    grid = Grid(columns=("person", "looks at", "average", "more", "95 %"), rows=tuple(rows))
    return [Heading(text="What people look at more"), Paragraph(text=text, is_dim=True), *([grid] if rows else [])]


def session_areas(session: Path) -> tuple[Sequence[str], Sequence[Sequence[str]]] | None:
    """Heads and rows of the areas of a session, for its page; None where there are none; UnreadableTable."""
    images = read_study_areas(study_of(session))
    rows = summarize_areas(measure_areas(read_viewings(session).viewings, images)) if images else []
    return (AREA_COLUMNS, [area_cells(row) for row in rows if not row.group]) if rows else None


def area_cells(row: AreaSummary) -> tuple[str, ...]:
    """An area's measures over people as cells of a report, under `AREA_COLUMNS`."""
    return (
        row.image,
        row.area,
        row.group or "all",
        str(row.n_people),
        _figure(100 * row.hit_rate, 0),
        _figure(row.time_to_first_s),
        _figure(row.n_fixations, 1),
        _figure(row.dwell_s),
        _figure(row.n_revisits, 1),
        _figure(100 * row.share, 0),
    )


def _methods(folders: Sequence[Path]) -> list[Block]:
    """One paragraph for each way in which sessions were recorded."""
    alike: dict[str, list[Path]] = {}
    for folder in folders:
        try:
            with SessionReader(folder) as reader:
                meta = reader.meta
        except GazeAppError:
            continue
        tracker = meta.get("tracker")
        name = (tracker.get("name"), tracker.get("rate_hz")) if isinstance(tracker, dict) else None
        alike.setdefault(repr((name, meta.get("detection"), meta.get("plan_name"), meta.get("display"))), []).append(
            folder
        )
    blocks: list[Block] = []
    for same in alike.values():
        with SessionReader(same[0]) as reader:
            text = methods_paragraph(reader)
        of = f"Session {same[0].name}" if len(same) == 1 else f"{len(same)} sessions like {same[0].name}"
        blocks.append(Paragraph(text=f"{of}: {text}"))
    versions = ", ".join(f"{name} {version}" for name, version in software_versions().items())
    blocks.append(Paragraph(text=f"This report: {versions}.", is_dim=True))
    return blocks


def _literature(folders: Sequence[Path]) -> list[str]:
    found: set[str] = set()
    for folder in folders:
        with contextlib.suppress(GazeAppError), SessionReader(folder) as reader:
            found.update(literature(reader))
    return sorted(found)


def _figure(value: float, digits: int = 2) -> str:
    return f"{value:.{digits}f}" if math.isfinite(value) else _UNKNOWN


def _count(n: int, noun: str, many: str = "") -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {many or noun + 's'}"
