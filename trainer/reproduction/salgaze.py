"""Chang, Di Martino, Qiu, Espinosa, Sapiro (2019), SalGaze: personalising a gaze estimator by what is salient.

The first `--data` has many people who look at points (to pretrain), the second people with sessions of free viewing.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from gazeapp.errors import SettingsError
from gazeapp.types import Json
from trainer.data.gaze_frames import open_frames
from trainer.reports.plot_style import new_figure
from trainer.reports.results import read_results
from trainer.reproduction.page import MISSING, Page, Table
from trainer.reproduction.parts import Part, Workplace, command
from trainer.reproduction.published import SALGAZE

_SESSIONS = (1, 2, 4, 8)
_WATCHED_EVERY = 10
"""One in so many of those who look at points chooses the step of pretraining."""
_ROWS = {
    "before": "before",
    "map": "map loss",
    "map_outliers": "map loss, outliers dropped",
    "squared": "squared",
    "squared_outliers": "squared, outliers dropped",
    "points": "calibration points alone",
    "map_points": "map loss and points, outliers dropped",
}


def parts_of(place: Workplace) -> list[Part]:
    """Pretraining, then personalising of other people.

    Raises:
        SettingsError: Not two data sets.
    """
    if len(place.data) != 2:
        raise SettingsError(
            "reproduce salgaze: needs --data twice: many people who look at points, and others with sessions of free "
            "viewing (`python -m trainer synthesise faces` draws both)",
            key="data",
        )
    many, persons = place.data
    return [
        Part(name="pretraining", title="gaze estimator of many people", make=partial(_pretraining, place, many)),
        Part(
            name="personalising",
            title="other people, by sessions",
            make=partial(_personalising, place, persons),
            needs=("pretraining",),
            chain="pretraining",
        ),
    ]


def _pretraining(place: Workplace, many: Path) -> Json:
    people = open_frames(many).people_in_use
    watched = place.folder / "splits" / "validation_people.txt"
    watched.parent.mkdir(parents=True, exist_ok=True)
    watched.write_text("".join(f"{k}\n" for k in range(len(people) - 1, 0, -_WATCHED_EVERY)), encoding="utf-8")
    steps = ("--validate-every", "10") if place.is_quick else ("--validate-every", "100", "--patience", "100")
    command(
        *("train", "gaze", "--data", many, "-o", place.run("pretraining"), "--resume", "--device", place.device),
        *("--preset", "tiny" if place.is_quick else "best", "--seed", str(place.seed)),
        *("--validation-observers", watched, *steps),
    )
    return {}


def _personalising(place: Workplace, persons: Path) -> Json:
    n_people = len({entry.partition("-")[0] for entry in map(str, open_frames(persons).people_in_use)})
    command(
        *("evaluate", place.run("pretraining"), "--data", persons, "--protocol", "open"),
        *("--m", "1" if place.is_quick else ",".join(map(str, _SESSIONS)), "--seed", str(place.seed)),
        *("--choosing", str(max(1, n_people // 3)) if place.is_quick else "4", "-o", place.part("personalising")),
    )
    return {}


def show(place: Workplace, call: str) -> Page:
    """Error by sessions beside the printed one."""
    page = Page(title="Chang et al. (2019), SalGaze", command=call)
    done = place.is_done("personalising")
    document = read_results(place.part("personalising")) if done else {"summary": [], "meta": {}}
    sessions = sorted({e["m"] for e in document["summary"] if e["m"]} | set(_SESSIONS))
    rows = []
    for model, label in _ROWS.items():
        own = {e["m"]: e for e in document["summary"] if e["model"] == model}
        cells = [own.get(m, own.get(0)) for m in sessions]
        rows.append((label, *(MISSING if e is None else f"{e['mean']:.2f} ± {e['sd']:.2f}" for e in cells)))
        if label in SALGAZE:
            printed = dict(zip(_SESSIONS, SALGAZE[label], strict=True))
            rows.append(
                (f"*printed: {label}*", *("–" if (v := printed.get(m)) is None else f"{v:.2f}" for m in sessions))
            )
    if done:
        figure, (axis,) = new_figure(1, size=(5.0, 3.4))
        for k, (model, label) in enumerate(_ROWS.items()):
            own_rows = sorted((e for e in document["summary"] if e["model"] == model and e["m"]), key=lambda e: e["m"])
            if own_rows:
                axis.plot([e["m"] for e in own_rows], [e["mean"] for e in own_rows], color=f"C{k}", label=label)
        before = next((e["mean"] for e in document["summary"] if e["model"] == "before"), None)
        if before is not None:
            axis.axhline(before, color="#586174", linestyle=":", label="before")
        axis.set_xlabel("sessions")
        axis.set_ylabel("error (cm)")
        axis.legend(fontsize=7, loc="center left", bbox_to_anchor=(1.01, 0.5))
        page.draw(place.folder, "sessions", "Error after personalising on so many sessions (Table 3)", figure)
        best = min((e for e in document["summary"] if e["m"]), key=lambda e: e["mean"])
        page.findings.append(f"Best: {_ROWS[best['model']]} on {best['m']} sessions, {best['mean']:.2f} cm.")
    page.tables.append(
        Table(
            name="personalising",
            title="Error in cm at calibration points, mean ± SD over people (Tables 2 and 3)",
            header=("personalised by", *(f"{m} session{'s' * (m > 1)}" for m in sessions)),
            rows=rows,
            differs=(
                f"People: {document['meta'].get('n_people', MISSING)} here ({_kind(place)}), 9 printed.",
                "Still images and what is salient in them; printed: video clips on a tablet.",
            ),
        )
    )
    return page


def _kind(place: Workplace) -> str:
    return ", ".join(dict.fromkeys(open_frames(folder).source for folder in place.data))
