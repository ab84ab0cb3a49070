"""How often enrolment says "enough" for gaze that is not one person's viewing, and for real people.

    python -m tests.benchmarks.trust --data DATA/osie --weights W0 --weights W1 --weights W2 -o trust.json
    python -m tests.benchmarks.trust --table tests/benchmarks/trust_people

Each row goes image by image through the engine that serves the windows: real people, uniform noise, gaze that belongs
to other images, one constant point with tremor, a pointer at rest, a wandering one, two people by turns or one after
the other, a person, or another one, joined to what was stored of the first half of the images, and a person joined to
a stored embedding that holds another's gaze in every second image.

With `--weights` everybody is tried with a folder of weights that was not trained on them, on images that none of the
folders was trained on; without it, with the shipped ones, which learnt from these people.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

import numpy as np

from gazeapp.runtime.enrolment import EnrolmentEngine, is_no_viewing
from gazeapp.runtime.one_person import MIN_PART, Identity
from gazeapp.runtime.snapshot import InferenceRequest
from gazeapp.runtime.stopping_rule import EnoughRule
from gazeapp.store.embedding import UserEmbedding
from gazeapp.store.stimuli import decode_image
from tests.benchmarks.real_observers import PX_PER_DEG, SIZE, Osie

KINDS = (
    "real",
    "noise",
    "shuffled",
    "constant",
    "resting",
    "wandering",
    "two by turns",
    "one after another",
    "same person joined",
    "other person joined",
    "two people stored",
)
JOINED = KINDS[-3:]
SCENES = {"osie": (SIZE, PX_PER_DEG), "crowd": ((640, 480), 19.0)}


class Scene(Osie):
    """A published recording with its pictures, each decoded once."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.name = root.name
        self.size, self.px_per_deg = SCENES[root.name]
        self._pixels: dict[str, np.ndarray] = {}

    def pixels(self, name: str) -> np.ndarray:
        if name not in self._pixels:
            self._pixels[name] = decode_image(self.stimuli / name).rgb
        return self._pixels[name]

    def points(self, image: str, observer: int) -> np.ndarray:
        return self.of[image][observer][0][self._inside(image, observer)]

    def durations(self, image: str, observer: int) -> np.ndarray:
        return self.of[image][observer][1][self._inside(image, observer)]

    def _inside(self, image: str, observer: int) -> np.ndarray:
        xy = self.of[image][observer][0]
        return ((xy >= 0) & (xy < self.size)).all(axis=1)


def gaze(kind: str, osie: Scene, images: list[str], n: int, observer: int, other: int, rng: np.random.Generator):
    """(N, 2) points and (N,) durations of one image."""
    image, viewer = images[n], observer
    if kind == "shuffled":
        image = images[(n + len(images) // 2) % len(images)]
    elif (kind == "two by turns" and n % 2) or (
        kind in ("one after another", "other person joined") and n >= len(images) // 2
    ):
        viewer = other
    own, durations = osie.points(image, viewer), osie.durations(image, viewer)
    count = max(1, len(own))
    if kind == "noise":
        own = rng.uniform((0, 0), osie.size, (count, 2))
    elif kind == "constant":
        own = np.clip(np.array([410.0, 290.0]) + rng.normal(0, 4, (count, 2)), 0, np.array(osie.size) - 1)
    elif kind == "resting":
        own = np.full((count, 2), np.array(osie.size) * (0.9, 0.95))
    elif kind == "wandering":
        own = np.clip(
            np.array([400.0, 300.0]) + np.cumsum(rng.normal(0, 60, (count, 2)), axis=0), 0, np.array(osie.size) - 1
        )
    return own, durations if len(durations) == len(own) else np.full(len(own), 0.25)


class Enrolment:
    """One enrolment, image by image; what was said on the way.

    Args:
        engine: Fresh.
        osie: Whose gaze.
        kind: Of `KINDS`.
        images: In order.
        observer: Who is enrolled.
        other: Somebody else.
    """

    def __init__(
        self, engine: EnrolmentEngine, osie: Scene, kind: str, images: list[str], observer: int, other: int
    ) -> None:
        self.engine, self.osie, self.kind, self.images = engine, osie, kind, images
        self.observer, self.other = observer, other
        self.rng = np.random.default_rng(100 * observer)
        self.start = len(images) // 2 if kind in JOINED else 0
        self.first = self.named = math.nan
        self.n_green = 0
        self.is_late = False

    def show(self, n: int) -> None:
        """Learn from one image; what is stored is recalled when its turn has come."""
        osie, name = self.osie, self.images[n]
        if n < self.start:
            return
        if n == self.start and self.kind in JOINED:
            self.engine.recall(
                (osie.pixels(name), osie.points(name, who), osie.px_per_deg, osie.durations(name, who), name)
                for k, name in enumerate(self.images[: self.start])
                for who in (self.other if self.kind == "two people stored" and k % 2 else self.observer,)
                if len(osie.points(name, who))
            )
        points, durations = gaze(self.kind, osie, self.images, n, self.observer, self.other, self.rng)
        if not len(points):
            return
        self.engine(
            InferenceRequest(
                number=n,
                trial=n,
                stimulus_id=name,
                image_rgb=osie.pixels(name),
                px_per_deg=osie.px_per_deg,
                fixations_px=points,
                durations_s=durations,
                enrol=True,
                final=True,
            )
        )
        step, progress = self.engine.progress.history[-1], self.engine.progress
        is_green = step.viewing >= EnoughRule().min_viewing and progress.identity is Identity.ONE
        # once several images of the second person are in
        has_second = self.kind != "one after another" or n >= len(self.images) // 2 + MIN_PART
        self.n_green += is_green and has_second
        self.is_late |= progress.is_enough and has_second
        if progress.is_enough and math.isnan(self.first):
            self.first = n + 1 - self.start
        if progress.identity in (Identity.TWO, Identity.OTHER) and math.isnan(self.named):
            self.named = n + 1 - self.start

    def row(self) -> dict:
        """What was said."""
        progress = self.engine.progress
        step = progress.history[-1]
        return {
            "kind": self.kind,
            "observer": self.observer,
            "enough_after": None if math.isnan(self.first) else int(self.first),
            "is_enough_once_told_apart": bool(self.is_late),
            "is_enough_at_the_end": progress.is_enough,
            "named_after": None if math.isnan(self.named) else int(self.named),
            "identity_at_the_end": progress.identity.value,
            "halves": round(step.halves, 4),
            "certainty": round(step.certainty, 4),
            "viewing": round(step.viewing, 2),
            "n_green_halves": int(self.n_green),
            "is_called_no_viewing": is_no_viewing(step),
        }


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path)
    parser.add_argument("--weights", type=Path, action="append", default=[], help="left-out weights; may be repeated")
    parser.add_argument("--observers", type=int, default=12)
    parser.add_argument("--images", type=int, default=64)
    parser.add_argument("-o", "--out", type=Path)
    parser.add_argument("--table", type=Path, help="a stored result, or a folder of them, as tables")
    arguments = parser.parse_args()
    if arguments.table:
        paths = sorted(arguments.table.glob("*.json")) if arguments.table.is_dir() else [arguments.table]
        print("\n\n".join(table(json.loads(path.read_text(encoding="utf-8"))) for path in paths))
        return 0
    osie = Scene(arguments.data)
    families = [_Family(path) for path in arguments.weights or [None]]
    order = list(osie.of)
    names = sorted(name for name in order if (osie.stimuli / name).is_file())
    if arguments.weights:
        unseen = set.intersection(*(family.left_out("exclude_images", osie.name, order) for family in families))
        names = [name for name in names if name in unseen]
    images = [names[i] for i in np.random.default_rng(5).permutation(len(names))[: arguments.images]]
    rows: list[dict] = []
    document = {
        "data": osie.name,
        "images": len(images),
        "is_out_of_sample": bool(arguments.weights),
        "weights": [family.networks.sha256[:8] for family in families],
        "rows": rows,
    }
    who = [str(k) for k in range(len(osie.of[order[0]]))]
    for family in families:
        mine = set(who)
        if arguments.weights:
            mine = family.left_out("exclude_observers", osie.name, who)
        enrolments = [
            Enrolment(
                EnrolmentEngine(family.quick, universal=family.universal),
                osie,
                kind,
                images,
                observer,
                (observer + 1) % arguments.observers,
            )
            for observer in range(arguments.observers)
            if str(observer) in mine
            for kind in KINDS
        ]
        for n in range(len(images)):  # all on one image before the next: what the backbone sees is kept for one
            for enrolment in enrolments:
                enrolment.show(n)
            print(f"{family.networks.sha256[:8]}: {n + 1} of {len(images)} images", flush=True)
        rows += [enrolment.row() for enrolment in enrolments]
        if arguments.out:
            facts = json.dumps({key: value for key, value in document.items() if key != "rows"})
            lines = ",\n".join(map(json.dumps, rows))
            arguments.out.write_text(f'{facts[:-1]}, "rows": [\n{lines}\n]}}\n', encoding="utf-8")
    print(table(document))
    return 0


def table(document: dict) -> str:
    """Markdown, one row for each kind of gaze."""
    whose = "people and images that no network saw" if document["is_out_of_sample"] else "people that were trained on"
    n_people = len({row["observer"] for row in document["rows"]})
    lines = [
        f"**{document['data']}**, {n_people} people, {document['images']} images, {whose}, weights "
        + " ".join(document["weights"]),
        "",
        '| gaze | "enough", ever | median after | at the end | known, median | split-half, median | green split-half '
        "| follows the images | called no viewing | named, ever | named, at the end |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for kind in KINDS:
        mine = [row for row in document["rows"] if row["kind"] == kind]
        if not mine:
            continue
        after = [row["enough_after"] or math.inf for row in mine]
        median = float(np.median(after))
        of = f"of {len(mine)}"
        named = sum(row["identity_at_the_end"] in ("two", "other") for row in mine)
        late = sum(row["is_enough_once_told_apart"] for row in mine)
        viewing = [row["viewing"] for row in mine]
        lines.append(
            f"| {kind} | {sum(map(math.isfinite, after))} {of}"
            + (f" (of two: {late})" if kind == "one after another" else "")
            + f" | {median if math.isfinite(median) else '–':{'.0f' if math.isfinite(median) else ''}}"
            f" | {sum(row['is_enough_at_the_end'] for row in mine)}"
            f" | {np.median([row['certainty'] for row in mine]):.2f}"
            f" | {np.median([row['halves'] for row in mine]):.2f}"
            f" | {sum(row['n_green_halves'] > 0 for row in mine)} {of}"
            f" | {np.median(viewing):.1f} ({max(viewing):.1f})"
            f" | {sum(row['is_called_no_viewing'] for row in mine)}"
            f" | {sum(row['named_after'] is not None for row in mine)} | {named} |"
        )
    return "\n".join(lines)


class _Family:
    """One folder of weights, and the universal maps of the pictures, each computed once."""

    def __init__(self, path: Path | None) -> None:
        from gazeapp.networks.predictors import Predictors

        self._path = path
        self.networks = Predictors.load(path)
        self.quick = _Quick(self.networks)
        self._maps: dict[str, np.ndarray] = {}

    def universal(self, stimulus_id: str, image_rgb: np.ndarray) -> np.ndarray:
        if stimulus_id not in self._maps:
            self._maps[stimulus_id] = self.networks.universal(image_rgb)
        return self._maps[stimulus_id]

    def left_out(self, key: str, source: str, order: list[str]) -> set[str]:
        """Names of a data set's images or observers on which none of the networks was trained."""
        from gazeapp.networks.checkpoint import load_checkpoint

        assert self._path is not None
        found = []
        for network in ("universal", "embedding", "personal"):
            entries = load_checkpoint(self._path / f"{network}.safetensors").provenance.get(key, [])
            of_data = [entry.partition(":")[2] for entry in entries if entry.startswith(f"{source}:")]
            found.append({order[int(entry)] if entry not in order else entry for entry in of_data})
        return set.intersection(*found)


class _Quick:
    """The networks without the personal map and the bootstrap, at which no rule looks."""

    tells_people = True

    def __init__(self, networks) -> None:
        self.universal, self.compare, self.certainty = networks.universal, networks.compare, networks.certainty
        self._encode, self._known, self._networks = networks.encode, {}, networks

    def combine(self, features):
        vector = self._networks._pool(np.ones((1, len(features))), np.stack(features).astype(np.float64))[0]
        return UserEmbedding(
            vector=tuple(vector.tolist()),
            n_pairs=len(features),
            spread=math.nan,
            model_name=self._networks.name,
            model_sha256=self._networks.sha256,
            sigma_deg=self._networks.sigma_deg,
        )

    def encode(self, image_rgb, points_px, px_per_deg, universal, durations_s):
        key = id(image_rgb), points_px.tobytes(), durations_s.tobytes()
        if key not in self._known:
            self._known[key] = self._encode(image_rgb, points_px, px_per_deg, universal, durations_s)
        return self._known[key]

    def personal(self, _image, universal, _embedding):
        return universal


if __name__ == "__main__":
    raise SystemExit(main())
