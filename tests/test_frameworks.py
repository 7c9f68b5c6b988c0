"""The table of what frameworks call the functions: it resolves, says what differs, and agrees with what is installed."""

import subprocess
import sys

import pytest

import actcli
from actcli import frameworks
from actcli.errors import UnknownNameError
from tests import check_frameworks
from tests.framework_calls import FRAMEWORKS, installed


@pytest.mark.parametrize("framework", frameworks.names())
def test_every_spelling_resolves(framework: str) -> None:
    found = frameworks.of_framework(framework)
    assert len(found) >= 19
    for spelling, function in found:
        assert actcli.get(spelling).label == function.label
        assert spelling in [
            s.spelling
            for s in frameworks.spellings(function)
            if s.framework == framework
        ]


@pytest.mark.parametrize(
    ("spelling", "label"),
    [
        ("nn.SiLU", "swish"),
        ("torch.nn.SiLU", "swish"),
        ("F.silu", "swish"),
        ("torch.nn.functional.silu", "swish"),
        ("nn.functional.leaky_relu", "leaky_relu"),
        ("jax.nn.silu", "swish"),
        ("jax.nn.gelu", "gelu_tanh"),
        ("keras.activations.silu", "swish"),
        ("keras.activations.leaky_relu", "leaky_relu:alpha=0.2"),
        ("keras.layers.LeakyReLU", "leaky_relu:alpha=0.3"),
        ("tf.keras.layers.LeakyReLU", "leaky_relu:alpha=0.3"),
        ("keras.layers.PReLU", "prelu:alpha=0"),
        ("tf.nn.leaky_relu", "leaky_relu:alpha=0.2"),
        ("mlx.nn.GELU", "gelu"),
        ("ACT2FN.gelu_new", "gelu_tanh"),
        ("transformers.gelu_new", "gelu_tanh"),
        ("timm.hard_mish", "hard_mish"),
        ("onnx.HardSigmoid", "hard_sigmoid:lower=-2.5,upper=2.5"),
        ("NNlib.leakyrelu", "leaky_relu"),
        ("NNlib.gelu", "gelu_tanh"),
        ("paddle.nn.functional.swish", "swish"),
        ("nn.Softmax2d", "softmax:axis=-3"),
    ],
)
def test_a_spelling_means_its_own_defaults(spelling: str, label: str) -> None:
    assert actcli.get(spelling).label == label


def test_parameters_may_follow_a_spelling() -> None:
    assert (
        actcli.get("keras.layers.LeakyReLU:alpha=0.1").label == "leaky_relu:alpha=0.1"
    )


def test_what_differs_is_told() -> None:
    rows = {s.spelling: s for s in frameworks.spellings(actcli.get("softplus"))}
    assert rows["torch.nn.Softplus"].parameters == "beta=1.0, threshold=20.0"
    assert "2.1e-9" in rows["torch.nn.Softplus"].note


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nn.SiLUU", "no activation function 'nn.SiLUU'; did you mean 'nn.SiLU'"),
        ("jax.nn.xyzzy", "no activation function 'jax.nn.xyzzy'"),
        ("no.such.thing", "no function 'no.such.thing'"),
    ],
)
def test_an_unknown_spelling_is_refused(name: str, message: str) -> None:
    with pytest.raises(UnknownNameError, match=message):
        actcli.get(name)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("torhc", "no framework 'torhc'; did you mean 'torch'"),
        ("caffe2000", "no framework 'caffe2000'; known: torch, jax, keras"),
    ],
)
def test_an_unknown_framework_is_refused(name: str, message: str) -> None:
    with pytest.raises(UnknownNameError, match=message):
        frameworks.of_framework(name)


@pytest.mark.parametrize("name", ["PyTorch", "tf", "Hugging Face", "NNlib.jl", "hf"])
def test_a_framework_has_other_names(name: str) -> None:
    assert frameworks.of_framework(name)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_table_agrees_with_what_is_installed(framework: str) -> None:
    if not installed(framework):
        pytest.skip(f"{framework} is not installed")
    assert not check_frameworks.complaints(framework)


def test_the_table_is_not_read_before_it_is_asked() -> None:
    code = (
        "import sys, actcli; actcli.get('swish'); print('actcli.frameworks' in sys.modules); "
        "actcli.get('nn.SiLU'); print('actcli.frameworks' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "True"]
