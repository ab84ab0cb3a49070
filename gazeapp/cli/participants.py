"""The participants of a study: list them, add them (one, from a list, or with made-up pseudonyms), describe them.

Who was erased or withdrew is a count and a date, no row.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gazeapp.errors import SettingsError

if TYPE_CHECKING:
    from gazeapp.analysis.person_preferences import PersonPreferences
    from gazeapp.store.participant import Participant
    from gazeapp.store.session_state import SessionRecord
    from gazeapp.store.study import Study

EXAMPLE = "gazeapp participants studies/pilot --add P017 --set group=B --set age=23"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("study", metavar="STUDY", type=Path, help="folder of the study")
    parser.add_argument("--add", metavar="ID", help="add a participant")
    parser.add_argument("--participant", metavar="ID", help="the participant whom --set, --note, --rename mean")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a study variable")
    parser.add_argument("--note", metavar="TEXT", help="a note about the participant")
    parser.add_argument("--rename", metavar="ID", help="another pseudonym, before there are data")
    parser.add_argument("--import", dest="list", metavar="LIST.csv", type=Path, help="add those of a list")
    parser.add_argument("--generate", metavar="N", type=int, help="add N participants with made-up pseudonyms")
    parser.add_argument(
        "--preferences",
        action="store_true",
        help="with what each looks at more or less than others, told from the newest embedding",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int | None:
    from gazeapp.store.study import Study

    changes = args.add is not None or args.list or args.generate is not None
    with Study.open_or_create(args.study) if changes else Study.open(args.study) as study:
        _change(study, args)
        people, records, erasures = study.participants(), study.session_records(), study.erasures()
        told = _preferences(study) if args.preferences else {}
    by_person: dict[str, list[SessionRecord]] = {}
    for record in records:
        by_person.setdefault(record.pseudonym, []).append(record)
    if args.json:
        from gazeapp.cli.console import print_json

        withdrawn = [{"erased_utc": e.erased_utc, "reason": e.reason} for e in erasures]
        rows = [_row(person, by_person.get(person.pseudonym, [])) for person in people]
        if args.preferences:  # else the study need not be unlocked
            for row in rows:
                found = told.get(row["pseudonym"])
                row["preferences"] = found.as_json() if found else None
        print_json({"study": str(args.study), "participants": rows, "erased": withdrawn})
        return None
    if not people:
        print("nobody yet")
    for person in people:
        print(_line(person, by_person.get(person.pseudonym, [])))
        if person.pseudonym in told:
            print(_preference_line(told[person.pseudonym]))
    if erasures:
        print(f"{len(erasures)} erased, the last one on {erasures[-1].erased_utc[:10]}")
    return None


def _preferences(study: Study) -> dict[str, PersonPreferences]:
    from gazeapp.analysis.person_preferences import study_preferences

    return study_preferences(study)


def _preference_line(told: PersonPreferences) -> str:
    if told.is_simulated:
        return "    simulated or replayed gaze: nothing is told of a person"
    if not told.known:
        return "    the embedding is of other weights: nothing is told; enrol again"
    sure = [
        f"{one.name} {100 * one.more:+.0f} % ({100 * one.low:+.0f} to {100 * one.high:+.0f} %)"
        for one in told.known
        if one.is_sure
    ]
    return f"    beside others looks at {', '.join(sure)}" if sure else "    nothing stands out yet"


def _change(study: Study, args: argparse.Namespace) -> None:
    from gazeapp.store.participant_list import add_generated, import_list
    from gazeapp.store.study_variables import parse_value

    name = args.participant
    if args.add is not None:
        from gazeapp.cli.run import add_participant

        name = add_participant(study, args.add)
    if args.list:
        import_list(study, args.list)
    if args.generate is not None:
        add_generated(study, args.generate)
    if (args.set or args.note is not None or args.rename) and not name:
        raise SettingsError("--set, --note and --rename need --participant ID", key="participant")
    known = {variable.name: variable for variable in study.variables()}
    values = {}
    for text in args.set:
        key, equals, value = text.partition("=")
        if not equals or key not in known:
            raise SettingsError(f"--set {text!r}: must be NAME=VALUE, NAME one of {', '.join(known)}", key="set")
        values[key] = parse_value(known[key], value)
    if values or args.note is not None:
        study.describe_participant(name, note=args.note, variables=values)
    if args.rename is not None:
        try:
            study.rename_participant(name, args.rename)
        except ValueError as error:
            raise SettingsError(f"--rename: {error}", key="rename") from error


def _row(person: Participant, records: list[SessionRecord]) -> dict[str, Any]:  # Any: JSON values
    from dataclasses import asdict

    return asdict(person) | {
        "consented_utc": person.consented_utc,
        "consent_version": person.consent_version,
        "consented_to": [c.purpose for c in person.consents if c.holds],
        "session_states": [
            {
                "session_id": record.session_id,
                "state": record.state.value,
                "why": record.summary.why,
                "n_done": record.summary.n_done,
                "n_images": record.summary.n_images,
                "accuracy_deg": record.summary.accuracy_deg,
                "data_loss": record.summary.data_loss,
                "experimenter": record.experimenter,
                "source": record.figures.source,
                "n_personal_better": record.figures.n_better,
                "n_compared": record.figures.n_compared,
                "started_utc": record.created_utc,
            }
            for record in records
        ],
    }


def _line(person: Participant, records: list[SessionRecord]) -> str:
    consent = person.consented_utc
    text = f"{person.pseudonym:<16} " + (f"consented {consent[:10]}" if consent else "no consent".ljust(20))
    text += f"  {len(person.sessions):>3} sessions  {person.n_embeddings:>3} embeddings"
    if not records:
        return text + "  planned"
    last = records[-1]
    far = f" at image {last.summary.n_done} of {last.summary.n_images}" if last.summary.why else ""
    source = f", {last.figures.source}" if last.figures.is_rehearsal else ""
    return text + f"  last {last.session_id} {last.state.value}{far}{source}"
