"""What every reader returns, numbers in chunks, and what several readers check."""

import io
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from actcli.engine import Array
from actcli.errors import (
    ActcliError,
    FileError,
    RequestError,
    UnknownNameError,
    counted,
)
from actcli.points import shortened
from actcli.registry import suggestion

STANDARD_INPUT = "standard input"
_FLOAT64 = np.dtype(np.float64)


@dataclass
class Source:
    """Numbers that come in chunks.

    Attributes:
        name: what errors call it.
        chunks: arrays of one dimension, in the order of memory; each with how many bytes it took.
        dtype: of the numbers; of text float64.
        shape: of the whole array; None if only the end tells, and then there is one dimension.
        order: "F" if the first axis runs fastest.
        bytes: how many there are to read, None if nobody knows.
        file: an uncompressed file in which the numbers stand as they are, from ``offset`` on.
        told: what should be said of what was taken, if anything.
        arrays: all that are in an archive of which no column was asked for, to be opened one by one.
    """

    name: str
    chunks: Iterator[tuple[Array, int]]
    dtype: "np.dtype[Any]" = field(default=_FLOAT64)
    shape: tuple[int, ...] | None = None
    order: str = "C"
    bytes: int | None = None
    file: io.BufferedReader | None = None
    offset: int = 0
    told: str = ""
    arrays: "Mapping[str, Callable[[], Source]]" = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.shape is not None:
            self.chunks = self._as_announced(self.chunks, math.prod(self.shape))

    def _as_announced(
        self, chunks: Iterator[tuple[Array, int]], count: int
    ) -> Iterator[tuple[Array, int]]:
        """Yield chunks that hold so many numbers: room for them may have been made, and is then filled."""
        done = 0
        for chunk in chunks:
            done += chunk[0].size
            if done > count:
                raise FileError(
                    f"{self.name}: holds more than {counted(count, 'number')}"
                )
            yield chunk
        if done < count:
            raise FileError(
                f"{self.name}: ends after {done} of {counted(count, 'number')}"
            )

    def empty(self) -> ActcliError:
        """Return what is said of a source without numbers."""
        if self.name == STANDARD_INPUT:
            return RequestError(
                "no numbers; give them with -x 1,2,-3, with -i FILE, or through a pipe"
            )
        return FileError(f"{self.name}: no numbers in it")

    def whole(self) -> Array:
        """Return all numbers at once, in their shape."""
        parts = (chunk for chunk, _ in self.chunks)
        if self.shape is None:
            flat = np.concatenate([np.array([]), *parts])
        else:
            flat, filled = self._room(math.prod(self.shape)), 0
            for part in parts:
                flat[filled : filled + part.size] = part
                filled += part.size
        if not flat.size:
            raise self.empty()
        if self.shape is None:
            return flat
        order: Any = self.order
        return flat.reshape(self.shape, order=order)

    def _room(self, count: int) -> Array:
        try:
            return np.empty(count, self.dtype)
        except (MemoryError, ValueError):
            for _ in self.chunks:
                pass  # says so if there are not that many
            raise MemoryError from None


# takes a stream, what errors call it, and which column was asked for
Reader: TypeAlias = Callable[[Any, str, str | None], Source]


def choose(source: str, column: str | None, known: Sequence[str]) -> int:
    """Return the place of what was asked for by name or by number, and unless it was, of x or the first."""
    if not known:
        raise FileError(f"{source}: nothing in it; numbers are expected")
    if column is None:
        return known.index("x") if "x" in known else 0
    if (count := known.count(column)) > 1:
        raise RequestError(
            f"{source}: {count} columns are called '{column}'; ask for one by its number"
        )
    if count:
        return known.index(column)
    if column.isdigit() and 1 <= int(column) <= len(known):
        return int(column) - 1
    hint = suggestion(column, known) or f"; it has {shortened(', '.join(known), 200)}"
    raise UnknownNameError(f"{source}: no column '{shortened(column)}'{hint}")


def check_axes(count: int, name: str) -> None:
    """Raise FileError for more than NumPy has."""
    try:
        np.empty((0,) * count)
    except ValueError:
        raise FileError(f"{name}: {count} axes; an array has no more than 64") from None
