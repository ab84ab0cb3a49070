"""A paper is reproduced part by part: each once, resumed, shared among jobs, and missing until it was run."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from gazeapp.errors import AlreadyExists, CheckpointError, NotEnoughData, SettingsError
from tests.trainer.synthetic_data import write_synthetic
from tests.trainer.synthetic_people import write_people
from trainer.__main__ import main
from trainer.data.dataset import open_data
from trainer.data.prepare import write_data
from trainer.reproduction.decisions import decisions_of
from trainer.reproduction.folds import folds_of, unseen_names
from trainer.reproduction.page import MISSING, Page, Table, number, ranged
from trainer.reproduction.parts import Part, Workplace, make_parts, open_workplace, share_of
from trainer.reproduction.strohm import _left_margin


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    return write_people(tmp_path_factory.mktemp("papers"))


def place_in(folder, *data):
    return Workplace(folder=folder, data=data, is_quick=True, seed=0, device="cpu")


def reproduce(paper, data, out, *more):
    words = [word for folder in data for word in ("--data", str(folder))]
    return main(["reproduce", paper, *words, "-o", str(out), "--quick", "--device", "cpu", *more])


def test_everybody_is_tested_once_and_nobody_tested_is_watched_or_trained_on(people):
    dataset = open_data(people)
    elsewhere = unseen_names(dataset, seed=1)
    folds = folds_of(dataset, elsewhere, seed=0)
    tested = [person for fold in folds for person in fold.test_observers]
    assert sorted(tested) == [f"synthetic:{k}" for k in range(6)]
    for fold in folds:
        assert fold.validation_observers
        assert not set(fold.validation_observers) & set(fold.test_observers)
        assert not set(fold.validation_images) & set(fold.left_out_images)
        assert set(fold.test_images) <= set(fold.left_out_images)
        untrained = dataset.only([*fold.left_out_images, *fold.validation_images], None)
        assert elsewhere <= {dataset.image_names[i] for i in untrained.image_index}


def test_fewer_observers_than_folds_need_are_refused_in_one_line(tmp_path, capsys):
    source = write_synthetic(tmp_path / "images", n_images=12, n_observers=5)
    write_data(source, tmp_path / "DATA", map_size_wh=(32, 24))
    assert reproduce("strohm", [tmp_path / "DATA"], tmp_path / "out") == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "synthetic: 5 observers; 3 folds" in error
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("text", "names"), [(None, "abcd"), ("1/2", "abd"), ("2/2", "c"), ("3/3", "d")])
def test_jobs_share_whole_chains(text, names):
    parts = [
        Part(name=name, title=name, make=dict, chain=chain)
        for name, chain in (("a", "x"), ("b", "x"), ("c", ""), ("d", ""))
    ]
    assert "".join(part.name for part in share_of(parts, text)) == names


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b", "1/0"])
def test_share_that_is_none_is_refused(text):
    with pytest.raises(SettingsError, match="needs K/N with K from 1 to N"):
        share_of([], text)


def test_part_is_done_once_and_waits_for_what_it_needs(tmp_path, capsys):
    place, made = place_in(tmp_path), []

    def part(name, *needs):
        return Part(name=name, title=name, make=lambda: made.append(name) or {"n": len(made)}, needs=needs)

    parts = [part("second", "first"), part("first"), part("third", "nobody")]
    make_parts(place, parts)
    assert made == ["first"]
    assert "third: waits for nobody" in capsys.readouterr().err
    make_parts(place, parts)
    assert made == ["first", "second"]
    assert place.facts("second")["n"] == 2
    assert place.facts("third") is None


def test_part_that_the_data_do_not_allow_is_told_tried_again_and_does_not_end_the_others(tmp_path, capsys):
    tries = []

    def refuse_once():
        tries.append(1)
        if len(tries) == 1:
            raise NotEnoughData("m = 64: too few images")
        return {}

    place = place_in(tmp_path)
    parts = [Part(name="a", title="a", make=refuse_once), Part(name="b", title="b", make=dict)]
    make_parts(place, parts)
    assert place.facts("a")["impossible"] == "m = 64: too few images"
    assert [place.state(name) for name in "abc"] == ["impossible", "done", "missing"]
    assert "m = 64: too few images" in capsys.readouterr().err
    make_parts(place, parts)
    assert place.is_done("a")


def test_what_was_not_given_at_first_may_be_added_and_is_then_kept(tmp_path):
    place = place_in(tmp_path / "out")
    open_workplace(place, {"objects": None}, resume=False)
    open_workplace(place, {"objects": {"labels": "a"}}, resume=True)
    for other in ({"labels": "b"}, None):
        with pytest.raises(SettingsError, match="--resume with another objects"):
            open_workplace(place, {"objects": other}, resume=True)


def test_page_names_the_call_that_makes_it_and_what_was_cut_short(tmp_path):
    place = place_in(tmp_path)
    parts = [
        Part(name=name, title=name, make=lambda steps=steps: {"steps": steps, "of_steps": 9} if steps else {})
        for name, steps in (("a", 3), ("b", 0), ("c", 3), ("d", 2))
    ]
    make_parts(place, parts)
    page = Page(title="P", command="python -m trainer reproduce xu --data d -o o", shortened=place.shortened(parts))
    text = page.write(tmp_path).read_text()
    assert "Made by `python -m trainer reproduce xu --data d -o o`; with `--steps 2` d; with `--steps 3` a, c." in text


def test_other_data_or_a_damaged_folder_are_refused_before_anything_is_written(tmp_path):
    place = place_in(tmp_path / "out")
    open_workplace(place, {"data": ["a"]}, resume=False)
    with pytest.raises(AlreadyExists, match="pass --resume"):
        open_workplace(place, {"data": ["a"]}, resume=False)
    open_workplace(place, {"data": ["a"]}, resume=True)
    with pytest.raises(SettingsError, match="--resume with another data"):
        open_workplace(place, {"data": ["b"]}, resume=True)
    (place.folder / "reproduction.json").write_text("{")
    with pytest.raises(CheckpointError, match="damaged"):
        open_workplace(place, {"data": ["a"]}, resume=True)
    other = place_in(tmp_path / "mine")
    other.folder.mkdir()
    (other.folder / "thesis.txt").write_text("")
    with pytest.raises(AlreadyExists, match="holds other things"):
        open_workplace(other, {}, resume=False)


def test_test_person_who_was_decided_on_is_found(tmp_path):
    run = tmp_path / "r"
    run.mkdir()
    facts = {"data": [{"source": "osie"}], "exclude_observers": ["osie:0"], "validation": [[], ["osie:1"], 50, 5]}
    (run / "run.json").write_text(json.dumps(facts))
    table = decisions_of(tmp_path, {"r": ("osie:0",)}, [])
    assert table.rows == [("r", "trained to its last step", "osie:1; 0 images", "none of osie:0")]
    for people in (("osie:1",), ("osie:2",)):
        with pytest.raises(CheckpointError, match="were trained on or decided on"):
            decisions_of(tmp_path, {"r": people}, [])
    gone = decisions_of(tmp_path, {"gone": ("osie:0",)}, [])
    assert gone.rows == [("gone", "not shown: its run folder is gone", "not known", "not known")]
    alone = {"what": "w", "among": {"a": 0.5}, "chosen": "a", "observers": ["osie:1"], "tested": ["osie:0"]}
    assert decisions_of(tmp_path, {}, [alone]).rows[0][1] == "no choice: a was the only one trained"
    two = decisions_of(tmp_path, {}, [{**alone, "among": {"a": 0.5, "b": 0.25}}])
    assert two.rows[0][1] == "a among a 0.500, b 0.250"
    choice = {"what": "w", "among": {"a": 0.5}, "chosen": "a", "observers": ["osie:0"], "tested": ["osie:0"]}
    with pytest.raises(CheckpointError, match="decided on test people osie:0"):
        decisions_of(tmp_path, {}, [choice])


@pytest.mark.parametrize(("losses", "step"), [([0.05] * 20, None), ([0.05] * 9 + [0.01] * 5, 120), ([0.01] * 4, None)])
def test_margin_is_left_once_the_loss_is_well_below_it(losses, step):
    log = [{"step": 10 * k, "loss": loss} for k, loss in enumerate(losses, 1)]
    assert _left_margin(log, 0.05) == step


def test_page_holds_every_table_in_three_forms_and_says_missing(tmp_path, capsys):
    table = Table(name="t", title="T", header=("a", "b"), rows=[("x", number(None)), ("y", ranged([0.5]))])
    Page(title="P", command="c", findings=["f"], tables=[table]).write(tmp_path)
    text = (tmp_path / "README.md").read_text()
    assert text.index("- f") < text.index("| a | b |")
    assert f"| x | {MISSING} |" in text
    assert (tmp_path / "tables" / "t.csv").read_text() == 'a,b\nx,missing\ny,"0.500, 1 fold"\n'
    assert json.loads((tmp_path / "tables" / "t.json").read_text())["rows"][0] == ["x", "missing"]
    assert main(["table", str(tmp_path)]) == 0
    assert "| x | missing |" in capsys.readouterr().out
    assert main(["table", str(tmp_path), "--decisions"]) == 2
    assert "has no table 'decisions'; it has t" in capsys.readouterr().err


@pytest.mark.slow
def test_bad_input_is_one_line_and_leaves_nothing_behind(people, tmp_path, capsys):
    out, name = tmp_path / "out", "synthetic-0-embedding-mixed-pretrained"

    def refused(data=people, *more):
        before = sorted(path for path in out.rglob("*") if path.is_file())
        code = reproduce("strohm", [data], out, "--resume", "--only", name, *more)
        error = capsys.readouterr().err.splitlines()[-1]
        assert code == 2
        assert [path for path in sorted(out.rglob("*")) if path.is_file()] == before
        return error

    assert reproduce("xu", [people], out, "--labels", str(tmp_path / "none.mat")) == 2
    assert "none.mat: cannot be read" in capsys.readouterr().err
    assert reproduce("salgaze", [people], out, "--steps", "2") == 2
    assert "--steps belongs to the other papers" in capsys.readouterr().err
    assert not out.exists()
    assert reproduce("strohm", [people], out, "--only", "none") == 0
    run = out / "runs" / name
    run.mkdir(parents=True)
    (run / "run.json").write_text('{"task": "embed')
    folds_of(open_data(people), set(), seed=0)[0].write(out / "splits" / "synthetic-0")  # always written
    assert f"{run}: its run.json is damaged" in refused()
    (run / "run.json").unlink()
    source = write_synthetic(tmp_path / "images", n_images=12, n_observers=6)
    write_data(source, tmp_path / "DATA", map_size_wh=(32, 24))
    assert "--resume with another data" in refused(tmp_path / "DATA")
    few = ["reproduce", "strohm", "--data", str(tmp_path / "DATA"), "-o", str(tmp_path / "few"), "--device", "cpu"]
    assert main([*few, "--only", "embedding-m32-small"]) == 0
    assert "m = 32: 3 sets of images that share none need 99 images, there are 10" in capsys.readouterr().err
    assert not list((tmp_path / "few" / "runs").rglob("*.*"))
    assert main([*few, "--only", "embedding-m32-small", "--list"]) == 0
    assert capsys.readouterr().out.count("impossible") == 3
    assert reproduce("strohm", [people], out, "--resume", "--only", name) == 0


@pytest.mark.slow
@pytest.mark.timeout(900)  # twenty parts
def test_strohm_runs_to_its_page_and_resumes_without_doing_anything_again(people, tmp_path, capsys):
    out = tmp_path / "out"
    assert reproduce("strohm", [people], out) == 0
    assert "20 of 20 parts done" in capsys.readouterr().out
    text = (out / "README.md").read_text()
    for told in ("98.1%, PS 79.1%", "Everything that was decided", "right minus wrong person", "*printed, ID:"):
        assert told in text
    assert (out / "figures" / "precision-synthetic.svg").is_file()
    before = {path: path.stat().st_mtime_ns for path in (out / "runs").rglob("*")}
    assert reproduce("strohm", [people], out) == 2
    assert reproduce("strohm", [people], out, "--resume") == 0
    assert {path: path.stat().st_mtime_ns for path in (out / "runs").rglob("*")} == before
    for name in ("embedding-m32-small", "multicnn", "personal-predicted"):
        short = out / "parts" / f"synthetic-0-{name}" / "part.json"
        short.write_text(json.dumps({**json.loads(short.read_text()), "steps": 2, "of_steps": 4}))
    assert reproduce("strohm", [people], out, "--resume") == 0
    text = (out / "README.md").read_text()
    assert "| m = 32, from scratch, on maps of 40 x 30, 2 of 4 steps |" in text
    assert "| MultiCNN, 2 of 4 steps |" in text
    assert "| personal network, on predicted universal maps, 2 of 4 steps |" in text
    assert "; with `--steps 2` synthetic-0-embedding-m32-small, synthetic-0-personal-predicted," in text


@pytest.mark.slow
def test_xu_runs_to_its_page(people, tmp_path):
    (tmp_path / "objects.csv").write_text(
        "image,object,polygon\n" + "".join(f"{k:03d}.png,left half,0 0 40 0 40 60 0 60\n" for k in range(24))
    )
    assert reproduce("xu", [people], tmp_path / "out", "--objects", str(tmp_path / "objects.csv")) == 0
    text = (tmp_path / "out" / "README.md").read_text()
    assert "| true universal map + multitask | 0." in text
    assert "| our universal network, of the training images + multitask | 0." in text
    assert "| own last layers, 2 images | 0." in text
    assert "| BMS + multitask | missing |" in text
    assert "| synthetic, left half | 0." in text


@pytest.mark.slow
def test_salgaze_runs_to_its_page(tmp_path, capsys):
    many, persons = tmp_path / "many", tmp_path / "persons"
    faces = ["synthesise", "faces", "--points", "6", "-o"]
    assert main([*faces, str(many), "--people", "6"]) == 0
    assert main([*faces, str(persons), "--people", "3", "--sessions", "3", "--views", "6", "--seed", "2"]) == 0
    assert reproduce("salgaze", [many], tmp_path / "one") == 2
    assert "needs --data twice" in capsys.readouterr().err
    assert reproduce("salgaze", [many, persons], tmp_path / "out") == 0
    assert "| map loss |" in (tmp_path / "out" / "README.md").read_text()


@pytest.mark.slow
@pytest.mark.timeout(900)  # nine parts
def test_acw_runs_to_its_page(people, tmp_path, capsys):
    source = write_synthetic(tmp_path / "images", n_images=12, n_observers=3)
    named = replace(source, categories=tuple("odd" if k % 2 else "even" for k in range(12)))
    write_data(named, tmp_path / "DATA", map_size_wh=(32, 24))
    assert reproduce("acw", [people], tmp_path / "none") == 2
    assert "has no categories" in capsys.readouterr().err
    assert reproduce("acw", [tmp_path / "DATA"], tmp_path / "out") == 0
    text = (tmp_path / "out" / "README.md").read_text()
    assert "| plain | " in text
    assert "*printed, CAT2000: DeepGaze IIE*" in text
    assert "| iteration 2: weights by category, right | missing" not in text
    assert "*printed: iteration 3*" in text
    assert (tmp_path / "out" / "figures" / "maps.png").is_file()
