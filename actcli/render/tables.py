"""Results for people: tables on the terminal. Only this file and progress.py beside it import rich."""

import os
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from actcli.engine import Array
from actcli.render.output import note

if TYPE_CHECKING:
    from actcli.render.terminal import Cell

MOST_ROWS = 10_000  # of a table, which nobody reads to its end
ENDS = 20  # rows shown of each end of a longer one
_LONGEST_WORD = 16  # a longer one, as of a formula, may be broken
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
    keys: int = 1,
) -> None:
    """Print a table of texts, or where its columns do not fit beside each other, several one below the other.

    Args:
        columns: the cells by heading, columns of equal length.
        title: a line above it.
        footer: a last row, a cell for each column.
        text_columns: the headings of columns that hold words: aligned left, wrapped if need be.
        headings: show them.
        keys: how many of the first columns say what a row is, and stand in every table if there are several.
    """
    ends = footer or [""] * len(columns)
    whole = [
        (heading, *cells, end)
        for (heading, cells), end in zip(columns.items(), ends, strict=True)
    ]
    most = [max(map(len, cells)) + _FRAME for cells in whole]
    least = [
        min(_longest_word(cells) + _FRAME, wide) if cells[0] in text_columns else wide
        for cells, wide in zip(whole, most, strict=True)
    ]
    console, before = _console(), _console().width
    for places in _tables(least, keys, before):
        table = Table(
            title=Text(title) if title else None,
            title_justify="left",
            show_footer=bool(footer),
            show_header=headings,
        )
        widths = _filled(
            [least[i] for i in places], [most[i] for i in places], before - 1
        )
        for i, width in zip(places, widths, strict=True):
            words = whole[i][0] in text_columns
            table.add_column(
                Text(whole[i][0]),
                footer=Text(whole[i][-1]),
                justify="left" if words else "right",
                no_wrap=not words,
                overflow="fold",
                width=width - _FRAME,
            )
        for row in zip(*(whole[i][1:-1] for i in places), strict=True):
            table.add_row(*(Text(cell) for cell in row))
        # numbers are never cut: where one needs more than there is, the terminal breaks the lines
        console.width = max(before, sum(widths) + 1)
        console.print(table)
        console.width, title = before, ""


def _longest_word(cells: Sequence[str]) -> int:
    """Return how long the longest word is that is not to be broken."""
    lengths = (len(word) for cell in cells for word in cell.split())
    return min(max(lengths, default=0), _LONGEST_WORD)


def _filled(least: Sequence[int], most: Sequence[int], room: int) -> list[int]:
    """Return widths of columns that fill the room: the narrowest are widened first, none beyond what is in it.

    >>> _filled([3, 3, 9], [4, 20, 9], 20)
    [4, 7, 9]
    """
    widths = [*least]
    for _ in range(room - sum(widths)):
        narrow = [i for i, most_ in enumerate(most) if widths[i] < most_]
        if not narrow:
            break
        widths[min(narrow, key=widths.__getitem__)] += 1
    return widths


def _tables(widths: Sequence[int], keys: int, room: int) -> list[list[int]]:
    """Return the places of the columns of each table: the keys, and as many others as there is room for.

    >>> _tables([5, 10, 10, 10], 1, 30)
    [[0, 1, 2], [0, 3]]
    """
    tables = [[*range(keys)]]
    for i in range(keys, len(widths)):
        if i > keys and sum(widths[j] for j in (*tables[-1], i)) >= room:
            tables.append([*range(keys)])
        tables[-1].append(i)
    return tables


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


def draw(lines: "Sequence[Sequence[Cell]]") -> None:
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
