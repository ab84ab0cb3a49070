from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gazeapp.experiment.settings import KnownScreen, Settings, load_settings, save_settings, settings_path

SCREEN = KnownScreen(
    name='DELL "U2720"', width_px=3840, height_px=2160, width_mm=597.0, height_mm=336.0, distance_mm=650.0
)


def test_settings_that_were_saved_are_read_back():
    settings = Settings(
        theme="dark",
        text_scale=1.25,
        study="studies/a study",
        tracker="lsl",
        tracker_options={"source_id": "x=1"},
        universal="onnx",
        universal_weights="models/my model.onnx",
        universal_options={"output": "log"},
        screens=(SCREEN,),
    )
    save_settings(settings)
    loaded = load_settings()
    assert loaded.settings == settings
    assert loaded.message == ""


def test_settings_from_before_a_choice_was_remembered_are_read_without_it():
    save_settings(Settings(theme="dark"))
    path = settings_path()
    text = path.read_text(encoding="utf-8")
    head, _, rest = text.partition("\n[universal]")
    path.write_text(head + "\n[detection]" + rest.partition("\n[detection]")[2], encoding="utf-8")
    assert load_settings().settings == Settings(theme="dark")
    assert load_settings().message == ""


def test_without_a_file_the_defaults_hold_silently():
    assert load_settings().settings == Settings()
    assert load_settings().message == ""


def test_a_damaged_file_is_set_aside_and_said_so():
    path = settings_path()
    path.parent.mkdir(parents=True)
    path.write_text("theme = [broken", encoding="utf-8")
    loaded = load_settings()
    assert loaded.settings == Settings()
    assert "settings.broken.toml" in loaded.message
    assert path.with_name("settings.broken.toml").read_text(encoding="utf-8") == "theme = [broken"
    assert load_settings().message == ""


def test_a_wrong_value_names_the_key():
    path = settings_path()
    path.parent.mkdir(parents=True)
    path.write_text('[appearance]\ntheme = "purple"\n', encoding="utf-8")
    assert "appearance.theme" in load_settings().message


def test_a_screen_is_found_by_name_and_resolution():
    settings = Settings().with_screen(SCREEN).with_screen(SCREEN)
    assert len(settings.screens) == 1
    assert settings.screen('DELL "U2720"', 3840, 2160) == SCREEN
    assert settings.screen('DELL "U2720"', 1920, 1080) is None


@pytest.mark.slow
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=20))
def test_any_text_survives_the_file(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("settings") / "settings.toml"
    save_settings(Settings(study=text), path)
    assert load_settings(path).settings.study == text
