"""DeepGaze IIE: the published layout on shapes alone, behaviour on small random weights, files that are refused."""

import functools
import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from gazeapp.errors import CheckpointError, SettingsError
from gazeapp.networks.deepgaze.backbones import DenseNet201, EfficientNetB5, ResNet50, TappedBackbone
from gazeapp.networks.deepgaze.model import BACKBONES, BackboneMixture, BackboneSpec, DeepGazeIIE
from gazeapp.networks.deepgaze.weights import DeepGazePredictor, fuse, load_centre_bias, load_deepgaze
from gazeapp.networks.universal_models import UniversalChoice, load_universal

pytestmark = pytest.mark.slow

SMALL = {
    "resnet": BackboneSpec(
        build=lambda: ResNet50(base=8), channels=96, prefix="module", taps=("layer3.0.conv2", "layer4.2.conv2")
    ),
    "resnext": BackboneSpec(
        build=lambda: ResNet50(base=16, groups=4, width_per_group=16), channels=64, taps=("layer3.5.conv1",)
    ),
}


@pytest.fixture(scope="module")
def small():
    torch.manual_seed(0)
    return DeepGazeIIE(SMALL, n_components=2).eval()


@pytest.fixture(scope="module")
def published():
    """The whole network as shapes without memory."""
    with torch.device("meta"):
        return DeepGazeIIE()


def even(height, width):
    return torch.full((1, height, width), -math.log(height * width))


@pytest.mark.parametrize(
    ("build", "n_parameters"),
    [
        (ResNet50, 25_557_032),
        (lambda: ResNet50(groups=32, width_per_group=4), 25_028_904),
        (DenseNet201, 20_013_928),
        (EfficientNetB5, 30_389_784),
    ],
    ids=["ResNet-50", "ResNeXt-50", "DenseNet-201", "EfficientNet-B5"],
)
def test_backbone_has_as_many_parameters_as_its_paper_says(build, n_parameters):
    with torch.device("meta"):
        network = build()
    assert sum(p.numel() for p in network.parameters()) == n_parameters


@pytest.mark.parametrize("name", BACKBONES)
def test_taps_have_the_published_channels(name):
    spec = BACKBONES[name]
    with torch.device("meta"):
        network = TappedBackbone(spec.build(), spec.taps)
        taps = network(torch.zeros(1, 3, 96, 128))
    assert sum(tap.shape[1] for tap in taps) == spec.channels


def test_layout_is_that_of_the_published_file(published):
    shapes = {name: tuple(tensor.shape) for name, tensor in published.state_dict().items()}
    for name, shape in {
        "models.0.features.features.1.module.conv1.weight": (64, 3, 7, 7),
        "models.0.features.features.1.module.layer4.2.bn3.running_var": (2048,),
        "models.1.features.features.1._blocks.24._depthwise_conv.weight": (1056, 1, 5, 5),
        "models.1.features.features.1._blocks.35._project_conv.weight": (304, 1824, 1, 1),
        "models.2.features.features.1.features.denseblock4.denselayer32.norm1.weight": (1888,),
        "models.3.features.features.1.layer4.2.conv2.weight": (1024, 32, 3, 3),
        "models.0.saliency_networks.0.layernorm0.weight": (2048,),
        "models.1.saliency_networks.29.conv0.weight": (8, 2416, 1, 1),
        "models.3.saliency_networks.7.bias2.bias": (1,),
        "models.2.fixation_selection_networks.5.layernorm0.layernorm_part0.bias": (1,),
        "models.2.fixation_selection_networks.5.conv0.conv_part0.weight": (128, 1, 1, 1),
        "models.2.fixation_selection_networks.5.conv2.weight": (1, 16, 1, 1),
        "models.2.finalizers.5.gauss.sigma": (),
        "models.2.finalizers.5.center_bias_weight": (1,),
    }.items():
        assert shapes[name] == shape


@pytest.mark.parametrize("size_wh", [(96, 64), (131, 77), (64, 200)], ids=str)
def test_prediction_is_a_log_density_of_the_images_size(small, size_wh):
    width, height = size_wh
    with torch.no_grad():
        log_BHW = small(torch.rand(2, 3, height, width) * 255, even(height, width).repeat(2, 1, 1))
    assert log_BHW.shape == (2, height, width)
    torch.testing.assert_close(log_BHW.exp().sum(dim=(1, 2)), torch.ones(2), atol=1e-4, rtol=0)


def test_short_way_equals_the_long_way_step_by_step(small):
    """Enlarge, blur, add, upsample and normalise each component by itself, as the paper tells it."""
    model, height, width = small.models[0], 70, 107
    torch.manual_seed(3)
    image = torch.rand(1, 3, height, width) * 255
    centre = torch.randn(1, height, width).cumsum(2) / 20
    half = functional.interpolate(centre[:, None], scale_factor=0.5, recompute_scale_factor=False)
    densities = []
    with torch.no_grad():
        model.finalizers[0].gauss.sigma.fill_(5.3)
        grid = model.grid((height, width))
        seen = torch.cat([functional.interpolate(t, grid) for t in model.read_taps(image)], dim=1)
        for k in range(2):
            finalizer = model.finalizers[k]
            score = model.fixation_selection_networks[k](model.saliency_networks[k](seen))
            score = functional.interpolate(score, size=half.shape[-2:])
            sigma = float(finalizer.gauss.sigma)
            radius = math.ceil(3 * sigma)
            x = torch.arange(-radius, radius + 1)
            kernel = torch.exp(-0.5 * (x[:, None] ** 2 + x**2) / sigma**2)
            score = functional.pad(score, (radius,) * 4, mode="replicate")
            score = functional.conv2d(score, (kernel / kernel.sum())[None, None])
            score = functional.interpolate(score + finalizer.center_bias_weight * half, size=(height, width))
            densities.append(score.flatten().softmax(dim=0).view(height, width))
        torch.testing.assert_close(model(image, centre)[0].exp(), torch.stack(densities).mean(dim=0))
        model.finalizers[0].gauss.sigma.fill_(8.0)


@pytest.mark.parametrize(
    ("name", "network"),
    [
        ("resnet", lambda: ResNet50(base=8)),
        ("densenet", lambda: DenseNet201(growth=4)),
        ("efficientnet", lambda: EfficientNetB5(width=0.25)),
    ],
    ids=["ResNet-50", "DenseNet-201", "EfficientNet-B5"],
)
def test_fused_backbone_predicts_the_same(name, network):
    taps = {
        "resnet": ("layer3.0.conv2", "layer4.2.conv2"),
        "densenet": BACKBONES["densenet201"].taps,
        "efficientnet": BACKBONES["efficientnet_b5"].taps,
    }[name]
    with torch.device("meta"):
        channels = sum(t.shape[1] for t in TappedBackbone(network(), taps)(torch.zeros(1, 3, 64, 64)))
    torch.manual_seed(7)
    spec = BackboneSpec(build=network, taps=taps, channels=channels)
    model = BackboneMixture(spec, 2).eval()
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.running_mean, std=0.1)
            nn.init.uniform_(layer.running_var, 0.5, 1.5)
    image, centre = torch.rand(1, 3, 140, 180) * 255, even(140, 180)
    with torch.no_grad():
        before = model(image, centre)
        n_norms = sum(isinstance(layer, nn.BatchNorm2d) for layer in model.modules())
        fuse(model)
        assert sum(isinstance(layer, nn.BatchNorm2d) for layer in model.modules()) < n_norms
        torch.testing.assert_close(model(image, centre), before, atol=1e-5, rtol=0)


def test_mixture_is_the_same_with_and_without_gradients(small):
    image, centre = torch.rand(1, 3, 64, 96) * 255, even(64, 96)
    with torch.no_grad():
        streamed = small.models[0](image, centre)
    torch.testing.assert_close(small.models[0](image, centre), streamed, atol=1e-5, rtol=0)


def test_backbone_stops_after_its_last_tap():
    network = ResNet50(base=8)
    ran = []
    network.layer4[2].conv3.register_forward_hook(lambda *_: ran.append("conv3"))
    TappedBackbone(network.eval(), ("layer4.2.conv2",))(torch.rand(1, 3, 64, 64))
    assert not ran


def test_prediction_follows_the_centre_bias(small):
    centre = even(64, 96)
    shifted = centre.clone()
    shifted[:, :, 48:] += 2
    with torch.no_grad():
        image = torch.rand(1, 3, 64, 96) * 255
        moved = small(image, shifted).exp()[0, :, 48:].sum() - small(image, centre).exp()[0, :, 48:].sum()
    assert moved > 0.2


def test_mixture_is_the_mean_of_the_backbones_densities(small):
    image, centre = torch.rand(1, 3, 64, 96) * 255, even(64, 96)
    with torch.no_grad():
        each = small.each_backbone(image, centre)
        torch.testing.assert_close(small(image, centre).exp(), each.exp().mean(dim=1))


def test_training_leaves_the_backbones_alone(small):
    assert small.models[0].train() is small.models[0]
    assert not small.models[0].features.training
    assert small.models[0].saliency_networks.training
    assert not any(p.requires_grad for p in small.models[0].features.parameters())
    small.eval()


def test_mobile_blocks_pad_as_for_456_pixels():
    network = EfficientNetB5(width=0.25).eval()
    strides = [b._depthwise_conv for b in network._blocks if b._depthwise_conv.stride == (2, 2)]
    assert [(c._before, c._after) for c in strides] == [(0, 1), (1, 2), (0, 1), (1, 2)]
    assert network(torch.rand(1, 3, 64, 64)).shape[2:] == (2, 2)


@functools.cache
def small_tensors():
    torch.manual_seed(1)
    return DeepGazeIIE(SMALL, n_components=2).state_dict()


def write_small(path, change=lambda tensors: tensors):
    torch.save(change(dict(small_tensors())), path)
    return path


def load_small(path, **options):
    return load_deepgaze(path, backbones=SMALL, n_components=2, **options)


def test_weights_come_back_as_they_were_written(tmp_path):
    path = write_small(tmp_path / "w.pth")
    network, sha256 = load_small(path)
    stored = torch.load(path, weights_only=True)
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, stored[name]), name
    assert load_small(path, pin_sha256=sha256)[1] == sha256
    with pytest.raises(CheckpointError, match="sha256"):
        load_small(path, pin_sha256="0" * 64)


def test_file_of_exactly_the_published_shapes_is_accepted(published, tmp_path):
    zero = torch.zeros(1)  # expanded tensors share it, so that the file stays small
    tensors = {
        name: zero.to(tensor.dtype).expand(tensor.shape) if tensor.shape else zero[0].to(tensor.dtype)
        for name, tensor in published.state_dict().items()
    }
    torch.save(tensors, tmp_path / "deepgaze2e.pth")
    network, _ = load_deepgaze(tmp_path / "deepgaze2e.pth")
    assert len(network.models) == 4


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda t: {k: v for k, v in t.items() if "models.1" not in k}, "missing keys"),
        (lambda t: t | {"models.9.weight": torch.zeros(1)}, r"1 unexpected keys \(models.9.weight\)"),
        (lambda t: t | {"models.0.finalizers.0.center_bias_weight": torch.zeros(2)}, r"\(2,\) instead of \(1,\)"),
        (lambda t: [1, 2], "state dict"),
        (lambda t: nn.Linear(2, 2), "not a file of weights alone"),
    ],
    ids=["missing", "unexpected", "misshapen", "list", "a whole module"],
)
def test_foreign_file_is_refused_with_what_is_wrong(change, told, tmp_path):
    path = write_small(tmp_path / "w.pth", change)
    with pytest.raises(CheckpointError, match=told):
        load_small(path)


def test_truncated_file_is_refused(tmp_path):
    path = write_small(tmp_path / "w.pth")
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(CheckpointError, match="damaged"):
        load_small(path)


def test_absent_file_is_told_with_where_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    with pytest.raises(CheckpointError, match=r"deepgaze2e\.pth"):
        load_deepgaze()


def test_centre_bias_of_a_file_is_resized_and_normalised(tmp_path):
    np.save(tmp_path / "c.npy", np.linspace(-3, 0, 64 * 64).reshape(64, 64))
    log = load_centre_bias(tmp_path / "c.npy", (40, 30))
    assert log.shape == (30, 40)
    assert np.exp(log).sum() == pytest.approx(1, abs=1e-4)
    assert log[-1, -1] > log[0, 0]


def test_centre_bias_that_is_none_is_refused(tmp_path):
    np.save(tmp_path / "c.npy", np.zeros(5))
    with pytest.raises(CheckpointError, match="centre bias"):
        load_centre_bias(tmp_path / "c.npy", (40, 30))


def test_predictor_takes_and_gives_arrays(tmp_path, monkeypatch):
    path = write_small(tmp_path / "w.pth")
    monkeypatch.setattr("gazeapp.networks.deepgaze.weights.load_deepgaze", load_small)
    predictor = DeepGazePredictor(path, max_side_px=96)
    density = predictor.predict(np.random.default_rng(0).integers(0, 255, (120, 160, 3), np.uint8))
    assert density.shape == (120, 160)
    assert density.dtype == np.float32
    assert density.sum() == pytest.approx(1, abs=1e-4)


def test_large_images_are_predicted_small_or_at_their_own_size(tmp_path, monkeypatch):
    path = write_small(tmp_path / "w.pth")
    monkeypatch.setattr("gazeapp.networks.deepgaze.weights.load_deepgaze", load_small)
    image = np.random.default_rng(0).integers(0, 255, (120, 160, 3), np.uint8)
    small, own = DeepGazePredictor(path, max_side_px=96), DeepGazePredictor(path, max_side_px=None)
    network, _ = load_small(path)
    centre = torch.from_numpy(load_centre_bias(None, (160, 120)))
    with torch.inference_mode():
        published = network(torch.from_numpy(image).permute(2, 0, 1)[None].float(), centre[None])[0].exp().numpy()
    assert own.predict(image) == pytest.approx(published, abs=1e-6)
    assert np.abs(small.predict(image) - published).max() > 1e-6


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"sha256": "0" * 64}, "sha256"),
        ({"size": "8"}, "size"),
        ({"size": "large"}, "size"),
    ],
)
def test_options_of_the_published_network_are_checked(options, told, tmp_path, monkeypatch):
    path = write_small(tmp_path / "w.pth")
    monkeypatch.setattr("gazeapp.networks.deepgaze.weights.load_deepgaze", load_small)
    with pytest.raises((CheckpointError, SettingsError), match=told):
        load_universal(UniversalChoice(model="deepgaze", weights=path, options=options))


def test_ones_own_readouts_are_not_pinned(tmp_path):
    choice = UniversalChoice(model="deepgaze", weights=tmp_path / "own.safetensors", options={"size": "own"})
    with pytest.raises(SettingsError, match="size"):
        load_universal(choice)
