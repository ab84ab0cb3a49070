"""The report of a session."""

from __future__ import annotations

import html.parser
import re

import pytest

from gazeapp.__main__ import main
from gazeapp.errors import AlreadyExists
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store.export.methods import methods_paragraph
from gazeapp.store.export.report import render_report, write_report
from gazeapp.store.study import Study
from tests.store.example_study import EMBEDDING, make_study

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    study, session = make_study(tmp_path_factory.mktemp("report") / "study")
    study.close()
    return session


@pytest.fixture(scope="module")
def page(session):
    with session.reader() as reader:
        return render_report(reader)


class _Checker(html.parser.HTMLParser):
    VOID = frozenset({"meta", "img", "br", "link", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)
        self.links.extend(value for key, value in attrs if key in ("src", "href"))

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_whole_and_needs_nothing_else(page):
    checker = _Checker()
    checker.feed(page)
    assert checker.open == []
    assert checker.links
    assert all(link.startswith("data:image/") for link in checker.links)
    assert "http" not in re.sub(r"data:[^\"]*", "", page)


def test_words_come_before_numbers(page):
    assert page.index("Usable with care.") < page.index("Accuracy, mean")
    assert "Gaze is 0.60° off on average" in page
    assert "accuracy 0.90° at target 2 is above 0.5°" in page


def test_a_simulated_observer_is_labelled(page):
    assert "Illustration." in page
    assert "nothing here is a finding about people" in page


def test_every_trial_has_four_pictures_or_says_why_not(page):
    assert page.count("<figure>") == 12
    assert page.count("no embedding yet") == 2
    assert page.count("<polyline") == 3 + 1


def test_the_embedding_itself_is_not_in_the_report(page):
    assert not any(repr(value) in page or f"{value:.4f}" in page for value in EMBEDDING.vector if value)
    assert "its spread is 0.100" in page


def test_the_methods_paragraph_states_what_was_stored(session):
    with session.reader() as reader:
        text = methods_paragraph(reader)
    for fact in (
        "300 Hz",
        "1920 × 1080 px",
        "65.0 cm",
        "5-point calibration with a shift correction",
        "mean accuracy 0.60°",
        "3 images",
        "I-VT",
        "min_duration_s 0.06",
        "24 on the images",
        "Gaussian of 1° standard deviation",
        "c0ffee000000",
    ):
        assert fact in text


def test_text_from_outside_cannot_become_markup(tmp_path):
    with Study.create(tmp_path) as study:
        study.add_participant("P1")
        study.record_consent("P1")
        session = study.new_session("P1", "<script>alert(1)</script>")
    with session.reader() as reader:
        page = render_report(reader)
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_an_empty_or_interrupted_session_still_has_a_report(tmp_path):
    with Study.create(tmp_path) as study:
        study.add_participant("P1")
        study.record_consent("P1")
        session = study.new_session("P1", "pilot")
    writer = session.writer()
    try:
        with session.reader() as reader:
            page = render_report(reader)
        assert "No gaze was recorded." in page
        assert "still being recorded" in page
        assert "nothing was validated" in page
        writer.write_samples(GazeSamples.build([0.0, 0.1, 0.2, 5.0], eyes="cyclopean"))
        writer.commit()
        with session.reader() as reader:
            assert "1 gap without gaze, the longest 4.80 s." in render_report(reader)
    finally:
        writer.close(state="recording")  # as a killed program leaves it
    with session.reader() as reader:
        assert "stopped at image 0 of 0: The program or the computer stopped." in render_report(reader)


def test_a_missing_image_is_said_not_guessed(tmp_path):
    study, session = make_study(tmp_path / "study")
    study.close()
    for path in session.stimuli.folder.iterdir():
        path.unlink()
    with session.reader() as reader:
        assert render_report(reader).count("the image is missing from the session") == 12


def test_the_command_writes_the_file_and_keeps_existing_ones(session, tmp_path, capsys):
    dest = tmp_path / "P017.html"
    assert main(["report", str(session.path), "-o", str(dest)]) == 0
    assert dest.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert main(["report", str(session.path), "-o", str(dest)]) == 2
    assert "--overwrite" in capsys.readouterr().err
    with pytest.raises(AlreadyExists):
        write_report(session.path, dest)
    assert main(["report", str(session.path)]) == 0
    assert main(["report", str(session.path)]) == 0
    assert (session.path / "report.html").is_file()


@pytest.mark.parametrize("name", ["report.docx", "report", "report.md"])
def test_an_ending_that_is_no_report_is_refused(session, tmp_path, capsys, name):
    assert main(["report", str(session.path), "-o", str(tmp_path / name)]) == 2
    assert "written as .html or .pdf" in capsys.readouterr().err
    assert not (tmp_path / name).exists()
