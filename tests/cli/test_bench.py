from __future__ import annotations

import json

import pytest

from gazeapp.__main__ import main

pytestmark = pytest.mark.slow


def test_bench_prints_one_json_object_with_every_stage(capsys):
    assert main(["bench", "--json", "--seconds", "1", "--without-networks"]) == 0
    document = json.loads(capsys.readouterr().out)
    stages = {figure["stage"] for figure in document["figures"]}
    assert {
        "detector ivt",
        "pipeline step",
        "recorder",
        "recorder hand-over",
        "sample to snapshot",
        "map of 12 fixations",
        "overlay colouring",
    } <= stages
    assert all(figure["value"] >= 0 for figure in document["figures"])
    assert document["machine"]["n_processors"] >= 1


@pytest.mark.slow
def test_bench_measures_the_networks_and_a_ticker_beside_them(capsys):
    assert main(["bench", "--json", "--seconds", "1", "--device", "cpu"]) == 0
    figures = json.loads(capsys.readouterr().out)["figures"]
    ticker = {figure["condition"] for figure in figures if figure["stage"] == "5 ms ticker late by"}
    assert "predictions running, p99" in ticker


def test_a_length_that_makes_no_sense_is_refused_with_code_2(capsys):
    assert main(["bench", "--seconds", "0"]) == 2
    assert "--seconds" in capsys.readouterr().err
