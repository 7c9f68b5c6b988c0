"""Curves in the terminal, of braille dots. Computes no functions; colours are put on by tables.py, which knows rich."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from actcli.engine import Array
from actcli.render.curve import PlottedCurve, heights, name_of

_WIDE, _HIGH = 2, 4  # dots of a character
_BRAILLE = 0x2800
# the bit of each dot of a character, by row and column
_BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
_FINER = 8  # abscissae for each column of dots
_EVERY = 14  # characters between two letters on a line


@dataclass(frozen=True)
class Cell:
    """A character of a picture, and which curve it belongs to; -1 for none."""

    text: str
    curve: int = -1


def picture(
    curves: Sequence[PlottedCurve],
    width: int,
    height: int,
    ylim: tuple[float, float] | None = None,
) -> list[list[Cell]]:
    """Return curves as lines of characters, with the ends of both axes beside them and the names below.

    Several curves bear letters, so that they are told apart without colours too.

    Args:
        curves: over one range of x.
        width: of all, in characters.
        height: of the plot alone.
        ylim: the ends of the ordinate; what is to be seen unless given.
    """
    low, high = ylim or heights(curves)
    left, right = float(curves[0].x[0]), float(curves[0].x[-1])
    labels = _told_apart(high, low)
    margin = max(map(len, labels)) + 1
    columns = max(10, width - margin - 1)
    grid = _axes(columns, height, (left, right), (low, high))
    drawn = [_codes(c, (left, right), (low, high), columns, height) for c in curves]
    for k, codes in enumerate(drawn):
        _draw(grid, codes, k)
    for k, codes in enumerate(drawn if len(curves) > 1 else ()):
        _put_letters(grid, codes, k)
    zero = int((1.0 - _share(0.0, low, high)) * height)
    ends = {zero: "0", 0: labels[0], height - 1: labels[1]}
    lines = [[Cell(f"{ends.get(r, ''):>{margin}}"), *row] for r, row in enumerate(grid)]
    first, last = _told_apart(left, right, 6)
    gap = max(1, columns - len(first) - len(last))
    lines.append([Cell(" " * margin + first + " " * gap + last)])
    names = [name_of(c) for c in curves]
    if len(curves) > 1:
        names = [f"{_letter(k)} {name}" for k, name in enumerate(names)]
    return lines + [[Cell(name, k)] for k, name in enumerate(names)]


def _told_apart(a: float, b: float, digits: int = 4) -> tuple[str, str]:
    """Return two numbers with some digits, or as many as tell how far apart they are."""
    size = max(abs(a), abs(b))
    more = math.ceil(math.log10(size / abs(b - a))) if size else 0
    digits = max(digits, 2 + more)
    return f"{a:.{digits}g}", f"{b:.{digits}g}"


def _letter(curve: int) -> str:
    return chr(ord("a") + curve % 26)


def _axes(
    columns: int, height: int, x: tuple[float, float], y: tuple[float, float]
) -> list[list[Cell]]:
    """Return an empty plot with a line at x = 0 and at y = 0, where these are in it."""
    zero_x, zero_y = _share(0.0, *x) * columns, (1.0 - _share(0.0, *y)) * height
    across, down = int(min(zero_y, height - 1.0)), int(min(zero_x, columns - 1.0))
    lines = [[" "] * columns for _ in range(height)]
    if 0.0 <= zero_x <= columns:
        for line in lines:
            line[down] = "│"
    if 0.0 <= zero_y <= height:
        lines[across] = ["─" if c == " " else "┼" for c in lines[across]]
    return [[Cell(c) for c in line] for line in lines]


def _share(value: Any, low: float, high: float) -> Any:
    return (value - low) / (high - low)


def _codes(
    curve: PlottedCurve,
    x: tuple[float, float],
    y: tuple[float, float],
    columns: int,
    height: int,
) -> Array:
    """Return the dots of each character that a curve goes through, as the bits of braille, (lines, columns)."""
    wide, high = columns * _WIDE, height * _HIGH
    at = np.linspace(*x, wide * _FINER)
    # a gap is narrower than the steps here
    part = np.searchsorted(curve.x[np.isnan(curve.y)], at)
    shares = _share(np.interp(at, curve.x, curve.y), *y)
    rows = np.clip((1.0 - shares) * high, -1.0, high)
    dots = np.zeros((high, wide), bool)
    for k, ends in enumerate(pairwise(rows)):
        if part[k] == part[k + 1] and np.isfinite(ends).all():
            first, last = (int(np.floor(v)) for v in sorted(ends))
            dots[max(first, 0) : last + 1, k // _FINER] = True
    blocks = dots.reshape(height, _HIGH, columns, _WIDE)
    codes: Array = np.einsum("rhcw,hw->rc", blocks, _BITS)
    return codes


def _draw(grid: list[list[Cell]], codes: Array, curve: int) -> None:
    """Put the dots of a curve over what is there."""
    for r, c in zip(*np.nonzero(codes), strict=True):
        before = ord(grid[r][c].text) - _BRAILLE
        grid[r][c] = Cell(chr(_BRAILLE | max(before, 0) | int(codes[r, c])), curve)


def _put_letters(grid: list[list[Cell]], codes: Array, curve: int) -> None:
    """Put the letter of a curve on it, at places of its own."""
    for c in range(curve * 3 % _EVERY, len(grid[0]), _EVERY):
        rows = np.flatnonzero(codes[:, c])
        if rows.size:
            grid[rows[0]][c] = Cell(_letter(curve), curve)
