"""``actcli plot``: the picture is there, is what it says, and is the same twice."""

import pty
import select
import subprocess
from pathlib import Path

import pytest

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
        (
            ["relu", "--terminal", "-o", "a.png"],
            2,
            "--output means nothing with --terminal",
        ),
        (
            ["relu", "--terminal", "--dpi", "90"],
            2,
            "--dpi means nothing with --terminal",
        ),
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


def test_a_terminal_gets_a_picture_of_characters(tmp_path: Path) -> None:
    done = run("plot", *("gelu", "-d", "--terminal"), cwd=tmp_path, COLUMNS="60")
    assert (done.returncode, done.stderr) == (0, "")
    assert not list(tmp_path.iterdir())
    lines = done.stdout.splitlines()
    assert len(lines) == 20 + 1 + 2
    assert max(map(len, lines)) <= 60
    assert [line.strip() for line in lines[-2:]] == ["a gelu", "b gelu′"]
    assert "\x1b" not in done.stdout
    coloured = run("plot", "gelu", "--terminal", FORCE_COLOR="1").stdout
    assert "\x1b[34m" in coloured
