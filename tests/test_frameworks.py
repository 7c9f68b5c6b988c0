"""The table of what frameworks call the functions: it resolves, says what differs, and agrees with what is installed."""

import json
import subprocess
import sys

import pytest

import actcli
from actcli import frameworks
from actcli._framework_table import RENAMED
from actcli.errors import RequestError, UnknownNameError
from tests import check_frameworks
from tests.framework_calls import FRAMEWORKS, installed
from tests.shell import run


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


@pytest.mark.parametrize(
    ("spec", "label"),
    [
        ("torch.nn.LeakyReLU:negative_slope=0.2", "leaky_relu:alpha=0.2"),
        ("keras.layers.LeakyReLU:negative_slope=0.1", "leaky_relu:alpha=0.1"),
        ("NNlib.leakyrelu:a=0.2", "leaky_relu:alpha=0.2"),
        ("nn.Softmax:dim=0", "softmax:axis=0"),
        ("nn.Softmax:DIM=0", "softmax:axis=0"),
        ("nn.LeakyReLU:NegativeSlope=0.2", "leaky_relu:alpha=0.2"),
        ("nn.Threshold:threshold=1,value=5", "threshold:theta=1,value=5"),
        ("onnx.Swish:alpha=2", "swish:beta=2"),
        ("nn.LeakyReLU:0.3", "leaky_relu:alpha=0.3"),
        ("NNlib.elu:α=2", "elu:alpha=2"),
    ],
)
def test_a_spelling_takes_the_parameters_it_has_there(spec: str, label: str) -> None:
    assert actcli.get(spec).label == label


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            "nn.GELU:approximate=1",
            "nn.GELU: gelu has no parameter 'approximate'; approximate='tanh' is gelu_tanh",
        ),
        (
            "onnx.HardSigmoid:alpha=0.1",
            "onnx.HardSigmoid: hard_sigmoid has no parameter 'alpha'; it has lower, upper",
        ),
        (
            "keras.layers.ReLU:max_value=6",
            "keras.layers.ReLU: relu has no parameter 'max_value'; it has none",
        ),
        (
            "nn.LeakyReLU:slope=1",
            "leaky_relu has no parameter 'slope'; it has alpha",
        ),
        (
            "nn.LeakyReLU:negative_slope=0.1,alpha=0.2",
            "leaky_relu: alpha is set twice; set it once",
        ),
        (
            "leaky_relu:0.1,alpha=0.2",
            "leaky_relu: alpha is set twice; set it once",
        ),
        (
            "leaky_relu:negative_slope=1",
            "leaky_relu has no parameter 'negative_slope'; it has alpha",
        ),
        (
            "nn.LeakyReLU(0.2)",
            "'nn.LeakyReLU' is not called here: it is leaky_relu; parameters are written NAME:param=value",
        ),
        (
            'torch.nn.GELU(approximate="tanh")',
            "torch.nn.GELU: gelu has no parameter 'approximate'; approximate='tanh' is gelu_tanh",
        ),
        (
            "2*jax.nn.gelu(x)",
            "'jax.nn.gelu' is not called here: it is gelu_tanh; parameters are written NAME:param=value",
        ),
        (
            "np.tanh(x)",
            "formula 'np.tanh(x)', column 1: 'np.tanh' is not in the grammar; did you mean 'tanh'?",
        ),
        (
            "x*torch.exp(x)",
            "formula 'x*torch.exp(x)', column 3: 'torch.exp' is not in the grammar; did you mean 'exp'?",
        ),
    ],
)
def test_a_parameter_that_is_not_here_is_refused(spec: str, message: str) -> None:
    with pytest.raises(RequestError) as error:
        actcli.get(spec)
    assert str(error.value) == message


def test_every_other_name_of_a_parameter_is_some_frameworks() -> None:
    theirs = {
        (f.name, part.partition("=")[0].strip())
        for f in actcli.functions.values()
        for s in frameworks.spellings(f)
        for part in s.parameters.split(",")
    }
    assert sum(map(len, RENAMED.values())) > 20
    for function, names in RENAMED.items():
        for name, ours in names.items():
            assert (function, name) in theirs
            assert ours in actcli.get(function).parameters


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


@pytest.mark.parametrize("name", ["TORCH", "PyTorch"])
def test_a_list_says_whose_names_it_has(name: str) -> None:
    listed = json.loads(run("list", "--framework", name, "-f", "json").stdout)
    assert listed["framework"] == "torch"


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
