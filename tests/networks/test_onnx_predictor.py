"""A person's own model as an ONNX file: it answers like the others, and an untrusted file does nothing else."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from gazeapp.__main__ import main
from gazeapp.errors import CheckpointError, SettingsError
from gazeapp.networks.onnx_file import read_onnx
from gazeapp.networks.onnx_predictor import OnnxOptions, OnnxPredictor
from gazeapp.networks.universal_models import UniversalChoice, load_universal
from tests.networks import onnx_writer as onnx

pytest.importorskip("onnxruntime", reason="onnxruntime is an extra")


def written(tmp_path, content):
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    return path


def predictor(tmp_path, content, **options):
    return OnnxPredictor(written(tmp_path, content), OnnxOptions.parse(options))


def ramp(width=160, height=120):
    """Darker on the left, and green alone is bright at the top."""
    image = np.zeros((height, width, 3), np.uint8)
    image[..., 0] = np.linspace(10, 250, width)[None, :]
    image[..., 1] = np.linspace(250, 10, height)[:, None]
    return image


@pytest.mark.parametrize(
    "content",
    [
        onnx.brightness(),
        onnx.brightness((1, "h", "w", 3), axis=3),
        onnx.brightness((1, 3, 96, 128)),
        onnx.brightness(("n", 3, 96, 128), kind=onnx.UINT8),
    ],
    ids=["nchw", "nhwc", "fixed size", "bytes"],
)
def test_brightness_model_gives_the_brightness_as_density(tmp_path, content):
    image = ramp()
    density = predictor(tmp_path, content).predict(image)
    wanted = image.mean(axis=2)
    assert density.dtype == np.float32
    np.testing.assert_allclose(density, wanted / wanted.sum(), rtol=0.05)


@pytest.mark.parametrize("value_range", ["0-1", "0-255"])
def test_scale_of_the_values_does_not_change_a_density(tmp_path, value_range):
    density = predictor(tmp_path, onnx.brightness(), range=value_range).predict(ramp())
    assert density.sum(dtype=np.float64) == pytest.approx(1, abs=1e-5)
    assert density[:, -1].sum() > 1.5 * density[:, 0].sum()


def test_colour_order_is_followed(tmp_path):
    first_channel = onnx.weighted([1.0, 0.0, 0.0], bias=1.0)
    by_red = predictor(tmp_path, first_channel).predict(ramp())
    by_blue = predictor(tmp_path, first_channel, colour="bgr").predict(ramp())
    assert by_red[:, -1].sum() > 1.5 * by_red[:, 0].sum()
    np.testing.assert_allclose(by_blue, 1 / by_blue.size, rtol=1e-5)


def test_imagenet_range_centres_each_colour(tmp_path):
    # (x / 255 - mean) / std is 0 where x is the mean: the map is then the bias alone
    mean = np.round(np.array([0.485, 0.456, 0.406]) * 255).astype(np.uint8)
    image = np.broadcast_to(mean, (120, 160, 3)).copy()
    image[:, 80:] = 255
    content = onnx.weighted([1.0, 1.0, 1.0], bias=1.0)
    density = predictor(tmp_path, content, range="imagenet").predict(image)
    white = 1 + sum((1 - m) / s for m, s in zip((0.485, 0.456, 0.406), (0.229, 0.224, 0.225), strict=True))
    assert density[:, 120].mean() / density[:, 20].mean() == pytest.approx(white, rel=0.02)


def test_log_densities_are_exponentiated(tmp_path):
    content = onnx.weighted([-1.0, 0.0, 0.0])
    density = predictor(tmp_path, content, output="log").predict(ramp())
    left, right = density[:, 2].sum(), density[:, -2].sum()
    assert np.log(left / right) == pytest.approx((250 - 10) / 255, abs=0.05)


def test_metadata_of_the_file_stands_for_options(tmp_path):
    content = onnx.weighted([-1.0, 0.0, 0.0], metadata={"gazeapp.output": "log"})
    plain = onnx.weighted([-1.0, 0.0, 0.0])
    by_file = predictor(tmp_path, content).predict(ramp())
    np.testing.assert_array_equal(by_file, predictor(tmp_path, plain, output="log").predict(ramp()))


def test_wrong_metadata_is_named(tmp_path):
    with pytest.raises(CheckpointError, match="its metadata: option output='hot'"):
        predictor(tmp_path, onnx.brightness(metadata={"gazeapp.output": "hot"}))


def test_negative_map_asks_whether_it_is_logarithmic(tmp_path):
    with pytest.raises(CheckpointError, match="output=log"):
        predictor(tmp_path, onnx.weighted([-1.0, 0.0, 0.0])).predict(ramp())


def test_predicting_twice_is_identical(tmp_path):
    own = predictor(tmp_path, onnx.brightness())
    np.testing.assert_array_equal(own.predict(ramp()), own.predict(ramp()))


@pytest.mark.parametrize("size", [(160, 120), (60, 300), (33, 31)], ids=str)
def test_any_image_size_is_answered_in_its_own_size(tmp_path, size):
    assert predictor(tmp_path, onnx.brightness()).predict(ramp(*size)).shape == size[::-1]


def test_command_line_runs_it(tmp_path):
    import cv2

    cv2.imwrite(str(tmp_path / "photo.png"), ramp())
    path = written(tmp_path, onnx.brightness())
    arguments = ["universal", str(tmp_path / "photo.png"), "-o", str(tmp_path)]
    assert main([*arguments, "--model", str(path), "--option", "range=0-255"]) == 0
    by_path = np.load(tmp_path / "photo.universal.npy")
    assert main([*arguments, "--model", "onnx", "--weights", str(path)]) == 0
    np.testing.assert_allclose(by_path, np.load(tmp_path / "photo.universal.npy"), rtol=1e-4)


def test_factory_names_file_and_hash(tmp_path):
    path = written(tmp_path, onnx.brightness())
    loaded = load_universal(UniversalChoice(model="onnx", weights=path))
    assert loaded.name == "onnx model.onnx"
    assert len(loaded.sha256) == 64


def with_initializer(content):
    return onnx.model(
        onnx.graph(
            [onnx.node("Mul", ["image", "w"], ["map"])],
            [onnx.value("image", (1, 3, "h", "w"))],
            [onnx.value("map", (1, 3, "h", "w"))],
            [content],
        )
    )


def in_a_node(*nodes, **more):
    return onnx.model(
        onnx.graph(nodes, [onnx.value("image", (1, 3, "h", "w"))], [onnx.value("map", (1, 1, "h", "w"))]),
        **more,
    )


OUTSIDE = onnx.external_tensor("w", "../../secret.bin")
CONSTANT_OUTSIDE = onnx.node("Constant", [], ["w"], onnx.attribute_tensor("value", OUTSIDE))
UNTRUSTED = {
    "external weights": (with_initializer(OUTSIDE), "other files"),
    "external constant": (in_a_node(CONSTANT_OUTSIDE), "other files"),
    "external in a subgraph": (
        in_a_node(
            onnx.node(
                "If",
                ["image"],
                ["map"],
                onnx.attribute_graph("then_branch", onnx.graph([CONSTANT_OUTSIDE], [], [])),
            )
        ),
        "other files",
    ),
    "external in a function": (
        onnx.brightness() + onnx.chunk(25, onnx.chunk(1, "f") + onnx.chunk(7, CONSTANT_OUTSIDE)),
        "other files",
    ),
    "custom operator": (
        in_a_node(onnx.node("Run", ["image"], ["map"], domain="evil"), domains=("evil",)),
        "'evil.Run', which is refused",
    ),
    "compiled context": (
        in_a_node(onnx.node("EPContext", ["image"], ["map"], domain="com.microsoft")),
        "EPContext', which is refused",
    ),
    "python operator": (
        in_a_node(onnx.node("PythonOp", ["image"], ["map"], domain="com.microsoft")),
        "PythonOp', which is refused",
    ),
    "empty": (b"", "holds no graph"),
    "text": (b"#!/bin/sh\nrm -r .\n", "not an ONNX file"),
    "cut off": (onnx.brightness()[:-9], "not an ONNX file"),
    "pickle": (b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00.", "not an ONNX file"),
}


@pytest.mark.parametrize(("content", "words"), UNTRUSTED.values(), ids=UNTRUSTED.keys())
def test_untrusted_file_is_refused_before_any_runtime_sees_it(tmp_path, content, words):
    with pytest.raises(CheckpointError, match=words):
        read_onnx(written(tmp_path, content))


def test_graphs_nested_without_end_are_refused(tmp_path):
    inner = onnx.graph([], [], [])
    for _ in range(60):
        inner = onnx.graph([onnx.node("If", ["c"], ["m"], onnx.attribute_graph("b", inner))], [], [])
    with pytest.raises(CheckpointError, match="deep"):
        read_onnx(written(tmp_path, onnx.model(inner)))


def test_too_large_a_file_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr("gazeapp.networks.onnx_file.MAX_BYTES", 10)
    with pytest.raises(CheckpointError, match="models up to"):
        read_onnx(written(tmp_path, onnx.brightness()))


def test_model_that_never_ends_is_stopped(tmp_path):
    own = predictor(tmp_path, onnx.endless(), **{"timeout-s": "0.3"})
    with pytest.raises(CheckpointError, match=r"took longer than 0\.3 s"):
        own.predict(ramp())


INTEGERS = onnx.model(
    onnx.graph(
        [onnx.node("Cast", ["image"], ["map"], onnx.attribute_int("to", onnx.FLOAT))],
        [onnx.value("image", (1, 3, "h", "w"), onnx.INT64)],
        [onnx.value("map", (1, 3, "h", "w"))],
    )
)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (onnx.brightness((2, 3, "h", "w")), "more than one image"),
        (onnx.brightness((1, 4, "h", "w"), axis=1), "does not tell where the colours are"),
        (onnx.brightness((1, 3, "h")), "needs exactly one input"),
        (INTEGERS, "needs exactly one input"),
        (in_a_node(onnx.node("NoSuch", ["image"], ["map"])), "onnxruntime cannot run it"),
    ],
    ids=["batch", "four colours", "three axes", "integers", "operator"],
)
def test_model_of_another_form_is_refused_in_one_line(tmp_path, content, words):
    with pytest.raises(CheckpointError, match=words) as caught:
        predictor(tmp_path, content)
    assert "\n" not in caught.value.message
    assert str(tmp_path / "model.onnx") in caught.value.message


def test_answer_that_is_no_map_is_refused(tmp_path):
    identity = in_a_node(onnx.node("Identity", ["image"], ["map"]))
    with pytest.raises(CheckpointError, match=r"one map \(H, W\) is needed"):
        predictor(tmp_path, identity).predict(ramp())


def test_input_too_large_is_refused(tmp_path):
    with pytest.raises(CheckpointError, match="out of range"):
        predictor(tmp_path, onnx.brightness(), size="9000x9000").predict(ramp())


@pytest.mark.parametrize(
    "options",
    [{"layout": "chwn"}, {"size": "big"}, {"timeout-s": "-1"}, {"range": ""}],
    ids=lambda o: next(iter(o)),
)
def test_wrong_option_is_named(options):
    with pytest.raises(SettingsError, match=next(iter(options))):
        OnnxOptions.parse(options)


def test_missing_runtime_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(CheckpointError, match=r"pip install 'gazeapp\[onnx\]'"):
        predictor(tmp_path, onnx.brightness())


def test_a_name_that_is_no_text_is_a_damaged_file(tmp_path, capfd):
    path = tmp_path / "name.onnx"
    path.write_bytes(onnx.brightness().replace(b"axes", b"axe\xff"))
    with pytest.raises(CheckpointError):
        OnnxPredictor(path)
    assert capfd.readouterr() == ("", "")


def test_a_file_that_asks_for_more_memory_than_it_may_is_refused_before_it_gets_any(tmp_path):
    resource = pytest.importorskip("resource", reason="only systems that count memory this way")
    assert predictor(tmp_path, onnx.widening(1 << 20)).predict(ramp(64, 64)).shape == (64, 64)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    own = predictor(tmp_path, onnx.widening(6 << 30))
    with pytest.raises(CheckpointError, match="needs more than 4 GB"):
        own.predict(ramp(64, 64))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < (1 << 20) * (1024 if sys.platform == "darwin" else 1), "less than a gigabyte"
