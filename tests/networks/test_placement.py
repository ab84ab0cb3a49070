"""A GPU that is lost or out of memory: the CPU takes over, with the same answers, and it is said.

No GPU is needed: torch's meta device, which computes shapes and no numbers, stands for one. Its errors come where those
of CUDA come: while a network is copied to it, and when an answer is fetched from it.
"""

from __future__ import annotations

import logging

import numpy as np
import pytest
import torch

from gazeapp.networks.placement import Placement, in_a_line, is_gpu_failure, on_device
from gazeapp.networks.predictors import Predictors
from tests.networks.test_predictors import person, picture, write_weights

FAILURES = [
    torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    RuntimeError("CUDA error: unspecified launch failure\nCUDA kernel errors might be reported later"),
    RuntimeError("CUDA error: no kernel image is available for execution on the device"),
    RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"),
]


def gpu() -> Placement:
    placement = Placement("cpu")
    placement.device = torch.device("meta")
    return placement


def fails_while_copied_to(monkeypatch, failure):
    def of(self, network, _of=Placement.of):
        if self.device.type == "meta":
            raise failure
        return _of(self, network)

    monkeypatch.setattr(Placement, "of", of)


def fails_when_fetched_from(monkeypatch, failure):
    def cpu(self, _cpu=torch.Tensor.cpu):
        if self.device.type == "meta":
            raise failure
        return _cpu(self)

    monkeypatch.setattr(torch.Tensor, "cpu", cpu)


@pytest.fixture(params=["network", "posterior"])
def folder(tmp_path, request):
    return write_weights(tmp_path, family=request.param)


def answers(predictors):
    """One of every question."""
    image, points = picture((60, 80)), np.array([[20.0, 30.0], [40.0, 10.0]])
    known = person(predictors)
    feature = predictors.encode(image, points, 3.0)
    found = [predictors.universal(image), predictors.personal(image, None, known), feature, np.array(known.vector)]
    if predictors.tells_information:
        found += [predictors.information(image), np.array(predictors.certainty([feature]))]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("fails", [fails_while_copied_to, fails_when_fetched_from])
@pytest.mark.parametrize("failure", FAILURES, ids=["memory", "lost", "too old", "library"])
def test_the_cpu_answers_in_place_of_a_failing_gpu(folder, failure, fails, monkeypatch, caplog):
    expected = answers(Predictors.load(folder, device="cpu"))
    predictors = Predictors.load(folder, device="cpu")
    predictors.placement.device = gpu().device
    fails(monkeypatch, failure)
    with caplog.at_level(logging.WARNING):
        found = answers(predictors)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)
    assert predictors.device.type == "cpu"
    assert predictors.placement.lost == str(failure).splitlines()[0]
    assert len(caplog.messages) == 1, "said once"
    assert "go on with the CPU" in caplog.text


def test_what_is_no_failure_of_a_gpu_is_not_hidden():
    class Wrong:
        placement = gpu()

        @on_device
        def run(self):
            raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="shapes"):
        Wrong().run()
    assert not is_gpu_failure(ValueError("CUDA"))
    misplaced = "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!"
    assert not is_gpu_failure(RuntimeError(misplaced)), "that is a mistake of the program"
    assert in_a_line(RuntimeError()) == "RuntimeError"


def test_a_cpu_that_fails_is_not_asked_twice():
    class Failing:
        placement = Placement("cpu")
        n_asked = 0

        @on_device
        def run(self):
            self.n_asked += 1
            raise FAILURES[1]

    failing = Failing()
    with pytest.raises(RuntimeError, match="unspecified launch failure"):
        failing.run()
    assert failing.n_asked == 1


def test_networks_stay_on_the_cpu_while_copies_work_elsewhere():
    placement, network = gpu(), torch.nn.Linear(2, 2)
    copy = placement.of(network)
    assert copy is placement.of(network), "one copy"
    assert copy.weight.device.type == "meta"
    assert network.weight.device.type == "cpu"
    assert placement.fall_back(FAILURES[0])
    assert placement.of(network) is network
