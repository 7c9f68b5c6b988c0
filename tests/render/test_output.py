"""Where results go: what the suffix of a file says, and what -f says beside it."""

from pathlib import Path

import pytest

from actcli.errors import RequestError
from actcli.render.output import check_suffix, format_of
from tests.shell import run


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
    ("format_", "told"), [("json", "x·tanh(softplus(x))"), ("csv", "range of f′")]
)
def test_what_machines_read_is_utf_8_whatever_the_terminal_is(
    format_: str, told: str
) -> None:
    done = run("info", "mish", "-f", format_, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert told in done.stdout
