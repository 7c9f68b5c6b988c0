"""Results for people: tables on the terminal. Only this file and progress.py beside it import rich."""

import os
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from actcli.engine import Array
from actcli.render.output import note
from actcli.render.terminal import Cell

MOST_ROWS = 10_000  # of a table, which nobody reads to its end
ENDS = 20  # rows shown of each end of a longer one
_LEAST_WORDS = 8  # a column of words is not made narrower
_FRAME = 3  # what stands around each cell: a line and two blanks


class _PipeConsole(Console):
    """A console that leaves a closed pipe to the command line, which ends quietly; rich's own exits with 1."""

    def on_broken_pipe(self) -> None:
        raise  # called where the BrokenPipeError is handled


@cache
def _console() -> Console:
    console = _PipeConsole(highlight=False, soft_wrap=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        # nobody's width: a pipe or a file gets every column whole
        console.width = 100_000
    return console


def show(
    columns: Mapping[str, Sequence[str]],
    *,
    title: str = "",
    footer: Sequence[str] = (),
    text_columns: Sequence[str] = (),
    headings: bool = True,
) -> None:
    """Print a table of texts.

    Args:
        columns: the cells by heading, columns of equal length.
        title: a line above it.
        footer: a last row, a cell for each column.
        text_columns: the headings of columns that hold words: aligned left, wrapped if need be.
        headings: show them.
    """
    table = Table(
        title=Text(title) if title else None,
        title_justify="left",
        show_footer=bool(footer),
        show_header=headings,
    )
    for i, heading in enumerate(columns):
        words = heading in text_columns
        table.add_column(
            Text(heading),
            footer=Text(footer[i]) if footer else "",
            justify="left" if words else "right",
            no_wrap=not words,
            overflow="fold",
        )
    for row in zip(*columns.values(), strict=True):
        table.add_row(*(Text(cell) for cell in row))
    # numbers are never cut: where they need more than there is, the terminal breaks the lines
    console, before = _console(), _console().width
    console.width = max(before, _least_width(columns, footer, text_columns))
    console.print(table)
    console.width = before


def _least_width(
    columns: Mapping[str, Sequence[str]],
    footer: Sequence[str],
    text_columns: Sequence[str],
) -> int:
    ends = footer or [""] * len(columns)
    widths = (
        _LEAST_WORDS if name in text_columns else max(map(len, (name, end, *cells)))
        for (name, cells), end in zip(columns.items(), ends, strict=True)
    )
    return sum(width + _FRAME for width in widths) + 1


def say(*lines: str) -> None:
    """Print lines of text beneath a table, filled to the width of the terminal."""
    for line in lines:
        _console().print(Text(line))


# as the lines of pictures in files
_COLOURS = ("blue", "dark_orange", "green", "red", "magenta", "yellow", "cyan")
_WIDEST = 100  # of a picture


def width() -> int:
    """Return how many characters wide a picture is."""
    return min(_console().width, _WIDEST)


def draw(lines: Sequence[Sequence[Cell]]) -> None:
    """Print a picture of characters, each in the colour of its curve."""
    for line in lines:
        text = Text(no_wrap=True)
        for cell in line:
            text.append(
                cell.text,
                _COLOURS[cell.curve % len(_COLOURS)] if cell.curve >= 0 else "",
            )
        _console().print(text)


def thinned(length: int, most: int = 25) -> list[int]:
    """Return which rows of a long table to show: at most about ``most``, evenly, with the first and the last.

    >>> thinned(5), thinned(31, 5)
    ([0, 1, 2, 3, 4], [0, 10, 20, 30])
    """
    every = 1 if length <= most else _round_up((length - 1) / (most - 1))
    shown = list(range(0, length, every))
    return shown if shown[-1] == length - 1 else [*shown, length - 1]


def _round_up(pace: float) -> int:
    """Return the next of 1, 2, 5, 10, 20, 50, …."""
    power = 1
    while power * 10 < pace:
        power *= 10
    return next(f * power for f in (1, 2, 5, 10) if f * power >= pace)


def shortened(values: Array, precision: int = 8) -> list[str]:
    """Return the cells of a column, with those between the first and the last left out where there are very many.

    >>> cells = shortened(np.arange(100_000.0))
    >>> cells[19:22], len(cells)
    (['19', '…', '99980'], 41)
    """
    flat = values.ravel()
    if not _left_out(flat.size):
        return numbers(flat, precision)
    return [
        *numbers(flat[:ENDS], precision),
        "…",
        *numbers(flat[-ENDS:], precision),
    ]


def _left_out(length: int) -> int:
    """Return how many rows of a table of that length are not shown."""
    return length - 2 * ENDS if length > MOST_ROWS else 0


def tell_left_out(length: int) -> None:
    """Say on standard error how many rows of a table of that length are not shown."""
    if more := _left_out(length):
        note(f"{more} more rows; -f csv prints them all, -o FILE writes them")


def numbers(values: Array | Sequence[Any], precision: int = 8) -> list[str]:
    """Return numbers as texts of that many significant digits, without trailing zeros.

    >>> numbers([0.25, 1 / 3, 1e-300])
    ['0.25', '0.33333333', '1e-300']
    """
    return [
        v if isinstance(v, str) else f"{v:.{precision}g}"
        for v in np.asarray(values).ravel().tolist()
    ]
