"""``actcli plot``: the picture is there, is what it says, and is the same twice."""

import pty
import select
import subprocess
from pathlib import Path

import numpy as np
import pytest

import actcli
from actcli.differentiate import primed
from actcli.render.figures import PlottedCurve
from actcli.render.sampling import broken_line, curves_of
from tests.shell import ACTCLI, environment, run

PNG, PDF = b"\x89PNG\r\n\x1a\n", b"%PDF-"


def test_a_picture_and_its_path(tmp_path: Path) -> None:
    done = run("plot", "swish", "--derivative", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "swish.png\n", "")
    assert (tmp_path / "swish.png").read_bytes().startswith(PNG)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["relu", "tanh", "mish", "-d", "--layout", "side"], "relu-tanh-mish.png"),
        (["leaky_relu:alpha=0.2", "leaky_relu:alpha=0.01"], "leaky_relu_alpha_0.2-leaky_relu_alpha_0.01.png"),
        (["swish", "-p", "beta=-1/4"], "swish_beta_-0.25.png"),
        (["x*sigmoid(b*x)", "-p", "b=1.702", "-d", "--dark"], "x_sigmoid_b_x_b_1.702.png"),
        (["softmax", "-d", "--range", "-3:3"], "softmax.png"),
        (["maxout", "-d"], "maxout.png"),
        (["logsumexp", "-d"], "logsumexp.png"),
        (["step", "hard_tanh", "-d", "--ylim", "-2:2", "--title", "Steps", "--size", "3x2", "--dpi", "50"], "step-hard_tanh.png"),
    ],
)  # fmt: skip
def test_names_of_pictures(arguments: list[str], name: str, tmp_path: Path) -> None:
    assert run("plot", *arguments, cwd=tmp_path).stdout == f"{name}\n"
    assert (tmp_path / name).stat().st_size > 3000


@pytest.mark.parametrize(
    ("suffix", "start"), [("png", PNG), ("svg", b"<?xml"), ("pdf", PDF)]
)
def test_the_same_command_gives_the_same_bytes(
    suffix: str, start: bytes, tmp_path: Path
) -> None:
    for name in ("a", "b"):
        run("plot", "gelu_tanh", "relu", "-d", "-o", f"{name}.{suffix}", cwd=tmp_path)
    first = (tmp_path / f"a.{suffix}").read_bytes()
    assert first.startswith(start)
    assert first == (tmp_path / f"b.{suffix}").read_bytes()


def test_a_pipe_gets_a_png() -> None:
    done = subprocess.run(
        [*ACTCLI, "plot", "relu", "-o", "-"], capture_output=True, env=environment()
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(PNG)
    assert done.stdout.endswith(b"IEND\xaeB`\x82")


def test_a_terminal_gets_no_png() -> None:
    reader, writer = pty.openpty()
    done = subprocess.run(
        [*ACTCLI, "plot", "relu", "-o", "-"],
        stdout=writer,
        stderr=subprocess.PIPE,
        env=environment(),
        text=True,
    )
    assert select.select([reader], [], [], 0.0)[0] == []
    assert (done.returncode, done.stderr) == (
        2,
        "actcli: -o -: a terminal shows no pictures; pipe it to a program, or give -o a file\n",
    )


def test_a_function_named_twice_is_drawn_once(tmp_path: Path) -> None:
    run("plot", "relu", "-o", "a.svg", cwd=tmp_path)
    run("plot", "relu", "ReLU", "-o", "b.svg", cwd=tmp_path)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_a_line_breaks_at_a_jump_and_bends_at_a_kink() -> None:
    x = np.linspace(-1, 1, 11)
    step, relu = actcli.get("step"), actcli.get("relu")
    grid, y, marks, _ = broken_line(step, x, [0.0])
    assert marks == [(0.0, 1.0)]
    assert np.flatnonzero(np.isnan(y)).tolist() == [np.searchsorted(grid, 0.0)]
    assert y[grid < 0].max() == 0.0
    _, y, marks, _ = broken_line(relu, x, [0.0])
    assert not marks
    assert not np.isnan(y).any()
    _, y, marks, _ = broken_line(relu.derivative, x, [0.0])
    assert marks == [(0.0, 0.0)]


def test_breaks_without_end_are_drawn_as_far_as_the_picture_goes() -> None:
    (curve,) = curves_of(actcli.get("abs(sin(x/10))"), -100.0, 100.0, False)
    corners = [np.abs(curve.x - k * 10 * np.pi).argmin() for k in range(-3, 4)]
    assert np.abs(curve.y[corners]).max() < 1e-12
    for text, steps in ("floor(10*x)", 120), ("floor(x*3/2)", 18), ("x - floor(x)", 12):
        (curve,) = curves_of(actcli.get(text), -6.0, 6.0, False)
        gaps = curve.x[np.isnan(curve.y)]
        assert gaps == pytest.approx(np.linspace(-6.0, 6.0, steps + 1), abs=1e-12), text


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["relu", "--range", "3:1"], 2, "--range: '3:1' does not ascend"),
        (["relu", "--range", "1"], 2, "--range: '1' is not FROM:TO"),
        (
            ["relu", "--range", "0:inf"],
            2,
            "--range: '0:inf' does not ascend within ±1e+300",
        ),
        (
            ["relu", "--range", "0:1e308"],
            2,
            "--range: '0:1e308' does not ascend within ±1e+300",
        ),
        (
            ["relu", "--range", "0:1e-300"],
            2,
            "--range: '0:1e-300' is too narrow for an axis; write it like -6:6",
        ),
        (
            ["relu", "--ylim", "1:1.00000000001"],
            2,
            "--ylim: '1:1.00000000001' is too narrow for an axis",
        ),
        (
            ["relu", "--size", "1x0.5"],
            2,
            "relu.png cannot be drawn: constrained_layout",
        ),
        (["rrelu:seed=1"], 2, "rrelu with a seed is random; leave out the seed"),
        (["gumbel_softmax", "-p", "seed=1"], 2, "gumbel_softmax with a seed is random"),
        (["relu", "--ylim", "a:b"], 2, "--ylim: 'a:b' is not FROM:TO"),
        (["relu", "--layout", "sied"], 2, "no layout 'sied'; did you mean 'side'?"),
        (["relu", "--size", "big"], 2, "--size: 'big' is not WIDTHxHEIGHT"),
        (
            ["relu", "-o", "x.bmp"],
            2,
            "x.bmp: unknown suffix '.bmp'; .png .svg .pdf can be written",
        ),
        (
            ["relu", "-o", "nowhere/x.png"],
            1,
            "nowhere: no such file or directory; cannot write x.png",
        ),
        (["relu", "--title", "漢"], 2, "relu.png cannot be drawn: Glyph 28450"),
        (["rleu"], 2, "no function 'rleu'; did you mean 'relu'?"),
        (["relu", "-p", "alpha=1"], 2, "relu has no parameters; leave out 'alpha'"),
        ([], 2, "missing argument 'FUNCTION...'"),
    ],
)
def test_a_wrong_request_is_one_line(
    arguments: list[str], code: int, message: str, tmp_path: Path
) -> None:
    done = run("plot", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (code, "", 1)
    assert done.stderr.startswith(f"actcli: {message}")
    assert not list(tmp_path.iterdir())


def test_as_much_of_a_pole_is_shown_as_leaves_the_rest_readable() -> None:
    x = np.linspace(-6, 6, 401)
    f = actcli.get("1/x")
    for line, most in ((f, 6.0), (f.derivative, 10.0)):
        *_, marks, (low, high) = broken_line(line, x, [0.0])
        assert not marks
        assert 0.5 * most < max(-low, high) < most
    *_, marks, (low, high) = broken_line(actcli.get("log(x)"), x, [0.0])
    assert not marks
    assert -6.0 < low < -5.0
    assert high == np.log(6.0)
    # a level beside a jump is no pole, however high
    _, y, marks, (low, high) = broken_line(
        actcli.get("100 if x > 5.9 else x"), x, [5.9]
    )
    assert np.nanmax(y) == high == 100.0
    assert marks == [(5.9, 100.0)]  # the float is a little above 5.9


@pytest.mark.parametrize(
    ("text", "most", "gaps"),
    [("tan(x)", 20.0, 16), ("floor(x)", 50.0, 50), ("1000+floor(x)", 1050.0, 50)],
)
def test_breaks_without_end_are_drawn_as_far_as_one_looks(
    text: str, most: float, gaps: int
) -> None:
    curve, slope = curves_of(actcli.get(text), 0.5, 50.5, derivative=True)
    assert max(np.abs(curve.shown)) <= most
    assert max(np.abs(slope.shown)) < 200.0
    missing = np.isnan(curve.y)
    assert np.count_nonzero(missing[1:] & ~missing[:-1]) == gaps


def test_jumps_over_an_axis_are_found_to_the_last_digit() -> None:
    def curves(name: str) -> dict[str, PlottedCurve]:
        drawn = curves_of(actcli.get(name), -6.0, 6.0, derivative=True)
        return {c.label + "′" * c.is_derivative: c for c in drawn}

    hardmax = curves("hardmax")
    assert hardmax["hardmax y1"].points == [(0.0, 1.0)]
    assert hardmax["hardmax y2"].points == [(0.0, 0.0)]
    sparsemax = curves("sparsemax")
    first = sparsemax["sparsemax y1′"]
    (low, _), high = first.points
    assert low == pytest.approx(-1 / 3, abs=1e-15)
    assert high == (1.0, 0.0)
    assert np.isnan(first.y).sum() == 2
    assert np.nanmax(np.abs(np.diff(first.y))) < 1e-15
    for name in ("sparsemax y1", "sparsemax y2"):
        assert not np.isnan(sparsemax[name].y).any()
    for curve in curves("softmax").values():
        assert not np.isnan(curve.y).any()


def test_every_axis_is_drawn_alike() -> None:
    last, first = (
        curves_of(actcli.get(name), -3.0, 3.0, derivative=True)
        for name in ("softmax", "softmax:axis=0")
    )
    for a, b in zip(last, first, strict=True):
        np.testing.assert_array_equal(a.y, b.y)
    assert float(np.ptp(last[0].y)) > 0.8


def test_the_legend_puts_parentheses_around_a_formula() -> None:
    names = {name: primed(name) for name in ("relu", "1/x", "swish:beta=2", "glu y1")}
    assert list(names.values()) == ["relu′", "(1/x)′", "(swish:beta=2)′", "glu y1′"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["relu", "--range=-1e300:1e300"],
        ["exponential", "--range", "0:800", "-d"],
        ["relu", "--range", "0:1e-280"],
        ["relu", "--title", " "],
        ["relu", "--ylim=-1e300:1e300"],
        ["1/x", "--ylim=-1e9:1e9", "-d"],
        ["x**-200", "-d"],
    ],
)
def test_what_hardly_can_be_drawn_is_drawn_without_a_warning(
    arguments: list[str], tmp_path: Path
) -> None:
    done = run("plot", *arguments, "-o", "a.png", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "a.png\n", "")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["log(-1-x*x)"], ["log(-1-x*x)"]),
        (["relu", "gelu", "--ylim", "100:200"], ["relu", "gelu"]),
        (["step", "tanh", "--ylim", "0.2:0.8", "-d"], ["step", "step′"]),
    ],
)
def test_a_line_that_is_not_in_the_picture_is_named(
    arguments: list[str], told: list[str], tmp_path: Path
) -> None:
    done = run("plot", *arguments, "-o", "a.png", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "a.png\n")
    assert done.stderr.splitlines() == [
        f"{name}: no line of it is in the picture" for name in told
    ]
