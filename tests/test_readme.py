"""What the README shows is what the program prints."""

import doctest
import json
import re
from pathlib import Path

import pytest

from tests.shell import ROOT, shell

README = (ROOT / "README.md").read_text(encoding="utf-8")
# a block of console: commands after $, and what they print
BLOCKS = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
STEPS = [
    step
    for block in BLOCKS
    for step in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
]


@pytest.mark.parametrize(
    ("command", "shown"), STEPS, ids=[command[:60] for command, _ in STEPS]
)
def test_the_tour_is_real(command: str, shown: str, tmp_path: Path) -> None:
    done = shell(command, cwd=tmp_path, COLUMNS="110")
    assert unmeasured(done.stdout + done.stderr) == unmeasured(shown)


def unmeasured(text: str) -> str:
    """Return a text without what is measured anew each time: the row of costs, trailing blanks."""
    lines = [line.rstrip() for line in text.splitlines()]
    return "\n".join(
        re.sub(r"[\d.]+|\s+", "", line) if "cost" in line else line for line in lines
    )


def test_the_python_of_the_readme_is_real() -> None:
    failed, tried = doctest.testfile(
        str(ROOT / "README.md"), module_relative=False, encoding="utf-8"
    )
    assert (failed, tried) == (0, 12)


def test_what_is_said_to_be_wrong_is_frozen() -> None:
    wrong = json.loads((ROOT / "tests/frozen/wrong.json").read_text())["wrong"]
    rows = re.findall(
        r"^\| ((?:torch|jax)\.nn\.\w+) \| (float\d+) \| (f′?) \| (.*) \| (.*) \| (.*) \|$",
        README,
        re.MULTILINE,
    )
    assert len(rows) >= 10
    for spelling, dtype, what, *numbers in rows:
        kind = "derivative" if what == "f′" else "f"
        (known,) = (
            points
            for key, points in wrong.items()
            if f"/{spelling}/" in key and f"/{dtype}/{kind}" in key
        )
        assert numbers in [[str(v) for v in point] for point in known]


def test_there_is_a_tour_and_every_picture_exists() -> None:
    assert len(STEPS) >= 8
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README)
    assert pictures
    for picture in pictures:
        assert (ROOT / picture).is_file()
