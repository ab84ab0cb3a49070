"""Files that the trainer and small settings are read from, as `fuzz_files` takes them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.benchmarks.fuzz_formats import JSON_WORDS, NUMBERS, Target


def data_folder(folder: Path) -> list[Target]:
    """DATA as `prepare` makes it."""
    from tests.trainer.synthetic_data import write_synthetic
    from trainer.data.dataset import fixation_counts, habits_of, open_data
    from trainer.data.prepare import write_data

    data = folder / "data"
    write_data(write_synthetic(folder / "images", n_images=3), data, map_size_wh=(16, 12))

    def read(name: str) -> Callable[[Path], object]:
        def placed(path: Path) -> object:
            copy = path.parent / "mutant-data"
            shutil.copytree(data, copy)
            shutil.copy(path, copy / name)
            dataset = open_data(copy)
            habits_of(dataset)
            return fixation_counts(dataset), np.asarray(dataset.maps).sum(), np.asarray(dataset.images).sum()

        return placed

    return [
        Target("DATA meta JSON", ".json", read("meta.json"), [(data / "meta.json").read_bytes()], JSON_WORDS),
        Target("DATA fixations NPY", ".npy", read("fixations.npy"), [(data / "fixations.npy").read_bytes()]),
        Target("DATA maps NPY", ".npy", read("maps.npy"), [(data / "maps.npy").read_bytes()]),
    ]


def data_sets(folder: Path) -> list[Target]:
    """Annotations of published data sets."""
    import cv2

    from trainer.data.dataset import read_names
    from trainer.data.readers.gazecapture import read_gazecapture
    from trainer.data.readers.individual_differences import read_individual_differences
    from trainer.data.readers.mpiifacegaze import read_mpiifacegaze

    capture = folder / "capture" / "00002"
    (capture / "frames").mkdir(parents=True)
    box = {"X": [10, 12], "Y": [10, 12], "W": [30, 30], "H": [30, 30], "IsValid": [1, 1]}
    contents = {
        "frames": ["0.jpg", "1.jpg"],
        "dotInfo": {"XCam": [1.5, -2], "YCam": [-3, -4], "Time": [0.6, 1.2]},
        "appleFace": box,
        "appleLeftEye": box,
        "appleRightEye": box,
        "faceGrid": {"IsValid": [1, 1]},
        "info": {"DeviceName": "iPad Air"},
        "screen": {"Orientation": [1, 3]},
    }
    for name, content in contents.items():
        (capture / f"{name}.json").write_text(json.dumps(content))
    face = folder / "mpii" / "p00"
    face.mkdir(parents=True)
    line = " ".join(["day01/0001.jpg", *(f"{n}.5" for n in range(2, 28)), "left"])
    (face / "p00.txt").write_text(f"{line}\n{line}\n")
    stimuli = folder / "id" / "stimuli"
    stimuli.mkdir(parents=True)
    cv2.imwrite(str(stimuli / "a.png"), np.zeros((24, 32, 3), np.uint8))
    (stimuli.parent / "fixations.csv").write_text(
        "image,observer,x_px,y_px,duration_s\na.png,1,5,5,.2\na.png,2,9,5,.3\n"
    )

    def within(root: Path, name: str, read: Callable[[Path], object]) -> Callable[[Path], object]:
        def placed(path: Path) -> object:
            copy = path.parent / "mutant-set"
            shutil.copytree(root, copy)
            shutil.copy(path, copy / name)
            return read(copy)

        return placed

    made = [
        Target(
            f"GazeCapture {name}",
            ".json",
            within(capture.parent, f"00002/{name}.json", read_gazecapture),
            [(capture / f"{name}.json").read_bytes()],
            JSON_WORDS,
        )
        for name in ("frames", "dotInfo", "info")
    ]
    faces = within(face.parent, "p00/p00.txt", read_mpiifacegaze)
    table = within(stimuli.parent, "fixations.csv", lambda root: read_individual_differences(root, None))
    return [
        *made,
        Target("MPIIFaceGaze text", ".txt", faces, [(face / "p00.txt").read_bytes()], NUMBERS),
        Target("fixations of a data set", ".csv", table, [(stimuli.parent / "fixations.csv").read_bytes()], NUMBERS),
        Target("list of names", ".txt", read_names, [b"# shown\na.png\n\n12\nb.png # late\n"], NUMBERS),
    ]


def settings(folder: Path) -> list[Target]:
    """Small files beside a study, weights or the user's own."""
    import argparse

    from gazeapp import command_defaults
    from gazeapp.experiment.image_table import read_image_table
    from gazeapp.experiment.plan_reader import read_plan
    from gazeapp.locations import assets_dir
    from gazeapp.networks.preferences import FILE, preferences
    from gazeapp.store.detection_choice import CHOICE_NAME, detection_history
    from tests.store.example_study import EMBEDDING

    image = next((assets_dir() / "stimuli").rglob("*.jpg"))
    parser = argparse.ArgumentParser(prog="gazeapp run")
    parser.add_argument("--display")
    parser.add_argument("--study")
    parser.add_argument("--headless", action="store_true")

    def with_defaults(path: Path) -> object:
        command_defaults.defaults_path = lambda: path
        return command_defaults.with_defaults(parser, "run", [], {"run", "demo"})

    def choice(path: Path) -> object:
        folder = path.parent / "mutant-study"
        folder.mkdir(exist_ok=True)
        shutil.copy(path, folder / CHOICE_NAME)
        return detection_history(folder)

    def images(path: Path) -> object:
        plan = path.with_name("mutant-plan.toml")
        plan.write_text(f'[stimuli]\nfolders = ["shipped"]\nvariables = "{path.name}"\n', encoding="utf-8")
        return read_image_table(read_plan(plan), [image])

    chosen = {"algorithm": "ivt", "options": {"threshold_deg_s": 30.0}, "chosen_utc": "2026-01-01T00:00:00+00:00"}
    chosen |= {"chosen_by": "AB", "software": "1.0"}
    known = (assets_dir() / "weights" / FILE).read_bytes()
    own = b'[run]\ndisplay = "1920,1080,531,299,650"\nheadless = true\nstudy = "a"\n'
    return [
        Target("defaults TOML", ".toml", with_defaults, [own], (b"[[run]]", b"[run.a]", b"[" * 40)),
        Target(
            "detection JSON", ".json", choice, [json.dumps({"schema": 1, "choices": [chosen]}).encode()], JSON_WORDS
        ),
        Target("preferences JSON", ".json", lambda path: preferences(EMBEDDING, path), [known], JSON_WORDS),
        Target("table of images", ".csv", images, [f"image,kind\n{image.name},face\n".encode()], NUMBERS),
    ]
