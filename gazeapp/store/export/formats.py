"""Every export format under its name on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gazeapp.errors import StoreError
from gazeapp.store.copies import remember_copy
from gazeapp.store.embedding import write_embedding
from gazeapp.store.events import dump_json
from gazeapp.store.exclusion import session_exclusions
from gazeapp.store.export.bids import DatasetFacts, export_bids
from gazeapp.store.export.destination import write_folder
from gazeapp.store.export.sources import find_sessions
from gazeapp.store.identifier import require_distinct
from gazeapp.store.provenance import now_utc, software_versions
from gazeapp.store.reader import SessionReader
from gazeapp.store.session_file import DATABASE_NAME
from gazeapp.store.study import Study
from gazeapp.store.study_place import STUDY_NAME

PRIVACY = (
    "Gaze is biometric data. Whoever has these fixations, the images and the trained networks can compute the person's "
    "embedding again (enrolment) and compare it with others; leaving the embedding out does not make the recording "
    "anonymous. Pass it on only to whom the participants consented to, and erase it when they withdraw."
)
"""Written into every export."""
FORMATS = ("csv", "parquet", "bids", "xdf", "pysaliency")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    """What to export and how."""

    source: Path
    """A study's or a session's folder."""
    form: str
    """One of FORMATS."""
    dest: Path
    participants: Sequence[str] = ()
    include_embeddings: bool = False
    """Embeddings can tell people apart, and two personal maps give one away: left out unless asked for."""
    include_eye_images: bool = False
    """Pictures of the eyes, likewise."""
    include_excluded: bool = False
    """Sessions and people that were left out of analysis; trials are always there, and marked."""
    overwrite: bool = False
    facts: DatasetFacts = field(default_factory=DatasetFacts)
    """Name, authors and licence of a data set (bids)."""


def export(
    request: ExportRequest,
    *,
    each: Callable[[list[Path]], Iterable[Path]] = iter,
) -> list[Path]:
    """Export a study or session.

    Args:
        request: What, how and where to.
        each: Wraps the list of session folders, to show progress or to cancel by raising.

    Returns:
        The files written.

    Raises:
        ValueError: An unknown format.
        StoreError: Nothing to export, or it cannot be read.
        UnsafeName: Two sessions whose names would be one file, or a name or link that leads elsewhere.
        AlreadyExists: The destination is not empty.
        BackendUnavailable: The format's library is not installed.
    """
    if request.form not in FORMATS:
        raise ValueError(f"format must be one of {', '.join(FORMATS)}, got {request.form!r}")
    _require_own_place(request)
    folders, excluded = _present(request)
    ids, pseudonyms = _identify(folders)
    require_distinct(ids, "session id", request.source)

    def write(part: Path) -> None:
        _write_sessions(request, folders, part, each)
        if excluded:
            _list_excluded(excluded, part)

    written = write_folder(request.dest, write, overwrite=request.overwrite)
    holds = ", ".join(
        ["gaze, fixations"]
        + ["embedding, personal maps"] * request.include_embeddings
        + ["pictures of the eyes"] * request.include_eye_images
    )
    remember_copy(request.source, pseudonyms, f"{request.form} export", request.dest, holds)
    return written


def _require_own_place(request: ExportRequest) -> None:
    """Refuse a destination among a study's own files: erasing could then not tell an export from a recording.

    Anywhere else below the study an export is noted as a copy, and erasing names it.
    """
    dest = request.dest.resolve()
    for study in (place for place in (dest, *dest.parents) if (place / STUDY_NAME).is_file()):
        if dest == study or dest.is_relative_to(study / "sessions"):
            raise StoreError(
                f"{request.dest}: lies among the study's own files; choose a folder of its own, such as "
                f"{study / 'exports'}"
            )
    source = request.source.resolve()
    if dest.is_relative_to(source) and (source / DATABASE_NAME).is_file():
        raise StoreError(f"{request.dest}: lies in the session itself; choose a folder outside it")


def _present(request: ExportRequest) -> tuple[list[Path], dict[str, str]]:
    """The sessions to export, and those that are left out with the reason."""
    folders = find_sessions(request.source, request.participants)
    if request.include_excluded:
        return folders, {}
    excluded = {folder.name: why for folder in folders if (why := session_exclusions(folder).whole)}
    kept = [folder for folder in folders if folder.name not in excluded]
    if not kept:
        raise StoreError(
            f"{request.source}: every session is excluded from analysis ({next(iter(excluded.values()))}); "
            "include the excluded ones to export them all the same"
        )
    return kept, excluded


def _list_excluded(excluded: dict[str, str], part: Path) -> None:
    rows = [{"session": session, "reason": why} for session, why in excluded.items()]
    (part / "excluded.json").write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _identify(folders: list[Path]) -> tuple[list[str], list[str]]:
    """Session ids, and the pseudonyms of all, each once."""
    ids, pseudonyms = [], []
    for folder in folders:
        with SessionReader(folder) as reader:
            ids.append(reader.session_id)
            pseudonyms.append(reader.pseudonym)
    return ids, list(dict.fromkeys(pseudonyms))


def _write_sessions(
    request: ExportRequest,
    folders: list[Path],
    part: Path,
    each: Callable[[list[Path]], Iterable[Path]],
) -> None:
    if request.form == "bids":
        export_bids(each(folders), part, request.facts)
        with (part / "README.md").open("a", encoding="utf-8") as readme:
            readme.write(f"\n## Privacy\n\n{PRIVACY}\n")
    elif request.form == "pysaliency":
        from gazeapp.store.export.pysaliency import export_pysaliency

        export_pysaliency(each(folders), part)
        (part / "PRIVACY.txt").write_text(f"{PRIVACY}\n", encoding="utf-8")
    elif request.form == "xdf":
        from gazeapp.store.export.xdf import export_xdf

        for folder in each(folders):
            with SessionReader(folder) as reader:
                export_xdf(reader, part / f"{reader.session_id}.xdf", privacy=PRIVACY)
    else:
        from gazeapp.store.export.tables import export_session_tables

        for folder in each(folders):
            with SessionReader(folder) as reader:
                export_session_tables(
                    reader,
                    part / reader.session_id,
                    "csv" if request.form == "csv" else "parquet",
                    include_embeddings=request.include_embeddings,
                    include_eye_images=request.include_eye_images,
                )
        _describe(request, folders, part)


def _describe(request: ExportRequest, folders: list[Path], part: Path) -> None:
    """The export's own description, and what only the study knows."""
    document = {
        "exported_utc": now_utc(),
        "format": request.form,
        "software": software_versions(),
        "sessions": [folder.name for folder in folders],
        "embeddings_included": request.include_embeddings,
        "personal_maps_included": request.include_embeddings,
        "privacy": PRIVACY,
        "eye_images_included": request.include_eye_images,
    }
    (part / "export.json").write_text(json.dumps(json.loads(dump_json(document)), indent=1) + "\n", encoding="utf-8")
    if not request.include_embeddings or not (request.source / STUDY_NAME).is_file():
        return
    with Study.open(request.source) as study:
        for participant in study.participants():
            wanted = not request.participants or participant.pseudonym in request.participants
            if wanted and participant.n_embeddings:
                embedding = study.load_embedding(participant.pseudonym)
                write_embedding(embedding, part / "embeddings" / f"{participant.pseudonym}.json")
