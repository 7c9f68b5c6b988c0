"""Where ``actcli check`` takes x and somebody's results from: typed, from a table or two files, or computed here."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import NamedTuple, Self, TypeAlias

import numpy as np

from actcli import points, sources
from actcli.activation import Activation
from actcli.bfloat16 import rounded
from actcli.commands import options
from actcli.engine import Array, processors
from actcli.errors import RequestError, UnknownNameError
from actcli.sources import Source
from actcli.verify import checking, vectors
from actcli.verify.frameworks import opponents

ColumnOf: TypeAlias = Callable[[str | None], AbstractContextManager[Source]]


class Found(NamedTuple):
    """Numbers, the results for them, the gradients they belong to, and what computed them if it was done here."""

    x: Array
    got: Array
    upstream: Array | None
    by: str = ""

    def brought_to(self, dtype: str) -> Self:
        """Return the same in a dtype."""
        back = self.upstream
        with np.errstate(over="ignore"):
            x, got = (rounded(a, np.dtype(dtype)) for a in (self.x, self.got))
            upstream = None if back is None else rounded(back, np.dtype(dtype))
        return self._replace(x=x, got=got, upstream=upstream)


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

    def numbers(self) -> Array | None:
        """Return x alone, or None if it is neither typed nor in a file.

        Raises:
            RequestError: results are given too.
        """
        if self.y or self.results or self.column:
            raise RequestError(
                "--against computes the results; leave out -y, --results and --column"
            )
        if self.x and self.input_:
            raise RequestError("both -x and -i are given; use one of them")
        if self.x:
            return points.read(self.x)
        if not self.input_:
            return None
        with sources.columns_of(options.named(self.input_)) as column_of:
            return _column(column_of, ["x", None], self.rows)[1]

    def read(self, usual: str) -> Found:
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
            return Found(points.read(self.x), apart, gradients)
        with sources.columns_of(options.named(self.input_)) as column_of:
            if usual == "backward" and gradients is None:
                # in vain twice: the last of the names is no choice
                _, gradients = _column(column_of, ["upstream"] * 2, self.rows)
            if apart is not None:
                _, given = _column(column_of, ["x", None], self.rows)
                return Found(given, apart, gradients)
            _check_holds_two(self.input_)
            known, given = _column(column_of, ["x", "1"], self.rows)
            # beside gradients no other column is taken for them: the last name is the one that is missed
            last = usual if usual == "backward" else "2"
            names = of_results if self.column else [*of_results, last]
            got = _results_beside(column_of, names, given, known == "x", self.rows)
            return Found(given, got, gradients)


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


# as many numbers as 'golden' gives unless told otherwise
_COUNT, _LENGTH = 1000, 8


def computed(
    places: Places, opponent: str, function: Activation, dtype: str | None, usual: str
) -> Found:
    """Return x, by default that of ``golden``, what an opponent makes of it here, and for "backward" the gradients.

    Raises:
        RequestError: results are given too, or the opponent is not installed, or it cannot compute them.
    """
    theirs = opponents([opponent], processors())[opponent]
    given = places.numbers()
    wanted = dtype or ("float64" if given is None else given.dtype.name)
    if wanted not in options.NUMPY_DTYPES:
        raise RequestError(
            f"--against takes {', '.join(options.NUMPY_DTYPES[:-1])} or {options.NUMPY_DTYPES[-1]}, not {wanted}"
        )
    if given is not None:
        with np.errstate(over="ignore"):
            x = given.astype(wanted)
    elif function.over_axis:
        x = vectors.rows(wanted, _COUNT, _LENGTH)
    else:
        x = vectors.vectors(function, wanted, _COUNT)
    gradients = None
    if usual == "backward":
        shape = np.shape(function(x))
        if places.upstream:
            typed = points.read(places.upstream, "-u").astype(wanted)
            gradients = checking.broadcast(typed, shape)
        else:
            gradients = vectors.gradients(shape, wanted)
    got = theirs.results(function, x, int(usual != "f"), gradients)
    if got is None:
        raise RequestError(
            f"{opponent} has no {function.label}, and not all that its formula takes here; give results with -i"
        )
    package = "numpy" if opponent == "naive" else opponent
    by = f"{'' if theirs.own(function) else 'its formula in '}{package} {version(package)}"
    by += ", compiled" * (opponent == "jax")
    return Found(x, got, gradients, by)
