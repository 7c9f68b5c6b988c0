"""``actcli info``: what it says of functions."""

import json

import pytest

from actcli.activation import Activation
from tests.shell import run, word_rows


def test_info_of_each_function(function: Activation) -> None:
    done = run("info", function.name, "-f", "json")
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    assert (document["name"], document["formula"]) == (
        function.name,
        str(function.formula),
    )
    assert document["derivative"]
    if not function.over_axis:
        assert {
            "range",
            "limits",
            "extrema",
            "lipschitz",
            "monotonic",
            "zero_centred",
            "smoothness",
            "gain",
        } <= set(document)
        assert [k["x"] for k in document["kinks"]] == function.kink_points()


def test_info_tells_the_choice_at_kinks() -> None:
    table = word_rows(run("info", "hard_swish").stdout)
    assert table["at kinks"] == [
        "x = -3: f′ = 0 (left 0, right -0.5); x = 3: f′ = 1 (left 1.5, right 1)"
    ]
    assert table["limits"] == ["x → -∞: f → 0, f′ → 0; x → ∞: f → ∞, f′ → 1"]
    assert table["extrema"] == ["minimum -0.375 at x = -1.5"]
    assert table["aliases"] == ["hard_silu"]
    assert table["paper"] == ["arXiv:1905.02244"]


def test_info_of_a_formula() -> None:
    table = word_rows(run("info", "x*tanh(b*exp(x))", "-p", "b=2").stdout)
    assert table["derivative"] == [
        "tanh(b * exp(x)) + x * b * exp(x) / cosh(b * exp(x)) ** 2"
    ]
    assert table["derivatives by"] == ["x, b"]


def test_info_of_a_pole() -> None:
    table = word_rows(run("info", "1/(x-1)").stdout)
    assert table["range"] == ["(-∞, 0) ∪ (0, ∞)"]
    assert table["gains"] == [
        "forward none (E[f²] infinite), backward none (E[f′²] infinite), centred none (Var f infinite)"
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["info"], "missing argument 'FUNCTION'"),
        (["info", "x*b"], "formula 'x*b' needs a value for 'b'"),
        (["info", "log(-1 - x*x)"], "log(-1 - x*x) has a value at no x"),
        (["info", "prelu:alpha=a"], "prelu: alpha: 'a' is not a number"),
    ],
)
def test_a_wrong_request_is_one_line(arguments: list[str], message: str) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(f"actcli: {message}")
