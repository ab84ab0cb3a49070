"""The report of a study, as HTML and as PDF whose text can be read by another program."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import numpy as np
import pytest

from gazeapp.__main__ import main
from gazeapp.analysis.report_page import Grid, Heading, Page, Paragraph, Picture, render_html, write_pdf
from gazeapp.locations import assets_dir
from gazeapp.store.detection_choice import Detection, choose_detection
from gazeapp.store.embedding import UserEmbedding
from tests.store.example_study import make_study, record_session


@pytest.fixture
def study(tmp_path):
    made, session = make_study(tmp_path / "pilot")
    with made:
        made.add_participant("P018")
        made.record_consent("P018")
        record_session(made.new_session("P018", "pilot"))
        made.exclusions.exclude("P017", session.session_id, 1, reason="looked <away> & talked")
        yield made


def test_a_study_report_says_quality_exclusions_maps_methods_and_literature(study, capsys):
    assert main(["report", str(study.path)]) == 0
    text = (study.path / "reports" / "study.html").read_text(encoding="utf-8")
    for wanted in (
        "2 people, 2 sessions",
        "Illustration. The observer is a model",
        "<td>16</td>",
        "0.60",
        "usable with care",
        "looked &lt;away&gt; &amp; talked",
        "scene-0.png: 2 people, 2 viewings",
        "scene-1.png: 1 person, 1 viewing",
        "2 sessions like",
        "velocity threshold",
        "Salvucci",
        "gazeapp",
    ):
        assert wanted in text, wanted
    assert "http" not in text.replace("http-equiv", "")
    assert any(copy.kind == "report" for copy in study.copies.of("P018"))


def test_a_study_report_names_what_people_look_at_more_with_an_interval(study, capsys):
    document = json.loads((assets_dir() / "weights" / "preferences.json").read_text(encoding="utf-8"))
    faces = next(entry for entry in document["attributes"] if entry["name"] == "faces")
    towards_faces = np.array(faces["slope"]) / np.linalg.norm(faces["slope"])
    study.save_embedding(
        "P018",
        UserEmbedding(
            vector=(*(3 * towards_faces).tolist(), *[0.0] * 8),
            n_pairs=32,
            spread=0.1,
            model_name="shipped",
            model_sha256=document["model_sha256"],
            sigma_deg=1.0,
        ),
    )
    assert main(["report", str(study.path)]) == 0
    text = (study.path / "reports" / "study.html").read_text(encoding="utf-8")
    assert "What people look at more" in text
    assert "<td>faces</td>" in text
    assert "1 person asked" in text
    study.exclusions.exclude("P018", reason="fell asleep")
    assert main(["report", str(study.path), "-o", str(study.path / "without.html")]) == 0
    assert "<td>faces</td>" not in (study.path / "without.html").read_text(encoding="utf-8")


def test_a_study_report_names_the_literature_of_the_fixations_that_count(study, tmp_path):
    choose_detection(study.path, Detection(algorithm="i2mc"))
    assert main(["report", str(study.path), "-o", str(tmp_path / "r.html")]) == 0
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "Hessels" in text
    assert "I2MC" in text
    session = study.sessions("P017")[0]
    assert main(["report", str(session.path), "-o", str(tmp_path / "s.html")]) == 0
    assert "Hessels, R. S." in (tmp_path / "s.html").read_text(encoding="utf-8")


def test_who_saw_no_image_is_named_in_the_report_too(study, tmp_path):
    study.add_participant("P019")
    study.record_consent("P019")
    study.new_session("P019", "pilot")
    assert main(["report", str(study.path), "-o", str(tmp_path / "r.html")]) == 0
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "3 people, 3 sessions" in text
    assert "<td>P019</td>" in text


@pytest.mark.slow
def test_a_study_report_as_pdf_is_read_by_another_program(study, tmp_path):
    dest = tmp_path / "pilot.pdf"
    assert main(["report", str(study.path), "-o", str(dest)]) == 0
    assert dest.read_bytes().startswith(b"%PDF")
    if shutil.which("pdftotext"):
        text = subprocess.run(["pdftotext", str(dest), "-"], capture_output=True, text=True, check=True).stdout
        assert "looked <away> & talked" in re.sub(r"\s+", " ", text)
        assert "P018" in text
    assert main(["report", str(study.path), "-o", str(dest)]) == 2
    assert main(["report", str(study.path), "-o", str(dest), "--overwrite"]) == 0


@pytest.mark.slow
def test_a_session_report_as_pdf(study, tmp_path):
    session = study.sessions("P017")[0]
    assert main(["report", str(session.path), "-o", str(tmp_path / "s.pdf")]) == 0
    assert (tmp_path / "s.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.slow
def test_a_long_report_goes_over_several_sheets_and_names_are_never_formulas(tmp_path):
    name = r"$\frac{1}{0}$ 观察者"
    page = Page(
        title=name,
        subtitle="",
        blocks=(
            Heading(text="x"),
            Paragraph(text="word " * 3000 + "w" * 500),
            Grid(columns=("a", "b"), rows=tuple((name, str(n)) for n in range(200))),
            *(Picture(rgb=np.full((90, 30 + n, 3), 9 * n, np.uint8), caption=name) for n in range(7)),
        ),
    )
    write_pdf(page, tmp_path / "long.pdf")
    content = (tmp_path / "long.pdf").read_bytes()
    assert content.count(b"/Type /Page ") >= 5 or len(re.findall(rb"/Type\s*/Page\b", content)) >= 5
    assert "<script" not in render_html(Page(title="<script>", subtitle="", blocks=()))
