"""The page on category weights shows what its stored results say."""

from pathlib import Path

import pytest

from trainer.reports.category_tables import format_categories
from trainer.reports.results import read_results

TRAINER = Path(__file__).resolve().parents[3] / "trainer"
RESULTS = TRAINER / "results" / "category_weights"


@pytest.fixture(scope="module")
def document():
    return read_results(RESULTS)


def test_page_holds_the_tables_of_the_stored_results(document):
    page = (TRAINER / "CATEGORY_WEIGHTS.md").read_text(encoding="utf-8")
    assert format_categories(document) in page
    assert (RESULTS / "weights-x10.png").is_file()


def test_only_ours_and_the_plain_mixture_are_densities(document):
    mass = {e["model"]: e["mean"] for e in document["summary"] if e["metric"] == "log_mass" and e["category"] == "all"}
    for model, log_mass in mass.items():
        if model.startswith(("plain", "category")):
            assert log_mass == pytest.approx(0, abs=1e-4), model
        elif model.startswith("report"):
            assert abs(log_mass) > 0.01, model
