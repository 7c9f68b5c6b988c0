"""``actcli gallery``: many functions in one picture."""

import struct
from pathlib import Path

import pytest

from tests.shell import run, shell


def size(png: Path) -> tuple[int, int]:
    width, height = struct.unpack(">II", png.read_bytes()[16:24])
    return width, height


def test_a_gallery_has_a_panel_for_each(tmp_path: Path) -> None:
    done = run(
        "gallery", *("relu", "1/x", "softmax", "-d", "--dpi", "50"), cwd=tmp_path
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "gallery.png\n", "")
    assert size(tmp_path / "gallery.png") == (300, 85)
    line = "gallery --family shrinkers --range -2:2 --dpi 50 -o s.png"
    assert run(*line.split(), cwd=tmp_path).stdout == "s.png\n"
    listed = run("list", "--family", "shrinkers", "-f", "plain").stdout.splitlines()
    panels = len(listed)
    assert size(tmp_path / "s.png") == (min(panels, 6) * 100, -(-panels // 6) * 85)


def test_the_same_gallery_is_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.svg", "b.svg"):
        run("gallery", "gelu", "step", "-o", name, cwd=tmp_path)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


WRONG = {
    "no family 'shrinker'; did you mean": "gallery --family shrinker",
    "functions are named, and a family is": "gallery relu --family shrinkers",
    "a.txt: unknown suffix": "gallery relu -o a.txt",
    "--range: '3:1' does not ascend": "gallery relu --range 3:1",
}


@pytest.mark.parametrize("told", WRONG)
def test_a_wrong_request_is_one_line(told: str, tmp_path: Path) -> None:
    done = run(*WRONG[told].split(), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"actcli: {told}")
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_pipe_gets_a_gallery() -> None:
    done = shell("actcli gallery relu --dpi 50 -o - | tail -c +2 | head -c 3")
    assert (done.returncode, done.stdout, done.stderr) == (0, "PNG", "")
