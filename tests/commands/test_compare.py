"""``actcli compare``: properties, values and costs side by side."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import actcli
from actcli.activation import Activation
from actcli.cli import main
from tests.shell import run, word_rows


def test_both_tables() -> None:
    done = run("compare", "sigmoid", "tanh", "relu")
    assert (done.returncode, done.stderr) == (0, "")
    table = word_rows(done.stdout)
    assert table["formula"] == ["1 / (1 + exp(-x))", "tanh(x)", "max(0, x)"]
    assert table["range"] == ["(0, 1)", "(-1, 1)", "[0, ∞)"]
    assert table["f(0)"] == ["0.5", "0", "0"]
    assert table["f′(0)"] == ["0.25", "1", "0"]
    assert table["largest slope"] == ["0.25 at x = 0", "1 at x = 0", "1 on x > 0"]
    assert table["|f′| < 0.01"] == [
        "x < -4.58, x > 4.58",
        "x < -2.99, x > 2.99",
        "x ≤ 0",
    ]
    assert table["zero-centred"] == ["no", "yes", "no"]
    assert table["monotonic"] == ["increasing", "increasing", "non-decreasing"]
    assert table["smoothness"] == ["C∞", "C∞", "C0"]
    assert table["cost"][2] == "1 × relu"
    assert table["-1"] == ["0.26894142", "-0.76159416", "0"]
    assert len([r for r in table if r.lstrip("-").isdigit()]) == 7


def test_a_long_table_of_values_shows_both_ends() -> None:
    done = run("compare", "relu", "glu", "-x", "0:40001:1")
    assert done.returncode == 0
    assert done.stderr == (
        "39962 more rows; -f csv prints them all, -o FILE writes them\n"
    )
    values = [
        [c.strip() for c in line.strip("│").split("│")]
        for line in done.stdout.splitlines()
        if line.startswith("│")
    ][-41:]
    assert values[20] == ["…", "…", "…"]
    assert values[19] == ["19", "19", "19"]
    # glu makes half as many of them
    assert values[21:][::19] == [["39982", "39982", ""], ["40001", "40001", ""]]


def test_json_values_and_derivatives() -> None:
    done = run(
        "compare",
        "relu",
        "leaky_relu:alpha=0.2",
        "x*x",
        "-x",
        "-1,2",
        "-d",
        "-f",
        "json",
    )
    document = json.loads(done.stdout)
    assert document["functions"] == ["relu", "leaky_relu:alpha=0.2", "x*x"]
    assert document["values"] == {
        "relu": [0, 2],
        "leaky_relu:alpha=0.2": [-0.2, 2],
        "x*x": [1, 4],
    }
    assert document["derivatives"]["leaky_relu:alpha=0.2"] == [0.2, 1]
    assert document["properties"]["relu"]["range"]["high"] == "inf"
    costs = [p["cost"] for p in document["properties"].values()]
    assert costs[0] == 1.0
    assert costs[2] is None
    assert document["properties"]["relu"]["gain"]["forward"] == pytest.approx(
        math.sqrt(2), rel=1e-12
    )


def test_one_function_with_several_parameters_and_one_for_all() -> None:
    done = run(
        "compare",
        "leaky_relu:alpha=0.2",
        "leaky_relu:alpha=0.3",
        "relu",
        "-p",
        "alpha=0.5",
        "-x",
        "-1",
        "-f",
        "csv",
    )
    assert done.stdout.splitlines()[0] == "x,leaky_relu:alpha=0.5,relu"


@pytest.mark.parametrize(
    "typed",
    [
        ["a*x+b", "-p", "a=2", "-p", "b=1"],
        ["a*x+b", "-p", "b=1", "-p", "a=2"],
        ["a*x+b:a=2", "-p", "b=1"],
        ["a*x+b", "-p", "a=2,b=1"],
    ],
)
def test_the_parameters_of_a_formula_may_come_one_by_one(typed: list[str]) -> None:
    done = run("compare", *typed, "-x", "3", "-f", "csv")
    assert done.stdout.splitlines()[1:] == ["3.0,7.0"]


def test_a_parameter_is_set_for_each_function_under_the_name_it_has_there() -> None:
    done = run(
        *("compare", "nn.LeakyReLU", "celu", "keras.layers.LeakyReLU", "relu"),
        *("-p", "negative_slope=0.2", "-p", "alpha=0.5", "-x", "-1", "-f", "csv"),
    )
    assert done.stdout.splitlines()[0] == "x,leaky_relu:alpha=0.5,celu:alpha=0.5,relu"
    done = run(
        "compare", "nn.LeakyReLU", "elu", "-p", "negative_slope=0.2", "-f", "csv"
    )
    assert done.stdout.splitlines()[0] == "x,leaky_relu:alpha=0.2,elu"
    done = run("compare", "elu", "relu", "-p", "negative_slope=0.2", "-f", "csv")
    assert done.stderr.startswith("actcli: elu has no parameter 'negative_slope'")


def test_parameters_are_set_by_any_spelling_but_in_a_formula_of_ones_own() -> None:
    typed = ("a*x", "A*x", "swish", "-p", "a=2", "-p", "A=3", "-p", "Beta=2")
    done = run("compare", *typed, "-x", "0", "-f", "csv")
    assert done.stdout == "x,a*x:a=2,A*x:A=3,swish:beta=2\n0.0,0.0,0.0,0.0\n"


def test_a_number_alone_is_the_first_parameter_of_each_function() -> None:
    done = run("compare", "celu", "relu", "prelu", "-p", "0.5", "-x", "-1", "-f", "csv")
    assert done.stdout.splitlines()[0] == "x,celu:alpha=0.5,relu,prelu:alpha=0.5"


def test_over_an_axis_the_numbers_are_one_vector() -> None:
    done = run("compare", "softmax", "maxout", "-x", "1,2", "-f", "csv")
    assert done.stdout.splitlines()[1:] == [
        "1.0,0.2689414213699951,2.0",
        "2.0,0.7310585786300049,nan",
    ]


def test_a_longer_result_is_told_in_full() -> None:
    asked = ("compare", "crelu", "relu", "-x", "1,-2")
    lines = [line for line in run(*asked).stdout.splitlines() if "│" in line]
    cells = [[cell.strip() for cell in line.strip("│").split("│")] for line in lines]
    assert cells[-4:] == [
        *(["1", "1", "1"], ["-2", "0", "0"], ["", "0", ""], ["", "2", ""])
    ]
    document = json.loads(run(*asked, "-f", "json").stdout)
    assert document["values"] == {"crelu": [1, 0, 0, 2], "relu": [1, 0]}
    done = run(*asked, "-f", "csv")
    assert done.stdout.splitlines()[-2:] == ["nan,0.0,nan", "nan,2.0,nan"]


def test_without_numbers_halves_and_groups_are_whole() -> None:
    halved = [f.name for f in actcli.functions.values() if f.over_axis]
    done = run("compare", *halved, "maxout:pieces=3", "-f", "json")
    assert (done.returncode, done.stderr) == (0, "")
    values = json.loads(done.stdout)["values"]
    assert len(values["glu"]) == len(values["maxout"]) == 6
    assert values["maxout:pieces=3"] == [-4, -1, 2, 5]


@pytest.mark.parametrize("suffix", ["png", "svg", "csv", "json"])
def test_files(suffix: str, tmp_path: Path) -> None:
    done = run("compare", "relu", "step", "-o", f"c.{suffix}", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", f"wrote c.{suffix}\n")
    assert (tmp_path / f"c.{suffix}").stat().st_size > 30


def test_a_picture_goes_from_the_least_number_to_the_largest(tmp_path: Path) -> None:
    for name, x in (("a", "-3:3"), ("b", "3,-3,0"), ("c", "-4:3"), ("d", "-6:6")):
        run("compare", "relu", "elu", "-x", x, "-d", "-o", f"{name}.svg", cwd=tmp_path)
    run("compare", "relu", "elu", "-o", "e.svg", cwd=tmp_path)
    pictures = {p.stem: p.read_bytes() for p in tmp_path.iterdir()}
    assert len(pictures) == 5
    assert pictures["a"] == pictures["b"] != pictures["c"]
    assert pictures["d"] == pictures["e"]


def test_the_cost_is_the_time_of_an_element_over_that_of_relu(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    paces = {"relu": 2.0, "gelu": 6.0, "mish": 5.0}
    clock, compute = 0.0, Activation.__call__

    def timed(self: Activation, x: object, /, **options: Any) -> Any:
        nonlocal clock
        clock += paces[self.name] * np.size(x)
        return compute(self, x, **options)

    monkeypatch.setattr(Activation, "__call__", timed)
    monkeypatch.setattr("time.perf_counter", lambda: clock)
    with pytest.raises(SystemExit):
        main(["compare", *paces, "-f", "json"])
    properties = json.loads(capsys.readouterr().out)["properties"]
    assert {n: p["cost"] for n, p in properties.items()} == {
        "relu": 1.0,
        "gelu": 3.0,
        "mish": 2.5,
    }


def test_derivatives_of_formulas_have_parentheses() -> None:
    done = run("compare", "1/x", "relu", "-x", "2", "-d", "-f", "csv")
    assert done.stdout == "x,1/x,(1/x)′,relu,relu′\n2.0,0.5,-0.25,2.0,1.0\n"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["compare"], 2, "missing argument 'FUNCTION...'"),
        (["compare", "relu", "swsh"], 2, "no function 'swsh'; did you mean 'swish'?"),
        (["compare", "relu", "-x", "1,a"], 2, "-x: 'a' at place 2 is not a number"),
        (["compare", "relu", "-f", "yaml"], 2, "no format 'yaml'"),
        (
            ["compare", "relu", "-p", "beta=1"],
            2,
            "relu has no parameters; leave out 'beta'",
        ),
        (
            ["compare", "relu", "leaky_relu", "-p", "alfa=0.3"],
            2,
            "leaky_relu has no parameter 'alfa'; did you mean 'alpha'?",
        ),
        (
            ["compare", "relu", "leaky_relu", "-p", "q=0.3"],
            2,
            "leaky_relu has no parameter 'q'; it has alpha",
        ),
        (["compare", "relu", "-o", "a.gif"], 2, "a.gif: unknown suffix '.gif'"),
        (
            ["compare", "relu", "-o", "no/a.png"],
            1,
            "no: no such file or directory; cannot write a.png",
        ),
        (
            ["compare", "relu", "-o", "a.png", "-f", "csv"],
            2,
            "--format means nothing with a picture; leave it out",
        ),
        (
            ["compare", "relu", "-o", "a.png", "-x", "1"],
            2,
            "-x: '1:1' does not ascend within ±1e+300",
        ),
        (
            ["compare", "relu", "-o", "a.png", "-x", "1,inf"],
            2,
            "-x: '1:inf' does not ascend within ±1e+300",
        ),
        (
            ["compare", "relu", "-o", "a.png", "-x", "0,1e-300"],
            2,
            "-x: '0:1e-300' is too narrow for an axis; write it like -6:6",
        ),
        (["compare", "relu", "x"], 2, "'x' is what the numbers are called"),
    ],
)
def test_a_wrong_request_is_one_line(
    arguments: list[str], code: int, message: str, tmp_path: Path
) -> None:
    done = run(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (code, "", 1)
    assert done.stderr.startswith(f"actcli: {message}")


def test_values_are_those_of_the_library() -> None:
    done = json.loads(
        run("compare", "mish", "softsign", "-x", "-5:5:0.1", "-f", "json").stdout
    )
    for name in ("mish", "softsign"):
        np.testing.assert_array_equal(
            done["values"][name], actcli.get(name)(np.array(done["x"]))
        )


def test_arrays_of_the_values(tmp_path: Path) -> None:
    whole = run("compare", "relu", "elu", "-x", "-1,2", "-o", "both.npz", cwd=tmp_path)
    assert whole.returncode == 0
    with np.load(tmp_path / "both.npz") as arrays:
        assert {n: a.tolist() for n, a in arrays.items()} == {
            "x": [-1.0, 2.0],
            "relu": [0.0, 2.0],
            "elu": [actcli.elu(-1.0), 2.0],
        }
    one = run("compare", "relu", "-x", "-1,2", "-o", "one.npy", cwd=tmp_path)
    assert one.returncode == 0
    assert np.load(tmp_path / "one.npy").tolist() == [0.0, 2.0]
    assert run("compare", "relu", "elu", "-f", "npy").stderr == (
        "actcli: .npy holds one array, not relu, elu; use .npz\n"
    )
