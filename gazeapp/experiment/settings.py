"""Settings that the program keeps between sessions; a file that cannot be used is set aside, never in the way."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import platformdirs

from gazeapp.errors import SettingsError
from gazeapp.experiment.toml_reader import TomlTable, read_toml
from gazeapp.gaze.display import Display
from gazeapp.store.new_file import write_whole

_log = logging.getLogger(__name__)

SCHEMA = 1
THEMES = ("system", "dark", "light")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownScreen:
    """A screen whose size in millimetres somebody measured; found again by name and geometry."""

    name: str
    width_px: int
    height_px: int
    width_mm: float
    height_mm: float
    distance_mm: float

    def to_display(self) -> Display:
        """The screen as geometry."""
        return Display(
            width_px=self.width_px,
            height_px=self.height_px,
            width_mm=self.width_mm,
            height_mm=self.height_mm,
            distance_mm=self.distance_mm,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that is remembered."""

    theme: Literal["system", "dark", "light"] = "system"
    text_scale: float = 1.0
    language: str = ""
    """Empty follows the system."""
    study: str = ""
    """Folder of the study used last."""
    recent: tuple[str, ...] = ()
    """Folders of studies used before, the newest first."""
    initials: str = ""
    """Of who leads sessions."""
    plan: str = ""
    """File of the plan used last; empty for the default plan."""
    participant_screen: str = ""
    experimenter_screen: str = ""
    tracker: str = "simulated"
    tracker_options: dict[str, str] = field(default_factory=dict)
    universal: str = ""
    """Universal model used last, by name; empty for the shipped network."""
    universal_weights: str = ""
    """Its file or folder; empty for none."""
    universal_options: dict[str, str] = field(default_factory=dict)
    algorithm: str = "ivt"
    screens: tuple[KnownScreen, ...] = ()

    def screen(self, name: str, width_px: int, height_px: int) -> KnownScreen | None:
        """A screen known by this name and size in pixels; the same name at another resolution is another screen."""
        for screen in self.screens:
            if (screen.name, screen.width_px, screen.height_px) == (name, width_px, height_px):
                return screen
        return None

    def with_screen(self, screen: KnownScreen) -> Settings:
        """The same with one screen learnt or replaced."""
        others = tuple(
            s
            for s in self.screens
            if (s.name, s.width_px, s.height_px) != (screen.name, screen.width_px, screen.height_px)
        )
        return replace(self, screens=(*others, screen))


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSettings:
    """Settings, and what the person should be told about how they were read."""

    settings: Settings
    message: str
    """Empty when all is well."""


def settings_path() -> Path:
    """Where the settings live on this machine."""
    return Path(platformdirs.user_config_dir("gazeapp", appauthor=False)) / "settings.toml"


def load_settings(path: Path | None = None) -> LoadedSettings:
    """Read the settings; defaults where there are none.

    A file that cannot be read, is damaged or holds wrong values is renamed to `settings.broken.toml` beside it, so that
    nothing in it is lost and the next start is clean.
    """
    path = path or settings_path()
    if not path.exists():
        return LoadedSettings(settings=Settings(), message="")
    try:
        return LoadedSettings(settings=_parse(read_toml(path, SettingsError)), message="")
    except SettingsError as error:
        kept = _quarantine(path)
        where = f"it was kept as {kept}" if kept else "it could not be renamed"
        message = f"{error.message}. The settings were reset to their defaults; {where}."
        _log.warning("%s", message)
        return LoadedSettings(settings=Settings(), message=message)


def save_settings(settings: Settings, path: Path | None = None) -> None:
    """Write the settings; the old file is replaced only once the new one is whole.

    Raises:
        SettingsError: The folder cannot be written.
    """
    path = path or settings_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, _format(settings))
    except OSError as error:
        raise SettingsError(f"{path}: the settings cannot be saved ({error.strerror or error})", key="") from error


def _parse(root: TomlTable) -> Settings:
    default = Settings()
    root.integer("schema", SCHEMA, at_least=1, at_most=SCHEMA)
    appearance = root.table("appearance")
    last = root.table("last")
    tracker = root.table("tracker")
    options = tracker.table("options")
    universal = root.table("universal")
    universal_options = universal.table("options")
    settings = Settings(
        theme=appearance.choice("theme", default.theme, THEMES),  # type: ignore[arg-type]  # one of THEMES
        text_scale=appearance.number("text_scale", default.text_scale, at_least=0.5, at_most=4),
        language=appearance.text("language"),
        study=last.text("study"),
        recent=last.texts("recent", ()),
        initials=last.text("initials"),
        plan=last.text("plan"),
        participant_screen=last.text("participant_screen"),
        experimenter_screen=last.text("experimenter_screen"),
        tracker=tracker.text("backend", default.tracker),
        tracker_options={key: options.text(key) for key in options.names()},
        universal=universal.text("model"),
        universal_weights=universal.text("weights"),
        universal_options={key: universal_options.text(key) for key in universal_options.names()},
        algorithm=root.table("detection").text("algorithm", default.algorithm),
        screens=tuple(_screen(table) for table in root.tables("screens")),
    )
    for table in (appearance, last, tracker, options, universal, universal_options, root):
        table.finish()
    return settings


def _screen(table: TomlTable) -> KnownScreen:
    screen = KnownScreen(
        name=table.text("name"),
        width_px=table.integer("width_px", 0, at_least=1),
        height_px=table.integer("height_px", 0, at_least=1),
        width_mm=table.number("width_mm", 0, at_least=1),
        height_mm=table.number("height_mm", 0, at_least=1),
        distance_mm=table.number("distance_mm", 650, at_least=50),
    )
    table.finish()
    return screen


def _format(settings: Settings) -> str:
    lines = [
        f"schema = {SCHEMA}",
        "\n[appearance]",
        f"theme = {_text(settings.theme)}",
        f"text_scale = {settings.text_scale!r}",
        f"language = {_text(settings.language)}",
        "\n[last]",
        f"study = {_text(settings.study)}",
        f"recent = [{', '.join(map(_text, settings.recent))}]",
        f"initials = {_text(settings.initials)}",
        f"plan = {_text(settings.plan)}",
        f"participant_screen = {_text(settings.participant_screen)}",
        f"experimenter_screen = {_text(settings.experimenter_screen)}",
        "\n[tracker]",
        f"backend = {_text(settings.tracker)}",
        "\n[tracker.options]",
        *(f"{_text(k)} = {_text(v)}" for k, v in settings.tracker_options.items()),
        "\n[universal]",
        f"model = {_text(settings.universal)}",
        f"weights = {_text(settings.universal_weights)}",
        "\n[universal.options]",
        *(f"{_text(k)} = {_text(v)}" for k, v in settings.universal_options.items()),
        "\n[detection]",
        f"algorithm = {_text(settings.algorithm)}",
    ]
    for screen in settings.screens:
        lines += [
            "\n[[screens]]",
            f"name = {_text(screen.name)}",
            f"width_px = {screen.width_px}",
            f"height_px = {screen.height_px}",
            f"width_mm = {float(screen.width_mm)!r}",
            f"height_mm = {float(screen.height_mm)!r}",
            f"distance_mm = {float(screen.distance_mm)!r}",
        ]
    return "\n".join(lines) + "\n"


def _text(value: str) -> str:
    """A TOML basic string: JSON's escapes are a subset of TOML's, but for the DEL character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _quarantine(path: Path) -> Path | None:
    kept = path.with_name("settings.broken.toml")
    try:
        os.replace(path, kept)  # noqa: PTH105  replaces an earlier one on every system
    except OSError:
        return None
    return kept
