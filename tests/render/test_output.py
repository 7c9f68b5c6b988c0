"""Where results go: what the suffix of a file says, and what -f says beside it."""

import json
from pathlib import Path

import pytest

from actcli.errors import RequestError
from actcli.render.output import check_suffix, format_of
from tests.shell import run, shell


def test_the_suffix_says_the_format() -> None:
    assert format_of(Path("y.CSV")) == "csv"
    assert format_of(Path("y.txt"), "plain") == "plain"
    assert format_of(Path("y.npz"), "npz") == "npz"
    with pytest.raises(RequestError, match=r"no format 'jsno'; did you mean 'json'"):
        format_of(Path("y.csv"), "jsno")
    with pytest.raises(RequestError, match=r"y.gif: unknown suffix '.gif'; .csv .tsv"):
        format_of(Path("y.gif"))


def test_what_is_drawn_or_text_is_checked_before_the_work() -> None:
    for name in ("y.png", "y.csv", "y.hex"):
        check_suffix(Path(name))
    check_suffix(None)
    with pytest.raises(RequestError, match=r"y.npy: unknown suffix '.npy'; .png .svg"):
        check_suffix(Path("y.npy"))


@pytest.mark.parametrize(
    "command",
    [
        "eval relu -x 1",
        "eval relu -i x.txt",
        "list",
        "info relu",
        "compare relu step -x 1",
        "bench relu --size 10 --repeat 1",
        "gradflow relu --layers 2 --width 2 --seeds 1",
        "init he",
        "optimize sgd --steps 2",
    ],
)
def test_a_suffix_and_a_format_that_differ(command: str, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("1\n")
    done = run(*command.split(), "-o", "a.csv", "-f", "json", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "actcli: a.csv: its suffix says csv, -f says json; leave out -f, or change the suffix\n"
    )
    assert [p.name for p in tmp_path.iterdir()] == ["x.txt"]


@pytest.mark.parametrize(
    "command",
    ["eval relu -x 1,-2", "eval relu -i x.txt"],
)
@pytest.mark.parametrize("format_", ["csv", "npy"])
def test_without_a_suffix_the_format_is_that_of_f(
    command: str, format_: str, tmp_path: Path
) -> None:
    (tmp_path / "x.txt").write_text("1\n-2\n")
    script = (
        f"mkfifo pipe; cat pipe > of_pipe & c='actcli {command} -f {format_}';"
        "$c > printed && $c -o file && $c -o pipe && $c -o /dev/stdout | cat > of_stdout && $c -o >(cat > of_process) && wait"
    )
    done = shell(script, cwd=tmp_path)
    assert done.returncode == 0
    printed = (tmp_path / "printed").read_bytes()
    assert printed
    for name in ("file", "of_pipe", "of_stdout", "of_process"):
        assert (tmp_path / name).read_bytes() == printed, name


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="Windows has none")
@pytest.mark.parametrize("redirected", [">", ">>"])
@pytest.mark.parametrize("format_", ["csv", "json", "npy"])
@pytest.mark.parametrize("given", ["-x 1,-2", "-i x.txt"])
def test_standard_output_by_its_name_goes_on_in_a_file(
    given: str, format_: str, redirected: str, tmp_path: Path
) -> None:
    (tmp_path / "x.txt").write_text("1\n-2\n")
    line = f"actcli eval relu {given} -f {format_}"
    done = shell(
        f"(echo before; {line} -o /dev/stdout; echo behind) {redirected} named;"
        f"(echo before; {line}; echo behind) > printed",
        cwd=tmp_path,
    )
    assert (done.returncode, done.stderr) == (0, "wrote /dev/stdout\n")
    printed = (tmp_path / "printed").read_bytes()
    assert (tmp_path / "named").read_bytes() == printed


@pytest.mark.parametrize(
    "command",
    ["list", "info relu", "compare relu", "eval relu -x 1", "check relu -x 1 -y 1",
     "golden relu --count 0", "init he", "gradflow relu --model chain",
     "optimize sgd", "bench relu --size 9 --repeat 1"],
)  # fmt: skip
def test_a_dash_is_standard_output(command: str, tmp_path: Path) -> None:
    done = run(*command.split(), "-f", "csv", "-o", "-", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "," in done.stdout
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "command", ["check relu -x 1 -y 1", "gradflow relu --layers 2 --model chain"]
)
def test_a_table_goes_where_there_is_no_suffix(command: str, tmp_path: Path) -> None:
    done = shell(f"actcli {command} -f json -o made", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "wrote made\n")
    assert json.loads((tmp_path / "made").read_text())
    done = shell(f"actcli {command} -o none", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "none: unknown suffix ''" in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has it")
@pytest.mark.parametrize("format_", ["csv", "npz"])
@pytest.mark.parametrize("given", ["-x 1", "-i x.txt"])
def test_a_device_that_is_full(given: str, format_: str, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("1\n-2\n")
    done = shell(f"actcli eval relu {given} -f {format_} -o /dev/full", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "actcli: /dev/full: no space left on device\n"


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="Windows calls it nul")
@pytest.mark.parametrize("format_", ["csv", "json", "npy", "npz"])
@pytest.mark.parametrize("given", ["-x 1", "-i x.txt"])
def test_a_device_that_keeps_nothing(given: str, format_: str, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("1\n-2\n")
    done = shell(f"actcli eval relu {given} -f {format_} -o /dev/null", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "wrote /dev/null\n"


@pytest.mark.parametrize(
    ("command", "code", "told"),
    [
        ("eval relu -x 1 -o d.npy/", 2, "d.npy/: names a folder; name a file in it"),
        ("plot relu -o d.png/", 2, "d.png/: names a folder; name a file in it"),
        ("init he --save d.npy/", 2, "d.npy/: names a folder; name a file in it"),
        ("eval relu -x 1 -f csv -o there", 1, "there: is a directory"),
        ("eval relu -x 1 -f csv -o .", 1, ".: is a directory"),
        ("eval relu -x 1 -o loop.npy", 1, "loop.npy: too many levels of symbolic links"),
    ],
)  # fmt: skip
def test_what_is_no_file_is_not_written(
    command: str, code: int, told: str, tmp_path: Path
) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "loop.npy").symlink_to("loop.npy")
    done = run(*command.split(), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr == f"actcli: {told}\n"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["loop.npy", "there"]
    assert (tmp_path / "loop.npy").is_symlink()


@pytest.mark.parametrize("given", [["-x", "1"], ["-i", "x.txt"]])
def test_a_note_is_one_line_whatever_the_name(given: list[str], tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("1\n")
    done = run("eval", "relu", *given, "-o", "a\nb\x1b[2J.csv", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "wrote a b\\x1b[2J.csv\n")
    assert (tmp_path / "a\nb\x1b[2J.csv").exists()


@pytest.mark.parametrize(
    ("format_", "told"), [("json", "x·tanh(softplus(x))"), ("csv", "range of f′")]
)
def test_what_machines_read_is_utf_8_whatever_the_terminal_is(
    format_: str, told: str
) -> None:
    done = run("info", "mish", "-f", format_, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert told in done.stdout
