"""The benchmark: the one-liners compute what the functions do, contenders run in turn, the command says what it measured."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

import actcli
from actcli.activation import Activation
from actcli.commands import bench
from actcli.engine import Array
from actcli.errors import RequestError
from actcli.one_liners import numpy_library, one_liner
from actcli.verify import benchmark, frameworks
from actcli.verify.benchmark import Result, Timing, geometric_means, race
from tests.shell import run


def test_one_liners_compute_the_function(elementwise: Activation) -> None:
    x = np.linspace(-4.0, 4.0, 81) + 0.003
    if str(elementwise.formula) == "x":
        assert one_liner(elementwise, numpy_library()) is None
        return
    for order, expected in enumerate(elementwise.value_and_derivative(x)):
        line = one_liner(elementwise, numpy_library(), order)
        if np.ptp(expected) == 0.0:
            assert line is None  # a number would win every race
            continue
        assert line is not None
        with np.errstate(all="ignore"):
            np.testing.assert_allclose(line(x), expected, rtol=1e-9, atol=1e-9)


def test_one_liners_over_an_axis() -> None:
    x = np.random.default_rng(1).normal(size=(3, 4))
    for name in ("softmax", "log_softmax", "maxout"):
        function = actcli.get(name)
        line = one_liner(function, numpy_library())
        assert line is not None
        np.testing.assert_allclose(
            np.reshape(line(x), function(x).shape), function(x), rtol=1e-12
        )
        assert one_liner(function, numpy_library(), 1) is None


def test_one_liners_follow_parameters_and_calls() -> None:
    line = one_liner(actcli.get("leaky_relu:alpha=0.5"), numpy_library())
    assert line is not None
    assert line(np.array([-2.0, 3.0])).tolist() == [-1.0, 3.0]
    line = one_liner(actcli.get("x*sigmoid(b*x)").bind(b=2.0), numpy_library())
    assert line is not None
    assert line(np.array([1.0]))[0] == pytest.approx(1 / (1 + math.exp(-2.0)))


def test_every_round_runs_all_contenders_in_an_order_of_its_own() -> None:
    ran: list[str] = []
    seconds = race({n: lambda n=n: ran.append(n) for n in "abc"}, 9)
    rounds = ["".join(ran[k : k + 3]) for k in range(0, 30, 3)]
    assert {"".join(sorted(r)) for r in rounds} == {"abc"}
    assert len({*rounds}) > 2
    assert {n: len(s) for n, s in seconds.items()} == {"a": 9, "b": 9, "c": 9}
    assert all(s > 0 for each in seconds.values() for s in each)


def test_figures_follow_from_seconds() -> None:
    ours = (2e-3, 4e-3, 3e-3)
    others = {
        "copy": Timing((1e-3, 1e-3, 1e-3), ours),
        "naive": Timing((4e-3, 16e-3, 6e-3), ours),
    }
    result = Result("f", 0, Timing(ours, ours), others, 1_000_000, 8)
    assert result.nanoseconds(result.ours) == pytest.approx(3.0)
    assert result.spread(result.ours) == pytest.approx((2.0, 4.0))
    assert result.spread(others["naive"]) == pytest.approx((4.0, 16.0))
    assert result.gigabytes == pytest.approx(16e6 / 3e-3 / 1e9)
    assert {n: t.ratio for n, t in others.items()} == pytest.approx(
        {"copy": 3.0, "naive": 0.5}
    )
    slope = Result("f", 1, Timing(ours, ours), {"copy": others["copy"]}, 1_000_000, 8)
    means = geometric_means([result, result, slope])
    assert means["copy"] == pytest.approx({"f": 3.0, "derivative": 3.0})
    assert means["naive"] == pytest.approx({"f": 0.5})
    theirs = {"torch": Timing((3e-3, 6e-3, 4.5e-3), ours, own=True)}
    formula = {"torch": Timing((1e-3, 2e-3, 1.5e-3), ours, own=False)}
    both = [
        Result("f", 0, Timing(ours, ours), others, 1_000_000, 8)
        for others in (theirs | {"copy": slope.others["copy"]}, formula)
    ]
    assert geometric_means(both)["torch"]["f"] == pytest.approx((4 / 3) ** 0.5)
    assert geometric_means(both, own=True) == {"torch": {"f": pytest.approx(2 / 3)}}
    assert geometric_means(both, own=False) == {"torch": {"f": pytest.approx(2)}}


def test_only_beside_a_framework_each_run_has_a_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rests: list[float] = []
    monkeypatch.setattr(benchmark.time, "sleep", rests.append)
    beside = frameworks.Naive(1)
    for opponents, rested in (({"naive": beside}, {0.0}), ({"torch": beside}, {0.003})):
        monkeypatch.setattr(benchmark, "opponents", lambda *_, o=opponents: o)
        results = benchmark.benchmark(
            [actcli.get("relu")],
            size=10,
            dtype="float64",
            threads=1,
            repeat=2,
            against=[],
        )
        assert [{*r.others} for r in results] == [{"copy", *opponents}] * 2
        # of f and f′, in three rounds
        assert len(rests) == 18
        assert {*rests} == rested
        rests.clear()


def test_a_star_says_which_are_formulas(capsys: pytest.CaptureFixture[str]) -> None:
    ours = (2e-3,)
    rows = [
        Result(name, 0, Timing(ours, ours), {"jax": Timing((1e-3,), ours, own)}, 10, 8)
        for name, own in (("relu", True), ("mish", False))
    ]
    settings = {"size": 10, "dtype": "float64", "threads": 1, "repeat": 1}
    bench._show(rows, settings)
    shown = capsys.readouterr().out
    assert [line.split("│")[-2] for line in shown.splitlines()[4:6]] == [
        "  2.00 ",
        " 2.00* ",
    ]
    assert shown.endswith(
        "* the framework has no such function and runs the formula in its own operations\n"
    )
    assert [bench._document(r)["against"]["jax"]["own"] for r in rows] == [True, False]
    bench._show(rows[:1], settings)
    assert "*" not in capsys.readouterr().out


def test_a_framework_counts_only_if_it_computes_the_same() -> None:
    def compute(f: object, x: Array) -> Array:
        return f(x)  # type: ignore[operator]

    def needs_more(x: Array, y: Array) -> Array:
        return x + y

    relu = actcli.get("relu")
    wrong, right = (lambda x: np.maximum(x, 1e-3)), (lambda x: x * (x > 0))
    assert frameworks._same(relu, [needs_more, wrong, right], compute) is right
    assert frameworks._same(relu, [needs_more, wrong], compute) is None


@pytest.mark.parametrize("name", ["torch", "jax"])
def test_frameworks_have_no_function_with_other_parameters(name: str) -> None:
    pytest.importorskip(name)
    (framework,) = frameworks.opponents([name], 1).values()
    assert framework.own(actcli.get("relu6"))
    assert not framework.own(actcli.get("relu6:cap=8"))
    assert framework.own(actcli.get("softmax:axis=0"))


@pytest.mark.parametrize("name", ["torch", "jax"])
def test_frameworks_add_up_each_row(name: str) -> None:
    pytest.importorskip(name)
    (framework,) = frameworks.opponents([name], 1).values()
    assert isinstance(framework, frameworks.Framework)
    x = np.random.default_rng(4).normal(size=(5, 7))
    function = actcli.get("logsumexp")
    assert framework.own(function)
    got = framework.results(function, x, 0)
    np.testing.assert_allclose(got, function(x), rtol=1e-12)
    upstream = np.arange(5.0)
    back = framework.results(function, x, 1, upstream)
    np.testing.assert_allclose(back, function.vjp(x, upstream), rtol=1e-12)


@pytest.mark.parametrize("name", ["torch", "jax"])
def test_frameworks_have_each_function_or_its_formula(
    name: str, elementwise: Activation
) -> None:
    pytest.importorskip(name)
    x = np.linspace(-3.0, 3.0, 50)
    framework = frameworks.OPPONENTS[name](2)
    if elementwise.name in ("relu", "bent_identity"):
        assert framework.own(elementwise) == (elementwise.name == "relu")
    run = framework.value(elementwise, x)
    nothing_to_do = str(elementwise.formula) == "x"
    assert (run is None) == (nothing_to_do and not framework.own(elementwise))
    if run is None:
        return
    np.testing.assert_allclose(np.asarray(run()), elementwise(x), rtol=1e-6, atol=1e-6)


def test_what_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frameworks, "find_spec", lambda _: None)
    monkeypatch.delitem(frameworks.sys.modules, "torch", raising=False)
    with pytest.raises(
        RequestError,
        match="--against: torch is not installed; install it, or leave it out",
    ):
        frameworks.opponents(["naive", "torch"], 1)


def test_the_command(tmp_path: Path) -> None:
    arguments = [
        "bench",
        "relu",
        "swish:beta=2",
        "softmax",
        "ReLU",  # once more, and told once
        "--size",
        "3000",
        "--repeat",
        "2",
    ]
    table = run(*arguments).stdout
    assert "3000 numbers, float64" in table
    assert all(
        word in table
        for word in (
            "relu′",
            "swish:beta=2",
            "softmax",
            "/ copy",
            "/ naive",
            "geometric mean",
        )
    )
    document = json.loads(
        run(*arguments, "-f", "json", "--threads", "1", "--dtype", "float32").stdout
    )
    assert (
        document["size"],
        document["dtype"],
        document["threads"],
        document["repeat"],
    ) == (3000, "float32", 1, 2)
    assert [(r["function"], r["order"]) for r in document["results"]] == [
        (name, order)
        for name in ("relu", "swish:beta=2", "softmax")
        for order in (0, 1)
    ]
    first = document["results"][0]
    assert first["ns_low"] <= first["ns"] <= first["ns_high"]
    other = first["against"]["copy"]
    assert 0 < other["ns_low"] <= other["ns"] <= other["ns_high"]
    assert other["ratio"] > 0
    facts = document["machine"]
    assert facts["numpy"] == np.__version__
    assert facts["processors"] >= 1
    assert all(facts[k] for k in ("system", "processor", "python"))
    assert "torch" not in facts
    assert document["geometric_means"]["naive"]["derivative"] > 0
    single = run("bench", "softmax", "--size", "1", "--threads", "1", "--repeat", "1")
    assert "1 number, float64, 1 thread, median of 1" in single.stdout
    assert "nan" not in single.stdout
    csv = run(*arguments, "-f", "csv").stdout.splitlines()
    assert csv[0].startswith(
        "function,order,ns,ns_low,ns_high,gb_per_s,copy_ns,over_copy,naive_ns,over_naive"
    )
    assert len(csv) == 7
    plain = run(*arguments, "-f", "plain").stdout.splitlines()
    assert [row.split(" ")[:2] for row in plain[:3]] == [
        ["relu", "0"],
        ["relu", "1"],
        ["swish:beta=2", "0"],
    ]
    done = run(*arguments, "-o", "bench.png", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "wrote bench.png\n")
    assert "3000 numbers, float64" in done.stdout
    assert (tmp_path / "bench.png").read_bytes().startswith(b"\x89PNG")


def test_all_functions_unless_some_are_named() -> None:
    document = json.loads(
        run("bench", "--size", "100", "--repeat", "1", "-f", "json").stdout
    )
    names = [name for name in actcli.functions for _ in range(2)]
    assert [r["function"] for r in document["results"]] == names


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["x*2"], "'x*2' is a formula, evaluated exactly and not fast"),
        (["rleu"], "no function 'rleu'; did you mean 'relu'?"),
        (
            ["relu", "--against", "naive,troch"],
            "no opponent 'troch'; did you mean 'torch'?",
        ),
        (["relu", "--against", ""], "no opponent ''; choose from naive, torch, jax"),
        (["--size", "100000000", "-f", "npy"], ".npy holds one array"),
        (
            ["--size", "100000000", "-f", "jsno"],
            "no format 'jsno'; did you mean 'json'?",
        ),
        (["relu", "--dtype", "float63"], "no dtype 'float63'"),
        (
            ["relu", "--size", "0"],
            "size 0 is out of range; give a whole number at least 1",
        ),
        (["relu", "--size", "10", "-o", "x.bmp"], "x.bmp: unknown suffix '.bmp'"),
    ],
)
def test_a_wrong_request_is_one_line(arguments: list[str], message: str) -> None:
    done = run("bench", *arguments)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(f"actcli: {message}")


def test_there_are_not_that_many_threads() -> None:
    done = run("bench", "relu", "--threads", "100000")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "threads 100000" in done.stderr
