"""``actcli plot``: the picture is there, is what it says, and is the same twice."""

from pathlib import Path

import numpy as np
import pytest

import actcli
from actcli.render.curves import broken_line
from tests.shell import run

PNG, PDF = b"\x89PNG\r\n\x1a\n", b"%PDF-"


def test_a_picture_and_its_path(tmp_path: Path) -> None:
    done = run("plot", "swish", "--derivative", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "swish.png\n", "")
    assert (tmp_path / "swish.png").read_bytes().startswith(PNG)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["relu", "tanh", "mish", "-d", "--layout", "side"], "relu-tanh-mish.png"),
        (["leaky_relu:alpha=0.2", "leaky_relu:alpha=0.01"], "leaky_relu.png"),
        (["x*sigmoid(b*x)", "-p", "b=1.702", "-d", "--dark"], "x_sigmoid_b_x.png"),
        (["softmax", "-d", "--range", "-3:3"], "softmax.png"),
        (["maxout", "-d"], "maxout.png"),
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


def test_a_line_breaks_at_a_jump_and_bends_at_a_kink() -> None:
    x = np.linspace(-1, 1, 11)
    step, relu = actcli.get("step"), actcli.get("relu")
    grid, y, marks = broken_line(step, x, [0.0])
    assert marks == [(0.0, 1.0)]
    assert np.flatnonzero(np.isnan(y)).tolist() == [np.searchsorted(grid, 0.0)]
    assert y[grid < 0].max() == 0.0
    _, y, marks = broken_line(relu, x, [0.0])
    assert not marks
    assert not np.isnan(y).any()
    _, y, marks = broken_line(relu.derivative, x, [0.0])
    assert marks == [(0.0, 0.0)]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["relu", "--range", "3:1"], 2, "--range: '3:1' does not ascend"),
        (["relu", "--range", "1"], 2, "--range: '1' is not FROM:TO"),
        (
            ["relu", "--range", "0:inf"],
            2,
            "--range: '0:inf' does not ascend between finite numbers",
        ),
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
        (["rleu"], 2, "no function 'rleu'; did you mean 'relu'?"),
        (["relu", "-p", "alpha=1"], 2, "relu has no parameter 'alpha'"),
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
