"""What the README shows is what the program prints."""

import doctest
import json
import re
from pathlib import Path

import pytest

from tests.accuracy import BOUND, COUNT, elementwise
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


# function, dtype, errors of f and of f′, number of points, both errors of torch and of jax
ERRORS = re.findall(
    r"^\| (\w+) \| (float\d+) \| (.*) \| .* \| (.*) \| .* \| (\d+) sampled \| (.*) \| (.*) \|$",
    README,
    re.MULTILINE,
)


def test_the_table_of_errors_has_every_function() -> None:
    names = sorted(f.name for f in elementwise())
    for dtype in ("float64", "float32"):
        assert sorted(row[0] for row in ERRORS if row[1] == dtype) == names
    assert min(int(row[4]) for row in ERRORS) >= COUNT
    said = f"Over the {len(names)} elementwise functions, with at least {COUNT:,} numbers each for"
    assert said in README


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_largest_errors_are_those_of_the_table(dtype: str) -> None:
    (told,) = re.findall(rf"^\| {dtype} \| (\d.*) \| (.*) \|$", README, re.MULTILINE)
    for column, said in zip((2, 3), told, strict=True):
        ulps = {row[0]: float(row[column]) for row in ERRORS if row[1] == dtype}
        worst = max(ulps, key=ulps.__getitem__)
        expected = f"{ulps[worst]:.2f}: correctly rounded, but next to ties"
        if dtype == "float64":
            near = sum(error <= 2.0 for error in ulps.values())
            expected = (
                f"{ulps[worst]:.2f} ({worst}), at most 2 for {near} of {len(ulps)}"
            )
        assert said == expected


def test_as_many_of_others_are_beyond_the_bound_as_is_said() -> None:
    counts = []
    for column in (5, 6):
        cells = [row[column] for row in ERRORS if row[1] == "float64" and row[column]]
        worst = [max(map(float, cell.split(", "))) for cell in cells]
        counts += [sum(error > BOUND for error in worst), len(worst)]
    said = r"(\d+) of the (\d+) functions that torch .* more than the bound, and (\d+) of (\d+)\s+in jax"
    (found,) = re.findall(said, README)
    assert [*map(int, found)] == counts


def test_what_is_said_to_be_wrong_is_frozen() -> None:
    wrong = json.loads((ROOT / "tests/frozen/wrong.json").read_text())["wrong"]
    count = sum(map(len, wrong.values()))
    assert f"of the {count:,} in `tests/frozen`" in README
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
