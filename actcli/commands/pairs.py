"""Where ``actcli check`` takes x and somebody's results from: typed, from a table, or from two files."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TypeAlias

import numpy as np

from actcli import points, sources
from actcli.commands import options
from actcli.engine import Array
from actcli.errors import RequestError, UnknownNameError
from actcli.sources import Source

ColumnOf: TypeAlias = Callable[[str | None], AbstractContextManager[Source]]


@dataclass(frozen=True)
class Places:
    """Where x, the results and the gradients they belong to are.

    Attributes:
        x: numbers that were typed.
        y: results that were typed.
        upstream: gradients that were typed.
        input_: a file with x, and with all that is nowhere else.
        results: a file with the results.
        column: which column they are; one of a usual name unless given, else the second.
        rows: each line of a table may be a row of x1, x2 and so on, and of results that are named likewise.
    """

    x: Sequence[str] | None
    y: Sequence[str] | None
    upstream: Sequence[str] | None
    input_: Path | None
    results: Path | None
    column: str | None
    rows: bool

    def read(self, usual: str) -> tuple[Array, Array, Array | None]:
        """Return x, the results, which ``eval`` calls by the usual name, and for "backward" the gradients.

        Raises:
            RequestError: one of them is given twice or not at all, or both are one column.
            FileError: a file cannot be read.
        """
        if (self.x and self.input_) or (self.y and (self.results or self.column)):
            raise RequestError(
                "numbers from two places; give -x or -i, and -y, --results or --column"
            )
        if self.x and not (self.y or self.results):
            raise RequestError("-x is given without results; add -y 0.5,1 or --results")
        of_results = [self.column] if self.column else [usual, "y"]
        apart = points.read(self.y, "-y") if self.y else None
        if self.results:
            with sources.columns_of(options.named(self.results)) as column_of:
                _, apart = _column(column_of, [*of_results, None], self.rows)
        gradients = points.read(self.upstream, "-u") if self.upstream else None
        if self.x:
            if usual == "backward" and gradients is None:
                raise RequestError("-x is given without gradients; add -u 1,0.5")
            assert apart is not None
            return points.read(self.x), apart, gradients
        with sources.columns_of(options.named(self.input_)) as column_of:
            if usual == "backward" and gradients is None:
                # in vain twice: the last of the names is no choice
                _, gradients = _column(column_of, ["upstream"] * 2, self.rows)
            if apart is not None:
                _, given = _column(column_of, ["x", None], self.rows)
                return given, apart, gradients
            _check_holds_two(self.input_)
            known, given = _column(column_of, ["x", "1"], self.rows)
            names = of_results if self.column else [*of_results, "2"]
            got = _results_beside(column_of, names, given, known == "x", self.rows)
            return given, got, gradients


def _results_beside(
    column_of: ColumnOf, names: Sequence[str], x: Array, named: bool, rows: bool
) -> Array:
    """Return the column of the results, which is not that of x, whether that has a name or is the first."""
    found, got = _column(column_of, names, rows)
    if not _same(got, x):
        return got
    if named:
        # the second is x itself, unless both are the same
        return _column(column_of, ["1"])[1] if found == "2" else got
    if found != "2" and not _same(_column(column_of, ["2"])[1], x):
        raise RequestError(
            f"x and the results are one column, '{found}'; call that of x x, or name the other with --column"
        )
    return got


def _same(one: Array, other: Array) -> bool:
    return np.array_equal(one, other, equal_nan=True)


def _check_holds_two(file: Path | None) -> None:
    if file and file.suffix.lower() == ".npy":
        raise RequestError(
            f"{file}: holds one array; give that of the results with --results FILE"
        )


def _column(
    column_of: ColumnOf, names: Sequence[str | None], rows: bool = False
) -> tuple[str | None, Array]:
    """Return the first of these names that a column has, or that begins those of ``rows``, and what is there."""
    for name in names[:-1]:
        try:
            with column_of(name) as source:
                return name, source.whole()
        except UnknownNameError:
            beside = [*_numbered(column_of, name)] if rows else []
        if beside:
            return name, np.column_stack(beside)
    with column_of(names[-1]) as source:
        return names[-1], source.whole()


def _numbered(column_of: ColumnOf, name: str | None) -> Iterator[Array]:
    """Yield the columns of a name with 1, 2 and so on behind it, as far as there are any."""
    for number in count(1):
        try:
            with column_of(f"{name}{number}") as source:
                yield source.whole()
        except UnknownNameError:
            return
