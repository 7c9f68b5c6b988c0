"""Pictures of characters: that every dot stands where the function is."""

import numpy as np
import pytest

import actcli
from actcli.render.curve import heights
from actcli.render.sampling import curves_of
from actcli.render.terminal import picture

WIDTH, HEIGHT = 70, 16


def lines(name: str, low: float, high: float, ylim: tuple[float, float]) -> list[str]:
    curves = curves_of(actcli.get(name), low, high, False)
    drawn = picture(curves, WIDTH, HEIGHT, ylim)
    return ["".join(cell.text for cell in line) for line in drawn]


def dots(drawn: list[str], margin: int) -> list[tuple[int, int]]:
    """Return row and column of each dot, counted in dots."""
    bits = {0: (0, 0), 1: (1, 0), 2: (2, 0), 3: (0, 1), 4: (1, 1), 5: (2, 1), 6: (3, 0), 7: (3, 1)}  # fmt: skip
    found = []
    for r, line in enumerate(drawn[:HEIGHT]):
        for c, character in enumerate(line[margin:]):
            code = ord(character) - 0x2800
            if 0 <= code < 256:
                found += [
                    (4 * r + bits[b][0], 2 * c + bits[b][1])
                    for b in range(8)
                    if code >> b & 1
                ]
    return found


@pytest.mark.parametrize("name", ["tanh", "gelu", "relu", "sin", "hard_swish"])
def test_every_dot_is_where_the_function_is(name: str) -> None:
    drawn = lines(name, -6.0, 6.0, (-2.0, 2.0))
    margin = len(" -2")
    wide = 2 * (len(drawn[0]) - margin)
    places = dots(drawn, margin)
    assert {c for _, c in places} >= set(range(wide // 4))  # from the left end on
    steps = np.linspace(-6.0, 6.0, wide + 1)
    for r, c in places:
        x = np.linspace(steps[c], steps[c + 1], 50)
        rows = (2.0 - actcli.get(name)(x)) / 4.0 * 4 * HEIGHT
        assert rows.min() - 1.5 <= r <= rows.max() + 0.5


def test_no_line_goes_through_a_jump() -> None:
    drawn = lines("step", -3.0, 3.0, (-0.5, 1.5))
    rows = {r for r, _ in dots(drawn, len(" -0.5"))}
    assert len(rows) == 2


def test_a_line_leaves_the_picture_at_a_pole() -> None:
    drawn = lines("1/x", -3.0, 3.0, (-4.0, 4.0))
    rows = {r for r, _ in dots(drawn, len(" -4"))}
    assert {0, 4 * HEIGHT - 1} <= rows
    assert not any(
        set("⢸⡇") & set(line) for line in drawn[HEIGHT // 2 - 1 : HEIGHT // 2]
    )


def test_the_ends_of_the_axes_are_told() -> None:
    drawn = lines("tanh", -6.0, 3.5, (-1.25, 2.0))
    assert drawn[0].startswith("     2")
    assert drawn[HEIGHT - 1].startswith(" -1.25")
    assert drawn[HEIGHT].split() == ["-6", "3.5"]
    assert [line[:6].strip() for line in drawn].count("0") == 1
    assert drawn[-1] == "tanh"
    assert max(map(len, drawn)) <= WIDTH


def test_several_lines_bear_letters() -> None:
    curves = curves_of(actcli.swish, -6.0, 6.0, True)
    drawn = picture(curves, WIDTH, HEIGHT)
    assert [c.text for line in drawn[-2:] for c in line] == ["a swish", "b swish′"]
    for k, letter in enumerate("ab"):
        places = [c for line in drawn[:HEIGHT] for c in line if c.text == letter]
        assert len(places) >= 3
        assert {c.curve for c in places} == {k}


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [("x + 1e6", -6.0, 6.0), ("x", 1e6, 1e6 + 1.0), ("1e-3*x - 1", -1.0, 1.0)],
)
def test_the_ends_of_a_narrow_axis_are_told_apart(
    text: str, low: float, high: float
) -> None:
    curves = curves_of(actcli.get(text), low, high, False)
    drawn = picture(curves, WIDTH, HEIGHT)
    bottom, top = (float(drawn[r][0].text) for r in (HEIGHT - 1, 0))
    wanted, height = heights(curves), np.ptp(heights(curves))
    assert (bottom, top) == pytest.approx(wanted, rel=0, abs=0.05 * height)
    assert [float(v) for v in drawn[HEIGHT][0].text.split()] == [low, high]
